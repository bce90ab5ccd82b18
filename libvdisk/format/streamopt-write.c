/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Writing compressed extents as a stream; see streamopt-write.h.
 */
#include "config.h"

#include "streamopt-write.h"

#include <inttypes.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "../../common/alloc.h"
#include "../../common/bytes.h"
#include "../../common/cleanup.h"
#include "../../common/log.h"
#include "deflate.h"
#include "markers.h"
#include "workers.h"

#define GRAIN_BYTES        (VD_GRAIN_SECTORS * VD_SECTOR_SIZE)
#define GTES               512u
#define TABLE_SECTORS      4u
#define DESCRIPTOR_SECTORS 20u /* at least: a header that names less room is a trap for others */
#define FOOTER_SECTORS     3u  /* marker, second header, end of stream */
#define BATCH_GRAINS       32u

static atomic_int stream_level = VD_STREAM_LEVEL;

struct batch {
	struct vd_stream *stream;
	struct vd_job job;
	bool is_started;
	size_t n;
	uint64_t grain[BATCH_GRAINS];
	size_t packed_len[BATCH_GRAINS]; /* with marker and padding; 0: memory was short */
	unsigned char *plain;            /* grains, one behind the other */
	unsigned char *packed;           /* @room for each */
};

struct vd_stream {
	struct vd_store *store;
	struct vd_kdmv header;
	enum { COMPLETE, OPEN, BROKEN } state;
	VixError err; /* why it is BROKEN */
	struct vd_stream_end end;
	uint64_t next;           /* sector that may be written next */
	bool has_part;           /* the grain behind those of the batch is being filled */
	uint64_t part;           /* that grain */
	uint64_t at;             /* sector of the file: behind all grains and whole tables */
	bool has_table;          /* entries are of a table that has begun */
	uint64_t table;          /* which one */
	uint32_t entries[GTES];  /* sectors of its grains */
	uint32_t *directory;     /* sectors of tables */
	struct batch batches[2]; /* one is filled while the other is compressed */
	unsigned filling;
	struct vd_deflate_pool deflaters;
	size_t room;
};

/* Pieces of the file. */

static uint64_t directory_sectors(const struct vd_kdmv *h)
{
	return vu_div_up(h->n_tables * sizeof(uint32_t), VD_SECTOR_SIZE);
}

static void put_header(unsigned char *raw, const struct vd_kdmv *h, uint64_t gd, uint64_t overhead)
{
	vu_put_le32(raw + VD_KDMV_OFF_MAGIC, VD_KDMV_MAGIC);
	vu_put_le32(raw + VD_KDMV_OFF_VERSION, 3);
	vu_put_le32(raw + VD_KDMV_OFF_FLAGS,
		    VD_KDMV_NEWLINE_TEST | VD_KDMV_COMPRESSED | VD_KDMV_MARKERS);
	vu_put_le64(raw + VD_KDMV_OFF_CAPACITY, h->capacity);
	vu_put_le64(raw + VD_KDMV_OFF_GRAIN, h->grain_sectors);
	vu_put_le64(raw + VD_KDMV_OFF_DESC, h->desc);
	vu_put_le64(raw + VD_KDMV_OFF_DESC_SIZE, h->desc_sectors);
	vu_put_le32(raw + VD_KDMV_OFF_GTES, h->gtes_per_gt);
	vu_put_le64(raw + VD_KDMV_OFF_GD, gd);
	vu_put_le64(raw + VD_KDMV_OFF_OVERHEAD, overhead);
	memcpy(raw + VD_KDMV_OFF_NEWLINES, "\n \r\n", 4);
	vu_put_le16(raw + VD_KDMV_OFF_COMPRESSION, 1);
}

static void put_marker(unsigned char *raw, uint64_t sectors, enum vd_marker_type type)
{
	vu_put_le64(raw + VD_MARKER_OFF_VALUE, sectors);
	vu_put_le32(raw + VD_MARKER_OFF_SIZE, 0);
	vu_put_le32(raw + VD_MARKER_OFF_TYPE, type);
}

/* Three sectors of zeros become the end of a file whose directory is at @gd. */
static void put_footer(unsigned char *raw, const struct vd_kdmv *h, uint64_t gd)
{
	uint64_t overhead = vu_round_up(h->desc + h->desc_sectors, VD_GRAIN_SECTORS);

	put_marker(raw, 1, VD_MARKER_FOOTER);
	put_header(raw + VD_SECTOR_SIZE, h, gd, overhead);
	put_marker(raw + 2 * VD_SECTOR_SIZE, 0, VD_MARKER_EOS);
}

static void put_entries(unsigned char *raw, const uint32_t *entries, uint64_t n)
{
	for (uint64_t i = 0; i < n; i++)
		vu_put_le32(raw + i * sizeof(uint32_t), entries[i]);
}

/* Creating. */

static struct vd_kdmv new_header(uint64_t capacity, size_t len)
{
	return (struct vd_kdmv){
		.capacity = capacity,
		.grain_sectors = VD_GRAIN_SECTORS,
		.gtes_per_gt = GTES,
		.n_tables = vu_div_up(capacity, (uint64_t)VD_GRAIN_SECTORS * GTES),
		.desc = 1,
		.desc_sectors = vu_max(vu_div_up(len, VD_SECTOR_SIZE), DESCRIPTOR_SECTORS),
	};
}

/* Of a compressed grain. */
static size_t grain_room(void)
{
	return vu_round_up(VD_MARKER_GRAIN_BYTES + vd_deflate_bound(GRAIN_BYTES), VD_SECTOR_SIZE);
}

uint64_t vd_stream_bytes_max(uint64_t capacity, uint64_t grains)
{
	struct vd_kdmv h = new_header(capacity, 0);
	uint64_t sectors = vu_round_up(h.desc + h.desc_sectors, VD_GRAIN_SECTORS);

	sectors += vu_min(h.n_tables, grains) * (1 + TABLE_SECTORS);
	sectors += 1 + directory_sectors(&h) + FOOTER_SECTORS;
	return sectors * VD_SECTOR_SIZE + grains * grain_room();
}

VixError vd_stream_create(struct vd_store *st, uint64_t capacity, const char *text, size_t len)
{
	VD_TRY(vd_grain_tables_check(st, VD_GRAIN_SECTORS, GTES, capacity));
	struct vd_kdmv h = new_header(capacity, len);
	uint64_t overhead = vu_round_up(h.desc + h.desc_sectors, VD_GRAIN_SECTORS);
	uint64_t gd = overhead + 1, end = gd + directory_sectors(&h);
	size_t bytes = (end + FOOTER_SECTORS) * VD_SECTOR_SIZE;
	VU_AUTO(free) unsigned char *raw = vu_calloc_array(1, bytes);

	if (raw == NULL)
		return VIX_E_OUT_OF_MEMORY;
	put_header(raw, &h, VD_KDMV_GD_AT_END, overhead);
	memcpy(raw + VD_SECTOR_SIZE, text, len);
	put_marker(raw + overhead * VD_SECTOR_SIZE, directory_sectors(&h), VD_MARKER_GD);
	put_footer(raw + end * VD_SECTOR_SIZE, &h, gd);
	VD_TRY(vd_store_append(st, raw, bytes, st->size));
	return vd_store_flush(st);
}

/* Opening. */

/* Is the file what vd_stream_create() makes: a directory of zeros, and nothing else? */
static VixError is_without_grains(const struct vd_stream *s, bool *is_empty_out)
{
	const struct vd_kdmv *h = &s->header;
	uint64_t sectors = directory_sectors(h);
	size_t len = sectors * VD_SECTOR_SIZE;

	*is_empty_out = false;
	if (h->grain_sectors != VD_GRAIN_SECTORS || h->gtes_per_gt != GTES ||
	    h->gd <= h->desc + h->desc_sectors ||
	    s->store->size != (h->gd + sectors + FOOTER_SECTORS) * VD_SECTOR_SIZE)
		return VIX_OK;
	VU_AUTO(free) unsigned char *raw = malloc(len);
	if (raw == NULL)
		return VIX_E_OUT_OF_MEMORY;
	VD_TRY(vd_store_pread(s->store, raw, len, h->gd * VD_SECTOR_SIZE));
	*is_empty_out = vu_is_zero(raw, len);
	return VIX_OK;
}

void vd_stream_set_level(int level)
{
	atomic_store(&stream_level, level);
}

static struct vd_stream *stream_new(struct vd_store *st, const struct vd_kdmv *h)
{
	struct vd_stream *s = vu_calloc_array(1, sizeof(*s));

	if (s == NULL)
		return NULL;
	s->store = st;
	s->header = *h;
	s->end.gd = h->gd;
	s->at = h->gd - 1; /* the marker in front of it */
	s->room = grain_room();
	s->batches[0].stream = s->batches[1].stream = s;
	vd_deflate_pool_init(&s->deflaters, atomic_load(&stream_level));
	vd_workers_use();
	return s;
}

VixError vd_stream_open(struct vd_store *st, const struct vd_kdmv *h, struct vd_stream **s_out)
{
	struct vd_stream *s = stream_new(st, h);
	bool is_empty = false;
	VixError err;

	*s_out = NULL;
	if (s == NULL)
		return VIX_E_OUT_OF_MEMORY;
	err = is_without_grains(s, &is_empty);
	if (err == VIX_OK && is_empty)
		*s_out = s;
	else
		vd_stream_free(s);
	return err;
}

void vd_stream_free(struct vd_stream *s)
{
	if (s == NULL)
		return;
	for (struct batch *b = s->batches; b < s->batches + 2; b++) {
		vd_job_cancel(&b->job);
		free(b->plain);
		free(b->packed);
	}
	vd_deflate_pool_destroy(&s->deflaters);
	vd_workers_unuse();
	free(s->directory);
	free(s);
}

/* From compressed grains to the file. */

static VixError check_room(const struct vd_stream *s, uint64_t sectors)
{
	if (s->at + sectors <= UINT32_MAX)
		return VIX_OK;
	vd_format_tell_full(s->store);
	return VIX_E_DISK_FULL;
}

/* The old footer goes before anything else changes: a file with a footer is whole. */
static VixError open_end(struct vd_stream *s)
{
	static const unsigned char zeros[FOOTER_SECTORS * VD_SECTOR_SIZE];

	if (s->state == OPEN)
		return VIX_OK;
	if (s->directory == NULL)
		s->directory = vu_calloc_array(s->header.n_tables, sizeof(*s->directory));
	if (s->directory == NULL)
		return VIX_E_OUT_OF_MEMORY;
	s->end.stale_off = s->at * VD_SECTOR_SIZE;
	s->end.stale_len = s->store->size - s->end.stale_off;
	VD_TRY(vd_store_pwrite(s->store, zeros, sizeof(zeros), s->store->size - sizeof(zeros)));
	VD_TRY(vd_store_flush(s->store));
	s->state = OPEN;
	return VIX_OK;
}

/* The table that has begun, with its marker in front, to @raw. */
static void put_table(const struct vd_stream *s, unsigned char *raw)
{
	put_marker(raw, TABLE_SECTORS, VD_MARKER_GT);
	put_entries(raw + VD_SECTOR_SIZE, s->entries, GTES);
}

static VixError end_table(struct vd_stream *s)
{
	unsigned char raw[(1 + TABLE_SECTORS) * VD_SECTOR_SIZE] = { 0 };

	VD_TRY(check_room(s, 1 + TABLE_SECTORS));
	put_table(s, raw);
	VD_TRY(vd_store_put(s->store, raw, sizeof(raw), s->at * VD_SECTOR_SIZE));
	s->directory[s->table] = (uint32_t)s->at + 1;
	s->at += 1 + TABLE_SECTORS;
	s->has_table = false;
	return VIX_OK;
}

static VixError begin_table(struct vd_stream *s, uint64_t table)
{
	if (s->has_table && s->table == table)
		return VIX_OK;
	if (s->has_table)
		VD_TRY(end_table(s));
	memset(s->entries, 0, sizeof(s->entries));
	s->table = table;
	s->has_table = true;
	return VIX_OK;
}

/* Grains of one table, the first of them being @i: one behind the other, in one write. */
static VixError write_run(struct vd_stream *s, struct batch *b, size_t i, size_t end)
{
	unsigned char *run = b->packed + i * s->room;
	size_t len = 0;

	for (; i < end; i++) {
		if (b->packed_len[i] == 0)
			return VIX_E_OUT_OF_MEMORY;
		VD_TRY(check_room(s, (len + b->packed_len[i]) / VD_SECTOR_SIZE));
		memmove(run + len, b->packed + i * s->room, b->packed_len[i]);
		s->entries[b->grain[i] % GTES] = (uint32_t)(s->at + len / VD_SECTOR_SIZE);
		len += b->packed_len[i];
	}
	VD_TRY(vd_store_put(s->store, run, len, s->at * VD_SECTOR_SIZE));
	s->at += len / VD_SECTOR_SIZE;
	return VIX_OK;
}

static VixError write_batch(struct vd_stream *s, struct batch *b)
{
	size_t end;

	VD_TRY(open_end(s));
	for (size_t i = 0; i < b->n; i = end) {
		uint64_t table = b->grain[i] / GTES;

		for (end = i + 1; end < b->n && b->grain[end] / GTES == table;)
			end++;
		VD_TRY(begin_table(s, table));
		VD_TRY(write_run(s, b, i, end));
	}
	return VIX_OK;
}

/* Batches. */

/* One grain of a batch, with its marker in front and zeros behind; on any thread. */
static void pack_grain(void *ctx, size_t i)
{
	struct batch *b = ctx;
	struct vd_stream *s = b->stream;
	unsigned char *out = b->packed + i * s->room;
	size_t len = vd_deflate(&s->deflaters, b->plain + i * GRAIN_BYTES, GRAIN_BYTES,
				out + VD_MARKER_GRAIN_BYTES, s->room - VD_MARKER_GRAIN_BYTES);
	size_t used = VD_MARKER_GRAIN_BYTES + len;

	vu_put_le64(out + VD_MARKER_OFF_VALUE, b->grain[i] * VD_GRAIN_SECTORS);
	vu_put_le32(out + VD_MARKER_OFF_SIZE, (uint32_t)len);
	b->packed_len[i] = len != 0 ? vu_round_up(used, VD_SECTOR_SIZE) : 0;
	if (len != 0)
		memset(out + used, 0, b->packed_len[i] - used);
}

static VixError finish_batch(struct vd_stream *s, struct batch *b)
{
	VixError err;

	if (!b->is_started)
		return VIX_OK;
	vd_job_finish(&b->job);
	err = write_batch(s, b);
	b->is_started = false;
	b->n = 0;
	return err;
}

/* The batch that was filled is compressed from now on, and the other one filled. */
static VixError turn(struct vd_stream *s)
{
	struct batch *full = &s->batches[s->filling];
	struct batch *other = &s->batches[1 - s->filling];

	VD_TRY(finish_batch(s, other));
	full->job = (struct vd_job){
		.fn = pack_grain,
		.ctx = full,
		.n = full->n,
		.helpers = vd_workers_cpus(),
	};
	full->is_started = true;
	vd_job_start(&full->job);
	s->filling = 1 - s->filling;
	return VIX_OK;
}

/* Room for the grain that comes next. */
static VixError next_grain(struct vd_stream *s, unsigned char **grain_out)
{
	struct batch *b = &s->batches[s->filling];

	if (b->plain == NULL)
		b->plain = malloc(BATCH_GRAINS * (size_t)GRAIN_BYTES);
	if (b->packed == NULL)
		b->packed = malloc(BATCH_GRAINS * s->room);
	if (b->plain == NULL || b->packed == NULL)
		return VIX_E_OUT_OF_MEMORY;
	*grain_out = b->plain + b->n * GRAIN_BYTES;
	return VIX_OK;
}

/* The room has been filled. */
static VixError add_grain(struct vd_stream *s, uint64_t grain)
{
	struct batch *b = &s->batches[s->filling];

	if (vu_is_zero(b->plain + b->n * GRAIN_BYTES, GRAIN_BYTES))
		return VIX_OK;
	b->grain[b->n++] = grain;
	return b->n == BATCH_GRAINS ? turn(s) : VIX_OK;
}

static VixError end_part(struct vd_stream *s)
{
	if (!s->has_part)
		return VIX_OK;
	s->has_part = false;
	return add_grain(s, s->part);
}

/* Part of one grain. */
static VixError add_part(struct vd_stream *s, uint64_t sector, uint64_t count, const char *bytes)
{
	uint64_t skip = sector % VD_GRAIN_SECTORS;
	unsigned char *grain;

	if (s->has_part && s->part != sector / VD_GRAIN_SECTORS)
		VD_TRY(end_part(s));
	VD_TRY(next_grain(s, &grain));
	if (!s->has_part && count < VD_GRAIN_SECTORS)
		memset(grain, 0, GRAIN_BYTES);
	memcpy(grain + skip * VD_SECTOR_SIZE, bytes, count * VD_SECTOR_SIZE);
	s->has_part = true;
	s->part = sector / VD_GRAIN_SECTORS;
	return skip + count == VD_GRAIN_SECTORS ? end_part(s) : VIX_OK;
}

/* Writing. */

static VixError broken(struct vd_stream *s, VixError err)
{
	s->state = BROKEN;
	s->err = err;
	return err;
}

static VixError check_not_broken(const struct vd_stream *s)
{
	if (s->state != BROKEN)
		return VIX_OK;
	VU_ERR("format", "%s: cannot write: the stream is cut off since an error before",
	       vu_log_quote(s->store->path));
	return s->err;
}

static VixError check_order(const struct vd_stream *s, uint64_t sector)
{
	VD_TRY(check_not_broken(s));
	if (sector >= s->next)
		return VIX_OK;
	VU_ERR("format",
	       "%s: cannot write sector %" PRIu64
	       ": a streamOptimized disk is written once, from its begin to its end, and sectors "
	       "before %" PRIu64 " have been; write in order, or to another kind of disk",
	       vu_log_quote(s->store->path), sector, s->next);
	return VIX_E_NOT_SUPPORTED;
}

VixError vd_stream_write(struct vd_stream *s, uint64_t sector, uint64_t count, const void *buf)
{
	const char *from = buf;
	VixError err = VIX_OK;
	uint64_t n;

	VD_TRY(check_order(s, sector));
	for (; count > 0 && err == VIX_OK; sector += n, count -= n, from += n * VD_SECTOR_SIZE) {
		n = vu_min(count, VD_GRAIN_SECTORS - sector % VD_GRAIN_SECTORS);
		err = add_part(s, sector, n, from);
	}
	if (err != VIX_OK)
		return broken(s, err);
	s->next = sector;
	return VIX_OK;
}

/* Finishing. */

/* The table that has begun and the directory; *@end_out: the sector behind them. */
static VixError write_tables(struct vd_stream *s, uint64_t *gd_out, uint64_t *end_out)
{
	uint64_t table = s->has_table ? 1 + TABLE_SECTORS : 0;
	uint64_t directory = directory_sectors(&s->header);
	uint64_t sectors = table + 1 + directory;
	VU_AUTO(free) unsigned char *raw = vu_calloc_array(sectors, VD_SECTOR_SIZE);

	if (raw == NULL)
		return VIX_E_OUT_OF_MEMORY;
	VD_TRY(check_room(s, sectors + FOOTER_SECTORS));
	if (s->has_table) {
		put_table(s, raw);
		s->directory[s->table] = (uint32_t)s->at + 1;
	}
	put_marker(raw + table * VD_SECTOR_SIZE, directory, VD_MARKER_GD);
	put_entries(raw + (table + 1) * VD_SECTOR_SIZE, s->directory, s->header.n_tables);
	*gd_out = s->at + table + 1;
	*end_out = s->at + sectors;
	return vd_store_put(s->store, raw, sectors * VD_SECTOR_SIZE, s->at * VD_SECTOR_SIZE);
}

static VixError write_end(struct vd_stream *s)
{
	unsigned char raw[FOOTER_SECTORS * VD_SECTOR_SIZE] = { 0 };
	uint64_t gd, end;

	VD_TRY(write_tables(s, &gd, &end));
	VD_TRY(vd_store_flush(s->store));
	put_footer(raw, &s->header, gd);
	VD_TRY(vd_store_put(s->store, raw, sizeof(raw), end * VD_SECTOR_SIZE));
	VD_TRY(vd_store_flush(s->store));
	s->end.gd = gd;
	s->state = COMPLETE;
	return VIX_OK;
}

/* All that was written, to the file. */
static VixError drain(struct vd_stream *s)
{
	VD_TRY(end_part(s));
	s->next = vu_round_up(s->next, VD_GRAIN_SECTORS);
	if (s->batches[s->filling].n > 0)
		VD_TRY(turn(s));
	return finish_batch(s, &s->batches[1 - s->filling]);
}

VixError vd_stream_finish(struct vd_stream *s, struct vd_stream_end *end_out)
{
	VixError err;

	VD_TRY(check_not_broken(s));
	err = drain(s);
	if (err == VIX_OK && s->state == OPEN)
		err = write_end(s);
	if (err != VIX_OK)
		return broken(s, err);
	*end_out = s->end;
	return VIX_OK;
}
