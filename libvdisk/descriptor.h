/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The text descriptor of a VMDK link: header keys, extent lines, disk data base.
 * Nothing here touches the disk.  Layout: docs/formats/vmdk-descriptor.md.
 *
 * 1. Parsed input is untrusted: sizes are bounded, sums are checked, names are bytes.
 * 2. Unknown keys are kept, in order.
 */
#ifndef VD_DESCRIPTOR_H
#define VD_DESCRIPTOR_H

#include <stdbool.h>
#include <stdint.h>

#include "../common/array.h"
#include "../common/dict.h"
#include "vixDiskLib.h"

#define VD_DESCRIPTOR_MAX  (1u << 20) /* bytes of a descriptor file that are looked at */
#define VD_EXTENT_LINES_MAX 65536u
#define VD_CID_NONE        0xffffffffu /* parentCID of a base disk */

enum vd_access { VD_ACCESS_RW, VD_ACCESS_RDONLY, VD_ACCESS_NOACCESS };

enum vd_extent_type {
	VD_EXTENT_FLAT,
	VD_EXTENT_SPARSE,
	VD_EXTENT_ZERO,
	VD_EXTENT_VMFS,
	VD_EXTENT_VMFSSPARSE,
	VD_EXTENT_VMFSRDM,
	VD_EXTENT_VMFSRAW,
	VD_EXTENT_SESPARSE,
};

struct vd_extent_line {
	enum vd_access access;
	enum vd_extent_type type;
	uint64_t sectors;
	uint64_t offset_sectors; /* FLAT, VMFS: where in the file */
	char *file;              /* as written; NULL for ZERO */
};

struct vd_descriptor {
	struct vu_dict header; /* version, CID, parentCID, createType, parentFileNameHint, … */
	struct vu_dict ddb;    /* keys without "ddb." */
	VU_ARRAY(struct vd_extent_line) extents;
	uint32_t cid;
	uint32_t parent_cid;   /* VD_CID_NONE: no parent */
	uint64_t capacity;     /* sum of all extent lines, sectors */
};

/** vd_descriptor_looks_like() - does a file that begins so hold a text descriptor? */
bool vd_descriptor_looks_like(const void *head, size_t len);

/**
 * vd_descriptor_parse() - read a descriptor
 * @text: @len bytes, up to the first NUL
 * @name: of the file, for messages
 * @d_out: filled; vd_descriptor_free()
 *
 * Errors: DISK_INVALIDDISK  no extent, a malformed extent line, sizes that overflow
 *         DISK_UNSUPPORTEDDISKVERSION  version above 4
 *         DISK_NEEDKEY      an encrypted descriptor
 *         OUT_OF_MEMORY
 */
VixError vd_descriptor_parse(const char *text, size_t len, const char *name,
			     struct vd_descriptor **d_out);

/** vd_descriptor_free() - NULL is fine */
void vd_descriptor_free(struct vd_descriptor *d);

/** vd_descriptor_parent_hint() - parentFileNameHint, borrowed; NULL when there is none */
const char *vd_descriptor_parent_hint(const struct vd_descriptor *d);

#endif
