/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Connection parameters: whose memory a VixDiskLibConnectParams is, and whole copies of it.
 *
 * 1. A structure that the library did not allocate may be an older, shorter one: only its first
 *    VD_PARAMS_FOREIGN_BYTES are read, which every release has.  vimApiVer, behind them, is never
 *    looked at in any structure.
 * 2. Every structure handed out is one block of memory, strings of a copy included.  Strings that
 *    a client stored in one from vd_params_new() are the client's and are never freed.
 * 3. "" means absent.
 * 4. Memory that may hold secrets is wiped before it is given back.
 */
#ifndef VD_CONNPARAMS_H
#define VD_CONNPARAMS_H

#include <stdbool.h>
#include <stddef.h>

#include "vixDiskLib.h"

/* The user who logs in with a ticket of Kerberos. */
#define VD_PARAMS_SSPI_USER "__sspi__"

#define VD_PARAMS_FOREIGN_BYTES offsetof(VixDiskLibConnectParams, vimApiVer)

/** vd_params_new() - an empty structure of the library's own size; NULL when memory is short */
VixDiskLibConnectParams *vd_params_new(void);

/**
 * vd_params_copy() - a copy with its own strings
 * @from:     from vd_params_new(), vd_params_copy() or the client's own; NULL is an empty one
 * @copy_out: filled: for vd_params_free()
 *
 * Members that @from's credType and specType leave without meaning are zero in the copy.
 * Errors: OUT_OF_MEMORY
 */
VixError vd_params_copy(const VixDiskLibConnectParams *from, VixDiskLibConnectParams **copy_out);

/**
 * vd_params_free() - wipe and free what the two functions above made
 * @p: consumed; NULL is fine, and anything else is refused with a warning
 */
void vd_params_free(VixDiskLibConnectParams *p);

static inline void vu_auto_vd_params(VixDiskLibConnectParams **p)
{
	vd_params_free(*p);
}

/** vd_params_is_remote() - is a server named?  @p as in vd_params_copy(). */
bool vd_params_is_remote(const VixDiskLibConnectParams *p);

/**
 * vd_params_check() - can something be connected to with these?
 * @p: from vd_params_copy()
 *
 * Errors: INVALID_ARG    a VM or credentials without a server, or a server without a VM (or another
 *                        place of disks) or without credentials (logged: what is missing)
 *         NOT_SUPPORTED  a ticket, which servers have no longer (logged)
 */
VixError vd_params_check(const VixDiskLibConnectParams *p);

/** vd_params_check_login() - the part of it that is about the credentials for a server */
VixError vd_params_check_login(const VixDiskLibConnectParams *p);

#endif
