/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The mount of a whole disk set, and all mounts of a set together; see tree.h.
 */
#include "config.h"

#include "tree.h"

#include <stdlib.h>
#include <unistd.h>

#include "../common/alloc.h"
#include "../common/cleanup.h"
#include "../common/log.h"
#include "fuse/options.h"
#include "volume.h"

static void clear_tree(struct vmnt_set *s)
{
	(void)vmnt_setdir_note_tree(&s->dir, NULL);
	free(s->tree_path);
	s->tree_path = NULL;
	s->tree = NULL;
}

static bool is_mounted(struct vmnt_set *s)
{
	const struct vmnt_engine_ops *ops;

	if (s->tree == NULL)
		return false;
	ops = s->tree->engine->ops;
	if (ops->is_gone(s->tree) && ops->unmount(s->tree, true) == VIX_OK)
		clear_tree(s);
	return s->tree != NULL;
}

/* What the client asks for, as far as it can be checked before anything is started. */
static VixError check_request(const VixMountOptions *opts, char **path_out)
{
	struct vmnt_fuse_options fo;

	VD_TRY(vmnt_fuse_options_parse(opts->fuseOptions, geteuid() == 0, &fo));
	VD_TRY(vmnt_mountpoint_check(opts->mountPoint, fo.nonempty));
	*path_out = realpath(opts->mountPoint, NULL);
	return *path_out != NULL ? VIX_OK : VIX_E_MNTAPI_MOUNTPT_NOT_FOUND;
}

/* The volume of this set that a client's handle stands for; the set's lock keeps it alive. */
static struct vmnt_volume *find_volume(const struct vmnt_set *s, VixVolumeHandle handle)
{
	for (size_t i = 0; i < s->n_volumes && handle != NULL; i++)
		if (s->volumes[i].handle == handle)
			return &s->volumes[i];
	return NULL;
}

static VixError choose(struct vmnt_mount_request *rq, struct vmnt_mount_volume *chosen,
		       const struct vmnt_volume *v)
{
	for (size_t i = 0; i < rq->n; i++)
		if (chosen[i].info == &v->info)
			return VIX_E_INVALID_ARG;
	chosen[rq->n].info = &v->info;
	chosen[rq->n].subdir = v->subdir;
	rq->n++;
	return VIX_OK;
}

static VixError choose_all(const struct vmnt_set *s, struct vmnt_mount_request *rq,
			   struct vmnt_mount_volume *chosen)
{
	for (size_t i = 0; i < s->n_volumes; i++)
		if (s->volumes[i].handle != NULL)
			VD_TRY(choose(rq, chosen, &s->volumes[i]));
	if (rq->n > 0)
		return VIX_OK;
	VU_ERR("mount", "%s: there is no volume that can be mounted", s->disks[0].name);
	return VIX_E_MNTAPI_NO_MOUNTABLE_PARTITONS;
}

static VixError choose_named(const struct vmnt_set *s, struct vmnt_mount_request *rq,
			     struct vmnt_mount_volume *chosen, const VixVolumeHandle *handles,
			     size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const struct vmnt_volume *v = find_volume(s, handles[i]);

		if (v == NULL) {
			VU_ERR("mount", "volume %zu of %zu is not a volume of this disk set", i + 1,
			       n);
			return VIX_E_INVALID_HANDLE;
		}
		if (choose(rq, chosen, v) != VIX_OK) {
			VU_ERR("mount", "volume %u is given twice", v->number);
			return VIX_E_INVALID_ARG;
		}
	}
	return VIX_OK;
}

static struct vmnt_volume *volume_of(const struct vmnt_set *s, const struct vmnt_volume_info *info)
{
	for (size_t i = 0; i < s->n_volumes; i++)
		if (&s->volumes[i].info == info)
			return &s->volumes[i];
	return NULL;
}

static VixError tell_damaged(const struct vmnt_mount_request *rq)
{
	for (size_t i = 0; i < rq->n; i++) {
		const struct vmnt_volume_info *v = rq->volumes[i].info;

		VU_ERR("mount", "%s (%s) cannot be mounted: %s", vu_log_quote(v->name),
		       vu_log_quote(v->filesystem), vu_log_quote(v->state));
	}
	return VIX_E_MNTAPI_FORMAT_FAILURE;
}

/* Takes those out of @rq whose file systems can't be read; @chosen are its volumes. */
static VixError leave_out_damaged(const struct vmnt_set *s, struct vmnt_mount_request *rq,
				  struct vmnt_mount_volume *chosen)
{
	size_t good = 0;

	for (size_t i = 0; i < rq->n; i++) {
		struct vmnt_mount_volume one = chosen[i];
		VixError err = vmnt_volume_probe(volume_of(s, one.info));

		if (err == VIX_E_MNTAPI_FORMAT_FAILURE)
			continue;
		if (err != VIX_OK)
			return err;
		chosen[i] = chosen[good]; /* damaged ones move behind the good ones */
		chosen[good++] = one;
	}
	if (good == 0)
		return tell_damaged(rq);
	rq->n = good;
	return VIX_OK;
}

/* Fills @rq with the volumes; what it points to is freed by the caller. */
static VixError fill_volumes(struct vmnt_set *s, struct vmnt_mount_request *rq,
			     const VixVolumeHandle *handles, size_t n, uint32 flags)
{
	struct vmnt_mount_volume *chosen = vu_calloc_array(s->n_volumes, sizeof(*chosen));

	rq->volumes = chosen;
	if (chosen == NULL)
		return VIX_E_OUT_OF_MEMORY;
	if (n == 0)
		VD_TRY(choose_all(s, rq, chosen));
	else
		VD_TRY(choose_named(s, rq, chosen, handles, n));
	if (flags & VIXMNTAPI_MOUNT_SINGLE) {
		if (rq->n != 1) {
			VU_ERR("mount", "%zu volumes can not fill one mount point: choose one",
			       rq->n);
			return VIX_E_INVALID_ARG;
		}
		chosen[0].subdir = NULL;
	}
	return flags & VIXMNTAPI_MOUNT_PARTIAL ? leave_out_damaged(s, rq, chosen) : VIX_OK;
}

/* The note comes first: a mount without one would outlive a process that is killed now. */
static VixError mount_at(struct vmnt_set *s, const struct vmnt_mount_request *rq)
{
	VixError err = vmnt_setdir_note_tree(&s->dir, rq->dir);

	if (err == VIX_OK)
		err = s->engine->ops->mount(s->engine, rq, &s->tree);
	if (err != VIX_OK)
		(void)vmnt_setdir_note_tree(&s->dir, NULL);
	return err;
}

VixError vmnt_tree_mount(struct vmnt_set *s, const VixVolumeHandle *handles, size_t n,
			 const VixMountOptions *opts)
{
	VU_AUTO(free) const struct vmnt_mount_volume *volumes = NULL;
	VU_AUTO(free) char *path = NULL;
	struct vmnt_mount_request rq = {
		.source = opts->sourceName != NULL && opts->sourceName[0] != '\0'
				  ? opts->sourceName
				  : s->disks[0].name,
		.fuse_options = opts->fuseOptions,
		.symlinks = opts->symlinks,
		.readonly = true,
	};
	VixError err;

	if (is_mounted(s)) {
		VU_ERR("mount", "%s is mounted already, on %s", s->disks[0].name, s->tree_path);
		return VIX_E_MNTAPI_DISK_IS_MOUNTED;
	}
	VD_TRY(check_request(opts, &path));
	if (opts->flags & VIXMNTAPI_MOUNT_CHECK)
		return VIX_OK;
	if (n == 0) /* who has handles has scanned */
		VD_TRY(vmnt_volumes_scan(s));
	err = fill_volumes(s, &rq, handles, n, opts->flags);
	volumes = rq.volumes;
	if (err != VIX_OK)
		return err;
	rq.dir = path;
	VD_TRY(mount_at(s, &rq));
	s->tree_path = VU_STEAL(path);
	return VIX_OK;
}

VixError vmnt_tree_dismount(struct vmnt_set *s, bool force)
{
	VixError err;

	if (!is_mounted(s)) {
		VU_ERR("mount", "%s is not mounted as a whole", s->disks[0].name);
		return VIX_E_MNTAPI_DISK_NOT_MOUNTED;
	}
	err = s->tree->engine->ops->unmount(s->tree, force);
	if (err == VIX_OK)
		clear_tree(s);
	return err;
}

/* Undoes end_volumes(): what was busy stays mounted, and so must the others. */
static void mount_again(struct vmnt_set *s)
{
	for (size_t i = 0; i < s->n_volumes; i++) {
		struct vmnt_volume *v = &s->volumes[i];

		if (v->ended && vmnt_volume_mount(v) != VIX_OK)
			VU_WARN("mount", "volume %u could not be mounted again", v->number);
		v->ended = false;
	}
}

/* What an unmount that failed means to one who ends everything. */
static bool stops_ending(VixError *first, VixError err, bool force)
{
	if (err == VIX_E_MNTAPI_OPEN_HANDLES && !force) {
		*first = err;
		return true;
	}
	if (*first == VIX_OK)
		*first = err;
	return false;
}

/* Stops at the first busy one, unless @force.  Another failure is reported and overridden. */
static VixError end_volumes(struct vmnt_set *s, bool force)
{
	VixError first = VIX_OK;

	for (size_t i = 0; i < s->n_volumes; i++) {
		struct vmnt_volume *v = &s->volumes[i];
		VixError err;

		if (!vmnt_volume_is_mounted(v))
			continue;
		err = vmnt_volume_dismount(v, force);
		if (err != VIX_OK && stops_ending(&first, err, force))
			return first;
		if (err != VIX_OK && !force)
			(void)vmnt_volume_dismount(v, true);
		v->ended = true;
	}
	return first;
}

/* The mount of the whole comes last, so that it never has to be made again. */
VixError vmnt_mounts_end(struct vmnt_set *s, bool force)
{
	VixError first = end_volumes(s, force);
	VixError err;

	if (is_mounted(s) && (force || first != VIX_E_MNTAPI_OPEN_HANDLES)) {
		err = vmnt_tree_dismount(s, force);
		if (err != VIX_OK && !stops_ending(&first, err, force) && !force)
			(void)vmnt_tree_dismount(s, true);
	}
	if (first == VIX_E_MNTAPI_OPEN_HANDLES && !force)
		mount_again(s);
	return first;
}

bool vmnt_mounts_any(const struct vmnt_set *s)
{
	for (size_t i = 0; i < s->n_volumes; i++)
		if (s->volumes[i].mount != NULL)
			return true;
	return s->tree != NULL;
}
