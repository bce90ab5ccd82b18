/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Every function of vixMntapiExt.h: what it does when all is well, and with wrong arguments.
 */
#include "config.h"

#include "fixture.h"

START_TEST(list_volumes_tells_of_what_can_not_be_mounted_too)
{
	VixDiskSetHandle set = open_set();
	VixVolumeDetails *v;
	size_t n;

	ck_ok(VixMntapi_ListVolumes(set, &v, &n));
	ck_assert_uint_eq(n, 4);
	ck_assert_str_eq(v[3].name, "vg/swap");
	ck_assert_str_eq(v[3].fileSystem, "swap");
	ck_assert_str_eq(v[3].state, "not mountable");
	ck_assert_str_eq(v[3].label, "");
	ck_assert_uint_eq(v[3].number, 0);
	ck_assert_uint_eq(v[3].usedBytes, VIXMNTAPI_SIZE_UNKNOWN);
	ck_assert_uint_eq(v[2].usedBytes, VIXMNTAPI_SIZE_UNKNOWN); /* nobody has looked */
	ck_assert_uint_eq(v[2].sizeBytes, 1 << 20);
	ck_assert(!v[3].mountable);
	VixMntapi_FreeVolumeList(v);
}
END_TEST

START_TEST(details_of_one_volume)
{
	VixVolumeHandle v[3];
	VixVolumeDetails *d;

	open_mounted(v, 0);
	ck_ok(VixMntapi_GetVolumeDetails(v[2], &d));
	ck_assert_uint_eq(d->structSize, sizeof(*d));
	ck_assert_uint_eq(d->number, 3);
	ck_assert_str_eq(d->name, "vg/home");
	ck_assert_str_eq(d->kind, "lv");
	ck_assert_str_eq(d->fileSystem, "xfs");
	ck_assert_str_eq(d->device, "/dev/vg/home");
	ck_assert_str_eq(d->label, "label");
	ck_assert_str_eq(d->state, "ok");
	ck_assert_uint_eq(d->usedBytes, 4096);
	VixMntapi_FreeVolumeDetails(d);
	VixMntapi_FreeVolumeDetails(NULL);
	VixMntapi_FreeVolumeList(NULL);
}
END_TEST

START_TEST(details_tell_of_damage)
{
	VixVolumeHandle v[3];
	VixVolumeDetails *d;

	open_mounted(v, 0);
	fake.damaged = "/dev/sda2";
	ck_ok(VixMntapi_GetVolumeDetails(v[1], &d));
	ck_assert_str_eq(d->state, "damaged: bad superblock");
	ck_assert_uint_eq(d->usedBytes, VIXMNTAPI_SIZE_UNKNOWN);
	ck_assert(d->mountable);
	VixMntapi_FreeVolumeDetails(d);
	fake.fail_probe = VIX_E_MNTAPI_OS_ERROR;
	ck_assert_uint_eq(VixMntapi_GetVolumeDetails(v[1], &d), VIX_E_MNTAPI_OS_ERROR);
	ck_assert_ptr_null(d);
}
END_TEST

START_TEST(a_partial_mount_leaves_out_what_is_damaged)
{
	VixVolumeHandle v[3];
	VixDiskSetHandle set = open_mounted(v, 0);
	VixMountOptions opts = { .structSize = sizeof(opts),
				 .mountPoint = tree_dir(),
				 .flags = VIXMNTAPI_MOUNT_PARTIAL };
	VixVolumeDetails *list;
	size_t n;

	fake.damaged = "/dev/sda1";
	ck_ok(VixMntapi_MountDiskSet(set, NULL, 0, &opts));
	ck_assert_ptr_nonnull(strstr(fake_last_request(), "a.vmdk|disk0-p2,vg-home"));
	ck_ok(VixMntapi_ListVolumes(set, &list, &n));
	ck_assert_str_eq(list[0].state, "damaged: bad superblock");
	ck_assert_str_eq(list[1].state, "ok");
	ck_assert_uint_eq(list[1].usedBytes, 4096);
	VixMntapi_FreeVolumeList(list);
	ck_ok(VixMntapi_DismountDiskSet(set, FALSE));

	warnings = 0;
	ck_assert_uint_eq(VixMntapi_MountDiskSet(set, v, 1, &opts), VIX_E_MNTAPI_FORMAT_FAILURE);
	ck_assert_uint_eq(warnings, 1);
	ck_assert_str_eq(last_warning,
			 "disk0 p1 (vfat) cannot be mounted: damaged: bad superblock");
	fake.fail_probe = VIX_E_MNTAPI_OS_ERROR;
	ck_assert_uint_eq(VixMntapi_MountDiskSet(set, NULL, 0, &opts), VIX_E_MNTAPI_OS_ERROR);
}
END_TEST

START_TEST(a_mount_can_be_checked_before_anything_starts)
{
	VixDiskSetHandle set = open_set();
	VixMountOptions opts = { .structSize = sizeof(opts),
				 .mountPoint = tree_dir(),
				 .flags = VIXMNTAPI_MOUNT_CHECK };

	ck_ok(VixMntapi_MountDiskSet(set, NULL, 0, &opts));
	opts.fuseOptions = "no_such_option";
	ck_assert_uint_eq(VixMntapi_MountDiskSet(set, NULL, 0, &opts), VIX_E_INVALID_ARG);
	ck_assert_str_eq(fake_diary(), "");
	ck_assert(!fake_is_mounted("tree"));
}
END_TEST

START_TEST(mount_disk_set_gives_each_volume_a_directory)
{
	VixDiskSetHandle set = open_set();
	VixMountOptions opts = { .structSize = sizeof(opts),
				 .mountPoint = tree_dir(),
				 .fuseOptions = "allow_other,nonempty,uid=7",
				 .sourceName = "web01" };

	mount_tree(set);
	ck_assert_ptr_nonnull(strstr(fake_last_request(), "a.vmdk|disk0-p1,disk0-p2,vg-home"));
	ck_assert_uint_eq(VixMntapi_MountDiskSet(set, NULL, 0, &opts),
			  VIX_E_MNTAPI_DISK_IS_MOUNTED);
	ck_ok(VixMntapi_DismountDiskSet(set, FALSE));
	put_text(in_tmpdir("tree/file"), "x");
	ck_ok(VixMntapi_MountDiskSet(set, NULL, 0, &opts));
	ck_assert_str_eq(fake_last_request(),
			 "allow_other,nonempty,uid=7|web01|disk0-p1,disk0-p2,vg-home");
	fake_set_busy("tree", true);
	ck_assert_uint_eq(VixMntapi_DismountDiskSet(set, FALSE), VIX_E_MNTAPI_OPEN_HANDLES);
	ck_ok(VixMntapi_DismountDiskSet(set, TRUE));
	ck_assert(exists(in_tmpdir("tree"))); /* the caller's, not ours */
}
END_TEST

/* A process that is killed leaves the mount behind: whoever cleans up must know of it. */
START_TEST(mount_disk_set_leaves_a_note_of_the_place)
{
	VixDiskSetHandle set = open_set();
	char path[300], *text = NULL;
	VixDiskSetInfo *info;

	mount_tree(set);
	ck_ok(VixMntapi_GetDiskSetInfo(set, &info));
	snprintf(path, sizeof(path), "%s/tree", info->mountPath);
	VixMntapi_FreeDiskSetInfo(info);
	ck_assert_int_eq(vu_read_file(path, 4096, &text, NULL), 0);
	ck_assert_str_eq(text, tree_dir());
	free(text);
	ck_ok(VixMntapi_DismountDiskSet(set, FALSE));
	ck_assert(!exists(path));
	fake.fail_mount = VIX_E_MNTAPI_PERM;
	ck_assert_uint_eq(VixMntapi_MountDiskSet(set, NULL, 0,
						 &(VixMountOptions){
							 .structSize = sizeof(VixMountOptions),
							 .mountPoint = tree_dir(),
						 }),
			  VIX_E_MNTAPI_PERM);
	ck_assert(!exists(path));
}
END_TEST

START_TEST(mount_disk_set_mounts_what_was_chosen)
{
	VixVolumeHandle v[3];
	VixDiskSetHandle set = open_mounted(v, 1);
	VixVolumeHandle two[2] = { v[2], v[0] };
	VixMountOptions opts = { .structSize = sizeof(opts) + 8, /* of a newer program */
				 .mountPoint = tree_dir() };

	ck_ok(VixMntapi_MountDiskSet(set, two, 2, &opts));
	ck_assert_ptr_nonnull(strstr(fake_last_request(), "|vg-home,disk0-p1"));
	ck_ok(VixMntapi_DismountDiskSet(set, FALSE));
	opts.flags = VIXMNTAPI_MOUNT_SINGLE;
	ck_ok(VixMntapi_MountDiskSet(set, &v[1], 1, &opts));
	ck_assert_ptr_nonnull(strstr(fake_last_request(), "|-"));
}
END_TEST

START_TEST(mount_disk_set_checks_its_arguments)
{
	VixVolumeHandle v[3], others[3];
	VixDiskSetHandle other = open_mounted(others, 0), set = open_mounted(v, 0);
	VixVolumeHandle twice[2] = { v[0], v[0] };
	VixMountOptions good = { .structSize = sizeof(good), .mountPoint = tree_dir() };
	VixMountOptions opts = good;

	(void)other;
	ck_assert_uint_eq(VixMntapi_MountDiskSet(NULL, NULL, 0, &good), VIX_E_INVALID_HANDLE);
	ck_assert_uint_eq(VixMntapi_MountDiskSet(set, NULL, 1, &good), VIX_E_INVALID_ARG);
	ck_assert_uint_eq(VixMntapi_MountDiskSet(set, NULL, 0, NULL), VIX_E_INVALID_ARG);
	ck_assert_uint_eq(VixMntapi_MountDiskSet(set, others, 1, &good), VIX_E_INVALID_HANDLE);
	ck_assert_uint_eq(VixMntapi_MountDiskSet(set, twice, 2, &good), VIX_E_INVALID_ARG);
	opts.structSize--;
	ck_assert_uint_eq(VixMntapi_MountDiskSet(set, NULL, 0, &opts), VIX_E_INVALID_ARG);
	opts = good;
	opts.mountPoint = NULL;
	ck_assert_uint_eq(VixMntapi_MountDiskSet(set, NULL, 0, &opts), VIX_E_INVALID_ARG);
	opts = good;
	opts.symlinks = 3;
	ck_assert_uint_eq(VixMntapi_MountDiskSet(set, NULL, 0, &opts), VIX_E_INVALID_ARG);
	opts = good;
	opts.flags = 8;
	ck_assert_uint_eq(VixMntapi_MountDiskSet(set, NULL, 0, &opts), VIX_E_INVALID_ARG);
	opts = good;
	opts.fuseOptions = "rw";
	ck_assert_uint_eq(VixMntapi_MountDiskSet(set, NULL, 0, &opts), VIX_E_INVALID_ARG);
	opts = good;
	opts.flags = VIXMNTAPI_MOUNT_SINGLE; /* there are three */
	ck_assert_uint_eq(VixMntapi_MountDiskSet(set, NULL, 0, &opts), VIX_E_INVALID_ARG);
	ck_ok(VixMntapi_MountDiskSet(set, NULL, 0, &good));
}
END_TEST

START_TEST(mount_disk_set_checks_the_mount_point_before_it_starts_anything)
{
	VixDiskSetHandle set = open_set();
	VixMountOptions opts = { .structSize = sizeof(opts), .mountPoint = in_tmpdir("none") };

	ck_assert_uint_eq(VixMntapi_MountDiskSet(set, NULL, 0, &opts),
			  VIX_E_MNTAPI_MOUNTPT_NOT_FOUND);
	opts.mountPoint = tmpdir; /* the disks are in it */
	ck_assert_uint_eq(VixMntapi_MountDiskSet(set, NULL, 0, &opts), VIX_E_MNTAPI_MOUNTPT_IN_USE);
	ck_assert_str_eq(fake_diary(), "");
}
END_TEST

static const struct fake_volume hostile[] = {
	{ "/dev/a", "a-b/c", "lv", "ext4", 0, 1, VIXMNTAPI_LVM_VOLUME, true },
	{ "/dev/b", "a/b-c", "lv", "ext4", 0, 2, VIXMNTAPI_LVM_VOLUME, true },
	{ "/dev/c", "../../etc", "lv", "ext4", 0, 3, VIXMNTAPI_LVM_VOLUME, true },
	{ "/dev/d", "", "lv", "ext4", 0, 4, VIXMNTAPI_LVM_VOLUME, true },
	{ "/dev/e", "..", "lv", "ext4", 0, 5, VIXMNTAPI_LVM_VOLUME, true },
	{ "/dev/f", "a\n\033b,c=\\", "lv", "ext4", 0, 6, VIXMNTAPI_LVM_VOLUME, true },
};

START_TEST(names_of_directories_are_safe_and_different)
{
	VixDiskSetHandle set = open_set();

	fake.volumes = hostile;
	fake.n_volumes = sizeof(hostile) / sizeof(hostile[0]);
	mount_tree(set);
	ck_assert_str_eq(strrchr(fake_last_request(), '|'),
			 "|a-b-c,a-b-c_2,_.-..-etc,volume,_.,a__b_c__");
}
END_TEST

/* A guest may give thousands of volumes names that come to the same. */
START_TEST(names_that_are_all_the_same_cost_little)
{
	static struct fake_volume many[3000];
	const size_t n = sizeof(many) / sizeof(many[0]);
	VixMountOptions opts = { .structSize = sizeof(opts),
				 .mountPoint = tree_dir(),
				 .flags = VIXMNTAPI_MOUNT_SINGLE };
	VixVolumeHandle *handles;
	VixDiskSetHandle set = open_set();
	size_t found;

	for (size_t i = 0; i < n; i++)
		many[i] = (struct fake_volume){
			"/dev/a", "a/b", "lv", "ext4", 0, i, VIXMNTAPI_LVM_VOLUME, true
		};
	fake.volumes = many;
	fake.n_volumes = n;
	ck_ok(VixMntapi_GetVolumeHandles(set, &found, &handles));
	ck_assert_uint_eq(found, n);
	VixMntapi_FreeVolumeHandles(handles);
	ck_assert_uint_eq(VixMntapi_MountDiskSet(set, NULL, 0, &opts), VIX_E_INVALID_ARG);
	fake.n_volumes = 10;
	ck_ok(VixMntapi_CloseDiskSet(set));
	mount_tree(open_set());
	ck_assert_str_eq(strrchr(fake_last_request(), '|'),
			 "|a-b,a-b_2,a-b_3,a-b_4,a-b_5,a-b_6,a-b_7,a-b_8,a-b~9,a-b~10");
}
END_TEST

START_TEST(engine_info_starts_nothing)
{
	VixDiskSetHandle set = open_set();
	VixVolumeHandle v[3];
	char text[64] = "untouched";

	ck_assert_uint_eq(VixMntapi_GetEngineInfo(set, text, 4), VIX_E_BUFFER_TOOSMALL);
	ck_assert_uint_eq(VixMntapi_GetEngineInfo(set, text, 0), VIX_E_BUFFER_TOOSMALL);
	ck_assert_str_eq(text, "untouched");
	ck_assert_uint_eq(VixMntapi_GetEngineInfo(set, NULL, 64), VIX_E_INVALID_ARG);
	ck_assert_uint_eq(VixMntapi_GetEngineInfo(NULL, text, 64), VIX_E_INVALID_HANDLE);
	ck_ok(VixMntapi_GetEngineInfo(set, text, 5));
	ck_assert_str_eq(text, "fake");
	ck_assert_str_eq(fake_diary(), "");
	get_volumes(set, v);
	ck_ok(VixMntapi_GetEngineInfo(set, text, sizeof(text)));
	ck_assert_str_eq(text, "fake (running)");
}
END_TEST

int main(void)
{
	Suite *s = suite_create("mntapi-ext");
	TCase *tc = unit_tcase(s, "mntapi-ext");

	tcase_add_checked_fixture(tc, fixture_start, fixture_end);
	tcase_add_test(tc, list_volumes_tells_of_what_can_not_be_mounted_too);
	tcase_add_test(tc, details_of_one_volume);
	tcase_add_test(tc, details_tell_of_damage);
	tcase_add_test(tc, a_partial_mount_leaves_out_what_is_damaged);
	tcase_add_test(tc, a_mount_can_be_checked_before_anything_starts);
	tcase_add_test(tc, mount_disk_set_gives_each_volume_a_directory);
	tcase_add_test(tc, mount_disk_set_leaves_a_note_of_the_place);
	tcase_add_test(tc, mount_disk_set_mounts_what_was_chosen);
	tcase_add_test(tc, mount_disk_set_checks_its_arguments);
	tcase_add_test(tc, mount_disk_set_checks_the_mount_point_before_it_starts_anything);
	tcase_add_test(tc, names_of_directories_are_safe_and_different);
	tcase_add_test(tc, names_that_are_all_the_same_cost_little);
	tcase_add_test(tc, engine_info_starts_nothing);
	return unit_run(s);
}
