/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Counting Init and Exit: the first Init sets up, the last Exit tears down.
 *
 * 1. One Init or Exit at a time; the others wait.
 * 2. No lock is held while the owner sets up or tears down, so it may log and call out.
 *
 *	bool first = vu_initcount_init_begin(&count);
 *	... set up when it is the first ...
 *	vu_initcount_init_end(&count, ok);
 */
#ifndef VU_INITCOUNT_H
#define VU_INITCOUNT_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

struct vu_initcount {
	pthread_mutex_t lock; /* rank 1 */
	pthread_cond_t left;
	bool moving;   /* somebody is between begin and end; guarded by lock */
	atomic_uint n; /* Inits without their Exit; written by who moves */
};

#define VU_INITCOUNT_INITIALIZER                                                    \
	{                                                                           \
		.lock = PTHREAD_MUTEX_INITIALIZER, .left = PTHREAD_COND_INITIALIZER \
	}

/**
 * vu_initcount_init_begin() - begin an Init; others wait until vu_initcount_init_end()
 *
 * Return: true when it is the first one.
 */
bool vu_initcount_init_begin(struct vu_initcount *c);

/** vu_initcount_init_end() - end an Init, which counts when it succeeded */
void vu_initcount_init_end(struct vu_initcount *c, bool succeeded);

/**
 * vu_initcount_exit_begin() - one Init less; without an Init nothing happens
 *
 * Return: true when it was the last one: then others wait until vu_initcount_exit_end().
 */
bool vu_initcount_exit_begin(struct vu_initcount *c);

/** vu_initcount_exit_end() - the last Exit is done */
void vu_initcount_exit_end(struct vu_initcount *c);

/** vu_initcount_is_on() - are there Inits without their Exit?  Takes no lock. */
bool vu_initcount_is_on(const struct vu_initcount *c);

/**
 * vu_initcount_reset() - start again from nothing, in the child after a fork()
 *
 * Who is inside is not there in the child, which would wait for ever.
 */
void vu_initcount_reset(struct vu_initcount *c);

#endif
