/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * common/osutil.c: directories made, judged and removed.
 */
#include "config.h"

#include "unit.h"

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "osutil.h"
#include "tmpdir.h"

static mode_t mode_of(const char *path)
{
	struct stat st;

	ck_assert_int_eq(lstat(path, &st), 0);
	return st.st_mode & 07777;
}

START_TEST(mkdir_p_makes_all_that_is_missing)
{
	ck_assert_int_eq(vu_mkdir_p(in_tmpdir("a//b/c/"), 0700), 0);
	ck_assert_uint_eq(mode_of(in_tmpdir("a/b/c")), 0700);
	ck_assert_int_eq(vu_mkdir_p(in_tmpdir("a/b/c"), 0700), 0);
	ck_assert_int_eq(vu_mkdir_p("/", 0700), 0);
}
END_TEST

START_TEST(mkdir_p_takes_relative_names)
{
	ck_assert_int_eq(chdir(tmpdir), 0);
	ck_assert_int_eq(vu_mkdir_p("x/y", 0700), 0);
	ck_assert(exists(in_tmpdir("x/y")));
	ck_assert_int_eq(chdir("/"), 0);
}
END_TEST

START_TEST(mkdir_p_refuses_a_file_in_the_way)
{
	put_text(in_tmpdir("file"), "");
	ck_assert_int_eq(vu_mkdir_p(in_tmpdir("file"), 0700), -ENOTDIR);
	ck_assert_int_eq(vu_mkdir_p(in_tmpdir("file/a"), 0700), -ENOTDIR);
	ck_assert_int_eq(vu_mkdir_p("", 0700), -ENOENT);
}
END_TEST

START_TEST(rm_rf_removes_a_tree_and_nothing_behind_its_links)
{
	vu_mkdir_p(in_tmpdir("keep"), 0700);
	put_text(in_tmpdir("keep/file"), "x");
	vu_mkdir_p(in_tmpdir("tree/a/b/c"), 0700);
	put_text(in_tmpdir("tree/a/file"), "x");
	ck_assert_int_eq(symlink("../keep", in_tmpdir("tree/link")), 0);
	ck_assert_int_eq(symlink("gone", in_tmpdir("tree/dangling")), 0);
	ck_assert_int_eq(mkfifo(in_tmpdir("tree/a/fifo"), 0600), 0);
	ck_assert_int_eq(vu_rm_rf(in_tmpdir("tree")), 0);
	ck_assert(!exists(in_tmpdir("tree")));
	ck_assert(exists(in_tmpdir("keep/file")));
}
END_TEST

START_TEST(rm_rf_of_a_link_removes_the_link)
{
	vu_mkdir_p(in_tmpdir("keep"), 0700);
	put_text(in_tmpdir("keep/file"), "x");
	ck_assert_int_eq(symlink("keep", in_tmpdir("link")), 0);
	ck_assert_int_eq(vu_rm_rf(in_tmpdir("link///")), 0);
	ck_assert(!exists(in_tmpdir("link")));
	ck_assert(exists(in_tmpdir("keep/file")));
}
END_TEST

START_TEST(rm_rf_of_nothing_succeeds)
{
	ck_assert_int_eq(vu_rm_rf(in_tmpdir("missing")), 0);
}
END_TEST

START_TEST(rm_rf_refuses_names_that_mean_somewhere_else)
{
	vu_mkdir_p(in_tmpdir("a/b"), 0700);
	ck_assert_int_eq(vu_rm_rf(""), -EINVAL);
	ck_assert_int_eq(vu_rm_rf("//"), -EINVAL);
	ck_assert_int_eq(vu_rm_rf(in_tmpdir("a/b/..")), -EINVAL);
	ck_assert_int_eq(vu_rm_rf(in_tmpdir("a/./")), -EINVAL);
	ck_assert(exists(in_tmpdir("a/b")));
}
END_TEST

START_TEST(rm_rf_gives_up_below_64_levels_and_keeps_the_rest_going)
{
	char path[1024];
	int len = snprintf(path, sizeof(path), "%s/tree", tmpdir);

	for (int i = 0; i < 66; i++)
		len += snprintf(path + len, sizeof(path) - (size_t)len, "/d");
	ck_assert_int_eq(vu_mkdir_p(path, 0700), 0);
	put_text(in_tmpdir("tree/file"), "x");
	ck_assert_int_eq(vu_rm_rf(in_tmpdir("tree")), -ELOOP);
	ck_assert(!exists(in_tmpdir("tree/file")));
	ck_assert_int_eq(vu_rm_rf(in_tmpdir("tree/d/d/d/d")), 0);
}
END_TEST

/* Runs @fn in a child, for what would change this process; its status is returned. */
static int in_child(int (*fn)(void))
{
	pid_t pid;
	int status;

	fflush(NULL);
	pid = fork();
	if (pid == 0)
		_exit(fn());
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		return -1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static int own_mounts(void)
{
	if (unshare(CLONE_NEWNS) < 0 && unshare(CLONE_NEWUSER | CLONE_NEWNS) < 0)
		return 1;
	return mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0;
}

/* A bind mount inside the tree: same device, so only its being a mount tells it apart. */
static int remove_around_a_mount(void)
{
	if (own_mounts() != 0 ||
	    mount(in_tmpdir("keep"), in_tmpdir("tree/mnt"), NULL, MS_BIND, NULL) < 0)
		return 1;
	if (vu_rm_rf(in_tmpdir("tree")) != -EXDEV || vu_rm_rf(in_tmpdir("tree/mnt")) != -EXDEV)
		return 2;
	return exists(in_tmpdir("keep/file")) && !exists(in_tmpdir("tree/other")) ? 0 : 3;
}

START_TEST(rm_rf_stops_at_mounts)
{
	vu_mkdir_p(in_tmpdir("keep"), 0700);
	vu_mkdir_p(in_tmpdir("tree/mnt"), 0700);
	put_text(in_tmpdir("keep/file"), "x");
	put_text(in_tmpdir("tree/other"), "x");
	ck_assert_int_eq(in_child(remove_around_a_mount), 0);
}
END_TEST

START_TEST(state_root_takes_the_configured_directory_and_makes_it)
{
	char *root;

	ck_assert_int_eq(vu_state_root(in_tmpdir("a/b"), &root), 0);
	ck_assert_str_eq(root, in_tmpdir("a/b"));
	ck_assert_uint_eq(mode_of(root), 0700);
	free(root);
	ck_assert_int_eq(chmod(in_tmpdir("a/b"), 0755), 0);
	ck_assert_int_eq(symlink("b", in_tmpdir("a/link")), 0);
	ck_assert_int_eq(vu_state_root(in_tmpdir("a/link"), &root), 0);
	ck_assert_str_eq(root, in_tmpdir("a/link"));
	free(root);
}
END_TEST

START_TEST(state_root_makes_a_configured_relative_name_absolute)
{
	char *root;

	ck_assert_int_eq(chdir(tmpdir), 0);
	ck_assert_int_eq(vu_state_root("here", &root), 0);
	ck_assert_str_eq(root, in_tmpdir("here"));
	free(root);
	ck_assert_int_eq(chdir("/"), 0);
}
END_TEST

START_TEST(state_root_passes_why_the_configured_directory_fails)
{
	char *root;

	put_text(in_tmpdir("file"), "");
	ck_assert_int_eq(vu_state_root(in_tmpdir("file"), &root), -ENOTDIR);
	ck_assert_ptr_null(root);
}
END_TEST

/*
 * What follows is about users other than root: the child takes a user number of its own where
 * it may, and returns 0 or the number of the step that failed.
 */
static uid_t user;

static void setup_user(void)
{
	tmpdir_make();
	unsetenv("XDG_RUNTIME_DIR");
	user = getuid() != 0 ? getuid() : (uid_t)(1000000 + getpid());
	ck_assert_int_eq(chown(tmpdir, user, (gid_t)-1), 0);
}

static void become_user(void)
{
	if (getuid() == 0 && setresuid(user, user, user) < 0)
		_exit(99);
}

static bool root_is(const char *want)
{
	char *root;
	int err = vu_state_root(NULL, &root);
	bool same = err == 0 && strcmp(root, want) == 0 && mode_of(root) == 0700;

	if (!same)
		fprintf(stderr, "state root: %d, %s\n", err, err == 0 ? root : "none");
	free(root);
	return same;
}

static int state_root_error(const char *configured)
{
	char *root;
	int err = vu_state_root(configured, &root);

	free(root);
	return err;
}

static int make_under_xdg(void)
{
	become_user();
	setenv("XDG_RUNTIME_DIR", tmpdir, 1);
	if (!root_is(in_tmpdir("vdisk")))
		return 1;
	return root_is(in_tmpdir("vdisk")) ? 0 : 2;
}

START_TEST(state_root_of_a_user_is_below_xdg_runtime_dir)
{
	ck_assert_int_eq(in_child(make_under_xdg), 0);
}
END_TEST

static int refuse_loose_mode(void)
{
	become_user();
	setenv("XDG_RUNTIME_DIR", tmpdir, 1);
	if (mkdir(in_tmpdir("vdisk"), 0700) < 0 || chmod(in_tmpdir("vdisk"), 0750) < 0)
		return 1;
	return state_root_error(NULL) == -EPERM ? 0 : 2;
}

START_TEST(state_root_refuses_a_directory_that_others_may_enter)
{
	ck_assert_int_eq(in_child(refuse_loose_mode), 0);
}
END_TEST

static int refuse_link(void)
{
	become_user();
	setenv("XDG_RUNTIME_DIR", tmpdir, 1);
	if (mkdir(in_tmpdir("other"), 0700) < 0 || symlink("other", in_tmpdir("vdisk")) < 0)
		return 1;
	return state_root_error(NULL) == -EPERM ? 0 : 2;
}

START_TEST(state_root_refuses_a_link_even_to_our_own)
{
	ck_assert_int_eq(in_child(refuse_link), 0);
}
END_TEST

static int refuse_file(void)
{
	become_user();
	setenv("XDG_RUNTIME_DIR", tmpdir, 1);
	put_text(in_tmpdir("vdisk"), "");
	return state_root_error(NULL) == -EPERM ? 0 : 2;
}

START_TEST(state_root_refuses_a_file)
{
	ck_assert_int_eq(in_child(refuse_file), 0);
}
END_TEST

static int refuse_open_parent(void)
{
	become_user();
	setenv("XDG_RUNTIME_DIR", tmpdir, 1);
	if (chmod(tmpdir, 0777) < 0)
		return 1;
	return state_root_error(NULL) == -EPERM ? 0 : 2;
}

START_TEST(state_root_refuses_a_parent_where_others_may_exchange_it)
{
	ck_assert_int_eq(in_child(refuse_open_parent), 0);
}
END_TEST

/* The last resort below /tmp, where somebody else may have been first. */
static const char *last_resort(void)
{
	static char path[64];

	snprintf(path, sizeof(path), "/tmp/vdisk-%u", (unsigned)user);
	return path;
}

static int use_last_resort(void)
{
	become_user();
	setenv("XDG_RUNTIME_DIR", "relative", 1);
	if (!root_is(last_resort()))
		return 1;
	setenv("XDG_RUNTIME_DIR", in_tmpdir("missing"), 1);
	if (!root_is(last_resort()))
		return 2;
	setenv("XDG_RUNTIME_DIR", "/", 1); /* of somebody else, as after su */
	return root_is(last_resort()) ? 0 : 3;
}

START_TEST(state_root_falls_back_to_tmp)
{
	int failed_step = in_child(use_last_resort);

	vu_rm_rf(last_resort());
	ck_assert_int_eq(failed_step, 0);
}
END_TEST

static int refuse_last_resort(void)
{
	become_user();
	return state_root_error(NULL) == -EPERM ? 0 : 1;
}

START_TEST(state_root_refuses_what_another_user_put_into_tmp)
{
	int failed_step;

	ck_assert_int_eq(mkdir(last_resort(), 0700), 0);
	failed_step = in_child(refuse_last_resort);
	ck_assert_int_eq(rmdir(last_resort()), 0);
	ck_assert_int_eq(failed_step, 0);

	ck_assert_int_eq(symlink(tmpdir, last_resort()), 0);
	failed_step = in_child(refuse_last_resort);
	ck_assert_int_eq(unlink(last_resort()), 0);
	ck_assert_int_eq(failed_step, 0);
}
END_TEST

static int use_foreign_configured(void)
{
	char want[64], *root;

	become_user();
	if (state_root_error("/") != -EACCES)
		return 1;
	snprintf(want, sizeof(want), "/tmp/vdisk-%u", geteuid());
	if (vu_state_root("/tmp", &root) != 0 || strcmp(root, want) != 0 || mode_of(root) != 0700)
		return 2;
	rmdir(root);
	free(root);
	return 0;
}

START_TEST(state_root_takes_its_own_place_in_a_configured_directory_of_others)
{
	ck_assert_int_eq(in_child(use_foreign_configured), 0);
}
END_TEST

START_TEST(state_root_takes_its_own_place_in_a_configured_directory_that_others_write)
{
	char name[64], *root;

	snprintf(name, sizeof(name), "vdisk-%u", geteuid());
	ck_assert_int_eq(chmod(tmpdir, 01777), 0);
	ck_assert_int_eq(vu_state_root(tmpdir, &root), 0);
	ck_assert_str_eq(root, in_tmpdir(name));
	free(root);
	ck_assert_int_eq(chmod(tmpdir, 0777), 0); /* where they may rename ours */
	ck_assert_int_eq(vu_state_root(tmpdir, &root), -EPERM);
}
END_TEST

static int refuse_owner_of_configured(void)
{
	become_user();
	return state_root_error(tmpdir) == -EPERM ? 0 : 1;
}

START_TEST(state_root_refuses_a_shared_directory_whose_owner_may_exchange_ours)
{
	ck_assert_int_eq(chown(tmpdir, user + 1, (gid_t)-1), 0);
	ck_assert_int_eq(chmod(tmpdir, 01777), 0);
	ck_assert_int_eq(in_child(refuse_owner_of_configured), 0);
}
END_TEST

static void add_tree_tests(Suite *s)
{
	TCase *tc = unit_tcase(s, "trees");

	tcase_add_checked_fixture(tc, tmpdir_make, tmpdir_remove);
	tcase_add_test(tc, mkdir_p_makes_all_that_is_missing);
	tcase_add_test(tc, mkdir_p_takes_relative_names);
	tcase_add_test(tc, mkdir_p_refuses_a_file_in_the_way);
	tcase_add_test(tc, rm_rf_removes_a_tree_and_nothing_behind_its_links);
	tcase_add_test(tc, rm_rf_of_a_link_removes_the_link);
	tcase_add_test(tc, rm_rf_of_nothing_succeeds);
	tcase_add_test(tc, rm_rf_refuses_names_that_mean_somewhere_else);
	tcase_add_test(tc, rm_rf_gives_up_below_64_levels_and_keeps_the_rest_going);
	if (in_child(own_mounts) == 0)
		tcase_add_test(tc, rm_rf_stops_at_mounts);
}

static void add_state_root_tests(Suite *s)
{
	TCase *tc = unit_tcase(s, "state root, configured");

	tcase_add_checked_fixture(tc, tmpdir_make, tmpdir_remove);
	tcase_add_test(tc, state_root_takes_the_configured_directory_and_makes_it);
	tcase_add_test(tc, state_root_makes_a_configured_relative_name_absolute);
	tcase_add_test(tc, state_root_passes_why_the_configured_directory_fails);
	tcase_add_test(tc,
		       state_root_takes_its_own_place_in_a_configured_directory_that_others_write);

	tc = unit_tcase(s, "state root, users");
	tcase_add_checked_fixture(tc, setup_user, tmpdir_remove);
	tcase_add_test(tc, state_root_of_a_user_is_below_xdg_runtime_dir);
	tcase_add_test(tc, state_root_refuses_a_directory_that_others_may_enter);
	tcase_add_test(tc, state_root_refuses_a_link_even_to_our_own);
	tcase_add_test(tc, state_root_refuses_a_file);
	tcase_add_test(tc, state_root_refuses_a_parent_where_others_may_exchange_it);
	tcase_add_test(tc, state_root_takes_its_own_place_in_a_configured_directory_of_others);
	/* Others' files, and a user without a run-time directory, take root to make. */
	if (getuid() == 0) {
		tcase_add_test(tc, state_root_falls_back_to_tmp);
		tcase_add_test(tc, state_root_refuses_what_another_user_put_into_tmp);
		tcase_add_test(tc,
			       state_root_refuses_a_shared_directory_whose_owner_may_exchange_ours);
	}
}

int main(void)
{
	Suite *s = suite_create("osutil-dirs");

	add_tree_tests(s);
	add_state_root_tests(s);
	return unit_run(s);
}
