/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What every check program shares: one suite, run in the TAP form that automake reads.
 *
 *	Suite *s = suite_create("alloc");
 *	TCase *tc = unit_tcase(s, "grow");
 *	tcase_add_test(tc, grow_keeps_content);
 *	return unit_run(s);
 */
#ifndef UNIT_H
#define UNIT_H

#include <check.h>
#include <stdlib.h>
#include <unistd.h>

static inline TCase *unit_tcase(Suite *s, const char *name)
{
	TCase *tc = tcase_create(name);

	suite_add_tcase(s, tc);
	return tc;
}

/*
 * Runs @s; the exit status is automake's: TAP lines tell the rest.
 *
 * What the runner left open is closed: tests that count descriptors count their own.
 */
static inline int unit_run(Suite *s)
{
	SRunner *r = srunner_create(s);
	int failed;

	close_range(STDERR_FILENO + 1, ~0U, 0);
	srunner_run_all(r, CK_SILENT);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

#endif
