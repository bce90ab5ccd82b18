/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * VixDiskLib_Create(): disks of every kind, what they tell, and that nothing is left of those that
 * could not be made.
 */
#include "config.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "client.h"
#include "disks.h"

#define SECTOR    512
#define SECTORS   5000003 /* three parts where it is split; no whole number of grains */
#define HUGE_DISK (UINT64_C(62) << 31) /* 62 TiB */
#define OF_SPLIT  4192256

static VixDiskLibConnection conn;

static void connect(void)
{
	conn = connect_local();
}

static void disconnect(void)
{
	ck_assert_ok(VixDiskLib_Disconnect(conn));
}

static VixDiskLibCreateParams params(VixDiskLibDiskType type, uint64_t sectors)
{
	return (VixDiskLibCreateParams){
		.diskType = type,
		.adapterType = VIXDISKLIB_ADAPTER_SCSI_LSILOGIC,
		.hwVersion = VIXDISKLIB_HWVERSION_WORKSTATION_6,
		.capacity = sectors,
	};
}

static VixError create(const char *name, const VixDiskLibCreateParams *p)
{
	return VixDiskLib_Create(conn, in_dir(name), p, NULL, NULL);
}

static void create_ok(const char *name, VixDiskLibDiskType type, uint64_t sectors)
{
	VixDiskLibCreateParams p = params(type, sectors);

	ck_assert_ok(create(name, &p));
}

static bool exists(const char *name)
{
	struct stat sb;

	return lstat(in_dir(name), &sb) == 0;
}

static uint64_t room_of(const char *name)
{
	struct stat sb;

	ck_assert_int_eq(stat(in_dir(name), &sb), 0);
	return (uint64_t)sb.st_blocks * 512;
}

static void remove_all(const char *const *names)
{
	for (; *names != NULL; names++)
		ck_assert_int_eq(remove(in_dir(*names)), 0);
}

/* Kinds that can be written anywhere, and the files of a disk of SECTORS. */
static const struct kind {
	VixDiskLibDiskType type;
	const char *files[4];
	bool has_room; /* all of it, on the host */
} kinds[] = {
	{ VIXDISKLIB_DISK_MONOLITHIC_SPARSE, { "d.vmdk" }, false },
	{ VIXDISKLIB_DISK_MONOLITHIC_FLAT, { "d.vmdk", "d-flat.vmdk" }, true },
	{ VIXDISKLIB_DISK_SPLIT_SPARSE, { "d.vmdk", "d-s001.vmdk", "d-s002.vmdk" }, false },
	{ VIXDISKLIB_DISK_SPLIT_FLAT, { "d.vmdk", "d-f001.vmdk", "d-f002.vmdk" }, true },
	{ VIXDISKLIB_DISK_VMFS_FLAT, { "d.vmdk", "d-flat.vmdk" }, true },
	{ VIXDISKLIB_DISK_VMFS_THIN, { "d.vmdk", "d-flat.vmdk" }, false },
	{ VIXDISKLIB_DISK_VMFS_SPARSE, { "d.vmdk", "d-delta.vmdk" }, false },
};
#define N_KINDS ((int)(sizeof(kinds) / sizeof(kinds[0])))

static void write_pattern(VixDiskLibHandle disk, uint64_t sector)
{
	uint8 buf[3 * SECTOR];

	memset(buf, (int)(sector % 251) + 1, sizeof(buf));
	ck_assert_ok(VixDiskLib_Write(disk, sector, 3, buf));
}

static void expect_pattern(VixDiskLibHandle disk, uint64_t sector)
{
	uint8 buf[3 * SECTOR];

	ck_assert_ok(VixDiskLib_Read(disk, sector, 3, buf));
	for (size_t i = 0; i < sizeof(buf); i++)
		ck_assert_uint_eq(buf[i], sector % 251 + 1);
}

static void expect_zeros(VixDiskLibHandle disk, uint64_t sector)
{
	uint8 buf[SECTOR];

	ck_assert_ok(VixDiskLib_Read(disk, sector, 1, buf));
	ck_assert(has_zeros(buf));
}

START_TEST(each_kind_is_made_of_its_files_and_can_be_written)
{
	static const uint64_t places[] = { 0, 127, OF_SPLIT - 1, SECTORS - 3 };
	const struct kind *k = &kinds[_i];
	unsigned before = count_files(), n = 0;
	VixDiskLibHandle disk;

	create_ok("d.vmdk", k->type, SECTORS);
	for (; n < 4 && k->files[n] != NULL; n++)
		ck_assert_msg(exists(k->files[n]), "%s is missing", k->files[n]);
	ck_assert_uint_eq(count_files(), before + n);
	ck_assert_int_eq(room_of(k->files[n - 1]) > 100 << 20, k->has_room);
	disk = open_disk(conn, "d.vmdk", 0);
	expect_zeros(disk, SECTORS / 2);
	for (unsigned i = 0; i < 4; i++)
		write_pattern(disk, places[i]);
	ck_assert_ok(VixDiskLib_Close(disk));
	disk = open_disk(conn, "d.vmdk", VIXDISKLIB_FLAG_OPEN_READ_ONLY);
	for (unsigned i = 0; i < 4; i++)
		expect_pattern(disk, places[i]);
	expect_zeros(disk, SECTORS / 2);
	ck_assert_ok(VixDiskLib_Close(disk));
	ck_assert_uint_eq(client_log.warnings, 0);
	remove_all(k->files);
}
END_TEST

START_TEST(an_empty_stream_reads_as_zeros)
{
	static const char *const files[] = { "d.vmdk", NULL };
	unsigned before = count_files();
	VixDiskLibHandle disk;

	create_ok("d.vmdk", VIXDISKLIB_DISK_STREAM_OPTIMIZED, SECTORS);
	ck_assert_uint_eq(count_files(), before + 1);
	disk = open_disk(conn, "d.vmdk", VIXDISKLIB_FLAG_OPEN_READ_ONLY);
	expect_zeros(disk, 0);
	expect_zeros(disk, SECTORS - 1);
	ck_assert_ok(VixDiskLib_Close(disk));
	remove_all(files);
}
END_TEST

static void expect_meta(VixDiskLibHandle disk, const char *key, const char *want)
{
	char value[200];

	ck_assert_ok(VixDiskLib_ReadMetadata(disk, key, value, sizeof(value), NULL));
	ck_assert_str_eq(value, want);
}

START_TEST(a_new_disk_tells_what_it_was_made_of)
{
	static const char *const files[] = { "d.vmdk", "d-flat.vmdk", NULL };
	VixDiskLibCreateParams p = params(VIXDISKLIB_DISK_VMFS_THIN, 4194304);
	VixDiskLibInfo *info;
	VixDiskLibHandle disk;

	p.adapterType = VIXDISKLIB_ADAPTER_IDE;
	p.physicalSectorSize = 4096;
	p.logicalSectorSize = 12345; /* means nothing */
	ck_assert_ok(create("d.vmdk", &p));
	disk = open_disk(conn, "d.vmdk", VIXDISKLIB_FLAG_OPEN_READ_ONLY);
	ck_assert_ok(VixDiskLib_GetInfo(disk, &info));
	ck_assert_uint_eq(info->capacity, 4194304);
	ck_assert_int_eq(info->adapterType, VIXDISKLIB_ADAPTER_IDE);
	ck_assert_int_eq(info->numLinks, 1);
	ck_assert_ptr_null(info->parentFileNameHint);
	ck_assert_uint_eq(info->physGeo.cylinders, 4161);
	ck_assert_uint_eq(info->physGeo.heads, 16);
	ck_assert_uint_eq(info->physGeo.sectors, 63);
	ck_assert_uint_eq(info->physicalSectorSize, 4096);
	ck_assert_uint_eq(info->logicalSectorSize, 512);
	ck_assert_uint_eq(strlen(info->uuid), 47);
	ck_assert_int_eq(strncmp(info->uuid, "60 00 C2 9", 10), 0);
	ck_assert_int_eq(info->uuid[23], '-');
	VixDiskLib_FreeInfo(info);
	expect_meta(disk, "adapterType", "ide");
	expect_meta(disk, "virtualHWVersion", "6");
	expect_meta(disk, "thinProvisioned", "1");
	expect_meta(disk, "geometry.cylinders", "4161");
	ck_assert_ok(VixDiskLib_Close(disk));
	remove_all(files);
}
END_TEST

START_TEST(words_that_make_no_sense_are_refused)
{
	static const VixDiskLibDiskType no_types[] = { 0, 9, 255, VIXDISKLIB_DISK_UNKNOWN };
	VixDiskLibCreateParams p = params(VIXDISKLIB_DISK_MONOLITHIC_SPARSE, 0);
	unsigned before = count_files();

	ck_assert_err(create("d.vmdk", &p), INVALID_ARG);
	p.capacity = UINT64_MAX;
	ck_assert_err(create("d.vmdk", &p), INVALID_ARG);
	p = params(VIXDISKLIB_DISK_SPLIT_FLAT, UINT64_MAX / 2);
	ck_assert_err(create("d.vmdk", &p), INVALID_ARG);
	p = params(VIXDISKLIB_DISK_VMFS_SPARSE, UINT64_C(1) << 32);
	ck_assert_err(create("d.vmdk", &p), INVALID_ARG);
	p = params(VIXDISKLIB_DISK_MONOLITHIC_SPARSE, 1);
	p.adapterType = VIXDISKLIB_ADAPTER_UNKNOWN;
	ck_assert_err(create("d.vmdk", &p), INVALID_ARG);
	for (unsigned i = 0; i < 4; i++) {
		p = params(no_types[i], 1);
		ck_assert_err(create("d.vmdk", &p), INVALID_ARG);
	}
	ck_assert_err(create("d.vmdk", NULL), INVALID_ARG);
	ck_assert_err(VixDiskLib_Create(conn, "", &p, NULL, NULL), INVALID_ARG);
	p = params(VIXDISKLIB_DISK_MONOLITHIC_SPARSE, 1);
	ck_assert_err(create("a\nb.vmdk", &p), FILE_NAME_INVALID);
	ck_assert_err(create("no/d.vmdk", &p), FILE_NOT_FOUND);
	ck_assert_uint_eq(count_files(), before);
}
END_TEST

START_TEST(what_is_there_is_never_replaced)
{
	static const char *const files[] = { "d.vmdk", "d-flat.vmdk", NULL };
	VixDiskLibCreateParams p = params(VIXDISKLIB_DISK_MONOLITHIC_FLAT, 100);
	unsigned before = count_files();

	put_text("d.vmdk", "mine");
	ck_assert_err(create("d.vmdk", &p), FILE_ALREADY_EXISTS);
	ck_assert_int_eq(remove(in_dir("d.vmdk")), 0);
	put_text("d-flat.vmdk", "mine");
	ck_assert_err(create("d.vmdk", &p), FILE_ALREADY_EXISTS);
	ck_assert(!exists("d.vmdk"));
	ck_assert_uint_eq(count_files(), before + 1);
	ck_assert_int_eq(remove(in_dir("d-flat.vmdk")), 0);
	ck_assert_ok(create("d.vmdk", &p));
	remove_all(files);
}
END_TEST

/* Names as the kit's sample program gives them: without a suffix. */
START_TEST(names_need_no_suffix)
{
	static const char *const files[] = { "testAbCdEfGh", "testAbCdEfGh-s001.vmdk",
					     "testAbCdEfGh-s002.vmdk", NULL };
	VixDiskLibHandle disk;

	create_ok("testAbCdEfGh", VIXDISKLIB_DISK_SPLIT_SPARSE, SECTORS);
	disk = open_disk(conn, "testAbCdEfGh", 0);
	write_pattern(disk, SECTORS - 3);
	expect_pattern(disk, SECTORS - 3);
	ck_assert_ok(VixDiskLib_Close(disk));
	remove_all(files);
}
END_TEST

START_TEST(a_huge_disk_costs_its_directories_only)
{
	static const char *const files[] = { "d.vmdk", NULL };
	VixDiskLibHandle disk;

	create_ok("d.vmdk", VIXDISKLIB_DISK_MONOLITHIC_SPARSE, HUGE_DISK);
	ck_assert_uint_lt(room_of("d.vmdk"), 20 << 20);
	disk = open_disk(conn, "d.vmdk", 0);
	write_pattern(disk, HUGE_DISK - 3);
	expect_pattern(disk, HUGE_DISK - 3);
	expect_zeros(disk, HUGE_DISK / 2);
	ck_assert_ok(VixDiskLib_Close(disk));
	remove_all(files);
}
END_TEST

/* Progress. */

struct told {
	int percents[300];
	unsigned n;
	int stop_at;
};

static Bool tell(void *data, int percent)
{
	struct told *t = data;

	if (t->n < 300)
		t->percents[t->n++] = percent;
	return percent < t->stop_at;
}

START_TEST(progress_goes_from_none_to_all)
{
	static const char *const files[] = { "d.vmdk", "d-flat.vmdk", NULL };
	VixDiskLibCreateParams p = params(VIXDISKLIB_DISK_MONOLITHIC_FLAT, SECTORS);
	struct told t = { .stop_at = 101 };

	ck_assert_ok(VixDiskLib_Create(conn, in_dir("d.vmdk"), &p, tell, &t));
	ck_assert_int_eq(t.percents[0], 0);
	ck_assert_int_eq(t.percents[t.n - 1], 100);
	ck_assert_uint_gt(t.n, 10);
	for (unsigned i = 1; i < t.n; i++)
		ck_assert_int_ge(t.percents[i], t.percents[i - 1]);
	remove_all(files);
}
END_TEST

START_TEST(cancelled_at_any_percent_nothing_is_left)
{
	VixDiskLibCreateParams p = params(kinds[_i].type, SECTORS);
	unsigned before = count_files(), cancelled = 0;

	for (int at = 1; at < 100; at += 7) {
		struct told t = { .stop_at = at };
		VixError err = VixDiskLib_Create(conn, in_dir("d.vmdk"), &p, tell, &t);

		ck_assert_uint_eq(err, VIX_E_CANCELLED);
		ck_assert_uint_eq(count_files(), before);
		cancelled++;
	}
	ck_assert_uint_gt(cancelled, 0);
}
END_TEST

/* Programs made for older releases hand over a shorter structure. */
START_TEST(an_old_program_has_no_sector_sizes)
{
	static const char *const files[] = { "d.vmdk", NULL };
	const size_t old_bytes = offsetof(VixDiskLibCreateParams, logicalSectorSize);
	VixDiskLibCreateParams p = params(VIXDISKLIB_DISK_MONOLITHIC_SPARSE, 100);
	VixDiskLibCreateParams *old = malloc(old_bytes);
	VixDiskLibConnection c;

	VixDiskLib_Disconnect(conn);
	VixDiskLib_Exit();
	ck_assert_ok(VixDiskLib_InitEx(6, 5, NULL, NULL, NULL, NULL, NULL));
	c = connect_local();
	memcpy(old, &p, old_bytes);
	ck_assert_ok(VixDiskLib_Create(c, in_dir("d.vmdk"), old, NULL, NULL));
	free(old);
	conn = c;
	remove_all(files);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("create");
	TCase *tc = client_tcase(s, "create");

	tcase_set_timeout(tc, 300);
	tcase_add_checked_fixture(tc, connect, disconnect);
	tcase_add_loop_test(tc, each_kind_is_made_of_its_files_and_can_be_written, 0, N_KINDS);
	tcase_add_test(tc, an_empty_stream_reads_as_zeros);
	tcase_add_test(tc, a_new_disk_tells_what_it_was_made_of);
	tcase_add_test(tc, words_that_make_no_sense_are_refused);
	tcase_add_test(tc, what_is_there_is_never_replaced);
	tcase_add_test(tc, names_need_no_suffix);
	tcase_add_test(tc, a_huge_disk_costs_its_directories_only);
	tcase_add_test(tc, progress_goes_from_none_to_all);
	tcase_add_loop_test(tc, cancelled_at_any_percent_nothing_is_left, 0, N_KINDS);
	tcase_add_test(tc, an_old_program_has_no_sector_sizes);
	return client_run(s);
}
