/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * tools/: sizes and the names of disk types, as people write them.
 */
#include "config.h"

#include "unit.h"

#include "../../tools/disktype.h"
#include "../../tools/size.h"
#include "../../tools/zeros.h"

#define MIB ((uint64_t)1 << 20)

static const struct {
	const char *text;
	uint64_t unit, bytes;
} sizes[] = {
	{ "0", 1, 0 },
	{ "4096", 1, 4096 },
	{ "4096", 512, 4096 * 512 },
	{ "8s", 1, 4096 },
	{ "1k", 512, 1024 },
	{ "7b", 512, 7 },
	{ "512M", 1, 512 * MIB },
	{ "512MB", 512, 512 * MIB },
	{ "512mib", 1, 512 * MIB },
	{ "1.5G", 1, 1536 * MIB },
	{ "0.25T", 1, 256 * 1024 * MIB },
	{ "62T", 1, 62 * 1024 * 1024 * MIB },
	{ "7E", 1, (uint64_t)7 << 60 },
};

START_TEST(a_size_is_read_with_and_without_unit)
{
	uint64_t bytes = 0;

	ck_assert(vdt_size_parse(sizes[_i].text, sizes[_i].unit, &bytes));
	ck_assert_uint_eq(bytes, sizes[_i].bytes);
}
END_TEST

START_TEST(what_is_no_size_is_refused)
{
	static const char *const wrong[] = {
		"",       "G",
		"-1",     "+1",
		"1x",     "1GG",
		"1Gi",    "1.G",
		"1.5",    " 1",
		"1 G",    "0x1",
		"1.5.5G", "99999999999999999999",
		"8E",     "9000000000000000000K",
		"bB",     "1BB",
	};
	uint64_t bytes = 77;

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		ck_assert_msg(!vdt_size_parse(wrong[i], 1, &bytes), "%s", wrong[i]);
	ck_assert_uint_eq(bytes, 77);
}
END_TEST

static const char *as_long(uint64_t bytes)
{
	static char text[32];

	vdt_size_long(bytes, text, sizeof(text));
	return text;
}

static const char *as_short(uint64_t bytes)
{
	static char text[32];

	vdt_size_short(bytes, text, sizeof(text));
	return text;
}

START_TEST(sizes_are_written_in_three_digits)
{
	ck_assert_str_eq(as_long(0), "0 B");
	ck_assert_str_eq(as_long(999), "999 B");
	ck_assert_str_eq(as_long(1000), "0.977 KiB");
	ck_assert_str_eq(as_long(1024), "1 KiB");
	ck_assert_str_eq(as_long(1000 * 1024), "0.977 MiB");
	ck_assert_str_eq(as_long(1536 * MIB), "1.5 GiB");
	ck_assert_str_eq(as_long(UINT64_MAX), "16 EiB");
	ck_assert_str_eq(as_short(1023), "1023");
	ck_assert_str_eq(as_short(1536), "1.5K");
	ck_assert_str_eq(as_short(40960 * MIB), "40G");
}
END_TEST

START_TEST(a_type_has_the_names_of_everybody)
{
	static const char *const sparse[] = {
		"monolithicSparse",
		"MONOLITHICSPARSE",
		"monolithic_sparse",
		"sparse",
		"0",
		"VIXDISKLIB_DISK_MONOLITHIC_SPARSE",
	};
	VixDiskLibDiskType type;

	for (size_t i = 0; i < sizeof(sparse) / sizeof(sparse[0]); i++) {
		ck_assert_msg(vdt_type_parse(sparse[i], &type), "%s", sparse[i]);
		ck_assert_int_eq(type, VIXDISKLIB_DISK_MONOLITHIC_SPARSE);
	}
	ck_assert(vdt_type_parse("4", &type) && type == VIXDISKLIB_DISK_VMFS_FLAT);
	ck_assert(vdt_type_parse("eagerZeroedThick", &type) && type == VIXDISKLIB_DISK_VMFS_FLAT);
	ck_assert(vdt_type_parse("2gbsparse", &type) && type == VIXDISKLIB_DISK_SPLIT_SPARSE);
	ck_assert(!vdt_type_parse("", &type));
	ck_assert(!vdt_type_parse("7", &type));
	ck_assert(!vdt_type_parse("qcow2", &type));
}
END_TEST

START_TEST(the_name_of_every_type_is_read_back)
{
	for (int t = VIXDISKLIB_DISK_MONOLITHIC_SPARSE; t <= VIXDISKLIB_DISK_VMFS_SPARSE; t++) {
		VixDiskLibDiskType type;

		ck_assert(vdt_type_parse(vdt_type_name((VixDiskLibDiskType)t), &type));
		ck_assert_int_eq(type, t);
	}
	ck_assert_str_eq(vdt_type_name(VIXDISKLIB_DISK_UNKNOWN), "unknown");
}
END_TEST

START_TEST(adapters_have_names_too)
{
	VixDiskLibAdapterType type;

	ck_assert(vdt_adapter_parse("LSILogic", &type));
	ck_assert_int_eq(type, VIXDISKLIB_ADAPTER_SCSI_LSILOGIC);
	ck_assert(vdt_adapter_parse("VIXDISKLIB_ADAPTER_IDE", &type));
	ck_assert_int_eq(type, VIXDISKLIB_ADAPTER_IDE);
	ck_assert(!vdt_adapter_parse("sata", &type));
	ck_assert_str_eq(vdt_adapter_name(VIXDISKLIB_ADAPTER_SCSI_BUSLOGIC), "buslogic");
}
END_TEST

START_TEST(zeros_are_told_from_others)
{
	char buf[70] = "";

	ck_assert(vdt_is_zero(buf, 0));
	ck_assert(vdt_is_zero(buf, sizeof(buf)));
	buf[69] = 1;
	ck_assert(!vdt_is_zero(buf, sizeof(buf)));
	ck_assert(vdt_is_zero(buf, 69));
	buf[0] = 1;
	ck_assert(!vdt_is_zero(buf, 1));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("words");
	TCase *tc = unit_tcase(s, "words");

	tcase_add_loop_test(tc, a_size_is_read_with_and_without_unit, 0,
			    sizeof(sizes) / sizeof(sizes[0]));
	tcase_add_test(tc, what_is_no_size_is_refused);
	tcase_add_test(tc, sizes_are_written_in_three_digits);
	tcase_add_test(tc, a_type_has_the_names_of_everybody);
	tcase_add_test(tc, the_name_of_every_type_is_read_back);
	tcase_add_test(tc, adapters_have_names_too);
	tcase_add_test(tc, zeros_are_told_from_others);
	return unit_run(s);
}
