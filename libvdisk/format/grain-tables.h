/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The two-level tables of sparse extents: a grain directory (GD) whose entries tell the places of
 * grain tables (GTs), whose entries tell those of grains.  How wide the entries are and what their
 * bits mean, each format says in a struct vd_table_kind.
 *
 * 1. Opening costs at most 16 KiB, and only as far as the block cache grants it: larger
 *    directories, those of too many extents and all tables are read through the cache, in slabs.
 * 2. Every place that is given out lies outside the header, the descriptor and the directories.
 *    That grains end inside the file is checked by vd_extent_map().
 * 3. Looking up is thread-safe.  Of damage it is remembered what was found, so that it is neither
 *    tried nor reported again for each lookup; all else changes only through table-writes.h.
 */
#ifndef VD_GRAIN_TABLES_H
#define VD_GRAIN_TABLES_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "cache.h"
#include "format.h"

/* A run of sectors of the file. */
struct vd_sector_range {
	uint64_t first;
	uint64_t count;
};

#define VD_METADATA_RANGES_MAX 8

#define VD_GRAIN_MAX          16384u              /* sectors: 8 MiB */
#define VD_GTES_MAX           4096u               /* entries of a table */
#define VD_GRAIN_CAPACITY_MAX (UINT64_C(1) << 37) /* sectors: 64 TiB, so that products fit */

/* What an entry says when it is not the sector of a table or grain. */
#define VD_PLACE_ABSENT   0u
#define VD_PLACE_ZERO     1u                  /* grains only: no grain can be at sector 1 */
#define VD_PLACE_NONSENSE UINT64_MAX          /* no writer makes such an entry */
#define VD_PLACE_MAX      (UINT64_C(1) << 54) /* sectors below it have a byte offset */

struct vd_grain_tables;
struct vd_table_writes;

/* Entries, as they are in the file, to places: sectors below VD_PLACE_MAX, or one of the above. */
typedef void vd_places_fn(const struct vd_grain_tables *t, const unsigned char *entries, size_t n,
			  uint64_t *places_out);

struct vd_table_kind {
	unsigned entry_shift; /* log2 of an entry's bytes: 2 or 3 */
	vd_places_fn *tables; /* of a directory's entries */
	vd_places_fn *grains; /* of a table's entries */
};

struct vd_grain_tables {
	/* Set by the caller before vd_grain_tables_open(), then constant. */
	const struct vd_table_kind *kind;
	struct vd_store *store;
	struct vd_cache *cache;
	uint64_t gd, rgd; /* sectors; rgd 0: no redundant directory.  See vd_entries_inside(). */
	uint64_t n_tables;
	uint64_t tables_at, grains_at; /* where entries count from, for a kind that needs it */
	uint32_t gtes_per_gt;          /* power of two */
	uint32_t grain_sectors;        /* power of two */
	bool is_packed;                /* grains are compressed: no two of them make one run */
	/* Where no table or grain may be. */
	struct vd_sector_range metadata[VD_METADATA_RANGES_MAX];

	uint64_t slab_owner, sector_owner; /* in the cache; see vd_grain_tables_forget_all() */

	/* Set in open, then constant. */
	unsigned gt_shift, grain_shift; /* log2 of gtes_per_gt, grain_sectors */
	unsigned char *gd_bytes;        /* the whole directory; NULL: too large */
	size_t granted;                 /* bytes for it, from the cache */

	struct vd_table_writes *writes; /* tables that are newer than the file; NULL: none */

	atomic_bool has_warned;     /* about the use of the redundant directory */
	_Atomic uint64_t bad_slab;  /* the last one that could not be read whole */
	_Atomic uint64_t bad_table; /* the last one whose first copy could not be read */
};

/** vd_entries_bytes() - the bytes of @n entries of a directory or table */
static inline uint64_t vd_entries_bytes(const struct vd_grain_tables *t, uint64_t n)
{
	return n << t->kind->entry_shift;
}

/** vd_table_bytes() - the bytes of a whole table */
static inline size_t vd_table_bytes(const struct vd_grain_tables *t)
{
	return vd_entries_bytes(t, t->gtes_per_gt);
}

/**
 * vd_places_sectors() - 32-bit entries that are sectors; 0 absent, 1 zeros: for struct vd_table_kind
 */
void vd_places_sectors(const struct vd_grain_tables *t, const unsigned char *entries, size_t n,
		       uint64_t *places_out);

/**
 * vd_grain_tables_check() - are the numbers of a header such that tables can be made of them?
 * @grain:    sectors of a grain, a power of two
 * @gtes:     entries of a table, a power of two
 * @capacity: sectors
 *
 * Errors: DISK_INVALIDDISK
 */
VixError vd_grain_tables_check(const struct vd_store *st, uint64_t grain, uint64_t gtes,
			       uint64_t capacity);

/** vd_sectors_inside() - do sectors [@first, @first + @count) lie inside the file? */
bool vd_sectors_inside(const struct vd_store *st, uint64_t first, uint64_t count);

/** vd_entries_inside() - do @len bytes of entries lie inside the file, from @sector (not 0) on? */
bool vd_entries_inside(const struct vd_store *st, uint64_t sector, uint64_t len);

/**
 * vd_grain_tables_open() - get ready to look up
 * @t: the caller's part is filled, the rest zero
 *
 * Errors: FILE_ERROR  neither directory can be read; OUT_OF_MEMORY
 */
VixError vd_grain_tables_open(struct vd_grain_tables *t);

/** vd_grain_tables_close() - free what open took */
void vd_grain_tables_close(struct vd_grain_tables *t);

/**
 * vd_grain_tables_map() - where a run of sectors lies
 * @sector: first guest sector, inside the extent
 * @count:  sectors wanted, 1 or more, inside the extent
 * @m_out:  filled: 1 to @count sectors; may end early after some millions of grains
 *
 * Of a compressed grain, packed_len is the distance to the grain of the next table entry where
 * that is known and plausible, else the length of a grain and its marker.
 * Errors: DISK_INVALIDDISK  an entry points into metadata, a table out of the file
 *         FILE_ERROR, OUT_OF_MEMORY
 * Source: docs/formats/vmdk-sparse.md, "Lookup".  Test: unit/sparse.c
 */
VixError vd_grain_tables_map(struct vd_grain_tables *t, uint64_t sector, uint64_t count,
			     struct vd_map *m_out);

/**
 * vd_grain_tables_load() - a whole table, for changing it
 * @entries_out: filled: gtes_per_gt entries as they are in the file; 0 where there is no table
 * @places_out:  filled: the sectors of both copies, or VD_PLACE_ABSENT; where the first one can't
 *               be used, both are that of the second
 *
 * Errors: as vd_grain_tables_map()
 */
VixError vd_grain_tables_load(struct vd_grain_tables *t, uint64_t table, unsigned char *entries_out,
			      uint64_t places_out[2]);

/** vd_grain_tables_is_metadata() - do sectors touch the header, the descriptor, a directory? */
bool vd_grain_tables_is_metadata(const struct vd_grain_tables *t, uint64_t first, uint64_t count);

/** vd_grain_tables_is_table() - can a table be at @sector: inside the file, outside metadata? */
bool vd_grain_tables_is_table(const struct vd_grain_tables *t, uint64_t sector);

/** vd_grain_tables_forget() - bytes of the file have changed, some MiB of them at most */
void vd_grain_tables_forget(struct vd_grain_tables *t, uint64_t off, uint64_t len);

/** vd_grain_tables_forget_all() - the file ends elsewhere now; no other extent is in it */
void vd_grain_tables_forget_all(struct vd_grain_tables *t);

/**
 * vd_grain_tables_set_directory() - the directory entry of a table is in the file now: remember it
 * @sector: of the table
 */
void vd_grain_tables_set_directory(struct vd_grain_tables *t, uint64_t table, uint32_t sector);

#endif
