/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The one process-wide state of the mount library.
 *
 * 1. Changed by the first Init and the last Exit only, one at a time; constant in between.
 * 2. Init is counted; the last Exit ends it.
 * 3. It belongs to the process that called Init: a child after fork() sees a library that is off,
 *    so that it can not take away what its parent has mounted.
 *
 * Names of the configuration that count here, in any case:
 *
 *	tmpDirectory       where the directories of disk sets are made
 *	vixMntapi.inspect  when operating systems are looked for, which takes as long as starting
 *	                   the engine: "auto" (the default): GetOsInfo does, and from then on
 *	                   GetVolumeInfo tells guest mount points; "always": GetVolumeInfo of a
 *	                   mounted volume does too; "never": no call does
 */
#ifndef VMNT_RUNTIME_H
#define VMNT_RUNTIME_H

#include <stdbool.h>

#include "../common/startup.h"

enum vmnt_inspect { VMNT_INSPECT_AUTO, VMNT_INSPECT_ALWAYS, VMNT_INSPECT_NEVER };

/**
 * vmnt_runtime_init() - the first call sets the library up, later ones are counted
 *
 * Setting up includes cleaning up after processes that died.
 * Errors: MNTAPI_INCOMPATIBLE_VERSION  not 1.0
 *         DISK_NOINIT                  the disk library is off
 *         those of vu_config_load()
 */
VixError vmnt_runtime_init(const struct vu_init *init);

/**
 * vmnt_runtime_exit_begin() - one Init less
 *
 * Return: true when it was the last one: then the caller shuts everything down and calls
 * vmnt_runtime_exit_end(); Inits that come meanwhile wait for that, and vmnt_runtime_check() says no.
 */
bool vmnt_runtime_exit_begin(void);

/** vmnt_runtime_exit_end() - drop configuration and handlers; the library is as before Init */
void vmnt_runtime_exit_end(void);

/**
 * vmnt_runtime_check() - VIX_OK between Init and Exit, else DISK_NOINIT
 *
 * Who makes something that Exit closes asks again when Exit can find it: then either Exit closes
 * it, or the answer is no.
 */
VixError vmnt_runtime_check(void);

/** vmnt_runtime_is_ours() - has this process called Init?  True also while the last Exit works. */
bool vmnt_runtime_is_ours(void);

/** vmnt_runtime_inspect() - when to look for operating systems */
enum vmnt_inspect vmnt_runtime_inspect(void);

/**
 * vmnt_runtime_state_root() - the directory for state, made if need be
 * @root_out: filled: absolute, without symbolic links; for the caller to free()
 *
 * Errors: as vmnt_setdir_make()
 */
VixError vmnt_runtime_state_root(char **root_out);

#endif
