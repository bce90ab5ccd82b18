/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Lists of blocks for clients, such as the answer of QueryAllocatedBlocks: what a disk says about
 * sectors, in whole chunks.
 */
#ifndef VD_BLOCKLIST_H
#define VD_BLOCKLIST_H

#include "../common/array.h"
#include "disk.h"

/* Blocks so far; all zero: none. */
struct vd_blocks {
	VU_ARRAY(VixDiskLibBlock) list;
};

/**
 * vd_blocks_add() - sectors from @first on, before @end
 *
 * They come in ascending order of @first; what touches or overlaps the last block is joined to it.
 * Return: 0, or -1 without memory.
 */
int vd_blocks_add(struct vd_blocks *b, uint64_t first, uint64_t end);

/** vd_blocks_make() - the list for a client, for free(), or NULL without memory */
VixDiskLibBlockList *vd_blocks_make(const struct vd_blocks *b);

/** vd_blocks_clear() - free what is in it */
void vd_blocks_clear(struct vd_blocks *b);

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
