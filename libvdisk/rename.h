/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Renaming a disk, with all its files and what its descriptor says of them.
 */
#ifndef VD_RENAME_H
#define VD_RENAME_H

#include "store/store.h"

/**
 * vd_rename() - rename a disk
 * @path:     descriptor or single file of a disk that nobody has open for writing
 * @new_path: its new path, in the same file system
 *
 * Files that are named after the disk are named after its new name.  Where a child is moved to
 * another directory, its hint leads to the parent from there.
 * A kill leaves the disk under its old name, its new one or both, whole; only where the file system
 * has no hard links, a disk of several files may be left in two places, and can be put together
 * again by hand.
 * Errors: FILE_ALREADY_EXISTS  there is a file of one of the new names
 *         NOT_SUPPORTED        files in subdirectories can't be moved to another directory
 *         FILE_NAME_INVALID    the new name can't stand in a descriptor
 *         those of vd_diskfiles_open(), vd_newfiles_begin() and vd_names_move()
 * Test: unit/rename.c, api/manage.c
 */
VixError vd_rename(const struct vd_store_ops *store, const char *path, const char *new_path);

#endif
