/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Symbolic links of a guest, made safe to follow on the host.
 *
 * The host's kernel resolves a link from the directory in which it lies, component by component,
 * and each link that it meets on the way the same way.  So a link is safe by itself when
 *
 * 1. it is relative,
 * 2. it begins with no more ".." than there are directories between it and the volume's root, and
 * 3. no ".." follows a name: that name could be a link to a place higher up, from where ".." would
 *    leave the mount.
 */
#ifndef VMNT_FUSE_SYMLINK_H
#define VMNT_FUSE_SYMLINK_H

#include <limits.h>

/**
 * vmnt_symlink_confine() - the target of a link as the host may see it
 * @target: as the guest stored it, bytes
 * @depth:  directories between the volume's root and the link; 0: it lies in the root
 * @out:    filled: the target, NUL-terminated
 *
 * A safe target stays as it is, byte for byte.  Others are rewritten: an absolute one starts at
 * the volume's root, ".." above the root stays there (as in the guest), and a name with the ".."
 * behind it is taken out.  The last differs from what the guest would find where that name is
 * itself a link to a directory elsewhere: there the link may lead to nothing, or to another file
 * of the same volume.
 * Return: the length, or -ENAMETOOLONG when it does not fit into PATH_MAX.
 * Test:   unit/symlink.c
 */
int vmnt_symlink_confine(const char *target, unsigned depth, char out[PATH_MAX]);

#endif
