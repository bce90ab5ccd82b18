/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What one thread of a storm does; see storm.h.
 *
 * What callbacks leave is read without a lock once Wait or Close have returned: they must do for
 * that.
 */
#include "config.h"

#include "storm.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bytes.h"

#define SECTOR RANDISK_SECTOR
#define MOST   600u /* sectors of a request */
#define SLOTS  6u
#define OPS    60

/* An async request. */
struct slot {
	VixDiskLibHandle disk; /* NULL: it is free */
	uint64_t sector, count;
	bool is_write;
	unsigned char *buf;
	unsigned char *more; /* a read: what it must get; a write: what its callback reads back */
	bool is_read_back;
	VixError result, second_result; /* of the request; of reading back */
	unsigned times_told;
};

struct storm_worker {
	struct storm *storm;
	unsigned number;
	uint64_t random;
	struct storm_run *runs; /* what it owns */
	size_t n_runs;
	size_t favourite; /* the run that it uses most, with those behind it */
	VixDiskLibHandle own;
	struct slot slots[SLOTS];
	unsigned char *buf;
	uint32_t serial; /* of what is written */
	char wrong[200]; /* empty: all was right */
};

static uint64_t draw(struct storm_worker *w, uint64_t n)
{
	return randisk_random(&w->random, n);
}

static bool one_in(struct storm_worker *w, unsigned n)
{
	return draw(w, n) == 0;
}

/* The first one counts. */
static void go_wrong(struct storm_worker *w, const char *what, uint64_t sector, uint64_t count,
		     VixError err)
{
	if (w->wrong[0] == '\0')
		snprintf(w->wrong, sizeof(w->wrong), "thread %u: %s, [%llu, +%llu): error %llu",
			 w->number, what, (unsigned long long)sector, (unsigned long long)count,
			 (unsigned long long)err);
}

/* Sectors and bytes. */

static bool is_own(const struct storm_worker *w, uint64_t sector)
{
	return w->storm->owner[sector] == w->number;
}

static const unsigned char *model_at(const struct storm_worker *w, uint64_t sector)
{
	return w->storm->model.bytes + sector * SECTOR;
}

static void add_run(struct storm_worker *w, uint64_t first, uint64_t count)
{
	w->runs = reallocarray(w->runs, w->n_runs + 1, sizeof(*w->runs));
	if (w->runs == NULL)
		abort();
	w->runs[w->n_runs++] = (struct storm_run){ first, count };
}

static void find_runs(struct storm_worker *w)
{
	uint64_t end = w->storm->model.sectors;

	for (uint64_t s = 0, n; s < end; s += n) {
		for (n = 0; s + n < end && is_own(w, s + n);)
			n++;
		if (n != 0)
			add_run(w, s, n);
		else
			n = 1;
	}
}

/* A part of what it owns, or the whole of it. */
static struct storm_run draw_own(struct storm_worker *w)
{
	size_t i = one_in(w, 3) ? draw(w, w->n_runs) : (w->favourite + draw(w, 4)) % w->n_runs;
	struct storm_run run = w->runs[i];

	if (one_in(w, 2)) {
		uint64_t skip = draw(w, run.count);

		run.first += skip;
		run.count = 1 + draw(w, run.count - skip);
	}
	run.count = vu_min(run.count, MOST);
	return run;
}

/* That, and what lies around it, which others may be writing. */
static struct storm_run draw_any(struct storm_worker *w)
{
	uint64_t sectors = w->storm->model.sectors;
	uint64_t at = w->n_runs != 0 ? draw_own(w).first : draw(w, sectors);
	uint64_t first = at - vu_min(at, draw(w, 50));

	return (struct storm_run){ first, 1 + draw(w, vu_min(MOST, sectors - first)) };
}

/* Every sector that is ever written is another one, or zeros. */
static void stamp(const struct storm_worker *w, unsigned char *to, uint64_t sector)
{
	uint64_t x = (sector << 32 | w->serial) * 0x9e3779b97f4a7c15u + w->number;

	for (unsigned i = 0; i < SECTOR; i += 8)
		vu_put_le64(to + i, x + i);
}

static void draw_bytes(struct storm_worker *w, const struct storm_run *run, unsigned char *to)
{
	static const unsigned zeros[] = { 1, 2, 30, 1000000 }; /* one sector in so many */
	unsigned one = zeros[draw(w, 4)];

	w->serial++;
	for (uint64_t i = 0; i < run->count; i++) {
		if (one_in(w, one))
			memset(to + i * SECTOR, 0, SECTOR);
		else
			stamp(w, to + i * SECTOR, run->first + i);
	}
}

/* Its own sectors only: the others' must not even be looked at. */
static void copy_own(const struct storm_worker *w, const struct storm_run *run, unsigned char *to)
{
	for (uint64_t i = 0; i < run->count; i++)
		if (is_own(w, run->first + i))
			memcpy(to + i * SECTOR, model_at(w, run->first + i), SECTOR);
}

static void same_own(struct storm_worker *w, const char *what, const struct storm_run *run,
		     const unsigned char *got, const unsigned char *want)
{
	for (uint64_t i = 0; i < run->count; i++)
		if (is_own(w, run->first + i) &&
		    memcmp(got + i * SECTOR, want + i * SECTOR, SECTOR))
			go_wrong(w, what, run->first + i, 1, VIX_OK);
}

/* Async requests. */

static struct storm_run run_of(const struct slot *s)
{
	return (struct storm_run){ s->sector, s->count };
}

static void check_slot(struct storm_worker *w, struct slot *s)
{
	const struct storm_run run = run_of(s);

	if (s->times_told != 1)
		go_wrong(w, "callback not called, or twice", s->sector, s->count, s->result);
	if (s->result != VIX_OK || s->second_result != VIX_OK)
		go_wrong(w, s->is_write ? "async write" : "async read", s->sector, s->count,
			 s->result != VIX_OK ? s->result : s->second_result);
	if (!s->is_write)
		same_own(w, "async read of other bytes", &run, s->buf, s->more);
	else if (s->is_read_back)
		same_own(w, "callback reads other bytes", &run, s->more, s->buf);
	s->disk = NULL;
}

/* All requests to a handle are done. */
static void check_slots(struct storm_worker *w, VixDiskLibHandle disk)
{
	for (struct slot *s = w->slots; s < w->slots + SLOTS; s++)
		if (s->disk == disk)
			check_slot(w, s);
}

static void wait_for(struct storm_worker *w, VixDiskLibHandle disk)
{
	VixError err = VixDiskLib_Wait(disk);

	if (err != VIX_OK)
		go_wrong(w, "wait", 0, 0, err);
	check_slots(w, disk);
}

static void wait_for_all(struct storm_worker *w)
{
	for (struct slot *s = w->slots; s < w->slots + SLOTS; s++)
		if (s->disk != NULL)
			wait_for(w, s->disk);
}

/* @disk: the handle that an async request is for; NULL: it is not async */
static void wait_for_same_sectors(struct storm_worker *w, const struct storm_run *run,
				  bool is_write, VixDiskLibHandle disk)
{
	for (struct slot *s = w->slots; s < w->slots + SLOTS; s++)
		if (s->disk != NULL && s->disk != disk && (is_write || s->is_write) &&
		    s->sector < run->first + run->count && run->first < s->sector + s->count)
			wait_for(w, s->disk);
}

static struct slot *get_slot(struct storm_worker *w)
{
	struct slot *s = w->slots;

	while (s < w->slots + SLOTS && s->disk != NULL)
		s++;
	if (s < w->slots + SLOTS)
		return s;
	s = &w->slots[draw(w, SLOTS)];
	wait_for(w, s->disk);
	return s;
}

static void on_done(void *data, VixError result)
{
	struct slot *s = data;

	s->result = result;
	s->times_told++;
	if (s->is_read_back)
		s->second_result = VixDiskLib_Read(s->disk, s->sector, s->count, s->more);
}

static struct slot *prepare(struct storm_worker *w, const struct storm_run *run, bool is_write,
			    VixDiskLibHandle disk)
{
	struct slot *s;

	wait_for_same_sectors(w, run, is_write, disk);
	s = get_slot(w);
	*s = (struct slot){ .disk = disk,
			    .sector = run->first,
			    .count = run->count,
			    .is_write = is_write,
			    .buf = s->buf,
			    .more = s->more,
			    .is_read_back = is_write && one_in(w, 3) };
	return s;
}

static void started(struct storm_worker *w, struct slot *s, VixError err)
{
	if (err == VIX_ASYNC)
		return;
	go_wrong(w, "start of an async request", s->sector, s->count, err);
	s->disk = NULL;
}

/* What a thread does. */

static VixDiskLibHandle draw_handle(struct storm_worker *w)
{
	return one_in(w, 2) ? w->own : w->storm->shared;
}

static void keep(const struct storm_worker *w, const struct storm_run *run,
		 const unsigned char *bytes)
{
	memcpy(w->storm->model.bytes + run->first * SECTOR, bytes, run->count * SECTOR);
}

static void write_now(struct storm_worker *w)
{
	const struct storm_run run = draw_own(w);
	VixError err;

	wait_for_same_sectors(w, &run, true, NULL);
	draw_bytes(w, &run, w->buf);
	err = VixDiskLib_Write(draw_handle(w), run.first, run.count, w->buf);
	if (err != VIX_OK)
		go_wrong(w, "write", run.first, run.count, err);
	keep(w, &run, w->buf);
}

static void write_async(struct storm_worker *w)
{
	const struct storm_run run = draw_own(w);
	VixDiskLibHandle disk = draw_handle(w);
	struct slot *s = prepare(w, &run, true, disk);

	draw_bytes(w, &run, s->buf);
	keep(w, &run, s->buf);
	started(w, s, VixDiskLib_WriteAsync(disk, run.first, run.count, s->buf, on_done, s));
}

static void read_now(struct storm_worker *w)
{
	const struct storm_run run = draw_any(w);
	VixError err;

	wait_for_same_sectors(w, &run, false, NULL);
	err = VixDiskLib_Read(draw_handle(w), run.first, run.count, w->buf);
	if (err != VIX_OK)
		go_wrong(w, "read", run.first, run.count, err);
	else
		same_own(w, "read of other bytes", &run, w->buf, model_at(w, run.first));
}

static void read_async(struct storm_worker *w)
{
	const struct storm_run run = draw_any(w);
	VixDiskLibHandle disk = draw_handle(w);
	struct slot *s = prepare(w, &run, false, disk);

	copy_own(w, &run, s->more);
	started(w, s, VixDiskLib_ReadAsync(disk, run.first, run.count, s->buf, on_done, s));
}

static void flush(struct storm_worker *w)
{
	VixError err = VixDiskLib_Flush(draw_handle(w));

	if (err != VIX_OK)
		go_wrong(w, "flush", 0, 0, err);
}

/* Blocks must ascend, and have all sectors of its own that are not zeros. */
static void check_blocks(struct storm_worker *w, const VixDiskLibBlockList *list,
			 const struct storm_run *asked)
{
	const VixDiskLibBlock *b = list->blocks, *end = b + list->numBlocks;
	uint64_t stop = asked->first + asked->count;

	for (uint64_t at = asked->first; b < end; at = b->offset + b->length, b++)
		if (b->offset < at || b->length == 0 || b->offset + b->length > stop)
			go_wrong(w, "block out of order", b->offset, b->length, VIX_OK);
	b = list->blocks;
	for (uint64_t s = asked->first; s < stop; s++) {
		while (b < end && b->offset + b->length <= s)
			b++;
		if ((b == end || b->offset > s) && is_own(w, s) &&
		    !vu_is_zero(model_at(w, s), SECTOR))
			go_wrong(w, "data outside of the blocks", s, 1, VIX_OK);
	}
}

static void ask_for_blocks(struct storm_worker *w)
{
	uint64_t chunk = VIXDISKLIB_MIN_CHUNK_SIZE << draw(w, 3);
	uint64_t chunks = w->storm->model.sectors / chunk;
	VixDiskLibBlockList *list;
	struct storm_run asked;
	VixError err;

	if (chunks == 0)
		return;
	wait_for_all(w);
	asked.first = draw(w, chunks);
	asked.count = 1 + draw(w, vu_min(chunks - asked.first, 40));
	asked.first *= chunk;
	asked.count *= chunk;
	err = VixDiskLib_QueryAllocatedBlocks(draw_handle(w), asked.first, asked.count, chunk,
					      &list);
	if (err != VIX_OK) {
		go_wrong(w, "allocated blocks", asked.first, asked.count, err);
		return;
	}
	check_blocks(w, list, &asked);
	VixDiskLib_FreeBlockList(list);
}

static void name_key(char key[16], unsigned number)
{
	snprintf(key, 16, "storm%u", number);
}

const char *storm_metadata_error(const struct storm *storm, VixDiskLibHandle disk, unsigned number)
{
	const char *want = storm->metadata[number];
	char key[16], got[64];
	size_t needed;
	VixError err;

	name_key(key, number);
	err = VixDiskLib_ReadMetadata(disk, key, got, sizeof(got), &needed);
	if (want[0] == '\0')
		return err == VIX_E_DISK_KEY_NOTFOUND ? NULL : "metadata that was never set";
	if (err != VIX_OK)
		return "metadata is not there";
	return strcmp(got, want) == 0 ? NULL : "metadata is another";
}

/* Of any length; where there is no room for it, the old one stays. */
static void set_metadata(struct storm_worker *w)
{
	char *kept = w->storm->metadata[w->number];
	size_t len = 1 + draw(w, sizeof(w->storm->metadata[0]) - 1);
	char key[16], value[sizeof(w->storm->metadata[0])];
	VixError err;

	name_key(key, w->number);
	for (size_t i = 0; i < len - 1; i++)
		value[i] = (char)('a' + draw(w, 26));
	value[len - 1] = '\0';
	if (len == 1)
		snprintf(value, sizeof(value), "1");
	err = VixDiskLib_WriteMetadata(draw_handle(w), key, value);
	if (err == VIX_OK)
		snprintf(kept, sizeof(value), "%s", value);
	else if (err != VIX_E_DISK_FULL && err != VIX_E_NOT_SUPPORTED)
		go_wrong(w, "set metadata", 0, 0, err);
}

static void get_metadata(struct storm_worker *w)
{
	const char *wrong = storm_metadata_error(w->storm, draw_handle(w), w->number);

	if (wrong != NULL)
		go_wrong(w, wrong, 0, 0, VIX_OK);
}

static void get_info(struct storm_worker *w)
{
	VixDiskLibInfo *info;
	VixError err = VixDiskLib_GetInfo(draw_handle(w), &info);

	if (err != VIX_OK || info->capacity != w->storm->model.sectors ||
	    info->numLinks != (int)w->storm->model.links)
		go_wrong(w, "other info", 0, 0, err);
	if (err == VIX_OK)
		VixDiskLib_FreeInfo(info);
}

static Bool go_on_to(void *percent, int at)
{
	return at <= *(const int *)percent;
}

/* Moves the grains under everybody's feet. Not all disks can have that, and not all wait for its
 * end. */
static void compact(struct storm_worker *w)
{
	int most = one_in(w, 3) ? (int)draw(w, 100) : 100;
	bool is_shrink = one_in(w, 2);
	VixDiskLibHandle disk = draw_handle(w);
	VixError err = is_shrink ? VixDiskLib_Shrink(disk, go_on_to, &most)
				 : VixDiskLib_Defragment(disk, go_on_to, &most);

	if (err != VIX_OK && err != VIX_E_NOT_SUPPORTED && err != VIX_E_OBJECT_IS_BUSY &&
	    !(is_shrink && err == VIX_E_DISK_CANTSHRINK) && !(most < 100 && err == VIX_E_CANCELLED))
		go_wrong(w, is_shrink ? "shrink" : "defragment", 0, 0, err);
}

static void open_own(struct storm_worker *w)
{
	VixError err = VixDiskLib_Open(w->storm->conns[draw(w, 2)], w->storm->model.path,
				       w->storm->flags, &w->own);

	if (err != VIX_OK)
		go_wrong(w, "open", 0, 0, err);
}

static void close_own(struct storm_worker *w)
{
	VixError err = VixDiskLib_Close(w->own);

	if (err != VIX_OK)
		go_wrong(w, "close", 0, 0, err);
	check_slots(w, w->own);
}

static void open_again(struct storm_worker *w)
{
	close_own(w);
	open_own(w);
}

static const struct {
	unsigned weight;
	bool needs_sectors; /* of its own */
	void (*act)(struct storm_worker *w);
} acts[] = {
	{ 6, true, write_now },     { 6, true, write_async },   { 4, false, read_now },
	{ 4, false, read_async },   { 1, false, flush },        { 1, false, ask_for_blocks },
	{ 1, false, set_metadata }, { 1, false, get_metadata }, { 1, false, get_info },
	{ 1, false, open_again },   { 1, false, compact },
};

static void act(struct storm_worker *w)
{
	unsigned sum = 0;
	uint64_t at;
	size_t i = 0;

	for (size_t a = 0; a < sizeof(acts) / sizeof(acts[0]); a++)
		sum += acts[a].weight;
	for (at = draw(w, sum); at >= acts[i].weight; i++)
		at -= acts[i].weight;
	if (!acts[i].needs_sectors || w->n_runs != 0)
		acts[i].act(w);
}

void *storm_work(void *worker)
{
	struct storm_worker *w = worker;

	open_own(w);
	for (int i = 0; i < OPS && w->wrong[0] == '\0'; i++)
		act(w);
	if (w->own != NULL)
		close_own(w);
	wait_for_all(w);
	return NULL;
}

static unsigned char *new_buffer(void)
{
	unsigned char *buf = calloc(MOST, SECTOR);

	if (buf == NULL)
		abort();
	return buf;
}

struct storm_worker *storm_worker_new(struct storm *storm, unsigned number, uint64_t random)
{
	struct storm_worker *w = calloc(1, sizeof(*w));

	if (w == NULL)
		abort();
	w->storm = storm;
	w->number = number;
	w->random = random;
	w->buf = new_buffer();
	for (struct slot *s = w->slots; s < w->slots + SLOTS; s++) {
		s->buf = new_buffer();
		s->more = new_buffer();
	}
	find_runs(w);
	w->favourite = w->n_runs != 0 ? draw(w, w->n_runs) : 0;
	return w;
}

void storm_worker_end(struct storm_worker *w, char *wrong_out)
{
	snprintf(wrong_out, sizeof(w->wrong), "%s", w->wrong);
	for (struct slot *s = w->slots; s < w->slots + SLOTS; s++) {
		free(s->buf);
		free(s->more);
	}
	free(w->buf);
	free(w->runs);
	free(w);
}
