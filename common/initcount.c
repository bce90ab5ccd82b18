/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Counting Init and Exit; see initcount.h.
 */
#include "config.h"

#include "initcount.h"

#include "cleanup.h"

unsigned vu_initcount_enter(struct vu_initcount *c)
{
	VU_LOCK(&c->lock);

	while (c->moving)
		pthread_cond_wait(&c->left, &c->lock);
	c->moving = true;
	return atomic_load(&c->n);
}

void vu_initcount_leave(struct vu_initcount *c, unsigned n)
{
	VU_LOCK(&c->lock);

	atomic_store(&c->n, n);
	c->moving = false;
	pthread_cond_signal(&c->left);
}

bool vu_initcount_is_on(const struct vu_initcount *c)
{
	return atomic_load(&c->n) > 0;
}

void vu_initcount_reset(struct vu_initcount *c)
{
	const struct vu_initcount fresh = VU_INITCOUNT_INITIALIZER;

	c->lock = fresh.lock;
	c->left = fresh.left;
	c->moving = false;
	atomic_store(&c->n, 0);
}
