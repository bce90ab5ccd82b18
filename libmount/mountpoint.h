/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The private directory of a disk set: lock, sockets, mount points; and cleaning up after
 * processes that died.
 *
 *   ROOT/sets/XXXXXX/lock      held (flock) for the life of the set
 *                    nbd0.sock …
 *                    tmp/      the engine's temporary files
 *                    1/ 2/ …   mount points, one for each mounted volume
 *
 * A directory whose lock is free belongs to nobody: its mounts are detached and it is removed.
 */
#ifndef VMNT_MOUNTPOINT_H
#define VMNT_MOUNTPOINT_H

#include <stdbool.h>

#include "vixDiskLib.h"

struct vmnt_setdir {
	char *path;
	char *tmp_path; /* path/tmp */
	int lock_fd;
};

/** vmnt_setdir_make() - a fresh, locked directory under @root (vu_state_root()); DISK_FULL, … */
VixError vmnt_setdir_make(const char *root, struct vmnt_setdir *sd_out);

/** vmnt_setdir_remove() - remove it and give up the lock; @sd is empty again */
void vmnt_setdir_remove(struct vmnt_setdir *sd);

/** vmnt_setdir_sweep() - remove what dead processes left under @root.  Return: how many. */
unsigned vmnt_setdir_sweep(const char *root);

/** vmnt_setdir_mountpoint() - make path/NUMBER; for the caller to free() */
VixError vmnt_setdir_mountpoint(const struct vmnt_setdir *sd, unsigned number, char **path_out);

/** vmnt_mountpoint_check() - is @dir an empty directory on which nothing is mounted?
 * Errors: MNTAPI_MOUNTPT_NOT_FOUND, MNTAPI_MOUNTPT_IN_USE (mounted on, or not empty), MNTAPI_PERM */
VixError vmnt_mountpoint_check(const char *dir, bool may_be_nonempty);

/** vmnt_is_mounted() - is something mounted exactly on @dir?  From /proc/self/mountinfo. */
bool vmnt_is_mounted(const char *dir);

#endif
