/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A disk made of a chain of links, each a descriptor and its extents: what local VMDK files are.
 *
 *   struct vd_disk (disk.h)
 *     links[0] base … links[n-1] newest (link.h)
 *       descriptor (NULL for raw files), extents[] in guest order (format/format.h)
 *
 * 1. No link is larger than the one above it.
 * 2. Links change only under the disk's lock, exclusive, so reading takes no lock but that.
 * 3. What is remembered of regions is true: a link that is skipped has nothing there.
 */
#ifndef VD_DISK_CHAIN_H
#define VD_DISK_CHAIN_H

#include <stdatomic.h>

#include "../common/array.h"
#include "disk.h"
#include "link.h"
#include "shared.h"

#define VD_CHAIN_MAX         255u        /* links; more is taken for damage */
#define VD_CHAIN_EXTENTS_MAX 131072u     /* of all links: as many as 32 snapshots of 16 TiB need */
#define VD_CHAIN_TABLES_MAX  16u         /* extents that have tables in memory at a time */
#define VD_CHAIN_TEXT_MAX    (16u << 20) /* bytes of all descriptors */

enum vd_chain_flags {
	VD_CHAIN_WRITE = 1,
	VD_CHAIN_SINGLE_LINK = 2, /* leave the parents alone; what this link lacks reads as zeros */
	VD_CHAIN_UNBUFFERED = 4,
	VD_CHAIN_EXTENTS_ANYWHERE = 8, /* extents outside of the descriptor's directory, devices
					* too; parents wherever a hint leads, and of any file */
	VD_CHAIN_ANY_CID = 16, /* a parent that was changed will do where there is no other */
};

struct vd_chain {
	struct vd_disk disk;              /* first: a disk is cast to its chain */
	VU_ARRAY(struct vd_link *) links; /* base first; never empty once open */
	struct vd_cache *cache;           /* of all extents */
	bool partial;                     /* the first link has a parent that was left alone */
	struct vd_disk *attached;         /* a chain below; its links are the first n_attached */
	size_t n_attached;

	_Atomic(unsigned char)
		*regions;      /* chain-regions.c: for each region, a state for each link */
	unsigned region_shift; /* log2 of a region's sectors */

	/* Of writing; guarded by the disk's lock. */
	bool is_changed; /* the content ID was, since the chain was opened */
	size_t n_with_tables;
	const struct vd_extent *with_tables[VD_CHAIN_TABLES_MAX]; /* perhaps, in memory */

	/* Hints: wrong ones cost time, nothing else. */
	_Atomic(uint64_t) read_end; /* where the last read ended */
	atomic_uint n_in_order;     /* reads so far that began where the one before ended */
	struct vd_share share;      /* large reads */
};

/** vd_chain_newest() - the link that is written, and whose descriptor is the disk's */
static inline struct vd_link *vd_chain_newest(const struct vd_chain *chain)
{
	return chain->links.v[chain->links.n - 1];
}

/**
 * vd_chain_open() - open a disk and, unless told otherwise, its parents
 * @store: driver for every file of the chain
 * @path:  descriptor, single-file disk or raw data
 * @flags: enum vd_chain_flags, or-ed
 * @d_out: filled; vd_disk_close()
 *
 * A parent is looked for by its hint: the file of that name beside the child; the hint itself,
 * relative to the child's directory, if it stays inside; the file of that name in the directory of
 * that name beside the child's.  The first one with the CID that the child expects is taken.
 * Parents are never opened for writing.
 * Errors: those of vd_store_open() and vd_link_open(), for any file of the chain, and
 *         DISK_OPENPARENT         a parent, or a file of one, is missing
 *         DISK_CID_MISMATCH       a parent was changed after its child was made
 *         DISK_CAPACITY_MISMATCH  a parent is larger than its child
 *         DISK_INVALIDCHAIN       a disk is its own ancestor, or a parent is raw data
 *         DISK_TOOMANYREDO        more than VD_CHAIN_MAX links, or than VD_CHAIN_EXTENTS_MAX extents
 *                                 or VD_CHAIN_TEXT_MAX bytes of descriptors in all of them
 *         DISK_NOTSUPPORTED       a link with a parent that may be a raw disk, by its name
 * Source: docs/formats/vmdk-descriptor.md, "Parents".  Test: unit/chain-open.c
 */
VixError vd_chain_open(const struct vd_store_ops *store, const char *path, unsigned flags,
		       struct vd_disk **d_out);

/**
 * vd_chain_open_listed() - as vd_chain_open(), but somebody knows which files the chain has
 * @paths: of the @n links, newest first, as @store takes them
 *
 * Hints are not looked at; content IDs and sizes must fit all the same.
 * Errors: also DISK_OPENPARENT    the last one needs a parent
 *              DISK_INVALIDCHAIN  another one has none
 */
VixError vd_chain_open_listed(const struct vd_store_ops *store, const char *const *paths, size_t n,
			      unsigned flags, struct vd_disk **d_out);

/* A link, and why the chain is not to be opened from there on. */
struct vd_survey {
	const struct vd_link *link;
	VixError problem; /* with its parent */
	const char
		*places;   /* DISK_OPENPARENT: where that was looked for; each with its NUL, and one
			     * more; else NULL */
	size_t places_len; /* with all NULs */
};
typedef VixError vd_survey_fn(const struct vd_survey *found, void *ctx);

/**
 * vd_chain_survey() - look at a disk and its parents, as far down as they go
 * @store, @path, @flags: as for vd_chain_open(), without WRITE and SINGLE_LINK
 * @fn: called for each link, newest first; its error ends the survey, and is returned
 *
 * A parent that was changed is gone into, with the problem DISK_CID_MISMATCH; so is one that is too
 * large.  Any other problem is the last link's.
 * Errors: those of opening the newest link; those of @fn; OUT_OF_MEMORY
 */
VixError vd_chain_survey(const struct vd_store_ops *store, const char *path, unsigned flags,
			 vd_survey_fn *fn, void *ctx);

/**
 * vd_chain_remember_regions() - remember from now on which regions of the disk a link lacks
 *
 * For chains of one link this is nothing.
 * Errors: OUT_OF_MEMORY
 */
VixError vd_chain_remember_regions(struct vd_chain *chain);

/** vd_chain_mark_occupied() - the newest link has got something in these sectors; lock exclusive */
void vd_chain_mark_occupied(struct vd_chain *chain, uint64_t sector, uint64_t count);

/**
 * vd_chain_skip_empty() - the newest link that may have something around a sector
 * @level:  index of the newest link that counts
 * @sector: of the disk, inside its capacity
 * @end:    lowered to where the answer ends to hold
 *
 * Return: @level, or the index of an older link: those in between lack [@sector, @end).
 */
size_t vd_chain_skip_empty(const struct vd_chain *chain, size_t level, uint64_t sector,
			   uint64_t *end);

/**
 * vd_chain_walk() - the pieces of a range, from whichever link has them
 * @fn: called in ascending order; its error ends the walk
 *
 * What no link has is ABSENT in the base.  Lock: the disk's, shared.
 * Errors: those of vd_link_map(), of @fn
 */
typedef VixError vd_piece_fn(const struct vd_piece *p, void *ctx);
VixError vd_chain_walk(struct vd_disk *d, uint64_t sector, uint64_t count, vd_piece_fn *fn,
		       void *ctx);

/** vd_chain_map() - a slot of struct vd_disk_ops: what vd_chain_walk() finds, neighbours joined */
VixError vd_chain_map(struct vd_disk *d, uint64_t sector, uint64_t count, vd_map_fn *fn, void *ctx);

/**
 * vd_chain_check_attach(), vd_chain_attach(), vd_chain_become_parent() - slots of struct vd_disk_ops
 *
 * The child must be a single link whose parent was left alone, and that parent the chain's newest
 * link, by size and content ID.
 */
VixError vd_chain_check_attach(struct vd_disk *parent, struct vd_disk *child);
VixError vd_chain_attach(struct vd_disk *parent, struct vd_disk *child);
VixError vd_chain_become_parent(struct vd_disk *d, char **path_out, uint32_t *cid_out);

/**
 * vd_chain_get_info(), vd_chain_get_meta(), vd_chain_each_meta() - slots of struct vd_disk_ops
 *
 * The data base is looked up from the newest link to the base.  Geometry that no link tells is
 * computed from the capacity.
 */
void vd_chain_get_info(struct vd_disk *d, struct vd_disk_info *out);
const char *vd_chain_get_meta(struct vd_disk *d, const char *key);
VixError vd_chain_each_meta(struct vd_disk *d, vd_key_fn *fn, void *ctx);

/* disk-chain.c: what vd_chain_open() makes */
extern const struct vd_disk_ops vd_chain_ops;

#endif
