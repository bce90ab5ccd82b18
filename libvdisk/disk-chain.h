/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A disk made of a chain of links, each a descriptor and its extents: what local VMDK files are.
 *
 *   struct vd_disk (disk.h)
 *     links[0] base … links[n-1] newest
 *       descriptor (NULL for raw files), extents[] in guest order
 */
#ifndef VD_DISK_CHAIN_H
#define VD_DISK_CHAIN_H

#include "descriptor.h"
#include "disk.h"
#include "format/format.h"

#define VD_CHAIN_MAX 255u /* links; more is taken for damage */

struct vd_link {
	char *path;                    /* of the descriptor or the single file */
	struct vd_descriptor *desc;    /* NULL: a raw file */
	VU_ARRAY(struct vd_extent *) extents;
	uint64_t capacity;             /* sectors */
};

enum vd_chain_flags {
	VD_CHAIN_WRITE = 1,
	VD_CHAIN_SINGLE_LINK = 2, /* leave the parents alone; what this link lacks reads as zeros */
	VD_CHAIN_UNBUFFERED = 4,
};

/**
 * vd_chain_open() - open a disk and, unless told otherwise, its parents
 * @store: driver for every file of the chain
 * @path:  descriptor, monolithic file or raw data
 * @flags: enum vd_chain_flags, or-ed
 * @d_out: filled; vd_disk_close()
 *
 * Raw data: any file that no format recognises, whose name does not end in .vmdk and whose size is
 * a multiple of 512.
 * Errors: those of vd_store_open() and vd_extent_open(), for any file of the chain, and
 *         DISK_OPENPARENT    a parent is missing or can't be opened
 *         DISK_CID_MISMATCH  a parent was changed after its child was made
 *         DISK_INVALIDCHAIN  the chain is cyclic, or capacities do not fit
 *         DISK_TOOMANYREDO   more than VD_CHAIN_MAX links
 */
VixError vd_chain_open(const struct vd_store_ops *store, const char *path, unsigned flags,
		       struct vd_disk **d_out);

#endif
