/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * libvdisk/newfiles.c: files in the making appear together, or not at all, whatever fails and
 * whenever the process is killed.
 */
#include "config.h"

#include "unit.h"

#include <dirent.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../libvdisk/newfiles.h"
#include "alloc.h"
#include "cleanup.h"
#include "memstore.h"
#include "said.h"
#include "tmpdir.h"

/* What is in the file of a set. */
static VixError put(struct vd_newfiles *nf, const char *name, const char *text)
{
	struct vd_store *st;
	VixError err;

	VD_TRY(vd_newfiles_add(nf, name, &st));
	err = vd_store_append(st, text, strlen(text), 0);
	if (err == VIX_OK)
		err = vd_store_flush(st);
	vd_store_close(st);
	return err;
}

/* A disk "d" of a descriptor and two extents; or of itself alone. */
static VixError make(const struct vd_store_ops *ops, const char *path, bool may_replace,
		     bool is_alone)
{
	struct vd_newfiles *nf;
	VixError err;

	VD_TRY(vd_newfiles_begin(ops, path, may_replace, &nf));
	err = put(nf, vd_newfiles_name(nf), "new");
	if (err == VIX_OK && !is_alone)
		err = put(nf, "d-1", "new");
	if (err == VIX_OK && !is_alone)
		err = put(nf, "d-2", "new");
	if (err == VIX_OK && !is_alone)
		err = vd_newfiles_retire(nf, "d-3");
	if (err != VIX_OK) {
		vd_newfiles_abandon(nf);
		return err;
	}
	return vd_newfiles_commit(nf);
}

static VixError make_mem(bool may_replace, bool is_alone)
{
	return make(&memstore_ops, "d", may_replace, is_alone);
}

static void mem_setup(void)
{
	said_start();
}

static void mem_teardown(void)
{
	memstore_fail_change(0, VIX_OK, 0, 0);
	memstore_reset();
	said_stop();
}

static void add_old_disk(void)
{
	memstore_add("d", "old", 3);
	memstore_add("d-1", "old", 3);
	memstore_add("d-3", "old", 3);
}

static void expect_names(const char *want)
{
	VU_AUTO(free) char *got = memstore_list();

	ck_assert_str_eq(got != NULL ? got : "", want);
}

static bool has_text(const char *path, const char *text)
{
	return memstore_bytes(path) != NULL && memstore_len(path) == strlen(text) &&
	       memcmp(memstore_bytes(path), text, strlen(text)) == 0;
}

static bool is_old_disk(void)
{
	return has_text("d", "old") && has_text("d-1", "old") && has_text("d-3", "old");
}

static bool is_new_disk(void)
{
	return has_text("d", "new") && has_text("d-1", "new") && has_text("d-2", "new");
}

START_TEST(a_set_appears_whole)
{
	ck_assert_uint_eq(make_mem(false, false), VIX_OK);
	expect_names("d d-1 d-2 ");
	ck_assert(is_new_disk());
}
END_TEST

START_TEST(the_file_that_makes_it_a_disk_comes_last)
{
	unsigned n;

	make_mem(false, false);
	n = memstore_changes();
	mem_teardown();
	mem_setup();
	memstore_fail_change(n - 1, VIX_E_FILE_ERROR, 1, 0); /* the last is the flush of names */
	ck_assert_uint_eq(make_mem(false, false), VIX_E_FILE_ERROR);
	expect_names("");
}
END_TEST

START_TEST(nothing_is_replaced_without_leave)
{
	add_old_disk();
	ck_assert_uint_eq(make_mem(false, false), VIX_E_FILE_ALREADY_EXISTS);
	ck_assert(said("cannot make d: it exists"));
	expect_names("d d-1 d-3 ");
	memstore_remove("d");
	ck_assert_uint_eq(make_mem(false, false), VIX_E_FILE_ALREADY_EXISTS);
	ck_assert(said("cannot make d-1: it exists"));
	expect_names("d-1 d-3 ");
}
END_TEST

START_TEST(what_is_replaced_goes_away_with_all_that_was_its_own)
{
	add_old_disk();
	ck_assert_uint_eq(make_mem(true, false), VIX_OK);
	expect_names("d d-1 d-2 ");
	ck_assert(is_new_disk());
}
END_TEST

START_TEST(a_name_that_is_taken_meanwhile_gives_up_all)
{
	struct vd_newfiles *nf;

	ck_assert_uint_eq(vd_newfiles_begin(&memstore_ops, "d", false, &nf), VIX_OK);
	ck_assert_uint_eq(put(nf, "d", "new"), VIX_OK);
	ck_assert_uint_eq(put(nf, "d-1", "new"), VIX_OK);
	memstore_add("d", "other", 5);
	ck_assert_uint_eq(vd_newfiles_commit(nf), VIX_E_FILE_ALREADY_EXISTS);
	expect_names("d ");
	ck_assert(has_text("d", "other"));
}
END_TEST

START_TEST(an_abandoned_set_leaves_nothing)
{
	struct vd_newfiles *nf;

	ck_assert_uint_eq(vd_newfiles_begin(&memstore_ops, "d", false, &nf), VIX_OK);
	ck_assert_uint_eq(put(nf, "d", "new"), VIX_OK);
	vd_newfiles_abandon(nf);
	vd_newfiles_abandon(NULL);
	expect_names("");
}
END_TEST

/* What is made over what, for loops over all failures. */
static const struct scenario {
	bool has_old, is_alone;
} scenarios[] = { { false, false }, { true, false }, { false, true }, { true, true } };

static void begin_scenario(const struct scenario *sc)
{
	mem_teardown();
	mem_setup();
	if (sc->has_old)
		add_old_disk();
}

static unsigned count_changes(const struct scenario *sc)
{
	begin_scenario(sc);
	ck_assert_uint_eq(make_mem(sc->has_old, sc->is_alone), VIX_OK);
	return memstore_changes();
}

static void expect_old(const struct scenario *sc)
{
	expect_names(sc->has_old ? "d d-1 d-3 " : "");
	ck_assert(!sc->has_old || is_old_disk());
}

START_TEST(whatever_fails_the_old_state_is_there)
{
	const struct scenario *sc = &scenarios[_i];
	unsigned changes = count_changes(sc);
	VixError err;

	for (unsigned n = 1; n <= changes; n++) {
		begin_scenario(sc);
		memstore_fail_change(n, VIX_E_DISK_FULL, 1, 0);
		err = make_mem(sc->has_old, sc->is_alone);
		if (err ==
		    VIX_OK) { /* the old disk could not be removed, when the new one was there */
			ck_assert(sc->has_old && !sc->is_alone && is_new_disk());
			continue;
		}
		ck_assert_uint_eq(err, VIX_E_DISK_FULL);
		if (n == changes && sc->has_old && sc->is_alone) /* see newfiles.h, 3 */
			ck_assert(has_text("d", "new"));
		else
			expect_old(sc);
	}
}
END_TEST

START_TEST(after_a_kill_the_old_or_the_new_disk_is_there)
{
	const struct scenario *sc = &scenarios[_i];
	unsigned changes = count_changes(sc);

	for (unsigned n = 1; n <= changes; n++) {
		begin_scenario(sc);
		memstore_fail_change(n, VIX_E_FILE_ERROR, 1000000, 0);
		make_mem(sc->has_old, sc->is_alone);
		memstore_fail_change(0, VIX_OK, 0, 0);
		vd_newfiles_recover(&memstore_ops, "d");
		if (sc->has_old && sc->is_alone)
			ck_assert(has_text("d", "old") || has_text("d", "new"));
		else if (sc->has_old)
			ck_assert(is_old_disk() || is_new_disk());
		else if (memstore_bytes("d") != NULL)
			ck_assert(has_text("d", "new") && (sc->is_alone || is_new_disk()));
	}
}
END_TEST

/* Files that are added to a disk. */

static VixError add_files(void)
{
	struct vd_newfiles *nf;
	VixError err;

	VD_TRY(vd_newfiles_begin_more(&memstore_ops, "d", &nf));
	err = put(nf, "d-1", "new");
	if (err == VIX_OK)
		err = put(nf, "d-2", "new");
	if (err == VIX_OK)
		err = put(nf, "d", "new");
	if (err == VIX_OK)
		return vd_newfiles_commit(nf);
	vd_newfiles_abandon(nf);
	return err;
}

static unsigned count_changes_of_adding(void)
{
	memstore_add("d", "old", 3);
	ck_assert_uint_eq(add_files(), VIX_OK);
	ck_assert(is_new_disk());
	return memstore_changes();
}

/* Return: it is the new one. */
static bool check_added(void)
{
	bool is_new = has_text("d", "new");

	ck_assert(is_new || has_text("d", "old"));
	expect_names(is_new ? "d d-1 d-2 " : "d ");
	return is_new;
}

START_TEST(whatever_fails_no_file_is_added)
{
	unsigned changes = count_changes_of_adding();

	for (unsigned n = 1; n <= changes; n++) {
		mem_teardown();
		mem_setup();
		memstore_add("d", "old", 3);
		memstore_fail_change(n, VIX_E_DISK_FULL, 1, 0);
		ck_assert_uint_eq(add_files(), VIX_E_DISK_FULL);
		ck_assert(check_added() == (n == changes)); /* see newfiles.h, 3 */
	}
}
END_TEST

START_TEST(after_a_kill_all_files_are_added_or_none)
{
	unsigned changes = count_changes_of_adding();

	for (unsigned n = 1; n <= changes; n++) {
		mem_teardown();
		mem_setup();
		memstore_add("d", "old", 3);
		memstore_fail_change(n, VIX_E_FILE_ERROR, 1000000, 0);
		add_files();
		memstore_fail_change(0, VIX_OK, 0, 0);
		vd_newfiles_recover(&memstore_ops, "d");
		check_added();
	}
}
END_TEST

START_TEST(an_added_file_replaces_none)
{
	memstore_add("d", "old", 3);
	memstore_add("d-2", "mine", 4);
	ck_assert_uint_eq(add_files(), VIX_E_FILE_ALREADY_EXISTS);
	ck_assert(has_text("d", "old") && has_text("d-2", "mine"));
	expect_names("d d-2 ");
}
END_TEST

/* On this host. */

static void host_setup(void)
{
	tmpdir_make();
	said_start();
}

static void host_teardown(void)
{
	said_stop();
	tmpdir_remove();
}

static unsigned count_files(void)
{
	VU_AUTO(closedir) DIR *d = opendir(tmpdir);
	unsigned n = 0;

	while (readdir(d) != NULL)
		n++;
	return n - 2;
}

static void expect_text(const char *path, const char *want)
{
	VU_AUTO(free) char *text = NULL;

	ck_assert_int_eq(vu_read_file(path, 100, &text, NULL), 0);
	ck_assert_str_eq(text, want);
}

START_TEST(files_of_the_host_are_private_and_alone)
{
	struct stat sb;

	ck_assert_uint_eq(make(&vd_store_local, in_tmpdir("d"), false, false), VIX_OK);
	ck_assert_uint_eq(count_files(), 3);
	expect_text(in_tmpdir("d-2"), "new");
	ck_assert_int_eq(stat(in_tmpdir("d"), &sb), 0);
	ck_assert_uint_eq(sb.st_mode & 0777, 0600);
}
END_TEST

START_TEST(what_replaces_a_file_has_its_mode)
{
	struct stat sb;

	put_text(in_tmpdir("d"), "old");
	put_text(in_tmpdir("d-3"), "old");
	ck_assert_int_eq(chmod(in_tmpdir("d"), 0640), 0);
	ck_assert_uint_eq(make(&vd_store_local, in_tmpdir("d"), true, false), VIX_OK);
	ck_assert_uint_eq(count_files(), 3);
	expect_text(in_tmpdir("d"), "new");
	ck_assert_int_eq(stat(in_tmpdir("d"), &sb), 0);
	ck_assert_uint_eq(sb.st_mode & 0777, 0640);
}
END_TEST

START_TEST(a_symbolic_link_stays_and_the_file_it_leads_to_is_replaced)
{
	struct stat sb;

	ck_assert_int_eq(mkdir(in_tmpdir("sub"), 0755), 0);
	put_text(in_tmpdir("sub/d"), "old");
	ck_assert_int_eq(symlink("sub/d", in_tmpdir("link")), 0);
	ck_assert_uint_eq(make(&vd_store_local, in_tmpdir("link"), true, true), VIX_OK);
	ck_assert_int_eq(lstat(in_tmpdir("link"), &sb), 0);
	ck_assert(S_ISLNK(sb.st_mode));
	expect_text(in_tmpdir("sub/d"), "new");
	ck_assert_uint_eq(make(&vd_store_local, in_tmpdir("link"), false, true),
			  VIX_E_FILE_ALREADY_EXISTS);
}
END_TEST

START_TEST(a_directory_that_is_missing_or_not_ours_is_told)
{
	struct vd_newfiles *nf;

	ck_assert_uint_eq(vd_newfiles_begin(&vd_store_local, in_tmpdir("no/d"), false, &nf),
			  VIX_E_FILE_NOT_FOUND);
	ck_assert_ptr_null(nf);
	ck_assert_uint_eq(vd_newfiles_begin(&vd_store_local, in_tmpdir("sub/"), false, &nf),
			  VIX_E_INVALID_ARG);
	if (geteuid() == 0)
		return;
	ck_assert_int_eq(mkdir(in_tmpdir("sub"), 0555), 0);
	ck_assert_uint_eq(vd_newfiles_begin(&vd_store_local, in_tmpdir("sub/d"), false, &nf),
			  VIX_E_FILE_ACCESS_ERROR);
}
END_TEST

/* In a child: begins, makes "d", and dies; @is_moved: half-way through a commit over an old disk. */
static void die_while_making(const char *path)
{
	struct vd_newfiles *nf;
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		if (vd_newfiles_begin(&vd_store_local, path, true, &nf) != VIX_OK ||
		    put(nf, "d", "new") != VIX_OK)
			_exit(1);
		_exit(0);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
}

START_TEST(who_comes_after_a_kill_clears_away)
{
	die_while_making(in_tmpdir("d"));
	ck_assert_uint_eq(count_files(), 1);
	ck_assert_uint_eq(make(&vd_store_local, in_tmpdir("d"), false, false), VIX_OK);
	ck_assert_uint_eq(count_files(), 3);
	ck_assert(said("is removed: who made it is gone"));
}
END_TEST

/* The work directory of "d". */
static char *find_work(void)
{
	VU_AUTO(closedir) DIR *d = opendir(tmpdir);
	const struct dirent *e;

	while ((e = readdir(d)) != NULL) {
		if (strncmp(e->d_name, "d.part-", 7) == 0)
			return vu_asprintf("%s/%s", tmpdir, e->d_name);
	}
	return NULL;
}

/* As when a commit was killed that had just moved the old disk away. */
START_TEST(a_disk_that_was_half_replaced_comes_back)
{
	VU_AUTO(free) char *work = NULL;
	char away[200];

	die_while_making(in_tmpdir("d"));
	work = find_work();
	ck_assert_ptr_nonnull(work);
	snprintf(away, sizeof(away), "%s/.old/d", work);
	put_text(away, "old");
	snprintf(away, sizeof(away), "%s/.old/d-1", work);
	put_text(away, "old");
	put_text(in_tmpdir("d-1"), "new");
	vd_newfiles_recover(&vd_store_local, in_tmpdir("d"));
	ck_assert_uint_eq(count_files(), 2);
	expect_text(in_tmpdir("d"), "old");
	expect_text(in_tmpdir("d-1"), "old");
}
END_TEST

/* As when a commit was killed that had given new files their names, and not yet the disk. */
START_TEST(files_that_were_added_to_no_disk_go_away)
{
	VU_AUTO(free) char *work = NULL;
	char noted[200];

	die_while_making(in_tmpdir("d"));
	work = find_work();
	ck_assert_ptr_nonnull(work);
	for (int i = 1; i <= 2; i++) {
		snprintf(noted, sizeof(noted), "%s/.new/d-%d", work, i);
		put_text(noted, "");
	}
	snprintf(noted, sizeof(noted), "%s/d-2", work); /* has not got its name */
	put_text(noted, "new");
	put_text(in_tmpdir("d"), "old");
	put_text(in_tmpdir("d-1"), "new");
	put_text(in_tmpdir("d-2"), "mine");
	vd_newfiles_recover(&vd_store_local, in_tmpdir("d"));
	ck_assert_uint_eq(count_files(), 2);
	expect_text(in_tmpdir("d"), "old");
	expect_text(in_tmpdir("d-2"), "mine");
}
END_TEST

START_TEST(a_disk_that_was_replaced_stays_new_after_a_kill)
{
	VU_AUTO(free) char *work = NULL;
	char away[200];

	die_while_making(in_tmpdir("d"));
	work = find_work();
	snprintf(away, sizeof(away), "%s/.old/d", work);
	put_text(away, "old");
	put_text(in_tmpdir("d"), "new");
	vd_newfiles_recover(&vd_store_local, in_tmpdir("d"));
	ck_assert_uint_eq(count_files(), 1);
	expect_text(in_tmpdir("d"), "new");
}
END_TEST

START_TEST(a_set_that_somebody_is_making_is_left_alone)
{
	struct vd_newfiles *nf;

	ck_assert_uint_eq(vd_newfiles_begin(&vd_store_local, in_tmpdir("d"), false, &nf), VIX_OK);
	vd_newfiles_recover(&vd_store_local, in_tmpdir("d"));
	ck_assert_uint_eq(put(nf, "d", "new"), VIX_OK);
	ck_assert_uint_eq(vd_newfiles_commit(nf), VIX_OK);
	expect_text(in_tmpdir("d"), "new");
	ck_assert_uint_eq(count_files(), 1);
}
END_TEST

START_TEST(directories_of_other_people_are_left_alone)
{
	ck_assert_int_eq(mkdir(in_tmpdir("d.part-backup"), 0755), 0);
	put_text(in_tmpdir("d.part-backup/precious"), "x");
	ck_assert_uint_eq(make(&vd_store_local, in_tmpdir("d"), false, true), VIX_OK);
	expect_text(in_tmpdir("d.part-backup/precious"), "x");
}
END_TEST

START_TEST(work_directories_that_others_could_change_are_left_alone)
{
	VU_AUTO(free) char *work = NULL;
	char away[200];

	die_while_making(in_tmpdir("d"));
	work = find_work();
	snprintf(away, sizeof(away), "%s/.old/d", work);
	put_text(away, "evil");
	ck_assert_int_eq(chmod(work, 0777), 0);
	ck_assert_uint_eq(make(&vd_store_local, in_tmpdir("d"), false, true), VIX_OK);
	expect_text(in_tmpdir("d"), "new");
	ck_assert(exists(away));
}
END_TEST

START_TEST(the_longest_name_can_be_made)
{
	char name[256];

	memset(name, 'x', 255);
	name[255] = '\0';
	VU_AUTO(free) char *path = vu_asprintf("%s/%s", tmpdir, name);
	ck_assert_uint_eq(make(&vd_store_local, path, false, true), VIX_OK);
	expect_text(path, "new");
}
END_TEST

START_TEST(room_on_the_host_can_be_reserved_or_left_out)
{
	struct vd_newfiles *nf;
	struct vd_store *st;
	struct stat sb;

	ck_assert_uint_eq(vd_newfiles_begin(&vd_store_local, in_tmpdir("d"), false, &nf), VIX_OK);
	ck_assert_uint_eq(vd_newfiles_add(nf, "d", &st), VIX_OK);
	ck_assert_uint_eq(vd_store_resize(st, 1 << 20), VIX_OK);
	ck_assert_uint_eq(vd_store_allocate(st, 1 << 20), VIX_OK);
	ck_assert_uint_eq(st->size, 2 << 20);
	vd_store_close(st);
	ck_assert_uint_eq(vd_newfiles_commit(nf), VIX_OK);
	ck_assert_int_eq(stat(in_tmpdir("d"), &sb), 0);
	ck_assert_uint_eq(sb.st_size, 2 << 20);
	ck_assert_uint_ge(sb.st_blocks, (1 << 20) / 512);
	ck_assert_uint_lt(sb.st_blocks, (2 << 20) / 512);
}
END_TEST

START_TEST(a_store_that_reserves_no_room_is_filled_with_zeros)
{
	struct vd_store *st;

	ck_assert_uint_eq(vd_store_open(&memstore_ops, "m", VD_STORE_WRITE | VD_STORE_CREATE, &st),
			  VIX_OK);
	ck_assert_uint_eq(vd_store_allocate(st, 600000), VIX_OK);
	ck_assert_uint_eq(st->size, 600000);
	ck_assert_uint_eq(vd_store_allocate(st, INT64_MAX), VIX_E_NOT_SUPPORTED);
	memstore_fail_change(2, VIX_E_DISK_FULL, 1, 0);
	ck_assert_uint_eq(vd_store_allocate(st, 600000), VIX_E_DISK_FULL);
	ck_assert_uint_eq(st->size, 600000);
	vd_store_close(st);
}
END_TEST

static atomic_bool has_ended;

static void *clear_away(void *unused)
{
	while (!atomic_load(&has_ended))
		vd_newfiles_recover(&vd_store_local, in_tmpdir("d"));
	return unused;
}

/* Nobody takes a directory that was just made for one that was left behind. */
START_TEST(a_set_is_its_makers_from_the_first_moment)
{
	struct vd_newfiles *nf;
	struct vd_store *st;
	pthread_t thread;

	ck_assert_int_eq(pthread_create(&thread, NULL, clear_away, NULL), 0);
	for (unsigned i = 0; i < 200; i++) {
		VU_AUTO(free) char *path = vu_asprintf("%s/d", tmpdir);

		ck_assert_uint_eq(vd_newfiles_begin(&vd_store_local, path, false, &nf), VIX_OK);
		usleep(100);
		ck_assert_uint_eq(vd_newfiles_add(nf, "d", &st), VIX_OK);
		vd_store_close(st);
		vd_newfiles_abandon(nf);
	}
	atomic_store(&has_ended, true);
	pthread_join(thread, NULL);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("newfiles");
	TCase *tc = unit_tcase(s, "sets");

	tcase_add_checked_fixture(tc, mem_setup, mem_teardown);
	tcase_add_test(tc, a_set_appears_whole);
	tcase_add_test(tc, the_file_that_makes_it_a_disk_comes_last);
	tcase_add_test(tc, nothing_is_replaced_without_leave);
	tcase_add_test(tc, what_is_replaced_goes_away_with_all_that_was_its_own);
	tcase_add_test(tc, a_name_that_is_taken_meanwhile_gives_up_all);
	tcase_add_test(tc, an_abandoned_set_leaves_nothing);
	tcase_add_test(tc, a_store_that_reserves_no_room_is_filled_with_zeros);
	tcase_add_loop_test(tc, whatever_fails_the_old_state_is_there, 0, 4);
	tcase_add_loop_test(tc, after_a_kill_the_old_or_the_new_disk_is_there, 0, 4);
	tcase_add_test(tc, whatever_fails_no_file_is_added);
	tcase_add_test(tc, after_a_kill_all_files_are_added_or_none);
	tcase_add_test(tc, an_added_file_replaces_none);

	tc = unit_tcase(s, "host");
	tcase_add_checked_fixture(tc, host_setup, host_teardown);
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, files_of_the_host_are_private_and_alone);
	tcase_add_test(tc, what_replaces_a_file_has_its_mode);
	tcase_add_test(tc, a_symbolic_link_stays_and_the_file_it_leads_to_is_replaced);
	tcase_add_test(tc, a_directory_that_is_missing_or_not_ours_is_told);
	tcase_add_test(tc, who_comes_after_a_kill_clears_away);
	tcase_add_test(tc, a_disk_that_was_half_replaced_comes_back);
	tcase_add_test(tc, files_that_were_added_to_no_disk_go_away);
	tcase_add_test(tc, a_disk_that_was_replaced_stays_new_after_a_kill);
	tcase_add_test(tc, a_set_that_somebody_is_making_is_left_alone);
	tcase_add_test(tc, a_set_is_its_makers_from_the_first_moment);
	tcase_add_test(tc, directories_of_other_people_are_left_alone);
	tcase_add_test(tc, work_directories_that_others_could_change_are_left_alone);
	tcase_add_test(tc, the_longest_name_can_be_made);
	tcase_add_test(tc, room_on_the_host_can_be_reserved_or_left_out);
	return unit_run(s);
}
