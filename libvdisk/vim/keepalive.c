/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Servers end sessions that were not used for half an hour: who holds disks open asks for the time
 * before that.
 *
 * 1. The thread starts with the first disk and ends with the session; while no disk is open it sleeps.
 * 2. Without it, for want of a thread, the session ends when the server wants, and is renewed by the
 *    next call.
 * 3. The end of a session does not wait for a server that does not answer.
 */
#include "config.h"

#include "session-impl.h"

#include "../../common/cleanup.h"
#include "../../common/forks.h"
#include "../../common/osutil.h"
#include "../../common/thread.h"

#define KEEP_MS    (20u * 60 * 1000)
#define LANDING_MS 2000u /* for an answer that is under way when the session ends */

/* Something that needs a session; what comes of it is the next call's business. */
static void ask_time(struct vim_session *s)
{
	const struct vim_call call = { .method = "CurrentTime",
				       .of = { "ServiceInstance", "ServiceInstance" } };
	struct vim_xml *x = NULL;
	struct vim_fault fault;

	vim_session_try(s, &call, &x, &fault);
	vim_xml_free(x);
}

/* When the server has to be asked, unless somebody else does; the lock is held. */
static uint64_t due_ms(const struct vim_session *s)
{
	return s->used_ms + (s->login.keep_ms != 0 ? s->login.keep_ms : KEEP_MS);
}

static void *keep(void *arg)
{
	struct vim_session *s = arg;

	pthread_mutex_lock(&s->lock);
	while (!s->is_closing) {
		if (s->disks == 0) {
			pthread_cond_wait(&s->wake, &s->lock);
		} else if (vu_now_ms() < due_ms(s)) {
			vu_cond_wait_until(&s->wake, &s->lock, due_ms(s));
		} else {
			s->used_ms = vu_now_ms(); /* a failure is not repeated at once */
			s->is_asking = true;
			pthread_mutex_unlock(&s->lock);
			ask_time(s);
			pthread_mutex_lock(&s->lock);
			s->is_asking = false;
			pthread_cond_signal(&s->wake); /* who ends the session may wait */
		}
	}
	pthread_mutex_unlock(&s->lock);
	return NULL;
}

void vim_session_hold(struct vim_session *s)
{
	if (vu_forks() != s->forks)
		return;
	VU_LOCK(&s->lock);
	s->disks++;
	if (!s->has_keeper)
		s->has_keeper = vu_thread_start(&s->keeper, "vdisk-session", keep, s) == 0;
	pthread_cond_signal(&s->wake);
}

void vim_session_unhold(struct vim_session *s)
{
	if (vu_forks() != s->forks)
		return;
	VU_LOCK(&s->lock);
	s->disks--;
	pthread_cond_signal(&s->wake);
}

bool vim_keeper_stop(struct vim_session *s)
{
	uint64_t end = vu_now_ms() + LANDING_MS;
	VU_LOCK(&s->lock);

	s->is_closing = true;
	pthread_cond_signal(&s->wake);
	while (s->is_asking && vu_cond_wait_until(&s->wake, &s->lock, end) == 0)
		;
	return !s->is_asking;
}

void vim_keeper_join(struct vim_session *s)
{
	if (s->has_keeper)
		pthread_join(s->keeper, NULL);
}
