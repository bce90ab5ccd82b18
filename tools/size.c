/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Sizes; see size.h.
 */
#include "config.h"

#include "size.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../common/ascii.h"
#include "../common/bytes.h"
#include "vixDiskLib.h"

static const char units[] = "BKMGTPE";

/* How often @bytes can be divided by 1024; *v_out is what is left. */
static size_t scale(uint64_t bytes, double least, double *v_out)
{
	size_t u = 0;

	for (*v_out = (double)bytes; *v_out >= least && u < sizeof(units) - 2; u++)
		*v_out /= 1024;
	return u;
}

void vdt_size_short(uint64_t bytes, char *buf, size_t size)
{
	double v;
	size_t u = scale(bytes, 1024, &v);

	if (u == 0)
		snprintf(buf, size, "%llu", (unsigned long long)bytes);
	else
		snprintf(buf, size, v < 10 ? "%.1f%c" : "%.0f%c", v, units[u]);
}

void vdt_size_long(uint64_t bytes, char *buf, size_t size)
{
	double v;
	size_t u = scale(bytes, 1000, &v); /* three digits hold no 1000 */

	if (u == 0)
		snprintf(buf, size, "%llu B", (unsigned long long)bytes);
	else
		snprintf(buf, size, "%.3g %ciB", v, units[u]);
}

/* The unit that @s names, in bytes; 0: none. */
static uint64_t parse_unit(const char *s, uint64_t unit)
{
	const char *letter = strchr(units, vu_ascii_lower(*s) - 'a' + 'A');
	const char *rest = s + 1;

	if (*s == '\0')
		return unit;
	if (strcmp(s, "s") == 0)
		return VIXDISKLIB_SECTOR_SIZE;
	if (letter == NULL || *letter == '\0')
		return 0;
	if (*rest != '\0' && (letter == units || (vu_ascii_casecmp(rest, "b") != 0 &&
						  vu_ascii_casecmp(rest, "ib") != 0)))
		return 0;
	return (uint64_t)1 << (10 * (letter - units));
}

bool vdt_size_parse(const char *s, uint64_t unit, uint64_t *bytes_out)
{
	static const char digits[] = "0123456789";
	size_t len = strspn(s, digits);
	double part = 0;
	uint64_t whole, one, bytes;

	if (len == 0 || len > 19)
		return false;
	whole = strtoull(s, NULL, 10);
	s += len;
	if (*s == '.' && (len = strspn(s + 1, digits)) > 0) {
		part = strtod(s, NULL);
		s += 1 + len;
	}
	one = parse_unit(s, unit);
	if (one == 0 || (part != 0 && one == 1) || !vu_mul_fits(whole, one, &bytes) ||
	    !vu_add_fits(bytes, (uint64_t)(part * (double)one), &bytes) || bytes > INT64_MAX)
		return false;
	*bytes_out = bytes;
	return true;
}
