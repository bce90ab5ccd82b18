/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The verbs of vdmount.  Each parses its own options (argv[0] is the verb) and returns the exit
 * code; messages have been printed.
 */
#ifndef VDT_VERBS_H
#define VDT_VERBS_H

#include <stdbool.h>
#include <stddef.h>

#include "exitcode.h"

enum vdt_exit vdt_verb_mount(int argc, char **argv);
enum vdt_exit vdt_verb_unmount(int argc, char **argv);
enum vdt_exit vdt_verb_list(int argc, char **argv);
enum vdt_exit vdt_verb_status(int argc, char **argv);
enum vdt_exit vdt_verb_cleanup(int argc, char **argv);
enum vdt_exit vdt_verb_doctor(int argc, char **argv);

/** vdt_help() - print the help of a verb on stdout; VDT_OK */
enum vdt_exit vdt_help(const char *verb);

/** vdt_usage() - say what is wrong with the call, where help is; VDT_USAGE */
enum vdt_exit vdt_usage(const char *verb, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/** vdt_parse_duration() - "90", "90s", "5m", "2h" as milliseconds.  false: not a duration */
bool vdt_parse_duration(const char *s, unsigned *ms_out);

/** vdt_format_size() - "38G", "6.1M": bytes for people, in @buf */
void vdt_format_size(unsigned long long bytes, char *buf, size_t size);

/** vdt_state_open() - the state root, after sweeping what dead holders left; NULL: said why */
char *vdt_state_open(void);

#endif
