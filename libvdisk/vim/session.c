/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Sessions; see session.h.
 *
 *	open --login--> alive --NotAuthenticated--> in_flight --accepted--> alive
 *	                                                      --refused---> is_refused: calls fail
 *	                                                      --no answer-> the next call tries again
 *
 * 1. generation changes with every accepted login, and with nothing else: who finds the session gone
 *    tells the generation that it had, and if that is no longer the current one somebody was faster.
 */
#include "config.h"

#include "session-impl.h"

#include <stdlib.h>
#include <string.h>

#include "../../common/cause.h"
#include "../../common/forks.h"
#include "../../common/log.h"
#include "../../common/osutil.h"
#include "../../common/thread.h"
#include "fault.h"

/* Is this a child of the process that it belongs to? */
static bool is_inherited(const struct vim_session *s)
{
	return vu_forks() != s->forks;
}

static VixError not_ours(const struct vim_session *s)
{
	VU_ERR("vim", "%s: the session belongs to the process that forked, it can't be used here",
	       vim_http_name(s->http));
	return VIX_E_HOST_NOT_CONNECTED;
}

/* What stops us on the way to a session is that we can't connect; the cause was logged. */
static VixError at_connect(VixError err)
{
	const bool is_host = err >= VIX_E_HOST_NETBLKDEV_HANDSHAKE &&
			     err <= VIX_E_HOST_SERVER_NOT_AVAILABLE;
	const bool is_http = err >= VIX_E_NET_HTTP_UNSUPPORTED_PROTOCOL &&
			     err <= VIX_E_NET_HTTP_GENERIC;

	if (err != VIX_E_CANNOT_CONNECT_TO_HOST) /* else, where it was made */
		vu_cause_set(err);
	switch (err) {
	case VIX_E_FILE_NOT_FOUND: /* no /sdk there */
	case VIX_E_FILE_ACCESS_ERROR:
	case VIX_E_FILE_ALREADY_LOCKED:
	case VIX_E_OBJECT_IS_BUSY:
	case VIX_E_DISK_FULL:
		return VIX_E_CANNOT_CONNECT_TO_HOST;
	default:
		return is_host || is_http ? VIX_E_CANNOT_CONNECT_TO_HOST : err;
	}
}

/* Is there what this way to log in needs? */
static VixError check(const struct vim_login *l)
{
	const char *lacks = NULL;

	if (l->by == VIM_BY_PASSWORD && (l->user == NULL || l->password == NULL))
		lacks = l->user == NULL ? "user" : "password";
	if (l->by == VIM_BY_SESSION && (l->cookie == NULL || l->cookie[0] == '\0'))
		lacks = "session cookie";
	if (lacks == NULL)
		return VIX_OK;
	VU_ERR("vim", "%s: a login needs a %s", vu_log_quote(l->server.host), lacks);
	return VIX_E_INVALID_ARG;
}

static struct vim_session *new_session(void)
{
	struct vim_session *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return NULL;
	s->forks = vu_forks();
	atomic_init(&s->owners, 1);
	pthread_mutex_init(&s->lock, NULL);
	pthread_cond_init(&s->landed, NULL);
	vu_cond_init_monotonic(&s->wake);
	return s;
}

VixError vim_session_open(const struct vim_login *login, struct vim_session **s_out)
{
	struct vim_session *s;
	VixError err;

	*s_out = NULL;
	VD_TRY(check(login));
	s = new_session();
	if (s == NULL)
		return VIX_E_OUT_OF_MEMORY;
	err = vim_login_copy(login, &s->login) < 0 ? VIX_E_OUT_OF_MEMORY : VIX_OK;
	if (err == VIX_OK)
		err = vim_http_new(&s->login.server, &s->http);
	if (err == VIX_OK)
		err = vim_content_load(s);
	if (err == VIX_OK)
		err = vim_login_begin(s);
	if (err != VIX_OK) {
		vim_session_close(s);
		return at_connect(err);
	}
	atomic_store(&s->generation, 1);
	s->used_ms = vu_now_ms();
	VU_DBG("vim", "%s: %s, API %s, a session %s", vim_http_name(s->http),
	       vu_log_quote(s->content.product), s->version,
	       s->cookie != NULL ? "of our own" : "that was lent");
	*s_out = s;
	return VIX_OK;
}

struct vim_session *vim_session_share(struct vim_session *s)
{
	atomic_fetch_add(&s->owners, 1);
	return s;
}

void vim_session_close(struct vim_session *s)
{
	if (s == NULL || atomic_fetch_sub(&s->owners, 1) > 1)
		return;
	if (!is_inherited(s)) {
		if (!vim_keeper_stop(s))
			vim_http_cancel(s->http);
		vim_keeper_join(s);
		vim_login_end(s);
		/* in a child, they would wait for threads that are not there */
		vu_cond_destroy(&s->wake);
		vu_cond_destroy(&s->landed);
		pthread_mutex_destroy(&s->lock);
	}
	vim_http_free(s->http);
	vim_wipe(s->cookie);
	vim_wipe(s->offered);
	vim_xml_free(s->about);
	vim_login_free(&s->login);
	free(s);
}

struct vim_http *vim_session_http(const struct vim_session *s)
{
	return s->http;
}

const struct vim_content *vim_session_content(const struct vim_session *s)
{
	return &s->content;
}

const struct vim_server *vim_session_server(const struct vim_session *s)
{
	return &s->login.server;
}

unsigned vim_session_generation(const struct vim_session *s)
{
	return atomic_load(&s->generation);
}

/* The one login that is under way; the lock is held before and after, not in between. */
static VixError log_in_again(struct vim_session *s)
{
	VixError err;

	s->in_flight = true;
	pthread_mutex_unlock(&s->lock);
	VU_DBG("vim", "%s: the session is gone, logging in again", vim_http_name(s->http));
	err = vim_login_begin(s);
	if (err == VIX_E_AUTHENTICATION_FAIL)
		vim_login_forget(&s->login);
	pthread_mutex_lock(&s->lock);
	s->in_flight = false;
	s->flights++;
	s->last = err;
	if (err == VIX_OK)
		atomic_fetch_add(&s->generation, 1);
	if (err == VIX_E_AUTHENTICATION_FAIL)
		s->is_refused = true;
	pthread_cond_broadcast(&s->landed);
	return err;
}

VixError vim_session_renew(struct vim_session *s, unsigned generation)
{
	unsigned flights;

	if (is_inherited(s))
		return not_ours(s);
	VU_LOCK(&s->lock);
	flights = s->flights;
	while (s->in_flight)
		pthread_cond_wait(&s->landed, &s->lock);
	if (atomic_load(&s->generation) != generation)
		return VIX_OK;
	if (s->is_refused) {
		VU_ERR("vim", "%s: the session is gone, and the next login was refused before",
		       vim_http_name(s->http));
		return VIX_E_AUTHENTICATION_FAIL;
	}
	if (s->flights != flights) /* the one that we have waited for */
		return s->last;
	return log_in_again(s);
}

/* Does a property of the reply say that nobody is logged in?  Servers tell it so, with HTTP 200. */
static bool misses_login(vim_node *reply)
{
	vim_node *o = vim_xml_find(reply, "returnval/objects");

	for (; o != NULL; o = vim_xml_next(o))
		for (vim_node *m = vim_xml_find(o, "missingSet"); m != NULL; m = vim_xml_next(m))
			if (strcmp(vim_xml_type(vim_xml_find(m, "fault/fault")),
				   "NotAuthenticated") == 0)
				return true;
	return false;
}

static bool is_gone(const struct vim_reply *r)
{
	if (r->fault.name[0] != '\0')
		return vim_fault_is(&r->fault, "NotAuthenticated");
	return misses_login(vim_xml_root(r->xml));
}

static void note_use(struct vim_session *s)
{
	VU_LOCK(&s->lock);
	s->used_ms = vu_now_ms();
}

/* One call, and another one with a new session where there was none. */
static VixError call_twice(struct vim_session *s, const struct vim_call *call, struct vim_reply *r)
{
	unsigned generation = vim_session_generation(s);

	VD_TRY(vim_soap_send(s->http, s->version, call, r));
	if (!is_gone(r))
		return VIX_OK;
	vim_reply_free(r);
	VD_TRY(vim_session_renew(s, generation));
	VD_TRY(vim_soap_send(s->http, s->version, call, r));
	if (!is_gone(r))
		return VIX_OK;
	VU_ERR("vim", "%s: %s is refused as NotAuthenticated right after a login",
	       vim_http_name(s->http), call->method);
	vim_reply_free(r);
	return VIX_E_AUTHENTICATION_FAIL;
}

VixError vim_session_try(struct vim_session *s, const struct vim_call *call, struct vim_xml **x_out,
			 struct vim_fault *fault_out)
{
	struct vim_reply r = { 0 };
	VixError err;

	*x_out = NULL;
	*fault_out = (struct vim_fault){ .message = "" };
	if (is_inherited(s))
		return not_ours(s);
	err = call_twice(s, call, &r);
	if (err != VIX_OK) {
		vim_reply_free(&r);
		return err;
	}
	note_use(s);
	*x_out = VU_STEAL(r.xml);
	*fault_out = r.fault;
	vim_reply_free(&r);
	return VIX_OK;
}

VixError vim_session_call(struct vim_session *s, const struct vim_call *call,
			  struct vim_xml **x_out)
{
	struct vim_fault fault;
	VixError err;

	VD_TRY(vim_session_try(s, call, x_out, &fault));
	if (fault.name[0] == '\0')
		return VIX_OK;
	err = vim_fault_say(s, call->method, &fault);
	vim_xml_free(*x_out);
	*x_out = NULL;
	return err;
}

VixError vim_fault_say(const struct vim_session *s, const char *method, const struct vim_fault *f)
{
	return vim_fault_log(vim_http_name(s->http), method, f);
}
