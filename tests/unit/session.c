/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * libvdisk/vim/session.c, login*.c and content.c, against fakevim.c.
 */
#include "config.h"

#include "unit.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#include "../../libvdisk/vim/session.h"
#include "fakevim.h"
#include "said.h"

static struct vim_login by_password(void)
{
	return (struct vim_login){ .server.host = "vc.test",
				   .by = VIM_BY_PASSWORD,
				   .user = FAKEVIM_USER,
				   .password = FAKEVIM_PASSWORD };
}

static struct vim_login by_cookie(const char *cookie)
{
	return (struct vim_login){ .server.host = "vc.test",
				   .by = VIM_BY_SESSION,
				   .cookie = cookie };
}

/* A session that has to be. */
static struct vim_session *open_by(struct vim_login login)
{
	struct vim_session *s;

	ck_assert_uint_eq(vim_session_open(&login, &s), VIX_OK);
	return s;
}

static struct vim_session *opened(void)
{
	return open_by(by_password());
}

/* A login that has to fail with @code, and leaves nothing behind. */
static void fails_with(struct vim_login login, VixError code)
{
	struct vim_session *s;

	ck_assert_uint_eq(vim_session_open(&login, &s), code);
	ck_assert_ptr_null(s);
	ck_assert_uint_eq(fakevim.https, 0);
}

static const struct vim_call current_time = { .method = "CurrentTime",
					      .of = { "ServiceInstance", "ServiceInstance" } };

static VixError call(struct vim_session *s)
{
	struct vim_xml *x;
	VixError err = vim_session_call(s, &current_time, &x);

	vim_xml_free(x);
	return err;
}

static void start(void)
{
	fakevim_reset();
	said_start();
}

START_TEST(open_logs_in_and_close_logs_out)
{
	struct vim_session *s = opened();
	const struct vim_content *c = vim_session_content(s);

	ck_assert(c->is_vcenter);
	ck_assert_str_eq(c->session_manager, "SessionManager");
	ck_assert_str_eq(c->product, "VMware vCenter Server 8.0.1 build-1");
	ck_assert_str_eq(c->vstorage_type, "VcenterVStorageObjectManager");
	ck_assert_ptr_null(c->file_manager);
	ck_assert_str_eq(vim_session_server(s)->host, "vc.test");
	ck_assert_uint_eq(fakevim_calls("Login"), 1);
	ck_assert_uint_eq(fakevim.sessions, 1);
	ck_assert_uint_eq(call(s), VIX_OK);
	vim_session_close(vim_session_share(s));
	ck_assert_uint_eq(fakevim_calls("Logout"), 0);
	vim_session_close(s);
	ck_assert_uint_eq(fakevim_calls("Logout"), 1);
	ck_assert_uint_eq(fakevim.sessions, 0);
	ck_assert_uint_eq(fakevim.https, 0);
	ck_assert(said_nothing());
}
END_TEST

static const struct {
	const char *xml, *action;
} offers[] = {
	{ NULL, "SOAPAction: \"urn:vim25/6.5\"\r\n" },
	{ "<html>no</html>", "SOAPAction: \"urn:vim25/6.5\"\r\n" },
	{ "not XML", "SOAPAction: \"urn:vim25/6.5\"\r\n" },
	{ "<namespaces><namespace><name>urn:vim25</name><version>8.0.1.0</version><priorVersions>"
	  "<version>7.0</version><version>6.7</version><version>6.5</version></priorVersions>"
	  "</namespace></namespaces>",
	  "SOAPAction: \"urn:vim25/6.7\"\r\n" },
	{ "<namespaces><namespace><name>urn:sms</name><version>6.7</version></namespace><namespace>"
	  "<name>urn:vim25</name><version>6.0</version><priorVersions><version>5.5</version>"
	  "</priorVersions></namespace></namespaces>",
	  "SOAPAction: \"urn:vim25/6.0\"\r\n" },
	{ "<namespaces><namespace><name>urn:vim25</name><version>9.9</version></namespace>"
	  "</namespaces>",
	  "SOAPAction: \"urn:vim25/6.5\"\r\n" },
};

START_TEST(newest_version_that_both_sides_have_is_spoken)
{
	struct vim_session *s;

	fakevim.versions = offers[_i].xml;
	s = opened();
	ck_assert_ptr_nonnull(strstr(fakevim.last_headers, offers[_i].action));
	vim_session_close(s);
}
END_TEST

START_TEST(wrong_password_is_tried_once)
{
	fakevim.password = "another";
	fails_with(by_password(), VIX_E_AUTHENTICATION_FAIL);
	ck_assert_uint_eq(fakevim_calls("Login"), 1);
	ck_assert_uint_eq(fakevim_calls("Logout"), 0);
	ck_assert(said(
		"vc.test:443 refuses the login of root & sons: InvalidLogin: it's InvalidLogin"));
	ck_assert_uint_eq(said_lines(), 1);
}
END_TEST

START_TEST(login_needs_what_it_is_made_of)
{
	struct vim_login l = by_password();

	l.password = NULL;
	fails_with(l, VIX_E_INVALID_ARG);
	l = by_password();
	l.user = NULL;
	fails_with(l, VIX_E_INVALID_ARG);
	fails_with(by_cookie(NULL), VIX_E_INVALID_ARG);
	fails_with(by_cookie(""), VIX_E_INVALID_ARG);
	fails_with(by_cookie("a\r\nX-Evil: b"), VIX_E_INVALID_ARG);
	fails_with(by_cookie("\"\""), VIX_E_INVALID_ARG);
	ck_assert_uint_eq(said_lines(), 6);
}
END_TEST

static const VixError unreachable[] = {
	VIX_E_HOST_SERVER_NOT_FOUND,      VIX_E_HOST_NETWORK_CONN_REFUSED,
	VIX_E_HOST_TCP_CONN_LOST,         VIX_E_NET_HTTP_COULDNT_RESOLVE_HOST,
	VIX_E_NET_HTTP_COULDNT_CONNECT,   VIX_E_NET_HTTP_OPERATION_TIMEDOUT,
	VIX_E_NET_HTTP_SSL_CONNECT_ERROR, VIX_E_NET_HTTP_SSL_SECURITY,
	VIX_E_CANNOT_CONNECT_TO_HOST,
};

START_TEST(whatever_is_in_the_way_we_can_not_connect)
{
	fakevim.fails = unreachable[_i];
	fails_with(by_password(), VIX_E_CANNOT_CONNECT_TO_HOST);
}
END_TEST

static const struct {
	const char *method;
	unsigned status;
	const char *type, *body;
	const char *words; /* that are said */
} strange[] = {
	{ "RetrieveServiceContent", 200, "text/html", "<html><p>Welcome<p></html>",
	  "vc.test:443: expected the SOAP response of RetrieveServiceContent; HTTP 200 came, of "
	  "type "
	  "text/html, 26 bytes: <html><p>Welcome<p></html>" },
	{ "RetrieveServiceContent", 200, NULL, "", "of type none, 0 bytes" },
	{ "RetrieveServiceContent", 200, "text/xml", "<a/>", "<a/>" },
	{ "RetrieveServiceContent", 404, "text/plain", "nothing here", "HTTP 404" },
	{ "RetrieveServiceContent", 503, "text/plain", "Out of HTTP sessions: Limited to 2000",
	  "Out of HTTP sessions" },
	{ "RetrieveServiceContent", 302, "text/html", "", "HTTP 302" },
	{ "RetrieveServiceContent", 500, "text/html", "\x1b[31mred", "\\x1b[31mred" },
	{ "RetrieveServiceContent", 200, "text/xml",
	  "<Envelope><Body><RetrieveServiceContentResponse><returnval/>"
	  "</RetrieveServiceContentResponse></Body></Envelope>",
	  "expected what a vCenter or an ESXi host has" },
	{ "RetrieveServiceContent", 500, "text/xml",
	  "<Envelope><Body><Fault><faultstring>later</faultstring></Fault></Body></Envelope>",
	  "vc.test:443 refuses RetrieveServiceContent: Fault: later" },
	{ "Login", 200, "text/html", "<html/>", "the SOAP response of Login" },
	{ "Login", 200, "text/xml", "<Envelope><Body><LogoutResponse/></Body></Envelope>",
	  "the SOAP response of Login" },
	{ "Login", 500, "text/xml",
	  "<Envelope><Body><Fault><detail><SystemErrorFault/></detail></Fault></Body></Envelope>",
	  "refuses the login of root & sons: SystemError" },
};

START_TEST(server_that_is_none_is_told_with_what_came)
{
	fakevim.garble = strange[_i].method;
	fakevim.garble_status = strange[_i].status;
	fakevim.garble_type = strange[_i].type;
	fakevim.garble_body = strange[_i].body;
	fails_with(by_password(), VIX_E_CANNOT_CONNECT_TO_HOST);
	ck_assert_msg(said(strange[_i].words), "said: %s", said_text);
	ck_assert_uint_eq(said_lines(), 1);
}
END_TEST

START_TEST(busy_server_is_asked_again)
{
	struct vim_session *s;

	fakevim.garble = "RetrieveServiceContent";
	fakevim.garble_status = 503;
	fakevim.garble_body = "busy";
	fakevim.garble_times = 1;
	s = opened();
	ck_assert_uint_eq(fakevim_calls("RetrieveServiceContent"), 2);
	vim_session_close(s);
	/* but not for what it might have done already */
	fakevim.garble = "Login";
	fakevim.garble_times = 1;
	fails_with(by_password(), VIX_E_CANNOT_CONNECT_TO_HOST);
	ck_assert_uint_eq(fakevim_calls("Login"), 2);
}
END_TEST

START_TEST(login_without_a_cookie_is_none)
{
	fakevim.no_cookies = true;
	fails_with(by_password(), VIX_E_CANNOT_CONNECT_TO_HOST);
	ck_assert(said("expected a session cookie for the login of root & sons, none came"));
}
END_TEST

static const unsigned unreadable[] = { 200, 500, 502 };

START_TEST(session_behind_an_answer_that_can_not_be_read_is_ended)
{
	char cookie[100];

	fakevim.garble_status = unreadable[_i];
	fakevim.garble_body = "<a>";
	fakevim.garble_begins = true;
	fakevim.garble = "Login";
	fails_with(by_password(), VIX_E_CANNOT_CONNECT_TO_HOST);
	ck_assert_uint_eq(fakevim.sessions, 0);
	snprintf(cookie, sizeof(cookie), "%s", fakevim_login());
	fakevim.garble = "CloneSession";
	vim_session_close(open_by(by_cookie(cookie)));
	ck_assert_uint_eq(fakevim.sessions, 1);
	ck_assert_uint_eq(fakevim_calls("Logout"), 2);
}
END_TEST

START_TEST(cookie_of_before_the_login_is_sent_with_it_once)
{
	struct vim_session *s;

	fakevim.early_cookies = true;
	fakevim.no_cookies = _i == 1; /* of the login: it stays what it was */
	s = opened();
	ck_assert_str_eq(fakevim.login_cookie, "vmware_soap_session=early");
	ck_assert_uint_eq(call(s), VIX_OK);
	fakevim_expire();
	fakevim.no_cookies = false;
	ck_assert_uint_eq(call(s), VIX_OK);
	ck_assert_str_eq(fakevim.login_cookie, "");
	vim_session_close(s);
	ck_assert_uint_eq(fakevim.sessions, 0);
}
END_TEST

START_TEST(expired_session_is_renewed_and_the_call_repeated)
{
	struct vim_session *s = opened();

	ck_assert_uint_eq(vim_session_generation(s), 1);
	fakevim_expire();
	ck_assert_uint_eq(call(s), VIX_OK);
	ck_assert_uint_eq(vim_session_generation(s), 2);
	ck_assert_uint_eq(fakevim_calls("Login"), 2);
	ck_assert_str_eq(fakevim.login_cookie, "");
	vim_session_close(s);
	ck_assert_uint_eq(fakevim.sessions, 0);
	ck_assert(said_nothing());
}
END_TEST

START_TEST(renewal_is_needed_once_for_a_generation)
{
	struct vim_session *s = opened();
	unsigned generation = vim_session_generation(s);

	fakevim_expire();
	ck_assert_uint_eq(vim_session_renew(s, generation), VIX_OK);
	ck_assert_uint_eq(vim_session_renew(s, generation), VIX_OK);
	ck_assert_uint_eq(fakevim_calls("Login"), 2);
	vim_session_close(s);
}
END_TEST

START_TEST(session_that_lives_is_ended_before_it_is_replaced)
{
	struct vim_session *s = opened();

	ck_assert_uint_eq(vim_session_renew(s, vim_session_generation(s)), VIX_OK);
	ck_assert_uint_eq(fakevim.sessions, 1);
	vim_session_close(s);
	ck_assert_uint_eq(fakevim.sessions, 0);
}
END_TEST

#define THREADS 8

static void *call_in_thread(void *s)
{
	return (void *)(uintptr_t)call(s);
}

/* Calls from many threads at once, each of which has to end with @code. */
static void calls_from_threads(struct vim_session *s, VixError code)
{
	pthread_t threads[THREADS];

	for (int i = 0; i < THREADS; i++)
		ck_assert_int_eq(pthread_create(&threads[i], NULL, call_in_thread, s), 0);
	for (int i = 0; i < THREADS; i++) {
		void *err;

		pthread_join(threads[i], &err);
		ck_assert_uint_eq((uintptr_t)err, code);
	}
}

START_TEST(many_threads_log_in_once)
{
	struct vim_session *s = opened();

	fakevim.login_ms = 50;
	for (unsigned round = 2; round < 5; round++) {
		fakevim_expire();
		calls_from_threads(s, VIX_OK);
		ck_assert_uint_eq(fakevim_calls("Login"), round);
	}
	vim_session_close(s);
	ck_assert_uint_eq(fakevim.sessions, 0);
}
END_TEST

START_TEST(many_threads_are_refused_once)
{
	struct vim_session *s = opened();

	fakevim.login_ms = 50;
	fakevim.password = "changed";
	fakevim_expire();
	calls_from_threads(s, VIX_E_AUTHENTICATION_FAIL);
	calls_from_threads(s, VIX_E_AUTHENTICATION_FAIL);
	ck_assert_uint_eq(fakevim_calls("Login"), 2);
	fakevim.password = FAKEVIM_PASSWORD; /* too late: it is forgotten */
	ck_assert_uint_eq(call(s), VIX_E_AUTHENTICATION_FAIL);
	ck_assert_uint_eq(fakevim_calls("Login"), 2);
	ck_assert(said("the session is gone, and the next login was refused before"));
	vim_session_close(s);
}
END_TEST

START_TEST(login_that_had_no_answer_is_tried_again)
{
	struct vim_session *s = opened();

	fakevim_expire();
	fakevim.garble = "Login";
	fakevim.garble_status = 502;
	fakevim.garble_body = "bad gateway";
	ck_assert_uint_eq(call(s), VIX_E_NET_HTTP_TRANSFER);
	fakevim.garble = NULL;
	ck_assert_uint_eq(call(s), VIX_OK);
	ck_assert_uint_eq(fakevim_calls("Login"), 3);
	vim_session_close(s);
}
END_TEST

START_TEST(who_is_never_authenticated_asks_twice)
{
	struct vim_session *s = opened();

	fakevim.never_satisfied = true;
	ck_assert_uint_eq(call(s), VIX_E_AUTHENTICATION_FAIL);
	ck_assert_uint_eq(fakevim_calls("CurrentTime"), 2);
	ck_assert_uint_eq(fakevim_calls("Login"), 2);
	ck_assert(said("CurrentTime is refused as NotAuthenticated right after a login"));
	vim_session_close(s);
}
END_TEST

START_TEST(missing_properties_tell_that_nobody_is_logged_in)
{
	const struct vim_call properties = { .method = "RetrievePropertiesEx",
					     .of = { "PropertyCollector", "propertyCollector" } };
	struct vim_session *s = opened();
	struct vim_xml *x;

	fakevim.missing_not_fault = true;
	fakevim_expire();
	ck_assert_uint_eq(vim_session_call(s, &properties, &x), VIX_OK);
	ck_assert_str_eq(vim_xml_text(vim_xml_root(x), "returnval/objects/propSet/val"),
			 "machine 0");
	ck_assert_uint_eq(fakevim_calls("Login"), 2);
	vim_xml_free(x);
	vim_session_close(s);
}
END_TEST

START_TEST(status_401_is_the_fault)
{
	struct vim_session *s = opened();

	fakevim.garble = "CurrentTime";
	fakevim.garble_status = 401;
	fakevim.garble_body = "no";
	fakevim.garble_times = 1;
	ck_assert_uint_eq(call(s), VIX_OK);
	ck_assert_uint_eq(fakevim_calls("Login"), 2);
	vim_session_close(s);
}
END_TEST

START_TEST(fault_is_told_once_with_its_code)
{
	struct vim_session *s = opened();
	struct vim_fault fault;
	struct vim_xml *x;

	fakevim.fault = "NoPermission";
	ck_assert_uint_eq(call(s), VIX_E_FILE_ACCESS_ERROR);
	ck_assert(said("vc.test:443 refuses CurrentTime: NoPermission: it's NoPermission "
		       "(VIX_E_FILE_ACCESS_ERROR)\n"));
	ck_assert_uint_eq(said_lines(), 1);
	ck_assert_uint_eq(vim_session_try(s, &current_time, &x, &fault), VIX_OK);
	ck_assert_str_eq(fault.name, "NoPermission");
	ck_assert_str_eq(fault.message, "it's NoPermission");
	ck_assert_uint_eq(said_lines(), 1);
	vim_xml_free(x);
	vim_session_close(s);
}
END_TEST

START_TEST(cancelled_session_is_ended_on_other_connections)
{
	struct vim_session *s = opened();

	vim_http_cancel(vim_session_http(s));
	ck_assert_uint_eq(call(s), VIX_E_CANCELLED);
	vim_session_close(s);
	ck_assert_uint_eq(fakevim.sessions, 0);
	ck_assert_uint_eq(fakevim.https, 0);
}
END_TEST

/* Forms in which a client may give the cookie of session %s. */
static const char *const forms[] = {
	"%s",
	"\"%s\"",
	"vmware_soap_session=%s",
	"vmware_soap_session=\"%s\"",
	"vmware_soap_session=\"%s\"; Path=/; HttpOnly; Secure",
	"vmware_soap_session=%s ;Path=/",
};

START_TEST(lent_session_is_cloned_and_the_clone_ended)
{
	struct vim_session *s;
	char cookie[100];

	fakevim.wants_quotes = _i % 2 == 1;
	snprintf(cookie, sizeof(cookie), forms[_i / 2], fakevim_login());
	s = open_by(by_cookie(cookie));
	ck_assert_uint_eq(fakevim.sessions, 2);
	ck_assert_uint_eq(fakevim.https, 1);
	ck_assert_uint_eq(call(s), VIX_OK);
	ck_assert_uint_eq(fakevim_calls("Login"), 0);
	vim_session_close(s);
	ck_assert_uint_eq(fakevim_calls("Logout"), 1);
	ck_assert_uint_eq(fakevim.sessions, 1); /* the lender's */
	ck_assert(said_nothing());
}
END_TEST

START_TEST(lent_session_without_a_clone_is_used_and_left)
{
	struct vim_session *s;
	char cookie[100];

	fakevim.no_clones = true;
	fakevim.wants_quotes = _i % 2 == 1;
	snprintf(cookie, sizeof(cookie), forms[_i / 2], fakevim_login());
	s = open_by(by_cookie(cookie));
	ck_assert_uint_eq(call(s), VIX_OK);
	vim_session_close(s);
	ck_assert_uint_eq(fakevim_calls("Logout"), 0);
	ck_assert_uint_eq(fakevim.sessions, 1);
	ck_assert(said_nothing());
}
END_TEST

START_TEST(dead_cookie_is_refused)
{
	fakevim.missing_not_fault = _i == 1;
	fails_with(by_cookie("52-dead"), VIX_E_AUTHENTICATION_FAIL);
	ck_assert(said(
		"vc.test:443: the session that was lent to us is not valid there, or has ended"));
	ck_assert_uint_eq(said_lines(), 1);
	ck_assert_uint_eq(fakevim_calls("Login"), 0);
	ck_assert_uint_eq(fakevim_calls("Logout"), 0);
}
END_TEST

START_TEST(expired_clone_is_cloned_again_while_the_lender_lives)
{
	struct vim_session *s;
	const char *lender = fakevim_login();
	char cookie[100], kept[100];

	snprintf(cookie, sizeof(cookie), "vmware_soap_session=%s", lender);
	snprintf(kept, sizeof(kept), "%s", lender);
	s = open_by(by_cookie(cookie));
	ck_assert_uint_eq(vim_session_renew(s, 1), VIX_OK);
	ck_assert_uint_eq(fakevim_calls("CloneSession"), 2);
	ck_assert_uint_eq(fakevim.sessions, 2);
	fakevim_expire();
	ck_assert_uint_eq(call(s), VIX_E_AUTHENTICATION_FAIL);
	ck_assert(said("the session that was lent to us is not valid there, or has ended"));
	ck_assert_uint_eq(call(s), VIX_E_AUTHENTICATION_FAIL);
	ck_assert_uint_eq(fakevim_calls("CloneSession"), 2);
	vim_session_close(s);
}
END_TEST

START_TEST(another_key_is_a_warning)
{
	char cookie[100];
	struct vim_login l;

	snprintf(cookie, sizeof(cookie), "%s", fakevim_login());
	l = by_cookie(cookie);
	l.key = "another";
	vim_session_close(open_by(l));
	ck_assert(said("has another key than the one that came with it"));
}
END_TEST

START_TEST(child_of_fork_leaves_the_session_alone)
{
	struct vim_session *s = opened();
	pid_t child;
	int status;

	vim_session_hold(s); /* with its thread, which a child has not */
	child = fork();
	if (child == 0) {
		bool good = call(s) == VIX_E_HOST_NOT_CONNECTED &&
			    vim_session_renew(s, 1) == VIX_E_HOST_NOT_CONNECTED &&
			    said("belongs to the process that forked");

		vim_session_unhold(s);
		vim_session_close(s);
		_exit(good && fakevim_calls("Logout") == 0 ? 0 : 1);
	}
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert_int_eq(status, 0);
	ck_assert_uint_eq(call(s), VIX_OK);
	vim_session_unhold(s);
	vim_session_close(s);
}
END_TEST

START_TEST(nothing_secret_is_logged)
{
	struct vim_session *s;
	char cookie[100];

	setenv("VDISK_DEBUG", "vim", 1); /* of this process, which has logged nothing so far */
	s = opened();
	fakevim_expire();
	ck_assert_uint_eq(call(s), VIX_OK);
	vim_session_close(s);
	snprintf(cookie, sizeof(cookie), "%s", fakevim_login());
	vim_session_close(open_by(by_cookie(cookie)));
	fakevim.password = "another";
	fails_with(by_password(), VIX_E_AUTHENTICATION_FAIL);
	fakevim.garble = "Login"; /* a server that says what it was told */
	fakevim.garble_status = 200;
	fakevim.garble_type = "text/plain";
	fakevim.garble_body = "<password>" FAKEVIM_PASSWORD "</password>";
	fails_with(by_password(), VIX_E_CANNOT_CONNECT_TO_HOST);
	ck_assert(said("expected the SOAP response of Login"));
	ck_assert(said("vim: vc.test:443: Login: HTTP 200")); /* every level is on */
	ck_assert(!said("pa$$") && !said("word") && !said("52-") && !said("vmware_soap") &&
		  !said("cst-"));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("session");
	TCase *tc;

	tc = unit_tcase(s, "open");
	tcase_add_checked_fixture(tc, start, said_stop);
	tcase_add_test(tc, open_logs_in_and_close_logs_out);
	tcase_add_loop_test(tc, newest_version_that_both_sides_have_is_spoken, 0,
			    sizeof(offers) / sizeof(offers[0]));
	tcase_add_test(tc, wrong_password_is_tried_once);
	tcase_add_test(tc, login_needs_what_it_is_made_of);
	tcase_add_loop_test(tc, whatever_is_in_the_way_we_can_not_connect, 0,
			    sizeof(unreachable) / sizeof(unreachable[0]));
	tcase_add_loop_test(tc, server_that_is_none_is_told_with_what_came, 0,
			    sizeof(strange) / sizeof(strange[0]));
	tcase_add_test(tc, busy_server_is_asked_again);
	tcase_add_test(tc, login_without_a_cookie_is_none);
	tcase_add_loop_test(tc, session_behind_an_answer_that_can_not_be_read_is_ended, 0,
			    sizeof(unreadable) / sizeof(unreadable[0]));
	tcase_add_loop_test(tc, cookie_of_before_the_login_is_sent_with_it_once, 0, 2);
	tc = unit_tcase(s, "renew");
	tcase_add_checked_fixture(tc, start, said_stop);
	tcase_add_test(tc, expired_session_is_renewed_and_the_call_repeated);
	tcase_add_test(tc, renewal_is_needed_once_for_a_generation);
	tcase_add_test(tc, session_that_lives_is_ended_before_it_is_replaced);
	tcase_add_test(tc, many_threads_log_in_once);
	tcase_add_test(tc, many_threads_are_refused_once);
	tcase_add_test(tc, login_that_had_no_answer_is_tried_again);
	tcase_add_test(tc, who_is_never_authenticated_asks_twice);
	tcase_add_test(tc, missing_properties_tell_that_nobody_is_logged_in);
	tcase_add_test(tc, status_401_is_the_fault);
	tcase_add_test(tc, fault_is_told_once_with_its_code);
	tcase_add_test(tc, cancelled_session_is_ended_on_other_connections);
	tc = unit_tcase(s, "lent");
	tcase_add_checked_fixture(tc, start, said_stop);
	tcase_add_loop_test(tc, lent_session_is_cloned_and_the_clone_ended, 0,
			    2 * sizeof(forms) / sizeof(forms[0]));
	tcase_add_loop_test(tc, lent_session_without_a_clone_is_used_and_left, 0,
			    2 * sizeof(forms) / sizeof(forms[0]));
	tcase_add_loop_test(tc, dead_cookie_is_refused, 0, 2);
	tcase_add_test(tc, expired_clone_is_cloned_again_while_the_lender_lives);
	tcase_add_test(tc, another_key_is_a_warning);
	tc = unit_tcase(s, "process");
	tcase_add_checked_fixture(tc, start, said_stop);
	tcase_add_test(tc, child_of_fork_leaves_the_session_alone);
	tcase_add_test(tc, nothing_secret_is_logged);
	return unit_run(s);
}
