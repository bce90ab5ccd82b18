/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Making children; see create-child.h.
 */
#include "config.h"

#include "create-child.h"

#include <stdlib.h>

#include "../common/cleanup.h"
#include "../common/log.h"
#include "create.h"
#include "hint.h"
#include "rawcheck.h"

#define ADAPTER_USUAL "lsilogic"
#define HW_USUAL      4u
#define HW_MAX        UINT16_MAX

static VixError check_type(VixDiskLibDiskType type)
{
	if (type == VIXDISKLIB_DISK_MONOLITHIC_SPARSE || type == VIXDISKLIB_DISK_SPLIT_SPARSE ||
	    type == VIXDISKLIB_DISK_VMFS_SPARSE)
		return VIX_OK;
	VU_ERR("create", "cannot make a child of type %d: only sparse disks have parents",
	       (int)type);
	return VIX_E_NOT_SUPPORTED;
}

static VixError take_info(const struct vd_disk_info *info, void *ctx)
{
	struct vd_disk_spec *spec = ctx;

	spec->capacity = info->capacity;
	spec->geometry = info->phys_geo;
	spec->logical_sector_size = info->logical_sector_size;
	spec->physical_sector_size = info->physical_sector_size;
	return VIX_OK;
}

static unsigned hw_version(const char *said)
{
	unsigned long v = said != NULL ? strtoul(said, NULL, 10) : 0;

	return v > 0 && v <= HW_MAX ? (unsigned)v : HW_USUAL;
}

/* By default nobody opens it with its parents then: only Attach brings them together. */
static void tell_name(const char *path, VixDiskLibDiskType type)
{
	if (type == VIXDISKLIB_DISK_MONOLITHIC_SPARSE && vd_raw_may_be_named(path))
		VU_INFO("create",
			"%s: a raw disk may have such a name: it will not be opened with its "
			"parents unless " VD_CONFIG_EXTENTS_OUTSIDE " = 1",
			vu_log_quote(path));
}

VixError vd_create_child(struct vd_disk *parent, const struct vd_store_ops *store, const char *path,
			 VixDiskLibDiskType type, VixDiskLibProgressFunc fn, void *data)
{
	struct vd_disk_spec spec = { .type = type };
	VU_AUTO(free) char *parent_path = NULL;
	VU_AUTO(free) char *hint = NULL;
	VU_AUTO(free) char *adapter = NULL;
	VU_AUTO(free) char *hw = NULL;
	struct vd_progress progress;

	VD_TRY(check_type(type));
	VD_TRY(vd_disk_become_parent(parent, &parent_path, &spec.parent_cid));
	VD_TRY(vd_disk_flush(parent));
	VD_TRY(vd_disk_get_info(parent, take_info, &spec));
	VD_TRY(vd_disk_get_meta(parent, "adapterType", &adapter));
	VD_TRY(vd_disk_get_meta(parent, "virtualHWVersion", &hw));
	VD_TRY(vd_hint_make(store, path, parent_path, &hint));
	spec.adapter = adapter != NULL ? adapter : ADAPTER_USUAL;
	spec.hw_version = hw_version(hw);
	spec.parent_hint = hint;
	tell_name(path, type);
	vd_progress_start(&progress, fn, data, vd_create_work(&spec));
	VD_TRY(vd_create(store, path, &spec, &progress));
	vd_progress_end(&progress);
	return VIX_OK;
}
