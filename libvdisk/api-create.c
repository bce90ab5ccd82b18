/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Entry points: making, renaming and removing disks.
 */
#include "config.h"

#include "api.h"

#include "create.h"
#include "diskfiles.h"
#include "rename.h"
#include "runtime.h"

VU_EXPORT VixError VixDiskLib_Create(const VixDiskLibConnection connection, const char *path,
				     const VixDiskLibCreateParams *createParams,
				     VixDiskLibProgressFunc progressFunc,
				     void *progressCallbackData)
{
	VU_AUTO(vd_conn_pin) struct vd_conn_pin pin = { 0 };
	struct vd_progress progress;
	struct vd_disk_spec spec;

	VD_TRY(vd_pin_local(__func__, connection, path, &pin));
	if (createParams == NULL)
		return vd_bad_arg(__func__, "createParams is NULL");
	VD_TRY(vd_create_spec(createParams, vd_runtime_client_major() >= VD_API_SIZES_SINCE,
			      &spec));
	vd_progress_start(&progress, progressFunc, progressCallbackData, vd_create_work(&spec));
	VD_TRY(vd_create(&vd_store_local, path, &spec, &progress));
	vd_progress_end(&progress);
	return VIX_OK;
}

VU_EXPORT VixError VixDiskLib_Rename(const char *srcFileName, const char *dstFileName)
{
	VD_TRY(vd_runtime_check());
	if (vd_is_empty(srcFileName) || vd_is_empty(dstFileName))
		return vd_bad_arg(__func__, "srcFileName or dstFileName is empty");
	return vd_rename(&vd_store_local, srcFileName, dstFileName);
}

VU_EXPORT VixError VixDiskLib_Unlink(VixDiskLibConnection connection, const char *path)
{
	VU_AUTO(vd_conn_pin) struct vd_conn_pin pin = { 0 };

	VD_TRY(vd_pin_local(__func__, connection, path, &pin));
	return vd_diskfiles_unlink(&vd_store_local, path);
}
