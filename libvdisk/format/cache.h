/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A bounded cache of blocks: pieces of grain tables, inflated grains.  One for all extents of a
 * disk.
 *
 * 1. A block is known by (owner, index) and always has the same length.  Its bytes never change
 *    before vd_cache_drop().
 * 2. A block that somebody holds (between vd_cache_get() and vd_cache_put()) stays in memory.
 *    All others together use at most the limit; the least recently used go first.
 * 3. Blocks are filled with no lock held; whoever wants the same block meanwhile waits for it
 *    instead of filling it again.
 * 4. Thread-safe.  The locks are of rank 5 and taken one at a time.
 */
#ifndef VD_CACHE_H
#define VD_CACHE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "vixDiskLib.h"

#define VD_CACHE_BYTES (48u << 20) /* a good limit for a disk: the tables of 768 GiB */

struct vd_cache;

struct vd_block {
	unsigned char *bytes; /* read-only for those who got it */
	size_t len;
};

/* Fills the @len bytes of block @index; may fail with any code. */
typedef VixError vd_cache_fill_fn(void *ctx, uint64_t index, void *bytes, size_t len);

/** vd_cache_new() - a cache for at most @limit bytes; NULL when memory is short */
struct vd_cache *vd_cache_new(size_t limit);

/** vd_cache_free() - drop everything; nobody may hold a block any more; NULL is fine */
void vd_cache_free(struct vd_cache *c);

/**
 * vd_cache_grant() - may a user of the cache keep some bytes of its own?
 *
 * A little of that is good for speed, and somebody must keep count: a disk may have very many
 * extents.  Return: true when it may, until vd_cache_give_back().
 */
bool vd_cache_grant(struct vd_cache *c, size_t bytes);

/** vd_cache_give_back() - end of what vd_cache_grant() granted */
void vd_cache_give_back(struct vd_cache *c, size_t bytes);

/** vd_cache_new_owner() - a number that no other owner of blocks in this cache has */
uint64_t vd_cache_new_owner(struct vd_cache *c);

/**
 * vd_cache_get() - a block, from memory or filled now
 * @owner: from vd_cache_new_owner()
 * @index: which of its blocks
 * @len:   its length, 1 or more
 * @fill:  called with @ctx when the block is not there
 * @b_out: filled: the block, to be released with vd_cache_put()
 *
 * A failure to fill is not remembered, nor shared: each who asks meets, and tells, its own.
 * Errors: those of @fill; OUT_OF_MEMORY
 */
VixError vd_cache_get(struct vd_cache *c, uint64_t owner, uint64_t index, size_t len,
		      vd_cache_fill_fn *fill, void *ctx, struct vd_block **b_out);

/**
 * vd_cache_find() - a block that is there or being filled by somebody
 *
 * Return: the block, to be released with vd_cache_put(); NULL: it is not there, or could not be
 * filled.
 */
struct vd_block *vd_cache_find(struct vd_cache *c, uint64_t owner, uint64_t index);

/** vd_cache_drop() - forget a block, since its bytes have changed; nobody may hold it */
void vd_cache_drop(struct vd_cache *c, uint64_t owner, uint64_t index);

/** vd_cache_put() - end of the use that vd_cache_get() or vd_cache_find() began; NULL is fine */
void vd_cache_put(struct vd_block *b);

/** vd_cache_bytes() - what the blocks in memory use now, for tests */
size_t vd_cache_bytes(struct vd_cache *c);

#endif
