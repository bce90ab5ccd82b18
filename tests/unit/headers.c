/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * libvdisk/vim/headers.c and retry.c.
 */
#include "config.h"

#include "unit.h"

#include <stdio.h>
#include <string.h>

#include "../../libvdisk/vim/headers.h"
#include "../../libvdisk/vim/retry.h"

static struct vim_headers h;

static void teardown(void)
{
	vim_headers_clear(&h);
}

static void line(const char *text)
{
	vim_headers_line(&h, text, strlen(text));
}

START_TEST(the_last_reply_counts)
{
	line("HTTP/1.1 100 Continue\r\n");
	line("Content-Length: 5\r\n");
	line("\r\n");
	ck_assert(h.is_complete);
	line("HTTP/1.1 206 Partial Content\r\n");
	ck_assert(!h.is_complete && !h.has_length);
	ck_assert_uint_eq(h.status, 206);
	line("\r\n");
	ck_assert(h.is_complete);
}
END_TEST

START_TEST(what_comes_behind_a_body_is_no_reply)
{
	line("HTTP/1.1 404 Not Found\r\n");
	line("\r\n");
	line("HTTP/1.1 206 Partial Content\r\n");
	line("Content-Range: bytes 0-0/1\r\n");
	line("\r\n");
	ck_assert_uint_eq(h.status, 404);
	ck_assert(!h.has_range);
}
END_TEST

START_TEST(names_have_any_case_and_values_any_blanks)
{
	line("HTTP/1.1 200\r\n");
	line("content-LENGTH: \t 12 \t\r\n");
	line("RETRY-after:7\n");
	line("Content-Encoding: Identity\r\n");
	ck_assert(h.has_length);
	ck_assert_uint_eq(h.length, 12);
	ck_assert_uint_eq(h.retry_after_s, 7);
	ck_assert(!h.is_encoded);
	line("Content-Encoding: gzip, identity");
	ck_assert(h.is_encoded);
}
END_TEST

START_TEST(numbers_that_are_none_are_not_there)
{
	static const char *const none[] = { "Content-Length: -1",
					    "Content-Length: 0x5",
					    "Content-Length: 1 2",
					    "Content-Length:",
					    "Content-Length: 18446744073709551616",
					    "Content-Length: +1" };

	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
		line(none[i]);
		ck_assert_msg(!h.has_length, "%s", none[i]);
	}
	line("Retry-After: Wed, 21 Oct 2026 07:28:00 GMT");
	ck_assert_uint_eq(h.retry_after_s, 0);
	line("Retry-After: 99999999999");
	ck_assert_uint_eq(h.retry_after_s, 86400);
	line("Content-Length: 18446744073709551615");
	ck_assert(h.has_length && h.length == UINT64_MAX);
}
END_TEST

START_TEST(a_range_is_told_with_its_total_or_without)
{
	line("Content-Range: bytes 5-9/100");
	ck_assert(h.has_range && h.has_total && !h.is_bad_range);
	ck_assert_uint_eq(h.first, 5);
	ck_assert_uint_eq(h.last, 9);
	ck_assert_uint_eq(h.total, 100);
	vim_headers_clear(&h);
	line("Content-Range: Bytes 0-0/*");
	ck_assert(h.has_range && !h.has_total && !h.is_bad_range);
	vim_headers_clear(&h);
	line("Content-Range: bytes */42");
	ck_assert(!h.has_range && h.has_total && !h.is_bad_range);
	ck_assert_uint_eq(h.total, 42);
}
END_TEST

START_TEST(a_wrong_range_is_known_as_one)
{
	static const char *const wrong[] = {
		"bytes 9-5/100",
		"bytes 5-100/100",
		"bytes 5-9",
		"bytes 5-9/",
		"bytes 5-9/x",
		"bytes 5-9/100x",
		"bytes -5/100",
		"bytes 5-/100",
		"lines 5-9/100",
		"bytes */*",
		"",
		"bytes 0-18446744073709551616/*",
		"bytes 5-9/100, 20-29/100",
		"bytes */",
		"bytes *",
	};
	char text[100];

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		vim_headers_clear(&h);
		snprintf(text, sizeof(text), "Content-Range: %s", wrong[i]);
		line(text);
		ck_assert_msg(h.is_bad_range && !h.has_range && !h.has_total, "%s", text);
	}
	line("Content-Range: bytes 5-9/100");
	ck_assert(h.is_bad_range);
}
END_TEST

START_TEST(what_comes_behind_the_body_counts_for_nothing)
{
	line("HTTP/1.1 206 x");
	line("Content-Range: bytes 5-9/100");
	line("");
	line("Content-Range: bytes 5-9/100");
	line("Content-Encoding: gzip");
	ck_assert(h.has_range && !h.is_bad_range && !h.is_encoded);
}
END_TEST

START_TEST(the_cookie_of_a_session_is_kept_as_it_is)
{
	line("Set-Cookie: other=1; Path=/");
	ck_assert_ptr_null(h.cookie);
	line("Set-Cookie: vmware_soap_session=\"52ab cd\" ; Path=/; HttpOnly");
	ck_assert_str_eq(h.cookie, "vmware_soap_session=\"52ab cd\"");
	line("Set-Cookie: vmware_soap_session=");
	ck_assert_str_eq(h.cookie, "vmware_soap_session=\"52ab cd\"");
	line("Set-Cookie: VMWARE_SOAP_SESSION=x");
	ck_assert_str_eq(h.cookie, "VMWARE_SOAP_SESSION=x");
	vim_headers_line(&h, "Set-Cookie: vmware_soap_session=a\0b", 35);
	ck_assert_str_eq(h.cookie, "VMWARE_SOAP_SESSION=x");
	line("Set-Cookie: vmware_soap_session_x=y");
	ck_assert_str_eq(h.cookie, "VMWARE_SOAP_SESSION=x");
}
END_TEST

START_TEST(the_type_is_kept_and_bounded)
{
	char text[400] = "Content-Type: ";

	line("Content-Type: text/xml; charset=utf-8 \r\n");
	ck_assert_str_eq(h.type, "text/xml; charset=utf-8");
	line("Content-Type:");
	ck_assert_str_eq(h.type, "text/xml; charset=utf-8");
	memset(text + 14, 'x', 300);
	line(text);
	ck_assert_uint_eq(strlen(h.type), 200);
}
END_TEST

START_TEST(a_status_line_that_is_none_has_no_status)
{
	static const char *const none[] = { "HTTP/1.1",    "HTTP/1.1 ",     "HTTP/1.1 abc",
					    "HTTP/1.1 99", "HTTP/1.1 1000", "HTTP/x" };

	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
		line("HTTP/1.1 200 OK");
		line(none[i]);
		ck_assert_msg(h.status == 0, "%s", none[i]);
	}
}
END_TEST

START_TEST(only_what_may_get_better_is_tried_again)
{
	static const struct {
		struct vim_attempt a;
		unsigned limit;
	} rows[] = {
		{ { .status = 200 }, 0 },
		{ { .status = 206 }, 0 },
		{ { .status = 401 }, 0 },
		{ { .status = 404 }, 0 },
		{ { .status = 429 }, 5 },
		{ { .status = 500 }, 2 },
		{ { .status = 501 }, 0 },
		{ { .status = 502 }, 5 },
		{ { .status = 503 }, 5 },
		{ { .status = 504 }, 5 },
		{ { .err = VIX_E_HOST_TCP_CONN_LOST }, 5 },
		{ { .err = VIX_E_HOST_NETWORK_CONN_REFUSED }, 0 },
		{ { .err = VIX_E_HOST_NETWORK_CONN_REFUSED, .is_known = true }, 5 },
		{ { .err = VIX_E_NET_HTTP_SSL_CONNECT_ERROR }, 0 },
		{ { .err = VIX_E_NET_HTTP_SSL_CONNECT_ERROR, .is_known = true }, 5 },
		{ { .err = VIX_E_HOST_TCP_SOCKET_ERROR }, 0 },
		{ { .err = VIX_E_HOST_TCP_SOCKET_ERROR, .is_known = true }, 1 },
		{ { .err = VIX_E_CANNOT_CONNECT_TO_HOST, .is_known = true }, 0 },
		{ { .err = VIX_E_NET_HTTP_TRANSFER, .is_known = true }, 0 },
		{ { .err = VIX_E_CANCELLED, .is_known = true }, 0 },
		{ { .err = VIX_E_OUT_OF_MEMORY, .is_known = true }, 0 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		ck_assert_msg(vim_retry_limit(&rows[i].a) == rows[i].limit, "row %zu", i);
}
END_TEST

START_TEST(pauses_grow_and_a_server_may_ask_for_more)
{
	static const unsigned expected[] = { 500, 1000, 2000, 4000, 8000, 8000 };
	struct vim_attempt a = { .status = 503 };

	for (unsigned n = 0; n < 6; n++) {
		unsigned pause = vim_retry_pause(&a, n, VIM_RETRY_PAUSE_MS);

		ck_assert_uint_ge(pause, expected[n]);
		ck_assert_uint_le(pause, expected[n] + expected[n] / 4);
	}
	a.retry_after_s = 11;
	ck_assert_uint_eq(vim_retry_pause(&a, 0, VIM_RETRY_PAUSE_MS), 11000);
	a.retry_after_s = 3600;
	ck_assert_uint_eq(vim_retry_pause(&a, 0, VIM_RETRY_PAUSE_MS), VIM_RETRY_AFTER_MAX * 1000);
	a.retry_after_s = 1;
	ck_assert_uint_ge(vim_retry_pause(&a, 4, VIM_RETRY_PAUSE_MS), 8000);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("headers");
	TCase *tc = unit_tcase(s, "lines");

	tcase_add_checked_fixture(tc, NULL, teardown);
	tcase_add_test(tc, the_last_reply_counts);
	tcase_add_test(tc, what_comes_behind_a_body_is_no_reply);
	tcase_add_test(tc, names_have_any_case_and_values_any_blanks);
	tcase_add_test(tc, numbers_that_are_none_are_not_there);
	tcase_add_test(tc, a_range_is_told_with_its_total_or_without);
	tcase_add_test(tc, a_wrong_range_is_known_as_one);
	tcase_add_test(tc, what_comes_behind_the_body_counts_for_nothing);
	tcase_add_test(tc, the_cookie_of_a_session_is_kept_as_it_is);
	tcase_add_test(tc, the_type_is_kept_and_bounded);
	tcase_add_test(tc, a_status_line_that_is_none_has_no_status);

	tc = unit_tcase(s, "retries");
	tcase_add_test(tc, only_what_may_get_better_is_tried_again);
	tcase_add_test(tc, pauses_grow_and_a_server_may_ask_for_more);
	return unit_run(s);
}
