/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Keeping memory bounded; see trim.h.
 */
#include "config.h"

#include "trim.h"

#include <stdlib.h>
#include <string.h>

#include "../../common/bytes.h"
#include "../../common/cleanup.h"
#include "../../common/forks.h"
#include "../../common/log.h"
#include "../../common/mountinfo.h"
#include "../../common/osutil.h"
#include "../../common/thread.h"

/* Between rounds: the kernel needs time to give up what it was asked for, and what is in use will
 * be so for a while. */
#define PAUSE_MS     50
#define MAX_PAUSE_MS 10000

static bool is_full_locked(const struct vmnt_trim *tr)
{
	return tr->names->entries > tr->names->max_entries;
}

/* How many entries are too many; some more than that, so that not every load starts a round. */
static size_t surplus(struct vmnt_trim *tr)
{
	size_t goal = tr->names->max_entries / 8 * 7;
	VU_LOCK(&tr->names->lock);

	return tr->stopping || tr->names->entries <= goal ? 0 : tr->names->entries - goal;
}

static bool has_mounts_below(const char *dir)
{
	struct vu_mounted *m = NULL;
	size_t n = 0;
	bool found = false;

	if (vu_mountinfo_below(dir, &m, &n) < 0)
		return true;
	for (size_t i = 0; i < n; i++)
		found = found || strcmp(m[i].point, dir) != 0;
	vu_mountinfo_free(m, n);
	return found;
}

/* Each directory at most once. */
static void run_round(struct vmnt_trim *tr)
{
	size_t turns = vmnt_names_count_pinned(tr->names), asked = 0, goal = surplus(tr);
	struct vmnt_victim v;
	int rc = 0;

	if (has_mounts_below(tr->dir)) {
		VU_DBG("fuse", "%s: nothing is given up while something is mounted in it", tr->dir);
		return;
	}
	while (turns-- > 0 && rc >= 0 && asked < goal) {
		rc = vmnt_names_next_victim(tr->names, &v);
		if (rc <= 0)
			continue;
		fuse_lowlevel_notify_inval_entry(tr->se, v.parent, v.name, strlen(v.name));
		asked += v.n;
	}
	VU_DBG("fuse", "asked the kernel to give up %zu entries of %zu", asked, goal);
}

/* false: stop */
static bool wait_until_locked(struct vmnt_trim *tr, uint64_t time_ms)
{
	while (!tr->stopping && vu_now_ms() < time_ms)
		vu_cond_wait_until(&tr->stop, &tr->names->lock, time_ms);
	return !tr->stopping;
}

/* Not before @time_ms, and when there is a reason for a round.  false: stop. */
static bool wait_until_full(struct vmnt_trim *tr, uint64_t time_ms)
{
	VU_LOCK(&tr->names->lock);

	if (!wait_until_locked(tr, time_ms))
		return false;
	while (!tr->stopping && !is_full_locked(tr))
		pthread_cond_wait(&tr->names->full, &tr->names->lock);
	return !tr->stopping;
}

static bool wait_until(struct vmnt_trim *tr, uint64_t time_ms)
{
	VU_LOCK(&tr->names->lock);

	return wait_until_locked(tr, time_ms);
}

static void *run(void *arg)
{
	struct vmnt_trim *tr = arg;
	uint64_t next_ms = 0, pause_ms = PAUSE_MS;

	while (wait_until_full(tr, next_ms)) {
		size_t before = surplus(tr);

		run_round(tr);
		if (!wait_until(tr, vu_now_ms() + PAUSE_MS))
			break;
		if (surplus(tr) < before)
			pause_ms = PAUSE_MS;
		else
			pause_ms = vu_min(2 * pause_ms, MAX_PAUSE_MS);
		next_ms = vu_now_ms() + pause_ms - PAUSE_MS;
	}
	VU_LOCK(&tr->names->lock);
	tr->stopped = true;
	return NULL;
}

int vmnt_trim_start(struct vmnt_trim *tr, struct vmnt_names *names, struct fuse_session *se,
		    const char *dir)
{
	int rc;

	*tr = (struct vmnt_trim){ .names = names, .se = se, .dir = dir };
	vu_cond_init_monotonic(&tr->stop);
	rc = vu_thread_start(&tr->thread, "vdisk-trim", run, tr);
	if (rc < 0)
		vu_cond_destroy(&tr->stop);
	return rc;
}

void vmnt_trim_stop(struct vmnt_trim *tr)
{
	VU_LOCK(&tr->names->lock);

	tr->stopping = true;
	pthread_cond_signal(&tr->stop);
	pthread_cond_signal(&tr->names->full);
}

bool vmnt_trim_has_stopped(struct vmnt_trim *tr)
{
	VU_LOCK(&tr->names->lock);

	return tr->stopped;
}

void vmnt_trim_join(struct vmnt_trim *tr)
{
	pthread_join(tr->thread, NULL);
	vu_cond_destroy(&tr->stop);
}
