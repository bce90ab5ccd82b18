/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The answer of CheckDisk: what a check has found, as programs see it.
 */
#ifndef VD_PROBLEMLIST_H
#define VD_PROBLEMLIST_H

#include "format/report.h"
#include "vixDiskLibExt.h"

/**
 * vd_problemlist_new() - a report for a program
 * @r:       of the check; borrowed
 * @rep_out: filled; vd_problemlist_free()
 *
 * Errors: OUT_OF_MEMORY
 */
VixError vd_problemlist_new(const struct vd_report *r, VixDiskLibCheckReport **rep_out);

/** vd_problemlist_free() - NULL is fine */
void vd_problemlist_free(VixDiskLibCheckReport *rep);

#endif
