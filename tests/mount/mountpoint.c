/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * libmount/mountpoint.c and sweep.c, and common/mountinfo.c.  What needs real mounts is left out where we may
 * not mount, and happens in a name space of its own.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "../../common/mountinfo.h"
#include "../../libmount/mountpoint.h"
#include "../unit/tmpdir.h"
#include "../unit/unit.h"
#include "mountns.h"

static void (*at_next_flock)(void);

int __real_flock(int fd, int operation);
int __wrap_flock(int fd, int operation);

/* A step of another process may come between a name and its lock. */
int __wrap_flock(int fd, int operation)
{
	void (*step)(void) = at_next_flock;

	at_next_flock = NULL;
	if (step != NULL)
		step();
	return __real_flock(fd, operation);
}

#define ck_ok(call) ck_assert_uint_eq((call), VIX_OK)

static struct vmnt_setdir sd;

static void make(void)
{
	ck_ok(vmnt_setdir_make(tmpdir, &sd));
}

/* The path of @name in the set's directory; good until the next call. */
static const char *in_set(const char *name)
{
	static char path[256];

	snprintf(path, sizeof(path), "%s/%s", sd.path, name);
	return path;
}

/* As if the process that made @sd had been killed. */
static void die(void)
{
	close(sd.lock_fd);
	free(sd.path);
	free(sd.tmp_path);
}

static void mount_tmpfs(const char *dir)
{
	ck_assert_int_eq(mount("test", dir, "tmpfs", 0, "size=64k"), 0);
}

START_TEST(make_gives_a_locked_private_directory)
{
	struct stat st;

	make();
	ck_assert_int_eq(stat(sd.path, &st), 0);
	ck_assert_uint_eq(st.st_mode & 07777, 0700);
	ck_assert_int_eq(stat(sd.tmp_path, &st), 0);
	ck_assert(S_ISDIR(st.st_mode));
	ck_assert_int_eq(fcntl(sd.lock_fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
	vmnt_setdir_remove(&sd);
	ck_assert_ptr_null(sd.path);
	vmnt_setdir_remove(&sd); /* empty is fine */
}
END_TEST

START_TEST(remove_leaves_nothing)
{
	char *path;

	make();
	put_text(in_set("tmp/overlay"), "x");
	put_text(in_set("nbd0.sock"), "x");
	ck_ok(vmnt_setdir_mountpoint(&sd, 1, &path));
	free(path);
	vmnt_setdir_remove(&sd);
	ck_assert_int_eq(rmdir(in_tmpdir("sets")), 0); /* it was empty */
}
END_TEST

START_TEST(make_tells_that_it_may_not_write)
{
	ck_assert_int_eq(chmod(tmpdir, 0500), 0);
	ck_assert_uint_eq(vmnt_setdir_make(tmpdir, &sd), VIX_E_FILE_ACCESS_ERROR);
	ck_assert_int_eq(chmod(tmpdir, 0700), 0);
}
END_TEST

START_TEST(make_tells_that_a_file_is_in_the_way)
{
	put_text(in_tmpdir("sets"), "");
	ck_assert_uint_eq(vmnt_setdir_make(tmpdir, &sd), VIX_E_MNTAPI_CANT_MAKE_VAR_DIR);
	ck_assert_ptr_null(sd.path);
}
END_TEST

/* A file system with less room than an engine needs, as a full one. */
START_TEST(make_tells_that_the_disk_is_full)
{
	mount_tmpfs(tmpdir);
	ck_assert_uint_eq(vmnt_setdir_make(tmpdir, &sd), VIX_E_DISK_FULL);
	ck_assert_int_eq(umount(tmpdir), 0);
}
END_TEST

START_TEST(check_space_sees_what_filled_up_since)
{
	ck_assert_int_eq(mount("test", tmpdir, "tmpfs", 0, "size=80m"), 0);
	make();
	ck_ok(vmnt_setdir_check_space(&sd));
	ck_assert_int_eq(
		posix_fallocate(vu_open(in_tmpdir("big"), O_RDWR | O_CREAT, 0600), 0, 40 << 20), 0);
	ck_assert_uint_eq(vmnt_setdir_check_space(&sd), VIX_E_DISK_FULL);
	vmnt_setdir_remove(&sd);
	ck_assert_int_eq(umount2(tmpdir, MNT_DETACH), 0);
}
END_TEST

START_TEST(sweep_leaves_the_living_alone)
{
	make();
	ck_assert_uint_eq(vmnt_setdir_sweep(tmpdir), 0);
	ck_assert(exists(sd.path));
	vmnt_setdir_remove(&sd);
}
END_TEST

START_TEST(sweep_removes_the_dead)
{
	make();
	put_text(in_set("nbd0.sock"), "x");
	die();
	make();
	die();
	make();
	ck_assert_uint_eq(vmnt_setdir_sweep(tmpdir), 2);
	ck_assert(exists(sd.path));
	vmnt_setdir_remove(&sd);
	ck_assert_int_eq(rmdir(in_tmpdir("sets")), 0);
}
END_TEST

START_TEST(sweep_of_nothing)
{
	ck_assert_uint_eq(vmnt_setdir_sweep(tmpdir), 0);
	ck_assert_uint_eq(vmnt_setdir_sweep("/nowhere/at/all"), 0);
	ck_assert(!exists(in_tmpdir("sets")));
}
END_TEST

static struct vmnt_setdir swept;

/* Another process sweeps the directory, and a new set happens to get its name. */
static void take_its_place(void)
{
	struct vmnt_setdir fresh;

	ck_assert_uint_eq(vmnt_setdir_sweep(tmpdir), 1);
	ck_ok(vmnt_setdir_make(tmpdir, &fresh));
	ck_assert_int_eq(rename(fresh.path, swept.path), 0);
	free(fresh.path);
	free(fresh.tmp_path);
	swept.lock_fd = fresh.lock_fd;
}

START_TEST(sweep_notices_that_the_dead_has_been_replaced)
{
	make();
	swept = sd;
	close(sd.lock_fd);
	at_next_flock = take_its_place;
	ck_assert_uint_eq(vmnt_setdir_sweep(tmpdir), 0);
	ck_assert_ptr_null(at_next_flock);
	ck_assert(exists(swept.path));
	vmnt_setdir_remove(&swept);
}
END_TEST

START_TEST(sweep_removes_what_was_left_half_way)
{
	const struct timespec old[2] = { { .tv_sec = 1 }, { .tv_sec = 1 } };
	char path[256];

	make();
	die();
	snprintf(path, sizeof(path), "%s/sets/.dead-x", tmpdir);
	ck_assert_int_eq(mkdir(path, 0700), 0); /* without a lock */
	snprintf(path, sizeof(path), "%s/sets/.new-old", tmpdir);
	ck_assert_int_eq(mkdir(path, 0700), 0);
	ck_assert_int_eq(utimensat(AT_FDCWD, path, old, 0), 0);
	snprintf(path, sizeof(path), "%s/sets/.new-young", tmpdir);
	ck_assert_int_eq(mkdir(path, 0700), 0);
	ck_assert_uint_eq(vmnt_setdir_sweep(tmpdir), 1);
	ck_assert_int_eq(rmdir(path), 0);
	ck_assert_int_eq(rmdir(in_tmpdir("sets")), 0);
}
END_TEST

/* A directory without lock under a set's name is not ours to judge. */
START_TEST(sweep_keeps_what_has_no_lock)
{
	char path[256];

	make();
	snprintf(path, sizeof(path), "%s/sets/strange", tmpdir);
	ck_assert_int_eq(mkdir(path, 0700), 0);
	ck_assert_uint_eq(vmnt_setdir_sweep(tmpdir), 0);
	ck_assert(exists(path));
	vmnt_setdir_remove(&sd);
}
END_TEST

START_TEST(sweep_follows_no_link)
{
	char path[256];

	make();
	put_text(in_tmpdir("precious"), "x");
	ck_assert_int_eq(symlink(tmpdir, in_set("1")), 0);
	snprintf(path, sizeof(path), "%s/sets/link", tmpdir);
	ck_assert_int_eq(symlink(tmpdir, path), 0);
	die();
	ck_assert_uint_eq(vmnt_setdir_sweep(tmpdir), 1);
	ck_assert(exists(in_tmpdir("precious")));
}
END_TEST

START_TEST(sweep_detaches_mounts_of_the_dead)
{
	char *one, *two;
	char below[300];

	make();
	ck_ok(vmnt_setdir_mountpoint(&sd, 1, &one));
	ck_ok(vmnt_setdir_mountpoint(&sd, 2, &two));
	mount_tmpfs(one);
	snprintf(below, sizeof(below), "%s/b c", one); /* a mount in a mount, with a blank */
	ck_assert_int_eq(mkdir(below, 0700), 0);
	mount_tmpfs(below);
	mount_tmpfs(two);
	mount_tmpfs(two); /* twice */
	ck_assert(vmnt_is_mounted(below));
	die();
	ck_assert_uint_eq(vmnt_setdir_sweep(tmpdir), 1);
	ck_assert(!vmnt_is_mounted(one));
	ck_assert(!vmnt_is_mounted(two));
	ck_assert(!vmnt_is_mounted(below));
	ck_assert_int_eq(rmdir(in_tmpdir("sets")), 0);
	free(one);
	free(two);
}
END_TEST

/* The note of a mount elsewhere does not give a living mount away. */
START_TEST(sweep_believes_only_dead_mounts_elsewhere)
{
	const char *dir = in_tmpdir("elsewhere");

	make();
	ck_assert_int_eq(mkdir(dir, 0700), 0);
	mount_tmpfs(dir);
	ck_ok(vmnt_setdir_note_tree(&sd, dir));
	die();
	ck_assert_uint_eq(vmnt_setdir_sweep(tmpdir), 1);
	ck_assert(vmnt_is_mounted(dir));
	ck_assert_int_eq(umount(dir), 0);
}
END_TEST

/* A FUSE mount on @dir whose server is gone. */
static void mount_dead_fuse(const char *dir)
{
	int fd = open("/dev/fuse", O_RDWR | O_CLOEXEC);
	char options[128];
	struct stat st;

	ck_assert_int_ge(fd, 0);
	snprintf(options, sizeof(options), "fd=%d,rootmode=40000,user_id=0,group_id=0", fd);
	ck_assert_int_eq(mount("test", dir, "fuse.vdisk", MS_NOSUID | MS_NODEV, options), 0);
	close(fd);
	ck_assert_int_eq(stat(dir, &st), -1);
	ck_assert_int_eq(errno, ENOTCONN);
}

START_TEST(sweep_detaches_a_dead_fuse_mount_elsewhere)
{
	const char *dir = in_tmpdir("elsewhere");
	struct stat st;

	make();
	ck_assert_int_eq(mkdir(dir, 0700), 0);
	mount_dead_fuse(dir);
	ck_assert(vmnt_is_mounted(dir));
	ck_assert_uint_eq(vmnt_mountpoint_check(dir, true), VIX_E_MNTAPI_MOUNTPT_IN_USE);
	ck_ok(vmnt_setdir_note_tree(&sd, dir));
	die();
	ck_assert_uint_eq(vmnt_setdir_sweep(tmpdir), 1);
	ck_assert_int_eq(stat(dir, &st), 0);
}
END_TEST

START_TEST(sweep_detaches_a_dead_fuse_mount_in_the_set)
{
	char *dir;

	make();
	ck_ok(vmnt_setdir_mountpoint(&sd, 1, &dir));
	mount_dead_fuse(dir);
	die();
	ck_assert_uint_eq(vmnt_setdir_sweep(tmpdir), 1);
	ck_assert_int_eq(rmdir(in_tmpdir("sets")), 0);
	free(dir);
}
END_TEST

START_TEST(a_note_is_forgotten)
{
	make();
	ck_ok(vmnt_setdir_note_tree(&sd, "/somewhere"));
	ck_assert(exists(in_set("tree")));
	ck_ok(vmnt_setdir_note_tree(&sd, NULL));
	ck_assert(!exists(in_set("tree")));
	ck_ok(vmnt_setdir_note_tree(&sd, NULL));
	vmnt_setdir_remove(&sd);
}
END_TEST

/* A child that was forked before the set died must not keep it alive by exec(). */
START_TEST(the_lock_is_not_inherited_by_programs)
{
	int wait_here[2];
	pid_t pid;

	make();
	ck_assert_int_eq(pipe2(wait_here, O_CLOEXEC), 0);
	pid = fork();
	if (pid == 0) {
		dup2(wait_here[0], STDIN_FILENO);
		execlp("cat", "cat", NULL);
		_exit(127);
	}
	close(wait_here[0]);
	die();
	/* until exec() has closed the child's copy */
	while (vmnt_setdir_sweep(tmpdir) == 0)
		usleep(1000);
	close(wait_here[1]);
	ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
}
END_TEST

START_TEST(check_wants_an_empty_directory)
{
	ck_assert_uint_eq(vmnt_mountpoint_check(in_tmpdir("none"), false),
			  VIX_E_MNTAPI_MOUNTPT_NOT_FOUND);
	put_text(in_tmpdir("file"), "");
	ck_assert_uint_eq(vmnt_mountpoint_check(in_tmpdir("file"), false),
			  VIX_E_MNTAPI_MOUNTPT_NOT_FOUND);
	ck_assert_uint_eq(vmnt_mountpoint_check(in_tmpdir("file/x"), false),
			  VIX_E_MNTAPI_MOUNTPT_NOT_FOUND);
	ck_assert_uint_eq(vmnt_mountpoint_check(tmpdir, false), VIX_E_MNTAPI_MOUNTPT_IN_USE);
	ck_ok(vmnt_mountpoint_check(tmpdir, true));
	ck_assert_int_eq(mkdir(in_tmpdir("empty"), 0700), 0);
	ck_ok(vmnt_mountpoint_check(in_tmpdir("empty"), false));
	ck_ok(vmnt_mountpoint_check(in_tmpdir("empty/"), false));
}
END_TEST

START_TEST(check_refuses_what_is_mounted_on)
{
	const char *dir = in_tmpdir("m");

	ck_assert_int_eq(mkdir(dir, 0700), 0);
	mount_tmpfs(dir);
	ck_assert_uint_eq(vmnt_mountpoint_check(dir, false), VIX_E_MNTAPI_MOUNTPT_IN_USE);
	ck_assert_uint_eq(vmnt_mountpoint_check(dir, true), VIX_E_MNTAPI_MOUNTPT_IN_USE);
	ck_assert_int_eq(umount(dir), 0);
	ck_ok(vmnt_mountpoint_check(dir, false));
}
END_TEST

START_TEST(is_mounted_sees_through_links_and_names)
{
	ck_assert(vmnt_is_mounted("/proc"));
	ck_assert(vmnt_is_mounted("/proc/"));
	ck_assert(vmnt_is_mounted("/../proc/."));
	ck_assert(!vmnt_is_mounted("/proc/self"));
	ck_assert(!vmnt_is_mounted(tmpdir));
	ck_assert(!vmnt_is_mounted("/nowhere/at/all"));
	ck_assert_int_eq(symlink("/proc", in_tmpdir("link")), 0);
	ck_assert(vmnt_is_mounted(in_tmpdir("link")));
}
END_TEST

START_TEST(what_is_mounted_on_a_directory_is_told)
{
	struct vu_mounted *m = vu_mountinfo_on("/proc");
	struct stat st;

	ck_assert_ptr_nonnull(m);
	ck_assert_str_eq(m->point, "/proc");
	ck_assert_str_eq(m->fstype, "proc");
	ck_assert_str_eq(m->source, "proc");
	ck_assert_int_eq(stat("/proc", &st), 0);
	ck_assert(m->dev == st.st_dev);
	vu_mountinfo_free(m, 1);
	ck_assert_ptr_null(vu_mountinfo_on("/pro"));
	ck_assert_ptr_null(vu_mountinfo_on("/proc/self"));
}
END_TEST

START_TEST(everything_is_below_the_root)
{
	struct vu_mounted *m;
	bool found = false;
	size_t n;

	ck_assert_int_eq(vu_mountinfo_below("/", &m, &n), 0);
	for (size_t i = 0; i < n; i++)
		found |= strcmp(m[i].point, "/proc") == 0;
	ck_assert(found);
	vu_mountinfo_free(m, n);
}
END_TEST

START_TEST(of_mounts_on_each_other_the_last_is_told)
{
	struct vu_mounted *m;
	struct stat st;

	mount_tmpfs(tmpdir);
	mount_tmpfs(tmpdir);
	ck_assert_int_eq(stat(tmpdir, &st), 0);
	m = vu_mountinfo_on(tmpdir);
	ck_assert_ptr_nonnull(m);
	ck_assert(m->dev == st.st_dev);
	vu_mountinfo_free(m, 1);
	ck_assert_int_eq(umount(tmpdir), 0);
	ck_assert_int_eq(umount(tmpdir), 0);
}
END_TEST

static void add_setdir(TCase *tc)
{
	tcase_add_test(tc, make_gives_a_locked_private_directory);
	tcase_add_test(tc, remove_leaves_nothing);
	if (geteuid() != 0) /* who may write everywhere */
		tcase_add_test(tc, make_tells_that_it_may_not_write);
	tcase_add_test(tc, make_tells_that_a_file_is_in_the_way);
	tcase_add_test(tc, a_note_is_forgotten);
	tcase_add_test(tc, the_lock_is_not_inherited_by_programs);
	tcase_add_test(tc, sweep_leaves_the_living_alone);
	tcase_add_test(tc, sweep_removes_the_dead);
	tcase_add_test(tc, sweep_of_nothing);
	tcase_add_test(tc, sweep_notices_that_the_dead_has_been_replaced);
	tcase_add_test(tc, sweep_removes_what_was_left_half_way);
	tcase_add_test(tc, sweep_keeps_what_has_no_lock);
	tcase_add_test(tc, sweep_follows_no_link);
	tcase_add_test(tc, check_wants_an_empty_directory);
	tcase_add_test(tc, is_mounted_sees_through_links_and_names);
	tcase_add_test(tc, what_is_mounted_on_a_directory_is_told);
	tcase_add_test(tc, everything_is_below_the_root);
}

static void add_mounts(TCase *tc)
{
	tcase_add_checked_fixture(tc, mountns_enter, NULL);
	tcase_add_checked_fixture(tc, tmpdir_make, tmpdir_remove);
	tcase_add_test(tc, make_tells_that_the_disk_is_full);
	tcase_add_test(tc, check_space_sees_what_filled_up_since);
	tcase_add_test(tc, sweep_detaches_mounts_of_the_dead);
	tcase_add_test(tc, sweep_believes_only_dead_mounts_elsewhere);
	tcase_add_test(tc, check_refuses_what_is_mounted_on);
	tcase_add_test(tc, of_mounts_on_each_other_the_last_is_told);
	if (access("/dev/fuse", R_OK | W_OK) < 0)
		return;
	tcase_add_test(tc, sweep_detaches_a_dead_fuse_mount_elsewhere);
	tcase_add_test(tc, sweep_detaches_a_dead_fuse_mount_in_the_set);
}

int main(void)
{
	Suite *s = suite_create("mountpoint");
	TCase *tc = unit_tcase(s, "mountpoint");

	tcase_add_checked_fixture(tc, tmpdir_make, tmpdir_remove);
	add_setdir(tc);
	if (mountns_may_enter())
		add_mounts(unit_tcase(s, "mounts"));
	return unit_run(s);
}
