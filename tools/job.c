/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Long operations; see job.h.
 */
#include "config.h"

#include "job.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "../common/cleanup.h"
#include "../common/log.h"
#include "message.h"
#include "report.h"
#include "size.h"

#define BAR_CELLS   24
#define REDRAW_MS   100u  /* on a terminal */
#define LINE_MS     1000u /* elsewhere */
#define LEFT_MIN_MS 2000u /* before that, how long it will take is a guess */

static struct {
	struct vdt_job_options how;
	const char *verb;
	char object[256];
	bool has_thread;
	pthread_t signals;
	sigset_t taken, before;
	uint64_t begun_ms, drawn_ms;
	int told;               /* percent, to how.fd and in lines; -1: none yet */
	atomic_int permille;    /* how far */
	_Atomic uint64_t bytes; /* that are done; counts where the total is unknown */
	atomic_bool has_no_total;
	atomic_int cancelled; /* by which signal; 0: not */
	atomic_bool is_over;
	pthread_mutex_t screen; /* held while something is printed */
} job = { .screen = PTHREAD_MUTEX_INITIALIZER };

static uint64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

bool vdt_take_progress(const char *value, void *ctx)
{
	struct vdt_job_options *how = ctx;
	char *end;
	long fd;

	if (value == NULL) {
		how->shown = true;
		return true;
	}
	fd = strtol(value, &end, 10);
	if (*value < '0' || *value > '9' || *end != '\0' || fd > 0xffff ||
	    fcntl((int)fd, F_GETFD) < 0)
		return false;
	how->fd = (int)fd;
	return true;
}

/* "0:42", "1:02:03" */
static void format_time(uint64_t ms, char *buf, size_t size)
{
	unsigned long s = (unsigned long)(ms / 1000);

	if (s >= 3600)
		snprintf(buf, size, "%lu:%02lu:%02lu", s / 3600, s / 60 % 60, s % 60);
	else
		snprintf(buf, size, "%lu:%02lu", s / 60, s % 60);
}

/* "412 MiB, 0:12 so far" */
static void format_bytes(const char *so_far, char *buf, size_t size)
{
	char bytes[32];

	vdt_size_long(atomic_load(&job.bytes), bytes, sizeof(bytes));
	snprintf(buf, size, "%s, %s so far", bytes, so_far);
}

/* "42%, 0:12 so far, 0:17 left" */
static void format_state(char *buf, size_t size)
{
	int permille = atomic_load(&job.permille);
	uint64_t ms = now_ms() - job.begun_ms;
	char so_far[32], left[32];

	format_time(ms, so_far, sizeof(so_far));
	if (job.has_no_total) {
		format_bytes(so_far, buf, size);
		return;
	}
	if (permille == 0 || permille == 1000 || ms < LEFT_MIN_MS) {
		snprintf(buf, size, "%d%%, %s so far", permille / 10, so_far);
		return;
	}
	format_time(ms * (unsigned)(1000 - permille) / (unsigned)permille, left, sizeof(left));
	snprintf(buf, size, "%d%%, %s so far, %s left", permille / 10, so_far, left);
}

static void tell_state(void)
{
	char text[96];

	format_state(text, sizeof(text));
	vdt_note("%s %s: %s", job.verb, job.object, text);
}

static void cancel(int sig)
{
	if (atomic_exchange(&job.cancelled, sig) == 0)
		vdt_note("cancelling: what was begun is being cleaned up");
}

static void *take_signals(void *arg)
{
	int sig;

	(void)arg;
	while (sigwait(&job.taken, &sig) == 0 && !atomic_load(&job.is_over)) {
		VU_LOCK(&job.screen);

		if (sig == SIGUSR1)
			tell_state();
		else
			cancel(sig);
	}
	return NULL;
}

static void tell_fd(int percent)
{
	if (job.how.fd >= 0 && percent != job.told)
		dprintf(job.how.fd, "%d/100\n", percent);
}

static void draw_bar(void)
{
	int filled = atomic_load(&job.permille) * BAR_CELLS / 1000;
	char bar[BAR_CELLS + 1], text[96];

	memset(bar, '#', (size_t)filled);
	memset(bar + filled, '.', (size_t)(BAR_CELLS - filled));
	bar[BAR_CELLS] = '\0';
	format_state(text, sizeof(text));
	if (job.has_no_total)
		vdt_progress("%s %.28s: %s", job.verb, job.object, text);
	else
		vdt_progress("%s %.28s [%s] %s", job.verb, job.object, bar, text);
}

/* People who asked for it in a log get a line for each percent, and not too many. */
static void draw_line(int percent)
{
	if (percent != job.told)
		tell_state();
}

static void draw(int percent)
{
	bool is_terminal = isatty(STDERR_FILENO);
	uint64_t now = now_ms();

	if (job.how.quiet || (!is_terminal && !job.how.shown))
		return;
	if (now - job.drawn_ms < (is_terminal ? REDRAW_MS : LINE_MS) && percent < 100)
		return;
	job.drawn_ms = now;
	VU_LOCK(&job.screen);
	if (is_terminal)
		draw_bar();
	else
		draw_line(percent);
}

bool vdt_job_is_wanted(void)
{
	return atomic_load(&job.cancelled) == 0;
}

static bool advance(int permille)
{
	int percent = permille / 10;

	atomic_store(&job.permille, permille);
	draw(percent);
	tell_fd(percent);
	job.told = percent;
	return vdt_job_is_wanted();
}

Bool vdt_job_progress(void *data, int percent)
{
	bool is_first = job.told < 0;

	(void)data;
	return advance(percent * 10) || is_first; /* FALSE counts after a TRUE only */
}

bool vdt_job_at(uint64_t done, uint64_t total)
{
	atomic_store(&job.bytes, done);
	job.has_no_total = total == 0;
	return advance(total > 0 ? (int)((double)done / (double)total * 1000) : 0);
}

/* Shells have jobs in the background ignore Ctrl-C. */
static void take_unless_ignored(int sig)
{
	struct sigaction was;

	if (sigaction(sig, NULL, &was) == 0 && was.sa_handler != SIG_IGN)
		sigaddset(&job.taken, sig);
}

void vdt_job_begin(const struct vdt_job_options *how, const char *verb, const char *object)
{
	job.how = *how;
	job.verb = verb;
	snprintf(job.object, sizeof(job.object), "%s", vu_log_quote(object));
	job.begun_ms = now_ms();
	job.drawn_ms = 0;
	job.told = -1;
	job.has_no_total = false;
	atomic_store(&job.bytes, 0);
	atomic_store(&job.permille, 0);
	atomic_store(&job.cancelled, 0);
	atomic_store(&job.is_over, false);
	sigemptyset(&job.taken);
	sigaddset(&job.taken, SIGUSR1);
	if (!how->may_die) {
		take_unless_ignored(SIGINT);
		take_unless_ignored(SIGTERM);
	}
	pthread_sigmask(SIG_BLOCK, &job.taken, &job.before);
	job.has_thread = pthread_create(&job.signals, NULL, take_signals, NULL) == 0;
}

void vdt_job_finish(void)
{
	vdt_progress(NULL);
	if (job.has_thread) {
		atomic_store(&job.is_over, true);
		pthread_kill(job.signals, SIGUSR1); /* to wake it */
		pthread_join(job.signals, NULL);
	}
	pthread_sigmask(SIG_SETMASK, &job.before, NULL);
}

enum vdt_exit vdt_job_end(VixError err, const char *fmt, ...)
{
	VU_AUTO(free) char *what = NULL;
	int sig = atomic_load(&job.cancelled);
	va_list ap;

	vdt_job_finish();
	if (err == VIX_OK)
		return VDT_OK;
	va_start(ap, fmt);
	if (vasprintf(&what, fmt, ap) < 0)
		what = NULL;
	va_end(ap);
	if (err == VIX_E_CANCELLED && sig != 0) {
		enum vdt_exit code = sig == SIGINT ? VDT_INTERRUPTED : VDT_TERMINATED;

		free(vdt_lib_take());
		vdt_error(code, "%s: cancelled", what != NULL ? what : "failed");
		return code;
	}
	return vdt_report(err, "%s", what != NULL ? what : "failed");
}
