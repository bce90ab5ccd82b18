/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Datacenters: whose datastores are meant when a server is asked for a file.
 */
#ifndef VIM_DATACENTER_H
#define VIM_DATACENTER_H

#include "session.h"

/**
 * vim_datacenter_lookup_path() - the path of the datacenter that an object is in
 * @of:       a machine, a datastore, a folder, a virtual app …
 * @path_out: filled: "Folder/Sub/DC", for free()
 *
 * Of what servers escape in names only a slash stays so, as %2f: it separates nothing.
 * Errors: OBJECT_NOT_FOUND  it is in none (logged); those of vim_props_lookup()
 */
VixError vim_datacenter_lookup_path(struct vim_session *s, struct vim_ref of, char **path_out);

/* Called with the reference of a datacenter. */
typedef VixError vim_datacenter_fn(struct vim_ref datacenter, void *ctx);

/**
 * vim_datacenter_each() - the datacenters that are meant
 * @path: "Folder/DC", or NULL: all that the server has
 * @fn:   its error ends it, and is returned
 *
 * Errors: OBJECT_NOT_FOUND  no datacenter has that path (logged); those of vim_props_lookup()
 */
VixError vim_datacenter_each(struct vim_session *s, const char *path, vim_datacenter_fn *fn,
			     void *ctx);

#endif
