/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The standard streams, at the beginning and the end of a program.
 */
#ifndef VDT_STREAMS_H
#define VDT_STREAMS_H

#include "exitcode.h"

/**
 * vdt_streams_begin() - make sure that 0, 1 and 2 are taken
 *
 * Else a disk that is opened would be the standard input, or get the messages.  What the caller closed
 * can't be read or written then, either.
 */
void vdt_streams_begin(void);

/** vdt_streams_flush() - have stdout arrive before what comes on stderr; a failure is kept for the end */
void vdt_streams_flush(void);

/**
 * vdt_streams_end() - see to it that all that was printed on stdout has arrived
 * @code: what the program has come to
 *
 * Nothing can be printed after it.
 * Return: @code; where that is VDT_OK, and something was lost, what to exit with instead
 */
enum vdt_exit vdt_streams_end(enum vdt_exit code);

#endif
