/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Both copies of a grain table: what each entry is to be where they differ, or make no sense; for
 * table-check.c.  The rules are in docs/formats/checking.md, "Copies that differ".
 */
#ifndef VD_TABLE_COMPARE_H
#define VD_TABLE_COMPARE_H

#include "table-mend.h"

/**
 * vd_compare_copies() - compare the copies of a table, and make them alike if the report says so
 * @p: both of its entries are there
 *
 * The grains of all first copies are in @w->used, as far as its window goes.
 * Errors: as vd_mend_begin()
 */
VixError vd_compare_copies(struct vd_check_work *w, const struct vd_check_pair *p);

#endif
