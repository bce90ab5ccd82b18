/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The threads that take the kernel's requests.
 *
 * 1. One thread at a time receives: it holds the baton.  It answers from memory what it can, and
 *    passes the baton on only before it waits for the guest.  So what is in memory is answered
 *    without a change of thread, and a slow guest delays nobody else.
 * 2. Nobody waits inside read(2) on the device, where nothing but the kernel could wake him: the
 *    holder polls the device together with a descriptor of ours.
 * 3. The threads end when the kernel ends the connection, or when told; they never hold a lock
 *    while they wait for the guest.
 */
#ifndef VMNT_FUSE_WORKERS_H
#define VMNT_FUSE_WORKERS_H

#include <pthread.h>
#include <stdbool.h>

#include "call.h"

struct vmnt_workers {
	struct fuse_session *se; /* constant */
	int wake_fd;             /* constant: readable when the threads shall end */
	pthread_mutex_t lock;    /* guards what follows */
	pthread_cond_t baton;    /* it is free, or nothing will be received */
	pthread_cond_t passed;   /* it was passed on */
	bool baton_taken;
	bool is_over;     /* nothing will be received any more */
	unsigned running; /* threads that have not ended */
	unsigned n;       /* threads to join */
	pthread_t threads[VMNT_WORKERS];
};

/** vmnt_workers_start() - start serving @se, whose device is open.  Return: 0 or -errno. */
int vmnt_workers_start(struct vmnt_workers *w, struct fuse_session *se);

/** vmnt_workers_pass_baton() - to be called by a worker that is going to wait for the guest */
void vmnt_workers_pass_baton(struct vmnt_workers *w);

/** vmnt_workers_are_connected() - false once the kernel has ended the connection: unmounted */
bool vmnt_workers_are_connected(const struct vmnt_workers *w);

/**
 * vmnt_workers_end() - receive nothing more
 *
 * Returns at once; what waits for the guest goes on waiting.
 */
void vmnt_workers_end(struct vmnt_workers *w);

/** vmnt_workers_have_ended() - have they all?  Then vmnt_workers_join() does not wait. */
bool vmnt_workers_have_ended(struct vmnt_workers *w);

/** vmnt_workers_join() - they have ended: release what they had */
void vmnt_workers_join(struct vmnt_workers *w);

#endif
