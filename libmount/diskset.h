/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Disk sets: disks, exports, one engine, volumes and mounts, and the order among them.
 *
 * States:  OPEN  -vmnt_set_mount…-> (volumes mounted) -vmnt_set_shutdown-> DEAD
 * 1. Everything is guarded by the set's lock; file access through mounts is not.
 * 2. A set goes down in one order: mounts, engine, exports (flush), own disk handles, directory.
 * 3. A dead set answers INVALID_HANDLE to everything but being freed.
 * 4. The engine is opened by the first call that needs it (volumes), not by open: a bad disk or a
 *    full directory is found before anything boots.
 */
#ifndef VMNT_DISKSET_H
#define VMNT_DISKSET_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

#include "engine/engine.h"
#include "export/export.h"
#include "mountpoint.h"

struct vmnt_set;

struct vmnt_volume {
	struct vmnt_set *set;
	struct vmnt_volume_info info;
	uint32_t number;            /* 1.. for mountable ones, 0 else */
	VixVolumeHandle handle;     /* NULL where the API shows none */
	struct vmnt_mount *mount;   /* NULL: not mounted by itself */
	char *mount_path;
	size_t n_guest_paths;
	char **guest_paths;         /* from inspection; NULL before it */
};

struct vmnt_set {
	pthread_mutex_t lock;       /* rank 3 */
	bool dead;
	VixDiskSetHandle handle;
	VixDiskLibConnection conn;  /* NULL: unknown (OpenDiskSet) */
	uint32_t open_flags;
	bool readonly;
	struct vmnt_disk *disks;
	struct vmnt_export **exports;
	struct vmnt_addr *addrs;
	size_t n_disks;
	struct vmnt_setdir dir;
	struct vmnt_engine *engine; /* NULL until needed */
	struct vmnt_volume *volumes;
	size_t n_volumes;
	bool scanned;
	struct vmnt_os os;
	bool inspected;
	struct vmnt_mount *tree;    /* of MountDiskSet; NULL: none */
	char *tree_path;
};

#endif
