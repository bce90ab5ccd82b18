/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which sectors of a disk may hold something, where somebody else than its files knows that: all
 * others are zero.  A server knows it of a flat file, which does not tell.
 *
 * 1. It is asked once, when it is wanted for the first time.  A failure is no error: then nothing is
 *    known.
 */
#ifndef VD_USED_H
#define VD_USED_H

#include "disk.h"

#define VD_USED_RUNS_MAX (1u << 20) /* more are not remembered: nothing is known */

struct vd_used;

/* Calls vd_used_add() with all that is used; an error ends it.  Errors of this thread are hushed. */
typedef VixError vd_used_learn_fn(struct vd_used *u, void *ctx);

/**
 * vd_used_new() - nobody has been asked yet
 * @ctx: kept, for @learn
 *
 * Return: for vd_used_free(); NULL: memory is short.
 */
struct vd_used *vd_used_new(vd_used_learn_fn *learn, void *ctx);

/** vd_used_free() - NULL is fine */
void vd_used_free(struct vd_used *u);

/**
 * vd_used_add() - these bytes may hold something
 * @off: not before the end of what was added before
 *
 * Errors: OUT_OF_MEMORY; DISK_TOOMANYREDO  too many to remember
 */
VixError vd_used_add(struct vd_used *u, uint64_t off, uint64_t len);

/** vd_used_is_known() - is it known?  Asks if that has not been done. */
bool vd_used_is_known(struct vd_used *u);

/** vd_used_each() - as vd_disk_extents(), where it is known; @count is 1 or more */
void vd_used_each(const struct vd_used *u, uint64_t sector, uint64_t count, vd_run_fn *fn,
		  void *ctx);

#endif
