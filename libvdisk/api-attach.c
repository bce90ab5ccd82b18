/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Entry points: disks on top of others that are open.
 */
#include "config.h"

#include "api.h"

#include "create-child.h"
#include "runtime.h"

VU_EXPORT VixError VixDiskLib_CreateChild(VixDiskLibHandle diskHandle, const char *childPath,
					  VixDiskLibDiskType diskType,
					  VixDiskLibProgressFunc progressFunc,
					  void *progressCallbackData)
{
	VU_AUTO(vd_disk_pin) struct vd_disk_pin pin = { 0 };

	VD_TRY(vd_pin_disk(__func__, diskHandle, &pin));
	if (vd_is_empty(childPath))
		return vd_bad_arg(__func__, "childPath is empty");
	return vd_create_child(pin.disk, &vd_store_local, childPath, diskType, progressFunc,
			       progressCallbackData);
}

VU_EXPORT VixError VixDiskLib_IsAttachPossible(VixDiskLibHandle parent, VixDiskLibHandle child)
{
	VU_AUTO(vd_disk_pin) struct vd_disk_pin parent_pin = { 0 };
	VU_AUTO(vd_disk_pin) struct vd_disk_pin child_pin = { 0 };

	VD_TRY(vd_pin_disk(__func__, parent, &parent_pin));
	VD_TRY(vd_pin_disk(__func__, child, &child_pin));
	return vd_disk_check_attach(parent_pin.disk, child_pin.disk);
}

/* @o, which is consumed, goes under the child; its handle is one that can only be closed then. */
static VixError attach(struct vd_opened *o, VixDiskLibHandle child)
{
	struct vd_disk *parent = vd_conn_detach_disk(o);
	VU_AUTO(vd_disk_pin) struct vd_disk_pin pin = { 0 };
	VixError err = vd_pin_disk("VixDiskLib_Attach", child, &pin);

	if (err == VIX_OK)
		err = vd_disk_attach(parent, pin.disk);
	if (err != VIX_OK)
		vd_disk_close(parent);
	return err;
}

VU_EXPORT VixError VixDiskLib_Attach(VixDiskLibHandle parent, VixDiskLibHandle child)
{
	const struct vd_mount_hook *hook = vd_runtime_mount_hook();
	struct vd_opened *o;

	VD_TRY(vd_check_disk(__func__, parent));
	VD_TRY(vd_check_no_callback(__func__));
	if (parent == child)
		return vd_bad_arg(__func__, "parent and child are the same handle");
	if (hook != NULL)
		VD_TRY(hook->disk_closing(parent));
	VD_TRY(vd_take_disk(__func__, parent, &o));
	return attach(o, child);
}
