/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Reading ahead: the guest works while the reader of a file does.
 *
 * 1. Two guesses: who reads a large file in order wants the next chunk; who has read small files
 *    of a directory in the order of its listing wants the next ones (scanners, archivers, cp -r).
 * 2. One thread, so that at most one guest call is made on a guess; a short queue: what does not
 *    fit is not read ahead.
 * 3. Failures are for who asks, not for who guesses: they are forgotten.
 */
#ifndef VMNT_FUSE_AHEAD_H
#define VMNT_FUSE_AHEAD_H

#include "reads.h"

#define VMNT_AHEAD_QUEUE 4
#define VMNT_AHEAD_DIRS  8
#define VMNT_AHEAD_FILE  ((uint64_t)512 << 10) /* the largest small file that is read on a guess */

struct vmnt_ahead_job {
	struct vmnt_node *node; /* held */
	uint64_t off;
	size_t len;
};

/* A directory whose files are being read. */
struct vmnt_ahead_dir {
	const struct vmnt_dir *dir; /* only compared */
	uint32_t last;              /* position of the file that was read last */
	uint32_t queued;            /* position behind the one that was queued last */
	unsigned run;               /* files read in order */
	uint64_t used;              /* clock */
};

struct vmnt_ahead {
	struct vmnt_reads *reads; /* constant */
	pthread_t thread;
	pthread_mutex_t lock; /* guards what follows; nothing is called with it held */
	pthread_cond_t changed;
	bool stopping, stopped;
	unsigned n_jobs;
	struct vmnt_ahead_job jobs[VMNT_AHEAD_QUEUE]; /* the oldest first */
	uint64_t clock;
	struct vmnt_ahead_dir dirs[VMNT_AHEAD_DIRS];
};

/** vmnt_ahead_start() - start the thread.  Return: 0 or -errno. */
int vmnt_ahead_start(struct vmnt_ahead *a, struct vmnt_reads *reads);

/** vmnt_ahead_guess() - learn from a read that was answered, and read ahead where that is likely */
void vmnt_ahead_guess(struct vmnt_ahead *a, const struct vmnt_read *r);

/** vmnt_ahead_stop() - begin no more calls to the guest; the thread ends when one under way ends */
void vmnt_ahead_stop(struct vmnt_ahead *a);

/** vmnt_ahead_has_stopped() - has it?  Then vmnt_ahead_join() does not wait. */
bool vmnt_ahead_has_stopped(struct vmnt_ahead *a);

/** vmnt_ahead_join() - wait for the thread, release what it had */
void vmnt_ahead_join(struct vmnt_ahead *a);

#endif
