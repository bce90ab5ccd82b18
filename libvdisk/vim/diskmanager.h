/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Virtual disks that a server makes, moves and deletes on its datastores.
 *
 * 1. Paths are "[ds] dir/a.vmdk", of one datacenter; directories are there.
 * 2. No call is repeated: what one has done is told by its task.
 */
#ifndef VIM_DISKMANAGER_H
#define VIM_DISKMANAGER_H

#include "session.h"

/* An empty disk; strings are borrowed. */
struct vim_new_disk {
	uint64_t kib;        /* capacity; a server counts in these */
	bool is_thin;        /* room is taken as it is written; else at once */
	const char *adapter; /* "ide", "busLogic", "lsiLogic" */
};

/**
 * vim_disk_create() - make a disk
 * @dc_path: of the datacenter: "Folder/DC"; not NULL
 *
 * Errors: NOT_SUPPORTED  the server makes no disks (logged)
 *         those of vim_datacenter_each(), vim_task_run()
 * Test:   unit/diskmanager.c, vsphere/upload.sh
 */
VixError vim_disk_create(struct vim_session *s, const char *dc_path, const char *path,
			 const struct vim_new_disk *how);

/** vim_disk_move() - another name for a disk with all its files; as above */
VixError vim_disk_move(struct vim_session *s, const char *dc_path, const char *from,
		       const char *to);

/** vim_disk_delete() - delete a disk with all its files, but not its parents; as above */
VixError vim_disk_delete(struct vim_session *s, const char *dc_path, const char *path);

#endif
