/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * common/strbuf.c.
 */
#include "config.h"

#include "unit.h"

#include <stdint.h>
#include <string.h>

#include "strbuf.h"

START_TEST(text_is_null_until_something_is_added)
{
	struct vu_strbuf b = { 0 };

	ck_assert_ptr_null(b.s);
	vu_strbuf_puts(&b, "");
	ck_assert_str_eq(b.s, "");
	vu_strbuf_free(&b);
	ck_assert_ptr_null(b.s);
}
END_TEST

START_TEST(all_ways_of_adding_append)
{
	struct vu_strbuf b = { 0 };

	vu_strbuf_add(&b, "abcdef", 3);
	vu_strbuf_putc(&b, '-');
	vu_strbuf_puts(&b, "text");
	vu_strbuf_printf(&b, " %d %s", 42, "x");
	ck_assert_str_eq(b.s, "abc-text 42 x");
	ck_assert_uint_eq(b.len, 13);
	ck_assert(!b.failed);
	vu_strbuf_free(&b);
}
END_TEST

START_TEST(text_grows_as_long_as_it_must)
{
	struct vu_strbuf b = { 0 };
	char *s;

	for (int i = 0; i < 5000; i++)
		vu_strbuf_printf(&b, "%04d", i);
	s = vu_strbuf_take(&b);
	ck_assert_uint_eq(strlen(s), 20000);
	ck_assert_str_eq(s + 19992, "49984999");
	free(s);
}
END_TEST

START_TEST(bytes_may_include_nul)
{
	struct vu_strbuf b = { 0 };

	vu_strbuf_add(&b, "a\0b", 3);
	ck_assert_uint_eq(b.len, 3);
	ck_assert_mem_eq(b.s, "a\0b", 4);
	vu_strbuf_free(&b);
}
END_TEST

START_TEST(bound_is_the_longest_text)
{
	struct vu_strbuf b = { .max = 4 };

	vu_strbuf_puts(&b, "ab");
	vu_strbuf_printf(&b, "%s", "cd");
	ck_assert(!b.failed);
	ck_assert_str_eq(b.s, "abcd");
	vu_strbuf_putc(&b, 'e');
	ck_assert(b.failed);
	ck_assert_str_eq(b.s, "abcd");
	vu_strbuf_free(&b);
}
END_TEST

START_TEST(failure_sticks_and_pieces_are_never_cut)
{
	struct vu_strbuf b = { .max = 4 };

	vu_strbuf_puts(&b, "ab");
	vu_strbuf_printf(&b, "%s", "cde");
	ck_assert(b.failed);
	vu_strbuf_putc(&b, 'x');
	ck_assert_str_eq(b.s, "ab");
	ck_assert_ptr_null(vu_strbuf_take(&b));
	ck_assert_ptr_null(b.s);
}
END_TEST

START_TEST(lengths_that_overflow_fail)
{
	struct vu_strbuf b = { 0 };

	vu_strbuf_puts(&b, "ab");
	vu_strbuf_add(&b, "x", SIZE_MAX);
	ck_assert(b.failed);
	vu_strbuf_free(&b);
	vu_strbuf_add(&b, "x", SIZE_MAX - 1);
	ck_assert(b.failed);
	vu_strbuf_free(&b);
}
END_TEST

START_TEST(take_of_nothing_is_an_empty_string)
{
	struct vu_strbuf b = { 0 };
	char *s = vu_strbuf_take(&b);

	ck_assert_str_eq(s, "");
	free(s);
}
END_TEST

START_TEST(buffer_can_be_used_again_after_take_and_keeps_its_bound)
{
	struct vu_strbuf b = { .max = 4 };
	char *s;

	vu_strbuf_puts(&b, "first");
	ck_assert_ptr_null(vu_strbuf_take(&b));
	vu_strbuf_puts(&b, "next");
	s = vu_strbuf_take(&b);
	ck_assert_str_eq(s, "next");
	ck_assert_ptr_null(b.s);
	ck_assert_uint_eq(b.len, 0);
	ck_assert_uint_eq(b.max, 4);
	free(s);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("strbuf");
	TCase *tc = unit_tcase(s, "strbuf");

	tcase_add_test(tc, text_is_null_until_something_is_added);
	tcase_add_test(tc, all_ways_of_adding_append);
	tcase_add_test(tc, text_grows_as_long_as_it_must);
	tcase_add_test(tc, bytes_may_include_nul);
	tcase_add_test(tc, bound_is_the_longest_text);
	tcase_add_test(tc, failure_sticks_and_pieces_are_never_cut);
	tcase_add_test(tc, lengths_that_overflow_fail);
	tcase_add_test(tc, take_of_nothing_is_an_empty_string);
	tcase_add_test(tc, buffer_can_be_used_again_after_take_and_keeps_its_bound);
	return unit_run(s);
}
