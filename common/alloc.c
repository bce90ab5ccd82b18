/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Allocation that cannot overflow; see alloc.h.
 */
#include "config.h"

#include "alloc.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void *vu_calloc_array(size_t n, size_t size)
{
	return calloc(n != 0 ? n : 1, size != 0 ? size : 1);
}

int vu_grow(void **p, size_t *cap, size_t need, size_t size)
{
	size_t want = *cap != 0 ? *cap : 8;
	void *moved;

	if (need <= *cap)
		return 0;
	while (want < need) {
		if (want > SIZE_MAX / 2)
			return -1;
		want *= 2;
	}
	moved = reallocarray(*p, want, size);
	if (moved == NULL)
		return -1;
	*p = moved;
	*cap = want;
	return 0;
}

char *vu_strdup_or_null(const char *s)
{
	return s != NULL ? strdup(s) : NULL;
}

char *vu_asprintf(const char *fmt, ...)
{
	va_list ap;
	char *s;
	int n;

	va_start(ap, fmt);
	n = vasprintf(&s, fmt, ap);
	va_end(ap);
	return n < 0 ? NULL : s;
}
