/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The entry points of vixMntapiExt.h, which says what they do.
 */
#include "config.h"

#include "vixMntapiExt.h"

#include <stdlib.h>
#include <string.h>

#include "../common/array.h"
#include "api.h"
#include "report.h"
#include "tree.h"

#define KNOWN_FLAGS \
	((uint32)(VIXMNTAPI_MOUNT_SINGLE | VIXMNTAPI_MOUNT_PARTIAL | VIXMNTAPI_MOUNT_CHECK))

VU_EXPORT VixError VixMntapi_ListVolumes(VixDiskSetHandle set, VixVolumeDetails **volumes,
					 size_t *n)
{
	VU_AUTO(vmnt_set) struct vmnt_set *s = NULL;

	if (!vu_array_none_yet(volumes, n))
		return vmnt_bad_arg(__func__, "volumes or n is NULL");
	VD_TRY(vmnt_api_set(__func__, set, &s));
	VD_TRY(vmnt_volumes_scan(s));
	VD_TRY(vmnt_report_details(s->volumes, s->n_volumes, volumes));
	*n = s->n_volumes;
	return VIX_OK;
}

VU_EXPORT void VixMntapi_FreeVolumeList(VixVolumeDetails *volumes)
{
	free(volumes);
}

VU_EXPORT VixError VixMntapi_GetVolumeDetails(VixVolumeHandle volume, VixVolumeDetails **details)
{
	VU_AUTO(vmnt_volume) struct vmnt_volume *v = NULL;
	VixError err;

	if (details == NULL)
		return vmnt_bad_arg(__func__, "details is NULL");
	*details = NULL;
	VD_TRY(vmnt_api_volume(__func__, volume, &v));
	err = vmnt_volume_probe(v);
	if (err != VIX_OK && err != VIX_E_MNTAPI_FORMAT_FAILURE)
		return err;
	return vmnt_report_details(v, 1, details);
}

VU_EXPORT void VixMntapi_FreeVolumeDetails(VixVolumeDetails *details)
{
	free(details);
}

static VixError check_options(const char *caller, const VixMountOptions *opts)
{
	if (opts == NULL || opts->structSize < sizeof(*opts))
		return vmnt_bad_arg(caller, "opts is NULL, or its structSize is too small");
	if (opts->mountPoint == NULL || opts->mountPoint[0] == '\0')
		return vmnt_bad_arg(caller, "mountPoint is empty");
	if (opts->symlinks > VIXMNTAPI_SYMLINKS_DENY)
		return vmnt_bad_arg(caller, "symlinks is unknown");
	if ((opts->flags & ~KNOWN_FLAGS) != 0)
		return vmnt_bad_arg(caller, "flags has unknown bits");
	return VIX_OK;
}

VU_EXPORT VixError VixMntapi_MountDiskSet(VixDiskSetHandle set, const VixVolumeHandle *volumes,
					  size_t n, const VixMountOptions *opts)
{
	VU_AUTO(vmnt_set) struct vmnt_set *s = NULL;

	VD_TRY(vmnt_api_set(__func__, set, &s));
	if (volumes == NULL && n > 0)
		return vmnt_bad_arg(__func__, "volumes is NULL, but n is not 0");
	VD_TRY(check_options(__func__, opts));
	return vmnt_tree_mount(s, volumes, n, opts);
}

VU_EXPORT VixError VixMntapi_DismountDiskSet(VixDiskSetHandle set, Bool force)
{
	VU_AUTO(vmnt_set) struct vmnt_set *s = NULL;

	VD_TRY(vmnt_api_set(__func__, set, &s));
	return vmnt_tree_dismount(s, force != FALSE);
}

static const char *engine_text(const struct vmnt_set *s)
{
	const struct vmnt_engine_ops *ops = vmnt_engine_default();

	if (s->engine != NULL)
		return s->engine->ops->describe(s->engine);
	return ops != NULL ? ops->name : "none";
}

VU_EXPORT VixError VixMntapi_GetEngineInfo(VixDiskSetHandle set, char *buf, size_t bufLen)
{
	VU_AUTO(vmnt_set) struct vmnt_set *s = NULL;
	const char *text;

	VD_TRY(vmnt_api_set(__func__, set, &s));
	if (buf == NULL)
		return vmnt_bad_arg(__func__, "buf is NULL");
	text = engine_text(s);
	if (bufLen <= strlen(text))
		return VIX_E_BUFFER_TOOSMALL;
	memcpy(buf, text, strlen(text) + 1);
	return VIX_OK;
}
