/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Links and runs of sectors, copied for programs; see linklist.h.
 */
#include "config.h"

#include "linklist.h"

#include <stdlib.h>
#include <string.h>

#include "../common/cleanup.h"
#include "disk-chain.h"

/* What a program gets is the array; how long it is stands before it. */
struct list {
	size_t n;
	VixDiskLibLink links[];
};

struct collect {
	struct list *list; /* room for cap links */
	size_t cap;
};

static void free_link(VixDiskLibLink *ln)
{
	for (size_t i = 0; i < ln->numExtents; i++)
		free(ln->extents[i].path);
	free(ln->extents);
	free(ln->path);
	free(ln->createType);
	free(ln->parentHint);
	free(ln->lookedFor);
}

static void free_list(struct list *list)
{
	for (size_t i = 0; list != NULL && i < list->n; i++)
		free_link(&list->links[i]);
	free(list);
}

void vd_linklist_free(VixDiskLibLink *links)
{
	if (links != NULL)
		free_list((struct list *)((char *)links - offsetof(struct list, links)));
}

static char *copy(const char *s)
{
	return strdup(s != NULL ? s : "");
}

static VixError fill_extent(VixDiskLibExtent *to, const struct vd_extent *ex)
{
	to->structSize = sizeof(*to);
	to->path = copy(ex->store != NULL ? ex->store->path : NULL);
	to->format = ex->ops->name;
	to->firstSector = ex->first;
	to->numSectors = ex->sectors;
	to->grainSectors = ex->grain_sectors;
	to->compressed = ex->ops->read_packed != NULL;
	return to->path != NULL ? VIX_OK : VIX_E_OUT_OF_MEMORY;
}

static VixError fill_extents(VixDiskLibLink *to, const struct vd_link *ln)
{
	to->extents = vu_calloc_array(ln->extents.n, sizeof(*to->extents));
	if (to->extents == NULL)
		return VIX_E_OUT_OF_MEMORY;
	for (; to->numExtents < ln->extents.n; to->numExtents++)
		VD_TRY(fill_extent(&to->extents[to->numExtents], ln->extents.v[to->numExtents]));
	return VIX_OK;
}

static VixError fill_names(VixDiskLibLink *to, const struct vd_survey *found)
{
	const struct vd_descriptor *desc = found->link->desc;

	to->path = copy(found->link->path);
	to->createType = copy(desc != NULL ? vu_dict_get(&desc->header, "createType") : NULL);
	to->parentHint = copy(desc != NULL ? vd_descriptor_parent_hint(desc) : NULL);
	to->lookedFor = calloc(1, found->places_len + 1);
	if (to->path == NULL || to->createType == NULL || to->parentHint == NULL ||
	    to->lookedFor == NULL)
		return VIX_E_OUT_OF_MEMORY;
	if (found->places != NULL)
		memcpy(to->lookedFor, found->places, found->places_len);
	return VIX_OK;
}

static VixError fill_link(VixDiskLibLink *to, const struct vd_survey *found)
{
	const struct vd_descriptor *desc = found->link->desc;

	to->structSize = sizeof(*to);
	to->capacity = found->link->capacity;
	to->problem = found->problem;
	if (desc != NULL) {
		to->contentID = desc->cid;
		to->parentContentID = desc->parent_cid;
		to->hasParent = vd_descriptor_has_parent(desc);
	}
	VD_TRY(fill_names(to, found));
	return fill_extents(to, found->link);
}

static VixError collect_link(const struct vd_survey *found, void *ctx)
{
	struct collect *c = ctx;
	size_t n = c->list != NULL ? c->list->n : 0;

	if (n == c->cap) {
		size_t cap = c->cap * 2 + 4;
		struct list *more = realloc(c->list, sizeof(*more) + cap * sizeof(more->links[0]));

		if (more == NULL)
			return VIX_E_OUT_OF_MEMORY;
		c->list = more;
		c->cap = cap;
	}
	memset(&c->list->links[n], 0, sizeof(c->list->links[n]));
	c->list->n = n + 1;
	return fill_link(&c->list->links[n], found);
}

VixError vd_linklist_new(const struct vd_store_ops *store, const char *path, unsigned flags,
			 VixDiskLibLink **links_out, size_t *n_out)
{
	struct collect c = { 0 };
	VixError err = vd_chain_survey(store, path, flags, collect_link, &c);

	*links_out = NULL;
	*n_out = 0;
	if (err != VIX_OK) {
		free_list(c.list);
		return err;
	}
	*links_out = c.list->links;
	*n_out = c.list->n;
	return VIX_OK;
}

struct runs {
	VU_ARRAY(VixDiskLibMapRun) v;
	bool no_memory;
};

static bool collect_run(const VixDiskLibMapRun *run, void *ctx)
{
	struct runs *r = ctx;

	r->no_memory = VU_ARRAY_PUSH(&r->v, *run) < 0;
	return !r->no_memory && r->v.n < VIXDISKLIB_MAP_RUNS_MAX;
}

VixError vd_maplist_new(struct vd_disk *d, uint64_t sector, uint64_t count,
			VixDiskLibMapRun **runs_out, size_t *n_out)
{
	struct runs r = { 0 };
	VixError err = vd_disk_map(d, sector, count, collect_run, &r);

	*runs_out = NULL;
	*n_out = 0;
	if (err == VIX_OK && r.no_memory)
		err = VIX_E_OUT_OF_MEMORY;
	if (err != VIX_OK) {
		VU_ARRAY_FREE(&r.v);
		return err;
	}
	*runs_out = r.v.v;
	*n_out = r.v.n;
	return VIX_OK;
}
