/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Lock directories, as VMware's programs make them beside the disks that they use: X.vmdk.lck/ with
 * a file M12345.lck that says who it is.
 *
 * 1. Who is alive is respected; who is not is removed: a process of this host that is gone, or
 *    another one that has its number by now.
 * 2. Nothing here follows a symbolic link or reads more than one sector of a file.
 */
#ifndef VD_LCKDIR_H
#define VD_LCKDIR_H

#include "vixDiskLib.h"

struct vd_lckdir;

/**
 * vd_lckdir_enter() - lock a disk for writing
 * @path: of the disk
 * @out:  filled: for vd_lckdir_leave(); NULL where no directory can be made, which is logged
 *
 * Files of this process do not count: it may have the disk open more than once.
 * Errors: FILE_ALREADY_LOCKED, OUT_OF_MEMORY
 */
VixError vd_lckdir_enter(const char *path, struct vd_lckdir **out);

/** vd_lckdir_leave() - remove our file, and the directory if it is empty; NULL is fine */
void vd_lckdir_leave(struct vd_lckdir *l);

#endif
