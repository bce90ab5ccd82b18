/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A chain on top of another one that is open: as parent of a link that is, or of one that is to be
 * made; see disk-chain.h.
 *
 * 1. A chain that is attached belongs to the one on top of it, which reads its links under its own
 *    lock: nobody else has it, and nobody can open it for writing while it is there (writers.h).
 */
#include "config.h"

#include "disk-chain.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "../common/alloc.h"
#include "../common/cleanup.h"
#include "../common/log.h"
#include "writers.h"

static struct vd_chain *chain_of(struct vd_disk *d)
{
	return (struct vd_chain *)d;
}

/* A child that is open alone, as far as its parent needs to know it. */
struct child {
	const char *path; /* good as long as it is open */
	struct vd_file_id id;
	uint64_t capacity;
	size_t links;
	bool is_partial;
	uint32_t parent_cid;
};

static struct child describe(struct vd_disk *d)
{
	const struct vd_chain *chain = chain_of(d);
	const struct vd_link *base = chain->links.v[0];

	return (struct child){
		.path = base->path,
		.id = base->id,
		.capacity = d->capacity,
		.links = chain->links.n,
		.is_partial = chain->partial,
		.parent_cid = base->desc != NULL ? base->desc->parent_cid : VD_CID_NONE,
	};
}

static VixError refuse(const struct child *c, const char *parent, VixError code, const char *why)
{
	VU_ERR("disk", "cannot attach %s to %s: %s", vu_log_quote(c->path), vu_log_quote(parent),
	       why);
	return code;
}

/* Is the child one that lacks a parent? */
static VixError check_child(const struct child *c, const char *parent)
{
	if (!c->is_partial)
		return refuse(c, parent,
			      c->links > 1 ? VIX_E_DISK_PARENT_NOTALLOWED
					   : VIX_E_DISK_ATTACH_ROOTLINK,
			      c->links > 1 ? "it has its parents already"
					   : "it is made to have no parent");
	return c->links == 1
		       ? VIX_OK
		       : refuse(c, parent, VIX_E_DISK_PARENT_NOTALLOWED, "it is no single link");
}

static bool is_in(const struct vd_chain *chain, const struct child *c)
{
	VU_ARRAY_FOREACH(&chain->links, ln) {
		if (vd_file_id_equal(&(*ln)->id, &c->id) || strcmp((*ln)->path, c->path) == 0)
			return true;
	}
	return false;
}

/* Is @d the parent that the child was made on?  With the lock of @d held. */
static VixError check_parent(struct vd_disk *d, const struct child *c)
{
	const struct vd_chain *chain = chain_of(d);
	const struct vd_link *top = vd_chain_newest(chain);

	if (is_in(chain, c))
		return refuse(c, d->path, VIX_E_DISK_INVALIDCHAIN, "it would be its own ancestor");
	if (top->desc == NULL)
		return refuse(c, d->path, VIX_E_DISK_PARENT_NOTALLOWED,
			      "raw data has no content ID and can't be a parent");
	if (chain->links.n >= VD_CHAIN_MAX)
		return refuse(c, d->path, VIX_E_DISK_TOOMANYREDO, "the chain has too many links");
	if (d->capacity != c->capacity) {
		VU_ERR("disk",
		       "cannot attach %s to %s: it has %" PRIu64 " sectors, and not %" PRIu64,
		       vu_log_quote(c->path), vu_log_quote(d->path), c->capacity, d->capacity);
		return VIX_E_DISK_CAPACITY_MISMATCH;
	}
	if (top->desc->cid == c->parent_cid)
		return VIX_OK;
	VU_ERR("disk",
	       "cannot attach %s to %s: that was changed: it has CID %08" PRIx32
	       ", the child expects %08" PRIx32,
	       vu_log_quote(c->path), vu_log_quote(d->path), top->desc->cid, c->parent_cid);
	return VIX_E_DISK_CID_MISMATCH;
}

VixError vd_chain_check_attach(struct vd_disk *parent, struct vd_disk *child)
{
	struct child c;
	VixError err;

	pthread_rwlock_rdlock(&child->lock);
	c = describe(child);
	pthread_rwlock_unlock(&child->lock);
	VD_TRY(check_child(&c, parent->path));
	pthread_rwlock_rdlock(&parent->lock);
	err = check_parent(parent, &c);
	pthread_rwlock_unlock(&parent->lock);
	return err;
}

/* The links of @parent come before the one of @chain; on failure nothing has changed. */
static VixError put_below(struct vd_chain *chain, struct vd_chain *parent)
{
	size_t n = parent->links.n;

	if (VU_ARRAY_RESERVE(&chain->links, n + 1) < 0)
		return VIX_E_OUT_OF_MEMORY;
	chain->links.v[n] = chain->links.v[0];
	memcpy(chain->links.v, parent->links.v, n * sizeof(chain->links.v[0]));
	chain->links.n = n + 1;
	if (vd_chain_remember_regions(chain) != VIX_OK) {
		chain->links.v[0] = chain->links.v[n];
		chain->links.n = 1;
		return VIX_E_OUT_OF_MEMORY;
	}
	chain->attached = &parent->disk;
	chain->n_attached = n;
	chain->partial = parent->partial;
	return VIX_OK;
}

/* Somebody may have attached another one since it was checked. */
static VixError attach_locked(struct vd_chain *chain, struct vd_chain *parent)
{
	struct child c = describe(&chain->disk);

	VD_TRY(check_child(&c, parent->disk.path));
	return put_below(chain, parent);
}

VixError vd_chain_attach(struct vd_disk *parent, struct vd_disk *child)
{
	VixError err;

	VD_TRY(vd_chain_check_attach(parent, child));
	VD_TRY(vd_disk_flush(parent));
	if (!vd_writer_attach(parent->writer)) {
		VU_ERR("disk",
		       "cannot attach %s to %s: that is open for writing through another handle, "
		       "too",
		       vu_log_quote(child->path), vu_log_quote(parent->path));
		return VIX_E_OBJECT_IS_BUSY;
	}
	pthread_rwlock_wrlock(&child->lock);
	err = attach_locked(chain_of(child), chain_of(parent));
	pthread_rwlock_unlock(&child->lock);
	return err;
}

VixError vd_chain_become_parent(struct vd_disk *d, char **path_out, uint32_t *cid_out)
{
	struct vd_chain *chain = chain_of(d);
	const struct vd_link *top = vd_chain_newest(chain);

	if (top->desc == NULL) {
		VU_ERR("disk", "%s: raw data has no content ID and can't be a parent",
		       vu_log_quote(d->path));
		return VIX_E_DISK_PARENT_NOTALLOWED;
	}
	*path_out = strdup(top->path);
	if (*path_out == NULL)
		return VIX_E_OUT_OF_MEMORY;
	*cid_out = top->desc->cid;
	chain->is_changed = false;
	return VIX_OK;
}
