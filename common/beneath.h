/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Opening what lies below a directory, and nothing else, whoever renames or links meanwhile.
 */
#ifndef VU_BENEATH_H
#define VU_BENEATH_H

/**
 * vu_open_beneath() - open a name, but only where it stays below a directory
 * @dir:   the directory; links in its own path are followed
 * @name:  relative to @dir
 * @flags: as for open(), without O_CREAT; O_CLOEXEC is added
 *
 * The kernel resolves and checks in one step.  Symbolic links are followed as long as they stay
 * below @dir; where the kernel is older than 5.6, or a sandbox hides openat2(), no link is.
 * Return: the descriptor, -EXDEV when the name leads out of @dir, or another -errno.
 */
int vu_open_beneath(const char *dir, const char *name, int flags);

#endif
