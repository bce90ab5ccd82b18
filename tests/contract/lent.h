/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Arguments that a program lends to the library for one call: each ends with a page behind which
 * nothing can be read, and is gone after the call.
 *
 *	err = VixDiskLib_Open(conn, lend_text("/a.vmdk"), 0, &disk);
 *	take_back();
 */
#ifndef CONTRACT_LENT_H
#define CONTRACT_LENT_H

#include <stddef.h>

/* A copy of @size bytes, at most a page of them. */
void *lend(const void *data, size_t size);

/* A copy of a string. */
char *lend_text(const char *text);

/* Whoever reads or writes anything that was lent before crashes from now on. */
void take_back(void);

#endif
