/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The header of snapshots of ESX ("COWD", vmfsSparse).  Layout: docs/formats/vmdk-cowd.md.
 */
#ifndef VD_COWD_H
#define VD_COWD_H

#define VD_COWD_MAGIC      0x44574f43u /* "COWD" */
#define VD_COWD_GTES       4096u       /* entries of a table */
#define VD_COWD_BYTES      2048u       /* of the header */
#define VD_COWD_NAME_BYTES 1024u       /* of the parent's name, with its NUL */

/* Where the fields lie. */
enum vd_cowd_off {
	VD_COWD_OFF_MAGIC = 0,
	VD_COWD_OFF_VERSION = 4,
	VD_COWD_OFF_FLAGS = 8,
	VD_COWD_OFF_CAPACITY = 12,
	VD_COWD_OFF_GRAIN = 16,
	VD_COWD_OFF_GD = 20,
	VD_COWD_OFF_GD_ENTRIES = 24,
	VD_COWD_OFF_FREE = 28,
	VD_COWD_OFF_CYLINDERS = 32, /* of a base: three numbers */
	VD_COWD_OFF_PARENT = 32,    /* of a child: a name */
	VD_COWD_OFF_UNCLEAN = 1648,
};

#endif
