/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Disk sets: disks, exports, one engine, volumes and mounts, and the order among them.
 *
 * States (functions that move it):  OPEN  -vmnt_set_close->  DEAD, freed when nobody looks at it
 *
 * 1. Everything is guarded by the set's lock; file access through mounts is not.
 * 2. A set goes down in one order: mounts, engine, exports (flush), own disk handles, directory.
 * 3. A dead set answers INVALID_HANDLE to everything.  Who makes it dead frees it: nobody else.
 * 4. The engine is opened by the first call that needs it, not by open: a bad disk or a full
 *    directory is found before anything boots, and disks that are blank start none at all.
 * 5. Mounts are for reading only, and so are the exports, whatever the client asked for: what is
 *    mounted for reading can not be changed by the replay of a journal either.
 * 6. Handles of disks are the disk library's; of the client's we hold no more than the value.
 */
#ifndef VMNT_DISKSET_H
#define VMNT_DISKSET_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "engine/engine.h"
#include "export/export.h"
#include "mountpoint.h"

#define VMNT_MAX_DISKS 255 /* no engine takes more */

struct vmnt_volume;

struct vmnt_set {
	pthread_mutex_t lock;    /* rank 3 */
	VixDiskSetHandle handle; /* set in open, then constant */
	pid_t owner;             /* constant: a child after fork() must leave it alone */
	bool dead;
	bool stuck; /* dead, but a mount could not be taken away: kept for good */
	struct vmnt_set *next_stuck;
	uint32_t open_flags; /* as the client gave them */
	struct vmnt_disk *disks;
	size_t n_disks;
	struct vmnt_setdir dir;

	struct vmnt_engine *engine; /* NULL until needed */
	const struct vmnt_export_ops *export_ops;
	struct vmnt_export **exports; /* NULL elements: not started */
	struct vmnt_addr *addrs;

	struct vmnt_volume *volumes; /* all that were found, in order */
	size_t n_volumes;
	bool scanned;
	struct vmnt_os os;
	bool inspected;

	struct vmnt_mount *tree; /* of MountDiskSet; NULL: none */
	char *tree_path;
};

/**
 * vmnt_set_open_disks() - open disks by name as a set
 * @flags:   for VixDiskLib_Open()
 * @set_out: filled: the set's handle
 *
 * Errors: those of VixDiskLib_Open(); MNTAPI_ALREADY_OPENED; of vmnt_setdir_make(); OUT_OF_MEMORY;
 *         DISK_NOINIT  the last Exit has begun.
 * Nothing stays open then.
 */
VixError vmnt_set_open_disks(VixDiskLibConnection conn, const char *const *names, size_t n,
			     uint32_t flags, VixDiskSetHandle *set_out);

/** vmnt_set_open_handles() - the same for disks that the client has opened; INVALID_HANDLE */
VixError vmnt_set_open_handles(const VixDiskLibHandle *handles, size_t n, uint32_t flags,
			       VixDiskSetHandle *set_out);

/**
 * vmnt_set_enter() - find the set behind a client's handle, and lock it
 * @s_out: filled; vmnt_set_leave(), or VU_AUTO(vmnt_set)
 *
 * Errors: INVALID_HANDLE  not a set, dead, or of another process; not logged
 */
VixError vmnt_set_enter(VixDiskSetHandle handle, struct vmnt_set **s_out);

/** vmnt_set_leave() - unlock; the set may be gone afterwards */
void vmnt_set_leave(struct vmnt_set *s);

static inline void vu_auto_vmnt_set(struct vmnt_set **s)
{
	if (*s != NULL)
		vmnt_set_leave(*s);
}

/**
 * vmnt_set_close() - shut a set down and free it
 * @force: take mounts away even when they are busy
 *
 * Errors: INVALID_HANDLE      not a set, or dead: closed by somebody else
 *         MNTAPI_OPEN_HANDLES a mount is busy and not @force; nothing has changed
 *         any other: the set is closed all the same: of unmounting, flushing, closing disks
 */
VixError vmnt_set_close(VixDiskSetHandle handle, bool force);

/** vmnt_sets_close_all() - every set of this process, by force.  Return: how many. */
unsigned vmnt_sets_close_all(void);

/**
 * vmnt_set_start() - start exports and engine, unless they run.  Lock held.
 *
 * Errors: MNTAPI_NO_DRIVER, MNTAPI_OS_ERROR, DISK_FULL and others of the drivers' open
 */
VixError vmnt_set_start(struct vmnt_set *s);

/**
 * vmnt_set_stop() - stop engine and exports, where they run; nothing is mounted.  Lock held.
 *
 * Return: VIX_OK, or the first error of an export: a write was lost.
 */
VixError vmnt_set_stop(struct vmnt_set *s);

/**
 * vmnt_set_is_blank() - is nothing on the disks, or nothing but empty partition tables?  Lock held.
 *
 * Reads the beginning and the end of each.  A disk that can not be read is not blank.
 */
bool vmnt_set_is_blank(const struct vmnt_set *s);

/**
 * vmnt_set_check_maps() - do the tables of every disk lead into their files?  Lock held.
 *
 * Errors: DISK_INVALIDDISK  a disk was cut off or is damaged; FILE_ERROR  it can't be read
 * Test:   func/020-vdmount-bad.sh
 */
VixError vmnt_set_check_maps(const struct vmnt_set *s);

#endif
