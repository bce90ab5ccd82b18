/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Sessions that a client has lent us: its cookie.
 *
 * 1. Where the server can clone a session, ours is a clone, made on our own connections: it ends when
 *    we end it, and the lender's goes on.
 * 2. Elsewhere (ESXi) we use the lender's, and never end it.
 * 3. It is proved by a call that needs a session, at once: no later call has to guess.
 */
#include "config.h"

#include "session-impl.h"

#include <stdlib.h>
#include <string.h>

#include "../../common/alloc.h"
#include "../../common/log.h"
#include "fault.h"

#define COOKIE "vmware_soap_session="

/* Can it stand in a header line, between quotes? */
static bool is_cookie_text(const char *s, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (s[i] < ' ' || s[i] > '~' || s[i] == '"' || s[i] == ',' || s[i] == '\\')
			return false;
	return len > 0;
}

/*
 * The value of a cookie, given as "NAME=VALUE; Path=/", with quotes around VALUE or without; what is
 * left of it is pointed to.  Was it quoted?
 */
static bool unwrap(const char *cookie, const char **value_out, size_t *len_out)
{
	size_t len;
	bool is_quoted;

	if (strncmp(cookie, COOKIE, strlen(COOKIE)) == 0)
		cookie += strlen(COOKIE);
	len = strcspn(cookie, ";");
	while (len > 0 && cookie[len - 1] == ' ')
		len--;
	is_quoted = len >= 2 && cookie[0] == '"' && cookie[len - 1] == '"';
	*value_out = cookie + (is_quoted ? 1 : 0);
	*len_out = len - (is_quoted ? 2 : 0);
	return is_quoted;
}

/* In memory of exactly that size, so that no copy is left behind. */
static char *wrap(const char *value, size_t len, bool quoted)
{
	const char *quote = quoted ? "\"" : "";
	size_t size = strlen(COOKIE) + len + 3;
	char *cookie = malloc(size);

	if (cookie != NULL)
		snprintf(cookie, size, COOKIE "%s%.*s%s", quote, (int)len, value, quote);
	return cookie;
}

/* Is somebody logged in on @http?  AUTHENTICATION_FAIL: no (not logged). */
static VixError prove(const struct vim_session *s, struct vim_http *http)
{
	struct vim_call call = { .method = "RetrievePropertiesEx",
				 .of = { "PropertyCollector", s->content.property_collector } };
	struct vu_strbuf b = { 0 };
	VU_AUTO(free) char *args = NULL;
	struct vim_reply r;
	vim_node *n;
	VixError err;

	vu_strbuf_puts(&b, "<specSet><propSet><type>SessionManager</type>"
			   "<pathSet>currentSession</pathSet></propSet><objectSet>");
	vim_arg_ref(&b, "obj", (struct vim_ref){ "SessionManager", s->content.session_manager });
	vu_strbuf_puts(&b, "</objectSet></specSet><options/>");
	call.args = args = vu_strbuf_take(&b);
	if (args == NULL)
		return VIX_E_OUT_OF_MEMORY;
	err = vim_soap_send(http, s->version, &call, &r);
	if (err != VIX_OK) {
		vim_reply_free(&r);
		return err;
	}
	n = vim_xml_find(vim_xml_root(r.xml), "returnval/objects/propSet/val/key");
	err = n != NULL ? VIX_OK : VIX_E_AUTHENTICATION_FAIL;
	if (n != NULL && s->login.key != NULL && s->login.key[0] != '\0' &&
	    strcmp(s->login.key, vim_xml_text(n, "")) != 0)
		VU_WARN("vim",
			"%s: the lent session has another key than the one that came with it",
			vim_http_name(http));
	vim_reply_free(&r);
	return err;
}

/*
 * Finds the form of the lent cookie that the server knows: as it was given, else with quotes where
 * there were none and without them where they were.  @http has it then.
 */
static VixError find_form(const struct vim_session *s, struct vim_http *http)
{
	const char *value;
	size_t len;
	bool quoted = unwrap(s->login.cookie, &value, &len);
	VixError err = VIX_E_AUTHENTICATION_FAIL;

	if (!is_cookie_text(value, len)) {
		VU_ERR("vim", "%s: the lent session cookie has characters that no cookie has",
		       vim_http_name(http));
		return VIX_E_INVALID_ARG;
	}
	for (int i = 0; i < 2 && err == VIX_E_AUTHENTICATION_FAIL; i++, quoted = !quoted) {
		char *cookie = wrap(value, len, quoted);

		err = cookie != NULL && vim_http_set_cookie(http, cookie) == 0
			      ? prove(s, http)
			      : VIX_E_OUT_OF_MEMORY;
		vim_wipe(cookie);
	}
	if (err == VIX_E_AUTHENTICATION_FAIL)
		VU_ERR("vim",
		       "%s: the session that was lent to us is not valid there, or has ended",
		       vim_http_name(http));
	return err;
}

/* The arguments of CloneSession, from the lender; NULL: the server does not clone. */
static char *clone_args(const struct vim_session *s, struct vim_http *lender)
{
	const struct vim_call call = { .method = "AcquireCloneTicket",
				       .of = { "SessionManager", s->content.session_manager } };
	struct vu_strbuf b = { 0 };
	struct vim_reply r;
	const char *ticket;

	vim_soap_send(lender, s->version, &call, &r);
	ticket = vim_xml_text(vim_xml_root(r.xml), "returnval");
	if (r.fault.name[0] == '\0' && ticket != NULL) {
		b.cap = strlen(ticket) * strlen("&quot;") + 64; /* large enough: it never moves */
		b.s = malloc(b.cap);
		b.failed = b.s == NULL;
		vim_arg_text(&b, "cloneTicket", ticket);
	}
	vim_reply_free(&r);
	return b.s != NULL ? vu_strbuf_take(&b) : NULL;
}

/* Is the session ours now, a clone? */
static VixError make_clone(struct vim_session *s, struct vim_http *lender)
{
	struct vim_call call = { .method = "CloneSession",
				 .of = { "SessionManager", s->content.session_manager } };
	char *args = clone_args(s, lender);
	struct vim_reply r = { 0 };
	VixError err = VIX_E_NOT_SUPPORTED;

	if (args != NULL) {
		call.args = args;
		err = vim_login_send(s, &call, &r);
	}
	vim_wipe(args);
	if (err == VIX_OK)
		err = r.fault.name[0] != '\0' ? VIX_E_NOT_SUPPORTED
					      : vim_login_accept(s, "the clone of a session", &r);
	vim_reply_free(&r);
	return err;
}

/* Uses the lender's session itself: its cookie, in the form that the server knows. */
static VixError borrow(struct vim_session *s)
{
	VU_DBG("vim", "%s: the lent session can't be cloned, it is used as it is",
	       vim_http_name(s->http));
	return find_form(s, s->http);
}

VixError vim_login_by_session(struct vim_session *s)
{
	struct vim_http *lender;
	VixError err;

	VD_TRY(vim_http_new(&s->login.server, &lender));
	err = find_form(s, lender);
	if (err == VIX_OK) {
		vu_log_hush(); /* the other way is as good */
		err = make_clone(s, lender);
		if (err != VIX_OK)
			vim_login_end(s);
		vu_log_unhush();
		if (err != VIX_OK)
			err = borrow(s);
	}
	vim_http_free(lender);
	return err;
}
