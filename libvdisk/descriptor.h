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

#define VD_DESCRIPTOR_MAX   (1u << 20) /* bytes of a descriptor */
#define VD_DESCRIPTOR_KEYS  1024u      /* most lines with a key */
#define VD_EXTENT_LINES_MAX 65536u
#define VD_SECTORS_MAX      (INT64_MAX / 512) /* so that every byte of a disk has a file offset */
#define VD_CID_NONE         0xffffffffu       /* parentCID of a base disk */

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
	uint64_t offset_sectors;  /* FLAT, VMFS: where in the file */
	char *file;               /* in UTF-8 where we can tell; NULL for ZERO */
	char *file_as_written;    /* the bytes, where those are others; else NULL */
	size_t file_at, file_len; /* where in the text the name is written */
};

struct vd_descriptor {
	struct vu_dict header; /* version, CID, parentCID, createType, parentFileNameHint, … */
	struct vu_dict ddb;    /* keys without "ddb." */
	VU_ARRAY(struct vd_extent_line) extents;
	uint32_t cid;
	uint32_t parent_cid; /* VD_CID_NONE: no parent */
	uint64_t capacity;   /* sum of all extent lines, sectors */
	size_t text_len;     /* bytes that it was read from */
	char *parent_hint;   /* parentFileNameHint in UTF-8, where it was written otherwise */
};

/**
 * vd_descriptor_looks_like() - does a file that begins so hold a text descriptor?
 * @head: the first @len bytes, of which 4096 are looked at
 *
 * Behind any comments and blank lines comes the signature, itself a comment, or "version =".
 */
bool vd_descriptor_looks_like(const void *head, size_t len);

/**
 * vd_descriptor_parse() - read a descriptor
 * @text:  @len bytes, of which those up to the first NUL count
 * @name:  of the file, for messages
 * @d_out: filled; vd_descriptor_free()
 *
 * File names are converted to UTF-8 from the encoding that the descriptor names, if it does.
 * No signature is asked for: who has found an embedded descriptor knows what it is.  Lines may come
 * in any order; a line that is neither a key, an extent nor a comment is passed over.  A key that
 * comes twice counts as it was last.
 * Errors: DISK_INVALIDDISK  no extent, a malformed extent line, version or CID, sizes that
 *                           overflow, too many keys or extents
 *         DISK_NOTSUPPORTED an extent of a type that we have no name for
 *         DISK_UNSUPPORTEDDISKVERSION  version above 4
 *         DISK_NEEDKEY      an encrypted disk
 *         OUT_OF_MEMORY
 * Source: docs/formats/vmdk-descriptor.md.  Test: unit/descriptor.c
 */
VixError vd_descriptor_parse(const char *text, size_t len, const char *name,
			     struct vd_descriptor **d_out);

/** vd_descriptor_free() - NULL is fine */
void vd_descriptor_free(struct vd_descriptor *d);

/** vd_descriptor_has_parent() - does it need another link below it? */
bool vd_descriptor_has_parent(const struct vd_descriptor *d);

/**
 * vd_descriptor_parent_hint() - parentFileNameHint, borrowed; NULL for a base and where absent
 *
 * In UTF-8 where we can tell.
 */
const char *vd_descriptor_parent_hint(const struct vd_descriptor *d);

/** vd_descriptor_parent_hint_as_written() - its bytes, borrowed; NULL where they are the same */
const char *vd_descriptor_parent_hint_as_written(const struct vd_descriptor *d);

/** vd_extent_type_name() - as in descriptors: "SPARSE" */
const char *vd_extent_type_name(enum vd_extent_type type);

#endif
