/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * common/log.c.
 */
#include "config.h"

#include "unit.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "log.h"

static char logged[8192], warned[8192], last_format[16];
static unsigned calls;

static void remember(char *where, size_t size, const char *fmt, va_list ap)
{
	calls++;
	snprintf(last_format, sizeof(last_format), "%s", fmt);
	vsnprintf(where, size, fmt, ap);
}

static void on_log(const char *fmt, va_list ap)
{
	remember(logged, sizeof(logged), fmt, ap);
}

static void on_warn(const char *fmt, va_list ap)
{
	remember(warned, sizeof(warned), fmt, ap);
}

static const struct vu_log_handlers handlers = { .log = on_log, .warn = on_warn };

static void setup(void)
{
	calls = 0;
	logged[0] = warned[0] = last_format[0] = '\0';
	vu_log_set_level(VU_LOG_INFO);
	vu_log_set_handlers(&handlers);
}

static void teardown(void)
{
	vu_log_set_handlers(NULL);
	unsetenv("VDISK_DEBUG");
}

START_TEST(errors_and_warnings_go_to_warn_and_the_rest_to_log)
{
	VU_ERR("x", "broken");
	ck_assert_str_eq(warned, "broken\n");
	VU_WARN("x", "odd");
	ck_assert_str_eq(warned, "odd\n");
	ck_assert_str_eq(logged, "");
	VU_INFO("x", "fine");
	ck_assert_str_eq(logged, "fine\n");
	ck_assert_uint_eq(calls, 3);
}
END_TEST

START_TEST(handlers_get_the_text_as_an_argument_never_as_the_format)
{
	VU_ERR("x", "100%% of %s", "%n%n%s");
	ck_assert_str_eq(last_format, "%s");
	ck_assert_str_eq(warned, "100% of %n%n%s\n");
}
END_TEST

START_TEST(less_important_messages_than_the_level_are_dropped)
{
	vu_log_set_level(VU_LOG_ERR);
	VU_WARN("x", "odd");
	VU_INFO("x", "fine");
	ck_assert_uint_eq(calls, 0);
	VU_ERR("x", "broken");
	ck_assert_uint_eq(calls, 1);
}
END_TEST

/* Standard output and error into a pipe while messages without a handler are made. */
START_TEST(nothing_is_printed_without_handlers)
{
	int saved[2] = { dup(1), dup(2) };
	int fds[2];
	char c;

	ck_assert_int_eq(pipe(fds), 0);
	fflush(NULL);
	dup2(fds[1], 1);
	dup2(fds[1], 2);
	vu_log_set_handlers(NULL);
	VU_ERR("x", "broken");
	VU_INFO("x", "fine");
	fflush(NULL);
	dup2(saved[0], 1);
	dup2(saved[1], 2);
	close(fds[1]);
	ck_assert_int_eq(read(fds[0], &c, 1), 0);
	close(fds[0]);
	close(saved[0]);
	close(saved[1]);
}
END_TEST

START_TEST(a_missing_handler_drops_only_its_own_messages)
{
	vu_log_set_handlers(&(struct vu_log_handlers){ .warn = on_warn });
	VU_INFO("x", "fine");
	ck_assert_uint_eq(calls, 0);
	VU_WARN("x", "odd");
	ck_assert_str_eq(warned, "odd\n");
}
END_TEST

START_TEST(debug_is_off_without_the_environment)
{
	unsetenv("VDISK_DEBUG");
	vu_log_set_level(VU_LOG_DBG);
	VU_DBG("chain", "map");
	ck_assert_uint_eq(calls, 0);
}
END_TEST

START_TEST(debug_of_named_areas_is_on_at_every_level_and_read_once)
{
	setenv("VDISK_DEBUG", ",store,,chain", 1);
	vu_log_set_level(VU_LOG_ERR);
	VU_DBG("chain", "map %d", 7);
	ck_assert_str_eq(logged, "chain: map 7\n");
	setenv("VDISK_DEBUG", "all", 1);
	VU_DBG("cha", "no");
	VU_DBG("chains", "no");
	ck_assert_uint_eq(calls, 1);
	VU_DBG("store", "yes");
	ck_assert_uint_eq(calls, 2);
}
END_TEST

START_TEST(debug_of_all_covers_every_area)
{
	setenv("VDISK_DEBUG", "all", 1);
	VU_DBG("anything", "here");
	ck_assert_str_eq(logged, "anything: here\n");
}
END_TEST

START_TEST(a_message_is_one_line_whatever_is_in_it)
{
	VU_ERR("x", "a\nb\tc\x1b[31m%s", "\r\x7f");
	ck_assert_str_eq(warned, "a b c [31m  \n");
}
END_TEST

START_TEST(a_long_message_is_cut_with_a_mark_and_still_ends_the_line)
{
	char big[10000];
	size_t len;

	memset(big, 'x', sizeof(big) - 1);
	big[sizeof(big) - 1] = '\0';
	VU_ERR("x", "%s", big);
	len = strlen(warned);
	ck_assert_uint_eq(len, 4095);
	ck_assert_str_eq(warned + len - 5, "x...\n");
}
END_TEST

START_TEST(a_long_message_is_not_cut_inside_a_character)
{
	for (int lead = 0; lead < 3; lead++) {
		char big[9001] = "";
		char *end;

		memset(big, 'x', (size_t)lead);
		for (size_t i = (size_t)lead; i + 3 < sizeof(big); i += 3)
			memcpy(big + i, "€", 4);
		VU_ERR("x", "%s", big);
		end = strstr(warned, "...\n");
		ck_assert_ptr_nonnull(end);
		ck_assert_int_eq((end - warned - lead) % 3, 0);
	}
}
END_TEST

START_TEST(logging_leaves_errno_alone)
{
	errno = ESRCH;
	VU_ERR("x", "%d", 1);
	ck_assert_int_eq(errno, ESRCH);
}
END_TEST

static void on_warn_talkative(const char *fmt, va_list ap)
{
	on_warn(fmt, ap);
	VU_ERR("x", "again");
	VU_INFO("x", "and again");
}

START_TEST(a_handler_that_logs_neither_hangs_nor_loops)
{
	vu_log_set_handlers(&(struct vu_log_handlers){ on_log, on_warn_talkative, NULL });
	VU_ERR("x", "first");
	VU_ERR("x", "second");
	ck_assert_uint_eq(calls, 2);
	ck_assert_str_eq(warned, "second\n");
	ck_assert_str_eq(logged, "");
}
END_TEST

static void on_warn_leaving(const char *fmt, va_list ap)
{
	on_warn(fmt, ap);
	vu_log_set_handlers(NULL);
}

START_TEST(a_handler_may_remove_the_handlers)
{
	vu_log_set_handlers(&(struct vu_log_handlers){ .warn = on_warn_leaving });
	VU_ERR("x", "first");
	VU_ERR("x", "second");
	ck_assert_uint_eq(calls, 1);
}
END_TEST

START_TEST(hushed_errors_are_dropped_and_warnings_are_not)
{
	vu_log_hush();
	vu_log_hush();
	VU_ERR("area", "one");
	vu_log_unhush();
	VU_ERR("area", "two");
	ck_assert_uint_eq(calls, 0);
	VU_WARN("area", "three");
	ck_assert_str_eq(warned, "three\n");
	vu_log_unhush();
	VU_ERR("area", "four");
	ck_assert_str_eq(warned, "four\n");
}
END_TEST

START_TEST(errors_and_warnings_name_the_disk_they_are_about)
{
	ck_assert_ptr_null(vu_log_about("a/b\n.vmdk"));
	VU_ERR("area", "one");
	ck_assert_str_eq(warned, "one (disk a/b\\x0a.vmdk)\n");
	VU_WARN("area", "a/b\\x0a.vmdk: two");
	ck_assert_str_eq(warned, "a/b\\x0a.vmdk: two\n");
	VU_INFO("area", "three");
	ck_assert_str_eq(logged, "three\n");
	ck_assert_str_eq(vu_log_about(NULL), "a/b\n.vmdk");
	VU_ERR("area", "four");
	ck_assert_str_eq(warned, "four\n");
}
END_TEST

START_TEST(the_name_of_a_disk_is_put_back_at_the_end_of_a_scope)
{
	VU_LOG_ABOUT("outer");

	{
		VU_LOG_ABOUT("inner");
		VU_ERR("area", "one");
		ck_assert_str_eq(warned, "one (disk inner)\n");
	}
	VU_ERR("area", "two");
	ck_assert_str_eq(warned, "two (disk outer)\n");
}
END_TEST

static atomic_int inside, most_inside;

static void on_log_counting(const char *fmt, va_list ap)
{
	int now = atomic_fetch_add(&inside, 1) + 1;

	if (now > atomic_load(&most_inside))
		atomic_store(&most_inside, now);
	on_log(fmt, ap);
	atomic_fetch_sub(&inside, 1);
}

static void *log_a_lot(void *arg)
{
	for (int i = 0; i < 500; i++)
		VU_INFO("x", "message %d", i);
	return arg;
}

START_TEST(handlers_run_one_at_a_time)
{
	pthread_t threads[4];

	vu_log_set_handlers(&(struct vu_log_handlers){ .log = on_log_counting });
	for (int i = 0; i < 4; i++)
		ck_assert_int_eq(pthread_create(&threads[i], NULL, log_a_lot, NULL), 0);
	for (int i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);
	ck_assert_int_eq(atomic_load(&most_inside), 1);
	ck_assert_uint_eq(calls, 2000);
}
END_TEST

static const struct {
	const char *in, *out;
} quotes[] = {
	{ "", "" },
	{ "disk 1.vmdk", "disk 1.vmdk" },
	{ "back\\slash \"quoted\"", "back\\slash \"quoted\"" },
	{ "Größe €5 磁碟 😀", "Größe €5 磁碟 😀" },
	{ "\t\n\x1b[0m\x7f", "\\x09\\x0a\\x1b[0m\\x7f" },
	{ "\xc2\x80\xc2\x9b\xc2\x9f\xc2\xa0", "\\xc2\\x80\\xc2\\x9b\\xc2\\x9f\xc2\xa0" },
	{ "a\x80z", "a\\x80z" },                        /* lone continuation */
	{ "\xc3", "\\xc3" },                            /* ends early */
	{ "\xe2\x82z", "\\xe2\\x82z" },                 /* broken off */
	{ "\xc0\xaf\xc1\xbf", "\\xc0\\xaf\\xc1\\xbf" }, /* overlong */
	{ "\xe0\x9f\xbf\xf0\x8f\xbf\xbf", "\\xe0\\x9f\\xbf\\xf0\\x8f\\xbf\\xbf" },
	{ "\xed\xa0\x80", "\\xed\\xa0\\x80" },                              /* surrogate */
	{ "\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80" },                     /* past U+10FFFF */
	{ "\xf4\x8f\xbf\xbf\xed\x9f\xbf", "\xf4\x8f\xbf\xbf\xed\x9f\xbf" }, /* just inside */
	{ "\xf8\x88\x80\x80\x80\xff", "\\xf8\\x88\\x80\\x80\\x80\\xff" },
};

START_TEST(quote_shows_text_and_escapes_the_rest)
{
	ck_assert_str_eq(vu_log_quote(quotes[_i].in), quotes[_i].out);
}
END_TEST

START_TEST(quote_of_null_is_a_word)
{
	ck_assert_str_eq(vu_log_quote(NULL), "(null)");
}
END_TEST

START_TEST(quote_keeps_200_bytes_and_cuts_201)
{
	char s[202] = "";
	const char *q;

	memset(s, 'x', 200);
	ck_assert_str_eq(vu_log_quote(s), s);
	s[200] = 'x';
	q = vu_log_quote(s);
	ck_assert_uint_eq(strlen(q), 203);
	ck_assert_str_eq(q + 199, "x...");
}
END_TEST

START_TEST(quote_cuts_before_a_character_that_does_not_fit)
{
	char s[204] = "";
	const char *q;

	memset(s, 'x', 199);
	memcpy(s + 199, "é", 3);
	q = vu_log_quote(s);
	ck_assert_str_eq(q + 198, "x...");
}
END_TEST

START_TEST(quote_holds_the_longest_escaped_text)
{
	char s[301] = "";
	const char *q;

	memset(s, 1, 300);
	q = vu_log_quote(s);
	ck_assert_uint_eq(strlen(q), 200 * 4 + 3);
	ck_assert_str_eq(q + 796, "\\x01...");
}
END_TEST

START_TEST(quote_lasts_for_seven_more_calls)
{
	const char *first = vu_log_quote("first");

	for (int i = 0; i < 7; i++)
		vu_log_quote("other");
	ck_assert_str_eq(first, "first");
}
END_TEST

int main(void)
{
	const char *fork_mode = getenv("CK_FORK");
	Suite *s = suite_create("log");
	TCase *tc = unit_tcase(s, "msg");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, errors_and_warnings_go_to_warn_and_the_rest_to_log);
	tcase_add_test(tc, handlers_get_the_text_as_an_argument_never_as_the_format);
	tcase_add_test(tc, less_important_messages_than_the_level_are_dropped);
	tcase_add_test(tc, hushed_errors_are_dropped_and_warnings_are_not);
	tcase_add_test(tc, errors_and_warnings_name_the_disk_they_are_about);
	tcase_add_test(tc, the_name_of_a_disk_is_put_back_at_the_end_of_a_scope);
	tcase_add_test(tc, nothing_is_printed_without_handlers);
	tcase_add_test(tc, a_missing_handler_drops_only_its_own_messages);
	tcase_add_test(tc, a_message_is_one_line_whatever_is_in_it);
	tcase_add_test(tc, a_long_message_is_cut_with_a_mark_and_still_ends_the_line);
	tcase_add_test(tc, a_long_message_is_not_cut_inside_a_character);
	tcase_add_test(tc, logging_leaves_errno_alone);
	tcase_add_test(tc, a_handler_that_logs_neither_hangs_nor_loops);
	tcase_add_test(tc, a_handler_may_remove_the_handlers);
	tcase_add_test(tc, handlers_run_one_at_a_time);

	/* VDISK_DEBUG is read once in a process, so each of these needs its own. */
	if (strcmp(fork_mode != NULL ? fork_mode : "", "no") != 0) {
		tcase_add_test(tc, debug_is_off_without_the_environment);
		tcase_add_test(tc, debug_of_named_areas_is_on_at_every_level_and_read_once);
		tcase_add_test(tc, debug_of_all_covers_every_area);
	}

	tc = unit_tcase(s, "quote");
	tcase_add_loop_test(tc, quote_shows_text_and_escapes_the_rest, 0,
			    (int)(sizeof(quotes) / sizeof(quotes[0])));
	tcase_add_test(tc, quote_of_null_is_a_word);
	tcase_add_test(tc, quote_keeps_200_bytes_and_cuts_201);
	tcase_add_test(tc, quote_cuts_before_a_character_that_does_not_fit);
	tcase_add_test(tc, quote_holds_the_longest_escaped_text);
	tcase_add_test(tc, quote_lasts_for_seven_more_calls);
	return unit_run(s);
}
