/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The one process-wide state of the disk library.
 *
 * 1. Written under its lock by Init and Exit only; constant in between.
 * 2. Init is counted; the last Exit ends it.
 */
#ifndef VD_RUNTIME_H
#define VD_RUNTIME_H

#include <stdbool.h>

#include "../common/dict.h"
#include "../common/log.h"
#include "../common/mounthook.h"

#define VD_VERSION_MAJOR 8 /* the newest VDDK release whose interface we have */
#define VD_VERSION_MINOR 0

struct vd_init {
	uint32 major, minor;
	struct vu_log_handlers handlers;
	const char *lib_dir;     /* accepted, not needed */
	const char *config_file; /* NULL: the default places */
};

/**
 * vd_runtime_init() - the first call sets the library up, later ones are counted
 *
 * Errors: INVALID_ARG  the client needs a newer version; those of vd_config_load()
 */
VixError vd_runtime_init(const struct vd_init *init);

/** vd_runtime_exit() - true when this was the last one: then everything must be closed first */
bool vd_runtime_is_last_exit(void);
void vd_runtime_exit(void);

/** vd_runtime_check() - VIX_OK between Init and Exit, else DISK_NOINIT */
VixError vd_runtime_check(void);

/** vd_runtime_client_major() - the version that the client asked for at Init */
uint32 vd_runtime_client_major(void);

/** vd_runtime_config() - the configuration, borrowed; valid until Exit */
const struct vu_dict *vd_runtime_config(void);

/** vd_runtime_mount_hook() - the mount library's hook; NULL when there is none */
const struct vd_mount_hook *vd_runtime_mount_hook(void);

#endif
