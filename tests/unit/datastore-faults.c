/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * libvdisk/store/datastore.c and -fetch.c, with servers that are busy, forget who we are, or lie: an error by
 * its name, or the right bytes.
 */
#include "config.h"

#include "unit.h"

#include "datastorefix.h"

#define LINE VD_LINE_BYTES

static const struct {
	int status;
	VixError code;
} statuses[] = {
	{ 401, VIX_E_AUTHENTICATION_FAIL }, { 403, VIX_E_FILE_ACCESS_ERROR },
	{ 404, VIX_E_FILE_NOT_FOUND },      { 409, VIX_E_FILE_ALREADY_LOCKED },
	{ 423, VIX_E_FILE_ALREADY_LOCKED }, { 500, VIX_E_NET_HTTP_TRANSFER },
	{ 502, VIX_E_NET_HTTP_TRANSFER },   { 503, VIX_E_OBJECT_IS_BUSY },
	{ 302, VIX_E_NET_HTTP_TRANSFER },
};

#define N_STATUSES (sizeof(statuses) / sizeof(statuses[0]))

START_TEST(a_refused_open_has_the_code_of_its_cause)
{
	char status[20];

	for (size_t i = 0; i < N_STATUSES; i++) {
		said_start();
		misbehave(STATUS, statuses[i].status, 0, 99);
		ck_assert_msg(open_file("[ds] vm/a.vmdk") == statuses[i].code, "%d",
			      statuses[i].status);
		snprintf(status, sizeof(status), "status %d", statuses[i].status);
		ck_assert_msg(said(status) && said("cannot open [ds] vm/a.vmdk") &&
				      said(vim_http_name(http)),
			      "%s", said_text);
	}
}
END_TEST

START_TEST(a_refused_read_has_the_code_of_its_cause_and_hurts_no_other)
{
	ck_assert_uint_eq(open_file("[ds] vm/a.vmdk"), VIX_OK);
	for (size_t i = 0; i < N_STATUSES; i++) {
		said_start();
		misbehave(STATUS, statuses[i].status, 0, 999);
		ck_assert_msg(try_read(100 * LINE, 10) == statuses[i].code, "%d",
			      statuses[i].status);
		ck_assert_msg(said("cannot read [ds] vm/a.vmdk"), "%s", said_text);
		ck_assert_uint_eq(try_read(0, BIG_BYTES), statuses[i].code);
		check_read(0, 10);
		fault = NONE;
		check_read((200 + i) * LINE, 10);
	}
	check_read(100 * LINE, 10);
}
END_TEST

START_TEST(a_file_that_may_be_absent_is_not_told_of)
{
	misbehave(STATUS, 404, 0, 99);
	ck_assert_uint_eq(open_with("[ds] a/b", VD_STORE_MAY_BE_ABSENT), VIX_E_FILE_NOT_FOUND);
	ck_assert(said_nothing());
}
END_TEST

START_TEST(what_is_no_path_is_refused_without_a_request)
{
	static const struct {
		const char *path;
		VixError code;
	} rows[] = {
		{ "a/b", VIX_E_INVALID_ARG },
		{ "[ds]", VIX_E_INVALID_ARG },
		{ "", VIX_E_INVALID_ARG },
		{ "/vmfs/volumes/ds/a", VIX_E_INVALID_ARG },
		{ "[ds] ../a", VIX_E_FILE_ACCESS_ERROR },
		{ "[ds] a/../b", VIX_E_FILE_ACCESS_ERROR },
		{ "[ds] a/./b", VIX_E_FILE_ACCESS_ERROR },
		{ "[ds] a//b", VIX_E_FILE_ACCESS_ERROR },
		{ "[ds] a/", VIX_E_FILE_ACCESS_ERROR },
		{ "[ds] a/..", VIX_E_FILE_ACCESS_ERROR },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		ck_assert_msg(open_file(rows[i].path) == rows[i].code, "%s", rows[i].path);
	ck_assert_uint_eq(n_asked, 0);
	ck_assert_uint_eq(open_file("[ds] a/..b/...c"), VIX_OK);
}
END_TEST

START_TEST(a_forgotten_session_is_begun_again_once)
{
	login = 1;
	ck_assert_uint_eq(open_file("[ds] a/b"), VIX_OK);
	ck_assert_uint_eq(session.renewals, 1);
	check_read(100 * LINE, 10);
	ck_assert_uint_eq(session.renewals, 1);
	login = 2;
	check_read(200 * LINE, 10);
	ck_assert_uint_eq(session.renewals, 2);
	login = 99; /* a login that does not help */
	ck_assert_uint_eq(try_read(300 * LINE, 10), VIX_E_AUTHENTICATION_FAIL);
	ck_assert_uint_eq(session.renewals, 3);
	session.is_refused = true;
	ck_assert_uint_eq(try_read(300 * LINE, 10), VIX_E_AUTHENTICATION_FAIL);
	ck_assert_uint_eq(session.renewals, 4);
}
END_TEST

START_TEST(what_gets_lost_is_read_again)
{
	static const enum fault faults[] = { CUT, RESET };

	ck_assert_uint_eq(open_file("[ds] a/b"), VIX_OK);
	for (unsigned i = 0; i < 2; i++) {
		misbehave(faults[i], 0, 1, 4);
		check_read(i + 1, BIG_BYTES - 2);
		misbehave(faults[i], 0, 0, 3);
		check_read((300 + i) * LINE + 5, 100);
		said_start();
		misbehave(faults[i], 0, 0, 9999);
		ck_assert_uint_eq(try_read((310 + i) * LINE, 100), VIX_E_HOST_TCP_CONN_LOST);
		ck_assert(said("/folder/a/b"));
	}
}
END_TEST

START_TEST(a_reply_that_is_wrong_is_an_error_and_no_data)
{
	static const struct {
		enum fault fault;
		VixError code;
		const char *words;
	} rows[] = {
		{ OTHER_RANGE, VIX_E_NET_HTTP_TRANSFER, "expected bytes" },
		{ SHORT_BODY, VIX_E_NET_HTTP_TRANSFER, "expected bytes" },
		{ IGNORES_RANGES, VIX_E_NET_HTTP_TRANSFER, "ignored the range" },
		{ OTHER_SIZE, VIX_E_FILE_ERROR, "somebody writes it" },
	};

	ck_assert_uint_eq(open_file("[ds] a/b"), VIX_OK);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		said_start();
		misbehave(rows[i].fault, 0, 0, 9999);
		ck_assert_uint_eq(try_read(100 * LINE, 100), rows[i].code);
		ck_assert_msg(said(rows[i].words), "%s", said_text);
		ck_assert_uint_eq(try_read(5, BIG_BYTES - 5), rows[i].code);
		fault = NONE;
	}
	check_read(100 * LINE, 100);
	check_read(5, BIG_BYTES - 5);
}
END_TEST

static const char *version; /* header lines */

static bool answer_with_version(struct tlspeer *p, const struct tlsrequest *q, void *ctx)
{
	(void)ctx;
	tlspeer_say(p,
		    "HTTP/1.1 206 x\r\nContent-Length: %zu\r\n%s"
		    "Content-Range: bytes %zu-%zu/%zu\r\n\r\n",
		    (size_t)(q->last - q->first + 1), version, (size_t)q->first, (size_t)q->last,
		    file_size);
	return tlspeer_send(p, big + q->first, q->last - q->first + 1);
}

START_TEST(a_file_that_is_written_meanwhile_is_an_error_though_it_is_as_long)
{
	static const struct {
		const char *before, *after;
		VixError code;
	} rows[] = {
		{ "ETag: \"1\"\r\n", "ETag: \"2\"\r\n", VIX_E_FILE_ERROR },
		{ "Last-Modified: Mon\r\n", "Last-Modified: Tue\r\n", VIX_E_FILE_ERROR },
		{ "Last-Modified: Mon\r\nETag: \"1\"\r\n", "ETag: \"1\"\r\nLast-Modified: Tue\r\n",
		  VIX_OK },
		{ "ETag: W/\"1\"\r\n", "ETag: W/\"2\"\r\n", VIX_OK },
		{ "ETag: \"1\"\r\n", "Last-Modified: Mon\r\n", VIX_OK },
		{ "", "ETag: \"1\"\r\n", VIX_OK },
	};

	serve(answer_with_version);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		said_start();
		version = rows[i].before;
		ck_assert_uint_eq(open_file("[ds] a/b"), VIX_OK);
		check_read(100 * LINE, 100);
		version = rows[i].after;
		ck_assert_msg(try_read(101 * LINE, 100) == rows[i].code, "%zu: %s", i, said_text);
		ck_assert(rows[i].code == VIX_OK || said("somebody writes it"));
		check_read(100 * LINE, 100); /* of the file as it was */
	}
}
END_TEST

START_TEST(a_file_larger_than_any_is_refused)
{
	misbehave(HUGE_SIZE, 0, 0, 9999);
	ck_assert_uint_eq(open_file("[ds] a/b"), VIX_E_FILE_TOO_BIG);
	ck_assert(said("18446744073709551615 bytes"));
}
END_TEST

START_TEST(a_server_that_does_not_tell_the_size_is_asked_for_it)
{
	misbehave(NO_TOTAL, 0, 0, 1);
	ck_assert_uint_eq(open_file("[ds] a/b"), VIX_OK);
	ck_assert_uint_eq(store->size, BIG_BYTES);
	misbehave(NO_TOTAL, 0, 0, 99);
	check_read(3000000, 3000000);
}
END_TEST

START_TEST(a_server_without_ranges_has_files_of_one_line)
{
	misbehave(IGNORES_RANGES, 0, 0, 9999);
	file_size = 1000;
	ck_assert_uint_eq(open_file("[ds] a/b.vmdk"), VIX_OK);
	check_read(0, 1000);
	vd_lines_drop(files->lines, 0);
	check_read(10, 500);
	file_size = 0;
	ck_assert_uint_eq(open_file("[ds] a/b.vmdk"), VIX_OK);
	ck_assert_uint_eq(store->size, 0);
	file_size = LINE + 1;
	ck_assert_uint_eq(open_file("[ds] a/b.vmdk"), VIX_E_NET_HTTP_TRANSFER);
	ck_assert(said("the server ignored the range"));
}
END_TEST

START_TEST(a_busy_server_is_read_less_far_ahead_of)
{
	ck_assert_uint_eq(open_file("[ds] a/b"), VIX_OK);
	ck_assert_uint_eq(files->limit.bytes, VD_AHEAD_MAX);
	misbehave(STATUS, 503, 0, 3);
	check_read(100 * LINE, 10);
	ck_assert_uint_eq(files->limit.bytes, VD_AHEAD_MAX / 2);
	for (unsigned i = 0; i < VD_AHEAD_GOOD; i++)
		check_read((i * 149 % 380 + 1) * LINE, 10);
	vd_pool_idle(files->pool);
	ck_assert_uint_eq(files->limit.bytes, VD_AHEAD_MAX);
}
END_TEST

/* What is fetched ahead fails; who reads there asks again, and is told of his own errors only. */
START_TEST(what_fails_ahead_of_a_reader_is_not_told)
{
	ck_assert_uint_eq(open_file("[ds] a/b"), VIX_OK);
	for (uint64_t i = 0; i < 4; i++)
		check_read(i * 1000, 10);
	vd_pool_idle(files->pool);
	said_start();
	misbehave(STATUS, 403, 0, 9999);
	for (uint64_t off = 0; off < 17 * LINE; off += LINE)
		try_read(off, 10);
	vd_pool_idle(files->pool);
	fault = NONE;
	for (uint64_t off = 0; off < 100 * LINE; off += LINE)
		check_read(off, LINE);
}
END_TEST

static void *read_at_random(void *arg)
{
	unsigned seed = (unsigned)(uintptr_t)arg;

	for (unsigned i = 0; i < 40; i++) {
		if (i % 10 == 0)
			misbehave(RESET, 0, 5, 3); /* fewer than a request is tried again */
		size_t len = (size_t)rand_r(&seed) % (i % 8 == 0 ? 3000000 : 100000);
		uint64_t off = (uint64_t)rand_r(&seed) % (BIG_BYTES - len);

		check_read(i % 4 == 0 ? off : i * 100000, len);
	}
	return NULL;
}

START_TEST(threads_read_the_right_bytes_from_a_server_that_fails_now_and_then)
{
	pthread_t threads[4];

	vd_datastores_set_cache(files, 4u << 20);
	ck_assert_uint_eq(open_file("[ds] a/b"), VIX_OK);
	for (uintptr_t i = 0; i < 4; i++)
		ck_assert_int_eq(pthread_create(&threads[i], NULL, read_at_random, (void *)i), 0);
	for (unsigned i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);
}
END_TEST

START_TEST(what_is_fetched_ahead_is_not_waited_for_at_the_end)
{
	uint64_t begin = vu_now_ms();

	ck_assert_uint_eq(open_file("[ds] a/b"), VIX_OK);
	misbehave(HANG, 0, 0, 9999);
	for (unsigned i = 0; i < VD_AHEAD_HITS; i++) /* in the line that came with the opening */
		check_read(i * LINE / VD_AHEAD_HITS, LINE / VD_AHEAD_HITS);
	while (n_faults == 9999) /* until the server is asked for the next ones */
		sched_yield();
	vd_store_close(store);
	store = NULL;
	vd_datastores_free(files);
	files = NULL;
	ck_assert_uint_lt(vu_now_ms() - begin, VIM_HTTP_STALL_MS / 2);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("datastore-faults");
	TCase *tc = unit_tcase(s, "refusals");

	tcase_add_checked_fixture(tc, datastorefix_setup, datastorefix_teardown);
	tcase_add_test(tc, a_refused_open_has_the_code_of_its_cause);
	tcase_add_test(tc, a_refused_read_has_the_code_of_its_cause_and_hurts_no_other);
	tcase_add_test(tc, a_file_that_may_be_absent_is_not_told_of);
	tcase_add_test(tc, what_is_no_path_is_refused_without_a_request);
	tcase_add_test(tc, a_forgotten_session_is_begun_again_once);

	tc = unit_tcase(s, "lies");
	tcase_add_checked_fixture(tc, datastorefix_setup, datastorefix_teardown);
	tcase_add_test(tc, what_gets_lost_is_read_again);
	tcase_add_test(tc, a_reply_that_is_wrong_is_an_error_and_no_data);
	tcase_add_test(tc, a_file_that_is_written_meanwhile_is_an_error_though_it_is_as_long);
	tcase_add_test(tc, a_file_larger_than_any_is_refused);
	tcase_add_test(tc, a_server_that_does_not_tell_the_size_is_asked_for_it);
	tcase_add_test(tc, a_server_without_ranges_has_files_of_one_line);
	tcase_add_test(tc, a_busy_server_is_read_less_far_ahead_of);
	tcase_add_test(tc, what_fails_ahead_of_a_reader_is_not_told);
	tcase_add_test(tc, threads_read_the_right_bytes_from_a_server_that_fails_now_and_then);
	tcase_add_test(tc, what_is_fetched_ahead_is_not_waited_for_at_the_end);
	return unit_run(s);
}
