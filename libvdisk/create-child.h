/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Making disks that hold the differences to an open one.
 */
#ifndef VD_CREATE_CHILD_H
#define VD_CREATE_CHILD_H

#include "disk.h"
#include "store/store.h"

/**
 * vd_create_child() - make an empty child of an open disk
 * @parent: borrowed
 * @path:   of the child
 * @type:   MONOLITHIC_SPARSE, SPLIT_SPARSE or VMFS_SPARSE
 * @fn:     told the progress; may be NULL
 *
 * Adapter, geometry and versions are the parent's, which is flushed.  The next write to the parent changes its content
 * ID, so that the child can't be opened on it any more.
 * Errors: NOT_SUPPORTED           another type
 *         DISK_PARENT_NOTALLOWED  the parent is raw data
 *         those of vd_create() and vd_disk_flush()
 * Test: api/child.c
 */
VixError vd_create_child(struct vd_disk *parent, const struct vd_store_ops *store, const char *path,
			 VixDiskLibDiskType type, VixDiskLibProgressFunc fn, void *data);

#endif
