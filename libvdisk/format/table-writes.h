/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Writing grain tables: new grains at the end of the file, and the tables that name them, which
 * are gathered in memory and written together.
 *
 * Order on the disk:  [unclean mark, flush]  grains, new tables' room  -flush->  second copies,
 * first copies  [-flush->  directory entries of new tables]  -flush->  done.
 *
 * 1. No entry reaches the file before the grain that it names is durable: whatever moment a crash
 *    comes at, an entry is the old one or names a grain that is there.
 * 2. A grain or table gets a place that nobody uses: behind the end of the file.
 * 3. What is in memory is looked up before the file (vd_grain_tables_map()), and bounded.
 * 4. Everything here but vd_table_writes_find() needs the disk's lock exclusively.
 * 5. Only tables of 32-bit sector numbers are written.
 */
#ifndef VD_TABLE_WRITES_H
#define VD_TABLE_WRITES_H

#include <stdbool.h>
#include <stdint.h>

#include "grain-tables.h"

/* What differs between formats. */
struct vd_table_writes_ops {
	/* The mark of a file that is being written; not flushed here. */
	VixError (*set_unclean)(struct vd_extent *ex, bool is_unclean);
	/* The first sector behind all that is in use goes into the header.  NULL: no such field. */
	VixError (*set_end)(struct vd_extent *ex, uint64_t sector);
};

/**
 * vd_table_writes_open() - get ready to write the tables of an extent
 * @t:           open; its member writes is set
 * @end:         sector before which nothing is allocated
 * @was_unclean: it was marked when it was opened: then the mark stays until somebody has checked it
 *
 * Errors: OUT_OF_MEMORY
 */
VixError vd_table_writes_open(struct vd_extent *ex, struct vd_grain_tables *t,
			      const struct vd_table_writes_ops *ops, uint64_t end,
			      bool was_unclean);

/** vd_table_writes_settled() - somebody has checked the file and taken the mark away */
void vd_table_writes_settled(struct vd_grain_tables *t);

/** vd_table_writes_close() - flush, take the mark away where all went well, free */
void vd_table_writes_close(struct vd_grain_tables *t);

/** vd_table_writes_is_empty() - is no table in memory?  @w may be NULL */
bool vd_table_writes_is_empty(const struct vd_table_writes *w);

/** vd_table_writes_find() - the entries of a table that is in memory; NULL: it is not; @w may be NULL */
const unsigned char *vd_table_writes_find(const struct vd_table_writes *w, uint64_t table);

/**
 * vd_table_writes_alloc(), vd_table_writes_commit(), vd_table_writes_zero(),
 * vd_table_writes_flush() - slots of struct vd_format_ops
 */
VixError vd_table_writes_alloc(struct vd_grain_tables *t, uint64_t sector, uint64_t count,
			       struct vd_map *m_out);
void vd_table_writes_commit(struct vd_grain_tables *t, uint64_t sector, const struct vd_map *m);
VixError vd_table_writes_zero(struct vd_grain_tables *t, uint64_t sector, uint64_t count,
			      uint64_t *done_out);
VixError vd_table_writes_flush(struct vd_grain_tables *t);

/**
 * vd_table_writes_set() - one grain lies elsewhere now, or nowhere
 * @sector: of the extent, at the grain
 * @entry:  sector of the file, where its bytes have been written; VD_PLACE_ABSENT: it is given up
 *
 * The place that it had must not be used before the next flush has returned.
 * Errors: those of vd_table_writes_alloc()
 */
VixError vd_table_writes_set(struct vd_grain_tables *t, uint64_t sector, uint32_t entry);

/** vd_table_writes_changes() - a number that is another one after each change of a table */
uint64_t vd_table_writes_changes(const struct vd_grain_tables *t);

#endif
