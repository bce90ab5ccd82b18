/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Requests that are carried out later; see async.h.
 *
 * States of a request (functions that move it):
 *   accepted -add_request-> held back, or ready -take_ready-> under way -retire-> gone
 *   held back -unblock-> ready, when the last request before it that it must not overtake is gone
 */
#include "config.h"

#include "async.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../common/cleanup.h"
#include "../common/log.h"
#include "../common/thread.h"
#include "disk.h"

struct vd_request {
	struct vd_async_want want;
	struct vd_async *list;
	struct vd_disk *disk;
	uint64_t number;                /* of its list's requests, from 1 */
	unsigned blockers;              /* earlier requests that must be gone before it may begin */
	struct vd_request *prev, *next; /* of its list */
	struct vd_request *next_ready;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* rank 8: guards all below */
static pthread_cond_t work = PTHREAD_COND_INITIALIZER;   /* a request is ready; threads end */
static pthread_cond_t gone = PTHREAD_COND_INITIALIZER;   /* a request is */
static struct vd_request *ready_first, *ready_last;
static pthread_t threads[VD_ASYNC_THREADS];
static unsigned n_ready, n_threads, n_idle;
static bool is_cancelling, is_stopping;
static _Atomic(pid_t) owner; /* whose threads these are */

static __thread bool on_thread;

bool vd_async_on_thread(void)
{
	return on_thread;
}

/*
 * In a child after a fork() there are no threads, and the lock may be held by one that is not
 * there.  Nobody else is in the child yet.
 */
static void forget_parent(void)
{
	static const pthread_mutex_t fresh_lock = PTHREAD_MUTEX_INITIALIZER;
	static const pthread_cond_t fresh_cond = PTHREAD_COND_INITIALIZER;
	pid_t before = atomic_load(&owner);

	if (before == getpid() || !atomic_compare_exchange_strong(&owner, &before, getpid()))
		return;
	if (before == 0)
		return;
	lock = fresh_lock;
	work = gone = fresh_cond;
	ready_first = ready_last = NULL;
	n_ready = n_threads = n_idle = 0;
	is_cancelling = is_stopping = false;
}

/* Order; lock held. */

static bool is_write(const struct vd_request *r)
{
	return r->want.read_to == NULL;
}

static bool must_not_pass(const struct vd_request *later, const struct vd_request *earlier)
{
	const struct vd_async_want *a = &earlier->want, *b = &later->want;

	if (later->disk->is_in_order && is_write(earlier) && is_write(later))
		return true;
	return (is_write(earlier) || is_write(later)) && a->sector < b->sector + b->count &&
	       b->sector < a->sector + a->count;
}

static unsigned count_blockers(const struct vd_async *as, const struct vd_request *later)
{
	unsigned n = 0;

	if (as->n_writes == 0 && !is_write(later))
		return 0;
	for (const struct vd_request *r = as->first; r != NULL; r = r->next)
		n += must_not_pass(later, r) ? 1 : 0;
	return n;
}

static void make_ready(struct vd_request *r)
{
	r->next_ready = NULL;
	if (ready_first == NULL)
		ready_first = r;
	else
		ready_last->next_ready = r;
	ready_last = r;
	n_ready++;
	pthread_cond_signal(&work);
}

static struct vd_request *take_ready(void)
{
	struct vd_request *r = ready_first;

	if (r == NULL)
		return NULL;
	ready_first = r->next_ready;
	n_ready--;
	return r;
}

static void add_request(struct vd_request *r)
{
	struct vd_async *as = r->list;

	r->number = ++as->accepted;
	r->blockers = count_blockers(as, r);
	r->prev = as->last;
	*(as->last != NULL ? &as->last->next : &as->first) = r;
	as->last = r;
	as->n++;
	as->n_writes += is_write(r) ? 1 : 0;
	if (r->blockers == 0)
		make_ready(r);
}

/* Lets those begin that only waited for @gone_one. */
static void unblock(const struct vd_async *as, const struct vd_request *gone_one)
{
	if (as->n_writes == 0)
		return;
	for (struct vd_request *r = gone_one->next; r != NULL; r = r->next) {
		if (must_not_pass(r, gone_one) && --r->blockers == 0)
			make_ready(r);
	}
}

static void retire(struct vd_request *r)
{
	struct vd_async *as = r->list;

	unblock(as, r);
	*(r->prev != NULL ? &r->prev->next : &as->first) = r->next;
	*(r->next != NULL ? &r->next->prev : &as->last) = r->prev;
	as->n--;
	as->n_writes -= is_write(r) ? 1 : 0;
	pthread_cond_broadcast(&gone);
}

/* Threads. */

static VixError carry_out(const struct vd_request *r, bool is_cancelled)
{
	const struct vd_async_want *w = &r->want;

	if (is_cancelled)
		return VIX_E_CANCELLED;
	return is_write(r) ? vd_disk_write(r->disk, w->sector, w->count, w->write_from)
			   : vd_disk_read(r->disk, w->sector, w->count, w->read_to);
}

/* Lock held, but not meanwhile. */
static void serve_one(struct vd_request *r)
{
	bool is_cancelled = is_cancelling && !is_write(r);

	pthread_mutex_unlock(&lock);
	r->want.callback(r->want.data, carry_out(r, is_cancelled));
	pthread_mutex_lock(&lock);
	retire(r);
	free(r);
}

static void *serve(void *unused)
{
	(void)unused;
	on_thread = true;
	VU_LOCK(&lock);
	for (;;) {
		struct vd_request *r = take_ready();

		if (r != NULL) {
			serve_one(r);
			continue;
		}
		if (is_stopping)
			return NULL;
		n_idle++;
		pthread_cond_wait(&work, &lock);
		n_idle--;
	}
}

/* One more if all have something to do; false: there is none at all.  Lock held. */
static bool have_thread(void)
{
	int err;

	if (n_idle > n_ready || n_threads == VD_ASYNC_THREADS)
		return true;
	err = vu_thread_start(&threads[n_threads], "vdisk-async", serve, NULL);
	if (err == 0)
		n_threads++;
	else
		VU_DBG("async", "cannot start a thread: %s", strerror(-err));
	return n_threads > 0;
}

/* Requests. */

/* A handle of before the fork brings requests along that are its parent's. */
static void own(struct vd_async *as)
{
	if (as->owner == getpid())
		return;
	while (as->first != NULL) {
		struct vd_request *r = as->first;

		as->first = r->next;
		free(r);
	}
	*as = (struct vd_async){ .owner = getpid() };
}

static void wait_for_room(const struct vd_async *as)
{
	while (as->n >= VD_ASYNC_MOST && !on_thread)
		pthread_cond_wait(&gone, &lock);
}

VixError vd_async_submit(struct vd_async *as, struct vd_disk *d, const struct vd_async_want *want)
{
	struct vd_request *r = calloc(1, sizeof(*r));

	if (r == NULL)
		return VIX_E_OUT_OF_MEMORY;
	r->want = *want;
	r->list = as;
	r->disk = d;
	forget_parent();
	VU_LOCK(&lock);
	own(as);
	wait_for_room(as);
	if (!have_thread()) {
		free(r);
		return VIX_E_OUT_OF_MEMORY;
	}
	add_request(r);
	return VIX_ASYNC;
}

void vd_async_wait(struct vd_async *as)
{
	forget_parent();
	VU_LOCK(&lock);
	own(as);
	uint64_t last = as->accepted;

	while (as->first != NULL && as->first->number <= last)
		pthread_cond_wait(&gone, &lock);
}

void vd_async_cancel_reads(void)
{
	forget_parent();
	VU_LOCK(&lock);

	is_cancelling = true;
}

/* Takes the threads out, into @out, for the caller to join. */
static unsigned retire_threads(pthread_t *out)
{
	VU_LOCK(&lock);
	unsigned n = n_threads;

	memcpy(out, threads, n * sizeof(*out));
	is_stopping = true;
	pthread_cond_broadcast(&work);
	return n;
}

static void forget_threads(void)
{
	VU_LOCK(&lock);

	n_threads = 0;
	is_cancelling = is_stopping = false;
}

void vd_async_stop(void)
{
	pthread_t old[VD_ASYNC_THREADS];

	forget_parent();
	for (unsigned n = retire_threads(old); n > 0; n--)
		pthread_join(old[n - 1], NULL);
	forget_threads();
}
