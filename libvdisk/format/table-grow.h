/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Tables for more grains, in the file of a sparse extent that is made longer.
 *
 *	... old file | redundant directory, second copies | directory, first copies | up to a grain
 *
 * A directory stays where it is as long as its last sector has room for the new entries.
 *
 * 1. Nothing that the old header reaches changes, but for sectors of the last grain behind the end.
 *    So it can be given up at any time: cut off the file.
 * 2. Tables without entries are holes of the file: the cost is 4 bytes for each table, twice.
 * 3. Nothing is durable before the caller flushes.
 */
#ifndef VD_TABLE_GROW_H
#define VD_TABLE_GROW_H

#include "grain-tables.h"

struct vd_table_growth {
	/* By the caller. */
	struct vd_extent *ex;
	struct vd_grain_tables *t; /* of @ex, which is open for writing and not written to */
	uint64_t sectors;          /* guest sectors that it is to have: more than it has */
	uint64_t end;              /* sectors of the file that are in use, whatever its length */
	bool has_all_tables;       /* grain tables are made here, not when a grain needs one */

	/* Filled. */
	uint64_t n_tables; /* of the directory */
	uint64_t gd, rgd;  /* sectors of the directories; rgd 0: there is none */
};

/**
 * vd_table_grow() - lay down what a longer extent needs; @g->end becomes the new end
 *
 * Errors: DISK_NOTNORMAL    there is content behind the end of the extent
 *         DISK_FULL         the file would be longer than 32-bit entries can tell, or no room
 *         DISK_INVALIDDISK, FILE_ERROR, OUT_OF_MEMORY
 * Source: docs/formats/making.md, "Growing".  Test: unit/grow.c
 */
VixError vd_table_grow(struct vd_table_growth *g);

#endif
