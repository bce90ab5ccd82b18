/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * libvdisk/store/datastore*.c in a process that was forked: it has what its parent remembers, and connections,
 * threads and requests of its own.
 *
 * Threads are idle when a test forks: the allocator of a sanitizer is not made for any other fork.
 */
#include "config.h"

#include "unit.h"

#include <sys/wait.h>

#include "datastorefix.h"

#define LINE VD_LINE_BYTES

START_TEST(a_forked_child_reads_with_connections_of_its_own)
{
	int status;
	pid_t pid;

	ck_assert_uint_eq(open_file("[ds] a/b"), VIX_OK);
	check_read(0, 8u << 20);
	vd_pool_idle(files->pool);
	pid = fork();
	if (pid == 0) {
		check_read(3, BIG_BYTES - 3);
		for (uint64_t off = 0; off < 40 * LINE; off += LINE)
			check_read(off, LINE);
		vd_store_close(store);
		vd_datastores_free(files);
		vim_http_free(http);
		_exit(0);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
	check_read(1, BIG_BYTES - 1);
}
END_TEST

START_TEST(a_forked_child_fills_what_its_parent_was_filling)
{
	struct vd_lines *lines = vd_lines_new(4 * LINE);
	enum vd_line_state state;
	struct vd_line *l = vd_line_claim(lines, 1, 7, &state);
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		alarm(20);
		vd_line_claim(lines, 1, 7, &state);
		_exit(state == VD_LINE_MINE ? 0 : 1);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
	vd_line_settle(lines, l, true);
	vd_line_put(lines, l, false);
	vd_lines_free(lines);
}
END_TEST

static atomic_uint n_run;

static void run_task(struct vd_task *t)
{
	(void)t;
	n_run++;
}

START_TEST(a_forked_child_has_a_pool_without_tasks)
{
	struct vd_pool *p = vd_pool_new();
	struct vd_task task = { .run = run_task, .drop = run_task };
	int status;
	pid_t pid;

	vd_pool_add(p, &task);
	vd_pool_idle(p);
	task.drop = NULL;
	pid = fork();
	if (pid == 0) {
		alarm(20);
		vd_pool_add(p, &task);
		vd_pool_finish(p, &task);
		vd_pool_free(p);
		_exit(n_run == 2 ? 0 : 1);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
	vd_pool_free(p);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("datastore-fork");
	TCase *tc = unit_tcase(s, "fork");

	tcase_add_checked_fixture(tc, datastorefix_setup, datastorefix_teardown);
	tcase_add_test(tc, a_forked_child_reads_with_connections_of_its_own);
	tcase_add_test(tc, a_forked_child_fills_what_its_parent_was_filling);
	tc = unit_tcase(s, "pool");
	tcase_add_test(tc, a_forked_child_has_a_pool_without_tasks);
	return unit_run(s);
}
