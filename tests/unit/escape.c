/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * libvdisk/escape.h: characters of values that are written in hexadecimal.
 */
#include "config.h"

#include "unit.h"

#include <string.h>

#include "../../libvdisk/escape.h"

/* A value, and how it is written. */
static const char *const pairs[][2] = {
	{ "", "" },
	{ "60 00 C2 = #", "60 00 C2 = #" },
	{ "\"", "|22" },
	{ "a \"b\" c", "a |22b|22 c" },
	{ "|", "|" },
	{ "a|b|", "a|b|" },
	{ "|zz|4", "|zz|4" },
	{ "|41", "|7C41" },
	{ "||22", "||7C22" },
	{ "|0A|7f|00", "|0A|7f|00" },
	{ "\xe9\xff", "\xe9\xff" },
};
#define N_PAIRS (int)(sizeof(pairs) / sizeof(pairs[0]))

START_TEST(what_is_written_is_meant)
{
	char *written = vd_escape(pairs[_i][0]);

	ck_assert_str_eq(written, pairs[_i][1]);
	vd_unescape(written);
	ck_assert_str_eq(written, pairs[_i][0]);
	free(written);
}
END_TEST

START_TEST(what_others_write_is_understood)
{
	char all[] = "|23|7c|22|6a";

	vd_unescape(all);
	ck_assert_str_eq(all, "#|\"j");
}
END_TEST

int main(void)
{
	Suite *s = suite_create("escape");
	TCase *tc = unit_tcase(s, "escape");

	tcase_add_loop_test(tc, what_is_written_is_meant, 0, N_PAIRS);
	tcase_add_test(tc, what_others_write_is_understood);
	return unit_run(s);
}
