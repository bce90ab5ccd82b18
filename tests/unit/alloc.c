/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * common/alloc.c and common/array.h.
 */
#include "config.h"

#include "unit.h"

#include <stdint.h>
#include <string.h>

#include "alloc.h"
#include "array.h"

START_TEST(calloc_array_is_zeroed_and_never_null_for_nothing)
{
	char *p = vu_calloc_array(3, 5);
	char zeros[15] = { 0 };
	void *none = vu_calloc_array(0, 5);

	ck_assert_mem_eq(p, zeros, sizeof(zeros));
	ck_assert_ptr_nonnull(none);
	free(p);
	free(none);
}
END_TEST

START_TEST(calloc_array_refuses_overflow)
{
	volatile size_t huge = SIZE_MAX / 2;

	ck_assert_ptr_null(vu_calloc_array(huge, 4));
}
END_TEST

START_TEST(grow_refuses_overflow_and_keeps_the_array)
{
	void *p = NULL;
	size_t cap = 0;

	ck_assert_int_eq(vu_grow(&p, &cap, SIZE_MAX - 1, 16), -1);
	ck_assert_ptr_null(p);
	ck_assert_uint_eq(cap, 0);
}
END_TEST

START_TEST(array_keeps_what_was_pushed)
{
	VU_ARRAY(int) a = { 0 };
	int sum = 0;

	for (int i = 0; i < 1000; i++)
		ck_assert_int_eq(VU_ARRAY_PUSH(&a, i), 0);
	VU_ARRAY_FOREACH(&a, it)
		sum += *it;
	ck_assert_int_eq(sum, 499500);
	VU_ARRAY_FREE(&a);
	ck_assert_uint_eq(a.n, 0);
}
END_TEST

struct numbers {
	VU_ARRAY(int) a;
};

static int sum_of(const struct numbers *n)
{
	int sum = 0;

	VU_ARRAY_FOREACH(&n->a, it)
		sum += *it;
	return sum;
}

START_TEST(constant_arrays_can_be_walked)
{
	struct numbers n = { 0 };

	ck_assert_int_eq(sum_of(&n), 0);
	ck_assert_int_eq(VU_ARRAY_PUSH(&n.a, 4), 0);
	ck_assert_int_eq(VU_ARRAY_PUSH(&n.a, 3), 0);
	ck_assert_int_eq(sum_of(&n), 7);
	VU_ARRAY_FREE(&n.a);
}
END_TEST

START_TEST(asprintf_returns_the_text)
{
	char *s = vu_asprintf("%d-%s", 7, "x");

	ck_assert_str_eq(s, "7-x");
	free(s);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("alloc");
	TCase *tc = unit_tcase(s, "alloc");

	tcase_add_test(tc, calloc_array_is_zeroed_and_never_null_for_nothing);
	tcase_add_test(tc, calloc_array_refuses_overflow);
	tcase_add_test(tc, grow_refuses_overflow_and_keeps_the_array);
	tcase_add_test(tc, array_keeps_what_was_pushed);
	tcase_add_test(tc, constant_arrays_can_be_walked);
	tcase_add_test(tc, asprintf_returns_the_text);
	return unit_run(s);
}
