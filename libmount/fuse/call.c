/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Requests that wait for the guest; see call.h.
 *
 * libfuse calls on_interrupt() on another worker while it holds the request, or, when the
 * interrupt came first, inside fuse_req_interrupt_func() itself: there the request may not be
 * answered (libfuse would free it under its own feet), so that is left to vmnt_call_begin().
 */
#include "config.h"

#include "call.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../common/cleanup.h"
#include "../../common/osutil.h"

#define MAX_STATUS_BYTES 65536

void vmnt_calls_init(struct vmnt_calls *cs)
{
	memset(cs, 0, sizeof(*cs));
	pthread_mutex_init(&cs->lock, NULL);
	for (size_t i = 0; i < VMNT_WORKERS; i++)
		cs->calls[i].all = cs;
}

void vmnt_calls_destroy(struct vmnt_calls *cs)
{
	pthread_mutex_destroy(&cs->lock);
}

/* A fatal signal of any kind becomes a pending SIGKILL of each thread, which stays pending as long
 * as the thread waits for us. */
static bool is_dying(pid_t tid)
{
	VU_AUTO(free) char *text = NULL;
	char path[64];
	const char *line;

	if (tid <= 0) /* in a process namespace that we do not see */
		return false;
	snprintf(path, sizeof(path), "/proc/%d/status", (int)tid);
	if (vu_read_file(path, MAX_STATUS_BYTES, &text, NULL) < 0)
		return false;
	line = strstr(text, "\nSigPnd:");
	if (line == NULL)
		return false;
	return strtoull(line + strlen("\nSigPnd:"), NULL, 16) >> (SIGKILL - 1) & 1;
}

/* true when the caller has to answer the request now */
static bool claim_answer(struct vmnt_call *c, fuse_req_t req)
{
	VU_LOCK(&c->all->lock);

	if (c->req != req || c->answered)
		return false;
	if (c->starting) {
		c->dying = true;
		return false;
	}
	c->answered = true;
	return true;
}

/* The call may be over, and its place another's; but @req lives while we are called. */
static void on_interrupt(fuse_req_t req, void *call)
{
	if (is_dying(fuse_req_ctx(req)->pid) && claim_answer(call, req))
		fuse_reply_err(req, EINTR);
}

static struct vmnt_call *take_free_locked(struct vmnt_calls *cs)
{
	size_t i = 0;

	while (cs->calls[i].req != NULL)
		i++;
	return &cs->calls[i];
}

struct vmnt_call *vmnt_call_begin(struct vmnt_calls *cs, fuse_req_t req)
{
	struct vmnt_call *c;
	bool dying;

	pthread_mutex_lock(&cs->lock);
	c = take_free_locked(cs);
	*c = (struct vmnt_call){ .all = cs, .req = req, .starting = true };
	pthread_mutex_unlock(&cs->lock);

	fuse_req_interrupt_func(req, on_interrupt, c);

	pthread_mutex_lock(&cs->lock);
	c->starting = false;
	dying = c->answered = c->dying;
	pthread_mutex_unlock(&cs->lock);
	if (dying)
		fuse_reply_err(req, EINTR);
	return c;
}

bool vmnt_call_end(struct vmnt_call *c)
{
	VU_LOCK(&c->all->lock);

	c->req = NULL;
	return !c->answered;
}
