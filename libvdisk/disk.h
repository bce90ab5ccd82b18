/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * An open disk: what a VixDiskLibHandle stands for, whatever it is made of.
 *
 * 1. Only the vd_disk_*() wrappers call slots; they own the checks of range, read-only, zero
 *    length and NULL, so a driver gets valid requests and answers all or an error.
 * 2. Reads, and writes where sectors have their place, may run on several threads at once: they
 *    hold @lock shared.  What changes the layout or the metadata holds it exclusively.
 * 3. Positions are sectors of 512 bytes.
 * 4. A child after a fork has its parent's disks to close them: it writes and flushes nothing.
 *
 * Lock ranks, taken low before high, never two of one rank:
 *   1 runtime  2 connection  3 disk set, writers  4 disk (rwlock)  5 link and table caches  6 store
 *   7 HTTP pool  8 workers, asynchronous requests  9 log sink
 */
#ifndef VD_DISK_H
#define VD_DISK_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "vixDiskLibExt.h"

struct vd_disk;
struct vd_store;
struct vd_used;
struct vd_writer;

/* A run of guest sectors that is allocated or not; return false to stop. */
typedef bool vd_run_fn(uint64_t sector, uint64_t count, bool allocated, void *ctx);
/* What there is in a run; return false to stop. */
typedef bool vd_map_fn(const VixDiskLibMapRun *run, void *ctx);
/* A key of the disk data base; return false to stop. */
typedef bool vd_key_fn(const char *key, const char *value, void *ctx);

struct vd_disk_info {
	VixDiskLibGeometry bios_geo;
	VixDiskLibGeometry phys_geo;
	VixDiskLibAdapterType adapter;
	uint64_t capacity;       /* sectors */
	int links;               /* 1: base only */
	const char *parent_hint; /* NULL for a base */
	const char *uuid;        /* NULL when it has none */
	uint32_t logical_sector_size;
	uint32_t physical_sector_size;
};

/* Where a run of sectors lies, as they are read. */
struct vd_place {
	uint64_t sectors;
	struct vd_store
		*st;  /* borrowed as long as the disk is open; NULL: in no file as they are */
	uint64_t off; /* in it, bytes */
};

struct vd_disk_ops {
	void (*close)(struct vd_disk *d); /* frees the driver's own */
	VixError (*pread)(struct vd_disk *d, uint64_t sector, uint64_t count, void *buf);
	VixError (*pwrite)(struct vd_disk *d, uint64_t sector, uint64_t count,
			   const void *buf); /* NULL: NOT_SUPPORTED */
	/* With the lock shared: writes all if that changes no layout; else nothing, and *done_out is
	 * false.  NULL: it always may. */
	VixError (*pwrite_in_place)(struct vd_disk *d, uint64_t sector, uint64_t count,
				    const void *buf, bool *done_out);
	VixError (*flush)(struct vd_disk *d); /* NULL: nothing to do */
	/* With the lock shared: as much of it as can be; *done_out: that was all.  Files may take
	 * long, and nobody can read while flush runs.  NULL: nothing can be. */
	VixError (*flush_in_place)(struct vd_disk *d, bool *done_out);
	/* Ascending, touching runs that cover the range. */
	VixError (*extents)(struct vd_disk *d, uint64_t sector, uint64_t count, vd_run_fn *fn,
			    void *ctx);
	/* The same with more to tell.  NULL: NOT_SUPPORTED. */
	VixError (*map)(struct vd_disk *d, uint64_t sector, uint64_t count, vd_map_fn *fn,
			void *ctx);
	/* The first run of 1..@count sectors.  NULL: no place is known. */
	VixError (*locate)(struct vd_disk *d, uint64_t sector, uint64_t count,
			   struct vd_place *place_out);
	/* With the lock shared: as pwrite_in_place(), the bytes being those of a file, if they can go
	 * from file to file.  NULL: they can't. */
	VixError (*copy_in_place)(struct vd_disk *d, uint64_t sector, const struct vd_place *from,
				  bool *done_out);
	void (*info)(struct vd_disk *d, struct vd_disk_info *out); /* strings as of meta_get() */
	/* The value, borrowed until the disk is next changed; NULL: absent. */
	const char *(*meta_get)(struct vd_disk *d, const char *key);
	VixError (*meta_each)(struct vd_disk *d, vd_key_fn *fn, void *ctx);
	VixError (*meta_set)(struct vd_disk *d, const char *key, const char *value);
	VixError (*parent_set)(struct vd_disk *d, const char *hint, uint32_t cid);
	/* See vd_disk_check_attach(); both disks are of this driver.  NULL, as the next two: never. */
	VixError (*check_attach)(struct vd_disk *parent, struct vd_disk *child);
	VixError (*attach)(struct vd_disk *parent, struct vd_disk *child);
	/* With the lock exclusive. */
	VixError (*become_parent)(struct vd_disk *d, char **path_out, uint32_t *cid_out);
};

struct vd_disk {
	const struct vd_disk_ops *ops;
	const char *mode;           /* transport mode, static */
	const char *path;           /* the driver's, for messages; NULL: it has none */
	uint64_t capacity;          /* sectors; set in open, changed under lock exclusive */
	bool readonly;              /* set in open, then constant */
	bool is_in_order;           /* writes are to come in the order of sectors; likewise */
	unsigned forks;             /* vu_forks() at open */
	pthread_rwlock_t lock;      /* see invariant 2; prefers writers: never taken twice */
	struct vd_writer *writer;   /* writers.h: it may have several owners; NULL: it has one */
	struct vd_used *used;       /* used.h: what is used of it; owned; NULL: its files tell */
	void *held;                 /* lives as long as the disk; set in open, then constant */
	void (*let_go)(void *held); /* when the disk is closed; NULL: nothing is held */
};

/** vd_disk_init() - set up the base of a driver's disk; a driver's open calls it */
void vd_disk_init(struct vd_disk *d, const struct vd_disk_ops *ops, const char *mode,
		  uint64_t capacity, bool readonly);

/**
 * vd_disk_close() - flush, close, free; @d is its driver's first member; NULL is fine
 *
 * Of a disk with several owners only the last one closes it.
 */
void vd_disk_close(struct vd_disk *d);

/**
 * vd_disk_check_range() - may these sectors be read or written?
 * @what: the verb for the log: "read"
 *
 * Errors: DISK_OUTOFRANGE
 */
VixError vd_disk_check_range(struct vd_disk *d, const char *what, uint64_t sector, uint64_t count);

/**
 * vd_disk_read() - guest sectors into memory
 * @sector: first sector
 * @count:  sectors, 1..
 * @buf:    @count * 512 bytes
 *
 * Errors: INVALID_ARG       @count is 0 or @buf NULL
 *         DISK_OUTOFRANGE   beyond the end; nothing is transferred
 *         DISK_INVALIDDISK, FILE_ERROR  from the layers below
 */
VixError vd_disk_read(struct vd_disk *d, uint64_t sector, uint64_t count, void *buf);

/**
 * vd_disk_write() - memory to guest sectors
 *
 * Errors: as vd_disk_read(); FILE_READ_ONLY; NOT_SUPPORTED where the driver can't write
 */
VixError vd_disk_write(struct vd_disk *d, uint64_t sector, uint64_t count, const void *buf);

/** vd_disk_flush() - make completed writes durable; VIX_OK on read-only and inherited disks */
VixError vd_disk_flush(struct vd_disk *d);

/**
 * vd_disk_extents() - which sectors of a range are allocated, over the whole chain
 * @fn: called with ascending, touching runs that cover the range, unless it ends that; no two that
 *      touch are alike.  Called with the disk's lock held, shared.
 *
 * No runs for a @count of 0.
 * Errors: DISK_OUTOFRANGE, DISK_INVALIDDISK, FILE_ERROR
 */
VixError vd_disk_extents(struct vd_disk *d, uint64_t sector, uint64_t count, vd_run_fn *fn,
			 void *ctx);

/**
 * vd_disk_map() - what there is in a range of sectors, and where
 * @fn: as for vd_disk_extents()
 *
 * Errors: DISK_OUTOFRANGE, DISK_INVALIDDISK, FILE_ERROR; NOT_SUPPORTED  this kind of disk can't tell
 */
VixError vd_disk_map(struct vd_disk *d, uint64_t sector, uint64_t count, vd_map_fn *fn, void *ctx);

/**
 * vd_disk_locate() - where the first of some sectors lie, over the whole chain
 * @place_out: filled: a run of 1..@count sectors that is in one file, or in none.  Good until the
 *             disk is next written.
 *
 * Errors: as vd_disk_extents(); INVALID_ARG  @count is 0
 */
VixError vd_disk_locate(struct vd_disk *d, uint64_t sector, uint64_t count,
			struct vd_place *place_out);

/**
 * vd_disk_copy_from() - write sectors from where others lie, without memory between
 * @from:     bytes of an open file
 * @done_out: filled; false: that can't be, and nothing was written, or part of it; vd_disk_write()
 *
 * Errors: as vd_disk_write()
 */
VixError vd_disk_copy_from(struct vd_disk *d, uint64_t sector, const struct vd_place *from,
			   bool *done_out);

/** vd_disk_info_fn - gets what is told of a disk; strings are good until it returns */
typedef VixError vd_disk_info_fn(const struct vd_disk_info *info, void *ctx);

/** vd_disk_get_info() - call @fn once with geometry, adapter, links; its error is told */
VixError vd_disk_get_info(struct vd_disk *d, vd_disk_info_fn *fn, void *ctx);

/**
 * vd_disk_get_meta() - a value of the disk data base
 * @key:       without "ddb."
 * @value_out: filled: for the caller to free(); NULL: absent
 *
 * Errors: OUT_OF_MEMORY
 */
VixError vd_disk_get_meta(struct vd_disk *d, const char *key, char **value_out);

/**
 * vd_disk_set_meta() - add or replace a value of the disk data base
 *
 * Errors: FILE_READ_ONLY  the disk is; NOT_SUPPORTED  it has no such thing
 *         INVALID_ARG     key or value is not possible
 *         DISK_FULL, FILE_ERROR, OUT_OF_MEMORY
 */
VixError vd_disk_set_meta(struct vd_disk *d, const char *key, const char *value);

/**
 * vd_disk_set_parent() - where the newest link finds its parent from its next opening on
 *
 * Errors: as vd_disk_set_meta(), and DISK_ATTACH_ROOTLINK  it is made to have none
 */
VixError vd_disk_set_parent(struct vd_disk *d, const char *hint, uint32_t cid);

/** vd_disk_each_meta() - every key of the disk data base, in order; OUT_OF_MEMORY */
VixError vd_disk_each_meta(struct vd_disk *d, vd_key_fn *fn, void *ctx);

/**
 * vd_disk_check_attach() - could a disk be the parent of another one?
 * @child: open as a single link
 *
 * Errors: DISK_CAPACITY_MISMATCH  the disks differ in size
 *         DISK_PARENT_NOTALLOWED  @child has its parents already, or @parent has no content ID
 *         DISK_ATTACH_ROOTLINK    @child is made to have no parent
 *         DISK_CID_MISMATCH       @child was made on another state of @parent
 *         DISK_INVALIDCHAIN       @child is in @parent
 *         DISK_TOOMANYREDO        the chain would be too long
 *         NOT_SUPPORTED           disks of this kind have no parents
 */
VixError vd_disk_check_attach(struct vd_disk *parent, struct vd_disk *child);

/**
 * vd_disk_attach() - put a disk under another one as its parent
 * @parent: without handle, used by nobody else; the child's from now on, unless it fails
 *
 * Errors: those of vd_disk_check_attach() and vd_disk_flush(); OUT_OF_MEMORY
 *         OBJECT_IS_BUSY  @parent is open for writing through another handle, too
 */
VixError vd_disk_attach(struct vd_disk *parent, struct vd_disk *child);

/**
 * vd_disk_become_parent() - a child of this disk is about to be made
 * @path_out: filled: of the file that a child's hint is to lead to; for free()
 * @cid_out:  filled: the content ID that the child expects
 *
 * The next write gives the disk another one.
 * Errors: DISK_PARENT_NOTALLOWED  it has no content ID
 *         NOT_SUPPORTED           disks of this kind have no children
 *         OUT_OF_MEMORY
 */
VixError vd_disk_become_parent(struct vd_disk *d, char **path_out, uint32_t *cid_out);

#endif
