/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Giving back the room of zeros, and bringing grains into guest order, while a disk is open.
 */
#ifndef VD_CHAIN_COMPACT_H
#define VD_CHAIN_COMPACT_H

#include "disk.h"

/**
 * vd_chain_shrink() - give back grains of zeros, and the room of those that nobody names
 * @d:  a chain of one link, of sparse extents, open for writing
 * @fn: told how far it is; may be NULL
 *
 * The disk may be used meanwhile.  After an error, or when the client has cancelled, part of the room
 * may have been given back.
 * Errors: DISK_CANTSHRINK  it has parents, or an extent that is not sparse
 *         FILE_ALREADY_LOCKED  this process reads it, too: see vd_writer_begin_moving()
 *         CANCELLED        see vd_progress_add()
 *         those of vd_compact_begin() and vd_compact_step()
 */
VixError vd_chain_shrink(struct vd_disk *d, VixDiskLibProgressFunc fn, void *data);

/**
 * vd_chain_defragment() - bring the grains of the newest link into guest order
 * @d: a chain that is open for writing; extents that are not sparse are in order
 *
 * As vd_chain_shrink(), but for CANTSHRINK.
 */
VixError vd_chain_defragment(struct vd_disk *d, VixDiskLibProgressFunc fn, void *data);

#endif
