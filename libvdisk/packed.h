/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The compressed grains of one request, read by several threads.
 *
 *	struct vd_packed_batch b;
 *	vd_packed_init(&b);
 *	VD_TRY(vd_packed_add(&b, ex, &m, sector, to));     as often as there are grains
 *	VD_TRY(vd_packed_finish(&b, true));
 *
 * 1. Errors are not told, and they come in no order: who gets one reads again in another way, and
 *    tells what is wrong then.
 * 2. Nothing is allocated; without other threads (format/workers.h) the caller does it all.
 */
#ifndef VD_PACKED_H
#define VD_PACKED_H

#include "format/format.h"

#define VD_PACKED_BATCH 32u /* grains: 2 MiB of the usual size */

/* Part of a grain, and where it goes. */
struct vd_packed_piece {
	struct vd_extent *ex;
	struct vd_map m;
	uint64_t sector; /* of the extent */
	void *to;
	VixError err; /* filled when it was tried */
};

struct vd_packed_batch {
	size_t n;
	size_t n_seen; /* all that were ever added */
	struct vd_packed_piece v[VD_PACKED_BATCH];
};

/** vd_packed_init() - an empty batch */
void vd_packed_init(struct vd_packed_batch *b);

/**
 * vd_packed_add() - read m->sectors sectors from @sector of @ex, of kind VD_MAP_PACKED, to @to
 *
 * Not before vd_packed_finish(), or when the batch is full: then all of it is read, and it begins
 * anew.
 * Errors: those of vd_extent_read_packed(), for any piece
 */
VixError vd_packed_add(struct vd_packed_batch *b, struct vd_extent *ex, const struct vd_map *m,
		       uint64_t sector, void *to);

/**
 * vd_packed_finish() - read what was added
 * @is_shared: let other threads help
 *
 * Errors: those of vd_extent_read_packed(); the buffers' contents are undefined then
 */
VixError vd_packed_finish(struct vd_packed_batch *b, bool is_shared);

/** vd_packed_read_ahead() - what follows the last piece that was added will be read soon */
void vd_packed_read_ahead(const struct vd_packed_batch *b);

#endif
