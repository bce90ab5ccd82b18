/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Requests that are carried out later: behind ReadAsync, WriteAsync and Wait.
 *
 * 1. A request that was accepted is told its result once, by a thread of this module that holds no
 *    lock; one that was refused, never.
 * 2. Requests of one handle that touch a common sector, one of them writing, and all that write a
 *    disk which is written in order, are carried out and told in the order in which they were
 *    accepted.  All others come in any order, several at a time.
 * 3. A handle has at most VD_ASYNC_MOST requests under way: who has more to give waits, except on a
 *    thread of this module, where waiting could be for itself.
 * 4. Threads start with the requests, up to VD_ASYNC_THREADS of them, and end in vd_async_stop().
 *    They are not those of format/workers.h, which are as many as there are CPUs, perhaps none: a
 *    request waits for the disk most of the time, and for those very workers where it inflates.
 * 5. Requests are cut into no smaller ones: copying from the page cache is bound by memory, and
 *    reading compressed data is spread over the CPUs by the format.
 * 6. After a fork, the child has no request: what was under way in the parent stays there.
 */
#ifndef VD_ASYNC_H
#define VD_ASYNC_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "vixDiskLib.h"

#define VD_ASYNC_MOST    1024u /* requests of one handle */
#define VD_ASYNC_THREADS 8u

struct vd_disk;
struct vd_request;

/* What a handle has under way; all zero before the first request.  Guarded by the module's lock. */
struct vd_async {
	struct vd_request *first, *last; /* in the order in which they were accepted */
	unsigned n, n_writes;
	uint64_t accepted; /* requests so far */
	pid_t owner;       /* whose they are; 0 before the first */
};

/* What is wanted. */
struct vd_async_want {
	uint64_t sector, count;
	void *read_to;          /* NULL: it writes */
	const void *write_from; /* NULL: it reads */
	VixDiskLibCompletionCB callback;
	void *data; /* for @callback */
};

/**
 * vd_async_submit() - accept a request
 * @as:   of the handle; must not go before vd_async_wait()
 * @d:    the handle's disk; neither
 * @want: copied; valid, see vd_disk_check_range()
 *
 * Blocks as invariant 3 says.
 * Return: VIX_ASYNC
 * Errors: OUT_OF_MEMORY  memory is short, or no thread can be had
 */
VixError vd_async_submit(struct vd_async *as, struct vd_disk *d, const struct vd_async_want *want);

/**
 * vd_async_wait() - until the callbacks of all requests that were accepted before have returned
 *
 * Not on a thread of this module.
 */
void vd_async_wait(struct vd_async *as);

/** vd_async_on_thread() - is the caller one of this module's threads: in a callback? */
bool vd_async_on_thread(void);

/**
 * vd_async_cancel_reads() - until vd_async_stop(), let reads that begin end with VIX_E_CANCELLED
 *
 * Writes are carried out: a client may count on what it was told is accepted.
 */
void vd_async_cancel_reads(void);

/** vd_async_stop() - end the threads; no handle has a request under way or will have one */
void vd_async_stop(void);

#endif
