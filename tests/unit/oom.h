/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Memory that runs short, for programs that are linked with $(oom_ldflags): only what this project
 * calls fails, not what libraries do inside.
 *
 *	oom_countdown = 3;     the third allocation from now fails
 *	...
 *	oom_countdown = 0;     no more
 */
#ifndef OOM_H
#define OOM_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

static unsigned oom_countdown; /* 0: none fails */

static bool oom_now(void)
{
	return oom_countdown != 0 && --oom_countdown == 0;
}

#define OOM_WRAP(type, name, params, args)                                       \
	type __real_##name params;                                               \
	type __wrap_##name params;                                               \
	type __wrap_##name params                                                \
	{                                                                        \
		return oom_now() ? (type)OOM_FAILED_##name : __real_##name args; \
	}

#define OOM_FAILED_malloc        NULL
#define OOM_FAILED_calloc        NULL
#define OOM_FAILED_aligned_alloc NULL
#define OOM_FAILED_reallocarray  NULL
#define OOM_FAILED_realloc       NULL
#define OOM_FAILED_strdup        NULL
#define OOM_FAILED_strndup       NULL
#define OOM_FAILED_vasprintf     -1

OOM_WRAP(void *, malloc, (size_t len), (len))
OOM_WRAP(void *, calloc, (size_t n, size_t len), (n, len))
OOM_WRAP(void *, aligned_alloc, (size_t align, size_t len), (align, len))
OOM_WRAP(void *, reallocarray, (void *p, size_t n, size_t len), (p, n, len))
OOM_WRAP(void *, realloc, (void *p, size_t len), (p, len))
OOM_WRAP(char *, strdup, (const char *s), (s))
OOM_WRAP(char *, strndup, (const char *s, size_t len), (s, len))
OOM_WRAP(int, vasprintf, (char **out, const char *fmt, va_list ap), (out, fmt, ap))

#endif
