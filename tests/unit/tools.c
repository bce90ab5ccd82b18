/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * tools/: exit codes, state directories.
 */
#include "config.h"

#include "unit.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../common/alloc.h"
#include "../../common/osutil.h"
#include "../../tools/exitcode.h"
#include "../../tools/state.h"

static char root[64];

static void make_root(void)
{
	char *mounts;

	snprintf(root, sizeof(root), "/tmp/vdisk-test-%d-XXXXXX", (int)getpid());
	ck_assert_ptr_nonnull(mkdtemp(root));
	mounts = vu_asprintf("%s/mounts", root);
	ck_assert_int_eq(mkdir(mounts, 0700), 0);
	free(mounts);
}

static void remove_root(void)
{
	ck_assert_int_eq(vu_rm_rf(root), 0);
}

START_TEST(every_named_cause_has_its_exit_code)
{
	ck_assert_int_eq(vdt_exit_from_vix(VIX_OK), VDT_OK);
	ck_assert_int_eq(vdt_exit_from_vix(VIX_E_FILE_NOT_FOUND), VDT_NOT_FOUND);
	ck_assert_int_eq(vdt_exit_from_vix(VIX_E_MNTAPI_OPEN_HANDLES), VDT_BUSY);
	ck_assert_int_eq(vdt_exit_from_vix(VIX_E_DISK_INVALIDDISK), VDT_CORRUPT);
	ck_assert_int_eq(vdt_exit_from_vix(VIX_E_NOT_SUPPORTED), VDT_UNSUPPORTED);
	ck_assert_int_eq(vdt_exit_from_vix(VIX_E_DISK_FULL), VDT_NO_SPACE);
	ck_assert_int_eq(vdt_exit_from_vix(VIX_E_MNTAPI_OS_ERROR), VDT_BACKEND);
	ck_assert_int_eq(vdt_exit_from_vix(VIX_E_AUTHENTICATION_FAIL), VDT_AUTH);
	ck_assert_int_eq(vdt_exit_from_vix(VIX_E_OBJECT_NOT_FOUND), VDT_NOT_FOUND);
	ck_assert_int_eq(vdt_exit_from_vix(VIX_E_CANNOT_CONNECT_TO_HOST), VDT_TIMEOUT);
	ck_assert_int_eq(vdt_exit_from_vix(VIX_E_HOST_TCP_CONN_LOST), VDT_TIMEOUT);
	ck_assert_int_eq(vdt_exit_from_vix(65000), VDT_FAILED);
	ck_assert_str_eq(vdt_exit_name(VDT_NOT_FOUND), "not-found");
}
END_TEST

START_TEST(an_entry_is_alive_while_its_lock_is_held)
{
	struct vdt_entry e;
	char *sources[] = { (char *)"/a.vmdk", (char *)"/b.vmdk" };
	struct vdt_entries list;

	ck_assert_int_eq(vdt_entry_new(root, &e), 0);
	ck_assert_int_eq(vdt_entry_set(&e, sources, 2, "/mnt/x"), 0);
	e.pid = 77;
	e.volumes = 3;
	ck_assert_int_eq(vdt_entry_save(&e), 0);

	ck_assert_int_eq(vdt_state_load(root, &list), 0);
	ck_assert_uint_eq(list.n, 1);
	ck_assert(list.v[0].alive);
	ck_assert_str_eq(list.v[0].id, e.id);
	ck_assert_str_eq(list.v[0].sources[1], "/b.vmdk");
	ck_assert_str_eq(list.v[0].mountpoint, "/mnt/x");
	ck_assert_int_eq(list.v[0].pid, 77);
	ck_assert_uint_eq(list.v[0].volumes, 3);
	vdt_entries_free(&list);
	ck_assert_uint_eq(vdt_state_sweep(root, NULL, NULL), 0);

	close(e.lock_fd);
	e.lock_fd = -1;
	ck_assert(!vdt_entry_is_alive(&e));
	ck_assert_uint_eq(vdt_state_sweep(root, NULL, NULL), 1);
	ck_assert_int_lt(access(e.dir, F_OK), 0);
	vdt_entry_free(&e);
}
END_TEST

START_TEST(the_state_is_private)
{
	struct vdt_entry e;
	struct stat st;
	char *sources[] = { (char *)"/a.vmdk" };
	char *path;

	ck_assert_int_eq(vdt_entry_new(root, &e), 0);
	ck_assert_int_eq(vdt_entry_set(&e, sources, 1, "/mnt/x"), 0);
	ck_assert_int_eq(vdt_entry_save(&e), 0);
	path = vdt_entry_path(&e, "state.json");
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_int_eq(st.st_mode & 0777, 0600);
	ck_assert_int_eq(stat(e.dir, &st), 0);
	ck_assert_int_eq(st.st_mode & 0777, 0700);
	free(path);
	vdt_entry_remove(&e);
}
END_TEST

START_TEST(a_damaged_state_is_swept)
{
	struct vdt_entry e;
	struct vdt_entries list;
	char *path;
	int fd;

	ck_assert_int_eq(vdt_entry_new(root, &e), 0);
	path = vdt_entry_path(&e, "state.json");
	fd = open(path, O_WRONLY | O_CREAT, 0600);
	ck_assert_int_eq(vu_write_full(fd, "{\"id\": 7", 8), 0);
	close(fd);
	free(path);
	close(e.lock_fd);
	ck_assert_int_eq(vdt_state_load(root, &list), 0);
	ck_assert_uint_eq(list.n, 1);
	ck_assert_ptr_null(list.v[0].mountpoint);
	vdt_entries_free(&list);
	ck_assert_uint_eq(vdt_state_sweep(root, NULL, NULL), 1);
	vdt_entry_free(&e);
}
END_TEST

START_TEST(a_killed_process_frees_its_entry)
{
	struct vdt_entries list;
	int fds[2];
	char ready;
	pid_t child;

	ck_assert_int_eq(pipe(fds), 0);
	child = fork();
	if (child == 0) {
		struct vdt_entry e;

		if (vdt_entry_new(root, &e) == 0)
			vu_write_full(fds[1], "r", 1);
		pause();
	}
	ck_assert_int_eq(vu_read_full(fds[0], &ready, 1), 0);
	ck_assert_uint_eq(vdt_state_sweep(root, NULL, NULL), 0);
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	ck_assert_uint_eq(vdt_state_sweep(root, NULL, NULL), 1);
	ck_assert_int_eq(vdt_state_load(root, &list), 0);
	ck_assert_uint_eq(list.n, 0);
	vdt_entries_free(&list);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("tools");
	TCase *tc = unit_tcase(s, "tools");

	tcase_add_checked_fixture(tc, make_root, remove_root);
	tcase_add_test(tc, every_named_cause_has_its_exit_code);
	tcase_add_test(tc, an_entry_is_alive_while_its_lock_is_held);
	tcase_add_test(tc, the_state_is_private);
	tcase_add_test(tc, a_damaged_state_is_swept);
	tcase_add_test(tc, a_killed_process_frees_its_entry);
	return unit_run(s);
}
