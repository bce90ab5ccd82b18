/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * common/initcount.c
 */
#include "config.h"

#include "unit.h"

#include <pthread.h>
#include <sys/wait.h>
#include <unistd.h>

#include "initcount.h"

static struct vu_initcount count = VU_INITCOUNT_INITIALIZER;

START_TEST(counts_from_nothing)
{
	ck_assert(!vu_initcount_is_on(&count));
	ck_assert_uint_eq(vu_initcount_enter(&count), 0);
	vu_initcount_leave(&count, 1);
	ck_assert(vu_initcount_is_on(&count));
	ck_assert_uint_eq(vu_initcount_enter(&count), 1);
	vu_initcount_leave(&count, 0);
	ck_assert(!vu_initcount_is_on(&count));
}
END_TEST

static void *count_up(void *arg)
{
	(void)arg;
	for (int i = 0; i < 1000; i++) {
		unsigned before = vu_initcount_enter(&count);

		vu_initcount_leave(&count, before + 1);
	}
	return NULL;
}

START_TEST(lets_one_in_at_a_time)
{
	pthread_t t[4];

	for (int i = 0; i < 4; i++)
		ck_assert_int_eq(pthread_create(&t[i], NULL, count_up, NULL), 0);
	for (int i = 0; i < 4; i++)
		ck_assert_int_eq(pthread_join(t[i], NULL), 0);
	ck_assert_uint_eq(vu_initcount_enter(&count), 4000);
	vu_initcount_leave(&count, 0);
}
END_TEST

/* Forked while somebody is inside, who is not there in the child. */
START_TEST(reset_lets_a_child_begin_with_nothing)
{
	int status;
	pid_t pid;

	vu_initcount_leave(&count, vu_initcount_enter(&count) + 3);
	ck_assert_uint_eq(vu_initcount_enter(&count), 3);
	pid = fork();
	if (pid == 0) {
		vu_initcount_reset(&count);
		_exit(vu_initcount_is_on(&count) || vu_initcount_enter(&count) != 0);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
	vu_initcount_leave(&count, 3);
	ck_assert(vu_initcount_is_on(&count));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("initcount");
	TCase *tc = unit_tcase(s, "initcount");

	tcase_add_test(tc, counts_from_nothing);
	tcase_add_test(tc, lets_one_in_at_a_time);
	tcase_add_test(tc, reset_lets_a_child_begin_with_nothing);
	return unit_run(s);
}
