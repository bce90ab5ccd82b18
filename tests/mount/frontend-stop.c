/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * libmount/fuse: beginning and end of a mount, and what goes wrong in between.
 */
#include "config.h"

#include "frontfix.h"

#include <dirent.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>

#include <linux/capability.h>

#include "cleanup.h"
#include "osutil.h"

#define NOBODY     65534
#define SOMEBODY   12345
#define FUSE_MAGIC 0x65735546
#define SOON_MS    5000 /* for what takes milliseconds on a machine with nothing else to do */

static bool is_mounted(void)
{
	struct statfs sf;

	return statfs(point, &sf) < 0 || sf.f_type == FUSE_MAGIC;
}

static VixError start_at(const char *dir, const char *options)
{
	struct vmnt_frontend_volume v;
	struct vmnt_frontend_config cfg = front_config(&v);
	VixError err;

	cfg.dir = dir;
	cfg.fuse_options = options;
	err = vmnt_frontend_start(&cfg, &fe);
	ck_assert((err == VIX_OK) == (fe != NULL));
	return err;
}

static unsigned count_in(const char *dir)
{
	VU_AUTO(closedir) DIR *d = opendir(dir);
	unsigned n = 0;

	while (readdir(d) != NULL)
		n++;
	return n;
}

/* The rest of the test runs as another user. */
static void become(uid_t uid)
{
	if (geteuid() == uid)
		return;
	ck_assert_int_eq(chown(point, uid, uid), 0);
	ck_assert_int_eq(setresgid(uid, uid, uid), 0);
	ck_assert_int_eq(setresuid(uid, uid, uid), 0);
	ck_assert_int_eq(prctl(PR_SET_DUMPABLE, 1), 0); /* or /proc/self is root's */
}

static bool has_helper(void)
{
	return access("/usr/bin/fusermount3", X_OK) == 0 || access("/bin/fusermount3", X_OK) == 0;
}

START_TEST(nothing_is_left_behind)
{
	unsigned threads = count_in("/proc/self/task"), fds = count_in("/proc/self/fd");

	fakeguest_text(guest, "/f", "content");
	for (int i = 0; i < 10; i++) {
		mount_guest();
		ck_assert_str_eq(text_of(in_mount("f")), "content");
		ck_assert(is_mounted());
		unmount_guest();
		ck_assert(!is_mounted());
	}
	ck_assert_uint_eq(count_in("/proc/self/fd"), fds);
	ck_assert_uint_le(count_in("/proc/self/task"), threads);
}
END_TEST

START_TEST(a_bad_mount_point_is_told)
{
	ck_assert_uint_eq(start_at("/nowhere/at/all", NULL), VIX_E_MNTAPI_MOUNTPT_NOT_FOUND);
	if (geteuid() == 0) /* fusermount3 does not tell why */
		ck_assert_uint_eq(start_at("/dev/null", NULL), VIX_E_MNTAPI_MOUNTPT_NOT_FOUND);
	ck_assert_uint_eq(start_at("/proc", NULL), VIX_E_MNTAPI_MOUNTPT_IN_USE);
}
END_TEST

START_TEST(nobody_mounts_on_a_mount)
{
	struct vmnt_frontend *first;

	mount_guest();
	first = fe;
	ck_assert_uint_eq(start_at(point, "nonempty"), VIX_E_MNTAPI_MOUNTPT_IN_USE);
	fe = first;
}
END_TEST

START_TEST(bad_requests_are_refused_before_anything_happens)
{
	struct vmnt_frontend_volume v[2];
	struct vmnt_frontend_config cfg = front_config(v);

	ck_assert_uint_eq(start_at(point, "suid"), VIX_E_INVALID_ARG);
	cfg.symlinks = 3;
	ck_assert_uint_eq(vmnt_frontend_start(&cfg, &fe), VIX_E_INVALID_ARG);
	cfg.symlinks = 0;
	cfg.n = 0;
	ck_assert_uint_eq(vmnt_frontend_start(&cfg, &fe), VIX_E_INVALID_ARG);
	v[1] = v[0];
	cfg.n = 2;
	ck_assert_uint_eq(vmnt_frontend_start(&cfg, &fe), VIX_E_INVALID_ARG);
	v[0].subdir = v[1].subdir = "same";
	ck_assert_uint_eq(vmnt_frontend_start(&cfg, &fe), VIX_E_INVALID_ARG);
	v[0].subdir = "a/b";
	ck_assert_uint_eq(vmnt_frontend_start(&cfg, &fe), VIX_E_INVALID_ARG);
	ck_assert(!is_mounted());
}
END_TEST

START_TEST(a_guest_without_a_root_is_not_mounted)
{
	fakeguest_fail(guest, "/", -EIO, 1);
	ck_assert_uint_eq(start_at(point, NULL), VIX_E_FILE_ERROR);
	ck_assert(!is_mounted());
}
END_TEST

START_TEST(a_mount_in_use_stays)
{
	VU_AUTO(close) int fd = -1;

	fakeguest_text(guest, "/f", "content");
	mount_guest();
	fd = open(in_mount("f"), O_RDONLY | O_CLOEXEC);
	ck_assert_uint_eq(vmnt_frontend_stop(fe, false), VIX_E_MNTAPI_OPEN_HANDLES);
	ck_assert(!vmnt_frontend_is_gone(fe));
	ck_assert_str_eq(text_of(in_mount("f")), "content");
	close(fd);
	fd = -1;
	unmount_guest();
	ck_assert(!is_mounted());
}
END_TEST

START_TEST(force_ends_a_mount_in_use)
{
	VU_AUTO(close) int fd = -1;
	VU_AUTO(close) int dir = -1;
	char buf[8];

	fakeguest_file(guest, "/f", 100000);
	mount_guest();
	fd = open(in_mount("f"), O_RDONLY | O_CLOEXEC);
	dir = open(point, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	ck_assert_uint_eq(vmnt_frontend_stop(fe, true), VIX_OK);
	fe = NULL;
	ck_assert(!is_mounted());
	ck_assert_int_eq(pread(fd, buf, sizeof(buf), 0), -1);
	ck_assert_int_eq(openat(dir, "g", O_RDONLY), -1);
}
END_TEST

START_TEST(a_mount_taken_away_by_others_is_noticed)
{
	uint64_t end = vu_now_ms() + SOON_MS;

	mount_guest();
	ck_assert(!vmnt_frontend_is_gone(fe));
	ck_assert_int_eq(umount2(point, 0), 0);
	while (!vmnt_frontend_is_gone(fe) && vu_now_ms() < end)
		usleep(1000);
	ck_assert(vmnt_frontend_is_gone(fe));
	unmount_guest();
}
END_TEST

/* What umount -l promises: who has files open goes on reading. */
START_TEST(a_mount_detached_by_others_lasts_until_its_last_user_goes)
{
	VU_AUTO(close) int fd = -1;
	char buf[8];

	fakeguest_text(guest, "/f", "content");
	mount_guest();
	fd = open(in_mount("f"), O_RDONLY | O_CLOEXEC);
	ck_assert_int_eq(umount2(point, MNT_DETACH), 0);
	ck_assert_uint_eq(vmnt_frontend_stop(fe, false), VIX_E_MNTAPI_OPEN_HANDLES);
	ck_assert_int_eq(pread(fd, buf, sizeof(buf), 0), 7);
	close(fd);
	fd = -1;
	ck_assert_uint_eq(vmnt_frontend_stop(fe, false), VIX_OK);
	fe = NULL;
}
END_TEST

START_TEST(another_mount_in_its_place_is_left_alone)
{
	mount_guest();
	ck_assert_int_eq(umount2(point, 0), 0);
	ck_assert_int_eq(mount("none", point, "tmpfs", 0, NULL), 0);
	ck_assert_int_eq(mkdir(in_mount("theirs"), 0700), 0);
	unmount_guest();
	ck_assert_int_eq(rmdir(in_mount("theirs")), 0);
	ck_assert_int_eq(umount2(point, 0), 0);
}
END_TEST

START_TEST(a_mount_seen_elsewhere_does_not_delay_the_end)
{
	uint64_t begin;
	int fds[2];
	pid_t pid;
	char c;

	fakeguest_text(guest, "/f", "content");
	mount_guest();
	ck_assert_int_eq(pipe(fds), 0);
	pid = fork();
	if (pid == 0) { /* a mount namespace with a copy of the mount */
		c = unshare(CLONE_NEWNS) == 0 &&
				    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0
			    ? 'y'
			    : 'n';
		if (write(fds[1], &c, 1) != 1)
			_exit(1);
		pause();
	}
	ck_assert_int_eq(read(fds[0], &c, 1), 1);
	begin = vu_now_ms();
	unmount_guest();
	ck_assert_uint_lt(vu_now_ms() - begin, SOON_MS);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	close(fds[0]);
	close(fds[1]);
	ck_assert_int_eq(c, 'y');
}
END_TEST

static void on_signal(int sig)
{
	(void)sig;
}

/*
 * A process that looks into a file of the mount.  Its exit status: 0 the text is "content",
 * LOOK_FAILED an error, 1 another text.
 *
 * It gives up what a fork without exec has of ours: the device, which would keep the connection
 * alive that it waits on.
 */
#define LOOK_FAILED 3

static pid_t fork_look(const char *path)
{
	const struct sigaction sa = { .sa_handler = on_signal }; /* no SA_RESTART */
	pid_t pid = fork();

	if (pid != 0)
		return pid;
	signal(SIGTERM, SIG_DFL); /* check has a handler */
	sigaction(SIGUSR1, &sa, NULL);
	close_range(3, ~0U, 0);
	errno = 0;
	if (strcmp(text_of(path), "content") == 0)
		_exit(0);
	_exit(errno != 0 ? LOOK_FAILED : 1);
}

/* A process that reads the file "slow" of the mount, which hangs. */
static pid_t fork_reader(void)
{
	pid_t pid;

	fakeguest_text(guest, "/slow", "content");
	fakeguest_text(guest, "/quick", "content");
	mount_guest();
	ck_assert_str_eq(text_of(in_mount("quick")), "content");
	fakeguest_hang(guest, "/slow");
	pid = fork_look(in_mount("slow"));
	fakeguest_wait_hanging(guest);
	return pid;
}

/* Its exit status; -1 when it does not end soon. */
static int status_of(pid_t pid)
{
	uint64_t end = vu_now_ms() + SOON_MS;
	int status;

	while (vu_now_ms() < end) {
		if (waitpid(pid, &status, WNOHANG) == pid)
			return status;
		usleep(1000);
	}
	return -1;
}

START_TEST(what_is_in_memory_does_not_wait_for_a_guest_that_hangs)
{
	pid_t pid = fork_reader();
	struct stat st;

	ck_assert_int_eq(lstat(in_mount("none"), &st), -1);
	ck_assert_int_eq(errno, ENOENT);
	ck_assert_str_eq(text_of(in_mount("quick")), "content");
	fakeguest_release(guest);
	ck_assert_int_eq(status_of(pid), 0);
}
END_TEST

START_TEST(a_process_can_be_killed_while_the_guest_hangs)
{
	pid_t pid;
	int status;

	fakeguest_dir(guest, "/d");
	fakeguest_text(guest, "/d/f", "content");
	mount_guest();
	ck_assert_int_eq(count_in(point), 3);
	fakeguest_hang(guest, "/d");
	pid = fork_look(in_mount("d/f"));
	fakeguest_wait_hanging(guest);
	kill(pid, SIGTERM);
	status = status_of(pid);
	ck_assert(WIFSIGNALED(status));
	fakeguest_release(guest);
	ck_assert_str_eq(text_of(in_mount("d/f")), "content");
	ck_assert_uint_le(guest->n_load_dir, 2);
}
END_TEST

START_TEST(other_signals_do_not_disturb)
{
	pid_t pid;

	fakeguest_dir(guest, "/d");
	fakeguest_text(guest, "/d/f", "content");
	mount_guest();
	fakeguest_hang(guest, "/d");
	pid = fork_look(in_mount("d/f"));
	fakeguest_wait_hanging(guest);
	for (int i = 0; i < 10; i++) {
		kill(pid, SIGUSR1);
		usleep(5000);
	}
	fakeguest_release(guest);
	ck_assert_int_eq(status_of(pid), 0);
}
END_TEST

START_TEST(force_does_not_wait_for_a_guest_that_hangs)
{
	struct vmnt_frontend_volume v;
	struct vmnt_frontend_config cfg = front_config(&v);
	uint64_t begin;
	pid_t pid;

	fakeguest_dir(guest, "/d");
	cfg.stop_wait_ms = 200;
	ck_assert_uint_eq(vmnt_frontend_start(&cfg, &fe), VIX_OK);
	fakeguest_hang(guest, "/d");
	pid = fork_look(in_mount("d/f"));
	fakeguest_wait_hanging(guest);
	ck_assert_uint_eq(vmnt_frontend_stop(fe, false), VIX_E_MNTAPI_OPEN_HANDLES);
	begin = vu_now_ms();
	ck_assert_uint_eq(vmnt_frontend_stop(fe, true), VIX_E_OBJECT_IS_BUSY);
	ck_assert_uint_lt(vu_now_ms() - begin, SOON_MS);
	ck_assert(!is_mounted());
	ck_assert_int_eq(WEXITSTATUS(status_of(pid)),
			 LOOK_FAILED); /* its users are not kept waiting */
	fakeguest_release(guest);
	ck_assert_uint_eq(vmnt_frontend_stop(fe, false), VIX_OK);
	fe = NULL;
}
END_TEST

/* Without the rights of root, the device has to be closed under the waiting process. */
START_TEST(force_of_a_plain_user_does_not_wait_either)
{
	struct vmnt_frontend_volume v;
	struct vmnt_frontend_config cfg = front_config(&v);
	pid_t pid;

	if (!has_helper())
		return;
	fakeguest_dir(guest, "/d");
	cfg.stop_wait_ms = 200;
	become(NOBODY);
	ck_assert_uint_eq(vmnt_frontend_start(&cfg, &fe), VIX_OK);
	fakeguest_hang(guest, "/d");
	pid = fork_look(in_mount("d/f"));
	fakeguest_wait_hanging(guest);
	ck_assert_uint_eq(vmnt_frontend_stop(fe, true), VIX_E_OBJECT_IS_BUSY);
	ck_assert(!is_mounted());
	ck_assert_int_eq(WEXITSTATUS(status_of(pid)), LOOK_FAILED);
	fakeguest_release(guest);
	ck_assert_uint_eq(vmnt_frontend_stop(fe, true), VIX_OK);
	fe = NULL;
}
END_TEST

START_TEST(our_threads_take_no_signal)
{
	VU_AUTO(closedir) DIR *d = opendir("/proc/self/task");
	unsigned ours = 0;
	struct dirent *e;

	mount_guest();
	while ((e = readdir(d)) != NULL) {
		VU_AUTO(free) char *text = NULL;
		char path[300];
		const char *mask;

		snprintf(path, sizeof(path), "/proc/self/task/%s/status", e->d_name);
		if (vu_read_file(path, 65536, &text, NULL) < 0 ||
		    strstr(text, "Name:\tvdisk-") == NULL)
			continue;
		mask = strstr(text, "SigBlk:\t");
		ck_assert_ptr_nonnull(mask);
		ck_assert_uint_eq(strtoull(mask + 8, NULL, 16) | 0x380040100ULL,
				  0xffffffffffffffffULL);
		ours++;
	}
	ck_assert_uint_ge(ours, 3);
}
END_TEST

START_TEST(a_plain_user_mounts_and_unmounts)
{
	VU_AUTO(close) int fd = -1;
	struct vmnt_frontend_volume v;
	struct vmnt_frontend_config cfg = front_config(&v);
	char c;

	if (!has_helper())
		return;
	fakeguest_text(guest, "/secret", "content")->st_mode = S_IFREG | 0600;
	fakeguest_text(guest, "/unread", "content");
	become(NOBODY);
	cfg.source = "a,b\\c d,suid";
	ck_assert_uint_eq(vmnt_frontend_start(&cfg, &fe), VIX_OK);
	ck_assert_str_eq(text_of(in_mount("secret")), "content"); /* modes are not checked */
	ck_assert_msg(strstr(mount_line(), " ro,nosuid,nodev,noexec") != NULL, "%s", mount_line());
	ck_assert_msg(strstr(mount_line(), " - fuse.vdisk a,b\\134c\\040d,suid ro,") != NULL, "%s",
		      mount_line());
	fd = open(in_mount("unread"), O_RDONLY | O_CLOEXEC);
	ck_assert_uint_eq(vmnt_frontend_stop(fe, false), VIX_E_MNTAPI_OPEN_HANDLES);
	ck_assert_uint_eq(vmnt_frontend_stop(fe, true), VIX_OK);
	fe = NULL;
	ck_assert_int_eq(pread(fd, &c, 1, 0), -1);
	ck_assert(!is_mounted());
	mount_guest();
	unmount_guest();
	ck_assert(!is_mounted());
}
END_TEST

START_TEST(a_plain_user_does_not_mount_for_others)
{
	if (!has_helper() || system("grep -q '^user_allow_other' /etc/fuse.conf") == 0)
		return;
	become(NOBODY);
	ck_assert_uint_eq(start_at(point, "allow_other"), VIX_E_MNTAPI_PERM);
	ck_assert_uint_eq(start_at(point, "allow_root"), VIX_E_MNTAPI_PERM);
	ck_assert_uint_eq(start_at("/usr", "nonempty"), VIX_E_MNTAPI_PERM);
	ck_assert(!is_mounted());
}
END_TEST

/* What another user finds: 0 the text, else errno. */
static int look_as(uid_t uid, const char *path)
{
	pid_t pid = fork();

	if (pid == 0) {
		if (setresgid(uid, uid, uid) < 0 || setresuid(uid, uid, uid) < 0)
			_exit(99);
		_exit(strcmp(text_of(path), "content") == 0 ? 0 : errno);
	}
	return WEXITSTATUS(status_of(pid));
}

START_TEST(roots_mount_is_checked_by_the_guests_modes)
{
	if (geteuid() != 0)
		return;
	ck_assert_int_eq(chmod(point, 0755), 0);
	fakeguest_text(guest, "/secret", "content")->st_mode = S_IFREG | 0600;
	fakeguest_text(guest, "/public", "content")->st_mode = S_IFREG | 0644;
	mount_guest();
	ck_assert_int_eq(look_as(SOMEBODY, in_mount("public")), 0);
	ck_assert_int_eq(look_as(SOMEBODY, in_mount("secret")), EACCES);
	ck_assert_str_eq(text_of(in_mount("secret")), "content");
}
END_TEST

START_TEST(allow_other_opens_everything)
{
	if (geteuid() != 0)
		return;
	fakeguest_text(guest, "/secret", "content")->st_mode = S_IFREG | 0600;
	mount_with("allow_other", VIXMNTAPI_SYMLINKS_GUEST);
	ck_assert_int_eq(look_as(SOMEBODY, in_mount("secret")), 0);
}
END_TEST

/* A user who may mount: everything but the right to mount is given up. */
static void become_with_sys_admin(uid_t uid)
{
	struct __user_cap_header_struct hdr = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct caps[2] = { { 1U << CAP_SYS_ADMIN, 1U << CAP_SYS_ADMIN, 0 } };

	ck_assert_int_eq(prctl(PR_SET_KEEPCAPS, 1), 0);
	become(uid);
	ck_assert_int_eq(syscall(SYS_capset, &hdr, caps), 0);
}

/* With everything in the kernel's memory already, put there by the owner. */
START_TEST(allow_root_keeps_other_users_out)
{
	pid_t owner, self = getpid();
	int fds[2], reply[2];
	char c;

	if (geteuid() != 0)
		return;
	fakeguest_text(guest, "/f", "content");
	fakeguest_dir(guest, "/d");
	ck_assert_int_eq(pipe(fds) | pipe(reply), 0);
	owner = fork();
	if (owner == 0) {
		become_with_sys_admin(NOBODY);
		mount_with("allow_root", VIXMNTAPI_SYMLINKS_GUEST);
		c = strcmp(text_of(in_mount("f")), "content") == 0 ? 'y' : 'n';
		c = count_in(point) == 4 ? c : 'n';
		if (write(fds[1], &c, 1) != 1 || read(reply[0], &c, 1) != 1)
			_exit(1);
		_exit(vmnt_frontend_stop(fe, true) == VIX_OK ? 0 : 2);
	}
	ck_assert_int_eq(getpid(), self);
	ck_assert_int_eq(read(fds[0], &c, 1), 1);
	ck_assert_int_eq(c, 'y');
	ck_assert_str_eq(text_of(in_mount("f")), "content");
	ck_assert_int_eq(look_as(SOMEBODY, in_mount("f")), EACCES);
	ck_assert_int_eq(look_as(SOMEBODY, in_mount("d")), EACCES);
	ck_assert_int_eq(look_as(SOMEBODY, point), EACCES);
	ck_assert_int_eq(look_as(NOBODY, in_mount("f")), 0);
	ck_assert_int_eq(write(reply[1], &c, 1), 1);
	ck_assert_int_eq(status_of(owner), 0);
}
END_TEST

static void add_tests_of_root(TCase *tc)
{
	tcase_add_test(tc, a_mount_taken_away_by_others_is_noticed);
	tcase_add_test(tc, a_mount_detached_by_others_lasts_until_its_last_user_goes);
	tcase_add_test(tc, another_mount_in_its_place_is_left_alone);
	tcase_add_test(tc, a_mount_seen_elsewhere_does_not_delay_the_end);
	tcase_add_test(tc, roots_mount_is_checked_by_the_guests_modes);
	tcase_add_test(tc, allow_other_opens_everything);
	tcase_add_test(tc, allow_root_keeps_other_users_out);
}

int main(void)
{
	Suite *s;
	TCase *tc;

	if (!front_main())
		return EXIT_SUCCESS;
	s = suite_create("frontend-stop");
	tc = unit_tcase(s, "stop");
	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, front_setup, front_teardown);
	tcase_add_test(tc, nothing_is_left_behind);
	tcase_add_test(tc, a_bad_mount_point_is_told);
	tcase_add_test(tc, nobody_mounts_on_a_mount);
	tcase_add_test(tc, bad_requests_are_refused_before_anything_happens);
	tcase_add_test(tc, a_guest_without_a_root_is_not_mounted);
	tcase_add_test(tc, a_mount_in_use_stays);
	tcase_add_test(tc, force_ends_a_mount_in_use);
	tcase_add_test(tc, what_is_in_memory_does_not_wait_for_a_guest_that_hangs);
	tcase_add_test(tc, a_process_can_be_killed_while_the_guest_hangs);
	tcase_add_test(tc, other_signals_do_not_disturb);
	tcase_add_test(tc, force_does_not_wait_for_a_guest_that_hangs);
	tcase_add_test(tc, force_of_a_plain_user_does_not_wait_either);
	tcase_add_test(tc, our_threads_take_no_signal);
	tcase_add_test(tc, a_plain_user_mounts_and_unmounts);
	tcase_add_test(tc, a_plain_user_does_not_mount_for_others);
	if (geteuid() == 0)
		add_tests_of_root(tc);
	return unit_run(s);
}
