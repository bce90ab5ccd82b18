/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Files of extents, each open once; see link-files.h.
 *
 * 1. table has free places, so that a search ends.  What is in it has an identity.
 */
#include "config.h"

#include "link-files.h"

#include <stdlib.h>
#include <string.h>

#include "../common/alloc.h"
#include "../common/cleanup.h"
#include "../common/log.h"
#include "../common/path.h"

#define PLACES_MIN 64u

static size_t place_of(const struct vd_store *st, size_t cap)
{
	uint64_t h = (st->id.ino + st->mode) * 0x9e3779b97f4a7c15u ^ st->id.dev;

	return (h ^ h >> 32) & (cap - 1);
}

static bool is_same(const struct vd_store *a, const struct vd_store *b)
{
	return a->mode == b->mode && vd_file_id_equal(&a->id, &b->id);
}

/* The place of @st or of one that is the same; the free place where it belongs if there is none. */
static struct vd_store **find_place(struct vd_store **table, size_t cap, const struct vd_store *st)
{
	size_t i = place_of(st, cap);

	while (table[i] != NULL && !is_same(table[i], st))
		i = (i + 1) & (cap - 1);
	return &table[i];
}

/* Room for one more, half of the places staying free; false: memory is short. */
static bool make_room(struct vd_link_files *f)
{
	size_t cap = f->cap != 0 ? 2 * f->cap : PLACES_MIN;
	struct vd_store **table;

	if (2 * (f->n + 1) <= f->cap)
		return true;
	table = vu_calloc_array(cap, sizeof(*table));
	if (table == NULL)
		return false;
	for (size_t i = 0; i < f->cap; i++) {
		if (f->table[i] != NULL)
			*find_place(table, cap, f->table[i]) = f->table[i];
	}
	free(f->table);
	f->table = table;
	f->cap = cap;
	return true;
}

/* @st, which is consumed, or the store that is already open for its file. */
static VixError share(struct vd_link_files *f, struct vd_store *st, struct vd_store **st_out)
{
	struct vd_store **at;

	*st_out = st;
	if (!vd_file_id_equal(&st->id, &st->id)) /* it can't be told from others */
		return VIX_OK;
	if (!make_room(f)) {
		vd_store_close(st);
		return VIX_E_OUT_OF_MEMORY;
	}
	at = find_place(f->table, f->cap, st);
	if (*at == NULL) {
		*at = vd_store_share(st);
		f->n++;
		return VIX_OK;
	}
	vd_store_close(st);
	*st_out = vd_store_share(*at);
	return VIX_OK;
}

static VixError refuse_outside(const struct vd_link_files *f, const char *path)
{
	VU_ERR("disk",
	       "cannot open %s: its extent %s lies outside of its directory, which "
	       "only " VD_CONFIG_EXTENTS_OUTSIDE " = 1 permits",
	       vu_log_quote(f->beside), vu_log_quote(path));
	return VIX_E_FILE_ACCESS_ERROR;
}

/* Names that lead out of the directory are refused at once, symbolic links while they are followed. */
static VixError open_path(const struct vd_link_files *f, const char *path, const char *name,
			  unsigned mode, struct vd_store **st_out)
{
	if (f->anywhere)
		return vd_store_open(f->store, path, mode, st_out);
	if (vu_path_escapes(name))
		return refuse_outside(f, path);
	return vd_store_open_inside(f->store, path, strlen(path) - strlen(name), mode, st_out);
}

VixError vd_link_files_open(struct vd_link_files *f, const char *name, unsigned mode,
			    struct vd_store **st_out)
{
	VU_AUTO(free) char *path = vu_path_beside(f->beside, name);
	struct vd_store *st;

	*st_out = NULL;
	if (path == NULL)
		return VIX_E_OUT_OF_MEMORY;
	mode |= VD_STORE_MAY_BE_ABSENT;
	if (f->last != NULL && f->last->mode == mode && strcmp(f->last->path, path) == 0) {
		*st_out = vd_store_share(f->last);
		return VIX_OK;
	}
	VD_TRY(open_path(f, path, name, mode, &st));
	VD_TRY(share(f, st, st_out));
	vd_store_close(f->last);
	f->last = vd_store_share(*st_out);
	return VIX_OK;
}

void vd_link_files_free(struct vd_link_files *f)
{
	for (size_t i = 0; i < f->cap; i++)
		vd_store_close(f->table[i]);
	free(f->table);
	vd_store_close(f->last);
	*f = (struct vd_link_files){ 0 };
}
