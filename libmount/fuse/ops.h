/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The FUSE operations.
 */
#ifndef VMNT_FUSE_OPS_H
#define VMNT_FUSE_OPS_H

#include "server.h"

/** vmnt_ops_fill() - all operations; a session's user data is a struct vmnt_server */
void vmnt_ops_fill(struct fuse_lowlevel_ops *ops);

#endif
