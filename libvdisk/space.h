/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * How much room a copy of a disk would take.
 */
#ifndef VD_SPACE_H
#define VD_SPACE_H

#include "disk.h"

/**
 * vd_space_needed() - bytes on the host for a copy
 * @type:      of the copy; VIXDISKLIB_DISK_UNKNOWN: as @from
 * @bytes_out: filled: never less than what the copy takes.  It takes less where allocated grains are
 *             full of zeros, and where they are compressed.
 *
 * Errors: INVALID_ARG  there is no such kind, or it can't be so large
 *         those of vd_disk_extents()
 */
VixError vd_space_needed(struct vd_disk *from, VixDiskLibDiskType type, uint64_t *bytes_out);

#endif
