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

#include <stdbool.h>

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

/**
 * vd_lckdir_stale_fn - a file of a lock directory that nobody stands behind
 * @whose: what it says of its process
 */
typedef void vd_lckdir_stale_fn(void *ctx, const char *path, const char *whose, bool is_removed);

/**
 * vd_lckdir_look() - which files of a disk's lock directory are stale?
 * @remove: remove them, and the directory if it is empty then
 *
 * Nothing is told where there is no directory, or it can't be read.
 */
void vd_lckdir_look(const char *path, bool remove, vd_lckdir_stale_fn *fn, void *ctx);

/** vd_lckdir_leave() - remove our file, and the directory if it is empty; NULL is fine */
void vd_lckdir_leave(struct vd_lckdir *l);

#endif
