/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Keeping memory bounded where only the kernel's references keep it in use.
 *
 * 1. When more entries are loaded than allowed and all are pinned, the kernel is asked to give up
 *    directories, a leaf at a time, until there is room again.  What a process has open stays, and
 *    so do directories that are huge by themselves.
 * 2. The kernel takes away mounts on directories that it is asked to give up: while something is
 *    mounted below ours, it is not asked, and memory grows instead.
 * 3. Asking may wait for requests that are being answered, so it has a thread of its own.
 */
#ifndef VMNT_FUSE_TRIM_H
#define VMNT_FUSE_TRIM_H

#include <pthread.h>
#include <stdbool.h>

#include "ll.h"
#include "names.h"

struct vmnt_trim {
	struct vmnt_names *names; /* constant */
	struct fuse_session *se;  /* constant */
	const char *dir;          /* constant: mount point */
	pthread_t thread;
	pthread_cond_t stop; /* stopping is set; with the names' lock, which guards: */
	bool stopping, stopped;
};

/** vmnt_trim_start() - start the thread; @dir stays.  Return: 0 or -errno. */
int vmnt_trim_start(struct vmnt_trim *tr, struct vmnt_names *names, struct fuse_session *se,
		    const char *dir);

/** vmnt_trim_stop() - the thread ends soon */
void vmnt_trim_stop(struct vmnt_trim *tr);

/** vmnt_trim_has_stopped() - has it?  Then vmnt_trim_join() does not wait. */
bool vmnt_trim_has_stopped(struct vmnt_trim *tr);

/** vmnt_trim_join() - wait for the thread */
void vmnt_trim_join(struct vmnt_trim *tr);

#endif
