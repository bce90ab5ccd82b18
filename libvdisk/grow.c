/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Making disks larger; see grow.h.
 */
#include "config.h"

#include "grow.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../common/ascii.h"
#include "../common/bytes.h"
#include "../common/cleanup.h"
#include "../common/log.h"
#include "children.h"
#include "create.h"
#include "descriptor-write.h"
#include "disk-chain.h"
#include "format/cache.h"
#include "format/grow.h"
#include "geometry.h"
#include "link.h"
#include "newfiles.h"
#include "progress.h"
#include "store/names.h"
#include "writers.h"

struct growing {
	const struct vd_store_ops *store;
	const struct vd_grow_job *job;
	char *path; /* without symbolic links: new parts go where the descriptor is */
	struct vd_cache *cache;
	struct vd_link *ln;
	struct vd_extent *last;   /* the extent that gets longer */
	uint64_t last_sectors;    /* that it is to have */
	struct vd_disk_spec more; /* of the parts behind it; capacity 0: none */
	struct vd_text text;      /* of the descriptor, as it is to be */
	struct vd_newfiles *nf;   /* NULL: no new parts */
	struct vd_growth growth;  /* of @last */
	struct vd_progress progress;
};

static const struct vd_extent_line *last_line(const struct growing *g)
{
	const struct vd_descriptor *d = g->ln->desc;

	return &d->extents.v[d->extents.n - 1];
}

/* May it grow, and how? */

static VixError refuse(const struct growing *g, VixError code, const char *why)
{
	VU_ERR("disk", "%s: cannot make it larger: %s", vu_log_quote(g->job->path), why);
	return code;
}

static VixError check_capacity(const struct growing *g)
{
	if (g->job->capacity >= g->ln->capacity && g->job->capacity <= VD_SECTORS_MAX)
		return VIX_OK;
	VU_ERR("disk", "%s: cannot give it %" PRIu64 " sectors: it has %" PRIu64 "%s",
	       vu_log_quote(g->job->path), g->job->capacity, g->ln->capacity,
	       g->job->capacity < g->ln->capacity ? ", and disks never become smaller"
						  : ", and no disk can be so large");
	return VIX_E_INVALID_ARG;
}

static VixError check_last(const struct growing *g)
{
	const struct vd_store *st = g->last->store;

	if (g->last->ops->grow == NULL && !g->last->ops->is_flat)
		return refuse(
			g, VIX_E_NOT_SUPPORTED,
			"disks of its kind have the size that they were made with; convert it "
			"to another one");
	VD_TRY(vd_extent_check_writable(g->last));
	if (st->is_device)
		return refuse(g, VIX_E_NOT_SUPPORTED, "it ends on a device");
	if (atomic_load(&st->owners) > 1)
		return refuse(g, VIX_E_NOT_SUPPORTED, "two of its extents share the last file");
	return vd_extent_settle(g->last);
}

static bool is_split(const struct vd_descriptor *d)
{
	static const char *const types[] = { "twoGbMaxExtentSparse", "twoGbMaxExtentFlat",
					     "2GbMaxExtentSparse", "2GbMaxExtentFlat" };
	const char *type = vu_dict_get(&d->header, "createType");

	for (size_t i = 0; type != NULL && i < sizeof(types) / sizeof(types[0]); i++) {
		if (vu_ascii_casecmp(type, types[i]) == 0)
			return true;
	}
	return false;
}

/* They would be smaller than their parent. */
static VixError check_no_children(const struct growing *g)
{
	VU_AUTO(free) char *child = NULL;

	VD_TRY(vd_children_find(g->store, g->path, g->ln->desc->cid, &child));
	if (child == NULL)
		return VIX_OK;
	VU_ERR("disk",
	       "%s: cannot make it larger: %s is its child, and could not be opened any more",
	       vu_log_quote(g->job->path), vu_log_quote(child));
	return VIX_E_DISK_NOTNORMAL;
}

static VixError check_kind(const struct growing *g)
{
	const struct vd_descriptor *d = g->ln->desc;

	if (d == NULL)
		return refuse(g, VIX_E_NOT_SUPPORTED,
			      "it is raw data without a descriptor, as long as its file");
	if (vd_descriptor_has_parent(d))
		return refuse(g, VIX_E_DISK_NOTNORMAL, "it is a snapshot, as large as its parent");
	VD_TRY(check_capacity(g));
	if (d->extents.n > 1 && !is_split(d))
		return refuse(g, VIX_E_NOT_SUPPORTED,
			      "it consists of several extents that are no parts of 2 GB");
	VD_TRY(check_last(g));
	return check_no_children(g);
}

/* Parts of some products are larger than ours. */
static uint64_t part_sectors(const struct growing *g)
{
	const struct vd_descriptor *d = g->ln->desc;
	uint64_t most = d->extents.n > 1 ? d->extents.v[0].sectors : 0;

	return vu_max(vu_max(most, VD_CREATE_SPLIT_SECTORS), last_line(g)->sectors);
}

static void plan(struct growing *g)
{
	uint64_t more = g->job->capacity - g->ln->capacity;

	g->last_sectors = g->last->sectors + more;
	if (is_split(g->ln->desc) && !g->ln->is_single_file)
		g->last_sectors = vu_min(g->last_sectors, part_sectors(g));
	g->more = (struct vd_disk_spec){
		.type = g->last->ops->is_flat ? VIXDISKLIB_DISK_SPLIT_FLAT
					      : VIXDISKLIB_DISK_SPLIT_SPARSE,
		.capacity = more - (g->last_sectors - g->last->sectors),
	};
}

/* The descriptor. */

static VixError set_number(struct vd_text *text, const char *key, uint32_t value)
{
	char digits[16];

	snprintf(digits, sizeof(digits), "%" PRIu32, value);
	return vd_descriptor_set(text, key, digits);
}

static VixError set_geometry(struct growing *g)
{
	const char *adapter = vu_dict_get(&g->ln->desc->ddb, "adapterType");
	VixDiskLibGeometry geo = vd_geometry_default(g->job->capacity, vd_adapter_of(adapter));

	VD_TRY(set_number(&g->text, "ddb.geometry.cylinders", geo.cylinders));
	VD_TRY(set_number(&g->text, "ddb.geometry.heads", geo.heads));
	return set_number(&g->text, "ddb.geometry.sectors", geo.sectors);
}

/* From the end of the text to its begin: what was parsed tells where things are in the old one. */
static VixError write_text(struct growing *g, const char *lines)
{
	const struct vd_extent_line *line = last_line(g);

	VD_TRY(vd_link_read_text(g->ln, &g->text.bytes, &g->text.len));
	VD_TRY(vd_descriptor_add_lines(&g->text, line, lines));
	VD_TRY(vd_descriptor_set_sectors(&g->text, line, g->last_sectors));
	return g->job->update_geometry ? set_geometry(g) : VIX_OK;
}

/* It must read as what it is meant to say, whatever was in the old one. */
static VixError check_text(const struct growing *g)
{
	struct vd_descriptor *d;
	VixError err;

	if (g->text.len > VD_DESCRIPTOR_MAX)
		return refuse(g, VIX_E_INVALID_ARG, "its descriptor would be longer than 1 MiB");
	VD_TRY(vd_descriptor_parse(g->text.bytes, g->text.len, g->job->path, &d));
	err = d->capacity == g->job->capacity
		      ? VIX_OK
		      : refuse(g, VIX_E_DISK_NOTNORMAL, "its descriptor can't be continued");
	vd_descriptor_free(d);
	return err;
}

/* Files. */

static VixError make_parts(struct growing *g, char **lines_out)
{
	struct vu_strbuf lines = { 0 };
	VixError err;

	*lines_out = NULL;
	if (g->more.capacity != 0) {
		VD_TRY(vd_newfiles_begin_more(g->store, g->path, &g->nf));
		err = vd_create_more_parts(g->nf, &g->more, g->ln->desc->extents.n + 1,
					   &g->progress, &lines);
		if (err != VIX_OK) {
			vu_strbuf_free(&lines);
			return err;
		}
	}
	*lines_out = vu_strbuf_take(&lines);
	return *lines_out != NULL ? VIX_OK : VIX_E_OUT_OF_MEMORY;
}

static bool is_thin(const struct growing *g)
{
	const char *thin = vu_dict_get(&g->ln->desc->ddb, "thinProvisioned");

	return thin != NULL && strcmp(thin, "1") == 0;
}

/* What is behind the old end already, an interrupted attempt has left: zeros. */
static VixError make_room(struct growing *g)
{
	struct vd_extent *ex = g->last;
	uint64_t old_end = ex->start_off + ex->sectors * VD_SECTOR_SIZE;
	uint64_t end = ex->start_off + g->last_sectors * VD_SECTOR_SIZE, begin;
	bool is_zero;

	VD_TRY(vd_store_is_zero(ex->store, old_end, &is_zero));
	if (!is_zero)
		return refuse(g, VIX_E_DISK_NOTNORMAL,
			      "its file has content behind the disk's end, which would appear");
	begin = vu_round_up(ex->store->size, VD_SECTOR_SIZE);
	if (begin >= end)
		return VIX_OK;
	if (begin != ex->store->size)
		VD_TRY(vd_store_resize(ex->store, begin));
	return vd_create_room(ex->store, (end - begin) / VD_SECTOR_SIZE, is_thin(g), &g->progress);
}

static VixError grow_last(struct growing *g)
{
	if (g->last_sectors > g->last->sectors)
		VD_TRY(g->last->ops->is_flat ? make_room(g)
					     : vd_growth_lay(&g->growth, g->last_sectors));
	if (g->ln->is_single_file)
		VD_TRY(vd_growth_set_text(&g->growth, g->text.bytes, g->text.len));
	return vd_progress_add(&g->progress, 0);
}

/* The descriptor is a file: with the names of new parts, or alone. */
static VixError replace_descriptor(struct growing *g)
{
	struct vd_newfiles *nf = g->nf;
	struct vd_store *st;
	VixError err;

	if (nf == NULL)
		return vd_store_replace(g->ln->file, g->text.bytes, g->text.len);
	VD_TRY(vd_newfiles_add(nf, vd_newfiles_name(nf), &st));
	err = vd_store_append(st, g->text.bytes, g->text.len, 0);
	if (err == VIX_OK)
		err = vd_store_flush(st);
	vd_store_close(st);
	VD_TRY(err);
	g->nf = NULL;
	return vd_newfiles_commit(nf);
}

/* An error does not always mean that the file has its old bytes. */
static bool is_replaced(const struct growing *g)
{
	VU_AUTO(free) char *bytes = malloc(g->text.len);
	struct vd_store *st = NULL;
	bool is_new = false;

	vu_log_hush();
	if (bytes != NULL && vd_store_open(g->store, g->path, 0, &st) == VIX_OK)
		is_new = st->size == g->text.len &&
			 vd_store_pread(st, bytes, g->text.len, 0) == VIX_OK &&
			 memcmp(bytes, g->text.bytes, g->text.len) == 0;
	vu_log_unhush();
	vd_store_close(st);
	return is_new;
}

static VixError switch_over(struct growing *g)
{
	VixError err;

	VD_TRY(vd_growth_commit(&g->growth));
	if (g->ln->is_single_file)
		return VIX_OK;
	err = replace_descriptor(g);
	if (err != VIX_OK && is_replaced(g)) /* then what it names must stay */
		vd_growth_end(&g->growth);
	return err;
}

static VixError work(struct growing *g)
{
	VU_AUTO(free) char *lines = NULL;

	VD_TRY(make_parts(g, &lines));
	VD_TRY(write_text(g, lines));
	VD_TRY(check_text(g));
	VD_TRY(grow_last(g));
	return switch_over(g);
}

/* The whole. */

static VixError open_disk(struct growing *g)
{
	unsigned flags = VD_CHAIN_WRITE | (g->job->flags & VD_CHAIN_EXTENTS_ANYWHERE);
	struct vd_store *file;

	g->cache = vd_cache_new(VD_CACHE_BYTES);
	if (g->cache == NULL)
		return VIX_E_OUT_OF_MEMORY;
	VD_TRY(vd_names_check(g->store, g->job->path));
	VD_TRY(vd_names_resolve(g->store, g->job->path, &g->path));
	VD_TRY(vd_store_open(g->store, g->path, VD_STORE_WRITE | VD_STORE_CLAIM, &file));
	VD_TRY(vd_link_open(file, flags, g->cache, &g->ln));
	g->last = g->ln->extents.v[g->ln->extents.n - 1];
	VD_TRY(check_kind(g));
	plan(g);
	return vd_growth_begin(g->last, &g->growth);
}

static uint64_t count_work(const struct growing *g)
{
	uint64_t flat = g->last->ops->is_flat && !is_thin(g) ? g->last_sectors - g->last->sectors
							     : 0;

	return flat + (g->more.capacity != 0 ? vd_create_work(&g->more) : 0);
}

static VixError run(struct growing *g)
{
	VixError err;

	VD_TRY(open_disk(g));
	vd_progress_start(&g->progress, g->job->fn, g->job->data, count_work(g));
	if (g->job->capacity > g->ln->capacity || g->job->update_geometry) {
		err = work(g);
		if (err != VIX_OK && g->growth.ex != NULL)
			vd_growth_undo(&g->growth);
		VD_TRY(err);
	}
	return VIX_OK;
}

VixError vd_grow(const struct vd_store_ops *store, const struct vd_grow_job *job)
{
	struct growing g = { .store = store, .job = job };
	VU_LOG_ABOUT(job->path);
	struct vd_writer *w;
	VixError err;

	VD_TRY(vd_writers_keep_out(job->path, &w));
	if (vd_writers_is_read(job->path))
		err = refuse(&g, VIX_E_FILE_ALREADY_LOCKED,
			     "this process has it open: close it first");
	else
		err = run(&g);
	vd_growth_end(&g.growth);
	vd_newfiles_abandon(g.nf);
	free(g.text.bytes);
	free(g.path);
	vd_link_close(g.ln);
	vd_cache_free(g.cache);
	vd_writer_end(w);
	if (err == VIX_OK)
		vd_progress_end(&g.progress);
	return err;
}
