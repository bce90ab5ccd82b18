/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * libvdisk/format/streamopt-write.c and deflate.c: streamOptimized disks, written once, in order,
 * through the chain and with crashes and failures.
 */
#include "config.h"

#include "unit.h"

#include <stdio.h>
#include <string.h>

#include "../../libvdisk/disk-chain.h"
#include "../../libvdisk/format/streamopt-write.h"
#include "bytes.h"
#include "crashstore.h"
#include "memstore.h"
#include "said.h"

#define SECTOR   512u
#define GRAIN    128u
#define COVERED  (512u * GRAIN)       /* sectors of a table */
#define SECTORS  (2u * COVERED + 131) /* three tables; the last grain is not whole */
#define GRAINS_2 (64u * GRAIN)        /* two batches */

static struct vd_disk *disk;
static unsigned char *model, *buf;
static uint64_t seed;

static const char text[] = "# Disk DescriptorFile\nversion=1\nCID=0000abcd\nparentCID=ffffffff\n"
			   "createType=\"streamOptimized\"\n"
			   "RW 131203 SPARSE \"disk.vmdk\"\n";

static void add_file(const char *path, uint64_t capacity)
{
	struct vd_store *st;

	memstore_add(path, "", 0);
	ck_assert_int_eq(vd_store_open(&memstore_ops, path, VD_STORE_WRITE, &st), VIX_OK);
	ck_assert_int_eq(vd_stream_create(st, capacity, text, sizeof(text) - 1), VIX_OK);
	vd_store_close(st);
}

static VixError try_open(unsigned flags)
{
	vd_disk_close(disk);
	return vd_chain_open(&memstore_ops, "disk.vmdk", flags, &disk);
}

static void open_disk(unsigned flags)
{
	ck_assert_int_eq(try_open(flags), VIX_OK);
}

static void setup(void)
{
	said_start();
	seed = 1;
	model = calloc(SECTORS, SECTOR);
	buf = malloc((size_t)SECTORS * SECTOR);
	ck_assert(model != NULL && buf != NULL);
	add_file("disk.vmdk", SECTORS);
	open_disk(VD_CHAIN_WRITE);
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

/* Bytes that can be compressed, a little. */
static VixError try_write(uint64_t sector, uint64_t count)
{
	for (uint64_t i = 0; i < count * SECTOR; i += 8) {
		seed = seed * 6364136223846793005u + 1442695040888963407u;
		vu_put_le64(buf + i, seed & 0x0f0f0f0f0f0f0f0f);
	}
	return vd_disk_write(disk, sector, count, buf);
}

static void write_ok(uint64_t sector, uint64_t count)
{
	ck_assert_msg(try_write(sector, count) == VIX_OK, "%s", said_text);
	memcpy(model + sector * SECTOR, buf, count * SECTOR);
}

static void expect_model(void)
{
	ck_assert_msg(vd_disk_read(disk, 0, SECTORS, buf) == VIX_OK, "%s", said_text);
	ck_assert_int_eq(memcmp(buf, model, (size_t)SECTORS * SECTOR), 0);
}

/* What is written where it matters what a crash or an error leaves. */
#define FIRST  (3u * GRAIN + 5)
#define SECOND (70u * GRAIN)

static void expect_refused(uint64_t sector, uint64_t count, const char *why)
{
	said_start();
	ck_assert_int_eq(try_write(sector, count), VIX_E_NOT_SUPPORTED);
	ck_assert_msg(said(why), "\"%s\" not in: %s", why, said_text);
}

START_TEST(a_new_stream_is_empty)
{
	open_disk(0);
	ck_assert_uint_eq(disk->capacity, SECTORS);
	expect_model();
}
END_TEST

START_TEST(create_refuses_an_impossible_capacity)
{
	struct vd_store *st;

	memstore_add("other", "", 0);
	ck_assert_int_eq(vd_store_open(&memstore_ops, "other", VD_STORE_WRITE, &st), VIX_OK);
	ck_assert_int_eq(vd_stream_create(st, UINT64_MAX, text, 10), VIX_E_DISK_INVALIDDISK);
	ck_assert_uint_eq(memstore_len("other"), 0);
	vd_store_close(st);
}
END_TEST

static const unsigned steps[] = { 1, 7, GRAIN, 129, GRAINS_2, 3 * GRAINS_2 + 77 };

START_TEST(what_is_written_in_order_is_read_back)
{
	uint64_t n, end = steps[_i] < GRAIN ? 5 * GRAIN + 3 : COVERED + GRAINS_2;

	for (uint64_t s = 0; s < end; s += n) {
		n = vu_min(steps[_i], end - s);
		write_ok(s, n);
	}
	expect_model();
	open_disk(0);
	expect_model();
}
END_TEST

START_TEST(grains_that_are_left_out_or_zero_take_no_room)
{
	size_t len;

	write_ok(GRAIN, 1);
	write_ok(SECTORS - 5, 5);
	open_disk(0);
	len = memstore_len("disk.vmdk");
	expect_model();

	add_file("disk.vmdk", SECTORS);
	open_disk(VD_CHAIN_WRITE);
	memset(buf, 0, (size_t)COVERED * SECTOR);
	ck_assert_int_eq(vd_disk_write(disk, 0, GRAIN, buf), VIX_OK);
	seed = 1;
	write_ok(GRAIN, 1);
	memset(buf, 0, (size_t)COVERED * SECTOR);
	ck_assert_int_eq(vd_disk_write(disk, GRAIN + 1, COVERED, buf), VIX_OK);
	write_ok(SECTORS - 5, 5);
	open_disk(0);
	expect_model();
	ck_assert_uint_eq(memstore_len("disk.vmdk"), len);
}
END_TEST

START_TEST(reading_on_the_way_sees_what_was_written)
{
	for (uint64_t s = 0; s < 5 * GRAINS_2; s += GRAINS_2) {
		write_ok(s, GRAINS_2);
		expect_model();
	}
	ck_assert_int_eq(vd_disk_flush(disk), VIX_OK);
	write_ok(COVERED + 5, 3);
	expect_model();
	write_ok(2 * COVERED + 5, 3);
	open_disk(0);
	expect_model();
}
END_TEST

START_TEST(a_sector_is_written_once_and_in_order)
{
	write_ok(GRAIN, 7);
	expect_refused(GRAIN, 1, "written once");
	expect_refused(0, 1, "sectors before 135");
	write_ok(GRAIN + 7, 1);
	expect_refused(GRAIN + 7, 500, "written once");
	write_ok(10 * GRAIN, 10 * GRAIN);
	expect_model();
	expect_refused(15 * GRAIN, 1, "written once");
	open_disk(0);
	expect_model();
}
END_TEST

START_TEST(a_flush_ends_the_grain_that_was_begun)
{
	write_ok(0, 7);
	ck_assert_int_eq(vd_disk_flush(disk), VIX_OK);
	expect_refused(7, 1, "sectors before 128");
	write_ok(GRAIN, 7);
	open_disk(0);
	expect_model();
}
END_TEST

START_TEST(a_stream_with_content_is_not_written_again)
{
	char *before;
	size_t len;

	write_ok(0, 200);
	open_disk(VD_CHAIN_WRITE);
	len = memstore_len("disk.vmdk");
	before = malloc(len);
	ck_assert_ptr_nonnull(before);
	memcpy(before, memstore_bytes("disk.vmdk"), len);
	expect_refused(5000, 1, "has content");
	vd_disk_close(disk);
	disk = NULL;
	ck_assert_uint_eq(memstore_len("disk.vmdk"), len);
	ck_assert_mem_eq(memstore_bytes("disk.vmdk"), before, len);
	free(before);
}
END_TEST

START_TEST(open_for_writing_alone_changes_nothing)
{
	size_t len = memstore_len("disk.vmdk");
	unsigned changes = memstore_changes();

	ck_assert_int_eq(vd_disk_flush(disk), VIX_OK);
	open_disk(VD_CHAIN_WRITE);
	open_disk(0);
	ck_assert_uint_eq(memstore_changes(), changes);
	ck_assert_uint_eq(memstore_len("disk.vmdk"), len);
}
END_TEST

START_TEST(streams_with_a_parent_are_not_written)
{
	static const char child[] = "version=1\nCID=0000abcd\nparentCID=00000002\n"
				    "parentFileNameHint=\"parent.vmdk\"\n"
				    "RW 131203 SPARSE \"disk.vmdk\"\n";
	static const char parent[] = "version=1\nCID=00000002\nparentCID=ffffffff\n"
				     "RW 131203 ZERO\n";

	vd_disk_close(disk);
	disk = NULL;
	memset(memstore_bytes("disk.vmdk") + SECTOR, 0, sizeof(text) - 1);
	memcpy(memstore_bytes("disk.vmdk") + SECTOR, child, sizeof(child) - 1);
	memstore_add("parent.vmdk", parent, sizeof(parent) - 1);
	open_disk(VD_CHAIN_WRITE);
	expect_refused(0, 1, "with a parent");
	open_disk(VD_CHAIN_WRITE | VD_CHAIN_SINGLE_LINK);
	expect_refused(0, 1, "with a parent");
}
END_TEST

START_TEST(each_extent_of_a_disk_may_be_a_stream)
{
	static const char two[] = "version=1\nCID=0000abcd\nparentCID=ffffffff\n"
				  "RW 1000 SPARSE \"a.vmdk\"\nRW 130203 SPARSE \"b.vmdk\"\n";

	add_file("a.vmdk", 1000);
	add_file("b.vmdk", SECTORS - 1000);
	vd_disk_close(disk);
	disk = NULL;
	memstore_add("disk.vmdk", two, sizeof(two) - 1);
	open_disk(VD_CHAIN_WRITE);
	write_ok(900, 3000);
	write_ok(5000, COVERED);
	expect_model();
	open_disk(0);
	expect_model();
}
END_TEST

/* Failures. */

#define WORK_EVENTS_MAX 64u

/* Some grains, a flush, and more of them.  Return: the first error. */
static VixError work(void)
{
	VixError err = try_write(0, FIRST);

	if (err == VIX_OK)
		err = vd_disk_flush(disk);
	if (err == VIX_OK)
		err = try_write(COVERED, SECOND);
	return err == VIX_OK ? vd_disk_flush(disk) : err;
}

START_TEST(an_error_is_told_and_the_stream_stays_unfinished)
{
	unsigned before = memstore_changes(), n;

	ck_assert_int_eq(work(), VIX_OK);
	n = memstore_changes() - before;
	ck_assert_uint_lt(n, WORK_EVENTS_MAX);
	for (unsigned i = 3; i <= n; i++) { /* behind those that change the content ID */
		vd_disk_close(disk);
		disk = NULL;
		add_file("disk.vmdk", SECTORS);
		open_disk(VD_CHAIN_WRITE);
		memstore_fail_change(i, VIX_E_DISK_FULL, 1000, 300);
		ck_assert_int_eq(work(), VIX_E_DISK_FULL);
		ck_assert_int_eq(vd_disk_flush(disk), VIX_E_DISK_FULL);
		ck_assert_int_ne(try_write(SECTORS - 1, 1), VIX_OK);
		vd_disk_close(disk);
		disk = NULL;
		memstore_fail_change(0, VIX_OK, 0, 0);
		said_start();
		if (try_open(0) != VIX_OK)
			ck_assert_msg(said("never finished"), "%s", said_text);
	}
}
END_TEST

/* Was the first write kept, and the second? */
static void look(bool *has_first_out, bool *has_second_out)
{
	const unsigned char *second = model + (size_t)COVERED * SECTOR;

	ck_assert_msg(vd_disk_read(disk, 0, FIRST, buf) == VIX_OK, "%s", said_text);
	*has_first_out = memcmp(buf, model, FIRST * SECTOR) == 0;
	ck_assert(*has_first_out || vu_is_zero(buf, FIRST * SECTOR));
	ck_assert_msg(vd_disk_read(disk, COVERED, SECOND, buf) == VIX_OK, "%s", said_text);
	*has_second_out = memcmp(buf, second, SECOND * SECTOR) == 0;
	ck_assert(*has_second_out || vu_is_zero(buf, SECOND * SECTOR));
}

/* After @n events, of which @first and @all are those up to the flushes. */
static void expect_whole_or_refused(size_t n, size_t first, size_t all)
{
	bool has_first, has_second;

	said_start();
	if (try_open(0) != VIX_OK) {
		ck_assert_msg(said("never finished"), "%s", said_text);
		ck_assert(n != first && n != all);
		return;
	}
	look(&has_first, &has_second);
	ck_assert(has_first || !has_second);
	ck_assert(has_first || n < first);
	ck_assert(has_second || n < all);
}

START_TEST(a_crash_leaves_a_disk_that_was_flushed_or_one_that_is_refused)
{
	static const char *const paths[] = { "disk.vmdk" };
	size_t first, all;

	crashstore_record(paths, 1);
	write_ok(0, FIRST);
	ck_assert_int_eq(vd_disk_flush(disk), VIX_OK);
	first = crashstore_events();
	write_ok(COVERED, SECOND);
	ck_assert_int_eq(vd_disk_flush(disk), VIX_OK);
	all = crashstore_events();
	crashstore_stop();
	for (size_t i = 0; i <= all; i++) {
		for (int fate = CRASH_KEEPS_ALL; fate <= CRASH_KEEPS_SOME; fate++) {
			vd_disk_close(disk);
			disk = NULL;
			crashstore_crash(i, (enum crashstore_fate)fate, i);
			expect_whole_or_refused(i, first, all);
		}
	}
	crashstore_free();
}
END_TEST

int main(void)
{
	Suite *s = suite_create("streamopt-write");
	TCase *tc = unit_tcase(s, "write");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 120);
	tcase_add_test(tc, a_new_stream_is_empty);
	tcase_add_test(tc, create_refuses_an_impossible_capacity);
	tcase_add_loop_test(tc, what_is_written_in_order_is_read_back, 0,
			    sizeof(steps) / sizeof(steps[0]));
	tcase_add_test(tc, grains_that_are_left_out_or_zero_take_no_room);
	tcase_add_test(tc, reading_on_the_way_sees_what_was_written);
	tcase_add_test(tc, a_sector_is_written_once_and_in_order);
	tcase_add_test(tc, a_flush_ends_the_grain_that_was_begun);
	tcase_add_test(tc, a_stream_with_content_is_not_written_again);
	tcase_add_test(tc, open_for_writing_alone_changes_nothing);
	tcase_add_test(tc, streams_with_a_parent_are_not_written);
	tcase_add_test(tc, each_extent_of_a_disk_may_be_a_stream);
	tcase_add_test(tc, an_error_is_told_and_the_stream_stays_unfinished);
	tcase_add_test(tc, a_crash_leaves_a_disk_that_was_flushed_or_one_that_is_refused);
	return unit_run(s);
}
