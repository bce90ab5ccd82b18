/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The contract with programs written for VDDK, rules 10, 14, 15, 17 and 22, and names without an
 * extension: making, opening, sharing and reading disks.
 */
#include "config.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "../api/client.h"
#include "../api/disks.h"
#include "lent.h"

#define READ_ONLY   VIXDISKLIB_FLAG_OPEN_READ_ONLY
#define SINGLE_LINK VIXDISKLIB_FLAG_OPEN_SINGLE_LINK
#define SECTOR      512

static VixDiskLibConnection conn;

static void start_as(uint32 major, uint32 minor)
{
	ck_assert_ok(VixDiskLib_InitEx(major, minor, client_log_info, client_log_warning,
				       client_log_panic, NULL, NULL));
	conn = connect_local();
}

static void start(void)
{
	start_as(6, 5);
}

static void stop(void)
{
	ck_assert_ok(VixDiskLib_Disconnect(conn));
	VixDiskLib_Exit();
	ck_assert_uint_eq(client_log.panics, 0);
}

static VixDiskLibCreateParams params(VixDiskLibDiskType type, uint64 capacity)
{
	VixDiskLibCreateParams p;

	memset(&p, 0xa5, sizeof(p)); /* programs fill in what they know */
	p.diskType = type;
	p.adapterType = VIXDISKLIB_ADAPTER_SCSI_BUSLOGIC;
	p.hwVersion = VIXDISKLIB_HWVERSION_WORKSTATION_5;
	p.capacity = capacity;
	return p;
}

/* Rule 10: the sector sizes may be garbage, or not be there. */

static const struct size_case {
	uint32 major, logical, physical; /* what a program has */
	uint32 logical_is, physical_is;  /* what the disk gets */
} size_cases[] = {
	{ 6, 0xa5a5a5a5, 0xa5a5a5a5, 512, 512 },
	{ 6, 4096, 4096, 512, 512 }, /* not its program's to say */
	{ 8, 0xa5a5a5a5, 0xa5a5a5a5, 512, 512 },
	{ 8, 0xffffffff, 1, 512, 512 },
	{ 8, 0, 0, 512, 512 },
	{ 8, 512, 4096, 512, 4096 },
	{ 8, 4096, 4096, 4096, 4096 },
	{ 7, 513, 4095, 512, 512 },
};
#define N_SIZE_CASES (int)(sizeof(size_cases) / sizeof(size_cases[0]))

START_TEST(rule_10_garbage_sector_sizes_are_512)
{
	const struct size_case *c = &size_cases[_i];
	VixDiskLibCreateParams p = params(VIXDISKLIB_DISK_MONOLITHIC_SPARSE, GRAIN);
	VixDiskLibHandle disk;
	VixDiskLibInfo *info;

	start_as(c->major, 0);
	p.logicalSectorSize = c->logical;
	p.physicalSectorSize = c->physical;
	ck_assert_ok(VixDiskLib_Create(conn, in_dir("sizes.vmdk"), &p, NULL, NULL));
	disk = open_disk(conn, "sizes.vmdk", READ_ONLY);
	ck_assert_ok(VixDiskLib_GetInfo(disk, &info));
	ck_assert_uint_eq(info->logicalSectorSize, c->logical_is);
	ck_assert_uint_eq(info->physicalSectorSize, c->physical_is);
	VixDiskLib_FreeInfo(info);
	ck_assert_ok(VixDiskLib_Close(disk));
	ck_assert_ok(VixDiskLib_Unlink(conn, in_dir("sizes.vmdk")));
	stop();
}
END_TEST

/* 24 bytes, without sector sizes, of a program that asked for a release of that time. */
START_TEST(rule_10_nothing_is_read_behind_short_create_params)
{
	VixDiskLibCreateParams full = params(VIXDISKLIB_DISK_MONOLITHIC_SPARSE, GRAIN);
	const void *p = lend(&full, offsetof(VixDiskLibCreateParams, logicalSectorSize));

	ck_assert_uint_eq(offsetof(VixDiskLibCreateParams, logicalSectorSize), 24);
	ck_assert_ok(VixDiskLib_Create(conn, in_dir("short.vmdk"), p, NULL, NULL));
	ck_assert_ok(VixDiskLib_Clone(conn, in_dir("clone.vmdk"), conn, in_dir("short.vmdk"), p,
				      NULL, NULL, FALSE));
	ck_assert_ok(VixDiskLib_Unlink(conn, in_dir("clone.vmdk")));
	ck_assert_ok(VixDiskLib_Unlink(conn, in_dir("short.vmdk")));
	take_back();
}
END_TEST

/* Rule 14: a child is made of a parent that is open for writing, and attached to it. */

static uint8 byte_at(VixDiskLibHandle disk, uint64 sector)
{
	uint8 buf[SECTOR];

	ck_assert_ok(VixDiskLib_Read(disk, sector, 1, buf));
	return buf[9];
}

static void put_byte(VixDiskLibHandle disk, uint64 sector, uint8 byte)
{
	uint8 buf[SECTOR];

	memset(buf, byte, sizeof(buf));
	ck_assert_ok(VixDiskLib_Write(disk, sector, 1, buf));
}

static void make_disk(const char *name, VixDiskLibDiskType type, uint64 capacity)
{
	VixDiskLibCreateParams p = params(type, capacity);

	ck_assert_ok(VixDiskLib_Create(conn, in_dir(name), &p, NULL, NULL));
}

START_TEST(rule_14_child_of_a_parent_that_is_open_for_writing)
{
	VixDiskLibHandle parent, child;

	make_disk("parent.vmdk", VIXDISKLIB_DISK_MONOLITHIC_SPARSE, 4 * GRAIN);
	parent = open_disk(conn, "parent.vmdk", 0);
	put_byte(parent, 1, 11);
	ck_assert_ok(VixDiskLib_CreateChild(parent, in_dir("redo.vmdk"),
					    VIXDISKLIB_DISK_MONOLITHIC_SPARSE, NULL, NULL));
	child = open_disk(conn, "redo.vmdk", 0); /* with the parent still open */
	ck_assert_uint_eq(byte_at(child, 1), 11);
	put_byte(child, 1, 12);
	ck_assert_ok(VixDiskLib_Close(child));
	ck_assert_uint_eq(byte_at(parent, 1), 11);
	ck_assert_ok(VixDiskLib_Close(parent));
}
END_TEST

/* As programs do that mount a disk of a server, with what is written on this host. */
START_TEST(rule_14_child_is_attached_to_its_parent_and_consumes_it)
{
	VixDiskLibHandle parent, child;

	make_disk("base.vmdk", VIXDISKLIB_DISK_MONOLITHIC_FLAT, 4 * GRAIN);
	parent = open_disk(conn, "base.vmdk", 0);
	put_byte(parent, 1, 11);
	ck_assert_ok(VixDiskLib_CreateChild(parent, in_dir("cow.vmdk"),
					    VIXDISKLIB_DISK_MONOLITHIC_SPARSE, NULL, NULL));
	child = open_disk(conn, "cow.vmdk", SINGLE_LINK);
	ck_assert_uint_eq(byte_at(child, 1), 0);
	ck_assert_ok(VixDiskLib_Attach(parent, child));
	ck_assert_uint_eq(byte_at(child, 1), 11);
	put_byte(child, 2, 12);
	ck_assert_ok(VixDiskLib_Close(child));
	ck_assert_ok(VixDiskLib_Close(parent)); /* was consumed: harmless */

	parent = open_disk(conn, "base.vmdk", READ_ONLY);
	ck_assert_uint_eq(byte_at(parent, 2), 0);
	child = open_disk(conn, "cow.vmdk", READ_ONLY);
	ck_assert_uint_eq(byte_at(child, 1), 11);
	ck_assert_uint_eq(byte_at(child, 2), 12);
	ck_assert_ok(VixDiskLib_Close(child));
	ck_assert_ok(VixDiskLib_Close(parent));
	ck_assert_uint_eq(client_log.warnings, 0);
}
END_TEST

/* Rule 15: N handles on one file, each with its connection and its thread. */

#define HANDLES   16
#define REGION    GRAIN /* sectors that each thread writes */
#define PER_ROUND 8

struct user {
	pthread_t thread;
	unsigned number;
	uint32 flags;
	const char *wrong;
};

static const char *write_region(VixDiskLibHandle disk, unsigned number)
{
	static __thread uint8 buf[PER_ROUND * SECTOR], got[PER_ROUND * SECTOR];

	memset(buf, (int)number + 1, sizeof(buf));
	for (uint64 s = 0; s < REGION; s += PER_ROUND) {
		uint64 at = (uint64)number * REGION + s;

		if (VixDiskLib_Write(disk, at, PER_ROUND, buf) != VIX_OK)
			return "write failed";
		if (VixDiskLib_Read(disk, at, PER_ROUND, got) != VIX_OK)
			return "read failed";
		if (memcmp(got, buf, sizeof(buf)) != 0)
			return "another thread's bytes";
	}
	return VixDiskLib_Flush(disk) == VIX_OK ? NULL : "flush failed";
}

static const char *read_region(VixDiskLibHandle disk, unsigned number)
{
	uint8 buf[SECTOR];

	for (uint64 s = 0; s < REGION; s++)
		if (VixDiskLib_Read(disk, (uint64)number * REGION + s, 1, buf) != VIX_OK)
			return "read failed";
	return NULL;
}

static const char *use(unsigned number, uint32 flags)
{
	VixDiskLibConnection c;
	VixDiskLibHandle disk;
	const char *wrong;

	if (VixDiskLib_Connect(NULL, &c) != VIX_OK)
		return "connect failed";
	if (VixDiskLib_Open(c, in_dir("shared.vmdk"), flags, &disk) != VIX_OK)
		return "open failed";
	wrong = (flags & READ_ONLY) != 0 ? read_region(disk, number) : write_region(disk, number);
	if (VixDiskLib_Close(disk) != VIX_OK || VixDiskLib_Disconnect(c) != VIX_OK)
		return "close failed";
	return wrong;
}

static void *user(void *arg)
{
	struct user *u = arg;

	u->wrong = use(u->number, u->flags);
	return NULL;
}

static void all_at_once(uint32 flags_of_odd)
{
	struct user users[HANDLES];

	for (unsigned i = 0; i < HANDLES; i++) {
		users[i] = (struct user){ .number = i, .flags = i % 2 != 0 ? flags_of_odd : 0 };
		ck_assert_int_eq(pthread_create(&users[i].thread, NULL, user, &users[i]), 0);
	}
	for (unsigned i = 0; i < HANDLES; i++) {
		pthread_join(users[i].thread, NULL);
		ck_assert_msg(users[i].wrong == NULL, "thread %u: %s: %s", i, users[i].wrong,
			      client_log.last_warning);
	}
}

static const VixDiskLibDiskType shared_types[] = {
	VIXDISKLIB_DISK_MONOLITHIC_SPARSE,
	VIXDISKLIB_DISK_MONOLITHIC_FLAT,
	VIXDISKLIB_DISK_SPLIT_SPARSE,
	VIXDISKLIB_DISK_VMFS_THIN,
};

START_TEST(rule_15_many_writers_of_one_file)
{
	VixDiskLibHandle disk;

	make_disk("shared.vmdk", shared_types[_i], (uint64)HANDLES * REGION);
	all_at_once(0);
	disk = open_disk(conn, "shared.vmdk", READ_ONLY);
	for (unsigned i = 0; i < HANDLES; i++)
		ck_assert_uint_eq(byte_at(disk, (uint64)i * REGION + REGION - 1), i + 1);
	ck_assert_ok(VixDiskLib_Close(disk));
	ck_assert_ok(VixDiskLib_Unlink(conn, in_dir("shared.vmdk")));
}
END_TEST

START_TEST(rule_15_readers_beside_writers_of_one_file)
{
	make_disk("shared.vmdk", shared_types[_i], (uint64)HANDLES * REGION);
	all_at_once(READ_ONLY);
	ck_assert_ok(VixDiskLib_Unlink(conn, in_dir("shared.vmdk")));
}
END_TEST

/* Rule 17: who reads past the end is told so by this code, and by no other. */

START_TEST(rule_17_reads_past_the_end_are_out_of_range)
{
	const uint64 end = 2 * GRAIN + 3;
	uint8 buf[2 * SECTOR];
	VixDiskLibHandle disk;

	ck_assert_uint_eq(VIX_E_DISK_OUTOFRANGE, 16007);
	make_disk("end.vmdk", shared_types[_i], end);
	disk = open_disk(conn, "end.vmdk", 0);
	ck_assert_ok(VixDiskLib_Read(disk, end - 2, 2, buf));
	ck_assert_err(VixDiskLib_Read(disk, end - 1, 2, buf), DISK_OUTOFRANGE);
	ck_assert_err(VixDiskLib_Read(disk, end, 1, buf), DISK_OUTOFRANGE);
	ck_assert_err(VixDiskLib_Read(disk, UINT64_MAX, 2, buf), DISK_OUTOFRANGE);
	ck_assert_err(VixDiskLib_Read(disk, 1, UINT64_MAX, buf), DISK_OUTOFRANGE);
	ck_assert_err(VixDiskLib_Write(disk, end - 1, 2, buf), DISK_OUTOFRANGE);
	ck_assert_ok(VixDiskLib_Close(disk));
	ck_assert_ok(VixDiskLib_Unlink(conn, in_dir("end.vmdk")));
}
END_TEST

/* Rule 22: the name of a transport outlives what it was asked of. */

START_TEST(rule_22_transport_modes_are_static)
{
	const char *list = VixDiskLib_ListTransportModes(), *mode, *again;
	VixDiskLibHandle disk;

	ck_assert_ptr_null(strchr(list, ' '));
	ck_assert_ptr_nonnull(strstr(list, "file"));
	make_flat("mode.vmdk", GRAIN);
	start();
	disk = open_disk(conn, "mode.vmdk", READ_ONLY);
	mode = VixDiskLib_GetTransportMode(disk);
	ck_assert_str_eq(mode, "file");
	ck_assert_ok(VixDiskLib_Close(disk));
	disk = open_disk(conn, "mode.vmdk", READ_ONLY);
	again = VixDiskLib_GetTransportMode(disk);
	ck_assert_ptr_eq(mode, again);
	ck_assert_ok(VixDiskLib_Close(disk));
	stop();
	ck_assert_str_eq(mode, "file");
	ck_assert_ptr_eq(VixDiskLib_ListTransportModes(), list);
}
END_TEST

/* The -multithread command of VMware's sample makes its copies under names like this. */

START_TEST(rule_14_names_need_no_extension)
{
	unsigned files = count_files();
	VixDiskLibHandle disk;

	make_disk("testXXXXabcd", VIXDISKLIB_DISK_SPLIT_SPARSE, 4 * GRAIN);
	disk = open_disk(conn, "testXXXXabcd", 0);
	for (uint64 s = 0; s < 2 * GRAIN; s++)
		put_byte(disk, s, (uint8)(s % 250 + 1));
	for (uint64 s = 0; s < 2 * GRAIN; s++)
		ck_assert_uint_eq(byte_at(disk, s), s % 250 + 1);
	ck_assert_ok(VixDiskLib_Close(disk));
	ck_assert_uint_gt(count_files(), files + 1);
	ck_assert_ok(VixDiskLib_Unlink(conn, in_dir("testXXXXabcd")));
	ck_assert_uint_eq(count_files(), files);
}
END_TEST

static void add_sharing(Suite *s)
{
	const int types = sizeof(shared_types) / sizeof(shared_types[0]);
	TCase *tc = unit_tcase(s, "opening and sharing");

	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, start, stop);
	tcase_add_test(tc, rule_14_child_of_a_parent_that_is_open_for_writing);
	tcase_add_test(tc, rule_14_child_is_attached_to_its_parent_and_consumes_it);
	tcase_add_test(tc, rule_14_names_need_no_extension);
	tcase_add_loop_test(tc, rule_15_many_writers_of_one_file, 0, types);
	tcase_add_loop_test(tc, rule_15_readers_beside_writers_of_one_file, 0, types);
	tcase_add_loop_test(tc, rule_17_reads_past_the_end_are_out_of_range, 0, types);
}

int main(void)
{
	Suite *s = suite_create("contract: disks");
	TCase *tc = unit_tcase(s, "before Init");

	tcase_add_loop_test(tc, rule_10_garbage_sector_sizes_are_512, 0, N_SIZE_CASES);
	tcase_add_test(tc, rule_22_transport_modes_are_static);
	tc = unit_tcase(s, "creating");
	tcase_add_checked_fixture(tc, start, stop);
	tcase_add_test(tc, rule_10_nothing_is_read_behind_short_create_params);
	add_sharing(s);
	return client_run(s);
}
