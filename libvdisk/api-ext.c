/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Entry points that VDDK does not have: see vixDiskLibExt.h.
 */
#include "config.h"

#include "vixDiskLibExt.h"

#include "../common/array.h"
#include "../common/log.h"
#include "api.h"
#include "disk-chain.h"
#include "linklist.h"
#include "store/store.h"

/* For what only files of this host have. */
static VixError check_local(const char *caller, const struct vd_conn *c)
{
	if (!c->remote)
		return VIX_OK;
	VU_ERR("api", "%s: the connection is to a server", caller);
	return VIX_E_NOT_SUPPORTED;
}

VU_EXPORT VixError VixDiskLib_ListLinks(VixDiskLibConnection connection, const char *path,
					VixDiskLibLink **links, size_t *n)
{
	VU_AUTO(vd_conn_pin) struct vd_conn_pin pin = { 0 };

	if (!vu_array_none_yet(links, n))
		return vd_bad_arg(__func__, "links or n is NULL");
	VD_TRY(vd_pin_conn(__func__, connection, &pin));
	if (vd_is_empty(path))
		return vd_bad_arg(__func__, "path is empty");
	VD_TRY(check_local(__func__, pin.conn));
	return vd_linklist_new(&vd_store_local, path,
			       pin.conn->extents_outside ? VD_CHAIN_EXTENTS_ANYWHERE : 0, links, n);
}

VU_EXPORT void VixDiskLib_FreeLinkList(VixDiskLibLink *links)
{
	vd_linklist_free(links);
}

static VixError count_links(const struct vd_disk_info *info, void *ctx)
{
	*(int *)ctx = info->links;
	return VIX_OK;
}

VU_EXPORT VixError VixDiskLib_SetParent(VixDiskLibHandle diskHandle, const char *parentHint,
					uint32 parentContentID)
{
	VU_AUTO(vd_disk_pin) struct vd_disk_pin pin = { 0 };
	int links = 0;

	VD_TRY(vd_pin_disk(__func__, diskHandle, &pin));
	if (vd_is_empty(parentHint))
		return vd_bad_arg(__func__, "parentHint is empty");
	VD_TRY(vd_check_writable(__func__, pin.disk));
	VD_TRY(vd_disk_get_info(pin.disk, count_links, &links));
	if (links > 1) {
		VU_ERR("api", "%s: the disk has its parents open", __func__);
		return VIX_E_DISK_PARENT_NOTALLOWED;
	}
	return vd_disk_set_parent(pin.disk, parentHint, parentContentID);
}

VU_EXPORT VixError VixDiskLib_QueryMap(VixDiskLibHandle diskHandle,
				       VixDiskLibSectorType startSector,
				       VixDiskLibSectorType numSectors, VixDiskLibMapRun **runs,
				       size_t *n)
{
	VU_AUTO(vd_disk_pin) struct vd_disk_pin pin = { 0 };

	if (!vu_array_none_yet(runs, n))
		return vd_bad_arg(__func__, "runs or n is NULL");
	VD_TRY(vd_pin_disk(__func__, diskHandle, &pin));
	if (numSectors == 0)
		return vd_bad_arg(__func__, "numSectors is 0");
	return vd_maplist_new(pin.disk, startSector, numSectors, runs, n);
}

VU_EXPORT void VixDiskLib_FreeMap(VixDiskLibMapRun *runs)
{
	free(runs);
}
