/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Cloning: a new disk of any kind that reads as another one.
 */
#ifndef VD_CLONE_H
#define VD_CLONE_H

#include <stdbool.h>

#include "create.h"
#include "disk.h"

/**
 * vd_clone() - copy a disk into new files
 * @store:       driver of the new files
 * @from:        open; nobody writes it meanwhile
 * @path:        of the copy
 * @spec:        what kind; its capacity is that of @from
 * @may_replace: what is at @path gives way, with all files that it consists of
 * @p:           started with vd_clone_work(); NULL: nobody is told
 *
 * Geometry, where the adapter stays, and what is known of the guest's tools go along.  Whatever goes
 * wrong, @path is as it was and nothing else is left.
 * Errors: INVALID_ARG          what is at @path is part of @from
 *         FILE_ALREADY_EXISTS  unless @may_replace; or a file that the copy needs is there and not part
 *                              of what it replaces
 *         FILE_ALREADY_LOCKED  what is at @path is open for writing
 *         those of vd_newfiles_begin(), vd_create_files(), vd_copy() and vd_newfiles_commit()
 * Test: unit/clone.c
 */
VixError vd_clone(const struct vd_store_ops *store, struct vd_disk *from, const char *path,
		  const struct vd_disk_spec *spec, bool may_replace, struct vd_progress *p);

/** vd_clone_work() - how much work it is, for vd_progress_start() */
uint64_t vd_clone_work(const struct vd_disk_spec *spec);

#endif
