/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Keeps SIGPIPE from the program while a libguestfs call writes to a virtual machine that may
 * have died; see VMNT_NO_SIGPIPE in guestfs-engine.h.  The process's disposition is not touched.
 */
#include "config.h"

#include "guestfs-engine.h"

#include <signal.h>
#include <time.h>

static bool is_pending(void)
{
	sigset_t set;

	return sigpending(&set) == 0 && sigismember(&set, SIGPIPE) == 1;
}

static void sigpipe_set(sigset_t *set)
{
	sigemptyset(set);
	sigaddset(set, SIGPIPE);
}

struct vmnt_sigpipe vmnt_sigpipe_block(void)
{
	struct vmnt_sigpipe sp = { .was_pending = is_pending() };
	sigset_t pipe, before;

	sigpipe_set(&pipe);
	pthread_sigmask(SIG_BLOCK, &pipe, &before);
	sp.was_blocked = sigismember(&before, SIGPIPE) == 1;
	return sp;
}

void vmnt_sigpipe_restore(struct vmnt_sigpipe *sp)
{
	const struct timespec now = { 0 };
	sigset_t pipe;

	if (sp->was_blocked)
		return;
	sigpipe_set(&pipe);
	if (!sp->was_pending && is_pending())
		sigtimedwait(&pipe, NULL, &now);
	pthread_sigmask(SIG_UNBLOCK, &pipe, NULL);
}
