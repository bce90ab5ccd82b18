/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A string that grows up to a bound; see strbuf.h.
 *
 * 1. Pieces are added whole or not at all.
 */
#include "config.h"

#include "strbuf.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "alloc.h"

/* Makes room for @len more bytes and the NUL; false, for good, when that cannot be. */
static bool make_room(struct vu_strbuf *b, size_t len)
{
	size_t bound = b->max != 0 ? b->max : SIZE_MAX - 1;
	void *p = b->s;

	if (b->failed || len > bound - b->len || vu_grow(&p, &b->cap, b->len + len + 1, 1) < 0) {
		b->failed = true;
		return false;
	}
	b->s = p;
	return true;
}

void vu_strbuf_add(struct vu_strbuf *b, const char *s, size_t len)
{
	if (!make_room(b, len))
		return;
	if (len > 0)
		memcpy(b->s + b->len, s, len);
	b->len += len;
	b->s[b->len] = '\0';
}

void vu_strbuf_puts(struct vu_strbuf *b, const char *s)
{
	vu_strbuf_add(b, s, strlen(s));
}

void vu_strbuf_putc(struct vu_strbuf *b, char c)
{
	vu_strbuf_add(b, &c, 1);
}

void vu_strbuf_printf(struct vu_strbuf *b, const char *fmt, ...)
{
	va_list ap, again;
	int len;

	va_start(ap, fmt);
	va_copy(again, ap);
	len = vsnprintf(NULL, 0, fmt, ap);
	if (len < 0)
		b->failed = true;
	else if (make_room(b, (size_t)len))
		b->len += (size_t)vsnprintf(b->s + b->len, (size_t)len + 1, fmt, again);
	va_end(again);
	va_end(ap);
}

char *vu_strbuf_take(struct vu_strbuf *b)
{
	char *s;

	vu_strbuf_add(b, "", 0);
	if (b->failed)
		vu_strbuf_free(b);
	s = b->s;
	b->s = NULL;
	vu_strbuf_free(b);
	return s;
}

void vu_strbuf_free(struct vu_strbuf *b)
{
	free(b->s);
	*b = (struct vu_strbuf){ .max = b->max };
}
