/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Asking without showing the answer; see prompt.h.
 *
 * 1. From before the terminal is changed until it is as it was, signals that end or stop the
 *    process are only noted, and only while it waits; they are raised again after that.
 */
#include "config.h"

#include "prompt.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "../common/cleanup.h"
#include "../common/osutil.h"

static const int signals[] = { SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGTSTP };

#define N_SIGNALS (sizeof(signals) / sizeof(signals[0]))

static volatile sig_atomic_t caught;

struct asking {
	int tty;
	struct termios was_tty;
	struct sigaction was[N_SIGNALS];
	sigset_t was_blocked;
};

static void on_signal(int sig)
{
	caught = sig;
}

/* What is ignored stays so. */
static void take_signals(struct asking *a)
{
	const struct sigaction note = { .sa_handler = on_signal };
	sigset_t ours;

	caught = 0;
	sigemptyset(&ours);
	for (size_t i = 0; i < N_SIGNALS; i++)
		sigaddset(&ours, signals[i]);
	sigprocmask(SIG_BLOCK, &ours, &a->was_blocked);
	for (size_t i = 0; i < N_SIGNALS; i++) {
		sigaction(signals[i], NULL, &a->was[i]);
		if (a->was[i].sa_handler != SIG_IGN)
			sigaction(signals[i], &note, NULL);
	}
}

static void give_signals_back(const struct asking *a)
{
	for (size_t i = 0; i < N_SIGNALS; i++)
		sigaction(signals[i], &a->was[i], NULL);
	sigprocmask(SIG_SETMASK, &a->was_blocked, NULL);
}

static int hide(struct asking *a)
{
	struct termios quiet;

	if (tcgetattr(a->tty, &a->was_tty) < 0)
		return -errno;
	quiet = a->was_tty;
	quiet.c_lflag &= ~(tcflag_t)ECHO;
	quiet.c_lflag |= ICANON | ECHONL;
	return tcsetattr(a->tty, TCSAFLUSH, &quiet) < 0 ? -errno : 0;
}

/* A terminal gives a whole line at a time. */
static int read_answer(const struct asking *a, char *buf, size_t size)
{
	struct pollfd pfd = { .fd = a->tty, .events = POLLIN };
	ssize_t n;

	if (ppoll(&pfd, 1, NULL, &a->was_blocked) < 0)
		return -errno;
	n = read(a->tty, buf, size);
	if (n < 0)
		return -errno;
	if (n == 0 || buf[0] == '\n')
		return -ENODATA;
	if (buf[n - 1] != '\n')
		return -EMSGSIZE;
	buf[n - 1] = '\0';
	return 0;
}

static int ask(struct asking *a, const char *question, char *buf, size_t size)
{
	int err = hide(a);

	if (err < 0)
		return err;
	err = vu_write_full(a->tty, question, strlen(question));
	if (err == 0)
		err = read_answer(a, buf, size);
	tcsetattr(a->tty, TCSANOW, &a->was_tty);
	return err;
}

int vdt_prompt(const char *question, char *buf, size_t size)
{
	VU_AUTO(close) int tty = vu_open("/dev/tty", O_RDWR | O_NOCTTY, 0);
	struct asking a = { .tty = tty };
	int err;

	if (tty < 0)
		return tty;
	do {
		take_signals(&a);
		err = ask(&a, question, buf, size);
		give_signals_back(&a);
		if (err == -EINTR && caught != 0)
			raise(caught);
	} while (err == -EINTR && caught == SIGTSTP); /* it goes on */
	return err;
}
