/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Requests that wait for the guest, and processes that die meanwhile.
 *
 * 1. A process that is being killed is let go at once: its request is answered with EINTR while
 *    the guest call goes on.  Other signals do not disturb a request, as on any disk: programs do
 *    not expect stat(2) to fail with EINTR.
 * 2. Every request is answered once, by whoever of the two comes first.
 */
#ifndef VMNT_FUSE_CALL_H
#define VMNT_FUSE_CALL_H

#include <pthread.h>
#include <stdbool.h>

#include "ll.h"

#define VMNT_WORKERS 8 /* threads that answer requests, and so requests under way */

struct vmnt_calls;

struct vmnt_call {
	struct vmnt_calls *all; /* constant */
	fuse_req_t req;         /* NULL: free */
	bool starting;          /* being set up: the request may not be answered yet */
	bool dying;             /* its process is; found while starting */
	bool answered;
};

struct vmnt_calls {
	pthread_mutex_t lock; /* guards what follows */
	struct vmnt_call calls[VMNT_WORKERS];
};

/** vmnt_calls_init() - none under way */
void vmnt_calls_init(struct vmnt_calls *cs);

/** vmnt_calls_destroy() - none is under way any more */
void vmnt_calls_destroy(struct vmnt_calls *cs);

/**
 * vmnt_call_begin() - @req is going to wait for the guest
 *
 * At most VMNT_WORKERS at a time.  From here on @req may be used only after vmnt_call_end().
 * Return: for vmnt_call_end().
 */
struct vmnt_call *vmnt_call_begin(struct vmnt_calls *cs, fuse_req_t req);

/** vmnt_call_end() - the waiting is over.  Return: false when the request was answered: it is gone. */
bool vmnt_call_end(struct vmnt_call *c);

#endif
