/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Storms on one disk: threads that write, read, flush, ask, set metadata, shrink, defragment, close and open again, all
 * at once, through handles of their own and through one that they share.
 *
 * 1. Each sector has one owner at most.  Only that thread writes it and knows what it holds: so
 *    what must be read is exact, whatever the others do to sectors beside it, in the same grain.
 * 2. A thread waits for a request of its own before it uses the same sectors in another way,
 *    but for requests to one handle that are async: those the library keeps in order.
 */
#ifndef STORM_H
#define STORM_H

#include "randisk.h"
#include "vixDiskLib.h"

#define STORM_THREADS 4u
#define STORM_NOBODY  STORM_THREADS /* owns what is not written in this round */

struct storm_run {
	uint64_t first, count;
};

struct storm {
	struct randisk model;
	unsigned char *owner; /* of each sector */
	VixDiskLibConnection conns[2];
	VixDiskLibHandle shared;
	uint32 flags;                     /* for opening it */
	char metadata[STORM_THREADS][40]; /* "": never set; each is one thread's */
};

struct storm_worker;

/** storm_worker_new() - a thread's part of a round; storm_worker_free()
 * @number: whose sectors are its own */
struct storm_worker *storm_worker_new(struct storm *storm, unsigned number, uint64_t random);

/** storm_work() - the part, for pthread_create(): all is done when it returns */
void *storm_work(void *worker);

/** storm_worker_end() - free it
 * @wrong_out: 200 bytes: what went wrong; empty: nothing */
void storm_worker_end(struct storm_worker *w, char *wrong_out);

/** storm_metadata_error() - does the disk have what was set?
 *
 * Return: NULL, or what is wrong. */
const char *storm_metadata_error(const struct storm *storm, VixDiskLibHandle disk, unsigned number);

#endif
