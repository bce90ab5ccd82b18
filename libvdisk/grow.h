/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Making disks larger.
 *
 * The last extent gets longer in its file; of a disk in parts of 2 GB, as far as a part goes, and
 * then come new parts.  What the disk consists of is told in one place, which is changed last: the
 * header of a single file, or the descriptor.
 *
 * 1. Whenever the process is killed or the power fails, the disk has its old size or its new one.
 *    What may be left over then, a check finds: docs/formats/making.md.
 * 2. After an error all files are as they were.
 */
#ifndef VD_GROW_H
#define VD_GROW_H

#include <stdbool.h>
#include <stdint.h>

#include "store/store.h"
#include "vixDiskLib.h"

struct vd_grow_job {
	const char *path;     /* descriptor or single file */
	unsigned flags;       /* enum vd_chain_flags; EXTENTS_ANYWHERE counts */
	uint64_t capacity;    /* sectors that the disk is to have */
	bool update_geometry; /* that of the data base becomes the one of a new disk of this size */
	VixDiskLibProgressFunc fn; /* told how far it is; may be NULL */
	void *data;
};

/**
 * vd_grow() - make a disk larger that nobody has open
 *
 * With the capacity that it has, only the geometry changes.
 * Errors: INVALID_ARG          it is larger, or no such disk can be so large
 *         DISK_NOTNORMAL       it has a parent, a child beside it, or content behind its end
 *         NOT_SUPPORTED        a kind that can't be made longer, a device, raw data
 *         FILE_ALREADY_LOCKED  it is open in this process, or another one writes it
 *         FILE_READ_ONLY       its descriptor says so
 *         FILE_ALREADY_EXISTS  a file has the name that a new part would get
 *         DISK_NEEDSREPAIR     it is damaged
 *         DISK_FULL            the host has no room, or the descriptor's place in the file
 *         CANCELLED            @fn said so
 *         those of vd_store_open(), vd_link_open(); FILE_ERROR, OUT_OF_MEMORY
 * Test: unit/grow.c, api/grow.c
 */
VixError vd_grow(const struct vd_store_ops *store, const struct vd_grow_job *job);

#endif
