/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Moving the grains of a sparse extent inside of its file, so that it can be cut off behind them, or
 * so that they lie in guest order.
 *
 *	VD_TRY(vd_compact_begin(t, order, &c));
 *	do
 *		VD_TRY(vd_compact_step(c, &n_done, &is_last));
 *	while (!is_last);
 *	vd_compact_end(c);
 *
 * 1. A grain is copied to a place that no entry names, that is made durable, and then the entry is
 *    changed: a crash at any moment leaves each grain where it was or where it is to be.
 * 2. The disk reads the same all along, and may be used between two steps.  If it got new grains
 *    there, all places are looked up again.
 * 3. A step moves 4 MiB of grains, or one.  Memory: that, and 4 bytes for each grain of the file.
 * 4. All of it needs the disk's lock exclusively.
 */
#ifndef VD_COMPACT_H
#define VD_COMPACT_H

#include <stdbool.h>
#include <stdint.h>

#include "grain-tables.h"

enum vd_compact_order {
	VD_COMPACT_ANY,   /* grains from the end fill the gaps: as few moves as can be */
	VD_COMPACT_GUEST, /* in guest order */
};

struct vd_compact;

/**
 * vd_compact_begin() - look up where all grains are
 * @ex:    a sparse extent that is open for writing
 * @t:     its tables
 * @c_out: filled; vd_compact_end()
 *
 * Flushes the tables.
 * Errors: NOT_SUPPORTED     its grains do not lie at multiples of their size from each other
 *         DISK_INVALIDDISK  two grains, or a grain and a table, share a place
 *         FILE_ERROR, OUT_OF_MEMORY
 */
VixError vd_compact_begin(struct vd_extent *ex, struct vd_grain_tables *t,
			  enum vd_compact_order order, struct vd_compact **c_out);

/** vd_compact_work() - how many grains there are: as many are done in the end */
uint64_t vd_compact_work(const struct vd_compact *c);

/**
 * vd_compact_step() - move some grains; after the last ones, cut off the file
 * @done_out:    filled: grains that lie where they are to be, for vd_progress_add()
 * @is_last_out: filled: all is done
 *
 * Errors: DISK_FULL, FILE_ERROR, OUT_OF_MEMORY; OBJECT_IS_BUSY  others write too much meanwhile
 */
VixError vd_compact_step(struct vd_compact *c, uint64_t *done_out, bool *is_last_out);

/** vd_compact_end() - forget it; NULL is fine */
void vd_compact_end(struct vd_compact *c);

#endif
