/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Formats: where the guest sectors of one extent lie inside its store.
 *
 * 1. One primitive, map().  Reading, zero fill, falling through to the parent and allocation
 *    queries are written once, in disk-chain.c, on top of it.
 * 2. Sectors are 512 bytes and relative to the extent; store positions are bytes.
 * 3. vd_extent_map() checks the range, so a driver gets 1.. sectors inside the extent and answers
 *    a run of at least one; everything it answers lies inside its store.
 * 4. map() and read_packed() may run on several threads at once.
 * 5. Only the vd_extent_*() wrappers call slots.
 * 6. Who writes asks map() and writes to the store what is DATA.  For what is not, it asks alloc()
 *    for a place, appends the grains there, and tells commit().  All slots that change something
 *    need the disk's lock exclusively.
 */
#ifndef VD_FORMAT_H
#define VD_FORMAT_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../store/store.h"
#include "vixDiskLib.h"

#define VD_SECTOR_SIZE   512u
#define VD_SECTOR_SHIFT  9
#define VD_GRAIN_SECTORS 128u /* what VMware and qemu write */

enum vd_map_kind {
	VD_MAP_DATA,   /* in the store at off */
	VD_MAP_ZERO,   /* zeros, whatever the parent has */
	VD_MAP_ABSENT, /* not in this link: ask the parent; zeros at the base */
	VD_MAP_PACKED, /* part of one compressed grain: use vd_extent_read_packed() */
};

struct vd_map {
	enum vd_map_kind kind;
	uint64_t sectors;    /* length of the run, 1.. */
	uint64_t off;        /* DATA: byte offset in the store; PACKED: of the grain's marker */
	uint32_t packed_len; /* PACKED: bytes from off that probably hold the whole grain */
};

/* What a probe may look at; nothing else is read. */
struct vd_probe {
	const char *path;
	uint64_t size; /* of the store, bytes */
	const unsigned char *head;
	size_t head_len; /* up to VD_PROBE_BYTES */
};
#define VD_PROBE_BYTES 4096u

struct vd_cache;
struct vd_extent;
struct vd_grain_tables;
struct vd_report;

struct vd_format_ops {
	const char *name;  /* "sparse" */
	size_t state_size; /* of the driver's struct, whose first member is struct vd_extent */
	bool is_flat;      /* all is DATA; what lies in a hole of the store was never written */

	/* How sure are we, 0 (no) to 100?  No I/O.  NULL: never found by probing. */
	int (*score)(const struct vd_probe *p);
	/* ex->store, ex->start and (from a descriptor) ex->sectors are set; checks the store and
	 * fills what is missing.  A whole file of its own fills ex->sectors.  On failure it leaves
	 * nothing to free: close() is not called then. */
	VixError (*open)(struct vd_extent *ex);
	void (*close)(struct vd_extent *ex); /* frees the driver's own; may be NULL */
	VixError (*map)(struct vd_extent *ex, uint64_t sector, uint64_t count,
			struct vd_map *m_out);
	/* Copies @count guest sectors from @sector, inside the run that @m describes, to @buf.
	 * Needed with VD_MAP_PACKED. */
	VixError (*read_packed)(struct vd_extent *ex, const struct vd_map *m, uint64_t sector,
				uint64_t count, void *buf);
	/* Reads in order have come to @sector: get ready for those behind it, in the background.
	 * Returns at once; what fails is not told.  NULL: nothing can be gained. */
	void (*read_ahead)(struct vd_extent *ex, uint64_t sector);
	/* The embedded descriptor, for the caller to free(); *text_out stays NULL where this file
	 * has none.  NULL: the format never has one. */
	VixError (*descriptor)(struct vd_extent *ex, char **text_out, size_t *len_out);
	/* Puts another one in its place.  NULL: there is none. */
	VixError (*set_descriptor)(struct vd_extent *ex, const char *text, size_t len);

	bool is_writable; /* DATA may be written in place */
	/* A place at or behind the end of the store for whole grains, from @sector on, as many of
	 * @count sectors as it likes: all are ABSENT or ZERO.  Nothing changes before commit().
	 * NULL: none are. */
	VixError (*alloc)(struct vd_extent *ex, uint64_t sector, uint64_t count,
			  struct vd_map *m_out);
	/* The grains are there now: map() is to tell so. */
	void (*commit)(struct vd_extent *ex, uint64_t sector, const struct vd_map *m);
	/* Whole grains that are ABSENT become ZERO.  Needed where ex->has_zeros. */
	VixError (*zero)(struct vd_extent *ex, uint64_t sector, uint64_t count, uint64_t *done_out);
	/* Sectors of an extent that is written once, from its begin to its end: what was written
	 * before lies before @sector.  Then no other slot above is needed.  NULL: it is not so. */
	VixError (*put)(struct vd_extent *ex, uint64_t sector, uint64_t count, const void *buf);
	/* Its tables, where grains may be given up and moved (compact.h).  NULL: they may not. */
	struct vd_grain_tables *(*tables)(struct vd_extent *ex);
	/* All that was written becomes durable.  NULL: the store's flush does that. */
	VixError (*flush)(struct vd_extent *ex);
	/* Before an extent is written to that was not closed properly: mends its tables, and takes the
	 * mark away.  NULL: there are none. */
	VixError (*settle)(struct vd_extent *ex);
	/* Lays down in the file what the extent needs to have @sectors, more than it has, and changes
	 * @header, which is the first sector of the file, so that it tells of them: see grow.h.
	 * NULL: it can't have more. */
	VixError (*grow)(struct vd_extent *ex, uint64_t sectors, unsigned char *header);
	/* Looks for damage in an extent that nobody has written to since it was opened; mends it as
	 * report.h says if @r->repair, which needs it open for writing.  NULL: there is nothing to
	 * look at. */
	VixError (*check)(struct vd_extent *ex, struct vd_report *r);
};

struct vd_extent {
	const struct vd_format_ops *ops;
	struct vd_store *store; /* owned; NULL for extents without a file (ZERO) */
	uint64_t first;         /* guest sector of the disk at which the extent begins */
	uint64_t sectors;       /* its length */
	uint64_t start_off;     /* flat: byte offset in the store of its sector 0 */
	uint32_t grain_sectors; /* allocation unit; 1 where there is none */
	struct vd_cache *cache; /* borrowed; for tables and inflated grains */
	bool has_zeros;         /* grains can be marked as ZERO */
	bool is_put;            /* ops have a put(), but it was written to its end before */
	/* Writes that have ended, and as many of them as are durable at least. */
	_Atomic(uint64_t) n_writes, n_flushed;
};

/** vd_format_probe() - the format that recognises a file best; NULL when none does (raw data) */
const struct vd_format_ops *vd_format_probe(const struct vd_probe *p);

/**
 * vd_format_bad() - report what is wrong with a file
 * @code: DISK_INVALIDDISK, DISK_UNSUPPORTEDDISKVERSION or DISK_NOTSUPPORTED
 * @fmt:  the field and its value, for the log line that names the file
 *
 * Return: @code.
 */
VixError vd_format_bad(const struct vd_store *st, VixError code, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/** vd_format_tell_full() - log that a file can't get longer: its sector numbers have 32 bits */
void vd_format_tell_full(const struct vd_store *st);

/** vd_format_tell_unclean() - log that a file was not closed properly when it was last written */
void vd_format_tell_unclean(const struct vd_store *st);

/**
 * vd_extent_take_capacity() - settle the length of an extent, for open() of drivers
 * @capacity: sectors, as the file says: more than the descriptor names is fine
 *
 * Errors: DISK_INVALIDDISK  the descriptor names more
 */
VixError vd_extent_take_capacity(struct vd_extent *ex, uint64_t capacity);

/**
 * vd_extent_open() - an extent over a store
 * @store:   consumed, also on failure; NULL only for formats without a file
 * @sectors: length that the descriptor names; 0: as long as the file says
 * @start_off: byte offset of its first sector in the store (flat only)
 * @cache:   for tables and inflated grains, shared by all extents of a disk; borrowed until the
 *           extent is closed; NULL only for flat and zero
 *
 * Errors: DISK_INVALIDDISK  header or size inconsistent (logged with what is wrong)
 *         DISK_UNSUPPORTEDDISKVERSION, DISK_NOTSUPPORTED  a newer or unknown feature
 *         FILE_ERROR, OUT_OF_MEMORY
 */
VixError vd_extent_open(const struct vd_format_ops *ops, struct vd_store *store, uint64_t sectors,
			uint64_t start_off, struct vd_cache *cache, struct vd_extent **ex_out);

/** vd_extent_close() - close and free, the store too; NULL is fine */
void vd_extent_close(struct vd_extent *ex);

/**
 * vd_extent_map() - where a run of sectors lies
 * @sector: relative to the extent
 * @m_out:  filled: the first run, 1..@count sectors long
 *
 * Errors: DISK_INVALIDDISK  a table points outside the file; FILE_ERROR  a table can't be read;
 *         DISK_OUTOFRANGE   the range is not inside the extent
 */
VixError vd_extent_map(struct vd_extent *ex, uint64_t sector, uint64_t count, struct vd_map *m_out);

/** vd_extent_read_packed() - the bytes of a run of kind VD_MAP_PACKED; see the slot */
VixError vd_extent_read_packed(struct vd_extent *ex, const struct vd_map *m, uint64_t sector,
			       uint64_t count, void *buf);

/** vd_extent_read_ahead() - what is behind @sector will probably be read next; see the slot */
void vd_extent_read_ahead(struct vd_extent *ex, uint64_t sector);

/**
 * vd_extent_descriptor() - the descriptor inside the extent's own file
 * @text_out: filled: the text, for the caller to free(), with a NUL behind it; NULL: there is none
 * @len_out:  filled: its bytes; 1 MiB of it at most
 *
 * Errors: FILE_ERROR, OUT_OF_MEMORY
 */
VixError vd_extent_descriptor(struct vd_extent *ex, char **text_out, size_t *len_out);

/**
 * vd_extent_set_descriptor() - put another text in the place of the descriptor inside
 *
 * Errors: DISK_FULL  there is not so much room; FILE_READ_ONLY, FILE_ERROR, OUT_OF_MEMORY;
 *         NOT_SUPPORTED  this kind has none
 */
VixError vd_extent_set_descriptor(struct vd_extent *ex, const char *text, size_t len);

/**
 * vd_extent_check_writable() - may sectors of it be written?
 *
 * Errors: FILE_READ_ONLY  its file is not open for writing, or it has none
 *         NOT_SUPPORTED   its kind can only be read, or two extents share its tables
 */
VixError vd_extent_check_writable(const struct vd_extent *ex);

/**
 * vd_extent_append() - write whole grains that have no place yet
 * @sector: at a grain
 * @count:  sectors, whole grains; they may end behind the extent
 * @fill:   called once, writes the grains to m->off and behind with vd_store_append()
 * @done_out: filled: sectors that were written, 1..@count
 *
 * Errors: DISK_FULL, FILE_ERROR, OUT_OF_MEMORY; those of @fill
 */
typedef VixError vd_fill_fn(void *ctx, struct vd_store *st, const struct vd_map *m);
VixError vd_extent_append(struct vd_extent *ex, uint64_t sector, uint64_t count, vd_fill_fn *fill,
			  void *ctx, uint64_t *done_out);

/** vd_extent_zero() - whole grains become zeros where ex->has_zeros; see the slot */
VixError vd_extent_zero(struct vd_extent *ex, uint64_t sector, uint64_t count, uint64_t *done_out);

/** vd_extent_pwrite() - write in place: sectors that vd_extent_map() found to be DATA, at @off */
VixError vd_extent_pwrite(struct vd_extent *ex, const void *buf, size_t len, uint64_t off);

/** vd_extent_copy() - as vd_extent_pwrite(), bytes of another store; see vd_store_copy() */
VixError vd_extent_copy(struct vd_extent *ex, struct vd_store *from, uint64_t from_off, size_t len,
			uint64_t off, bool *done_out);

/**
 * vd_extent_put() - write sectors of an extent whose ops have a put(); see the slot
 *
 * Errors: NOT_SUPPORTED  some of them, or some behind them, were written before
 *         DISK_FULL, FILE_ERROR, OUT_OF_MEMORY
 */
VixError vd_extent_put(struct vd_extent *ex, uint64_t sector, uint64_t count, const void *buf);

/** vd_extent_flush() - make durable what was written; FILE_ERROR, DISK_FULL */
VixError vd_extent_flush(struct vd_extent *ex);

/** vd_extent_sync() - the same, but for tables; the disk's lock shared is enough */
VixError vd_extent_sync(struct vd_extent *ex);

/**
 * vd_extent_settle() - get ready an extent for writing that may not have been closed properly
 *
 * Its tables are compared with their second copies, and what a crash can leave there is mended.
 * Errors: DISK_NEEDSREPAIR  there is damage that can't be mended; FILE_ERROR, DISK_FULL,
 *         OUT_OF_MEMORY
 */
VixError vd_extent_settle(struct vd_extent *ex);

/**
 * vd_extent_check() - look for damage; see the slot
 *
 * What is found is in the report, and counted there: grains, or units of 64 KiB.
 * Errors: OUT_OF_MEMORY; when mending FILE_ERROR, DISK_FULL, FILE_READ_ONLY
 */
VixError vd_extent_check(struct vd_extent *ex, struct vd_report *r);

extern const struct vd_format_ops vd_format_flat;
extern const struct vd_format_ops vd_format_zero;
extern const struct vd_format_ops vd_format_sparse;
extern const struct vd_format_ops vd_format_streamopt;
extern const struct vd_format_ops vd_format_cowd;
extern const struct vd_format_ops vd_format_sesparse;

#endif
