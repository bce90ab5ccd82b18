/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A guest's file system, mounted in the appliance.
 */
#ifndef VMNT_GUESTFS_FS_H
#define VMNT_GUESTFS_FS_H

#include "../fuse/frontend.h"
#include "guestfs-engine.h"

struct vmnt_guestfs_fs {
	struct vmnt_guestfs *en;
	char *device;     /* libguestfs's name */
	char *name;       /* for people */
	char *filesystem; /* blkid's type */
	char *root;       /* where it is mounted in the appliance: "/v0" */
};

/**
 * vmnt_guestfs_fs_open() - mount a volume in the appliance, or find it mounted
 * @fs_out:  filled: the engine's; freed with it
 * @why_out: filled where it can't be mounted: untrusted text for the caller to free(), NULL when
 *           memory ran out; else NULL
 *
 * Errors: MNTAPI_FORMAT_FAILURE  no driver reads it, or it is damaged; not logged
 *         MNTAPI_OS_ERROR        the virtual machine has stopped
 *         OUT_OF_MEMORY
 */
VixError vmnt_guestfs_fs_open(struct vmnt_guestfs *en, const struct vmnt_volume_info *info,
			      struct vmnt_guestfs_fs **fs_out, char **why_out);

/** vmnt_guestfs_fs_free_all() - forget all of @en's; the appliance is not asked */
void vmnt_guestfs_fs_free_all(struct vmnt_guestfs *en);

/** vmnt_guestfs_fs_remount_all() - after an inspection: mount them where they were.
 * Errors: MNTAPI_OS_ERROR  one could not be mounted again */
VixError vmnt_guestfs_fs_remount_all(struct vmnt_guestfs *en);

/* Its files, for the front-end; @fs is a struct vmnt_guestfs_fs (guestfs-files.c). */
extern const struct vmnt_guest_ops vmnt_guestfs_files;

#endif
