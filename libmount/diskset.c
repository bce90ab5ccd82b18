/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Opening and closing disk sets; see diskset.h.
 *
 * A set is known to all (its handle, its members) before its disks are opened, and locked
 * meanwhile: whoever ends the connection waits for the open and then finds the set.
 */
#include "config.h"

#include "diskset.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../common/alloc.h"
#include "../common/cleanup.h"
#include "../common/handle.h"
#include "../common/log.h"
#include "hook.h"
#include "members.h"
#include "mnt-runtime.h"
#include "tree.h"
#include "volume.h"

/* Dead sets with a mount that the system would not take away: its files still use the rest. */
static pthread_mutex_t stuck_lock = PTHREAD_MUTEX_INITIALIZER;
static struct vmnt_set *stuck_sets; /* guarded by stuck_lock */

static void keep_first(VixError *err, VixError next)
{
	if (*err == VIX_OK)
		*err = next;
}

static void free_set(struct vmnt_set *s)
{
	vmnt_volumes_free(s);
	vmnt_os_free(&s->os);
	for (size_t i = 0; i < s->n_disks; i++)
		free(s->disks[i].name);
	free(s->disks);
	free(s->exports);
	free(s->addrs);
	pthread_mutex_destroy(&s->lock);
	free(s);
}

/* After the set was made dead: wait for those who look at it, then free it. */
static void reap(struct vmnt_set *s)
{
	vmnt_volumes_retire(s);
	(void)vu_handle_retire(s->handle, VU_HANDLE_DISK_SET);
	if (!s->stuck) {
		free_set(s);
		return;
	}
	VU_LOCK(&stuck_lock);
	s->next_stuck = stuck_sets;
	stuck_sets = s;
}

VixError vmnt_set_enter(VixDiskSetHandle handle, struct vmnt_set **s_out)
{
	struct vmnt_set *s = vu_handle_get(handle, VU_HANDLE_DISK_SET);

	*s_out = NULL;
	if (s == NULL)
		return VIX_E_INVALID_HANDLE;
	if (s->owner != getpid()) {
		vu_handle_put(handle);
		return VIX_E_INVALID_HANDLE;
	}
	pthread_mutex_lock(&s->lock);
	if (s->dead) {
		vmnt_set_leave(s);
		return VIX_E_INVALID_HANDLE;
	}
	*s_out = s;
	return VIX_OK;
}

void vmnt_set_leave(struct vmnt_set *s)
{
	VixDiskSetHandle handle = s->handle;

	pthread_mutex_unlock(&s->lock);
	vu_handle_put(handle);
}

static VixError close_disks(struct vmnt_set *s)
{
	VixError err = VIX_OK;

	for (size_t i = 0; i < s->n_disks; i++) {
		struct vmnt_disk *d = &s->disks[i];

		VixError next = VIX_OK;

		if (d->owned && d->handle != NULL)
			next = VixDiskLib_Close(d->handle);
		d->handle = NULL;
		/* The connection may have ended before the set: then it has closed the disk. */
		if (next != VIX_E_INVALID_HANDLE)
			keep_first(&err, next);
	}
	return err;
}

/* Engine, exports, disks, directory: what is left when nothing is mounted. */
static VixError release(struct vmnt_set *s)
{
	VixError err = vmnt_set_stop(s);

	keep_first(&err, close_disks(s));
	vmnt_setdir_remove(&s->dir);
	return err;
}

/* Lock held.  Afterwards the set is dead, unless a mount is busy and not @force.  The disks remain
 * members to the last: whoever wants to take one away waits for the lock. */
static VixError shut_down(struct vmnt_set *s, bool force)
{
	VixError err = vmnt_mounts_end(s, force);

	if (err == VIX_E_MNTAPI_OPEN_HANDLES && !force)
		return err;
	s->dead = true;
	s->stuck = vmnt_mounts_any(s);
	if (!s->stuck)
		keep_first(&err, release(s));
	vmnt_members_drop(s->handle);
	return err;
}

VixError vmnt_set_close(VixDiskSetHandle handle, bool force)
{
	struct vmnt_set *s;
	VixError err;
	bool dead;

	VD_TRY(vmnt_set_enter(handle, &s));
	err = shut_down(s, force);
	dead = s->dead;
	vmnt_set_leave(s);
	if (dead)
		reap(s);
	return err;
}

static void close_one(void *handle, void *ctx)
{
	unsigned *n = ctx;

	if (vmnt_set_close(handle, true) != VIX_E_INVALID_HANDLE)
		(*n)++;
}

unsigned vmnt_sets_close_all(void)
{
	unsigned n = 0;

	vu_handle_each(VU_HANDLE_DISK_SET, close_one, &n);
	return n;
}

/* An empty set: locked, its handle live. */
static VixError new_set(size_t n, uint32_t flags, struct vmnt_set **s_out)
{
	struct vmnt_set *s = calloc(1, sizeof(*s));

	*s_out = NULL;
	if (s == NULL)
		return VIX_E_OUT_OF_MEMORY;
	pthread_mutex_init(&s->lock, NULL);
	s->owner = getpid();
	s->open_flags = flags;
	s->dir.lock_fd = -1;
	s->n_disks = n;
	s->disks = vu_calloc_array(n, sizeof(*s->disks));
	s->exports = vu_calloc_array(n, sizeof(struct vmnt_export *));
	s->addrs = vu_calloc_array(n, sizeof(*s->addrs));
	if (s->disks == NULL)
		s->n_disks = 0;
	pthread_mutex_lock(&s->lock);
	if (s->disks != NULL && s->exports != NULL && s->addrs != NULL)
		s->handle = vu_handle_new(VU_HANDLE_DISK_SET, s);
	if (s->handle == NULL) {
		pthread_mutex_unlock(&s->lock);
		free_set(s);
		return VIX_E_OUT_OF_MEMORY;
	}
	*s_out = s;
	return VIX_OK;
}

/* What the mount library needs to know of an open disk. */
static VixError describe(struct vmnt_disk *d)
{
	VixDiskLibInfo *info = NULL;
	VixError err;

	if (d->handle == NULL)
		return VIX_E_INVALID_HANDLE;
	err = VixDiskLib_GetInfo(d->handle, &info);
	if (err != VIX_OK)
		return err;
	d->sectors = info->capacity;
	d->logical_sector_size = info->logicalSectorSize == 4096 ? 4096 : VIXDISKLIB_SECTOR_SIZE;
	d->readonly = true;
	VixDiskLib_FreeInfo(info);
	return VIX_OK;
}

static VixError open_disks(struct vmnt_set *s, VixDiskLibConnection conn, const char *const *names)
{
	for (size_t i = 0; i < s->n_disks; i++) {
		struct vmnt_disk *d = &s->disks[i];

		d->name = strdup(names[i]);
		if (d->name == NULL)
			return VIX_E_OUT_OF_MEMORY;
		d->owned = true;
		VD_TRY(VixDiskLib_Open(conn, names[i], s->open_flags, &d->handle));
		VD_TRY(describe(d));
	}
	return VIX_OK;
}

static VixError adopt_disks(struct vmnt_set *s, const VixDiskLibHandle *handles)
{
	for (size_t i = 0; i < s->n_disks; i++) {
		struct vmnt_disk *d = &s->disks[i];

		d->name = vu_asprintf("disk%zu", i);
		if (d->name == NULL)
			return VIX_E_OUT_OF_MEMORY;
		d->handle = handles[i];
		VD_TRY(describe(d));
	}
	return VIX_OK;
}

static VixError make_dir(struct vmnt_set *s)
{
	VU_AUTO(free) char *root = NULL;

	VD_TRY(vmnt_runtime_state_root(&root));
	return vmnt_setdir_make(root, &s->dir);
}

/* The end of opening: hands the set out, or takes it down as far as it was built. */
static VixError finish(struct vmnt_set *s, VixError err, VixDiskSetHandle *set_out)
{
	VixDiskSetHandle handle = s->handle;

	if (err == VIX_OK)
		err = make_dir(s);
	if (err != VIX_OK)
		(void)shut_down(s, true);
	pthread_mutex_unlock(&s->lock);
	if (err == VIX_OK)
		*set_out = handle;
	else
		reap(s);
	return err;
}

/* A set that knows its members; on failure nothing is left. */
static VixError begin_set(const struct vmnt_member *m, size_t n, uint32_t flags,
			  struct vmnt_set **s_out)
{
	bool writing = (flags & VIXDISKLIB_FLAG_OPEN_READ_ONLY) == 0;
	struct vmnt_set *s;
	VixError err;

	VD_TRY(new_set(n, flags, &s));
	err = vmnt_runtime_check(); /* again, now that Exit can find the set */
	if (err == VIX_OK) {
		vmnt_hook_install();
		err = vmnt_members_add(s->handle, m, n, writing);
	}
	if (err != VIX_OK)
		return finish(s, err, NULL);
	*s_out = s;
	return VIX_OK;
}

VixError vmnt_set_open_disks(VixDiskLibConnection conn, const char *const *names, size_t n,
			     uint32_t flags, VixDiskSetHandle *set_out)
{
	VU_AUTO(free) struct vmnt_member *m = vu_calloc_array(n, sizeof(*m));
	struct vmnt_set *s;

	if (m == NULL)
		return VIX_E_OUT_OF_MEMORY;
	for (size_t i = 0; i < n; i++)
		m[i] = (struct vmnt_member){ .connection = conn, .name = names[i] };
	VD_TRY(begin_set(m, n, flags, &s));
	return finish(s, open_disks(s, conn, names), set_out);
}

VixError vmnt_set_open_handles(const VixDiskLibHandle *handles, size_t n, uint32_t flags,
			       VixDiskSetHandle *set_out)
{
	VU_AUTO(free) struct vmnt_member *m = vu_calloc_array(n, sizeof(*m));
	struct vmnt_set *s;

	if (m == NULL)
		return VIX_E_OUT_OF_MEMORY;
	for (size_t i = 0; i < n; i++)
		m[i] = (struct vmnt_member){ .disk = handles[i] };
	VD_TRY(begin_set(m, n, flags, &s));
	return finish(s, adopt_disks(s, handles), set_out);
}
