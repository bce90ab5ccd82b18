/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Entry points: growing and checking disks.
 *
 * Neither is built yet: each function checks its handles and arguments, so that a mistake gets
 * its own code, and answers NOT_SUPPORTED.
 */
#include "config.h"

#include "api.h"

/* For a function that would work on the disk file @path over @connection. */
static VixError on_path(const char *caller, VixDiskLibConnection connection, const char *path)
{
	VU_AUTO(vd_conn_pin) struct vd_conn_pin pin = { 0 };

	VD_TRY(vd_pin_conn(caller, connection, &pin));
	return vd_is_empty(path) ? vd_bad_arg(caller, "path is empty") : VIX_OK;
}

VU_EXPORT VixError VixDiskLib_Grow(VixDiskLibConnection connection, const char *path,
				   VixDiskLibSectorType capacity, Bool updateGeometry,
				   VixDiskLibProgressFunc progressFunc, void *progressCallbackData)
{
	(void)capacity;
	(void)updateGeometry;
	(void)progressFunc;
	(void)progressCallbackData;
	VD_TRY(on_path(__func__, connection, path));
	return vd_not_built(__func__);
}
