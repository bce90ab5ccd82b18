/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The pool of threads; see workers.h.
 *
 * 1. A job is queued while it has pieces that nobody has begun.
 * 2. Who stops the threads takes them out of the pool first: those who come meanwhile start new
 *    ones.
 * 3. After a fork, the child's pool has no threads: what was under way in the parent is not waited
 *    for.
 */
#include "config.h"

#include "workers.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

#include "../../common/cleanup.h"
#include "../../common/log.h"
#include "../../common/thread.h"

#define THREADS_MAX 8u

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* guards all below and every job */
static pthread_cond_t work = PTHREAD_COND_INITIALIZER;   /* a job was queued; the threads end */
static pthread_cond_t done = PTHREAD_COND_INITIALIZER;   /* a thread has done a piece */
static struct vd_job *queue;
static unsigned n_users;
static pid_t owner; /* whose threads these are */
static pthread_t threads[THREADS_MAX];
static unsigned n_threads;
static unsigned generation; /* of the threads; older ones end */

static _Atomic unsigned n_cpus = 1;

static unsigned count_cpus(void)
{
	cpu_set_t set;
	int n = sched_getaffinity(0, sizeof(set), &set) == 0 ? CPU_COUNT(&set) : 1;

	return n < (int)THREADS_MAX ? (unsigned)n : THREADS_MAX;
}

unsigned vd_workers_cpus(void)
{
	return atomic_load_explicit(&n_cpus, memory_order_relaxed);
}

void vd_workers_use(void)
{
	VU_LOCK(&lock);

	if (n_users++ == 0)
		atomic_store(&n_cpus, count_cpus());
}

/* The queue; lock held. */

static void enqueue(struct vd_job *job)
{
	struct vd_job **at = &queue;

	while (*at != NULL)
		at = &(*at)->next_job;
	job->next_job = NULL;
	job->is_queued = true;
	*at = job;
}

static void dequeue(struct vd_job *job)
{
	struct vd_job **at = &queue;

	if (!job->is_queued)
		return;
	while (*at != job)
		at = &(*at)->next_job;
	*at = job->next_job;
	job->is_queued = false;
}

/* The oldest job that wants one more thread. */
static struct vd_job *find_job(void)
{
	struct vd_job *job = queue;

	while (job != NULL && job->helping >= job->helpers)
		job = job->next_job;
	return job;
}

static size_t begin_piece(struct vd_job *job)
{
	size_t i = job->next++;

	if (job->next == job->n)
		dequeue(job);
	return i;
}

/* One piece of @job, without the lock meanwhile. */
static void help(struct vd_job *job)
{
	size_t i = begin_piece(job);

	job->helping++;
	pthread_mutex_unlock(&lock);
	job->fn(job->ctx, i);
	pthread_mutex_lock(&lock);
	if (--job->helping == 0)
		pthread_cond_broadcast(&done);
}

static void *serve(void *arg)
{
	unsigned mine = (unsigned)(uintptr_t)arg;
	struct vd_job *job;

	VU_LOCK(&lock);
	while (mine == generation) {
		job = find_job();
		if (job != NULL)
			help(job);
		else
			pthread_cond_wait(&work, &lock);
	}
	return NULL;
}

/* Lock held. */
static void start_threads(void)
{
	unsigned wanted = vd_workers_cpus();

	if (owner != getpid())
		n_threads = 0;
	owner = getpid();
	while (wanted > 1 && n_threads < wanted) {
		int err = vu_thread_start(&threads[n_threads], "vdisk-worker", serve,
					  (void *)(uintptr_t)generation);

		if (err < 0) {
			VU_DBG("workers", "cannot start a thread: %s", strerror(-err));
			return;
		}
		n_threads++;
	}
}

/* Takes the threads out of the pool, into @out, for the caller to join. */
static unsigned retire_threads(pthread_t *out)
{
	VU_LOCK(&lock);
	unsigned n = owner == getpid() ? n_threads : 0;

	if (--n_users > 0)
		return 0;
	memcpy(out, threads, n * sizeof(*out));
	n_threads = 0;
	generation++;
	pthread_cond_broadcast(&work);
	return n;
}

void vd_workers_unuse(void)
{
	pthread_t old[THREADS_MAX];
	unsigned n = retire_threads(old);

	while (n > 0)
		pthread_join(old[--n], NULL);
}

/* Jobs. */

void vd_job_start(struct vd_job *job)
{
	VU_LOCK(&lock);

	job->next = 0;
	job->helping = 0;
	start_threads();
	enqueue(job);
	for (size_t i = 0; i < job->helpers && i < job->n; i++)
		pthread_cond_signal(&work);
}

/* Lock held. */
static void wait_for_helpers(const struct vd_job *job)
{
	while (job->helping > 0 && owner == getpid())
		pthread_cond_wait(&done, &lock);
}

void vd_job_finish(struct vd_job *job)
{
	VU_LOCK(&lock);

	while (job->is_queued) {
		size_t i = begin_piece(job);

		pthread_mutex_unlock(&lock);
		job->fn(job->ctx, i);
		pthread_mutex_lock(&lock);
	}
	wait_for_helpers(job);
}

void vd_job_cancel(struct vd_job *job)
{
	VU_LOCK(&lock);

	dequeue(job);
	wait_for_helpers(job);
}

bool vd_job_is_done(struct vd_job *job)
{
	VU_LOCK(&lock);

	return !job->is_queued && job->helping == 0;
}
