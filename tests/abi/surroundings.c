/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a process has around it; see surroundings.h.
 */
#include "config.h"

#include "surroundings.h"

#include <check.h>
#include <dirent.h>
#include <errno.h>
#include <fenv.h>
#include <float.h>
#include <locale.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void on_signal(int sig)
{
	(void)sig;
}

static void *end_at_once(void *unused)
{
	return unused;
}

/* With the first thread the C library takes two signals for itself. */
static void have_had_a_thread(void)
{
	pthread_t thread;

	ck_assert_int_eq(pthread_create(&thread, NULL, end_at_once, NULL), 0);
	ck_assert_int_eq(pthread_join(thread, NULL), 0);
}

void surroundings_unusual(void)
{
	struct sigaction action = { .sa_handler = on_signal, .sa_flags = SA_RESTART | SA_NODEFER };
	const struct itimerval hours = { .it_value.tv_sec = 7200, .it_interval.tv_sec = 3600 };
	sigset_t some;

	have_had_a_thread();
	sigemptyset(&some);
	sigaddset(&some, SIGUSR2);
	sigaddset(&some, SIGRTMIN + 3);
	action.sa_mask = some;
	ck_assert_int_eq(sigaction(SIGUSR1, &action, NULL), 0);
	ck_assert_int_eq(sigaction(SIGCHLD, &action, NULL), 0);
	ck_assert_ptr_ne(signal(SIGHUP, SIG_IGN), SIG_ERR);
	ck_assert_int_eq(sigprocmask(SIG_BLOCK, &some, NULL), 0);
	ck_assert_int_eq(setitimer(ITIMER_VIRTUAL, &hours, NULL), 0);
	umask(0137);
	ck_assert_int_eq(chdir("/proc/self/fdinfo"), 0);
	ck_assert_ptr_nonnull(setlocale(LC_ALL, "C.UTF-8"));
	ck_assert_int_eq(setenv("LC_NUMERIC", "de_DE.UTF-8", 1), 0);
	ck_assert_int_eq(fesetround(FE_UPWARD), 0);
	ck_assert_int_eq(prctl(PR_SET_NAME, "unusual"), 0);
	ck_assert_int_eq(prctl(PR_SET_TIMERSLACK, 77777), 0);
}

/* The lines of a file of /proc, without those that change by themselves. */
static void tell_file(FILE *out, const char *path)
{
	static const char *const restless[] = {
		"State:",  "FDSize:", "VmPeak:", "VmSize:", "VmHWM:",         "VmRSS:",
		"RssAnon", "RssFile", "RssShm",  "VmData:", "VmStk:",         "VmExe:",
		"VmLib:",  "VmPTE:",  "VmSwap:", "SigQ:",   "voluntary_ctxt", "nonvoluntary_ctxt"
	};
	FILE *f = fopen(path, "re");
	char line[4096];

	ck_assert_ptr_nonnull(f);
	while (fgets(line, sizeof(line), f) != NULL) {
		bool changes = false;

		for (size_t i = 0; i < COUNT(restless); i++)
			changes |= strncmp(line, restless[i], strlen(restless[i])) == 0;
		if (!changes)
			fprintf(out, "%s: %s", path, line);
	}
	fclose(f);
}

/* What the entries of a directory of /proc are, but for the descriptor that reads it. */
static void tell_entries(FILE *out, const char *path, const char *below)
{
	struct dirent **names;
	int n = scandir(path, &names, NULL, versionsort);

	ck_assert_int_ge(n, 0);
	for (int i = 0; i < n; i++) {
		char file[600], target[4096] = "";
		struct stat st;

		snprintf(file, sizeof(file), "%s/%s%s", path, names[i]->d_name, below);
		if (names[i]->d_name[0] != '.' && lstat(file, &st) == 0) {
			if (readlink(file, target, sizeof(target) - 1) > 0)
				fprintf(out, "%s -> %s\n", file, target);
			else
				tell_file(out, file);
		}
		free(names[i]);
	}
	free(names);
}

/* The C library keeps some for itself; /proc/self/status has those too. */
static void tell_signals(FILE *out)
{
	for (int sig = 1; sig < NSIG; sig++) {
		struct sigaction action;
		uint64_t mask;

		if (sigaction(sig, NULL, &action) != 0)
			continue;
		memcpy(&mask, &action.sa_mask, sizeof(mask));
		fprintf(out, "signal %d: %p, flags %#x, mask %#llx\n", sig,
			(void *)action.sa_handler, (unsigned)action.sa_flags,
			(unsigned long long)mask);
	}
}

static void tell_prctl(FILE *out)
{
	static const struct {
		const char *name;
		int option;
	} options[] = {
		{ "dumpable", PR_GET_DUMPABLE },       { "keepcaps", PR_GET_KEEPCAPS },
		{ "securebits", PR_GET_SECUREBITS },   { "timerslack", PR_GET_TIMERSLACK },
		{ "timing", PR_GET_TIMING },           { "no_new_privs", PR_GET_NO_NEW_PRIVS },
		{ "thp_disable", PR_GET_THP_DISABLE },
	};
	int subreaper = -1, parent_death = -1;

	for (size_t i = 0; i < COUNT(options); i++)
		fprintf(out, "prctl %s: %d\n", options[i].name,
			prctl(options[i].option, 0L, 0L, 0L, 0L));
	prctl(PR_GET_CHILD_SUBREAPER, &subreaper);
	prctl(PR_GET_PDEATHSIG, &parent_death);
	fprintf(out, "prctl child_subreaper: %d\nprctl pdeathsig: %d\n", subreaper, parent_death);
}

static void tell_timers(FILE *out)
{
	for (int which = ITIMER_REAL; which <= ITIMER_PROF; which++) {
		struct itimerval t;

		ck_assert_int_eq(getitimer(which, &t), 0);
		fprintf(out, "timer %d: every %ld s%s\n", which, (long)t.it_interval.tv_sec,
			t.it_value.tv_sec != 0 ? ", running" : "");
	}
}

static void tell_scheduling(FILE *out)
{
	fprintf(out, "priority %d, policy %d, personality %#x\n", getpriority(PRIO_PROCESS, 0),
		sched_getscheduler(0), (unsigned)personality(0xffffffff));
	fprintf(out, "session %d, group %d\n", (int)getsid(0), (int)getpgrp());
	tell_file(out, "/proc/self/oom_score_adj");
	tell_file(out, "/proc/self/coredump_filter");
}

/* A library that was built for speed alone may have numbers near zero become zero. */
static void tell_floats(FILE *out)
{
	volatile double tiny = DBL_MIN;

	tiny /= 4;
	fprintf(out, "rounding %d, exceptions %#x, smallest numbers %s\n", fegetround(),
		(unsigned)fegetexcept(), tiny != 0 ? "kept" : "lost");
}

static void tell_language(FILE *out)
{
	for (int category = 0; category <= LC_ALL; category++)
		fprintf(out, "locale %d: %s\n", category, setlocale(category, NULL));
	fprintf(out, "locale of the thread: %p\n", (void *)uselocale(NULL));
	for (char **e = environ; *e != NULL; e++)
		fprintf(out, "environment: %s\n", *e);
}

static void tell_rest(FILE *out)
{
	char *cwd = getcwd(NULL, 0);
	stack_t stack;
	siginfo_t info;

	ck_assert_int_eq(sigaltstack(NULL, &stack), 0);
	errno = 0;
	fprintf(out, "directory: %s\n", cwd);
	fprintf(out, "signal stack: %p, %#x\n", stack.ss_sp, (unsigned)stack.ss_flags);
	fprintf(out, "children: %s\n",
		waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) != 0 && errno == ECHILD
			? "none"
			: "some");
	fprintf(out, "options: %d, %d\n", optind, opterr);
	free(cwd);
}

char *surroundings_tell(void)
{
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);

	ck_assert_ptr_nonnull(out);
	tell_file(out, "/proc/self/status");
	tell_file(out, "/proc/self/limits");
	tell_entries(out, "/proc/self/task", "/comm");
	tell_entries(out, "/proc/self/fd", "");
	tell_signals(out);
	tell_prctl(out);
	tell_timers(out);
	tell_scheduling(out);
	tell_floats(out);
	tell_language(out);
	tell_rest(out);
	ck_assert_int_eq(fclose(out), 0);
	return text;
}

static int line_len(const char *s)
{
	return (int)strcspn(s, "\n");
}

void surroundings_are(const char *before, const char *when)
{
	char *now = surroundings_tell();
	const char *a = before, *b = now;

	while (*a != '\0' && line_len(a) == line_len(b) &&
	       strncmp(a, b, (size_t)line_len(a)) == 0) {
		a += line_len(a) + (a[line_len(a)] == '\n');
		b += line_len(b) + (b[line_len(b)] == '\n');
	}
	ck_assert_msg(*a == '\0' && *b == '\0', "%s: \"%.*s\" was \"%.*s\"", when, line_len(b), b,
		      line_len(a), a);
	free(now);
}
