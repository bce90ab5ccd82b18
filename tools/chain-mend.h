/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A link is given another parent, or one that was changed.
 */
#ifndef VDT_CHAIN_MEND_H
#define VDT_CHAIN_MEND_H

#include "disklib.h"

/**
 * vdt_chain_set_parent() - from now on @path builds on @parent, as that is now
 *
 * Where the library would not find it there, nothing changes.
 * Return: VDT_OK, or what has been told.
 */
enum vdt_exit vdt_chain_set_parent(const struct vdt_disklib *lib, const char *path,
				   const char *parent);

#endif
