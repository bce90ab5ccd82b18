/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * libvdisk/chain-compact.c and, through it, format/compact.c: shrinking and defragmenting disks,
 * with crashes and failures.
 */
#include "config.h"

#include "unit.h"

#include <stdio.h>
#include <string.h>

#include "../../libvdisk/chain-compact.h"
#include "../../libvdisk/disk-chain.h"
#include "bytes.h"
#include "crashstore.h"
#include "memstore.h"
#include "mkvmdk.h"
#include "said.h"

#define SECTOR   512u
#define GRAIN    8u
#define GTES     64u
#define CAPACITY 1300u /* three tables; the last grain is not whole */
#define GRAINS   163u

static struct vd_disk *disk;
static unsigned char *model, *buf;
static uint64_t seed;

static const char text[] = "version=1\nCID=00000001\nparentCID=ffffffff\n"
			   "RW 1300 SPARSE \"disk.vmdk\"\n";

static uint64_t draw(uint64_t n)
{
	seed = seed * 6364136223846793005u + 1442695040888963407u;
	return (seed >> 33) % n;
}

static enum mk_kind kind_of(uint64_t grain)
{
	return grain % 5 == 1 || (grain > 40 && grain < 60) ? MK_DATA : MK_ABSENT;
}

static void open_disk(unsigned flags)
{
	vd_disk_close(disk);
	ck_assert_msg(vd_chain_open(&memstore_ops, "disk.vmdk", flags, &disk) == VIX_OK, "%s",
		      said_text);
}

/* Writes go anywhere, in any order; then some of what is there becomes zeros. */
static void scatter(void)
{
	for (unsigned i = 0; i < 60; i++) {
		uint64_t s = draw(CAPACITY), n = vu_min(1 + draw(30), CAPACITY - s);

		memset(buf, (int)(i % 3 == 0 ? 0 : 1 + draw(255)), n * SECTOR);
		ck_assert_int_eq(vd_disk_write(disk, s, n, buf), VIX_OK);
		memcpy(model + s * SECTOR, buf, n * SECTOR);
	}
	memset(buf, 0, 400 * SECTOR);
	ck_assert_int_eq(vd_disk_write(disk, 100, 400, buf), VIX_OK);
	memset(model + 100 * SECTOR, 0, 400 * SECTOR);
}

/* @late_tables: directory entries are 0, so that tables come to lie between grains */
static void make(bool late_tables)
{
	struct mk_spec spec = {
		.layout = MK_SPARSE,
		.capacity = CAPACITY,
		.grain = GRAIN,
		.gtes = GTES,
		.descriptor = text,
		.kind = kind_of,
		.has_no_empty_tables = late_tables,
		.is_backwards = true,
	};
	unsigned char none[GRAINS];

	memset(none, MK_ABSENT, sizeof(none));
	if (late_tables) {
		spec.kind = NULL;
		spec.kinds = none;
	}
	struct mk_image img = mk_build(&spec);

	memstore_add("disk.vmdk", img.bytes, img.len);
	mk_guest(&spec, 0, CAPACITY, model);
	mk_free(&img);
	open_disk(VD_CHAIN_WRITE);
	scatter();
	ck_assert_int_eq(vd_disk_flush(disk), VIX_OK);
}

static void setup(void)
{
	said_start();
	seed = 1;
	model = calloc(CAPACITY, SECTOR);
	buf = malloc((size_t)CAPACITY * SECTOR);
	ck_assert(model != NULL && buf != NULL);
}

static void teardown(void)
{
	vd_disk_close(disk);
	disk = NULL;
	free(model);
	free(buf);
	memstore_reset();
	said_stop();
}

static void expect_model(void)
{
	ck_assert_msg(vd_disk_read(disk, 0, CAPACITY, buf) == VIX_OK, "%s", said_text);
	ck_assert_int_eq(memcmp(buf, model, (size_t)CAPACITY * SECTOR), 0);
}

static bool has_data(uint64_t grain)
{
	uint64_t n = vu_min(GRAIN, CAPACITY - grain * GRAIN);

	return !vu_is_zero(model + grain * GRAIN * SECTOR, n * SECTOR);
}

static uint64_t count_data(void)
{
	uint64_t n = 0;

	for (uint64_t g = 0; g < GRAINS; g++)
		n += has_data(g);
	return n;
}

static uint64_t place_of(uint64_t grain)
{
	struct vd_place place;

	ck_assert_int_eq(vd_disk_locate(disk, grain * GRAIN, 1, &place), VIX_OK);
	return place.st != NULL ? place.off : 0;
}

START_TEST(shrink_leaves_no_room_but_for_data)
{
	uint64_t lowest = UINT64_MAX, highest = 0;

	make(_i == 1);
	ck_assert_msg(vd_chain_shrink(disk, NULL, NULL) == VIX_OK, "%s", said_text);
	expect_model();
	for (uint64_t g = 0; g < GRAINS; g++) {
		uint64_t off = place_of(g);

		ck_assert_int_eq(off != 0, has_data(g));
		lowest = off != 0 ? vu_min(lowest, off) : lowest;
		highest = vu_max(highest, off);
	}
	/* The last slot has a grain or a table. */
	ck_assert_uint_le(memstore_len("disk.vmdk"), highest + 7 * GRAIN * SECTOR);
	if (_i == 0)
		ck_assert_uint_eq(memstore_len("disk.vmdk"),
				  lowest + count_data() * GRAIN * SECTOR);
	open_disk(0);
	expect_model();
}
END_TEST

START_TEST(defragment_brings_grains_into_guest_order)
{
	uint64_t last = 0;

	make(_i == 1);
	ck_assert_msg(vd_chain_defragment(disk, NULL, NULL) == VIX_OK, "%s", said_text);
	expect_model();
	for (uint64_t g = 0; g < GRAINS; g++) {
		uint64_t off = place_of(g);

		ck_assert(off == 0 || off > last);
		last = vu_max(last, off);
	}
	open_disk(VD_CHAIN_WRITE);
	expect_model();
	seed = memstore_changes();
	ck_assert_int_eq(vd_chain_defragment(disk, NULL, NULL), VIX_OK);
	ck_assert_uint_eq(memstore_changes(), seed + 1); /* it was in order: one flush */
	scatter();
	expect_model();
}
END_TEST

START_TEST(a_disk_can_be_written_after_it_was_shrunk)
{
	make(false);
	for (unsigned i = 0; i < 5; i++) {
		ck_assert_int_eq(vd_chain_shrink(disk, NULL, NULL), VIX_OK);
		scatter();
		expect_model();
	}
	open_disk(0);
	expect_model();
}
END_TEST

/* Between the steps. */

static Bool write_on_the_way(void *data, int percent)
{
	static const unsigned char byte[SECTOR] = { 1 };
	uint64_t s = draw(CAPACITY);

	(void)data;
	(void)percent;
	ck_assert_int_eq(vd_disk_write(disk, s, 1, byte), VIX_OK);
	memcpy(model + s * SECTOR, byte, SECTOR);
	expect_model();
	return TRUE;
}

START_TEST(the_disk_may_be_written_meanwhile)
{
	make(_i == 1);
	ck_assert_int_eq(vd_chain_shrink(disk, write_on_the_way, NULL), VIX_OK);
	expect_model();
	ck_assert_int_eq(vd_chain_defragment(disk, write_on_the_way, NULL), VIX_OK);
	expect_model();
	open_disk(0);
	expect_model();
}
END_TEST

static int cancel_at, last_told;

static Bool on_progress(void *data, int percent)
{
	(void)data;
	ck_assert_int_ge(percent, last_told);
	last_told = percent;
	return percent < cancel_at;
}

START_TEST(it_can_be_cancelled)
{
	make(false);
	cancel_at = 1;
	last_told = 0;
	ck_assert_int_eq(vd_chain_shrink(disk, on_progress, NULL), VIX_E_CANCELLED);
	expect_model();
	last_told = 0;
	ck_assert_int_eq(vd_chain_defragment(disk, on_progress, NULL), VIX_E_CANCELLED);
	expect_model();
	cancel_at = 101;
	last_told = 0;
	ck_assert_int_eq(vd_chain_shrink(disk, on_progress, NULL), VIX_OK);
	ck_assert_int_eq(last_told, 100);
	expect_model();
}
END_TEST

/* What can't be. */

START_TEST(snapshots_and_flat_disks_do_not_shrink)
{
	static const char flat[] = "version=1\nCID=00000001\nparentCID=ffffffff\n"
				   "RW 4 FLAT \"flat\" 0\n";
	static const char child[] = "version=1\nCID=00000001\nparentCID=00000002\n"
				    "parentFileNameHint=\"p.vmdk\"\nRW 1300 SPARSE \"disk.vmdk\"\n";

	memstore_add("flat", model, 4 * SECTOR);
	memstore_add("disk.vmdk", flat, sizeof(flat) - 1);
	open_disk(VD_CHAIN_WRITE);
	ck_assert_int_eq(vd_chain_shrink(disk, NULL, NULL), VIX_E_DISK_CANTSHRINK);
	ck_assert_int_eq(vd_chain_defragment(disk, NULL, NULL), VIX_OK);
	vd_disk_close(disk);
	disk = NULL;
	make(false);
	vd_disk_close(disk);
	disk = NULL;
	memcpy(memstore_bytes("disk.vmdk") + SECTOR, child, sizeof(child));
	open_disk(VD_CHAIN_WRITE | VD_CHAIN_SINGLE_LINK);
	ck_assert_int_eq(vd_chain_shrink(disk, NULL, NULL), VIX_E_DISK_CANTSHRINK);
	ck_assert_int_eq(vd_chain_defragment(disk, NULL, NULL), VIX_OK);
}
END_TEST

/* Failures. */

static VixError shrink_and_defragment(void)
{
	VixError err = vd_chain_defragment(disk, NULL, NULL);

	return err == VIX_OK ? vd_chain_shrink(disk, NULL, NULL) : err;
}

START_TEST(an_error_leaves_the_disk_as_it_reads)
{
	unsigned n, before;

	make(false);
	before = memstore_changes();
	ck_assert_int_eq(shrink_and_defragment(), VIX_OK);
	n = memstore_changes() - before;
	for (unsigned i = 1; i <= n; i++) {
		vd_disk_close(disk);
		disk = NULL;
		memset(model, 0, (size_t)CAPACITY * SECTOR);
		seed = 1;
		make(false);
		memstore_fail_change(i, VIX_E_DISK_FULL, 1000, 700);
		ck_assert_int_eq(shrink_and_defragment(), VIX_E_DISK_FULL);
		vd_disk_close(disk);
		disk = NULL;
		memstore_fail_change(0, VIX_OK, 0, 0);
		open_disk(0);
		expect_model();
	}
}
END_TEST

START_TEST(a_crash_leaves_the_disk_as_it_reads)
{
	static const char *const paths[] = { "disk.vmdk" };

	make(_i == 1);
	open_disk(VD_CHAIN_WRITE);
	crashstore_record(paths, 1);
	ck_assert_int_eq(shrink_and_defragment(), VIX_OK);
	crashstore_stop();
	for (size_t i = 0; i <= crashstore_events(); i++) {
		for (int fate = CRASH_KEEPS_ALL; fate <= CRASH_KEEPS_SOME; fate++) {
			vd_disk_close(disk);
			disk = NULL;
			crashstore_crash(i, (enum crashstore_fate)fate, i);
			open_disk(0);
			expect_model();
		}
	}
	crashstore_free();
}
END_TEST

int main(void)
{
	Suite *s = suite_create("chain-compact");
	TCase *tc = unit_tcase(s, "compact");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 120);
	tcase_add_loop_test(tc, shrink_leaves_no_room_but_for_data, 0, 2);
	tcase_add_loop_test(tc, defragment_brings_grains_into_guest_order, 0, 2);
	tcase_add_test(tc, a_disk_can_be_written_after_it_was_shrunk);
	tcase_add_loop_test(tc, the_disk_may_be_written_meanwhile, 0, 2);
	tcase_add_test(tc, it_can_be_cancelled);
	tcase_add_test(tc, snapshots_and_flat_disks_do_not_shrink);
	tcase_add_test(tc, an_error_leaves_the_disk_as_it_reads);
	tcase_add_loop_test(tc, a_crash_leaves_the_disk_as_it_reads, 0, 2);
	return unit_run(s);
}
