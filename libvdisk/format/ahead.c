/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Loading grains ahead of the reader; see ahead.h.
 */
#include "config.h"

#include "ahead.h"

#include "../../common/bytes.h"

#define PART_BYTES (2u << 20)
#define STEP_MIN   2u /* grains of a part that are worth a thread */

void vd_ahead_init(struct vd_ahead *a, vd_ahead_fn *load, void *ctx, uint64_t grain_bytes)
{
	*a = (struct vd_ahead){ .load = load, .ctx = ctx, .step = PART_BYTES / grain_bytes };
	if (a->step < STEP_MIN)
		a->step = 0;
	pthread_mutex_init(&a->lock, NULL);
	vd_workers_use();
}

void vd_ahead_stop(struct vd_ahead *a)
{
	for (unsigned i = 0; i < 2; i++)
		vd_job_cancel(&a->part[i].job);
}

void vd_ahead_destroy(struct vd_ahead *a)
{
	vd_ahead_stop(a);
	vd_workers_unuse();
	pthread_mutex_destroy(&a->lock);
}

static void load_one(void *ctx, size_t i)
{
	const struct vd_ahead_part *p = ctx;

	p->ahead->load(p->ahead->ctx, p->first + i);
}

/* Gives the next grains to the pool, unless it still has both parts.  Lock held. */
static void start_part(struct vd_ahead *a, uint64_t end)
{
	struct vd_ahead_part *p = &a->part[a->next];
	uint64_t n = vu_min(a->step, end - a->until);

	if (n == 0 || !vd_job_is_done(&p->job))
		return;
	*p = (struct vd_ahead_part){
		.ahead = a,
		.first = a->until,
		.job = { .fn = load_one, .ctx = p, .n = n, .helpers = vd_workers_cpus() },
	};
	vd_job_start(&p->job);
	a->until += n;
	a->next = 1 - a->next;
}

void vd_ahead_go(struct vd_ahead *a, uint64_t grain, uint64_t end)
{
	if (a->step == 0 || vd_workers_cpus() == 1 || grain > end ||
	    pthread_mutex_trylock(&a->lock) != 0)
		return;
	if (grain < a->at || grain > a->until)
		a->until = grain; /* the reader has gone elsewhere */
	a->at = grain;
	if (a->until - grain <= a->step)
		start_part(a, end);
	pthread_mutex_unlock(&a->lock);
}
