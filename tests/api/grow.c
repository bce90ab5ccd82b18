/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * VixDiskLib_Grow(): disks of every kind keep what they have and get zeros, that can be written; what
 * can't be made larger is refused and stays as it is.
 */
#include "config.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "client.h"
#include "disks.h"

#define SECTOR   512
#define OF_SPLIT UINT64_C(4192256)

static VixDiskLibConnection conn;

static unsigned before; /* files */

static void connect(void)
{
	conn = connect_local();
	before = count_files();
}

/* Each test has the directory for itself. */
static void disconnect(void)
{
	DIR *d = opendir(in_dir("."));
	const struct dirent *e;

	while (d != NULL && (e = readdir(d)) != NULL)
		unlink(in_dir(e->d_name));
	closedir(d);
	ck_assert_ok(VixDiskLib_Disconnect(conn));
}

static unsigned n_files(void)
{
	return count_files() - before;
}

static void create(const char *name, VixDiskLibDiskType type, uint64_t sectors)
{
	const VixDiskLibCreateParams params = {
		.diskType = type,
		.adapterType = VIXDISKLIB_ADAPTER_SCSI_LSILOGIC,
		.hwVersion = VIXDISKLIB_HWVERSION_WORKSTATION_6,
		.capacity = sectors,
	};

	ck_assert_ok(VixDiskLib_Create(conn, in_dir(name), &params, NULL, NULL));
}

static VixError grow(const char *name, uint64_t sectors)
{
	return VixDiskLib_Grow(conn, in_dir(name), sectors, TRUE, NULL, NULL);
}

static bool exists(const char *name)
{
	struct stat sb;

	return lstat(in_dir(name), &sb) == 0;
}

static uint64_t size_of(const char *name)
{
	struct stat sb;

	ck_assert_int_eq(stat(in_dir(name), &sb), 0);
	return (uint64_t)sb.st_size;
}

static uint64_t room_of(const char *name)
{
	struct stat sb;

	ck_assert_int_eq(stat(in_dir(name), &sb), 0);
	return (uint64_t)sb.st_blocks * 512;
}

static uint64_t capacity_of(VixDiskLibHandle disk)
{
	VixDiskLibInfo *info;
	uint64_t capacity;

	ck_assert_ok(VixDiskLib_GetInfo(disk, &info));
	capacity = info->capacity;
	VixDiskLib_FreeInfo(info);
	return capacity;
}

static uint64_t sectors_of(const char *name)
{
	VixDiskLibHandle disk = open_disk(conn, name, VIXDISKLIB_FLAG_OPEN_READ_ONLY);
	uint64_t capacity = capacity_of(disk);

	ck_assert_ok(VixDiskLib_Close(disk));
	return capacity;
}

static void write_at(VixDiskLibHandle disk, uint64_t sector)
{
	uint8 buf[SECTOR];

	memset(buf, (int)(sector % 251) + 1, sizeof(buf));
	ck_assert_ok(VixDiskLib_Write(disk, sector, 1, buf));
}

static void expect_at(VixDiskLibHandle disk, uint64_t sector, int byte)
{
	uint8 buf[SECTOR];

	ck_assert_ok(VixDiskLib_Read(disk, sector, 1, buf));
	for (size_t i = 0; i < sizeof(buf); i++)
		ck_assert_msg(buf[i] == byte, "sector %llu: %u", (unsigned long long)sector,
			      buf[i]);
}

static void expect_written(VixDiskLibHandle disk, uint64_t sector)
{
	expect_at(disk, sector, (int)(sector % 251) + 1);
}

/* What it had, zeros behind, and what is written there. */
static void expect_larger(const char *name, uint64_t was, uint64_t is)
{
	VixDiskLibHandle disk = open_disk(conn, name, 0);

	ck_assert_uint_eq(capacity_of(disk), is);
	expect_written(disk, 0);
	expect_written(disk, was - 1);
	expect_at(disk, was, 0);
	expect_at(disk, was + (is - was) / 2, 0);
	expect_at(disk, is - 1, 0);
	write_at(disk, is - 1);
	write_at(disk, was);
	ck_assert_ok(VixDiskLib_Close(disk));
	disk = open_disk(conn, name, VIXDISKLIB_FLAG_OPEN_READ_ONLY);
	expect_written(disk, was - 1);
	expect_written(disk, was);
	expect_written(disk, is - 1);
	ck_assert_ok(VixDiskLib_Close(disk));
}

static void make_written(const char *name, VixDiskLibDiskType type, uint64_t sectors)
{
	VixDiskLibHandle disk;

	create(name, type, sectors);
	disk = open_disk(conn, name, 0);
	write_at(disk, 0);
	write_at(disk, sectors - 1);
	ck_assert_ok(VixDiskLib_Close(disk));
}

/* Each step once. */
static const struct kind {
	VixDiskLibDiskType type;
	bool is_large; /* the last step needs no room on the host */
} kinds[] = {
	{ VIXDISKLIB_DISK_MONOLITHIC_SPARSE, true }, { VIXDISKLIB_DISK_MONOLITHIC_FLAT, false },
	{ VIXDISKLIB_DISK_SPLIT_SPARSE, true },      { VIXDISKLIB_DISK_SPLIT_FLAT, false },
	{ VIXDISKLIB_DISK_VMFS_FLAT, false },        { VIXDISKLIB_DISK_VMFS_THIN, true },
	{ VIXDISKLIB_DISK_VMFS_SPARSE, true },
};
#define N_KINDS ((int)(sizeof(kinds) / sizeof(kinds[0])))

START_TEST(each_kind_grows_again_and_again)
{
	static const uint64_t steps[] = { 2001, 2002, 2100, 70000, 5 * OF_SPLIT + 77 };
	const struct kind *k = &kinds[_i];

	make_written("d.vmdk", k->type, steps[0]);
	for (int i = 1; i < 4 + k->is_large; i++) {
		ck_assert_ok(grow("d.vmdk", steps[i]));
		expect_larger("d.vmdk", steps[i - 1], steps[i]);
		ck_assert_ok(VixDiskLib_CheckRepair(conn, in_dir("d.vmdk"), FALSE));
	}
	ck_assert_uint_eq(client_log.warnings, 0);
	ck_assert_uint_eq(client_log.panics, 0);
	ck_assert_ok(VixDiskLib_Unlink(conn, in_dir("d.vmdk")));
	ck_assert_uint_eq(n_files(), 0);
}
END_TEST

START_TEST(disks_of_full_size_have_their_room)
{
	static const VixDiskLibDiskType types[] = { VIXDISKLIB_DISK_MONOLITHIC_FLAT,
						    VIXDISKLIB_DISK_VMFS_FLAT,
						    VIXDISKLIB_DISK_VMFS_THIN };

	create("d.vmdk", types[_i], 2048);
	ck_assert_ok(grow("d.vmdk", 16384));
	ck_assert_uint_eq(size_of("d-flat.vmdk"), 16384 * SECTOR);
	ck_assert_int_eq(room_of("d-flat.vmdk") >= 16384 * SECTOR,
			 types[_i] != VIXDISKLIB_DISK_VMFS_THIN);
	ck_assert_ok(VixDiskLib_Unlink(conn, in_dir("d.vmdk")));
}
END_TEST

START_TEST(parts_are_filled_before_there_are_new_ones)
{
	make_written("d.vmdk", VIXDISKLIB_DISK_SPLIT_SPARSE, OF_SPLIT - 1000);
	ck_assert_ok(grow("d.vmdk", OF_SPLIT));
	ck_assert(!exists("d-s002.vmdk"));
	ck_assert_ok(grow("d.vmdk", 2 * OF_SPLIT + 10));
	ck_assert(exists("d-s003.vmdk") && !exists("d-s004.vmdk"));
	expect_larger("d.vmdk", OF_SPLIT - 1000, 2 * OF_SPLIT + 10);
	ck_assert_ok(VixDiskLib_Unlink(conn, in_dir("d.vmdk")));
	ck_assert_uint_eq(n_files(), 0);
}
END_TEST

START_TEST(parts_of_full_size_are_followed_by_such)
{
	put_text("d.vmdk", "# Disk DescriptorFile\nversion=1\nCID=12345678\nparentCID=ffffffff\r\n"
			   "createType=\"twoGbMaxExtentFlat\"\n"
			   "RW 4192256 FLAT \"d-f001.vmdk\" 0\r\nddb.adapterType = \"ide\"\n");
	put_text("d-f001.vmdk", "");
	ck_assert_int_eq(truncate(in_dir("d-f001.vmdk"), (off_t)(OF_SPLIT * SECTOR)), 0);
	ck_assert_ok(grow("d.vmdk", OF_SPLIT + 3000));
	ck_assert_uint_eq(size_of("d-f001.vmdk"), OF_SPLIT * SECTOR);
	ck_assert_uint_eq(size_of("d-f002.vmdk"), 3000 * SECTOR);
	ck_assert_uint_eq(sectors_of("d.vmdk"), OF_SPLIT + 3000);
	ck_assert_ok(VixDiskLib_Unlink(conn, in_dir("d.vmdk")));
	ck_assert_uint_eq(n_files(), 0);
}
END_TEST

START_TEST(a_name_that_is_taken_is_left_alone)
{
	create("d.vmdk", VIXDISKLIB_DISK_SPLIT_SPARSE, 5000);
	put_text("d-s002.vmdk", "mine");
	ck_assert_err(grow("d.vmdk", OF_SPLIT + 1), FILE_ALREADY_EXISTS);
	ck_assert_uint_eq(size_of("d-s002.vmdk"), 4);
	ck_assert_uint_eq(sectors_of("d.vmdk"), 5000);
	ck_assert_uint_eq(n_files(), 3);
}
END_TEST

/* Geometry. */

static uint32_t cylinders_of(const char *name)
{
	VixDiskLibHandle disk = open_disk(conn, name, VIXDISKLIB_FLAG_OPEN_READ_ONLY);
	char text[32];

	ck_assert_ok(VixDiskLib_ReadMetadata(disk, "geometry.cylinders", text, sizeof(text), NULL));
	ck_assert_ok(VixDiskLib_Close(disk));
	return (uint32_t)strtoul(text, NULL, 10);
}

START_TEST(the_geometry_changes_when_that_is_wished)
{
	create("d.vmdk", kinds[_i].type, 20480);
	ck_assert_uint_eq(cylinders_of("d.vmdk"), 10);
	ck_assert_ok(VixDiskLib_Grow(conn, in_dir("d.vmdk"), 40960, FALSE, NULL, NULL));
	ck_assert_uint_eq(cylinders_of("d.vmdk"), 10);
	ck_assert_ok(VixDiskLib_Grow(conn, in_dir("d.vmdk"), 40960, TRUE, NULL, NULL));
	ck_assert_uint_eq(cylinders_of("d.vmdk"), 20);
	ck_assert_uint_eq(sectors_of("d.vmdk"), 40960);
	ck_assert_ok(VixDiskLib_Unlink(conn, in_dir("d.vmdk")));
}
END_TEST

/* What is refused. */

START_TEST(wrong_sizes_are_refused)
{
	create("d.vmdk", kinds[_i].type, 20480);
	ck_assert_err(grow("d.vmdk", 20479), INVALID_ARG);
	ck_assert_err(grow("d.vmdk", 0), INVALID_ARG);
	ck_assert_err(grow("d.vmdk", UINT64_MAX), INVALID_ARG);
	ck_assert_err(grow("d.vmdk", UINT64_MAX / SECTOR), INVALID_ARG);
	ck_assert_uint_eq(sectors_of("d.vmdk"), 20480);
	ck_assert_ok(VixDiskLib_Unlink(conn, in_dir("d.vmdk")));
	ck_assert_uint_eq(n_files(), 0);
}
END_TEST

START_TEST(kinds_that_stay_as_they_are_are_refused)
{
	create("s.vmdk", VIXDISKLIB_DISK_STREAM_OPTIMIZED, 20480);
	ck_assert_err(grow("s.vmdk", 40960), NOT_SUPPORTED);
	make_raw("r.img", 64);
	ck_assert_err(grow("r.img", 128), NOT_SUPPORTED);
	put_text("z.vmdk", "# Disk DescriptorFile\nversion=1\nCID=1\nparentCID=ffffffff\n"
			   "RW 100 ZERO\n");
	ck_assert_err(grow("z.vmdk", 128), NOT_SUPPORTED);
	create("f.vmdk", VIXDISKLIB_DISK_MONOLITHIC_FLAT, 64);
	put_text("two.vmdk", "# Disk DescriptorFile\nversion=1\nCID=1\nparentCID=ffffffff\n"
			     "createType=\"custom\"\nRW 32 FLAT \"f-flat.vmdk\" 0\n"
			     "RW 32 FLAT \"f-flat.vmdk\" 32\n");
	ck_assert_err(grow("two.vmdk", 128), NOT_SUPPORTED);
	ck_assert_err(grow("missing.vmdk", 128), FILE_NOT_FOUND);
}
END_TEST

START_TEST(a_child_is_refused_and_so_is_its_parent)
{
	VixDiskLibHandle parent;

	create("p.vmdk", VIXDISKLIB_DISK_MONOLITHIC_SPARSE, 20480);
	parent = open_disk(conn, "p.vmdk", VIXDISKLIB_FLAG_OPEN_READ_ONLY);
	ck_assert_ok(VixDiskLib_CreateChild(parent, in_dir("c.vmdk"),
					    VIXDISKLIB_DISK_MONOLITHIC_SPARSE, NULL, NULL));
	ck_assert_ok(VixDiskLib_Close(parent));
	ck_assert_err(grow("c.vmdk", 40960), DISK_NOTNORMAL);
	ck_assert_uint_eq(sectors_of("c.vmdk"), 20480);
	ck_assert_err(grow("p.vmdk", 40960), DISK_NOTNORMAL);
	ck_assert_ptr_nonnull(strstr(client_log.last_warning, "c.vmdk is its child"));
	ck_assert_ok(VixDiskLib_Unlink(conn, in_dir("c.vmdk")));
	ck_assert_ok(grow("p.vmdk", 40960));
}
END_TEST

START_TEST(a_disk_that_is_open_is_refused)
{
	VixDiskLibHandle disk;

	create("d.vmdk", VIXDISKLIB_DISK_MONOLITHIC_FLAT, 20480);
	disk = open_disk(conn, "d.vmdk", _i == 0 ? 0 : VIXDISKLIB_FLAG_OPEN_READ_ONLY);
	ck_assert_err(grow("d.vmdk", 40960), FILE_ALREADY_LOCKED);
	ck_assert_ok(VixDiskLib_Close(disk));
	ck_assert_ok(grow("d.vmdk", 40960));
}
END_TEST

START_TEST(content_behind_the_end_does_not_appear)
{
	static const char extra[3 * SECTOR] = { [1000] = 1 };
	FILE *f;

	create("d.vmdk", VIXDISKLIB_DISK_MONOLITHIC_FLAT, 2048);
	f = fopen(in_dir("d-flat.vmdk"), "ab");
	ck_assert_ptr_nonnull(f);
	ck_assert_uint_eq(fwrite(extra, sizeof(extra), 1, f), 1);
	ck_assert_int_eq(fclose(f), 0);
	ck_assert_err(grow("d.vmdk", 4096), DISK_NOTNORMAL);
	ck_assert_uint_eq(size_of("d-flat.vmdk"), 2051 * SECTOR);
	ck_assert_int_eq(truncate(in_dir("d-flat.vmdk"), 2049 * SECTOR + 100), 0);
	ck_assert_ok(grow("d.vmdk", 4096));
	ck_assert_uint_eq(size_of("d-flat.vmdk"), 4096 * SECTOR);
}
END_TEST

/* Progress. */

struct asked {
	int n, last, cancel_at;
	bool has_fallen;
};

static Bool ask(void *data, int percent)
{
	struct asked *a = data;

	a->has_fallen |= percent < a->last;
	a->last = percent;
	return ++a->n != a->cancel_at;
}

START_TEST(progress_is_told_and_who_cancels_has_the_old_disk)
{
	struct asked a = { 0 }, b = { .cancel_at = 2 };

	create("d.vmdk", VIXDISKLIB_DISK_SPLIT_SPARSE, 5000);
	ck_assert_err(VixDiskLib_Grow(conn, in_dir("d.vmdk"), 4 * OF_SPLIT, TRUE, ask, &b),
		      CANCELLED);
	ck_assert_uint_eq(sectors_of("d.vmdk"), 5000);
	ck_assert_uint_eq(n_files(), 2);
	ck_assert_ok(VixDiskLib_Grow(conn, in_dir("d.vmdk"), 4 * OF_SPLIT, TRUE, ask, &a));
	ck_assert(!a.has_fallen);
	ck_assert_int_eq(a.last, 100);
	ck_assert_int_gt(a.n, 2);
}
END_TEST

/* Large ones. */

static uint64_t peak_kib(void)
{
	struct rusage u;

	ck_assert_int_eq(getrusage(RUSAGE_SELF, &u), 0);
	return (uint64_t)u.ru_maxrss;
}

START_TEST(a_sparse_disk_grows_to_62_tb_in_little_memory_and_room)
{
	const uint64_t was = UINT64_C(1) << 31, is = UINT64_C(62) << 31; /* 1 and 62 TiB */
	uint64_t peak;

	make_written("d.vmdk", VIXDISKLIB_DISK_MONOLITHIC_SPARSE, was);
	peak = peak_kib();
	ck_assert_ok(grow("d.vmdk", is));
	ck_assert_uint_lt(peak_kib() - peak, 16 << 10);
	ck_assert_uint_lt(room_of("d.vmdk"), 32 << 20);
	expect_larger("d.vmdk", was, is);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("api-grow");
	TCase *tc = client_tcase(s, "grow");

	tcase_set_timeout(tc, 120);
	tcase_add_checked_fixture(tc, connect, disconnect);
	tcase_add_loop_test(tc, each_kind_grows_again_and_again, 0, N_KINDS);
	tcase_add_loop_test(tc, disks_of_full_size_have_their_room, 0, 3);
	tcase_add_test(tc, parts_are_filled_before_there_are_new_ones);
	tcase_add_test(tc, parts_of_full_size_are_followed_by_such);
	tcase_add_test(tc, a_name_that_is_taken_is_left_alone);
	tcase_add_loop_test(tc, the_geometry_changes_when_that_is_wished, 0, N_KINDS);
	tcase_add_loop_test(tc, wrong_sizes_are_refused, 0, N_KINDS);
	tcase_add_test(tc, kinds_that_stay_as_they_are_are_refused);
	tcase_add_test(tc, a_child_is_refused_and_so_is_its_parent);
	tcase_add_loop_test(tc, a_disk_that_is_open_is_refused, 0, 2);
	tcase_add_test(tc, content_behind_the_end_does_not_appear);
	tcase_add_test(tc, progress_is_told_and_who_cancels_has_the_old_disk);
	tcase_add_test(tc, a_sparse_disk_grows_to_62_tb_in_little_memory_and_room);
	return client_run(s);
}
