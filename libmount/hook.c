/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the disk library asks, and our answers; see hook.h and common/mounthook.h.
 *
 * 1. In a child after fork() the library is off (mnt-runtime.h) and the answers are empty: the
 *    parent's sets are not to be touched.
 * 2. A set that is shut down behind its client's back is reported once, as a warning.
 */
#include "config.h"

#include "hook.h"

#include <stddef.h>

#include "../common/log.h"
#include "../common/mounthook.h"
#include "diskset.h"
#include "members.h"
#include "mnt-runtime.h"

#pragma weak VixDiskLib_SetMountHook

static VixError disk_closing(VixDiskLibHandle disk)
{
	if (!vmnt_runtime_is_ours() || !vmnt_members_has(disk))
		return VIX_OK;
	VU_ERR("mount", "cannot close a disk that a disk set uses: VixMntapi_CloseDiskSet first");
	return VIX_E_OBJECT_IS_BUSY;
}

static void report(const char *call, unsigned n)
{
	if (n > 0)
		VU_WARN("mount",
			"%s: %u disk set%s still open and had to be closed first: call "
			"VixMntapi_CloseDiskSet",
			call, n, n == 1 ? " was" : "s were");
}

static void disconnecting(VixDiskLibConnection connection, const VixDiskLibHandle *disks, size_t n)
{
	VixDiskSetHandle set;
	unsigned closed = 0;

	if (!vmnt_runtime_is_ours())
		return;
	while ((set = vmnt_members_find_on(connection, disks, n)) != NULL)
		if (vmnt_set_close(set, true) != VIX_E_INVALID_HANDLE)
			closed++;
	report("VixDiskLib_Disconnect", closed);
}

static void exiting(void)
{
	if (vmnt_runtime_is_ours())
		report("VixDiskLib_Exit", vmnt_sets_close_all());
}

static const struct vd_mount_hook hook = {
	.disk_closing = disk_closing,
	.disconnecting = disconnecting,
	.exiting = exiting,
};

void vmnt_hook_install(void)
{
	if (VixDiskLib_SetMountHook != NULL)
		VixDiskLib_SetMountHook(&hook);
}

void vmnt_hook_remove(void)
{
	if (VixDiskLib_SetMountHook != NULL)
		VixDiskLib_SetMountHook(NULL);
}
