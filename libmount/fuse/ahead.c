/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Reading ahead; see ahead.h.
 */
#include "config.h"

#include "ahead.h"

#include <string.h>

#include "../../common/cleanup.h"
#include "../../common/forks.h"
#include "../../common/thread.h"

#define RUN_NEEDED 2  /* files in order before the next one is believed to be wanted */
#define FILES      2  /* how many are kept ready */
#define LOOK       64 /* entries looked at for the next file */

static bool take_job(struct vmnt_ahead *a, struct vmnt_ahead_job *job_out)
{
	VU_LOCK(&a->lock);

	while (a->n_jobs == 0 && !a->stopping)
		pthread_cond_wait(&a->changed, &a->lock);
	if (a->stopping)
		return false;
	*job_out = a->jobs[0];
	a->n_jobs--;
	memmove(a->jobs, a->jobs + 1, a->n_jobs * sizeof(a->jobs[0]));
	return true;
}

static void *run(void *arg)
{
	struct vmnt_ahead *a = arg;
	struct vmnt_ahead_job job;

	while (take_job(a, &job)) {
		vmnt_reads_warm(a->reads, job.node, job.off, job.len);
		vmnt_names_release(a->reads->names, job.node);
	}
	VU_LOCK(&a->lock);
	a->stopped = true;
	return NULL;
}

int vmnt_ahead_start(struct vmnt_ahead *a, struct vmnt_reads *reads)
{
	int rc;

	memset(a, 0, sizeof(*a));
	a->reads = reads;
	pthread_mutex_init(&a->lock, NULL);
	pthread_cond_init(&a->changed, NULL);
	rc = vu_thread_start(&a->thread, "vdisk-ahead", run, a);
	if (rc < 0) {
		vu_cond_destroy(&a->changed);
		pthread_mutex_destroy(&a->lock);
	}
	return rc;
}

static bool is_queued_locked(const struct vmnt_ahead *a, const struct vmnt_node *n, uint64_t off)
{
	for (unsigned i = 0; i < a->n_jobs; i++)
		if (a->jobs[i].node == n && a->jobs[i].off == off)
			return true;
	return false;
}

static void queue(struct vmnt_ahead *a, struct vmnt_node *node, uint64_t off, size_t len)
{
	bool queued = false;

	vmnt_names_hold(a->reads->names, node);
	pthread_mutex_lock(&a->lock);
	if (!a->stopping && a->n_jobs < VMNT_AHEAD_QUEUE && !is_queued_locked(a, node, off)) {
		a->jobs[a->n_jobs++] = (struct vmnt_ahead_job){ node, off, len };
		pthread_cond_signal(&a->changed);
		queued = true;
	}
	pthread_mutex_unlock(&a->lock);
	if (!queued)
		vmnt_names_release(a->reads->names, node);
}

/* The first regular file with content at or after @i; dir->n when there is none near. */
static uint32_t next_file(const struct vmnt_dir *dir, uint32_t i)
{
	for (uint32_t looked = 0; i < dir->n && looked < LOOK; i++, looked++) {
		const struct vmnt_node *n = vmnt_dir_entry(dir, i);

		if (S_ISREG(n->mode) && n->size > 0)
			return i;
	}
	return dir->n;
}

static struct vmnt_ahead_dir *dir_locked(struct vmnt_ahead *a, const struct vmnt_dir *dir)
{
	struct vmnt_ahead_dir *oldest = &a->dirs[0];

	for (size_t i = 0; i < VMNT_AHEAD_DIRS; i++) {
		if (a->dirs[i].dir == dir)
			return &a->dirs[i];
		if (a->dirs[i].used < oldest->used)
			oldest = &a->dirs[i];
	}
	*oldest = (struct vmnt_ahead_dir){ .dir = dir };
	return oldest;
}

/* Notes that the file at @i was read; the place from which to read ahead, dir->n for none. */
static uint32_t note_file(struct vmnt_ahead *a, const struct vmnt_dir *dir, uint32_t i)
{
	struct vmnt_ahead_dir *ad;
	VU_LOCK(&a->lock);

	ad = dir_locked(a, dir);
	if (ad->used != 0 && i > ad->last && next_file(dir, ad->last + 1) == i) {
		ad->run++;
	} else {
		ad->run = 0;
		ad->queued = 0;
	}
	ad->last = i;
	ad->used = ++a->clock;
	if (ad->run < RUN_NEEDED)
		return dir->n;
	return ad->queued > i ? ad->queued : i + 1;
}

static void note_queued(struct vmnt_ahead *a, const struct vmnt_dir *dir, uint32_t behind)
{
	VU_LOCK(&a->lock);

	for (size_t i = 0; i < VMNT_AHEAD_DIRS; i++)
		if (a->dirs[i].dir == dir)
			a->dirs[i].queued = behind;
}

/* The files after the one just read: as many as are not queued yet of the next FILES. */
static void guess_files(struct vmnt_ahead *a, struct vmnt_node *node)
{
	const struct vmnt_dir *dir = node->in;
	uint32_t at = vmnt_dir_position(dir, vmnt_node_name(node));
	uint32_t from = note_file(a, dir, at), i = at;

	for (int k = 0; k < FILES && from < dir->n; k++) {
		i = next_file(dir, i + 1);
		if (i == dir->n || vmnt_dir_entry(dir, i)->size > VMNT_AHEAD_FILE)
			return;
		if (i < from)
			continue;
		queue(a, vmnt_dir_entry(dir, i), 0, vmnt_dir_entry(dir, i)->size);
		note_queued(a, dir, i + 1);
	}
}

void vmnt_ahead_guess(struct vmnt_ahead *a, const struct vmnt_read *r)
{
	if (r->ahead_len > 0)
		queue(a, r->node, r->ahead_off, r->ahead_len);
	else if (r->is_start && r->node->in != NULL)
		guess_files(a, r->node);
}

void vmnt_ahead_stop(struct vmnt_ahead *a)
{
	VU_LOCK(&a->lock);

	a->stopping = true;
	pthread_cond_signal(&a->changed);
}

bool vmnt_ahead_has_stopped(struct vmnt_ahead *a)
{
	VU_LOCK(&a->lock);

	return a->stopped;
}

void vmnt_ahead_join(struct vmnt_ahead *a)
{
	pthread_join(a->thread, NULL);
	for (unsigned i = 0; i < a->n_jobs; i++)
		vmnt_names_release(a->reads->names, a->jobs[i].node);
	vu_cond_destroy(&a->changed);
	pthread_mutex_destroy(&a->lock);
}
