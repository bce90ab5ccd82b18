/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The block cache; see cache.h.
 *
 * Blocks are spread over shards by a hash of their name; each shard has its own lock, hash table
 * and list from the newest used to the oldest.
 *
 * 1. A shard's lock guards all fields of its blocks but pins; bytes, state, err and is_loose are
 *    constant once the block is no longer FILLING and may then be read without it.
 * 2. Pins are added under the lock and dropped without it.  So a block seen with no pins under the
 *    lock has no user, and can get none before the lock is released.
 * 3. A block outside the hash table (is_loose) belongs to those who have it pinned; the last one
 *    frees it.  Loose are blocks that could not be filled and those too large to be kept.
 *
 * States of a block: FILLING -fill ok-> FILLED -evicted-> freed;
 *                    FILLING -fill failed-> FAILED, loose -last vd_cache_put-> freed.
 */
#include "config.h"

#include "cache.h"

#include <assert.h>
#include <pthread.h>
#include <stdalign.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "../../common/alloc.h"
#include "../../common/cleanup.h"
#include "../../common/forks.h"

#define N_SHARDS     8u
#define GRANTED_PART 16u  /* of the limit, on top of it */
#define N_BUCKETS    512u /* of each shard */

enum state { FILLING, FILLED, FAILED };

struct entry {
	struct vd_block block; /* must be first: clients hold a pointer to it */
	struct entry *next_in_bucket;
	struct entry *newer, *older; /* towards shard->newest, shard->oldest */
	uint64_t owner, index;
	atomic_uint pins;
	enum state state;
	VixError err; /* of FAILED */
	bool is_loose;
};

struct shard {
	alignas(64) pthread_mutex_t lock;
	pthread_cond_t settled; /* some block stopped FILLING */
	struct entry *bucket[N_BUCKETS];
	struct entry *newest, *oldest;
	size_t bytes; /* of all blocks in the table */
	size_t limit; /* set in new, then constant */
};

struct vd_cache {
	struct shard shard[N_SHARDS];
	_Atomic size_t resident; /* bytes granted by vd_cache_grant() */
	size_t limit;            /* set in new, then constant */
	_Atomic uint64_t next_owner;
};

struct vd_cache *vd_cache_new(size_t limit)
{
	struct vd_cache *c = aligned_alloc(alignof(struct vd_cache), sizeof(*c));

	if (c == NULL)
		return NULL;
	memset(c, 0, sizeof(*c));
	c->limit = limit;
	for (struct shard *sh = c->shard; sh < c->shard + N_SHARDS; sh++) {
		pthread_mutex_init(&sh->lock, NULL);
		pthread_cond_init(&sh->settled, NULL);
		sh->limit = limit / N_SHARDS;
	}
	return c;
}

static void entry_free(struct entry *e)
{
	if (e == NULL)
		return;
	free(e->block.bytes);
	free(e);
}

void vd_cache_free(struct vd_cache *c)
{
	if (c == NULL)
		return;
	for (struct shard *sh = c->shard; sh < c->shard + N_SHARDS; sh++) {
		while (sh->newest != NULL) {
			struct entry *e = sh->newest;

			sh->newest = e->older;
			entry_free(e);
		}
		vu_cond_destroy(&sh->settled);
		pthread_mutex_destroy(&sh->lock);
	}
	free(c);
}

bool vd_cache_grant(struct vd_cache *c, size_t bytes)
{
	if (atomic_fetch_add(&c->resident, bytes) + bytes <= c->limit / GRANTED_PART)
		return true;
	vd_cache_give_back(c, bytes);
	return false;
}

void vd_cache_give_back(struct vd_cache *c, size_t bytes)
{
	atomic_fetch_sub(&c->resident, bytes);
}

uint64_t vd_cache_new_owner(struct vd_cache *c)
{
	return atomic_fetch_add(&c->next_owner, 1);
}

/* The lowest bits choose the shard, others the bucket. */
static uint64_t hash_name(uint64_t owner, uint64_t index)
{
	uint64_t h = (owner * 0x9e3779b97f4a7c15u) ^ (index * 0xd6e8feb86659fd93u);

	return h ^ (h >> 32);
}

static struct entry **bucket_of(struct shard *sh, uint64_t owner, uint64_t index)
{
	return &sh->bucket[hash_name(owner, index) / N_SHARDS % N_BUCKETS];
}

static struct entry *find(struct shard *sh, uint64_t owner, uint64_t index)
{
	struct entry *e = *bucket_of(sh, owner, index);

	while (e != NULL && (e->owner != owner || e->index != index))
		e = e->next_in_bucket;
	return e;
}

static void list_remove(struct shard *sh, struct entry *e)
{
	*(e->newer != NULL ? &e->newer->older : &sh->newest) = e->older;
	*(e->older != NULL ? &e->older->newer : &sh->oldest) = e->newer;
}

static void list_add_newest(struct shard *sh, struct entry *e)
{
	e->newer = NULL;
	e->older = sh->newest;
	*(sh->newest != NULL ? &sh->newest->newer : &sh->oldest) = e;
	sh->newest = e;
}

static void table_add(struct shard *sh, struct entry *e)
{
	struct entry **head = bucket_of(sh, e->owner, e->index);

	e->next_in_bucket = *head;
	*head = e;
	list_add_newest(sh, e);
	sh->bytes += e->block.len;
}

static void table_remove(struct shard *sh, struct entry *e)
{
	struct entry **at = bucket_of(sh, e->owner, e->index);

	while (*at != e)
		at = &(*at)->next_in_bucket;
	*at = e->next_in_bucket;
	list_remove(sh, e);
	sh->bytes -= e->block.len;
}

/*
 * Takes unused blocks out, oldest first, until @more bytes fit or all that is left is in use, and
 * frees them.
 *
 * Return: one of them, of @more bytes, that was not freed; NULL: there was none.
 */
static struct entry *make_room(struct shard *sh, size_t more)
{
	struct entry *e = sh->oldest, *spare = NULL;

	while (e != NULL && sh->bytes + more > sh->limit) {
		struct entry *newer = e->newer;

		if (atomic_load(&e->pins) == 0) {
			table_remove(sh, e);
			if (spare == NULL && e->block.len == more)
				spare = e;
			else
				entry_free(e);
		}
		e = newer;
	}
	return spare;
}

static struct entry *entry_new(size_t len)
{
	struct entry *e = vu_calloc_array(1, sizeof(*e));

	if (e == NULL)
		return NULL;
	e->block.len = len;
	e->block.bytes = malloc(len);
	if (e->block.bytes != NULL)
		return e;
	free(e);
	return NULL;
}

/* Ends FILLING and tells those who wait. */
static void settle(struct shard *sh, struct entry *e, VixError err)
{
	VU_LOCK(&sh->lock);

	e->err = err;
	e->state = err == VIX_OK ? FILLED : FAILED;
	if (err != VIX_OK && !e->is_loose) {
		table_remove(sh, e);
		e->is_loose = true;
	}
	pthread_cond_broadcast(&sh->settled);
}

/* The block when it is there: pinned, newest and no longer FILLING. */
static struct entry *get_known(struct shard *sh, uint64_t owner, uint64_t index)
{
	struct entry *e = find(sh, owner, index);

	if (e == NULL)
		return NULL;
	atomic_fetch_add(&e->pins, 1);
	if (e != sh->newest) {
		list_remove(sh, e);
		list_add_newest(sh, e);
	}
	while (e->state == FILLING)
		pthread_cond_wait(&sh->settled, &sh->lock);
	return e;
}

/* A new block, pinned and FILLING; NULL without memory. */
static struct entry *add_new(struct shard *sh, uint64_t owner, uint64_t index, size_t len)
{
	bool is_loose = len > sh->limit;
	struct entry *e = is_loose ? NULL : make_room(sh, len);

	/* Threads that allocate and free for each other would spread over ever more memory. */
	if (e == NULL)
		e = entry_new(len);
	if (e == NULL)
		return NULL;
	*e = (struct entry){
		.block = e->block, .owner = owner, .index = index, .is_loose = is_loose
	};
	atomic_init(&e->pins, 1);
	if (!is_loose)
		table_add(sh, e);
	return e;
}

static struct entry *get_or_add(struct shard *sh, uint64_t owner, uint64_t index, size_t len,
				bool *is_new_out)
{
	VU_LOCK(&sh->lock);
	struct entry *e = get_known(sh, owner, index);

	*is_new_out = e == NULL;
	return e != NULL ? e : add_new(sh, owner, index, len);
}

static struct shard *shard_of(struct vd_cache *c, uint64_t owner, uint64_t index)
{
	return &c->shard[hash_name(owner, index) % N_SHARDS];
}

struct vd_block *vd_cache_find(struct vd_cache *c, uint64_t owner, uint64_t index)
{
	struct shard *sh = shard_of(c, owner, index);
	struct entry *e;

	pthread_mutex_lock(&sh->lock);
	e = get_known(sh, owner, index);
	pthread_mutex_unlock(&sh->lock);
	if (e == NULL || e->state == FILLED)
		return (struct vd_block *)e;
	vd_cache_put(&e->block);
	return NULL;
}

VixError vd_cache_get(struct vd_cache *c, uint64_t owner, uint64_t index, size_t len,
		      vd_cache_fill_fn *fill, void *ctx, struct vd_block **b_out)
{
	struct shard *sh = shard_of(c, owner, index);
	bool is_new;
	struct entry *e = get_or_add(sh, owner, index, len, &is_new);

	*b_out = NULL;
	while (e != NULL && !is_new && e->state == FAILED) { /* another one has tried */
		vd_cache_put(&e->block);
		e = get_or_add(sh, owner, index, len, &is_new);
	}
	if (e == NULL)
		return VIX_E_OUT_OF_MEMORY;
	if (is_new)
		settle(sh, e, fill(ctx, index, e->block.bytes, len));
	if (e->state == FAILED) {
		VixError err = e->err;

		vd_cache_put(&e->block);
		return err;
	}
	*b_out = &e->block;
	return VIX_OK;
}

void vd_cache_drop(struct vd_cache *c, uint64_t owner, uint64_t index)
{
	struct shard *sh = shard_of(c, owner, index);
	VU_LOCK(&sh->lock);
	struct entry *e = find(sh, owner, index);

	if (e == NULL)
		return;
	assert(atomic_load(&e->pins) == 0);
	table_remove(sh, e);
	entry_free(e);
}

void vd_cache_put(struct vd_block *b)
{
	struct entry *e = (struct entry *)b;
	bool is_loose;

	if (e == NULL)
		return;
	/* Read first: once our pin is gone, a block in the table may be freed by others.  It does
	 * not change any more: FILLING is over, or we are the one who filled it. */
	is_loose = e->is_loose;
	if (atomic_fetch_sub(&e->pins, 1) == 1 && is_loose)
		entry_free(e);
}

size_t vd_cache_bytes(struct vd_cache *c)
{
	size_t sum = 0;

	for (struct shard *sh = c->shard; sh < c->shard + N_SHARDS; sh++) {
		VU_LOCK(&sh->lock);
		sum += sh->bytes;
	}
	return sum;
}
