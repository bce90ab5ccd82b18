/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Files that this process writes are locked against writers of other processes.
 *
 * 1. The locks are those of open file descriptions (F_OFD_SETLK): they go with the last descriptor,
 *    whatever becomes of the process, and other threads and libraries can't drop them.
 * 2. One process locks a file once.  Those in it that open the file again share the lock, and the
 *    open file description that has it: clients open a disk for each of their connections.
 * 3. Readers neither lock nor are kept out.
 * 4. A file that is a disk has a lock directory beside it, too (lckdir.h); a device has none in /dev.
 * 5. qemu's locks are kept: its writers are kept out by ours, and where it has a file open so that
 *    nobody may write, ours is refused.
 * 6. Where the file system has no such locks, that is logged and the file stays unlocked.
 */
#ifndef VD_LOCK_H
#define VD_LOCK_H

#include <stdbool.h>

#include "store.h"

struct vd_lock;

/**
 * vd_lock_take() - lock a file for writing
 * @st:       its path, identity and mode; VD_STORE_CLAIM: it is a disk
 * @fd:       open for writing; may be replaced by one of the description that has the lock
 * @lock_out: filled; vd_lock_close()
 *
 * After an error *@fd is -1, or to be closed by the caller.
 * Errors: FILE_ALREADY_LOCKED  another process writes it; names who, where that can be found
 *         OUT_OF_MEMORY; DISK_TOOMANYOPENFILES
 * Source: docs/formats/locks.md.  Test: unit/lock.c, func/019-locks.sh
 */
VixError vd_lock_take(const struct vd_store *st, int *fd, struct vd_lock **lock_out);

/**
 * vd_lock_close() - end of what vd_lock_take() began
 * @l:  NULL: the file is not locked
 * @fd: as that left it; closed, in one step with the lock's end.  -1 is fine.
 */
void vd_lock_close(struct vd_lock *l, int fd);

/**
 * vd_lock_look() - is a file written by others, who would be in the way of something?
 * @path: of a file of this host; what is no regular file, or can't be opened, is not
 * @what: that could not be done then, for the message: "be checked"
 *
 * Errors: FILE_ALREADY_LOCKED  another open file description writes it; names who, if it is found
 * Test: func/044-vdisk-check.sh
 */
VixError vd_lock_look(const char *path, const char *what);

#endif
