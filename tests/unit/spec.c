/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * libvdisk/vim/spec.c and dspath.c.
 */
#include "config.h"

#include "unit.h"

#include <string.h>

#include "../../libvdisk/vim/dspath.h"
#include "../../libvdisk/vim/spec.h"
#include "said.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static struct vim_spec spec;

static void setup(void)
{
	said_start();
	memset(&spec, 0, sizeof(spec));
}

static void teardown(void)
{
	vim_spec_free(&spec);
	said_stop();
}

static bool is_same(const char *a, const char *b)
{
	return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

static const struct {
	const char *text, *moref, *vmx, *dc_path;
} good[] = {
	{ "moref=vm-57", "vm-57", NULL, NULL },
	{ "moRef=153", "153", NULL, NULL },
	{ "MOREF=vm-1:0a_b.c", "vm-1:0a_b.c", NULL, NULL },
	{ "d/a.vmx?dcPath=DC&dsName=ds", NULL, "[ds] d/a.vmx", "DC" },
	{ "d/a.vmx?dsName=ds&dcPath=Folder/Sub/DC", NULL, "[ds] d/a.vmx", "Folder/Sub/DC" },
	{ "d/a.vmx?DCPATH=DC&dsname=ds", NULL, "[ds] d/a.vmx", "DC" },
	{ "d/a.vmx?dsName=ds", NULL, "[ds] d/a.vmx", NULL },
	{ "d/a.vmx?dcPath=&dsName=ds", NULL, "[ds] d/a.vmx", NULL },
	{ "d/a.VMTX?dsName=ds&", NULL, "[ds] d/a.VMTX", NULL },
	{ "/d/a.vmx?dsName=ds", NULL, "[ds] d/a.vmx", NULL },
	{ "a.vmx?dsName=ds", NULL, "[ds] a.vmx", NULL },
	{ "a%20b%2fc%3f.vmx?dcPath=x%26y%252fz&dsName=d%5b1+%c3%a9]", NULL,
	  "[d[1+\xc3\xa9]] a b/c?.vmx", "x&y%2fz" },
	{ "[ds 1] d/a.vmx", NULL, "[ds 1] d/a.vmx", NULL },
	{ "[ds]d/a%20b.vmx", NULL, "[ds] d/a%20b.vmx", NULL },
	{ "[d]s] d/a.vmx", NULL, "[d]s] d/a.vmx", NULL },
	{ "[ds] d/a.vmx?dcPath=F%20x/DC", NULL, "[ds] d/a.vmx", "F x/DC" },
};

START_TEST(every_form_is_understood)
{
	ck_assert_msg(vim_spec_parse(good[_i].text, &spec) == VIX_OK, "%s", said_text);
	ck_assert_msg(is_same(spec.moref, good[_i].moref), "%s", spec.moref);
	ck_assert_msg(is_same(spec.vmx, good[_i].vmx), "%s", spec.vmx);
	ck_assert_msg(is_same(spec.dc_path, good[_i].dc_path), "%s", spec.dc_path);
	ck_assert(said_nothing());
}
END_TEST

static const struct {
	const char *text, *why;
} bad[] = {
	{ "", "it is empty" },
	{ "moref=", "the reference is empty" },
	{ "moref=vm 57", "characters that no reference has" },
	{ "moref=vm-57&x=1", "characters that no reference has" },
	{ "moref=<a/>", "characters that no reference has" },
	{ "vm-57", "no .vmx file is named" },
	{ "d/a.vmx", "no datastore is named" },
	{ "d/a.vmx?dcPath=DC", "no datastore is named" },
	{ "d/a.vmx?dsName=", "no datastore is named" },
	{ "d/a.vmdk?dsName=ds", "no .vmx file is named" },
	{ "?dsName=ds", "it is empty" },
	{ "d/a.vmx?dsName=ds&dsname=x", "a key comes twice" },
	{ "d/a.vmx?dsName=ds&x=y", "neither dcPath nor dsName" },
	{ "d/a.vmx?dsName", "a word without \"=\"" },
	{ "d/a.vmx?=ds", "neither dcPath nor dsName" },
	{ "d/a%2.vmx?dsName=ds", "two hexadecimal digits" },
	{ "d/a.vmx?dsName=ds%", "two hexadecimal digits" },
	{ "d/a.vmx?dsName=ds%4", "two hexadecimal digits" },
	{ "d/a%00.vmx?dsName=ds", "two hexadecimal digits" },
	{ "d/a%0a.vmx?dsName=ds", "control characters" },
	{ "d/a\n.vmx?dsName=ds", "control characters" },
	{ "[ds]", "there is no file" },
	{ "[ds] /", "there is no file" },
	{ "[] d/a.vmx", "there is no file" },
	{ "[ds d/a.vmx", "there is no file" },
	{ "[ds] d/a.vmx?dsName=ds", "the datastore is named twice" },
};

START_TEST(anything_else_is_refused_and_the_reason_told)
{
	ck_assert_int_eq(vim_spec_parse(bad[_i].text, &spec), VIX_E_INVALID_ARG);
	ck_assert(spec.moref == NULL && spec.vmx == NULL && spec.dc_path == NULL);
	ck_assert_msg(said(bad[_i].why), "%s", said_text);
	ck_assert_uint_eq(said_lines(), 1);
}
END_TEST

START_TEST(a_reference_has_a_bounded_length)
{
	char text[256] = "moref=";

	memset(text + 6, 'a', 128);
	ck_assert_int_eq(vim_spec_parse(text, &spec), VIX_OK);
	vim_spec_free(&spec);
	memset(text + 6, 'a', 129);
	ck_assert_int_eq(vim_spec_parse(text, &spec), VIX_E_INVALID_ARG);
}
END_TEST

START_TEST(a_path_has_a_slash_before_its_name)
{
	char *path = vim_dspath_make("ds x", 2, "a.vmdk");

	ck_assert_str_eq(path, "[ds] /a.vmdk");
	free(path);
	path = vim_dspath_make("ds x", 4, "d/a.vmdk");
	ck_assert_str_eq(path, "[ds x] d/a.vmdk");
	free(path);
}
END_TEST

START_TEST(a_file_beside_another_one_is_named)
{
	static const struct {
		const char *path, *beside;
	} rows[] = {
		{ "[ds] d/a.vmx", "[ds] d/x.vmdk" },
		{ "[ds]d/e/a.vmx", "[ds] d/e/x.vmdk" },
		{ "[ds] a.vmx", "[ds] /x.vmdk" },
		{ "[ds] /a.vmx", "[ds] /x.vmdk" },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		char *beside = vim_dspath_beside(rows[i].path, "x.vmdk");

		ck_assert_str_eq(beside, rows[i].beside);
		free(beside);
	}
	ck_assert_ptr_null(vim_dspath_beside("/d/a.vmx", "x.vmdk"));
}
END_TEST

START_TEST(paths_are_the_same_however_they_begin)
{
	ck_assert(vim_dspath_equal("[ds] d/a", "[ds]d/a"));
	ck_assert(vim_dspath_equal("[ds] a", "[ds] /a"));
	ck_assert(!vim_dspath_equal("[ds] a", "[dt] a"));
	ck_assert(!vim_dspath_equal("[ds] a", "[ds1] a"));
	ck_assert(!vim_dspath_equal("[ds] a", "[ds] A"));
	ck_assert(!vim_dspath_equal("a", "a"));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("spec");
	TCase *tc = unit_tcase(s, "spec");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, every_form_is_understood, 0, COUNT(good));
	tcase_add_loop_test(tc, anything_else_is_refused_and_the_reason_told, 0, COUNT(bad));
	tcase_add_test(tc, a_reference_has_a_bounded_length);

	tc = unit_tcase(s, "dspath");
	tcase_add_test(tc, a_path_has_a_slash_before_its_name);
	tcase_add_test(tc, a_file_beside_another_one_is_named);
	tcase_add_test(tc, paths_are_the_same_however_they_begin);
	return unit_run(s);
}
