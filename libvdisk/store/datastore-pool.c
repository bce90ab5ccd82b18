/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Threads that wait for a server; see datastore-pool.h.
 *
 * Two queues: of tasks that somebody waits for, and of all others.
 */
#include "config.h"

#include "datastore-pool.h"

#include <pthread.h>
#include <string.h>

#include "../../common/alloc.h"
#include "../../common/cleanup.h"
#include "../../common/forks.h"
#include "../../common/log.h"
#include "../../common/thread.h"

struct queue {
	struct vd_task *first, **end;
};

struct vd_pool {
	pthread_mutex_t lock; /* guards all below, and the pool's part of every task */
	pthread_cond_t work;  /* a task was queued, or the pool ends */
	pthread_cond_t done;  /* a task was done */
	struct queue waited_for, others;
	pthread_t threads[VD_POOL_THREADS];
	unsigned n_threads, n_idle, n_running;
	bool is_over;
	unsigned forks; /* vu_forks() of the process whose threads these are */
};

static void begin(struct vd_pool *p)
{
	p->waited_for = (struct queue){ .end = &p->waited_for.first };
	p->others = (struct queue){ .end = &p->others.first };
	p->n_threads = p->n_idle = p->n_running = 0;
	pthread_cond_init(&p->work, NULL);
	pthread_cond_init(&p->done, NULL);
	p->forks = vu_forks();
}

struct vd_pool *vd_pool_new(void)
{
	struct vd_pool *p = vu_calloc_array(1, sizeof(*p));

	if (p == NULL)
		return NULL;
	pthread_mutex_init(&p->lock, NULL);
	begin(p);
	return p;
}

/* The queues; lock held. */

static void leave_to_parent(struct vd_pool *p)
{
	if (p->forks != vu_forks())
		begin(p);
}

static void append(struct queue *q, struct vd_task *t)
{
	t->next = NULL;
	t->is_queued = true;
	*q->end = t;
	q->end = &t->next;
}

static void take_out(struct queue *q, struct vd_task *t)
{
	struct vd_task **at = &q->first;

	while (*at != t)
		at = &(*at)->next;
	*at = t->next;
	if (q->end == &t->next)
		q->end = at;
	t->is_queued = false;
}

static struct vd_task *take_first(struct vd_pool *p)
{
	struct queue *q = p->waited_for.first != NULL ? &p->waited_for : &p->others;
	struct vd_task *t = q->first;

	if (t != NULL)
		take_out(q, t);
	return t;
}

/* Without the lock meanwhile; a task with drop() may be gone then. */
static void run(struct vd_pool *p, struct vd_task *t)
{
	bool is_waited_for = t->drop == NULL;

	t->is_running = true;
	p->n_running++;
	pthread_mutex_unlock(&p->lock);
	t->run(t);
	pthread_mutex_lock(&p->lock);
	if (is_waited_for)
		t->is_running = false;
	p->n_running--;
	pthread_cond_broadcast(&p->done);
}

static void *serve(void *arg)
{
	struct vd_pool *p = arg;
	struct vd_task *t;

	VU_LOCK(&p->lock);
	while (!p->is_over) {
		t = take_first(p);
		if (t != NULL) {
			run(p, t);
			continue;
		}
		p->n_idle++;
		pthread_cond_wait(&p->work, &p->lock);
		p->n_idle--;
	}
	return NULL;
}

/* One more, if there may be more and all have work. */
static void start_thread(struct vd_pool *p)
{
	int err;

	if (p->n_idle != 0 || p->n_threads == VD_POOL_THREADS)
		return;
	err = vu_thread_start(&p->threads[p->n_threads], "vdisk-https", serve, p);
	if (err == 0)
		p->n_threads++;
	else
		VU_DBG("store", "cannot start a thread: %s", strerror(-err));
}

bool vd_pool_add(struct vd_pool *p, struct vd_task *t)
{
	VU_LOCK(&p->lock);

	leave_to_parent(p);
	start_thread(p);
	if (p->n_threads == 0 && t->drop != NULL)
		return false;
	t->is_running = false;
	append(t->drop == NULL ? &p->waited_for : &p->others, t);
	pthread_cond_signal(&p->work);
	return true;
}

void vd_pool_finish(struct vd_pool *p, struct vd_task *t)
{
	VU_LOCK(&p->lock);

	if (t->is_queued) {
		take_out(&p->waited_for, t);
		run(p, t);
	}
	while (t->is_running)
		pthread_cond_wait(&p->done, &p->lock);
}

void vd_pool_idle(struct vd_pool *p)
{
	VU_LOCK(&p->lock);

	while (p->others.first != NULL || p->waited_for.first != NULL || p->n_running != 0)
		pthread_cond_wait(&p->done, &p->lock);
}

static void end(struct vd_pool *p)
{
	VU_LOCK(&p->lock);

	leave_to_parent(p);
	p->is_over = true;
	pthread_cond_broadcast(&p->work);
}

void vd_pool_free(struct vd_pool *p)
{
	struct vd_task *t;

	if (p == NULL)
		return;
	end(p);
	while (p->n_threads > 0)
		pthread_join(p->threads[--p->n_threads], NULL);
	while ((t = take_first(p)) != NULL)
		t->drop(t);
	vu_cond_destroy(&p->done);
	vu_cond_destroy(&p->work);
	pthread_mutex_destroy(&p->lock);
	free(p);
}
