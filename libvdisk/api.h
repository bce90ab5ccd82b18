/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the entry points (api-*.c) share: pins on the client's handles, and the words for a
 * client's mistakes.
 *
 * 1. Every entry point checks in this order: where results go (which are NULL from then on),
 *    Init, handles, the other arguments.
 * 2. An entry point works under its pins, holds no other lock, and calls down once.
 * 3. A code is logged here only where the client's own mistake is the cause.
 */
#ifndef VD_API_H
#define VD_API_H

#include <stdbool.h>

#include "../common/cleanup.h"
#include "../common/export.h"
#include "../common/handle.h"
#include "conn.h"
#include "disk.h"

#define VD_API_SIZES_SINCE 7u /* the release in which VixDiskLibCreateParams got sector sizes */

/* An object in use by a call; released at the end of its scope with VU_AUTO(vd_..._pin). */
struct vd_conn_pin {
	VixDiskLibConnection handle; /* NULL: nothing is pinned */
	struct vd_conn *conn;
};

struct vd_disk_pin {
	VixDiskLibHandle handle; /* NULL: nothing is pinned */
	struct vd_opened *opened;
	struct vd_disk *disk; /* opened->disk */
};

/**
 * vd_pin_conn() - find and pin the connection behind a client's handle
 * @caller: name of the entry point, for the log
 * @pin:    all zero; filled
 *
 * Errors: DISK_NOINIT; DISK_INVALID_CONNECTION  NULL, ended or foreign
 */
VixError vd_pin_conn(const char *caller, VixDiskLibConnection handle, struct vd_conn_pin *pin);

/**
 * vd_pin_local() - the same for what works on the files of this host only
 * @path: of a disk there
 *
 * Errors: those of vd_pin_conn(); NOT_SUPPORTED_ON_REMOTE_OBJECT  the connection is to a server;
 *         INVALID_ARG  @path is NULL or empty
 */
VixError vd_pin_local(const char *caller, VixDiskLibConnection handle, const char *path,
		      struct vd_conn_pin *pin);

/**
 * vd_pin_place() - the same for where a disk is made or deleted: this host, or a server
 *
 * Errors: those of vd_pin_conn(); FILE_READ_ONLY  a server, and the connection is for reading;
 *         INVALID_ARG  @path is NULL or empty
 */
VixError vd_pin_place(const char *caller, VixDiskLibConnection handle, const char *path,
		      struct vd_conn_pin *pin);

/** vd_pin_disk() - the same for a disk; DISK_NOINIT, INVALID_HANDLE */
VixError vd_pin_disk(const char *caller, VixDiskLibHandle handle, struct vd_disk_pin *pin);

/** vd_check_disk() - is it an open disk now?  DISK_NOINIT, INVALID_HANDLE; nothing stays pinned */
VixError vd_check_disk(const char *caller, VixDiskLibHandle handle);

/**
 * vd_take_disk() - a disk, off its connection's list: whoever gets it is the one who closes it
 *
 * Errors: those of vd_pin_disk(); INVALID_HANDLE  another thread is closing it
 */
VixError vd_take_disk(const char *caller, VixDiskLibHandle handle, struct vd_opened **o_out);

static inline void vu_auto_vd_conn_pin(struct vd_conn_pin *pin)
{
	if (pin->handle != NULL)
		vu_handle_put(pin->handle);
}

static inline void vu_auto_vd_disk_pin(struct vd_disk_pin *pin)
{
	if (pin->handle != NULL)
		vu_handle_put(pin->handle);
}

/** vd_bad_arg() - log that @caller was given @what ("path is empty"); INVALID_ARG */
VixError vd_bad_arg(const char *caller, const char *what);

/** vd_bad_connection() - log that @caller's connection is none; DISK_INVALID_CONNECTION */
VixError vd_bad_connection(const char *caller);

/** vd_not_built() - log that this release lacks @caller; NOT_SUPPORTED */
VixError vd_not_built(const char *caller);

/** vd_check_writable() - VIX_OK, or FILE_READ_ONLY (logged) when the client opened it so */
VixError vd_check_writable(const char *caller, const struct vd_disk *d);

/** vd_check_no_callback() - VIX_OK, or OBJECT_IS_BUSY (logged) in a completion callback */
VixError vd_check_no_callback(const char *caller);

/** vd_is_empty() - NULL or ""? */
static inline bool vd_is_empty(const char *s)
{
	return s == NULL || s[0] == '\0';
}

#endif
