/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Checking the files of a disk, for check.c: how long flat ones are, and what was left over beside
 * them.
 */
#ifndef VD_CHECK_FILES_H
#define VD_CHECK_FILES_H

#include "format/report.h"
#include "link.h"

/**
 * vd_check_sizes() - do flat files end where their extents do?
 *
 * What is behind the end is cut off if it is only zeros, as an interrupted Grow leaves it.
 * Errors: OUT_OF_MEMORY; FILE_ERROR, FILE_READ_ONLY when mending
 */
VixError vd_check_sizes(const struct vd_link *ln, struct vd_report *r);

/**
 * vd_check_left_over() - files of operations that were killed, and locks of processes that are gone
 * @path: of the disk
 *
 * Files that another process still works with are left alone.
 * Errors: OUT_OF_MEMORY
 */
VixError vd_check_left_over(const char *path, struct vd_report *r);

#endif
