/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Paths of disk files: what lies beside a descriptor, what leaves its directory.
 * Nothing here touches the disk.
 */
#ifndef VU_PATH_H
#define VU_PATH_H

#include <stdbool.h>

/** vu_path_dirname() - the directory part ("." when there is none), for the caller to free() */
char *vu_path_dirname(const char *path);

/** vu_path_basename() - the last component, inside @path; understands "/" and "\\" */
const char *vu_path_basename(const char *path);

/** vu_path_join() - @dir "/" @name, or @name where it is absolute; for the caller to free() */
char *vu_path_join(const char *dir, const char *name);

/**
 * vu_path_beside() - the file @name that a descriptor at @descriptor names
 *
 * Relative names are looked for in the directory of the descriptor.
 * Return: a path for the caller to free(), NULL when memory is short.
 */
char *vu_path_beside(const char *descriptor, const char *name);

/** vu_path_escapes() - does @name, taken relative to a directory, leave it (absolute, "..")? */
bool vu_path_escapes(const char *name);

/** vu_path_has_suffix() - does @path end in @suffix, without regard to case? */
bool vu_path_has_suffix(const char *path, const char *suffix);

#endif
