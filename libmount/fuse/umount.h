/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Unmounting what we mounted, and nothing else.
 */
#ifndef VMNT_FUSE_UMOUNT_H
#define VMNT_FUSE_UMOUNT_H

#include <stdbool.h>
#include <sys/types.h>

/**
 * vmnt_fuse_mount_dev() - what is mounted on top at @dir
 * @dir: an absolute path without symbolic links
 *
 * Asks no file system, and so does not wait for one that hangs.
 * Return: its st_dev, 0 when nothing is mounted there.
 */
dev_t vmnt_fuse_mount_dev(const char *dir);

/**
 * vmnt_fuse_umount() - take a mount away
 * @dir:     where it was mounted
 * @dev:     which one it was; when that is no longer there, nothing is done
 * @is_dead: the kernel has ended the connection: perhaps it is gone, and @dev another's by now
 * @force:   also when it is in use; the requests of its users then fail as soon as the device is
 *           closed, with root's rights at once
 *
 * Return: 0, -EBUSY when it is in use and not @force, or another -errno.
 */
int vmnt_fuse_umount(const char *dir, dev_t dev, bool is_dead, bool force);

/**
 * vmnt_mount_detach() - take away any mount, busy or not
 * @point: an absolute path without symbolic links
 *
 * Return: true when nothing is mounted there any more.
 */
bool vmnt_mount_detach(const char *point);

#endif
