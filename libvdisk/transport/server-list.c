/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What there is on a server, for programs: machines, their disks, and what of those has changed; see
 * server.h.
 */
#include "config.h"

#include "server.h"

#include <inttypes.h>

#include "../../common/bytes.h"
#include "../../common/cleanup.h"
#include "../../common/log.h"
#include "../../common/proglist.h"
#include "../blocklist.h"
#include "../vim/changes.h"
#include "../vim/machines.h"
#include "server-disk.h"

#define BLOCKS_MAX (1u << 20) /* of one answer */

/* Disks. */

VixError vd_server_link_problem(const struct vim_link *ln, const char **why_out)
{
	*why_out = "";
	if (ln->is_encrypted) {
		*why_out =
			"it is encrypted, and only the transports nbdssl and hotadd let the host "
			"decrypt it";
		return VIX_E_DISK_NEEDKEY;
	}
	if (ln->is_raw) {
		*why_out = "it maps a LUN (RDM), whose bytes are in no file of a datastore; read "
			   "the LUN itself";
		return VIX_E_NOT_SUPPORTED;
	}
	return VIX_OK;
}

static VixError disk_problem(const struct vim_disk *disk, const char **why_out)
{
	*why_out = "its chain has more links than can be read";
	if (disk->is_cut)
		return VIX_E_DISK_TOOMANYREDO;
	VU_ARRAY_FOREACH(&disk->links, ln)
		VD_TRY(vd_server_link_problem(ln, why_out));
	return VIX_OK;
}

static void fill_disk(VixDiskLibServerDisk *list, size_t i, const struct vim_vm *vm)
{
	const struct vim_disk *disk = &vm->disks.list.v[i];
	const struct vim_link *newest = &disk->links.v[0];
	VixDiskLibServerDisk *to = &list[i];

	to->structSize = sizeof(*to);
	to->key = disk->key;
	to->label = vu_proglist_text(list, disk->label);
	to->path = vu_proglist_text(list, newest->file);
	to->capacity = disk->capacity / VIXDISKLIB_SECTOR_SIZE;
	to->changeId = vu_proglist_text(list, newest->change_id);
	to->uuid = vu_proglist_text(list, newest->uuid);
	to->backing = newest->backing;
	to->numLinks = disk->links.n;
	to->problem = disk_problem(disk, &to->why);
	to->isInUse = vm->is_on && vm->snapshot == NULL;
}

VixError vd_server_list_disks(const struct vd_server *sv, VixDiskLibServerDisk **disks_out,
			      size_t *n_out)
{
	VU_AUTO(vim_vm) struct vim_vm *vm = NULL;
	VU_AUTO(vu_proglist) VixDiskLibServerDisk *list = NULL;

	VD_TRY(vd_server_lookup_vm(sv, &vm));
	list = vu_proglist_new(vm->disks.list.n, sizeof(*list));
	if (list == NULL)
		return VIX_E_OUT_OF_MEMORY;
	for (size_t i = 0; i < vm->disks.list.n; i++)
		fill_disk(list, i, vm);
	VD_TRY(vu_proglist_end(list));
	*n_out = vm->disks.list.n;
	*disks_out = VU_STEAL(list);
	return VIX_OK;
}

/* Changes. */

struct collect {
	uint64_t first, end; /* sectors that are asked for */
	struct vd_blocks blocks;
	bool is_over; /* what comes is behind them */
};

/* Areas are ascending, and may touch once they are rounded to sectors. */
static VixError collect_block(struct collect *c, uint64_t first, uint64_t end)
{
	if (vd_blocks_add(&c->blocks, first, end) < 0)
		return VIX_E_OUT_OF_MEMORY;
	if (c->blocks.list.n <= BLOCKS_MAX)
		return VIX_OK;
	VU_ERR("disk", "more than %u areas have changed: ask for fewer sectors", BLOCKS_MAX);
	return VIX_E_ARGUMENT_TOO_BIG;
}

static VixError collect_area(uint64_t off, uint64_t len, void *ctx)
{
	struct collect *c = ctx;
	uint64_t first = vu_max(off / VIXDISKLIB_SECTOR_SIZE, c->first);
	uint64_t end = vu_min(vu_div_up(off + len, VIXDISKLIB_SECTOR_SIZE), c->end);

	c->is_over = off / VIXDISKLIB_SECTOR_SIZE >= c->end;
	if (c->is_over)
		return VIX_E_CANCELLED; /* ends the walk, and goes no further than query() */
	return end > first ? collect_block(c, first, end) : VIX_OK;
}

static VixError check_disk(const struct vd_server_disk *d, const struct vd_server_changes *c)
{
	if (d->vm == NULL || !vd_server_is_machine(d->vm)) {
		VU_ERR("disk", "changes of %s: servers tell those of machines only",
		       vu_log_quote(c->path));
		return VIX_E_NOT_SUPPORTED;
	}
	if (d->newest > 0) {
		VU_ERR("disk",
		       "changes of %s: it is a parent, and changes no more: name the disk, %s",
		       vu_log_quote(c->path), vu_log_quote(d->disk->links.v[0].file));
		return VIX_E_INVALID_ARG;
	}
	if (c->first < d->disk->capacity / VIXDISKLIB_SECTOR_SIZE)
		return VIX_OK;
	VU_ERR("disk", "changes of %s: sector %" PRIu64 " is past the end of the disk",
	       vu_log_quote(c->path), c->first);
	return VIX_E_DISK_OUTOFRANGE;
}

static VixError query(const struct vd_server *sv, const struct vd_server_disk *d,
		      const struct vd_server_changes *c, struct collect *found)
{
	const struct vim_changes ask = {
		.vm = d->vm->ref,
		.snapshot = d->vm->snapshot,
		.key = d->disk->key,
		.since = c->since,
		.capacity = d->disk->capacity,
	};
	VixError err;

	found->first = c->first;
	found->end = c->first +
		     vu_min(c->count, d->disk->capacity / VIXDISKLIB_SECTOR_SIZE - c->first);
	err = vim_changes_each(vd_server_session(sv), &ask, c->first * VIXDISKLIB_SECTOR_SIZE,
			       collect_area, found);
	return found->is_over ? VIX_OK : err;
}

VixError vd_server_query_changes(struct vd_server *sv, const struct vd_server_changes *c,
				 VixDiskLibBlockList **list_out)
{
	VU_AUTO(vd_server_disk) struct vd_server_disk d = { 0 };
	struct collect found = { 0 };
	VixError err;

	VD_TRY(vd_server_find_disk(sv, c->path, &d));
	VD_TRY(check_disk(&d, c));
	err = query(sv, &d, c, &found);
	if (err == VIX_OK)
		*list_out = vd_blocks_make(&found.blocks);
	vd_blocks_clear(&found.blocks);
	if (err != VIX_OK)
		return err;
	return *list_out != NULL ? VIX_OK : VIX_E_OUT_OF_MEMORY;
}

/* Machines. */

VixError vd_server_list_vms(const VixDiskLibConnectParams *params,
			    const struct vd_server_options *options, VixDiskLibVm **list_out,
			    size_t *n_out)
{
	struct vim_session *s;
	VixError err;

	VD_TRY(vd_server_log_in(params, options, &s));
	err = vim_machines_lookup(s, list_out, n_out);
	vim_session_close(s);
	return err;
}
