/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What is mounted where, from /proc/self/mountinfo.  Paths here are absolute and without symbolic
 * links, as the kernel's are.
 */
#ifndef VU_MOUNTINFO_H
#define VU_MOUNTINFO_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct vu_mounted {
	dev_t dev;    /* st_dev of its files */
	char *point;  /* mount point */
	char *fstype; /* "fuse.vdisk", "tmpfs", … */
	char *source; /* "/dev/sda1", "vdisk#k3f9", …; "" where there is none */
};

/**
 * vu_mountinfo_below() - the mounts at or below @dir
 * @dir:    absolute, without symbolic links
 * @m_out:  filled: an array in the order of mounting; vu_mountinfo_free()
 * @n_out:  filled: how many
 *
 * Return: 0 or -errno; nothing is filled then.
 */
int vu_mountinfo_below(const char *dir, struct vu_mounted **m_out, size_t *n_out);

/**
 * vu_mountinfo_on() - the mount exactly on @dir; of several the last, which covers the others
 * @dir: as above
 *
 * Return: for vu_mountinfo_free(m, 1); NULL when there is none, or nobody can tell.
 */
struct vu_mounted *vu_mountinfo_on(const char *dir);

/** vu_mountinfo_free() - what the functions above filled or returned; NULL is fine */
void vu_mountinfo_free(struct vu_mounted *m, size_t n);

#endif
