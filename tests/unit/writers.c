/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * libvdisk/writers.c: one disk for all who write it.
 */
#include "config.h"

#include "unit.h"

#include <pthread.h>
#include <sys/wait.h>

#include "../../libvdisk/disk-chain.h"
#include "../../libvdisk/writers.h"
#include "said.h"
#include "tmpdir.h"

#define ROUNDS 100

static void make_disk(const char *name)
{
	static const char zeros[512];

	put_file(in_tmpdir("a.flat"), zeros, sizeof(zeros));
	put_text(in_tmpdir(name), "# Disk DescriptorFile\nversion=1\nCID=12345678\n"
				  "parentCID=ffffffff\ncreateType=\"monolithicFlat\"\n"
				  "RW 1 FLAT \"a.flat\" 0\n");
}

static void setup(void)
{
	tmpdir_make();
	make_disk("disk.vmdk");
	said_start();
}

static void teardown(void)
{
	said_stop();
	tmpdir_remove();
}

static VixError open_writer(const char *name, unsigned flags, struct vd_disk **d_out)
{
	return vd_writers_open(&vd_store_local, in_tmpdir(name), VD_CHAIN_WRITE | flags, d_out);
}

static struct vd_disk *open_ok(const char *name)
{
	struct vd_disk *d;

	ck_assert_uint_eq(open_writer(name, 0, &d), VIX_OK);
	ck_assert_ptr_nonnull(d);
	return d;
}

static bool is_locked_for_others(void)
{
	struct vd_disk *d;
	int status;
	pid_t pid = fork();

	ck_assert_int_ge(pid, 0);
	if (pid == 0)
		_exit(open_writer("disk.vmdk", 0, &d) == VIX_E_FILE_ALREADY_LOCKED);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) && WEXITSTATUS(status) == 1;
}

START_TEST(all_who_write_a_disk_have_the_same_one)
{
	struct vd_disk *a = open_ok("disk.vmdk"), *b = open_ok("disk.vmdk");

	ck_assert_ptr_eq(a, b);
	vd_disk_close(a);
	ck_assert(is_locked_for_others());
	vd_disk_close(b);
	ck_assert(!is_locked_for_others());
	a = open_ok("disk.vmdk");
	vd_disk_close(a);
}
END_TEST

START_TEST(other_names_lead_to_the_same_one)
{
	struct vd_disk *a = open_ok("disk.vmdk"), *b;

	ck_assert_int_eq(symlink("disk.vmdk", in_tmpdir("symbolic.vmdk")), 0);
	ck_assert_int_eq(link(in_tmpdir("disk.vmdk"), in_tmpdir("hard.vmdk")), 0);
	b = open_ok("symbolic.vmdk");
	ck_assert_ptr_eq(a, b);
	vd_disk_close(b);
	b = open_ok("hard.vmdk");
	ck_assert_ptr_eq(a, b);
	vd_disk_close(b);
	vd_disk_close(a);
}
END_TEST

START_TEST(a_descriptor_that_was_replaced_leads_to_the_same_one)
{
	struct vd_disk *a = open_ok("disk.vmdk"), *b;

	make_disk("new.vmdk");
	ck_assert_int_eq(rename(in_tmpdir("new.vmdk"), in_tmpdir("disk.vmdk")), 0);
	b = open_ok("disk.vmdk");
	ck_assert_ptr_eq(a, b);
	vd_disk_close(a);
	vd_disk_close(b);
}
END_TEST

START_TEST(with_and_without_parents_exclude_each_other)
{
	struct vd_disk *a = open_ok("disk.vmdk"), *b;

	ck_assert_uint_eq(open_writer("disk.vmdk", VD_CHAIN_SINGLE_LINK, &b),
			  VIX_E_FILE_ALREADY_LOCKED);
	ck_assert_ptr_null(b);
	ck_assert(said("disk.vmdk"));
	ck_assert(said("with its parents"));
	vd_disk_close(a);
	ck_assert_uint_eq(open_writer("disk.vmdk", VD_CHAIN_SINGLE_LINK, &b), VIX_OK);
	vd_disk_close(b);
}
END_TEST

START_TEST(a_store_that_is_only_read_has_no_readers_either)
{
	struct vd_store_ops readonly = vd_store_local;
	struct vd_writer *w;

	readonly.pwrite = NULL;
	ck_assert_int_eq(
		vd_writers_begin_reading(&vd_store_local, in_tmpdir("disk.vmdk"), false, &w),
		VIX_OK);
	ck_assert(vd_writers_is_read(in_tmpdir("disk.vmdk")));
	vd_writer_end(w);
	ck_assert_int_eq(vd_writers_begin_reading(&readonly, in_tmpdir("disk.vmdk"), false, &w),
			 VIX_OK);
	ck_assert_ptr_null(w);
	ck_assert(!vd_writers_is_read(in_tmpdir("disk.vmdk")));
}
END_TEST

START_TEST(what_can_not_be_opened_is_not_remembered)
{
	struct vd_disk *d;

	ck_assert_uint_eq(open_writer("missing.vmdk", 0, &d), VIX_E_FILE_NOT_FOUND);
	make_disk("missing.vmdk");
	ck_assert_int_eq(unlink(in_tmpdir("a.flat")), 0);
	ck_assert_uint_eq(open_writer("missing.vmdk", 0, &d), VIX_E_FILE_NOT_FOUND);
	make_disk("missing.vmdk");
	d = open_ok("missing.vmdk");
	vd_disk_close(d);
}
END_TEST

/* While one thread has a disk, all others get that one.  NULL, or what went wrong. */
static void *open_twice_and_close(void *name)
{
	for (int i = 0; i < ROUNDS; i++) {
		struct vd_disk *a, *b;

		if (vd_writers_open(&vd_store_local, name, VD_CHAIN_WRITE, &a) != VIX_OK ||
		    vd_writers_open(&vd_store_local, name, VD_CHAIN_WRITE, &b) != VIX_OK)
			return (void *)"open failed";
		if (a != b)
			return (void *)"two at once";
		vd_disk_close(a);
		vd_disk_close(b);
	}
	return NULL;
}

START_TEST(many_threads_open_and_close_it)
{
	char *name = strdup(in_tmpdir("disk.vmdk"));
	pthread_t threads[4];
	void *wrong;

	for (int i = 0; i < 4; i++)
		ck_assert_int_eq(pthread_create(&threads[i], NULL, open_twice_and_close, name), 0);
	for (int i = 0; i < 4; i++) {
		pthread_join(threads[i], &wrong);
		ck_assert_msg(wrong == NULL, "%s", (char *)wrong);
	}
	ck_assert(!is_locked_for_others());
	free(name);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("writers");
	TCase *tc = unit_tcase(s, "writers");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, all_who_write_a_disk_have_the_same_one);
	tcase_add_test(tc, other_names_lead_to_the_same_one);
	tcase_add_test(tc, a_descriptor_that_was_replaced_leads_to_the_same_one);
	tcase_add_test(tc, with_and_without_parents_exclude_each_other);
	tcase_add_test(tc, a_store_that_is_only_read_has_no_readers_either);
	tcase_add_test(tc, what_can_not_be_opened_is_not_remembered);
	tcase_add_test(tc, many_threads_open_and_close_it);
	return unit_run(s);
}
