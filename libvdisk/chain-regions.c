/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which links of a chain have nothing at all in a region of the disk; see disk-chain.h.
 *
 * Most links of a snapshot chain lack most of the disk, and finding that out costs a look into the
 * tables of each.  So it is remembered, for all links of a region side by side: a deep chain is
 * read nearly as fast as a shallow one.  Regions are small, so that a link with a little here and
 * there is not asked for all that lies between; one look tells of as many as a run covers.
 *
 * 1. A link that is EMPTY in a region lacks all of it.  Nothing is known where it is UNKNOWN;
 *    where it is OCCUPIED it is asked each time.
 * 2. Readers change states at the same time, without a lock: from UNKNOWN, and all to the same.
 *    What is written becomes OCCUPIED when nobody reads.
 */
#include "config.h"

#include "disk-chain.h"

#include <stdlib.h>

#include "../common/alloc.h"
#include "../common/bytes.h"
#include "../common/log.h"

#define REGION_SHIFT_MIN 8u         /* 128 KiB: two grains of the usual size */
#define STATES_MAX       (8u << 20) /* bytes for a chain, in use only where it is read */
#define LEARN_MAX        64u        /* regions that one look may tell of */

enum { UNKNOWN, EMPTY, OCCUPIED };

VixError vd_chain_remember_regions(struct vd_chain *chain)
{
	uint64_t capacity = vd_chain_newest(chain)->capacity;
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
static bool lacks_all(const struct vd_link *ln, uint64_t sector, uint64_t end)
{
	struct vd_piece p;

	for (; sector < end; sector += p.m.sectors) {
		if (vd_link_map(ln, sector, end - sector, &p) != VIX_OK ||
		    p.m.kind != VD_MAP_ABSENT)
			return false;
	}
	return true;
}

/* How many regions from @sector on the run @p, that begins there, tells of. */
static uint64_t regions_of(const struct vd_chain *chain, const struct vd_piece *p)
{
	uint64_t end = p->sector + p->m.sectors;
	uint64_t size = UINT64_C(1) << chain->region_shift;

	if (p->m.kind == VD_MAP_ABSENT && end < chain->disk.capacity)
		return p->m.sectors / size; /* the last one may have something behind the run */
	return vu_div_up(p->m.sectors, size);
}

/* What @level has in a region; *@n_out is in how many, from that one on, it is the same. */
static unsigned char look(const struct vd_chain *chain, size_t level, uint64_t region,
			  uint64_t *n_out)
{
	const struct vd_link *ln = chain->links.v[level];
	uint64_t sector = region << chain->region_shift;
	uint64_t end = vu_min((region + 1) << chain->region_shift, chain->disk.capacity);
	uint64_t far = vu_min((region + LEARN_MAX) << chain->region_shift, chain->disk.capacity);
	struct vd_piece p;

	*n_out = 1;
	if (vd_link_map(ln, sector, far - sector, &p) != VIX_OK)
		return OCCUPIED;
	*n_out = vu_max(regions_of(chain, &p), 1);
	if (p.m.kind == VD_MAP_ABSENT && lacks_all(ln, vu_min(sector + p.m.sectors, end), end))
		return EMPTY;
	return OCCUPIED;
}

/* Finds out what @level has in a region, and perhaps in some behind it. */
static unsigned char learn(const struct vd_chain *chain, size_t level, uint64_t region)
{
	unsigned char state;
	uint64_t n;

	vu_log_hush();
	state = look(chain, level, region, &n);
	vu_log_unhush();
	for (uint64_t r = region; r < region + n; r++)
		atomic_store_explicit(&chain->regions[r * chain->links.n + level], state,
				      memory_order_relaxed);
	return state;
}

static bool is_empty(const struct vd_chain *chain, size_t level, uint64_t region)
{
	unsigned char state = atomic_load_explicit(&chain->regions[region * chain->links.n + level],
						   memory_order_relaxed);

	return (state != UNKNOWN ? state : learn(chain, level, region)) == EMPTY;
}

void vd_chain_mark_occupied(struct vd_chain *chain, uint64_t sector, uint64_t count)
{
	uint64_t last = vu_min(sector + count, chain->disk.capacity) - 1;

	if (chain->regions == NULL)
		return;
	for (uint64_t r = sector >> chain->region_shift; r <= last >> chain->region_shift; r++)
		atomic_store_explicit(&chain->regions[(r + 1) * chain->links.n - 1], OCCUPIED,
				      memory_order_relaxed);
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
	while (level > 0 && is_empty(chain, level, region))
		level--;
	if (level != from)
		*end = vu_min(*end, region_end);
	return level;
}
