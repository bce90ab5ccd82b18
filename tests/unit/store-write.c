/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Writing to libvdisk/store/: appending, replacing, and what a failed flush means.
 */
#include "config.h"

#include "unit.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../libvdisk/store/store.h"
#include "memstore.h"
#include "said.h"
#include "tmpdir.h"

static char *path;

static void setup(void)
{
	tmpdir_make();
	path = strdup(in_tmpdir("file"));
	put_file(path, "0123456789", 10);
	said_start();
}

static void teardown(void)
{
	said_stop();
	free(path);
	tmpdir_remove();
	memstore_reset();
}

static struct vd_store *open_ok(const struct vd_store_ops *ops, const char *name, unsigned mode)
{
	struct vd_store *st;

	ck_assert_uint_eq(vd_store_open(ops, name, mode, &st), VIX_OK);
	return st;
}

static struct vd_store *open_mem(void)
{
	memstore_add("mem", "0123456789", 10);
	return open_ok(&memstore_ops, "mem", VD_STORE_WRITE);
}

static void expect_file(const char *want, size_t len)
{
	char got[64];
	FILE *f = fopen(path, "r");

	ck_assert_ptr_nonnull(f);
	ck_assert_uint_eq(fread(got, 1, sizeof(got), f), len);
	ck_assert_mem_eq(got, want, len);
	fclose(f);
}

START_TEST(what_is_appended_can_be_read_and_counts)
{
	struct vd_store *st = open_ok(&vd_store_local, path, VD_STORE_WRITE);
	char got[4];

	ck_assert_uint_eq(vd_store_append(st, "abc", 3, 12), VIX_OK);
	ck_assert_uint_eq(st->size, 15);
	ck_assert_uint_eq(vd_store_pread(st, got, 4, 11), VIX_OK);
	ck_assert_mem_eq(got, "\0abc", 4);
	vd_store_close(st);
	expect_file("0123456789\0\0abc", 15);
}
END_TEST

START_TEST(appending_before_the_end_is_refused)
{
	struct vd_store *st = open_ok(&vd_store_local, path, VD_STORE_WRITE);

	ck_assert_uint_eq(vd_store_append(st, "abc", 3, 9), VIX_E_FILE_ERROR);
	ck_assert(said("cannot append 3 bytes at 9"));
	ck_assert_uint_eq(vd_store_append(st, "abc", 3, UINT64_MAX - 1), VIX_E_FILE_ERROR);
	ck_assert_uint_eq(vd_store_append(st, "abc", 3, INT64_MAX), VIX_E_FILE_ERROR);
	vd_store_close(st);
	expect_file("0123456789", 10);
}
END_TEST

START_TEST(a_read_only_store_refuses_all_changes)
{
	struct vd_store *st = open_ok(&vd_store_local, path, 0);

	ck_assert_uint_eq(vd_store_append(st, "abc", 3, 10), VIX_E_FILE_READ_ONLY);
	ck_assert_uint_eq(vd_store_replace(st, "abc", 3), VIX_E_FILE_READ_ONLY);
	vd_store_close(st);
	expect_file("0123456789", 10);
}
END_TEST

START_TEST(an_append_that_fails_leaves_the_size)
{
	struct vd_store *st = open_mem();

	memstore_fail_change(1, VIX_E_DISK_FULL, 1, 2);
	ck_assert_uint_eq(vd_store_append(st, "abc", 3, 10), VIX_E_DISK_FULL);
	ck_assert_uint_eq(st->size, 10);
	ck_assert_uint_eq(vd_store_append(st, "xyz", 3, 10), VIX_OK);
	ck_assert_mem_eq(memstore_bytes("mem"), "0123456789xyz", 13);
	vd_store_close(st);
}
END_TEST

START_TEST(after_a_failed_flush_none_succeeds)
{
	struct vd_store *st = open_mem();

	memstore_fail_change(1, VIX_E_FILE_ERROR, 1, 0);
	ck_assert_uint_eq(vd_store_flush(st), VIX_E_FILE_ERROR);
	ck_assert_uint_eq(vd_store_flush(st), VIX_E_FILE_ERROR);
	ck_assert(said("may be lost"));
	vd_store_close(st);
}
END_TEST

START_TEST(replacing_keeps_mode_and_leaves_nothing_beside)
{
	struct vd_store *st;
	struct stat sb;

	ck_assert_int_eq(chmod(path, 0640), 0);
	st = open_ok(&vd_store_local, path, VD_STORE_WRITE);
	ck_assert_uint_eq(vd_store_replace(st, "abc", 3), VIX_OK);
	ck_assert_uint_eq(st->size, 3);
	ck_assert_int_eq(stat(path, &sb), 0);
	ck_assert_uint_eq(sb.st_mode & 07777, 0640);
	ck_assert_uint_eq(st->id.ino, sb.st_ino);
	/* It goes on with the new file. */
	ck_assert_uint_eq(vd_store_pwrite(st, "x", 1, 1), VIX_OK);
	vd_store_close(st);
	expect_file("axc", 3);
	ck_assert_int_eq(unlink(path), 0);
	ck_assert_int_eq(rmdir(tmpdir), 0);
	ck_assert_int_eq(mkdir(tmpdir, 0700), 0);
}
END_TEST

START_TEST(replacing_goes_through_symbolic_links)
{
	char *name = strdup(in_tmpdir("link"));
	struct vd_store *st;
	struct stat sb;

	ck_assert_int_eq(symlink("file", name), 0);
	st = open_ok(&vd_store_local, name, VD_STORE_WRITE);
	ck_assert_uint_eq(vd_store_replace(st, "abc", 3), VIX_OK);
	vd_store_close(st);
	ck_assert_int_eq(lstat(name, &sb), 0);
	ck_assert(S_ISLNK(sb.st_mode));
	expect_file("abc", 3);
	free(name);
}
END_TEST

/* The name has no room for that of a file beside it. */
START_TEST(a_file_with_a_long_name_is_replaced_in_place)
{
	char name[256], whole[512];
	struct vd_store *st;

	memset(name, 'x', 250);
	name[250] = '\0';
	snprintf(whole, sizeof(whole), "%s/%s", tmpdir, name);
	ck_assert_int_eq(rename(path, whole), 0);
	st = open_ok(&vd_store_local, whole, VD_STORE_WRITE);
	ck_assert_uint_eq(vd_store_replace(st, "abc", 3), VIX_OK);
	vd_store_close(st);
	ck_assert_int_eq(rename(whole, path), 0);
	expect_file("abc", 3);
}
END_TEST

START_TEST(another_file_in_its_place_is_not_replaced)
{
	struct vd_store *st = open_ok(&vd_store_local, path, VD_STORE_WRITE);

	ck_assert_int_eq(rename(path, in_tmpdir("moved")), 0);
	put_file(path, "other", 5);
	ck_assert_uint_eq(vd_store_replace(st, "abc", 3), VIX_E_FILE_ERROR);
	ck_assert(said("another file took its place"));
	vd_store_close(st);
	expect_file("other", 5);
}
END_TEST

START_TEST(replacing_in_memory_is_all_or_nothing)
{
	struct vd_store *st = open_mem();

	memstore_fail_change(1, VIX_E_DISK_FULL, 1, 0);
	ck_assert_uint_eq(vd_store_replace(st, "abc", 3), VIX_E_DISK_FULL);
	ck_assert_uint_eq(memstore_len("mem"), 10);
	ck_assert_uint_eq(vd_store_replace(st, "abc", 3), VIX_OK);
	ck_assert_uint_eq(memstore_len("mem"), 3);
	vd_store_close(st);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("store-write");
	TCase *tc = unit_tcase(s, "write");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, what_is_appended_can_be_read_and_counts);
	tcase_add_test(tc, appending_before_the_end_is_refused);
	tcase_add_test(tc, a_read_only_store_refuses_all_changes);
	tcase_add_test(tc, an_append_that_fails_leaves_the_size);
	tcase_add_test(tc, after_a_failed_flush_none_succeeds);
	tcase_add_test(tc, replacing_keeps_mode_and_leaves_nothing_beside);
	tcase_add_test(tc, replacing_goes_through_symbolic_links);
	tcase_add_test(tc, a_file_with_a_long_name_is_replaced_in_place);
	tcase_add_test(tc, another_file_in_its_place_is_not_replaced);
	tcase_add_test(tc, replacing_in_memory_is_all_or_nothing);
	return unit_run(s);
}
