/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Allocation that cannot overflow.  NULL always means: out of memory (or the size overflowed).
 */
#ifndef VU_ALLOC_H
#define VU_ALLOC_H

#include <stddef.h>

/**
 * vu_calloc_array() - zeroed room for @n elements of @size bytes
 *
 * Return: memory for the caller to free(), or NULL when @n * @size overflows or memory is short.
 * Never NULL for @n == 0.
 */
void *vu_calloc_array(size_t n, size_t size);

/**
 * vu_grow() - make room in a growable array
 * @p:    the array, replaced when it moves
 * @cap:  elements there is room for, updated
 * @need: elements wanted
 * @size: bytes of one element
 *
 * Grows by doubling, so that n appends cost O(n).
 * Return: 0, or -1 when memory is short or a size overflows; then nothing has changed.
 */
int vu_grow(void **p, size_t *cap, size_t need, size_t size);

/**
 * vu_strdup_or_null() - strdup() that takes NULL
 *
 * Return: a copy for the caller to free(); NULL for NULL, or when memory is short.
 */
char *vu_strdup_or_null(const char *s);

/**
 * vu_asprintf() - asprintf() that returns the string
 *
 * Return: a string for the caller to free(), or NULL when memory is short.
 */
char *vu_asprintf(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#endif
