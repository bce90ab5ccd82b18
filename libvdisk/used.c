/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which sectors may hold something; see used.h.
 *
 * 1. Runs are ascending, and no two touch.
 */
#include "config.h"

#include "used.h"

#include <stdlib.h>

#include "../common/array.h"
#include "../common/bytes.h"
#include "../common/cleanup.h"
#include "../common/log.h"

struct run {
	uint64_t first, end; /* sectors */
};

struct vd_used {
	pthread_mutex_t lock; /* rank 5; guards the asking */
	vd_used_learn_fn *learn;
	void *ctx;
	enum { NOT_ASKED, KNOWN, UNKNOWN } state;
	VU_ARRAY(struct run) runs; /* constant once KNOWN */
};

struct vd_used *vd_used_new(vd_used_learn_fn *learn, void *ctx)
{
	struct vd_used *u = calloc(1, sizeof(*u));

	if (u == NULL)
		return NULL;
	pthread_mutex_init(&u->lock, NULL);
	u->learn = learn;
	u->ctx = ctx;
	return u;
}

void vd_used_free(struct vd_used *u)
{
	if (u == NULL)
		return;
	VU_ARRAY_FREE(&u->runs);
	pthread_mutex_destroy(&u->lock);
	free(u);
}

VixError vd_used_add(struct vd_used *u, uint64_t off, uint64_t len)
{
	struct run run = {
		.first = off / VIXDISKLIB_SECTOR_SIZE,
		.end = vu_div_up(off + len, VIXDISKLIB_SECTOR_SIZE),
	};
	struct run *last = u->runs.n > 0 ? &u->runs.v[u->runs.n - 1] : NULL;

	if (last != NULL && run.first <= last->end) {
		last->end = vu_max(last->end, run.end);
		return VIX_OK;
	}
	if (u->runs.n == VD_USED_RUNS_MAX)
		return VIX_E_DISK_TOOMANYREDO;
	return VU_ARRAY_PUSH(&u->runs, run) == 0 ? VIX_OK : VIX_E_OUT_OF_MEMORY;
}

static void ask(struct vd_used *u)
{
	VixError err;

	vu_log_hush();
	err = u->learn(u, u->ctx);
	vu_log_unhush();
	u->state = err == VIX_OK ? KNOWN : UNKNOWN;
	VU_DBG("disk", "what is used of the disk: %zu runs, error %llu", u->runs.n,
	       (unsigned long long)err);
}

bool vd_used_is_known(struct vd_used *u)
{
	VU_LOCK(&u->lock);

	if (u->state == NOT_ASKED)
		ask(u);
	return u->state == KNOWN;
}

/* The first run that ends behind a sector. */
static size_t find_run(const struct vd_used *u, uint64_t sector)
{
	size_t lo = 0, hi = u->runs.n;

	while (lo < hi) { /* the answer is in [lo, hi] */
		size_t mid = lo + (hi - lo) / 2;

		if (u->runs.v[mid].end > sector)
			hi = mid;
		else
			lo = mid + 1;
	}
	return lo;
}

void vd_used_each(const struct vd_used *u, uint64_t sector, uint64_t count, vd_run_fn *fn,
		  void *ctx)
{
	const uint64_t end = sector + count;
	size_t i = find_run(u, sector);
	bool more = true;

	while (more && sector < end) {
		const struct run *run = i < u->runs.n ? &u->runs.v[i] : NULL;
		bool is_used = run != NULL && run->first <= sector;
		uint64_t to = end;

		if (run != NULL)
			to = vu_min(end, is_used ? run->end : run->first);
		more = fn(sector, to - sector, is_used, ctx);
		i += is_used;
		sector = to;
	}
}
