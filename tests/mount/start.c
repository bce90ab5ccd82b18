/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What starts the engine of a disk set and what does not, what is told before it is started, and
 * what is left when it fails.
 */
#include "config.h"

#include "fixture.h"
#include "mountns.h"

#define READ_ONLY VIXDISKLIB_FLAG_OPEN_READ_ONLY

START_TEST(a_blank_disk_starts_no_engine)
{
	const char *names[1] = { make_disk("blank.vmdk", "") };
	VixDiskSetHandle set;
	VixVolumeHandle *handles;
	VixVolumeDetails *list;
	VixOsInfo *os;
	size_t n;

	ck_ok(VixMntapi_OpenDisks(conn, names, 1, READ_ONLY, &set));
	ck_assert_uint_eq(VixMntapi_GetVolumeHandles(set, &n, &handles),
			  VIX_E_MNTAPI_NO_MOUNTABLE_PARTITONS);
	ck_ok(VixMntapi_ListVolumes(set, &list, &n));
	ck_assert_uint_eq(n, 0);
	VixMntapi_FreeVolumeList(list);
	ck_ok(VixMntapi_GetOsInfo(set, &os));
	ck_assert_uint_eq(os->family, VIXMNTAPI_NO_OS);
	VixMntapi_FreeOsInfo(os);
	ck_assert_str_eq(fake_diary(), "");
}
END_TEST

/* Does listing the volumes of disk t.vmdk start the engine? */
static bool starts_engine(void)
{
	const char *names[1] = { in_tmpdir("t.vmdk") };
	VixDiskSetHandle set;
	VixVolumeDetails *list;
	size_t n;

	ck_ok(VixMntapi_OpenDisks(conn, names, 1, READ_ONLY, &set));
	ck_ok(VixMntapi_ListVolumes(set, &list, &n));
	VixMntapi_FreeVolumeList(list);
	ck_ok(VixMntapi_CloseDiskSet(set));
	return fake_diary()[0] != '\0';
}

START_TEST(a_disk_with_an_empty_partition_table_starts_no_engine)
{
	static const uint8 protective[16] = { 0, 0, 2, 0, 0xee, 0xff, 0xff, 0xff, 1 };
	const uint64_t last = (DISK_SECTORS - 1) * (uint64_t)VIXDISKLIB_SECTOR_SIZE;

	make_disk("t.vmdk", "boot code");
	ck_assert(starts_engine());
	put_in_disk("t.vmdk", 510, "\x55\xaa", 2); /* now it is an MBR */
	ck_assert(!starts_engine());
	put_in_disk("t.vmdk", 446, protective, sizeof(protective));
	put_in_disk("t.vmdk", 512, "EFI PART", 8);
	put_in_disk("t.vmdk", last, "EFI PART", 8);
	ck_assert(!starts_engine());
}
END_TEST

START_TEST(a_disk_with_something_in_it_starts_the_engine)
{
	static const struct {
		uint64_t off;
		const char *mark;
	} marks[] = {
		{ 446 + 16 + 4, "\x83" },           /* a partition */
		{ 446 + 4, "\x07" },                /* a partition */
		{ 0, "\xeb\x3c\x90" },              /* a boot sector of FAT */
		{ 512 + 512, "entry" },             /* an entry of a GPT */
		{ 1024 + 56, "\x53\xef" },          /* ext4 */
		{ 0x10040, "_BHRfS_M" },            /* btrfs */
		{ DISK_SECTORS * 512 - 8192, "x" }, /* a RAID member */
	};

	for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++) {
		make_disk("t.vmdk", "");
		put_in_disk("t.vmdk", 510, "\x55\xaa", 2);
		put_in_disk("t.vmdk", marks[i].off, marks[i].mark, strlen(marks[i].mark));
		ck_assert_msg(starts_engine(), "mark %zu", i);
	}
}
END_TEST

START_TEST(one_blank_disk_of_two_is_not_blank)
{
	const char *names[2] = { make_disk("blank.vmdk", ""), in_tmpdir("a.vmdk") };
	VixDiskSetHandle set;
	VixVolumeHandle v[3];

	ck_ok(VixMntapi_OpenDisks(conn, names, 2, READ_ONLY, &set));
	get_volumes(set, v);
	ck_assert_str_eq(fake_diary(), "export 0; export 1; open 2; volumes; ");
}
END_TEST

/* Each failure of the engine's start leaves a set that can be tried again. */
START_TEST(an_engine_that_fails_can_be_tried_again)
{
	VixDiskSetHandle set = open_set();
	VixVolumeHandle *handles, v[3];
	size_t n;

	fake.fail_export_start = VIX_E_FILE_NAME_INVALID;
	ck_assert_uint_eq(VixMntapi_GetVolumeHandles(set, &n, &handles), VIX_E_FILE_NAME_INVALID);
	fake.fail_export_start = VIX_OK;
	fake.fail_open = VIX_E_MNTAPI_OS_ERROR;
	ck_assert_uint_eq(VixMntapi_GetVolumeHandles(set, &n, &handles), VIX_E_MNTAPI_OS_ERROR);
	fake.fail_open = VIX_OK;
	fake.fail_volumes = VIX_E_MNTAPI_CANT_READ_PARTS;
	ck_assert_uint_eq(VixMntapi_GetVolumeHandles(set, &n, &handles),
			  VIX_E_MNTAPI_CANT_READ_PARTS);
	ck_assert_uint_eq(fake_alive(), 0);
	fake.fail_volumes = VIX_OK;
	get_volumes(set, v);
}
END_TEST

/* The real export, to which the fake engine does not listen. */
START_TEST(sockets_are_in_the_directory_of_the_set_and_go_with_it)
{
	VixDiskSetHandle set = open_set();
	VixDiskSetInfo *info;
	VixVolumeHandle v[3];
	char path[300];
	struct stat st;

	vmnt_export_override = NULL;
	get_volumes(set, v);
	ck_ok(VixMntapi_GetDiskSetInfo(set, &info));
	snprintf(path, sizeof(path), "%s/nbd0.sock", info->mountPath);
	VixMntapi_FreeDiskSetInfo(info);
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert(S_ISSOCK(st.st_mode));
	ck_ok(VixDiskLib_Disconnect(conn));
	ck_assert(!exists(path));
}
END_TEST

START_TEST(without_an_engine_there_is_a_code)
{
	VixDiskSetHandle set = open_set();
	VixVolumeHandle *handles;
	size_t n;

	vmnt_export_override = NULL;
	vmnt_engine_override = &(const struct vmnt_engine_ops){ .name = "odd", .accepts = 99 };
	ck_assert_uint_eq(VixMntapi_GetVolumeHandles(set, &n, &handles), VIX_E_MNTAPI_NO_DRIVER);
	fake_install();
}
END_TEST

START_TEST(a_directory_that_can_not_be_made_is_told_at_open)
{
	const char *names[1] = { in_tmpdir("a.vmdk") };
	VixDiskSetHandle set;

	put_text(in_tmpdir("state/sets"), ""); /* a file is in the way */
	ck_assert_uint_eq(VixMntapi_OpenDisks(conn, names, 1, READ_ONLY, &set),
			  VIX_E_MNTAPI_CANT_MAKE_VAR_DIR);
	ck_assert_ptr_nonnull(strstr(last_warning, "sets"));
	unlink(in_tmpdir("state/sets"));
	ck_ok(VixMntapi_CloseDiskSet(open_set()));
}
END_TEST

static void start_on_small_disk(void)
{
	mountns_enter();
	ck_assert_int_eq(mount("test", "/tmp", "tmpfs", 0, "size=80m"), 0);
	fixture_start();
}

START_TEST(a_directory_that_filled_up_since_is_told_before_anything_starts)
{
	const char *names[1] = { in_tmpdir("a.vmdk") };
	VixDiskSetHandle set = open_set(), other;
	VixVolumeHandle *handles, v[3];
	int fd = vu_open(in_tmpdir("big"), O_RDWR | O_CREAT, 0600);
	size_t n;

	ck_assert_int_eq(posix_fallocate(fd, 0, 40 << 20), 0);
	ck_assert_uint_eq(VixMntapi_GetVolumeHandles(set, &n, &handles), VIX_E_DISK_FULL);
	ck_assert_ptr_nonnull(strstr(last_warning, state_root()));
	ck_assert_uint_eq(VixMntapi_OpenDisks(conn, names, 1, READ_ONLY, &other), VIX_E_DISK_FULL);
	ck_assert_str_eq(fake_diary(), "");
	ck_assert_int_eq(ftruncate(fd, 0), 0);
	close(fd);
	get_volumes(set, v);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("start");
	TCase *tc = unit_tcase(s, "start");

	tcase_add_checked_fixture(tc, fixture_start, fixture_end);
	tcase_add_test(tc, a_blank_disk_starts_no_engine);
	tcase_add_test(tc, a_disk_with_an_empty_partition_table_starts_no_engine);
	tcase_add_test(tc, a_disk_with_something_in_it_starts_the_engine);
	tcase_add_test(tc, one_blank_disk_of_two_is_not_blank);
	tcase_add_test(tc, an_engine_that_fails_can_be_tried_again);
	tcase_add_test(tc, sockets_are_in_the_directory_of_the_set_and_go_with_it);
	tcase_add_test(tc, without_an_engine_there_is_a_code);
	tcase_add_test(tc, a_directory_that_can_not_be_made_is_told_at_open);
	if (!mountns_may_enter())
		return unit_run(s);
	tc = unit_tcase(s, "full");
	tcase_add_checked_fixture(tc, start_on_small_disk, fixture_end);
	tcase_add_test(tc, a_directory_that_filled_up_since_is_told_before_anything_starts);
	return unit_run(s);
}
