/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which links of a chain have nothing at all in a region of the disk; see disk-chain.h.
 *
 * Most links of a snapshot chain lack most of the disk, and finding that out costs a look into the
 * tables of each.  So it is remembered, for all links of a region side by side: a deep chain is
 * read nearly as fast as a shallow one.
 *
 * 1. A link that is EMPTY in a region lacks all of it.  Nothing is known where it is UNKNOWN;
 *    where it is OCCUPIED it is asked each time.
 * 2. Readers change states at the same time, without a lock: from UNKNOWN, and all to the same.
 */
#include "config.h"

#include "disk-chain.h"

#include <stdlib.h>

#include "../common/alloc.h"
#include "../common/bytes.h"
#include "../common/log.h"

#define REGION_SHIFT_MIN 11u        /* 1 MiB: some grains, and as much as clients read at once */
#define STATES_MAX       (2u << 20) /* bytes for a chain */

enum { UNKNOWN, EMPTY, OCCUPIED };

VixError vd_chain_remember_regions(struct vd_chain *chain)
{
	uint64_t capacity = chain->links.v[chain->links.n - 1]->capacity;
	unsigned shift = REGION_SHIFT_MIN;

	if (chain->links.n == 1)
		return VIX_OK;
	while ((capacity >> shift) + 1 > STATES_MAX / chain->links.n)
		shift++;
	chain->regions = vu_calloc_array(((capacity >> shift) + 1) * chain->links.n,
					 sizeof(*chain->regions));
	chain->region_shift = shift;
	return chain->regions != NULL ? VIX_OK : VIX_E_OUT_OF_MEMORY;
}

/* A table that can't be read makes the region an occupied one: who reads there gets the error. */
static bool finds_nothing(const struct vd_link *ln, uint64_t sector, uint64_t end)
{
	struct vd_piece p;

	for (; sector < end; sector += p.m.sectors) {
		if (vd_link_map(ln, sector, end - sector, &p) != VIX_OK ||
		    p.m.kind != VD_MAP_ABSENT)
			return false;
	}
	return true;
}

static bool lacks_all(const struct vd_link *ln, uint64_t sector, uint64_t end)
{
	bool lacks;

	vu_log_hush();
	lacks = finds_nothing(ln, sector, end);
	vu_log_unhush();
	return lacks;
}

/* The state of one link in [@sector, @end), a region. */
static bool is_empty(_Atomic(unsigned char) *state_at, const struct vd_link *ln, uint64_t sector,
		     uint64_t end)
{
	unsigned char state = atomic_load_explicit(state_at, memory_order_relaxed);

	if (state == UNKNOWN) {
		state = lacks_all(ln, sector, end) ? EMPTY : OCCUPIED;
		atomic_store_explicit(state_at, state, memory_order_relaxed);
	}
	return state == EMPTY;
}

size_t vd_chain_skip_empty(const struct vd_chain *chain, size_t level, uint64_t sector,
			   uint64_t *end)
{
	uint64_t region, region_end;
	size_t from = level;

	if (chain->regions == NULL)
		return level;
	region = sector >> chain->region_shift;
	region_end = (region + 1) << chain->region_shift;
	while (level > 0 &&
	       is_empty(&chain->regions[region * chain->links.n + level], chain->links.v[level],
			region << chain->region_shift, vu_min(region_end, chain->disk.capacity)))
		level--;
	if (level != from)
		*end = vu_min(*end, region_end);
	return level;
}
