/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Makes sparse extents in memory, for tests: small images with a known content, in every layout
 * that exists ("KDMV", and those of ESX in mkesx.c), and the places of their fields, so that a test
 * can damage one.
 *
 * Written from docs/formats/, not from the reader: it shares no code with it.
 */
#ifndef MKVMDK_H
#define MKVMDK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../../libvdisk/format/format.h"

enum mk_layout {
	MK_SPARSE,        /* plain grains, tables in front */
	MK_STREAM_FOOTER, /* compressed: tables between grains, directory and footer at the end */
	MK_STREAM_FRONT,  /* compressed: tables in front, one zero sector at the end */
	MK_STREAM_QEMU,   /* compressed: redundant tables in front, nothing at the end */
	MK_COWD,          /* vmfsSparse: each table before its grains */
	MK_SESPARSE,      /* seSparse: areas for tables and grains */
};

enum mk_kind {
	MK_DATA,
	MK_ABSENT,
	MK_ZERO,     /* where the layout has no such thing: a grain full of zeros */
	MK_UNMAPPED, /* seSparse only: given up by the guest, still with a place */
};

struct mk_spec {
	enum mk_layout layout;
	uint64_t capacity;      /* sectors */
	uint32_t grain;         /* sectors; 0: 128, of ESX's layouts 1 and 8 */
	uint32_t gtes;          /* entries of a table; 0: 512, of ESX's layouts 4096 */
	const char *descriptor; /* NULL: none */
	enum mk_kind (*kind)(uint64_t grain); /* NULL: by kinds */
	const unsigned char *kinds;           /* enum mk_kind of each grain; NULL: all are data */
	const unsigned char *guest;           /* the content; NULL: made up */
	bool is_backwards;                    /* the last grain comes first in the file */
	bool is_full_tail;        /* a last, partial grain is compressed as a whole one */
	bool has_odd_markers;     /* MK_STREAM_FOOTER: one of type 4 behind each grain */
	bool has_no_empty_tables; /* directory entry 0 instead of a table of zeros */
};

/* All places are bytes; 0: there is no such thing. */
struct mk_image {
	unsigned char *bytes;
	size_t len, cap;
	uint64_t desc_off, gd_off, rgd_off, footer_off;
	uint64_t tables_off, grains_off; /* seSparse */
	uint32_t grain, gtes;            /* as in the spec, defaults filled in */
	enum mk_layout layout;
};

/** mk_build() - an image; mk_free() */
struct mk_image mk_build(const struct mk_spec *spec);

/** mk_free() - drop an image */
void mk_free(struct mk_image *img);

/** mk_gte_off() - where the table entry of a grain is */
uint64_t mk_gte_off(const struct mk_image *img, uint64_t grain);

/** mk_grain_off() - where a grain (compressed: its marker) is */
uint64_t mk_grain_off(const struct mk_image *img, uint64_t grain);

/** mk_append() - add zeroed bytes to an image, rounded up to whole sectors; their place */
uint64_t mk_append(struct mk_image *img, uint64_t len);

/** mk_kind_of() - what a grain is */
enum mk_kind mk_kind_of(const struct mk_spec *spec, uint64_t grain);

/** mk_grain_sectors() - of a grain, the default filled in */
uint32_t mk_grain_sectors(const struct mk_spec *spec);

/** mk_build_esx() - what mk_build() does for MK_COWD and MK_SESPARSE */
struct mk_image mk_build_esx(const struct mk_spec *spec);

/** mk_guest() - the @count guest sectors from @sector on, as they must be read */
void mk_guest(const struct mk_spec *spec, uint64_t sector, uint64_t count, void *buf);

/** mk_open() - an extent over an image, as the file MK_PATH of the memory store */
VixError mk_open(const struct vd_format_ops *ops, const struct mk_image *img, uint64_t sectors,
		 struct vd_cache *cache, struct vd_extent **ex_out);
#define MK_PATH "disk.vmdk"

/** mk_check() - read all guest sectors of an extent in pieces of @step; are they as in the spec? */
bool mk_check(struct vd_extent *ex, const struct mk_spec *spec, uint64_t step);

/** mk_read() - read guest sectors through an extent's map(); what is absent reads as zeros */
VixError mk_read(struct vd_extent *ex, uint64_t sector, uint64_t count, void *buf);

#endif
