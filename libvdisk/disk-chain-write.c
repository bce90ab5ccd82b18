/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Writing a chain: written once, over the map() of the formats.
 *
 * 1. Only the newest link is written.
 * 2. What it has is written in place, under the disk's lock shared.  What it lacks comes as whole
 *    grains behind the end of its files, under the lock exclusive; the rest of a grain that is
 *    written in part is what the disk read there before.
 * 3. Before the first write after an open, the content ID changes, durably: who is a child of this
 *    disk must be able to tell.
 * 4. Nothing of a request is written when some of it can't be, as far as that can be told.
 */
#include "config.h"

#include "disk-chain-write.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "../common/bytes.h"
#include "../common/cleanup.h"
#include "../common/log.h"
#include "chain-meta.h"
#include "disk-chain.h"

struct writing {
	struct vd_chain *chain;
	const char *buf; /* of the request */
	uint64_t sector; /* at its start */
	uint64_t end;
};

static const char *bytes_at(const struct writing *w, uint64_t sector)
{
	return w->buf + (sector - w->sector) * VD_SECTOR_SIZE;
}

/* *@is_stream_out: at least one of the extents is written once, from its begin to its end */
static VixError check_writable(const struct writing *w, bool *is_stream_out)
{
	const struct vd_extent *ex;

	*is_stream_out = false;
	for (uint64_t s = w->sector; s < w->end; s = ex->first + ex->sectors) {
		ex = vd_link_find_extent(vd_chain_newest(w->chain), s);
		VD_TRY(vd_extent_check_writable(ex));
		*is_stream_out |= ex->ops->put != NULL;
	}
	return VIX_OK;
}

/* In place. */

static VixError write_piece(const struct writing *w, const struct vd_piece *p)
{
	return vd_extent_pwrite(p->ex, bytes_at(w, p->sector), p->m.sectors * VD_SECTOR_SIZE,
				p->m.off);
}

static VixError is_all_there(const struct writing *w, bool *is_there_out)
{
	struct vd_piece p;

	*is_there_out = false;
	for (uint64_t s = w->sector; s < w->end; s += p.m.sectors) {
		VD_TRY(vd_link_map(vd_chain_newest(w->chain), s, w->end - s, &p));
		if (p.m.kind != VD_MAP_DATA)
			return VIX_OK;
	}
	*is_there_out = true;
	return VIX_OK;
}

VixError vd_chain_pwrite_in_place(struct vd_disk *d, uint64_t sector, uint64_t count,
				  const void *buf, bool *done_out)
{
	struct writing w = { (struct vd_chain *)d, buf, sector, sector + count };
	struct vd_piece p;
	bool is_stream;

	*done_out = false;
	VD_TRY(check_writable(&w, &is_stream));
	if (!w.chain->is_changed || is_stream)
		return VIX_OK;
	VD_TRY(is_all_there(&w, done_out));
	for (uint64_t s = sector; *done_out && s < w.end; s += p.m.sectors) {
		VD_TRY(vd_link_map(vd_chain_newest(w.chain), s, w.end - s, &p));
		VD_TRY(write_piece(&w, &p));
	}
	return VIX_OK;
}

VixError vd_chain_copy_in_place(struct vd_disk *d, uint64_t sector, const struct vd_place *from,
				bool *done_out)
{
	struct writing w = { (struct vd_chain *)d, NULL, sector, sector + from->sectors };
	uint64_t off = from->off;
	struct vd_piece p;
	bool is_stream;

	VD_TRY(check_writable(&w, &is_stream));
	if (!w.chain->is_changed || is_stream)
		return VIX_OK;
	VD_TRY(is_all_there(&w, done_out));
	for (uint64_t s = sector; *done_out && s < w.end; s += p.m.sectors) {
		VD_TRY(vd_link_map(vd_chain_newest(w.chain), s, w.end - s, &p));
		VD_TRY(vd_extent_copy(p.ex, from->st, off, p.m.sectors * VD_SECTOR_SIZE, p.m.off,
				      done_out));
		off += p.m.sectors * VD_SECTOR_SIZE;
	}
	return VIX_OK;
}

/* New grains. */

/* A run of grains that the newest link lacks, all alike: there or not there in the request. */
struct grains {
	struct writing *w;
	struct vd_extent *ex;
	uint64_t begin, end; /* sectors of the disk at grains, but where the extent ends before */
	char *head, *tail;   /* the first and last grain, where the request has them in part */
	uint64_t written;    /* sectors so far, for fill() */
};

static uint64_t grain_begin(const struct vd_extent *ex, uint64_t sector)
{
	return ex->first + vu_round_down(sector - ex->first, ex->grain_sectors);
}

static uint64_t grain_end(const struct vd_extent *ex, uint64_t sector)
{
	return vu_min(grain_begin(ex, sector) + ex->grain_sectors, ex->first + ex->sectors);
}

static VixError refuse_part(const struct vd_chain *chain)
{
	VU_ERR("disk",
	       "cannot write part of a grain to %s: what its parent has there is not known, since "
	       "the disk is open as a single link",
	       vu_log_quote(vd_chain_newest(chain)->path));
	return VIX_E_NOT_SUPPORTED;
}

/* The whole grain at @sector, with the request laid over what the disk reads there; *@grain_out
 * stays NULL where the request itself has the whole of it. */
static VixError complete_grain(const struct writing *w, const struct vd_extent *ex, uint64_t sector,
			       char **grain_out)
{
	uint64_t begin = grain_begin(ex, sector), end = grain_end(ex, sector);
	uint64_t from = vu_max(begin, w->sector), to = vu_min(end, w->end);
	bool is_covered = from == begin && to == end;

	if (is_covered && end - begin == ex->grain_sectors)
		return VIX_OK;
	if (!is_covered && w->chain->partial)
		return refuse_part(w->chain);
	VU_AUTO(free) char *grain = malloc((size_t)ex->grain_sectors * VD_SECTOR_SIZE);
	if (grain == NULL)
		return VIX_E_OUT_OF_MEMORY;
	if (!is_covered)
		VD_TRY(w->chain->disk.ops->pread(&w->chain->disk, begin, end - begin, grain));
	memset(grain + (end - begin) * VD_SECTOR_SIZE, 0,
	       (ex->grain_sectors - (end - begin)) * VD_SECTOR_SIZE);
	memcpy(grain + (from - begin) * VD_SECTOR_SIZE, bytes_at(w, from),
	       (to - from) * VD_SECTOR_SIZE);
	*grain_out = VU_STEAL(grain);
	return VIX_OK;
}

/* The bytes of the grain at @sector, and how many of the grains from there on lie behind it. */
static const char *grain_bytes(const struct grains *g, uint64_t sector, uint64_t *sectors_out)
{
	const struct vd_extent *ex = g->ex;
	uint64_t last = grain_begin(ex, g->end - 1);

	*sectors_out = ex->grain_sectors;
	if (sector == g->begin && g->head != NULL)
		return g->head;
	if (sector == last && g->tail != NULL)
		return g->tail;
	*sectors_out = (g->tail != NULL ? last : last + ex->grain_sectors) - sector;
	return bytes_at(g->w, sector);
}

/* Writes grains to the place that they got. */
static VixError fill(void *ctx, struct vd_store *st, const struct vd_map *m)
{
	const struct grains *g = ctx;
	uint64_t n;

	for (uint64_t done = 0; done < m->sectors; done += n) {
		const char *bytes = grain_bytes(g, g->begin + g->written + done, &n);

		n = vu_min(n, m->sectors - done);
		VD_TRY(vd_store_append(st, bytes, n * VD_SECTOR_SIZE,
				       m->off + done * VD_SECTOR_SIZE));
	}
	return VIX_OK;
}

VixError vd_chain_expect_tables(struct vd_chain *chain, struct vd_extent *ex)
{
	atomic_fetch_add(&ex->n_writes, 1);
	for (size_t i = 0; i < chain->n_with_tables; i++) {
		if (chain->with_tables[i] == ex)
			return VIX_OK;
	}
	if (chain->n_with_tables == VD_CHAIN_TABLES_MAX)
		VD_TRY(vd_chain_flush(&chain->disk));
	chain->with_tables[chain->n_with_tables++] = ex;
	return VIX_OK;
}

/* Whole grains [begin, end) that are not zeros, or must be written all the same. */
static VixError append_grains(struct grains *g, uint64_t begin, uint64_t end)
{
	struct vd_extent *ex = g->ex;
	uint64_t done;

	end = begin + vu_round_up(end - begin, ex->grain_sectors);
	for (uint64_t s = begin; s < end; s += done) {
		VD_TRY(vd_chain_expect_tables(g->w->chain, ex));
		g->written = s - g->begin;
		VD_TRY(vd_extent_append(ex, s - ex->first, end - s, fill, g, &done));
		vd_chain_mark_occupied(g->w->chain, s, done);
	}
	return VIX_OK;
}

static VixError mark_zero(struct grains *g, uint64_t begin, uint64_t end)
{
	struct vd_extent *ex = g->ex;
	uint64_t done;

	end = begin + vu_round_up(end - begin, ex->grain_sectors);
	for (uint64_t s = begin; s < end; s += done) {
		VD_TRY(vd_chain_expect_tables(g->w->chain, ex));
		VD_TRY(vd_extent_zero(ex, s - ex->first, end - s, &done));
		vd_chain_mark_occupied(g->w->chain, s, done);
	}
	return VIX_OK;
}

static bool stop_at_data(uint64_t sector, uint64_t count, bool is_allocated, void *ctx)
{
	(void)sector;
	(void)count;
	*(bool *)ctx |= is_allocated;
	return !is_allocated;
}

/* Do sectors that the newest link has nothing of its own in read as zeros? */
static VixError reads_as_zeros(struct vd_chain *chain, uint64_t begin, uint64_t end,
			       enum vd_map_kind kind, bool *is_zero_out)
{
	bool has_data = false;

	*is_zero_out = kind == VD_MAP_ZERO || (chain->links.n == 1 && !chain->partial);
	if (*is_zero_out || chain->partial)
		return VIX_OK;
	VD_TRY(chain->disk.ops->extents(&chain->disk, begin, end - begin, stop_at_data, &has_data));
	*is_zero_out = !has_data;
	return VIX_OK;
}

/* Grains of zeros that do not read so yet. */
static VixError add_zeros(struct grains *g, uint64_t begin, uint64_t end)
{
	if (begin == end)
		return VIX_OK;
	return g->ex->has_zeros ? mark_zero(g, begin, end) : append_grains(g, begin, end);
}

/* A run of zeros of the request: grains that do not read so yet are written. */
static VixError write_zeros(struct grains *g, uint64_t begin, uint64_t end, enum vd_map_kind kind)
{
	uint64_t next;

	for (uint64_t s = begin; s < end; s = next) {
		bool is_zero_already;

		next = grain_end(g->ex, s);
		VD_TRY(reads_as_zeros(g->w->chain, s, next, kind, &is_zero_already));
		if (!is_zero_already)
			continue;
		VD_TRY(add_zeros(g, begin, s));
		begin = next;
	}
	return add_zeros(g, begin, end);
}

static bool is_zero_grain(const struct grains *g, uint64_t sector)
{
	uint64_t n;
	const char *bytes = grain_bytes(g, sector, &n);

	return vu_is_zero(bytes, (size_t)g->ex->grain_sectors * VD_SECTOR_SIZE);
}

/* Runs of grains that are zeros, or that are not. */
static VixError write_runs(struct grains *g, enum vd_map_kind kind)
{
	uint64_t begin = g->begin;

	while (begin < g->end) {
		bool is_zeros = is_zero_grain(g, begin);
		uint64_t end = grain_end(g->ex, begin);

		while (end < g->end && is_zero_grain(g, end) == is_zeros)
			end = grain_end(g->ex, end);
		if (is_zeros)
			VD_TRY(write_zeros(g, begin, end, kind));
		else
			VD_TRY(append_grains(g, begin, end));
		begin = end;
	}
	return VIX_OK;
}

static VixError write_grains(struct writing *w, const struct vd_piece *p)
{
	uint64_t last = p->sector + p->m.sectors - 1;
	struct grains g = {
		.w = w,
		.ex = p->ex,
		.begin = grain_begin(p->ex, p->sector),
		.end = grain_end(p->ex, last),
	};
	VixError err = complete_grain(w, p->ex, p->sector, &g.head);

	if (err == VIX_OK && grain_begin(p->ex, last) != g.begin)
		err = complete_grain(w, p->ex, last, &g.tail);
	if (err == VIX_OK)
		err = write_runs(&g, p->m.kind);
	free(g.head);
	free(g.tail);
	return err;
}

/* Where its tables can be asked all along. */
static VixError write_extent(struct writing *w, uint64_t sector, uint64_t end)
{
	struct vd_piece p;

	for (uint64_t s = sector; s < end; s += p.m.sectors) {
		VD_TRY(vd_link_map(vd_chain_newest(w->chain), s, end - s, &p));
		VD_TRY(p.m.kind == VD_MAP_DATA ? write_piece(w, &p) : write_grains(w, &p));
	}
	return VIX_OK;
}

/* What it lacks reads as zeros, so that zeros need not be written. */
static VixError write_stream(const struct writing *w, struct vd_extent *ex, uint64_t sector,
			     uint64_t end)
{
	if (w->chain->links.n == 1 && !w->chain->partial)
		return vd_extent_put(ex, sector - ex->first, end - sector, bytes_at(w, sector));
	VU_ERR("disk", "cannot write to %s: streamOptimized disks with a parent are not written",
	       vu_log_quote(vd_chain_newest(w->chain)->path));
	return VIX_E_NOT_SUPPORTED;
}

VixError vd_chain_pwrite(struct vd_disk *d, uint64_t sector, uint64_t count, const void *buf)
{
	struct writing w = { (struct vd_chain *)d, buf, sector, sector + count };
	bool is_stream;

	VD_TRY(check_writable(&w, &is_stream));
	VD_TRY(vd_chain_begin_change(w.chain));
	for (uint64_t s = sector, end; s < w.end; s = end) {
		struct vd_extent *ex = vd_link_find_extent(vd_chain_newest(w.chain), s);

		end = vu_min(w.end, ex->first + ex->sectors);
		VD_TRY(ex->ops->put != NULL ? write_stream(&w, ex, s, end)
					    : write_extent(&w, s, end));
	}
	return VIX_OK;
}

/* All extents are tried; the first error is told. */
static VixError for_each_extent(struct vd_chain *chain, VixError (*fn)(struct vd_extent *ex))
{
	VixError first = VIX_OK;

	if (chain->links.n == 0) /* it could not be opened */
		return VIX_OK;
	VU_ARRAY_FOREACH(&vd_chain_newest(chain)->extents, ex) {
		VixError err = fn(*ex);

		if (first == VIX_OK)
			first = err;
	}
	return first;
}

VixError vd_chain_flush_in_place(struct vd_disk *d, bool *done_out)
{
	struct vd_chain *chain = (struct vd_chain *)d;

	*done_out = chain->n_with_tables == 0;
	return for_each_extent(chain, *done_out ? vd_extent_flush : vd_extent_sync);
}

VixError vd_chain_flush(struct vd_disk *d)
{
	struct vd_chain *chain = (struct vd_chain *)d;

	VD_TRY(for_each_extent(chain, vd_extent_flush));
	chain->n_with_tables = 0;
	return VIX_OK;
}
