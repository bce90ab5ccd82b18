/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The commands of the sample that read and write whole disks: in one thread, with requests under
 * way, in several threads; and its table of what is allocated.
 */
#include "config.h"

#include "sample.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define REQUESTS 16 /* under way at once */

/* What is done over and over. */
struct bench {
	struct sample *s;
	bool write;
	uint64 sectors; /* of a request */
	uint64 capacity;
	uint8 *bufs; /* REQUESTS of them */
	_Atomic unsigned done, failed;
};

static VixError bench_init(struct bench *b, struct sample *s, bool write)
{
	*b = (struct bench){ .s = s, .write = write, .sectors = strtoull(s->value[0], NULL, 0) };
	if (b->sectors == 0)
		return sample_failed(__FILE__, __LINE__, VIX_E_INVALID_ARG);
	b->bufs = sample_buffer(b->sectors * REQUESTS, s->val);
	return sample_capacity(s->disk, &b->capacity);
}

static uint64 request_at(const struct bench *b, uint64 at)
{
	return at + b->sectors < b->capacity ? b->sectors : b->capacity - at;
}

static void report(const struct bench *b, const struct timespec *from)
{
	struct timespec now;
	double seconds;

	clock_gettime(CLOCK_MONOTONIC, &now);
	seconds = (double)(now.tv_sec - from->tv_sec) + (double)(now.tv_nsec - from->tv_nsec) / 1e9;
	printf("%s %" PRIu64 " sectors in %.3f seconds: %.2f MBytes/sec\n",
	       b->write ? "Wrote" : "Read", (uint64_t)b->capacity, seconds,
	       (double)b->capacity / 2048 / (seconds > 0 ? seconds : 1e-9));
}

static VixError bench(struct sample *s, bool write)
{
	struct timespec from;
	struct bench b;
	VixError err = bench_init(&b, s, write);

	if (err != VIX_OK)
		return err;
	clock_gettime(CLOCK_MONOTONIC, &from);
	for (uint64 at = 0; at < b.capacity; at += b.sectors) {
		if (write)
			TRY(lib.Write(s->disk, at, request_at(&b, at), b.bufs));
		else
			TRY(lib.Read(s->disk, at, request_at(&b, at), b.bufs));
	}
	report(&b, &from);
	free(b.bufs);
	return VIX_OK;
}

VixError sample_read(struct sample *s)
{
	return bench(s, false);
}

VixError sample_write(struct sample *s)
{
	return bench(s, true);
}

static void completed(void *data, VixError result)
{
	struct bench *b = data;

	if (result != VIX_OK)
		b->failed++;
	b->done++;
}

static VixError submit(struct bench *b, uint64 at, unsigned slot)
{
	uint8 *buf = b->bufs + slot * b->sectors * VIXDISKLIB_SECTOR_SIZE;
	uint64 n = request_at(b, at);

	return b->write ? lib.WriteAsync(b->s->disk, at, n, buf, completed, b)
			: lib.ReadAsync(b->s->disk, at, n, buf, completed, b);
}

/* As many requests as there are buffers, then all are waited for. */
static VixError bench_async(struct sample *s, bool write)
{
	struct timespec from;
	struct bench b;
	unsigned submitted = 0;
	VixError err = bench_init(&b, s, write);

	if (err != VIX_OK)
		return err;
	clock_gettime(CLOCK_MONOTONIC, &from);
	for (uint64 at = 0; at < b.capacity; at += b.sectors) {
		err = submit(&b, at, submitted % REQUESTS);
		if (err != VIX_ASYNC)
			return sample_failed(__FILE__, __LINE__, err);
		if (++submitted % REQUESTS == 0)
			TRY(lib.Wait(s->disk));
	}
	TRY(lib.Wait(s->disk));
	if (b.failed != 0 || b.done != submitted)
		return sample_failed(__FILE__, __LINE__, VIX_E_FAIL);
	report(&b, &from);
	free(b.bufs);
	return VIX_OK;
}

VixError sample_read_async(struct sample *s)
{
	return bench_async(s, false);
}

VixError sample_write_async(struct sample *s)
{
	return bench_async(s, true);
}

/* One query's blocks: printed, and added up in *@blocks and *@sectors. */
static VixError print_blocks(struct sample *s, uint64 start, uint64 count, uint64 *blocks,
			     uint64 *sectors)
{
	VixDiskLibBlockList *list = NULL;

	TRY(lib.QueryAllocatedBlocks(s->disk, start, count, s->chunk, &list));
	for (uint32 i = 0; i < list->numBlocks; i++) {
		printf("0x%012" PRIx64 " 0x%012" PRIx64 "\n", (uint64_t)list->blocks[i].offset,
		       (uint64_t)list->blocks[i].length);
		*sectors += list->blocks[i].length;
	}
	*blocks += list->numBlocks;
	lib.FreeBlockList(list);
	return VIX_OK;
}

/* Whole chunks are asked for; what is left at the end counts as allocated. */
VixError sample_blocks(struct sample *s)
{
	uint64 capacity, chunks, blocks = 0, sectors = 0, tail;
	VixError err = sample_capacity(s->disk, &capacity);

	if (err != VIX_OK)
		return err;
	chunks = capacity / s->chunk;
	tail = capacity % s->chunk;
	printf("\nOffset         Length\n");
	for (uint64 at = 0; at < chunks && err == VIX_OK; at += VIXDISKLIB_MAX_CHUNK_NUMBER) {
		uint64 n = chunks - at < VIXDISKLIB_MAX_CHUNK_NUMBER ? chunks - at
								     : VIXDISKLIB_MAX_CHUNK_NUMBER;

		err = print_blocks(s, at * s->chunk, n * s->chunk, &blocks, &sectors);
	}
	if (err != VIX_OK)
		return err;
	if (tail != 0)
		printf("0x%012" PRIx64 " 0x%012" PRIx64 "\n", (uint64_t)(capacity - tail),
		       (uint64_t)tail);
	blocks += tail != 0;
	sectors += tail;
	printf("Number of blocks: %" PRIu64 "\n", (uint64_t)blocks);
	printf("allocated size (%" PRIu64 ") / capacity (%" PRIu64 ") : %.0f%%\n",
	       (uint64_t)sectors, (uint64_t)capacity,
	       capacity != 0 ? 100.0 * (double)sectors / (double)capacity : 0.0);
	return VIX_OK;
}

/* A thread: copies the disk, sector by sector, through handles that the main thread opened. */
struct copier {
	pthread_t thread;
	VixDiskLibHandle from, to;
	uint64 capacity;
	char path[4096]; /* of the copy: a name without an extension */
	VixError err;
};

static void *copy(void *arg)
{
	struct copier *c = arg;
	uint8 sector[VIXDISKLIB_SECTOR_SIZE];

	for (uint64 at = 0; at < c->capacity && c->err == VIX_OK; at++) {
		c->err = lib.Read(c->from, at, 1, sector);
		if (c->err == VIX_OK)
			c->err = lib.Write(c->to, at, 1, sector);
	}
	return NULL;
}

static VixError prepare(struct sample *s, struct copier *c)
{
	VixDiskLibCreateParams p;
	const char *dir = getenv("TMPDIR");
	VixError err;
	int fd;

	snprintf(c->path, sizeof(c->path), "%s/testXXXXXX", dir != NULL ? dir : "/tmp");
	fd = mkstemp(c->path);
	if (fd < 0)
		return sample_failed(__FILE__, __LINE__, VIX_E_FAIL);
	close(fd);
	unlink(c->path);
	TRY(lib.Open(s->conn, s->path, VIXDISKLIB_FLAG_OPEN_READ_ONLY, &c->from));
	err = sample_capacity(c->from, &c->capacity);
	if (err != VIX_OK)
		return err;
	p = sample_create_params(s, VIXDISKLIB_DISK_SPLIT_SPARSE, c->capacity);
	TRY(lib.Create(s->conn, c->path, &p, NULL, NULL));
	TRY(lib.Open(s->conn, c->path, 0, &c->to));
	return VIX_OK;
}

static VixError finish(struct sample *s, struct copier *c)
{
	pthread_join(c->thread, NULL);
	TRY(c->err);
	TRY(lib.Close(c->from));
	TRY(lib.Close(c->to));
	TRY(lib.Unlink(s->conn, c->path));
	return VIX_OK;
}

VixError sample_threads(struct sample *s)
{
	unsigned n = (unsigned)strtoul(s->value[0], NULL, 0);
	struct copier *copiers = calloc(n, sizeof(*copiers));
	VixError err = VIX_OK;

	for (unsigned i = 0; i < n && err == VIX_OK; i++)
		err = prepare(s, &copiers[i]);
	if (err != VIX_OK)
		return err;
	for (unsigned i = 0; i < n; i++)
		if (pthread_create(&copiers[i].thread, NULL, copy, &copiers[i]) != 0)
			abort();
	for (unsigned i = 0; i < n && err == VIX_OK; i++)
		err = finish(s, &copiers[i]);
	if (err == VIX_OK)
		printf("%u threads have copied the disk\n", n);
	free(copiers);
	return err;
}
