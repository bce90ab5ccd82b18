/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Tests that mount do it in a mount name space of their own: nothing outlives them.
 *
 *	if (mountns_may_enter())
 *		tcase_add_checked_fixture(tc, mountns_enter, NULL);
 */
#ifndef MOUNTNS_H
#define MOUNTNS_H

#include <check.h>
#include <sched.h>
#include <stdbool.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

static inline bool mountns_try(void)
{
	return unshare(CLONE_NEWNS) == 0 &&
	       mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0;
}

static inline void mountns_enter(void)
{
	ck_assert(mountns_try());
}

/* May this user do it? */
static inline bool mountns_may_enter(void)
{
	int status = 1;
	pid_t pid = fork();

	if (pid == 0)
		_exit(mountns_try() ? 0 : 1);
	return pid > 0 && waitpid(pid, &status, 0) == pid && status == 0;
}

#endif
