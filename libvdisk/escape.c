/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Characters of values that are written in hexadecimal; see escape.h.
 */
#include "config.h"

#include "escape.h"

#include <string.h>

#include "../common/ascii.h"
#include "../common/strbuf.h"

#define BAR  '|'
#define LONG 3u /* characters of "|XX" */

static int digit_of(char c)
{
	int lower = vu_ascii_lower(c);

	if (c >= '0' && c <= '9')
		return c - '0';
	return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

/* The character that "|XX" at @s stands for; 0 where there is none. */
static char escaped_at(const char *s)
{
	int high, low, c;

	if (s[0] != BAR || (high = digit_of(s[1])) < 0 || (low = digit_of(s[2])) < 0)
		return '\0';
	c = high * 16 + low;
	return c >= 0x20 && c < 0x7f ? (char)c : '\0';
}

char *vd_escape(const char *value)
{
	struct vu_strbuf b = { 0 };

	for (; *value != '\0'; value++) {
		if (*value == '"' || escaped_at(value) != '\0')
			vu_strbuf_printf(&b, "|%02X", (unsigned char)*value);
		else
			vu_strbuf_add(&b, value, 1);
	}
	return vu_strbuf_take(&b);
}

void vd_unescape(char *value)
{
	char *to = value;

	while (*value != '\0') {
		char c = escaped_at(value);

		*to++ = c != '\0' ? c : *value;
		value += c != '\0' ? LONG : 1;
	}
	*to = '\0';
}
