/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * common/path.c.
 */
#include "config.h"

#include "unit.h"

#include <stdio.h>
#include <string.h>

#include "path.h"

#define COUNT(table) ((int)(sizeof(table) / sizeof((table)[0])))

static const struct {
	const char *path, *dirname, *basename;
} parts[] = {
	{ "/vm/disk.vmdk", "/vm", "disk.vmdk" },
	{ "vm/disk.vmdk", "vm", "disk.vmdk" },
	{ "a//b///c", "a//b", "c" },
	{ "disk.vmdk", ".", "disk.vmdk" },
	{ "/disk.vmdk", "/", "disk.vmdk" },
	{ "//disk.vmdk", "/", "disk.vmdk" },
	{ "/", "/", "" },
	{ "", ".", "" },
	{ "vm/", ".", "" },
	{ "/vm/dir//", "/vm", "" },
	{ "./disk", ".", "disk" },
	{ "../disk", "..", "disk" },
	{ "C:\\vm\\disk.vmdk", ".", "disk.vmdk" },
	{ "/mixed\\disk.vmdk", "/", "disk.vmdk" },
};

START_TEST(dirname_and_basename_take_a_path_apart)
{
	char *dir = vu_path_dirname(parts[_i].path);

	ck_assert_str_eq(dir, parts[_i].dirname);
	ck_assert_str_eq(vu_path_basename(parts[_i].path), parts[_i].basename);
	free(dir);
}
END_TEST

START_TEST(basename_lies_inside_the_path)
{
	const char *path = "vm/disk";

	ck_assert_ptr_eq(vu_path_basename(path), path + 3);
}
END_TEST

static const struct {
	const char *dir, *name, *joined;
} joins[] = {
	{ "/vm", "disk", "/vm/disk" },
	{ "/vm/", "disk", "/vm/disk" },
	{ "/", "disk", "/disk" },
	{ ".", "disk", "./disk" },
	{ "", "disk", "disk" },
	{ "/vm", "/else/disk", "/else/disk" },
	{ "/vm", "../disk", "/vm/../disk" },
	{ "/vm", "", "/vm/" },
};

START_TEST(join_puts_a_name_into_a_directory)
{
	char *path = vu_path_join(joins[_i].dir, joins[_i].name);

	ck_assert_str_eq(path, joins[_i].joined);
	free(path);
}
END_TEST

static const struct {
	const char *descriptor, *name, *path;
} neighbours[] = {
	{ "/vm/disk.vmdk", "disk-flat.vmdk", "/vm/disk-flat.vmdk" },
	{ "vm/disk.vmdk", "disk-flat.vmdk", "vm/disk-flat.vmdk" },
	{ "disk.vmdk", "disk-flat.vmdk", "disk-flat.vmdk" },
	{ "/disk.vmdk", "disk-flat.vmdk", "/disk-flat.vmdk" },
	{ "vm/disk.vmdk", "/else/flat.vmdk", "/else/flat.vmdk" },
	{ "vm/disk.vmdk", "../flat.vmdk", "vm/../flat.vmdk" },
	{ "100%s%n/disk.vmdk", "%s", "100%s%n/%s" },
};

START_TEST(beside_finds_neighbours_of_a_descriptor)
{
	char *path = vu_path_beside(neighbours[_i].descriptor, neighbours[_i].name);

	ck_assert_str_eq(path, neighbours[_i].path);
	free(path);
}
END_TEST

static const struct {
	const char *name;
	bool escapes;
} escapes[] = {
	{ "disk-flat.vmdk", false },
	{ "sub/disk.vmdk", false },
	{ "./disk.vmdk", false },
	{ "..disk", false },
	{ "disk..", false },
	{ "...", false },
	{ "a/.../b", false },
	{ "", false },
	{ "/etc/shadow", true },
	{ "//etc/shadow", true },
	{ "..", true },
	{ "../disk.vmdk", true },
	{ "a/../../disk.vmdk", true },
	{ "a/..", true },
	{ "a//..//b", true },
	{ "..\\disk.vmdk", true },
	{ "a\\..\\..\\disk.vmdk", true },
	{ "a/..\\b", true },
	{ "\\\\server\\share", true },
};

START_TEST(escapes_knows_names_that_leave_the_directory)
{
	ck_assert_int_eq(vu_path_escapes(escapes[_i].name), escapes[_i].escapes);
}
END_TEST

START_TEST(has_suffix_ignores_case)
{
	ck_assert(vu_path_has_suffix("disk.vmdk", ".vmdk"));
	ck_assert(vu_path_has_suffix("DISK.VMDK", ".vmdk"));
	ck_assert(vu_path_has_suffix("x", ""));
	ck_assert(vu_path_has_suffix(".vmdk", ".VMDK"));
	ck_assert(!vu_path_has_suffix("vmdk", ".vmdk"));
	ck_assert(!vu_path_has_suffix("disk.vmdk.lck", ".vmdk"));
	ck_assert(!vu_path_has_suffix("", "k"));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("path");
	TCase *tc = unit_tcase(s, "path");

	tcase_add_loop_test(tc, dirname_and_basename_take_a_path_apart, 0, COUNT(parts));
	tcase_add_test(tc, basename_lies_inside_the_path);
	tcase_add_loop_test(tc, join_puts_a_name_into_a_directory, 0, COUNT(joins));
	tcase_add_loop_test(tc, beside_finds_neighbours_of_a_descriptor, 0, COUNT(neighbours));
	tcase_add_loop_test(tc, escapes_knows_names_that_leave_the_directory, 0, COUNT(escapes));
	tcase_add_test(tc, has_suffix_ignores_case);
	return unit_run(s);
}
