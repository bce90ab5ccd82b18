/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which operating system is on the disks; see osinfo.h.
 */
#include "config.h"

#include "osinfo.h"

#include <stdlib.h>
#include <string.h>

#include "../common/cleanup.h"
#include "mnt-runtime.h"
#include "pack.h"

VixError vmnt_set_inspect(struct vmnt_set *s)
{
	if (s->inspected)
		return VIX_OK;
	if (vmnt_runtime_inspect() == VMNT_INSPECT_NEVER)
		return VIX_OK;
	if (!vmnt_set_is_blank(s)) {
		VD_TRY(vmnt_set_start(s));
		if (s->engine->ops->os != NULL)
			VD_TRY(s->engine->ops->os(s->engine, &s->os));
	}
	s->inspected = true;
	return VIX_OK;
}

VixError vmnt_set_os_info(const struct vmnt_set *s, VixOsInfo **info_out)
{
	const struct vmnt_os *os = &s->os;
	VixOsInfo *info = malloc(sizeof(*info) + vmnt_pack_size(os->vendor) +
				 vmnt_pack_size(os->edition) + vmnt_pack_size(os->folder));
	char *room = (char *)(info + 1);

	*info_out = info;
	if (info == NULL)
		return VIX_E_OUT_OF_MEMORY;
	memset(info, 0, sizeof(*info));
	info->family = os->family;
	info->majorVersion = os->major;
	info->minorVersion = os->minor;
	info->osIs64Bit = os->is_64bit ? TRUE : FALSE;
	info->vendor = vmnt_pack_put(&room, os->vendor);
	info->edition = vmnt_pack_put(&room, os->edition);
	info->osFolder = vmnt_pack_put(&room, os->folder);
	return VIX_OK;
}

const char *vmnt_volume_guest_path(const struct vmnt_volume *v, size_t index)
{
	const struct vmnt_os *os = &v->set->os;

	for (size_t i = 0; i < os->n; i++) {
		if (strcmp(os->mounts[i].device, v->info.device) != 0)
			continue;
		if (index-- == 0)
			return os->mounts[i].path;
	}
	return NULL;
}
