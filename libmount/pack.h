/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Structures for clients: one block holds the structure and its strings, so that free() undoes it.
 */
#ifndef VMNT_PACK_H
#define VMNT_PACK_H

#include <string.h>

/* What is not known is "". */
static inline const char *vmnt_pack_text(const char *s)
{
	return s != NULL ? s : "";
}

/* Room that a string takes in the block. */
static inline size_t vmnt_pack_size(const char *s)
{
	return strlen(vmnt_pack_text(s)) + 1;
}

/* Copies @s to *@room, which moves on. */
static inline char *vmnt_pack_put(char **room, const char *s)
{
	char *at = *room;

	*room = stpcpy(at, vmnt_pack_text(s)) + 1;
	return at;
}

#endif
