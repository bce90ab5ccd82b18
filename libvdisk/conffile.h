/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The configuration file of InitEx.  Keys compare without regard to case; unknown ones are kept
 * and ignored, and so are lines that are not NAME = VALUE.
 */
#ifndef VD_CONFFILE_H
#define VD_CONFFILE_H

#include "../common/dict.h"
#include "vixDiskLib.h"

#define VD_CONFIG_MAX (1u << 20) /* bytes of a configuration file */

/**
 * vd_config_load() - read the configuration
 * @path: the client's file, which must be readable; NULL or "": /etc/vmware/config and
 *        $HOME/.vmware/config where they exist, the second one wins
 * @cfg:  the pairs are added to it, also when it fails
 *
 * Errors: FILE_NOT_FOUND, FILE_ACCESS_ERROR, FILE_ERROR  for a file the client named
 *         OUT_OF_MEMORY
 */
VixError vd_config_load(const char *path, struct vu_dict *cfg);

/** vd_config_long() - a number, @fallback where absent or not a number in [min, max] */
long vd_config_long(const struct vu_dict *cfg, const char *key, long fallback, long min, long max);

#endif
