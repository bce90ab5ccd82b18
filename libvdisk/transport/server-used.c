/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What is used of a disk, as its server knows it that tracks the disk's changes; see server-disk.h.
 */
#include "config.h"

#include "server-disk.h"

#include "../used.h"
#include "../vim/changes.h"

static VixError add_used(uint64_t off, uint64_t len, void *ctx)
{
	return vd_used_add(ctx, off, len);
}

static VixError learn_used(struct vd_used *u, void *ctx)
{
	const struct vd_server_held *h = ctx;
	const struct vim_changes all = {
		.vm = h->found.vm->ref,
		.snapshot = h->found.vm->snapshot,
		.key = h->found.disk->key,
		.since = VIM_CHANGES_ALL,
		.capacity = h->found.disk->capacity,
	};

	return vim_changes_each(vd_server_session(h->server), &all, 0, add_used, u);
}

static bool is_tracked(const struct vd_disk *d, const struct vd_server_disk *found)
{
	return d->readonly && found->vm != NULL && found->vm->snapshot != NULL &&
	       found->newest == 0 && found->disk->links.v[0].change_id != NULL &&
	       found->disk->capacity / VIXDISKLIB_SECTOR_SIZE == d->capacity;
}

void vd_server_ask_used(struct vd_disk *d, struct vd_server_held *h)
{
	if (is_tracked(d, &h->found))
		d->used = vd_used_new(learn_used, h);
}
