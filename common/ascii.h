/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Characters of keywords and file names, the same in every locale: strcasecmp() and isblank()
 * follow the client's setlocale(), and in some languages "I" is no capital "i".
 */
#ifndef VU_ASCII_H
#define VU_ASCII_H

#include <stdbool.h>
#include <stddef.h>

static inline int vu_ascii_lower(char c)
{
	return c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : (unsigned char)c;
}

static inline bool vu_ascii_is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* As strcasecmp(), with only A-Z and a-z alike. */
static inline int vu_ascii_casecmp(const char *a, const char *b)
{
	while (*a != '\0' && vu_ascii_lower(*a) == vu_ascii_lower(*b)) {
		a++;
		b++;
	}
	return vu_ascii_lower(*a) - vu_ascii_lower(*b);
}

/* As strncasecmp(). */
static inline int vu_ascii_ncasecmp(const char *a, const char *b, size_t n)
{
	for (; n > 0; n--, a++, b++)
		if (*a == '\0' || vu_ascii_lower(*a) != vu_ascii_lower(*b))
			return vu_ascii_lower(*a) - vu_ascii_lower(*b);
	return 0;
}

#endif
