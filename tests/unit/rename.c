/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * libvdisk/rename.c and diskfiles.c: whatever fails, and whenever the process is killed, a disk that
 * is renamed is there, and one that is removed can be removed again.
 */
#include "config.h"

#include "unit.h"

#include <stdio.h>
#include <string.h>

#include "../../libvdisk/create.h"
#include "../../libvdisk/disk-chain.h"
#include "../../libvdisk/diskfiles.h"
#include "../../libvdisk/rename.h"
#include "cleanup.h"
#include "memstore.h"
#include "said.h"

#define SECTORS 200u

/* Kinds of disk, and whether the host has hard links. */
static const struct {
	VixDiskLibDiskType type;
	bool has_links;
	const char *old_files, *new_files;
} cases[] = {
	{ VIXDISKLIB_DISK_MONOLITHIC_SPARSE, true, "d.vmdk ", "new.vmdk " },
	{ VIXDISKLIB_DISK_MONOLITHIC_FLAT, true, "d-flat.vmdk d.vmdk ", "new-flat.vmdk new.vmdk " },
	{ VIXDISKLIB_DISK_MONOLITHIC_FLAT, false, "d-flat.vmdk d.vmdk ",
	  "new-flat.vmdk new.vmdk " },
};
#define N_CASES ((int)(sizeof(cases) / sizeof(cases[0])))

static void setup(void)
{
	said_start();
}

static void teardown(void)
{
	memstore_fail_change(0, VIX_OK, 0, 0);
	memstore_reset();
	said_stop();
}

static void make_disk(int i)
{
	const struct vd_disk_spec spec = {
		.type = cases[i].type,
		.capacity = SECTORS,
		.adapter = "ide",
		.hw_version = 4,
		.logical_sector_size = 512,
		.physical_sector_size = 512,
	};

	teardown();
	setup();
	memstore_have_links(cases[i].has_links);
	ck_assert_uint_eq(vd_create(&memstore_ops, "d.vmdk", &spec, NULL), VIX_OK);
}

static VixError rename_it(void)
{
	return vd_rename(&memstore_ops, "d.vmdk", "new.vmdk");
}

static unsigned count_changes(int i)
{
	unsigned before;

	make_disk(i);
	before = memstore_changes();
	ck_assert_uint_eq(rename_it(), VIX_OK);
	return memstore_changes() - before;
}

static bool has_names(const char *want)
{
	VU_AUTO(free) char *got = memstore_list();

	return strcmp(got != NULL ? got : "", want) == 0;
}

static bool is_whole(const char *path)
{
	unsigned char buf[SECTORS * 512];
	struct vd_disk *d;
	bool is_ok;

	vu_log_hush();
	is_ok = vd_chain_open(&memstore_ops, path, 0, &d) == VIX_OK;
	vu_log_unhush();
	is_ok = is_ok && vd_disk_read(d, 0, SECTORS, buf) == VIX_OK;
	vd_disk_close(d);
	return is_ok;
}

START_TEST(a_disk_gets_its_new_name)
{
	make_disk(_i);
	ck_assert(has_names(cases[_i].old_files));
	ck_assert_uint_eq(rename_it(), VIX_OK);
	ck_assert(has_names(cases[_i].new_files));
	ck_assert(is_whole("new.vmdk"));
	ck_assert_uint_eq(memstore_n_open(), 0);
}
END_TEST

/* That an old name, or an old word in the descriptor, can't be removed is no reason to fail. */
START_TEST(whatever_fails_the_disk_has_its_old_name_or_its_new_one)
{
	unsigned changes = count_changes(_i), refused = 0;

	for (unsigned n = 1; n <= changes; n++) {
		VixError err;

		make_disk(_i);
		memstore_fail_change(n, VIX_E_DISK_FULL, 1, 0);
		err = rename_it();
		memstore_fail_change(0, VIX_OK, 0, 0);
		ck_assert_uint_eq(memstore_n_open(), 0);
		refused += err != VIX_OK;
		if (err == VIX_OK)
			ck_assert_msg(is_whole("new.vmdk"), "change %u", n);
		else
			ck_assert_msg(has_names(cases[_i].old_files)
					      ? is_whole("d.vmdk")
					      : has_names(cases[_i].new_files) &&
							is_whole("new.vmdk"),
				      "change %u", n);
	}
	ck_assert_uint_gt(refused, 0);
}
END_TEST

START_TEST(after_a_kill_the_disk_has_a_name)
{
	unsigned changes = count_changes(_i);

	for (unsigned n = 1; n <= changes; n++) {
		make_disk(_i);
		memstore_fail_change(n, VIX_E_FILE_ERROR, 1000000, 0);
		rename_it();
		memstore_fail_change(0, VIX_OK, 0, 0);
		if (cases[_i].has_links)
			ck_assert_msg(is_whole("d.vmdk") || is_whole("new.vmdk"), "change %u", n);
		ck_assert(memstore_bytes("d.vmdk") != NULL || memstore_bytes("new.vmdk") != NULL);
		ck_assert(memstore_bytes("d-flat.vmdk") != NULL ||
			  memstore_bytes("new-flat.vmdk") != NULL ||
			  cases[_i].type == VIXDISKLIB_DISK_MONOLITHIC_SPARSE);
	}
}
END_TEST

/* Descriptors whose files are called otherwise than ours are. */
static const struct {
	const char *extent, *more; /* lines */
	const char *file, *new_file;
	const char *other; /* a file that keeps its name; NULL: none */
} named[] = {
	/* Of no name of a disk's own file. */
	{ "RW 200 FLAT \"d-flat.img\" 0", "", "d-flat.img", "d-flat.img", NULL },
	/* In a directory below. */
	{ "RW 200 FLAT \"sub/d-flat.vmdk\" 0", "", "sub/d-flat.vmdk", "sub/d-flat.vmdk", NULL },
	{ "RW 200 FLAT \"d-files/x.vmdk\" 0", "", "d-files/x.vmdk", "d-files/x.vmdk", NULL },
	/* In bytes that are not those of the encoding that is named. */
	{ "RW 200 FLAT \"d-\xe9.vmdk\" 0", "encoding=\"windows-1252\"\n", "d-\xe9.vmdk",
	  "new-\xe9.vmdk", NULL },
	{ "RW 200 FLAT \"d-\xe9.vmdk\" 0", "encoding=\"windows-1252\"\n", "d-\xc3\xa9.vmdk",
	  "new-\xc3\xa9.vmdk", NULL },
	/* With change tracking. */
	{ "RW 200 FLAT \"d-flat.vmdk\" 0", "changeTrackPath=\"d-ctk.vmdk\"\n", "d-flat.vmdk",
	  "new-flat.vmdk", "new-ctk.vmdk" },
};

#define N_NAMED ((int)(sizeof(named) / sizeof(named[0])))

static void make_named(int i)
{
	static const char zeros[SECTORS * 512];
	char text[512];

	teardown();
	setup();
	snprintf(text, sizeof(text),
		 "# Disk DescriptorFile\nversion=1\nCID=1\nparentCID=ffffffff\n%s%s\n",
		 named[i].more, named[i].extent);
	memstore_add("d.vmdk", text, strlen(text));
	memstore_add(named[i].file, zeros, sizeof(zeros));
	if (named[i].other != NULL)
		memstore_add("d-ctk.vmdk", zeros, 512);
}

START_TEST(files_of_other_names_are_found_after_a_rename)
{
	for (int has_links = 0; has_links < 2; has_links++) {
		make_named(_i);
		memstore_have_links(has_links);
		ck_assert(is_whole("d.vmdk"));
		ck_assert_msg(rename_it() == VIX_OK, "%s", said_text);
		ck_assert(is_whole("new.vmdk"));
		ck_assert(memstore_bytes(named[_i].new_file) != NULL);
		ck_assert(named[_i].other == NULL || memstore_bytes(named[_i].other) != NULL);
		ck_assert(memstore_bytes("d.vmdk") == NULL);
	}
}
END_TEST

/* Nobody makes such a disk, but its descriptor may say so. */
START_TEST(a_single_file_takes_its_change_tracking_along)
{
	struct vd_disk *d;
	char text[20 * 512];
	uint64_t at;

	make_disk(0);
	memcpy(text, memstore_bytes("d.vmdk") + 512, sizeof(text));
	at = strlen(text);
	snprintf(text + at, sizeof(text) - at, "changeTrackPath=\"d-ctk.vmdk\"\n");
	memcpy(memstore_bytes("d.vmdk") + 512, text, sizeof(text));
	memstore_add("d-ctk.vmdk", "x", 1);
	ck_assert_uint_eq(rename_it(), VIX_OK);
	ck_assert(has_names("new-ctk.vmdk new.vmdk "));
	ck_assert_uint_eq(vd_chain_open(&memstore_ops, "new.vmdk", 0, &d), VIX_OK);
	ck_assert_str_eq(vu_dict_get(&vd_chain_newest((struct vd_chain *)d)->desc->header,
				     "changeTrackPath"),
			 "new-ctk.vmdk");
	vd_disk_close(d);
}
END_TEST

START_TEST(a_removal_that_was_interrupted_can_be_finished)
{
	for (unsigned n = 1; n < 20; n++) {
		make_disk(_i);
		memstore_fail_change(n, VIX_E_FILE_ERROR, 1, 0);
		if (vd_diskfiles_unlink(&memstore_ops, "d.vmdk") == VIX_OK) {
			ck_assert_uint_gt(n, 1);
			ck_assert(has_names(""));
			return;
		}
		memstore_fail_change(0, VIX_OK, 0, 0);
		if (memstore_bytes("d.vmdk") != NULL) /* else only the last flush failed */
			ck_assert_uint_eq(vd_diskfiles_unlink(&memstore_ops, "d.vmdk"), VIX_OK);
		ck_assert(has_names(""));
	}
	ck_abort_msg("it never succeeds");
}
END_TEST

int main(void)
{
	Suite *s = suite_create("rename");
	TCase *tc = unit_tcase(s, "rename");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, a_disk_gets_its_new_name, 0, N_CASES);
	tcase_add_loop_test(tc, whatever_fails_the_disk_has_its_old_name_or_its_new_one, 0,
			    N_CASES);
	tcase_add_loop_test(tc, after_a_kill_the_disk_has_a_name, 0, N_CASES);
	tcase_add_loop_test(tc, files_of_other_names_are_found_after_a_rename, 0, N_NAMED);
	tcase_add_test(tc, a_single_file_takes_its_change_tracking_along);
	tcase_add_loop_test(tc, a_removal_that_was_interrupted_can_be_finished, 0, N_CASES);
	return unit_run(s);
}
