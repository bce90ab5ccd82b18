/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Logging in and out; see session-impl.h.
 *
 * 1. A login is sent without the cookie of a session that was: servers refuse a second login in one.
 *    It is sent with the cookie that the server has given before, to who was not logged in: so it makes
 *    one session out of both.
 * 2. Every session that was begun here is ended here, also when its connections were cancelled.
 */
#include "config.h"

#include "session-impl.h"

#include <stdlib.h>
#include <string.h>

#include "../../common/alloc.h"
#include "../../common/log.h"
#include "fault.h"

#define LOGOUT_MS 5000u /* nobody waits longer for a server that may be gone */

/* A copy of @from in *@to; 0 or -1. */
static int copy(const char *from, const char **to)
{
	*to = vu_strdup_or_null(from);
	return *to == NULL && from != NULL ? -1 : 0;
}

int vim_login_copy(const struct vim_login *from, struct vim_login *to_out)
{
	struct vim_server *server = &to_out->server;
	int failed = 0;

	*to_out = *from;
	failed |= copy(from->server.host, &server->host);
	failed |= copy(from->server.proxy, &server->proxy);
	failed |= copy(from->server.trust.thumbprint, &server->trust.thumbprint);
	failed |= copy(from->server.trust.ca_file, &server->trust.ca_file);
	failed |= copy(from->user, &to_out->user);
	failed |= copy(from->password, &to_out->password);
	failed |= copy(from->cookie, &to_out->cookie);
	failed |= copy(from->key, &to_out->key);
	return failed;
}

static void forget(const char **secret)
{
	vim_wipe((char *)*secret);
	*secret = NULL;
}

void vim_login_forget(struct vim_login *l)
{
	forget(&l->password);
	forget(&l->cookie);
	forget(&l->key);
}

void vim_login_free(struct vim_login *l)
{
	vim_login_forget(l);
	forget(&l->user);
	forget(&l->server.host);
	forget(&l->server.proxy);
	forget(&l->server.trust.thumbprint);
	forget(&l->server.trust.ca_file);
}

/* A login that was answered with a fault. */
static VixError refused(const struct vim_session *s, const char *doing, const struct vim_fault *f)
{
	VixError code = vim_fault_code(f->name);

	VU_ERR("vim", "%s refuses %s: %s%s%s", vim_http_name(s->http), doing, vu_log_quote(f->name),
	       f->message[0] == '\0' ? "" : ": ", vu_log_quote(f->message));
	if (code == VIX_E_FILE_ACCESS_ERROR) /* a user who may not log in */
		return VIX_E_AUTHENTICATION_FAIL;
	return code == VIX_E_FAIL ? VIX_E_CANNOT_CONNECT_TO_HOST : code;
}

VixError vim_login_offer(struct vim_session *s, struct vim_reply *r)
{
	if (r->cookie == NULL)
		return VIX_OK;
	vim_wipe(s->offered);
	s->offered = VU_STEAL(r->cookie);
	return vim_http_set_cookie(s->http, s->offered) < 0 ? VIX_E_OUT_OF_MEMORY : VIX_OK;
}

VixError vim_login_send(struct vim_session *s, const struct vim_call *call, struct vim_reply *r_out)
{
	VixError err = vim_soap_send(s->http, s->version, call, r_out);

	if (err != VIX_OK)
		s->cookie = VU_STEAL(r_out->cookie);
	return err;
}

VixError vim_login_accept(struct vim_session *s, const char *doing, struct vim_reply *r)
{
	if (r->fault.name[0] != '\0')
		return refused(s, doing, &r->fault);
	if (r->cookie == NULL)
		r->cookie = VU_STEAL(s->offered);
	if (r->cookie == NULL) {
		VU_ERR("vim", "%s: expected a session cookie for %s, none came",
		       vim_http_name(s->http), doing);
		return VIX_E_NET_HTTP_TRANSFER;
	}
	vim_wipe(VU_STEAL(s->offered));
	s->cookie = VU_STEAL(r->cookie);
	return vim_http_set_cookie(s->http, s->cookie) < 0 ? VIX_E_OUT_OF_MEMORY : VIX_OK;
}

/* Arguments of Login in memory that is large enough from the start: what grows leaves copies. */
static char *login_args(const struct vim_login *l)
{
	const size_t worst = strlen("&quot;");
	struct vu_strbuf b = { .cap = (strlen(l->user) + strlen(l->password)) * worst + 256 };

	b.s = malloc(b.cap);
	if (b.s == NULL)
		return NULL;
	vim_arg_text(&b, "userName", l->user);
	vim_arg_text(&b, "password", l->password);
	return vu_strbuf_take(&b);
}

static VixError by_password(struct vim_session *s)
{
	struct vim_call call = { .method = "Login",
				 .of = { "SessionManager", s->content.session_manager } };
	VU_AUTO(free) char *doing = vu_asprintf("the login of %s", vu_log_quote(s->login.user));
	char *args = login_args(&s->login);
	struct vim_reply r = { 0 };
	VixError err = VIX_E_OUT_OF_MEMORY;

	if (args != NULL && doing != NULL) {
		call.args = args;
		err = vim_login_send(s, &call, &r);
	}
	vim_wipe(args);
	if (err == VIX_OK)
		err = vim_login_accept(s, doing, &r);
	vim_reply_free(&r);
	return err;
}

VixError vim_login_begin(struct vim_session *s)
{
	static VixError (*const ways[])(struct vim_session *) = {
		[VIM_BY_PASSWORD] = by_password,
		[VIM_BY_SESSION] = vim_login_by_session,
		[VIM_BY_SSPI] = vim_login_by_sspi,
	};

	vu_log_hush(); /* what is gone can't be ended */
	vim_login_end(s);
	vu_log_unhush();
	vim_http_set_cookie(s->http, s->offered);
	return ways[s->login.by](s);
}

/* Ends the session of our cookie over @http. */
static VixError log_out(struct vim_session *s, struct vim_http *http)
{
	const struct vim_call call = { .method = "Logout",
				       .of = { "SessionManager", s->content.session_manager },
				       .limit_ms = LOGOUT_MS };
	struct vim_reply r = { 0 };
	VixError err;

	if (vim_http_set_cookie(http, s->cookie) < 0)
		return VIX_E_OUT_OF_MEMORY;
	err = vim_soap_send(http, s->version, &call, &r);
	vim_reply_free(&r);
	return err;
}

void vim_login_end(struct vim_session *s)
{
	struct vim_http *another;

	if (s->cookie == NULL)
		return;
	if (log_out(s, s->http) == VIX_E_CANCELLED &&
	    vim_http_new(&s->login.server, &another) == VIX_OK) {
		log_out(s, another);
		vim_http_free(another);
	}
	vim_wipe(s->cookie);
	s->cookie = NULL;
}
