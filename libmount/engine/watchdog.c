/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Finds the virtual machine that libguestfs started, and kills it when it stands still; see
 * watchdog.h.
 */
#include "config.h"

#include "watchdog.h"

#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "../../common/cleanup.h"
#include "../../common/forks.h"
#include "../../common/osutil.h"
#include "../../common/thread.h"
#include "sockdir.h"

#define POLL_MS     50
#define CMDLINE_MAX (1u << 20) /* bytes of a command line that are looked at */

struct vmnt_watchdog {
	pthread_t thread;
	pthread_mutex_t lock; /* guards stopping */
	pthread_cond_t wake;
	bool stopping;
	const char *mark;
	struct vmnt_console *console;
	struct vmnt_watch_limits limits;
	enum vmnt_watch_verdict verdict; /* the thread's until it is joined */
};

static bool is_our_program(pid_t pid)
{
	char path[64];
	struct stat its, ours;

	snprintf(path, sizeof(path), "/proc/%d/exe", (int)pid);
	return stat(path, &its) == 0 && stat("/proc/self/exe", &ours) == 0 &&
	       its.st_dev == ours.st_dev && its.st_ino == ours.st_ino;
}

static bool is_marked(pid_t pid, const char *mark)
{
	VU_AUTO(free) char *text = NULL;
	char path[64];
	size_t len;

	snprintf(path, sizeof(path), "/proc/%d/cmdline", (int)pid);
	return vu_read_file(path, CMDLINE_MAX, &text, &len) == 0 &&
	       memmem(text, len, mark, strlen(mark)) != NULL && !is_our_program(pid);
}

/* A marked child among those that the thread @tid of ours has started; 0: none. */
static pid_t find_child_of_thread(const char *tid, const char *mark)
{
	VU_AUTO(free) char *text = NULL;
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/task/%.20s/children", tid);
	if (vu_read_file(path, CMDLINE_MAX, &text, NULL) < 0)
		return 0;
	for (char *p = text, *end; *p != '\0'; p = end) {
		pid_t pid = (pid_t)strtol(p, &end, 10);

		if (end == p)
			break;
		if (is_marked(pid, mark))
			return pid;
		end += strspn(end, " \n");
	}
	return 0;
}

pid_t vmnt_child_find(const char *mark)
{
	VU_AUTO(closedir) DIR *tasks = opendir("/proc/self/task");
	const struct dirent *d;
	pid_t pid = 0;

	while (pid == 0 && tasks != NULL && (d = readdir(tasks)) != NULL)
		if (d->d_name[0] != '.')
			pid = find_child_of_thread(d->d_name, mark);
	return pid;
}

bool vmnt_child_kill(pid_t pid, const char *mark)
{
	VU_AUTO(close) int fd = (int)syscall(SYS_pidfd_open, pid, 0);
	bool is_old_kernel = fd < 0 && errno == ENOSYS;

	/* Looked at again, now that the number can't be given to another process. */
	if ((fd < 0 && !is_old_kernel) || !is_marked(pid, mark))
		return false;
	if (is_old_kernel)
		return kill(pid, SIGKILL) == 0;
	return syscall(SYS_pidfd_send_signal, fd, SIGKILL, NULL, 0) == 0;
}

/* Sleeps one poll interval.  Return: false when it is time to stop. */
static bool wait_a_little(struct vmnt_watchdog *w)
{
	uint64_t deadline = vu_now_ms() + POLL_MS;
	VU_LOCK(&w->lock);

	while (!w->stopping && vu_cond_wait_until(&w->wake, &w->lock, deadline) != ETIMEDOUT)
		;
	return !w->stopping;
}

/* What is to be done with a machine that has run for @ms. */
static enum vmnt_watch_verdict judge(const struct vmnt_watchdog *w, uint64_t ms)
{
	if (w->limits.life_ms != 0 && ms >= w->limits.life_ms && !atomic_load(&w->console->alive))
		return VMNT_WATCH_LIFELESS;
	if (w->limits.up_ms != 0 && ms >= w->limits.up_ms)
		return VMNT_WATCH_TOO_LONG;
	return VMNT_WATCH_SEEN;
}

static void *watch(void *arg)
{
	struct vmnt_watchdog *w = arg;
	pid_t pid = 0;
	uint64_t since;

	while (pid == 0 && wait_a_little(w))
		pid = vmnt_child_find(w->mark);
	since = vu_now_ms();
	if (pid != 0) {
		w->verdict = VMNT_WATCH_SEEN;
		vmnt_sockdir_note(pid, w->mark);
	}
	while (w->verdict == VMNT_WATCH_SEEN && wait_a_little(w))
		w->verdict = judge(w, vu_now_ms() - since);
	if (w->verdict > VMNT_WATCH_SEEN && !vmnt_child_kill(pid, w->mark))
		w->verdict = VMNT_WATCH_SEEN; /* it has just ended by itself */
	return NULL;
}

static void free_watchdog(struct vmnt_watchdog *w)
{
	vu_cond_destroy(&w->wake);
	pthread_mutex_destroy(&w->lock);
	free(w);
}

VixError vmnt_watchdog_start(const char *mark, struct vmnt_console *console,
			     struct vmnt_watch_limits limits, struct vmnt_watchdog **w_out)
{
	struct vmnt_watchdog *w = calloc(1, sizeof(*w));

	*w_out = NULL;
	if (w == NULL)
		return VIX_E_OUT_OF_MEMORY;
	w->mark = mark;
	w->console = console;
	w->limits = limits;
	w->verdict = VMNT_WATCH_NOT_SEEN;
	pthread_mutex_init(&w->lock, NULL);
	vu_cond_init_monotonic(&w->wake);
	if (vu_thread_start(&w->thread, "vdisk-watch", watch, w) < 0) {
		free_watchdog(w);
		return VIX_E_OUT_OF_MEMORY;
	}
	*w_out = w;
	return VIX_OK;
}

enum vmnt_watch_verdict vmnt_watchdog_stop(struct vmnt_watchdog *w)
{
	enum vmnt_watch_verdict verdict;

	{
		VU_LOCK(&w->lock);
		w->stopping = true;
		pthread_cond_signal(&w->wake);
	}
	pthread_join(w->thread, NULL);
	verdict = w->verdict;
	free_watchdog(w);
	return verdict;
}
