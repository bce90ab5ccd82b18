/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Questions whose answers are not shown.
 */
#ifndef VDT_PROMPT_H
#define VDT_PROMPT_H

#include <stddef.h>

/**
 * vdt_prompt() - ask on the terminal of the process, whatever its standard input is
 * @buf: filled: the answer without its newline
 *
 * The terminal shows what is typed again on every way out; Ctrl-C and the like do what they do
 * then.  For programs without threads.
 * Return: 0; -ENXIO or the like: there is no terminal; -ENODATA: no answer; -EMSGSIZE: it does not
 * fit; -EINTR: a signal came that did not end the process.
 */
int vdt_prompt(const char *question, char *buf, size_t size);

#endif
