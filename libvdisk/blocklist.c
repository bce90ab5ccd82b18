/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Allocated chunks of a disk; see blocklist.h.
 */
#include "config.h"

#include "blocklist.h"

#include <stdlib.h>
#include <string.h>

#include "../common/array.h"
#include "../common/bytes.h"
#include "../common/cleanup.h"

struct collect {
	uint64_t chunk;
	uint64_t end; /* of the range */
	VU_ARRAY(VixDiskLibBlock) blocks;
	bool no_memory;
};

/* Runs come in ascending order, so only the last block can touch the new one. */
static bool add_block(struct collect *c, uint64_t first, uint64_t end)
{
	VixDiskLibBlock block = { .offset = first, .length = end - first };
	VixDiskLibBlock *last = c->blocks.n > 0 ? &c->blocks.v[c->blocks.n - 1] : NULL;

	if (last != NULL && first <= last->offset + last->length) {
		last->length = vu_max(last->offset + last->length, end) - last->offset;
		return true;
	}
	c->no_memory = VU_ARRAY_PUSH(&c->blocks, block) < 0;
	return !c->no_memory;
}

static bool collect_run(uint64_t sector, uint64_t count, bool allocated, void *ctx)
{
	struct collect *c = ctx;

	if (!allocated)
		return true;
	return add_block(c, vu_round_down(sector, c->chunk),
			 vu_min(vu_round_up(sector + count, c->chunk), c->end));
}

static VixDiskLibBlockList *make_list(const struct collect *c)
{
	size_t bytes = c->blocks.n * sizeof(VixDiskLibBlock);
	VixDiskLibBlockList *list = malloc(sizeof(*list) + bytes);

	if (list == NULL)
		return NULL;
	list->numBlocks = (uint32)c->blocks.n;
	if (bytes > 0)
		memcpy(list->blocks, c->blocks.v, bytes);
	return list;
}

VixError vd_blocklist_new(struct vd_disk *d, uint64_t start, uint64_t count, uint64_t chunk,
			  VixDiskLibBlockList **list_out)
{
	struct collect c = { .chunk = chunk, .end = start + count };
	VixError err = vd_disk_extents(d, start, count, collect_run, &c);

	*list_out = NULL;
	if (err == VIX_OK && !c.no_memory)
		*list_out = make_list(&c);
	VU_ARRAY_FREE(&c.blocks);
	if (err != VIX_OK)
		return err;
	return *list_out != NULL ? VIX_OK : VIX_E_OUT_OF_MEMORY;
}
