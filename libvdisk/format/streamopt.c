/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Hosted sparse extents ("KDMV") whose grains are compressed: streamOptimized, in all the layouts
 * that writers make.  Layout: docs/formats/vmdk-streamoptimized.md.
 *
 * 1. A grain is inflated into room for exactly one grain: no stream can ask for more.
 * 2. Whole grains are inflated into the caller's buffer; parts come through the block cache, so
 *    that small reads inflate a grain once.
 * 3. Small reads in order find their grains in the cache: other threads inflate them ahead of the
 *    reader.  What they find damaged is told to whoever reads it, when it is read.
 * 4. A file without any grain may be written, as a stream (streamopt-write.h).  Who reads or flushes
 *    meanwhile finishes the stream, and looks up what that has put into the file.
 */
#include "config.h"

#include "format.h"

#include <assert.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>

#include "../../common/bytes.h"
#include "../../common/cleanup.h"
#include "../../common/log.h"
#include "ahead.h"
#include "inflate.h"
#include "kdmv.h"
#include "markers.h"
#include "streamopt-write.h"
#include "table-check.h"

struct streamopt {
	struct vd_extent base;
	struct vd_kdmv header; /* set in open; gd changes with tables */
	struct vd_grain_tables tables;
	struct vd_inflate_pool pool;
	uint64_t cache_owner; /* of inflated grains */
	struct vd_ahead ahead;

	/* Of writing. */
	struct vd_stream *stream; /* NULL: it can't be written */
	atomic_bool is_ahead;     /* the stream has what the tables lack; set under the disk's lock,
				   * exclusive */
	pthread_mutex_t lock;     /* rank 5: who clears is_ahead holds it */
};

static struct streamopt *streamopt_of(struct vd_extent *ex)
{
	return (struct streamopt *)ex;
}

static int streamopt_score(const struct vd_probe *p)
{
	return vd_kdmv_score(p->head, p->head_len, true);
}

static VixError check_metadata_marker(struct vd_store *st, uint64_t off, enum vd_marker_type type,
				      const char *what)
{
	unsigned char raw[VD_SECTOR_SIZE];

	VD_TRY(vd_store_pread(st, raw, sizeof(raw), off));
	if (vu_le32(raw + VD_MARKER_OFF_SIZE) == 0 && vu_le32(raw + VD_MARKER_OFF_TYPE) == type)
		return VIX_OK;
	return vd_format_bad(st, VIX_E_DISK_INVALIDDISK,
			     "no %s marker at byte %" PRIu64
			     ": it was never finished, or is cut off or damaged",
			     what, off);
}

/* A stream that was written from front to end has its directory's place in a footer: the last
 * three sectors are a marker, a second header, an end marker. */
static VixError load_footer(struct vd_store *st, struct vd_kdmv *h)
{
	uint64_t end = vu_round_down(st->size, VD_SECTOR_SIZE);
	struct vd_kdmv footer;

	if (end < 4 * VD_SECTOR_SIZE)
		return vd_format_bad(st, VIX_E_DISK_INVALIDDISK,
				     "with %" PRIu64 " bytes it is too short for a footer",
				     st->size);
	VD_TRY(check_metadata_marker(st, end - 3 * VD_SECTOR_SIZE, VD_MARKER_FOOTER, "footer"));
	VD_TRY(check_metadata_marker(st, end - VD_SECTOR_SIZE, VD_MARKER_EOS, "end-of-stream"));
	VD_TRY(vd_kdmv_load(st, end - 2 * VD_SECTOR_SIZE, &footer));
	if (footer.gd == VD_KDMV_GD_AT_END || footer.capacity != h->capacity ||
	    footer.grain_sectors != h->grain_sectors || footer.gtes_per_gt != h->gtes_per_gt)
		return vd_format_bad(st, VIX_E_DISK_INVALIDDISK,
				     "its footer contradicts its header: gdOffset %" PRIu64
				     ", capacity %" PRIu64 ", grainSize %u, numGTEsPerGT %u",
				     footer.gd, footer.capacity, footer.grain_sectors,
				     footer.gtes_per_gt);
	h->gd = footer.gd;
	return VIX_OK;
}

/* Lock held. */
static VixError finish_stream(struct streamopt *so)
{
	struct vd_grain_tables tables = { 0 };
	struct vd_kdmv header = so->header;
	struct vd_stream_end end;

	VD_TRY(vd_stream_finish(so->stream, &end));
	vd_grain_tables_forget(&so->tables, end.stale_off, end.stale_len);
	header.gd = end.gd;
	VD_TRY(vd_kdmv_open_tables(&header, so->base.store, so->base.cache, &tables));
	vd_grain_tables_close(&so->tables);
	so->tables = tables;
	so->header = header;
	atomic_store(&so->is_ahead, false);
	return VIX_OK;
}

/* The tables are to have all that was written.  Only those who come here use them meanwhile. */
static VixError catch_up(struct streamopt *so)
{
	if (!atomic_load(&so->is_ahead))
		return VIX_OK;
	VU_LOCK(&so->lock);

	return atomic_load(&so->is_ahead) ? finish_stream(so) : VIX_OK;
}

static VixError streamopt_map(struct vd_extent *ex, uint64_t sector, uint64_t count,
			      struct vd_map *m_out)
{
	VD_TRY(catch_up(streamopt_of(ex)));
	return vd_grain_tables_map(&streamopt_of(ex)->tables, sector, count, m_out);
}

static VixError check_marker(struct streamopt *so, uint64_t grain, uint64_t off,
			     const unsigned char *marker)
{
	const struct vd_store *st = so->base.store;
	uint64_t lba = vu_le64(marker + VD_MARKER_OFF_VALUE);
	uint32_t size = vu_le32(marker + VD_MARKER_OFF_SIZE);

	if (lba != grain << so->tables.grain_shift)
		return vd_format_bad(st, VIX_E_DISK_INVALIDDISK,
				     "the marker at byte %" PRIu64 " is for sector %" PRIu64
				     " instead of %" PRIu64,
				     off, lba, grain << so->tables.grain_shift);
	if (size != 0 && size < 2 * so->base.grain_sectors * VD_SECTOR_SIZE &&
	    vu_range_inside(off, VD_MARKER_GRAIN_BYTES + (uint64_t)size, st->size))
		return VIX_OK;
	return vd_format_bad(st, VIX_E_DISK_INVALIDDISK,
			     "the grain at byte %" PRIu64 " has an impossible length of %u bytes",
			     off, size);
}

/* The grain's marker and all its bytes, in @inf->packed. */
static VixError read_grain(struct streamopt *so, struct vd_inflater *inf, uint64_t grain,
			   const struct vd_map *m, uint32_t *size_out)
{
	struct vd_store *st = so->base.store;
	size_t len = vu_min(m->packed_len, st->size - m->off);
	size_t whole;

	if (len < VD_MARKER_GRAIN_BYTES)
		return vd_format_bad(st, VIX_E_DISK_INVALIDDISK,
				     "the marker at byte %" PRIu64 " is cut off", m->off);
	VD_TRY(vd_store_pread(st, inf->packed, len, m->off));
	VD_TRY(check_marker(so, grain, m->off, inf->packed));
	*size_out = vu_le32(inf->packed + VD_MARKER_OFF_SIZE);
	whole = VD_MARKER_GRAIN_BYTES + (size_t)*size_out;
	return whole > len ? vd_store_pread(st, inf->packed + len, whole - len, m->off + len)
			   : VIX_OK;
}

/* A whole grain into @buf.  The last one may hold less: only what lies below the capacity. */
static VixError inflate_grain(struct streamopt *so, struct vd_inflater *inf, uint64_t grain,
			      const struct vd_map *m, void *buf)
{
	size_t grain_bytes = (size_t)so->base.grain_sectors * VD_SECTOR_SIZE;
	uint64_t left = (so->header.capacity - (grain << so->tables.grain_shift)) * VD_SECTOR_SIZE;
	size_t got = 0;
	uint32_t size = 0;

	VD_TRY(read_grain(so, inf, grain, m, &size));
	if (!vd_inflate(inf, inf->packed + VD_MARKER_GRAIN_BYTES, size, buf, grain_bytes, &got) ||
	    got < vu_min(grain_bytes, left))
		return vd_format_bad(so->base.store, VIX_E_DISK_INVALIDDISK,
				     "the compressed grain at byte %" PRIu64 " is damaged", m->off);
	memset((char *)buf + got, 0, grain_bytes - got);
	return VIX_OK;
}

static VixError load_grain(struct streamopt *so, uint64_t grain, const struct vd_map *m, void *buf)
{
	struct vd_inflater *inf = vd_inflater_get(&so->pool);
	VixError err;

	if (inf == NULL)
		return VIX_E_OUT_OF_MEMORY;
	err = inflate_grain(so, inf, grain, m, buf);
	vd_inflater_put(&so->pool, inf);
	return err;
}

struct fill_ctx {
	struct streamopt *so;
	const struct vd_map *m;
};

static VixError fill_grain(void *ctx, uint64_t index, void *bytes, size_t len)
{
	const struct fill_ctx *f = ctx;

	(void)len; /* one grain, as asked for below */
	return load_grain(f->so, index, f->m, bytes);
}

/* A whole grain, in the cache. */
static VixError get_grain(struct streamopt *so, uint64_t grain, const struct vd_map *m,
			  struct vd_block **b_out)
{
	size_t grain_bytes = (size_t)so->base.grain_sectors * VD_SECTOR_SIZE;
	struct fill_ctx f = { .so = so, .m = m };

	return vd_cache_get(so->base.cache, so->cache_owner, grain, grain_bytes, fill_grain, &f,
			    b_out);
}

static VixError streamopt_read_packed(struct vd_extent *ex, const struct vd_map *m, uint64_t sector,
				      uint64_t count, void *buf)
{
	struct streamopt *so = streamopt_of(ex);
	uint64_t skip = sector & (ex->grain_sectors - 1);
	uint64_t grain = sector >> so->tables.grain_shift;
	struct vd_block *b = vd_cache_find(ex->cache, so->cache_owner, grain);

	assert(skip + count <= ex->grain_sectors);
	if (b == NULL && count == ex->grain_sectors)
		return load_grain(so, grain, m, buf);
	if (b == NULL)
		VD_TRY(get_grain(so, grain, m, &b));
	memcpy(buf, b->bytes + skip * VD_SECTOR_SIZE, count * VD_SECTOR_SIZE);
	vd_cache_put(b);
	return VIX_OK;
}

/* On a thread of the pool, for nobody yet. */
static void load_ahead(void *ctx, uint64_t grain)
{
	struct streamopt *so = ctx;
	struct vd_block *b;
	struct vd_map m;

	vu_log_hush();
	if (vd_extent_map(&so->base, grain << so->tables.grain_shift, 1, &m) == VIX_OK &&
	    m.kind == VD_MAP_PACKED && get_grain(so, grain, &m, &b) == VIX_OK)
		vd_cache_put(b);
	vu_log_unhush();
}

static void streamopt_read_ahead(struct vd_extent *ex, uint64_t sector)
{
	struct streamopt *so = streamopt_of(ex);

	vd_ahead_go(&so->ahead, vu_div_up(sector, ex->grain_sectors),
		    vu_div_up(ex->sectors, ex->grain_sectors));
}

static VixError open_stream(struct streamopt *so, bool is_footer)
{
	if (is_footer && (so->base.store->mode & VD_STORE_WRITE))
		VD_TRY(vd_stream_open(so->base.store, &so->header, &so->stream));
	so->base.is_put = so->stream == NULL;
	return VIX_OK;
}

static VixError streamopt_open(struct vd_extent *ex)
{
	struct streamopt *so = streamopt_of(ex);
	size_t grain_bytes;
	bool is_footer;

	VD_TRY(vd_kdmv_open(ex, true, &so->header));
	is_footer = so->header.gd == VD_KDMV_GD_AT_END;
	if (is_footer)
		VD_TRY(load_footer(ex->store, &so->header));
	VD_TRY(open_stream(so, is_footer));
	VixError err = vd_kdmv_open_tables(&so->header, ex->store, ex->cache, &so->tables);
	if (err != VIX_OK) {
		vd_stream_free(so->stream);
		return err;
	}
	pthread_mutex_init(&so->lock, NULL);
	grain_bytes = (size_t)ex->grain_sectors * VD_SECTOR_SIZE;
	so->cache_owner = vd_cache_new_owner(ex->cache);
	vd_inflate_pool_init(&so->pool, ex->cache, VD_MARKER_GRAIN_BYTES + 2 * grain_bytes);
	vd_ahead_init(&so->ahead, load_ahead, so, grain_bytes);
	return VIX_OK;
}

static void streamopt_close(struct vd_extent *ex)
{
	struct streamopt *so = streamopt_of(ex);

	vd_ahead_destroy(&so->ahead);
	vd_stream_free(so->stream);
	vd_inflate_pool_destroy(&so->pool);
	vd_grain_tables_close(&so->tables);
	pthread_mutex_destroy(&so->lock);
}

static VixError streamopt_descriptor(struct vd_extent *ex, char **text_out, size_t *len_out)
{
	return vd_kdmv_descriptor(ex->store, &streamopt_of(ex)->header, text_out, len_out);
}

static VixError streamopt_set_descriptor(struct vd_extent *ex, const char *text, size_t len)
{
	return vd_kdmv_set_descriptor(ex->store, &streamopt_of(ex)->header, text, len);
}

static VixError streamopt_put(struct vd_extent *ex, uint64_t sector, uint64_t count,
			      const void *buf)
{
	struct streamopt *so = streamopt_of(ex);

	vd_ahead_stop(&so->ahead);
	atomic_store(&so->is_ahead, true);
	return vd_stream_write(so->stream, sector, count, buf);
}

static VixError streamopt_flush(struct vd_extent *ex)
{
	return catch_up(streamopt_of(ex));
}

/* Inflates it: nothing else tells whether it is whole. */
static VixError look_at_packed(struct vd_extent *ex, uint64_t grain, uint64_t place,
			       uint64_t *sectors_out)
{
	size_t grain_bytes = (size_t)ex->grain_sectors * VD_SECTOR_SIZE;
	VU_AUTO(free) void *buf = malloc(grain_bytes);
	unsigned char marker[VD_MARKER_GRAIN_BYTES];
	struct vd_map m = {
		.kind = VD_MAP_PACKED,
		.sectors = ex->grain_sectors,
		.off = place * VD_SECTOR_SIZE,
		.packed_len = (uint32_t)grain_bytes,
	};

	if (buf == NULL)
		return VIX_E_OUT_OF_MEMORY;
	VD_TRY(load_grain(streamopt_of(ex), grain, &m, buf));
	VD_TRY(vd_store_pread(ex->store, marker, sizeof(marker), m.off));
	*sectors_out = vu_div_up(VD_MARKER_GRAIN_BYTES +
					 (uint64_t)vu_le32(marker + VD_MARKER_OFF_SIZE),
				 VD_SECTOR_SIZE);
	return VIX_OK;
}

static VixError streamopt_check(struct vd_extent *ex, struct vd_report *r)
{
	struct streamopt *so = streamopt_of(ex);
	struct vd_table_check c = {
		.ex = ex,
		.t = &so->tables,
		.report = r,
		.capacity = so->header.capacity,
		.is_unclean = so->header.is_unclean,
		.has_slack = true,
		.look_at_packed = look_at_packed,
	};

	vd_kdmv_check_header(&so->header, ex->store, r);
	return vd_table_check(&c);
}

const struct vd_format_ops vd_format_streamopt = {
	.name = "streamopt",
	.state_size = sizeof(struct streamopt),
	.score = streamopt_score,
	.open = streamopt_open,
	.close = streamopt_close,
	.map = streamopt_map,
	.read_packed = streamopt_read_packed,
	.read_ahead = streamopt_read_ahead,
	.descriptor = streamopt_descriptor,
	.set_descriptor = streamopt_set_descriptor,
	.put = streamopt_put,
	.flush = streamopt_flush,
	.check = streamopt_check,
};
