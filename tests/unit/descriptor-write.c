/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * libvdisk/descriptor-write.c
 */
#include "config.h"

#include "unit.h"

#include <string.h>

#include "../../libvdisk/descriptor-write.h"

static struct vd_text text_of(const char *s)
{
	return (struct vd_text){ strdup(s), strlen(s) };
}

static void expect_set(const char *before, const char *key, const char *value, const char *after)
{
	struct vd_text t = text_of(before);

	ck_assert_uint_eq(vd_descriptor_set(&t, key, value), VIX_OK);
	ck_assert_str_eq(t.bytes, after);
	ck_assert_uint_eq(t.len, strlen(after));
	free(t.bytes);
}

START_TEST(a_value_changes_and_nothing_else_does)
{
	expect_set("# x\n\tCID = 1234 \t\nodd line\nRW 1 ZERO\n", "CID", "abcd",
		   "# x\n\tCID = abcd \t\nodd line\nRW 1 ZERO\n");
}
END_TEST

START_TEST(quotes_stay_as_they_were)
{
	expect_set("ddb.a = \"old\" \nx=y", "ddb.a", "new", "ddb.a = \"new\" \nx=y");
	expect_set("ddb.a=old\n", "ddb.a", "new", "ddb.a=new\n");
	expect_set("ddb.a=\"in \"it\n", "ddb.a", "new", "ddb.a=\"new\"it\n");
}
END_TEST

START_TEST(blanks_around_a_value_are_quoted)
{
	expect_set("ddb.a=old\n", "ddb.a", " new", "ddb.a=\" new\"\n");
	expect_set("ddb.a=old\n", "ddb.a", "new\t", "ddb.a=\"new\t\"\n");
	expect_set("ddb.a=old\n", "ddb.a", "n e w", "ddb.a=n e w\n");
}
END_TEST

START_TEST(a_value_may_have_been_empty)
{
	expect_set("ddb.a = \"\"\n", "ddb.a", "v", "ddb.a = \"v\"\n");
	expect_set("CID=\r\nx=1\r\n", "CID", "v", "CID=v\r\nx=1\r\n");
}
END_TEST

START_TEST(the_last_of_several_keys_changes_whatever_its_case)
{
	expect_set("CID=1\nparentCID=2\ncid=3\n", "CID", "4", "CID=1\nparentCID=2\ncid=4\n");
}
END_TEST

START_TEST(comments_and_extents_are_no_keys)
{
	expect_set("#CID=1\nRW 1 FLAT \"CID=2\"\n CID=3", "CID", "4",
		   "#CID=1\nRW 1 FLAT \"CID=2\"\n CID=4");
}
END_TEST

START_TEST(a_new_key_comes_behind_the_data_base)
{
	expect_set("CID=1\nddb.a = \"1\"\n# end\n", "ddb.b", "2",
		   "CID=1\nddb.a = \"1\"\nddb.b = \"2\"\n# end\n");
	expect_set("CID=1\n", "ddb.b", "2", "CID=1\nddb.b = \"2\"\n");
	expect_set("CID=1", "ddb.b", "2", "CID=1\nddb.b = \"2\"");
}
END_TEST

START_TEST(a_new_line_ends_as_the_others_do)
{
	expect_set("CID=1\r\nddb.a = \"1\"\r\n", "ddb.b", "2",
		   "CID=1\r\nddb.a = \"1\"\r\nddb.b = \"2\"\r\n");
}
END_TEST

START_TEST(the_content_id_changes_in_both_places)
{
	struct vd_text t = text_of("CID=00c0ffee\nddb.longContentID = \"0123456700C0FFEE\"\n");

	ck_assert_uint_eq(vd_descriptor_set_cid(&t, 0xc0ffee, "0123456700C0FFEE", 0xdeadbeef),
			  VIX_OK);
	ck_assert_str_eq(t.bytes, "CID=deadbeef\nddb.longContentID = \"01234567deadbeef\"\n");
	free(t.bytes);
}
END_TEST

START_TEST(a_long_content_id_of_its_own_stays)
{
	struct vd_text t = text_of("CID=0\nddb.longContentID = \"0123456789abcdef\"\n");

	ck_assert_uint_eq(vd_descriptor_set_cid(&t, 0, "0123456789abcdef", 0xdeadbeef), VIX_OK);
	ck_assert_str_eq(t.bytes, "CID=deadbeef\nddb.longContentID = \"0123456789abcdef\"\n");
	ck_assert_uint_eq(vd_descriptor_set_cid(&t, 0xdeadbeef, NULL, 1), VIX_OK);
	ck_assert_str_eq(t.bytes, "CID=00000001\nddb.longContentID = \"0123456789abcdef\"\n");
	free(t.bytes);
}
END_TEST

START_TEST(what_would_break_a_line_may_not_be_set)
{
	ck_assert(vd_descriptor_may_set("uuid", "60 00 = #"));
	ck_assert(vd_descriptor_may_set("a", ""));
	ck_assert(!vd_descriptor_may_set("", "v"));
	ck_assert(!vd_descriptor_may_set("#a", "v"));
	ck_assert(!vd_descriptor_may_set("a b", "v"));
	ck_assert(!vd_descriptor_may_set("a=b", "v"));
	ck_assert(!vd_descriptor_may_set("a\nb", "v"));
	ck_assert(!vd_descriptor_may_set("a", "v\nRW 1 FLAT \"x\""));
	ck_assert(!vd_descriptor_may_set("a", "v\r"));
	ck_assert(!vd_descriptor_may_set("a", "\""));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("descriptor-write");
	TCase *tc = unit_tcase(s, "set");

	tcase_add_test(tc, a_value_changes_and_nothing_else_does);
	tcase_add_test(tc, quotes_stay_as_they_were);
	tcase_add_test(tc, blanks_around_a_value_are_quoted);
	tcase_add_test(tc, a_value_may_have_been_empty);
	tcase_add_test(tc, the_last_of_several_keys_changes_whatever_its_case);
	tcase_add_test(tc, comments_and_extents_are_no_keys);
	tcase_add_test(tc, a_new_key_comes_behind_the_data_base);
	tcase_add_test(tc, a_new_line_ends_as_the_others_do);
	tcase_add_test(tc, the_content_id_changes_in_both_places);
	tcase_add_test(tc, a_long_content_id_of_its_own_stays);
	tcase_add_test(tc, what_would_break_a_line_may_not_be_set);
	return unit_run(s);
}
