/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * libvdisk/vim/http.c, with a network and servers that fail: what is tried again, what is not, and how
 * a request ends.
 */
#include "config.h"

#include "unit.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>

#include "httpfix.h"
#include "osutil.h"

/* What the server does with the first requests; the others are answered. */
enum fault { NONE, CUT, RESET, CLOSE, HANG, DRIP, BUSY, FAILED };

static enum fault fault;
static atomic_uint n_faults; /* that are left */

/* A byte now and then, for two seconds: the client has had enough before. */
static bool drip(struct tlspeer *p)
{
	bool goes_on = tlspeer_say(p, "HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n");

	for (unsigned i = 0; i < 400 && goes_on; i++) {
		vu_sleep_ms(5);
		goes_on = tlspeer_say(p, "x");
	}
	return false;
}

static bool do_fault(struct tlspeer *p)
{
	switch (fault) {
	case CUT:
		tlspeer_say(p, "HTTP/1.1 206 OK\r\nContent-Length: 100\r\n"
			       "Content-Range: bytes 0-99/307200\r\n\r\nabc");
		return false;
	case RESET:
		return tlspeer_reset(p);
	case HANG:
		return tlspeer_hang(p);
	case DRIP:
		return drip(p);
	case BUSY:
		return tlspeer_say(p, "HTTP/1.1 503 Busy\r\nContent-Length: 1\r\n\r\nx");
	case FAILED:
		return tlspeer_say(p, "HTTP/1.1 500 Oops\r\nContent-Length: 1\r\n\r\nx");
	default:
		return false;
	}
}

static bool answer(struct tlspeer *p, const struct tlsrequest *q, void *ctx)
{
	(void)ctx;
	if (fault != NONE && n_faults != 0) {
		n_faults--;
		return do_fault(p);
	}
	return tlspeer_file(p, q, file, FILE_BYTES);
}

static void serve_with(enum fault what, unsigned times)
{
	fault = what;
	n_faults = times;
	serve(answer);
}

static struct vim_request range_of(void *into, uint64_t first, uint64_t count)
{
	return (struct vim_request){
		.method = "GET", .target = "/file", .into = into, .first = first, .count = count
	};
}

START_TEST(a_server_that_never_answered_is_asked_once)
{
	struct vim_server to;

	serve(answer);
	to = server_with(print256);
	tlsserver_stop(server);
	server = NULL;
	ck_assert_uint_eq(connect_to(&to), VIX_OK);
	ck_assert_uint_eq(send_again(&(struct vim_request){ .method = "GET", .target = "/" }),
			  VIX_E_HOST_NETWORK_CONN_REFUSED);
	ck_assert_uint_eq(reply.tries, 1);
	ck_assert(said(vim_http_name(http)));
	to.host = "no..name"; /* no name server is asked for it */
	ck_assert_uint_eq(connect_to(&to), VIX_OK);
	ck_assert_uint_eq(get("/"), VIX_E_HOST_SERVER_NOT_FOUND);
	ck_assert(said("no..name:"));
}
END_TEST

START_TEST(a_server_that_goes_away_is_asked_again_for_a_while)
{
	struct vim_request q = { .method = "GET", .target = "/" };

	serve(answer);
	ck_assert_uint_eq(send_again(&q), VIX_OK);
	tlsserver_stop(server);
	server = NULL;
	said_start();
	ck_assert_uint_eq(send_again(&q), VIX_E_HOST_NETWORK_CONN_REFUSED);
	ck_assert_uint_eq(reply.tries, 6);
	ck_assert(said("trying again in"));
}
END_TEST

START_TEST(what_gets_lost_is_lost_with_send_and_read_again_with_get)
{
	static const enum fault faults[] = { CUT, RESET, CLOSE };
	unsigned char buf[100];
	struct vim_request q = range_of(buf, 0, 100);

	for (size_t i = 0; i < 3; i++) {
		serve_with(faults[i], 1);
		ck_assert_uint_eq(send_once(&q), VIX_E_HOST_TCP_CONN_LOST);
		n_faults = 3;
		ck_assert_uint_eq(send_again(&q), VIX_OK);
		ck_assert_uint_eq(reply.tries, 4);
		ck_assert_int_eq(memcmp(buf, file, 100), 0);
		ck_assert_uint_eq(tlsserver_connections(server), 5);
	}
}
END_TEST

START_TEST(a_server_that_says_nothing_is_given_up)
{
	struct vim_server to;

	serve_with(HANG, 9);
	to = server_with(print256);
	to.stall_ms = 50;
	ck_assert_uint_eq(connect_to(&to), VIX_OK);
	ck_assert_uint_eq(get("/"), VIX_E_HOST_TCP_SOCKET_ERROR);
	ck_assert(said("nothing came for 50 ms"));
	n_faults = 0;
	ck_assert_uint_eq(get("/"), VIX_OK);
	n_faults = 1;
	ck_assert_uint_eq(send_again(&(struct vim_request){ .method = "GET", .target = "/" }),
			  VIX_OK);
	ck_assert_uint_eq(reply.tries, 2);
}
END_TEST

START_TEST(a_server_that_only_drips_is_given_up)
{
	struct vim_server to;

	serve_with(DRIP, 1);
	to = server_with(print256);
	to.stall_ms = 500;
	ck_assert_uint_eq(connect_to(&to), VIX_OK);
	ck_assert_uint_eq(get("/"), VIX_E_HOST_TCP_SOCKET_ERROR);
	ck_assert_msg(said("bytes came or went in 500 ms"), "%s", said_text);
	ck_assert_uint_eq(get("/"), VIX_OK);
}
END_TEST

/* The connection was kept, and the server closes it on the request: it may have been carried out. */
START_TEST(what_changes_something_is_never_sent_twice)
{
	struct vim_request q = { .method = "POST", .target = "/sdk", .body = "x", .body_len = 1 };

	serve_with(CLOSE, 0);
	ck_assert_uint_eq(get("/"), VIX_OK);
	n_faults = 1;
	ck_assert_uint_eq(send_once(&q), VIX_E_HOST_TCP_CONN_LOST);
	ck_assert_uint_eq(tlsserver_requests(server), 2);
	ck_assert_uint_eq(send_once(&q), VIX_OK);
}
END_TEST

START_TEST(a_busy_server_is_asked_again)
{
	struct vim_request q = { .method = "GET", .target = "/" };

	serve_with(BUSY, 3);
	ck_assert_uint_eq(send_again(&q), VIX_OK);
	ck_assert_uint_eq(reply.status, 200);
	ck_assert_uint_eq(reply.tries, 4);
	ck_assert_uint_eq(reply.busy, 3);
	n_faults = 99;
	ck_assert_uint_eq(send_again(&q), VIX_OK);
	ck_assert_uint_eq(reply.status, 503);
	ck_assert_uint_eq(reply.tries, 6);
	ck_assert_uint_eq(reply.busy, 6);
	fault = FAILED;
	ck_assert_uint_eq(send_again(&q), VIX_OK);
	ck_assert_uint_eq(reply.status, 500);
	ck_assert_uint_eq(reply.tries, 3);
}
END_TEST

static VixError give(void *buf, size_t len, void *ctx)
{
	uint64_t *left = ctx;

	memset(buf, 'x', len);
	*left -= len;
	return VIX_OK;
}

static void *stop_server(void *arg)
{
	(void)arg;
	tlsserver_stop(server);
	return NULL;
}

/* The system may take a minute to notice that nobody reads any more. */
START_TEST(a_lost_connection_in_the_middle_of_a_body_raises_no_signal)
{
	uint64_t left = 300000000;
	struct vim_request q = {
		.method = "PUT", .target = "/", .body_len = left, .give = give, .ctx = &left
	};
	struct vim_server to;
	pthread_t thread;

	serve_with(NONE, 0);
	to = server_with(print256);
	to.stall_ms = 500;
	ck_assert_uint_eq(connect_to(&to), VIX_OK);
	signal(SIGPIPE, SIG_DFL);
	ck_assert_uint_eq(get("/"), VIX_OK);
	ck_assert_int_eq(pthread_create(&thread, NULL, stop_server, NULL), 0);
	ck_assert_uint_ne(send_once(&q), VIX_OK);
	pthread_join(thread, NULL);
	server = NULL;
}
END_TEST

/* Ends what the main thread waits for. */
static void *cancel_when_asked(void *arg)
{
	unsigned n = *(unsigned *)arg;

	while (tlsserver_requests(server) < n)
		sched_yield();
	vim_http_cancel(http);
	return NULL;
}

static void assert_cancelled(unsigned after, VixError (*send)(const struct vim_request *q))
{
	uint64_t begin = vu_now_ms();
	pthread_t thread;

	ck_assert_int_eq(pthread_create(&thread, NULL, cancel_when_asked, &after), 0);
	ck_assert_uint_eq(send(&(struct vim_request){ .method = "GET", .target = "/" }),
			  VIX_E_CANCELLED);
	pthread_join(thread, NULL);
	ck_assert_uint_lt(vu_now_ms() - begin, 30000);
	ck_assert_uint_eq(get("/"), VIX_E_CANCELLED);
}

START_TEST(a_request_that_hangs_can_be_cancelled)
{
	serve_with(HANG, 1);
	assert_cancelled(1, send_once);
}
END_TEST

START_TEST(a_request_with_a_limit_ends)
{
	const struct vim_request q = { .method = "GET", .target = "/", .limit_ms = 200 };
	uint64_t begin = vu_now_ms();

	serve_with(HANG, 1);
	ck_assert_uint_eq(send_once(&q), VIX_E_HOST_TCP_SOCKET_ERROR);
	ck_assert_uint_lt(vu_now_ms() - begin, VIM_HTTP_STALL_MS / 2);
	ck_assert_msg(said("there was no answer within 200 ms"), "%s", said_text);
	ck_assert_uint_eq(get("/"), VIX_OK);
}
END_TEST

START_TEST(a_pause_can_be_cancelled)
{
	struct vim_server to;

	serve_with(BUSY, 99);
	to = server_with(print256);
	to.pause_ms = 600000;
	ck_assert_uint_eq(connect_to(&to), VIX_OK);
	assert_cancelled(1, send_again);
}
END_TEST

#define THREADS 12

static void *read_pieces(void *arg)
{
	uintptr_t wrong = 0;
	unsigned char buf[1000];

	for (unsigned i = 0; i < 20; i++) {
		struct vim_request q = range_of(buf, (uintptr_t)arg * 1000 + i, sizeof(buf));
		struct vim_response r;

		wrong += vim_http_get(http, &q, &r) != VIX_OK ||
			 memcmp(buf, file + q.first, sizeof(buf)) != 0;
		vim_response_free(&r);
	}
	return (void *)wrong;
}

START_TEST(many_threads_share_a_few_connections)
{
	pthread_t threads[THREADS];
	void *wrong;

	serve_with(RESET, 5);
	for (uintptr_t i = 0; i < THREADS; i++)
		ck_assert_int_eq(pthread_create(&threads[i], NULL, read_pieces, (void *)i), 0);
	for (unsigned i = 0; i < THREADS; i++) {
		pthread_join(threads[i], &wrong);
		ck_assert_ptr_null(wrong);
	}
	ck_assert_uint_le(tlsserver_connections(server), VIM_HTTP_CONNECTIONS + 10);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("http-losses");
	TCase *tc = unit_tcase(s, "losses");

	tcase_add_checked_fixture(tc, httpfix_setup, httpfix_teardown);
	tcase_add_test(tc, a_server_that_never_answered_is_asked_once);
	tcase_add_test(tc, a_server_that_goes_away_is_asked_again_for_a_while);
	tcase_add_test(tc, what_gets_lost_is_lost_with_send_and_read_again_with_get);
	tcase_add_test(tc, a_server_that_says_nothing_is_given_up);
	tcase_add_test(tc, a_server_that_only_drips_is_given_up);
	tcase_add_test(tc, what_changes_something_is_never_sent_twice);
	tcase_add_test(tc, a_lost_connection_in_the_middle_of_a_body_raises_no_signal);
	tcase_add_test(tc, a_busy_server_is_asked_again);
	tcase_add_test(tc, a_request_that_hangs_can_be_cancelled);
	tcase_add_test(tc, a_request_with_a_limit_ends);
	tcase_add_test(tc, a_pause_can_be_cancelled);
	tcase_add_test(tc, many_threads_share_a_few_connections);
	return unit_run(s);
}
