/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A few threads for work that can be cut into pieces, shared by all disks of the process.
 *
 *	struct vd_job job = { .fn = inflate_one, .ctx = &batch, .n = 16, .helpers = 1 };
 *	vd_job_start(&job);
 *	vd_job_finish(&job);     does its share, returns when all 16 are done
 *
 * 1. Threads start with the first job, one for each CPU that the process may use, 8 at most; with
 *    one CPU there are none, and a job is done by who finishes it.
 * 2. They end when the last user is gone.
 * 3. The pool allocates nothing: a job is its owner's memory, from start until finish or cancel.
 * 4. A piece may take locks of any rank but must not start or finish a job.
 * 5. Thread-safe.  The lock is of rank 8; no piece runs under it.
 */
#ifndef VD_WORKERS_H
#define VD_WORKERS_H

#include <stdbool.h>
#include <stddef.h>

/* Does piece @i of a job. */
typedef void vd_piece_work_fn(void *ctx, size_t i);

struct vd_job {
	vd_piece_work_fn *fn; /* called once for each of 0..n-1, on any thread, in no order */
	void *ctx;
	size_t n;         /* pieces */
	unsigned helpers; /* threads of the pool that may work on it at once */

	/* The pool's own. */
	size_t next;      /* piece that nobody has begun */
	unsigned helping; /* threads of the pool that are at it */
	bool is_queued;
	struct vd_job *next_job;
};

/** vd_workers_use() - one user more; starts nothing */
void vd_workers_use(void);

/** vd_workers_unuse() - one user less; the last one ends the threads.  No job may be left. */
void vd_workers_unuse(void);

/** vd_workers_cpus() - CPUs that the process may use, 1 to 8, as seen by the first user */
unsigned vd_workers_cpus(void);

/**
 * vd_job_start() - let the threads begin with a job
 * @job: the first four fields are set, the rest zero or as a finished job left it
 *
 * Where no thread can be had, nothing happens until vd_job_finish().
 */
void vd_job_start(struct vd_job *job);

/** vd_job_finish() - do what nobody has begun, wait for the rest; fine for a job never started */
void vd_job_finish(struct vd_job *job);

/** vd_job_cancel() - drop what nobody has begun, wait for the rest; fine for a job never started */
void vd_job_cancel(struct vd_job *job);

/** vd_job_is_done() - has every piece of a started job been done? */
bool vd_job_is_done(struct vd_job *job);

#endif
