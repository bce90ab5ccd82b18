/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Entry points: copying disks and tidying them up.
 */
#include "config.h"

#include "api.h"

#include "chain-compact.h"

VU_EXPORT VixError VixDiskLib_Shrink(VixDiskLibHandle diskHandle,
				     VixDiskLibProgressFunc progressFunc,
				     void *progressCallbackData)
{
	VU_AUTO(vd_disk_pin) struct vd_disk_pin pin = { 0 };

	VD_TRY(vd_pin_disk(__func__, diskHandle, &pin));
	VD_TRY(vd_check_writable(__func__, pin.disk));
	return vd_chain_shrink(pin.disk, progressFunc, progressCallbackData);
}

VU_EXPORT VixError VixDiskLib_Defragment(VixDiskLibHandle diskHandle,
					 VixDiskLibProgressFunc progressFunc,
					 void *progressCallbackData)
{
	VU_AUTO(vd_disk_pin) struct vd_disk_pin pin = { 0 };

	VD_TRY(vd_pin_disk(__func__, diskHandle, &pin));
	VD_TRY(vd_check_writable(__func__, pin.disk));
	return vd_chain_defragment(pin.disk, progressFunc, progressCallbackData);
}
