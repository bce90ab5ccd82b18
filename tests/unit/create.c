/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * libvdisk/create.c: nothing is left of a disk that could not be made, whatever fails, and none is
 * there that is not whole, whenever the process is killed.
 */
#include "config.h"

#include "unit.h"

#include <stdio.h>
#include <string.h>

#include "../../libvdisk/create.h"
#include "../../libvdisk/disk-chain.h"
#include "bytes.h"
#include "cleanup.h"
#include "memstore.h"
#include "said.h"

#define SPLIT_IN_TWO 4192300 /* sectors */

/* Full size in memory: as little as possible. */
static const struct {
	VixDiskLibDiskType type;
	uint64_t sectors;
	const char *files;
} kinds[] = {
	{ VIXDISKLIB_DISK_MONOLITHIC_SPARSE, 200000, "d.vmdk " },
	{ VIXDISKLIB_DISK_MONOLITHIC_FLAT, 200, "d-flat.vmdk d.vmdk " },
	{ VIXDISKLIB_DISK_SPLIT_SPARSE, SPLIT_IN_TWO, "d-s001.vmdk d-s002.vmdk d.vmdk " },
	{ VIXDISKLIB_DISK_SPLIT_FLAT, 200, "d-f001.vmdk d.vmdk " },
	{ VIXDISKLIB_DISK_VMFS_FLAT, 200, "d-flat.vmdk d.vmdk " },
	{ VIXDISKLIB_DISK_STREAM_OPTIMIZED, 200000, "d.vmdk " },
	{ VIXDISKLIB_DISK_VMFS_THIN, 200, "d-flat.vmdk d.vmdk " },
	{ VIXDISKLIB_DISK_VMFS_SPARSE, 200, "d-delta.vmdk d.vmdk " },
};
#define N_KINDS ((int)(sizeof(kinds) / sizeof(kinds[0])))

static void setup(void)
{
	said_start();
}

static void teardown(void)
{
	memstore_reset();
	said_stop();
}

static struct vd_disk_spec spec_of(int kind)
{
	return (struct vd_disk_spec){
		.type = kinds[kind].type,
		.capacity = kinds[kind].sectors,
		.adapter = "lsilogic",
		.hw_version = 4,
		.logical_sector_size = 512,
		.physical_sector_size = 512,
	};
}

static VixError create(int kind)
{
	struct vd_disk_spec spec = spec_of(kind);

	return vd_create(&memstore_ops, "d.vmdk", &spec, NULL);
}

static void expect_names(const char *want)
{
	VU_AUTO(free) char *got = memstore_list();

	ck_assert_str_eq(got != NULL ? got : "", want);
}

static void expect_empty_disk(int kind)
{
	unsigned char buf[512];
	struct vd_disk *d;

	ck_assert_uint_eq(vd_chain_open(&memstore_ops, "d.vmdk", 0, &d), VIX_OK);
	ck_assert_uint_eq(d->capacity, kinds[kind].sectors);
	ck_assert_uint_eq(vd_disk_read(d, d->capacity - 1, 1, buf), VIX_OK);
	ck_assert(vu_is_zero(buf, sizeof(buf)));
	vd_disk_close(d);
}

START_TEST(a_disk_has_its_files_and_no_others)
{
	ck_assert_uint_eq(create(_i), VIX_OK);
	expect_names(kinds[_i].files);
	expect_empty_disk(_i);
	ck_assert(said_nothing());
}
END_TEST

START_TEST(whatever_fails_nothing_is_left)
{
	unsigned changes;

	ck_assert_uint_eq(create(_i), VIX_OK);
	changes = memstore_changes();
	for (unsigned n = 1; n <= changes; n++) {
		memstore_reset();
		memstore_fail_change(n, VIX_E_DISK_FULL, 1, 100);
		ck_assert_uint_eq(create(_i), VIX_E_DISK_FULL);
		expect_names("");
		ck_assert_uint_eq(memstore_n_open(), 0);
	}
}
END_TEST

START_TEST(after_a_kill_the_disk_is_whole_or_not_there)
{
	unsigned changes;

	ck_assert_uint_eq(create(_i), VIX_OK);
	changes = memstore_changes();
	for (unsigned n = 1; n <= changes; n++) {
		memstore_reset();
		memstore_fail_change(n, VIX_E_FILE_ERROR, 1000000, 100);
		ck_assert_uint_eq(create(_i), VIX_E_FILE_ERROR);
		memstore_fail_change(0, VIX_OK, 0, 0);
		if (memstore_bytes("d.vmdk") != NULL)
			expect_empty_disk(_i);
	}
}
END_TEST

/* Where the tables of a hosted sparse disk lie, as VMware's programs place them. */
START_TEST(tables_lie_where_vmware_puts_them)
{
	const unsigned char *raw;

	/* 4 tables: a directory of a sector and 16 sectors of tables, twice. */
	ck_assert_uint_eq(create(0), VIX_OK);
	raw = memstore_bytes("d.vmdk");
	ck_assert_uint_eq(vu_le32(raw + 8), 3);
	ck_assert_uint_eq(vu_le64(raw + 48), 21);
	ck_assert_uint_eq(vu_le64(raw + 56), 38);
	ck_assert_uint_eq(vu_le64(raw + 64), 128);
	ck_assert_uint_eq(memstore_len("d.vmdk"), 128 * 512);
	ck_assert_uint_eq(vu_le32(raw + 38 * 512 + 12), 39 + 12);
}
END_TEST

/* The value of a key, in the descriptor of the disk that is there. */
static char *value_of(const char *key)
{
	VU_AUTO(free)
	char *text = strndup((const char *)memstore_bytes("d.vmdk"), memstore_len("d.vmdk"));
	const char *at = strstr(text, key);

	ck_assert_ptr_nonnull(at);
	return strndup(at, strcspn(at, "\n"));
}

START_TEST(two_new_disks_have_other_ids)
{
	static const char *const keys[] = { "CID=", "ddb.uuid", "ddb.longContentID" };

	for (size_t i = 0; i < 3; i++) {
		VU_AUTO(free) char *first = NULL;
		VU_AUTO(free) char *second = NULL;

		ck_assert_uint_eq(create(1), VIX_OK);
		first = value_of(keys[i]);
		memstore_reset();
		ck_assert_uint_eq(create(1), VIX_OK);
		second = value_of(keys[i]);
		memstore_reset();
		ck_assert_str_ne(first, second);
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("create");
	TCase *tc = unit_tcase(s, "create");

	tcase_set_timeout(tc, 300);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, a_disk_has_its_files_and_no_others, 0, N_KINDS);
	tcase_add_loop_test(tc, whatever_fails_nothing_is_left, 0, N_KINDS);
	tcase_add_loop_test(tc, after_a_kill_the_disk_is_whole_or_not_there, 0, N_KINDS);
	tcase_add_test(tc, tables_lie_where_vmware_puts_them);
	tcase_add_test(tc, two_new_disks_have_other_ids);
	return unit_run(s);
}
