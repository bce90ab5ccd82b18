/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A program that finds the libraries at run time, as most programs for VDDK do: by each of their
 * names, and every symbol of symbols.txt.
 *
 * The libraries come from LD_LIBRARY_PATH. Those that are not built are skipped.
 */
#include "config.h"

#include "../unit/unit.h"

#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

#include "loaded.h"

/* Looks up what symbols.txt lists for a library; returns how many there were. */
static unsigned find_symbols(void *lib, const char *name)
{
	FILE *f = fopen(TESTS_SRCDIR "/abi/symbols.txt", "r");
	char line[200], owner[40], symbol[80];
	unsigned found = 0;

	ck_assert_ptr_nonnull(f);
	while (fgets(line, sizeof(line), f)) {
		if (line[0] == '#' || sscanf(line, "%39s %79s", owner, symbol) != 2)
			continue;
		if (strcmp(owner, name) != 0)
			continue;
		ck_assert_msg(dlsym(lib, symbol) != NULL, "%s: no %s", name, symbol);
		found++;
	}
	fclose(f);
	return found;
}

START_TEST(every_symbol_is_found)
{
	const struct library *l = &libraries[_i];
	void *lib = library_load(l->file[0]);

	ck_assert_uint_gt(find_symbols(lib, l->name), 20);
	library_unload(lib);
}
END_TEST

START_TEST(both_names_are_the_same_library)
{
	const struct library *l = &libraries[_i];
	void *plain = library_load(l->file[0]);
	void *numbered = library_load(l->file[1]);

	ck_assert_ptr_eq(plain, numbered);
	library_unload(numbered);
	library_unload(plain);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("dlsym-client");
	int built = libraries_built();

	if (built == 0) {
		printf("1..0 # SKIP %s is not built\n", libraries[0].file[0]);
		return EXIT_SUCCESS;
	}

	TCase *tc = unit_tcase(s, "load");

	tcase_add_loop_test(tc, every_symbol_is_found, 0, built);
	tcase_add_loop_test(tc, both_names_are_the_same_library, 0, built);
	return unit_run(s);
}
