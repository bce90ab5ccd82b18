/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Deflating grains; see deflate.h.
 */
#include "config.h"

#include "deflate.h"

#include <libdeflate.h>
#include <stdlib.h>

#include "../../common/alloc.h"
#include "../../common/cleanup.h"

struct vd_deflater {
	struct libdeflate_compressor *codec;
	struct vd_deflater *next_idle;
};

void vd_deflate_pool_init(struct vd_deflate_pool *pool, int level)
{
	pthread_mutex_init(&pool->lock, NULL);
	pool->idle = NULL;
	pool->level = level;
}

static struct vd_deflater *take_idle(struct vd_deflate_pool *pool)
{
	VU_LOCK(&pool->lock);
	struct vd_deflater *d = pool->idle;

	if (d != NULL)
		pool->idle = d->next_idle;
	return d;
}

static void keep_idle(struct vd_deflate_pool *pool, struct vd_deflater *d)
{
	VU_LOCK(&pool->lock);

	d->next_idle = pool->idle;
	pool->idle = d;
}

static void deflater_free(struct vd_deflater *d)
{
	libdeflate_free_compressor(d->codec);
	free(d);
}

static struct vd_deflater *deflater_new(int level)
{
	struct vd_deflater *d = vu_calloc_array(1, sizeof(*d));

	if (d == NULL)
		return NULL;
	d->codec = libdeflate_alloc_compressor(level);
	if (d->codec != NULL)
		return d;
	free(d);
	return NULL;
}

void vd_deflate_pool_destroy(struct vd_deflate_pool *pool)
{
	struct vd_deflater *d;

	while ((d = take_idle(pool)) != NULL)
		deflater_free(d);
	pthread_mutex_destroy(&pool->lock);
}

size_t vd_deflate_bound(size_t len)
{
	return libdeflate_zlib_compress_bound(NULL, len);
}

size_t vd_deflate(struct vd_deflate_pool *pool, const void *in, size_t len, void *out, size_t room)
{
	struct vd_deflater *d = take_idle(pool);
	size_t got;

	if (d == NULL)
		d = deflater_new(pool->level);
	if (d == NULL)
		return 0;
	got = libdeflate_zlib_compress(d->codec, in, len, out, room);
	keep_idle(pool, d);
	return got;
}
