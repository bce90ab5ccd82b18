/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Mounting: from a directory of the host to a descriptor on which the kernel asks.
 *
 * By ourselves where the system lets us, else through fusermount3; libfuse is given the descriptor.
 * So that errors can be told apart and nothing is printed.
 */
#ifndef VMNT_FUSE_MOUNT_H
#define VMNT_FUSE_MOUNT_H

#include <stdbool.h>

#include "options.h"

/**
 * vmnt_fuse_mount() - mount ro,nosuid,nodev,noexec
 * @dir:         an absolute path without symbolic links
 * @source:      shown as the source; any bytes
 * @no_follow:   the kernel shall follow no symbolic link in it, if it can that (statfs(2) tells)
 * @fd_out:      filled: the device; the caller's to close
 *
 * Errors: MNTAPI_PERM    no /dev/fuse, no fusermount3, or it or the kernel does not let this user
 *         MNTAPI_MOUNTPT_NOT_FOUND  @dir is no directory
 *         MNTAPI_SYSTEM  another reason
 *         OUT_OF_MEMORY
 */
VixError vmnt_fuse_mount(const char *dir, const char *source, const struct vmnt_fuse_options *o,
			 bool no_follow, int *fd_out);

#endif
