/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * libmount/fuse/options.c
 */
#include "config.h"

#include "unit.h"

#include <string.h>

#include "../../libmount/fuse/options.h"

static struct vmnt_fuse_options parse(const char *text, bool is_root)
{
	struct vmnt_fuse_options o;

	ck_assert_uint_eq(vmnt_fuse_options_parse(text, is_root, &o), VIX_OK);
	return o;
}

static void refuses(const char *text)
{
	struct vmnt_fuse_options o;

	ck_assert_msg(vmnt_fuse_options_parse(text, true, &o) == VIX_E_INVALID_ARG, "%s", text);
	ck_assert_msg(vmnt_fuse_options_parse(text, false, &o) == VIX_E_INVALID_ARG, "%s", text);
}

START_TEST(a_users_mount_is_the_users_own)
{
	struct vmnt_fuse_options o = parse(NULL, false);

	ck_assert(!o.allow_other);
	ck_assert(!o.default_permissions);
	ck_assert(!o.has_uid && !o.has_gid && !o.has_umask && !o.nonempty);
	ck_assert_uint_eq(o.max_read, 0);
}
END_TEST

START_TEST(roots_mount_is_open_but_checked)
{
	struct vmnt_fuse_options o = parse("", true);

	ck_assert(o.allow_other);
	ck_assert(o.default_permissions);
}
END_TEST

START_TEST(allow_other_asked_for_checks_nothing)
{
	ck_assert(parse("allow_other", true).allow_other);
	ck_assert(!parse("allow_other", true).default_permissions);
	ck_assert(parse("default_permissions,allow_other", true).default_permissions);
}
END_TEST

START_TEST(allow_root_lets_in_two_users)
{
	struct vmnt_fuse_options user = parse("allow_root", false);
	struct vmnt_fuse_options root = parse("allow_root", true);

	ck_assert(user.allow_other && user.only_root_and_owner);
	ck_assert(!root.allow_other && !root.only_root_and_owner);
	refuses("allow_root,allow_other");
}
END_TEST

START_TEST(numbers_are_taken)
{
	struct vmnt_fuse_options o = parse("uid=1000,gid=100,umask=027,max_read=131072", false);

	ck_assert(o.has_uid && o.has_gid && o.has_umask);
	ck_assert_uint_eq(o.uid, 1000);
	ck_assert_uint_eq(o.gid, 100);
	ck_assert_uint_eq(o.umask, 027);
	ck_assert_uint_eq(o.max_read, 131072);
	ck_assert_uint_eq(parse("uid=4294967294", false).uid, 4294967294U);
}
END_TEST

START_TEST(what_is_so_anyway_may_be_said)
{
	(void)parse("ro,nosuid,nodev,noexec", false);
	ck_assert(parse(",,nonempty,", false).nonempty);
}
END_TEST

START_TEST(what_weakens_the_mount_is_refused)
{
	static const char *const bad[] = {
		"rw",         "suid", "dev",       "exec",       "auto_unmount", "fd=3",
		"rootmode=0", "fd",   "user_id=0", "group_id=0", "fsname=x",     "subtype=y"
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		refuses(bad[i]);
	refuses("ro,uid=1,suid");
}
END_TEST

START_TEST(what_is_unknown_is_refused)
{
	refuses("atomic");
	refuses("RO");
	refuses("ro ");
	refuses("allow_other\\,suid");
	refuses("blksize=512");
	refuses("\n");
}
END_TEST

START_TEST(values_must_be_numbers_in_range)
{
	static const char *const bad[] = { "uid",
					   "uid=",
					   "uid=root",
					   "uid=-1",
					   "uid=4294967295",
					   "uid=1x",
					   "uid= 1",
					   "umask=1000",
					   "umask=8",
					   "max_read=0",
					   "max_read=1048577",
					   "uid=99999999999999999999",
					   "ro=1",
					   "allow_other=0" };

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		refuses(bad[i]);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("fuseopts");
	TCase *tc = unit_tcase(s, "options");

	tcase_add_test(tc, a_users_mount_is_the_users_own);
	tcase_add_test(tc, roots_mount_is_open_but_checked);
	tcase_add_test(tc, allow_other_asked_for_checks_nothing);
	tcase_add_test(tc, allow_root_lets_in_two_users);
	tcase_add_test(tc, numbers_are_taken);
	tcase_add_test(tc, what_is_so_anyway_may_be_said);
	tcase_add_test(tc, what_weakens_the_mount_is_refused);
	tcase_add_test(tc, what_is_unknown_is_refused);
	tcase_add_test(tc, values_must_be_numbers_in_range);
	return unit_run(s);
}
