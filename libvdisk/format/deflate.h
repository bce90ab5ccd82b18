/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Deflating grains, on several threads.
 *
 * 1. A compressor is kept for the next use: making one costs as much as a small grain.
 * 2. Thread-safe.  The lock is of rank 5; nothing is compressed under it.
 */
#ifndef VD_DEFLATE_H
#define VD_DEFLATE_H

#include <pthread.h>
#include <stddef.h>

struct vd_deflater;

struct vd_deflate_pool {
	pthread_mutex_t lock; /* guards idle */
	struct vd_deflater *idle;
	int level; /* set in init, then constant */
};

/** vd_deflate_pool_init() - compressors of a level, 1 (fast) to 12 (small); none is made yet */
void vd_deflate_pool_init(struct vd_deflate_pool *pool, int level);

/** vd_deflate_pool_destroy() - free them; none is in use */
void vd_deflate_pool_destroy(struct vd_deflate_pool *pool);

/** vd_deflate_bound() - what @len bytes need at most */
size_t vd_deflate_bound(size_t len);

/**
 * vd_deflate() - make a zlib stream (RFC 1950)
 * @room: at least vd_deflate_bound(@len)
 *
 * Return: its bytes; 0: memory is short.
 */
size_t vd_deflate(struct vd_deflate_pool *pool, const void *in, size_t len, void *out, size_t room);

#endif
