/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which disks belong to which sets.
 *
 * 1. A table beside the sets, so that asking it never waits for a set that is busy.
 * 2. A disk that some set writes is in one set only; others may be in several, once in each.
 */
#ifndef VMNT_MEMBERS_H
#define VMNT_MEMBERS_H

#include <stdbool.h>
#include <stddef.h>

#include "vixMntapi.h"

/* How the client named a disk: by its handle, or by connection and name. */
struct vmnt_member {
	VixDiskLibHandle disk;           /* NULL: opened by us */
	VixDiskLibConnection connection; /* of @name */
	const char *name;                /* NULL: by handle */
};

/**
 * vmnt_members_add() - enter the disks of a new set
 * @set:     its handle
 * @m:       @n disks; names are copied
 * @writing: the set writes them
 *
 * Errors: MNTAPI_ALREADY_OPENED  a disk is in it twice, or in another set, and one of them writes
 *         OUT_OF_MEMORY; nothing is entered then
 */
VixError vmnt_members_add(VixDiskSetHandle set, const struct vmnt_member *m, size_t n,
			  bool writing);

/** vmnt_members_drop() - forget the disks of a set */
void vmnt_members_drop(VixDiskSetHandle set);

/** vmnt_members_has() - is @disk, a client's handle, in a set? */
bool vmnt_members_has(VixDiskLibHandle disk);

/**
 * vmnt_members_find_on() - a set that stands on a connection which ends
 * @disks: @n disks that were opened over it; ours need not be among them
 *
 * Each set is told once.
 * Return: its handle, which may have died meanwhile; NULL when there is none left.
 */
VixDiskSetHandle vmnt_members_find_on(VixDiskLibConnection connection,
				      const VixDiskLibHandle *disks, size_t n);

#endif
