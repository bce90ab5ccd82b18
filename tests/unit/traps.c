/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What other readers of VMDK are known to get wrong, one test for each: named after the trap, and
 * grouped by the reader that fell into it.
 */
#include "config.h"

#include "unit.h"

#include <string.h>

#include "bytes.h"
#include "mkvmdk.h"
#include "opened.h"

#define SECTOR 512u

static void add_text(const char *path, const char *text)
{
	memstore_add(path, text, strlen(text));
}

/* Makes /d/a.vmdk of @text and opens it. */
static VixError open_text(const char *text)
{
	vd_disk_close(disk);
	disk = NULL; /* its file is to be replaced */
	add_text("/d/a.vmdk", text);
	return open_mem("/d/a.vmdk");
}

/* 100 sectors, all bytes of sector n being n + 1. */
static void add_sectors(const char *path)
{
	static unsigned char bytes[100 * SECTOR];

	for (size_t i = 0; i < 100; i++)
		memset(bytes + i * SECTOR, (int)i + 1, SECTOR);
	memstore_add(path, bytes, sizeof(bytes));
}

/* What all bytes of a sector are. */
static int byte_of(uint64_t sector)
{
	unsigned char buf[SECTOR];

	ck_assert_msg(vd_disk_read(disk, sector, 1, buf) == VIX_OK, "%s", said_text);
	ck_assert_mem_eq(buf, buf + 1, SECTOR - 1);
	return buf[0];
}

#define expect_refused(err, code, text)                                               \
	do {                                                                          \
		ck_assert_int_eq(err, code);                                          \
		ck_assert_msg(said(text), "\"%s\" is not said: %s", text, said_text); \
	} while (0)

#define SELF "version=1\nCID=1\nRW 1000 SPARSE \"x\"\n"

static struct mk_spec spec_of(enum mk_layout layout)
{
	return (struct mk_spec){ .layout = layout, .capacity = 1000, .descriptor = SELF };
}

/* Consumes @img. */
static VixError open_image(struct mk_image *img)
{
	vd_disk_close(disk);
	disk = NULL;
	memstore_add("/d/s.vmdk", img->bytes, img->len);
	mk_free(img);
	return open_mem("/d/s.vmdk");
}

static void expect_content(const struct mk_spec *spec)
{
	unsigned char *got = malloc(disk->capacity * SECTOR),
		      *want = malloc(disk->capacity * SECTOR);

	ck_assert_msg(vd_disk_read(disk, 0, disk->capacity, got) == VIX_OK, "%s", said_text);
	mk_guest(spec, 0, disk->capacity, want);
	ck_assert_mem_eq(got, want, disk->capacity * SECTOR);
	free(got);
	free(want);
}

static void expect_image(const struct mk_spec *spec)
{
	struct mk_image img = mk_build(spec);

	ck_assert_msg(open_image(&img) == VIX_OK, "%s", said_text);
	expect_content(spec);
}

/* qemu */

START_TEST(zero_extents_keep_their_room)
{
	add_sectors("/d/x");
	ck_assert_int_eq(open_text("version=1\nRW 2 FLAT \"x\" 0\nRW 3 ZERO\nRW 1 FLAT \"x\" 9\n"),
			 VIX_OK);
	ck_assert_uint_eq(disk->capacity, 6);
	ck_assert_int_eq(byte_of(1), 2);
	ck_assert_int_eq(byte_of(2), 0);
	ck_assert_int_eq(byte_of(4), 0);
	ck_assert_int_eq(byte_of(5), 10);
}
END_TEST

START_TEST(rdonly_and_noaccess_lines_keep_their_room)
{
	add_sectors("/d/x");
	ck_assert_int_eq(open_text("version=1\nNOACCESS 2 ZERO\nRDONLY 2 FLAT \"x\" 4\n"
				   "NOACCESS 1 FLAT \"x\" 7\nRW 1 FLAT \"x\" 8\n"),
			 VIX_OK);
	ck_assert_uint_eq(disk->capacity, 6);
	ck_assert_int_eq(byte_of(0), 0);
	ck_assert_int_eq(byte_of(2), 5);
	ck_assert_int_eq(byte_of(4), 0);
	ck_assert_int_eq(byte_of(5), 9);
}
END_TEST

START_TEST(a_disk_of_rdonly_lines_alone_is_a_disk)
{
	add_sectors("/d/x");
	ck_assert_int_eq(open_text("version=1\nRDONLY 3 FLAT \"x\" 1\n"), VIX_OK);
	ck_assert_int_eq(byte_of(2), 4);
}
END_TEST

static const enum mk_layout with_tables[] = { MK_SPARSE, MK_COWD, MK_SESPARSE };

START_TEST(directory_entry_0_is_no_table_at_offset_0)
{
	struct mk_spec spec = { .layout = with_tables[_i], .capacity = 1000 };
	struct mk_image img = mk_build(&spec);

	memset(img.bytes + img.gd_off, 0, 8);
	if (img.rgd_off != 0)
		memset(img.bytes + img.rgd_off, 0, 8);
	memstore_add("/d/x", img.bytes, img.len);
	mk_free(&img);
	ck_assert_int_eq(open_text("version=1\nRW 1000 SPARSE \"x\"\n"), VIX_OK);
	ck_assert_int_eq(byte_of(0), 0);
	ck_assert_int_eq(byte_of(999), 0);
}
END_TEST

START_TEST(a_stream_with_something_behind_its_end_is_told_to_be_damaged)
{
	struct mk_spec spec = spec_of(MK_STREAM_FOOTER);
	struct mk_image img = mk_build(&spec);

	memset(img.bytes + mk_append(&img, 65536), 0xaa, 65536);
	expect_refused(open_image(&img), VIX_E_DISK_INVALIDDISK, "no footer marker at byte");
}
END_TEST

START_TEST(flat_needs_no_offset_and_vmfs_may_have_one)
{
	add_sectors("/d/x");
	ck_assert_int_eq(open_text("version=1\nRW 3 FLAT \"x\"\nRW 2 VMFS \"x\" 5\n"), VIX_OK);
	ck_assert_int_eq(byte_of(0), 1);
	ck_assert_int_eq(byte_of(3), 6);
}
END_TEST

START_TEST(blanks_around_the_equals_sign_do_not_matter)
{
	ck_assert_int_eq(open_text("# Disk DescriptorFile\nversion = 1\nCID \t=\t 1f\n"
				   "createType = \"monolithicFlat\"\nRW 2 ZERO\n"),
			 VIX_OK);
	ck_assert_uint_eq(((struct vd_chain *)disk)->links.v[0]->desc->cid, 0x1f);
}
END_TEST

static const char *const create_types[] = {
	"custom",
	"fullDevice",
	"partitionedDevice",
	"2GbMaxExtentFlat",
	"2GbMaxExtentSparse",
	"twoGbMaxExtentFlat",
	"twoGbMaxExtentSparse",
	"vmfsThin",
	"vmfsPreallocated",
	"vmfsEagerZeroedThick",
	"vmfs",
	"MONOLITHICFLAT",
	"monolithicSparse",
	"something new",
};

START_TEST(the_create_type_decides_nothing)
{
	char text[128];

	add_sectors("/d/x");
	snprintf(text, sizeof(text), "version=1\ncreateType=\"%s\"\nRW 3 FLAT \"x\" 1\n",
		 create_types[_i]);
	ck_assert_int_eq(open_text(text), VIX_OK);
	ck_assert_int_eq(byte_of(0), 2);
}
END_TEST

START_TEST(versions_that_nobody_knows_are_refused)
{
	expect_refused(open_text("version=5\nRW 1 ZERO\n"), VIX_E_DISK_UNSUPPORTEDDISKVERSION,
		       "version 5");
}
END_TEST

START_TEST(the_footer_is_found_behind_an_external_descriptor_of_any_length)
{
	struct mk_spec spec = { MK_STREAM_FOOTER, .capacity = 1000 };
	struct mk_image img = mk_build(&spec);
	char text[3000] = "version=1\nRDONLY 1000 SPARSE \"x\"\n";

	memset(text + strlen(text), '#', sizeof(text) - strlen(text) - 1);
	memstore_add("/d/x", img.bytes, img.len);
	mk_free(&img);
	ck_assert_int_eq(open_text(text), VIX_OK);
	expect_content(&spec);
}
END_TEST

START_TEST(a_parent_cid_in_front_of_the_cid_is_not_taken_for_it)
{
	const struct vd_descriptor *desc;

	ck_assert_int_eq(open_text("version=1\nparentCID=ffffffff\nCID=12\nRW 1 ZERO\n"), VIX_OK);
	desc = ((struct vd_chain *)disk)->links.v[0]->desc;
	ck_assert_uint_eq(desc->cid, 0x12);
	ck_assert_uint_eq(desc->parent_cid, 0xffffffff);
}
END_TEST

START_TEST(a_table_that_covers_more_than_4_gib_is_no_overflow)
{
	struct mk_spec spec = {
		.capacity = 1000, .grain = 16384, .gtes = 4096, .descriptor = SELF
	};

	expect_image(&spec);
	ck_assert_uint_eq(disk->capacity, 1000);
}
END_TEST

static const char *const names_outside[] = { "/etc/passwd", "../x", "a/../../x",
					     "..\\x",       "\\x",  "\\\\.\\PhysicalDrive0" };

START_TEST(names_that_lead_out_of_the_directory_are_refused)
{
	char text[128];

	snprintf(text, sizeof(text), "version=1\nRW 1 FLAT \"%s\" 0\n", names_outside[_i]);
	expect_refused(open_text(text), VIX_E_FILE_ACCESS_ERROR, "outside of its directory");
}
END_TEST

/* libvmdk */

START_TEST(two_extents_of_one_file_begin_at_their_offsets)
{
	add_sectors("/d/x");
	ck_assert_int_eq(open_text("version=1\nRW 5 FLAT \"x\" 50\nRW 5 FLAT \"x\" 0\n"), VIX_OK);
	ck_assert_int_eq(byte_of(0), 51);
	ck_assert_int_eq(byte_of(5), 1);
}
END_TEST

static const char *const own_names[] = { "old-name.vmdk", "disk", "generated-stream.vmdk",
					 "/mnt/export-ami-1" };

START_TEST(a_renamed_file_is_still_its_own_extent)
{
	struct mk_spec spec = spec_of(MK_STREAM_FRONT);
	char text[128];

	snprintf(text, sizeof(text), "version=1\nRW 1000 SPARSE \"%s\"\n", own_names[_i]);
	spec.descriptor = text;
	expect_image(&spec);
}
END_TEST

START_TEST(the_directory_in_an_extent_name_counts)
{
	add_sectors("/d/sub/x");
	ck_assert_int_eq(open_text("version=1\nRW 5 FLAT \"sub/x\" 50\n"), VIX_OK);
	ck_assert_int_eq(byte_of(0), 51);
}
END_TEST

START_TEST(an_embedded_descriptor_may_begin_with_any_comment)
{
	struct mk_spec spec = spec_of(MK_STREAM_FOOTER);

	spec.descriptor = "# Description file created by somebody\n#\n" SELF;
	expect_image(&spec);
}
END_TEST

START_TEST(tables_may_cover_more_than_the_capacity)
{
	expect_image(&(struct mk_spec){ .capacity = 100, .descriptor = "RW 100 SPARSE \"x\"\n" });
}
END_TEST

/* open-vmdk, dissect */

static const enum mk_layout all_layouts[] = { MK_SPARSE,      MK_STREAM_FOOTER, MK_STREAM_FRONT,
					      MK_STREAM_QEMU, MK_COWD,          MK_SESPARSE };

START_TEST(a_last_grain_that_is_cut_by_the_capacity_is_read)
{
	const struct mk_spec spec = { all_layouts[_i], .capacity = 8 * 128 + 3, .grain = 8 };
	struct mk_image img = mk_build(&spec);

	memstore_add("/d/x", img.bytes, img.len);
	mk_free(&img);
	ck_assert_int_eq(open_text("version=1\nRW 1027 SPARSE \"x\"\n"), VIX_OK);
	ck_assert_uint_eq(disk->capacity, 1027);
	expect_content(&spec);
}
END_TEST

START_TEST(a_compressed_last_grain_may_be_whole_or_cut)
{
	struct mk_spec spec = { MK_STREAM_FRONT, .capacity = 1000, .descriptor = SELF };

	expect_image(&spec);
	spec.is_full_tail = true;
	expect_image(&spec);
}
END_TEST

START_TEST(garbage_named_vmdk_is_no_raw_disk)
{
	expect_refused(open_text("garbage"), VIX_E_DISK_INVALIDDISK, "neither a descriptor nor");
}
END_TEST

/* afl: a directory of 2^32 entries and more is asked for. */
START_TEST(a_huge_capacity_asks_for_no_memory)
{
	struct mk_spec spec = spec_of(MK_SPARSE);
	struct mk_image img = mk_build(&spec);

	vu_put_le64(img.bytes + 12, UINT64_C(1) << 37);
	vu_put_le64(img.bytes + 20, 1);
	vu_put_le32(img.bytes + 44, 1);
	expect_refused(open_image(&img), VIX_E_DISK_INVALIDDISK,
		       "a grain directory of 137438953472 entries");
}
END_TEST

START_TEST(unmapped_grains_are_zeros_and_not_the_parents)
{
	struct mk_image img = mk_build(&(struct mk_spec){ MK_SESPARSE, .capacity = 8 });

	vu_put_le64(img.bytes + mk_gte_off(&img, 0), UINT64_C(1) << 60);
	memstore_add("/d/top-sesparse.vmdk", img.bytes, img.len);
	mk_free(&img);
	add_sectors("/d/base-flat.vmdk");
	add_text("/d/base.vmdk", "version=1\nCID=7\nRW 8 VMFS \"base-flat.vmdk\"\n");
	ck_assert_int_eq(
		open_text("version=1\nCID=8\nparentCID=7\nparentFileNameHint=\"base.vmdk\"\n"
			  "RW 8 SESPARSE \"top-sesparse.vmdk\"\n"),
		VIX_OK);
	ck_assert_int_eq(byte_of(0), 0);
}
END_TEST

START_TEST(a_descriptor_without_a_parent_cid_is_a_base)
{
	ck_assert_int_eq(open_text("version=1\nRW 1 ZERO\n"), VIX_OK);
	ck_assert_uint_eq(((struct vd_chain *)disk)->links.n, 1);
}
END_TEST

/* 7-Zip */

static const enum mk_layout streams[] = { MK_STREAM_FOOTER, MK_STREAM_FRONT, MK_STREAM_QEMU };

START_TEST(streams_with_their_directory_in_front_are_read)
{
	struct mk_spec spec = spec_of(streams[_i]);

	expect_image(&spec);
}
END_TEST

START_TEST(markers_of_type_4_are_passed_over)
{
	struct mk_spec spec = spec_of(MK_STREAM_FOOTER);

	spec.has_odd_markers = true;
	expect_image(&spec);
}
END_TEST

/* VirtualBox */

/* qemu writes versions 1 to 3 with entries of 1, and files without the flag exist. */
START_TEST(entry_1_is_zeros_in_every_version_with_and_without_the_flag)
{
	static const uint32_t flags[] = { 0x3, 0x7 };
	struct mk_spec spec = spec_of(MK_SPARSE);

	for (uint32_t version = 1; version <= 3; version++) {
		struct mk_image img = mk_build(&spec);

		vu_put_le32(img.bytes + 4, version);
		vu_put_le32(img.bytes + 8, flags[_i]);
		vu_put_le32(img.bytes + mk_gte_off(&img, 2), 1);
		ck_assert_int_eq(open_image(&img), VIX_OK);
		ck_assert_int_eq(byte_of(256), 0);
		ck_assert_int_eq(byte_of(383), 0);
	}
}
END_TEST

START_TEST(the_order_of_a_descriptors_parts_does_not_matter)
{
	char *adapter;
	ck_assert_int_eq(open_text("# Disk DescriptorFile\nddb.adapterType = \"ide\"\nRW 1 ZERO\n"
				   "CID=3\nversion=1\n"),
			 VIX_OK);
	ck_assert_int_eq(vd_disk_get_meta(disk, "adapterType", &adapter), VIX_OK);
	ck_assert_str_eq(adapter, "ide");
	free(adapter);
}
END_TEST

START_TEST(a_file_that_was_moved_as_text_is_told)
{
	struct mk_spec spec = spec_of(MK_SPARSE);
	struct mk_image img = mk_build(&spec);

	img.bytes[75] = '\n';
	expect_refused(open_image(&img), VIX_E_DISK_INVALIDDISK, "its newlines were converted");
}
END_TEST

START_TEST(a_descriptor_of_gigabytes_is_refused)
{
	struct mk_spec spec = spec_of(MK_SPARSE);
	struct mk_image img = mk_build(&spec);

	vu_put_le64(img.bytes + 36, UINT64_C(1) << 40);
	expect_refused(open_image(&img), VIX_E_DISK_INVALIDDISK, "descriptorSize 1099511627776");
}
END_TEST

/* Any of them */

static const uint64_t huge_capacities[] = { UINT64_C(1) << 63, UINT64_MAX, UINT64_MAX / 512 };

START_TEST(products_of_the_capacity_do_not_overflow)
{
	struct mk_spec spec = spec_of(MK_SPARSE);
	struct mk_image img = mk_build(&spec);

	vu_put_le64(img.bytes + 12, huge_capacities[_i]);
	expect_refused(open_image(&img), VIX_E_DISK_INVALIDDISK, "capacity");
}
END_TEST

START_TEST(a_table_inside_the_directory_that_names_it_is_refused)
{
	struct mk_spec spec = spec_of(MK_STREAM_FRONT);
	struct mk_image img = mk_build(&spec);
	char buf[SECTOR];

	vu_put_le32(img.bytes + img.gd_off, (uint32_t)(img.gd_off / SECTOR));
	ck_assert_int_eq(open_image(&img), VIX_OK);
	expect_refused(vd_disk_read(disk, 0, 1, buf), VIX_E_DISK_INVALIDDISK, "inside metadata");
}
END_TEST

START_TEST(a_grain_that_inflates_to_more_than_a_grain_is_refused)
{
	struct mk_spec spec = spec_of(MK_STREAM_FRONT);
	struct mk_image img;
	char buf[SECTOR];

	/* Grains of twice the size, in a file that says otherwise. */
	spec.grain = 256;
	img = mk_build(&spec);
	vu_put_le64(img.bytes + 20, 128);
	ck_assert_int_eq(open_image(&img), VIX_OK);
	expect_refused(vd_disk_read(disk, 0, 1, buf), VIX_E_DISK_INVALIDDISK,
		       "compressed grain at byte");
}
END_TEST

START_TEST(a_disk_that_is_its_own_ancestor_is_refused)
{
	add_text("/d/b.vmdk",
		 "version=1\nCID=2\nparentCID=1\nparentFileNameHint=\"a.vmdk\"\nRW 1 ZERO\n");
	expect_refused(open_text("version=1\nCID=1\nparentCID=2\nparentFileNameHint=\"b.vmdk\"\n"
				 "RW 1 ZERO\n"),
		       VIX_E_DISK_INVALIDCHAIN, "the chain is cyclic");
}
END_TEST

START_TEST(a_descriptor_that_is_its_own_extent_is_refused)
{
	expect_refused(open_text("version=1\nRW 1 SPARSE \"a.vmdk\"\n"), VIX_E_DISK_INVALIDDISK,
		       "is itself a descriptor");
}
END_TEST

START_TEST(a_header_without_capacity_is_no_descriptor_of_other_files)
{
	struct mk_spec spec = spec_of(MK_SPARSE);
	struct mk_image img = mk_build(&spec);

	vu_put_le64(img.bytes + 12, 0);
	expect_refused(open_image(&img), VIX_E_DISK_INVALIDDISK, "capacity 0");
}
END_TEST

START_TEST(extents_whose_sum_overflows_are_refused)
{
	expect_refused(open_text("version=1\nRW 18014398509481983 ZERO\nRW 18446744073709551615 "
				 "ZERO\n"),
		       VIX_E_DISK_INVALIDDISK, "line 3");
}
END_TEST

START_TEST(a_file_that_ends_before_its_first_grain_is_told_to_be_cut_off)
{
	struct mk_spec spec = spec_of(MK_SPARSE);
	struct mk_image img = mk_build(&spec);
	char buf[SECTOR];

	img.len = mk_grain_off(&img, 0);
	ck_assert_int_eq(open_image(&img), VIX_OK);
	expect_refused(vd_disk_read(disk, 0, 1, buf), VIX_E_DISK_INVALIDDISK,
		       "it is cut off or damaged");
}
END_TEST

START_TEST(a_flat_file_that_is_shorter_than_its_extent_is_refused)
{
	add_sectors("/d/x");
	expect_refused(open_text("version=1\nRW 101 FLAT \"x\" 0\n"), VIX_E_DISK_INVALIDDISK,
		       "needs more than the 51200 bytes");
}
END_TEST

START_TEST(a_fifo_as_extent_is_refused_without_waiting)
{
	ck_assert_int_eq(mkfifo(in_tmpdir("x"), 0600), 0);
	put_text(in_tmpdir("a.vmdk"), "version=1\nRW 1 FLAT \"x\" 0\n");
	expect_refused(open_with(&vd_store_local, in_tmpdir("a.vmdk"), 0),
		       VIX_E_INCORRECT_FILE_TYPE, "it is not a regular file");
}
END_TEST

START_TEST(a_device_as_extent_is_refused)
{
	put_text(in_tmpdir("a.vmdk"), "version=1\nRW 1 FLAT \"/dev/zero\" 0\n");
	expect_refused(open_with(&vd_store_local, in_tmpdir("a.vmdk"), 0), VIX_E_FILE_ACCESS_ERROR,
		       "outside of its directory");
	expect_refused(open_with(&vd_store_local, in_tmpdir("a.vmdk"), VD_CHAIN_EXTENTS_ANYWHERE),
		       VIX_E_INCORRECT_FILE_TYPE, "it is not a regular file");
}
END_TEST

static const char *const odd_names[] = { "a \"quoted\" name", "a=b",       "# no comment",
					 "ends in \\",        "RW 5 ZERO", "\xd6\x5c\x81\x5c" };

START_TEST(file_names_are_whatever_stands_between_the_quotes)
{
	char text[128], path[128];

	snprintf(path, sizeof(path), "/d/%s", odd_names[_i]);
	add_sectors(path);
	snprintf(text, sizeof(text), "version=1\nRW 1 FLAT \"%s\" 3\n", odd_names[_i]);
	ck_assert_int_eq(open_text(text), VIX_OK);
	ck_assert_int_eq(byte_of(0), 4);
}
END_TEST

#define COUNT(array) ((int)(sizeof(array) / sizeof((array)[0])))

static void add_qemu(TCase *tc)
{
	tcase_add_test(tc, zero_extents_keep_their_room);
	tcase_add_test(tc, rdonly_and_noaccess_lines_keep_their_room);
	tcase_add_test(tc, a_disk_of_rdonly_lines_alone_is_a_disk);
	tcase_add_loop_test(tc, directory_entry_0_is_no_table_at_offset_0, 0, COUNT(with_tables));
	tcase_add_test(tc, a_stream_with_something_behind_its_end_is_told_to_be_damaged);
	tcase_add_test(tc, flat_needs_no_offset_and_vmfs_may_have_one);
	tcase_add_test(tc, blanks_around_the_equals_sign_do_not_matter);
	tcase_add_loop_test(tc, the_create_type_decides_nothing, 0, COUNT(create_types));
	tcase_add_test(tc, versions_that_nobody_knows_are_refused);
	tcase_add_test(tc, the_footer_is_found_behind_an_external_descriptor_of_any_length);
	tcase_add_test(tc, a_parent_cid_in_front_of_the_cid_is_not_taken_for_it);
	tcase_add_test(tc, a_table_that_covers_more_than_4_gib_is_no_overflow);
	tcase_add_loop_test(tc, names_that_lead_out_of_the_directory_are_refused, 0,
			    COUNT(names_outside));
}

static void add_others(TCase *tc)
{
	tcase_add_test(tc, two_extents_of_one_file_begin_at_their_offsets);
	tcase_add_loop_test(tc, a_renamed_file_is_still_its_own_extent, 0, COUNT(own_names));
	tcase_add_test(tc, the_directory_in_an_extent_name_counts);
	tcase_add_test(tc, an_embedded_descriptor_may_begin_with_any_comment);
	tcase_add_test(tc, tables_may_cover_more_than_the_capacity);
	tcase_add_loop_test(tc, a_last_grain_that_is_cut_by_the_capacity_is_read, 0,
			    COUNT(all_layouts));
	tcase_add_test(tc, a_compressed_last_grain_may_be_whole_or_cut);
	tcase_add_test(tc, garbage_named_vmdk_is_no_raw_disk);
	tcase_add_test(tc, a_huge_capacity_asks_for_no_memory);
	tcase_add_test(tc, unmapped_grains_are_zeros_and_not_the_parents);
	tcase_add_test(tc, a_descriptor_without_a_parent_cid_is_a_base);
	tcase_add_loop_test(tc, streams_with_their_directory_in_front_are_read, 0, COUNT(streams));
	tcase_add_test(tc, markers_of_type_4_are_passed_over);
	tcase_add_loop_test(tc, entry_1_is_zeros_in_every_version_with_and_without_the_flag, 0, 2);
	tcase_add_test(tc, the_order_of_a_descriptors_parts_does_not_matter);
	tcase_add_test(tc, a_file_that_was_moved_as_text_is_told);
	tcase_add_test(tc, a_descriptor_of_gigabytes_is_refused);
}

static void add_general(TCase *tc)
{
	tcase_add_loop_test(tc, products_of_the_capacity_do_not_overflow, 0,
			    COUNT(huge_capacities));
	tcase_add_test(tc, a_table_inside_the_directory_that_names_it_is_refused);
	tcase_add_test(tc, a_grain_that_inflates_to_more_than_a_grain_is_refused);
	tcase_add_test(tc, a_disk_that_is_its_own_ancestor_is_refused);
	tcase_add_test(tc, a_descriptor_that_is_its_own_extent_is_refused);
	tcase_add_test(tc, a_header_without_capacity_is_no_descriptor_of_other_files);
	tcase_add_test(tc, extents_whose_sum_overflows_are_refused);
	tcase_add_test(tc, a_file_that_ends_before_its_first_grain_is_told_to_be_cut_off);
	tcase_add_test(tc, a_flat_file_that_is_shorter_than_its_extent_is_refused);
	tcase_add_test(tc, a_fifo_as_extent_is_refused_without_waiting);
	tcase_add_test(tc, a_device_as_extent_is_refused);
	tcase_add_loop_test(tc, file_names_are_whatever_stands_between_the_quotes, 0,
			    COUNT(odd_names));
}

int main(void)
{
	static const struct {
		const char *name;
		void (*add)(TCase *tc);
	} groups[] = { { "qemu", add_qemu }, { "others", add_others }, { "general", add_general } };
	Suite *s = suite_create("traps");

	for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++) {
		TCase *tc = unit_tcase(s, groups[i].name);

		tcase_add_checked_fixture(tc, opened_setup, opened_teardown);
		groups[i].add(tc);
	}
	return unit_run(s);
}
