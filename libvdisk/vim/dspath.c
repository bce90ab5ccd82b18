/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Paths on datastores; see dspath.h.
 */
#include "config.h"

#include "dspath.h"

#include <string.h>

#include "../../common/alloc.h"

/* Behind the name of the datastore, which may have brackets in it. */
static const char *find_end(const char *path)
{
	const char *end = strstr(path, "] ");

	return end != NULL ? end : strchr(path, ']');
}

bool vim_dspath_split(const char *path, struct vim_dspath *p_out)
{
	const char *end = path[0] == '[' ? find_end(path) : NULL;

	if (end == NULL || end == path + 1)
		return false;
	p_out->ds = path + 1;
	p_out->ds_len = (size_t)(end - p_out->ds);
	end++;
	end += strspn(end, " ");
	p_out->file = end + strspn(end, "/");
	return p_out->file[0] != '\0';
}

char *vim_dspath_make(const char *ds, size_t ds_len, const char *file)
{
	return vu_asprintf("[%.*s] %s%s", (int)ds_len, ds, strchr(file, '/') != NULL ? "" : "/",
			   file);
}

char *vim_dspath_beside(const char *path, const char *name)
{
	struct vim_dspath p = { 0 };
	const char *slash;

	if (!vim_dspath_split(path, &p))
		return NULL;
	slash = strrchr(p.file, '/');
	return vu_asprintf("[%.*s] %.*s/%s", (int)p.ds_len, p.ds,
			   slash != NULL ? (int)(slash - p.file) : 0, p.file, name);
}

bool vim_dspath_equal(const char *a, const char *b)
{
	struct vim_dspath pa, pb;

	if (!vim_dspath_split(a, &pa) || !vim_dspath_split(b, &pb))
		return false;
	return pa.ds_len == pb.ds_len && memcmp(pa.ds, pb.ds, pa.ds_len) == 0 &&
	       strcmp(pa.file, pb.file) == 0;
}
