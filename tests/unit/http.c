/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * libvdisk/vim/http.c, connection.c and exchange.c, against servers of the test's own; who is trusted
 * is in http-trust.c, what gets lost in http-losses.c.
 */
#include "config.h"

#include "unit.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "httpfix.h"

static char last_head[8192];  /* of the last request; read when its answer is there */
static uint64_t n_body_bytes; /* of the last request */

static bool answer(struct tlspeer *p, const struct tlsrequest *q, void *ctx)
{
	(void)ctx;
	memcpy(last_head, q->head, sizeof(last_head));
	n_body_bytes = q->body_len;
	return tlspeer_file(p, q, file, FILE_BYTES);
}

static struct vim_request range_of(void *into, uint64_t first, uint64_t count)
{
	return (struct vim_request){
		.method = "GET", .target = "/file", .into = into, .first = first, .count = count
	};
}

START_TEST(a_connection_is_kept)
{
	serve(answer);
	for (unsigned i = 1; i <= 5; i++) {
		ck_assert_uint_eq(get("/"), VIX_OK);
		ck_assert_uint_eq(reply.status, 200);
		ck_assert_uint_eq(reply.size, FILE_BYTES);
		ck_assert_uint_eq(reply.body_len, FILE_BYTES);
		ck_assert_int_eq(memcmp(reply.body, file, FILE_BYTES), 0);
	}
	ck_assert_uint_eq(tlsserver_connections(server), 1);
	ck_assert_uint_eq(tlsserver_requests(server), 5);
	ck_assert(said_nothing());
}
END_TEST

START_TEST(a_range_goes_into_the_buffer_and_nowhere_else)
{
	static const uint64_t ranges[][2] = {
		{ 0, 1 }, { 1, 70000 }, { FILE_BYTES - 1, 1 }, { 0, FILE_BYTES }
	};
	static unsigned char buf[FILE_BYTES + 1];

	serve(answer);
	for (size_t i = 0; i < 4; i++) {
		struct vim_request q = range_of(buf, ranges[i][0], ranges[i][1]);

		memset(buf, 0xee, sizeof(buf));
		ck_assert_uint_eq(send_once(&q), VIX_OK);
		ck_assert_uint_eq(reply.status, 206);
		ck_assert_uint_eq(reply.size, FILE_BYTES);
		ck_assert_ptr_null(reply.body);
		ck_assert_int_eq(memcmp(buf, file + q.first, q.count), 0);
		ck_assert_uint_eq(buf[q.count], 0xee);
	}
}
END_TEST

START_TEST(without_a_buffer_a_range_may_be_cut_off_by_the_end_of_the_file)
{
	struct vim_request q = range_of(NULL, FILE_BYTES - 10, 100);

	serve(answer);
	ck_assert_uint_eq(send_once(&q), VIX_OK);
	ck_assert_uint_eq(reply.body_len, 10);
	ck_assert_int_eq(memcmp(reply.body, file + FILE_BYTES - 10, 10), 0);
	ck_assert_uint_eq(reply.size, FILE_BYTES);
	q.first = FILE_BYTES;
	ck_assert_uint_eq(send_once(&q), VIX_OK);
	ck_assert_uint_eq(reply.status, 416);
	ck_assert(reply.has_size);
	ck_assert_uint_eq(reply.size, FILE_BYTES);
}
END_TEST

START_TEST(head_tells_the_size)
{
	serve(answer);
	ck_assert_uint_eq(send_once(&(struct vim_request){ .method = "HEAD", .target = "/" }),
			  VIX_OK);
	ck_assert(reply.has_size);
	ck_assert_uint_eq(reply.size, FILE_BYTES);
	ck_assert_uint_eq(get("/"), VIX_OK);
	ck_assert_uint_eq(tlsserver_connections(server), 1);
}
END_TEST

/* Replies to GET of bytes 10 to 29, 20 of them, that are all wrong. */
static const struct wrong {
	const char *text;
	const char *said;
	VixError code;
} wrongs[] = {
	{ "200 OK\r\nContent-Length: 20\r\n\r\n01234567890123456789",
	  "expected bytes 10-29 of the file, got all of it, since the server ignored the range",
	  VIX_E_NET_HTTP_TRANSFER },
	{ "206 OK\r\nContent-Length: 20\r\n\r\n01234567890123456789",
	  "whose Content-Range does not say which", VIX_E_NET_HTTP_TRANSFER },
	{ "206 OK\r\nContent-Length: 20\r\nContent-Range: bytes "
	  "0-19/40\r\n\r\n01234567890123456789",
	  "got bytes 0-19", VIX_E_NET_HTTP_TRANSFER },
	{ "206 OK\r\nContent-Length: 21\r\nContent-Range: bytes "
	  "10-30/40\r\n\r\n012345678901234567890",
	  "got bytes 10-30", VIX_E_NET_HTTP_TRANSFER },
	{ "206 OK\r\nContent-Length: 10\r\nContent-Range: bytes 10-19/20\r\n\r\n0123456789",
	  "got bytes 10-19", VIX_E_NET_HTTP_TRANSFER },
	{ "206 OK\r\nContent-Length: 20\r\nContent-Range: lines "
	  "10-29/40\r\n\r\n01234567890123456789",
	  "does not say which", VIX_E_NET_HTTP_TRANSFER },
	{ "206 OK\r\nContent-Length: 20\r\nContent-Range: bytes 10-29/40\r\n"
	  "Content-Range: bytes 10-29/50\r\n\r\n01234567890123456789",
	  "does not say which", VIX_E_NET_HTTP_TRANSFER },
	{ "206 OK\r\nContent-Length: 19\r\nContent-Range: bytes "
	  "10-29/40\r\n\r\n0123456789012345678",
	  "got 19 bytes (Content-Length)", VIX_E_NET_HTTP_TRANSFER },
	{ "206 OK\r\nContent-Length: 20\r\nContent-Encoding: gzip\r\n"
	  "Content-Range: bytes 10-29/40\r\n\r\n01234567890123456789",
	  "got some encoding", VIX_E_NET_HTTP_TRANSFER },
	{ "206 OK\r\nTransfer-Encoding: chunked\r\nContent-Range: bytes 10-29/40\r\n\r\n"
	  "15\r\n012345678901234567890\r\n0\r\n\r\n",
	  "got more", VIX_E_NET_HTTP_TRANSFER },
	{ "206 OK\r\nTransfer-Encoding: chunked\r\nContent-Range: bytes 10-29/40\r\n\r\n"
	  "13\r\n0123456789012345678\r\n0\r\n\r\n",
	  "got only 19 bytes of it", VIX_E_NET_HTTP_TRANSFER },
	{ "206 OK\r\nContent-Length: 20\r\nContent-Range: bytes "
	  "10-29/40\r\n\r\n0123456789012345678",
	  "expected 20 bytes at 10, got 19: ", VIX_E_HOST_TCP_CONN_LOST },
	{ "206 OK\r\nConnection: close\r\nContent-Range: bytes 10-29/40\r\n\r\n0123456789012345678",
	  "got only 19 bytes of it", VIX_E_NET_HTTP_TRANSFER },
};

static bool answer_wrongly(struct tlspeer *p, const struct tlsrequest *q, void *ctx)
{
	(void)ctx;
	tlspeer_say(p, "HTTP/1.1 %s", wrongs[q->number - 1].text);
	return false;
}

START_TEST(a_reply_that_is_not_what_was_asked_for_is_an_error)
{
	unsigned char buf[21];
	struct vim_request q = range_of(buf, 10, 20);

	serve(answer_wrongly);
	for (size_t i = 0; i < sizeof(wrongs) / sizeof(wrongs[0]); i++) {
		said_start();
		buf[20] = 0xee;
		ck_assert_msg(send_once(&q) == wrongs[i].code, "%s", wrongs[i].text);
		ck_assert_msg(said(wrongs[i].said), "%zu: %s", i, said_text);
		ck_assert(said(vim_http_name(http)));
		ck_assert(said("/file"));
		ck_assert_uint_eq(said_lines(), 1);
		ck_assert_uint_eq(buf[20], 0xee);
		ck_assert_uint_eq(reply.status, 0);
	}
}
END_TEST

static bool answer_a_part(struct tlspeer *p, const struct tlsrequest *q, void *ctx)
{
	(void)q;
	(void)ctx;
	return tlspeer_say(p, "HTTP/1.1 206 OK\r\nContent-Length: 1\r\n"
			      "Content-Range: bytes 0-0/9\r\n\r\nx");
}

START_TEST(a_part_that_was_not_asked_for_is_an_error)
{
	serve(answer_a_part);
	ck_assert_uint_eq(get("/"), VIX_E_NET_HTTP_TRANSFER);
	ck_assert(said("expected the whole file, got a part of it"));
}
END_TEST

START_TEST(what_is_kept_of_a_body_is_bounded)
{
	struct vim_request q = { .method = "GET", .target = "/", .keep_max = FILE_BYTES };

	serve(answer);
	ck_assert_uint_eq(send_once(&q), VIX_OK);
	q.keep_max--;
	ck_assert_uint_eq(send_once(&q), VIX_E_NET_HTTP_TRANSFER);
	ck_assert(said("bytes at most, got more"));
}
END_TEST

static uint64_t n_taken;

static bool take(const void *buf, size_t len, void *ctx)
{
	ck_assert_uint_le(len, FILE_BYTES - n_taken);
	ck_assert_int_eq(memcmp(buf, file + n_taken, len), 0);
	n_taken += len;
	return n_taken < *(const uint64_t *)ctx;
}

START_TEST(a_body_can_be_taken_as_it_comes_and_refused)
{
	uint64_t enough = FILE_BYTES + 1;
	struct vim_request q = { .method = "GET", .target = "/", .take = take, .ctx = &enough };

	serve(answer);
	ck_assert_uint_eq(send_once(&q), VIX_OK);
	ck_assert_uint_eq(n_taken, FILE_BYTES);
	ck_assert_ptr_null(reply.body);
	n_taken = 0;
	enough = 1;
	ck_assert_uint_eq(send_once(&q), VIX_E_CANCELLED);
	ck_assert_uint_eq(get("/"), VIX_OK);
}
END_TEST

static VixError give(void *buf, size_t len, void *ctx)
{
	uint64_t *left = ctx;

	memset(buf, 'x', len);
	*left -= len;
	return *left == 77 ? VIX_E_DISK_FULL : VIX_OK;
}

START_TEST(a_body_can_be_given_as_it_is_sent)
{
	uint64_t left = 3000000;
	struct vim_request q = {
		.method = "PUT", .target = "/", .body_len = left, .give = give, .ctx = &left
	};

	serve(answer);
	ck_assert_uint_eq(send_once(&q), VIX_OK);
	ck_assert_uint_eq(left, 0);
	ck_assert_uint_eq(n_body_bytes, 3000000);
	ck_assert_ptr_null(strstr(last_head, "Expect"));
	left = q.body_len + 77;
	ck_assert_uint_eq(send_once(&q), VIX_E_DISK_FULL);
}
END_TEST

START_TEST(a_post_has_its_body_and_headers)
{
	struct vim_request q = { .method = "POST",
				 .target = "/sdk?x=%20y",
				 .body = "<hello/>",
				 .body_len = 8,
				 .headers = "Content-Type: text/xml\r\nSOAPAction: \"urn:x\"\r\n" };

	serve(answer);
	ck_assert_uint_eq(send_once(&q), VIX_OK);
	ck_assert_ptr_nonnull(strstr(last_head, "POST /sdk?x=%20y HTTP/1.1\r\n"));
	ck_assert_ptr_nonnull(strstr(last_head, "\r\nContent-Type: text/xml\r\n"));
	ck_assert_ptr_nonnull(strstr(last_head, "\r\nSOAPAction: \"urn:x\"\r\n"));
	ck_assert_ptr_nonnull(strstr(last_head, "\r\nContent-Length: 8\r\n"));
	ck_assert_ptr_null(strstr(last_head, "Expect"));
	ck_assert_ptr_null(strstr(last_head, "Cookie"));
	ck_assert_uint_eq(get("/"), VIX_OK);
	ck_assert_ptr_null(strstr(last_head, "SOAPAction"));
}
END_TEST

START_TEST(a_cookie_goes_with_every_request)
{
	serve(answer);
	ck_assert_int_eq(vim_http_set_cookie(http, "vmware_soap_session=\"52 ab\""), 0);
	for (unsigned i = 0; i < 2; i++) {
		ck_assert_uint_eq(get("/"), VIX_OK);
		ck_assert_ptr_nonnull(
			strstr(last_head, "\r\nCookie: vmware_soap_session=\"52 ab\"\r\n"));
	}
	ck_assert_int_eq(vim_http_set_cookie(http, "a=b\r\nX: y"), -1);
	ck_assert_uint_eq(get("/"), VIX_OK);
	ck_assert_ptr_null(strstr(last_head, "Cookie"));
	ck_assert_int_eq(vim_http_set_cookie(http, NULL), 0);
	ck_assert(!said("52 ab"));
}
END_TEST

static bool answer_elsewhere(struct tlspeer *p, const struct tlsrequest *q, void *ctx)
{
	(void)q;
	(void)ctx;
	return tlspeer_say(p, "HTTP/1.1 302 Found\r\nContent-Length: 0\r\n"
			      "Set-Cookie: a=b\r\nSet-Cookie: vmware_soap_session=\"5\"; Path=/\r\n"
			      "Location: /elsewhere\r\n\r\n");
}

START_TEST(a_redirect_is_an_answer_and_not_followed)
{
	serve(answer_elsewhere);
	ck_assert_uint_eq(get("/"), VIX_OK);
	ck_assert_uint_eq(reply.status, 302);
	ck_assert_str_eq(reply.cookie, "vmware_soap_session=\"5\"");
	ck_assert_uint_eq(tlsserver_requests(server), 1);
}
END_TEST

START_TEST(proxies_of_the_environment_are_not_used)
{
	static const char *const names[] = { "https_proxy", "HTTPS_PROXY", "all_proxy",
					     "ALL_PROXY" };
	struct vim_server to;

	for (size_t i = 0; i < 4; i++)
		setenv(names[i], "http://127.0.0.1:1", 1);
	serve(answer);
	ck_assert_uint_eq(get("/"), VIX_OK);
	to = server_with(print256);
	to.proxy = "http://127.0.0.1:1";
	setenv("no_proxy", "*", 1);
	ck_assert_uint_eq(connect_to(&to), VIX_OK);
	ck_assert_uint_eq(get("/"), VIX_E_HOST_NETWORK_CONN_REFUSED);
}
END_TEST

START_TEST(an_address_of_ipv6_is_a_host)
{
	struct vim_server to;
	int fd = socket(AF_INET6, SOCK_STREAM, 0);
	struct sockaddr_in6 a = { .sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT };
	int has_ipv6 = fd >= 0 && bind(fd, (struct sockaddr *)&a, sizeof(a)) == 0;

	close(fd);
	if (!has_ipv6)
		return;
	server = tlsserver_start(
		&(struct tlsserver_how){ .cert = &cert, .answer = answer, .is_ipv6 = true });
	to = server_with(print256);
	to.host = "::1";
	ck_assert_uint_eq(connect_to(&to), VIX_OK);
	ck_assert_uint_eq(get("/"), VIX_OK);
	ck_assert_int_eq(strncmp(vim_http_name(http), "[::1]:", 6), 0);
}
END_TEST

START_TEST(what_is_no_host_or_target_is_refused)
{
	static const char *const hosts[] = {
		"", "a/b", "a b", "user@a", "a#", "a?", "[::1]", "a\n"
	};
	struct vim_server to;

	serve(answer);
	to = server_with(print256);
	for (size_t i = 0; i < sizeof(hosts) / sizeof(hosts[0]); i++) {
		to.host = hosts[i];
		ck_assert_uint_eq(connect_to(&to), VIX_E_INVALID_ARG);
	}
	to.host = "127.0.0.1";
	to.port = 65536;
	ck_assert_uint_eq(connect_to(&to), VIX_E_INVALID_ARG);
	to.port = tlsserver_port(server);
	ck_assert_uint_eq(connect_to(&to), VIX_OK);
	ck_assert_uint_eq(get("/a b"), VIX_E_INVALID_ARG);
	ck_assert_uint_eq(get("/a\r\nX: y"), VIX_E_INVALID_ARG);
	ck_assert_uint_eq(get("//x/../y"), VIX_OK);
	ck_assert_ptr_nonnull(strstr(last_head, "GET //x/../y HTTP"));
	ck_assert_uint_eq(get("@other/"), VIX_E_INVALID_ARG);
}
END_TEST

/* Exits with 0 when a child's own connection serves it. */
static void be_a_child(void)
{
	bool good = get("/") == VIX_OK && get("/") == VIX_OK;

	vim_http_free(http);
	_exit(good ? 0 : 1);
}

START_TEST(a_forked_child_leaves_its_parents_connection_alone)
{
	int status;
	pid_t pid;

	serve(answer);
	ck_assert_uint_eq(get("/"), VIX_OK);
	pid = fork();
	if (pid == 0)
		be_a_child();
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
	ck_assert_uint_eq(get("/"), VIX_OK);
	ck_assert_uint_eq(tlsserver_connections(server), 2);
	ck_assert_uint_eq(tlsserver_requests(server), 4);
}
END_TEST

/* What the library has: the test's own server has them so by itself. */
START_TEST(a_programs_children_do_not_inherit_connections)
{
	int domain, n = 0;
	socklen_t len = sizeof(domain);

	serve(answer);
	ck_assert_uint_eq(get("/"), VIX_OK);
	for (int fd = 3; fd < 100; fd++) {
		if (getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &len) < 0 || domain != AF_INET)
			continue;
		ck_assert_int_ne(fcntl(fd, F_GETFD) & FD_CLOEXEC, 0);
		n++;
	}
	ck_assert_int_eq(n, 3); /* it listens, and both ends */
}
END_TEST

START_TEST(a_status_has_a_code_and_is_told)
{
	static const struct {
		unsigned status;
		VixError code;
	} rows[] = { { 401, VIX_E_AUTHENTICATION_FAIL }, { 403, VIX_E_FILE_ACCESS_ERROR },
		     { 404, VIX_E_FILE_NOT_FOUND },      { 409, VIX_E_FILE_ALREADY_LOCKED },
		     { 423, VIX_E_FILE_ALREADY_LOCKED }, { 503, VIX_E_OBJECT_IS_BUSY },
		     { 507, VIX_E_DISK_FULL },           { 500, VIX_E_NET_HTTP_TRANSFER },
		     { 302, VIX_E_NET_HTTP_TRANSFER } };
	char status[20];

	serve(answer);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		said_start();
		ck_assert_uint_eq(vim_http_refused(http, rows[i].status, "read it"), rows[i].code);
		snprintf(status, sizeof(status), "status %u", rows[i].status);
		ck_assert(said(status) && said("cannot read it") && said(vim_http_name(http)));
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("http");
	TCase *tc = unit_tcase(s, "requests");

	tcase_add_checked_fixture(tc, httpfix_setup, httpfix_teardown);
	tcase_add_test(tc, a_connection_is_kept);
	tcase_add_test(tc, a_range_goes_into_the_buffer_and_nowhere_else);
	tcase_add_test(tc, without_a_buffer_a_range_may_be_cut_off_by_the_end_of_the_file);
	tcase_add_test(tc, head_tells_the_size);
	tcase_add_test(tc, a_reply_that_is_not_what_was_asked_for_is_an_error);
	tcase_add_test(tc, a_part_that_was_not_asked_for_is_an_error);
	tcase_add_test(tc, what_is_kept_of_a_body_is_bounded);
	tcase_add_test(tc, a_body_can_be_taken_as_it_comes_and_refused);
	tcase_add_test(tc, a_body_can_be_given_as_it_is_sent);
	tcase_add_test(tc, a_post_has_its_body_and_headers);
	tcase_add_test(tc, a_cookie_goes_with_every_request);
	tcase_add_test(tc, a_redirect_is_an_answer_and_not_followed);
	tcase_add_test(tc, proxies_of_the_environment_are_not_used);
	tcase_add_test(tc, an_address_of_ipv6_is_a_host);
	tcase_add_test(tc, what_is_no_host_or_target_is_refused);
	tcase_add_test(tc, a_status_has_a_code_and_is_told);

	tc = unit_tcase(s, "processes");
	tcase_add_checked_fixture(tc, httpfix_setup, httpfix_teardown);
	tcase_add_test(tc, a_forked_child_leaves_its_parents_connection_alone);
	tcase_add_test(tc, a_programs_children_do_not_inherit_connections);
	return unit_run(s);
}
