/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Snapshots of the machine that a connection is to, for programs; see server.h.
 */
#include "config.h"

#include "server.h"

#include "../../common/cleanup.h"
#include "../../common/log.h"
#include "../progress.h"
#include "../vim/snapshots.h"
#include "server-disk.h"

static VixError lookup_machine(const struct vd_server *sv, struct vim_vm **vm_out)
{
	VD_TRY(vd_server_lookup_vm(sv, vm_out));
	if (vd_server_is_machine(*vm_out))
		return VIX_OK;
	VU_ERR("vim", "%s: the connection is to a first-class disk, not to a virtual machine",
	       vd_server_name(sv));
	return VIX_E_NOT_SUPPORTED;
}

/* A vim_task_fn. */
static bool tell(unsigned percent, void *ctx)
{
	struct vd_progress *p = ctx;

	return vd_progress_add(p, percent > p->done ? percent - p->done : 0) == VIX_OK;
}

VixError vd_server_list_snapshots(const struct vd_server *sv, VixDiskLibSnapshot **list_out,
				  size_t *n_out)
{
	VU_AUTO(vim_vm) struct vim_vm *vm = NULL;

	VD_TRY(lookup_machine(sv, &vm));
	return vim_snapshots_lookup(vd_server_session(sv), vm->ref, list_out, n_out);
}

VixError vd_server_create_snapshot(const struct vd_server *sv,
				   const struct vd_server_new_snapshot *c, struct vd_progress *p,
				   char **moref_out)
{
	const struct vim_snapshot_how how = {
		.name = c->name,
		.description = c->description,
		.is_quiesced = (c->flags & VIXDISKLIB_SNAPSHOT_QUIESCE) != 0,
		.has_memory = (c->flags & VIXDISKLIB_SNAPSHOT_MEMORY) != 0,
		.fn = tell,
		.ctx = p,
	};
	VU_AUTO(vim_vm) struct vim_vm *vm = NULL;

	VD_TRY(lookup_machine(sv, &vm));
	VD_TRY(vim_snapshot_create(vd_server_session(sv), vm->ref, &how, moref_out));
	vd_progress_end(p);
	return VIX_OK;
}

VixError vd_server_remove_snapshot(const struct vd_server *sv, const char *moref,
				   bool with_children, struct vd_progress *p)
{
	const struct vim_snapshot_how how = {
		.with_children = with_children,
		.fn = tell,
		.ctx = p,
	};
	VU_AUTO(vim_vm) struct vim_vm *vm = NULL;

	VD_TRY(lookup_machine(sv, &vm));
	VD_TRY(vim_snapshot_remove(vd_server_session(sv), vm->ref, moref, &how));
	vd_progress_end(p);
	return VIX_OK;
}
