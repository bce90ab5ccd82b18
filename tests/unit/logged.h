/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the library logs, kept for the test to look at:
 *
 *	tcase_add_checked_fixture(tc, logged_start, logged_stop);
 *	...
 *	ck_assert(logged_has("grainSize 3"));
 */
#ifndef LOGGED_H
#define LOGGED_H

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "log.h"

static char logged_text[8192]; /* since logged_start() or logged_clear(); what is too long is cut */

static inline void logged_add(const char *fmt, va_list ap)
{
	size_t len = strlen(logged_text);

	vsnprintf(logged_text + len, sizeof(logged_text) - len, fmt, ap);
}

static inline void logged_clear(void)
{
	logged_text[0] = '\0';
}

static inline void logged_start(void)
{
	static const struct vu_log_handlers handlers = { .log = logged_add, .warn = logged_add };

	logged_clear();
	vu_log_set_handlers(&handlers);
}

static inline void logged_stop(void)
{
	vu_log_set_handlers(NULL);
}

static inline bool logged_has(const char *text)
{
	return strstr(logged_text, text) != NULL;
}

#endif
