/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The hint in a child's descriptor that leads to its parent.
 */
#ifndef VD_HINT_H
#define VD_HINT_H

#include "store/store.h"

/**
 * vd_hint_make() - what a child's descriptor is to say of its parent
 * @child:    path that the child will have; its directory exists
 * @parent:   path of the parent, which exists
 * @hint_out: filled, for free(): the parent's place relative to the child's directory, where it is
 *            in there or below; else its whole path
 *
 * Errors: those of vd_names_resolve(); OUT_OF_MEMORY
 */
VixError vd_hint_make(const struct vd_store_ops *store, const char *child, const char *parent,
		      char **hint_out);

#endif
