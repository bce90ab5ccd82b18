/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A session that answers as it was told; see cannedvim.h.
 */
#include "config.h"

#include "cannedvim.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "strbuf.h"

#define OPENING                                                                 \
	"<R xmlns=\"urn:vim25\" xmlns:xsd=\"http://www.w3.org/2001/XMLSchema\"" \
	" xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\">"

struct vim_session {
	const struct canned *script;
	struct canned_login login;
	struct vim_content content;
	char asked[1 << 16];
};

static struct vim_session session;

struct vim_session *canned_start(const struct canned *script, bool is_vcenter)
{
	session = (struct vim_session){
		.script = script,
		.content = {
			.is_vcenter = is_vcenter,
			.root_folder = is_vcenter ? "group-d1" : "ha-folder-root",
			.property_collector = is_vcenter ? "propertyCollector"
							 : "ha-property-collector",
			.search_index = is_vcenter ? "SearchIndex" : "ha-searchindex",
			.authorization_manager = is_vcenter ? "AuthorizationManager"
							    : "ha-authmgr",
			.vstorage_object_manager = is_vcenter ? "VStorageObjectManager"
							      : "ha-vstorage-object-manager",
			.vstorage_type = is_vcenter ? "VcenterVStorageObjectManager"
						    : "HostVStorageObjectManager",
		},
	};
	return &session;
}

const char *canned_asked(void)
{
	return session.asked;
}

struct vim_content *canned_content(void)
{
	return &session.content;
}

static void note(const struct vim_call *call)
{
	size_t len = strlen(session.asked);

	snprintf(session.asked + len, sizeof(session.asked) - len, "%s%s %s %s\n",
		 call->is_internal ? "internal " : "", call->method, call->of.value,
		 call->args != NULL ? call->args : "");
}

static const struct canned *find(const struct vim_session *s, const struct vim_call *call)
{
	const struct canned *c = s->script;

	while (c->method != NULL && (strcmp(c->method, call->method) != 0 ||
				     (c->about != NULL && strstr(call->args, c->about) == NULL)))
		c++;
	ck_assert_msg(c->method != NULL, "%s %s was not expected", call->method, call->args);
	return c;
}

static VixError parse(const char *reply, struct vim_xml **x_out)
{
	struct vu_strbuf b = { 0 };
	char *text;
	VixError err;

	vu_strbuf_printf(&b, OPENING "%s</R>", reply != NULL ? reply : "");
	text = vu_strbuf_take(&b);
	ck_assert_ptr_nonnull(text);
	err = vim_xml_parse(text, strlen(text), x_out);
	free(text);
	return err;
}

VixError vim_session_try(struct vim_session *s, const struct vim_call *call, struct vim_xml **x_out,
			 struct vim_fault *fault_out)
{
	const struct canned *c = find(s, call);

	note(call);
	memset(fault_out, 0, sizeof(*fault_out));
	fault_out->message = "as it was told";
	if (c->fault != NULL)
		snprintf(fault_out->name, sizeof(fault_out->name), "%s", c->fault);
	return parse(c->reply, x_out);
}

VixError vim_session_call(struct vim_session *s, const struct vim_call *call,
			  struct vim_xml **x_out)
{
	struct vim_fault fault;
	VixError err = vim_session_try(s, call, x_out, &fault);

	if (err != VIX_OK || fault.name[0] == '\0')
		return err;
	vim_xml_free(*x_out);
	*x_out = NULL;
	return vim_fault_say(s, call->method, &fault);
}

VixError vim_fault_say(const struct vim_session *s, const char *method, const struct vim_fault *f)
{
	(void)s;
	(void)method;
	return vim_fault_code(f->name);
}

const struct canned_login *canned_login(void)
{
	return &session.login;
}

static void keep(char *to, size_t size, const char *s)
{
	snprintf(to, size, "%s", s != NULL ? s : "");
}

VixError vim_session_open(const struct vim_login *l, struct vim_session **s_out)
{
	struct canned_login *kept = &session.login;

	*s_out = NULL;
	keep(kept->host, sizeof(kept->host), l->server.host);
	keep(kept->user, sizeof(kept->user), l->user);
	keep(kept->password, sizeof(kept->password), l->password);
	keep(kept->cookie, sizeof(kept->cookie), l->cookie);
	keep(kept->thumbprint, sizeof(kept->thumbprint), l->server.trust.thumbprint);
	kept->port = l->server.port;
	kept->by = l->by;
	kept->trusts_anybody = l->server.trust.anybody;
	if (strcmp(kept->host, "nobody") == 0)
		return VIX_E_CANNOT_CONNECT_TO_HOST;
	*s_out = vim_session_share(&session);
	return VIX_OK;
}

struct vim_session *vim_session_share(struct vim_session *s)
{
	s->login.owners++;
	return s;
}

void vim_session_close(struct vim_session *s)
{
	if (s != NULL)
		s->login.owners--;
}

const struct vim_content *vim_session_content(const struct vim_session *s)
{
	return &s->content;
}

struct vim_http *vim_session_http(const struct vim_session *s)
{
	(void)s;
	return NULL;
}

const char *vim_http_name(const struct vim_http *h)
{
	(void)h;
	return "vc.example:443";
}
