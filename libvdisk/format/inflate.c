/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Inflaters; see inflate.h.
 */
#include "config.h"

#include "inflate.h"

#include <libdeflate.h>
#include <stdlib.h>

#include "../../common/alloc.h"
#include "../../common/bytes.h"
#include "../../common/cleanup.h"

#define IDLE_MAX    8u
#define BYTES_ALIGN 4096u
#define CODEC_BYTES (12u << 10) /* about what libdeflate takes for one */

void vd_inflate_pool_init(struct vd_inflate_pool *pool, struct vd_cache *cache, size_t room)
{
	pthread_mutex_init(&pool->lock, NULL);
	pool->idle = NULL;
	pool->n_idle = 0;
	pool->cache = cache;
	pool->room = vu_round_up(room, BYTES_ALIGN);
}

static void inflater_free(struct vd_inflater *inf)
{
	libdeflate_free_decompressor(inf->codec);
	free(inf->packed);
	free(inf);
}

static struct vd_inflater *take_idle(struct vd_inflate_pool *pool)
{
	VU_LOCK(&pool->lock);
	struct vd_inflater *inf = pool->idle;

	if (inf != NULL) {
		pool->idle = inf->next_idle;
		pool->n_idle--;
		vd_cache_give_back(pool->cache, pool->room + CODEC_BYTES);
	}
	return inf;
}

void vd_inflate_pool_destroy(struct vd_inflate_pool *pool)
{
	struct vd_inflater *inf;

	while ((inf = take_idle(pool)) != NULL)
		inflater_free(inf);
	pthread_mutex_destroy(&pool->lock);
}

static struct vd_inflater *inflater_new(size_t room)
{
	struct vd_inflater *inf = vu_calloc_array(1, sizeof(*inf));

	if (inf == NULL)
		return NULL;
	inf->packed = aligned_alloc(BYTES_ALIGN, room);
	inf->codec = libdeflate_alloc_decompressor();
	if (inf->packed != NULL && inf->codec != NULL)
		return inf;
	inflater_free(inf);
	return NULL;
}

struct vd_inflater *vd_inflater_get(struct vd_inflate_pool *pool)
{
	struct vd_inflater *inf = take_idle(pool);

	return inf != NULL ? inf : inflater_new(pool->room);
}

static bool keep_idle(struct vd_inflate_pool *pool, struct vd_inflater *inf)
{
	VU_LOCK(&pool->lock);

	if (pool->n_idle == IDLE_MAX || !vd_cache_grant(pool->cache, pool->room + CODEC_BYTES))
		return false;
	inf->next_idle = pool->idle;
	pool->idle = inf;
	pool->n_idle++;
	return true;
}

void vd_inflater_put(struct vd_inflate_pool *pool, struct vd_inflater *inf)
{
	if (!keep_idle(pool, inf))
		inflater_free(inf);
}

bool vd_inflate(struct vd_inflater *inf, const void *in, size_t in_len, void *out, size_t out_room,
		size_t *out_len)
{
	return libdeflate_zlib_decompress(inf->codec, in, in_len, out, out_room, out_len) ==
	       LIBDEFLATE_SUCCESS;
}
