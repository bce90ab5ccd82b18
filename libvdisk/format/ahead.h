/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Loading the grains behind a reader who goes through an extent in order, on other threads.
 *
 * 1. At most 4 MiB of grains ahead of the reader are loaded or being loaded.
 * 2. With one CPU nothing is loaded ahead, nor are grains so large that fewer than four would be.
 * 3. Thread-safe; the lock is of rank 5, and who finds it taken goes away.
 */
#ifndef VD_AHEAD_H
#define VD_AHEAD_H

#include <pthread.h>
#include <stdint.h>

#include "workers.h"

/* Loads a grain; on a thread of the pool. */
typedef void vd_ahead_fn(void *ctx, uint64_t grain);

/* Grains that were given to the pool together. */
struct vd_ahead_part {
	struct vd_ahead *ahead;
	uint64_t first;
	struct vd_job job;
};

struct vd_ahead {
	vd_ahead_fn *load;
	void *ctx;
	uint64_t step;        /* grains of a part; 0: none.  Set in init, then constant. */
	pthread_mutex_t lock; /* guards all below */
	uint64_t at, until;   /* where the reader was, and up to where is loaded from there on */
	struct vd_ahead_part part[2];
	unsigned next; /* the part that is older */
};

/** vd_ahead_init() - get ready; vd_ahead_destroy() */
void vd_ahead_init(struct vd_ahead *a, vd_ahead_fn *load, void *ctx, uint64_t grain_bytes);

/**
 * vd_ahead_go() - the reader has come to @grain
 * @end: behind the last grain that exists
 */
void vd_ahead_go(struct vd_ahead *a, uint64_t grain, uint64_t end);

/** vd_ahead_stop() - wait for what is being loaded, drop the rest; nobody reads meanwhile */
void vd_ahead_stop(struct vd_ahead *a);

/** vd_ahead_destroy() - wait for what is being loaded, drop the rest */
void vd_ahead_destroy(struct vd_ahead *a);

#endif
