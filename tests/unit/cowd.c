/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * libvdisk/format/cowd.c: vmfsSparse extents.
 */
#include "config.h"

#include "unit.h"

#include "extents.h"

static enum mk_kind one_of_each_table(uint64_t grain)
{
	return grain % 4096 == 77 ? MK_DATA : MK_ABSENT;
}

static enum mk_kind pairs(uint64_t grain)
{
	return grain % 5 < 2 ? MK_DATA : MK_ABSENT;
}

START_TEST(read_gives_what_was_written)
{
	expect_content(&(struct mk_spec){ MK_COWD, .capacity = 5 });
	expect_content(&(struct mk_spec){ MK_COWD, .capacity = 10001, .kind = mixed });
	expect_content(&(struct mk_spec){ MK_COWD, .capacity = 9000, .is_backwards = true });
	expect_content(&(struct mk_spec){ MK_COWD, .capacity = 70001, .grain = 8, .kind = pairs });
	expect_content(&(struct mk_spec){ MK_COWD, .capacity = 5001, .grain = 2048 });
	expect_content(&(struct mk_spec){ MK_COWD, .capacity = 3 * 4096, .kind = second_only,
					  .has_no_empty_tables = true });
}
END_TEST

START_TEST(what_is_not_there_is_asked_of_the_parent)
{
	const struct mk_spec spec = { MK_COWD, .capacity = 40000, .kind = absent,
				      .has_no_empty_tables = true };
	struct mk_image img = mk_build(&spec);
	struct vd_extent *ex = open_ok(&img, 0);

	ck_assert_int_eq(map_at(ex, 3, 39997).kind, VD_MAP_ABSENT);
	ck_assert_uint_eq(map_at(ex, 3, 39997).sectors, 39997);
	vd_extent_close(ex);
	mk_free(&img);
}
END_TEST

START_TEST(sectors_that_lie_one_behind_the_other_are_one_run_up_to_the_next_table)
{
	struct mk_image img = mk_build(&(struct mk_spec){ MK_COWD, .capacity = 20000 });
	struct vd_extent *ex = open_ok(&img, 0);

	ck_assert_uint_eq(map_at(ex, 0, 20000).sectors, 4096);
	ck_assert_uint_eq(map_at(ex, 4095, 20000 - 4095).sectors, 1);
	ck_assert_uint_eq(map_at(ex, 4096, 4000).sectors, 4000);
	vd_extent_close(ex);
	mk_free(&img);
}
END_TEST

/* Tables in one place, then all grains: what vmkfstools makes of a full snapshot. */
START_TEST(runs_go_on_across_tables_where_the_grains_do)
{
	struct mk_image img = mk_build(
		&(struct mk_spec){ MK_COWD, .capacity = 3 * 4096, .kind = one_of_each_table });
	uint64_t grains = mk_append(&img, 3 * 4096 * 512) / 512;
	struct vd_extent *ex;

	for (uint64_t i = 0; i < UINT64_C(3) * 4096; i++)
		vu_put_le32(img.bytes + mk_gte_off(&img, i), (uint32_t)(grains + i));
	ex = open_ok(&img, 0);
	ck_assert_uint_eq(map_at(ex, 1, 3 * 4096 - 1).sectors, 3 * 4096 - 1);
	ck_assert_uint_eq(map_at(ex, 1, 3 * 4096 - 1).off, (grains + 1) * 512);
	vd_extent_close(ex);
	mk_free(&img);
}
END_TEST

START_TEST(it_has_no_descriptor)
{
	struct mk_image img = mk_build(&(struct mk_spec){ MK_COWD, .capacity = 10 });
	struct vd_extent *ex = open_ok(&img, 0);

	expect_descriptor(ex, NULL);
	vd_extent_close(ex);
	mk_free(&img);
}
END_TEST

START_TEST(the_descriptor_may_name_fewer_sectors)
{
	expect_up_to_100_sectors(MK_COWD);
}
END_TEST

START_TEST(an_unclean_shutdown_is_told)
{
	struct mk_image img = mk_build(&(struct mk_spec){ MK_COWD, .capacity = 100 });

	img.bytes[1648] = 1;
	vd_extent_close(open_ok(&img, 0));
	ck_assert(said("not closed properly"));
	mk_free(&img);
}
END_TEST

START_TEST(two_terabytes_of_nothing_cost_nothing)
{
	struct mk_image img = mk_build(&(struct mk_spec){ MK_COWD, .capacity = 4096 });
	uint64_t gd = mk_append(&img, 4 << 20), at = 0;
	struct vd_extent *ex;

	vu_put_le32(img.bytes + 12, UINT32_MAX);
	vu_put_le32(img.bytes + 20, (uint32_t)(gd / 512));
	vu_put_le32(img.bytes + 24, 1 << 20);
	ex = open_ok(&img, 0);
	ck_assert_uint_eq(memstore_reads(), 1);
	for (; at < ex->sectors; at += map_at(ex, at, ex->sectors - at).sectors)
		ck_assert_int_eq(map_at(ex, at, 1).kind, VD_MAP_ABSENT);
	ck_assert_uint_eq(at, UINT32_MAX);
	ck_assert_uint_le(vd_cache_bytes(cache), 8 << 20);
	vd_extent_close(ex);
	mk_free(&img);
}
END_TEST

static const struct bad_field bad_header[] = {
	{ 0, 4, 0x44574f44, VIX_E_DISK_INVALIDDISK, "magic number 0x44574f44" },
	{ 4, 4, 0, VIX_E_DISK_UNSUPPORTEDDISKVERSION, "version 0" },
	{ 4, 4, 2, VIX_E_DISK_UNSUPPORTEDDISKVERSION, "version 2" },
	{ 12, 4, 0, VIX_E_DISK_INVALIDDISK, "capacity 0 " },
	{ 12, 4, UINT32_MAX, VIX_E_DISK_INVALIDDISK, "numGDEntries 3: its capacity needs 1048576" },
	{ 16, 4, 0, VIX_E_DISK_INVALIDDISK, "grainSize 0 " },
	{ 16, 4, 3, VIX_E_DISK_INVALIDDISK, "grainSize 3 " },
	{ 16, 4, 0x80000000, VIX_E_DISK_INVALIDDISK, "grainSize 2147483648 " },
	{ 20, 4, 0, VIX_E_DISK_INVALIDDISK, "gdOffset 0" },
	{ 20, 4, UINT32_MAX, VIX_E_DISK_INVALIDDISK, "gdOffset 4294967295" },
	{ 24, 4, 2, VIX_E_DISK_INVALIDDISK, "numGDEntries 2" },
};

static const struct mk_spec three_tables = { MK_COWD, .capacity = 10000, .kind = mixed };

START_TEST(open_rejects_a_bad_header_field)
{
	struct mk_image img = mk_build(&three_tables);

	put_field(&img, &bad_header[_i], 0);
	expect_open_error(&img, 0, bad_header[_i].code, bad_header[_i].text);
}
END_TEST

START_TEST(open_rejects_a_file_that_is_too_short)
{
	struct mk_image img = mk_build(&three_tables);

	img.len = 2047;
	expect_open_error(&img, 0, VIX_E_DISK_INVALIDDISK, "2047 bytes");
}
END_TEST

static const struct bad_field bad_gde[] = {
	{ 0, 4, 1, VIX_E_DISK_INVALIDDISK, "grain table 0 is said to be at sector 1," },
	{ 0, 4, 4, VIX_E_DISK_INVALIDDISK, "inside metadata" },
	{ 0, 4, 0xffffffff, VIX_E_DISK_INVALIDDISK, "sector 4294967295," },
};

START_TEST(map_rejects_a_bad_directory_entry)
{
	struct mk_image img = mk_build(&three_tables);

	put_field(&img, &bad_gde[_i], img.gd_off);
	expect_read_error(&img, 0, bad_gde[_i].code, bad_gde[_i].text);
}
END_TEST

static const struct bad_field bad_gte[] = {
	{ 0, 4, 1, VIX_E_DISK_INVALIDDISK, "table entry of grain 0 makes no sense" },
	{ 0, 4, 3, VIX_E_DISK_INVALIDDISK, "sector 3, inside metadata" },
	{ 0, 4, 4, VIX_E_DISK_INVALIDDISK, "sector 4, inside metadata" },
	{ 0, 4, 0xffffffff, VIX_E_DISK_INVALIDDISK, "the file ends" },
};

START_TEST(map_rejects_a_bad_table_entry)
{
	struct mk_image img = mk_build(&three_tables);

	put_field(&img, &bad_gte[_i], mk_gte_off(&img, 0));
	expect_read_error(&img, 0, bad_gte[_i].code, bad_gte[_i].text);
}
END_TEST

START_TEST(no_failing_read_gives_wrong_bytes)
{
	const struct mk_spec spec = { MK_COWD, .capacity = 5 * 4096, .kind = one_of_each_table };
	struct mk_image img = mk_build(&spec);

	expect_faults_are_told(&img, &spec);
	mk_free(&img);
}
END_TEST

START_TEST(every_changed_byte_is_survived)
{
	struct mk_image img = mk_build(&(struct mk_spec){ MK_COWD, .capacity = 40, .kind = mixed });

	survive_changes(&img, 0, 32, 40);
	survive_changes(&img, 1640, img.gd_off + 512 + 160, 40);
	mk_free(&img);
}
END_TEST

START_TEST(every_cut_is_survived)
{
	struct mk_image img = mk_build(&(struct mk_spec){ MK_COWD, .capacity = 40, .kind = mixed });

	survive_cuts(&img, 40);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("cowd");
	TCase *tc = unit_tcase(s, "good");

	tested = &vd_format_cowd;
	tcase_add_checked_fixture(tc, extents_setup, extents_teardown);
	tcase_add_test(tc, read_gives_what_was_written);
	tcase_add_test(tc, what_is_not_there_is_asked_of_the_parent);
	tcase_add_test(tc, sectors_that_lie_one_behind_the_other_are_one_run_up_to_the_next_table);
	tcase_add_test(tc, runs_go_on_across_tables_where_the_grains_do);
	tcase_add_test(tc, it_has_no_descriptor);
	tcase_add_test(tc, the_descriptor_may_name_fewer_sectors);
	tcase_add_test(tc, an_unclean_shutdown_is_told);
	tcase_add_test(tc, two_terabytes_of_nothing_cost_nothing);

	tc = unit_tcase(s, "bad");
	tcase_add_checked_fixture(tc, extents_setup, extents_teardown);
	tcase_add_loop_test(tc, open_rejects_a_bad_header_field, 0, ARRAY_LEN(bad_header));
	tcase_add_test(tc, open_rejects_a_file_that_is_too_short);
	tcase_add_loop_test(tc, map_rejects_a_bad_directory_entry, 0, ARRAY_LEN(bad_gde));
	tcase_add_loop_test(tc, map_rejects_a_bad_table_entry, 0, ARRAY_LEN(bad_gte));

	tc = unit_tcase(s, "faults");
	tcase_add_checked_fixture(tc, extents_setup, extents_teardown);
	tcase_add_test(tc, no_failing_read_gives_wrong_bytes);
	tcase_add_test(tc, every_changed_byte_is_survived);
	tcase_add_test(tc, every_cut_is_survived);
	return unit_run(s);
}
