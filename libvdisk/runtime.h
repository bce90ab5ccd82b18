/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The one process-wide state of the disk library.
 *
 * 1. Changed by the first Init and the last Exit only, one at a time; constant in between.
 * 2. Init is counted; the last Exit ends it.
 * 3. No lock is held while messages are logged or the mount library is called: Init and Exit keep
 *    each other out by a flag that nobody else looks at.
 */
#ifndef VD_RUNTIME_H
#define VD_RUNTIME_H

#include <stdbool.h>

#include "../common/mounthook.h"
#include "../common/startup.h"

#define VD_VERSION_MAJOR 8 /* the newest VDDK release whose interface we have */

/**
 * vd_runtime_init() - the first call sets the library up, later ones are counted
 *
 * Errors: INVALID_ARG  the client needs a newer version; those of vu_config_load()
 */
VixError vd_runtime_init(const struct vu_init *init);

/**
 * vd_runtime_exit_begin() - one Init less
 *
 * Return: true when it was the last one: then the caller closes everything, while the library
 * still works, and calls vd_runtime_exit_end(); Inits that come meanwhile wait for that.
 */
bool vd_runtime_exit_begin(void);

/** vd_runtime_exit_end() - drop configuration and handlers; the library is as before Init */
void vd_runtime_exit_end(void);

/** vd_runtime_check() - VIX_OK between Init and Exit, else DISK_NOINIT */
VixError vd_runtime_check(void);

/** vd_runtime_config() - the configuration, borrowed; valid until Exit */
const struct vu_dict *vd_runtime_config(void);

/** vd_runtime_client_major() - the release that the client of the first Init was written for */
unsigned vd_runtime_client_major(void);

/** vd_runtime_set_mount_hook() - who is asked before something is taken away; NULL: nobody */
void vd_runtime_set_mount_hook(const struct vd_mount_hook *hook);

/** vd_runtime_mount_hook() - the mount library's hook; NULL when there is none */
const struct vd_mount_hook *vd_runtime_mount_hook(void);

#endif
