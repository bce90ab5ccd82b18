/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Paths on datastores, as servers write them: "[datastore] dir/name".
 */
#ifndef VIM_DSPATH_H
#define VIM_DSPATH_H

#include <stdbool.h>
#include <stddef.h>

/* One taken apart; all point into the path. */
struct vim_dspath {
	const char *ds; /* name of the datastore: */
	size_t ds_len;
	const char *file; /* "dir/name", without a slash in front; never empty */
};

/** vim_dspath_split() - take a path apart; false: it is none */
bool vim_dspath_split(const char *path, struct vim_dspath *p_out);

/**
 * vim_dspath_make() - "[ds] dir/name", for free(); NULL: memory is short
 *
 * A file at the top is "[ds] /name", so that every path has a slash before the name.
 */
char *vim_dspath_make(const char *ds, size_t ds_len, const char *file);

/** vim_dspath_beside() - the file @name in the directory of @path, which is one; as vim_dspath_make() */
char *vim_dspath_beside(const char *path, const char *name);

/** vim_dspath_equal() - do two paths name the same file?  Blanks behind "]" and slashes don't count. */
bool vim_dspath_equal(const char *a, const char *b);

#endif
