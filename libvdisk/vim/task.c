/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Waiting for tasks; see task.h.
 */
#include "config.h"

#include "task.h"

#include <stdlib.h>
#include <string.h>

#include "../../common/alloc.h"
#include "../../common/bytes.h"
#include "../../common/cleanup.h"
#include "../../common/log.h"
#include "../../common/osutil.h"
#include "fault.h"
#include "properties.h"
#include "retry.h"

#define PAUSE_FIRST_MS 50u
#define PAUSE_MAX_MS   2000u
#define LOSSES_MIN     3u /* answers in a row, however long that takes */

/* A task that is waited for. */
struct wait {
	struct vim_session *s;
	const char *task;
	const struct vim_task *how;
	uint64_t until_ms;
	unsigned losses;  /* answers in a row */
	uint64_t lost_ms; /* when the first of them was lost */
	unsigned percent;
	VixError gave_up; /* VIX_OK: not so far */
	char *result;
};

static const char *server_of(const struct vim_session *s)
{
	return vim_http_name(vim_session_http(s));
}

static VixError say_failed(const struct wait *w, vim_node *error)
{
	struct vim_fault fault;
	VU_AUTO(free) char *doing = NULL;

	vim_fault_localized(error, &fault);
	doing = vu_asprintf("to %s", w->how->doing);
	return vim_fault_log(server_of(w->s), doing != NULL ? doing : w->how->doing, &fault);
}

static VixError say_strange(const struct wait *w, const char *state)
{
	VU_ERR("vim", "%s: cannot %s: task %s is in no known state: %s", server_of(w->s),
	       w->how->doing, vu_log_quote(w->task), vu_log_quote(state));
	return VIX_E_NET_HTTP_TRANSFER;
}

static VixError take_result(struct wait *w, vim_node *info)
{
	const char *text = vim_xml_text(info, "result");

	w->result = vu_strdup_or_null(text);
	return w->result != NULL || text == NULL ? VIX_OK : VIX_E_OUT_OF_MEMORY;
}

static VixError read_info(struct wait *w, vim_node *info, bool *ended_out)
{
	const char *state = vim_xml_text(info, "state");
	uint64_t percent;

	*ended_out = true;
	if (state == NULL)
		return say_strange(w, "none");
	if (strcmp(state, "success") == 0)
		return take_result(w, info);
	if (strcmp(state, "error") == 0)
		return say_failed(w, vim_xml_find(info, "error"));
	if (strcmp(state, "queued") != 0 && strcmp(state, "running") != 0)
		return say_strange(w, state);
	*ended_out = false;
	if (vim_xml_uint(info, "progress", &percent))
		w->percent = (unsigned)vu_min(percent, 100);
	return VIX_OK;
}

/* A server that starts again refuses connections, or answers 503. */
static bool is_lost(VixError err)
{
	return err == VIX_E_OBJECT_IS_BUSY ||
	       vim_retry_limit(&(const struct vim_attempt){ .err = err, .is_known = true }) > 0;
}

/* One more answer is lost.  Return: @err where that is enough. */
static VixError lose(struct wait *w, VixError err)
{
	uint64_t bound = w->how->lost_ms != 0 ? w->how->lost_ms : VIM_TASK_LOST_MS;

	if (w->losses++ == 0)
		w->lost_ms = vu_now_ms();
	if (w->losses < LOSSES_MIN || vu_now_ms() - w->lost_ms < bound)
		return VIX_OK;
	VU_ERR("vim", "%s: cannot tell whether it was done to %s: task %s may go on",
	       server_of(w->s), w->how->doing, vu_log_quote(w->task));
	return err;
}

static VixError ask(struct wait *w, bool *ended_out)
{
	static const char *const paths[] = { "info", NULL };
	const struct vim_ref ref = { "Task", w->task };
	const struct vim_ask ask = {
		.type = ref.type, .paths = paths, .from = &ref, .from_count = 1
	};
	VU_AUTO(vim_props) struct vim_props *p = NULL;
	vim_node *info;
	VixError err = vim_props_lookup(w->s, &ask, &p);

	*ended_out = false;
	if (is_lost(err))
		return lose(w, err);
	VD_TRY(err);
	w->losses = 0;
	VD_TRY(vim_props_need(p, w->task, "info", &info));
	return read_info(w, info, ended_out);
}

/* The server may refuse: then the task ends as it ends. */
static void give_up(struct wait *w, VixError why)
{
	const struct vim_call call = { .method = "CancelTask", .of = { "Task", w->task } };
	VU_AUTO(vim_xml) struct vim_xml *x = NULL;
	struct vim_fault fault;

	w->gave_up = why;
	w->until_ms = vu_now_ms() + (w->how->grace_ms != 0 ? w->how->grace_ms : VIM_TASK_GRACE_MS);
	if (vim_session_try(w->s, &call, &x, &fault) == VIX_OK && fault.name[0] != '\0')
		VU_DBG("vim", "%s: task %s is not cancelled: %s", server_of(w->s),
		       vu_log_quote(w->task), vu_log_quote(fault.name));
}

static void look_at_clock(struct wait *w)
{
	if (vu_now_ms() < w->until_ms)
		return;
	VU_ERR("vim", "%s: cannot %s: task %s has not ended in time", server_of(w->s),
	       w->how->doing, vu_log_quote(w->task));
	give_up(w, VIX_E_NET_HTTP_OPERATION_TIMEDOUT);
}

/* Its end, or VIX_OK with @w->gave_up when it has none. */
static VixError watch(struct wait *w)
{
	unsigned pause = PAUSE_FIRST_MS;
	bool ended = false;

	for (;;) {
		if (w->gave_up == VIX_OK && w->how->fn != NULL &&
		    !w->how->fn(w->percent, w->how->ctx))
			give_up(w, VIX_E_CANCELLED);
		VD_TRY(ask(w, &ended));
		if (ended || (w->gave_up != VIX_OK && vu_now_ms() >= w->until_ms))
			break;
		if (w->gave_up == VIX_OK)
			look_at_clock(w);
		vu_sleep_ms(pause);
		pause = (unsigned)vu_min(2 * pause, PAUSE_MAX_MS);
	}
	return ended ? VIX_OK : w->gave_up;
}

static VixError wait_for(struct vim_session *s, const char *task, const struct vim_task *how,
			 char **result_out)
{
	struct wait w = {
		.s = s,
		.task = task,
		.how = how,
		.until_ms = vu_now_ms() + (how->limit_ms != 0 ? how->limit_ms : VIM_TASK_LIMIT_MS),
	};
	VixError err = watch(&w);

	if (err != VIX_OK && w.gave_up != VIX_OK)
		err = w.gave_up; /* the task's own error is that it was cancelled */
	if (result_out != NULL)
		*result_out = VU_STEAL(w.result);
	free(w.result);
	return err;
}

VixError vim_task_run(struct vim_session *s, const struct vim_call *call,
		      const struct vim_task *how, char **result_out)
{
	VU_AUTO(vim_xml) struct vim_xml *x = NULL;
	vim_node *task;

	if (result_out != NULL)
		*result_out = NULL;
	VD_TRY(vim_session_call(s, call, &x));
	task = vim_xml_find(vim_xml_root(x), "returnval");
	if (task == NULL || strcmp(vim_xml_ref_type(task), "Task") != 0) {
		VU_ERR("vim", "%s: cannot %s: %s began no task", server_of(s), how->doing,
		       call->method);
		return VIX_E_NET_HTTP_TRANSFER;
	}
	return wait_for(s, vim_xml_text(task, ""), how, result_out);
}
