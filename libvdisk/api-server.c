/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Entry points that VDDK does not have: what there is on a server.  See vixDiskLibExt.h.
 */
#include "config.h"

#include "vixDiskLibExt.h"

#include "../common/array.h"
#include "../common/log.h"
#include "../common/proglist.h"
#include "api.h"
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
