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

/* An Init that succeeds.  Return: was it the first one? */
static bool init(void)
{
	bool first = vu_initcount_init_begin(&count);

	vu_initcount_init_end(&count, true);
	return first;
}

START_TEST(counts_from_nothing)
{
	ck_assert(!vu_initcount_is_on(&count));
	ck_assert(!vu_initcount_exit_begin(&count));
	ck_assert(init());
	ck_assert(!init());
	ck_assert(!vu_initcount_exit_begin(&count));
	ck_assert(vu_initcount_is_on(&count));
	ck_assert(vu_initcount_exit_begin(&count));
	ck_assert(vu_initcount_is_on(&count)); /* until the end of Exit */
	vu_initcount_exit_end(&count);
	ck_assert(!vu_initcount_is_on(&count));
	ck_assert(init());
}
END_TEST

START_TEST(an_init_that_fails_does_not_count)
{
	ck_assert(vu_initcount_init_begin(&count));
	vu_initcount_init_end(&count, false);
	ck_assert(!vu_initcount_is_on(&count));
	ck_assert(init());
	ck_assert(!vu_initcount_init_begin(&count));
	vu_initcount_init_end(&count, false);
	ck_assert(vu_initcount_exit_begin(&count));
	vu_initcount_exit_end(&count);
}
END_TEST

static int inside; /* guarded by what is tested */

static void *init_and_exit(void *arg)
{
	unsigned *firsts = arg;

	for (int i = 0; i < 1000; i++) {
		if (vu_initcount_init_begin(&count))
			(*firsts)++;
		ck_assert_int_eq(inside++, 0);
		inside--;
		vu_initcount_init_end(&count, true);
		if (vu_initcount_exit_begin(&count))
			vu_initcount_exit_end(&count);
	}
	return NULL;
}

START_TEST(lets_one_in_at_a_time)
{
	unsigned firsts[4] = { 0 };
	pthread_t t[4];

	for (int i = 0; i < 4; i++)
		ck_assert_int_eq(pthread_create(&t[i], NULL, init_and_exit, &firsts[i]), 0);
	for (int i = 0; i < 4; i++)
		ck_assert_int_eq(pthread_join(t[i], NULL), 0);
	ck_assert_uint_ge(firsts[0] + firsts[1] + firsts[2] + firsts[3], 1);
	ck_assert(!vu_initcount_is_on(&count));
}
END_TEST

/* Forked while somebody is inside, who is not there in the child. */
START_TEST(reset_lets_a_child_begin_with_nothing)
{
	int status;
	pid_t pid;

	init();
	ck_assert(!vu_initcount_init_begin(&count));
	pid = fork();
	if (pid == 0) {
		vu_initcount_reset(&count);
		_exit(!vu_initcount_is_on(&count) && init() ? 0 : 1);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
	vu_initcount_init_end(&count, true);
	ck_assert(vu_initcount_is_on(&count));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("initcount");
	TCase *tc = unit_tcase(s, "initcount");

	tcase_add_test(tc, counts_from_nothing);
	tcase_add_test(tc, an_init_that_fails_does_not_count);
	tcase_add_test(tc, lets_one_in_at_a_time);
	tcase_add_test(tc, reset_lets_a_child_begin_with_nothing);
	return unit_run(s);
}
