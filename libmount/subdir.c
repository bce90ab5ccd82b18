/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Names of directories for volumes; see subdir.h.  What volumes are called comes from the disk.
 */
#include "config.h"

#include "subdir.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "../common/alloc.h"
#include "volume.h"

#define MAX_NAME 100
#define MAX_SAME 8 /* volumes of a name that are counted: a guest may make thousands */
#define SAFE     "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._+-"

static char safe_char(char c)
{
	if (c == ' ' || c == '/')
		return '-';
	return c != '\0' && strchr(SAFE, c) != NULL ? c : '_';
}

static char *safe_name(const char *name)
{
	char *s = strndup(name[0] != '\0' ? name : "volume", MAX_NAME);

	if (s == NULL)
		return NULL;
	for (char *p = s; *p != '\0'; p++)
		*p = safe_char(*p);
	if (s[0] == '.')
		s[0] = '_';
	return s;
}

static bool is_taken(const struct vmnt_volume *v, const char *name)
{
	for (const struct vmnt_volume *it = v->set->volumes; it < v; it++)
		if (it->subdir != NULL && strcmp(it->subdir, name) == 0)
			return true;
	return false;
}

char *vmnt_subdir_name(const struct vmnt_volume *v)
{
	char *base = safe_name(v->info.name);
	char *name = base;

	for (unsigned i = 2; name != NULL && i <= MAX_SAME + 1 && is_taken(v, name); i++) {
		if (name != base)
			free(name);
		name = i <= MAX_SAME ? vu_asprintf("%s_%u", base, i)
				     : vu_asprintf("%s~%u", base, v->number);
	}
	if (name != base)
		free(base);
	return name;
}
