/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Ends a launch that stands still.
 *
 * guestfs_launch() holds the handle's lock until the guest answers, so that nothing can be asked
 * of the handle meanwhile.  A thread looks for the virtual machine among our child processes and
 * kills it when its time is up; the launch then fails.
 *
 * 1. Only a child of this process with @mark in its command line, and of another program than
 *    ours, is ever killed; where the kernel has pidfd (5.3), through one, so that the number
 *    can't have come to mean another process.
 * 2. The thread blocks every signal and ends before vmnt_watchdog_stop() returns.
 * 3. As soon as the machine is seen, it is noted where its socket is (sockdir.h): a process that is
 *    killed while it launches leaves nothing that could not be found.
 */
#ifndef VMNT_WATCHDOG_H
#define VMNT_WATCHDOG_H

#include <stdbool.h>
#include <sys/types.h>

#include "console.h"
#include "vixDiskLib.h"

/* Milliseconds from the appearance of the virtual machine; 0: no limit. */
struct vmnt_watch_limits {
	unsigned life_ms; /* until the guest prints something */
	unsigned up_ms;   /* until the launch is over */
};

enum vmnt_watch_verdict {
	VMNT_WATCH_NOT_SEEN, /* no virtual machine appeared */
	VMNT_WATCH_SEEN,     /* it was left alone */
	VMNT_WATCH_LIFELESS, /* killed: the guest never printed anything */
	VMNT_WATCH_TOO_LONG, /* killed: the guest did not answer in time */
};

struct vmnt_watchdog;

/**
 * vmnt_watchdog_start() - begin to watch
 * @mark:    the handle's temporary directory, which the virtual machine's command line names;
 *           borrowed until stop
 * @console: where signs of life show; borrowed until stop
 *
 * Errors: OUT_OF_MEMORY  also when no thread can be made
 */
VixError vmnt_watchdog_start(const char *mark, struct vmnt_console *console,
			     struct vmnt_watch_limits limits, struct vmnt_watchdog **w_out);

/** vmnt_watchdog_stop() - end it; consumes @w.  Return: what it saw and did. */
enum vmnt_watch_verdict vmnt_watchdog_stop(struct vmnt_watchdog *w);

/**
 * vmnt_child_find() - a child process, by its command line
 *
 * Children that run our own program (forked, not yet something else) do not count.
 * Return: its id, 0 when there is none.
 */
pid_t vmnt_child_find(const char *mark);

/** vmnt_child_kill() - SIGKILL to @pid if it is still such a child.  Return: was it sent? */
bool vmnt_child_kill(pid_t pid, const char *mark);

#endif
