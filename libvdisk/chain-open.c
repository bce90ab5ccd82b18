/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Opening a chain: from the newest link down to the base, checking each parent; see disk-chain.h.
 */
#include "config.h"

#include "disk-chain.h"

#include <inttypes.h>
#include <stdlib.h>

#include "../common/cleanup.h"
#include "../common/log.h"
#include "chain-parent.h"
#include "format/cache.h"
#include "rawcheck.h"

static VixError check_capacity(const struct vd_link *child, const struct vd_link *parent)
{
	if (parent->capacity <= child->capacity)
		return VIX_OK;
	VU_ERR("disk",
	       "cannot open %s: it has %" PRIu64 " sectors, its parent %s has more: %" PRIu64,
	       vu_log_quote(child->path), child->capacity, vu_log_quote(parent->path),
	       parent->capacity);
	return VIX_E_DISK_CAPACITY_MISMATCH;
}

/* The chain, while it is built newest link first. */

/* What one link may have is no bound for hundreds of them. */
static VixError check_total(const struct vd_chain *chain)
{
	size_t extents = 0, text = 0;

	VU_ARRAY_FOREACH(&chain->links, ln) {
		extents += (*ln)->extents.n;
		text += (*ln)->desc != NULL ? (*ln)->desc->text_len : 0;
	}
	if (extents <= VD_CHAIN_EXTENTS_MAX && text <= VD_CHAIN_TEXT_MAX)
		return VIX_OK;
	VU_ERR("disk",
	       "cannot open %s: the first %zu links of its chain have %zu extents and descriptors "
	       "of %zu bytes; at most %u and %u are supported",
	       vu_log_quote(chain->links.v[0]->path), chain->links.n, extents, text,
	       VD_CHAIN_EXTENTS_MAX, VD_CHAIN_TEXT_MAX);
	return VIX_E_DISK_TOOMANYREDO;
}

/* @ln is consumed. */
static VixError push_link(struct vd_chain *chain, struct vd_link *ln)
{
	if (VU_ARRAY_PUSH(&chain->links, ln) == 0)
		return VIX_OK;
	vd_link_close(ln);
	return VIX_E_OUT_OF_MEMORY;
}

static VixError settle(const struct vd_link *ln)
{
	VU_ARRAY_FOREACH(&ln->extents, ex)
		VD_TRY(vd_extent_settle(*ex));
	return VIX_OK;
}

static VixError open_newest(struct vd_chain *chain, const struct vd_chain_source *src,
			    const char *path)
{
	unsigned mode = (vd_chain_store_mode(src->flags) | VD_STORE_DEVICE) &
			~(unsigned)VD_STORE_MAY_BE_ABSENT;
	struct vd_store *file;
	struct vd_link *ln;

	if (src->flags & VD_CHAIN_WRITE)
		mode |= VD_STORE_CLAIM;
	VD_TRY(vd_store_open(src->store, path, mode, &file));
	VD_TRY(vd_link_open(file, src->flags, chain->cache, &ln));
	VD_TRY(push_link(chain, ln));
	return src->flags & VD_CHAIN_WRITE ? settle(ln) : VIX_OK;
}

/*
 * A guest may have written a sparse header with a descriptor of a child into its raw disk, to be
 * shown other disks as its parents.  No raw disk is as short as a descriptor of its own.
 */
static VixError check_child_name(const struct vd_link *ln, unsigned flags)
{
	if (!ln->is_single_file || (flags & VD_CHAIN_EXTENTS_ANYWHERE) ||
	    !vd_raw_may_be_named(ln->path))
		return VIX_OK;
	VU_ERR("disk",
	       "cannot open %s: it may be a raw disk that only claims to have a parent, since its "
	       "name does not end in .vmdk or is that of a flat extent; "
	       "only " VD_CONFIG_EXTENTS_OUTSIDE " = 1 permits it",
	       vu_log_quote(ln->path));
	return VIX_E_DISK_NOTSUPPORTED;
}

static bool has_parent(const struct vd_link *ln)
{
	return ln->desc != NULL && vd_descriptor_has_parent(ln->desc);
}

/* The parent of the link that was opened last. */
static VixError open_parent(struct vd_chain *chain, const struct vd_chain_source *src)
{
	const struct vd_link *child = chain->links.v[chain->links.n - 1];
	struct vd_link *parent;

	VD_TRY(check_child_name(child, src->flags));
	if (chain->links.n == VD_CHAIN_MAX) {
		VU_ERR("disk", "cannot open %s: its chain has more than %u links",
		       vu_log_quote(chain->links.v[0]->path), VD_CHAIN_MAX);
		return VIX_E_DISK_TOOMANYREDO;
	}
	VD_TRY(vd_chain_find_parent(chain, src, &parent));
	VD_TRY(push_link(chain, parent));
	VD_TRY(check_total(chain));
	return check_capacity(child, parent);
}

/* Who has listed more files knows of data that is not in these. */
static VixError check_list_end(const struct vd_chain *chain, const struct vd_chain_source *src)
{
	size_t n = chain->links.n;

	if (src->listed == NULL || n == src->n_listed)
		return VIX_OK;
	VU_ERR("disk", "cannot open %s: %s has no parent, but is listed as a child of %s",
	       vu_log_quote(chain->links.v[0]->path), vu_log_quote(chain->links.v[n - 1]->path),
	       vu_log_quote(src->listed[n]));
	return VIX_E_DISK_INVALIDCHAIN;
}

static VixError open_parents(struct vd_chain *chain, const struct vd_chain_source *src)
{
	while (has_parent(chain->links.v[chain->links.n - 1]))
		VD_TRY(open_parent(chain, src));
	return check_list_end(chain, src);
}

static void reverse(struct vd_link **links, size_t n)
{
	for (size_t i = 0; i < n / 2; i++) {
		struct vd_link *ln = links[i];

		links[i] = links[n - 1 - i];
		links[n - 1 - i] = ln;
	}
}

static VixError open_links(struct vd_chain *chain, const struct vd_chain_source *src,
			   const char *path)
{
	const struct vd_link *base;

	chain->cache = vd_cache_new(VD_CACHE_BYTES);
	if (chain->cache == NULL)
		return VIX_E_OUT_OF_MEMORY;
	VD_TRY(open_newest(chain, src, path));
	if (!(src->flags & VD_CHAIN_SINGLE_LINK))
		VD_TRY(open_parents(chain, src));
	reverse(chain->links.v, chain->links.n);
	base = chain->links.v[0];
	chain->partial = has_parent(base);
	return vd_chain_remember_regions(chain);
}

static bool is_written_in_order(const struct vd_link *ln)
{
	VU_ARRAY_FOREACH(&ln->extents, ex) {
		if ((*ex)->ops->put != NULL)
			return true;
	}
	return false;
}

static VixError open_chain(const struct vd_chain_source *src, const char *path,
			   struct vd_disk **d_out)
{
	struct vd_chain *chain = calloc(1, sizeof(*chain));
	VU_LOG_ABOUT(path);
	uint64_t capacity = 0;
	VixError err;

	*d_out = NULL;
	if (chain == NULL)
		return VIX_E_OUT_OF_MEMORY;
	vd_share_open(&chain->share);
	err = open_links(chain, src, path);
	if (err == VIX_OK)
		capacity = vd_chain_newest(chain)->capacity;
	vd_disk_init(&chain->disk, &vd_chain_ops, "file", capacity, !(src->flags & VD_CHAIN_WRITE));
	if (err != VIX_OK) {
		vd_disk_close(&chain->disk);
		return err;
	}
	chain->disk.path = vd_chain_newest(chain)->path;
	chain->disk.is_in_order = is_written_in_order(vd_chain_newest(chain));
	*d_out = &chain->disk;
	return VIX_OK;
}

VixError vd_chain_open(const struct vd_store_ops *store, const char *path, unsigned flags,
		       struct vd_disk **d_out)
{
	const struct vd_chain_source src = { .store = store, .flags = flags };

	return open_chain(&src, path, d_out);
}

VixError vd_chain_open_listed(const struct vd_store_ops *store, const char *const *paths, size_t n,
			      unsigned flags, struct vd_disk **d_out)
{
	const struct vd_chain_source src = {
		.store = store,
		.flags = flags,
		.listed = paths,
		.n_listed = n,
	};

	return open_chain(&src, paths[0], d_out);
}

/* The survey. */

/* Opens the parent of the last link, where it has one: the problem with that. */
static VixError survey_parent(struct vd_chain *chain, const struct vd_chain_source *src)
{
	size_t n = chain->links.n;
	const struct vd_link *child = chain->links.v[n - 1];

	if (!has_parent(child))
		return VIX_OK;
	VD_TRY(open_parent(chain, src));
	return chain->links.v[n]->desc->cid == child->desc->parent_cid ? VIX_OK
								       : VIX_E_DISK_CID_MISMATCH;
}

static VixError survey_link(struct vd_chain *chain, const struct vd_chain_source *src,
			    vd_survey_fn *fn, void *ctx, bool *more_out)
{
	VU_AUTO(free) char *places = NULL;
	struct vd_survey found = { .link = chain->links.v[chain->links.n - 1] };
	size_t n = chain->links.n;

	found.problem = survey_parent(chain, src);
	*more_out = chain->links.n > n && found.problem != VIX_E_DISK_TOOMANYREDO;
	if (found.problem == VIX_E_OUT_OF_MEMORY)
		return found.problem;
	if (found.problem == VIX_E_DISK_OPENPARENT) {
		VD_TRY(vd_chain_parent_places(found.link, src, &places, &found.places_len));
		found.places = places;
	}
	return fn(&found, ctx);
}

VixError vd_chain_survey(const struct vd_store_ops *store, const char *path, unsigned flags,
			 vd_survey_fn *fn, void *ctx)
{
	const struct vd_chain_source src = { .store = store, .flags = flags | VD_CHAIN_ANY_CID };
	struct vd_chain *chain = calloc(1, sizeof(*chain));
	VU_LOG_ABOUT(path);
	VixError err = VIX_E_OUT_OF_MEMORY;
	bool more = true;

	if (chain == NULL)
		return VIX_E_OUT_OF_MEMORY;
	vd_share_open(&chain->share);
	vd_disk_init(&chain->disk, &vd_chain_ops, "file", 0, true);
	chain->cache = vd_cache_new(VD_CACHE_BYTES);
	if (chain->cache != NULL)
		err = open_newest(chain, &src, path);
	while (err == VIX_OK && more)
		err = survey_link(chain, &src, fn, ctx, &more);
	vd_disk_close(&chain->disk);
	return err;
}
