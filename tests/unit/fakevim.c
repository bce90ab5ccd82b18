/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A server without a network; see fakevim.h.
 */
#include "config.h"

#include "fakevim.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../libvdisk/vim/http.h"
#include "alloc.h"
#include "cleanup.h"
#include "osutil.h"

#define MAX_SESSIONS 64u
#define MAX_METHODS  32u

struct vim_http {
	char *cookie;
	bool is_cancelled;
};

struct fakevim fakevim;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* guards all below, and fakevim */

static int enter(void)
{
	if (fakevim_enter != NULL)
		fakevim_enter();
	pthread_mutex_lock(&lock);
	return 0;
}

static void leave(const int *unused)
{
	(void)unused;
	pthread_mutex_unlock(&lock);
	if (fakevim_leave != NULL)
		fakevim_leave();
}

/* The server's turn, to the end of the enclosing scope. */
#define SERVER() __attribute__((cleanup(leave), unused)) int turn = enter()

static char sessions[MAX_SESSIONS][16];
static unsigned next_session;
static char ticket[32];
static unsigned challenged;
static struct {
	char method[40];
	unsigned calls;
} counts[MAX_METHODS];

void fakevim_reset(void)
{
	memset(&fakevim, 0, sizeof(fakevim));
	memset(sessions, 0, sizeof(sessions));
	memset(counts, 0, sizeof(counts));
	ticket[0] = '\0';
	challenged = 0;
	fakevim.password = FAKEVIM_PASSWORD;
}

/* The place of a method, a new one for one that was not called so far. */
static unsigned *count_of(const char *method)
{
	unsigned i = 0;

	while (counts[i].method[0] != '\0' && strcmp(counts[i].method, method) != 0)
		i++;
	if (i + 1 >= MAX_METHODS)
		abort();
	snprintf(counts[i].method, sizeof(counts[i].method), "%s", method);
	return &counts[i].calls;
}

unsigned fakevim_calls(const char *method)
{
	VU_LOCK(&lock);
	return *count_of(method);
}

void fakevim_expire(void)
{
	VU_LOCK(&lock);
	memset(sessions, 0, sizeof(sessions));
	fakevim.sessions = 0;
}

/* A new session of this cookie. */
static const char *begin_session_of(const char *value)
{
	char *s = sessions[next_session++ % MAX_SESSIONS];

	snprintf(s, sizeof(sessions[0]), "%s", value);
	fakevim.sessions++;
	return s;
}

/* A new session.  Return: the value of its cookie. */
static const char *begin_session(void)
{
	char value[16];

	snprintf(value, sizeof(value), "52-%u", next_session + 1);
	return begin_session_of(value);
}

const char *fakevim_login(void)
{
	VU_LOCK(&lock);
	return begin_session();
}

/* The session of a request; NULL: it has none. */
static char *session_of(const struct vim_http *h)
{
	char value[64] = "";
	bool is_quoted;

	if (h->cookie == NULL || fakevim.never_satisfied)
		return NULL;
	sscanf(h->cookie, "vmware_soap_session=%63[^;]", value);
	is_quoted = value[0] == '"';
	if (is_quoted != fakevim.wants_quotes)
		return NULL;
	for (unsigned i = 0; i < MAX_SESSIONS; i++)
		if (sessions[i][0] != '\0' &&
		    strncmp(sessions[i], value + is_quoted, strlen(sessions[i])) == 0 &&
		    value[strlen(sessions[i]) + is_quoted] == (is_quoted ? '"' : '\0'))
			return sessions[i];
	return NULL;
}

/* The reply: a status and a text, which is taken. */
static void reply(struct vim_response *r, unsigned status, char *text)
{
	if (text == NULL)
		abort();
	r->status = status;
	r->type = strdup("text/xml; charset=utf-8");
	r->body = text;
	r->body_len = strlen(text);
}

#define ENVELOPE(inner)                                                                  \
	"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<soapenv:Envelope "                 \
	"xmlns:soapenv=\"http://schemas.xmlsoap.org/soap/envelope/\" "                   \
	"xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\">\n<soapenv:Body>" inner \
	"</soapenv:Body></soapenv:Envelope>"

static void fault_with(struct vim_response *r, const char *name, const char *inner)
{
	reply(r, 500,
	      vu_asprintf(ENVELOPE("<soapenv:Fault><faultcode>ServerFaultCode</faultcode>"
				   "<faultstring>it&apos;s %s</faultstring><detail><%sFault "
				   "xmlns=\"urn:vim25\" xsi:type=\"%s\">%s</%sFault></detail>"
				   "</soapenv:Fault>"),
			  name, name, name, inner, name));
}

static void fault(struct vim_response *r, const char *name)
{
	fault_with(r, name, "");
}

static void respond(struct vim_response *r, const char *method, const char *inner)
{
	reply(r, 200,
	      vu_asprintf(ENVELOPE("<%sResponse xmlns=\"urn:vim25\">%s</%sResponse>"), method,
			  inner, method));
}

static const char vcenter[] =
	"<returnval><rootFolder type=\"Folder\">group-d1</rootFolder>"
	"<propertyCollector type=\"PropertyCollector\">propertyCollector</propertyCollector>"
	"<about><name>VMware vCenter Server</name><fullName>VMware vCenter Server 8.0.1 build-1"
	"</fullName><apiType>VirtualCenter</apiType><apiVersion>8.0.1.0</apiVersion></about>"
	"<sessionManager type=\"SessionManager\">SessionManager</sessionManager>"
	"<searchIndex type=\"SearchIndex\">SearchIndex</searchIndex>"
	"<vStorageObjectManager type=\"VcenterVStorageObjectManager\">VStorageObjectManager"
	"</vStorageObjectManager></returnval>";

static void accept_login(struct vim_http *h, struct vim_response *r, const char *method)
{
	if (fakevim.no_cookies && h->cookie != NULL)
		begin_session_of(strchr(h->cookie, '=') + 1);
	if (!fakevim.no_cookies)
		r->cookie = vu_asprintf(fakevim.wants_quotes ? "vmware_soap_session=\"%s\""
							     : "vmware_soap_session=%s",
					begin_session());
	respond(r, method, "<returnval><key>52-key</key><userName>root</userName></returnval>");
}

static void do_content(struct vim_http *h, const char *body, struct vim_response *r)
{
	(void)h;
	(void)body;
	if (fakevim.early_cookies)
		r->cookie = strdup("vmware_soap_session=early");
	respond(r, "RetrieveServiceContent", fakevim.content != NULL ? fakevim.content : vcenter);
}

static void do_login(struct vim_http *h, const char *body, struct vim_response *r)
{
	snprintf(fakevim.login_cookie, sizeof(fakevim.login_cookie), "%s",
		 h->cookie == NULL ? "" : h->cookie);
	if (fakevim.login_ms != 0) {
		pthread_mutex_unlock(&lock);
		usleep(fakevim.login_ms * 1000);
		pthread_mutex_lock(&lock);
	}
	if (session_of(h) != NULL || strstr(body, "<userName>root &amp; sons</userName>") == NULL ||
	    strcmp(fakevim.password, FAKEVIM_PASSWORD) != 0 ||
	    strstr(body, "<password>pa$$ &lt;&quot;word&quot;&gt;</password>") == NULL)
		fault(r, "InvalidLogin");
	else
		accept_login(h, r, "Login");
}

static void do_sspi(struct vim_http *h, const char *body, struct vim_response *r)
{
	const char *token = strstr(body, "<base64Token>");

	sscanf(token, "<base64Token>%63[^<]", fakevim.sspi_token);
	if (challenged > 0 && (h->cookie == NULL || strstr(h->cookie, "sspi") == NULL)) {
		fault(r, "InvalidLogin");
	} else if (challenged < fakevim.challenges) {
		challenged++;
		r->cookie = strdup("vmware_soap_session=sspi");
		fault_with(r, "SSPIChallenge", "<base64Token>Y2hhbGxlbmdl\n</base64Token>");
	} else {
		accept_login(h, r, "LoginBySSPI");
	}
}

static void do_logout(struct vim_http *h, const char *body, struct vim_response *r)
{
	char *s = session_of(h);

	(void)body;
	if (s == NULL) {
		fault(r, "NotAuthenticated");
		return;
	}
	s[0] = '\0';
	fakevim.sessions--;
	respond(r, "Logout", "");
}

static void do_ticket(struct vim_http *h, const char *body, struct vim_response *r)
{
	char *inner;

	(void)body;
	if (fakevim.no_clones || session_of(h) == NULL) {
		fault(r, fakevim.no_clones ? "NotImplemented" : "NotAuthenticated");
		return;
	}
	snprintf(ticket, sizeof(ticket), "cst-<%u>", next_session);
	inner = vu_asprintf("<returnval>cst-&lt;%u&gt;</returnval>", next_session);
	respond(r, "AcquireCloneTicket", inner);
	free(inner);
}

static void do_clone(struct vim_http *h, const char *body, struct vim_response *r)
{
	char *arg = vu_asprintf("<cloneTicket>cst-&lt;%u&gt;</cloneTicket>", next_session);

	if (ticket[0] == '\0' || h->cookie != NULL || strstr(body, arg) == NULL)
		fault(r, "InvalidLogin");
	else
		accept_login(h, r, "CloneSession");
	ticket[0] = '\0';
	free(arg);
}

/* Page @page of a reply, an object with a name each. */
static void properties_page(struct vim_response *r, const char *method, unsigned page)
{
	char *inner = vu_asprintf(
		"<returnval>%s<objects><obj type=\"VirtualMachine\">vm-%u</obj><propSet><name>name"
		"</name><val xsi:type=\"xsd:string\">machine %u</val></propSet><missingSet><path>"
		"config</path><fault><fault xsi:type=\"NoPermission\"/><localizedMessage>no"
		"</localizedMessage></fault></missingSet></objects></returnval>",
		page + 1 < fakevim.pages || fakevim.endless ? "<token>next</token>" : "", page,
		page);

	respond(r, method, inner);
	free(inner);
}

static void do_properties(struct vim_http *h, const char *body, struct vim_response *r)
{
	static unsigned page;

	if (session_of(h) == NULL && fakevim.missing_not_fault)
		respond(r, "RetrievePropertiesEx",
			"<returnval><objects><obj type=\"VirtualMachine\">vm-1</obj><missingSet>"
			"<path>name</path><fault><fault xsi:type=\"NotAuthenticated\"/>"
			"<localizedMessage/></fault></missingSet></objects></returnval>");
	else if (session_of(h) == NULL)
		fault(r, "NotAuthenticated");
	else if (strstr(body, "currentSession") != NULL)
		respond(r, "RetrievePropertiesEx",
			"<returnval><objects><obj type=\"SessionManager\">SessionManager</obj>"
			"<propSet><name>currentSession</name><val "
			"xsi:type=\"UserSession\"><key>52-key"
			"</key></val></propSet></objects></returnval>");
	else if (strstr(body, "<ContinueRetrievePropertiesEx") != NULL)
		properties_page(r, "ContinueRetrievePropertiesEx", ++page);
	else
		properties_page(r, "RetrievePropertiesEx", page = 0);
}

static void do_time(struct vim_http *h, const char *body, struct vim_response *r)
{
	(void)body;
	if (session_of(h) == NULL)
		fault(r, "NotAuthenticated");
	else if (fakevim.fault != NULL)
		fault(r, fakevim.fault);
	else
		respond(r, "CurrentTime", "<returnval>2026-01-01T00:00:00Z</returnval>");
}

static const struct {
	const char *method;
	void (*answer)(struct vim_http *h, const char *body, struct vim_response *r);
} methods[] = {
	{ "RetrieveServiceContent", do_content },
	{ "Login", do_login },
	{ "LoginBySSPI", do_sspi },
	{ "Logout", do_logout },
	{ "AcquireCloneTicket", do_ticket },
	{ "CloneSession", do_clone },
	{ "RetrievePropertiesEx", do_properties },
	{ "ContinueRetrievePropertiesEx", do_properties },
	{ "CurrentTime", do_time },
};

/* The method of a request. */
static void method_of(const char *body, char method[40])
{
	const char *start = strstr(body, "<E:Body><");

	if (start == NULL || sscanf(start, "<E:Body><%39[A-Za-z_]", method) != 1)
		abort();
}

static bool garbles(const char *method, struct vim_response *r)
{
	size_t len;

	if (fakevim.garble == NULL || strcmp(fakevim.garble, method) != 0)
		return false;
	if (fakevim.garble_times != 0 && --fakevim.garble_times == 0)
		fakevim.garble = NULL;
	len = fakevim.garble_len != 0 ? fakevim.garble_len : strlen(fakevim.garble_body);
	r->body = calloc(1, len + 1);
	memcpy(r->body, fakevim.garble_body, len);
	r->body_len = len;
	r->type = fakevim.garble_type == NULL ? NULL : strdup(fakevim.garble_type);
	r->status = fakevim.garble_status;
	if (fakevim.garble_begins)
		r->cookie = vu_asprintf("vmware_soap_session=%s", begin_session());
	return true;
}

static void answer_soap(struct vim_http *h, const char *body, struct vim_response *r)
{
	char method[40];

	method_of(body, method);
	++*count_of(method);
	if (garbles(method, r))
		return;
	for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++)
		if (strcmp(methods[i].method, method) == 0) {
			methods[i].answer(h, body, r);
			return;
		}
	fault(r, "MethodNotFound");
}

VixError vim_http_new(const struct vim_server *server, struct vim_http **h_out)
{
	SERVER();

	(void)server;
	*h_out = calloc(1, sizeof(**h_out));
	fakevim.https++;
	return VIX_OK;
}

void vim_http_free(struct vim_http *h)
{
	VU_LOCK(&lock);
	if (h == NULL)
		return;
	fakevim.https--;
	free(h->cookie);
	free(h);
}

const char *vim_http_name(const struct vim_http *h)
{
	(void)h;
	return "vc.test:443";
}

int vim_http_set_cookie(struct vim_http *h, const char *cookie)
{
	SERVER();

	free(h->cookie);
	h->cookie = vu_strdup_or_null(cookie);
	return 0;
}

void vim_http_cancel(struct vim_http *h)
{
	VU_LOCK(&lock);
	h->is_cancelled = true;
}

static bool is_cancelled(const struct vim_http *h)
{
	VU_LOCK(&lock);
	return h->is_cancelled;
}

/* Comes to nothing, if this is the method that does. */
static void hang(const struct vim_http *h, const struct vim_request *q)
{
	char method[40];

	if (fakevim.hangs == NULL || q->body == NULL)
		return;
	method_of(q->body, method);
	if (strcmp(method, fakevim.hangs) != 0)
		return;
	__atomic_fetch_add(&fakevim.hanging, 1, __ATOMIC_RELAXED);
	while (!is_cancelled(h))
		vu_sleep_ms(1);
}

VixError vim_http_send(struct vim_http *h, const struct vim_request *q, struct vim_response *r_out)
{
	hang(h, q);
	SERVER();

	*r_out = (struct vim_response){ 0 };
	fakevim.limit_ms = q->limit_ms;
	if (h->is_cancelled)
		return VIX_E_CANCELLED;
	if (fakevim.fails != VIX_OK)
		return fakevim.fails;
	if (strcmp(q->method, "GET") == 0) {
		reply(r_out, fakevim.versions == NULL ? 404 : 200,
		      strdup(fakevim.versions == NULL ? "" : fakevim.versions));
		return VIX_OK;
	}
	snprintf(fakevim.last_headers, sizeof(fakevim.last_headers), "%s", q->headers);
	snprintf(fakevim.last_body, sizeof(fakevim.last_body), "%s", (const char *)q->body);
	answer_soap(h, q->body, r_out);
	return VIX_OK;
}

VixError vim_http_refused(const struct vim_http *h, unsigned status, const char *doing)
{
	(void)h;
	(void)doing;
	return status == 503   ? VIX_E_OBJECT_IS_BUSY
	       : status == 404 ? VIX_E_FILE_NOT_FOUND
			       : VIX_E_NET_HTTP_TRANSFER;
}

void vim_response_free(struct vim_response *r)
{
	free(r->body);
	free(r->type);
	free(r->cookie);
	*r = (struct vim_response){ 0 };
}
