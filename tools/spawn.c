/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Starting a holder and waiting for it.
 */
#include "config.h"

#include "holder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../common/alloc.h"
#include "../common/cleanup.h"
#include "../common/osutil.h"
#include "message.h"

#define TICK_MS    200
#define REPORT_MAX 8192 /* bytes of one line */

/* The report: lines of messages, then one of these. */
struct outcome {
	bool ended; /* the holder has said all it will say */
	bool is_ready;
	enum vdt_exit code;
};

static volatile sig_atomic_t interrupted;

static void on_signal(int sig)
{
	interrupted = sig;
}

static void catch_signals(struct sigaction before[2])
{
	struct sigaction sa = { .sa_handler = on_signal };

	interrupted = 0;
	sigaction(SIGINT, &sa, &before[0]);
	sigaction(SIGTERM, &sa, &before[1]);
}

static void release_signals(const struct sigaction before[2])
{
	sigaction(SIGINT, &before[0], NULL);
	sigaction(SIGTERM, &before[1], NULL);
}

static bool report(int fd, const char *what, enum vdt_exit code)
{
	return dprintf(fd, "{\"outcome\":\"%s\",\"exit\":%d}\n", what, (int)code) > 0;
}

/* From now on what the holder says goes to its log.  Where nobody waits any more, nobody would know
 * of the mount. */
static bool report_ready(const struct vdt_entry *e, enum vdt_exit code, void *ctx)
{
	int *fd = ctx;
	bool heard;

	(void)e;
	vdt_message_redirect(-1);
	heard = report(*fd, "ready", code);
	close(*fd);
	*fd = -1;
	return heard;
}

/* What the caller had open is not for us to keep: locks, pipes that somebody waits for the end of. */
static void close_others(int keep, int keep_too)
{
	VU_AUTO(closedir) DIR *d = opendir("/proc/self/fd");
	struct dirent *de;

	while (d != NULL && (de = readdir(d)) != NULL) {
		int fd = de->d_name[0] != '.' ? atoi(de->d_name) : -1;

		if (fd > STDERR_FILENO && fd != keep && fd != keep_too && fd != dirfd(d))
			close(fd);
	}
}

static void detach_from_caller(const struct vdt_entry *e, int report_fd)
{
	VU_AUTO(free) char *log = vdt_entry_path(e, "log");
	int null, out;

	close_others(e->lock_fd, report_fd);
	null = vu_open("/dev/null", O_RDWR, 0);
	out = log != NULL ? vu_open(log, O_WRONLY | O_CREAT | O_APPEND, 0600) : -1;
	dup2(null, STDIN_FILENO);
	dup2(out >= 0 ? out : null, STDOUT_FILENO);
	dup2(out >= 0 ? out : null, STDERR_FILENO);
	close(null);
	if (out >= 0)
		close(out);
	if (chdir("/") < 0)
		_exit(VDT_FAILED);
	signal(SIGPIPE, SIG_IGN); /* the caller may die while we start */
	prctl(PR_SET_NAME, "vdmount-holder");
}

/* What goes wrong with state.json is told when there is more to write. */
__attribute__((noreturn)) static void be_holder(const struct vdt_mount_args *args,
						struct vdt_entry *e, int report_fd)
{
	enum vdt_exit code;
	pid_t pid;

	setsid();
	pid = fork();
	if (pid != 0) { /* the second child belongs to init */
		if (pid > 0)
			dprintf(report_fd, "{\"pid\":%d}\n", (int)pid);
		_exit(VDT_OK);
	}
	detach_from_caller(e, report_fd);
	e->pid = getpid();
	(void)vdt_entry_save(e);
	vdt_message_redirect(report_fd);
	code = vdt_hold(args, e, report_ready, &report_fd);
	if (report_fd >= 0)
		report(report_fd, "failed", code);
	_exit(code);
}

static void take_line(char *line, struct vdt_entry *e, struct outcome *out)
{
	json_t *o = json_loads(line, 0, NULL);
	const char *what;
	int number;

	if (json_unpack(o, "{s:i}", "pid", &number) == 0) {
		e->pid = number;
	} else if (json_unpack(o, "{s:s, s:i}", "outcome", &what, "exit", &number) == 0) {
		out->ended = true;
		out->is_ready = strcmp(what, "ready") == 0;
		out->code = (enum vdt_exit)number;
	} else {
		vdt_message_replay(line);
	}
	json_decref(o);
}

/* What has come of the report and is no whole line yet. */
struct report_buffer {
	char text[REPORT_MAX];
	size_t len;
};

static void take_lines(struct report_buffer *b, struct vdt_entry *e, struct outcome *out)
{
	char *line = b->text, *end;

	while (!out->ended &&
	       (end = memchr(line, '\n', b->len - (size_t)(line - b->text))) != NULL) {
		*end = '\0';
		take_line(line, e, out);
		line = end + 1;
	}
	b->len -= (size_t)(line - b->text);
	memmove(b->text, line, b->len);
}

static void take_report(int fd, struct report_buffer *b, struct vdt_entry *e, struct outcome *out)
{
	ssize_t n = read(fd, b->text + b->len, sizeof(b->text) - b->len);

	if (n > 0) {
		b->len += (size_t)n;
		take_lines(b, e, out);
	} else if (n == 0 || errno != EINTR) {
		vdt_error(VDT_BACKEND, "cannot mount %s: the process that was to hold it died",
			  e->sources[0]);
		out->ended = true;
	}
}

static void show_progress(uint64_t start)
{
	unsigned seconds = (unsigned)((vu_now_ms() - start) / 1000);

	if (seconds >= 1)
		vdt_progress("starting the virtual machine that reads the disk, %u s", seconds);
}

/* Until the holder is ready or has failed, time is up, or the user had enough. */
static struct outcome wait_for_report(int fd, struct vdt_entry *e, unsigned timeout_ms)
{
	struct outcome out = { .code = VDT_BACKEND };
	struct pollfd pfd = { .fd = fd, .events = POLLIN };
	struct report_buffer buffer = { .len = 0 };
	uint64_t start = vu_now_ms();

	take_report(fd, &buffer, e, &out); /* its pid is there already: whom to end */
	while (!out.ended && !interrupted) {
		if (timeout_ms != 0 && vu_now_ms() - start > timeout_ms) {
			vdt_error(VDT_TIMEOUT, "cannot mount %s: not ready after %u s",
				  e->sources[0], timeout_ms / 1000);
			out.code = VDT_TIMEOUT;
			return out;
		}
		if (poll(&pfd, 1, TICK_MS) > 0)
			take_report(fd, &buffer, e, &out);
		else
			show_progress(start);
	}
	vdt_progress(NULL);
	if (interrupted)
		out.code = interrupted == SIGINT ? VDT_INTERRUPTED : VDT_TERMINATED;
	return out;
}

static void give_up(struct vdt_entry *e)
{
	VU_AUTO(free) char *root = NULL;

	if (vdt_state_root(&root) == 0)
		vdt_holder_kill(e, root);
}

enum vdt_exit vdt_holder_spawn(const struct vdt_mount_args *args, struct vdt_entry *e,
			       unsigned timeout_ms)
{
	struct sigaction before[2];
	struct outcome out;
	int fds[2];
	pid_t child;

	if (pipe2(fds, O_CLOEXEC) < 0 || (child = fork()) < 0) {
		vdt_error(VDT_FAILED, "cannot start a process: %s", strerror(errno));
		return VDT_FAILED;
	}
	if (child == 0) {
		close(fds[0]);
		be_holder(args, e, fds[1]);
	}
	close(fds[1]);
	vdt_login_forget(args->login); /* the holder has it now */
	vdt_secret_forget();
	close(e->lock_fd); /* and this */
	e->lock_fd = -1;
	catch_signals(before);
	while (waitpid(child, NULL, 0) < 0 && errno == EINTR)
		;
	out = wait_for_report(fds[0], e, timeout_ms);
	close(fds[0]);
	release_signals(before);
	if (out.is_ready)
		(void)vdt_entry_reload(e);
	else if (!out.ended)
		give_up(e);
	else
		vdt_holder_wait(e, 10000);
	return out.code;
}
