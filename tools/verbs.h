/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The verbs of vdmount.  Each parses its own options (argv[0] is the verb) and returns the exit
 * code; messages have been printed.
 */
#ifndef VDT_VERBS_H
#define VDT_VERBS_H

#include <stddef.h>

#include "exitcode.h"
#include "state.h"

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

/** vdt_format_size() - "38G", "6.1M": bytes for people, in @buf */
void vdt_format_size(unsigned long long bytes, char *buf, size_t size);

/** vdt_state_find() - the state root, for the caller to free(); what fails has been said */
enum vdt_exit vdt_state_find(char **root_out);

/**
 * vdt_state_open() - the state root, after sweeping what dead holders left
 * @root_out: for the caller to free()
 *
 * Return: VDT_OK, or why not, which has been said
 */
enum vdt_exit vdt_state_open(char **root_out);

/** vdt_state_list() - and the entries there, for vdt_entries_free() */
enum vdt_exit vdt_state_list(char **root_out, struct vdt_entries *list_out);

#endif
