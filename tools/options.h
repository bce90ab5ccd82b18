/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Options of the command line: each verb has a table of its own, what all have is added.
 *
 *	const struct vdt_option options[] = {
 *		{ "force", 'f', VDT_OPT_FLAG, &o.force, NULL, NULL },
 *		{ "timeout", 0, VDT_OPT_TIME, &o.timeout_ms, NULL, NULL },
 *		{ NULL, 0, 0, NULL, NULL, NULL },
 *	};
 *	code = vdt_parse("unmount", argc, argv, options);
 */
#ifndef VDT_OPTIONS_H
#define VDT_OPTIONS_H

#include <stdbool.h>

#include "exitcode.h"

enum vdt_option_kind {
	VDT_OPT_FLAG,  /* bool: becomes true */
	VDT_OPT_TEXT,  /* const char *: the last one given, borrowed from argv */
	VDT_OPT_TIME,  /* unsigned: milliseconds */
	VDT_OPT_FD,    /* int: a descriptor that is open */
	VDT_OPT_SIZE,  /* uint64_t: bytes */
	VDT_OPT_TAKE,  /* @take decides */
	VDT_OPT_MAYBE, /* likewise, but the value may be left out: NULL */
};

struct vdt_option {
	const char *name;
	char letter; /* 0: none */
	enum vdt_option_kind kind;
	void *to;                                   /* what is set; TAKE, MAYBE: their @ctx */
	bool (*take)(const char *value, void *ctx); /* false: @wants is what it takes */
	const char *wants;
};

/**
 * vdt_parse() - take the options, leaving optind at the first operand
 * @verb:    argv[0], for messages
 * @options: ends with a name that is NULL; --quiet, --verbose and --help are added
 * @json:    set by --json; NULL: the verb has no such option
 *
 * --help prints the help and exits.
 * Return: VDT_OK, or VDT_USAGE when it has been said what is wrong
 */
enum vdt_exit vdt_parse(const char *verb, int argc, char **argv, const struct vdt_option *options,
			bool *json);

/** vdt_parse_duration() - "90", "90s", "5m", "2h" as milliseconds.  false: not a duration */
bool vdt_parse_duration(const char *s, unsigned *ms_out);

#endif
