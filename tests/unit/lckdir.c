/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * libvdisk/store/lckdir.c: lock directories as VMware's programs make them.
 */
#include "config.h"

#include "unit.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <sys/wait.h>

#include "../../libvdisk/store/holder.h"
#include "../../libvdisk/store/lckdir.h"
#include "said.h"
#include "tmpdir.h"

#define MEMBER_BYTES 512

static char *disk, *dir;

static void setup(void)
{
	tmpdir_make();
	disk = strdup(in_tmpdir("x.vmdk"));
	dir = strdup(in_tmpdir("x.vmdk.lck"));
	said_start();
}

static void teardown(void)
{
	said_stop();
	free(disk);
	free(dir);
	tmpdir_remove();
}

static struct vd_lckdir *enter_ok(void)
{
	struct vd_lckdir *l;

	ck_assert_uint_eq(vd_lckdir_enter(disk, &l), VIX_OK);
	return l;
}

static void is_refused(const char *why)
{
	struct vd_lckdir *l = (struct vd_lckdir *)(void *)&disk;

	ck_assert_uint_eq(vd_lckdir_enter(disk, &l), VIX_E_FILE_ALREADY_LOCKED);
	ck_assert_ptr_null(l);
	ck_assert_msg(said(why), "%s", said_text);
}

static unsigned count_members(void)
{
	DIR *d = opendir(dir);
	const struct dirent *e;
	unsigned n = 0;

	while (d != NULL && (e = readdir(d)) != NULL)
		n += e->d_name[0] != '.';
	if (d != NULL)
		closedir(d);
	return n;
}

/* The text of the only file in the directory, for the caller to free(). */
static char *read_member(void)
{
	char *text = NULL, name[600] = "";
	DIR *d = opendir(dir);
	const struct dirent *e;
	size_t len;

	ck_assert_ptr_nonnull(d);
	while ((e = readdir(d)) != NULL)
		if (e->d_name[0] != '.')
			snprintf(name, sizeof(name), "%s/%s", dir, e->d_name);
	closedir(d);
	ck_assert_int_eq(vu_read_file(name, 4096, &text, &len), 0);
	ck_assert_uint_eq(len, MEMBER_BYTES);
	return text;
}

/* What we call this machine, as our own files tell. */
static const char *machine(void)
{
	static char word[MEMBER_BYTES];
	struct vd_lckdir *l;
	char *text;

	if (word[0] != '\0')
		return word;
	l = enter_ok();
	text = read_member();
	snprintf(word, sizeof(word), "%.*s", (int)strcspn(text, " "), text);
	free(text);
	vd_lckdir_leave(l);
	return word;
}

static void put_member(const char *name, const char *host, const char *process)
{
	char text[MEMBER_BYTES] = "", where[300];

	ck_assert_int_eq(vu_mkdir_p(dir, 0700), 0);
	snprintf(text, sizeof(text), "%s %s 1 X [ lc=1", host, process);
	snprintf(where, sizeof(where), "%s/%s", dir, name);
	put_file(where, text, sizeof(text));
}

static const char *describe(pid_t pid, uint64_t start)
{
	static char text[64];

	snprintf(text, sizeof(text), "%ld-%" PRIu64 "(vmware-vmx)", (long)pid, start);
	return text;
}

/* A number that no process has. */
static pid_t dead_pid(void)
{
	pid_t pid = fork();

	ck_assert_int_ge(pid, 0);
	if (pid == 0)
		_exit(0);
	ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
	return pid;
}

START_TEST(enter_leaves_a_file_that_tells_who_we_are_and_leave_removes_all)
{
	struct vd_lckdir *l = enter_ok();
	char want[64];
	char *text;

	ck_assert_uint_eq(count_members(), 1);
	text = read_member();
	snprintf(want, sizeof(want), " %ld-%" PRIu64 "(", (long)getpid(),
		 vd_process_start(getpid()));
	ck_assert_ptr_eq(strstr(text, want), text + 16);
	ck_assert_ptr_nonnull(strstr(text, ") 1 X "));
	free(text);
	vd_lckdir_leave(l);
	ck_assert(!exists(dir));
	ck_assert_uint_eq(said_lines(), 0);
}
END_TEST

START_TEST(one_process_may_enter_more_than_once)
{
	struct vd_lckdir *a = enter_ok(), *b = enter_ok();

	ck_assert_uint_eq(count_members(), 2);
	vd_lckdir_leave(a);
	ck_assert_uint_eq(count_members(), 1);
	vd_lckdir_leave(b);
	ck_assert(!exists(dir));
}
END_TEST

START_TEST(a_living_owner_is_respected)
{
	put_member("M00001.lck", machine(), describe(1, 0));
	is_refused("1-0(vmware-vmx)");
	ck_assert(said("x.vmdk.lck/M00001.lck"));
	ck_assert_uint_eq(count_members(), 1);
	put_member("M00001.lck", machine(), describe(1, vd_process_start(1)));
	is_refused("M00001.lck");
}
END_TEST

START_TEST(a_dead_owner_is_removed_and_told_of)
{
	struct vd_lckdir *l;

	put_member("M00001.lck", machine(), describe(dead_pid(), 4711));
	l = enter_ok();
	ck_assert(said("stale lock"));
	ck_assert(said("M00001.lck"));
	ck_assert_uint_eq(count_members(), 1);
	vd_lckdir_leave(l);
	ck_assert(!exists(dir));
}
END_TEST

START_TEST(a_process_with_the_number_of_a_dead_owner_is_not_taken_for_it)
{
	put_member("M00001.lck", machine(), describe(1, vd_process_start(1) + 1));
	vd_lckdir_leave(enter_ok());
	ck_assert(said("stale lock"));
	ck_assert(!exists(dir));
}
END_TEST

START_TEST(an_owner_on_another_machine_is_respected)
{
	const char *hosts[] = { "uuid=56-4d-00", "AAAAAAAAAAAAAAAA" };

	put_member("M12345.lck", hosts[_i], describe(dead_pid(), 1));
	is_refused("another machine");
	ck_assert_uint_eq(count_members(), 1);
}
END_TEST

START_TEST(a_file_that_says_nothing_is_removed)
{
	static const char *const texts[] = { "", "one two 1 X", "\n" };
	char where[300];

	ck_assert_int_eq(vu_mkdir_p(dir, 0700), 0);
	snprintf(where, sizeof(where), "%s/M00001.lck", dir);
	put_text(where, texts[_i]);
	vd_lckdir_leave(enter_ok());
	ck_assert(said("does not say whose it is"));
	ck_assert(!exists(dir));
	put_member("M00002.lck", machine(), "nobody");
	vd_lckdir_leave(enter_ok());
	ck_assert(!exists(dir));
}
END_TEST

START_TEST(what_is_no_lock_file_is_left_alone)
{
	put_member("M0001.lck", machine(), describe(1, 0));
	put_member("M000001.lck", machine(), describe(1, 0));
	put_member("E00001.lck", machine(), describe(1, 0));
	put_member("notes", machine(), describe(1, 0));
	vd_lckdir_leave(enter_ok());
	ck_assert_uint_eq(count_members(), 4);
}
END_TEST

START_TEST(a_link_in_the_directory_is_not_followed)
{
	char where[300];

	put_text(in_tmpdir("target"), "text");
	ck_assert_int_eq(vu_mkdir_p(dir, 0700), 0);
	snprintf(where, sizeof(where), "%s/M00001.lck", dir);
	ck_assert_int_eq(symlink(in_tmpdir("target"), where), 0);
	is_refused("M00001.lck");
	ck_assert(exists(where));
}
END_TEST

START_TEST(a_file_or_link_in_place_of_the_directory_is_respected)
{
	put_text(dir, "an old lock");
	is_refused("x.vmdk.lck");
	ck_assert_int_eq(unlink(dir), 0);
	ck_assert_int_eq(symlink("/tmp", dir), 0);
	is_refused("x.vmdk.lck");
}
END_TEST

/* As a user that may not write there. */
START_TEST(a_directory_that_is_read_only_keeps_nobody_out)
{
	struct vd_lckdir *l;
	uid_t before = geteuid();

	ck_assert_int_eq(chmod(tmpdir, 0555), 0);
	if (before == 0)
		ck_assert_int_eq(seteuid(65534), 0);
	ck_assert_uint_eq(vd_lckdir_enter(disk, &l), VIX_OK);
	ck_assert_ptr_null(l);
	ck_assert(said("no lock directory can be made"));
	if (before == 0)
		ck_assert_int_eq(seteuid(before), 0);
	ck_assert_int_eq(chmod(tmpdir, 0755), 0);
}
END_TEST

START_TEST(a_killed_process_leaves_what_is_harmless)
{
	pid_t pid = fork();
	int status;

	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		enter_ok();
		raise(SIGKILL);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert(WIFSIGNALED(status));
	ck_assert_uint_eq(count_members(), 1);
	vd_lckdir_leave(enter_ok());
	ck_assert(said("stale lock"));
	ck_assert(!exists(dir));
}
END_TEST

START_TEST(a_child_does_not_remove_what_is_its_parents)
{
	struct vd_lckdir *l = enter_ok();
	pid_t pid = fork();

	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		vd_lckdir_leave(l);
		_exit(0);
	}
	ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
	ck_assert_uint_eq(count_members(), 1);
	vd_lckdir_leave(l);
	ck_assert(!exists(dir));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("lckdir");
	TCase *tc = unit_tcase(s, "lckdir");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, enter_leaves_a_file_that_tells_who_we_are_and_leave_removes_all);
	tcase_add_test(tc, one_process_may_enter_more_than_once);
	tcase_add_test(tc, a_living_owner_is_respected);
	tcase_add_test(tc, a_dead_owner_is_removed_and_told_of);
	tcase_add_test(tc, a_process_with_the_number_of_a_dead_owner_is_not_taken_for_it);
	tcase_add_loop_test(tc, an_owner_on_another_machine_is_respected, 0, 2);
	tcase_add_loop_test(tc, a_file_that_says_nothing_is_removed, 0, 3);
	tcase_add_test(tc, what_is_no_lock_file_is_left_alone);
	tcase_add_test(tc, a_link_in_the_directory_is_not_followed);
	tcase_add_test(tc, a_file_or_link_in_place_of_the_directory_is_respected);
	tcase_add_test(tc, a_directory_that_is_read_only_keeps_nobody_out);
	tcase_add_test(tc, a_killed_process_leaves_what_is_harmless);
	tcase_add_test(tc, a_child_does_not_remove_what_is_its_parents);
	return unit_run(s);
}
