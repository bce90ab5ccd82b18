/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Cloning disks; see clone.h.
 *
 * The copy is made as files in the making, opened there as any disk and filled.  What it replaces is
 * kept open for writing all along, so that nobody else is at it.
 */
#include "config.h"

#include "clone.h"

#include <stdlib.h>
#include <string.h>

#include "../common/alloc.h"
#include "../common/cleanup.h"
#include "../common/log.h"
#include "../common/path.h"
#include "copy.h"
#include "disk-chain.h"
#include "diskfiles.h"
#include "geometry.h"
#include "store/names.h"

struct cloning {
	const struct vd_store_ops *store;
	const char *path;
	const struct vd_chain *from;
	struct vd_diskfiles old; /* what is replaced; all zero: it is no disk */
	struct vd_store *file;   /* then the file alone; NULL: there is none */
	struct vd_newfiles *nf;
	struct vd_progress *p;
};

/* What is replaced. */

/* Stores that can't tell who a file is know it by its path alone. */
static bool is_file(const struct vd_store *st, const struct vd_file_id *id, const char *path)
{
	return vd_file_id_equal(&st->id, id) || strcmp(st->path, path) == 0;
}

static bool link_has(const struct vd_link *ln, const struct vd_store *st)
{
	if (is_file(st, &ln->id, ln->path))
		return true;
	VU_ARRAY_FOREACH(&ln->extents, ex) {
		if ((*ex)->store != NULL && is_file(st, &(*ex)->store->id, (*ex)->store->path))
			return true;
	}
	return false;
}

static VixError check_not_own(const struct cloning *c, const struct vd_store *st)
{
	VU_ARRAY_FOREACH(&c->from->links, ln) {
		if (!link_has(*ln, st))
			continue;
		VU_ERR("disk", "cannot copy to %s: what is there is part of the disk to be copied",
		       vu_log_quote(st->path));
		return VIX_E_INVALID_ARG;
	}
	return VIX_OK;
}

/* A file that is no disk is replaced alone. */
static VixError open_file(struct cloning *c)
{
	VixError err;

	VU_INFO("disk", "%s: it is replaced, though it is no disk", vu_log_quote(c->path));
	err = vd_store_open(c->store, c->path, VD_STORE_WRITE | VD_STORE_MAY_BE_ABSENT, &c->file);
	if (err == VIX_E_FILE_NOT_FOUND) /* a link that leads nowhere */
		return VIX_OK;
	VD_TRY(err);
	return check_not_own(c, c->file);
}

static VixError open_old(struct cloning *c)
{
	VixError err;

	vd_newfiles_recover(c->store, c->path);
	if (!vd_names_exists(c->store, c->path))
		return VIX_OK;
	err = vd_diskfiles_open(c->store, c->path, &c->old);
	if (err == VIX_E_DISK_INVALIDDISK || err == VIX_E_FILE_NOT_FOUND) {
		vd_diskfiles_close(&c->old);
		c->old = (struct vd_diskfiles){ 0 };
		return open_file(c);
	}
	VD_TRY(err);
	VD_TRY(check_not_own(c, c->old.file));
	VU_ARRAY_FOREACH(&c->old.files, f)
		VD_TRY(check_not_own(c, f->file));
	return VIX_OK;
}

static bool is_beside(const struct vd_diskfile *f)
{
	return strchr(f->name, '/') == NULL;
}

static VixError retire_old(const struct cloning *c)
{
	VU_ARRAY_FOREACH(&c->old.files, f) {
		if (is_beside(f))
			VD_TRY(vd_newfiles_retire(c->nf, f->path));
	}
	return VIX_OK;
}

/* In directories below: no new file gets their places, so they may go when all is done. */
static void remove_old_below(const struct cloning *c)
{
	VU_ARRAY_FOREACH(&c->old.files, f) {
		if (!is_beside(f))
			vd_names_remove(c->store, f->path);
	}
}

static bool is_of_old(const struct cloning *c, const char *name)
{
	VU_ARRAY_FOREACH(&c->old.files, f) {
		if (strcmp(f->name, name) == 0)
			return true;
	}
	return strcmp(vd_newfiles_name(c->nf), name) == 0;
}

/* A new file may only take the place of one that goes away with the old disk. */
static VixError check_place(const struct cloning *c, const char *name)
{
	const char *path = c->old.path != NULL ? c->old.path : c->path;
	VU_AUTO(free) char *place = vu_path_beside(path, name);

	if (place == NULL)
		return VIX_E_OUT_OF_MEMORY;
	if (is_of_old(c, name) || !vd_names_exists(c->store, place))
		return VIX_OK;
	VU_ERR("disk", "cannot make %s: it exists, and is not part of the disk %s",
	       vu_log_quote(place), vu_log_quote(path));
	return VIX_E_FILE_ALREADY_EXISTS;
}

static VixError check_places(const struct cloning *c, const struct vd_link *to)
{
	VU_ARRAY_FOREACH(&to->extents, ex) {
		if ((*ex)->store != NULL)
			VD_TRY(check_place(c, vu_path_basename((*ex)->store->path)));
	}
	return VIX_OK;
}

/* Filling. */

/* Of the data base of a disk, what is about its guest and not about its files. */
static VixError copy_meta(struct vd_disk *from, struct vd_disk *to)
{
	static const char *const keys[] = {
		"geometry.biosCylinders", "geometry.biosHeads", "geometry.biosSectors",
		"toolsVersion",           "toolsInstallType",
	};

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		VU_AUTO(free) char *value = NULL, *has = NULL;

		VD_TRY(vd_disk_get_meta(from, keys[i], &value));
		VD_TRY(vd_disk_get_meta(to, keys[i], &has));
		if (value != NULL && (has == NULL || strcmp(has, value) != 0))
			VD_TRY(vd_disk_set_meta(to, keys[i], value));
	}
	return VIX_OK;
}

static VixError fill_open(struct cloning *c, struct vd_disk *from, struct vd_disk *to,
			  const struct vd_disk_spec *spec)
{
	VD_TRY(check_places(c, vd_chain_newest((struct vd_chain *)to)));
	VD_TRY(copy_meta(from, to));
	VD_TRY(vd_copy(from, to, spec->type == VIXDISKLIB_DISK_VMFS_THIN, c->p));
	return vd_disk_flush(to);
}

static VixError fill(struct cloning *c, struct vd_disk *from, const struct vd_disk_spec *spec)
{
	struct vd_disk *to;
	VixError err;

	VD_TRY(vd_create_files(c->nf, spec, c->p));
	VD_TRY(vd_chain_open(c->store, vd_newfiles_path(c->nf), VD_CHAIN_WRITE, &to));
	err = fill_open(c, from, to, spec);
	vd_disk_close(to);
	return err;
}

/* The whole. */

static VixError keep_geometry(const struct vd_disk_info *info, void *ctx)
{
	struct vd_disk_spec *spec = ctx;

	if (info->adapter == vd_adapter_of(spec->adapter))
		spec->geometry = info->phys_geo;
	return VIX_OK;
}

static VixError make(struct cloning *c, struct vd_disk *from, const struct vd_disk_spec *spec,
		     bool may_replace)
{
	VixError err;

	VD_TRY(vd_newfiles_begin(c->store, c->path, may_replace, &c->nf));
	err = fill(c, from, spec);
	if (err == VIX_OK)
		err = retire_old(c);
	if (err != VIX_OK) {
		vd_newfiles_abandon(c->nf);
		return err;
	}
	VD_TRY(vd_newfiles_commit(c->nf));
	remove_old_below(c);
	return VIX_OK;
}

uint64_t vd_clone_work(const struct vd_disk_spec *spec)
{
	return vd_create_work(spec) + spec->capacity;
}

VixError vd_clone(const struct vd_store_ops *store, struct vd_disk *from, const char *path,
		  const struct vd_disk_spec *spec, bool may_replace, struct vd_progress *p)
{
	struct cloning c = {
		.store = store,
		.path = path,
		.from = (const struct vd_chain *)from,
		.p = p,
	};
	struct vd_disk_spec as = *spec;
	VixError err = VIX_OK;

	VD_TRY(vd_names_check(store, path));
	VD_TRY(vd_disk_get_info(from, keep_geometry, &as));
	if (may_replace)
		err = open_old(&c);
	if (err == VIX_OK)
		err = make(&c, from, &as, may_replace);
	vd_diskfiles_close(&c.old);
	vd_store_close(c.file);
	return err;
}
