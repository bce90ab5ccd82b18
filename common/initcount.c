/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Counting Init and Exit; see initcount.h.
 */
#include "config.h"

#include "initcount.h"

#include "cleanup.h"

/* Keeps others out.  Return: Inits without their Exit. */
static unsigned enter(struct vu_initcount *c)
{
	VU_LOCK(&c->lock);

	while (c->moving)
		pthread_cond_wait(&c->left, &c->lock);
	c->moving = true;
	return atomic_load(&c->n);
}

/* Lets others in; @n is the new count. */
static void leave(struct vu_initcount *c, unsigned n)
{
	VU_LOCK(&c->lock);

	atomic_store(&c->n, n);
	c->moving = false;
	pthread_cond_signal(&c->left);
}

bool vu_initcount_init_begin(struct vu_initcount *c)
{
	return enter(c) == 0;
}

void vu_initcount_init_end(struct vu_initcount *c, bool succeeded)
{
	leave(c, atomic_load(&c->n) + (succeeded ? 1 : 0));
}

bool vu_initcount_exit_begin(struct vu_initcount *c)
{
	unsigned before = enter(c);

	if (before == 1)
		return true;
	leave(c, before == 0 ? 0 : before - 1);
	return false;
}

void vu_initcount_exit_end(struct vu_initcount *c)
{
	leave(c, 0);
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
