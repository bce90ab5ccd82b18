/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * VixDiskLib_Unlink() and VixDiskLib_Rename(): all files of a disk, and no others.
 */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "client.h"
#include "disks.h"

#define SECTORS   4193000 /* two parts where it is split */
#define READ_ONLY VIXDISKLIB_FLAG_OPEN_READ_ONLY

static VixDiskLibConnection conn;
static unsigned before; /* files */

static void connect(void)
{
	conn = connect_local();
	before = count_files();
}

static void disconnect(void)
{
	ck_assert_ok(VixDiskLib_Disconnect(conn));
}

static const VixDiskLibDiskType types[] = {
	VIXDISKLIB_DISK_MONOLITHIC_SPARSE, VIXDISKLIB_DISK_MONOLITHIC_FLAT,
	VIXDISKLIB_DISK_SPLIT_SPARSE,      VIXDISKLIB_DISK_SPLIT_FLAT,
	VIXDISKLIB_DISK_VMFS_FLAT,         VIXDISKLIB_DISK_STREAM_OPTIMIZED,
	VIXDISKLIB_DISK_VMFS_THIN,         VIXDISKLIB_DISK_VMFS_SPARSE,
};
#define N_TYPES ((int)(sizeof(types) / sizeof(types[0])))

static void create(const char *name, VixDiskLibDiskType type)
{
	VixDiskLibCreateParams p = {
		.diskType = type,
		.adapterType = VIXDISKLIB_ADAPTER_SCSI_LSILOGIC,
		.hwVersion = 4,
		.capacity = SECTORS,
	};

	ck_assert_ok(VixDiskLib_Create(conn, in_dir(name), &p, NULL, NULL));
}

static VixError unlink_disk(const char *name)
{
	return VixDiskLib_Unlink(conn, in_dir(name));
}

static VixError rename_disk(const char *from, const char *to)
{
	return VixDiskLib_Rename(in_dir(from), in_dir(to));
}

static bool exists(const char *name)
{
	struct stat sb;

	return lstat(in_dir(name), &sb) == 0;
}

/* What a file says, for the caller to free(). */
static char *text_of(const char *name)
{
	char *text = calloc(1, 4096);
	FILE *f = fopen(in_dir(name), "r");

	ck_assert(f != NULL && text != NULL);
	ck_assert_uint_gt(fread(text, 1, 4095, f), 0);
	fclose(f);
	return text;
}

static void mark(const char *name)
{
	VixDiskLibHandle disk = open_disk(conn, name, 0);
	uint8 buf[512];

	memset(buf, 77, sizeof(buf));
	ck_assert_ok(VixDiskLib_Write(disk, SECTORS - 1, 1, buf));
	ck_assert_ok(VixDiskLib_Close(disk));
}

static void expect_mark(const char *name)
{
	VixDiskLibHandle disk = open_disk(conn, name, READ_ONLY);
	uint8 buf[512];

	ck_assert_ok(VixDiskLib_Read(disk, SECTORS - 1, 1, buf));
	for (size_t i = 0; i < sizeof(buf); i++)
		ck_assert_uint_eq(buf[i], 77);
	ck_assert_ok(VixDiskLib_Close(disk));
}

/* Unlink. */

START_TEST(unlink_removes_all_files_of_a_disk)
{
	create("d.vmdk", types[_i]);
	ck_assert_ok(unlink_disk("d.vmdk"));
	ck_assert_uint_eq(count_files(), before);
	ck_assert_err(unlink_disk("d.vmdk"), FILE_NOT_FOUND);
}
END_TEST

START_TEST(unlink_and_rename_refuse_what_is_open)
{
	static const uint32 flags[] = { 0, READ_ONLY };

	create("d.vmdk", types[_i]);
	for (size_t i = 0; i < 2; i++) {
		VixDiskLibHandle disk = open_disk(conn, "d.vmdk", flags[i]);

		ck_assert_err(unlink_disk("d.vmdk"), FILE_ALREADY_LOCKED);
		ck_assert_err(rename_disk("d.vmdk", "e.vmdk"), FILE_ALREADY_LOCKED);
		ck_assert_ok(VixDiskLib_Close(disk));
	}
	ck_assert_ok(unlink_disk("d.vmdk"));
	ck_assert_uint_eq(count_files(), before);
}
END_TEST

START_TEST(unlink_can_be_called_again_where_files_are_missing)
{
	create("d.vmdk", VIXDISKLIB_DISK_SPLIT_FLAT);
	ck_assert_int_eq(remove(in_dir("d-f001.vmdk")), 0);
	ck_assert_ok(unlink_disk("d.vmdk"));
	ck_assert_uint_eq(count_files(), before);
}
END_TEST

START_TEST(unlink_leaves_alone_what_is_not_the_disks_own)
{
	ck_assert_int_eq(mkdir(in_dir("sub"), 0755), 0);
	put_text("secret", "x");
	put_text("outside.vmdk", "x");
	put_text("sub/d.vmdk", "version=1\nCID=00000001\nparentCID=ffffffff\n"
			       "RW 1 FLAT \"../outside.vmdk\" 0\n"
			       "RW 1 FLAT \"secret\" 0\n"
			       "RW 1 FLAT \"/etc/passwd.vmdk\" 0\n");
	put_text("sub/secret", "x");
	ck_assert_ok(unlink_disk("sub/d.vmdk"));
	ck_assert(exists("outside.vmdk") && exists("sub/secret") && !exists("sub/d.vmdk"));
	remove(in_dir("sub/secret"));
	remove(in_dir("sub"));
	remove(in_dir("secret"));
	remove(in_dir("outside.vmdk"));
}
END_TEST

START_TEST(unlink_refuses_what_is_no_disk)
{
	static const uint8 zeros[1024];

	put_file("raw", zeros, sizeof(zeros));
	ck_assert_err(unlink_disk("raw"), DISK_INVALIDDISK);
	ck_assert_int_eq(remove(in_dir("raw")), 0);
	create("d.vmdk", VIXDISKLIB_DISK_SPLIT_SPARSE);
	ck_assert_err(unlink_disk("d-s001.vmdk"), DISK_INVALIDDISK);
	ck_assert_ok(unlink_disk("d.vmdk"));
	ck_assert_err(VixDiskLib_Unlink(conn, NULL), INVALID_ARG);
	ck_assert_uint_eq(count_files(), before);
}
END_TEST

START_TEST(unlink_goes_through_a_symbolic_link)
{
	ck_assert_int_eq(mkdir(in_dir("sub"), 0755), 0);
	create("sub/d.vmdk", VIXDISKLIB_DISK_MONOLITHIC_FLAT);
	ck_assert_int_eq(symlink("sub/d.vmdk", in_dir("link.vmdk")), 0);
	ck_assert_ok(unlink_disk("link.vmdk"));
	ck_assert(!exists("link.vmdk"));
	ck_assert_int_eq(rmdir(in_dir("sub")), 0);
}
END_TEST

/* Rename. */

START_TEST(rename_takes_all_files_along)
{
	unsigned files;

	create("d.vmdk", types[_i]);
	if (types[_i] != VIXDISKLIB_DISK_STREAM_OPTIMIZED)
		mark("d.vmdk");
	files = count_files();
	ck_assert_ok(rename_disk("d.vmdk", "longer name.vmdk"));
	ck_assert_uint_eq(count_files(), files);
	ck_assert(!exists("d.vmdk"));
	if (types[_i] != VIXDISKLIB_DISK_STREAM_OPTIMIZED)
		expect_mark("longer name.vmdk");
	ck_assert_ok(unlink_disk("longer name.vmdk"));
	ck_assert_uint_eq(count_files(), before);
}
END_TEST

START_TEST(rename_moves_to_another_directory)
{
	ck_assert_int_eq(mkdir(in_dir("sub"), 0755), 0);
	create("d.vmdk", types[_i]);
	ck_assert_ok(rename_disk("d.vmdk", "sub/d.vmdk"));
	ck_assert_uint_eq(count_files(), before + 1);
	ck_assert_ok(VixDiskLib_Close(open_disk(conn, "sub/d.vmdk", READ_ONLY)));
	ck_assert_ok(unlink_disk("sub/d.vmdk"));
	ck_assert_int_eq(rmdir(in_dir("sub")), 0);
}
END_TEST

START_TEST(rename_changes_the_names_in_the_descriptor)
{
	char *text;

	create("d.vmdk", VIXDISKLIB_DISK_MONOLITHIC_SPARSE);
	ck_assert_ok(rename_disk("d.vmdk", "e.vmdk"));
	text = text_of("e.vmdk");
	ck_assert_ptr_nonnull(strstr(text + 512, "SPARSE \"e.vmdk\""));
	free(text);
	ck_assert_ok(unlink_disk("e.vmdk"));
	put_text("t-flat.vmdk", "x");
	put_text("t-ctk.vmdk", "x");
	put_text("u.vmdk", "x");
	put_text("t.vmdk", "# Disk DescriptorFile\r\nversion=3\r\nCID=00000001\r\n"
			   "parentCID=ffffffff\r\n# mine\r\nRW 1 FLAT \"t-flat.vmdk\" 0\r\n"
			   "RW 1 FLAT \"u.vmdk\" 0\r\nRW 1 FLAT \"t-flat.vmdk\" 1\r\n"
			   "changeTrackPath=\"t-ctk.vmdk\"\r\n");
	ck_assert_ok(rename_disk("t.vmdk", "other"));
	text = text_of("other");
	ck_assert_str_eq(text, "# Disk DescriptorFile\r\nversion=3\r\nCID=00000001\r\n"
			       "parentCID=ffffffff\r\n# mine\r\nRW 1 FLAT \"other-flat.vmdk\" 0\r\n"
			       "RW 1 FLAT \"u.vmdk\" 0\r\nRW 1 FLAT \"other-flat.vmdk\" 1\r\n"
			       "changeTrackPath=\"other-ctk.vmdk\"\r\n");
	free(text);
	ck_assert(exists("other-flat.vmdk") && exists("other-ctk.vmdk") && exists("u.vmdk"));
	ck_assert_ok(unlink_disk("other"));
	ck_assert_uint_eq(count_files(), before);
}
END_TEST

START_TEST(rename_replaces_nothing)
{
	create("d.vmdk", types[_i]);
	put_text("e.vmdk", "mine");
	ck_assert_err(rename_disk("d.vmdk", "e.vmdk"), FILE_ALREADY_EXISTS);
	ck_assert_err(rename_disk("d.vmdk", "d.vmdk"), FILE_ALREADY_EXISTS);
	ck_assert_int_eq(remove(in_dir("e.vmdk")), 0);
	ck_assert_ok(VixDiskLib_Close(open_disk(conn, "d.vmdk", READ_ONLY)));
	ck_assert_ok(unlink_disk("d.vmdk"));
	ck_assert_uint_eq(count_files(), before);
}
END_TEST

START_TEST(rename_refuses_names_that_can_not_be)
{
	create("d.vmdk", VIXDISKLIB_DISK_MONOLITHIC_FLAT);
	ck_assert_err(rename_disk("d.vmdk", "a\nb"), FILE_NAME_INVALID);
	ck_assert_err(rename_disk("d.vmdk", "sub/"), FILE_NAME_INVALID);
	ck_assert_err(rename_disk("d.vmdk", "no/d.vmdk"), FILE_NOT_FOUND);
	ck_assert_err(rename_disk("x.vmdk", "e.vmdk"), FILE_NOT_FOUND);
	put_text("e-flat.vmdk", "mine");
	ck_assert_err(rename_disk("d.vmdk", "e.vmdk"), FILE_ALREADY_EXISTS);
	ck_assert_int_eq(remove(in_dir("e-flat.vmdk")), 0);
	ck_assert_ok(unlink_disk("d.vmdk"));
	ck_assert_uint_eq(count_files(), before);
}
END_TEST

START_TEST(a_child_that_moves_still_finds_its_parent)
{
	VixDiskLibHandle disk;

	make_sparse("parent.vmdk", GRAIN, "X");
	make_child("child.vmdk", GRAIN, "parent.vmdk");
	ck_assert_int_eq(mkdir(in_dir("sub"), 0755), 0);
	ck_assert_ok(rename_disk("parent.vmdk", "sub/parent.vmdk"));
	ck_assert_ok(rename_disk("child.vmdk", "sub/child.vmdk"));
	disk = open_disk(conn, "sub/child.vmdk", READ_ONLY);
	ck_assert_ok(VixDiskLib_Close(disk));
	ck_assert_ok(rename_disk("sub/child.vmdk", "child.vmdk"));
	disk = open_disk(conn, "child.vmdk", READ_ONLY);
	ck_assert_ok(VixDiskLib_Close(disk));
	ck_assert_ok(unlink_disk("child.vmdk"));
	ck_assert_ok(unlink_disk("sub/parent.vmdk"));
	ck_assert_int_eq(rmdir(in_dir("sub")), 0);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("manage");
	TCase *tc = client_tcase(s, "unlink");

	tcase_set_timeout(tc, 300);
	tcase_add_checked_fixture(tc, connect, disconnect);
	tcase_add_loop_test(tc, unlink_removes_all_files_of_a_disk, 0, N_TYPES);
	tcase_add_loop_test(tc, unlink_and_rename_refuse_what_is_open, 0, N_TYPES);
	tcase_add_test(tc, unlink_can_be_called_again_where_files_are_missing);
	tcase_add_test(tc, unlink_leaves_alone_what_is_not_the_disks_own);
	tcase_add_test(tc, unlink_refuses_what_is_no_disk);
	tcase_add_test(tc, unlink_goes_through_a_symbolic_link);

	tc = client_tcase(s, "rename");
	tcase_set_timeout(tc, 300);
	tcase_add_checked_fixture(tc, connect, disconnect);
	tcase_add_loop_test(tc, rename_takes_all_files_along, 0, N_TYPES);
	tcase_add_loop_test(tc, rename_moves_to_another_directory, 0, N_TYPES);
	tcase_add_test(tc, rename_changes_the_names_in_the_descriptor);
	tcase_add_loop_test(tc, rename_replaces_nothing, 0, N_TYPES);
	tcase_add_test(tc, rename_refuses_names_that_can_not_be);
	tcase_add_test(tc, a_child_that_moves_still_finds_its_parent);
	return client_run(s);
}
