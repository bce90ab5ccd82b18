/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Copying disks; see copy.h.
 *
 * The source is looked through in windows; what is allocated in one becomes runs, and these are cut
 * into chunks, which the threads take.  A chunk that must be written in order waits for its turn.
 */
#include "config.h"

#include "copy.h"

#include <stdlib.h>

#include "../common/array.h"
#include "../common/bytes.h"
#include "../common/cleanup.h"
#include "../common/forks.h"
#include "../common/log.h"
#include "../common/thread.h"
#include "format/format.h"
#include "format/workers.h"

#define CHUNK_SECTORS  512u       /* stays in a CPU's own cache between read and write */
#define WINDOW_SECTORS (1u << 21) /* 1 GiB */
#define BLOCK_SECTORS  8u         /* what file systems allocate */
#define THREADS_MAX    4u
#define BUFFER_ALIGN   4096u

struct run {
	uint64_t sector, end;
};

struct copy {
	/* Set before the threads start, then constant. */
	struct vd_disk *from, *to;
	bool is_thin;
	bool is_flat;  /* all of the target has its place: no order, no grains */
	uint64_t unit; /* sectors that runs begin and end at */
	uint64_t capacity;

	pthread_mutex_t lock; /* rank 3: guards all below */
	pthread_cond_t moved; /* the turn, or there is an error */
	VixError err;         /* the first one */
	uint64_t window;      /* sector behind the one that was looked through */
	VU_ARRAY(struct run) runs;
	size_t run;       /* of which chunks are taken now */
	uint64_t n_taken; /* chunks */
	uint64_t turn;    /* which of them may be written */
	uint64_t untold;  /* sectors done that the client was not told of */
};

struct chunk {
	uint64_t number;
	uint64_t sector, count;
};

/* Runs; lock held. */

/* The unit may be larger than what is allocated: then two runs may meet, or overlap. */
static bool add_run(uint64_t sector, uint64_t count, bool is_allocated, void *ctx)
{
	struct copy *c = ctx;
	struct run r = {
		.sector = vu_round_down(sector, c->unit),
		.end = vu_min(vu_round_up(sector + count, c->unit), c->window),
	};
	struct run *last = c->runs.n > 0 ? &c->runs.v[c->runs.n - 1] : NULL;

	if (!is_allocated)
		return true;
	if (last != NULL && r.sector <= last->end)
		last->end = vu_max(last->end, r.end);
	else if (VU_ARRAY_PUSH(&c->runs, r) < 0)
		c->err = VIX_E_OUT_OF_MEMORY;
	return c->err == VIX_OK;
}

static uint64_t count_allocated(const struct copy *c)
{
	uint64_t sectors = 0;

	VU_ARRAY_FOREACH(&c->runs, r)
		sectors += r->end - r->sector;
	return sectors;
}

static VixError look_through_window(struct copy *c)
{
	uint64_t begin = c->window;

	c->window = vu_min(begin + WINDOW_SECTORS, c->capacity);
	c->runs.n = 0;
	c->run = 0;
	VD_TRY(vd_disk_extents(c->from, begin, c->window - begin, add_run, c));
	c->untold += c->window - begin - count_allocated(c);
	return c->err;
}

/* Chunks. */

enum taken { TAKEN, NOT_YET, NO_MORE };

/* The next chunk.  NOT_YET: a window without any was looked through; ask again. */
static enum taken take(struct copy *c, struct chunk *chunk_out)
{
	VU_LOCK(&c->lock);

	if (c->err == VIX_OK && c->run == c->runs.n && c->window < c->capacity)
		c->err = look_through_window(c);
	if (c->err != VIX_OK)
		return NO_MORE;
	if (c->run == c->runs.n)
		return c->window < c->capacity ? NOT_YET : NO_MORE;
	struct run *r = &c->runs.v[c->run];
	*chunk_out = (struct chunk){
		.number = c->n_taken++,
		.sector = r->sector,
		.count = vu_min(r->end - r->sector, CHUNK_SECTORS - r->sector % CHUNK_SECTORS),
	};
	r->sector += chunk_out->count;
	c->run += r->sector == r->end;
	return TAKEN;
}

/* A chunk is done, or the work has failed with @err.  Return: the first error of any thread. */
static VixError give_back(struct copy *c, const struct chunk *chunk, VixError err)
{
	VU_LOCK(&c->lock);

	if (c->err == VIX_OK)
		c->err = err;
	if (chunk != NULL)
		c->untold += chunk->count;
	if (chunk != NULL && !c->is_flat)
		c->turn++;
	pthread_cond_broadcast(&c->moved);
	return c->err;
}

/* Until all chunks before it are written; the error of one that could not be. */
static VixError await_turn(struct copy *c, const struct chunk *chunk)
{
	if (c->is_flat)
		return VIX_OK;
	VU_LOCK(&c->lock);
	while (c->turn != chunk->number && c->err == VIX_OK)
		pthread_cond_wait(&c->moved, &c->lock);
	return c->err;
}

/* Copying. */

static uint64_t count_alike(const char *buf, uint64_t unit, uint64_t count, bool *is_zero_out)
{
	uint64_t n = vu_min(unit, count), more;

	*is_zero_out = vu_is_zero(buf, n * VD_SECTOR_SIZE);
	for (; n < count; n += more) {
		more = vu_min(unit, count - n);
		if (vu_is_zero(buf + n * VD_SECTOR_SIZE, more * VD_SECTOR_SIZE) != *is_zero_out)
			break;
	}
	return n;
}

/* Other targets than flat ones leave zeros out themselves. */
static VixError write_sectors(struct copy *c, uint64_t sector, uint64_t count, const char *buf)
{
	bool is_zero = false;
	uint64_t n;

	for (; count > 0; sector += n, count -= n, buf += n * VD_SECTOR_SIZE) {
		n = c->is_flat ? count_alike(buf, BLOCK_SECTORS, count, &is_zero) : count;
		if (!is_zero)
			VD_TRY(vd_disk_write(c->to, sector, n, buf));
	}
	return VIX_OK;
}

static VixError copy_by_memory(struct copy *c, const struct chunk *chunk, char *buf)
{
	VD_TRY(vd_disk_read(c->from, chunk->sector, chunk->count, buf));
	VD_TRY(await_turn(c, chunk));
	return write_sectors(c, chunk->sector, chunk->count, buf);
}

/* What lies in a file as it is may be copied without coming by here. */
static VixError copy_by_place(struct copy *c, const struct chunk *chunk, char *buf)
{
	uint64_t end = chunk->sector + chunk->count;
	struct vd_place place;

	for (uint64_t s = chunk->sector; s < end; s += place.sectors) {
		struct chunk part = { .sector = s };
		bool is_done = false;

		VD_TRY(vd_disk_locate(c->from, s, end - s, &place));
		if (place.st != NULL)
			VD_TRY(vd_disk_copy_from(c->to, s, &place, &is_done));
		part.count = place.sectors;
		if (!is_done)
			VD_TRY(copy_by_memory(c, &part, buf));
	}
	return VIX_OK;
}

static VixError copy_chunk(struct copy *c, const struct chunk *chunk, char *buf)
{
	return c->is_flat && !c->is_thin ? copy_by_place(c, chunk, buf)
					 : copy_by_memory(c, chunk, buf);
}

/* Threads. */

static VixError tell(struct copy *c, struct vd_progress *p)
{
	uint64_t sectors;

	pthread_mutex_lock(&c->lock);
	sectors = c->untold;
	c->untold = 0;
	pthread_mutex_unlock(&c->lock);
	return vd_progress_add(p, sectors);
}

/* @p: NULL on all threads but the caller's */
static void work(struct copy *c, struct vd_progress *p)
{
	VU_AUTO(free) char *buf = aligned_alloc(BUFFER_ALIGN, CHUNK_SECTORS * VD_SECTOR_SIZE);
	VixError err = buf != NULL ? VIX_OK : VIX_E_OUT_OF_MEMORY;
	struct chunk chunk;
	enum taken taken;

	if (err != VIX_OK)
		give_back(c, NULL, err);
	while ((taken = take(c, &chunk)) != NO_MORE) {
		if (taken == TAKEN)
			give_back(c, &chunk, copy_chunk(c, &chunk, buf));
		if (p != NULL && (err = tell(c, p)) != VIX_OK)
			give_back(c, NULL, err);
	}
}

static void *help(void *arg)
{
	work(arg, NULL);
	return NULL;
}

static void copy_all(struct copy *c, struct vd_progress *p)
{
	unsigned n = 0, wanted = vu_min(vd_workers_cpus(), THREADS_MAX) - 1;
	pthread_t threads[THREADS_MAX];

	while (n < wanted && vu_thread_start(&threads[n], "vdisk-copy", help, c) == 0)
		n++;
	work(c, p);
	while (n > 0)
		pthread_join(threads[--n], NULL);
	if (c->err == VIX_OK && p != NULL)
		c->err = tell(c, p);
}

static VixError find_out_flat(struct copy *c)
{
	struct vd_place place = { 0 };

	c->is_flat = true;
	for (uint64_t s = 0; s < c->capacity && c->is_flat; s += place.sectors) {
		VD_TRY(vd_disk_locate(c->to, s, c->capacity - s, &place));
		c->is_flat = place.st != NULL;
	}
	c->unit = c->is_flat ? BLOCK_SECTORS : VD_GRAIN_SECTORS;
	return VIX_OK;
}

VixError vd_copy(struct vd_disk *from, struct vd_disk *to, bool is_thin, struct vd_progress *p)
{
	struct copy c = {
		.from = from,
		.to = to,
		.is_thin = is_thin,
		.capacity = from->capacity,
	};

	VD_TRY(find_out_flat(&c));
	pthread_mutex_init(&c.lock, NULL);
	pthread_cond_init(&c.moved, NULL);
	vd_workers_use();
	copy_all(&c, p);
	vd_workers_unuse();
	vu_cond_destroy(&c.moved);
	pthread_mutex_destroy(&c.lock);
	VU_ARRAY_FREE(&c.runs);
	return c.err;
}
