/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Reading a chain, and which of its sectors are allocated: both written once, over the map() of
 * the formats.
 *
 * 1. A link is asked once for each sector of a request; what it lacks, and nothing else, is asked
 *    of its parent.
 * 2. Runs that lie behind each other in one file, whichever grains they are, become one read.
 * 3. Reading allocates nothing.
 * 4. Compressed grains of one request are inflated by several threads (packed.h).  Small requests
 *    in order leave nothing to share; there, the grains that come next are inflated meanwhile.
 *    The plain reads of a large request are shared, too, where that is faster (shared.h).
 *    When that fails, the request is read again from its begin, by one thread: the first error in
 *    guest order is told, once.
 */
#include "config.h"

#include "disk-chain.h"

#include <stdlib.h>
#include <string.h>

#include "../common/bytes.h"
#include "../common/cleanup.h"
#include "../common/log.h"
#include "chain-meta.h"
#include "disk-chain-write.h"
#include "format/cache.h"
#include "packed.h"
#include "shared.h"

#define IN_ORDER_MIN 3u           /* reads that make it likely that more will follow */
#define HOLES_MIN    (256u << 10) /* bytes that are worth asking a file for holes */
#define SMALL_GRAINS 4u           /* a request with fewer is small */

/* Calls @fn with the pieces of a range, as links[0..@level] have them. */
static VixError walk(const struct vd_chain *chain, size_t level, uint64_t sector, uint64_t count,
		     vd_piece_fn *fn, void *ctx)
{
	uint64_t end = sector + count;
	struct vd_piece p;

	for (; sector < end; sector += p.m.sectors) {
		uint64_t stop = end;
		size_t at = vd_chain_skip_empty(chain, level, sector, &stop);

		VD_TRY(vd_link_map(chain->links.v[at], sector, stop - sector, &p));
		p.level = at;
		if (p.m.kind == VD_MAP_ABSENT && at > 0)
			VD_TRY(walk(chain, at - 1, sector, p.m.sectors, fn, ctx));
		else
			VD_TRY(fn(&p, ctx));
	}
	return VIX_OK;
}

VixError vd_chain_walk(struct vd_disk *d, uint64_t sector, uint64_t count, vd_piece_fn *fn,
		       void *ctx)
{
	const struct vd_chain *chain = (const struct vd_chain *)d;

	return walk(chain, chain->links.n - 1, sector, count, fn, ctx);
}

/* Reading. */

struct reading {
	char *buf;                      /* of the request */
	uint64_t sector;                /* at its start */
	struct vd_packed_batch *packed; /* NULL: read compressed grains at once */
	struct vd_shared_batch *plain;  /* NULL: read plain runs at once */
	bool is_hushed;
	/* A read that may still grow. */
	struct vd_store *st;
	char *to;
	uint64_t off;
	size_t len; /* 0: there is none */
};

/* From the first compressed grain or shared read on errors are not told: then all is read again, in
 * order. */
static void hush(struct reading *r)
{
	if (!r->is_hushed)
		vu_log_hush();
	r->is_hushed = true;
}

static VixError read_pending(struct reading *r)
{
	size_t len = r->len;

	r->len = 0;
	if (len == 0)
		return VIX_OK;
	if (r->plain == NULL)
		return vd_store_pread(r->st, r->to, len, r->off);
	hush(r);
	return vd_shared_add(r->plain, r->st, r->off, len, r->to);
}

static VixError read_data(struct reading *r, struct vd_store *st, uint64_t off, size_t len,
			  char *to)
{
	if (r->len != 0 && st == r->st && off == r->off + r->len && to == r->to + r->len) {
		r->len += len;
		return VIX_OK;
	}
	VD_TRY(read_pending(r));
	r->st = st;
	r->off = off;
	r->len = len;
	r->to = to;
	return VIX_OK;
}

/* A long run of a file that may have holes. */
struct holey_run {
	struct reading *r;
	struct vd_store *st;
	uint64_t off; /* of its first byte, which goes to @to */
	char *to;
	VixError err;
};

static bool read_hole_or_data(uint64_t off, uint64_t len, bool is_data, void *ctx)
{
	struct holey_run *run = ctx;
	char *to = run->to + (off - run->off);

	if (is_data)
		run->err = read_data(run->r, run->st, off, len, to);
	else
		memset(to, 0, len);
	return run->err == VIX_OK;
}

/* Zeros cost less than reading them: the file's holes need no page cache. */
static VixError read_flat(struct reading *r, struct vd_store *st, uint64_t off, size_t len,
			  char *to)
{
	struct holey_run run = { .r = r, .st = st, .off = off, .to = to };

	if (len < HOLES_MIN || !st->has_holes)
		return read_data(r, st, off, len, to);
	VD_TRY(vd_store_holes(st, off, len, read_hole_or_data, &run));
	return run.err;
}

static bool is_flat(const struct vd_piece *p)
{
	return p->m.kind == VD_MAP_DATA && p->ex->ops->is_flat;
}

static VixError read_packed(struct reading *r, const struct vd_piece *p, char *to)
{
	uint64_t sector = p->sector - p->ex->first;

	if (r->packed == NULL)
		return vd_extent_read_packed(p->ex, &p->m, sector, p->m.sectors, to);
	hush(r);
	return vd_packed_add(r->packed, p->ex, &p->m, sector, to);
}

static VixError read_piece(const struct vd_piece *p, void *ctx)
{
	struct reading *r = ctx;
	char *to = r->buf + (p->sector - r->sector) * VD_SECTOR_SIZE;
	size_t len = p->m.sectors * VD_SECTOR_SIZE;

	switch (p->m.kind) {
	case VD_MAP_DATA:
		return is_flat(p) ? read_flat(r, p->ex->store, p->m.off, len, to)
				  : read_data(r, p->ex->store, p->m.off, len, to);
	case VD_MAP_PACKED:
		return read_packed(r, p, to);
	default:
		memset(to, 0, len);
		return VIX_OK;
	}
}

/* Does the read of these sectors go on where others ended? */
static bool is_in_order(struct vd_chain *chain, uint64_t sector, uint64_t count)
{
	uint64_t end = atomic_exchange_explicit(&chain->read_end, sector + count,
						memory_order_relaxed);
	unsigned n = end == sector ? atomic_load_explicit(&chain->n_in_order, memory_order_relaxed)
				   : 0;

	atomic_store_explicit(&chain->n_in_order, vu_min(n + 1, IN_ORDER_MIN),
			      memory_order_relaxed);
	return n == IN_ORDER_MIN;
}

static VixError finish_packed(struct vd_chain *chain, struct vd_packed_batch *packed,
			      uint64_t sector, uint64_t count)
{
	bool is_small_in_order;

	if (packed->n_seen == 0)
		return VIX_OK;
	is_small_in_order = is_in_order(chain, sector, count) && packed->n_seen < SMALL_GRAINS;
	if (is_small_in_order)
		vd_packed_read_ahead(packed);
	return vd_packed_finish(packed, !is_small_in_order);
}

static VixError read_once(struct vd_disk *d, uint64_t sector, uint64_t count, struct reading *r)
{
	VD_TRY(vd_chain_walk(d, sector, count, read_piece, r));
	VD_TRY(read_pending(r));
	if (r->plain != NULL)
		VD_TRY(vd_shared_finish(r->plain));
	if (r->packed == NULL)
		return VIX_OK;
	return finish_packed((struct vd_chain *)d, r->packed, sector, count);
}

static VixError chain_pread(struct vd_disk *d, uint64_t sector, uint64_t count, void *buf)
{
	struct vd_share *share = &((struct vd_chain *)d)->share;
	struct vd_packed_batch packed;
	struct vd_shared_batch plain;
	struct reading shared = { .buf = buf, .sector = sector, .packed = &packed };
	struct reading in_order = { .buf = buf, .sector = sector };
	VixError err;

	vd_packed_init(&packed);
	if (vd_share_can(share, count * VD_SECTOR_SIZE)) {
		vd_shared_init(&plain, share);
		shared.plain = &plain;
	}
	err = read_once(d, sector, count, &shared);
	if (!shared.is_hushed)
		return err;
	vu_log_unhush();
	return err == VIX_OK ? VIX_OK : read_once(d, sector, count, &in_order);
}

/* Allocation. */

struct runs {
	vd_run_fn *fn;
	void *ctx;
	bool zero_counts; /* zeros of this link hide what a parent, not open here, may have */
	bool stopped;     /* by @fn */
	bool allocated;   /* the run that may still grow: [sector, end) */
	uint64_t sector, end;
};

static void end_run(struct runs *r)
{
	if (!r->stopped && r->end > r->sector)
		r->stopped = !r->fn(r->sector, r->end - r->sector, r->allocated, r->ctx);
	r->sector = r->end;
}

/* Everything up to @end, from where the last run ended, is @allocated. */
static void add_run(struct runs *r, uint64_t end, bool allocated)
{
	if (end <= r->end)
		return;
	if (allocated != r->allocated)
		end_run(r);
	r->allocated = allocated;
	r->end = end;
}

/* A piece of a flat extent, while its file is asked for holes. */
struct hole_walk {
	struct runs *r;
	const struct vd_piece *p;
};

/* A sector that is partly data is data. */
static bool add_hole_or_data(uint64_t off, uint64_t len, bool is_data, void *ctx)
{
	const struct hole_walk *w = ctx;
	uint64_t end = off + len - w->p->m.off;

	end = is_data ? vu_div_up(end, VD_SECTOR_SIZE) : end / VD_SECTOR_SIZE;
	add_run(w->r, w->p->sector + end, is_data);
	return !w->r->stopped;
}

static VixError add_piece(const struct vd_piece *p, void *ctx)
{
	struct runs *r = ctx;
	uint64_t end = p->sector + p->m.sectors;

	if (is_flat(p)) {
		struct hole_walk w = { .r = r, .p = p };

		VD_TRY(vd_store_holes(p->ex->store, p->m.off, p->m.sectors * VD_SECTOR_SIZE,
				      add_hole_or_data, &w));
	}
	if (!r->stopped)
		add_run(r, end,
			p->m.kind == VD_MAP_PACKED || p->m.kind == VD_MAP_DATA ||
				(p->m.kind == VD_MAP_ZERO && r->zero_counts));
	return r->stopped ? VIX_E_CANCELLED : VIX_OK;
}

static VixError chain_extents(struct vd_disk *d, uint64_t sector, uint64_t count, vd_run_fn *fn,
			      void *ctx)
{
	struct runs r = {
		.fn = fn,
		.ctx = ctx,
		.zero_counts = ((const struct vd_chain *)d)->partial,
		.sector = sector,
		.end = sector,
	};
	VixError err = vd_chain_walk(d, sector, count, add_piece, &r);

	if (r.stopped)
		return VIX_OK;
	VD_TRY(err);
	end_run(&r);
	return VIX_OK;
}

/* Places. */

static VixError add_to_place(const struct vd_piece *p, void *ctx)
{
	struct vd_place *place = ctx;
	bool is_plain = p->m.kind == VD_MAP_DATA;
	struct vd_store *st = is_plain ? p->ex->store : NULL;
	uint64_t expected = place->off + place->sectors * VD_SECTOR_SIZE;

	if (place->sectors != 0 && (st != place->st || (is_plain && p->m.off != expected)))
		return VIX_E_CANCELLED; /* another run: the first one is all that is wanted */
	if (place->sectors == 0)
		*place = (struct vd_place){ .st = st, .off = p->m.off };
	place->sectors += p->m.sectors;
	return VIX_OK;
}

static VixError chain_locate(struct vd_disk *d, uint64_t sector, uint64_t count,
			     struct vd_place *place_out)
{
	VixError err;

	*place_out = (struct vd_place){ 0 };
	err = vd_chain_walk(d, sector, count, add_to_place, place_out);
	return place_out->sectors != 0 ? VIX_OK : err;
}

static void chain_close(struct vd_disk *d)
{
	struct vd_chain *chain = (struct vd_chain *)d;

	for (size_t i = chain->n_attached; i < chain->links.n; i++)
		vd_link_close(chain->links.v[i]);
	VU_ARRAY_FREE(&chain->links);
	vd_disk_close(chain->attached);
	free(chain->regions);
	vd_cache_free(chain->cache);
	vd_share_close(&chain->share);
}

const struct vd_disk_ops vd_chain_ops = {
	.close = chain_close,
	.pread = chain_pread,
	.pwrite = vd_chain_pwrite,
	.pwrite_in_place = vd_chain_pwrite_in_place,
	.flush = vd_chain_flush,
	.flush_in_place = vd_chain_flush_in_place,
	.extents = chain_extents,
	.map = vd_chain_map,
	.locate = chain_locate,
	.copy_in_place = vd_chain_copy_in_place,
	.info = vd_chain_get_info,
	.meta_get = vd_chain_get_meta,
	.meta_each = vd_chain_each_meta,
	.meta_set = vd_chain_set_meta,
	.parent_set = vd_chain_set_parent,
	.check_attach = vd_chain_check_attach,
	.attach = vd_chain_attach,
	.become_parent = vd_chain_become_parent,
};
