/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Counting Init and Exit: the first Init sets up, the last Exit tears down.
 *
 * 1. One Init or Exit at a time; the others wait.
 * 2. No lock is held while the owner sets up or tears down, so it may log and call out.
 *
 *	unsigned before = vu_initcount_enter(&count);
 *	... set up when before is 0 ...
 *	vu_initcount_leave(&count, before + 1);
 */
#ifndef VU_INITCOUNT_H
#define VU_INITCOUNT_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

struct vu_initcount {
	pthread_mutex_t lock; /* rank 1 */
	pthread_cond_t left;
	bool moving;   /* somebody is between enter and leave; guarded by lock */
	atomic_uint n; /* Inits without their Exit; written by leave */
};

#define VU_INITCOUNT_INITIALIZER                                                    \
	{                                                                           \
		.lock = PTHREAD_MUTEX_INITIALIZER, .left = PTHREAD_COND_INITIALIZER \
	}

/** vu_initcount_enter() - keep others out.  Return: Inits without their Exit. */
unsigned vu_initcount_enter(struct vu_initcount *c);

/** vu_initcount_leave() - let others in; @n is the new count */
void vu_initcount_leave(struct vu_initcount *c, unsigned n);

/** vu_initcount_is_on() - are there Inits without their Exit?  Takes no lock. */
bool vu_initcount_is_on(const struct vu_initcount *c);

/**
 * vu_initcount_reset() - start again from nothing, in the child after a fork()
 *
 * Who is inside is not there in the child, which would wait for ever.
 */
void vu_initcount_reset(struct vu_initcount *c);

#endif
