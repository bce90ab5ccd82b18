/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Every function of vixMntapi.h: what it does when all is well, with NULLs, and with what is no
 * handle.  Those of vixMntapiExt.h are in mntapi-ext.c.
 */
#include "config.h"

#include "fixture.h"

#define READ_ONLY VIXDISKLIB_FLAG_OPEN_READ_ONLY

/* A pointer that is no handle of any kind. */
static int not_a_handle_[16];
#define NOT_A(type) ((type)(void *)not_a_handle_)

static VixError init_version(uint32 major, uint32 minor)
{
	return VixMntapi_Init(major, minor, NULL, NULL, NULL, NULL, NULL);
}

START_TEST(init_wants_exactly_1_0)
{
	VixMntapi_Exit();
	ck_assert_uint_eq(init_version(1, 1), VIX_E_MNTAPI_INCOMPATIBLE_VERSION);
	ck_assert_uint_eq(init_version(2, 0), VIX_E_MNTAPI_INCOMPATIBLE_VERSION);
	ck_assert_uint_eq(init_version(0, 0), VIX_E_MNTAPI_INCOMPATIBLE_VERSION);
	ck_ok(mount_init(""));
	ck_assert_uint_eq(init_version(1, 1), VIX_E_MNTAPI_INCOMPATIBLE_VERSION);
}
END_TEST

START_TEST(init_comes_after_the_disk_library)
{
	VixMntapi_Exit();
	VixDiskLib_Exit();
	ck_assert_uint_eq(mount_init(""), VIX_E_DISK_NOINIT);
}
END_TEST

START_TEST(init_reads_the_configuration_file)
{
	VixMntapi_Exit();
	ck_assert_uint_eq(VixMntapi_Init(1, 0, NULL, NULL, NULL, NULL, in_tmpdir("none")),
			  VIX_E_FILE_NOT_FOUND);
	ck_ok(mount_init("vixmntapi.INSPECT = sometimes\n"));
	ck_assert_ptr_nonnull(strstr(last_warning, "sometimes"));
}
END_TEST

START_TEST(calls_before_init)
{
	const char *names[1] = { in_tmpdir("a.vmdk") };
	VixDiskLibHandle disk = open_disk("a.vmdk");
	VixDiskSetHandle set = NOT_A(VixDiskSetHandle);
	VixVolumeHandle *handles;
	size_t n;

	VixMntapi_Exit();
	ck_assert_uint_eq(VixMntapi_OpenDisks(conn, names, 1, READ_ONLY, &set), VIX_E_DISK_NOINIT);
	ck_assert_ptr_null(set);
	ck_assert_uint_eq(VixMntapi_OpenDiskSet(&disk, 1, 0, &set), VIX_E_DISK_NOINIT);
	ck_assert_uint_eq(VixMntapi_GetVolumeHandles(set, &n, &handles), VIX_E_DISK_NOINIT);
	ck_assert_uint_eq(VixMntapi_CloseDiskSet(set), VIX_E_DISK_NOINIT);
	ck_assert_uint_eq(VixMntapi_MountVolume(NULL, TRUE), VIX_E_DISK_NOINIT);
}
END_TEST

START_TEST(open_disks_boots_nothing_and_has_a_mount_path)
{
	VixDiskSetHandle set = open_set();
	VixDiskSetInfo *info;
	struct stat st;

	ck_ok(VixMntapi_GetDiskSetInfo(set, &info));
	ck_assert_uint_eq(info->openFlags, READ_ONLY);
	ck_assert_int_eq(strncmp(info->mountPath, state_root(), strlen(state_root())), 0);
	ck_assert_int_eq(stat(info->mountPath, &st), 0);
	ck_assert_uint_eq(st.st_mode & 07777, 0700);
	VixMntapi_FreeDiskSetInfo(info);
	ck_assert_str_eq(fake_diary(), "");
	ck_ok(VixMntapi_CloseDiskSet(set));
	ck_assert_str_eq(fake_diary(), "");
	ck_assert_uint_eq(count_sets(), 0);
}
END_TEST

START_TEST(open_disks_checks_its_arguments)
{
	const char *names[2] = { in_tmpdir("a.vmdk"), NULL };
	VixDiskSetHandle set;

	ck_assert_uint_eq(VixMntapi_OpenDisks(conn, names, 1, 0, NULL), VIX_E_INVALID_ARG);
	ck_assert_uint_eq(VixMntapi_OpenDisks(NULL, names, 1, 0, &set),
			  VIX_E_DISK_INVALID_CONNECTION);
	ck_assert_uint_eq(VixMntapi_OpenDisks(conn, NULL, 1, 0, &set), VIX_E_INVALID_ARG);
	ck_assert_uint_eq(VixMntapi_OpenDisks(conn, names, 0, 0, &set), VIX_E_INVALID_ARG);
	ck_assert_uint_eq(VixMntapi_OpenDisks(conn, names, 2, 0, &set), VIX_E_INVALID_ARG);
	ck_assert_uint_eq(VixMntapi_OpenDisks(conn, names, (size_t)-1, 0, &set), VIX_E_INVALID_ARG);
	ck_assert_uint_eq(VixMntapi_OpenDisks(conn, names, 1, 1u << 31, &set), VIX_E_INVALID_ARG);
	ck_assert_uint_eq(
		VixMntapi_OpenDisks(NOT_A(VixDiskLibConnection), names, 1, READ_ONLY, &set),
		VIX_E_DISK_INVALID_CONNECTION);
	ck_assert_ptr_null(set);
	ck_assert_uint_eq(count_sets(), 0);
}
END_TEST

START_TEST(open_disks_that_fails_at_the_second_closes_the_first)
{
	const char *names[2] = { in_tmpdir("a.vmdk"), in_tmpdir("missing.vmdk") };
	VixDiskSetHandle set;

	ck_assert_uint_eq(VixMntapi_OpenDisks(conn, names, 2, READ_ONLY, &set),
			  VIX_E_FILE_NOT_FOUND);
	ck_assert_ptr_null(set);
	ck_assert_uint_eq(count_sets(), 0);
	warnings = 0;
	ck_ok(VixDiskLib_Disconnect(conn));
	ck_assert_uint_eq(warnings, 0);
}
END_TEST

START_TEST(a_disk_is_in_a_set_once)
{
	const char *names[2] = { in_tmpdir("a.vmdk"), in_tmpdir("./a.vmdk") };
	VixDiskLibHandle disk = open_disk("a.vmdk"), twice[2] = { disk, disk };
	VixDiskSetHandle set;

	ck_assert_uint_eq(VixMntapi_OpenDisks(conn, names, 2, READ_ONLY, &set),
			  VIX_E_MNTAPI_ALREADY_OPENED);
	ck_assert_uint_eq(VixMntapi_OpenDiskSet(twice, 2, READ_ONLY, &set),
			  VIX_E_MNTAPI_ALREADY_OPENED);
	ck_ok(VixDiskLib_Close(disk));
}
END_TEST

START_TEST(sets_share_disks_unless_one_writes)
{
	VixDiskLibHandle disk = open_disk("a.vmdk");
	VixDiskSetHandle first, second;

	ck_ok(VixMntapi_OpenDiskSet(&disk, 1, READ_ONLY, &first));
	ck_assert_uint_eq(VixMntapi_OpenDiskSet(&disk, 1, 0, &second), VIX_E_MNTAPI_ALREADY_OPENED);
	ck_ok(VixMntapi_OpenDiskSet(&disk, 1, READ_ONLY, &second));
	ck_ok(VixMntapi_CloseDiskSet(first));
	ck_assert_uint_eq(VixDiskLib_Close(disk), VIX_E_OBJECT_IS_BUSY);
	ck_ok(VixMntapi_CloseDiskSet(second));
	ck_ok(VixMntapi_OpenDiskSet(&disk, 1, 0, &first));
	ck_assert_uint_eq(VixMntapi_OpenDiskSet(&disk, 1, READ_ONLY, &second),
			  VIX_E_MNTAPI_ALREADY_OPENED);
	ck_ok(VixMntapi_CloseDiskSet(first));
	ck_ok(VixDiskLib_Close(disk));
}
END_TEST

START_TEST(open_disk_set_checks_its_arguments)
{
	VixDiskLibHandle disks[2] = { open_disk("a.vmdk"), NULL };
	VixDiskSetHandle set;

	ck_assert_uint_eq(VixMntapi_OpenDiskSet(disks, 1, 0, NULL), VIX_E_INVALID_ARG);
	ck_assert_uint_eq(VixMntapi_OpenDiskSet(NULL, 1, 0, &set), VIX_E_INVALID_ARG);
	ck_assert_uint_eq(VixMntapi_OpenDiskSet(disks, 0, 0, &set), VIX_E_INVALID_ARG);
	ck_assert_uint_eq(VixMntapi_OpenDiskSet(disks, 1, 2, &set), VIX_E_INVALID_ARG);
	ck_assert_uint_eq(VixMntapi_OpenDiskSet(disks, 2, 0, &set), VIX_E_INVALID_HANDLE);
	disks[1] = NOT_A(VixDiskLibHandle);
	ck_assert_uint_eq(VixMntapi_OpenDiskSet(disks, 2, 0, &set), VIX_E_INVALID_HANDLE);
	ck_assert_ptr_null(set);
	ck_ok(VixDiskLib_Close(disks[0])); /* no set has kept it */
}
END_TEST

START_TEST(volumes_come_in_the_order_of_disk_place_and_name)
{
	static const char *const names[] = { "disk0 p1", "disk0 p2", "vg/home" };
	VixVolumeHandle v[3], again[3];
	VixDiskSetHandle set = open_set();

	get_volumes(set, v);
	for (uint32 i = 0; i < 3; i++) {
		VixVolumeDetails *d;

		ck_ok(VixMntapi_GetVolumeDetails(v[i], &d));
		ck_assert_uint_eq(d->structSize, sizeof(*d));
		ck_assert_uint_eq(d->number, i + 1);
		ck_assert_str_eq(d->name, names[i]);
		ck_assert_str_eq(d->state, "ok");
		ck_assert_str_eq(d->uuid, ""); /* not known, not NULL */
		ck_assert(d->mountable);
		VixMntapi_FreeVolumeDetails(d);
	}
	get_volumes(set, again);
	ck_assert_mem_eq(v, again, sizeof(v));
	ck_assert_str_eq(fake_diary(), "export 0; open 1; volumes; ");
}
END_TEST

START_TEST(disks_with_nothing_mountable)
{
	VixDiskSetHandle set = open_set();
	VixVolumeHandle *handles = NOT_A(VixVolumeHandle *);
	VixVolumeDetails *list;
	VixMountOptions opts = { .structSize = sizeof(opts), .mountPoint = in_tmpdir("m") };
	size_t n = 7;

	fake.volumes += 2; /* swap alone */
	fake.n_volumes = 1;
	ck_assert_int_eq(mkdir(in_tmpdir("m"), 0700), 0);
	ck_assert_uint_eq(VixMntapi_GetVolumeHandles(set, &n, &handles),
			  VIX_E_MNTAPI_NO_MOUNTABLE_PARTITONS);
	ck_assert_uint_eq(n, 0);
	ck_assert_ptr_null(handles);
	ck_ok(VixMntapi_ListVolumes(set, &list, &n));
	ck_assert_uint_eq(n, 1);
	VixMntapi_FreeVolumeList(list);
	ck_assert_uint_eq(VixMntapi_MountDiskSet(set, NULL, 0, &opts),
			  VIX_E_MNTAPI_NO_MOUNTABLE_PARTITONS);
}
END_TEST

START_TEST(volume_functions_check_their_arguments)
{
	VixVolumeHandle v[3];
	VixVolumeDetails *details;
	VixVolumeInfo *info;

	open_mounted(v, 1);
	ck_assert_uint_eq(VixMntapi_MountVolume(NULL, TRUE), VIX_E_INVALID_HANDLE);
	ck_assert_uint_eq(VixMntapi_DismountVolume(NULL, TRUE), VIX_E_INVALID_HANDLE);
	ck_assert_uint_eq(VixMntapi_GetVolumeInfo(NULL, &info), VIX_E_INVALID_HANDLE);
	ck_assert_uint_eq(VixMntapi_GetVolumeInfo(v[0], NULL), VIX_E_INVALID_ARG);
	ck_assert_uint_eq(VixMntapi_GetVolumeDetails(v[0], NULL), VIX_E_INVALID_ARG);
	ck_assert_uint_eq(VixMntapi_MountVolume(NOT_A(VixVolumeHandle), TRUE),
			  VIX_E_INVALID_HANDLE);
	ck_assert_uint_eq(VixMntapi_GetVolumeInfo(NOT_A(VixVolumeHandle), &info),
			  VIX_E_INVALID_HANDLE);
	ck_assert_ptr_null(info);
	ck_assert_uint_eq(VixMntapi_GetVolumeDetails(NOT_A(VixVolumeHandle), &details),
			  VIX_E_INVALID_HANDLE);
}
END_TEST

START_TEST(set_functions_check_their_arguments)
{
	VixDiskSetHandle set = open_set(), none = NOT_A(VixDiskSetHandle);
	VixVolumeHandle *handles;
	VixVolumeDetails *list;
	VixDiskSetInfo *info;
	VixOsInfo *os;
	size_t n;

	ck_assert_uint_eq(VixMntapi_CloseDiskSet(NULL), VIX_E_INVALID_HANDLE);
	ck_assert_uint_eq(VixMntapi_CloseDiskSet(none), VIX_E_INVALID_HANDLE);
	ck_assert_uint_eq(VixMntapi_GetDiskSetInfo(NULL, &info), VIX_E_INVALID_HANDLE);
	ck_assert_uint_eq(VixMntapi_GetDiskSetInfo(set, NULL), VIX_E_INVALID_ARG);
	ck_assert_uint_eq(VixMntapi_GetDiskSetInfo(none, &info), VIX_E_INVALID_HANDLE);
	ck_assert_uint_eq(VixMntapi_GetOsInfo(NULL, &os), VIX_E_INVALID_HANDLE);
	ck_assert_uint_eq(VixMntapi_GetOsInfo(set, NULL), VIX_E_INVALID_ARG);
	ck_assert_uint_eq(VixMntapi_GetVolumeHandles(NULL, &n, &handles), VIX_E_INVALID_HANDLE);
	ck_assert_uint_eq(VixMntapi_GetVolumeHandles(set, NULL, &handles), VIX_E_INVALID_ARG);
	ck_assert_uint_eq(VixMntapi_GetVolumeHandles(set, &n, NULL), VIX_E_INVALID_ARG);
	ck_assert_uint_eq(VixMntapi_ListVolumes(set, NULL, &n), VIX_E_INVALID_ARG);
	ck_assert_uint_eq(VixMntapi_ListVolumes(set, &list, NULL), VIX_E_INVALID_ARG);
	ck_assert_uint_eq(VixMntapi_ListVolumes(NULL, &list, &n), VIX_E_INVALID_HANDLE);
	ck_assert_uint_eq(VixMntapi_DismountDiskSet(NULL, TRUE), VIX_E_INVALID_HANDLE);
}
END_TEST

/* A set where a volume is wanted, and so on. */
START_TEST(handles_of_another_kind_are_refused)
{
	VixDiskLibHandle disk = open_disk("a.vmdk");
	VixVolumeHandle v[3];
	VixDiskSetHandle set = open_mounted(v, 1);

	ck_assert_uint_eq(VixMntapi_MountVolume((VixVolumeHandle)(void *)set, TRUE),
			  VIX_E_INVALID_HANDLE);
	ck_assert_uint_eq(VixMntapi_CloseDiskSet((VixDiskSetHandle)(void *)v[0]),
			  VIX_E_INVALID_HANDLE);
	ck_assert_uint_eq(VixMntapi_CloseDiskSet((VixDiskSetHandle)(void *)disk),
			  VIX_E_INVALID_HANDLE);
	ck_assert(is_volume_mounted(v[0]));
}
END_TEST

START_TEST(free_functions_take_null)
{
	VixMntapi_FreeDiskSetInfo(NULL);
	VixMntapi_FreeOsInfo(NULL);
	VixMntapi_FreeVolumeHandles(NULL);
	VixMntapi_FreeVolumeInfo(NULL);
}
END_TEST

START_TEST(volume_info_before_and_after_mounting)
{
	VixVolumeHandle v[3];
	VixVolumeInfo *info;
	char *path;

	open_mounted(v, 0);
	ck_ok(VixMntapi_GetVolumeInfo(v[2], &info));
	ck_assert_uint_eq(info->type, VIXMNTAPI_LVM_VOLUME);
	ck_assert(!info->isMounted);
	ck_assert_ptr_null(info->symbolicLink);
	ck_assert_uint_eq(info->numGuestMountPoints, 0);
	ck_assert_ptr_null(info->inGuestMountPoints[0]);
	VixMntapi_FreeVolumeInfo(info);
	ck_ok(VixMntapi_MountVolume(v[2], FALSE)); /* opened READ_ONLY: mounted so */
	ck_ok(VixMntapi_GetVolumeInfo(v[2], &info));
	ck_assert(info->isMounted);
	ck_assert(exists(info->symbolicLink));
	path = strdup(info->symbolicLink);
	VixMntapi_FreeVolumeInfo(info);
	ck_ok(VixMntapi_DismountVolume(v[2], FALSE));
	ck_assert(!exists(path)); /* the mount point is gone too */
	free(path);
	ck_assert_ptr_null(strstr(fake_diary(), "os; ")); /* a plain mount does not inspect */
}
END_TEST

static struct vmnt_guest_mount guest_mounts[] = {
	{ (char *)"/dev/sda2", (char *)"/" },
	{ (char *)"/dev/sda1", (char *)"/boot/efi" },
	{ (char *)"/dev/sda2", (char *)"/srv" },
};

static const struct vmnt_os debian = {
	.family = VIXMNTAPI_OTHER,
	.major = 12,
	.is_64bit = true,
	.vendor = (char *)"Debian",
	.edition = (char *)"Debian GNU/Linux 12",
	.folder = (char *)"/",
	.mounts = guest_mounts,
	.n = 3,
};

START_TEST(os_info_of_a_system)
{
	VixDiskSetHandle set = open_set();
	VixOsInfo *os;

	fake.os = &debian;
	ck_ok(VixMntapi_GetOsInfo(set, &os));
	ck_assert_uint_eq(os->family, VIXMNTAPI_OTHER);
	ck_assert_uint_eq(os->majorVersion, 12);
	ck_assert(os->osIs64Bit);
	ck_assert_str_eq(os->vendor, "Debian");
	ck_assert_str_eq(os->edition, "Debian GNU/Linux 12");
	ck_assert_str_eq(os->osFolder, "/");
	VixMntapi_FreeOsInfo(os);
	ck_ok(VixMntapi_GetOsInfo(set, &os));
	VixMntapi_FreeOsInfo(os);
	ck_assert_str_eq(fake_diary(), "export 0; open 1; os; "); /* once */
}
END_TEST

START_TEST(os_info_without_a_system)
{
	VixDiskSetHandle set = open_set();
	VixOsInfo *os;

	ck_ok(VixMntapi_GetOsInfo(set, &os));
	ck_assert_uint_eq(os->family, VIXMNTAPI_NO_OS);
	ck_assert_str_eq(os->vendor, "");
	ck_assert_str_eq(os->edition, "");
	ck_assert_str_eq(os->osFolder, "");
	VixMntapi_FreeOsInfo(os);
}
END_TEST

START_TEST(os_info_that_fails_can_be_tried_again)
{
	VixDiskSetHandle set = open_set();
	VixOsInfo *os;

	fake.fail_os = VIX_E_MNTAPI_OS_ERROR;
	ck_assert_uint_eq(VixMntapi_GetOsInfo(set, &os), VIX_E_MNTAPI_OS_ERROR);
	ck_assert_ptr_null(os);
	fake.fail_os = VIX_OK;
	ck_ok(VixMntapi_GetOsInfo(set, &os));
	VixMntapi_FreeOsInfo(os);
}
END_TEST

START_TEST(guest_mount_points_are_known_after_os_info)
{
	VixVolumeHandle v[3];
	VixDiskSetHandle set = open_mounted(v, 0);
	VixVolumeInfo *info;
	VixOsInfo *os;

	fake.os = &debian;
	ck_ok(VixMntapi_GetOsInfo(set, &os));
	VixMntapi_FreeOsInfo(os);
	ck_ok(VixMntapi_GetVolumeInfo(v[1], &info));
	ck_assert_uint_eq(info->numGuestMountPoints, 2);
	ck_assert_str_eq(info->inGuestMountPoints[0], "/");
	ck_assert_str_eq(info->inGuestMountPoints[1], "/srv");
	VixMntapi_FreeVolumeInfo(info);
	ck_ok(VixMntapi_GetVolumeInfo(v[2], &info));
	ck_assert_uint_eq(info->numGuestMountPoints, 0);
	VixMntapi_FreeVolumeInfo(info);
}
END_TEST

static void restart(const char *config)
{
	VixMntapi_Exit();
	ck_ok(mount_init(config));
	fake.os = &debian;
}

START_TEST(inspect_always_tells_of_mounted_volumes)
{
	VixVolumeHandle v[3];
	VixVolumeInfo *info;

	restart("vixMntapi.inspect = \"always\"\n");
	open_mounted(v, 1);
	ck_ok(VixMntapi_GetVolumeInfo(v[1], &info));
	ck_assert_uint_eq(info->numGuestMountPoints, 0); /* not mounted: nobody looks */
	VixMntapi_FreeVolumeInfo(info);
	ck_ok(VixMntapi_GetVolumeInfo(v[0], &info));
	ck_assert_uint_eq(info->numGuestMountPoints, 1);
	ck_assert_str_eq(info->inGuestMountPoints[0], "/boot/efi");
	VixMntapi_FreeVolumeInfo(info);
}
END_TEST

START_TEST(inspect_never_finds_no_system)
{
	VixDiskSetHandle set;
	VixOsInfo *os;

	restart("vixMntapi.inspect = never\n");
	set = open_set();
	ck_ok(VixMntapi_GetOsInfo(set, &os));
	ck_assert_uint_eq(os->family, VIXMNTAPI_NO_OS);
	VixMntapi_FreeOsInfo(os);
	ck_assert_str_eq(fake_diary(), "");
}
END_TEST

START_TEST(a_volume_that_can_not_be_mounted_leaves_no_directory)
{
	VixVolumeHandle v[3];
	VixDiskSetHandle set = open_mounted(v, 0);
	VixDiskSetInfo *info;
	char path[300];

	fake.fail_mount = VIX_E_MNTAPI_FORMAT_FAILURE;
	ck_assert_uint_eq(VixMntapi_MountVolume(v[0], TRUE), VIX_E_MNTAPI_FORMAT_FAILURE);
	ck_ok(VixMntapi_GetDiskSetInfo(set, &info));
	snprintf(path, sizeof(path), "%s/1", info->mountPath);
	VixMntapi_FreeDiskSetInfo(info);
	ck_assert(!exists(path));
	ck_assert(!is_volume_mounted(v[0]));
	fake.fail_mount = VIX_OK;
	ck_ok(VixMntapi_MountVolume(v[0], TRUE));
}
END_TEST

static void add_opening(TCase *tc)
{
	tcase_add_test(tc, init_wants_exactly_1_0);
	tcase_add_test(tc, init_comes_after_the_disk_library);
	tcase_add_test(tc, init_reads_the_configuration_file);
	tcase_add_test(tc, calls_before_init);
	tcase_add_test(tc, open_disks_boots_nothing_and_has_a_mount_path);
	tcase_add_test(tc, open_disks_checks_its_arguments);
	tcase_add_test(tc, open_disks_that_fails_at_the_second_closes_the_first);
	tcase_add_test(tc, a_disk_is_in_a_set_once);
	tcase_add_test(tc, sets_share_disks_unless_one_writes);
	tcase_add_test(tc, open_disk_set_checks_its_arguments);
	tcase_add_test(tc, set_functions_check_their_arguments);
	tcase_add_test(tc, handles_of_another_kind_are_refused);
	tcase_add_test(tc, free_functions_take_null);
}

static void add_volumes(TCase *tc)
{
	tcase_add_test(tc, volumes_come_in_the_order_of_disk_place_and_name);
	tcase_add_test(tc, disks_with_nothing_mountable);
	tcase_add_test(tc, volume_functions_check_their_arguments);
	tcase_add_test(tc, volume_info_before_and_after_mounting);
	tcase_add_test(tc, a_volume_that_can_not_be_mounted_leaves_no_directory);
}

static void add_systems(TCase *tc)
{
	tcase_add_test(tc, os_info_of_a_system);
	tcase_add_test(tc, os_info_without_a_system);
	tcase_add_test(tc, os_info_that_fails_can_be_tried_again);
	tcase_add_test(tc, guest_mount_points_are_known_after_os_info);
	tcase_add_test(tc, inspect_always_tells_of_mounted_volumes);
	tcase_add_test(tc, inspect_never_finds_no_system);
}

int main(void)
{
	Suite *s = suite_create("mntapi");
	TCase *tc = unit_tcase(s, "mntapi");

	tcase_add_checked_fixture(tc, fixture_start, fixture_end);
	add_opening(tc);
	add_volumes(tc);
	add_systems(tc);
	return unit_run(s);
}
