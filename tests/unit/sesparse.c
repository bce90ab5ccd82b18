/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * libvdisk/format/sesparse.c: seSparse extents.
 */
#include "config.h"

#include "unit.h"

#include "extents.h"

static enum mk_kind all_kinds(uint64_t grain)
{
	static const enum mk_kind kinds[] = { MK_DATA, MK_UNMAPPED, MK_DATA,    MK_ZERO,
					      MK_DATA, MK_ABSENT,   MK_UNMAPPED };

	return kinds[grain * 5 / 3 % 7];
}

static enum mk_kind zero_then_unmapped(uint64_t grain)
{
	return grain == 0 ? MK_DATA : grain % 3 == 0 ? MK_ZERO : MK_UNMAPPED;
}

START_TEST(read_gives_what_was_written)
{
	expect_content(&(struct mk_spec){ MK_SESPARSE, .capacity = 5 });
	expect_content(&(struct mk_spec){ MK_SESPARSE, .capacity = 70001, .kind = all_kinds });
	expect_content(
		&(struct mk_spec){ MK_SESPARSE, .capacity = 5000, .gtes = 64, .kind = all_kinds });
	expect_content(&(struct mk_spec){ MK_SESPARSE, .capacity = 5000, .is_backwards = true });
	expect_content(&(struct mk_spec){ MK_SESPARSE, .capacity = 501, .grain = 1, .gtes = 64 });
	expect_content(&(struct mk_spec){ MK_SESPARSE, .capacity = 3 * 4096 * 8,
					  .kind = second_only, .has_no_empty_tables = true });
}
END_TEST

/* Numbers of grains are stored with their lowest twelve bits on top. */
START_TEST(more_than_4096_grains_are_found_and_make_one_run)
{
	const struct mk_spec spec = { MK_SESPARSE, .capacity = 5000, .grain = 1 };
	struct mk_image img = mk_build(&spec);
	struct vd_extent *ex = open_ok(&img, 0);

	ck_assert_uint_eq(map_at(ex, 1, 4999).sectors, 4999);
	ck_assert_uint_eq(map_at(ex, 4990, 10).off, mk_grain_off(&img, 4990));
	ck_assert(mk_check(ex, &spec, 5000));
	vd_extent_close(ex);
	mk_free(&img);
}
END_TEST

START_TEST(unmapped_and_zero_grains_are_zeros_whatever_the_parent_has)
{
	struct mk_image img = mk_build(
		&(struct mk_spec){ MK_SESPARSE, .capacity = 400, .kind = zero_then_unmapped });
	struct vd_extent *ex = open_ok(&img, 0);

	ck_assert_int_eq(map_at(ex, 7, 393).kind, VD_MAP_DATA);
	ck_assert_int_eq(map_at(ex, 8, 392).kind, VD_MAP_ZERO);
	ck_assert_uint_eq(map_at(ex, 8, 392).sectors, 392);
	vd_extent_close(ex);
	mk_free(&img);
}
END_TEST

START_TEST(what_is_not_there_is_asked_of_the_parent)
{
	struct mk_image img = mk_build(&(struct mk_spec){
		MK_SESPARSE, .capacity = 400000, .kind = absent, .has_no_empty_tables = true });
	struct vd_extent *ex = open_ok(&img, 0);

	ck_assert_int_eq(map_at(ex, 3, 399997).kind, VD_MAP_ABSENT);
	ck_assert_uint_eq(map_at(ex, 3, 399997).sectors, 399997);
	vd_extent_close(ex);
	mk_free(&img);
}
END_TEST

/* The directory alone has 30 MB; @n_tables: what has room behind it. */
static struct mk_image build_62_terabytes(uint64_t n_tables)
{
	const uint64_t capacity = UINT64_C(62) << 31;
	struct mk_image img = mk_build(&(struct mk_spec){
		MK_SESPARSE, .capacity = 16, .kind = absent, .has_no_empty_tables = true });
	uint64_t gd_len = capacity / 4096 / 8 * 8;

	img.gd_off = mk_append(&img, gd_len);
	img.tables_off = mk_append(&img, n_tables * 4096 * 8);
	vu_put_le64(img.bytes + 16, capacity);
	vu_put_le64(img.bytes + 128, img.gd_off / 512);
	vu_put_le64(img.bytes + 136, gd_len / 512);
	vu_put_le64(img.bytes + 144, img.tables_off / 512);
	vu_put_le64(img.bytes + 152, n_tables * 64);
	return img;
}

static void expect_all_absent(struct vd_extent *ex)
{
	uint64_t at = 0;

	while (at < ex->sectors) {
		struct vd_map m = map_at(ex, at, ex->sectors - at);

		ck_assert_int_eq(m.kind, VD_MAP_ABSENT);
		at += m.sectors;
	}
}

START_TEST(sixty_two_terabytes_of_nothing_are_mapped_in_little_memory)
{
	struct mk_image img = build_62_terabytes(0);
	struct vd_extent *ex = open_ok(&img, 0);

	ck_assert_uint_eq(memstore_reads(), 2);
	expect_all_absent(ex);
	ck_assert_uint_le(vd_cache_bytes(cache), 8 << 20);
	vd_extent_close(ex);
	mk_free(&img);
}
END_TEST

START_TEST(directories_that_name_one_empty_table_again_and_again_are_mapped_in_little_memory)
{
	struct mk_image img = build_62_terabytes(1);
	struct vd_extent *ex;

	for (uint64_t i = 0; i < 1000; i++)
		vu_put_le64(img.bytes + img.gd_off + i * 3000 * 8, UINT64_C(1) << 60);
	ex = open_ok(&img, 0);
	expect_all_absent(ex);
	ck_assert_uint_le(vd_cache_bytes(cache), 8 << 20);
	vd_extent_close(ex);
	mk_free(&img);
}
END_TEST

START_TEST(the_descriptor_may_name_fewer_sectors)
{
	expect_up_to_100_sectors(MK_SESPARSE);
}
END_TEST

START_TEST(a_journal_that_must_be_replayed_is_refused)
{
	for (size_t i = 0; i < 8; i++) {
		struct mk_image img = mk_build(&(struct mk_spec){ MK_SESPARSE, .capacity = 100 });

		img.bytes[512 + 24 + i] = 1;
		expect_open_error(&img, 0, VIX_E_DISK_NEEDSREPAIR, "its journal must be replayed");
	}
}
END_TEST

static const struct bad_field bad_header[] = {
	{ 0, 8, 0xcafebabf, VIX_E_DISK_INVALIDDISK, "magic number 0x00000000cafebabf" },
	{ 8, 8, 0x0000000200000002, VIX_E_DISK_UNSUPPORTEDDISKVERSION,
	  "version 0x0000000200000002" },
	{ 16, 8, 0, VIX_E_DISK_INVALIDDISK, "capacity 0 " },
	{ 16, 8, (UINT64_C(1) << 37) + 1, VIX_E_DISK_INVALIDDISK, "capacity 137438953473 " },
	{ 16, 8, UINT64_C(1) << 63, VIX_E_DISK_INVALIDDISK, "capacity" },
	{ 16, 8, UINT64_C(1) << 36, VIX_E_DISK_INVALIDDISK, "its grain directory, 1 sectors" },
	{ 24, 8, 0, VIX_E_DISK_INVALIDDISK, "grainSize 0 " },
	{ 24, 8, 9, VIX_E_DISK_INVALIDDISK, "grainSize 9 " },
	{ 24, 8, UINT64_C(1) << 40, VIX_E_DISK_INVALIDDISK, "grainSize" },
	{ 32, 8, 0, VIX_E_DISK_INVALIDDISK, "numGTEsPerGT 0 " },
	{ 32, 8, 3, VIX_E_DISK_INVALIDDISK, "numGTEsPerGT 192 " },
	{ 32, 8, 65, VIX_E_DISK_INVALIDDISK, "grainTableSize 65 " },
	{ 32, 8, UINT64_C(1) << 58, VIX_E_DISK_INVALIDDISK, "grainTableSize" },
	{ 40, 8, 1, VIX_E_DISK_NOTSUPPORTED, "flags or reserved fields, 0x1 " },
	{ 72, 8, 1, VIX_E_DISK_NOTSUPPORTED, "flags or reserved fields" },
	{ 80, 8, 0, VIX_E_DISK_INVALIDDISK, "volatile header at sector 0" },
	{ 80, 8, UINT64_MAX, VIX_E_DISK_INVALIDDISK, "volatile header at sector" },
	{ 80, 8, 2, VIX_E_DISK_INVALIDDISK, "of its volatile header is wrong" },
	{ 128, 8, 0, VIX_E_DISK_INVALIDDISK, "its grain directory" },
	{ 128, 8, UINT64_MAX, VIX_E_DISK_INVALIDDISK, "its grain directory" },
	{ 136, 8, 0, VIX_E_DISK_INVALIDDISK, "its grain directory, 0 sectors" },
	{ 144, 8, UINT64_MAX, VIX_E_DISK_INVALIDDISK, "its tables are said to begin" },
	{ 144, 8, 0, VIX_E_DISK_INVALIDDISK, "its tables are said to begin at sector 0" },
	{ 192, 8, 1, VIX_E_DISK_INVALIDDISK, "its grains at 1" },
	{ 192, 8, UINT64_MAX, VIX_E_DISK_INVALIDDISK, "its grains at 18446744073709551615" },
};

static const struct mk_spec two_tables = { MK_SESPARSE, .capacity = 4000, .gtes = 256,
					   .kind = all_kinds };

START_TEST(open_rejects_a_bad_header_field)
{
	struct mk_image img = mk_build(&two_tables);

	put_field(&img, &bad_header[_i], 0);
	expect_open_error(&img, 0, bad_header[_i].code, bad_header[_i].text);
}
END_TEST

START_TEST(open_rejects_a_file_that_is_too_short)
{
	struct mk_image img = mk_build(&two_tables);

	img.len = 511;
	expect_open_error(&img, 0, VIX_E_DISK_INVALIDDISK, "511 bytes");
	img = mk_build(&two_tables);
	img.len = 1000;
	expect_open_error(&img, 0, VIX_E_FILE_ERROR, "has only 1000");
}
END_TEST

/* Its last sector has some bytes in the file, but not all of the entries that are needed. */
START_TEST(open_rejects_a_directory_that_is_cut_off_inside_of_its_last_sector)
{
	struct mk_image img = mk_build(&(struct mk_spec){ MK_SESPARSE, .capacity = 4000 * 64,
							  .grain = 1, .gtes = 64, .kind = absent,
							  .has_no_empty_tables = true });

	img.len = img.gd_off + 62 * 512 + 100;
	expect_open_error(&img, 0, VIX_E_DISK_INVALIDDISK, "its grain directory, 63 sectors");
}
END_TEST

static const struct bad_field bad_gde[] = {
	{ 0, 8, 1, VIX_E_DISK_INVALIDDISK, "directory entry of grain table 0 makes no sense" },
	{ 0, 8, UINT64_C(1) << 61, VIX_E_DISK_INVALIDDISK, "makes no sense" },
	{ 0, 8, UINT64_C(0x1000000100000000), VIX_E_DISK_INVALIDDISK, "makes no sense" },
	{ 0, 8, UINT64_C(0x10000000ffffffff), VIX_E_DISK_INVALIDDISK, "outside the file" },
};

START_TEST(map_rejects_a_bad_directory_entry)
{
	struct mk_image img = mk_build(&two_tables);

	put_field(&img, &bad_gde[_i], img.gd_off);
	expect_read_error(&img, 0, bad_gde[_i].code, bad_gde[_i].text);
}
END_TEST

static const struct bad_field bad_gte[] = {
	{ 0, 8, 1, VIX_E_DISK_INVALIDDISK, "table entry of grain 0 makes no sense" },
	{ 0, 8, UINT64_C(4) << 60, VIX_E_DISK_INVALIDDISK, "makes no sense" },
	{ 0, 8, UINT64_MAX, VIX_E_DISK_INVALIDDISK, "makes no sense" },
	{ 0, 8, UINT64_C(0x3fffffffffffffff), VIX_E_DISK_INVALIDDISK, "makes no sense" },
	{ 0, 8, UINT64_C(0x3000000003ffffff), VIX_E_DISK_INVALIDDISK, "the file ends" },
	{ 0, 8, UINT64_C(0x3fff000000000000), VIX_E_DISK_INVALIDDISK, "the file ends" },
};

START_TEST(map_rejects_a_bad_table_entry)
{
	struct mk_image img = mk_build(&two_tables);

	put_field(&img, &bad_gte[_i], mk_gte_off(&img, 0));
	expect_read_error(&img, 0, bad_gte[_i].code, bad_gte[_i].text);
}
END_TEST

/* Of the fields for journal, directory, bitmap and back map. */
static const size_t areas[] = { 96, 112, 128, 160, 176 };

START_TEST(map_rejects_a_grain_inside_of_each_kind_of_metadata)
{
	struct mk_image img = mk_build(&two_tables);
	uint64_t area = vu_le64(img.bytes + areas[_i]);

	/* Grains begin there, and the first entry names grain 0. */
	vu_put_le64(img.bytes + 192, area);
	vu_put_le64(img.bytes + mk_gte_off(&img, 0), UINT64_C(3) << 60);
	expect_read_error(&img, 0, VIX_E_DISK_INVALIDDISK, "inside metadata");
}
END_TEST

START_TEST(no_failing_read_gives_wrong_bytes)
{
	const struct mk_spec spec = { MK_SESPARSE, .capacity = 2000, .gtes = 64,
				      .kind = all_kinds };
	struct mk_image img = mk_build(&spec);

	expect_faults_are_told(&img, &spec);
	mk_free(&img);
}
END_TEST

static const struct mk_spec small = { MK_SESPARSE, .capacity = 100, .gtes = 64, .kind = all_kinds };

START_TEST(every_changed_byte_is_survived)
{
	struct mk_image img = mk_build(&small);

	survive_changes(&img, 0, 208, 100);
	survive_changes(&img, 512, img.tables_off + 200, 100);
	mk_free(&img);
}
END_TEST

START_TEST(every_cut_is_survived)
{
	struct mk_image img = mk_build(&small);

	survive_cuts(&img, 100);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("sesparse");
	TCase *tc = unit_tcase(s, "good");

	tested = &vd_format_sesparse;
	tcase_add_checked_fixture(tc, extents_setup, extents_teardown);
	tcase_add_test(tc, read_gives_what_was_written);
	tcase_add_test(tc, more_than_4096_grains_are_found_and_make_one_run);
	tcase_add_test(tc, unmapped_and_zero_grains_are_zeros_whatever_the_parent_has);
	tcase_add_test(tc, what_is_not_there_is_asked_of_the_parent);
	tcase_add_test(tc, sixty_two_terabytes_of_nothing_are_mapped_in_little_memory);
	tcase_add_test(
		tc,
		directories_that_name_one_empty_table_again_and_again_are_mapped_in_little_memory);
	tcase_add_test(tc, the_descriptor_may_name_fewer_sectors);

	tc = unit_tcase(s, "bad");
	tcase_add_checked_fixture(tc, extents_setup, extents_teardown);
	tcase_add_test(tc, a_journal_that_must_be_replayed_is_refused);
	tcase_add_loop_test(tc, open_rejects_a_bad_header_field, 0, ARRAY_LEN(bad_header));
	tcase_add_test(tc, open_rejects_a_file_that_is_too_short);
	tcase_add_test(tc, open_rejects_a_directory_that_is_cut_off_inside_of_its_last_sector);
	tcase_add_loop_test(tc, map_rejects_a_bad_directory_entry, 0, ARRAY_LEN(bad_gde));
	tcase_add_loop_test(tc, map_rejects_a_bad_table_entry, 0, ARRAY_LEN(bad_gte));
	tcase_add_loop_test(tc, map_rejects_a_grain_inside_of_each_kind_of_metadata, 0,
			    ARRAY_LEN(areas));

	tc = unit_tcase(s, "faults");
	tcase_add_checked_fixture(tc, extents_setup, extents_teardown);
	tcase_add_test(tc, no_failing_read_gives_wrong_bytes);
	tcase_add_test(tc, every_changed_byte_is_survived);
	tcase_add_test(tc, every_cut_is_survived);
	return unit_run(s);
}
