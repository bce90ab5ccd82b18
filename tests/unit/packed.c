/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * libvdisk/packed.c and format/ahead.c: compressed disks, read by several threads and ahead of the
 * reader.  Where there is one CPU, the same must be read and told.
 */
#include "config.h"

#include "unit.h"

#include <sched.h>
#include <string.h>

#include "../../libvdisk/disk-chain.h"
#include "../../libvdisk/format/cache.h"
#include "../../libvdisk/format/workers.h"
#include "bytes.h"
#include "memstore.h"
#include "mkvmdk.h"
#include "said.h"
#include "somedisk.h"

static const struct mk_spec spec = {
	.layout = MK_STREAM_FRONT,
	.capacity = CAPACITY,
	.descriptor = SOMEDISK_DESCRIPTOR,
	.kind = somedisk_kind,
};

static void setup(void)
{
	img = mk_build(&spec);
	said_start();
}

/* Makes the compressed bytes of a grain worthless. */
static void damage(uint64_t grain)
{
	memset(img.bytes + mk_grain_off(&img, grain) + 12, 0xff, 20);
}

static unsigned count_lines(void)
{
	unsigned n = 0;

	for (const char *p = said_text; *p != '\0'; p++)
		n += *p == '\n';
	return n;
}

static size_t cached(void)
{
	return vd_cache_bytes(((struct vd_chain *)disk)->cache);
}

/* Reads [@from, @end) in order, @step sectors at a time; the first error ends it, at *@at_out. */
static VixError read_on(uint64_t from, uint64_t end, uint64_t step, uint64_t *at_out)
{
	static char got[4096 * 512], want[4096 * 512];

	for (*at_out = from; *at_out < end; *at_out += step) {
		uint64_t n = end - *at_out < step ? end - *at_out : step;
		VixError err = vd_disk_read(disk, *at_out, n, got);

		if (err != VIX_OK)
			return err;
		mk_guest(&spec, *at_out, n, want);
		ck_assert_mem_eq(got, want, n * 512);
	}
	return VIX_OK;
}

static const uint64_t steps[] = { 1, 8, 100, 128, 256, 383, 512, 2048, 4096 };

START_TEST(reading_in_order_gives_the_content_whatever_the_size_of_calls)
{
	uint64_t at;

	somedisk_open();
	ck_assert_uint_eq(read_on(0, CAPACITY, steps[_i], &at), VIX_OK);
	ck_assert_msg(said_nothing(), "%s", said_text);
	ck_assert_uint_le(cached(), VD_CACHE_BYTES);
}
END_TEST

START_TEST(a_damaged_grain_is_told_once_and_by_the_call_that_needs_it)
{
	uint64_t at, bad = 200;

	damage(bad);
	somedisk_open();
	ck_assert_uint_eq(read_on(0, CAPACITY, steps[_i], &at), VIX_E_DISK_INVALIDDISK);
	ck_assert_uint_eq(at, bad * GRAIN / steps[_i] * steps[_i]);
	ck_assert_uint_eq(count_lines(), 1);
	ck_assert(said("the compressed grain at byte"));

	said_start(); /* and again by each that follows */
	ck_assert_uint_eq(read_on(at, CAPACITY, steps[_i], &at), VIX_E_DISK_INVALIDDISK);
	ck_assert_uint_eq(count_lines(), 1);
}
END_TEST

START_TEST(what_lies_behind_a_damaged_grain_can_be_read)
{
	uint64_t at;

	damage(200);
	somedisk_open();
	ck_assert_uint_eq(read_on(0, 200 * GRAIN, 32, &at), VIX_OK);
	ck_assert_uint_eq(read_on(201 * GRAIN, CAPACITY, 32, &at), VIX_OK);
	ck_assert_msg(said_nothing(), "%s", said_text);
}
END_TEST

START_TEST(of_several_damaged_grains_the_first_one_is_told)
{
	static char buf[4096 * 512];
	char where[64];

	damage(9);
	damage(10);
	damage(25);
	somedisk_open();
	ck_assert_uint_eq(vd_disk_read(disk, 0, 4096, buf), VIX_E_DISK_INVALIDDISK);
	ck_assert_uint_eq(count_lines(), 1);
	snprintf(where, sizeof(where), "at byte %llu ", (unsigned long long)mk_grain_off(&img, 9));
	ck_assert_msg(said(where), "%s in %s", where, said_text);
}
END_TEST

START_TEST(a_damaged_grain_is_told_before_a_damaged_table_behind_it)
{
	static char buf[4096 * 512];

	damage(9);
	vu_put_le32(img.bytes + mk_gte_off(&img, 12), 0x7fffffff);
	somedisk_open();
	ck_assert_uint_eq(vd_disk_read(disk, 0, 4096, buf), VIX_E_DISK_INVALIDDISK);
	ck_assert_uint_eq(count_lines(), 1);
	ck_assert_msg(said("the compressed grain at byte"), "%s", said_text);
	said_start();
	ck_assert_uint_eq(vd_disk_read(disk, 10 * GRAIN, 1000, buf), VIX_E_DISK_INVALIDDISK);
	ck_assert_uint_eq(count_lines(), 1);
	ck_assert_msg(said("cut off or damaged"), "%s", said_text);
}
END_TEST

START_TEST(a_grain_that_cannot_be_read_is_told_by_the_call_that_needs_it)
{
	uint64_t at, bad = 99;

	somedisk_open();
	memstore_fail_at(PATH, mk_grain_off(&img, bad) + 5);
	ck_assert_uint_eq(read_on(0, CAPACITY, 8, &at), VIX_E_FILE_ERROR);
	ck_assert_uint_eq(at, bad * GRAIN);
}
END_TEST

START_TEST(small_reads_in_order_are_run_ahead_of_and_not_far)
{
	uint64_t at;

	somedisk_open();
	if (vd_workers_cpus() == 1)
		return;
	ck_assert_uint_eq(read_on(0, 4 * GRAIN, GRAIN, &at), VIX_OK);
	while (cached() < 24 * GRAIN * 512) /* data in the part that the fourth read began */
		sched_yield();
	ck_assert_uint_le(cached(), 64 * GRAIN * 512 + (64 << 10)); /* two parts, and the tables */
}
END_TEST

START_TEST(reads_here_and_there_are_not_run_ahead_of)
{
	uint64_t at, n = CAPACITY / GRAIN;

	somedisk_open();
	for (uint64_t i = 0; i < 40; i++)
		ck_assert_uint_eq(
			read_on(i * 101 % n * GRAIN, i * 101 % n * GRAIN + GRAIN, GRAIN, &at),
			VIX_OK);
	ck_assert_uint_le(cached(), 64 << 10);
}
END_TEST

START_TEST(closing_does_not_wait_for_readers_that_will_not_come)
{
	uint64_t at;

	for (unsigned i = 0; i < 20; i++) {
		somedisk_open();
		ck_assert_uint_eq(read_on(0, 8 * GRAIN, 32, &at), VIX_OK);
		vd_disk_close(disk);
		disk = NULL;
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("packed");
	TCase *tc = unit_tcase(s, "packed");
	int n = (int)(sizeof(steps) / sizeof(steps[0]));

	tcase_add_checked_fixture(tc, setup, somedisk_teardown);
	tcase_add_loop_test(tc, reading_in_order_gives_the_content_whatever_the_size_of_calls, 0,
			    n);
	tcase_add_loop_test(tc, a_damaged_grain_is_told_once_and_by_the_call_that_needs_it, 0, n);
	tcase_add_test(tc, what_lies_behind_a_damaged_grain_can_be_read);
	tcase_add_test(tc, of_several_damaged_grains_the_first_one_is_told);
	tcase_add_test(tc, a_damaged_grain_is_told_before_a_damaged_table_behind_it);
	tcase_add_test(tc, a_grain_that_cannot_be_read_is_told_by_the_call_that_needs_it);
	tcase_add_test(tc, small_reads_in_order_are_run_ahead_of_and_not_far);
	tcase_add_test(tc, reads_here_and_there_are_not_run_ahead_of);
	tcase_add_test(tc, closing_does_not_wait_for_readers_that_will_not_come);
	return unit_run(s);
}
