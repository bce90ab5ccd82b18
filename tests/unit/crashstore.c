/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Crashes, for tests; see crashstore.h.
 */
#include "config.h"

#include "crashstore.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "array.h"
#include "bytes.h"
#include "memstore.h"

#define SECTOR 512u

struct event {
	enum memstore_change what;
	size_t file;
	unsigned char *bytes;
	size_t len;
	uint64_t off;
};

struct image {
	const char *path;
	unsigned char *bytes;
	size_t len;
};

static VU_ARRAY(struct image) originals;
static VU_ARRAY(struct event) events;

static void *copy_of(const void *bytes, size_t len)
{
	void *copy = malloc(len != 0 ? len : 1);

	if (copy == NULL)
		abort();
	if (len != 0)
		memcpy(copy, bytes, len);
	return copy;
}

static size_t file_number(const char *path)
{
	size_t i = 0;

	while (strcmp(originals.v[i].path, path) != 0)
		i++;
	return i;
}

static void add_event(void *ctx, enum memstore_change what, const char *path, const void *buf,
		      size_t len, uint64_t off)
{
	struct event e = { what, file_number(path), copy_of(buf, len), len, off };

	(void)ctx;
	if (VU_ARRAY_PUSH(&events, e) < 0)
		abort();
}

void crashstore_record(const char *const *paths, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		size_t len = memstore_len(paths[i]);
		struct image img = { paths[i], copy_of(memstore_bytes(paths[i]), len), len };

		if (VU_ARRAY_PUSH(&originals, img) < 0)
			abort();
	}
	memstore_watch(add_event, NULL);
}

void crashstore_stop(void)
{
	memstore_watch(NULL, NULL);
}

size_t crashstore_events(void)
{
	return events.n;
}

static void resize(struct image *img, size_t len)
{
	if (len > img->len) {
		img->bytes = realloc(img->bytes, len);
		if (img->bytes == NULL)
			abort();
		memset(img->bytes + img->len, 0, len - img->len);
	}
	img->len = len;
}

static void put(struct image *img, const void *bytes, size_t len, uint64_t off)
{
	if (off + len > img->len)
		resize(img, off + len);
	memcpy(img->bytes + off, bytes, len);
}

static bool draw(uint64_t *seed)
{
	*seed = *seed * 6364136223846793005u + 1442695040888963407u;
	return *seed >> 63;
}

/* Each sector of the file is written whole, or is not. */
static void put_some(struct image *img, const struct event *e, uint64_t *seed)
{
	for (uint64_t at = 0, n; at < e->len; at += n) {
		n = vu_min(SECTOR - (e->off + at) % SECTOR, e->len - at);
		if (draw(seed))
			put(img, e->bytes + at, n, e->off + at);
	}
}

static void apply(struct image *img, const struct event *e, bool is_durable,
		  enum crashstore_fate fate, uint64_t *seed)
{
	switch (e->what) {
	case MEMSTORE_WRITE:
		if (is_durable || fate == CRASH_KEEPS_ALL)
			put(img, e->bytes, e->len, e->off);
		else if (fate == CRASH_KEEPS_SOME)
			put_some(img, e, seed);
		break;
	case MEMSTORE_REPLACE: /* all or nothing, and durable */
		img->len = 0;
		put(img, e->bytes, e->len, 0);
		break;
	case MEMSTORE_RESIZE:
		if (is_durable || fate == CRASH_KEEPS_ALL ||
		    (fate == CRASH_KEEPS_SOME && draw(seed)))
			resize(img, e->off);
		break;
	default:
		break;
	}
}

/* The number of events of @file that the last flush of it, before event @n, made durable. */
static size_t last_flush(size_t file, size_t n)
{
	while (n > 0 && (events.v[n - 1].file != file || events.v[n - 1].what == MEMSTORE_WRITE ||
			 events.v[n - 1].what == MEMSTORE_RESIZE))
		n--;
	return n;
}

void crashstore_crash(size_t n, enum crashstore_fate fate, uint64_t seed)
{
	for (size_t file = 0; file < originals.n; file++) {
		const struct image *from = &originals.v[file];
		struct image img = { from->path, copy_of(from->bytes, from->len), from->len };
		size_t durable = last_flush(file, n);

		for (size_t i = 0; i < n; i++) {
			if (events.v[i].file == file)
				apply(&img, &events.v[i], i < durable, fate, &seed);
		}
		memstore_add(img.path, img.bytes, img.len);
		free(img.bytes);
	}
}

void crashstore_free(void)
{
	VU_ARRAY_FOREACH(&originals, img)
		free(img->bytes);
	VU_ARRAY_FREE(&originals);
	VU_ARRAY_FOREACH(&events, e)
		free(e->bytes);
	VU_ARRAY_FREE(&events);
}
