/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The volumes of a disk set: which there are, how they are numbered, and mounting one by itself.
 *
 * 1. The list is made once, by the first call that needs it, in the engine's order, which is the
 *    same every time (vmnt_volume_info_sort()).
 * 2. Volumes that can be mounted have numbers from 1 and handles; the others have neither.
 * 3. All functions are called with the set's lock held, unless they say otherwise.
 */
#ifndef VMNT_VOLUME_H
#define VMNT_VOLUME_H

#include "diskset.h"

struct vmnt_volume {
	struct vmnt_set *set; /* constant */
	struct vmnt_volume_info info;
	uint32_t number;        /* 1.. for mountable ones, 0 else */
	VixVolumeHandle handle; /* NULL where the API shows none */
	char *subdir;           /* its directory in a mount of the whole set; NULL without handle */
	struct vmnt_mount *mount; /* NULL: not mounted by itself */
	char *mount_path;
	bool ended; /* by vmnt_mounts_end(), which may have to mount it again */
};

/**
 * vmnt_volumes_scan() - make the list, unless it is there
 *
 * Errors: those of vmnt_set_start() and of the engine; OUT_OF_MEMORY
 */
VixError vmnt_volumes_scan(struct vmnt_set *s);

/** vmnt_volumes_retire() - make the handles invalid, waiting for their users.  No lock held. */
void vmnt_volumes_retire(struct vmnt_set *s);

/** vmnt_volumes_free() - free the list; nobody uses it any more */
void vmnt_volumes_free(struct vmnt_set *s);

/**
 * vmnt_volume_enter() - find the volume behind a client's handle, and lock its set.  No lock held.
 * @v_out: filled; vmnt_volume_leave(), or VU_AUTO(vmnt_volume)
 *
 * Errors: INVALID_HANDLE  not a volume, its set is dead or of another process; not logged
 */
VixError vmnt_volume_enter(VixVolumeHandle handle, struct vmnt_volume **v_out);

/** vmnt_volume_leave() - unlock; volume and set may be gone afterwards */
void vmnt_volume_leave(struct vmnt_volume *v);

static inline void vu_auto_vmnt_volume(struct vmnt_volume **v)
{
	if (*v != NULL)
		vmnt_volume_leave(*v);
}

/** vmnt_volume_is_mounted() - by itself; notices when somebody else has unmounted it */
bool vmnt_volume_is_mounted(struct vmnt_volume *v);

/**
 * vmnt_volume_probe() - read the head of its file system
 *
 * Fills info.used_bytes, where the file system tells; or info.state with "damaged: WHY".
 * Errors: MNTAPI_FORMAT_FAILURE  it is damaged: not logged; those of the engine's probe;
 *         OUT_OF_MEMORY
 */
VixError vmnt_volume_probe(struct vmnt_volume *v);

/**
 * vmnt_volume_mount() - mount it in the set's directory
 *
 * Errors: MNTAPI_VOLUME_ALREADY_MOUNTED; those of the engine's mount
 */
VixError vmnt_volume_mount(struct vmnt_volume *v);

/**
 * vmnt_volume_dismount() - unmount it; its directory goes too
 *
 * Errors: MNTAPI_VOLUME_NOT_MOUNTED; those of the engine's unmount: then it stays mounted
 */
VixError vmnt_volume_dismount(struct vmnt_volume *v, bool force);

#endif
