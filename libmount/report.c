/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What clients are told about sets and volumes; see report.h.
 */
#include "config.h"

#include "report.h"

#include <stddef.h>
#include <stdlib.h>

#include "osinfo.h"
#include "pack.h"

VixError vmnt_report_set(const struct vmnt_set *s, VixDiskSetInfo **info_out)
{
	VixDiskSetInfo *info = malloc(sizeof(*info) + vmnt_pack_size(s->dir.path));
	char *room = (char *)(info + 1);

	*info_out = info;
	if (info == NULL)
		return VIX_E_OUT_OF_MEMORY;
	info->openFlags = s->open_flags;
	info->mountPath = vmnt_pack_put(&room, s->dir.path);
	return VIX_OK;
}

static size_t guest_paths_size(const struct vmnt_volume *v, size_t *n_out)
{
	size_t size = 0;
	const char *path;

	*n_out = 0;
	while ((path = vmnt_volume_guest_path(v, *n_out)) != NULL) {
		size += vmnt_pack_size(path);
		(*n_out)++;
	}
	return size;
}

/* The array has one element even when it is empty: old programs look at it. */
static size_t volume_info_size(size_t n_paths)
{
	return offsetof(VixVolumeInfo, inGuestMountPoints) +
	       (n_paths > 0 ? n_paths : 1) * sizeof(char *);
}

VixError vmnt_report_volume(struct vmnt_volume *v, VixVolumeInfo **info_out)
{
	bool mounted = vmnt_volume_is_mounted(v);
	size_t n, text = guest_paths_size(v, &n) + vmnt_pack_size(v->mount_path);
	VixVolumeInfo *info = calloc(1, volume_info_size(n) + text);
	char *room = (char *)info + volume_info_size(n);

	*info_out = info;
	if (info == NULL)
		return VIX_E_OUT_OF_MEMORY;
	info->type = v->info.type;
	info->isMounted = mounted ? TRUE : FALSE;
	info->symbolicLink = mounted ? vmnt_pack_put(&room, v->mount_path) : NULL;
	info->numGuestMountPoints = n;
	for (size_t i = 0; i < n; i++)
		info->inGuestMountPoints[i] = vmnt_pack_put(&room, vmnt_volume_guest_path(v, i));
	return VIX_OK;
}

static size_t details_text_size(const struct vmnt_volume_info *info)
{
	return vmnt_pack_size(info->name) + vmnt_pack_size(info->kind) +
	       vmnt_pack_size(info->filesystem) + vmnt_pack_size(info->label) +
	       vmnt_pack_size(info->uuid) + vmnt_pack_size(info->state) +
	       vmnt_pack_size(info->device);
}

static void fill_details(VixVolumeDetails *d, const struct vmnt_volume *v, char **room)
{
	d->structSize = sizeof(*d);
	d->number = v->number;
	d->disk = v->info.disk;
	d->name = vmnt_pack_put(room, v->info.name);
	d->kind = vmnt_pack_put(room, v->info.kind);
	d->fileSystem = vmnt_pack_put(room, v->info.filesystem);
	d->label = vmnt_pack_put(room, v->info.label);
	d->uuid = vmnt_pack_put(room, v->info.uuid);
	d->state = vmnt_pack_put(room, v->info.state);
	d->device = vmnt_pack_put(room, v->info.device);
	d->sizeBytes = v->info.bytes;
	d->usedBytes = v->info.used_bytes;
	d->mountable = v->info.mountable ? TRUE : FALSE;
}

VixError vmnt_report_details(const struct vmnt_volume *v, size_t n, VixVolumeDetails **details_out)
{
	size_t text = 1; /* malloc(0) may be NULL */
	VixVolumeDetails *d;
	char *room;

	for (size_t i = 0; i < n; i++)
		text += details_text_size(&v[i].info);
	d = calloc(1, n * sizeof(*d) + text);
	*details_out = d;
	if (d == NULL)
		return VIX_E_OUT_OF_MEMORY;
	room = (char *)(d + n);
	for (size_t i = 0; i < n; i++)
		fill_details(&d[i], &v[i], &room);
	return VIX_OK;
}
