/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Allocated chunks of a disk; see blocklist.h.
 */
#include "config.h"

#include "blocklist.h"

#include <stdlib.h>
#include <string.h>

#include "../common/bytes.h"
#include "../common/cleanup.h"

struct collect {
	uint64_t chunk;
	uint64_t end; /* of the range */
	struct vd_blocks blocks;
	bool no_memory;
};

/* Only the last block can touch the new one. */
int vd_blocks_add(struct vd_blocks *b, uint64_t first, uint64_t end)
{
	VixDiskLibBlock block = { .offset = first, .length = end - first };
	VixDiskLibBlock *last = b->list.n > 0 ? &b->list.v[b->list.n - 1] : NULL;

	if (last == NULL || first > last->offset + last->length)
		return VU_ARRAY_PUSH(&b->list, block);
	last->length = vu_max(last->offset + last->length, end) - last->offset;
	return 0;
}

VixDiskLibBlockList *vd_blocks_make(const struct vd_blocks *b)
{
	size_t bytes = b->list.n * sizeof(VixDiskLibBlock);
	VixDiskLibBlockList *list = malloc(sizeof(*list) + bytes);

	if (list == NULL)
		return NULL;
	list->numBlocks = (uint32)b->list.n;
	if (bytes > 0)
		memcpy(list->blocks, b->list.v, bytes);
	return list;
}

void vd_blocks_clear(struct vd_blocks *b)
{
	VU_ARRAY_FREE(&b->list);
}

static bool collect_run(uint64_t sector, uint64_t count, bool allocated, void *ctx)
{
	struct collect *c = ctx;

	if (!allocated)
		return true;
	c->no_memory = vd_blocks_add(&c->blocks, vu_round_down(sector, c->chunk),
				     vu_min(vu_round_up(sector + count, c->chunk), c->end)) < 0;
	return !c->no_memory;
}

VixError vd_blocklist_new(struct vd_disk *d, uint64_t start, uint64_t count, uint64_t chunk,
			  VixDiskLibBlockList **list_out)
{
	struct collect c = { .chunk = chunk, .end = start + count };
	VixError err = vd_disk_extents(d, start, count, collect_run, &c);

	*list_out = NULL;
	if (err == VIX_OK && !c.no_memory)
		*list_out = vd_blocks_make(&c.blocks);
	vd_blocks_clear(&c.blocks);
	if (err != VIX_OK)
		return err;
	return *list_out != NULL ? VIX_OK : VIX_E_OUT_OF_MEMORY;
}
