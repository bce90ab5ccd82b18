/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * common/vixerr.c: that each code of the header has a text is checked against abi/constants.txt.
 */
#include "config.h"

#include "unit.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "vixerr.h"

#define CODES 268

/* The table itself, in its own order. */
static const struct {
	VixError code;
	const char *name;
} table[] = {
#define VIXERR(code, text) { code, #code },
#include "vixerr.def"
#undef VIXERR
};

static void assert_text_is_a_sentence(const char *name, const char *text)
{
	size_t len = strlen(text);

	ck_assert_msg(len > 10 && len < 80, "%s: \"%s\"", name, text);
	ck_assert_msg(text[0] >= 'A' && text[0] <= 'Z', "%s: \"%s\"", name, text);
	ck_assert_msg(strchr(".!\n ", text[len - 1]) == NULL, "%s: \"%s\"", name, text);
}

START_TEST(table_has_every_code_in_ascending_order)
{
	ck_assert_uint_eq(sizeof(table) / sizeof(table[0]), CODES);
	for (size_t i = 1; i < CODES; i++)
		ck_assert_msg(table[i - 1].code < table[i].code, "%s", table[i].name);
}
END_TEST

START_TEST(every_code_of_the_constants_table_has_its_name_and_a_text)
{
	FILE *f = fopen(TESTS_SRCDIR "/abi/constants.txt", "r");
	char name[80];
	unsigned long value;
	unsigned found = 0;
	char line[200];

	ck_assert_ptr_nonnull(f);
	while (fgets(line, sizeof(line), f)) {
		if (sscanf(line, "error %79s %lu", name, &value) != 2)
			continue;
		ck_assert_str_eq(vu_vixerr_name(value), name);
		assert_text_is_a_sentence(name, vu_vixerr_text(value));
		found++;
	}
	fclose(f);
	ck_assert_uint_eq(found, CODES);
}
END_TEST

START_TEST(no_two_codes_share_a_text)
{
	for (size_t i = 0; i < CODES; i++)
		for (size_t j = i + 1; j < CODES; j++)
			ck_assert_str_ne(vu_vixerr_text(table[i].code),
					 vu_vixerr_text(table[j].code));
}
END_TEST

START_TEST(upper_bits_are_ignored)
{
	VixError err = VIX_E_DISK_OUTOFRANGE | (VixError)0xdeadbeefff << 16;

	ck_assert_str_eq(vu_vixerr_name(err), "VIX_E_DISK_OUTOFRANGE");
	ck_assert_ptr_eq(vu_vixerr_text(err), vu_vixerr_text(VIX_E_DISK_OUTOFRANGE));
}
END_TEST

START_TEST(unknown_codes_have_a_name_and_a_text)
{
	/* between two codes, past the last one, and one that VMware retired */
	static const VixError unknown[] = { 17, 65535, 13022 };

	for (size_t i = 0; i < 3; i++) {
		ck_assert_str_eq(vu_vixerr_name(unknown[i]), "unknown");
		assert_text_is_a_sentence("unknown", vu_vixerr_text(unknown[i]));
	}
}
END_TEST

START_TEST(errno_becomes_the_code_of_its_cause)
{
	static const struct {
		int err;
		VixError code;
	} rows[] = {
		{ ENOENT, VIX_E_FILE_NOT_FOUND },
		{ ENODEV, VIX_E_FILE_NOT_FOUND },
		{ EACCES, VIX_E_FILE_ACCESS_ERROR },
		{ EPERM, VIX_E_FILE_ACCESS_ERROR },
		{ EEXIST, VIX_E_FILE_ALREADY_EXISTS },
		{ ENOSPC, VIX_E_DISK_FULL },
		{ EDQUOT, VIX_E_DISK_FULL },
		{ ENOMEM, VIX_E_OUT_OF_MEMORY },
		{ EBUSY, VIX_E_OBJECT_IS_BUSY },
		{ EAGAIN, VIX_E_OBJECT_IS_BUSY },
		{ EROFS, VIX_E_FILE_READ_ONLY },
		{ EINVAL, VIX_E_INVALID_ARG },
		{ ECONNREFUSED, VIX_E_HOST_NETWORK_CONN_REFUSED },
		{ ECONNRESET, VIX_E_HOST_TCP_CONN_LOST },
		{ EPIPE, VIX_E_HOST_TCP_CONN_LOST },
		{ EIO, VIX_E_FILE_ERROR },
		{ EMFILE, VIX_E_FILE_ERROR },
		{ 0, VIX_E_FILE_ERROR },
		{ -1, VIX_E_FILE_ERROR },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		ck_assert_msg(vu_vixerr_from_errno(rows[i].err) == rows[i].code, "errno %d",
			      rows[i].err);
}
END_TEST

START_TEST(libcurl_error_becomes_the_code_of_its_cause)
{
	static const struct {
		int curl;
		VixError code;
	} rows[] = {
		{ 0, VIX_OK },
		{ 1, VIX_E_NET_HTTP_UNSUPPORTED_PROTOCOL },
		{ 3, VIX_E_NET_HTTP_URL_MALFORMAT },
		{ 5, VIX_E_NET_HTTP_COULDNT_RESOLVE_PROXY },
		{ 6, VIX_E_HOST_SERVER_NOT_FOUND },
		{ 7, VIX_E_HOST_NETWORK_CONN_REFUSED },
		{ 18, VIX_E_HOST_TCP_CONN_LOST },
		{ 22, VIX_E_NET_HTTP_HTTP_RETURNED_ERROR },
		{ 27, VIX_E_OUT_OF_MEMORY },
		{ 28, VIX_E_HOST_TCP_SOCKET_ERROR },
		{ 35, VIX_E_NET_HTTP_SSL_CONNECT_ERROR },
		{ 42, VIX_E_CANCELLED },
		{ 47, VIX_E_NET_HTTP_TOO_MANY_REDIRECTS },
		{ 52, VIX_E_HOST_TCP_CONN_LOST },
		{ 55, VIX_E_HOST_TCP_CONN_LOST },
		{ 56, VIX_E_HOST_TCP_CONN_LOST },
		{ 60, VIX_E_CANNOT_CONNECT_TO_HOST },
		{ 65, VIX_E_HOST_TCP_CONN_LOST },
		{ 77, VIX_E_CANNOT_CONNECT_TO_HOST },
		{ 83, VIX_E_CANNOT_CONNECT_TO_HOST },
		{ 2, VIX_E_NET_HTTP_TRANSFER },
		{ 99, VIX_E_NET_HTTP_TRANSFER },
		{ -1, VIX_E_NET_HTTP_TRANSFER },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		ck_assert_msg(vu_vixerr_from_curl(rows[i].curl) == rows[i].code, "CURLcode %d",
			      rows[i].curl);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("vixerr");
	TCase *tc = unit_tcase(s, "texts");

	tcase_add_test(tc, table_has_every_code_in_ascending_order);
	tcase_add_test(tc, every_code_of_the_constants_table_has_its_name_and_a_text);
	tcase_add_test(tc, no_two_codes_share_a_text);
	tcase_add_test(tc, upper_bits_are_ignored);
	tcase_add_test(tc, unknown_codes_have_a_name_and_a_text);

	tc = unit_tcase(s, "conversion");
	tcase_add_test(tc, errno_becomes_the_code_of_its_cause);
	tcase_add_test(tc, libcurl_error_becomes_the_code_of_its_cause);
	return unit_run(s);
}
