/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Where the descriptor lies in a hosted sparse extent, for its check.
 */
#ifndef VD_KDMV_TEXT_H
#define VD_KDMV_TEXT_H

#include "kdmv.h"
#include "report.h"

/**
 * vd_kdmv_check_text() - does the descriptor lie where everybody looks for it?
 * @ex: of @t and @h, that nobody has written to
 *
 * Told, and mended, only where there is room for it in front: else nobody ever put it there.
 * Errors: when mending FILE_ERROR, DISK_FULL, FILE_READ_ONLY, OUT_OF_MEMORY
 * Source: docs/formats/making.md, "Growing".  Test: unit/grow.c
 */
VixError vd_kdmv_check_text(struct vd_extent *ex, struct vd_grain_tables *t,
			    const struct vd_kdmv *h, struct vd_report *r);

#endif
