/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the tools say: messages on stderr, in one style, and what the libraries said.
 *
 *	vdmount: cannot open web01.vmdk: its parent base.vmdk is missing
 *	  looked in: /backups/web01
 *
 * 1. Results go to stdout, everything else goes through here.
 * 2. Text from disks and of other processes is escaped before it gets here (common/log.h,
 *    vu_log_quote()).
 * 3. The libraries' sentences are collected; whoever reports the failure prints the last one.
 */
#ifndef VDT_MESSAGE_H
#define VDT_MESSAGE_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>

#include "exitcode.h"

/** vdt_message_init() - @prog names the program in messages; static */
void vdt_message_init(const char *prog);

/** vdt_message_prog() - what vdt_message_init() was told */
const char *vdt_message_prog(void);

/** vdt_message_set() - @quiet: errors only; @verbose: the libraries' log too */
void vdt_message_set(bool quiet, int verbose);

/** vdt_message_is_quiet(), vdt_message_is_verbose() - what vdt_message_set() was told */
bool vdt_message_is_quiet(void);
bool vdt_message_is_verbose(void);

/** vdt_message_set_json() - errors become {"type":"error",…} lines on stderr */
void vdt_message_set_json(bool json);

/** vdt_message_is_json() - what vdt_message_set_json() was told */
bool vdt_message_is_json(void);

/** vdt_message_map_exit() - the program exits with what @fn makes of a code: told in JSON */
void vdt_message_map_exit(int (*fn)(enum vdt_exit code));

/** vdt_message_exit_status() - what vdt_message_map_exit() has the program make of @code */
int vdt_message_exit_status(enum vdt_exit code);

/** vdt_error() - "PROG: …"; printed however quiet.  @code is told in JSON. */
void vdt_error(enum vdt_exit code, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/** vdt_hint() - "  …": what to do about the error before; not in JSON */
void vdt_hint(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/** vdt_note() - "PROG: …" unless quiet */
void vdt_note(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/** vdt_progress() - one line that is rewritten, on a terminal only; NULL clears it */
void vdt_progress(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/**
 * vdt_message_redirect() - messages become JSON lines for another process
 * @fd: a pipe to the one who will vdt_message_replay() them; -1: back to stderr
 */
void vdt_message_redirect(int fd);

/** vdt_message_replay() - print a line that vdt_message_redirect() wrote.
 * Return: false when the line is none of these */
bool vdt_message_replay(const char *line);

/** vdt_lib_log(), vdt_lib_warn() - the handlers to give to the libraries */
void vdt_lib_log(const char *fmt, va_list args);
void vdt_lib_warn(const char *fmt, va_list args);

/** vdt_lib_say() - a sentence of our own, to be reported as theirs are */
void vdt_lib_say(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/** vdt_lib_take() - the last sentence of the libraries since the last call, for the caller to
 * free(); NULL when there was none.  Earlier ones have been printed as notes. */
char *vdt_lib_take(void);

/** vdt_lib_flush() - print as notes what the libraries said */
void vdt_lib_flush(void);

#endif
