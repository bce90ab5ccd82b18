/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Every function of a library, called as bindings without prototypes call it: by its name, with
 * numbers and pointers. Each call is made by a child of its own, so that one that crashes is named.
 *
 * What a function takes is told by a letter for each argument:
 *
 *	a capital    a pointer that the function needs: NULL gives an error
 *	O, W         such a pointer, to what is filled: a pointer (NULL after an error), a number
 *	small        a pointer that may be NULL: the result stays the same
 *	o            such a pointer, to what is filled
 *	z            what a Free function gets: NULL
 *	0 .. 8       a number: 0, 1, 2 .. but 7 is 128
 *
 * The meaning of all other letters is the program's own.
 */
#ifndef CONTRACT_CALLS_H
#define CONTRACT_CALLS_H

#include <check.h>
#include <stdint.h>

enum calls_result {
	CALLS_CODE,    /* a VixError, of a function that needs Init */
	CALLS_ANYTIME, /* a VixError, of one that does not */
	CALLS_TEXT,    /* a string or NULL */
	CALLS_MEMORY,  /* likewise, for the caller to free */
	CALLS_NOTHING,
};

struct call {
	const char *name;
	const char *args;
	enum calls_result result;
	int is_slow; /* when nothing is wrong with the arguments: not done then */
};

/* A library, and how to call it; must go on while the suite runs. */
struct calls_kit {
	const char *library; /* as in abi/symbols.txt */
	const struct call *calls;
	int n;
	void (*set_up)(void);               /* starts the library and opens what the letters mean */
	void (*tear_down)(void);            /* stops it */
	uintptr_t (*argument)(char letter); /* also without set_up(): then handles are none */
};

/*
 * Tests: all functions of the library are there; each pointer in its turn is NULL, then all of them;
 * calls come before Init, and after Exit with the handles from before it.
 */
Suite *calls_suite(const struct calls_kit *kit);

#endif
