/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * How the disk library asks the mount library before it takes something away from it.
 *
 * libvixDiskLib exports VixDiskLib_SetMountHook(), libvixMntapi refers to it weakly: over a disk
 * library without it (where the symbol is NULL), mounting still works, but the order of closing is
 * then the client's to keep.
 *
 * Calls into the hook are made with no lock of the disk library held; the hook may call the
 * public API.  Used by: libvdisk/api-*.c (caller), libmount/mntapi.c (implementer).
 */
#ifndef VU_MOUNTHOOK_H
#define VU_MOUNTHOOK_H

#include "vixDiskLib.h"

struct vd_mount_hook {
	/* May this disk be closed?  VIX_OK, or the code that VixDiskLib_Close() shall return:
	 * OBJECT_IS_BUSY while a disk set uses it. */
	VixError (*disk_closing)(VixDiskLibHandle disk);
	/* This connection ends: shut down what stands on it, in order.  @disks are the @n disks that
	 * are still open over it: a disk set made of handles does not know their connection.
	 * Called after the connection's handle has become invalid, so that no disk is opened over
	 * it meanwhile; disks that the mount library has opened it closes itself.  Always succeeds. */
	void (*disconnecting)(VixDiskLibConnection connection, const VixDiskLibHandle *disks,
			      size_t n);
	/* VixDiskLib_Exit(): shut everything down. */
	void (*exiting)(void);
};

/**
 * VixDiskLib_SetMountHook() - private to this project's mount library
 * @hook: kept, not copied; NULL removes it
 */
void VixDiskLib_SetMountHook(const struct vd_mount_hook *hook);

#endif
