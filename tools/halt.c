/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Being told to end while a virtual machine starts; see halt.h.
 *
 *	begin -> waiting --signal--> killing --started()--> leaving --end()--> over
 *	                                 \----- VDT_HALT_MS -----/---> _exit()
 */
#include "config.h"

#include "halt.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../common/cleanup.h"
#include "../common/osutil.h"
#include "../common/thread.h"
#include "message.h"

#define TICK_US      20000
#define CHILDREN_MAX 65536u /* bytes of a list of numbers */

static const int signals[] = { SIGINT, SIGTERM, SIGHUP };

#define N_SIGNALS (sizeof(signals) / sizeof(signals[0]))

static struct {
	bool is_on;
	pthread_t thread;
	int wake[2]; /* a pipe: handlers may write to it */
	struct sigaction before[N_SIGNALS];
	atomic_int sig; /* the first that came */
	atomic_bool has_started, is_over;
} halt;

/* Nobody is killed after the start has ended: what runs then cleans up. */
static pthread_mutex_t killing = PTHREAD_MUTEX_INITIALIZER;

static void on_signal(int sig)
{
	int none = 0, keep = errno;
	ssize_t n = 1;

	if (atomic_compare_exchange_strong(&halt.sig, &none, sig))
		n = write(halt.wake[1], "", 1); /* an empty pipe takes it */
	(void)n;
	errno = keep;
}

/* It ends soon by itself; killed, it may leave a mount that nobody serves. */
static bool is_mounting(pid_t pid)
{
	VU_AUTO(free) char *name = vu_process_name(pid);

	return name != NULL && strcmp(name, "fusermount3") == 0;
}

/* Those that a thread of ours has started.  A number that has become free just now is not given to
 * somebody else before all the others were. */
static void kill_children_of(const char *tid)
{
	VU_AUTO(free) char *text = NULL;
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/task/%.20s/children", tid);
	if (vu_read_file(path, CHILDREN_MAX, &text, NULL) < 0)
		return;
	for (char *p = text, *end; *p != '\0'; p = end) {
		pid_t pid = (pid_t)strtol(p, &end, 10);

		if (end == p)
			break;
		if (pid > 0 && !is_mounting(pid))
			kill(pid, SIGKILL);
		end += strspn(end, " \n");
	}
}

static void kill_children(void)
{
	VU_AUTO(closedir) DIR *tasks = opendir("/proc/self/task");
	const struct dirent *d;

	while (tasks != NULL && (d = readdir(tasks)) != NULL)
		if (d->d_name[0] != '.')
			kill_children_of(d->d_name);
}

static void kill_unless_started(void)
{
	VU_LOCK(&killing);

	if (!atomic_load(&halt.has_started))
		kill_children();
}

static void *watch(void *arg)
{
	char byte;
	uint64_t end;

	(void)arg;
	do { /* a child that is about to exec may write, too */
		if (read(halt.wake[0], &byte, 1) != 1)
			return NULL;
	} while (atomic_load(&halt.sig) == 0 && !atomic_load(&halt.is_over));
	if (atomic_load(&halt.sig) == 0)
		return NULL;
	vdt_note("cancelling: what was begun is being cleaned up");
	end = vu_now_ms() + VDT_HALT_MS;
	while (!atomic_load(&halt.is_over)) {
		if (vu_now_ms() >= end)
			_exit(vdt_halt_exit(VDT_FAILED));
		kill_unless_started();
		usleep(TICK_US);
	}
	return NULL;
}

static void take_signals(void)
{
	struct sigaction note = { .sa_handler = on_signal, .sa_flags = SA_RESTART };

	for (size_t i = 0; i < N_SIGNALS; i++) {
		sigaction(signals[i], NULL, &halt.before[i]);
		if (halt.before[i].sa_handler != SIG_IGN)
			sigaction(signals[i], &note, NULL);
	}
}

void vdt_halt_begin(void)
{
	atomic_store(&halt.sig, 0);
	atomic_store(&halt.has_started, false);
	atomic_store(&halt.is_over, false);
	if (pipe2(halt.wake, O_CLOEXEC) < 0)
		return;
	if (vu_thread_start(&halt.thread, "vdmount-halt", watch, NULL) < 0) {
		close(halt.wake[0]);
		close(halt.wake[1]);
		return;
	}
	halt.is_on = true;
	take_signals();
}

int vdt_halt_started(void)
{
	VU_LOCK(&killing);

	atomic_store(&halt.has_started, true);
	return atomic_load(&halt.sig);
}

int vdt_halt_end(void)
{
	ssize_t n;

	if (!halt.is_on)
		return atomic_load(&halt.sig);
	for (size_t i = 0; i < N_SIGNALS; i++)
		sigaction(signals[i], &halt.before[i], NULL);
	atomic_store(&halt.is_over, true);
	n = write(halt.wake[1], "", 1); /* there is room, for two in all */
	(void)n;
	pthread_join(halt.thread, NULL);
	close(halt.wake[0]);
	close(halt.wake[1]);
	halt.is_on = false;
	return atomic_load(&halt.sig);
}

enum vdt_exit vdt_halt_exit(enum vdt_exit code)
{
	int sig = atomic_load(&halt.sig);

	if (sig == 0)
		return code;
	return sig == SIGINT ? VDT_INTERRUPTED : VDT_TERMINATED;
}
