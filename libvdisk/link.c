/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Opening one link: what the file is, which extents it names, whether they may be opened; see
 * link.h.
 */
#include "config.h"

#include "link.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "../common/bytes.h"
#include "../common/cleanup.h"
#include "../common/log.h"
#include "../common/path.h"
#include "disk-chain.h"
#include "link-files.h"
#include "rawcheck.h"
#include "writers.h"

/* What is the same for all files of the link that is being opened. */
struct opening {
	struct vd_link *ln;
	unsigned flags; /* enum vd_chain_flags */
	struct vd_cache *cache;
	struct vd_link_files files; /* of its extents */
	vd_link_bad_fn *bad;        /* NULL: all extents must be there */
	void *bad_ctx;
};

static inline void vu_auto_store(struct vd_store **st)
{
	vd_store_close(*st);
}

/* The first bytes of a file, as a probe wants them. */
struct head {
	struct vd_probe probe;
	unsigned char bytes[VD_PROBE_BYTES];
};

static VixError read_head(struct vd_store *st, struct head *h)
{
	h->probe = (struct vd_probe){
		.path = st->path,
		.size = st->size,
		.head = h->bytes,
		.head_len = vu_min(st->size, VD_PROBE_BYTES),
	};
	return vd_store_pread(st, h->bytes, h->probe.head_len, 0);
}

/* @ex is the next one; consumed. */
static VixError add_extent(struct vd_link *ln, struct vd_extent *ex)
{
	ex->first = ln->capacity;
	if (VU_ARRAY_PUSH(&ln->extents, ex) < 0) {
		vd_extent_close(ex);
		return VIX_E_OUT_OF_MEMORY;
	}
	ln->capacity += ex->sectors;
	return VIX_OK;
}

/* Extents that a descriptor names. */

static unsigned extent_mode(const struct opening *o, const struct vd_extent_line *line)
{
	unsigned mode = 0;

	if ((o->flags & VD_CHAIN_WRITE) && line->access == VD_ACCESS_RW)
		mode |= VD_STORE_WRITE;
	if (o->flags & VD_CHAIN_UNBUFFERED)
		mode |= VD_STORE_UNBUFFERED;
	if (o->flags & VD_CHAIN_EXTENTS_ANYWHERE)
		mode |= VD_STORE_DEVICE;
	return mode;
}

static VixError say_missing(const struct opening *o, const struct vd_extent_line *line)
{
	VU_AUTO(free) char *path = vu_path_beside(o->ln->path, line->file);

	VU_ERR("disk", "cannot open %s: its extent %s is missing", vu_log_quote(o->ln->path),
	       vu_log_quote(path != NULL ? path : line->file));
	return VIX_E_FILE_NOT_FOUND;
}

/* Who copied the disk here may have kept the bytes of its names, or made UTF-8 of them. */
static VixError find_extent_file(struct opening *o, const struct vd_extent_line *line,
				 struct vd_store **st_out)
{
	unsigned mode = extent_mode(o, line);
	VixError err = vd_link_files_open(&o->files, line->file, mode, st_out);

	if (err == VIX_E_FILE_NOT_FOUND && line->file_as_written != NULL)
		err = vd_link_files_open(&o->files, line->file_as_written, mode, st_out);
	return err == VIX_E_FILE_NOT_FOUND ? say_missing(o, line) : err;
}

static VixError open_extent_file(struct opening *o, const struct vd_extent_line *line,
				 struct vd_store **st_out)
{
	VU_AUTO(store) struct vd_store *st = NULL;

	VD_TRY(find_extent_file(o, line, &st));
	if (vd_file_id_equal(&st->id, &o->ln->id)) {
		VU_ERR("disk", "cannot open %s: its extent %s is itself a descriptor: the same one",
		       vu_log_quote(o->ln->path), vu_log_quote(st->path));
		return VIX_E_DISK_INVALIDDISK;
	}
	*st_out = VU_STEAL(st);
	return VIX_OK;
}

/* The format of a file behind a SPARSE line. */
static VixError probe_sparse(const struct opening *o, struct vd_store *st,
			     const struct vd_format_ops **fmt_out)
{
	const char *what;
	struct head h;

	VD_TRY(read_head(st, &h));
	*fmt_out = vd_format_probe(&h.probe);
	if (*fmt_out != NULL)
		return VIX_OK;
	what = vd_descriptor_looks_like(h.bytes, h.probe.head_len) ? "is itself a descriptor"
								   : "has no sparse header";
	VU_ERR("disk", "cannot open %s: its extent %s %s", vu_log_quote(o->ln->path),
	       vu_log_quote(st->path), what);
	return VIX_E_DISK_INVALIDDISK;
}

static VixError open_flat(struct opening *o, const struct vd_extent_line *line,
			  struct vd_extent **ex_out)
{
	struct vd_store *st;

	VD_TRY(open_extent_file(o, line, &st));
	return vd_extent_open(&vd_format_flat, st, line->sectors,
			      line->offset_sectors * VD_SECTOR_SIZE, o->cache, ex_out);
}

static VixError open_sparse(struct opening *o, const struct vd_extent_line *line,
			    struct vd_extent **ex_out)
{
	VU_AUTO(store) struct vd_store *st = NULL;
	const struct vd_format_ops *fmt;

	VD_TRY(open_extent_file(o, line, &st));
	VD_TRY(probe_sparse(o, st, &fmt));
	return vd_extent_open(fmt, VU_STEAL(st), line->sectors, 0, o->cache, ex_out);
}

/* What such an extent points to is on the host that made it. */
static VixError refuse_mapping(const struct opening *o, const struct vd_extent_line *line)
{
	VU_ERR("disk",
	       "cannot open %s: its extent %s is of type %s, which is not supported: its data is "
	       "on a device that only its ESXi host can reach",
	       vu_log_quote(o->ln->path),
	       line->file != NULL ? vu_log_quote(line->file) : "without a name",
	       vd_extent_type_name(line->type));
	return VIX_E_DISK_NOTSUPPORTED;
}

static VixError open_line(struct opening *o, const struct vd_extent_line *line,
			  struct vd_extent **ex_out)
{
	if (line->access == VD_ACCESS_NOACCESS || line->type == VD_EXTENT_ZERO)
		return vd_extent_open(&vd_format_zero, NULL, line->sectors, 0, o->cache, ex_out);
	switch (line->type) {
	case VD_EXTENT_FLAT:
	case VD_EXTENT_VMFS:
		return open_flat(o, line, ex_out);
	case VD_EXTENT_SPARSE:
	case VD_EXTENT_VMFSSPARSE:
	case VD_EXTENT_SESPARSE:
		return open_sparse(o, line, ex_out);
	default:
		return refuse_mapping(o, line);
	}
}

/* Of all errors but this one it is known which extent they are about. */
static VixError open_line_or_zeros(struct opening *o, const struct vd_extent_line *line,
				   struct vd_extent **ex_out)
{
	VixError err = open_line(o, line, ex_out);

	if (err == VIX_OK || err == VIX_E_OUT_OF_MEMORY || o->bad == NULL)
		return err;
	o->bad(o->bad_ctx, line->file, err);
	return vd_extent_open(&vd_format_zero, NULL, line->sectors, 0, o->cache, ex_out);
}

static VixError open_lines(struct opening *o)
{
	VU_ARRAY_FOREACH(&o->ln->desc->extents, line) {
		struct vd_extent *ex;

		VD_TRY(open_line_or_zeros(o, line, &ex));
		VD_TRY(add_extent(o->ln, ex));
	}
	return VIX_OK;
}

/* The three kinds of link. */

/* A file so long is no descriptor: it may be a raw disk on which a guest has written one. */
static VixError read_text(struct vd_store *file, char **text_out)
{
	if (file->size > VD_DESCRIPTOR_MAX) {
		VU_ERR("disk", "cannot open %s: it begins as a descriptor but is longer than 1 MiB",
		       vu_log_quote(file->path));
		return VIX_E_DISK_INVALIDDISK;
	}
	*text_out = malloc(file->size);
	if (*text_out == NULL)
		return VIX_E_OUT_OF_MEMORY;
	return vd_store_pread(file, *text_out, file->size, 0);
}

static VixError open_text(struct opening *o, struct vd_store *file)
{
	VU_AUTO(free) char *text = NULL;

	VD_TRY(read_text(file, &text));
	VD_TRY(vd_descriptor_parse(text, file->size, file->path, &o->ln->desc));
	if (o->flags & VD_CHAIN_WRITE)
		o->ln->file = vd_store_share(file);
	return open_lines(o);
}

/* The descriptor inside of @ex has one line: that line is about @ex. */
static VixError fit_single(const struct opening *o, struct vd_extent *ex)
{
	const struct vd_extent_line *line = &o->ln->desc->extents.v[0];
	const char *path = vu_log_quote(o->ln->path);

	if (line->type != VD_EXTENT_SPARSE) {
		VU_ERR("disk", "cannot open %s: it is sparse, but its descriptor calls it %s", path,
		       vd_extent_type_name(line->type));
		return VIX_E_DISK_INVALIDDISK;
	}
	if (line->sectors > ex->sectors) {
		VU_ERR("disk",
		       "cannot open %s: its descriptor says %" PRIu64
		       " sectors, its header only %" PRIu64,
		       path, line->sectors, ex->sectors);
		return VIX_E_DISK_INVALIDDISK;
	}
	ex->sectors = line->sectors;
	return VIX_OK;
}

static inline void vu_auto_extent(struct vd_extent **ex)
{
	vd_extent_close(*ex);
}

static VixError refuse_many(const struct opening *o)
{
	VU_ERR("disk",
	       "cannot open %s: its embedded descriptor names %zu extents, and only the file "
	       "itself is supported there",
	       vu_log_quote(o->ln->path), o->ln->desc->extents.n);
	return VIX_E_DISK_NOTSUPPORTED;
}

/* @file is consumed. */
static VixError open_embedded(const struct opening *o, const struct vd_format_ops *fmt,
			      struct vd_store *file)
{
	VU_AUTO(extent) struct vd_extent *ex = NULL;
	VU_AUTO(free) char *text = NULL;
	size_t len;

	VD_TRY(vd_extent_open(fmt, file, 0, 0, o->cache, &ex));
	VD_TRY(vd_extent_descriptor(ex, &text, &len));
	if (text == NULL || strnlen(text, len) == 0)
		return vd_raw_refuse_part(o->ln->path,
					  "it is one extent of a disk and holds no descriptor");
	VD_TRY(vd_descriptor_parse(text, len, o->ln->path, &o->ln->desc));
	/* A guest could write such a header into its raw disk, to have its neighbours opened. */
	if (o->ln->desc->extents.n > 1)
		return refuse_many(o);
	VD_TRY(fit_single(o, ex));
	o->ln->is_single_file = true;
	return add_extent(o->ln, VU_STEAL(ex));
}

/* @file is consumed. */
static VixError open_raw(const struct opening *o, struct vd_store *file)
{
	uint64_t sectors = file->size / VD_SECTOR_SIZE;
	struct vd_extent *ex;

	VD_TRY(vd_extent_open(&vd_format_flat, file, sectors, 0, o->cache, &ex));
	return add_extent(o->ln, ex);
}

/* @file_arg is consumed. */
static VixError open_what_it_is(struct opening *o, struct vd_store *file_arg)
{
	VU_AUTO(store) struct vd_store *file = file_arg;
	const struct vd_format_ops *fmt;
	struct head h;

	VD_TRY(read_head(file, &h));
	fmt = vd_format_probe(&h.probe);
	if (fmt != NULL)
		return open_embedded(o, fmt, VU_STEAL(file));
	if (vd_descriptor_looks_like(h.bytes, h.probe.head_len))
		return open_text(o, file);
	VD_TRY(vd_raw_check(&h.probe, file->ops));
	return open_raw(o, VU_STEAL(file));
}

VixError vd_link_open_partly(struct vd_store *file, unsigned flags, struct vd_cache *cache,
			     vd_link_bad_fn *bad, void *ctx, struct vd_link **ln_out)
{
	struct opening o = { .flags = flags, .cache = cache, .bad = bad, .bad_ctx = ctx };
	VixError err = VIX_E_OUT_OF_MEMORY;

	*ln_out = NULL;
	o.ln = calloc(1, sizeof(*o.ln));
	if (o.ln != NULL)
		o.ln->path = strdup(file->path);
	if (o.ln == NULL || o.ln->path == NULL) {
		vd_store_close(file);
		goto fail;
	}
	o.ln->id = file->id;
	o.files = (struct vd_link_files){
		.store = file->ops,
		.beside = o.ln->path,
		.anywhere = (flags & VD_CHAIN_EXTENTS_ANYWHERE) != 0,
	};
	err = open_what_it_is(&o, file);
	vd_link_files_free(&o.files);
	if (err != VIX_OK)
		goto fail;
	*ln_out = o.ln;
	return VIX_OK;
fail:
	vd_link_close(o.ln);
	return err;
}

VixError vd_link_open(struct vd_store *file, unsigned flags, struct vd_cache *cache,
		      struct vd_link **ln_out)
{
	return vd_link_open_partly(file, flags, cache, NULL, NULL, ln_out);
}

void vd_link_close(struct vd_link *ln)
{
	if (ln == NULL)
		return;
	VU_ARRAY_FOREACH(&ln->extents, ex)
		vd_extent_close(*ex);
	VU_ARRAY_FREE(&ln->extents);
	vd_store_close(ln->file);
	vd_descriptor_free(ln->desc);
	vd_writer_end(ln->reader);
	free(ln->path);
	free(ln);
}

struct vd_extent *vd_link_find_extent(const struct vd_link *ln, uint64_t sector)
{
	size_t lo = 0, hi = ln->extents.n - 1;

	while (lo < hi) { /* the answer is in [lo, hi] */
		size_t mid = lo + (hi - lo + 1) / 2;

		if (ln->extents.v[mid]->first <= sector)
			lo = mid;
		else
			hi = mid - 1;
	}
	return ln->extents.v[lo];
}

VixError vd_link_map(const struct vd_link *ln, uint64_t sector, uint64_t count,
		     struct vd_piece *p_out)
{
	struct vd_extent *ex;

	p_out->sector = sector;
	p_out->ex = NULL;
	p_out->m = (struct vd_map){ .kind = VD_MAP_ABSENT, .sectors = count };
	if (sector >= ln->capacity) /* the link is smaller than the one above it */
		return VIX_OK;
	ex = vd_link_find_extent(ln, sector);
	p_out->ex = ex;
	sector -= ex->first;
	return vd_extent_map(ex, sector, vu_min(count, ex->sectors - sector), &p_out->m);
}
