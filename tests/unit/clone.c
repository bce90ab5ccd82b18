/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * libvdisk/clone.c and space.c: clones of every kind, what they replace, and what is left when
 * something goes wrong.
 */
#include "config.h"

#include "unit.h"

#include <stdio.h>
#include <string.h>

#include "../../libvdisk/clone.h"
#include "../../libvdisk/disk-chain.h"
#include "../../libvdisk/space.h"
#include "bytes.h"
#include "cleanup.h"
#include "memstore.h"
#include "said.h"

#define SECTOR   512u
#define CAPACITY 3000u

static const VixDiskLibDiskType types[] = {
	VIXDISKLIB_DISK_MONOLITHIC_SPARSE, VIXDISKLIB_DISK_MONOLITHIC_FLAT,
	VIXDISKLIB_DISK_SPLIT_SPARSE,      VIXDISKLIB_DISK_SPLIT_FLAT,
	VIXDISKLIB_DISK_VMFS_FLAT,         VIXDISKLIB_DISK_STREAM_OPTIMIZED,
	VIXDISKLIB_DISK_VMFS_THIN,         VIXDISKLIB_DISK_VMFS_SPARSE,
};
#define N_TYPES (sizeof(types) / sizeof(types[0]))

static struct vd_disk *from;
static unsigned char model[CAPACITY * SECTOR], buf[CAPACITY * SECTOR];

static struct vd_disk_spec spec_of(VixDiskLibDiskType type)
{
	return (struct vd_disk_spec){
		.type = type,
		.capacity = CAPACITY,
		.adapter = "lsilogic",
		.hw_version = 4,
		.logical_sector_size = 512,
		.physical_sector_size = 512,
	};
}

static void write_some(struct vd_disk *d)
{
	for (uint64_t s = 5; s + 60 < CAPACITY; s += 700) {
		memset(model + s * SECTOR, (int)(1 + s % 250), 60 * SECTOR);
		ck_assert_uint_eq(vd_disk_write(d, s, 60, model + s * SECTOR), VIX_OK);
	}
	ck_assert_uint_eq(vd_disk_set_meta(d, "toolsVersion", "10304"), VIX_OK);
}

/* A disk of some type, with some data, as NAME. */
static void make(const char *name, VixDiskLibDiskType type)
{
	struct vd_disk_spec spec = spec_of(type);
	struct vd_disk *d;

	memset(model, 0, sizeof(model));
	ck_assert_msg(vd_create(&memstore_ops, name, &spec, NULL) == VIX_OK, "%s", said_text);
	ck_assert_uint_eq(vd_chain_open(&memstore_ops, name, VD_CHAIN_WRITE, &d), VIX_OK);
	write_some(d);
	ck_assert_uint_eq(vd_disk_flush(d), VIX_OK);
	vd_disk_close(d);
}

static void open_from(void)
{
	ck_assert_uint_eq(vd_chain_open(&memstore_ops, "from.vmdk", 0, &from), VIX_OK);
}

static void close_from(void)
{
	vd_disk_close(from);
	from = NULL;
}

static void setup(void)
{
	said_start();
	make("from.vmdk", VIXDISKLIB_DISK_MONOLITHIC_SPARSE);
	open_from();
}

static void teardown(void)
{
	close_from();
	ck_assert_uint_eq(memstore_n_open(), 0);
	memstore_reset();
	said_stop();
}

static VixError clone_to(const char *path, VixDiskLibDiskType type, bool may_replace)
{
	struct vd_disk_spec spec = spec_of(type);

	return vd_clone(&memstore_ops, from, path, &spec, may_replace, NULL);
}

static void expect_disk(const char *name)
{
	VU_AUTO(free) char *tools = NULL;
	struct vd_disk *d;

	ck_assert_msg(vd_chain_open(&memstore_ops, name, 0, &d) == VIX_OK, "%s", said_text);
	ck_assert_uint_eq(d->capacity, CAPACITY);
	ck_assert_uint_eq(vd_disk_read(d, 0, CAPACITY, buf), VIX_OK);
	ck_assert_int_eq(memcmp(buf, model, sizeof(model)), 0);
	ck_assert_uint_eq(vd_disk_get_meta(d, "toolsVersion", &tools), VIX_OK);
	ck_assert_str_eq(tools, "10304");
	vd_disk_close(d);
}

static void expect_names(const char *want)
{
	VU_AUTO(free) char *got = memstore_list();

	ck_assert_str_eq(got != NULL ? got : "", want);
}

START_TEST(every_kind_is_cloned_to_every_kind)
{
	VixDiskLibDiskType source = types[(size_t)_i / N_TYPES];
	VixDiskLibDiskType target = types[(size_t)_i % N_TYPES];

	close_from();
	memstore_reset();
	make("from.vmdk", source);
	open_from();
	ck_assert_msg(clone_to("to.vmdk", target, false) == VIX_OK, "%s", said_text);
	expect_disk("to.vmdk");
	expect_disk("from.vmdk");
}
END_TEST

START_TEST(what_is_there_is_not_replaced_unasked)
{
	VU_AUTO(free) char *before = NULL;

	memstore_add("to.vmdk", "something", 9);
	before = memstore_list();
	ck_assert_uint_eq(clone_to("to.vmdk", VIXDISKLIB_DISK_MONOLITHIC_SPARSE, false),
			  VIX_E_FILE_ALREADY_EXISTS);
	ck_assert_mem_eq(memstore_bytes("to.vmdk"), "something", 9);
	expect_names(before);
}
END_TEST

START_TEST(an_old_disk_goes_with_all_its_files)
{
	make("to.vmdk", types[_i]);
	ck_assert_msg(clone_to("to.vmdk", VIXDISKLIB_DISK_MONOLITHIC_FLAT, true) == VIX_OK, "%s",
		      said_text);
	expect_disk("to.vmdk");
	expect_names("from.vmdk to-flat.vmdk to.vmdk ");
	ck_assert_msg(clone_to("to.vmdk", types[_i], true) == VIX_OK, "%s", said_text);
	expect_disk("to.vmdk");
}
END_TEST

START_TEST(a_file_that_is_no_disk_is_replaced)
{
	memstore_add("to.vmdk", "something", 9);
	ck_assert_uint_eq(clone_to("to.vmdk", VIXDISKLIB_DISK_MONOLITHIC_SPARSE, true), VIX_OK);
	expect_disk("to.vmdk");
	expect_names("from.vmdk to.vmdk ");
}
END_TEST

START_TEST(a_disk_is_not_replaced_by_its_own_clone)
{
	ck_assert_uint_eq(clone_to("from.vmdk", VIXDISKLIB_DISK_MONOLITHIC_SPARSE, true),
			  VIX_E_INVALID_ARG);
	ck_assert(said("part of the disk"));
	expect_names("from.vmdk ");
	expect_disk("from.vmdk");
}
END_TEST

START_TEST(files_of_others_are_not_replaced)
{
	memstore_add("to-flat.vmdk", "something", 9);
	memstore_add("to.vmdk", "something", 9);
	ck_assert_uint_eq(clone_to("to.vmdk", VIXDISKLIB_DISK_MONOLITHIC_FLAT, true),
			  VIX_E_FILE_ALREADY_EXISTS);
	ck_assert(said("not part of"));
	expect_names("from.vmdk to-flat.vmdk to.vmdk ");
	ck_assert_mem_eq(memstore_bytes("to-flat.vmdk"), "something", 9);
}
END_TEST

/* The descriptor names one in a directory below; what has its name beside the disk is another's. */
START_TEST(only_the_files_that_an_old_disk_names_go)
{
	static const char text[] = "# Disk DescriptorFile\nversion=1\nCID=1\nparentCID=ffffffff\n"
				   "RW 1 FLAT \"sub/to-flat.vmdk\" 0\n";
	unsigned char sector[SECTOR] = { 1 };

	memstore_add("to.vmdk", text, strlen(text));
	memstore_add("sub/to-flat.vmdk", sector, sizeof(sector));
	memstore_add("to-flat.vmdk", sector, sizeof(sector));
	ck_assert_uint_eq(clone_to("to.vmdk", VIXDISKLIB_DISK_MONOLITHIC_FLAT, true),
			  VIX_E_FILE_ALREADY_EXISTS);
	expect_names("from.vmdk sub/to-flat.vmdk to-flat.vmdk to.vmdk ");
	ck_assert_uint_eq(clone_to("to.vmdk", VIXDISKLIB_DISK_MONOLITHIC_SPARSE, true), VIX_OK);
	expect_disk("to.vmdk");
	expect_names("from.vmdk to-flat.vmdk to.vmdk ");
	ck_assert_mem_eq(memstore_bytes("to-flat.vmdk"), sector, sizeof(sector));
}
END_TEST

/* to.vmdk is a flat disk, and a clone of this type was to replace it; the @n-th change was the last. */
static void kill_a_replacement(unsigned n, VixDiskLibDiskType type)
{
	close_from();
	memstore_reset();
	make("from.vmdk", VIXDISKLIB_DISK_MONOLITHIC_SPARSE);
	make("to.vmdk", VIXDISKLIB_DISK_MONOLITHIC_FLAT);
	open_from();
	memstore_fail_change(n, VIX_E_FILE_ERROR, 1000000, 100);
	clone_to("to.vmdk", type, true);
	memstore_fail_change(0, VIX_OK, 0, 0);
}

/* What a kill has left of one clone is of the disk that the next one replaces. */
START_TEST(a_disk_that_was_half_replaced_is_replaced_whole)
{
	unsigned n;

	make("to.vmdk", VIXDISKLIB_DISK_MONOLITHIC_FLAT);
	n = memstore_changes();
	ck_assert_uint_eq(clone_to("to.vmdk", VIXDISKLIB_DISK_SPLIT_FLAT, true), VIX_OK);
	n = memstore_changes() - n;
	for (unsigned i = 1; i <= n; i++) {
		kill_a_replacement(i, VIXDISKLIB_DISK_SPLIT_FLAT);
		ck_assert_uint_eq(clone_to("to.vmdk", VIXDISKLIB_DISK_MONOLITHIC_SPARSE, true),
				  VIX_OK);
		expect_disk("to.vmdk");
		ck_assert(memstore_bytes("to-flat.vmdk") == NULL);
	}
}
END_TEST

/* Failures. */

START_TEST(whatever_fails_the_old_state_stays)
{
	bool may_replace = _i % 2 == 1;
	VixDiskLibDiskType type = types[(size_t)_i / 2];
	unsigned n = memstore_changes();

	ck_assert_uint_eq(clone_to("to.vmdk", type, false), VIX_OK);
	n = memstore_changes() - n;
	for (unsigned i = 1; i <= n; i++) {
		VU_AUTO(free) char *before = NULL;

		close_from();
		memstore_reset();
		make("from.vmdk", VIXDISKLIB_DISK_MONOLITHIC_SPARSE);
		if (may_replace)
			make("to.vmdk", VIXDISKLIB_DISK_SPLIT_FLAT);
		open_from();
		before = memstore_list();
		memstore_fail_change(i, VIX_E_DISK_FULL, 1, 100);
		if (clone_to("to.vmdk", type, may_replace) == VIX_OK)
			continue; /* what failed was cleaning up, or came behind the clone's end */
		memstore_fail_change(0, VIX_OK, 0, 0);
		expect_names(before);
		if (may_replace)
			expect_disk("to.vmdk");
	}
}
END_TEST

START_TEST(after_a_kill_there_is_the_old_disk_or_the_new_one)
{
	unsigned n = memstore_changes();

	ck_assert_uint_eq(clone_to("to.vmdk", types[_i], false), VIX_OK);
	n = memstore_changes() - n;
	for (unsigned i = 1; i <= n; i++) {
		kill_a_replacement(i, types[_i]);
		vd_newfiles_recover(&memstore_ops, "to.vmdk");
		expect_disk("to.vmdk");
	}
}
END_TEST

/* Space. */

static uint64_t bytes_of_clone(void)
{
	VU_AUTO(free) char *names = memstore_list();
	uint64_t bytes = 0;

	for (char *at = names, *name; (name = strtok_r(at, " ", &at)) != NULL;) {
		if (strncmp(name, "to", 2) == 0)
			bytes += memstore_len(name);
	}
	return bytes;
}

START_TEST(space_is_enough_and_not_much_more)
{
	uint64_t needed, took;

	ck_assert_uint_eq(vd_space_needed(from, types[_i], &needed), VIX_OK);
	ck_assert_uint_eq(clone_to("to.vmdk", types[_i], false), VIX_OK);
	took = bytes_of_clone();
	if (types[_i] == VIXDISKLIB_DISK_VMFS_THIN)
		took -= sizeof(model) - (size_t)5 * 64 * SECTOR; /* holes */
	ck_assert_uint_ge(needed, took);
	if (types[_i] != VIXDISKLIB_DISK_STREAM_OPTIMIZED)
		ck_assert_uint_le(needed, took + 400000);
}
END_TEST

START_TEST(space_of_a_monolithic_sparse_clone_is_exact)
{
	uint64_t needed, same;

	ck_assert_uint_eq(vd_space_needed(from, VIXDISKLIB_DISK_MONOLITHIC_SPARSE, &needed),
			  VIX_OK);
	ck_assert_uint_eq(vd_space_needed(from, VIXDISKLIB_DISK_UNKNOWN, &same), VIX_OK);
	ck_assert_uint_eq(needed, same);
	ck_assert_uint_eq(clone_to("to.vmdk", VIXDISKLIB_DISK_MONOLITHIC_SPARSE, false), VIX_OK);
	ck_assert_uint_eq(memstore_len("to.vmdk"), needed);
	ck_assert_uint_eq(vd_space_needed(from, (VixDiskLibDiskType)99, &needed),
			  VIX_E_INVALID_ARG);
}
END_TEST

int main(void)
{
	const int all = (int)N_TYPES;
	Suite *s = suite_create("clone");
	TCase *tc = unit_tcase(s, "clone");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 300);
	tcase_add_loop_test(tc, every_kind_is_cloned_to_every_kind, 0, all * all);
	tcase_add_test(tc, what_is_there_is_not_replaced_unasked);
	tcase_add_loop_test(tc, an_old_disk_goes_with_all_its_files, 0, all);
	tcase_add_test(tc, a_file_that_is_no_disk_is_replaced);
	tcase_add_test(tc, a_disk_is_not_replaced_by_its_own_clone);
	tcase_add_test(tc, files_of_others_are_not_replaced);
	tcase_add_test(tc, only_the_files_that_an_old_disk_names_go);
	tcase_add_test(tc, a_disk_that_was_half_replaced_is_replaced_whole);
	tcase_add_loop_test(tc, whatever_fails_the_old_state_stays, 0, 2 * all);
	tcase_add_loop_test(tc, after_a_kill_there_is_the_old_disk_or_the_new_one, 0, all);
	tcase_add_loop_test(tc, space_is_enough_and_not_much_more, 0, all);
	tcase_add_test(tc, space_of_a_monolithic_sparse_clone_is_exact);
	return unit_run(s);
}
