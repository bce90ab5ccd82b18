/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Running fusermount3, which mounts and unmounts for users who may not themselves.
 *
 * The child gets no signal disposition or mask of the program; nothing it prints reaches the
 * program's output.
 */
#ifndef VMNT_FUSE_SPAWN_H
#define VMNT_FUSE_SPAWN_H

#include <stddef.h>

/**
 * vmnt_spawn_fusermount() - run it to its end
 * @argv:    as for main(), ends with NULL
 * @sock_fd: a socket that it gets as _FUSE_COMMFD; -1 for none
 * @text:    filled: what it printed, its line ends made blanks, cut to @size
 *
 * Return: 0, -ECANCELED when it reported a failure, or -errno when it could not be run (-ENOENT:
 * it is not installed).  0 also where a handler of the program has taken its exit status: look at
 * the result.
 */
int vmnt_spawn_fusermount(char *const argv[], int sock_fd, char *text, size_t size);

#endif
