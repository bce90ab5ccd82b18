/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Looking for damage in one disk, and mending it: header, tables and grains of its extents
 * (format/table-check.h), descriptor and files, parents, and what was left over beside it.
 *
 * 1. Parents are opened, to see whether they are the right ones; they are neither looked through
 *    nor changed.
 * 2. What no other program may do with the disk meanwhile, the locks of a writer keep it from, when
 *    there is something to mend.
 * 3. Content is read only where it is compressed.
 */
#ifndef VD_CHECK_H
#define VD_CHECK_H

#include "format/report.h"
#include "store/store.h"

/**
 * vd_check_and_mend() - look for damage in a disk that this process has not open for writing
 * @store: driver for its files
 * @path:  descriptor, single-file disk or raw data
 * @flags: enum vd_chain_flags; EXTENTS_ANYWHERE counts
 * @r:     all zero but for repair; filled; vd_report_free() in any case
 *
 * What is found is in the report, and vd_report_result() tells what it comes to.
 * Errors: the check could not be made, or not be finished:
 *         those of vd_store_open() for @path; FILE_ALREADY_LOCKED  somebody writes it
 *         OUT_OF_MEMORY; when mending FILE_READ_ONLY, DISK_FULL, FILE_ERROR
 * Test: unit/check.c, unit/check-crash.c, api/check.c
 */
VixError vd_check_and_mend(const struct vd_store_ops *store, const char *path, unsigned flags,
			   struct vd_report *r);

#endif
