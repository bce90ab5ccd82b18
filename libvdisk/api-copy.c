/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Entry points: copying disks and tidying them up.
 */
#include "config.h"

#include "api.h"

#include "chain-compact.h"
#include "clone.h"
#include "runtime.h"
#include "space.h"
#include "transport/server-upload.h"
#include "transport/transport.h"

/* A server makes one of two kinds of everything: this is what clients of VDDK rely on. */
static VixDiskLibDiskType kind_at(const struct vd_conn *to, VixDiskLibDiskType wanted)
{
	if (!to->remote || wanted == VIXDISKLIB_DISK_VMFS_THIN)
		return wanted;
	return VIXDISKLIB_DISK_VMFS_FLAT;
}

/* The capacity is the source's, whatever the client says: VMware's own sample says 100 MB. */
static VixError clone_spec(const struct vd_conn *to, const VixDiskLibCreateParams *params,
			   uint64_t capacity, struct vd_disk_spec *spec_out)
{
	bool has_sizes = vd_runtime_client_major() >= VD_API_SIZES_SINCE;
	VixDiskLibCreateParams p = {
		.diskType = kind_at(to, params->diskType),
		.adapterType = params->adapterType,
		.hwVersion = params->hwVersion,
		.capacity = capacity,
		.logicalSectorSize = has_sizes ? params->logicalSectorSize : 0,
		.physicalSectorSize = has_sizes ? params->physicalSectorSize : 0,
	};

	return vd_create_spec(&p, has_sizes, spec_out);
}

struct target {
	struct vd_conn *conn;
	const char *path;
	bool may_replace;
};

static VixError clone_to(const struct target *to, struct vd_disk *from,
			 const struct vd_disk_spec *spec, VixDiskLibProgressFunc fn, void *data)
{
	struct vd_progress progress;

	vd_progress_start(&progress, fn, data,
			  to->conn->remote ? spec->capacity : vd_clone_work(spec));
	if (to->conn->remote)
		VD_TRY(vd_server_upload_disk(to->conn->server, from, to->path, spec,
					     to->may_replace, &progress));
	else
		VD_TRY(vd_clone(&vd_store_local, from, to->path, spec, to->may_replace, &progress));
	vd_progress_end(&progress);
	return VIX_OK;
}

VU_EXPORT VixError VixDiskLib_Clone(const VixDiskLibConnection dstConnection, const char *dstPath,
				    const VixDiskLibConnection srcConnection, const char *srcPath,
				    const VixDiskLibCreateParams *createParams,
				    VixDiskLibProgressFunc progressFunc, void *progressCallbackData,
				    Bool overWrite)
{
	VU_AUTO(vd_conn_pin) struct vd_conn_pin dst = { 0 }, src = { 0 };
	struct target to = { .path = dstPath, .may_replace = overWrite };
	struct vd_disk_spec spec;
	struct vd_disk *from;
	VixError err;

	VD_TRY(vd_pin_place(__func__, dstConnection, dstPath, &dst));
	VD_TRY(vd_pin_conn(__func__, srcConnection, &src));
	if (vd_is_empty(srcPath))
		return vd_bad_arg(__func__, "srcPath is empty");
	if (createParams == NULL)
		return vd_bad_arg(__func__, "createParams is NULL");
	VD_TRY(vd_transport_open(src.conn, srcPath, VIXDISKLIB_FLAG_OPEN_READ_ONLY, &from));
	to.conn = dst.conn;
	err = clone_spec(dst.conn, createParams, from->capacity, &spec);
	if (err == VIX_OK)
		err = clone_to(&to, from, &spec, progressFunc, progressCallbackData);
	vd_disk_close(from);
	return err;
}

VU_EXPORT VixError VixDiskLib_SpaceNeededForClone(VixDiskLibHandle diskHandle,
						  VixDiskLibDiskType cloneDiskType,
						  uint64 *spaceNeeded)
{
	VU_AUTO(vd_disk_pin) struct vd_disk_pin pin = { 0 };

	if (spaceNeeded == NULL)
		return vd_bad_arg(__func__, "spaceNeeded is NULL");
	*spaceNeeded = 0;
	VD_TRY(vd_pin_disk(__func__, diskHandle, &pin));
	return vd_space_needed(pin.disk, cloneDiskType, spaceNeeded);
}

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
