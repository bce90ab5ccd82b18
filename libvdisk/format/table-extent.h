/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Extents that are a header and grain tables, for plain grains: what they have in common, and the
 * slots of struct vd_format_ops that are alike.
 *
 *	struct sparse {
 *		struct vd_table_extent te;	first
 *		...
 *	};
 *
 * A driver's open() fills them from the header, opens the tables, and ends with
 * vd_table_extent_open_writes() where it has writes_ops.
 */
#ifndef VD_TABLE_EXTENT_H
#define VD_TABLE_EXTENT_H

#include "format.h"
#include "grain-tables.h"
#include "report.h"
#include "table-writes.h"

struct vd_table_extent {
	struct vd_extent base;
	struct vd_grain_tables tables;
	/* As the header has it; set in open, then constant but for is_unclean. */
	uint64_t capacity; /* guest sectors that the tables are made for */
	uint64_t min_end;  /* sectors of the file that are in use whatever the tables say */
	bool has_slack;    /* room behind or between grains is no leak */
	bool is_unclean;   /* it was not closed properly, and nobody has settled it */
	const struct vd_table_writes_ops *writes_ops; /* NULL: it is only read */
};

/** vd_table_extent_of() - the same extent */
static inline struct vd_table_extent *vd_table_extent_of(struct vd_extent *ex)
{
	return (struct vd_table_extent *)ex;
}

/**
 * vd_table_extent_open_writes() - get ready to write, where the store is open for that
 * @te:  its tables are open; closed on failure
 * @end: sector before which nothing is allocated
 *
 * Errors: OUT_OF_MEMORY
 */
VixError vd_table_extent_open_writes(struct vd_table_extent *te, uint64_t end);

/**
 * vd_table_extent_close(), .. - slots of struct vd_format_ops
 *
 * Those that write: only where there are writes_ops.
 */
void vd_table_extent_close(struct vd_extent *ex);
VixError vd_table_extent_map(struct vd_extent *ex, uint64_t sector, uint64_t count,
			     struct vd_map *m_out);
VixError vd_table_extent_alloc(struct vd_extent *ex, uint64_t sector, uint64_t count,
			       struct vd_map *m_out);
void vd_table_extent_commit(struct vd_extent *ex, uint64_t sector, const struct vd_map *m);
VixError vd_table_extent_zero(struct vd_extent *ex, uint64_t sector, uint64_t count,
			      uint64_t *done_out);
struct vd_grain_tables *vd_table_extent_tables(struct vd_extent *ex);
VixError vd_table_extent_flush(struct vd_extent *ex);
VixError vd_table_extent_settle(struct vd_extent *ex);
VixError vd_table_extent_check(struct vd_extent *ex, struct vd_report *r);

/**
 * vd_table_extent_check_to() - as the slot
 * @end_out: filled: the sector behind all that is in use
 */
VixError vd_table_extent_check_to(struct vd_extent *ex, struct vd_report *r, uint64_t *end_out);

#endif
