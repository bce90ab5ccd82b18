/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * libvdisk/vim/xml.c: what is found in replies, and what of a hostile server's is not read.
 */
#include "config.h"

#include "unit.h"

#include <stdio.h>
#include <string.h>

#include <libxml/xmlerror.h>

#include "../../libvdisk/vim/xml.h"
#include "strbuf.h"

#define XSI " xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\""

static VixError parse(const char *text, struct vim_xml **x_out)
{
	return vim_xml_parse(text, strlen(text), x_out);
}

/* A document that has to be one. */
static struct vim_xml *doc(const char *text)
{
	struct vim_xml *x;

	ck_assert_uint_eq(parse(text, &x), VIX_OK);
	return x;
}

START_TEST(find_goes_down_a_path_of_names_with_any_prefix)
{
	struct vim_xml *x = doc(
		"<S:a xmlns:S='s' xmlns='t'><b><x/></b><S:b><c>deep</c></S:b></S:a>");
	vim_node *root = vim_xml_root(x);

	ck_assert_str_eq(vim_xml_name(root), "a");
	ck_assert_ptr_eq(vim_xml_find(root, ""), root);
	/* the first of a name decides */
	ck_assert_ptr_null(vim_xml_find(root, "b/c"));
	ck_assert_str_eq(vim_xml_text(vim_xml_next(vim_xml_find(root, "b")), "c"), "deep");
	ck_assert_ptr_null(vim_xml_find(root, "B"));
	ck_assert_ptr_null(vim_xml_find(root, "bb"));
	ck_assert_str_eq(vim_xml_name(vim_xml_child(root)), "b");
	vim_xml_free(x);
}
END_TEST

START_TEST(nothing_is_found_in_nothing)
{
	uint64_t value = 7;

	ck_assert_ptr_null(vim_xml_root(NULL));
	ck_assert_ptr_null(vim_xml_find(NULL, "a"));
	ck_assert_ptr_null(vim_xml_child(NULL));
	ck_assert_ptr_null(vim_xml_next(NULL));
	ck_assert_ptr_null(vim_xml_text(NULL, ""));
	ck_assert(!vim_xml_uint(NULL, "", &value));
	ck_assert(!vim_xml_is(NULL, "a"));
	ck_assert_str_eq(vim_xml_name(NULL), "");
	ck_assert_str_eq(vim_xml_type(NULL), "");
	ck_assert_str_eq(vim_xml_ref_type(NULL), "");
	vim_xml_free(NULL);
}
END_TEST

START_TEST(next_passes_over_other_names_and_text)
{
	struct vim_xml *x = doc("<a>\n <v>1</v> <w/> text <v>2</v>\n</a>");
	vim_node *v = vim_xml_find(vim_xml_root(x), "v");

	ck_assert_str_eq(vim_xml_text(v, ""), "1");
	v = vim_xml_next(v);
	ck_assert_str_eq(vim_xml_text(v, ""), "2");
	ck_assert_ptr_null(vim_xml_next(v));
	vim_xml_free(x);
}
END_TEST

static const struct {
	const char *xml, *text;
} texts[] = {
	{ "<a>plain</a>", "plain" },
	{ "<a> [ds] dir/a b.vmdk </a>", " [ds] dir/a b.vmdk " },
	{ "<a>it&#39;s &lt;this&gt; &amp; &#x442;</a>", "it's <this> & т" },
	{ "<a>one<![CDATA[ <two> ]]>three</a>", "one <two> three" },
	{ "<a>one<!-- no -->two<?nor this?>three</a>", "onetwothree" },
	{ "<a/>", "" },
	{ "<a><b>not of a</b></a>", "" },
};

START_TEST(text_is_as_it_was_meant)
{
	struct vim_xml *x = doc(texts[_i].xml);

	ck_assert_str_eq(vim_xml_text(vim_xml_root(x), ""), texts[_i].text);
	vim_xml_free(x);
}
END_TEST

static const struct {
	const char *xml;
	bool is_number;
	uint64_t value;
} numbers[] = {
	{ "<a>0</a>", true, 0 },
	{ "<a>\n 2000 </a>", true, 2000 },
	{ "<a>18446744073709551615</a>", true, UINT64_MAX },
	{ "<a>18446744073709551616</a>", false, 0 },
	{ "<a>99999999999999999999999</a>", false, 0 },
	{ "<a>-1</a>", false, 0 },
	{ "<a>+1</a>", false, 0 },
	{ "<a>1 2</a>", false, 0 },
	{ "<a>1e3</a>", false, 0 },
	{ "<a>0x10</a>", false, 0 },
	{ "<a></a>", false, 0 },
	{ "<a> </a>", false, 0 },
};

START_TEST(number_is_decimal_and_fits)
{
	struct vim_xml *x = doc(numbers[_i].xml);
	uint64_t value = 0;

	ck_assert(vim_xml_uint(vim_xml_root(x), "", &value) == numbers[_i].is_number);
	ck_assert_uint_eq(value, numbers[_i].value);
	vim_xml_free(x);
}
END_TEST

START_TEST(truth_has_two_spellings)
{
	struct vim_xml *x = doc(
		"<a><t>true</t><o> 1 </o><f>false</f><n>0</n><e/><x>truely</x></a>");
	vim_node *a = vim_xml_root(x);

	ck_assert(vim_xml_is(a, "t") && vim_xml_is(a, "o"));
	ck_assert(!vim_xml_is(a, "f") && !vim_xml_is(a, "n") && !vim_xml_is(a, "e"));
	ck_assert(!vim_xml_is(a, "x") && !vim_xml_is(a, "none"));
	vim_xml_free(x);
}
END_TEST

static const struct {
	const char *xml, *type, *ref_type;
} types[] = {
	{ "<v" XSI " xsi:type='VirtualDisk'/>", "VirtualDisk", "" },
	{ "<v" XSI " xsi:type='vim25:VirtualDisk'/>", "VirtualDisk", "" },
	{ "<v xmlns:q='http://www.w3.org/2001/XMLSchema-instance' q:type='xsd:string'/>", "string",
	  "" },
	{ "<v" XSI " xsi:type='ManagedObjectReference' type='HostSystem'/>",
	  "ManagedObjectReference", "HostSystem" },
	{ "<v" XSI " type='HostSystem' xsi:type='ManagedObjectReference'/>",
	  "ManagedObjectReference", "HostSystem" },
	{ "<v xmlns:xsi='another' xsi:type='VirtualDisk'/>", "", "" },
	{ "<v" XSI " xsi:type='' type=''/>", "", "" },
	{ "<v xsi:type='undeclared'/>", "", "" },
	{ "<v/>", "", "" },
};

START_TEST(the_two_types_are_told_apart_by_namespace)
{
	struct vim_xml *x;

	if (parse(types[_i].xml, &x) != VIX_OK)
		return; /* a prefix without a namespace may be an error, too */
	ck_assert_str_eq(vim_xml_type(vim_xml_root(x)), types[_i].type);
	ck_assert_str_eq(vim_xml_ref_type(vim_xml_root(x)), types[_i].ref_type);
	vim_xml_free(x);
}
END_TEST

static const char *const garbage[] = {
	"",
	" ",
	"503 Service Unavailable",
	"<html><body>503<br></body></html>",
	"<a>",
	"<a></a><b/>",
	"<a>&unknown;</a>",
	"<a>\xff\xfe</a>",
	"<a>&#0;</a>",
	"<!DOCTYPE a><a/>",
	"<!DOCTYPE a SYSTEM 'file:///etc/passwd'><a/>",
	"<!DOCTYPE a [<!ENTITY e SYSTEM 'file:///etc/passwd'>]><a>&e;</a>",
	"<!DOCTYPE a [<!ENTITY % e SYSTEM 'http://127.0.0.1:9/x'>%e;]><a/>",
	"<!DOCTYPE a [<!ENTITY l 'lol'><!ENTITY l1 '&l;&l;&l;&l;&l;&l;&l;&l;&l;&l;'>"
	"<!ENTITY l2 '&l1;&l1;&l1;&l1;&l1;&l1;&l1;&l1;&l1;&l1;'>"
	"<!ENTITY l3 '&l2;&l2;&l2;&l2;&l2;&l2;&l2;&l2;&l2;&l2;'>"
	"<!ENTITY l4 '&l3;&l3;&l3;&l3;&l3;&l3;&l3;&l3;&l3;&l3;'>]><a b='&l4;'>&l4;</a>",
};

START_TEST(garbage_is_refused)
{
	struct vim_xml *x;

	ck_assert_uint_eq(parse(garbage[_i], &x), VIX_E_NET_HTTP_TRANSFER);
	ck_assert_ptr_null(x);
}
END_TEST

START_TEST(no_other_encoding_than_utf8_is_read)
{
	static const char utf16[] = "\xff\xfe<\0a\0/\0>\0";
	struct vim_xml *x;

	ck_assert_uint_eq(vim_xml_parse(utf16, sizeof(utf16) - 1, &x), VIX_E_NET_HTTP_TRANSFER);
	/* what a document says of itself does not matter: no other converter is called */
	ck_assert_uint_eq(parse("<?xml version='1.0' encoding='ISO-8859-1'?><a>\xe4</a>", &x),
			  VIX_E_NET_HTTP_TRANSFER);
	x = doc("<?xml version='1.0' encoding='ISO-2022-CN-EXT'?><a>\xc3\xa4</a>");
	ck_assert_str_eq(vim_xml_text(vim_xml_root(x), ""), "\xc3\xa4");
	vim_xml_free(x);
}
END_TEST

/* @head, @n times @middle, and @n times @tail. */
static char *repeated(const char *head, const char *middle, size_t n, const char *tail)
{
	struct vu_strbuf b = { 0 };

	vu_strbuf_puts(&b, head);
	for (size_t i = 0; i < n; i++)
		vu_strbuf_puts(&b, middle);
	for (size_t i = 0; i < n; i++)
		vu_strbuf_puts(&b, tail);
	return vu_strbuf_take(&b);
}

START_TEST(depth_is_bounded)
{
	char *fits = repeated("", "<a>", VIM_XML_MAX_DEPTH, "</a>");
	char *deep = repeated("", "<a>", VIM_XML_MAX_DEPTH + 1, "</a>");
	char *abyss = repeated("", "<a>", 1000000, "");
	struct vim_xml *x = doc(fits);

	vim_xml_free(x);
	ck_assert_uint_eq(parse(deep, &x), VIX_E_NET_HTTP_TRANSFER);
	ck_assert_uint_eq(parse(abyss, &x), VIX_E_NET_HTTP_TRANSFER);
	free(fits);
	free(deep);
	free(abyss);
}
END_TEST

START_TEST(number_of_elements_is_bounded)
{
	char *many = repeated("<a>", "<b c=''/>", VIM_XML_MAX_ELEMENTS / 2, "");
	struct vim_xml *x;

	ck_assert_uint_eq(parse(many, &x), VIX_E_NET_HTTP_TRANSFER);
	free(many);
}
END_TEST

START_TEST(size_is_bounded)
{
	size_t len = VIM_XML_MAX + 1;
	char *text = malloc(len);
	struct vim_xml *x;

	memset(text, ' ', len);
	memcpy(text, "<a/>", 4);
	ck_assert_uint_eq(vim_xml_parse(text, len, &x), VIX_E_NET_HTTP_TRANSFER);
	ck_assert_uint_eq(vim_xml_parse(text, 1000, &x), VIX_OK);
	vim_xml_free(x);
	free(text);
}
END_TEST

static unsigned told;

static void tell(void *ctx, xmlErrorPtr error)
{
	(void)ctx;
	(void)error;
	told++;
}

static void tell_text(void *ctx, const char *fmt, ...)
{
	(void)ctx;
	(void)fmt;
	told++;
}

START_TEST(handlers_of_the_program_hear_nothing)
{
	struct vim_xml *x;

	xmlSetStructuredErrorFunc(NULL, tell);
	xmlSetGenericErrorFunc(NULL, tell_text);
	for (size_t i = 0; i < sizeof(garbage) / sizeof(garbage[0]); i++)
		ck_assert_uint_ne(parse(garbage[i], &x), VIX_OK);
	ck_assert_uint_eq(told, 0);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("xml");
	TCase *tc = unit_tcase(s, "find");

	tcase_add_test(tc, find_goes_down_a_path_of_names_with_any_prefix);
	tcase_add_test(tc, nothing_is_found_in_nothing);
	tcase_add_test(tc, next_passes_over_other_names_and_text);
	tc = unit_tcase(s, "values");
	tcase_add_loop_test(tc, text_is_as_it_was_meant, 0, sizeof(texts) / sizeof(texts[0]));
	tcase_add_loop_test(tc, number_is_decimal_and_fits, 0,
			    sizeof(numbers) / sizeof(numbers[0]));
	tcase_add_test(tc, truth_has_two_spellings);
	tcase_add_loop_test(tc, the_two_types_are_told_apart_by_namespace, 0,
			    sizeof(types) / sizeof(types[0]));
	tc = unit_tcase(s, "bounds");
	tcase_add_loop_test(tc, garbage_is_refused, 0, sizeof(garbage) / sizeof(garbage[0]));
	tcase_add_test(tc, no_other_encoding_than_utf8_is_read);
	tcase_add_test(tc, depth_is_bounded);
	tcase_add_test(tc, number_of_elements_is_bounded);
	tcase_add_test(tc, size_is_bounded);
	tcase_add_test(tc, handlers_of_the_program_hear_nothing);
	return unit_run(s);
}
