/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The plain reads of a large request, done by two threads or more when that is faster.
 *
 *	struct vd_shared_batch b;
 *	vd_shared_init(&b, &chain->share);
 *	VD_TRY(vd_shared_add(&b, st, off, len, to));     as often as there are runs
 *	VD_TRY(vd_shared_finish(&b));
 *
 * What bounds reading from the page cache is that one CPU copies.  With a second one, idle, it takes
 * two thirds of the time.  But where the others are busy it takes twice the time: the caller waits
 * for a thread that waits for a CPU.  Nobody can be asked which it is, so both ways are timed as
 * they are used: the faster one is taken, and the other one tried now and then.
 *
 * 1. Errors come in no order: who gets one reads again in another way, and tells what is wrong then.
 * 2. A request of less than VD_SHARED_MIN bytes of plain data starts no thread and wakes none.
 * 3. Nothing is allocated; with one CPU the caller does it all.
 */
#ifndef VD_SHARED_H
#define VD_SHARED_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "vixDiskLib.h"

struct vd_store;

#define VD_SHARED_MIN   (512u << 10) /* bytes that are worth waking a thread */
#define VD_SHARED_BATCH 64u          /* runs */

/* What both ways cost, of late: hints, used by all readers of a disk without a lock. */
struct vd_share {
	bool is_open;                 /* set in open, constant until close */
	atomic_uint n_seen;           /* batches that could be shared */
	_Atomic uint32_t alone_cost;  /* picoseconds for a byte; 0: never tried */
	_Atomic uint32_t shared_cost; /* the same */
};

/** vd_share_open() - let reads be shared from now on; vd_share_close() */
void vd_share_open(struct vd_share *s);

/** vd_share_close() - not any more; fine for one that was never opened */
void vd_share_close(struct vd_share *s);

/** vd_share_can() - may a request of @bytes be shared at all? */
bool vd_share_can(const struct vd_share *s, uint64_t bytes);

/**
 * vd_share_is_next() - will the next batch that can be shared be shared?
 *
 * Counts that batch.
 */
bool vd_share_is_next(struct vd_share *s);

/**
 * vd_share_note() - what a batch has cost
 * @is_shared: how it was read
 * @bytes:     its size, 1 or more
 */
void vd_share_note(struct vd_share *s, bool is_shared, uint64_t bytes, uint64_t ns);

/* A run of one file, and where it goes. */
struct vd_shared_run {
	struct vd_store *st;
	uint64_t off;
	size_t len;
	char *to;
};

struct vd_shared_batch {
	struct vd_share *share;
	size_t n;
	size_t bytes; /* of all runs */
	struct vd_shared_run v[VD_SHARED_BATCH];
};

/** vd_shared_init() - an empty batch; @share outlives it */
void vd_shared_init(struct vd_shared_batch *b, struct vd_share *share);

/**
 * vd_shared_add() - read @len bytes at @off of @st to @to
 *
 * Not before vd_shared_finish(), or when the batch is full: then all of it is read, and it begins
 * anew.
 * Errors: those of vd_store_pread(), for any run
 */
VixError vd_shared_add(struct vd_shared_batch *b, struct vd_store *st, uint64_t off, size_t len,
		       char *to);

/**
 * vd_shared_finish() - read what was added
 *
 * Errors: those of vd_store_pread(); the buffers' contents are undefined then
 */
VixError vd_shared_finish(struct vd_shared_batch *b);

#endif
