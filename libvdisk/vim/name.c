/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Names; see name.h.
 */
#include "config.h"

#include "name.h"

#include <string.h>

#include "../../common/ascii.h"

/* What stands for itself in paths only; '\0': nothing that is escaped. */
static char escaped(const char *s, bool is_alone)
{
	if (is_alone && vu_ascii_ncasecmp(s, "%2f", 3) == 0)
		return '/';
	if (vu_ascii_ncasecmp(s, "%5c", 3) == 0)
		return '\\';
	return strncmp(s, "%25", 3) == 0 ? '%' : '\0';
}

void vim_name_unescape(char *name, bool is_alone)
{
	char *to = name;

	for (const char *s = name; *s != '\0'; s++) {
		char c = escaped(s, is_alone);

		*to++ = c != '\0' ? c : *s;
		s += c != '\0' ? 2 : 0;
	}
	*to = '\0';
}
