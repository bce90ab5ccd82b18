/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The entry points of vixMntapi.h, which says what they do.
 */
#include "config.h"

#include "vixMntapi.h"

#include <stdlib.h>

#include "../common/alloc.h"
#include "../common/array.h"
#include "../common/log.h"
#include "api.h"
#include "hook.h"
#include "mnt-runtime.h"
#include "osinfo.h"
#include "report.h"

VU_EXPORT VixError VixMntapi_Init(uint32 majorVersion, uint32 minorVersion,
				  VixDiskLibGenericLogFunc *log, VixDiskLibGenericLogFunc *warn,
				  VixDiskLibGenericLogFunc *panic, const char *libDir,
				  const char *configFile)
{
	const struct vu_init init = {
		.major = majorVersion,
		.minor = minorVersion,
		.handlers = { .log = log, .warn = warn, .panic = panic },
		.config_file = configFile,
	};

	(void)libDir; /* nothing is loaded from there */
	return vmnt_runtime_init(&init);
}

VU_EXPORT void VixMntapi_Exit(void)
{
	unsigned n;

	if (!vmnt_runtime_exit_begin())
		return;
	n = vmnt_sets_close_all();
	if (n > 0)
		VU_INFO("mount", "VixMntapi_Exit has closed %u disk sets", n);
	vmnt_hook_remove();
	vmnt_runtime_exit_end();
}

VU_EXPORT VixError VixMntapi_OpenDiskSet(VixDiskLibHandle diskHandles[], size_t numberOfDisks,
					 uint32 openMode, VixDiskSetHandle *diskSet)
{
	if (diskSet == NULL)
		return vmnt_bad_arg(__func__, "diskSet is NULL");
	*diskSet = NULL;
	VD_TRY(vmnt_runtime_check());
	if (diskHandles == NULL)
		return vmnt_bad_arg(__func__, "diskHandles is NULL");
	if (numberOfDisks == 0 || numberOfDisks > VMNT_MAX_DISKS)
		return vmnt_bad_arg(__func__, "numberOfDisks is not in 1..255");
	if ((openMode & ~(uint32)VIXDISKLIB_FLAG_OPEN_READ_ONLY) != 0)
		return vmnt_bad_arg(__func__, "openMode has bits other than OPEN_READ_ONLY");
	return vmnt_set_open_handles(diskHandles, numberOfDisks, openMode, diskSet);
}

VU_EXPORT VixError VixMntapi_OpenDisks(VixDiskLibConnection connection, const char *diskNames[],
				       size_t numberOfDisks, uint32 openFlags,
				       VixDiskSetHandle *diskSet)
{
	if (diskSet == NULL)
		return vmnt_bad_arg(__func__, "diskSet is NULL");
	*diskSet = NULL;
	VD_TRY(vmnt_runtime_check());
	if (diskNames == NULL)
		return vmnt_bad_arg(__func__, "diskNames is NULL");
	if (numberOfDisks == 0 || numberOfDisks > VMNT_MAX_DISKS)
		return vmnt_bad_arg(__func__, "numberOfDisks is not in 1..255");
	for (size_t i = 0; i < numberOfDisks; i++)
		if (diskNames[i] == NULL)
			return vmnt_bad_arg(__func__, "a name is NULL");
	return vmnt_set_open_disks(connection, diskNames, numberOfDisks, openFlags, diskSet);
}

VU_EXPORT VixError VixMntapi_CloseDiskSet(VixDiskSetHandle diskSet)
{
	VixError err;

	VD_TRY(vmnt_runtime_check());
	err = vmnt_set_close(diskSet, false);
	if (err == VIX_E_INVALID_HANDLE)
		VU_ERR("mount", "%s: the handle is not an open disk set", __func__);
	return err;
}

VU_EXPORT VixError VixMntapi_GetDiskSetInfo(VixDiskSetHandle diskSet, VixDiskSetInfo **diskSetInfo)
{
	VU_AUTO(vmnt_set) struct vmnt_set *s = NULL;

	if (diskSetInfo == NULL)
		return vmnt_bad_arg(__func__, "diskSetInfo is NULL");
	*diskSetInfo = NULL;
	VD_TRY(vmnt_api_set(__func__, diskSet, &s));
	return vmnt_report_set(s, diskSetInfo);
}

VU_EXPORT void VixMntapi_FreeDiskSetInfo(VixDiskSetInfo *diskSetInfo)
{
	free(diskSetInfo);
}

VU_EXPORT VixError VixMntapi_GetOsInfo(VixDiskSetHandle diskSet, VixOsInfo **info)
{
	VU_AUTO(vmnt_set) struct vmnt_set *s = NULL;

	if (info == NULL)
		return vmnt_bad_arg(__func__, "info is NULL");
	*info = NULL;
	VD_TRY(vmnt_api_set(__func__, diskSet, &s));
	VD_TRY(vmnt_set_inspect(s));
	return vmnt_set_os_info(s, info);
}

VU_EXPORT void VixMntapi_FreeOsInfo(VixOsInfo *info)
{
	free(info);
}

static VixError list_handles(const struct vmnt_set *s, size_t *n_out, VixVolumeHandle **handles_out)
{
	VixVolumeHandle *handles = vu_calloc_array(s->n_volumes, sizeof(VixVolumeHandle));
	size_t n = 0;

	if (handles == NULL)
		return VIX_E_OUT_OF_MEMORY;
	for (size_t i = 0; i < s->n_volumes; i++)
		if (s->volumes[i].handle != NULL)
			handles[n++] = s->volumes[i].handle;
	if (n == 0) {
		free(handles);
		VU_ERR("mount", "%s: there is no volume that can be mounted", s->disks[0].name);
		return VIX_E_MNTAPI_NO_MOUNTABLE_PARTITONS;
	}
	*n_out = n;
	*handles_out = handles;
	return VIX_OK;
}

VU_EXPORT VixError VixMntapi_GetVolumeHandles(VixDiskSetHandle diskSet, size_t *numberOfVolumes,
					      VixVolumeHandle *volumeHandles[])
{
	VU_AUTO(vmnt_set) struct vmnt_set *s = NULL;

	if (!vu_array_none_yet(volumeHandles, numberOfVolumes))
		return vmnt_bad_arg(__func__, "numberOfVolumes or volumeHandles is NULL");
	VD_TRY(vmnt_api_set(__func__, diskSet, &s));
	VD_TRY(vmnt_volumes_scan(s));
	return list_handles(s, numberOfVolumes, volumeHandles);
}

VU_EXPORT void VixMntapi_FreeVolumeHandles(VixVolumeHandle *volumeHandles)
{
	free(volumeHandles);
}

VU_EXPORT VixError VixMntapi_MountVolume(VixVolumeHandle volumeHandle, Bool readOnly)
{
	VU_AUTO(vmnt_volume) struct vmnt_volume *v = NULL;

	(void)readOnly; /* every mount is */
	VD_TRY(vmnt_api_volume(__func__, volumeHandle, &v));
	return vmnt_volume_mount(v);
}

VU_EXPORT VixError VixMntapi_DismountVolume(VixVolumeHandle volumeHandle, Bool force)
{
	VU_AUTO(vmnt_volume) struct vmnt_volume *v = NULL;

	VD_TRY(vmnt_api_volume(__func__, volumeHandle, &v));
	return vmnt_volume_dismount(v, force != FALSE);
}

VU_EXPORT VixError VixMntapi_GetVolumeInfo(VixVolumeHandle volumeHandle, VixVolumeInfo **info)
{
	VU_AUTO(vmnt_volume) struct vmnt_volume *v = NULL;

	if (info == NULL)
		return vmnt_bad_arg(__func__, "info is NULL");
	*info = NULL;
	VD_TRY(vmnt_api_volume(__func__, volumeHandle, &v));
	if (vmnt_runtime_inspect() == VMNT_INSPECT_ALWAYS && vmnt_volume_is_mounted(v))
		VD_TRY(vmnt_set_inspect(v->set));
	return vmnt_report_volume(v, info);
}

VU_EXPORT void VixMntapi_FreeVolumeInfo(VixVolumeInfo *info)
{
	free(info);
}
