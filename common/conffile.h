/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The configuration file of VixDiskLib_InitEx and VixMntapi_Init.  Keys compare without regard to
 * case; unknown ones are kept and ignored, and lines that are not NAME = VALUE are ignored.
 */
#ifndef VU_CONFFILE_H
#define VU_CONFFILE_H

#include "dict.h"
#include "vixDiskLib.h"

#define VU_CONFIG_MAX (1u << 20) /* bytes of a configuration file */

/**
 * vu_config_load() - read the configuration
 * @path: the client's file, which must be readable; NULL or "": /etc/vmware/config and
 *        $HOME/.vmware/config where they exist, the second one wins
 * @cfg:  the pairs are added to it, also when it fails
 *
 * Errors: FILE_NOT_FOUND, FILE_ACCESS_ERROR, FILE_ERROR  for a file the client named
 *         OUT_OF_MEMORY
 */
VixError vu_config_load(const char *path, struct vu_dict *cfg);

/** vu_config_long() - a number, @fallback where absent or not a number in [min, max] */
long vu_config_long(const struct vu_dict *cfg, const char *key, long fallback, long min, long max);

/**
 * vu_config_set_log_level() - what is logged, by vixDiskLib.transport.LogLevel
 *
 * VMware's levels: 0 panic, 1 error, 2 warning, 3 audit (the default), 4 info, 5 verbose, 6 trivia.
 */
void vu_config_set_log_level(const struct vu_dict *cfg);

#endif
