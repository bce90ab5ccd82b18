/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The private directory of a disk set: lock, sockets, mount points; and cleaning up after
 * processes that died.
 *
 *   ROOT/sets/XXXXXX/lock      held (flock) for the life of the set
 *                    nbd0.sock …
 *                    tmp/      the engine's temporary files
 *                    tree      path of a mount that lies elsewhere, when there is one
 *                    1/ 2/ …   mount points, one for each mounted volume
 *
 * 1. A directory whose lock is free belongs to nobody: its mounts are detached and it is removed.
 * 2. Names that begin with a dot are not sets: ".new-XXXXXX" is being made and gets its name when
 *    its lock is held; ".dead-XXXXXX" is being removed.
 * 3. A path elsewhere is believed only as far as a dead FUSE mount is found there.
 */
#ifndef VMNT_MOUNTPOINT_H
#define VMNT_MOUNTPOINT_H

#include <stdbool.h>

#include "vixDiskLib.h"

#define VMNT_SETS     "sets"   /* directory in the state root */
#define VMNT_LOCK     "lock"   /* file in a set's directory */
#define VMNT_TREE     "tree"   /* file in a set's directory */
#define VMNT_NEW_TAG  ".new-"  /* before the name of what is not ready */
#define VMNT_DEAD_TAG ".dead-" /* before the name of what goes away */

/* What must be free for an engine's temporary files before it is started. */
#define VMNT_MIN_FREE_BYTES (UINT64_C(64) << 20)

struct vmnt_setdir {
	char *path;
	char *tmp_path; /* path/tmp */
	int lock_fd;    /* valid while path is not NULL */
};

/**
 * vmnt_setdir_make() - a fresh, locked directory
 * @root:   the state root, absolute and without symbolic links
 * @sd_out: filled; vmnt_setdir_remove()
 *
 * Errors: DISK_FULL          less than VMNT_MIN_FREE_BYTES is free
 *         FILE_ACCESS_ERROR  it may not be written
 *         FILE_READ_ONLY     its file system is read-only
 *         MNTAPI_CANT_MAKE_VAR_DIR  another reason; OUT_OF_MEMORY
 */
VixError vmnt_setdir_make(const char *root, struct vmnt_setdir *sd_out);

/** vmnt_setdir_remove() - remove it and give up the lock; @sd is empty again; empty is fine */
void vmnt_setdir_remove(struct vmnt_setdir *sd);

/** vmnt_setdir_check_space() - DISK_FULL unless VMNT_MIN_FREE_BYTES are free */
VixError vmnt_setdir_check_space(const struct vmnt_setdir *sd);

/** vmnt_setdir_mountpoint() - make path/NUMBER; for the caller to free() */
VixError vmnt_setdir_mountpoint(const struct vmnt_setdir *sd, unsigned number, char **path_out);

/**
 * vmnt_setdir_note_tree() - remember a mount elsewhere, for whoever cleans up after us
 * @path: absolute; NULL forgets it
 */
VixError vmnt_setdir_note_tree(const struct vmnt_setdir *sd, const char *path);

/** vmnt_setdir_sweep() - remove what dead processes left under @root.  Return: how many. */
unsigned vmnt_setdir_sweep(const char *root);

/** vmnt_setdir_discard() - the last step of removing: @path, "….dead-XXXXXX", with its mounts */
void vmnt_setdir_discard(const char *path);

/** vmnt_dir_error() - the code for an errno that a directory of ours ran into */
VixError vmnt_dir_error(int err);

/**
 * vmnt_mountpoint_check() - is @dir an empty directory on which nothing is mounted?
 * @may_be_nonempty: do not look whether it is empty
 *
 * Errors: MNTAPI_MOUNTPT_NOT_FOUND, MNTAPI_MOUNTPT_IN_USE (mounted on, or not empty), MNTAPI_PERM
 */
VixError vmnt_mountpoint_check(const char *dir, bool may_be_nonempty);

/** vmnt_is_mounted() - is something mounted exactly on @dir?  From /proc/self/mountinfo. */
bool vmnt_is_mounted(const char *dir);

#endif
