/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Files that no format recognises: which of them may be taken for raw disks, and what to tell
 * about the others.
 */
#ifndef VD_RAWCHECK_H
#define VD_RAWCHECK_H

#include "format/format.h"

/**
 * vd_raw_check() - may a file that no format recognises be opened as raw data?
 * @p:     of the file
 * @store: where it was found; for the .vmx file beside it
 *
 * Raw data: its name does not end in .vmdk, its size is a multiple of 512 and not 0, and it is no
 * disk of a kind that we know by name only.
 * Errors: DISK_NOTSUPPORTED  a disk image of another kind
 *         DISK_NEEDKEY       a .vmdk file beside the .vmx file of an encrypted virtual machine
 *         DISK_INVALIDDISK   anything else that is no raw data
 */
VixError vd_raw_check(const struct vd_probe *p, const struct vd_store_ops *store);

/**
 * vd_raw_may_be_named() - would a raw disk have such a name?
 *
 * All but those that end in .vmdk, and of these the names of flat extents: "a-flat.vmdk",
 * "a-f001.vmdk", "a-rdm.vmdk", "a-rdmp.vmdk", "a-pt.vmdk".
 */
bool vd_raw_may_be_named(const char *path);

/**
 * vd_raw_refuse_part() - refuse a part of a disk, telling what to open instead
 * @path: of the part
 * @why:  clause for people: "it holds no descriptor"
 *
 * Return: DISK_INVALIDDISK
 */
VixError vd_raw_refuse_part(const char *path, const char *why);

#endif
