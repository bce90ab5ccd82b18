/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The search index of a server: objects by their names.
 */
#ifndef VIM_SEARCHINDEX_H
#define VIM_SEARCHINDEX_H

#include "session.h"

/**
 * vim_search_inventory_path() - the object at "Folder/DC"
 * @type:      of the object; another one is none
 * @value_out: filled: its reference, for free(); NULL: there is none
 *
 * Errors: NOT_SUPPORTED  the server has no index (logged); those of vim_session_call()
 */
VixError vim_search_inventory_path(struct vim_session *s, const char *path, const char *type,
				   char **value_out);

/**
 * vim_search_datastore_path() - the virtual machine whose file is "[ds] dir/a.vmx"
 * @datacenter: where that datastore is; one that has no such datastore has no such machine
 * @value_out:  as above
 */
VixError vim_search_datastore_path(struct vim_session *s, struct vim_ref datacenter,
				   const char *path, char **value_out);

#endif
