/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The libraries as programs find them that are not linked with them: by name, in LD_LIBRARY_PATH.
 */
#ifndef ABI_LOADED_H
#define ABI_LOADED_H

#include <stdio.h>
#include <stdlib.h>

/* Ends the process where a condition does not hold: for programs that are no test of a suite, too. */
#define must(condition) ((condition) ? (void)0 : loaded_fail(__FILE__, __LINE__, #condition))

static inline void loaded_fail(const char *file, int line, const char *condition)
{
	fprintf(stderr, "%s:%d: not so: %s\n", file, line, condition);
	abort();
}

struct library {
	const char *name; /* as in symbols.txt */
	const char *file[2];
};

extern const struct library libraries[2];

/* How many of them are built: none, the first or both. */
int libraries_built(void);

/* dlopen() and dlclose() of a file that must be there. */
void *library_load(const char *file);
void library_unload(void *lib);

/* Stores the address of a function, which must be there, in the pointer to a function @to. */
void library_find(void *lib, const char *symbol, void *to);

#endif
