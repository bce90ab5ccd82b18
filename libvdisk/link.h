/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One link of a chain, open: its descriptor and its extents.
 *
 * 1. Extents lie in guest order and cover [0, capacity) without gaps.
 * 2. What an extent is, its TYPE and the first bytes of its file tell; createType is not looked at.
 * 3. Everything is set up in vd_link_open(), then constant, but for the descriptor of a link that
 *    is written: that changes under the disk's lock, exclusive.
 */
#ifndef VD_LINK_H
#define VD_LINK_H

#include <stdbool.h>
#include <stdint.h>

#include "../common/array.h"
#include "descriptor.h"
#include "format/format.h"

struct vd_writer;

struct vd_link {
	char *path;                 /* of the descriptor or the single file */
	struct vd_file_id id;       /* who that file is */
	struct vd_descriptor *desc; /* NULL: a raw file */
	struct vd_store *file; /* of the descriptor, kept open, and locked, for writing; or NULL */
	bool is_single_file;   /* the descriptor was inside of the one extent */
	struct vd_writer *reader; /* of a parent, while it is open: see writers.h; else NULL */
	VU_ARRAY(struct vd_extent *) extents;
	uint64_t capacity; /* sectors */
};

/* A run of sectors of a link, found. */
struct vd_piece {
	uint64_t sector;      /* its first one */
	struct vd_extent *ex; /* where it was found; NULL: behind the end of the link */
	size_t level;         /* of a walk: which link of the chain, 0 is the base */
	struct vd_map m;
};

/**
 * vd_link_open() - make a link of an open file
 * @file:   descriptor, single-file disk or raw data; consumed, also on failure
 * @flags:  enum vd_chain_flags; WRITE as @file was opened
 * @cache:  see vd_extent_open()
 * @ln_out: filled; vd_link_close()
 *
 * A sparse file with a descriptor of one extent inside is that extent, whatever name it was made
 * under.
 * Errors: those of vd_descriptor_parse(), vd_store_open() and vd_extent_open(); also
 *         DISK_INVALIDDISK   neither a disk nor raw data (vd_raw_check()), a lone extent, an
 *                            extent that is itself a descriptor or shorter than described
 *         DISK_NOTSUPPORTED  an extent of a type that can't be read
 *         DISK_NEEDKEY       the file belongs to an encrypted virtual machine
 *         FILE_NOT_FOUND     an extent is missing
 *         FILE_ACCESS_ERROR  an extent outside of the descriptor's directory
 */
VixError vd_link_open(struct vd_store *file, unsigned flags, struct vd_cache *cache,
		      struct vd_link **ln_out);

/**
 * vd_link_bad_fn - an extent can't be opened; why has just been logged
 * @file: its name, as the descriptor has it; or NULL
 */
typedef void vd_link_bad_fn(void *ctx, const char *file, VixError err);

/**
 * vd_link_open_partly() - as vd_link_open(), but in the place of an extent that can't be opened there
 * are zeros
 * @bad: told of each of them
 */
VixError vd_link_open_partly(struct vd_store *file, unsigned flags, struct vd_cache *cache,
			     vd_link_bad_fn *bad, void *ctx, struct vd_link **ln_out);

/** vd_link_close() - close all its files and free; NULL is fine */
void vd_link_close(struct vd_link *ln);

/** vd_link_find_extent() - the extent that holds @sector, which is below the capacity */
struct vd_extent *vd_link_find_extent(const struct vd_link *ln, uint64_t sector);

/**
 * vd_link_map() - where a run of sectors lies in this link
 * @sector: first one; behind the capacity the link lacks everything
 * @count:  sectors wanted, 1 or more
 * @p_out:  filled: the first run, 1..@count sectors
 *
 * Errors: those of vd_extent_map()
 */
VixError vd_link_map(const struct vd_link *ln, uint64_t sector, uint64_t count,
		     struct vd_piece *p_out);

/** vd_link_check_writable() - may its descriptor be changed?  FILE_READ_ONLY, NOT_SUPPORTED */
VixError vd_link_check_writable(const struct vd_link *ln);

/**
 * vd_link_read_text() - the descriptor of a link that is open for writing
 * @text_out: filled, for the caller to free(), with a NUL behind it
 *
 * Errors: FILE_ERROR, OUT_OF_MEMORY
 */
VixError vd_link_read_text(const struct vd_link *ln, char **text_out, size_t *len_out);

/**
 * vd_link_write_text() - give it another descriptor, durably
 *
 * On failure the old one is in memory; the file has the old or the new one.
 * Errors: those of vd_descriptor_parse(), vd_store_replace(), vd_extent_set_descriptor()
 */
VixError vd_link_write_text(struct vd_link *ln, const char *text, size_t len);

#endif
