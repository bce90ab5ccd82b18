/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A string that grows up to a bound.
 *
 * 1. s is NUL-terminated as soon as anything was added; before that it is NULL.
 * 2. A failure (no memory, bound passed) sticks until take or free: later adds do nothing.
 *    Pieces are added whole or not at all.
 */
#ifndef VU_STRBUF_H
#define VU_STRBUF_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

struct vu_strbuf {
	char *s;     /* the text, or NULL */
	size_t len;  /* bytes before the NUL */
	size_t cap;  /* bytes allocated */
	size_t max;  /* most bytes before the NUL; 0: no bound */
	bool failed; /* something could not be added */
};

/** vu_strbuf_add() - append @len bytes of @s */
void vu_strbuf_add(struct vu_strbuf *b, const char *s, size_t len);

/** vu_strbuf_puts() - append the string @s */
void vu_strbuf_puts(struct vu_strbuf *b, const char *s);

/** vu_strbuf_putc() - append one character */
void vu_strbuf_putc(struct vu_strbuf *b, char c);

/** vu_strbuf_printf() - append formatted text */
void vu_strbuf_printf(struct vu_strbuf *b, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/**
 * vu_strbuf_take() - end building
 *
 * Return: the string (never NULL unless something failed), the caller's to free(); the buffer is
 * empty again.  NULL when anything failed; then nothing is left to free.
 */
char *vu_strbuf_take(struct vu_strbuf *b);

/** vu_strbuf_free() - drop the text; the buffer is empty again, with its bound */
void vu_strbuf_free(struct vu_strbuf *b);

#endif
