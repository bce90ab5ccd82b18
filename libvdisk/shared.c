/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Plain reads by several threads; see shared.h.
 *
 * A batch is cut into as many parts of equal length as threads read it, so that a run may belong to
 * two parts: large parts, because handing one over costs as much as copying some hundred KiB.
 */
#include "config.h"

#include "shared.h"

#include <time.h>

#include "../common/bytes.h"
#include "../common/cleanup.h"
#include "../common/log.h"
#include "format/workers.h"
#include "store/store.h"

#define PART_MIN   (VD_SHARED_MIN / 2)
#define PARTS_MAX  4u
#define PART_ALIGN 4096u /* in the file: what reads past the page cache want */
#define TRY_EVERY  128u  /* of so many batches .. */
#define TRIES      4u    /* .. so many are read the way that seems slower */

void vd_share_open(struct vd_share *s)
{
	*s = (struct vd_share){ .is_open = true };
	vd_workers_use();
}

void vd_share_close(struct vd_share *s)
{
	if (s->is_open)
		vd_workers_unuse();
	s->is_open = false;
}

bool vd_share_can(const struct vd_share *s, uint64_t bytes)
{
	return s->is_open && bytes >= VD_SHARED_MIN && vd_workers_cpus() > 1;
}

/* Which way. */

/* The other CPU has other uses: taking it must be worth an eighth. */
static bool is_sharing_faster(const struct vd_share *s)
{
	uint64_t alone = atomic_load_explicit(&s->alone_cost, memory_order_relaxed);
	uint64_t shared = atomic_load_explicit(&s->shared_cost, memory_order_relaxed);

	return shared != 0 && shared * 8 < alone * 7;
}

/* The first batch is read alone, then the other way is tried for the first time. */
bool vd_share_is_next(struct vd_share *s)
{
	unsigned n = atomic_fetch_add_explicit(&s->n_seen, 1, memory_order_relaxed) % TRY_EVERY;
	bool is_try = n >= 1 && n <= TRIES;

	return is_sharing_faster(s) != is_try;
}

void vd_share_note(struct vd_share *s, bool is_shared, uint64_t bytes, uint64_t ns)
{
	_Atomic uint32_t *cost = is_shared ? &s->shared_cost : &s->alone_cost;
	uint64_t now = vu_min(ns * 1000 / bytes, UINT32_MAX / 2) + 1;
	uint64_t before = atomic_load_explicit(cost, memory_order_relaxed);

	if (before != 0)
		now = (before + now) / 2;
	atomic_store_explicit(cost, (uint32_t)now, memory_order_relaxed);
}

static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

/* Reading. */

/* The parts of a batch that is being read; part i is the bytes [i * size, (i + 1) * size). */
struct parts {
	const struct vd_shared_batch *batch;
	size_t size;
	VixError err[PARTS_MAX];
};

/* Where byte @at of a run is cut: there or a little before, never before its start. */
static size_t cut(const struct vd_shared_run *run, size_t at)
{
	size_t over = (run->off + at) % PART_ALIGN;

	return at == run->len || over > at ? at : at - over;
}

/* Bytes [@from, @end) of a batch; both move a little where they cut a run. */
static VixError read_bytes(const struct vd_shared_batch *b, size_t from, size_t end)
{
	size_t start = 0; /* of the run, in the batch */

	for (const struct vd_shared_run *run = b->v; run < b->v + b->n; run++) {
		size_t stop = start + run->len;

		if (from < stop && start < end) {
			size_t i = from > start ? cut(run, from - start) : 0;
			size_t j = cut(run, vu_min(end, stop) - start);

			VD_TRY(vd_store_pread(run->st, run->to + i, j - i, run->off + i));
		}
		start = stop;
	}
	return VIX_OK;
}

/* On any thread. */
static void read_part(void *ctx, size_t i)
{
	struct parts *p = ctx;

	vu_log_hush();
	p->err[i] = read_bytes(p->batch, i * p->size, vu_min((i + 1) * p->size, p->batch->bytes));
	vu_log_unhush();
}

static VixError read_shared(const struct vd_shared_batch *b)
{
	size_t n = vu_min(vu_min(vd_workers_cpus(), b->bytes / PART_MIN), PARTS_MAX);
	struct parts p = { .batch = b, .size = vu_div_up(b->bytes, n) };
	struct vd_job job = { .fn = read_part, .ctx = &p, .n = n, .helpers = (unsigned)n - 1 };

	vd_job_start(&job);
	vd_job_finish(&job);
	for (size_t i = 0; i < n; i++)
		VD_TRY(p.err[i]);
	return VIX_OK;
}

static VixError read_timed(const struct vd_shared_batch *b)
{
	bool is_shared = vd_share_is_next(b->share);
	uint64_t t0 = now_ns();

	VD_TRY(is_shared ? read_shared(b) : read_bytes(b, 0, b->bytes));
	vd_share_note(b->share, is_shared, b->bytes, now_ns() - t0);
	return VIX_OK;
}

void vd_shared_init(struct vd_shared_batch *b, struct vd_share *share)
{
	b->share = share;
	b->n = 0;
	b->bytes = 0;
}

VixError vd_shared_add(struct vd_shared_batch *b, struct vd_store *st, uint64_t off, size_t len,
		       char *to)
{
	if (b->n == VD_SHARED_BATCH)
		VD_TRY(vd_shared_finish(b));
	b->v[b->n++] = (struct vd_shared_run){ .st = st, .off = off, .len = len, .to = to };
	b->bytes += len;
	return VIX_OK;
}

VixError vd_shared_finish(struct vd_shared_batch *b)
{
	VixError err = vd_share_can(b->share, b->bytes) ? read_timed(b)
							: read_bytes(b, 0, b->bytes);

	b->n = 0;
	b->bytes = 0;
	return err;
}
