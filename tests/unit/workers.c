/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * libvdisk/format/workers.c.  What can only be seen with several CPUs passes by itself where there is one.
 */
#include "config.h"

#include "unit.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../libvdisk/format/workers.h"
#include "threadcount.h"

#define PIECES 200u
#define ROUNDS 50u

static atomic_uint times[PIECES];
static atomic_uint n_at_once, most_at_once;
static atomic_bool is_held; /* pieces wait until it is false */

static void setup(void)
{
	memset(times, 0, sizeof(times));
	n_at_once = most_at_once = 0;
	is_held = false;
	vd_workers_use();
}

static void teardown(void)
{
	vd_workers_unuse();
}

static void count(void *ctx, size_t i)
{
	atomic_uint *all = ctx;
	unsigned now = ++n_at_once;

	if (now > most_at_once)
		most_at_once = now;
	while (is_held)
		sched_yield();
	all[i]++;
	n_at_once--;
}

static struct vd_job job_of(size_t n, unsigned helpers)
{
	return (struct vd_job){ .fn = count, .ctx = times, .n = n, .helpers = helpers };
}

static void check_times(size_t n)
{
	for (size_t i = 0; i < PIECES; i++)
		ck_assert_uint_eq(times[i], i < n);
}

/* Runs from now on, and in what it starts, on one CPU. */
static void keep_to_one_cpu(void)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET((unsigned)sched_getcpu(), &set);
	ck_assert_int_eq(sched_setaffinity(0, sizeof(set), &set), 0);
}

START_TEST(finish_does_every_piece_once)
{
	struct vd_job job = job_of(PIECES, 4);

	vd_job_start(&job);
	vd_job_finish(&job);
	check_times(PIECES);
	ck_assert(vd_job_is_done(&job));
}
END_TEST

START_TEST(a_job_can_be_started_again)
{
	struct vd_job job = job_of(3, 4);

	for (unsigned i = 1; i <= ROUNDS; i++) {
		vd_job_start(&job);
		vd_job_finish(&job);
		ck_assert_uint_eq(times[0], i);
		ck_assert_uint_eq(times[2], i);
	}
}
END_TEST

START_TEST(no_more_threads_help_than_are_wanted)
{
	struct vd_job job = job_of(PIECES, 0);

	vd_job_start(&job);
	vd_job_finish(&job);
	check_times(PIECES);
	ck_assert_uint_eq(most_at_once, 1);
}
END_TEST

START_TEST(the_pool_alone_does_a_job_that_nobody_waits_for)
{
	struct vd_job job = job_of(PIECES, 8);

	if (vd_workers_cpus() == 1)
		return;
	vd_job_start(&job);
	while (!vd_job_is_done(&job))
		sched_yield();
	check_times(PIECES);
}
END_TEST

START_TEST(cancel_drops_what_was_not_begun_and_waits_for_the_rest)
{
	struct vd_job job = job_of(PIECES, 1);
	unsigned n_done = 0;

	is_held = true;
	vd_job_start(&job);
	while (vd_workers_cpus() > 1 && n_at_once == 0)
		sched_yield();
	is_held = false;
	vd_job_cancel(&job);
	ck_assert_uint_eq(n_at_once, 0);
	ck_assert(vd_job_is_done(&job));
	for (size_t i = 0; i < PIECES; i++)
		n_done += times[i];
	for (size_t i = 0; i < n_done; i++) /* begun in order */
		ck_assert_uint_eq(times[i], 1);
	if (vd_workers_cpus() > 1)
		ck_assert_uint_ge(n_done, 1);
}
END_TEST

START_TEST(a_job_that_was_never_started_can_be_ended)
{
	struct vd_job job = { 0 };

	vd_job_cancel(&job);
	vd_job_finish(&job);
	ck_assert(vd_job_is_done(&job));
}
END_TEST

static void *run_jobs(void *arg)
{
	uintptr_t wrong = 0;

	(void)arg;
	for (unsigned i = 0; i < ROUNDS; i++) {
		atomic_uint mine[7] = { 0 };
		struct vd_job job = { .fn = count, .ctx = mine, .n = 7, .helpers = 2 };

		vd_job_start(&job);
		if (i % 5 != 0)
			vd_job_finish(&job);
		else
			vd_job_cancel(&job);
		for (unsigned k = 0; k < 7; k++)
			wrong += mine[k] != 1 && i % 5 != 0;
	}
	return (void *)wrong;
}

START_TEST(several_threads_have_jobs_at_the_same_time)
{
	pthread_t thread[4];
	void *wrong;

	for (unsigned i = 0; i < 4; i++)
		ck_assert_int_eq(pthread_create(&thread[i], NULL, run_jobs, NULL), 0);
	for (unsigned i = 0; i < 4; i++) {
		ck_assert_int_eq(pthread_join(thread[i], &wrong), 0);
		ck_assert_ptr_null(wrong);
	}
}
END_TEST

START_TEST(threads_come_with_the_first_job_and_go_with_the_last_user)
{
	unsigned wanted = vd_workers_cpus() > 1 ? vd_workers_cpus() : 0;
	struct vd_job job = job_of(1, 1);

	vd_workers_use();
	ck_assert_uint_eq(count_threads("vdisk-worker"), 0);
	vd_job_start(&job);
	vd_job_finish(&job);
	while (count_threads("vdisk-worker") < wanted) /* until all have taken their name */
		sched_yield();
	vd_workers_unuse();
	ck_assert_uint_eq(count_threads("vdisk-worker"), wanted);
	vd_workers_unuse();
	wait_for_threads("vdisk-worker", 0);
	vd_workers_use();
	vd_job_start(&job);
	vd_job_finish(&job);
	ck_assert_uint_eq(times[0], 2);
}
END_TEST

START_TEST(one_cpu_needs_no_thread)
{
	struct vd_job job = job_of(PIECES, 4);

	vd_workers_unuse();
	keep_to_one_cpu();
	vd_workers_use();
	ck_assert_uint_eq(vd_workers_cpus(), 1);
	vd_job_start(&job);
	ck_assert_uint_eq(count_threads("vdisk-worker"), 0);
	vd_job_finish(&job);
	check_times(PIECES);
}
END_TEST

/* The child has a copy of the pool, but none of its threads. */
START_TEST(a_forked_child_does_not_wait_for_threads_of_its_parent)
{
	struct vd_job job = job_of(PIECES, 8);
	int status;
	pid_t pid;

	is_held = true;
	vd_job_start(&job);
	while (vd_workers_cpus() > 1 && n_at_once == 0)
		sched_yield();
	pid = fork();
	if (pid == 0) {
		alarm(20);
		vd_job_cancel(&job);
		vd_workers_unuse();
		_exit(0);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
	is_held = false;
	vd_job_finish(&job);
	check_times(PIECES);
}
END_TEST

int main(void)
{
	const char *fork_mode = getenv("CK_FORK");
	Suite *s = suite_create("workers");
	TCase *tc = unit_tcase(s, "job");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, finish_does_every_piece_once);
	tcase_add_test(tc, a_job_can_be_started_again);
	tcase_add_test(tc, no_more_threads_help_than_are_wanted);
	tcase_add_test(tc, the_pool_alone_does_a_job_that_nobody_waits_for);
	tcase_add_test(tc, cancel_drops_what_was_not_begun_and_waits_for_the_rest);
	tcase_add_test(tc, a_job_that_was_never_started_can_be_ended);
	tcase_add_test(tc, several_threads_have_jobs_at_the_same_time);
	tcase_add_test(tc, threads_come_with_the_first_job_and_go_with_the_last_user);
	tcase_add_test(tc, a_forked_child_does_not_wait_for_threads_of_its_parent);
	/* Changes what the process may use. */
	if (strcmp(fork_mode != NULL ? fork_mode : "", "no") != 0)
		tcase_add_test(tc, one_cpu_needs_no_thread);
	return unit_run(s);
}
