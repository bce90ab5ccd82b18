/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Lists for programs: an array of structures, and the strings in them, freed with one call.
 *
 * 1. What a program gets is the array; what it belongs to stands before it.
 * 2. No string is NULL.
 */
#ifndef VU_PROGLIST_H
#define VU_PROGLIST_H

#include <stddef.h>

#include "vixDiskLib.h"

/**
 * vu_proglist_new() - an array of @n elements of @size bytes, all zero
 *
 * Return: for vu_proglist_free(); NULL when memory is short.
 */
void *vu_proglist_new(size_t n, size_t size);

/** vu_proglist_free() - NULL is fine */
void vu_proglist_free(void *list);

static inline void vu_auto_vu_proglist(void *list_of)
{
	void **list = (void **)list_of;

	vu_proglist_free(*list);
}

/**
 * vu_proglist_text() - a copy of @s that belongs to a list
 * @s: NULL: ""
 *
 * Return: the copy; where memory is short, "", and vu_proglist_end() tells.
 */
char *vu_proglist_text(void *list, const char *s);

/** vu_proglist_end() - is all there?  VIX_OK or OUT_OF_MEMORY */
VixError vu_proglist_end(const void *list);

#endif
