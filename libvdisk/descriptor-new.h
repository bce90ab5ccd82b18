/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The text of a new disk's descriptor, and the numbers that are drawn for it.
 */
#ifndef VD_DESCRIPTOR_NEW_H
#define VD_DESCRIPTOR_NEW_H

#include <stdbool.h>

#include "../common/strbuf.h"
#include "descriptor.h"
#include "vixDiskLib.h"

/* Strings are borrowed, and free of line ends. */
struct vd_new_descriptor {
	const char *create_type;
	const char *parent_hint; /* NULL: a base */
	uint32_t parent_cid;     /* of the parent, where there is one */
	const char *adapter;     /* ddb.adapterType */
	VixDiskLibGeometry geometry;
	unsigned hw_version;
	uint32_t logical_sector_size, physical_sector_size; /* told where they are not 512 */
	bool is_thin;
};

/** vd_cid_new() - a content ID: random, not @old, none that means something else */
uint32_t vd_cid_new(uint32_t old);

/** vd_descriptor_begin() - all that stands before the extents */
void vd_descriptor_begin(struct vu_strbuf *b, const struct vd_new_descriptor *how, uint32_t cid);

/** vd_descriptor_add_extent() - one more extent: @file of @type, from its begin on */
void vd_descriptor_add_extent(struct vu_strbuf *b, uint64_t sectors, enum vd_extent_type type,
			      const char *file);

/** vd_descriptor_end() - the disk data base */
void vd_descriptor_end(struct vu_strbuf *b, const struct vd_new_descriptor *how, uint32_t cid);

#endif
