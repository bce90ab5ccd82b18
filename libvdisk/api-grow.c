/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Entry points: making disks larger.
 */
#include "config.h"

#include "api.h"

#include "../common/log.h"
#include "disk-chain.h"
#include "grow.h"

VU_EXPORT VixError VixDiskLib_Grow(VixDiskLibConnection connection, const char *path,
				   VixDiskLibSectorType capacity, Bool updateGeometry,
				   VixDiskLibProgressFunc progressFunc, void *progressCallbackData)
{
	VU_AUTO(vd_conn_pin) struct vd_conn_pin pin = { 0 };
	struct vd_grow_job job = {
		.path = path,
		.capacity = capacity,
		.update_geometry = updateGeometry != 0,
		.fn = progressFunc,
		.data = progressCallbackData,
	};

	VD_TRY(vd_pin_local(__func__, connection, path, &pin));
	if (pin.conn->readonly) {
		VU_ERR("api", "VixDiskLib_Grow: the connection is for reading only");
		return VIX_E_FILE_READ_ONLY;
	}
	if (pin.conn->extents_outside)
		job.flags |= VD_CHAIN_EXTENTS_ANYWHERE;
	return vd_grow(&vd_store_local, &job);
}
