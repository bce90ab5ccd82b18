/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Paths of disk files; see path.h.
 *
 * 1. Names inside disks may come from Windows: where that makes a check stricter, a backslash
 *    separates too.  Where a path is built, only "/" does.
 */
#include "config.h"

#include "path.h"

#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "ascii.h"

#define SEPARATORS "/\\"

/* Bytes of the directory part, without the slashes at its end unless they are all there is. */
static size_t dirname_len(const char *path)
{
	size_t len = strlen(path);

	while (len > 1 && path[len - 1] == '/')
		len--;
	while (len > 0 && path[len - 1] != '/')
		len--;
	while (len > 1 && path[len - 1] == '/')
		len--;
	return len;
}

char *vu_path_dirname(const char *path)
{
	size_t len = dirname_len(path);

	return len == 0 ? strdup(".") : strndup(path, len);
}

const char *vu_path_last(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash != NULL ? slash + 1 : path;
}

const char *vu_path_basename(const char *path)
{
	const char *base = path;

	for (const char *p = path; *p != '\0'; p++)
		if (strchr(SEPARATORS, *p) != NULL)
			base = p + 1;
	return base;
}

char *vu_path_join(const char *dir, const char *name)
{
	size_t len = strlen(dir);
	bool needs_slash = len > 0 && dir[len - 1] != '/';

	if (name[0] == '/')
		return strdup(name);
	return vu_asprintf("%s%s%s", dir, needs_slash ? "/" : "", name);
}

char *vu_path_beside(const char *descriptor, const char *name)
{
	const char *last = strrchr(descriptor, '/');

	if (name[0] == '/' || last == NULL)
		return strdup(name);
	return vu_asprintf("%.*s%s", (int)(last + 1 - descriptor), descriptor, name);
}

bool vu_path_escapes(const char *name)
{
	if (name[0] != '\0' && strchr(SEPARATORS, name[0]) != NULL)
		return true;
	while (*name != '\0') {
		size_t len = strcspn(name, SEPARATORS);

		if (len == 2 && memcmp(name, "..", 2) == 0)
			return true;
		name += len;
		name += strspn(name, SEPARATORS);
	}
	return false;
}

bool vu_path_has_suffix(const char *path, const char *suffix)
{
	size_t len = strlen(path), suffix_len = strlen(suffix);

	return suffix_len <= len && vu_ascii_casecmp(path + len - suffix_len, suffix) == 0;
}
