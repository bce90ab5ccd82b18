/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Entry points: making, renaming and removing disks.
 */
#include "config.h"

#include "api.h"

#include "../common/log.h"
#include "create.h"
#include "diskfiles.h"
#include "rename.h"
#include "runtime.h"
#include "transport/server-upload.h"

/* Servers make two of all kinds. */
static VixError check_kind(const struct vd_conn *c, const struct vd_disk_spec *spec)
{
	if (!c->remote || spec->type == VIXDISKLIB_DISK_VMFS_FLAT ||
	    spec->type == VIXDISKLIB_DISK_VMFS_THIN)
		return VIX_OK;
	VU_ERR("api", "a server makes disks of the types VMFS_FLAT and VMFS_THIN, not %d",
	       (int)spec->type);
	return VIX_E_NOT_SUPPORTED_ON_REMOTE_OBJECT;
}

static VixError create_at(const struct vd_conn *c, const char *path,
			  const struct vd_disk_spec *spec, struct vd_progress *p)
{
	if (c->remote)
		return vd_server_create_disk(c->server, path, spec);
	return vd_create(&vd_store_local, path, spec, p);
}

VU_EXPORT VixError VixDiskLib_Create(const VixDiskLibConnection connection, const char *path,
				     const VixDiskLibCreateParams *createParams,
				     VixDiskLibProgressFunc progressFunc,
				     void *progressCallbackData)
{
	VU_AUTO(vd_conn_pin) struct vd_conn_pin pin = { 0 };
	struct vd_progress progress;
	struct vd_disk_spec spec;

	VD_TRY(vd_pin_place(__func__, connection, path, &pin));
	if (createParams == NULL)
		return vd_bad_arg(__func__, "createParams is NULL");
	VD_TRY(vd_create_spec(createParams, vd_runtime_client_major() >= VD_API_SIZES_SINCE,
			      &spec));
	VD_TRY(check_kind(pin.conn, &spec));
	vd_progress_start(&progress, progressFunc, progressCallbackData, vd_create_work(&spec));
	VD_TRY(create_at(pin.conn, path, &spec, &progress));
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

	VD_TRY(vd_pin_place(__func__, connection, path, &pin));
	if (pin.conn->remote)
		return vd_server_delete_disk(pin.conn->server, path);
	return vd_diskfiles_unlink(&vd_store_local, path);
}
