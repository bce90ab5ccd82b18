/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Images with one corrupted field: rows of patches, each a case for every layout that it names.
 */
#ifndef HOSTILE_IMAGES_H
#define HOSTILE_IMAGES_H

#include "hostile.h"

#define SECTOR 512u
#define GRAIN  8u /* sectors; the images have 1000 */

/* Layouts, as bits. */
enum { S = 1, A = 2, B = 4, C = 8, STREAMS = A | B | C, ALL = S | STREAMS, W = 16, E = 32 };

/* Where a patch is. */
enum place {
	NOWHERE,
	HEADER,
	FOOTER,
	FOOTER_MARKER, /* the sector before the footer */
	END_MARKER,    /* the last sector of the file */
	GD_MARKER,     /* the sector before the directory */
	GDE,           /* of the directory; index in off */
	RGDE,          /* of the redundant one */
	GTE,           /* index of the grain in off */
	MARKER,        /* of the first grain; so are the following */
	DEFLATED,
	CUT, /* the file ends off bytes behind the place that is the value */
};

/* What is written there: a number, or a place of the image in sectors. */
enum what {
	NUMBER,
	IS_GD,
	IS_RGD,
	IS_TABLE,  /* that of the first grain */
	IS_GRAIN,  /* the first */
	IS_NEXT,   /* the second grain */
	IS_LAST,   /* the last sector of the file */
	IS_BEHIND, /* the first one that is not in it */
	IS_FOOTER,
	IS_BOMB, /* number: bytes of zeros, compressed, in the place of the first grain */
};

struct patch {
	enum place place;
	unsigned off, bytes;
	enum what what;
	uint64_t number;
};

struct row {
	const char *name, *field, *value;
	VixError code;
	const char *words;
	unsigned layouts;
	struct patch patch[2];
};

/* The patches of a row: one; one of the header. */
#define AT(...)                     \
	{                           \
		{                   \
			__VA_ARGS__ \
		}                   \
	}
#define HDR(off, bytes, number)                            \
	{                                                  \
		{                                          \
			HEADER, off, bytes, NUMBER, number \
		}                                          \
	}

/* The codes of most rows. */
#define BAD   VIX_E_DISK_INVALIDDISK
#define NOSUP VIX_E_DISK_NOTSUPPORTED
#define NEWER VIX_E_DISK_UNSUPPORTEDDISKVERSION

/** hostile_add_rows() - @n rows, for all their layouts; @of goes before their names */
void hostile_add_rows(const struct row *rows, size_t n, const char *of);

#define HOSTILE_ADD_ROWS(rows, of) hostile_add_rows(rows, sizeof(rows) / sizeof((rows)[0]), of)

#endif
