/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The header of hosted sparse extents ("KDMV"), plain and compressed.
 * Layout: docs/formats/vmdk-sparse.md.
 *
 * 1. Every field of a struct vd_kdmv that vd_kdmv_load() gave was checked: numbers are in their
 *    ranges, what they point to lies inside the file, products fit.
 * 2. Positions and lengths are sectors of the file unless their name says otherwise.
 */
#ifndef VD_KDMV_H
#define VD_KDMV_H

#include <stdbool.h>
#include <stdint.h>

#include "format.h"
#include "grain-tables.h"

#define VD_KDMV_BYTES     512u
#define VD_KDMV_MAGIC     0x564d444bu /* "KDMV" */
#define VD_KDMV_NEWLINES  "\n \r\n"   /* what a transfer as text changes */
#define VD_KDMV_GD_AT_END UINT64_MAX  /* gdOffset: look into the footer */

enum vd_kdmv_flags {
	VD_KDMV_NEWLINE_TEST = 1u << 0,
	VD_KDMV_REDUNDANT = 1u << 1,
	VD_KDMV_ZERO_GTE = 1u << 2,
	VD_KDMV_COMPRESSED = 1u << 16,
	VD_KDMV_MARKERS = 1u << 17,
};
#define VD_KDMV_INCOMPATIBLE 0xffff0000u /* bits that a reader must know */

/* Where the fields lie. */
enum vd_kdmv_off {
	VD_KDMV_OFF_MAGIC = 0,
	VD_KDMV_OFF_VERSION = 4,
	VD_KDMV_OFF_FLAGS = 8,
	VD_KDMV_OFF_CAPACITY = 12,
	VD_KDMV_OFF_GRAIN = 20,
	VD_KDMV_OFF_DESC = 28,
	VD_KDMV_OFF_DESC_SIZE = 36,
	VD_KDMV_OFF_GTES = 44,
	VD_KDMV_OFF_RGD = 48,
	VD_KDMV_OFF_GD = 56,
	VD_KDMV_OFF_OVERHEAD = 64,
	VD_KDMV_OFF_UNCLEAN = 72,
	VD_KDMV_OFF_NEWLINES = 73,
	VD_KDMV_OFF_COMPRESSION = 77,
};

struct vd_kdmv {
	uint32_t version;
	uint32_t flags;
	uint64_t capacity;           /* guest sectors */
	uint32_t grain_sectors;      /* power of two */
	uint32_t gtes_per_gt;        /* power of two */
	uint64_t n_tables;           /* grain tables that cover the capacity */
	uint64_t desc, desc_sectors; /* 0, 0: no descriptor */
	uint64_t gd;                 /* VD_KDMV_GD_AT_END until the footer was read */
	uint64_t rgd;                /* 0: no redundant directory that can be used */
	uint64_t overhead;           /* sectors before the first grain; 0: it makes no sense */
	bool is_unclean;
	bool is_gd_lost;  /* gd is that of the redundant directory, since gdOffset makes no sense */
	bool is_rgd_lost; /* there should be one, but rgdOffset makes no sense */
};

/** vd_kdmv_score() - how sure are we that a file begins with such a header of one kind? */
int vd_kdmv_score(const unsigned char *head, size_t len, bool is_compressed);

/**
 * vd_kdmv_load() - read and check a header
 * @st:  the extent's file
 * @off: byte offset of the header: 0, or that of a footer
 * @h:   filled
 *
 * A grain directory outside the file is an error unless there is a redundant one inside.
 * Errors: DISK_INVALIDDISK            a field makes no sense
 *         DISK_UNSUPPORTEDDISKVERSION version 0 or above 3
 *         DISK_NOTSUPPORTED           an unknown incompatible flag or compression
 *         FILE_ERROR                  the header can't be read
 */
VixError vd_kdmv_load(struct vd_store *st, uint64_t off, struct vd_kdmv *h);

/**
 * vd_kdmv_open() - what opening an extent begins with, for both kinds
 * @ex: its sectors and grain_sectors are settled from header and descriptor
 * @is_compressed: the kind that the caller reads
 * @h:  filled
 *
 * Errors: those of vd_kdmv_load(); DISK_INVALIDDISK  it is of the other kind, or the descriptor
 *         names more sectors than the header
 */
VixError vd_kdmv_open(struct vd_extent *ex, bool is_compressed, struct vd_kdmv *h);

/**
 * vd_kdmv_open_tables() - get ready to look up grains
 * @t: zeroed; filled; vd_grain_tables_close()
 *
 * Errors: FILE_ERROR, OUT_OF_MEMORY
 */
VixError vd_kdmv_open_tables(const struct vd_kdmv *h, struct vd_store *st, struct vd_cache *cache,
			     struct vd_grain_tables *t);

/** vd_kdmv_check_header() - report what is wrong in a header that could be loaded */
void vd_kdmv_check_header(const struct vd_kdmv *h, const struct vd_store *st, struct vd_report *r);

/** vd_kdmv_descriptor() - the embedded descriptor; see vd_extent_descriptor() */
VixError vd_kdmv_descriptor(struct vd_store *st, const struct vd_kdmv *h, char **text_out,
			    size_t *len_out);

/** vd_kdmv_set_descriptor() - another one; see vd_extent_set_descriptor() */
VixError vd_kdmv_set_descriptor(struct vd_store *st, const struct vd_kdmv *h, const char *text,
				size_t len);

#endif
