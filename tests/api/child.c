/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * VixDiskLib_CreateChild(), IsAttachPossible() and Attach(): children are made, and brought together
 * with their parents, also where these can't be found by name.
 */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "client.h"
#include "disks.h"

#define SECTORS     300000
#define READ_ONLY   VIXDISKLIB_FLAG_OPEN_READ_ONLY
#define SINGLE_LINK VIXDISKLIB_FLAG_OPEN_SINGLE_LINK

static VixDiskLibConnection conn;

static void setup(void)
{
	VixDiskLibCreateParams p = {
		.diskType = VIXDISKLIB_DISK_MONOLITHIC_SPARSE,
		.adapterType = VIXDISKLIB_ADAPTER_IDE,
		.hwVersion = VIXDISKLIB_HWVERSION_ESX50,
		.capacity = SECTORS,
	};

	conn = connect_local();
	ck_assert_ok(VixDiskLib_Create(conn, in_dir("base.vmdk"), &p, NULL, NULL));
}

static void unlink_if_there(const char *name)
{
	if (access(in_dir(name), F_OK) == 0)
		ck_assert_ok(VixDiskLib_Unlink(conn, in_dir(name)));
}

static void teardown(void)
{
	unlink_if_there("grandchild.vmdk");
	unlink_if_there("child.vmdk");
	unlink_if_there("base.vmdk");
	ck_assert_ok(VixDiskLib_Disconnect(conn));
}

static void put_byte(VixDiskLibHandle disk, uint64_t sector, uint8 byte)
{
	uint8 buf[512];

	memset(buf, byte, sizeof(buf));
	ck_assert_ok(VixDiskLib_Write(disk, sector, 1, buf));
}

static uint8 get_byte(VixDiskLibHandle disk, uint64_t sector)
{
	uint8 buf[512];

	ck_assert_ok(VixDiskLib_Read(disk, sector, 1, buf));
	ck_assert_uint_eq(buf[0], buf[511]);
	return buf[0];
}

/* @name, a child of the disk @parent, which is opened and closed. */
static void make_child_of(const char *parent, const char *name, VixDiskLibDiskType type)
{
	VixDiskLibHandle disk = open_disk(conn, parent, READ_ONLY);

	ck_assert_ok(VixDiskLib_CreateChild(disk, in_dir(name), type, NULL, NULL));
	ck_assert_ok(VixDiskLib_Close(disk));
}

static void write_in(const char *name, uint64_t sector, uint8 byte)
{
	VixDiskLibHandle disk = open_disk(conn, name, 0);

	put_byte(disk, sector, byte);
	ck_assert_ok(VixDiskLib_Close(disk));
}

static VixError try_open(const char *name, uint32 flags, VixDiskLibHandle *disk_out)
{
	return VixDiskLib_Open(conn, in_dir(name), flags, disk_out);
}

static const VixDiskLibDiskType types[] = {
	VIXDISKLIB_DISK_MONOLITHIC_SPARSE,
	VIXDISKLIB_DISK_SPLIT_SPARSE,
	VIXDISKLIB_DISK_VMFS_SPARSE,
};
#define N_TYPES ((int)(sizeof(types) / sizeof(types[0])))

/* CreateChild. */

START_TEST(a_child_shows_its_parent_and_keeps_what_is_written)
{
	VixDiskLibHandle disk;

	write_in("base.vmdk", 5, 17);
	make_child_of("base.vmdk", "child.vmdk", types[_i]);
	write_in("child.vmdk", 6, 18);
	make_child_of("child.vmdk", "grandchild.vmdk", types[_i]);
	write_in("grandchild.vmdk", SECTORS - 1, 19);
	disk = open_disk(conn, "grandchild.vmdk", READ_ONLY);
	ck_assert_uint_eq(get_byte(disk, 5), 17);
	ck_assert_uint_eq(get_byte(disk, 6), 18);
	ck_assert_uint_eq(get_byte(disk, 7), 0);
	ck_assert_uint_eq(get_byte(disk, SECTORS - 1), 19);
	ck_assert_ok(VixDiskLib_Close(disk));
	disk = open_disk(conn, "base.vmdk", READ_ONLY);
	ck_assert_uint_eq(get_byte(disk, 6), 0);
	ck_assert_ok(VixDiskLib_Close(disk));
}
END_TEST

START_TEST(a_child_tells_what_its_parent_is)
{
	VixDiskLibHandle disk;
	VixDiskLibInfo *info;
	char value[64];

	make_child_of("base.vmdk", "child.vmdk", types[_i]);
	disk = open_disk(conn, "child.vmdk", READ_ONLY);
	ck_assert_ok(VixDiskLib_GetInfo(disk, &info));
	ck_assert_int_eq(info->numLinks, 2);
	ck_assert_uint_eq(info->capacity, SECTORS);
	ck_assert_int_eq(info->adapterType, VIXDISKLIB_ADAPTER_IDE);
	ck_assert_str_eq(info->parentFileNameHint, "base.vmdk");
	VixDiskLib_FreeInfo(info);
	ck_assert_ok(VixDiskLib_ReadMetadata(disk, "virtualHWVersion", value, sizeof(value), NULL));
	ck_assert_str_eq(value, "8");
	ck_assert_ok(VixDiskLib_Close(disk));
}
END_TEST

START_TEST(no_other_type_has_parents)
{
	VixDiskLibHandle disk = open_disk(conn, "base.vmdk", READ_ONLY);

	for (int type = 1; type <= 9; type++) {
		if (type != 1 && type != 3 && type != 8)
			ck_assert_err(VixDiskLib_CreateChild(disk, in_dir("child.vmdk"),
							     (VixDiskLibDiskType)type, NULL, NULL),
				      NOT_SUPPORTED);
	}
	ck_assert_err(VixDiskLib_CreateChild(disk, in_dir("base.vmdk"), 1, NULL, NULL),
		      FILE_ALREADY_EXISTS);
	ck_assert_err(VixDiskLib_CreateChild(disk, in_dir("no/child.vmdk"), 1, NULL, NULL),
		      FILE_NOT_FOUND);
	ck_assert_err(VixDiskLib_CreateChild(disk, NULL, 1, NULL, NULL), INVALID_ARG);
	ck_assert_ok(VixDiskLib_Close(disk));
	make_raw("raw", 100);
	disk = open_disk(conn, "raw", READ_ONLY);
	ck_assert_err(VixDiskLib_CreateChild(disk, in_dir("child.vmdk"), 1, NULL, NULL),
		      DISK_PARENT_NOTALLOWED);
	ck_assert_ok(VixDiskLib_Close(disk));
	ck_assert_int_eq(remove(in_dir("raw")), 0);
}
END_TEST

/* Whoever writes to a parent makes its children useless; they must be able to tell. */
START_TEST(a_write_to_the_parent_is_found_out_also_in_the_same_session)
{
	VixDiskLibHandle parent = open_disk(conn, "base.vmdk", 0), disk;

	put_byte(parent, 5, 17);
	ck_assert_ok(VixDiskLib_CreateChild(parent, in_dir("child.vmdk"), 1, NULL, NULL));
	ck_assert_ok(try_open("child.vmdk", READ_ONLY, &disk));
	ck_assert_ok(VixDiskLib_Close(disk));
	put_byte(parent, 5, 18);
	ck_assert_ok(VixDiskLib_Close(parent));
	ck_assert_err(try_open("child.vmdk", READ_ONLY, &disk), DISK_CID_MISMATCH);
}
END_TEST

START_TEST(a_child_below_or_beside_the_directory_finds_its_parent)
{
	VixDiskLibHandle disk;

	ck_assert_int_eq(mkdir(in_dir("sub"), 0755), 0);
	make_child_of("base.vmdk", "sub/child.vmdk", 1);
	ck_assert_err(try_open("sub/child.vmdk", READ_ONLY, &disk), DISK_OPENPARENT);
	ck_assert_ok(VixDiskLib_Rename(in_dir("sub/child.vmdk"), in_dir("child.vmdk")));
	ck_assert_ok(VixDiskLib_Rename(in_dir("base.vmdk"), in_dir("sub/base.vmdk")));
	ck_assert_err(try_open("child.vmdk", READ_ONLY, &disk), DISK_OPENPARENT);
	ck_assert_ok(VixDiskLib_Unlink(conn, in_dir("child.vmdk")));
	make_child_of("sub/base.vmdk", "child.vmdk", 1);
	ck_assert_ok(try_open("child.vmdk", READ_ONLY, &disk));
	ck_assert_ok(VixDiskLib_Close(disk));
	ck_assert_ok(VixDiskLib_Unlink(conn, in_dir("sub/base.vmdk")));
	ck_assert_int_eq(rmdir(in_dir("sub")), 0);
}
END_TEST

/* Its parent is open for writing all along, and has tables that its files lack. */
START_TEST(a_child_shows_what_its_parent_has_not_flushed)
{
	VixDiskLibHandle base = open_disk(conn, "base.vmdk", 0);
	VixDiskLibHandle disk;

	put_byte(base, 5, 17);
	put_byte(base, 1000, 18);
	ck_assert_ok(VixDiskLib_CreateChild(base, in_dir("child.vmdk"), types[_i], NULL, NULL));
	disk = open_disk(conn, "child.vmdk", READ_ONLY);
	ck_assert_uint_eq(get_byte(disk, 5), 17);
	ck_assert_ok(VixDiskLib_Close(disk));
	disk = open_disk(conn, "child.vmdk", 0);
	put_byte(disk, 1001, 19);
	ck_assert_ok(VixDiskLib_Close(disk));
	ck_assert_ok(VixDiskLib_Close(base));
	disk = open_disk(conn, "child.vmdk", READ_ONLY);
	ck_assert_uint_eq(get_byte(disk, 1000), 18);
	ck_assert_uint_eq(get_byte(disk, 1001), 19);
	ck_assert_ok(VixDiskLib_Close(disk));
}
END_TEST

/* Attach. */

/* The child where no hint leads from, and the parent where it was. */
static void part_them(void)
{
	write_in("base.vmdk", 5, 17);
	make_child_of("base.vmdk", "child.vmdk", 1);
	write_in("child.vmdk", 6, 18);
	ck_assert_int_eq(mkdir(in_dir("sub"), 0755), 0);
	ck_assert_int_eq(rename(in_dir("child.vmdk"), in_dir("sub/child.vmdk")), 0);
}

static void bring_back(void)
{
	ck_assert_int_eq(rename(in_dir("sub/child.vmdk"), in_dir("child.vmdk")), 0);
	ck_assert_int_eq(rmdir(in_dir("sub")), 0);
}

START_TEST(an_attached_chain_reads_and_writes_as_one_disk)
{
	VixDiskLibHandle parent, child;
	VixDiskLibInfo *info;

	part_them();
	parent = open_disk(conn, "base.vmdk", _i == 0 ? READ_ONLY : 0);
	child = open_disk(conn, "sub/child.vmdk", SINGLE_LINK);
	ck_assert_ok(VixDiskLib_IsAttachPossible(parent, child));
	ck_assert_ok(VixDiskLib_Attach(parent, child));
	ck_assert_uint_eq(get_byte(child, 5), 17);
	ck_assert_uint_eq(get_byte(child, 6), 18);
	put_byte(child, 7, 19); /* copies what the parent has around it */
	ck_assert_uint_eq(get_byte(child, 7), 19);
	ck_assert_uint_eq(get_byte(child, 5), 17);
	ck_assert_ok(VixDiskLib_GetInfo(child, &info));
	ck_assert_int_eq(info->numLinks, 2);
	VixDiskLib_FreeInfo(info);
	ck_assert_ok(VixDiskLib_Close(child));
	ck_assert_ok(VixDiskLib_Close(parent));
	ck_assert_err(VixDiskLib_Close(parent), INVALID_HANDLE);
	ck_assert_uint_eq(client_log.warnings, 1); /* of that */
	bring_back();
}
END_TEST

START_TEST(a_consumed_parent_can_only_be_closed)
{
	VixDiskLibHandle parent, child;
	uint8 buf[512];

	part_them();
	parent = open_disk(conn, "base.vmdk", 0);
	child = open_disk(conn, "sub/child.vmdk", SINGLE_LINK | READ_ONLY);
	ck_assert_ok(VixDiskLib_Attach(parent, child));
	ck_assert_err(VixDiskLib_Read(parent, 0, 1, buf), INVALID_HANDLE);
	ck_assert_err(VixDiskLib_Attach(parent, child), INVALID_HANDLE);
	ck_assert_ok(VixDiskLib_Close(parent));
	ck_assert_uint_eq(get_byte(child, 5), 17);
	ck_assert_ok(VixDiskLib_Close(child));
	ck_assert_ok(VixDiskLib_Unlink(conn, in_dir("base.vmdk"))); /* nobody has it any more */
	bring_back();
}
END_TEST

START_TEST(a_parent_that_could_not_be_attached_is_consumed_too)
{
	VixDiskLibHandle parent, child;

	part_them();
	write_in("base.vmdk", 5, 20);
	parent = open_disk(conn, "base.vmdk", 0);
	child = open_disk(conn, "sub/child.vmdk", SINGLE_LINK | READ_ONLY);
	ck_assert_err(VixDiskLib_IsAttachPossible(parent, child), DISK_CID_MISMATCH);
	ck_assert_err(VixDiskLib_Attach(parent, child), DISK_CID_MISMATCH);
	ck_assert_err(VixDiskLib_Flush(parent), INVALID_HANDLE);
	ck_assert_ok(VixDiskLib_Unlink(conn, in_dir("base.vmdk")));
	ck_assert_ok(VixDiskLib_Close(parent));
	ck_assert_uint_eq(get_byte(child, 6), 18);
	ck_assert_ok(VixDiskLib_Close(child));
	bring_back();
}
END_TEST

START_TEST(what_is_no_parent_is_refused)
{
	VixDiskLibHandle base, child, whole, other;
	VixDiskLibCreateParams p = {
		.diskType = VIXDISKLIB_DISK_MONOLITHIC_FLAT,
		.adapterType = VIXDISKLIB_ADAPTER_IDE,
		.capacity = SECTORS - 1,
	};

	make_child_of("base.vmdk", "child.vmdk", 1);
	ck_assert_ok(VixDiskLib_Create(conn, in_dir("other.vmdk"), &p, NULL, NULL));
	make_raw("raw", 100);
	base = open_disk(conn, "base.vmdk", READ_ONLY);
	child = open_disk(conn, "child.vmdk", READ_ONLY | SINGLE_LINK);
	whole = open_disk(conn, "child.vmdk", READ_ONLY);
	ck_assert_err(VixDiskLib_IsAttachPossible(base, whole), DISK_PARENT_NOTALLOWED);
	ck_assert_err(VixDiskLib_IsAttachPossible(child, base), DISK_ATTACH_ROOTLINK);
	ck_assert_err(VixDiskLib_IsAttachPossible(whole, child), DISK_INVALIDCHAIN);
	ck_assert_err(VixDiskLib_Attach(child, child), INVALID_ARG);
	other = open_disk(conn, "other.vmdk", READ_ONLY);
	ck_assert_err(VixDiskLib_IsAttachPossible(other, child), DISK_CAPACITY_MISMATCH);
	ck_assert_ok(VixDiskLib_Close(other));
	other = open_disk(conn, "raw", READ_ONLY);
	ck_assert_err(VixDiskLib_IsAttachPossible(other, child), DISK_PARENT_NOTALLOWED);
	ck_assert_ok(VixDiskLib_Close(other));
	ck_assert_ok(VixDiskLib_IsAttachPossible(base, child));
	ck_assert_ok(VixDiskLib_Close(whole));
	ck_assert_ok(VixDiskLib_Close(child));
	ck_assert_ok(VixDiskLib_Close(base));
	ck_assert_ok(VixDiskLib_Unlink(conn, in_dir("other.vmdk")));
	ck_assert_int_eq(remove(in_dir("raw")), 0);
}
END_TEST

START_TEST(an_attached_parent_is_written_by_nobody)
{
	VixDiskLibHandle parent, again, child, disk;

	part_them();
	parent = open_disk(conn, "base.vmdk", 0);
	again = open_disk(conn, "base.vmdk", 0);
	child = open_disk(conn, "sub/child.vmdk", SINGLE_LINK | READ_ONLY);
	ck_assert_err(VixDiskLib_Attach(parent, child), OBJECT_IS_BUSY);
	ck_assert_ok(VixDiskLib_Attach(again, child));
	ck_assert_err(try_open("base.vmdk", 0, &disk), FILE_ALREADY_LOCKED);
	ck_assert_err(VixDiskLib_Unlink(conn, in_dir("base.vmdk")), FILE_ALREADY_LOCKED);
	ck_assert_ok(VixDiskLib_Close(child));
	ck_assert_ok(try_open("base.vmdk", 0, &disk));
	ck_assert_ok(VixDiskLib_Close(disk));
	bring_back();
}
END_TEST

START_TEST(attached_disks_that_stay_open_go_with_the_connection)
{
	VixDiskLibConnection other = connect_local();
	VixDiskLibHandle parent, child;

	part_them();
	ck_assert_ok(VixDiskLib_Open(other, in_dir("base.vmdk"), READ_ONLY, &parent));
	child = open_disk(conn, "sub/child.vmdk", SINGLE_LINK | READ_ONLY);
	ck_assert_ok(VixDiskLib_Attach(parent, child));
	ck_assert_ok(VixDiskLib_Disconnect(other));
	ck_assert_err(VixDiskLib_Close(parent), INVALID_HANDLE);
	ck_assert_uint_eq(get_byte(child, 5), 17);
	ck_assert_ok(VixDiskLib_Close(child));
	bring_back();
}
END_TEST

START_TEST(links_can_be_attached_one_by_one)
{
	VixDiskLibHandle base, child, grandchild;

	write_in("base.vmdk", 5, 17);
	make_child_of("base.vmdk", "child.vmdk", 3);
	write_in("child.vmdk", 6, 18);
	make_child_of("child.vmdk", "grandchild.vmdk", 1);
	write_in("grandchild.vmdk", 7, 19);
	base = open_disk(conn, "base.vmdk", READ_ONLY);
	child = open_disk(conn, "child.vmdk", READ_ONLY | SINGLE_LINK);
	grandchild = open_disk(conn, "grandchild.vmdk", READ_ONLY | SINGLE_LINK);
	ck_assert_ok(VixDiskLib_Attach(child, grandchild));
	ck_assert_uint_eq(get_byte(grandchild, 6), 18);
	ck_assert_err(VixDiskLib_IsAttachPossible(base, grandchild), DISK_PARENT_NOTALLOWED);
	ck_assert_ok(VixDiskLib_Close(grandchild));
	child = open_disk(conn, "child.vmdk", READ_ONLY | SINGLE_LINK);
	grandchild = open_disk(conn, "grandchild.vmdk", READ_ONLY | SINGLE_LINK);
	ck_assert_ok(VixDiskLib_Attach(base, child));
	ck_assert_ok(VixDiskLib_Attach(child, grandchild));
	ck_assert_uint_eq(get_byte(grandchild, 5), 17);
	ck_assert_uint_eq(get_byte(grandchild, 6), 18);
	ck_assert_uint_eq(get_byte(grandchild, 7), 19);
	ck_assert_ok(VixDiskLib_Close(grandchild));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("child");
	TCase *tc = client_tcase(s, "create");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, a_child_shows_its_parent_and_keeps_what_is_written, 0, N_TYPES);
	tcase_add_loop_test(tc, a_child_shows_what_its_parent_has_not_flushed, 0, N_TYPES);
	tcase_add_loop_test(tc, a_child_tells_what_its_parent_is, 0, N_TYPES);
	tcase_add_test(tc, no_other_type_has_parents);
	tcase_add_test(tc, a_write_to_the_parent_is_found_out_also_in_the_same_session);
	tcase_add_test(tc, a_child_below_or_beside_the_directory_finds_its_parent);

	tc = client_tcase(s, "attach");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, an_attached_chain_reads_and_writes_as_one_disk, 0, 2);
	tcase_add_test(tc, a_consumed_parent_can_only_be_closed);
	tcase_add_test(tc, a_parent_that_could_not_be_attached_is_consumed_too);
	tcase_add_test(tc, what_is_no_parent_is_refused);
	tcase_add_test(tc, an_attached_parent_is_written_by_nobody);
	tcase_add_test(tc, attached_disks_that_stay_open_go_with_the_connection);
	tcase_add_test(tc, links_can_be_attached_one_by_one);
	return client_run(s);
}
