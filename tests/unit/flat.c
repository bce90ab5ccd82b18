/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * libvdisk/format/flat.c, zero.c and the wrappers of format.c.
 */
#include "config.h"

#include "unit.h"

#include <string.h>

#include "../../libvdisk/format/format.h"
#include "memstore.h"

#define FILE_SECTORS 100u

static void setup(void)
{
	static char bytes[FILE_SECTORS * VD_SECTOR_SIZE];

	memstore_add("f", bytes, sizeof(bytes));
	memstore_add("odd", bytes, 1000);
	memstore_add("empty", bytes, 0);
}

static void teardown(void)
{
	memstore_reset();
}

static struct vd_extent *open_ok(const char *name, uint64_t sectors, uint64_t start_off)
{
	struct vd_extent *ex;

	ck_assert_uint_eq(
		vd_extent_open(&vd_format_flat, memstore_open(name), sectors, start_off, NULL, &ex),
		VIX_OK);
	return ex;
}

static void expect_bad(const char *name, uint64_t sectors, uint64_t start_off)
{
	struct vd_extent *ex = (void *)1;

	ck_assert_uint_eq(
		vd_extent_open(&vd_format_flat, memstore_open(name), sectors, start_off, NULL, &ex),
		VIX_E_DISK_INVALIDDISK);
	ck_assert_ptr_null(ex);
	ck_assert_uint_eq(memstore_n_open(), 0);
}

START_TEST(open_takes_the_length_of_the_file)
{
	struct vd_extent *ex = open_ok("f", 0, 0);

	ck_assert_uint_eq(ex->sectors, FILE_SECTORS);
	ck_assert_uint_eq(ex->grain_sectors, 1);
	vd_extent_close(ex);
	ex = open_ok("f", 0, 10 * VD_SECTOR_SIZE);
	ck_assert_uint_eq(ex->sectors, FILE_SECTORS - 10);
	vd_extent_close(ex);
}
END_TEST

START_TEST(open_takes_the_length_that_is_given)
{
	struct vd_extent *ex = open_ok("f", 90, 10 * VD_SECTOR_SIZE);

	ck_assert_uint_eq(ex->sectors, 90);
	vd_extent_close(ex);
}
END_TEST

START_TEST(open_rejects_a_file_that_is_too_short)
{
	expect_bad("f", FILE_SECTORS + 1, 0);
	expect_bad("f", FILE_SECTORS, VD_SECTOR_SIZE);
	expect_bad("f", UINT64_MAX / VD_SECTOR_SIZE, 0);
	expect_bad("f", UINT64_MAX, 0);
	expect_bad("f", 1, UINT64_MAX - 1);
}
END_TEST

START_TEST(open_rejects_a_file_without_whole_sectors)
{
	expect_bad("odd", 0, 0);
	expect_bad("empty", 0, 0);
	expect_bad("f", 0, FILE_SECTORS * VD_SECTOR_SIZE);
}
END_TEST

START_TEST(map_adds_the_offset)
{
	struct vd_extent *ex = open_ok("f", 90, 10 * VD_SECTOR_SIZE);
	struct vd_map m;

	ck_assert_uint_eq(vd_extent_map(ex, 5, 85, &m), VIX_OK);
	ck_assert_int_eq(m.kind, VD_MAP_DATA);
	ck_assert_uint_eq(m.sectors, 85);
	ck_assert_uint_eq(m.off, 15 * VD_SECTOR_SIZE);
	vd_extent_close(ex);
}
END_TEST

START_TEST(map_refuses_what_is_not_inside)
{
	struct vd_extent *ex = open_ok("f", 90, 0);
	struct vd_map m;

	ck_assert_uint_eq(vd_extent_map(ex, 90, 1, &m), VIX_E_DISK_OUTOFRANGE);
	ck_assert_uint_eq(vd_extent_map(ex, 89, 2, &m), VIX_E_DISK_OUTOFRANGE);
	ck_assert_uint_eq(vd_extent_map(ex, 2, UINT64_MAX, &m), VIX_E_DISK_OUTOFRANGE);
	ck_assert_uint_eq(vd_extent_map(ex, 0, 0, &m), VIX_E_DISK_OUTOFRANGE);
	vd_extent_close(ex);
}
END_TEST

START_TEST(descriptor_of_a_flat_extent_is_none)
{
	struct vd_extent *ex = open_ok("f", 0, 0);
	char *text = (char *)1;
	size_t len = 1;

	ck_assert_uint_eq(vd_extent_descriptor(ex, &text, &len), VIX_OK);
	ck_assert_ptr_null(text);
	ck_assert_uint_eq(len, 0);
	vd_extent_close(ex);
	vd_extent_close(NULL);
}
END_TEST

START_TEST(zero_extent_maps_to_zeros)
{
	struct vd_extent *ex;
	struct vd_map m;

	ck_assert_uint_eq(vd_extent_open(&vd_format_zero, NULL, 1000, 0, NULL, &ex), VIX_OK);
	ck_assert_uint_eq(vd_extent_map(ex, 1, 999, &m), VIX_OK);
	ck_assert_int_eq(m.kind, VD_MAP_ZERO);
	ck_assert_uint_eq(m.sectors, 999);
	ck_assert_uint_eq(vd_extent_map(ex, 1, 1000, &m), VIX_E_DISK_OUTOFRANGE);
	vd_extent_close(ex);
}
END_TEST

START_TEST(zero_extent_needs_a_length)
{
	struct vd_extent *ex;

	ck_assert_uint_eq(vd_extent_open(&vd_format_zero, NULL, 0, 0, NULL, &ex),
			  VIX_E_DISK_INVALIDDISK);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("flat");
	TCase *tc = unit_tcase(s, "flat");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, open_takes_the_length_of_the_file);
	tcase_add_test(tc, open_takes_the_length_that_is_given);
	tcase_add_test(tc, open_rejects_a_file_that_is_too_short);
	tcase_add_test(tc, open_rejects_a_file_without_whole_sectors);
	tcase_add_test(tc, map_adds_the_offset);
	tcase_add_test(tc, map_refuses_what_is_not_inside);
	tcase_add_test(tc, descriptor_of_a_flat_extent_is_none);
	tc = unit_tcase(s, "zero");
	tcase_add_test(tc, zero_extent_maps_to_zeros);
	tcase_add_test(tc, zero_extent_needs_a_length);
	return unit_run(s);
}
