/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * common/dict.c.
 */
#include "config.h"

#include "unit.h"

#include <locale.h>
#include <stdio.h>
#include <string.h>

#include "dict.h"

#define PAIR     1
#define NOTHING  0
#define NOT_PAIR (-1)

static const struct {
	const char *line;
	int kind;
	const char *key, *value;
} lines[] = {
	{ "CID=8f67ca74", PAIR, "CID", "8f67ca74" },
	{ "createType=\"monolithicSparse\"", PAIR, "createType", "monolithicSparse" },
	{ "  ddb.uuid =\t\"60 00 C2 9x\" \t\r", PAIR, "ddb.uuid", "60 00 C2 9x" },
	{ "a = b c ", PAIR, "a", "b c" },
	{ "a=", PAIR, "a", "" },
	{ "a=\"\"", PAIR, "a", "" },
	{ "a=\"one\"two\"", PAIR, "a", "one\"two" },
	{ "a=\" kept \"", PAIR, "a", " kept " },
	{ "a=\"text\" # remark", PAIR, "a", "text" },
	{ "a=b\"c\"", PAIR, "a", "b\"c\"" },
	{ "a=b=c", PAIR, "a", "b=c" },
	{ "a=#b", PAIR, "a", "#b" },
	{ "ключ=значение", PAIR, "ключ", "значение" },
	{ "", NOTHING, NULL, NULL },
	{ " \t \r", NOTHING, NULL, NULL },
	{ "# Disk DescriptorFile", NOTHING, NULL, NULL },
	{ "\t# a=b", NOTHING, NULL, NULL },
	{ "no equals sign", NOT_PAIR, NULL, NULL },
	{ "=value", NOT_PAIR, NULL, NULL },
	{ " = value", NOT_PAIR, NULL, NULL },
	{ "a=\"open", NOT_PAIR, NULL, NULL },
	{ "a=\"", NOT_PAIR, NULL, NULL },
	{ "two words=value", NOT_PAIR, NULL, NULL },
	{ "RW 2048 FLAT \"a=b.vmdk\" 0", NOT_PAIR, NULL, NULL },
};

START_TEST(parse_line_knows_pairs_and_comments)
{
	char *key, *value;

	ck_assert_int_eq(vu_dict_parse_line(lines[_i].line, strlen(lines[_i].line), &key, &value),
			 lines[_i].kind);
	ck_assert_pstr_eq(key, lines[_i].key);
	ck_assert_pstr_eq(value, lines[_i].value);
	free(key);
	free(value);
}
END_TEST

START_TEST(parse_line_looks_at_no_byte_past_its_length)
{
	char *key, *value;

	ck_assert_int_eq(vu_dict_parse_line("ab=\"c\"d\"", 6, &key, &value), PAIR);
	ck_assert_str_eq(value, "c");
	free(key);
	free(value);
	ck_assert_int_eq(vu_dict_parse_line("ab=c", 2, &key, &value), NOT_PAIR);
}
END_TEST

START_TEST(parse_line_refuses_nul)
{
	char *key, *value;

	ck_assert_int_eq(vu_dict_parse_line("a=b\0c", 5, &key, &value), NOT_PAIR);
	ck_assert_int_eq(vu_dict_parse_line("a\0=b", 4, &key, &value), NOT_PAIR);
}
END_TEST

START_TEST(get_ignores_case_and_misses_what_is_not_there)
{
	struct vu_dict d = { 0 };

	ck_assert_ptr_null(vu_dict_get(&d, "key"));
	ck_assert_int_eq(vu_dict_set(&d, "parentCID", "ffffffff"), 0);
	ck_assert_str_eq(vu_dict_get(&d, "PARENTcid"), "ffffffff");
	ck_assert_ptr_null(vu_dict_get(&d, "parentCI"));
	ck_assert_ptr_null(vu_dict_get(&d, "parentCIDs"));
	vu_dict_free(&d);
}
END_TEST

START_TEST(get_ignores_case_in_a_turkish_program)
{
	struct vu_dict d = { 0 };

	/* Where that language is not installed, this is the test above. */
	setlocale(LC_ALL, "tr_TR.UTF-8");
	ck_assert_int_eq(vu_dict_set(&d, "CID", "1"), 0);
	ck_assert_str_eq(vu_dict_get(&d, "cid"), "1");
	vu_dict_free(&d);
}
END_TEST

START_TEST(set_keeps_place_and_spelling_of_a_key)
{
	struct vu_dict d = { 0 };

	vu_dict_set(&d, "First", "1");
	vu_dict_set(&d, "second", "2");
	ck_assert_int_eq(vu_dict_set(&d, "FIRST", "one"), 0);
	ck_assert_uint_eq(d.entries.n, 2);
	ck_assert_str_eq(d.entries.v[0].key, "First");
	ck_assert_str_eq(d.entries.v[0].value, "one");
	ck_assert_str_eq(d.entries.v[1].key, "second");
	vu_dict_free(&d);
}
END_TEST

START_TEST(set_takes_its_own_value)
{
	struct vu_dict d = { 0 };

	vu_dict_set(&d, "a", "value");
	ck_assert_int_eq(vu_dict_set(&d, "a", vu_dict_get(&d, "a")), 0);
	ck_assert_str_eq(vu_dict_get(&d, "a"), "value");
	vu_dict_free(&d);
}
END_TEST

START_TEST(set_refuses_one_key_too_many_but_replaces_on)
{
	struct vu_dict d = { 0 };
	char key[16];

	for (int i = 0; i < VU_DICT_MAX; i++) {
		snprintf(key, sizeof(key), "k%d", i);
		ck_assert_int_eq(vu_dict_set(&d, key, "v"), 0);
	}
	ck_assert_int_eq(vu_dict_set(&d, "more", "v"), -1);
	ck_assert_int_eq(vu_dict_set(&d, "K7", "seven"), 0);
	ck_assert_str_eq(vu_dict_get(&d, "k7"), "seven");
	vu_dict_free(&d);
}
END_TEST

static const char text[] = "# comment\n"
			   "one = 1\r\n"
			   "\n"
			   "not a pair\n"
			   "two = \"zwei\"\n"
			   "neither\n"
			   "ONE = eins";

START_TEST(parse_adds_all_pairs_and_names_the_first_bad_line)
{
	struct vu_dict d = { 0 };
	size_t bad = 99;

	ck_assert_int_eq(vu_dict_parse(&d, text, strlen(text), &bad), 0);
	ck_assert_uint_eq(bad, 4);
	ck_assert_uint_eq(d.entries.n, 2);
	ck_assert_str_eq(vu_dict_get(&d, "one"), "eins");
	ck_assert_str_eq(vu_dict_get(&d, "two"), "zwei");
	ck_assert_int_eq(vu_dict_parse(&d, "three=3\n", 8, &bad), 0);
	ck_assert_uint_eq(bad, 0);
	ck_assert_uint_eq(d.entries.n, 3);
	vu_dict_free(&d);
}
END_TEST

START_TEST(parse_takes_empty_text_and_no_line_number)
{
	struct vu_dict d = { 0 };

	ck_assert_int_eq(vu_dict_parse(&d, "", 0, NULL), 0);
	ck_assert_int_eq(vu_dict_parse(&d, "\n\nbad\n", 6, NULL), 0);
	ck_assert_uint_eq(d.entries.n, 0);
}
END_TEST

START_TEST(parse_passes_over_keys_past_the_bound)
{
	enum { LINE = 8 };
	struct vu_dict d = { 0 };
	static char big[LINE * (VU_DICT_MAX + 2) + 1];
	size_t bad;

	for (int i = 0; i < VU_DICT_MAX + 2; i++)
		snprintf(big + LINE * i, LINE + 1, "%05d=x\n", i);
	ck_assert_int_eq(vu_dict_parse(&d, big, strlen(big), &bad), 0);
	ck_assert_uint_eq(bad, VU_DICT_MAX + 1);
	ck_assert_uint_eq(d.entries.n, VU_DICT_MAX);
	vu_dict_free(&d);
}
END_TEST

START_TEST(free_leaves_an_empty_dictionary)
{
	struct vu_dict d = { 0 };

	vu_dict_free(&d);
	vu_dict_set(&d, "a", "b");
	vu_dict_free(&d);
	ck_assert_ptr_null(vu_dict_get(&d, "a"));
	ck_assert_int_eq(vu_dict_set(&d, "a", "c"), 0);
	vu_dict_free(&d);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("dict");
	TCase *tc = unit_tcase(s, "dict");

	tcase_add_loop_test(tc, parse_line_knows_pairs_and_comments, 0,
			    (int)(sizeof(lines) / sizeof(lines[0])));
	tcase_add_test(tc, parse_line_looks_at_no_byte_past_its_length);
	tcase_add_test(tc, parse_line_refuses_nul);
	tcase_add_test(tc, get_ignores_case_and_misses_what_is_not_there);
	tcase_add_test(tc, get_ignores_case_in_a_turkish_program);
	tcase_add_test(tc, set_keeps_place_and_spelling_of_a_key);
	tcase_add_test(tc, set_takes_its_own_value);
	tcase_add_test(tc, set_refuses_one_key_too_many_but_replaces_on);
	tcase_add_test(tc, parse_adds_all_pairs_and_names_the_first_bad_line);
	tcase_add_test(tc, parse_takes_empty_text_and_no_line_number);
	tcase_add_test(tc, parse_passes_over_keys_past_the_bound);
	tcase_add_test(tc, free_leaves_an_empty_dictionary);
	return unit_run(s);
}
