/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The answer of QueryAllocatedBlocks: what a disk says about sectors, in whole chunks.
 */
#ifndef VD_BLOCKLIST_H
#define VD_BLOCKLIST_H

#include "disk.h"

/**
 * vd_blocklist_new() - the allocated chunks of a range
 * @start:    first sector, a multiple of @chunk
 * @count:    sectors, 1.., up to the end of the disk
 * @chunk:    sectors, 1..
 * @list_out: filled: ascending, joined blocks, for free()
 *
 * A chunk counts where any sector of it is allocated.  The last block ends with the range where
 * that is no multiple of @chunk.
 * Errors: those of vd_disk_extents(); OUT_OF_MEMORY
 */
VixError vd_blocklist_new(struct vd_disk *d, uint64_t start, uint64_t count, uint64_t chunk,
			  VixDiskLibBlockList **list_out);

#endif
