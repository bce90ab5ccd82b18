/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Names of files on datastores, as a server's /folder wants them.
 *
 * 1. What stands in a path is never more than a name: no segment leads upwards or is empty, and every
 *    byte but letters, digits and a few signs is escaped.
 * 2. Names of datacenter and datastore are escaped twice where that makes a difference: vCenter
 *    decodes them twice.  Other servers do so once; asked in the wrong way they don't find the file.
 */
#ifndef VD_DATASTORE_URL_H
#define VD_DATASTORE_URL_H

#include <stdbool.h>

#include "vixDiskLib.h"

/**
 * vd_datastore_target() - "/folder/dir/name?dcPath=DC&dsName=ds"
 * @path:       "[ds] dir/name"
 * @dc_path:    "Folder/DC", or NULL
 * @is_twice:   escape their names twice
 * @target_out: filled, for free()
 *
 * Errors: INVALID_ARG  no path of a datastore (logged); FILE_ACCESS_ERROR  it leads upwards (logged);
 *         OUT_OF_MEMORY
 */
VixError vd_datastore_target(const char *path, const char *dc_path, bool is_twice,
			     char **target_out);

/** vd_datastore_needs_twice() - would escaping twice make a difference? */
bool vd_datastore_needs_twice(const char *path, const char *dc_path);

#endif
