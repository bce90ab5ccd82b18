/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * libvdisk/format/sparse.c, kdmv.c and grain-tables.c: plain sparse extents.
 */
#include "config.h"

#include "unit.h"

#include "extents.h"

static enum mk_kind zero(uint64_t grain)
{
	(void)grain;
	return MK_ZERO;
}

/* Tables of 128 KiB altogether, so that they lie in several slabs; data here and there. */
static enum mk_kind rare(uint64_t grain)
{
	return grain % 1021 == 5 ? MK_DATA : MK_ABSENT;
}

START_TEST(read_gives_what_was_written)
{
	expect_content(&(struct mk_spec){ .capacity = 1024, .descriptor = descriptor });
	expect_content(&(struct mk_spec){ .capacity = 1000, .kind = mixed });
	expect_content(&(struct mk_spec){ .capacity = 1001, .grain = 8, .gtes = 4, .kind = mixed });
	expect_content(&(struct mk_spec){ .capacity = 9, .grain = 1, .gtes = 1, .kind = mixed });
	expect_content(&(struct mk_spec){ .capacity = 1001, .grain = 16, .is_backwards = true });
	expect_content(&(struct mk_spec){ .capacity = 65536, .grain = 2, .kind = rare });
	expect_content(&(struct mk_spec){ .capacity = 5000,
					  .grain = 8,
					  .gtes = 16,
					  .kind = second_only,
					  .has_no_empty_tables = true });
}
END_TEST

/* All powers of two that are permitted, each with tables of another size. */
START_TEST(every_size_of_grains_and_of_tables_is_read)
{
	const uint32_t grain = 1u << _i, gtes = 1u << (_i * 5 % 13);
	const struct mk_spec spec = {
		.capacity = 3 * grain + grain / 2 + 1, .grain = grain, .gtes = gtes, .kind = mixed
	};
	struct mk_image img = mk_build(&spec);
	struct vd_extent *ex = open_ok(&img, 0);

	ck_assert(mk_check(ex, &spec, vu_max(grain / 3, 1)));
	ck_assert(mk_check(ex, &spec, spec.capacity));
	vd_extent_close(ex);
	mk_free(&img);
}
END_TEST

START_TEST(open_takes_versions_1_to_3_and_unknown_compatible_flags)
{
	const struct mk_spec spec = { .capacity = 500, .kind = mixed };
	struct mk_image img = mk_build(&spec);

	for (uint32_t version = 1; version <= 3; version++) {
		vu_put_le32(img.bytes + 4, version);
		vu_put_le32(img.bytes + 8, version == 2 ? 0x7 : 0x8002);
		struct vd_extent *ex = open_ok(&img, 0);
		ck_assert(mk_check(ex, &spec, 500));
		vd_extent_close(ex);
	}
	mk_free(&img);
}
END_TEST

START_TEST(open_takes_the_length_of_the_descriptor_when_that_is_less)
{
	struct mk_image img = mk_build(&(struct mk_spec){ .capacity = 1024 });
	struct vd_extent *ex = open_ok(&img, 1000);

	ck_assert_uint_eq(ex->sectors, 1000);
	vd_extent_close(ex);
	expect_open_error(&img, 1025, VIX_E_DISK_INVALIDDISK, "capacity of 1024");
}
END_TEST

START_TEST(open_tells_of_an_unclean_shutdown_once)
{
	struct mk_image img = mk_build(&(struct mk_spec){ .capacity = 128 });

	img.bytes[72] = 1;
	vd_extent_close(open_ok(&img, 0));
	ck_assert(said("not closed properly"));
	mk_free(&img);
}
END_TEST

START_TEST(descriptor_is_the_embedded_text)
{
	struct mk_image img = mk_build(
		&(struct mk_spec){ .capacity = 128, .descriptor = descriptor });
	struct vd_extent *ex = open_ok(&img, 0);

	expect_descriptor(ex, descriptor);
	vd_extent_close(ex);
	mk_free(&img);
}
END_TEST

START_TEST(descriptor_without_a_nul_ends_with_its_room)
{
	struct mk_image img = mk_build(
		&(struct mk_spec){ .capacity = 128, .descriptor = descriptor });
	char *text;
	size_t len;

	memset(img.bytes + img.desc_off, 'x', 20 * VD_SECTOR_SIZE);
	struct vd_extent *ex = open_ok(&img, 0);
	ck_assert_uint_eq(vd_extent_descriptor(ex, &text, &len), VIX_OK);
	ck_assert_uint_eq(len, 20 * VD_SECTOR_SIZE);
	ck_assert_uint_eq(text[len], '\0');
	free(text);
	vd_extent_close(ex);
	mk_free(&img);
}
END_TEST

START_TEST(descriptor_may_be_missing)
{
	struct mk_image img = mk_build(&(struct mk_spec){ .capacity = 128 });
	struct vd_extent *ex = open_ok(&img, 0);

	expect_descriptor(ex, NULL);
	vd_extent_close(ex);
	mk_free(&img);
}
END_TEST

START_TEST(map_merges_adjacent_grains_across_tables)
{
	struct mk_image img = mk_build(
		&(struct mk_spec){ .capacity = 4001, .grain = 8, .gtes = 4 });
	struct vd_extent *ex = open_ok(&img, 0);
	struct vd_map m = map_at(ex, 3, 3998);

	ck_assert_int_eq(m.kind, VD_MAP_DATA);
	ck_assert_uint_eq(m.sectors, 3998);
	ck_assert_uint_eq(m.off, mk_grain_off(&img, 0) + 3 * VD_SECTOR_SIZE);
	ck_assert_uint_eq(map_at(ex, 3, 40).sectors, 40);
	vd_extent_close(ex);
	mk_free(&img);
}
END_TEST

START_TEST(map_does_not_merge_grains_that_are_not_adjacent)
{
	struct mk_image img = mk_build(
		&(struct mk_spec){ .capacity = 400, .grain = 8, .is_backwards = true });
	struct vd_extent *ex = open_ok(&img, 0);

	ck_assert_uint_eq(map_at(ex, 3, 300).sectors, 5);
	vd_extent_close(ex);
	mk_free(&img);
}
END_TEST

START_TEST(map_merges_absent_and_zero_grains)
{
	struct mk_spec spec = { .capacity = 4001, .grain = 8, .gtes = 4, .kind = absent };
	struct mk_image img = mk_build(&spec);
	struct vd_extent *ex = open_ok(&img, 0);

	ck_assert_int_eq(map_at(ex, 5, 3996).kind, VD_MAP_ABSENT);
	ck_assert_uint_eq(map_at(ex, 5, 3996).sectors, 3996);
	vd_extent_close(ex);
	mk_free(&img);

	spec.has_no_empty_tables = true;
	img = mk_build(&spec);
	ex = open_ok(&img, 0);
	ck_assert_int_eq(map_at(ex, 5, 3996).kind, VD_MAP_ABSENT);
	ck_assert_uint_eq(map_at(ex, 5, 3996).sectors, 3996);
	vd_extent_close(ex);
	mk_free(&img);

	spec.kind = zero;
	img = mk_build(&spec);
	ex = open_ok(&img, 0);
	ck_assert_int_eq(map_at(ex, 5, 3996).kind, VD_MAP_ZERO);
	ck_assert_uint_eq(map_at(ex, 5, 3996).sectors, 3996);
	vd_extent_close(ex);
	mk_free(&img);
}
END_TEST

START_TEST(map_ends_where_the_kind_changes)
{
	struct mk_image img = mk_build(
		&(struct mk_spec){ .capacity = 4001, .grain = 8, .gtes = 4, .kind = second_only });
	struct vd_extent *ex = open_ok(&img, 0);

	ck_assert_uint_eq(map_at(ex, 0, 4001).sectors, 8);
	ck_assert_uint_eq(map_at(ex, 8, 3993).sectors, 8);
	ck_assert_uint_eq(map_at(ex, 16, 3985).sectors, 3985);
	vd_extent_close(ex);
	mk_free(&img);
}
END_TEST

/* A directory of @gd_len bytes that is nearly all zeros. */
static struct mk_image build_huge(uint64_t gd_len)
{
	struct mk_image img = mk_build(&(struct mk_spec){ .capacity = 128 });
	uint64_t gd_off = vu_round_up(img.len, 4096);

	img.bytes = realloc(img.bytes, gd_off + gd_len);
	memset(img.bytes + img.len, 0, gd_off + gd_len - img.len);
	memcpy(img.bytes + gd_off, img.bytes + img.gd_off, 4);
	img.len = gd_off + gd_len;
	img.gd_off = gd_off;
	vu_put_le32(img.bytes + 8, 0x1); /* no redundant directory */
	vu_put_le64(img.bytes + 12, gd_len / 4 << 16);
	vu_put_le64(img.bytes + 56, gd_off / VD_SECTOR_SIZE);
	return img;
}

/* From the largest capacity there may be down to the first one whose directory is not kept. */
static const uint64_t huge_gd_len[] = { 8 << 20, 32 << 10 };

START_TEST(open_costs_the_same_whatever_the_capacity)
{
	struct mk_image img = build_huge(huge_gd_len[_i]);
	struct vd_extent *ex = open_ok(&img, 0);

	ck_assert_uint_eq(memstore_reads(), 1);
	ck_assert_uint_eq(vd_cache_bytes(cache), 0);
	ck_assert_int_eq(map_at(ex, 0, 1).kind, VD_MAP_DATA);
	ck_assert_int_eq(map_at(ex, ex->sectors - 1, 1).kind, VD_MAP_ABSENT);
	ck_assert_uint_gt(map_at(ex, 128, ex->sectors / 2).sectors, UINT64_C(1) << 27);
	ck_assert_uint_le(vd_cache_bytes(cache), 1 << 20);
	vd_extent_close(ex);
	mk_free(&img);
}
END_TEST

START_TEST(tables_are_read_in_slabs_and_once)
{
	const struct mk_spec spec = { .capacity = 65536, .grain = 2, .kind = absent };
	struct mk_image img = mk_build(&spec);
	struct vd_extent *ex = open_ok(&img, 0);
	unsigned before = memstore_reads();

	for (int i = 0; i < 3; i++)
		ck_assert(mk_check(ex, &spec, 64));
	/* 128 KiB of tables, not aligned. */
	ck_assert_uint_le(memstore_reads() - before, 9);
	vd_extent_close(ex);
	mk_free(&img);
}
END_TEST

static const struct bad_field bad_header[] = {
	{ 0, 4, 0x44574f43, VIX_E_DISK_INVALIDDISK, "magic number 0x44574f43" },
	{ 4, 4, 0, VIX_E_DISK_UNSUPPORTEDDISKVERSION, "version 0" },
	{ 4, 4, 4, VIX_E_DISK_UNSUPPORTEDDISKVERSION, "version 4" },
	{ 8, 4, 0x40003, VIX_E_DISK_NOTSUPPORTED, "flags 0x00040003" },
	{ 8, 4, 0x80000003, VIX_E_DISK_NOTSUPPORTED, "flags 0x80000003" },
	{ 8, 4, 0x20003, VIX_E_DISK_INVALIDDISK, "flags 0x00020003" },
	{ 8, 4, 0x10003, VIX_E_DISK_INVALIDDISK, "contradict" },
	{ 12, 8, 0, VIX_E_DISK_INVALIDDISK, "capacity 0 " },
	{ 12, 8, (UINT64_C(1) << 37) + 1, VIX_E_DISK_INVALIDDISK, "capacity 137438953473 " },
	{ 12, 8, UINT64_MAX, VIX_E_DISK_INVALIDDISK, "capacity 18446744073709551615 " },
	{ 12, 8, UINT64_C(1) << 37, VIX_E_DISK_INVALIDDISK, "grain directory of 2097152 entries" },
	{ 20, 8, 0, VIX_E_DISK_INVALIDDISK, "grainSize 0 " },
	{ 20, 8, 100, VIX_E_DISK_INVALIDDISK, "grainSize 100 " },
	{ 20, 8, 32768, VIX_E_DISK_INVALIDDISK, "grainSize 32768 " },
	{ 20, 8, UINT64_C(1) << 63, VIX_E_DISK_INVALIDDISK, "grainSize" },
	{ 28, 8, 0, VIX_E_DISK_INVALIDDISK, "descriptorOffset 0" },
	{ 28, 8, 1000000, VIX_E_DISK_INVALIDDISK, "descriptorOffset 1000000" },
	{ 28, 8, UINT64_MAX, VIX_E_DISK_INVALIDDISK, "descriptorOffset" },
	{ 36, 8, 20481, VIX_E_DISK_INVALIDDISK, "descriptorSize 20481" },
	{ 36, 8, UINT64_MAX, VIX_E_DISK_INVALIDDISK, "descriptorSize" },
	{ 44, 4, 0, VIX_E_DISK_INVALIDDISK, "numGTEsPerGT 0 " },
	{ 44, 4, 511, VIX_E_DISK_INVALIDDISK, "numGTEsPerGT 511 " },
	{ 44, 4, 8192, VIX_E_DISK_INVALIDDISK, "numGTEsPerGT 8192 " },
	{ 73, 4, 0x0a0a200a, VIX_E_DISK_INVALIDDISK, "newlines" },
	{ 77, 2, 1, VIX_E_DISK_INVALIDDISK, "compressAlgorithm 1" },
	{ 77, 2, 2, VIX_E_DISK_NOTSUPPORTED, "compressAlgorithm 2" },
};

START_TEST(open_rejects_a_bad_header_field)
{
	struct mk_image img = mk_build(
		&(struct mk_spec){ .capacity = 1024, .descriptor = descriptor });

	put_field(&img, &bad_header[_i], 0);
	expect_open_error(&img, 0, bad_header[_i].code, bad_header[_i].text);
}
END_TEST

START_TEST(open_rejects_a_directory_outside_the_file)
{
	static const uint64_t places[] = { 0, 100000, UINT64_MAX / 512, UINT64_MAX };

	for (size_t i = 0; i < 4; i++) {
		struct mk_image img = mk_build(&(struct mk_spec){ .capacity = 1024 });

		vu_put_le32(img.bytes + 8, 0x1); /* no redundant directory */
		vu_put_le64(img.bytes + 56, places[i]);
		expect_open_error(&img, 0, VIX_E_DISK_INVALIDDISK, "gdOffset");
	}
}
END_TEST

START_TEST(open_rejects_a_file_that_is_too_short)
{
	struct mk_image img = mk_build(&(struct mk_spec){ .capacity = 1024 });

	img.len = 511;
	expect_open_error(&img, 0, VIX_E_DISK_INVALIDDISK, "511 bytes");
	img = (struct mk_image){ .bytes = malloc(1) };
	expect_open_error(&img, 0, VIX_E_DISK_INVALIDDISK, "0 bytes");
}
END_TEST

START_TEST(open_rejects_a_compressed_extent)
{
	struct mk_image img = mk_build(
		&(struct mk_spec){ .layout = MK_STREAM_FRONT, .capacity = 1024 });

	expect_open_error(&img, 0, VIX_E_DISK_INVALIDDISK, "is compressed");
}
END_TEST

static const struct bad_field bad_gde[] = {
	{ 0, 4, 1, VIX_E_DISK_INVALIDDISK, "grain table 0 is said to be at sector 1," },
	{ 0, 4, 20, VIX_E_DISK_INVALIDDISK, "grain table 0" }, /* the descriptor's last sector */
	{ 0, 4, 0xffffffff, VIX_E_DISK_INVALIDDISK, "sector 4294967295," },
	{ 0, 4, 100000, VIX_E_DISK_INVALIDDISK, "sector 100000," },
};

START_TEST(map_rejects_a_bad_directory_entry)
{
	struct mk_image img = mk_build(
		&(struct mk_spec){ .capacity = 1024, .descriptor = descriptor });

	vu_put_le32(img.bytes + 8, 0x1);
	put_field(&img, &bad_gde[_i], img.gd_off);
	expect_read_error(&img, 0, bad_gde[_i].code, bad_gde[_i].text);
}
END_TEST

START_TEST(map_rejects_a_table_inside_the_directory)
{
	struct mk_image img = mk_build(&(struct mk_spec){ .capacity = 1024 });

	vu_put_le32(img.bytes + 8, 0x1);
	vu_put_le32(img.bytes + img.gd_off, (uint32_t)(img.gd_off / VD_SECTOR_SIZE));
	expect_read_error(&img, 0, VIX_E_DISK_INVALIDDISK, "inside metadata");
}
END_TEST

static const struct bad_field bad_gte[] = {
	{ 0, 4, 2, VIX_E_DISK_INVALIDDISK, "sector 2, inside metadata" },
	{ 0, 4, 20, VIX_E_DISK_INVALIDDISK, "sector 20, inside metadata" },
	{ 0, 4, 0xffffffff, VIX_E_DISK_INVALIDDISK, "the file ends" },
	{ 0, 4, 1280, VIX_E_DISK_INVALIDDISK, "the file ends" }, /* the end of the file */
};

START_TEST(map_rejects_a_bad_table_entry)
{
	struct mk_image img = mk_build(
		&(struct mk_spec){ .capacity = 1024, .descriptor = descriptor });

	ck_assert_uint_le(img.len, 1280 * VD_SECTOR_SIZE);
	put_field(&img, &bad_gte[_i], mk_gte_off(&img, 0));
	expect_read_error(&img, 0, bad_gte[_i].code, bad_gte[_i].text);
}
END_TEST

START_TEST(map_rejects_a_grain_inside_a_directory)
{
	const struct mk_spec spec = { .capacity = 1024, .descriptor = descriptor };
	struct mk_image img = mk_build(&spec);

	vu_put_le32(img.bytes + mk_gte_off(&img, 0), (uint32_t)(img.gd_off / VD_SECTOR_SIZE));
	expect_read_error(&img, 0, VIX_E_DISK_INVALIDDISK, "inside metadata");
	img = mk_build(&spec);
	vu_put_le32(img.bytes + mk_gte_off(&img, 0), (uint32_t)(img.rgd_off / VD_SECTOR_SIZE));
	expect_read_error(&img, 0, VIX_E_DISK_INVALIDDISK, "inside metadata");
}
END_TEST

START_TEST(map_rejects_a_grain_that_is_cut_off)
{
	const struct mk_spec spec = { .capacity = 128 };
	struct mk_image img = mk_build(&spec);
	char buf[128 * VD_SECTOR_SIZE];

	img.len -= VD_SECTOR_SIZE;
	struct vd_extent *ex = open_ok(&img, 0);
	ck_assert_uint_eq(mk_read(ex, 0, 128, buf), VIX_E_DISK_INVALIDDISK);
	ck_assert_uint_eq(mk_read(ex, 0, 127, buf), VIX_OK);
	vd_extent_close(ex);
	mk_free(&img);
}
END_TEST

/* Consumes @img. */
static void expect_redundant_used(struct mk_image *img, const struct mk_spec *spec,
				  const char *text)
{
	struct vd_extent *ex = open_ok(img, 0);

	ck_assert(mk_check(ex, spec, 100));
	ck_assert_msg(said(text), "%s", said_text);
	vd_extent_close(ex);
	mk_free(img);
}

static const struct mk_spec twice = { .capacity = 1000, .grain = 8, .gtes = 16, .kind = mixed };

START_TEST(redundant_directory_serves_when_the_first_is_outside_the_file)
{
	struct mk_image img = mk_build(&twice);

	vu_put_le64(img.bytes + 56, 1000000);
	expect_redundant_used(&img, &twice, "outside the file");
}
END_TEST

START_TEST(redundant_directory_serves_when_the_first_cannot_be_read)
{
	struct mk_image img = mk_build(&twice);

	memstore_fail_at(MK_PATH, img.gd_off);
	expect_redundant_used(&img, &twice, "cannot read its grain directory");
}
END_TEST

START_TEST(redundant_table_serves_when_an_entry_is_outside_the_file)
{
	struct mk_image img = mk_build(&twice);

	vu_put_le32(img.bytes + img.gd_off + 8, 1000000);
	expect_redundant_used(&img, &twice, "grain table 2 is damaged");
}
END_TEST

START_TEST(redundant_table_serves_when_the_first_cannot_be_read)
{
	struct mk_image img = mk_build(&twice);

	memstore_fail_at(MK_PATH, mk_gte_off(&img, 0));
	expect_redundant_used(&img, &twice, "grain table 0 is damaged");
}
END_TEST

START_TEST(a_table_that_cannot_be_read_is_tried_once)
{
	struct mk_image img = mk_build(&twice);
	struct vd_extent *ex;
	unsigned before;

	memstore_fail_at(MK_PATH, mk_gte_off(&img, 0));
	ex = open_ok(&img, 0);
	ck_assert_int_eq(map_at(ex, 0, 1).kind, VD_MAP_DATA);
	before = memstore_reads();
	for (uint64_t grain = 0; grain < twice.gtes; grain++)
		map_at(ex, grain * twice.grain, 1);
	ck_assert_uint_eq(memstore_reads(), before);
	vd_extent_close(ex);
	mk_free(&img);
}
END_TEST

START_TEST(damage_that_is_met_on_the_way_is_told_once_when_it_is_asked_for)
{
	struct mk_image img = mk_build(
		&(struct mk_spec){ .capacity = 300, .grain = 8, .gtes = 16 });
	uint64_t second = UINT64_C(16) * 8;
	struct vd_extent *ex;
	struct vd_map m;

	vu_put_le32(img.bytes + img.gd_off + 4, 1000000);
	vu_put_le32(img.bytes + img.rgd_off + 4, 1000000);
	ex = open_ok(&img, 0);
	ck_assert_uint_eq(map_at(ex, 0, ex->sectors).sectors, second);
	ck_assert(said_nothing());
	ck_assert_uint_eq(vd_extent_map(ex, second, 1, &m), VIX_E_DISK_INVALIDDISK);
	ck_assert_uint_eq(said_lines(), 1);
	vd_extent_close(ex);
	mk_free(&img);
}
END_TEST

START_TEST(redundant_directory_is_ignored_without_its_flag)
{
	struct mk_image img = mk_build(&twice);

	vu_put_le32(img.bytes + 8, 0x1);
	vu_put_le32(img.bytes + img.gd_off, 1000000);
	expect_read_error(&img, 0, VIX_E_DISK_INVALIDDISK, "grain table 0");
}
END_TEST

START_TEST(no_failing_read_gives_wrong_bytes)
{
	const struct mk_spec spec = { .capacity = 1001, .grain = 8, .gtes = 16, .kind = mixed };
	struct mk_image img = mk_build(&spec);

	vu_put_le32(img.bytes + 8, 0x1); /* without a redundant directory */
	expect_faults_are_told(&img, &spec);
	mk_free(&img);
}
END_TEST

START_TEST(every_changed_byte_is_survived)
{
	struct mk_image img = mk_build(
		&(struct mk_spec){ .capacity = 100, .grain = 8, .gtes = 4, .kind = mixed });

	survive_changes(&img, 0, 80, 100);
	survive_changes(&img, 512, mk_grain_off(&img, 0), 100);
	mk_free(&img);
}
END_TEST

START_TEST(every_cut_is_survived)
{
	struct mk_image img = mk_build(
		&(struct mk_spec){ .capacity = 100, .grain = 8, .gtes = 4, .kind = mixed });

	survive_cuts(&img, 100);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("sparse");
	TCase *tc = unit_tcase(s, "good");

	tested = &vd_format_sparse;
	tcase_add_checked_fixture(tc, extents_setup, extents_teardown);
	tcase_add_test(tc, read_gives_what_was_written);
	tcase_add_loop_test(tc, every_size_of_grains_and_of_tables_is_read, 0, 15);
	tcase_add_test(tc, open_takes_versions_1_to_3_and_unknown_compatible_flags);
	tcase_add_test(tc, open_takes_the_length_of_the_descriptor_when_that_is_less);
	tcase_add_test(tc, open_tells_of_an_unclean_shutdown_once);
	tcase_add_test(tc, descriptor_is_the_embedded_text);
	tcase_add_test(tc, descriptor_without_a_nul_ends_with_its_room);
	tcase_add_test(tc, descriptor_may_be_missing);
	tcase_add_test(tc, map_merges_adjacent_grains_across_tables);
	tcase_add_test(tc, map_does_not_merge_grains_that_are_not_adjacent);
	tcase_add_test(tc, map_merges_absent_and_zero_grains);
	tcase_add_test(tc, map_ends_where_the_kind_changes);
	tcase_add_loop_test(tc, open_costs_the_same_whatever_the_capacity, 0,
			    ARRAY_LEN(huge_gd_len));
	tcase_add_test(tc, tables_are_read_in_slabs_and_once);

	tc = unit_tcase(s, "bad");
	tcase_add_checked_fixture(tc, extents_setup, extents_teardown);
	tcase_add_loop_test(tc, open_rejects_a_bad_header_field, 0, ARRAY_LEN(bad_header));
	tcase_add_test(tc, open_rejects_a_directory_outside_the_file);
	tcase_add_test(tc, open_rejects_a_file_that_is_too_short);
	tcase_add_test(tc, open_rejects_a_compressed_extent);
	tcase_add_loop_test(tc, map_rejects_a_bad_directory_entry, 0, ARRAY_LEN(bad_gde));
	tcase_add_test(tc, map_rejects_a_table_inside_the_directory);
	tcase_add_loop_test(tc, map_rejects_a_bad_table_entry, 0, ARRAY_LEN(bad_gte));
	tcase_add_test(tc, map_rejects_a_grain_inside_a_directory);
	tcase_add_test(tc, map_rejects_a_grain_that_is_cut_off);

	tc = unit_tcase(s, "redundant");
	tcase_add_checked_fixture(tc, extents_setup, extents_teardown);
	tcase_add_test(tc, redundant_directory_serves_when_the_first_is_outside_the_file);
	tcase_add_test(tc, redundant_directory_serves_when_the_first_cannot_be_read);
	tcase_add_test(tc, redundant_table_serves_when_an_entry_is_outside_the_file);
	tcase_add_test(tc, redundant_table_serves_when_the_first_cannot_be_read);
	tcase_add_test(tc, a_table_that_cannot_be_read_is_tried_once);
	tcase_add_test(tc, damage_that_is_met_on_the_way_is_told_once_when_it_is_asked_for);
	tcase_add_test(tc, redundant_directory_is_ignored_without_its_flag);

	tc = unit_tcase(s, "faults");
	tcase_add_checked_fixture(tc, extents_setup, extents_teardown);
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, no_failing_read_gives_wrong_bytes);
	tcase_add_test(tc, every_changed_byte_is_survived);
	tcase_add_test(tc, every_cut_is_survived);
	return unit_run(s);
}
