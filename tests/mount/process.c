/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A process that is killed with everything open, and one that forks.
 */
#include "config.h"

#include <signal.h>
#include <sys/wait.h>

#include "../../libmount/mountpoint.h"
#include "fixture.h"
#include "mountns.h"

/* Runs @fn in a child, and returns when it has said that it is ready. */
static pid_t start_child(void (*fn)(int ready))
{
	int ready[2];
	char byte;
	pid_t pid;

	ck_assert_int_eq(pipe(ready), 0);
	pid = fork();
	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		close(ready[0]);
		fn(ready[1]);
		_exit(0);
	}
	close(ready[1]);
	ck_assert_int_eq(read(ready[0], &byte, 1), 1);
	close(ready[0]);
	return pid;
}

static void say_ready(int fd)
{
	ck_assert_int_eq(write(fd, "x", 1), 1);
}

static int end_of(pid_t pid)
{
	int status;

	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	return status;
}

static void start_disk_library(void)
{
	fake_install();
	ck_ok(VixDiskLib_Init(8, 0, NULL, NULL, NULL, NULL));
	ck_ok(mount_init(""));
	ck_ok(VixDiskLib_Connect(NULL, &conn));
}

static void mount_and_sleep(int ready)
{
	VixVolumeHandle v[3];

	start_disk_library();
	fake.real_mounts = mountns_may_enter();
	open_mounted(v, 2);
	say_ready(ready);
	pause();
}

/* The path of the one directory of a set that is there. */
static void find_set(char path[300])
{
	struct dirent *e;
	DIR *d;

	snprintf(path, 300, "%s/sets", state_root());
	d = opendir(path);
	ck_assert_ptr_nonnull(d);
	while ((e = readdir(d)) != NULL)
		if (e->d_name[0] != '.')
			snprintf(path, 300, "%s/sets/%s/1", state_root(), e->d_name);
	closedir(d);
}

START_TEST(the_next_init_cleans_up_after_a_process_that_was_killed)
{
	char mount_point[300];
	pid_t pid;

	make_disk("a.vmdk", "something");
	pid = start_child(mount_and_sleep);
	find_set(mount_point);
	ck_assert(exists(mount_point));
	start_disk_library();
	ck_assert(exists(mount_point)); /* it lives: left alone */
	VixMntapi_Exit();
	kill(pid, SIGKILL);
	ck_assert(WIFSIGNALED(end_of(pid)));
	ck_assert(!mountns_may_enter() || vmnt_is_mounted(mount_point));
	ck_ok(mount_init(""));
	ck_assert(!vmnt_is_mounted(mount_point));
	ck_assert_uint_eq(count_sets(), 0);
	VixMntapi_Exit();
	VixDiskLib_Exit();
}
END_TEST

static VixDiskSetHandle parents_set;
static VixVolumeHandle parents_volumes[3];

static void use_in_child(int ready)
{
	VixDiskSetInfo *info;

	ck_assert_uint_eq(VixMntapi_DismountVolume(parents_volumes[0], TRUE), VIX_E_DISK_NOINIT);
	ck_assert_uint_eq(VixMntapi_GetDiskSetInfo(parents_set, &info), VIX_E_DISK_NOINIT);
	ck_assert_uint_eq(VixMntapi_CloseDiskSet(parents_set), VIX_E_DISK_NOINIT);
	VixMntapi_Exit();
	VixMntapi_Exit();
	say_ready(ready);
}

static void init_in_child(int ready)
{
	VixDiskSetInfo *info;

	ck_ok(mount_init(""));
	ck_assert_uint_eq(VixMntapi_DismountVolume(parents_volumes[0], TRUE), VIX_E_INVALID_HANDLE);
	ck_assert_uint_eq(VixMntapi_GetDiskSetInfo(parents_set, &info), VIX_E_INVALID_HANDLE);
	VixDiskLib_Disconnect(conn); /* which does not wait for the parent's sets to go */
	VixMntapi_Exit();
	say_ready(ready);
}

static void exit_disk_library_in_child(int ready)
{
	VixDiskLib_Exit();
	say_ready(ready);
}

static void check_parent_keeps_all(void (*fn)(int ready))
{
	ck_assert_int_eq(end_of(start_child(fn)), 0);
	ck_assert(is_volume_mounted(parents_volumes[0]));
	ck_assert_uint_eq(count_sets(), 1);
}

START_TEST(a_child_takes_nothing_from_its_parent)
{
	VixDiskSetInfo *info;

	parents_set = open_mounted(parents_volumes, 2);
	fake_diary();
	check_parent_keeps_all(use_in_child);
	check_parent_keeps_all(init_in_child);
	check_parent_keeps_all(exit_disk_library_in_child);
	ck_ok(VixMntapi_GetDiskSetInfo(parents_set, &info));
	ck_assert(exists(info->mountPath));
	VixMntapi_FreeDiskSetInfo(info);
	ck_assert_str_eq(fake_diary(), "");
	ck_ok(VixMntapi_CloseDiskSet(parents_set));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("process");
	TCase *tc = unit_tcase(s, "killed");

	if (mountns_may_enter())
		tcase_add_checked_fixture(tc, mountns_enter, NULL);
	tcase_add_checked_fixture(tc, tmpdir_make, tmpdir_remove);
	tcase_add_test(tc, the_next_init_cleans_up_after_a_process_that_was_killed);
	tc = unit_tcase(s, "forked");
	tcase_add_checked_fixture(tc, fixture_start, fixture_end);
	tcase_add_test(tc, a_child_takes_nothing_from_its_parent);
	return unit_run(s);
}
