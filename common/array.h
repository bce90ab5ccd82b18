/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A typed growable array:
 *
 *	VU_ARRAY(struct vd_extent) extents = { 0 };
 *	if (VU_ARRAY_PUSH(&extents, e) < 0) ... out of memory ...
 *	VU_ARRAY_FOREACH(&extents, it) use(it);
 *	VU_ARRAY_FREE(&extents);
 *
 * Elements are moved as plain memory; what they own is the user's to release.
 */
#ifndef VU_ARRAY_H
#define VU_ARRAY_H

#include <stdbool.h>
#include <string.h>

#include "alloc.h"

#define VU_ARRAY(type)         \
	struct {               \
		type *v;       \
		size_t n, cap; \
	}

/* 0, or -1 when memory is short; the array is then as it was. */
#define VU_ARRAY_RESERVE(a, need) vu_grow((void **)&(a)->v, &(a)->cap, (need), sizeof(*(a)->v))

/* Appends a copy of @elem; 0, or -1 when memory is short. */
#define VU_ARRAY_PUSH(a, elem) \
	(VU_ARRAY_RESERVE((a), (a)->n + 1) < 0 ? -1 : ((a)->v[(a)->n++] = (elem), 0))

#define VU_ARRAY_FOREACH(a, it) \
	for (__typeof__((a)->v + 0) it = (a)->v; it != NULL && it < (a)->v + (a)->n; it++)

#define VU_ARRAY_FREE(a)               \
	do {                           \
		free((a)->v);          \
		(a)->v = NULL;         \
		(a)->n = (a)->cap = 0; \
	} while (0)

/**
 * vu_array_none_yet() - an answer in two parts, an array and its length, is none so far
 * @v_out: address of the caller's pointer to elements of any type: set to NULL; or NULL
 * @n_out: set to 0; or NULL
 *
 * Each part that there is room for says so: a program that ignores errors finds no stray pointer.
 * Return: is there room for both?
 */
static inline bool vu_array_none_yet(void *v_out, size_t *n_out)
{
	if (v_out != NULL)
		memset(v_out, 0, sizeof(void *)); /* whatever it points to */
	if (n_out != NULL)
		*n_out = 0;
	return v_out != NULL && n_out != NULL;
}

#endif
