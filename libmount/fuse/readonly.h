/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The FUSE operations that would change something.
 *
 * The kernel does not ask for them while the mount is read-only; root may remount it.
 */
#ifndef VMNT_FUSE_READONLY_H
#define VMNT_FUSE_READONLY_H

#include "ll.h"

/** vmnt_readonly_open() - may a file be opened like this?  0 or EROFS. */
int vmnt_readonly_open(const struct fuse_file_info *fi);

/** vmnt_readonly_fill() - sets the operations that change something: they answer EROFS */
void vmnt_readonly_fill(struct fuse_lowlevel_ops *ops);

#endif
