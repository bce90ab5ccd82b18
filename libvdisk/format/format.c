/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The wrappers around format drivers: every check that is the same for all of them; see format.h.
 */
#include "config.h"

#include "format.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>

#include "../../common/alloc.h"
#include "../../common/bytes.h"
#include "../../common/cleanup.h"
#include "../../common/log.h"
#include "report.h"

/* What somebody can do about it. */
static const char *advice(VixError code)
{
	return code == VIX_E_DISK_INVALIDDISK ? "copy the file again or restore it"
					      : "convert the disk with the product that made it";
}

VixError vd_format_bad(const struct vd_store *st, VixError code, const char *fmt, ...)
{
	char what[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	VU_ERR("format", "%s: %s; %s", vu_log_quote(st->path), what, advice(code));
	return code;
}

void vd_format_tell_full(const struct vd_store *st)
{
	VU_ERR("format", "%s: cannot grow: the file may not be longer than 2 TiB",
	       vu_log_quote(st->path));
}

void vd_format_tell_unclean(const struct vd_store *st)
{
	VU_INFO("format", "%s: it was not closed properly when it was last written",
		vu_log_quote(st->path));
}

VixError vd_extent_take_capacity(struct vd_extent *ex, uint64_t capacity)
{
	if (ex->sectors > capacity)
		return vd_format_bad(ex->store, VIX_E_DISK_INVALIDDISK,
				     "its capacity of %" PRIu64 " sectors is less than the %" PRIu64
				     " that its descriptor names",
				     capacity, ex->sectors);
	if (ex->sectors == 0)
		ex->sectors = capacity;
	return VIX_OK;
}

VixError vd_extent_open(const struct vd_format_ops *ops, struct vd_store *store, uint64_t sectors,
			uint64_t start_off, struct vd_cache *cache, struct vd_extent **ex_out)
{
	struct vd_extent *ex = vu_calloc_array(1, ops->state_size);
	VixError err = VIX_E_OUT_OF_MEMORY;

	*ex_out = NULL;
	if (ex != NULL) {
		ex->ops = ops;
		ex->store = store;
		ex->sectors = sectors;
		ex->start_off = start_off;
		ex->grain_sectors = 1;
		ex->cache = cache;
		err = ops->open(ex);
	}
	if (err != VIX_OK) {
		vd_store_close(store);
		free(ex);
		return err;
	}
	*ex_out = ex;
	return VIX_OK;
}

void vd_extent_close(struct vd_extent *ex)
{
	if (ex == NULL)
		return;
	if (ex->ops->close != NULL)
		ex->ops->close(ex);
	vd_store_close(ex->store);
	free(ex);
}

static VixError check_range(const struct vd_extent *ex, uint64_t sector, uint64_t count)
{
	if (count != 0 && vu_range_inside(sector, count, ex->sectors))
		return VIX_OK;
	VU_ERR("format",
	       "%s: sectors %" PRIu64 " to +%" PRIu64 " are not inside its %" PRIu64 " sectors",
	       ex->store != NULL ? vu_log_quote(ex->store->path) : ex->ops->name, sector, count,
	       ex->sectors);
	return VIX_E_DISK_OUTOFRANGE;
}

/* What a driver answers comes from tables on the disk: here they meet the size of the file. */
static VixError check_answer(const struct vd_extent *ex, uint64_t sector, const struct vd_map *m)
{
	uint64_t len = 1, end;

	if (m->kind == VD_MAP_ZERO || m->kind == VD_MAP_ABSENT)
		return VIX_OK;
	if (m->kind == VD_MAP_DATA)
		len = m->sectors * VD_SECTOR_SIZE;
	if (vu_range_inside(m->off, len, ex->store->size) ||
	    (vu_add_fits(m->off, len, &end) && vd_store_reaches(ex->store, end)))
		return VIX_OK;
	return vd_format_bad(ex->store, VIX_E_DISK_INVALIDDISK,
			     "sectors %" PRIu64 " to +%" PRIu64 " are said to be at byte %" PRIu64
			     " to +%" PRIu64 ", but the file ends at byte %" PRIu64
			     ": it is cut off or damaged",
			     sector, m->sectors, m->off, len, ex->store->size);
}

VixError vd_extent_map(struct vd_extent *ex, uint64_t sector, uint64_t count, struct vd_map *m_out)
{
	VD_TRY(check_range(ex, sector, count));
	*m_out = (struct vd_map){ 0 };
	VD_TRY(ex->ops->map(ex, sector, count, m_out));
	return check_answer(ex, sector, m_out);
}

VixError vd_extent_read_packed(struct vd_extent *ex, const struct vd_map *m, uint64_t sector,
			       uint64_t count, void *buf)
{
	VD_TRY(check_range(ex, sector, count));
	return ex->ops->read_packed(ex, m, sector, count, buf);
}

void vd_extent_read_ahead(struct vd_extent *ex, uint64_t sector)
{
	if (ex->ops->read_ahead != NULL && sector < ex->sectors)
		ex->ops->read_ahead(ex, sector);
}

VixError vd_extent_descriptor(struct vd_extent *ex, char **text_out, size_t *len_out)
{
	*text_out = NULL;
	*len_out = 0;
	return ex->ops->descriptor != NULL ? ex->ops->descriptor(ex, text_out, len_out) : VIX_OK;
}

VixError vd_extent_set_descriptor(struct vd_extent *ex, const char *text, size_t len)
{
	if (ex->ops->set_descriptor != NULL)
		return ex->ops->set_descriptor(ex, text, len);
	VU_ERR("format", "%s: it has no descriptor that could be changed",
	       vu_log_quote(ex->store->path));
	return VIX_E_NOT_SUPPORTED;
}

static VixError refuse_write(const struct vd_extent *ex, VixError code, const char *why)
{
	VU_ERR("format", "%s: cannot write: %s",
	       ex->store != NULL ? vu_log_quote(ex->store->path) : "an extent without a file", why);
	return code;
}

VixError vd_extent_check_writable(const struct vd_extent *ex)
{
	if (ex->store == NULL)
		return refuse_write(ex, VIX_E_FILE_READ_ONLY, "it is only zeros");
	if (ex->is_put)
		return refuse_write(ex, VIX_E_NOT_SUPPORTED,
				    "it is streamOptimized and has content: such a disk is written "
				    "once; convert it to another kind");
	if (!ex->ops->is_writable && ex->ops->put == NULL)
		return refuse_write(ex, VIX_E_NOT_SUPPORTED,
				    "disks of this kind can only be read; convert it to another");
	if (!(ex->store->mode & VD_STORE_WRITE))
		return refuse_write(ex, VIX_E_FILE_READ_ONLY, "its descriptor says RDONLY");
	if (!ex->ops->is_flat && atomic_load(&ex->store->owners) > 1)
		return refuse_write(ex, VIX_E_NOT_SUPPORTED, "two extents share this file");
	return VIX_OK;
}

VixError vd_extent_pwrite(struct vd_extent *ex, const void *buf, size_t len, uint64_t off)
{
	VixError err = vd_store_pwrite(ex->store, buf, len, off);

	atomic_fetch_add(&ex->n_writes, 1);
	return err;
}

VixError vd_extent_append(struct vd_extent *ex, uint64_t sector, uint64_t count, vd_fill_fn *fill,
			  void *ctx, uint64_t *done_out)
{
	struct vd_map m;

	atomic_fetch_add(&ex->n_writes, 1);
	VD_TRY(ex->ops->alloc(ex, sector, count, &m));
	VD_TRY(fill(ctx, ex->store, &m));
	ex->ops->commit(ex, sector, &m);
	*done_out = m.sectors;
	return VIX_OK;
}

VixError vd_extent_zero(struct vd_extent *ex, uint64_t sector, uint64_t count, uint64_t *done_out)
{
	atomic_fetch_add(&ex->n_writes, 1);
	return ex->ops->zero(ex, sector, count, done_out);
}

VixError vd_extent_copy(struct vd_extent *ex, struct vd_store *from, uint64_t from_off, size_t len,
			uint64_t off, bool *done_out)
{
	VixError err = vd_store_copy(ex->store, off, from, from_off, len, done_out);

	atomic_fetch_add(&ex->n_writes, 1);
	return err;
}

VixError vd_extent_put(struct vd_extent *ex, uint64_t sector, uint64_t count, const void *buf)
{
	VD_TRY(check_range(ex, sector, count));
	atomic_fetch_add(&ex->n_writes, 1);
	return ex->ops->put(ex, sector, count, buf);
}

VixError vd_extent_flush(struct vd_extent *ex)
{
	uint64_t n = atomic_load(&ex->n_writes);

	if (ex->store == NULL || atomic_load(&ex->n_flushed) >= n)
		return VIX_OK;
	VD_TRY(ex->ops->flush != NULL ? ex->ops->flush(ex) : vd_store_flush(ex->store));
	/* Another thread may have flushed more: then the next one flushes again. */
	atomic_store(&ex->n_flushed, n);
	return VIX_OK;
}

VixError vd_extent_sync(struct vd_extent *ex)
{
	if (ex->store == NULL || atomic_load(&ex->n_flushed) >= atomic_load(&ex->n_writes))
		return VIX_OK;
	return vd_store_flush(ex->store);
}

VixError vd_extent_settle(struct vd_extent *ex)
{
	if (ex->ops->settle == NULL || !(ex->store->mode & VD_STORE_WRITE))
		return VIX_OK;
	return ex->ops->settle(ex);
}

/* All of it is there. */
static VixError count_flat(const struct vd_extent *ex, struct vd_report *r)
{
	uint64_t clusters = vu_div_up(ex->sectors, VD_GRAIN_SECTORS);

	r->clusters += clusters;
	r->cluster_bytes = VD_GRAIN_SECTORS * VD_SECTOR_SIZE;
	if (ex->store == NULL)
		return VIX_OK;
	r->allocated += clusters;
	r->end_off = ex->start_off + ex->sectors * VD_SECTOR_SIZE;
	return VIX_OK;
}

VixError vd_extent_check(struct vd_extent *ex, struct vd_report *r)
{
	return ex->ops->check != NULL ? ex->ops->check(ex, r) : count_flat(ex, r);
}
