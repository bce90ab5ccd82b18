/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Looking for damage in grain tables, and mending it.
 *
 * What is looked for: tables and grains that are not inside the file, lie in metadata, or share
 * sectors with others; copies that differ; grains that no table names.
 *
 * What is mended, and how:
 *  - A first copy that says something counts: that is what everybody reads.  Where it says nothing,
 *    or nonsense, the second copy counts, if nobody else has the grain that it names.
 *  - A table that can't be found or read is made anew from its other copy.
 *  - Room behind the last grain is cut off.
 * Two entries for one grain, and entries that make no sense in any copy, stay.
 *
 * 1. Memory: 16 MiB for the map of the file (usage.h), 512 KiB for tables.  A file that is too long
 *    for a map of its sectors has one of its grains; one that is still too long, as one with grains
 *    of a sector may be, is looked at several times.
 * 2. Mending may be interrupted at any moment: nothing that could be read is lost, the mark of a
 *    file that was not closed is set meanwhile, and mending again ends as if nothing had been.
 * 3. Only tables of 32-bit sector numbers are mended.
 */
#ifndef VD_TABLE_CHECK_H
#define VD_TABLE_CHECK_H

#include "grain-tables.h"
#include "report.h"
#include "table-writes.h"

struct vd_table_check {
	/* By the caller. */
	struct vd_extent *ex;
	struct vd_grain_tables *t; /* of @ex, open */
	struct vd_report *report;
	uint64_t capacity; /* guest sectors that the tables are made for */
	uint64_t min_end;  /* sectors of the file that are in use whatever the tables say */
	bool is_unclean;   /* it was marked when it was opened */
	bool has_slack;    /* room behind or between grains is no leak */
	bool must_not_cut;
	const struct vd_table_writes_ops *ops; /* NULL: nothing is mended */
	/* Of compressed grains: is the one at @place sound?  What is wrong has been logged.  NULL:
	 * they are plain. */
	VixError (*look_at_packed)(struct vd_extent *ex, uint64_t grain, uint64_t place,
				   uint64_t *sectors_out);

	uint64_t end; /* filled: the sector behind all that is in use */
};

/**
 * vd_table_check() - look at all tables of an extent, and mend them if the report says so
 *
 * What is found is in the report.
 * Errors: OUT_OF_MEMORY; when mending FILE_ERROR, DISK_FULL, FILE_READ_ONLY
 * Test: unit/check.c, unit/check-crash.c
 */
VixError vd_table_check(struct vd_table_check *c);

/**
 * vd_table_settle() - before tables are written that were not closed properly
 * @c: as for vd_table_check(), but for the report
 * @is_unclean: they were not; false once they are settled
 *
 * Nothing is cut off.
 * Errors: DISK_NEEDSREPAIR  there is damage that can't be mended (logged), and those above
 * Test: unit/check.c, unit/write-crash.c
 */
VixError vd_table_settle(struct vd_table_check *c, bool *is_unclean);

#endif
