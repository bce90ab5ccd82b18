/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which sectors of a file are in use: a bit for each unit of a window of the file.
 *
 * 1. At most 16 MiB, however long the file is: who has more to mark moves the window over it.
 * 2. What lies outside of the window is neither marked nor compared.
 */
#ifndef VD_USAGE_H
#define VD_USAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "vixDiskLib.h"

#define VD_USAGE_UNITS_MAX (UINT64_C(1) << 27)

struct vd_usage {
	uint64_t *bits;
	uint64_t unit;       /* sectors of a bit */
	uint64_t first;      /* unit at which the window begins */
	uint64_t n, n_total; /* units of the window, of the file */
};

/**
 * vd_usage_open() - nothing is in use, in the first window
 * @sectors: of the file
 * @unit:    sectors of a bit
 *
 * Errors: OUT_OF_MEMORY
 */
VixError vd_usage_open(struct vd_usage *u, uint64_t sectors, uint64_t unit);

/** vd_usage_next() - the next window, with nothing in use; false: there is none */
bool vd_usage_next(struct vd_usage *u);

/** vd_usage_has() - is a sector in the window? */
bool vd_usage_has(const struct vd_usage *u, uint64_t sector);

/** vd_usage_take() - mark sectors as in use; false: some were, by units */
bool vd_usage_take(struct vd_usage *u, uint64_t sector, uint64_t count);

/** vd_usage_is_free() - are none of these sectors in use? */
bool vd_usage_is_free(const struct vd_usage *u, uint64_t sector, uint64_t count);

/**
 * vd_usage_count_free() - runs of @count sectors, at multiples of it, of which none is in use
 * @begin, @end: sectors; what of it lies in the window is looked at
 */
uint64_t vd_usage_count_free(const struct vd_usage *u, uint64_t begin, uint64_t end,
			     uint64_t count);

/** vd_usage_close() - free */
void vd_usage_close(struct vd_usage *u);

#endif
