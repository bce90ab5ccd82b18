/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Bytes as %xx; see percent.h.
 */
#include "config.h"

#include "percent.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ascii.h"
#include "cleanup.h"

static int hex_digit(char c)
{
	int l = vu_ascii_lower(c);

	if (l >= '0' && l <= '9')
		return l - '0';
	return l >= 'a' && l <= 'f' ? l - 'a' + 10 : -1;
}

/* The byte of the two digits that @s begins with; -1: there are none. */
static int hex_byte(const char *s, size_t len)
{
	int high = len >= 2 ? hex_digit(s[0]) : -1;
	int low = high >= 0 ? hex_digit(s[1]) : -1;

	return low >= 0 ? high * 16 + low : -1;
}

int vu_percent_decode(const char *s, size_t len, char **out)
{
	VU_AUTO(free) char *text = malloc(len + 1);
	size_t n = 0;

	*out = NULL;
	if (text == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < len; i++) {
		int byte = (unsigned char)s[i];

		if (byte == '%') {
			byte = hex_byte(s + i + 1, len - i - 1);
			i += 2;
		}
		if (byte <= 0)
			return -EINVAL;
		text[n++] = (char)byte;
	}
	text[n] = '\0';
	*out = VU_STEAL(text);
	return 0;
}

void vu_percent_encode(struct vu_strbuf *b, const char *s, const char *special)
{
	for (; *s != '\0'; s++) {
		unsigned char c = (unsigned char)*s;

		if (c <= ' ' || c == 0x7f || c == '%' || strchr(special, c) != NULL)
			vu_strbuf_printf(b, "%%%02X", c);
		else
			vu_strbuf_putc(b, *s);
	}
}
