/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Names of directories for volumes in a mount of a whole disk set.
 */
#ifndef VMNT_SUBDIR_H
#define VMNT_SUBDIR_H

struct vmnt_volume;

/**
 * vmnt_subdir_name() - "disk0-p2" for "disk0 p2", "vg-lv" for "vg/lv"
 * @v: a volume; those before it in its set have their names
 *
 * Letters, digits and "._+-" only, no dot in front, at most 100 bytes, and different from the
 * names of the volumes before it: the second "a-b" becomes "a-b_2".  After a few of a name, it
 * becomes "a-b~17" with the volume's number, which no other can be called.
 * Return: for the caller to free(), NULL when memory is short.
 */
char *vmnt_subdir_name(const struct vmnt_volume *v);

#endif
