/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the entry points (mntapi.c, mntapi-ext.c) share.
 *
 * 1. Every entry point checks in this order: where results go (which are NULL from then on),
 *    Init, handles, the other arguments.
 * 2. It then works under the lock of one set, and calls down once.
 * 3. A code is logged here only where the client's own mistake is the cause.
 */
#ifndef VMNT_API_H
#define VMNT_API_H

#include "../common/cleanup.h"
#include "../common/export.h"
#include "volume.h"

/** vmnt_bad_arg() - log that @caller was given @what ("names is NULL"); INVALID_ARG */
VixError vmnt_bad_arg(const char *caller, const char *what);

/**
 * vmnt_api_set() - the set behind a client's handle, locked
 * @s: filled; VU_AUTO(vmnt_set)
 *
 * Errors: DISK_NOINIT; INVALID_HANDLE  NULL, not or no longer a set
 */
VixError vmnt_api_set(const char *caller, VixDiskSetHandle handle, struct vmnt_set **s);

/** vmnt_api_volume() - the same for a volume: its set is locked */
VixError vmnt_api_volume(const char *caller, VixVolumeHandle handle, struct vmnt_volume **v);

#endif
