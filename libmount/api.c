/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the entry points share; see api.h.
 */
#include "config.h"

#include "api.h"

#include "../common/log.h"
#include "mnt-runtime.h"

VixError vmnt_bad_arg(const char *caller, const char *what)
{
	VU_ERR("mount", "%s: %s", caller, what);
	return VIX_E_INVALID_ARG;
}

VixError vmnt_api_set(const char *caller, VixDiskSetHandle handle, struct vmnt_set **s)
{
	VixError err;

	*s = NULL;
	VD_TRY(vmnt_runtime_check());
	err = vmnt_set_enter(handle, s);
	if (err != VIX_OK)
		VU_ERR("mount", "%s: the handle is not an open disk set", caller);
	return err;
}

VixError vmnt_api_volume(const char *caller, VixVolumeHandle handle, struct vmnt_volume **v)
{
	VixError err;

	*v = NULL;
	VD_TRY(vmnt_runtime_check());
	err = vmnt_volume_enter(handle, v);
	if (err != VIX_OK)
		VU_ERR("mount", "%s: the handle is not a volume of an open disk set", caller);
	return err;
}
