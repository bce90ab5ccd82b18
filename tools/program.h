/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A command with verbs: what each of them is called, does and says of itself.
 */
#ifndef VDT_PROGRAM_H
#define VDT_PROGRAM_H

#include "exitcode.h"

struct vdt_verb {
	const char *name; /* NULL: the end */
	/* Parses its own options (argv[0] is the verb); messages have been printed. */
	enum vdt_exit (*run)(int argc, char **argv);
	const char *help;
};

struct vdt_program {
	const char *name;
	const char *overview; /* --help without a verb */
	const struct vdt_verb *verbs;
};

/** vdt_program_run() - take the verb, call it; the exit status for main() to return */
int vdt_program_run(const struct vdt_program *program, int argc, char **argv);

/** vdt_help() - print the help of a verb on stdout, and nothing after it; what to exit with */
enum vdt_exit vdt_help(const char *verb);

/** vdt_usage() - say what is wrong with the call, and where help is; @verb may be NULL; VDT_USAGE */
enum vdt_exit vdt_usage(const char *verb, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

#endif
