/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * VixDiskLib_Clone(), SpaceNeededForClone(), Shrink() and Defragment() as programs see them.
 */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "client.h"
#include "disks.h"

#define SECTOR  512
#define GRAINS  "X.XX...X.X"
#define SECTORS (10 * GRAIN - 60)

static VixDiskLibConnection conn;

static unsigned files_before;

static void connect(void)
{
	conn = connect_local();
	make_sparse("from.vmdk", SECTORS, GRAINS);
	files_before = count_files();
}

static void disconnect(void)
{
	VixDiskLib_Unlink(conn, in_dir("to.vmdk"));
	ck_assert_ok(VixDiskLib_Disconnect(conn));
}

static uint64 size_of(const char *name)
{
	struct stat sb;

	ck_assert_int_eq(stat(in_dir(name), &sb), 0);
	return (uint64)sb.st_size;
}

static VixError clone_with(const char *to, VixDiskLibDiskType type, VixDiskLibProgressFunc fn,
			   Bool may_replace)
{
	const VixDiskLibCreateParams p = {
		.diskType = type,
		.adapterType = VIXDISKLIB_ADAPTER_SCSI_LSILOGIC,
		.hwVersion = VIXDISKLIB_HWVERSION_WORKSTATION_6,
		.capacity = 1, /* the source's counts */
	};

	return VixDiskLib_Clone(conn, in_dir(to), conn, in_dir("from.vmdk"), &p, fn, NULL,
				may_replace);
}

static VixError clone_to(const char *to, VixDiskLibDiskType type)
{
	return clone_with(to, type, NULL, FALSE);
}

static void expect_content(VixDiskLibHandle disk)
{
	uint8 *buf = malloc((size_t)SECTORS * SECTOR);

	ck_assert_ok(VixDiskLib_Read(disk, 0, SECTORS, buf));
	for (uint64 s = 0; s < SECTORS; s++) {
		const uint8 *at = buf + s * SECTOR;

		ck_assert(GRAINS[s / GRAIN] == 'X' ? has_pattern(at, s) : has_zeros(at));
	}
	free(buf);
}

static void expect_disk(const char *name)
{
	VixDiskLibHandle disk = open_disk(conn, name, VIXDISKLIB_FLAG_OPEN_READ_ONLY);
	VixDiskLibInfo *info;

	ck_assert_ok(VixDiskLib_GetInfo(disk, &info));
	ck_assert_uint_eq(info->capacity, SECTORS);
	ck_assert_int_eq(info->adapterType, VIXDISKLIB_ADAPTER_SCSI_LSILOGIC);
	VixDiskLib_FreeInfo(info);
	expect_content(disk);
	ck_assert_ok(VixDiskLib_Close(disk));
}

START_TEST(a_clone_reads_as_its_source)
{
	ck_assert_ok(clone_to("to.vmdk", (VixDiskLibDiskType)_i));
	expect_disk("to.vmdk");
	ck_assert_err(clone_to("to.vmdk", (VixDiskLibDiskType)_i), FILE_ALREADY_EXISTS);
	ck_assert_ok(clone_with("to.vmdk", VIXDISKLIB_DISK_MONOLITHIC_SPARSE, NULL, TRUE));
	expect_disk("to.vmdk");
	ck_assert_uint_eq(count_files(), files_before + 1);
}
END_TEST

START_TEST(a_chain_becomes_one_disk)
{
	make_sparse("base.vmdk", SECTORS, GRAINS);
	make_child("from.vmdk", SECTORS, "base.vmdk");
	ck_assert_ok(clone_to("to.vmdk", VIXDISKLIB_DISK_STREAM_OPTIMIZED));
	ck_assert_int_eq(remove(in_dir("base.vmdk")), 0);
	expect_disk("to.vmdk");
}
END_TEST

START_TEST(clone_tells_what_is_wrong)
{
	ck_assert_err(clone_to("to.vmdk", (VixDiskLibDiskType)0), INVALID_ARG);
	ck_assert_err(clone_to("to.vmdk", VIXDISKLIB_DISK_UNKNOWN), INVALID_ARG);
	ck_assert_err(clone_to("none/to.vmdk", VIXDISKLIB_DISK_MONOLITHIC_SPARSE), FILE_NOT_FOUND);
	ck_assert_err(clone_with("from.vmdk", VIXDISKLIB_DISK_MONOLITHIC_SPARSE, NULL, TRUE),
		      INVALID_ARG);
	break_grain("from.vmdk", 3);
	ck_assert_err(clone_to("to.vmdk", VIXDISKLIB_DISK_MONOLITHIC_FLAT), DISK_INVALIDDISK);
	ck_assert_uint_eq(count_files(), files_before);
	ck_assert_int_eq(remove(in_dir("from.vmdk")), 0);
	ck_assert_err(clone_to("to.vmdk", VIXDISKLIB_DISK_MONOLITHIC_FLAT), FILE_NOT_FOUND);
}
END_TEST

START_TEST(a_disk_that_is_open_for_writing_is_not_replaced)
{
	VixDiskLibHandle to;

	ck_assert_ok(clone_to("to.vmdk", VIXDISKLIB_DISK_MONOLITHIC_FLAT));
	to = open_disk(conn, "to.vmdk", 0);
	ck_assert_err(clone_with("to.vmdk", VIXDISKLIB_DISK_MONOLITHIC_SPARSE, NULL, TRUE),
		      FILE_ALREADY_LOCKED);
	ck_assert_ok(VixDiskLib_Close(to));
	expect_disk("to.vmdk");
	ck_assert_ok(clone_with("to.vmdk", VIXDISKLIB_DISK_MONOLITHIC_SPARSE, NULL, TRUE));
	expect_disk("to.vmdk");
}
END_TEST

/* Streams are written in order, also by requests that are given all at once. */

static void count_failed(void *data, VixError err)
{
	if (err != VIX_OK)
		__atomic_fetch_add((int *)data, 1, __ATOMIC_RELAXED);
}

START_TEST(a_stream_takes_requests_in_order)
{
	const VixDiskLibCreateParams p = {
		.diskType = VIXDISKLIB_DISK_STREAM_OPTIMIZED,
		.adapterType = VIXDISKLIB_ADAPTER_SCSI_LSILOGIC,
		.hwVersion = VIXDISKLIB_HWVERSION_WORKSTATION_6,
		.capacity = SECTORS,
	};
	VixDiskLibHandle from, to;
	uint8 *buf = malloc((size_t)SECTORS * SECTOR);
	int failed = 0;

	from = open_disk(conn, "from.vmdk", VIXDISKLIB_FLAG_OPEN_READ_ONLY);
	ck_assert_ok(VixDiskLib_Read(from, 0, SECTORS, buf));
	ck_assert_ok(VixDiskLib_Create(conn, in_dir("to.vmdk"), &p, NULL, NULL));
	to = open_disk(conn, "to.vmdk", 0);
	for (uint64 s = 0, n; s < SECTORS; s += n) {
		n = SECTORS - s < 10 ? SECTORS - s : 10;
		ck_assert_uint_eq(
			VixDiskLib_WriteAsync(to, s, n, buf + s * SECTOR, count_failed, &failed),
			VIX_ASYNC);
	}
	ck_assert_ok(VixDiskLib_Wait(to));
	ck_assert_int_eq(failed, 0);
	ck_assert_err(VixDiskLib_Write(to, 0, 1, buf), NOT_SUPPORTED);
	ck_assert_ok(VixDiskLib_Close(to));
	ck_assert_ok(VixDiskLib_Close(from));
	expect_disk("to.vmdk");
	free(buf);
}
END_TEST

static int told, cancel_at;

static Bool on_progress(void *data, int percent)
{
	(void)data;
	ck_assert_int_ge(percent, told);
	told = percent;
	return percent < cancel_at;
}

START_TEST(progress_ends_at_100)
{
	told = 0;
	cancel_at = 101;
	ck_assert_ok(clone_with("to.vmdk", (VixDiskLibDiskType)_i, on_progress, FALSE));
	ck_assert_int_eq(told, 100);
}
END_TEST

START_TEST(a_cancelled_clone_leaves_nothing)
{
	told = 0;
	cancel_at = 50;
	ck_assert_err(clone_with("to.vmdk", (VixDiskLibDiskType)_i, on_progress, FALSE), CANCELLED);
	ck_assert_uint_eq(count_files(), files_before);
}
END_TEST

START_TEST(space_is_that_of_the_clone)
{
	VixDiskLibHandle disk = open_disk(conn, "from.vmdk", VIXDISKLIB_FLAG_OPEN_READ_ONLY);
	uint64 bytes;

	ck_assert_ok(VixDiskLib_SpaceNeededForClone(disk, VIXDISKLIB_DISK_UNKNOWN, &bytes));
	ck_assert_ok(clone_to("to.vmdk", VIXDISKLIB_DISK_MONOLITHIC_SPARSE));
	ck_assert_uint_eq(bytes, size_of("to.vmdk"));
	ck_assert_err(VixDiskLib_SpaceNeededForClone(disk, (VixDiskLibDiskType)77, &bytes),
		      INVALID_ARG);
	ck_assert_ok(VixDiskLib_Close(disk));
}
END_TEST

static void fill_with_zeros(VixDiskLibHandle disk, uint64 first, uint64 count)
{
	uint8 *zeros = calloc(count, SECTOR);

	ck_assert_ok(VixDiskLib_Write(disk, first, count, zeros));
	free(zeros);
}

START_TEST(shrink_gives_zeros_back)
{
	VixDiskLibHandle disk = open_disk(conn, "from.vmdk", 0);
	uint64 before = size_of("from.vmdk");

	fill_with_zeros(disk, 2 * GRAIN, 2 * GRAIN);
	told = 0;
	cancel_at = 101;
	ck_assert_ok(VixDiskLib_Shrink(disk, on_progress, NULL));
	ck_assert_int_eq(told, 100);
	ck_assert_uint_eq(size_of("from.vmdk"), before - (uint64)2 * GRAIN * SECTOR);
	ck_assert_ok(VixDiskLib_Close(disk));
}
END_TEST

START_TEST(disks_of_full_size_do_not_shrink_but_are_in_order)
{
	VixDiskLibHandle disk;

	make_flat("flat.vmdk", 100);
	disk = open_disk(conn, "flat.vmdk", 0);
	ck_assert_err(VixDiskLib_Shrink(disk, NULL, NULL), DISK_CANTSHRINK);
	ck_assert_ok(VixDiskLib_Defragment(disk, NULL, NULL));
	ck_assert_ok(VixDiskLib_Close(disk));
}
END_TEST

START_TEST(defragment_keeps_the_content)
{
	VixDiskLibHandle disk = open_disk(conn, "from.vmdk", 0);
	uint8 buf[SECTOR] = { 1 };

	ck_assert_ok(VixDiskLib_Write(disk, GRAIN, 1, buf));
	fill_with_zeros(disk, GRAIN, 1);
	ck_assert_ok(VixDiskLib_Defragment(disk, NULL, NULL));
	expect_content(disk);
	ck_assert_ok(VixDiskLib_Close(disk));
	expect_content(disk = open_disk(conn, "from.vmdk", VIXDISKLIB_FLAG_OPEN_READ_ONLY));
	ck_assert_ok(VixDiskLib_Close(disk));
}
END_TEST

/* Handles for reading have tables of their own, from when they were opened. */
START_TEST(no_grain_is_moved_under_a_reader)
{
	VixDiskLibHandle disk = open_disk(conn, "from.vmdk", 0);
	VixDiskLibHandle other = open_disk(conn, "from.vmdk", VIXDISKLIB_FLAG_OPEN_READ_ONLY);

	ck_assert_err(VixDiskLib_Defragment(disk, NULL, NULL), FILE_ALREADY_LOCKED);
	ck_assert_err(VixDiskLib_Shrink(disk, NULL, NULL), FILE_ALREADY_LOCKED);
	expect_content(other);
	ck_assert_ok(VixDiskLib_Close(other));
	ck_assert_ok(VixDiskLib_CreateChild(disk, in_dir("child.vmdk"),
					    VIXDISKLIB_DISK_MONOLITHIC_SPARSE, NULL, NULL));
	other = open_disk(conn, "child.vmdk", 0);
	ck_assert_err(VixDiskLib_Defragment(disk, NULL, NULL), FILE_ALREADY_LOCKED);
	ck_assert_ok(VixDiskLib_Defragment(other, NULL, NULL));
	expect_content(other);
	ck_assert_ok(VixDiskLib_Close(other));
	ck_assert_ok(VixDiskLib_Defragment(disk, NULL, NULL));
	ck_assert_ok(VixDiskLib_Shrink(disk, NULL, NULL));
	expect_content(disk);
	ck_assert_ok(VixDiskLib_Close(disk));
	ck_assert_ok(VixDiskLib_Unlink(conn, in_dir("child.vmdk")));
}
END_TEST

static unsigned n_opened;

static Bool open_meanwhile(void *data, int percent)
{
	const char *name = data;
	VixDiskLibHandle disk;
	VixError err = VixDiskLib_Open(conn, in_dir(name), VIXDISKLIB_FLAG_OPEN_READ_ONLY, &disk);

	if (err == VIX_OK)
		ck_assert_ok(VixDiskLib_Close(disk));
	else
		ck_assert_err(err, FILE_ALREADY_LOCKED);
	n_opened += err == VIX_OK && percent < 100;
	return TRUE;
}

START_TEST(nobody_opens_it_for_reading_while_grains_are_moved)
{
	VixDiskLibHandle disk = open_disk(conn, "from.vmdk", 0);

	ck_assert_ok(VixDiskLib_CreateChild(disk, in_dir("child.vmdk"),
					    VIXDISKLIB_DISK_MONOLITHIC_SPARSE, NULL, NULL));
	n_opened = 0;
	ck_assert_ok(VixDiskLib_Defragment(disk, open_meanwhile, (void *)"from.vmdk"));
	ck_assert_ok(VixDiskLib_Shrink(disk, open_meanwhile, (void *)"child.vmdk"));
	ck_assert_uint_eq(n_opened, 0);
	expect_content(disk);
	ck_assert_ok(VixDiskLib_Close(disk));
	ck_assert_ok(VixDiskLib_Unlink(conn, in_dir("child.vmdk")));
}
END_TEST

int main(void)
{
	const int first = VIXDISKLIB_DISK_MONOLITHIC_SPARSE, end = VIXDISKLIB_DISK_VMFS_SPARSE + 1;
	Suite *s = suite_create("copy");
	TCase *tc = client_tcase(s, "clone");

	tcase_add_checked_fixture(tc, connect, disconnect);
	tcase_add_loop_test(tc, a_clone_reads_as_its_source, first, end);
	tcase_add_test(tc, a_chain_becomes_one_disk);
	tcase_add_test(tc, clone_tells_what_is_wrong);
	tcase_add_test(tc, a_disk_that_is_open_for_writing_is_not_replaced);
	tcase_add_loop_test(tc, progress_ends_at_100, first, end);
	tcase_add_loop_test(tc, a_cancelled_clone_leaves_nothing, first, end);
	tcase_add_test(tc, space_is_that_of_the_clone);

	tc = client_tcase(s, "stream");
	tcase_add_checked_fixture(tc, connect, disconnect);
	tcase_add_test(tc, a_stream_takes_requests_in_order);

	tc = client_tcase(s, "tidy");
	tcase_add_checked_fixture(tc, connect, disconnect);
	tcase_add_test(tc, shrink_gives_zeros_back);
	tcase_add_test(tc, disks_of_full_size_do_not_shrink_but_are_in_order);
	tcase_add_test(tc, defragment_keeps_the_content);
	tcase_add_test(tc, no_grain_is_moved_under_a_reader);
	tcase_add_test(tc, nobody_opens_it_for_reading_while_grains_are_moved);
	return client_run(s);
}
