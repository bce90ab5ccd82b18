/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Opening, closing and describing disks.
 */
#include "config.h"

#include <string.h>
#include <unistd.h>

#include "client.h"
#include "disks.h"

#define READ_ONLY VIXDISKLIB_FLAG_OPEN_READ_ONLY

static VixDiskLibConnection conn;

static void connect_conn(void)
{
	conn = connect_local();
}

static void disconnect_conn(void)
{
	ck_assert_ok(VixDiskLib_Disconnect(conn));
}

/* The code of an open that must fail, and that gives no handle. */
static VixError refused(const char *path, uint32 flags)
{
	VixDiskLibHandle disk = (VixDiskLibHandle)(void *)&conn;
	VixError err = VixDiskLib_Open(conn, path, flags, &disk);

	ck_assert_ptr_null(disk);
	ck_assert_uint_gt(client_log.warnings, 0);
	return err;
}

static VixDiskLibInfo *info_of(VixDiskLibHandle disk)
{
	VixDiskLibInfo *info = NULL;

	ck_assert_ok(VixDiskLib_GetInfo(disk, &info));
	ck_assert_ptr_nonnull(info);
	return info;
}

static void reads_as_made(VixDiskLibHandle disk, uint64 sectors)
{
	uint8 first[512], last[512];

	ck_assert_ok(VixDiskLib_Read(disk, 0, 1, first));
	ck_assert_ok(VixDiskLib_Read(disk, sectors - 1, 1, last));
	ck_assert(has_pattern(first, 0));
	ck_assert(has_pattern(last, sectors - 1));
}

START_TEST(open_takes_flat_sparse_and_raw_disks)
{
	static const char *const names[] = { "a.vmdk", "b.vmdk", "c.img" };

	make_flat("a.vmdk", 2 * GRAIN);
	make_sparse("b.vmdk", 2 * GRAIN, "XX");
	make_raw("c.img", 2 * GRAIN);
	for (int i = 0; i < 3; i++) {
		VixDiskLibHandle disk = open_disk(conn, names[i], READ_ONLY);
		VixDiskLibInfo *info = info_of(disk);

		ck_assert_uint_eq(info->capacity, 2 * GRAIN);
		ck_assert_int_eq(info->numLinks, 1);
		ck_assert_ptr_null(info->parentFileNameHint);
		VixDiskLib_FreeInfo(info);
		reads_as_made(disk, 2 * GRAIN);
		ck_assert_str_eq(VixDiskLib_GetTransportMode(disk), "file");
		ck_assert_ok(VixDiskLib_Close(disk));
	}
	ck_assert_uint_eq(client_log.warnings, 0);
}
END_TEST

START_TEST(open_takes_a_chain_or_one_link_of_it)
{
	VixDiskLibHandle disk;
	VixDiskLibInfo *info;
	uint8 buf[512];

	make_sparse("base.vmdk", GRAIN, "X");
	make_child("child.vmdk", GRAIN, "base.vmdk");
	disk = open_disk(conn, "child.vmdk", READ_ONLY);
	info = info_of(disk);
	ck_assert_int_eq(info->numLinks, 2);
	ck_assert_str_eq(info->parentFileNameHint, "base.vmdk");
	VixDiskLib_FreeInfo(info);
	reads_as_made(disk, GRAIN);
	ck_assert_ok(VixDiskLib_Close(disk));

	disk = open_disk(conn, "child.vmdk", READ_ONLY | VIXDISKLIB_FLAG_OPEN_SINGLE_LINK);
	ck_assert_ok(VixDiskLib_Read(disk, 5, 1, buf));
	ck_assert(has_zeros(buf));
	ck_assert_ok(VixDiskLib_Close(disk));
}
END_TEST

START_TEST(open_takes_every_known_flag)
{
	static const uint32 flags[] = {
		0x26, /* what nbdkit passes: read-only, single link, fastlz */
		VIXDISKLIB_FLAG_OPEN_UNBUFFERED | READ_ONLY,
		VIXDISKLIB_FLAG_OPEN_COMPRESSION_MASK | READ_ONLY,
		0,
	};

	make_flat("flags.vmdk", GRAIN);
	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
		VixDiskLibHandle disk = open_disk(conn, "flags.vmdk", flags[i]);

		reads_as_made(disk, GRAIN);
		ck_assert_ok(VixDiskLib_Close(disk));
	}
	ck_assert_err(refused(in_dir("flags.vmdk"), 8), INVALID_ARG);
	ck_assert_err(refused(in_dir("flags.vmdk"), 1u << 31), INVALID_ARG);
}
END_TEST

START_TEST(open_says_what_is_wrong_with_the_path)
{
	make_flat("short.vmdk", 4 * GRAIN);
	ck_assert_int_eq(truncate(in_dir("short.vmdk-flat"), 512 * GRAIN), 0);
	make_child("orphan.vmdk", GRAIN, "nobody.vmdk");
	make_flat("torn.vmdk", GRAIN);
	ck_assert_int_eq(unlink(in_dir("torn.vmdk-flat")), 0);

	ck_assert_err(refused(NULL, READ_ONLY), INVALID_ARG);
	ck_assert_err(refused("", READ_ONLY), INVALID_ARG);
	ck_assert_err(refused(in_dir("missing.vmdk"), READ_ONLY), FILE_NOT_FOUND);
	ck_assert_err(refused("/", READ_ONLY), INCORRECT_FILE_TYPE);
	ck_assert_err(refused(in_dir("torn.vmdk"), READ_ONLY), FILE_NOT_FOUND);
	ck_assert_err(refused(in_dir("short.vmdk"), READ_ONLY), DISK_INVALIDDISK);
	ck_assert_err(refused(in_dir("orphan.vmdk"), READ_ONLY), DISK_OPENPARENT);
	ck_assert_ptr_nonnull(strstr(client_log.last_warning, "orphan.vmdk"));
	ck_assert_err(VixDiskLib_Open(conn, in_dir("missing.vmdk"), READ_ONLY, NULL), INVALID_ARG);
}
END_TEST

START_TEST(open_needs_a_connection)
{
	VixDiskLibHandle disk = (VixDiskLibHandle)(void *)&conn;

	ck_assert_err(VixDiskLib_Open(NULL, "x", READ_ONLY, &disk), DISK_INVALID_CONNECTION);
	ck_assert_ptr_null(disk);
}
END_TEST

START_TEST(open_for_writing_or_reading_leaves_nothing_beside_the_disk)
{
	unsigned before;
	VixDiskLibHandle disk;

	make_flat("quiet.vmdk", GRAIN);
	before = count_files();
	for (uint32 flags = 0; flags <= READ_ONLY; flags += READ_ONLY) {
		disk = open_disk(conn, "quiet.vmdk", flags);
		if (flags == READ_ONLY)
			ck_assert_uint_eq(count_files(), before);
		ck_assert_ok(VixDiskLib_Close(disk));
		ck_assert_uint_eq(count_files(), before);
	}
	ck_assert_uint_eq(client_log.warnings, 0);
}
END_TEST

START_TEST(open_may_come_many_times_for_one_file)
{
	VixDiskLibHandle disks[40];

	make_sparse("many.vmdk", GRAIN, "X");
	for (int i = 0; i < 40; i++)
		disks[i] = open_disk(conn, "many.vmdk", i % 2 ? READ_ONLY : 0);
	for (int i = 0; i < 40; i++) {
		reads_as_made(disks[i], GRAIN);
		ck_assert_ok(VixDiskLib_Close(disks[i]));
	}
}
END_TEST

START_TEST(write_says_read_only_for_a_disk_that_is_so)
{
	static const uint8 buf[512];
	VixDiskLibConnection readonly;
	VixDiskLibHandle disk;

	make_flat("ro.vmdk", GRAIN);
	disk = open_disk(conn, "ro.vmdk", READ_ONLY);
	ck_assert_err(VixDiskLib_Write(disk, 0, 1, buf), FILE_READ_ONLY);
	ck_assert_err(VixDiskLib_WriteMetadata(disk, "uuid", "x"), FILE_READ_ONLY);
	ck_assert_err(VixDiskLib_Shrink(disk, NULL, NULL), FILE_READ_ONLY);
	ck_assert_ok(VixDiskLib_Close(disk));

	ck_assert_ok(VixDiskLib_ConnectEx(NULL, TRUE, NULL, NULL, &readonly));
	disk = open_disk(readonly, "ro.vmdk", 0);
	ck_assert_err(VixDiskLib_Write(disk, 0, 1, buf), FILE_READ_ONLY);
	ck_assert_ok(VixDiskLib_Close(disk));
	ck_assert_ok(VixDiskLib_Disconnect(readonly));
}
END_TEST

START_TEST(what_is_written_is_read_back_also_by_who_opens_it_later)
{
	uint8 buf[512], got[512];
	VixDiskLibHandle disk;

	memset(buf, 0x5a, sizeof(buf));
	make_flat("rw.vmdk", GRAIN);
	disk = open_disk(conn, "rw.vmdk", 0);
	ck_assert_err(VixDiskLib_Write(disk, 0, 0, buf), INVALID_ARG);
	ck_assert_err(VixDiskLib_Write(disk, 0, 1, NULL), INVALID_ARG);
	ck_assert_err(VixDiskLib_Write(disk, GRAIN, 1, buf), DISK_OUTOFRANGE);
	reads_as_made(disk, GRAIN);
	ck_assert_ok(VixDiskLib_Write(disk, 3, 1, buf));
	ck_assert_ok(VixDiskLib_Read(disk, 3, 1, got));
	ck_assert_mem_eq(got, buf, sizeof(buf));
	ck_assert_ok(VixDiskLib_Flush(disk));
	ck_assert_ok(VixDiskLib_Close(disk));

	disk = open_disk(conn, "rw.vmdk", READ_ONLY);
	ck_assert_ok(VixDiskLib_Read(disk, 3, 1, got));
	ck_assert_mem_eq(got, buf, sizeof(buf));
	ck_assert_ok(VixDiskLib_Close(disk));
}
END_TEST

START_TEST(who_opens_for_reading_sees_what_was_written_before)
{
	VixDiskLibHandle writer, reader;
	uint8 buf[512], got[512];

	memset(buf, 0x5a, sizeof(buf));
	make_sparse("rw.vmdk", 2 * GRAIN, "X.");
	writer = open_disk(conn, "rw.vmdk", 0);
	ck_assert_ok(VixDiskLib_Write(writer, GRAIN, 1, buf));
	reader = open_disk(conn, "rw.vmdk", READ_ONLY);
	ck_assert_ok(VixDiskLib_Read(reader, GRAIN, 1, got));
	ck_assert_mem_eq(got, buf, sizeof(buf));
	ck_assert_ok(VixDiskLib_Close(reader));
	ck_assert_ok(VixDiskLib_Write(writer, 0, 1, buf));
	ck_assert_ok(VixDiskLib_Close(writer));
}
END_TEST

START_TEST(close_without_a_disk_is_an_error_without_a_message)
{
	ck_assert_err(VixDiskLib_Close(NULL), INVALID_HANDLE);
	ck_assert_uint_eq(client_log.warnings, 0);
}
END_TEST

START_TEST(info_tells_what_the_descriptor_says)
{
	VixDiskLibHandle disk;
	VixDiskLibInfo *info;

	make_flat("info.vmdk", 6 * 1024);
	disk = open_disk(conn, "info.vmdk", READ_ONLY);
	info = info_of(disk);
	ck_assert_ok(VixDiskLib_Close(disk)); /* it is the caller's own */

	ck_assert_uint_eq(info->capacity, 6 * 1024);
	ck_assert_uint_eq(info->physGeo.cylinders, 3);
	ck_assert_uint_eq(info->physGeo.heads, 64);
	ck_assert_uint_eq(info->physGeo.sectors, 32);
	ck_assert_uint_gt(info->biosGeo.sectors, 0);
	ck_assert_int_eq(info->adapterType, VIXDISKLIB_ADAPTER_SCSI_LSILOGIC);
	ck_assert_int_eq(info->numLinks, 1);
	ck_assert_str_eq(info->uuid, DISK_UUID);
	ck_assert_ptr_null(info->parentFileNameHint);
	ck_assert_uint_eq(info->logicalSectorSize, 512);
	ck_assert_uint_ge(info->physicalSectorSize, 512);
	VixDiskLib_FreeInfo(info);
	VixDiskLib_FreeInfo(NULL);
}
END_TEST

START_TEST(info_needs_room_for_the_result)
{
	VixDiskLibHandle disk;

	make_flat("room.vmdk", GRAIN);
	disk = open_disk(conn, "room.vmdk", READ_ONLY);
	ck_assert_err(VixDiskLib_GetInfo(disk, NULL), INVALID_ARG);
	ck_assert_ok(VixDiskLib_Close(disk));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("disk");
	TCase *tc = client_tcase(s, "disk");

	tcase_add_checked_fixture(tc, connect_conn, disconnect_conn);
	tcase_add_test(tc, open_takes_flat_sparse_and_raw_disks);
	tcase_add_test(tc, open_takes_a_chain_or_one_link_of_it);
	tcase_add_test(tc, open_takes_every_known_flag);
	tcase_add_test(tc, open_says_what_is_wrong_with_the_path);
	tcase_add_test(tc, open_needs_a_connection);
	tcase_add_test(tc, open_for_writing_or_reading_leaves_nothing_beside_the_disk);
	tcase_add_test(tc, open_may_come_many_times_for_one_file);
	tcase_add_test(tc, write_says_read_only_for_a_disk_that_is_so);
	tcase_add_test(tc, what_is_written_is_read_back_also_by_who_opens_it_later);
	tcase_add_test(tc, who_opens_for_reading_sees_what_was_written_before);
	tcase_add_test(tc, close_without_a_disk_is_an_error_without_a_message);
	tcase_add_test(tc, info_tells_what_the_descriptor_says);
	tcase_add_test(tc, info_needs_room_for_the_result);
	return client_run(s);
}
