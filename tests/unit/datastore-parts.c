/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The parts of libvdisk/store/datastore.c that need no server: names, lines, readers, threads.
 */
#include "config.h"

#include "unit.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <string.h>

#include "../../libvdisk/store/datastore-ahead.h"
#include "../../libvdisk/store/datastore-lines.h"
#include "../../libvdisk/store/datastore-pool.h"
#include "../../libvdisk/store/datastore-url.h"
#include "cleanup.h"
#include "said.h"

/* Names. */

static void assert_target(const char *path, const char *dc, bool is_twice, const char *wanted)
{
	VU_AUTO(free) char *target = NULL;

	ck_assert_uint_eq(vd_datastore_target(path, dc, is_twice, &target), VIX_OK);
	ck_assert_str_eq(target, wanted);
}

START_TEST(names_are_escaped_once_or_twice)
{
	assert_target("[ds] a/b-flat.vmdk", NULL, false, "/folder/a/b-flat.vmdk?dsName=ds");
	assert_target("[ds 1] a b/c", "F/DC 0", false,
		      "/folder/a%20b/c?dcPath=F/DC%200&dsName=ds%201");
	assert_target("[d+s] a&b/c?d=e%f", "D#", false,
		      "/folder/a%26b/c%3Fd%3De%25f?dcPath=D%23&dsName=d%2Bs");
	assert_target("[d+s] a&b/c", "D# x", true,
		      "/folder/a%26b/c?dcPath=D%2523%2520x&dsName=d%252Bs");
	assert_target("[\xc3\xa4] \xc3\xb6/x", NULL, false, "/folder/%C3%B6/x?dsName=%C3%A4");
	assert_target("[ds] /top.vmdk", NULL, false, "/folder/top.vmdk?dsName=ds");
}
END_TEST

START_TEST(escaping_twice_matters_for_few_names)
{
	ck_assert(!vd_datastore_needs_twice("[ds-1_x.y] a+b/c", "Folder/DC 0"));
	ck_assert(vd_datastore_needs_twice("[d+s] a/b", NULL));
	ck_assert(vd_datastore_needs_twice("[ds] a/b", "D%2f"));
	ck_assert(vd_datastore_needs_twice("[\xc3\xa4] a/b", NULL));
	ck_assert(!vd_datastore_needs_twice("no path", NULL));
}
END_TEST

START_TEST(a_name_that_is_too_long_is_refused)
{
	char path[6000] = "[ds] ";
	char *target;

	memset(path + 5, 'a', sizeof(path) - 6);
	ck_assert_uint_eq(vd_datastore_target(path, NULL, false, &target), VIX_E_INVALID_ARG);
	ck_assert_ptr_null(target);
	ck_assert_uint_eq(vd_datastore_target("[ds] a/b", path, false, &target), VIX_E_INVALID_ARG);
}
END_TEST

/* Lines. */

static struct vd_lines *lines;

static void lines_setup(void)
{
	lines = vd_lines_new(4 * VD_LINE_BYTES);
}

static void lines_teardown(void)
{
	vd_lines_free(lines);
}

static void fill(uint64_t file, uint64_t index)
{
	enum vd_line_state state;
	struct vd_line *l = vd_line_claim(lines, file, index, &state);

	ck_assert_int_eq(state, VD_LINE_MINE);
	memset(l->bytes, (int)index, VD_LINE_BYTES);
	vd_line_settle(lines, l, true);
	vd_line_put(lines, l, false);
}

static bool has(uint64_t file, uint64_t index)
{
	bool is_ready = false;
	struct vd_line *l = vd_line_find(lines, file, index, &is_ready);

	if (l == NULL)
		return false;
	ck_assert(is_ready);
	ck_assert_int_eq(l->bytes[VD_LINE_BYTES - 1], (int)index);
	vd_line_put(lines, l, false);
	return true;
}

START_TEST(the_line_that_was_used_longest_ago_goes_first)
{
	for (uint64_t i = 0; i < 4; i++)
		fill(1, i);
	ck_assert(has(1, 0));
	fill(1, 4);
	ck_assert(has(1, 0) && !has(1, 1) && has(1, 2));
	ck_assert_uint_eq(vd_lines_bytes(lines), 4 * VD_LINE_BYTES);
}
END_TEST

START_TEST(a_line_that_is_done_with_goes_before_all_others)
{
	bool is_ready;

	for (uint64_t i = 0; i < 4; i++)
		fill(1, i);
	vd_line_put(lines, vd_line_find(lines, 1, 3, &is_ready), true);
	fill(1, 4);
	ck_assert(!has(1, 3) && has(1, 0));
}
END_TEST

START_TEST(a_line_that_is_held_stays)
{
	struct vd_line *held[4];
	enum vd_line_state state;

	for (uint64_t i = 0; i < 4; i++)
		held[i] = vd_line_claim(lines, 1, i, &state);
	ck_assert_ptr_null(vd_line_claim_new(lines, 1, 9));
	fill(1, 4); /* who must have it, gets it */
	ck_assert_uint_eq(vd_lines_bytes(lines), 5 * VD_LINE_BYTES);
	for (unsigned i = 0; i < 4; i++) {
		vd_line_settle(lines, held[i], true);
		vd_line_put(lines, held[i], false);
	}
	fill(1, 5);
	ck_assert_uint_eq(vd_lines_bytes(lines), 4 * VD_LINE_BYTES);
}
END_TEST

START_TEST(files_have_lines_of_their_own_and_lose_them_together)
{
	fill(1, 7);
	fill(2, 7);
	ck_assert(!has(3, 7));
	vd_lines_drop(lines, 1);
	ck_assert(!has(1, 7) && has(2, 7));
}
END_TEST

START_TEST(a_line_that_is_dropped_while_it_is_filled_belongs_to_who_holds_it)
{
	enum vd_line_state state;
	struct vd_line *l = vd_line_claim(lines, 1, 7, &state);
	struct vd_line *same = vd_line_claim(lines, 1, 7, &state);

	ck_assert_ptr_eq(l, same);
	ck_assert_int_eq(state, VD_LINE_OTHERS);
	vd_lines_drop(lines, 1);
	fill(1, 7);
	vd_line_settle(lines, l, true);
	ck_assert(vd_line_wait(lines, same));
	vd_line_put(lines, same, true);
	vd_line_put(lines, l, false);
	ck_assert(has(1, 7));
}
END_TEST

START_TEST(a_failure_is_told_to_who_waits_and_then_forgotten)
{
	enum vd_line_state state;
	struct vd_line *l = vd_line_claim(lines, 1, 7, &state);
	struct vd_line *waits = vd_line_claim(lines, 1, 7, &state);

	vd_line_settle(lines, l, false);
	vd_line_put(lines, l, false);
	ck_assert(!vd_line_wait(lines, waits));
	vd_line_put(lines, waits, false);
	ck_assert(!has(1, 7));
	fill(1, 7);
}
END_TEST

/* Readers. */

#define KIB (1u << 10)
#define MIB (1u << 20)

START_TEST(a_reader_in_order_is_known_after_a_few_reads_and_read_ahead_of_further_and_further)
{
	struct vd_reader r = { 0 };
	uint64_t until = 0, longest = 0, off, len;

	for (uint64_t at = 0; at < 200 * MIB; at += 64 * KIB) {
		len = vd_reader_note(&r, at, 64 * KIB, VD_AHEAD_MAX, 200 * MIB, &off);
		ck_assert(at / (64 * KIB) >= VD_AHEAD_HITS - 1 || len == 0);
		if (len == 0)
			continue;
		ck_assert_uint_ge(off, until); /* nothing twice */
		ck_assert_uint_ge(off, at + 64 * KIB);
		until = off + len;
		ck_assert_uint_le(until, 200 * MIB);
		ck_assert_uint_le(until - at, VD_AHEAD_MAX + 64 * KIB);
		longest = until - at > longest ? until - at : longest;
	}
	ck_assert_uint_eq(until, 200 * MIB);
	ck_assert_uint_ge(longest, VD_AHEAD_MAX);
}
END_TEST

START_TEST(threads_that_go_through_a_file_together_are_in_order)
{
	struct vd_reader r = { 0 };
	uint64_t off, fetched = 0;

	for (uint64_t at = 0; at < 32 * MIB; at += 512 * KIB) /* each pair the other way round */
		fetched += vd_reader_note(&r, at ^ (256 * KIB), 256 * KIB, VD_AHEAD_MAX, 32 * MIB,
					  &off);
	ck_assert(vd_reader_is_in_order(&r));
	ck_assert_uint_gt(fetched, 16 * MIB);
}
END_TEST

START_TEST(who_reads_the_same_again_does_not_go_on)
{
	struct vd_reader r = { 0 };
	uint64_t off;

	for (unsigned i = 0; i < 100; i++)
		ck_assert_uint_eq(vd_reader_note(&r, i % 10 * 1000, 1000 - i % 10, VD_AHEAD_MAX,
						 32 * MIB, &off) != 0,
				  i == VD_AHEAD_HITS - 1);
}
END_TEST

START_TEST(who_goes_elsewhere_begins_anew)
{
	struct vd_reader r = { 0 };
	uint64_t off;

	for (uint64_t at = 0; at < MIB; at += 64 * KIB)
		vd_reader_note(&r, at, 64 * KIB, VD_AHEAD_MAX, 900 * MIB, &off);
	ck_assert(vd_reader_is_in_order(&r));
	ck_assert_uint_eq(vd_reader_note(&r, 500 * MIB, 10, VD_AHEAD_MAX, 900 * MIB, &off), 0);
	ck_assert(!vd_reader_is_in_order(&r));
	ck_assert_uint_eq(vd_reader_note(&r, 100 * MIB, 10, VD_AHEAD_MAX, 900 * MIB, &off), 0);
}
END_TEST

START_TEST(a_busy_server_halves_the_limit_and_a_good_one_gets_it_back)
{
	struct vd_ahead_limit limit;

	vd_ahead_limit_init(&limit);
	for (unsigned i = 0; i < 10; i++)
		vd_ahead_limit_note(&limit, true);
	ck_assert_uint_eq(limit.bytes, VD_AHEAD_MIN);
	for (unsigned i = 0; i < VD_AHEAD_GOOD; i++)
		vd_ahead_limit_note(&limit, false);
	ck_assert_uint_eq(limit.bytes, 2 * VD_AHEAD_MIN);
	for (unsigned i = 0; i < 9 * VD_AHEAD_GOOD; i++)
		vd_ahead_limit_note(&limit, false);
	ck_assert_uint_eq(limit.bytes, VD_AHEAD_MAX);
}
END_TEST

/* Threads. */

static atomic_uint n_run, n_dropped;
static atomic_bool is_held;

static void run_task(struct vd_task *t)
{
	(void)t;
	n_run++;
	while (is_held)
		sched_yield();
}

static void drop_task(struct vd_task *t)
{
	(void)t;
	n_dropped++;
}

START_TEST(who_waits_for_a_task_that_nobody_has_begun_does_it_himself)
{
	struct vd_pool *p = vd_pool_new();
	struct vd_task busy[VD_POOL_THREADS], mine = { .run = run_task };

	is_held = true;
	for (unsigned i = 0; i < VD_POOL_THREADS; i++) {
		busy[i] = (struct vd_task){ .run = run_task, .drop = drop_task };
		ck_assert(vd_pool_add(p, &busy[i]));
	}
	while (n_run < VD_POOL_THREADS)
		sched_yield();
	ck_assert(vd_pool_add(p, &mine));
	mine.run = drop_task; /* does not wait */
	vd_pool_finish(p, &mine);
	ck_assert_uint_eq(n_dropped, 1);
	is_held = false;
	vd_pool_free(p);
	ck_assert_uint_eq(n_run, VD_POOL_THREADS);
}
END_TEST

static void *let_go_later(void *arg)
{
	(void)arg;
	for (unsigned i = 0; i < 1000; i++)
		sched_yield();
	is_held = false;
	return NULL;
}

START_TEST(what_was_not_begun_is_dropped_with_the_pool)
{
	struct vd_pool *p = vd_pool_new();
	struct vd_task tasks[VD_POOL_THREADS + 3];
	pthread_t thread;

	is_held = true;
	for (unsigned i = 0; i < VD_POOL_THREADS + 3; i++) {
		tasks[i] = (struct vd_task){ .run = run_task, .drop = drop_task };
		ck_assert(vd_pool_add(p, &tasks[i]));
	}
	while (n_run < VD_POOL_THREADS)
		sched_yield();
	ck_assert_int_eq(pthread_create(&thread, NULL, let_go_later, NULL), 0);
	vd_pool_free(p);
	pthread_join(thread, NULL);
	ck_assert_uint_eq(n_run + n_dropped, VD_POOL_THREADS + 3);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("datastore-parts");
	TCase *tc = unit_tcase(s, "names");

	tcase_add_test(tc, names_are_escaped_once_or_twice);
	tcase_add_test(tc, escaping_twice_matters_for_few_names);
	tcase_add_test(tc, a_name_that_is_too_long_is_refused);

	tc = unit_tcase(s, "lines");
	tcase_add_checked_fixture(tc, lines_setup, lines_teardown);
	tcase_add_test(tc, the_line_that_was_used_longest_ago_goes_first);
	tcase_add_test(tc, a_line_that_is_done_with_goes_before_all_others);
	tcase_add_test(tc, a_line_that_is_held_stays);
	tcase_add_test(tc, files_have_lines_of_their_own_and_lose_them_together);
	tcase_add_test(tc, a_line_that_is_dropped_while_it_is_filled_belongs_to_who_holds_it);
	tcase_add_test(tc, a_failure_is_told_to_who_waits_and_then_forgotten);

	tc = unit_tcase(s, "readers");
	tcase_add_test(
		tc,
		a_reader_in_order_is_known_after_a_few_reads_and_read_ahead_of_further_and_further);
	tcase_add_test(tc, threads_that_go_through_a_file_together_are_in_order);
	tcase_add_test(tc, who_reads_the_same_again_does_not_go_on);
	tcase_add_test(tc, who_goes_elsewhere_begins_anew);
	tcase_add_test(tc, a_busy_server_halves_the_limit_and_a_good_one_gets_it_back);

	tc = unit_tcase(s, "threads");
	tcase_add_test(tc, who_waits_for_a_task_that_nobody_has_begun_does_it_himself);
	tcase_add_test(tc, what_was_not_begun_is_dropped_with_the_pool);
	return unit_run(s);
}
