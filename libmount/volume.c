/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The volumes of a disk set; see volume.h.
 */
#include "config.h"

#include "volume.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../common/alloc.h"
#include "../common/cleanup.h"
#include "../common/handle.h"
#include "../common/log.h"
#include "subdir.h"

/* Number, handle and directory of one that can be mounted. */
static VixError make_visible(struct vmnt_volume *v, uint32_t number)
{
	v->number = number;
	v->subdir = vmnt_subdir_name(v);
	v->handle = vu_handle_new(VU_HANDLE_VOLUME, v);
	return v->subdir != NULL && v->handle != NULL ? VIX_OK : VIX_E_OUT_OF_MEMORY;
}

/* Takes over what @info owns; on failure what is built is freed with the set. */
static VixError adopt(struct vmnt_set *s, struct vmnt_volume_info *info, size_t n)
{
	uint32_t number = 0;

	s->volumes = vu_calloc_array(n, sizeof(*s->volumes));
	if (s->volumes == NULL)
		return VIX_E_OUT_OF_MEMORY;
	for (size_t i = 0; i < n; i++) {
		struct vmnt_volume *v = &s->volumes[s->n_volumes++];

		v->set = s;
		v->info = info[i];
		memset(&info[i], 0, sizeof(info[i]));
		if (v->info.mountable)
			VD_TRY(make_visible(v, ++number));
	}
	return VIX_OK;
}

/* Nobody has seen the handles yet. */
static void forget(struct vmnt_set *s)
{
	vmnt_volumes_retire(s);
	vmnt_volumes_free(s);
}

static VixError scan(struct vmnt_set *s)
{
	struct vmnt_volume_info *info = NULL;
	size_t n = 0;
	VixError err;

	VD_TRY(vmnt_set_start(s));
	err = s->engine->ops->volumes(s->engine, &info, &n);
	if (err == VIX_OK)
		err = adopt(s, info, n);
	vmnt_volume_info_free_all(info, n);
	if (err != VIX_OK) {
		forget(s);
		(void)vmnt_set_stop(s); /* an engine lists once: the next try needs a new one */
	}
	return err;
}

VixError vmnt_volumes_scan(struct vmnt_set *s)
{
	if (s->scanned)
		return VIX_OK;
	if (vmnt_set_is_blank(s))
		VU_INFO("mount", "%s: nothing is on the disk", s->disks[0].name);
	else
		VD_TRY(scan(s));
	s->scanned = true;
	return VIX_OK;
}

void vmnt_volumes_retire(struct vmnt_set *s)
{
	for (size_t i = 0; i < s->n_volumes; i++)
		if (s->volumes[i].handle != NULL)
			(void)vu_handle_retire(s->volumes[i].handle, VU_HANDLE_VOLUME);
}

void vmnt_volumes_free(struct vmnt_set *s)
{
	for (size_t i = 0; i < s->n_volumes; i++) {
		vmnt_volume_info_free(&s->volumes[i].info);
		free(s->volumes[i].subdir);
		free(s->volumes[i].mount_path);
	}
	free(s->volumes);
	s->volumes = NULL;
	s->n_volumes = 0;
}

/* While a volume is pinned its set can not be freed: vmnt_volumes_retire() comes first. */
VixError vmnt_volume_enter(VixVolumeHandle handle, struct vmnt_volume **v_out)
{
	struct vmnt_volume *v = vu_handle_get(handle, VU_HANDLE_VOLUME);

	*v_out = NULL;
	if (v == NULL)
		return VIX_E_INVALID_HANDLE;
	if (v->set->owner != getpid()) {
		vu_handle_put(handle);
		return VIX_E_INVALID_HANDLE;
	}
	pthread_mutex_lock(&v->set->lock);
	if (v->set->dead) {
		vmnt_volume_leave(v);
		return VIX_E_INVALID_HANDLE;
	}
	*v_out = v;
	return VIX_OK;
}

void vmnt_volume_leave(struct vmnt_volume *v)
{
	VixVolumeHandle handle = v->handle;

	pthread_mutex_unlock(&v->set->lock);
	vu_handle_put(handle);
}

/* The mount has gone; so do its directory and our record of it. */
static void clear_mount(struct vmnt_volume *v)
{
	if (rmdir(v->mount_path) < 0 && errno != ENOENT)
		VU_WARN("mount", "cannot remove %s: %s", v->mount_path, strerror(errno));
	free(v->mount_path);
	v->mount_path = NULL;
	v->mount = NULL;
}

bool vmnt_volume_is_mounted(struct vmnt_volume *v)
{
	const struct vmnt_engine_ops *ops;

	if (v->mount == NULL)
		return false;
	ops = v->mount->engine->ops;
	if (ops->is_gone(v->mount) && ops->unmount(v->mount, true) == VIX_OK)
		clear_mount(v);
	return v->mount != NULL;
}

VixError vmnt_volume_probe(struct vmnt_volume *v)
{
	struct vmnt_engine *en = v->set->engine;
	VU_AUTO(free) char *why = NULL;
	char *state;
	VixError err;

	if (!v->info.mountable || en->ops->probe == NULL)
		return VIX_OK;
	err = en->ops->probe(en, &v->info, &v->info.used_bytes, &why);
	if (err != VIX_OK && err != VIX_E_MNTAPI_FORMAT_FAILURE)
		return err;
	state = err == VIX_OK ? strdup("ok")
			      : vu_asprintf("damaged: %s", why != NULL ? why : "can't be mounted");
	if (state == NULL)
		return VIX_E_OUT_OF_MEMORY;
	free(v->info.state);
	v->info.state = state;
	return err;
}

static const char *source_name(const struct vmnt_volume *v)
{
	const struct vmnt_set *s = v->set;

	return s->disks[v->info.disk < s->n_disks ? v->info.disk : 0].name;
}

VixError vmnt_volume_mount(struct vmnt_volume *v)
{
	const struct vmnt_mount_volume one = { .info = &v->info, .subdir = NULL };
	struct vmnt_mount_request rq = {
		.source = source_name(v),
		.symlinks = VIXMNTAPI_SYMLINKS_GUEST,
		.readonly = true,
		.volumes = &one,
		.n = 1,
	};
	struct vmnt_engine *en = v->set->engine;
	VixError err;

	if (vmnt_volume_is_mounted(v)) {
		VU_ERR("mount", "volume %u of %s is mounted already, on %s", v->number,
		       source_name(v), v->mount_path);
		return VIX_E_MNTAPI_VOLUME_ALREADY_MOUNTED;
	}
	VD_TRY(vmnt_setdir_mountpoint(&v->set->dir, v->number, &v->mount_path));
	rq.dir = v->mount_path;
	err = en->ops->mount(en, &rq, &v->mount);
	if (err != VIX_OK)
		clear_mount(v);
	return err;
}

VixError vmnt_volume_dismount(struct vmnt_volume *v, bool force)
{
	VixError err;

	if (!vmnt_volume_is_mounted(v)) {
		VU_ERR("mount", "volume %u of %s is not mounted", v->number, source_name(v));
		return VIX_E_MNTAPI_VOLUME_NOT_MOUNTED;
	}
	err = v->mount->engine->ops->unmount(v->mount, force);
	if (err == VIX_OK)
		clear_mount(v);
	return err;
}
