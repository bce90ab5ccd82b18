/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The mount of a whole disk set, at a place of the client's choice, and all mounts of a set
 * together.  The set's lock is held in all functions.
 */
#ifndef VMNT_TREE_H
#define VMNT_TREE_H

#include "diskset.h"

/**
 * vmnt_tree_mount() - mount volumes of a set together
 * @handles: @n volumes; @n 0 is all that can be mounted
 * @opts:    checked: no unknown bits, a mount point
 *
 * Errors: INVALID_ARG, INVALID_HANDLE, MNTAPI_DISK_IS_MOUNTED, MNTAPI_NO_MOUNTABLE_PARTITONS, those
 *         of vmnt_mountpoint_check(), vmnt_volumes_scan() and the engine's mount
 */
VixError vmnt_tree_mount(struct vmnt_set *s, const VixVolumeHandle *handles, size_t n,
			 const VixMountOptions *opts);

/** vmnt_tree_dismount() - MNTAPI_DISK_NOT_MOUNTED; those of the engine's unmount */
VixError vmnt_tree_dismount(struct vmnt_set *s, bool force);

/**
 * vmnt_mounts_end() - unmount everything
 * @force: also what is busy
 *
 * Errors: MNTAPI_OPEN_HANDLES  something is busy and not @force: all is mounted as before
 *         others: unmounted all the same, as far as vmnt_mounts_any() does not say otherwise
 */
VixError vmnt_mounts_end(struct vmnt_set *s, bool force);

/** vmnt_mounts_any() - is anything mounted? */
bool vmnt_mounts_any(const struct vmnt_set *s);

#endif
