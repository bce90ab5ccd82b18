/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Inflaters: what one thread needs to inflate a grain, kept for the next use.
 *
 * 1. A pool keeps a few idle inflaters, so steady reading allocates nothing: as many as the block
 *    cache grants, since each extent has a pool, and a disk may have very many.
 * 2. The pool is thread-safe (its lock is of rank 5); an inflater belongs to the one who got it.
 */
#ifndef VD_INFLATE_H
#define VD_INFLATE_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

#include "cache.h"

struct libdeflate_decompressor;

struct vd_inflater {
	unsigned char *packed; /* room for the compressed bytes; aligned for direct I/O */
	struct libdeflate_decompressor *codec;
	struct vd_inflater *next_idle;
};

struct vd_inflate_pool {
	pthread_mutex_t lock; /* guards idle, n_idle */
	struct vd_inflater *idle;
	unsigned n_idle;
	struct vd_cache *cache; /* borrowed; set in init, then constant, as below */
	size_t room;            /* bytes of every packed */
};

/** vd_inflate_pool_init() - an empty pool whose inflaters take @room compressed bytes */
void vd_inflate_pool_init(struct vd_inflate_pool *pool, struct vd_cache *cache, size_t room);

/** vd_inflate_pool_destroy() - free the idle inflaters; all were put back */
void vd_inflate_pool_destroy(struct vd_inflate_pool *pool);

/** vd_inflater_get() - an inflater, to be given back; NULL when memory is short */
struct vd_inflater *vd_inflater_get(struct vd_inflate_pool *pool);

/** vd_inflater_put() - end of the use that vd_inflater_get() began */
void vd_inflater_put(struct vd_inflate_pool *pool, struct vd_inflater *inf);

/**
 * vd_inflate() - inflate a zlib stream (RFC 1950)
 * @inf: borrowed
 * @in:  @in_len bytes, often inside @inf->packed; bytes behind the end of the stream are ignored
 * @out: room for @out_room bytes; no more is ever written
 * @out_len: filled: bytes that came out
 *
 * Return: false when the stream is damaged or holds more than @out_room bytes.
 */
bool vd_inflate(struct vd_inflater *inf, const void *in, size_t in_len, void *out, size_t out_room,
		size_t *out_len);

#endif
