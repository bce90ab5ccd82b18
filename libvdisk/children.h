/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The children of a disk, as far as they can be seen: they know their parent, it does not know them.
 */
#ifndef VD_CHILDREN_H
#define VD_CHILDREN_H

#include <stdint.h>

#include "store/store.h"

/**
 * vd_children_find() - is there a child of a disk beside it?
 * @path: of the disk's descriptor or single file
 * @cid:  its content ID
 * @child_out: filled: the name of one, for the caller to free(); NULL: there is none
 *
 * Looked at is every file there that is named ".vmdk", as far as it can be read; of a store that is
 * not this host's, none.
 * Errors: OUT_OF_MEMORY
 */
VixError vd_children_find(const struct vd_store_ops *store, const char *path, uint32_t cid,
			  char **child_out);

#endif
