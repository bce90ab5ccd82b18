/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Calls in a wrong order: a test for each.  None may crash, hang, leave something behind or lose
 * what was written; each gives its code.
 */
#include "config.h"

#include "fixture.h"

#define ALL_DOWN "close; stop 0; "

/* Every call that takes a set, on one that is dead. */
static void check_set_is_dead(VixDiskSetHandle set)
{
	VixMountOptions opts = { .structSize = sizeof(opts), .mountPoint = "/" };
	VixDiskSetInfo *set_info;
	VixOsInfo *os_info;
	VixVolumeHandle *handles;
	VixVolumeDetails *details;
	char text[64];
	size_t n;

	ck_assert_uint_eq(VixMntapi_GetDiskSetInfo(set, &set_info), VIX_E_INVALID_HANDLE);
	ck_assert_uint_eq(VixMntapi_GetOsInfo(set, &os_info), VIX_E_INVALID_HANDLE);
	ck_assert_uint_eq(VixMntapi_GetVolumeHandles(set, &n, &handles), VIX_E_INVALID_HANDLE);
	ck_assert_uint_eq(VixMntapi_ListVolumes(set, &details, &n), VIX_E_INVALID_HANDLE);
	ck_assert_uint_eq(VixMntapi_MountDiskSet(set, NULL, 0, &opts), VIX_E_INVALID_HANDLE);
	ck_assert_uint_eq(VixMntapi_DismountDiskSet(set, TRUE), VIX_E_INVALID_HANDLE);
	ck_assert_uint_eq(VixMntapi_GetEngineInfo(set, text, sizeof(text)), VIX_E_INVALID_HANDLE);
	ck_assert_uint_eq(VixMntapi_CloseDiskSet(set), VIX_E_INVALID_HANDLE);
}

static void check_volume_is_dead(VixVolumeHandle v)
{
	VixVolumeInfo *info;
	VixVolumeDetails *details;

	ck_assert_uint_eq(VixMntapi_MountVolume(v, TRUE), VIX_E_INVALID_HANDLE);
	ck_assert_uint_eq(VixMntapi_DismountVolume(v, TRUE), VIX_E_INVALID_HANDLE);
	ck_assert_uint_eq(VixMntapi_GetVolumeInfo(v, &info), VIX_E_INVALID_HANDLE);
	ck_assert_uint_eq(VixMntapi_GetVolumeDetails(v, &details), VIX_E_INVALID_HANDLE);
}

static void check_disk_is_dead(VixDiskLibHandle disk)
{
	uint8 sector[VIXDISKLIB_SECTOR_SIZE];

	ck_assert_uint_eq(VixDiskLib_Read(disk, 0, 1, sector), VIX_E_INVALID_HANDLE);
}

START_TEST(close_of_a_member_disk_is_refused_and_changes_nothing)
{
	VixDiskLibHandle disk = open_disk("a.vmdk");
	VixDiskSetHandle set;
	VixVolumeHandle v[3];
	uint8 sector[VIXDISKLIB_SECTOR_SIZE];

	ck_ok(VixMntapi_OpenDiskSet(&disk, 1, VIXDISKLIB_FLAG_OPEN_READ_ONLY, &set));
	get_volumes(set, v);
	ck_ok(VixMntapi_MountVolume(v[0], TRUE));
	ck_assert_uint_eq(VixDiskLib_Close(disk), VIX_E_OBJECT_IS_BUSY);
	ck_assert_uint_eq(VixDiskLib_Close(disk), VIX_E_OBJECT_IS_BUSY);
	ck_ok(VixDiskLib_Read(disk, 0, 1, sector));
	ck_assert(is_volume_mounted(v[0]));
	ck_ok(VixMntapi_CloseDiskSet(set));
	ck_ok(VixDiskLib_Read(disk, 0, 1, sector)); /* borrowed: not closed with the set */
	ck_ok(VixDiskLib_Close(disk));
}
END_TEST

START_TEST(disconnect_with_a_set_open_shuts_it_down_in_order)
{
	VixVolumeHandle v[3];
	VixDiskSetHandle set = open_mounted(v, 2);

	mount_tree(set);
	fake_diary();
	ck_ok(VixDiskLib_Disconnect(conn));
	ck_assert_str_eq(fake_diary(), "detach 1; detach 2; detach tree; " ALL_DOWN);
	ck_assert_uint_eq(warnings, 1);
	ck_assert_ptr_nonnull(strstr(last_warning, "VixMntapi_CloseDiskSet"));
	check_set_is_dead(set);
	for (int i = 0; i < 3; i++)
		check_volume_is_dead(v[i]);
	ck_assert_uint_eq(VixDiskLib_Disconnect(conn), VIX_E_DISK_INVALID_CONNECTION);
}
END_TEST

START_TEST(disconnect_with_a_set_of_handles_open_shuts_it_down_before_the_disks)
{
	VixDiskLibHandle disks[2] = { open_disk("a.vmdk"), open_disk("b.vmdk") };
	VixDiskSetHandle set;
	VixVolumeHandle v[3];

	ck_ok(VixMntapi_OpenDiskSet(disks, 2, 0, &set));
	get_volumes(set, v);
	fake_diary();
	warnings = 0;
	ck_ok(VixDiskLib_Disconnect(conn));
	ck_assert_str_eq(fake_diary(), "close; stop 0; stop 1; ");
	ck_assert(fake_disks_answered());
	ck_assert_uint_eq(warnings, 1);
	check_set_is_dead(set);
	check_volume_is_dead(v[0]);
	check_disk_is_dead(disks[0]);
	check_disk_is_dead(disks[1]);
}
END_TEST

START_TEST(disconnect_with_several_sets_open_warns_once)
{
	VixDiskSetHandle sets[3] = { open_set(), open_set(), open_set() };

	ck_ok(VixDiskLib_Disconnect(conn));
	ck_assert_uint_eq(warnings, 1);
	ck_assert_ptr_nonnull(strstr(last_warning, "3 disk sets"));
	for (int i = 0; i < 3; i++)
		check_set_is_dead(sets[i]);
}
END_TEST

START_TEST(disconnect_takes_busy_mounts_away)
{
	VixVolumeHandle v[3];
	VixDiskSetHandle set = open_mounted(v, 3);

	fake_set_busy("2", true);
	fake_diary();
	ck_ok(VixDiskLib_Disconnect(conn));
	ck_assert_str_eq(fake_diary(), "detach 1; detach 2; detach 3; " ALL_DOWN);
	check_set_is_dead(set);
}
END_TEST

START_TEST(disconnect_leaves_sets_of_other_connections_alone)
{
	VixDiskLibConnection other;
	VixVolumeHandle v[3];
	VixDiskSetHandle set = open_mounted(v, 1);

	ck_ok(VixDiskLib_Connect(NULL, &other));
	ck_ok(VixDiskLib_Disconnect(other));
	ck_assert_uint_eq(warnings, 0);
	ck_assert(is_volume_mounted(v[0]));
	ck_ok(VixMntapi_CloseDiskSet(set));
}
END_TEST

START_TEST(disconnect_after_close_disk_set_is_quiet)
{
	ck_ok(VixMntapi_CloseDiskSet(open_set()));
	ck_ok(VixDiskLib_Disconnect(conn));
	ck_assert_uint_eq(warnings, 0);
}
END_TEST

START_TEST(close_disk_set_while_busy_changes_nothing)
{
	VixVolumeHandle v[3];
	VixDiskSetHandle set = open_mounted(v, 3);
	VixDiskSetInfo *info;

	fake_set_busy("3", true);
	fake_diary();
	ck_assert_uint_eq(VixMntapi_CloseDiskSet(set), VIX_E_MNTAPI_OPEN_HANDLES);
	ck_assert_str_eq(fake_diary(), "unmount 1; unmount 2; unmount 3; mount 1; mount 2; ");
	for (int i = 0; i < 3; i++)
		ck_assert(is_volume_mounted(v[i]));
	ck_ok(VixMntapi_GetDiskSetInfo(set, &info));
	VixMntapi_FreeDiskSetInfo(info);
	fake_set_busy("3", false);
	fake_diary();
	ck_ok(VixMntapi_CloseDiskSet(set));
	ck_assert_str_eq(fake_diary(), "unmount 1; unmount 2; unmount 3; " ALL_DOWN);
}
END_TEST

START_TEST(close_disk_set_while_the_whole_is_busy_changes_nothing)
{
	VixVolumeHandle v[3];
	VixDiskSetHandle set = open_mounted(v, 1);

	mount_tree(set);
	fake_set_busy("tree", true);
	ck_assert_uint_eq(VixMntapi_CloseDiskSet(set), VIX_E_MNTAPI_OPEN_HANDLES);
	ck_assert(fake_is_mounted("1"));
	ck_assert(fake_is_mounted("tree"));
	fake_set_busy("tree", false);
	ck_ok(VixMntapi_CloseDiskSet(set));
}
END_TEST

START_TEST(close_disk_set_twice)
{
	VixDiskSetHandle set = open_set();

	ck_ok(VixMntapi_CloseDiskSet(set));
	check_set_is_dead(set);
}
END_TEST

START_TEST(dismount_after_close_disk_set)
{
	VixVolumeHandle v[3];
	VixDiskSetHandle set = open_mounted(v, 2);

	ck_ok(VixMntapi_CloseDiskSet(set));
	for (int i = 0; i < 3; i++)
		check_volume_is_dead(v[i]);
}
END_TEST

START_TEST(what_was_told_outlives_the_set)
{
	VixVolumeHandle v[3], *handles;
	VixDiskSetHandle set = open_mounted(v, 1);
	VixDiskSetInfo *set_info;
	VixVolumeInfo *volume_info;
	VixVolumeDetails *list;
	size_t n;

	ck_ok(VixMntapi_GetDiskSetInfo(set, &set_info));
	ck_ok(VixMntapi_GetVolumeInfo(v[0], &volume_info));
	ck_ok(VixMntapi_ListVolumes(set, &list, &n));
	ck_ok(VixMntapi_GetVolumeHandles(set, &n, &handles));
	ck_ok(VixMntapi_CloseDiskSet(set));
	ck_assert_ptr_nonnull(strstr(volume_info->symbolicLink, set_info->mountPath));
	ck_assert_str_eq(list[0].name, "disk0 p1");
	VixMntapi_FreeVolumeHandles(handles);
	VixMntapi_FreeVolumeList(list);
	VixMntapi_FreeVolumeInfo(volume_info);
	VixMntapi_FreeDiskSetInfo(set_info);
}
END_TEST

START_TEST(mount_twice_and_dismount_twice)
{
	VixVolumeHandle v[3];
	VixDiskSetHandle set = open_mounted(v, 1);

	ck_assert_uint_eq(VixMntapi_MountVolume(v[0], TRUE), VIX_E_MNTAPI_VOLUME_ALREADY_MOUNTED);
	ck_ok(VixMntapi_DismountVolume(v[0], FALSE));
	ck_assert_uint_eq(VixMntapi_DismountVolume(v[0], TRUE), VIX_E_MNTAPI_VOLUME_NOT_MOUNTED);
	ck_assert_uint_eq(VixMntapi_DismountDiskSet(set, TRUE), VIX_E_MNTAPI_DISK_NOT_MOUNTED);
	ck_ok(VixMntapi_CloseDiskSet(set));
}
END_TEST

START_TEST(dismount_of_a_busy_volume_is_refused_unless_forced)
{
	VixVolumeHandle v[3];

	open_mounted(v, 1);
	fake_set_busy("1", true);
	ck_assert_uint_eq(VixMntapi_DismountVolume(v[0], FALSE), VIX_E_MNTAPI_OPEN_HANDLES);
	ck_assert(is_volume_mounted(v[0]));
	ck_ok(VixMntapi_DismountVolume(v[0], TRUE));
	ck_assert(!is_volume_mounted(v[0]));
}
END_TEST

START_TEST(unmounted_by_somebody_else)
{
	VixVolumeHandle v[3];
	VixDiskSetHandle set = open_mounted(v, 3);

	fake_set_gone("1");
	fake_set_gone("2");
	fake_set_gone("3");
	ck_assert_uint_eq(VixMntapi_DismountVolume(v[0], FALSE), VIX_E_MNTAPI_VOLUME_NOT_MOUNTED);
	ck_assert(!is_volume_mounted(v[1]));
	ck_ok(VixMntapi_MountVolume(v[1], TRUE));
	ck_ok(VixMntapi_CloseDiskSet(set));
}
END_TEST

START_TEST(disk_library_exit_with_everything_open)
{
	VixVolumeHandle v[3];
	VixDiskSetHandle set = open_mounted(v, 3);
	VixDiskLibHandle disk = open_disk("b.vmdk");

	mount_tree(set);
	fake_set_busy("2", true);
	fake_diary();
	VixDiskLib_Exit();
	ck_assert_str_eq(fake_diary(), "detach 1; detach 2; detach 3; detach tree; " ALL_DOWN);
	ck_assert_uint_eq(warnings, 1);
	check_set_is_dead(set);
	check_volume_is_dead(v[0]);
	ck_assert_uint_eq(VixDiskLib_Close(disk), VIX_E_DISK_NOINIT);
	VixMntapi_Exit();
}
END_TEST

START_TEST(mount_library_exit_with_everything_open)
{
	VixVolumeHandle v[3];
	VixDiskSetHandle set = open_mounted(v, 3), other = open_set();
	VixOsInfo *os;

	mount_tree(set);
	fake_set_busy("tree", true);
	ck_ok(VixMntapi_GetOsInfo(other, &os)); /* a second engine */
	VixMntapi_FreeOsInfo(os);
	VixMntapi_Exit();
	ck_assert_uint_eq(fake_alive(), 0);
	ck_assert_uint_eq(VixMntapi_CloseDiskSet(set), VIX_E_DISK_NOINIT);
	ck_assert_uint_eq(VixMntapi_MountVolume(v[0], TRUE), VIX_E_DISK_NOINIT);
	ck_ok(VixDiskLib_Disconnect(conn));
}
END_TEST

START_TEST(exit_too_often_and_init_again)
{
	VixDiskSetHandle set;

	VixMntapi_Exit();
	VixMntapi_Exit();
	VixMntapi_Exit();
	ck_ok(mount_init(""));
	set = open_set();
	ck_ok(VixMntapi_CloseDiskSet(set));
}
END_TEST

START_TEST(exit_counts)
{
	VixDiskSetHandle set = open_set();

	ck_ok(mount_init(""));
	VixMntapi_Exit();
	ck_ok(VixMntapi_CloseDiskSet(set)); /* the first Init still holds */
}
END_TEST

START_TEST(set_dies_when_one_disk_of_two_connections_goes)
{
	VixDiskLibHandle disks[2] = { open_disk("a.vmdk"), NULL };
	VixDiskLibConnection other;
	VixDiskSetHandle set;

	ck_ok(VixDiskLib_Connect(NULL, &other));
	ck_ok(VixDiskLib_Open(other, in_tmpdir("b.vmdk"), VIXDISKLIB_FLAG_OPEN_READ_ONLY,
			      &disks[1]));
	ck_ok(VixMntapi_OpenDiskSet(disks, 2, 0, &set));
	ck_ok(VixDiskLib_Disconnect(other));
	check_set_is_dead(set);
	check_disk_is_dead(disks[1]);
	ck_ok(VixDiskLib_Close(disks[0]));
}
END_TEST

START_TEST(a_mount_that_will_not_go_away_does_not_hold_the_rest)
{
	VixVolumeHandle v[3];
	VixDiskSetHandle set = open_mounted(v, 1);

	fake.fail_unmount = VIX_E_MNTAPI_UMOUNT;
	ck_assert_uint_eq(VixMntapi_CloseDiskSet(set), VIX_E_MNTAPI_UMOUNT);
	check_set_is_dead(set);
	check_volume_is_dead(v[0]);
	ck_assert_uint_eq(fake_alive(), 3); /* what the mount stands on is kept */
	ck_ok(VixMntapi_CloseDiskSet(open_set()));
}
END_TEST

START_TEST(a_write_that_was_lost_at_the_end_is_told)
{
	VixVolumeHandle v[3];
	VixDiskSetHandle set = open_mounted(v, 1);

	fake.fail_export_stop = VIX_E_DISK_FULL;
	ck_assert_uint_eq(VixMntapi_CloseDiskSet(set), VIX_E_DISK_FULL);
	check_set_is_dead(set);
}
END_TEST

static TCase *wrong_order(Suite *s)
{
	TCase *tc = unit_tcase(s, "order");

	tcase_add_checked_fixture(tc, fixture_start, fixture_end);
	return tc;
}

int main(void)
{
	Suite *s = suite_create("order");
	TCase *tc = wrong_order(s);

	tcase_add_test(tc, close_of_a_member_disk_is_refused_and_changes_nothing);
	tcase_add_test(tc, disconnect_with_a_set_open_shuts_it_down_in_order);
	tcase_add_test(tc, disconnect_with_a_set_of_handles_open_shuts_it_down_before_the_disks);
	tcase_add_test(tc, disconnect_with_several_sets_open_warns_once);
	tcase_add_test(tc, disconnect_takes_busy_mounts_away);
	tcase_add_test(tc, disconnect_leaves_sets_of_other_connections_alone);
	tcase_add_test(tc, disconnect_after_close_disk_set_is_quiet);
	tcase_add_test(tc, close_disk_set_while_busy_changes_nothing);
	tcase_add_test(tc, close_disk_set_while_the_whole_is_busy_changes_nothing);
	tcase_add_test(tc, close_disk_set_twice);
	tcase_add_test(tc, dismount_after_close_disk_set);
	tcase_add_test(tc, what_was_told_outlives_the_set);
	tcase_add_test(tc, mount_twice_and_dismount_twice);
	tcase_add_test(tc, dismount_of_a_busy_volume_is_refused_unless_forced);
	tcase_add_test(tc, unmounted_by_somebody_else);
	tcase_add_test(tc, disk_library_exit_with_everything_open);
	tcase_add_test(tc, mount_library_exit_with_everything_open);
	tcase_add_test(tc, exit_too_often_and_init_again);
	tcase_add_test(tc, exit_counts);
	tcase_add_test(tc, set_dies_when_one_disk_of_two_connections_goes);
	tcase_add_test(tc, a_write_that_was_lost_at_the_end_is_told);
	/* Without the end of the fixture, which wants nothing to be left. */
	tc = unit_tcase(s, "stuck");
	tcase_add_checked_fixture(tc, fixture_start, NULL);
	tcase_add_test(tc, a_mount_that_will_not_go_away_does_not_hold_the_rest);
	return unit_run(s);
}
