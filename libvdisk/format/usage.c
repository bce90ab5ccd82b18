/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which sectors of a file are in use; see usage.h.
 */
#include "config.h"

#include "usage.h"

#include <stdlib.h>
#include <string.h>

#include "../../common/alloc.h"
#include "../../common/bytes.h"

#define WORD_BITS 64u

VixError vd_usage_open(struct vd_usage *u, uint64_t sectors, uint64_t unit)
{
	*u = (struct vd_usage){ .unit = unit, .n_total = vu_div_up(sectors, unit) };
	u->n = vu_min(u->n_total, VD_USAGE_UNITS_MAX);
	u->bits = vu_calloc_array(vu_div_up(u->n, WORD_BITS), sizeof(*u->bits));
	return u->bits != NULL ? VIX_OK : VIX_E_OUT_OF_MEMORY;
}

bool vd_usage_next(struct vd_usage *u)
{
	if (u->first + u->n >= u->n_total)
		return false;
	memset(u->bits, 0, vu_div_up(u->n, WORD_BITS) * sizeof(*u->bits));
	u->first += u->n;
	u->n = vu_min(u->n_total - u->first, VD_USAGE_UNITS_MAX);
	return true;
}

bool vd_usage_has(const struct vd_usage *u, uint64_t sector)
{
	return sector / u->unit >= u->first && sector / u->unit < u->first + u->n;
}

static bool is_set(const struct vd_usage *u, uint64_t i)
{
	return u->bits[i / WORD_BITS] >> i % WORD_BITS & 1;
}

/* Units of the window that sectors lie in: [*begin_out, *end_out), counted from its first one. */
static void units_of(const struct vd_usage *u, uint64_t sector, uint64_t count, uint64_t *begin_out,
		     uint64_t *end_out)
{
	uint64_t begin = sector / u->unit, end = vu_div_up(sector + count, u->unit);

	begin = vu_min(vu_max(begin, u->first), u->first + u->n);
	end = vu_min(vu_max(end, begin), u->first + u->n);
	*begin_out = begin - u->first;
	*end_out = end - u->first;
}

bool vd_usage_is_free(const struct vd_usage *u, uint64_t sector, uint64_t count)
{
	uint64_t i, end;

	units_of(u, sector, count, &i, &end);
	while (i < end && !is_set(u, i))
		i++;
	return i == end;
}

bool vd_usage_take(struct vd_usage *u, uint64_t sector, uint64_t count)
{
	bool was_free = vd_usage_is_free(u, sector, count);
	uint64_t i, end;

	units_of(u, sector, count, &i, &end);
	for (; i < end; i++)
		u->bits[i / WORD_BITS] |= UINT64_C(1) << i % WORD_BITS;
	return was_free;
}

uint64_t vd_usage_count_free(const struct vd_usage *u, uint64_t begin, uint64_t end, uint64_t count)
{
	uint64_t n = 0;

	begin = vu_max(begin, u->first * u->unit);
	end = vu_min(end, (u->first + u->n) * u->unit);
	for (uint64_t s = vu_round_up(begin, count); s + count <= end; s += count)
		n += vd_usage_is_free(u, s, count);
	return n;
}

void vd_usage_close(struct vd_usage *u)
{
	free(u->bits);
	u->bits = NULL;
}
