/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Threads that wait for a server, so that several requests are under way at once.
 *
 * 1. They start as tasks come, and end with the pool.
 * 2. A task is its owner's memory.  Who waits for one that nobody has begun does it itself: so a task
 *    that somebody waits for is done even where no thread can be had.
 * 3. After a fork, the child's pool has no threads and no tasks.
 * 4. Thread-safe; the lock is of rank 6, and no task runs under it.
 */
#ifndef VD_DATASTORE_POOL_H
#define VD_DATASTORE_POOL_H

#include <stdbool.h>

#define VD_POOL_THREADS 4u

struct vd_pool;

struct vd_task {
	void (*run)(struct vd_task *t);  /* a task that nobody waits for may free itself */
	void (*drop)(struct vd_task *t); /* instead of run, when the pool ends first; NULL: somebody
					  * waits for it */

	/* The pool's own. */
	struct vd_task *next;
	bool is_queued, is_running;
};

/** vd_pool_new() - no threads yet; NULL: memory is short */
struct vd_pool *vd_pool_new(void);

/** vd_pool_free() - wait for what is under way, drop the rest; NULL is fine */
void vd_pool_free(struct vd_pool *p);

/**
 * vd_pool_add() - have a task done; vd_pool_finish(), unless it has drop()
 * @t: its run and drop are set
 *
 * Tasks that somebody waits for come before all others.
 * Return: false: it has drop(), and there is no thread: it is not taken.
 */
bool vd_pool_add(struct vd_pool *p, struct vd_task *t);

/** vd_pool_finish() - do the task, unless somebody has begun it; wait until it is done */
void vd_pool_finish(struct vd_pool *p, struct vd_task *t);

/** vd_pool_idle() - wait until nothing is queued or under way, for tests */
void vd_pool_idle(struct vd_pool *p);

#endif
