/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Entry points that VDDK does not have: what there is on a server.  See vixDiskLibExt.h.
 */
#include "config.h"

#include "vixDiskLibExt.h"

#include <stdlib.h>
#include <string.h>

#include "../common/array.h"
#include "../common/cause.h"
#include "../common/log.h"
#include "../common/proglist.h"
#include "api.h"
#include "connparams.h"
#include "progress.h"
#include "runtime.h"
#include "transport/server.h"

/* For what only servers have. */
static VixError check_server(const char *caller, const struct vd_conn *c)
{
	if (c->server != NULL)
		return VIX_OK;
	VU_ERR("api", "%s: the connection is not to a server", caller);
	return VIX_E_NOT_SUPPORTED;
}

VU_EXPORT VixError VixDiskLib_ListDisks(VixDiskLibConnection connection,
					VixDiskLibServerDisk **disks, size_t *n)
{
	VU_AUTO(vd_conn_pin) struct vd_conn_pin pin = { 0 };

	if (!vu_array_none_yet(disks, n))
		return vd_bad_arg(__func__, "disks or n is NULL");
	VD_TRY(vd_pin_conn(__func__, connection, &pin));
	VD_TRY(check_server(__func__, pin.conn));
	return vd_server_list_disks(pin.conn->server, disks, n);
}

VU_EXPORT void VixDiskLib_FreeDiskList(VixDiskLibServerDisk *disks)
{
	vu_proglist_free(disks);
}

VU_EXPORT VixError VixDiskLib_QueryChangedBlocks(VixDiskLibConnection connection, const char *path,
						 const char *changeId,
						 VixDiskLibSectorType startSector,
						 VixDiskLibSectorType numSectors,
						 VixDiskLibBlockList **blockList)
{
	VU_AUTO(vd_conn_pin) struct vd_conn_pin pin = { 0 };
	const struct vd_server_changes asked = {
		.path = path,
		.since = changeId,
		.first = startSector,
		.count = numSectors,
	};

	if (blockList == NULL)
		return vd_bad_arg(__func__, "blockList is NULL");
	*blockList = NULL;
	VD_TRY(vd_pin_conn(__func__, connection, &pin));
	if (vd_is_empty(path) || vd_is_empty(changeId))
		return vd_bad_arg(__func__, "path or changeId is empty");
	if (numSectors == 0)
		return vd_bad_arg(__func__, "numSectors is 0");
	VD_TRY(check_server(__func__, pin.conn));
	return vd_server_query_changes(pin.conn->server, &asked, blockList);
}

VU_EXPORT VixError VixDiskLib_ListSnapshots(VixDiskLibConnection connection,
					    VixDiskLibSnapshot **snapshots, size_t *n)
{
	VU_AUTO(vd_conn_pin) struct vd_conn_pin pin = { 0 };

	if (!vu_array_none_yet(snapshots, n))
		return vd_bad_arg(__func__, "snapshots or n is NULL");
	VD_TRY(vd_pin_conn(__func__, connection, &pin));
	VD_TRY(check_server(__func__, pin.conn));
	return vd_server_list_snapshots(pin.conn->server, snapshots, n);
}

VU_EXPORT void VixDiskLib_FreeSnapshotList(VixDiskLibSnapshot *snapshots)
{
	vu_proglist_free(snapshots);
}

VU_EXPORT VixError VixDiskLib_CreateSnapshot(VixDiskLibConnection connection, const char *name,
					     const char *description, uint32 flags,
					     VixDiskLibProgressFunc progressFunc,
					     void *progressCallbackData, char **snapshotRef)
{
	VU_AUTO(vd_conn_pin) struct vd_conn_pin pin = { 0 };
	const struct vd_server_new_snapshot wanted = {
		.name = name,
		.description = description != NULL ? description : "",
		.flags = flags,
	};
	struct vd_progress progress;

	if (snapshotRef == NULL)
		return vd_bad_arg(__func__, "snapshotRef is NULL");
	*snapshotRef = NULL;
	VD_TRY(vd_pin_conn(__func__, connection, &pin));
	if (vd_is_empty(name))
		return vd_bad_arg(__func__, "name is empty");
	if ((flags & ~(VIXDISKLIB_SNAPSHOT_QUIESCE | VIXDISKLIB_SNAPSHOT_MEMORY)) != 0)
		return vd_bad_arg(__func__, "flags has one that is not known");
	VD_TRY(check_server(__func__, pin.conn));
	vd_progress_start(&progress, progressFunc, progressCallbackData, 100);
	return vd_server_create_snapshot(pin.conn->server, &wanted, &progress, snapshotRef);
}

VU_EXPORT void VixDiskLib_FreeSnapshotRef(char *snapshotRef)
{
	free(snapshotRef);
}

/* Its files are about to change. */
static VixError check_unread(const char *caller, struct vd_conn *c, const char *snapshot)
{
	if (c->snapshot_ref == NULL || strcmp(c->snapshot_ref, snapshot) != 0 ||
	    !vd_conn_has_disks(c))
		return VIX_OK;
	VU_ERR("api", "%s: disks of %s are open", caller, vu_log_quote(snapshot));
	return VIX_E_OBJECT_IS_BUSY;
}

VU_EXPORT VixError VixDiskLib_RemoveSnapshot(VixDiskLibConnection connection,
					     const char *snapshotRef, Bool removeChildren,
					     VixDiskLibProgressFunc progressFunc,
					     void *progressCallbackData)
{
	VU_AUTO(vd_conn_pin) struct vd_conn_pin pin = { 0 };
	struct vd_progress progress;

	VD_TRY(vd_pin_conn(__func__, connection, &pin));
	if (vd_is_empty(snapshotRef))
		return vd_bad_arg(__func__, "snapshotRef is empty");
	VD_TRY(check_server(__func__, pin.conn));
	VD_TRY(check_unread(__func__, pin.conn, snapshotRef));
	vd_progress_start(&progress, progressFunc, progressCallbackData, 100);
	return vd_server_remove_snapshot(pin.conn->server, snapshotRef, removeChildren != FALSE,
					 &progress);
}

VU_EXPORT VixError VixDiskLib_ListVms(const VixDiskLibConnectParams *connectParams,
				      VixDiskLibVm **vms, size_t *n)
{
	VU_AUTO(vd_params) VixDiskLibConnectParams *params = NULL;
	struct vd_server_options options;

	if (!vu_array_none_yet(vms, n))
		return vd_bad_arg(__func__, "vms or n is NULL");
	VD_TRY(vd_runtime_check());
	VD_TRY(vd_params_copy(connectParams, &params));
	if (!vd_params_is_remote(params)) {
		VU_ERR("api", "%s: no server is named", __func__);
		return VIX_E_NOT_SUPPORTED;
	}
	VD_TRY(vd_params_check_login(params));
	vd_conn_server_options(&options);
	vu_cause_set(VIX_OK);
	return vd_server_list_vms(params, &options, vms, n);
}

VU_EXPORT void VixDiskLib_FreeVmList(VixDiskLibVm *vms)
{
	vu_proglist_free(vms);
}

VU_EXPORT VixError VixDiskLib_GetConnectCause(void)
{
	return vu_cause();
}
