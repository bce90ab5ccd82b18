/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * libvdisk/shared.c: large plain reads by several threads.  Where there is one CPU, the same must be
 * read and told.
 */
#include "config.h"

#include "unit.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "../../libvdisk/disk-chain.h"
#include "../../libvdisk/format/workers.h"
#include "../../libvdisk/shared.h"
#include "bytes.h"
#include "memstore.h"
#include "mkvmdk.h"
#include "said.h"
#include "somedisk.h"

#define LARGEST 8192u /* sectors of a read: more runs than a batch has */

static char got[LARGEST * 512], want[LARGEST * 512];

static struct mk_spec spec = {
	.layout = MK_SPARSE,
	.capacity = CAPACITY,
	.descriptor = SOMEDISK_DESCRIPTOR,
	.kind = somedisk_kind,
};

static void setup(void)
{
	spec.is_backwards = false;
	img = mk_build(&spec);
	said_start();
}

static struct vd_share *share(void)
{
	return &((struct vd_chain *)disk)->share;
}

/* From now on it is shared, as far as there are CPUs; but for a try or two. */
static void make_shared(void)
{
	vd_share_note(share(), false, 1, 100000);
	vd_share_note(share(), true, 1000000, 1);
}

static void open_disk(void)
{
	somedisk_open();
	make_shared();
}

static void check_read(uint64_t sector, uint64_t count)
{
	memset(got, 0xee, sizeof(got));
	ck_assert_uint_eq(vd_disk_read(disk, sector, count, got), VIX_OK);
	mk_guest(&spec, sector, count, want);
	ck_assert_mem_eq(got, want, count * 512);
}

static void read_all(uint64_t step)
{
	for (uint64_t at = 0; at < CAPACITY; at += step) {
		make_shared();
		check_read(at, CAPACITY - at < step ? CAPACITY - at : step);
	}
}

static const uint64_t steps[] = { 1023, 1024, 1025, 1300, 2048, 4096, 7777, LARGEST };

START_TEST(what_is_read_is_the_content_whatever_the_size_of_calls)
{
	open_disk();
	read_all(steps[_i]);
	ck_assert_msg(said_nothing(), "%s", said_text);
}
END_TEST

START_TEST(grains_that_lie_apart_are_read_too)
{
	mk_free(&img);
	spec.is_backwards = true;
	img = mk_build(&spec);
	open_disk();
	read_all(steps[_i]);
	ck_assert_msg(said_nothing(), "%s", said_text);
}
END_TEST

START_TEST(an_error_is_told_once_and_in_guest_order)
{
	const uint64_t bad[] = { 12, 3 }; /* what other threads come to, what the caller does */

	open_disk();
	memstore_fail_at(PATH, mk_grain_off(&img, bad[_i]) + 5);
	ck_assert_uint_eq(vd_disk_read(disk, 0, 2048, got), VIX_E_FILE_ERROR);
	ck_assert_uint_le(said_lines(), 1);
	said_start();
	check_read(0, bad[_i] * GRAIN);
	check_read((bad[_i] + 1) * GRAIN, 2048);
	ck_assert_msg(said_nothing(), "%s", said_text);
}
END_TEST

START_TEST(an_entry_that_points_nowhere_is_told_once_by_the_call_that_needs_it)
{
	vu_put_le32(img.bytes + mk_gte_off(&img, 20), 0x7fffffff);
	open_disk();
	check_read(0, 20 * GRAIN);
	ck_assert_uint_eq(vd_disk_read(disk, 0, 4096, got), VIX_E_DISK_INVALIDDISK);
	ck_assert_uint_eq(said_lines(), 1);
	ck_assert_msg(said("cut off or damaged"), "%s", said_text);
}
END_TEST

/* The reads that a request costs: where it is cut, one more. */
static unsigned count_reads(uint64_t sector, uint64_t count)
{
	unsigned before;

	check_read(sector, count); /* has the tables in memory */
	make_shared();
	before = memstore_reads();
	check_read(sector, count);
	return memstore_reads() - before;
}

START_TEST(only_large_requests_are_shared)
{
	open_disk();
	for (unsigned i = 0; i < 10; i++) /* past the tries */
		check_read(7 * GRAIN, 1024);
	ck_assert_uint_eq(count_reads(7 * GRAIN, 1023), 1);
	ck_assert_uint_eq(count_reads(7 * GRAIN, 1024), vd_workers_cpus() > 1 ? 2 : 1);
}
END_TEST

/* Reads all of the disk in pieces of 1 MiB, from another place on; the number of wrong ones. */
static void *read_around(void *first)
{
	static const uint64_t step = 2048, n = CAPACITY / 2048;
	char *bytes = malloc(step * 512), *wanted = malloc(step * 512);
	uintptr_t wrong = 0;

	for (uint64_t i = 0; i < 4 * n; i++) {
		uint64_t sector = (i + *(unsigned *)first) % n * step;

		mk_guest(&spec, sector, step, wanted);
		if (vd_disk_read(disk, sector, step, bytes) != VIX_OK ||
		    memcmp(bytes, wanted, step * 512) != 0)
			wrong++;
	}
	free(bytes);
	free(wanted);
	return (void *)wrong;
}

START_TEST(several_readers_may_share_at_once)
{
	unsigned firsts[] = { 0, 5, 11 };
	pthread_t threads[3];
	void *wrong;

	open_disk();
	for (unsigned i = 0; i < 3; i++)
		ck_assert_int_eq(pthread_create(&threads[i], NULL, read_around, &firsts[i]), 0);
	for (unsigned i = 0; i < 3; i++) {
		ck_assert_int_eq(pthread_join(threads[i], &wrong), 0);
		ck_assert_ptr_null(wrong);
	}
}
END_TEST

/* Choosing. */

/* How many of the next @n batches are shared, when they cost that much. */
static unsigned count_shared(struct vd_share *s, unsigned n, uint64_t alone_ns, uint64_t shared_ns)
{
	unsigned n_shared = 0;

	for (unsigned i = 0; i < n; i++) {
		bool is_shared = vd_share_is_next(s);

		vd_share_note(s, is_shared, 1 << 20, is_shared ? shared_ns : alone_ns);
		n_shared += is_shared;
	}
	return n_shared;
}

START_TEST(the_first_batch_is_read_alone)
{
	struct vd_share s = { 0 };

	ck_assert(!vd_share_is_next(&s));
}
END_TEST

START_TEST(the_faster_way_is_taken)
{
	struct vd_share s = { 0 };

	ck_assert_uint_ge(count_shared(&s, 1000, 150000, 90000), 950);
	ck_assert_uint_le(count_shared(&s, 1280, 150000, 250000), 50);
	ck_assert_uint_ge(count_shared(&s, 1280, 150000, 90000), 1080);
}
END_TEST

START_TEST(a_small_gain_is_not_worth_another_cpu)
{
	struct vd_share s = { 0 };

	ck_assert_uint_le(count_shared(&s, 1280, 100000, 95000), 50);
}
END_TEST

START_TEST(extreme_costs_do_no_harm)
{
	struct vd_share s = { 0 };

	vd_share_note(&s, false, 1, UINT64_MAX / 1000);
	vd_share_note(&s, true, UINT32_MAX, 0);
	ck_assert_uint_ge(count_shared(&s, 128, 1000000000, 1), 120);
}
END_TEST

START_TEST(who_was_never_opened_shares_nothing)
{
	struct vd_share s = { 0 };

	ck_assert(!vd_share_can(&s, 1 << 30));
	vd_share_close(&s);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("shared");
	TCase *tc = unit_tcase(s, "reading");
	int n = (int)(sizeof(steps) / sizeof(steps[0]));

	tcase_add_checked_fixture(tc, setup, somedisk_teardown);
	tcase_add_loop_test(tc, what_is_read_is_the_content_whatever_the_size_of_calls, 0, n);
	tcase_add_loop_test(tc, grains_that_lie_apart_are_read_too, 0, n);
	tcase_add_loop_test(tc, an_error_is_told_once_and_in_guest_order, 0, 2);
	tcase_add_test(tc, an_entry_that_points_nowhere_is_told_once_by_the_call_that_needs_it);
	tcase_add_test(tc, only_large_requests_are_shared);
	tcase_add_test(tc, several_readers_may_share_at_once);
	tc = unit_tcase(s, "choosing");
	tcase_add_test(tc, the_first_batch_is_read_alone);
	tcase_add_test(tc, the_faster_way_is_taken);
	tcase_add_test(tc, a_small_gain_is_not_worth_another_cpu);
	tcase_add_test(tc, extreme_costs_do_no_harm);
	tcase_add_test(tc, who_was_never_opened_shares_nothing);
	return unit_run(s);
}
