/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Entry points: copying disks and tidying them up.
 */
#include "config.h"

#include "api.h"

#include "chain-compact.h"
#include "../common/conffile.h"
#include "clone.h"
#include "runtime.h"
#include "space.h"
#include "transport/server-export.h"
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

/* What is copied: one of the two, and the disk in the end. */
struct source {
	struct vd_disk *disk;
	struct vd_export *export;
};

static void source_close(struct source *from)
{
	if (from->disk != NULL)
		vd_disk_close(from->disk);
	vd_export_free(from->export);
}

static inline void vu_auto_source(struct source *from)
{
	source_close(from);
}

/* When a server sends a disk by a lease: VD_CONFIG_LEASE. */
enum { LEASE_NEVER, LEASE_IF_REFUSED, LEASE_ALWAYS };

static long lease_use(const struct vd_conn *from, const struct vd_conn *to)
{
	if (!from->remote || to->remote || !vd_transport_is_listed(from, "https"))
		return LEASE_NEVER;
	return vu_config_long(vd_runtime_config(), VD_CONFIG_LEASE, LEASE_IF_REFUSED, LEASE_NEVER,
			      LEASE_ALWAYS);
}

/* Where there is no lease either, the first refusal is what counts. */
static VixError open_source(struct vd_conn *conn, const char *path, long lease, struct source *from)
{
	VixError err = VIX_OK, refused;

	if (lease != LEASE_ALWAYS)
		err = vd_transport_open(conn, path, VIXDISKLIB_FLAG_OPEN_READ_ONLY, &from->disk);
	if (lease == LEASE_IF_REFUSED && err != VIX_E_FILE_ACCESS_ERROR &&
	    err != VIX_E_FILE_NOT_FOUND)
		return err;
	if (lease == LEASE_NEVER)
		return err;
	refused = vd_export_begin(conn->server, path, &from->export);
	return lease == LEASE_ALWAYS || refused == VIX_OK ? refused : err;
}

static uint64_t source_capacity(const struct source *from)
{
	return from->disk != NULL ? from->disk->capacity : vd_export_capacity(from->export);
}

static VixError clone_here(const struct target *to, struct source *from,
			   const struct vd_disk_spec *spec, struct vd_progress *p)
{
	if (from->export != NULL)
		VD_TRY(vd_export_fetch(from->export, to->path, p, &from->disk));
	return vd_clone(&vd_store_local, from->disk, to->path, spec, to->may_replace, p);
}

static uint64_t work(const struct target *to, const struct source *from,
		     const struct vd_disk_spec *spec)
{
	if (to->conn->remote)
		return spec->capacity;
	return vd_clone_work(spec) + (from->export != NULL ? spec->capacity : 0);
}

static VixError clone_to(const struct target *to, struct source *from,
			 const struct vd_disk_spec *spec, VixDiskLibProgressFunc fn, void *data)
{
	struct vd_progress progress;

	vd_progress_start(&progress, fn, data, work(to, from, spec));
	if (to->conn->remote)
		VD_TRY(vd_server_upload_disk(to->conn->server, from->disk, to->path, spec,
					     to->may_replace, &progress));
	else
		VD_TRY(clone_here(to, from, spec, &progress));
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
	VU_AUTO(source) struct source from = { 0 };
	struct target to = { .path = dstPath, .may_replace = overWrite };
	struct vd_disk_spec spec;

	VD_TRY(vd_pin_place(__func__, dstConnection, dstPath, &dst));
	VD_TRY(vd_pin_conn(__func__, srcConnection, &src));
	if (vd_is_empty(srcPath))
		return vd_bad_arg(__func__, "srcPath is empty");
	if (createParams == NULL)
		return vd_bad_arg(__func__, "createParams is NULL");
	to.conn = dst.conn;
	VD_TRY(open_source(src.conn, srcPath, lease_use(src.conn, dst.conn), &from));
	VD_TRY(clone_spec(dst.conn, createParams, source_capacity(&from), &spec));
	return clone_to(&to, &from, &spec, progressFunc, progressCallbackData);
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
