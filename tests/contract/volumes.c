/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The contract with programs written for VDDK, rules 19 and 20 for the mount library, and the order
 * of VMware's mount sample: over a fake engine, since the shared library has a virtual machine.
 */
#include "config.h"

#include "../mount/fixture.h"

#define COUNT(array) (int)(sizeof(array) / sizeof((array)[0]))
#define READ_ONLY    VIXDISKLIB_FLAG_OPEN_READ_ONLY
#define GUARD        UINT64_C(0xa5a5a5a5a5a5a5a5)

/* A count between what must stay. */
struct guarded {
	uint64_t before;
	size_t count;
	uint64_t after;
};

static const struct guarded untouched = { GUARD, GUARD, GUARD };

static void has_count(const struct guarded *g, size_t count)
{
	ck_assert_uint_eq(g->before, GUARD);
	ck_assert_uint_eq(g->count, count);
	ck_assert_uint_eq(g->after, GUARD);
}

START_TEST(rule_20_counts_are_eight_bytes)
{
	struct guarded g = untouched;
	VixDiskSetHandle set = open_set();
	VixVolumeHandle *handles;
	VixVolumeInfo *info;

	ck_assert_uint_eq(sizeof(g.count), 8);
	ck_ok(VixMntapi_GetVolumeHandles(set, &g.count, &handles));
	has_count(&g, 3);
	ck_ok(VixMntapi_GetVolumeInfo(handles[0], &info));
	ck_assert_uint_eq(sizeof(info->numGuestMountPoints), 8);
	ck_assert_uint_eq(info->numGuestMountPoints, 0);
	VixMntapi_FreeVolumeInfo(info);
	VixMntapi_FreeVolumeHandles(handles);
	ck_ok(VixMntapi_CloseDiskSet(set));
}
END_TEST

START_TEST(rule_20_counts_are_eight_bytes_after_errors_too)
{
	struct guarded g = untouched;
	VixDiskSetHandle set = open_set();
	VixVolumeHandle *handles;

	fake.fail_volumes = VIX_E_MNTAPI_CANT_READ_PARTS;
	ck_assert_uint_eq(VixMntapi_GetVolumeHandles(set, &g.count, &handles),
			  VIX_E_MNTAPI_CANT_READ_PARTS);
	has_count(&g, 0);
	g = untouched;
	ck_assert_uint_eq(VixMntapi_GetVolumeHandles(NULL, &g.count, &handles),
			  VIX_E_INVALID_HANDLE);
	has_count(&g, 0);
	ck_ok(VixMntapi_CloseDiskSet(set));
}
END_TEST

/* Rule 19 */

typedef VixError (*dismount_fn)(VixVolumeHandle, int);

static const struct truth {
	int passed;
	bool is_true;
} truths[] = { { 0x7fffff00, false }, { 0x100, false }, { 0x7fffff01, true }, { 0x180, true } };

START_TEST(rule_19_force_is_one_byte)
{
	dismount_fn dismount = (dismount_fn)(void (*)(void))VixMntapi_DismountVolume;
	const struct truth *t = &truths[_i];
	VixVolumeHandle v[3];

	open_mounted(v, 1);
	fake_set_busy("1", true);
	ck_assert_uint_eq(dismount(v[0], t->passed),
			  t->is_true ? VIX_OK : VIX_E_MNTAPI_OPEN_HANDLES);
	ck_assert(is_volume_mounted(v[0]) != t->is_true);
	if (!t->is_true)
		fake_set_busy("1", false);
}
END_TEST

/* The order of VMware's sample; mountPath is shown before there is anything in it. */
START_TEST(sample_tells_the_mount_path_before_it_mounts)
{
	VixDiskSetHandle set = open_set();
	VixVolumeHandle v[3];
	VixDiskSetInfo *info;

	ck_ok(VixMntapi_GetDiskSetInfo(set, &info));
	ck_assert_ptr_nonnull(info->mountPath);
	ck_assert_int_eq(info->mountPath[0], '/');
	VixMntapi_FreeDiskSetInfo(info);
	VixMntapi_FreeDiskSetInfo(NULL);
	get_volumes(set, v);
	ck_ok(VixMntapi_MountVolume(v[0], TRUE));
	ck_assert_uint_eq(VixMntapi_MountVolume(v[0], TRUE), VIX_E_MNTAPI_VOLUME_ALREADY_MOUNTED);
	ck_ok(VixMntapi_DismountVolume(v[0], TRUE));
	ck_ok(VixMntapi_CloseDiskSet(set));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("contract: volumes");
	TCase *tc = unit_tcase(s, "volumes");

	tcase_add_checked_fixture(tc, fixture_start, fixture_end);
	tcase_add_test(tc, rule_20_counts_are_eight_bytes);
	tcase_add_test(tc, rule_20_counts_are_eight_bytes_after_errors_too);
	tcase_add_loop_test(tc, rule_19_force_is_one_byte, 0, COUNT(truths));
	tcase_add_test(tc, sample_tells_the_mount_path_before_it_mounts);
	return unit_run(s);
}
