/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The transport for programs that run in a virtual machine of the server: a disk is attached to that
 * machine, and read and written as its block device.
 *
 *	open:  who are we -> lock -> free slot -> record -> attach -> device -> unlock
 *	close: the device is let go -> detach -> the record is removed
 *
 * 1. What was attached is detached on every way out, also when opening fails after that.  Where that
 *    can't be done the record stays, for VixDiskLib_Cleanup() (hotadd-state.h).
 * 2. Where the transport can't be used for a disk, the next one is asked: that is no error.
 * 3. A child after a fork() detaches nothing.
 */
#include "config.h"

#include "transport.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "../../common/alloc.h"
#include "../../common/cleanup.h"
#include "../../common/forks.h"
#include "../../common/log.h"
#include "../conn.h"
#include "../disk-raw.h"
#include "hotadd-device.h"
#include "hotadd-state.h"
#include "server-disk.h"

/* A disk on its way to a device, and what is needed to undo that. */
struct attachment {
	struct vd_server_held of;
	char *vm; /* that we run in */
	struct vim_slot slot;
	struct vim_attached disk;
	char *uuid; /* or NULL */
	struct vd_hotadd_names *before;
	struct vd_hotadd_record *record; /* NULL: nothing to undo */
	char *device;                    /* "sdb"; NULL: none so far */
	unsigned forks;
};

static const char *root_of(const struct vd_server *sv)
{
	return vd_server_host(sv)->root;
}

static bool hotadd_usable(const struct vd_conn *c)
{
	VU_AUTO(free) char *uuid = NULL;

	return c->remote && c->server != NULL && vd_hotadd_machine_uuid(root_of(c->server), &uuid);
}

static bool decline(const char *path, const char *why)
{
	VU_INFO("hotadd", "%s: the transport hotadd can't be used: %s", vu_log_quote(path), why);
	return false;
}

/* Undoing. */

/* In turn with other processes, as far as that goes: detaching is not put off for them. */
static VixError detach(const struct attachment *a)
{
	VU_AUTO(free) char *dir = NULL;
	VU_AUTO(close) int lock = -1;

	vd_hotadd_lock(vd_server_host(a->of.server)->tmp_dir, &dir, &lock);
	return vim_hotadd_detach(vd_server_session(a->of.server), a->vm, &a->disk);
}

static void undo(struct attachment *a)
{
	VixError err;

	if (a->record == NULL || a->forks != vu_forks())
		return;
	if (a->device != NULL)
		vd_hotadd_forget_device(root_of(a->of.server), a->device);
	err = detach(a);
	if (err != VIX_OK)
		VU_ERR("hotadd",
		       "%s stays attached to this machine, unit %" PRIu32 " of controller %" PRIu32
		       ", until VixDiskLib_Cleanup or somebody else detaches it",
		       vu_log_quote(a->disk.file), a->disk.unit, a->disk.controller);
	vd_hotadd_record_close(VU_STEAL(a->record), err == VIX_OK);
}

static void attachment_free(struct attachment *a)
{
	if (a == NULL)
		return;
	undo(a);
	if (a->record != NULL) /* a child's copy */
		vd_hotadd_record_close(a->record, false);
	vd_hotadd_names_free(a->before);
	vd_server_disk_free(&a->of.found);
	vd_server_put(a->of.server);
	free(a->vm);
	free(a->uuid);
	free(a->device);
	free(a);
}

static inline void vu_auto_attachment(struct attachment **a)
{
	attachment_free(*a);
}

static void let_go(void *ctx)
{
	struct attachment *a = ctx;

	vim_session_unhold(vd_server_session(a->of.server));
	attachment_free(a);
}

/* Opening. */

/* Is it a disk that can be attached to this machine? */
static bool is_possible(const struct attachment *a, const char *path, uint32 flags)
{
	const struct vim_disk *disk = a->of.found.disk;

	if (disk == NULL)
		return decline(path, "it is no disk of a virtual machine");
	if (flags & VIXDISKLIB_FLAG_OPEN_SINGLE_LINK)
		return decline(path, "a single link of a disk can't be attached");
	if (disk->links.v[a->of.found.newest].is_raw)
		return decline(path, "it maps a LUN");
	if (disk->capacity == 0)
		return decline(path, "the server does not tell how large it is");
	if (a->vm == NULL)
		return decline(path, "the server has no running machine that is this one");
	if (strcmp(a->vm, a->of.found.vm->ref.value) == 0)
		return decline(path, "it is a disk of this very machine");
	return true;
}

static VixError prepare(struct vd_conn *c, const char *path, uint32 flags, struct attachment *a,
			bool *possible_out)
{
	struct vim_session *s = vd_server_session(c->server);
	VU_AUTO(free) char *uuid = NULL;

	a->forks = vu_forks();
	a->of.server = vd_server_share(c->server);
	if (!vd_hotadd_machine_uuid(root_of(a->of.server), &uuid))
		return VIX_E_OUT_OF_MEMORY;
	VD_TRY(vd_server_find_disk(a->of.server, path, &a->of.found));
	VD_TRY(vim_hotadd_find_vm(s, uuid, &a->vm));
	*possible_out = is_possible(a, path, flags);
	if (!*possible_out)
		return VIX_OK;
	a->disk.file = a->of.found.disk->links.v[a->of.found.newest].file;
	a->disk.is_writable = !c->readonly && !(flags & VIXDISKLIB_FLAG_OPEN_READ_ONLY);
	return VIX_OK;
}

static const char *disk_uuid(const struct attachment *a)
{
	return a->uuid != NULL ? a->uuid : a->of.found.disk->links.v[a->of.found.newest].uuid;
}

static VixError wait_device(struct attachment *a)
{
	const struct vd_hotadd_disk disk = {
		.uuid = disk_uuid(a),
		.target = a->slot.unit,
		.has_own_targets = a->slot.has_own_targets,
		.pci_slot = a->slot.pci_slot,
		.capacity = a->of.found.disk->capacity,
	};

	return vd_hotadd_wait_device(root_of(a->of.server), &disk, a->before, VD_HOTADD_WAIT_MS,
				     &a->device);
}

/* Is it about this way to the disk, not about the disk? */
static bool is_not_permitted(VixError err)
{
	return err == VIX_E_FILE_ACCESS_ERROR || err == VIX_E_NOT_SUPPORTED || err == VIX_E_LICENSE;
}

/* With the lock held: another one would take the same slot, or be taken for our disk. */
static VixError attach_locked(struct attachment *a, const char *dir, bool *possible_out)
{
	struct vim_session *s = vd_server_session(a->of.server);
	VixError err;

	a->disk.controller = a->slot.controller;
	a->disk.unit = a->slot.unit;
	a->before = vd_hotadd_list(root_of(a->of.server));
	if (a->before == NULL)
		return VIX_E_OUT_OF_MEMORY;
	VD_TRY(vd_hotadd_record(dir, vd_server_name(a->of.server), a->vm, &a->disk, &a->record));
	err = vim_hotadd_attach(s, a->vm, &a->disk, a->of.found.disk->capacity, &a->uuid);
	*possible_out = !is_not_permitted(err);
	if (!*possible_out) {
		VU_WARN("hotadd", "the server does not permit that %s is attached to this machine",
			vu_log_quote(a->disk.file));
		return VIX_OK;
	}
	VD_TRY(err);
	vd_hotadd_record_key(a->record, a->disk.key);
	return wait_device(a);
}

static VixError attach(struct attachment *a, bool *possible_out)
{
	struct vim_session *s = vd_server_session(a->of.server);
	VU_AUTO(free) char *dir = NULL;
	VU_AUTO(close) int lock = -1;

	VD_TRY(vd_hotadd_lock(vd_server_host(a->of.server)->tmp_dir, &dir, &lock));
	VD_TRY(vim_hotadd_find_slot(s, a->vm, &a->slot, possible_out));
	if (*possible_out)
		return attach_locked(a, dir, possible_out);
	VU_WARN("hotadd", "Failed to find free slots for HotAdd on %s, to attach %s",
		vu_log_quote(a->vm), vu_log_quote(a->disk.file));
	return VIX_OK;
}

static VixError refuse_size(const struct attachment *a, const struct vd_store *st)
{
	VU_ERR("hotadd", "%s has %" PRIu64 " bytes, %s, which was attached as that, %" PRIu64,
	       st->path, st->size, vu_log_quote(a->disk.file), a->of.found.disk->capacity);
	return VIX_E_DISK_CAPACITY_MISMATCH;
}

/* The disk on its device; it does not own the attachment yet. */
static VixError open_device(const struct attachment *a, struct vd_disk **d_out)
{
	unsigned mode = VD_STORE_DEVICE | VD_STORE_UNBUFFERED |
			(a->disk.is_writable ? VD_STORE_WRITE : 0);
	const struct vd_raw_facts facts = {
		.mode = vd_transport_hotadd.mode,
		.uuid = disk_uuid(a),
		.links = (int)(a->of.found.disk->links.n - a->of.found.newest),
	};
	VU_AUTO(free) char *path = vu_asprintf("%s/dev/%s", root_of(a->of.server), a->device);
	struct vd_store *st;

	if (path == NULL)
		return VIX_E_OUT_OF_MEMORY;
	VD_TRY(vd_store_open(&vd_store_local, path, mode, &st));
	if (st->size != a->of.found.disk->capacity) {
		VixError err = refuse_size(a, st);

		vd_store_close(st);
		return err;
	}
	return vd_raw_open(st, &facts, d_out);
}

static VixError hotadd_open(struct vd_conn *c, const char *path, uint32 flags,
			    struct vd_disk **d_out)
{
	VU_AUTO(attachment) struct attachment *a = calloc(1, sizeof(*a));
	struct attachment *held;
	bool is_possible = false;

	*d_out = NULL;
	if (a == NULL)
		return VIX_E_OUT_OF_MEMORY;
	VD_TRY(prepare(c, path, flags, a, &is_possible));
	if (is_possible)
		VD_TRY(attach(a, &is_possible));
	if (!is_possible)
		return VIX_OK;
	VD_TRY(open_device(a, d_out));
	VU_INFO("hotadd", "%s is attached to this machine as %s", vu_log_quote(a->disk.file),
		a->device);
	vim_session_hold(vd_server_session(c->server));
	(*d_out)->held = held = VU_STEAL(a);
	(*d_out)->let_go = let_go;
	vd_server_ask_used(*d_out, &held->of);
	return VIX_OK;
}

const struct vd_transport_ops vd_transport_hotadd = {
	.mode = "hotadd",
	.usable = hotadd_usable,
	.open = hotadd_open,
};
