/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which sectors of a disk need not be read, since they are zeros.
 */
#ifndef VDT_ZEROS_H
#define VDT_ZEROS_H

#include <stdbool.h>
#include <stddef.h>

#include "vixDiskLibExt.h"

struct vdt_zeros {
	VixDiskLibHandle disk;
	uint64 capacity;
	VixDiskLibMapRun *runs; /* n of them, the i-th is looked at */
	size_t n, i;
};

/** vdt_zeros_init() - of an open disk, borrowed; vdt_zeros_free() */
void vdt_zeros_init(struct vdt_zeros *z, VixDiskLibHandle disk, uint64 capacity);

/**
 * vdt_zeros_end() - where the zeros end that begin at a sector
 * @sector: not below that of the call before
 *
 * Return: @sector where there may be something else; behind the end of the disk all is zeros.
 */
uint64 vdt_zeros_end(struct vdt_zeros *z, uint64 sector);

/** vdt_zeros_free() - what it owns */
void vdt_zeros_free(struct vdt_zeros *z);

/** vdt_is_zero() - are all of these bytes 0? */
bool vdt_is_zero(const void *buf, size_t len);

#endif
