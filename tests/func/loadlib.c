/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Loads a library by the path of one of its names, and looks up every function named on standard
 * input, one a line, as programs do that were not linked with it:
 *
 *	loadlib LIBRARY < NAMES
 *
 * Exit status 1, with the reason: it can't be loaded, or lacks a function.
 */
#include "config.h"

#include <dlfcn.h>
#include <stdio.h>

/* Looks up the names; returns how many were not found. */
static unsigned count_missing(void *lib)
{
	char name[80];
	unsigned missing = 0;

	while (scanf("%79s", name) == 1) {
		if (dlsym(lib, name) == NULL) {
			fprintf(stderr, "loadlib: %s\n", dlerror());
			missing++;
		}
	}
	return missing;
}

int main(int argc, char **argv)
{
	if (argc != 2) {
		fprintf(stderr, "usage: loadlib LIBRARY < NAMES\n");
		return 2;
	}

	void *lib = dlopen(argv[1], RTLD_NOW | RTLD_LOCAL);

	if (lib == NULL) {
		fprintf(stderr, "loadlib: %s\n", dlerror());
		return 1;
	}
	return count_missing(lib) == 0 ? 0 : 1;
}
