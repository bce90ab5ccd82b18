/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Tasks: what a server carries out after it has answered, such as CreateSnapshot_Task.
 *
 * 1. Waiting is bounded in time, and can be given up.  Either way the server is asked to end the task,
 *    and its end is waited for a little longer, so that the caller knows what has become of it.
 * 2. A call that begins a task is sent once; how the task goes is asked again where the answer is lost.
 */
#ifndef VIM_TASK_H
#define VIM_TASK_H

#include "session.h"

#define VIM_TASK_LIMIT_MS (10u * 60 * 1000)
#define VIM_TASK_GRACE_MS 30000u /* for a task that the server was asked to end */
#define VIM_TASK_LOST_MS  60000u

/* Called before each question; false: give up.  @percent: how far it is, as far as the server tells. */
typedef bool vim_task_fn(unsigned percent, void *ctx);

struct vim_task {
	const char *doing; /* clause for messages: "attach [ds] a/a.vmdk" */
	uint64_t limit_ms; /* 0: VIM_TASK_LIMIT_MS */
	uint64_t grace_ms; /* 0: VIM_TASK_GRACE_MS */
	uint64_t lost_ms;  /* without an answer to how it is; 0: VIM_TASK_LOST_MS */
	vim_task_fn *fn;   /* NULL: nobody */
	void *ctx;         /* of it */
};

/**
 * vim_task_run() - call a method that begins a task, and wait for its end
 * @how:        borrowed
 * @result_out: filled: the text of the task's result, "snapshot-70", for free(); NULL where it has none.
 *              NULL: not wanted
 *
 * A task that succeeds although it was given up is a success.
 * Errors: those of vim_session_call(); as vim_fault_code() of the task's own error (logged)
 *         CANCELLED                    @how's fn gave up
 *         NET_HTTP_OPERATION_TIMEDOUT  the task did not end in time (logged)
 *         NET_HTTP_TRANSFER            the server began no task, or tells none of its states (logged)
 * Test:   unit/task.c, vsphere/task.c
 */
VixError vim_task_run(struct vim_session *s, const struct vim_call *call,
		      const struct vim_task *how, char **result_out);

#endif
