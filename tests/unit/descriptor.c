/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * libvdisk/descriptor.c.
 */
#include "config.h"

#include "unit.h"

#include <string.h>

#include "../../libvdisk/descriptor.h"
#include "alloc.h"
#include "said.h"

#define EXTENT "RW 10 SPARSE \"a.vmdk\"\n"

static struct vd_descriptor *d; /* the last one that was parsed */

static void setup(void)
{
	d = NULL;
	said_start();
}

static void teardown(void)
{
	vd_descriptor_free(d);
	said_stop();
}

static VixError parse_bytes(const char *text, size_t len)
{
	VixError err;

	vd_descriptor_free(d);
	err = vd_descriptor_parse(text, len, "disk.vmdk", &d);
	ck_assert((err == VIX_OK) == (d != NULL));
	return err;
}

static VixError parse(const char *text)
{
	return parse_bytes(text, strlen(text));
}

static const struct vd_extent_line *extent(size_t i)
{
	ck_assert_uint_lt(i, d->extents.n);
	return &d->extents.v[i];
}

/* Parses one extent line and compares all of it. */
static void check_extent(const char *line, enum vd_access access, uint64_t sectors,
			 enum vd_extent_type type, const char *file, uint64_t offset)
{
	ck_assert_msg(parse(line) == VIX_OK, "%s: %s", line, said_text);
	ck_assert_uint_eq(d->extents.n, 1);
	ck_assert_int_eq(extent(0)->access, access);
	ck_assert_uint_eq(extent(0)->sectors, sectors);
	ck_assert_int_eq(extent(0)->type, type);
	ck_assert_pstr_eq(extent(0)->file, file);
	ck_assert_uint_eq(extent(0)->offset_sectors, offset);
	ck_assert_uint_eq(d->capacity, sectors);
}

START_TEST(reads_what_vmware_writes)
{
	ck_assert_int_eq(parse("# Disk DescriptorFile\n"
			       "version=1\n"
			       "encoding=\"windows-1252\"\n"
			       "CID=8f67ca74\n"
			       "parentCID=0172e8a4\n"
			       "isNativeSnapshot=\"no\"\n"
			       "createType=\"twoGbMaxExtentSparse\"\n"
			       "parentFileNameHint=\"base.vmdk\"\n"
			       "# Extent description\n"
			       "RW 4192256 SPARSE \"a-s001.vmdk\"\n"
			       "RW 2048 SPARSE \"a-s002.vmdk\"\n"
			       "\n"
			       "# The Disk Data Base \n"
			       "#DDB\n"
			       "\n"
			       "ddb.adapterType = \"lsilogic\"\n"
			       "ddb.geometry.sectors = \"63\"\n"),
			 VIX_OK);
	ck_assert_uint_eq(d->cid, 0x8f67ca74);
	ck_assert_uint_eq(d->parent_cid, 0x0172e8a4);
	ck_assert(vd_descriptor_has_parent(d));
	ck_assert_str_eq(vd_descriptor_parent_hint(d), "base.vmdk");
	ck_assert_str_eq(vu_dict_get(&d->header, "createType"), "twoGbMaxExtentSparse");
	ck_assert_uint_eq(d->extents.n, 2);
	ck_assert_str_eq(extent(1)->file, "a-s002.vmdk");
	ck_assert_uint_eq(d->capacity, 4192256 + 2048);
	ck_assert_uint_eq(d->ddb.entries.n, 2);
	ck_assert_str_eq(vu_dict_get(&d->ddb, "adapterType"), "lsilogic");
	ck_assert_str_eq(vu_dict_get(&d->ddb, "geometry.sectors"), "63");
	ck_assert(said_nothing());
}
END_TEST

START_TEST(order_case_blanks_and_line_ends_do_not_matter)
{
	ck_assert_int_eq(parse("DDB.AdapterType=ide\r\n"
			       "\t rw  10\tsparse   \"a.vmdk\"  \r\n"
			       "  PARENTcid = ffffffff \r\n"
			       "cid = \"1F\"\r\n"
			       "VERSION = 3\r\n"
			       "# Disk DescriptorFile\r\n"),
			 VIX_OK);
	ck_assert_uint_eq(d->cid, 0x1f);
	ck_assert(!vd_descriptor_has_parent(d));
	ck_assert_uint_eq(extent(0)->sectors, 10);
	ck_assert_str_eq(extent(0)->file, "a.vmdk");
	ck_assert_str_eq(vu_dict_get(&d->ddb, "adaptertype"), "ide");
}
END_TEST

START_TEST(every_extent_type_and_access_is_known)
{
	check_extent("RW 1 FLAT \"f\" 0", VD_ACCESS_RW, 1, VD_EXTENT_FLAT, "f", 0);
	check_extent("RDONLY 2 SPARSE \"s\"", VD_ACCESS_RDONLY, 2, VD_EXTENT_SPARSE, "s", 0);
	check_extent("NOACCESS 3 ZERO", VD_ACCESS_NOACCESS, 3, VD_EXTENT_ZERO, NULL, 0);
	check_extent("RW 4 VMFS \"v\"", VD_ACCESS_RW, 4, VD_EXTENT_VMFS, "v", 0);
	check_extent("RW 5 VMFSSPARSE \"c\"", VD_ACCESS_RW, 5, VD_EXTENT_VMFSSPARSE, "c", 0);
	check_extent("RW 6 VMFSRDM \"r\"", VD_ACCESS_RW, 6, VD_EXTENT_VMFSRDM, "r", 0);
	check_extent("RW 7 VMFSRAW \"w\"", VD_ACCESS_RW, 7, VD_EXTENT_VMFSRAW, "w", 0);
	check_extent("RW 8 SESPARSE \"e\"", VD_ACCESS_RW, 8, VD_EXTENT_SESPARSE, "e", 0);
	for (int i = VD_EXTENT_FLAT; i <= VD_EXTENT_SESPARSE; i++) {
		char *line = vu_asprintf("RW 1 %s \"f\"", vd_extent_type_name(i));

		check_extent(line, VD_ACCESS_RW, 1, i, "f", 0);
		free(line);
	}
}
END_TEST

START_TEST(flat_extents_have_an_offset_and_ids_behind_it)
{
	check_extent("RW 63 FLAT \"/dev/sda\" 2048 0a0b0c0d IDE\\DISK", VD_ACCESS_RW, 63,
		     VD_EXTENT_FLAT, "/dev/sda", 2048);
	check_extent("RW 63 VMFS \"x-flat.vmdk\" 7", VD_ACCESS_RW, 63, VD_EXTENT_VMFS,
		     "x-flat.vmdk", 7);
	check_extent("RW 63 FLAT \"x-flat.vmdk\"", VD_ACCESS_RW, 63, VD_EXTENT_FLAT, "x-flat.vmdk",
		     0);
	check_extent("RW 63 SPARSE \"x.vmdk\" whatever", VD_ACCESS_RW, 63, VD_EXTENT_SPARSE,
		     "x.vmdk", 0);
}
END_TEST

START_TEST(file_names_are_bytes_between_the_first_and_the_last_quote)
{
	check_extent("RW 1 SPARSE \"a \"b\" = c.vmdk\"", VD_ACCESS_RW, 1, VD_EXTENT_SPARSE,
		     "a \"b\" = c.vmdk", 0);
	check_extent("RW 1 FLAT \"\xb0\x5c\xff#.vmdk\" 3", VD_ACCESS_RW, 1, VD_EXTENT_FLAT,
		     "\xb0\x5c\xff#.vmdk", 3);
}
END_TEST

START_TEST(text_ends_at_its_first_nul)
{
	static const char text[] = EXTENT "\0RW 5 SPARSE \"b.vmdk\"\n";

	ck_assert_int_eq(parse_bytes(text, sizeof(text)), VIX_OK);
	ck_assert_uint_eq(d->extents.n, 1);
}
END_TEST

START_TEST(a_last_line_needs_no_newline_and_no_signature_is_needed)
{
	ck_assert_int_eq(parse("# made by somebody\nRW 10 SPARSE \"generated-stream.vmdk\""),
			 VIX_OK);
	ck_assert_uint_eq(d->capacity, 10);
	ck_assert_uint_eq(d->cid, 0);
	ck_assert_uint_eq(d->parent_cid, VD_CID_NONE);
}
END_TEST

START_TEST(lines_that_are_nothing_are_passed_over)
{
	ck_assert_int_eq(parse("hello world\n\"\"\nddb. = \"no key\"\n" EXTENT), VIX_OK);
	ck_assert_uint_eq(d->ddb.entries.n, 0);
	ck_assert_uint_eq(d->header.entries.n, 0);
}
END_TEST

START_TEST(unknown_keys_are_kept_in_order)
{
	ck_assert_int_eq(
		parse("zeta=1\n" EXTENT "ddb.zz = \"9\"\nddb.aa = \"8\"\nalpha=2\nzeta=3\n"),
		VIX_OK);
	ck_assert_uint_eq(d->header.entries.n, 2);
	ck_assert_str_eq(d->header.entries.v[0].key, "zeta");
	ck_assert_str_eq(d->header.entries.v[0].value, "3");
	ck_assert_str_eq(d->header.entries.v[1].key, "alpha");
	ck_assert_str_eq(d->ddb.entries.v[0].key, "zz");
	ck_assert_str_eq(d->ddb.entries.v[1].key, "aa");
}
END_TEST

START_TEST(a_base_has_no_hint_whatever_it_says)
{
	ck_assert_int_eq(parse("parentCID=ffffffff\nparentFileNameHint=\"x\"\n" EXTENT), VIX_OK);
	ck_assert_ptr_null(vd_descriptor_parent_hint(d));
}
END_TEST

static const struct {
	const char *text;
	VixError code;
	const char *message; /* part of it */
} bad[] = {
	{ "", VIX_E_DISK_INVALIDDISK, "names no extent" },
	{ "version=1\nCID=1\n", VIX_E_DISK_INVALIDDISK,
	  "disk.vmdk: its descriptor names no extent" },
	{ "\nRX 10 SPARSE \"a\"", VIX_E_DISK_INVALIDDISK, "line 2: unknown access mode" },
	{ "RW", VIX_E_DISK_INVALIDDISK, "line 1: bad extent size" },
	{ "RW SPARSE \"a\"", VIX_E_DISK_INVALIDDISK, "bad extent size" },
	{ "RW -1 SPARSE \"a\"", VIX_E_DISK_INVALIDDISK, "bad extent size" },
	{ "RW 0 SPARSE \"a\"", VIX_E_DISK_INVALIDDISK, "bad extent size" },
	{ "RW 0x10 SPARSE \"a\"", VIX_E_DISK_INVALIDDISK, "bad extent size" },
	{ "RW 18446744073709551616 ZERO", VIX_E_DISK_INVALIDDISK, "bad extent size" },
	{ "RW 18014398509481984 ZERO", VIX_E_DISK_INVALIDDISK, "too large" },
	{ "RW 18014398509481983 ZERO\nRW 1 ZERO", VIX_E_DISK_INVALIDDISK, "line 2: the extents" },
	{ "RW 1 FLAT \"a\" 18014398509481983", VIX_E_DISK_INVALIDDISK, "offset too large" },
	{ "RW 1 FLAT \"a\" -1", VIX_E_DISK_INVALIDDISK, "bad offset" },
	{ "RW 1 FLAT \"a\" 0xa", VIX_E_DISK_INVALIDDISK, "bad offset" },
	{ "RW 10", VIX_E_DISK_NOTSUPPORTED, "unknown extent type" },
	{ "RW 10 SPARSER \"a\"", VIX_E_DISK_NOTSUPPORTED, "unknown extent type" },
	{ "RW 10 SPARSE", VIX_E_DISK_INVALIDDISK, "no file name" },
	{ "RW 10 SPARSE a.vmdk", VIX_E_DISK_INVALIDDISK, "no file name" },
	{ "RW 10 SPARSE \"a.vmdk", VIX_E_DISK_INVALIDDISK, "no file name" },
	{ "RW 10 SPARSE \"\"", VIX_E_DISK_INVALIDDISK, "no file name" },
	{ EXTENT "CID=xyz\n", VIX_E_DISK_INVALIDDISK, "CID is no content ID: \"xyz\"" },
	{ EXTENT "CID=\n", VIX_E_DISK_INVALIDDISK, "CID is no content ID" },
	{ EXTENT "CID=123456789\n", VIX_E_DISK_INVALIDDISK, "CID is no content ID" },
	{ EXTENT "parentCID=0x1\n", VIX_E_DISK_INVALIDDISK, "parentCID is no content ID" },
	{ EXTENT "version=one\n", VIX_E_DISK_INVALIDDISK, "version is no number" },
	{ EXTENT "version=5\n", VIX_E_DISK_UNSUPPORTEDDISKVERSION, "version 5" },
	{ "RW 1 NEWTYPE\nversion=99\n", VIX_E_DISK_UNSUPPORTEDDISKVERSION, "version 99" },
	{ "encryptionKeys=\"vmware:key/list\"\n", VIX_E_DISK_NEEDKEY, "encrypted" },
	{ "encryption.data=\"x\"\n" EXTENT, VIX_E_DISK_NEEDKEY, "encrypted" },
	{ "ddb.iofilters = \"VMW_VMwarevmcrypt_1.0.0\"\n" EXTENT, VIX_E_DISK_NEEDKEY, "encrypted" },
};

START_TEST(bad_input_has_a_named_code_and_a_message)
{
	ck_assert_int_eq(parse(bad[_i].text), bad[_i].code);
	ck_assert_msg(said(bad[_i].message), "\"%s\" is not said in: %s", bad[_i].message,
		      said_text);
	ck_assert_ptr_eq(strchr(said_text, '\n'), said_text + strlen(said_text) - 1);
}
END_TEST

START_TEST(versions_1_to_4_are_known)
{
	for (int v = 1; v <= 4; v++) {
		char *text = vu_asprintf("version=%d\n" EXTENT, v);

		ck_assert_int_eq(parse(text), VIX_OK);
		free(text);
	}
}
END_TEST

/* How a file "中文" is called in the encodings that products on Windows write. */
static const struct {
	const char *encoding, *bytes, *utf8;
} names[] = {
	{ "GBK", "\xd6\xd0\xce\xc4", "\xe4\xb8\xad\xe6\x96\x87" },
	{ "gb18030", "\xd6\xd0\xce\xc4", "\xe4\xb8\xad\xe6\x96\x87" },
	{ "Big5", "\xa4\xa4\xa4\xe5", "\xe4\xb8\xad\xe6\x96\x87" },
	{ "Shift_JIS", "\x92\x86\x95\xb6", "\xe4\xb8\xad\xe6\x96\x87" },
	{ "windows-1252", "na\xefve \x80", "na\xc3\xafve \xe2\x82\xac" },
	/* The second byte of a character may be a backslash. */
	{ "GBK", "\x81\x5c", "\xe4\xb9\x97" },
	{ "Shift_JIS", "\x95\x5c", "\xe8\xa1\xa8" },
	{ "Big5", "\xa5\x5c", "\xe5\x8a\x9f" },
};

START_TEST(file_names_become_utf8)
{
	char *text = vu_asprintf("%s = \"%s\"\nparentCID=1\nparentFileNameHint=\"%s\"\n"
				 "RW 10 SPARSE \"%s-s001.vmdk\"\n",
				 _i % 2 == 0 ? "encoding" : "ddb.encoding", names[_i].encoding,
				 names[_i].bytes, names[_i].bytes);
	char *utf8 = vu_asprintf("%s-s001.vmdk", names[_i].utf8);
	char *bytes = vu_asprintf("%s-s001.vmdk", names[_i].bytes);

	ck_assert_int_eq(parse(text), VIX_OK);
	ck_assert_str_eq(extent(0)->file, utf8);
	ck_assert_str_eq(extent(0)->file_as_written, bytes);
	ck_assert_str_eq(vd_descriptor_parent_hint(d), names[_i].utf8);
	ck_assert_str_eq(vd_descriptor_parent_hint_as_written(d), names[_i].bytes);
	ck_assert_str_eq(vu_dict_get(&d->header, "parentFileNameHint"), names[_i].bytes);
	free(bytes);
	free(utf8);
	free(text);
}
END_TEST

/* Bytes stay as they are where nothing better is known. */
static const char *const kept[] = {
	"RW 1 SPARSE \"\xd6\xd0\"\n",
	"encoding=\"UTF-8\"\nRW 1 SPARSE \"\xd6\xd0\"\n",
	"encoding=\"\"\nRW 1 SPARSE \"\xd6\xd0\"\n",
	"encoding=\"ISO-2022-CN-EXT\"\nRW 1 SPARSE \"\xd6\xd0\"\n",
	"encoding=\"UTF-16//TRANSLIT\"\nRW 1 SPARSE \"\xd6\xd0\"\n",
	"encoding=\"Shift_JIS\"\nRW 1 SPARSE \"\xff\xff\"\n",
	"encoding=\"GBK\"\nRW 1 SPARSE \"\xd6\"\n",
	"encoding=\"GBK\"\nRW 1 SPARSE \"plain\"\n",
};

START_TEST(file_names_that_cannot_be_converted_are_bytes)
{
	ck_assert_int_eq(parse(kept[_i]), VIX_OK);
	ck_assert_ptr_null(extent(0)->file_as_written);
	ck_assert(strstr(kept[_i], extent(0)->file) != NULL);
	ck_assert_ptr_null(vd_descriptor_parent_hint_as_written(d));
}
END_TEST

START_TEST(a_byte_order_mark_is_passed_over)
{
	ck_assert_int_eq(parse("\xef\xbb\xbfversion=9\n" EXTENT),
			 VIX_E_DISK_UNSUPPORTEDDISKVERSION);
	ck_assert_int_eq(parse("\xef\xbb\xbf" EXTENT), VIX_OK);
	ck_assert_int_eq(parse("\xef\xbb"), VIX_E_DISK_INVALIDDISK);
}
END_TEST

START_TEST(other_filters_are_no_encryption)
{
	ck_assert_int_eq(parse("ddb.iofilters = \"vmwarelwd\"\n" EXTENT), VIX_OK);
}
END_TEST

START_TEST(the_length_is_bounded)
{
	char *text = malloc(VD_DESCRIPTOR_MAX + 1);

	memset(text, '\n', VD_DESCRIPTOR_MAX + 1);
	memcpy(text, EXTENT, strlen(EXTENT));
	ck_assert_int_eq(parse_bytes(text, VD_DESCRIPTOR_MAX), VIX_OK);
	ck_assert_int_eq(parse_bytes(text, VD_DESCRIPTOR_MAX + 1), VIX_E_DISK_INVALIDDISK);
	ck_assert(said("longer than 1 MiB"));
	free(text);
}
END_TEST

/* @n times @line, in which each "#" becomes a digit of the line's number, and an extent. */
static char *repeated(const char *line, unsigned n)
{
	size_t len = strlen(line);
	char *text = malloc(n * len + sizeof(EXTENT)), *p = text;

	for (unsigned i = 0; i < n; i++) {
		unsigned left = i;

		for (size_t at = 0; at < len; at++, p++) {
			*p = line[at] == '#' ? (char)('0' + left % 10) : line[at];
			left /= line[at] == '#' ? 10 : 1;
		}
	}
	strcpy(p, EXTENT);
	return text;
}

START_TEST(the_number_of_lines_with_keys_is_bounded)
{
	char *most = repeated("ddb.k#### = 1\n", VD_DESCRIPTOR_KEYS);
	char *more = repeated("k#### = 1\n", VD_DESCRIPTOR_KEYS + 1);
	char *again = repeated("same = 1\n", VD_DESCRIPTOR_KEYS + 1);

	ck_assert_int_eq(parse(most), VIX_OK);
	ck_assert_uint_eq(d->ddb.entries.n, VD_DESCRIPTOR_KEYS);
	ck_assert_int_eq(parse(more), VIX_E_DISK_INVALIDDISK);
	ck_assert(said("too many keys"));
	ck_assert_int_eq(parse(again), VIX_E_DISK_INVALIDDISK);
	free(most);
	free(more);
	free(again);
}
END_TEST

START_TEST(the_number_of_extents_is_bounded)
{
	char *most = repeated("RW 1 ZERO\n", VD_EXTENT_LINES_MAX - 1);
	char *more = repeated("RW 1 ZERO\n", VD_EXTENT_LINES_MAX);

	ck_assert_int_eq(parse(most), VIX_OK);
	ck_assert_uint_eq(d->extents.n, VD_EXTENT_LINES_MAX);
	ck_assert_int_eq(parse(more), VIX_E_DISK_INVALIDDISK);
	ck_assert(said("too many extents"));
	free(most);
	free(more);
}
END_TEST

static bool looks_like(const char *head)
{
	return vd_descriptor_looks_like(head, strlen(head));
}

START_TEST(descriptor_files_are_recognised)
{
	ck_assert(looks_like("# Disk DescriptorFile\nversion=1\n"));
	ck_assert(looks_like("# Disk Descriptor File\r\n"));
	ck_assert(looks_like("#Disk DescriptorFile"));
	ck_assert(looks_like("#disk descriptor file"));
	ck_assert(looks_like("\n  \n# by somebody\n# Disk DescriptorFile\n"));
	ck_assert(looks_like("#\nversion = 1\n"));
	ck_assert(looks_like("\xef\xbb\xbf# Disk DescriptorFile\n"));
	ck_assert(looks_like("\xef\xbb\xbfversion=1\n"));
}
END_TEST

START_TEST(other_files_are_not_recognised)
{
	static const char in_binary[] = "KDMV\0\n# Disk DescriptorFile\n";

	ck_assert(!looks_like(""));
	ck_assert(!looks_like("\n\n#\n# Disk Descript"));
	ck_assert(!looks_like("#!/bin/sh\necho # Disk DescriptorFile\n"));
	ck_assert(!looks_like("versions=1\n"));
	ck_assert(!looks_like("x\n# Disk DescriptorFile\n"));
	ck_assert(!vd_descriptor_looks_like(in_binary, sizeof(in_binary)));
	ck_assert(!vd_descriptor_looks_like("# Disk DescriptorFile", 20));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("descriptor");
	TCase *tc = unit_tcase(s, "parse");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, reads_what_vmware_writes);
	tcase_add_test(tc, order_case_blanks_and_line_ends_do_not_matter);
	tcase_add_test(tc, every_extent_type_and_access_is_known);
	tcase_add_test(tc, flat_extents_have_an_offset_and_ids_behind_it);
	tcase_add_test(tc, file_names_are_bytes_between_the_first_and_the_last_quote);
	tcase_add_test(tc, text_ends_at_its_first_nul);
	tcase_add_test(tc, a_last_line_needs_no_newline_and_no_signature_is_needed);
	tcase_add_test(tc, lines_that_are_nothing_are_passed_over);
	tcase_add_test(tc, unknown_keys_are_kept_in_order);
	tcase_add_test(tc, a_base_has_no_hint_whatever_it_says);
	tcase_add_loop_test(tc, file_names_become_utf8, 0, sizeof(names) / sizeof(names[0]));
	tcase_add_loop_test(tc, file_names_that_cannot_be_converted_are_bytes, 0,
			    sizeof(kept) / sizeof(kept[0]));
	tcase_add_test(tc, a_byte_order_mark_is_passed_over);
	tcase_add_test(tc, other_filters_are_no_encryption);
	tcase_add_test(tc, versions_1_to_4_are_known);
	tcase_add_test(tc, the_length_is_bounded);
	tcase_add_test(tc, the_number_of_lines_with_keys_is_bounded);
	tcase_add_test(tc, the_number_of_extents_is_bounded);
	tcase_add_loop_test(tc, bad_input_has_a_named_code_and_a_message, 0,
			    sizeof(bad) / sizeof(bad[0]));

	tc = unit_tcase(s, "looks_like");
	tcase_add_test(tc, descriptor_files_are_recognised);
	tcase_add_test(tc, other_files_are_not_recognised);
	return unit_run(s);
}
