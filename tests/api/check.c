/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * VixDiskLib_CheckRepair.
 */
#include "config.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bytes.h"
#include "client.h"
#include "disks.h"

#define SECTOR      512
#define OFF_UNCLEAN 72

static VixDiskLibConnection conn;

static void set_up(void)
{
	conn = connect_local();
	make_sparse("disk.vmdk", 8 * GRAIN, "XX..X...");
}

static void clean_up(void)
{
	ck_assert_ok(VixDiskLib_Disconnect(conn));
}

static VixError check(const char *name, Bool repair)
{
	return VixDiskLib_CheckRepair(conn, in_dir(name), repair);
}

static void put_byte(const char *name, off_t off, unsigned char byte)
{
	int fd = open(in_dir(name), O_WRONLY | O_CLOEXEC);

	ck_assert_int_eq(pwrite(fd, &byte, 1, off), 1);
	close(fd);
}

START_TEST(a_sound_disk_is_ok)
{
	make_flat("flat.vmdk", 100);
	make_raw("raw.img", 100);
	make_child("child.vmdk", 8 * GRAIN, "disk.vmdk");
	for (Bool repair = 0; repair < 2; repair++) {
		ck_assert_ok(check("disk.vmdk", repair));
		ck_assert_ok(check("flat.vmdk", repair));
		ck_assert_ok(check("raw.img", repair));
		ck_assert_ok(check("child.vmdk", repair));
	}
	ck_assert_uint_eq(client_log.warnings, 0);
}
END_TEST

START_TEST(a_disk_that_was_not_closed_needs_repair_once)
{
	put_byte("disk.vmdk", OFF_UNCLEAN, 1);
	ck_assert_err(check("disk.vmdk", FALSE), DISK_NEEDSREPAIR);
	ck_assert_uint_eq(client_log.warnings, 1);
	ck_assert(strstr(client_log.last_warning, "it was not closed properly") != NULL);
	ck_assert_ok(check("disk.vmdk", TRUE));
	ck_assert_ok(check("disk.vmdk", FALSE));
}
END_TEST

START_TEST(what_can_not_be_mended_is_told)
{
	break_grain("disk.vmdk", 4);
	ck_assert_err(check("disk.vmdk", FALSE), DISK_NEEDSREPAIR);
	ck_assert(strstr(client_log.last_warning, "grain 4 is said to be at sector") != NULL);
	ck_assert_err(check("disk.vmdk", TRUE), DISK_CANTREPAIR);
}
END_TEST

START_TEST(what_an_open_would_say_check_says_too)
{
	make_child("child.vmdk", 8 * GRAIN, "disk.vmdk");
	ck_assert_err(check("gone.vmdk", FALSE), FILE_NOT_FOUND);
	ck_assert_int_eq(unlink(in_dir("disk.vmdk")), 0);
	ck_assert_err(check("child.vmdk", FALSE), DISK_OPENPARENT);
	make_flat("flat.vmdk", 100);
	ck_assert_int_eq(unlink(in_dir("flat.vmdk-flat")), 0);
	ck_assert_err(check("flat.vmdk", FALSE), FILE_NOT_FOUND);
}
END_TEST

/* What one extent had open is closed when the next one is looked at. */
START_TEST(each_extent_that_is_none_is_told)
{
	static const char zeros[4096];

	put_file("a.vmdk", zeros, sizeof(zeros));
	put_file("b.vmdk", zeros, sizeof(zeros));
	put_text("disk.vmdk", "# Disk DescriptorFile\nversion=1\nCID=1\nparentCID=ffffffff\n"
			      "RW 8 SPARSE \"a.vmdk\"\nRW 8 SPARSE \"a.vmdk\"\n"
			      "RW 8 SPARSE \"b.vmdk\"\nRW 8 FLAT \"a.vmdk\" 0\n");
	for (Bool repair = 0; repair < 2; repair++) {
		client_log.infos = 0;
		ck_assert_uint_ne(check("disk.vmdk", repair), VIX_OK);
		ck_assert_uint_ge(client_log.infos, 3);
	}
}
END_TEST

START_TEST(a_disk_that_is_being_written_is_left_alone)
{
	VixDiskLibHandle disk = open_disk(conn, "disk.vmdk", 0);

	ck_assert_err(check("disk.vmdk", FALSE), FILE_ALREADY_LOCKED);
	ck_assert_err(check("disk.vmdk", TRUE), FILE_ALREADY_LOCKED);
	ck_assert_ok(VixDiskLib_Close(disk));
	ck_assert_ok(check("disk.vmdk", TRUE));
}
END_TEST

START_TEST(a_connection_for_reading_can_not_mend)
{
	VixDiskLibConnection c;

	ck_assert_ok(VixDiskLib_ConnectEx(NULL, TRUE, NULL, NULL, &c));
	ck_assert_ok(VixDiskLib_CheckRepair(c, in_dir("disk.vmdk"), FALSE));
	ck_assert_err(VixDiskLib_CheckRepair(c, in_dir("disk.vmdk"), TRUE), FILE_READ_ONLY);
	ck_assert_ok(VixDiskLib_Disconnect(c));
}
END_TEST

#define SECTORS (100ull << 21) /* 100 GiB */
#define FAR     (50ull << 21)
#define TABLE   (512ull * 128) /* sectors that a table is about */
#define PAGE    4096
#define OFF_GD  56

static void make_large(void)
{
	VixDiskLibCreateParams p = {
		.diskType = VIXDISKLIB_DISK_MONOLITHIC_SPARSE,
		.adapterType = VIXDISKLIB_ADAPTER_SCSI_LSILOGIC,
		.hwVersion = VIXDISKLIB_HWVERSION_WORKSTATION_6,
		.capacity = SECTORS,
	};
	uint8 buf[SECTOR];
	VixDiskLibHandle disk;

	ck_assert_ok(VixDiskLib_Create(conn, in_dir("large.vmdk"), &p, NULL, NULL));
	disk = open_disk(conn, "large.vmdk", 0);
	memset(buf, 'x', sizeof(buf));
	ck_assert_ok(VixDiskLib_Write(disk, FAR, 1, buf));
	ck_assert_ok(VixDiskLib_Close(disk));
}

/* The first copy of the table of FAR reads as zeros then. */
static void punch_table(void)
{
	int fd = open(in_dir("large.vmdk"), O_RDWR | O_CLOEXEC);
	unsigned char bytes[8];
	uint64_t off;

	ck_assert_int_eq(pread(fd, bytes, 8, OFF_GD), 8);
	off = vu_le64(bytes) * SECTOR + FAR / TABLE * 4;
	ck_assert_int_eq(pread(fd, bytes, 4, (off_t)off), 4);
	off = vu_round_down((uint64_t)vu_le32(bytes) * SECTOR, PAGE);
	ck_assert_int_eq(
		fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, (off_t)off, PAGE), 0);
	close(fd);
}

START_TEST(tables_in_holes_are_compared_too)
{
	uint8 buf[SECTOR];
	VixDiskLibHandle disk;

	make_large();
	ck_assert_ok(check("large.vmdk", FALSE));
	punch_table();
	ck_assert_err(check("large.vmdk", FALSE), DISK_NEEDSREPAIR);
	ck_assert(strstr(client_log.last_warning, "differ in 1 entries") != NULL);
	ck_assert_ok(check("large.vmdk", TRUE));
	ck_assert_ok(check("large.vmdk", FALSE));
	disk = open_disk(conn, "large.vmdk", VIXDISKLIB_FLAG_OPEN_READ_ONLY);
	ck_assert_ok(VixDiskLib_Read(disk, FAR, 1, buf));
	ck_assert_int_eq(buf[0], 'x');
	ck_assert_ok(VixDiskLib_Close(disk));
}
END_TEST

static bool is_there(const char *name)
{
	return access(in_dir(name), F_OK) == 0;
}

static void make_left_over(void)
{
	char stale[512] = "x 1-1(gone) 1 X ";

	put_text("disk.vmdk.new-AbCdEf", "");
	put_text("disk.vmdk.new-AbCdEfG", "");
	ck_assert_int_eq(mkdir(in_dir("disk.vmdk.part-AbCdEf"), 0700), 0);
	put_text("disk.vmdk.part-AbCdEf/.lock", "");
	ck_assert_int_eq(mkdir(in_dir("disk.vmdk.lck"), 0700), 0);
	memset(stale, 0, sizeof(stale));
	put_file("disk.vmdk.lck/M00001.lck", stale, sizeof(stale));
}

START_TEST(what_was_left_over_is_told_and_removed)
{
	make_left_over();
	ck_assert_ok(check("disk.vmdk", FALSE));
	ck_assert(is_there("disk.vmdk.new-AbCdEf"));
	ck_assert(is_there("disk.vmdk.part-AbCdEf"));
	ck_assert(is_there("disk.vmdk.lck"));
	ck_assert_uint_ge(client_log.infos, 3);
	ck_assert_ok(check("disk.vmdk", TRUE));
	ck_assert(!is_there("disk.vmdk.new-AbCdEf"));
	ck_assert(!is_there("disk.vmdk.part-AbCdEf"));
	ck_assert(!is_there("disk.vmdk.lck"));
	ck_assert(is_there("disk.vmdk.new-AbCdEfG"));
}
END_TEST

START_TEST(a_flat_file_that_is_too_long_is_cut_where_nothing_is_lost)
{
	struct stat st;

	make_flat("flat.vmdk", 100);
	ck_assert_int_eq(truncate(in_dir("flat.vmdk-flat"), 1000 * SECTOR), 0);
	ck_assert_ok(check("flat.vmdk", TRUE));
	ck_assert_int_eq(stat(in_dir("flat.vmdk-flat"), &st), 0);
	ck_assert_int_eq(st.st_size, 100 * SECTOR);

	make_flat("long.vmdk", 100);
	ck_assert_int_eq(truncate(in_dir("long.vmdk-flat"), 1000 * SECTOR), 0);
	put_byte("long.vmdk-flat", 999 * SECTOR, 1);
	ck_assert_ok(check("long.vmdk", TRUE));
	ck_assert_int_eq(stat(in_dir("long.vmdk-flat"), &st), 0);
	ck_assert_int_eq(st.st_size, 1000 * SECTOR);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("check");
	TCase *tc = client_tcase(s, "check");

	tcase_add_checked_fixture(tc, set_up, clean_up);
	tcase_add_test(tc, a_sound_disk_is_ok);
	tcase_add_test(tc, a_disk_that_was_not_closed_needs_repair_once);
	tcase_add_test(tc, what_can_not_be_mended_is_told);
	tcase_add_test(tc, what_an_open_would_say_check_says_too);
	tcase_add_test(tc, each_extent_that_is_none_is_told);
	tcase_add_test(tc, a_disk_that_is_being_written_is_left_alone);
	tcase_add_test(tc, a_connection_for_reading_can_not_mend);
	tcase_add_test(tc, tables_in_holes_are_compared_too);
	tcase_add_test(tc, what_was_left_over_is_told_and_removed);
	tcase_add_test(tc, a_flat_file_that_is_too_long_is_cut_where_nothing_is_lost);
	return client_run(s);
}
