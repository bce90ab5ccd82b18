/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * libvdisk/progress.c: what a client is told, and how it cancels.
 */
#include "config.h"

#include "unit.h"

#include "../../libvdisk/progress.h"

struct client {
	int percents[400];
	unsigned n;
	Bool answers; /* until */
	int stops_at; /* this percentage: FALSE from there on */
};

static Bool told(void *data, int percent)
{
	struct client *c = data;

	if (c->n < 400)
		c->percents[c->n++] = percent;
	return percent >= c->stops_at ? FALSE : c->answers;
}

static struct client patient(void)
{
	return (struct client){ .answers = TRUE, .stops_at = 1000 };
}

START_TEST(zero_comes_first_and_a_hundred_last_and_once)
{
	struct client c = patient();
	struct vd_progress p;
	unsigned hundreds = 0;

	vd_progress_start(&p, told, &c, 1000);
	for (int i = 0; i < 200; i++)
		ck_assert_uint_eq(vd_progress_add(&p, 5), VIX_OK);
	vd_progress_end(&p);
	ck_assert_int_eq(c.percents[0], 0);
	ck_assert_int_eq(c.percents[c.n - 1], 100);
	for (unsigned i = 1; i < c.n; i++) {
		ck_assert_int_ge(c.percents[i], c.percents[i - 1]);
		hundreds += c.percents[i] == 100;
	}
	ck_assert_uint_eq(hundreds, 1);
	ck_assert_uint_ge(c.n, 101);
}
END_TEST

START_TEST(more_work_than_announced_is_all_of_it)
{
	struct client c = patient();
	struct vd_progress p;

	vd_progress_start(&p, told, &c, 0);
	ck_assert_uint_eq(vd_progress_add(&p, 7), VIX_OK);
	ck_assert_uint_eq(vd_progress_add(&p, UINT64_MAX), VIX_OK);
	ck_assert_int_eq(c.percents[c.n - 1], 99);
}
END_TEST

START_TEST(the_largest_total_does_not_overflow)
{
	struct client c = patient();
	struct vd_progress p;

	vd_progress_start(&p, told, &c, (uint64_t)1 << 56);
	ck_assert_uint_eq(vd_progress_add(&p, (uint64_t)1 << 55), VIX_OK);
	ck_assert_int_eq(c.percents[c.n - 1], 50);
}
END_TEST

START_TEST(a_percentage_comes_again_after_a_while)
{
	struct client c = patient();
	struct vd_progress p;

	vd_progress_start(&p, told, &c, 1000);
	ck_assert_uint_eq(vd_progress_add(&p, 1), VIX_OK);
	ck_assert_uint_eq(c.n, 1);
	p.told_ms -= 100;
	ck_assert_uint_eq(vd_progress_add(&p, 1), VIX_OK);
	ck_assert_uint_eq(c.n, 2);
	ck_assert_int_eq(c.percents[1], 0);
}
END_TEST

START_TEST(false_after_true_cancels_and_nothing_is_told_any_more)
{
	struct client c = { .answers = TRUE, .stops_at = 30 };
	struct vd_progress p;
	VixError err = VIX_OK;
	unsigned n;

	vd_progress_start(&p, told, &c, 100);
	for (int i = 0; i < 100 && err == VIX_OK; i++)
		err = vd_progress_add(&p, 1);
	ck_assert_uint_eq(err, VIX_E_CANCELLED);
	ck_assert_int_eq(c.percents[c.n - 1], 30);
	n = c.n;
	ck_assert_uint_eq(vd_progress_add(&p, 1), VIX_E_CANCELLED);
	ck_assert_uint_eq(c.n, n);
}
END_TEST

START_TEST(a_function_that_never_says_true_does_not_cancel)
{
	struct client c = { .answers = FALSE, .stops_at = 1000 };
	struct vd_progress p;

	vd_progress_start(&p, told, &c, 10);
	for (int i = 0; i < 10; i++)
		ck_assert_uint_eq(vd_progress_add(&p, 1), VIX_OK);
	vd_progress_end(&p);
	ck_assert_int_eq(c.percents[c.n - 1], 100);
}
END_TEST

START_TEST(nobody_needs_to_be_told)
{
	struct vd_progress p;

	vd_progress_start(&p, NULL, NULL, 10);
	ck_assert_uint_eq(vd_progress_add(&p, 5), VIX_OK);
	vd_progress_end(&p);
	ck_assert_uint_eq(vd_progress_add(NULL, 5), VIX_OK);
	vd_progress_end(NULL);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("progress");
	TCase *tc = unit_tcase(s, "progress");

	tcase_add_test(tc, zero_comes_first_and_a_hundred_last_and_once);
	tcase_add_test(tc, more_work_than_announced_is_all_of_it);
	tcase_add_test(tc, the_largest_total_does_not_overflow);
	tcase_add_test(tc, a_percentage_comes_again_after_a_while);
	tcase_add_test(tc, false_after_true_cancels_and_nothing_is_told_any_more);
	tcase_add_test(tc, a_function_that_never_says_true_does_not_cancel);
	tcase_add_test(tc, nobody_needs_to_be_told);
	return unit_run(s);
}
