/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the libraries have logged, for tests of messages:
 *
 *	tcase_add_checked_fixture(tc, said_start, said_stop);
 *	...
 *	ck_assert(said("line 3"));
 */
#ifndef SAID_H
#define SAID_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "log.h"

static char said_text[1 << 16]; /* every line since said_start(), as far as there is room */

static inline void said_keep(const char *fmt, va_list args)
{
	size_t len = strlen(said_text);

	vsnprintf(said_text + len, sizeof(said_text) - len, fmt, args);
}

/* Forgets what was said and listens. */
static inline void said_start(void)
{
	static const struct vu_log_handlers handlers = { .log = said_keep, .warn = said_keep };

	said_text[0] = '\0';
	vu_log_set_handlers(&handlers);
}

static inline void said_stop(void)
{
	vu_log_set_handlers(NULL);
}

static inline bool said(const char *text)
{
	return strstr(said_text, text) != NULL;
}

/* How many lines were said. */
static inline unsigned said_lines(void)
{
	unsigned n = 0;

	for (const char *p = said_text; (p = strchr(p, '\n')) != NULL; p++)
		n++;
	return n;
}

static inline bool said_nothing(void)
{
	return said_text[0] == '\0';
}

#endif
