/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Paths of disk files: what lies beside a descriptor, what leaves its directory.
 * Nothing here touches the disk.
 */
#ifndef VU_PATH_H
#define VU_PATH_H

#include <stdbool.h>

/**
 * vu_path_dirname() - the directory part ("." when there is none), for the caller to free()
 *
 * Only "/" separates.  NULL when memory is short.
 */
char *vu_path_dirname(const char *path);

/** vu_path_last() - what follows the last "/", inside @path; an empty string when it ends in one */
const char *vu_path_last(const char *path);

/**
 * vu_path_basename() - what follows the last "/" or "\\", inside @path
 *
 * An empty string when @path ends in one.
 */
const char *vu_path_basename(const char *path);

/**
 * vu_path_join() - @dir "/" @name, or @name where it is absolute; for the caller to free()
 *
 * NULL when memory is short.
 */
char *vu_path_join(const char *dir, const char *name);

/**
 * vu_path_beside() - the file @name that a descriptor at @descriptor names
 *
 * Relative names are looked for in the directory of the descriptor.
 * Return: a path for the caller to free(), NULL when memory is short.
 */
char *vu_path_beside(const char *descriptor, const char *name);

/**
 * vu_path_escapes() - does @name, taken relative to a directory, leave it?
 *
 * True for absolute names and for every ".." in it, also between backslashes, which somebody may
 * turn into slashes later.  Links on the disk are not looked at.
 */
bool vu_path_escapes(const char *name);

/** vu_path_has_suffix() - does @path end in @suffix, without regard to case? */
bool vu_path_has_suffix(const char *path, const char *suffix);

#endif
