/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What is mounted where, from /proc/self/mountinfo.  Paths here are absolute and without symbolic
 * links, as the kernel's are.
 */
#ifndef VMNT_MOUNTINFO_H
#define VMNT_MOUNTINFO_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct vmnt_mounted {
	dev_t dev;    /* st_dev of its files */
	char *point;  /* mount point */
	char *fstype; /* "fuse.vdisk", "tmpfs", … */
};

/**
 * vmnt_mountinfo_below() - the mounts at or below @dir
 * @dir:    absolute, without symbolic links
 * @m_out:  filled: an array in the order of mounting; vmnt_mountinfo_free()
 * @n_out:  filled: how many
 *
 * Return: 0 or -errno; nothing is filled then.
 */
int vmnt_mountinfo_below(const char *dir, struct vmnt_mounted **m_out, size_t *n_out);

/** vmnt_mountinfo_free() - what vmnt_mountinfo_below() filled; NULL is fine */
void vmnt_mountinfo_free(struct vmnt_mounted *m, size_t n);

#endif
