/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Writing grain tables; see table-writes.h.
 */
#include "config.h"

#include "table-writes.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "../../common/alloc.h"
#include "../../common/bytes.h"
#include "../../common/cleanup.h"

#define TABLES_BYTES (2u << 20) /* in memory, for one extent */
#define TABLES_MAX   1024u
#define ENTRY_BYTES  4u

enum copy { FIRST, SECOND };

struct table {
	uint64_t index;
	uint64_t place[2]; /* sectors of the copies; ABSENT: there is no such copy */
	bool is_new[2];    /* the directory does not name it yet */
	unsigned char *entries;
};

struct vd_table_writes {
	struct vd_extent *ex;
	const struct vd_table_writes_ops *ops;
	uint64_t end; /* nothing is allocated before this sector */
	bool was_unclean, is_marked;
	size_t n, max;
	uint64_t n_changes;
	struct table *tables; /* by index, ascending; all are to be written.  NULL: never needed */
};

VixError vd_table_writes_open(struct vd_extent *ex, struct vd_grain_tables *t,
			      const struct vd_table_writes_ops *ops, uint64_t end, bool was_unclean)
{
	struct vd_table_writes *w = vu_calloc_array(1, sizeof(*w));

	if (w == NULL)
		return VIX_E_OUT_OF_MEMORY;
	w->ex = ex;
	w->ops = ops;
	w->end = end;
	w->was_unclean = w->is_marked = was_unclean;
	w->max = vu_min(TABLES_BYTES / vd_table_bytes(t), TABLES_MAX);
	t->writes = w;
	return VIX_OK;
}

void vd_table_writes_settled(struct vd_grain_tables *t)
{
	t->writes->was_unclean = t->writes->is_marked = false;
}

/* The number of tables in memory that come before @index. */
static size_t count_before(const struct vd_table_writes *w, uint64_t index)
{
	size_t lo = 0, hi = w->n;

	while (lo < hi) { /* those before lo come before @index, those from hi on do not */
		size_t mid = lo + (hi - lo) / 2;

		if (w->tables[mid].index < index)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

static struct table *find(const struct vd_table_writes *w, uint64_t index)
{
	size_t i = count_before(w, index);

	return i < w->n && w->tables[i].index == index ? &w->tables[i] : NULL;
}

bool vd_table_writes_is_empty(const struct vd_table_writes *w)
{
	return w == NULL || w->n == 0;
}

const unsigned char *vd_table_writes_find(const struct vd_table_writes *w, uint64_t table)
{
	const struct table *tb = w != NULL ? find(w, table) : NULL;

	return tb != NULL ? tb->entries : NULL;
}

/* Writing them. */

static VixError write_copies(struct vd_grain_tables *t, enum copy copy)
{
	const struct vd_table_writes *w = t->writes;

	for (const struct table *tb = w->tables; tb < w->tables + w->n; tb++) {
		if (tb->place[copy] == VD_PLACE_ABSENT ||
		    (copy == SECOND && tb->place[SECOND] == tb->place[FIRST]))
			continue;
		VD_TRY(vd_store_pwrite(t->store, tb->entries, vd_table_bytes(t),
				       tb->place[copy] * VD_SECTOR_SIZE));
	}
	return VIX_OK;
}

static VixError write_directory(struct vd_grain_tables *t, uint64_t directory, enum copy copy)
{
	const struct vd_table_writes *w = t->writes;
	unsigned char entry[ENTRY_BYTES];

	for (const struct table *tb = w->tables; tb < w->tables + w->n; tb++) {
		if (!tb->is_new[copy])
			continue;
		vu_put_le32(entry, (uint32_t)tb->place[copy]);
		VD_TRY(vd_store_pwrite(t->store, entry, sizeof(entry),
				       directory * VD_SECTOR_SIZE + tb->index * ENTRY_BYTES));
	}
	return VIX_OK;
}

static bool has_new(const struct vd_table_writes *w)
{
	for (const struct table *tb = w->tables; tb < w->tables + w->n; tb++) {
		if (tb->is_new[FIRST] || tb->is_new[SECOND])
			return true;
	}
	return false;
}

static VixError write_tables(struct vd_grain_tables *t)
{
	VD_TRY(write_copies(t, SECOND));
	VD_TRY(write_copies(t, FIRST));
	if (!has_new(t->writes))
		return VIX_OK;
	VD_TRY(vd_store_flush(t->store));
	VD_TRY(write_directory(t, t->rgd, SECOND));
	return write_directory(t, t->gd, FIRST);
}

/* They are in the file: what is remembered of the file there is wrong. */
static void drop_tables(struct vd_grain_tables *t)
{
	struct vd_table_writes *w = t->writes;

	for (struct table *tb = w->tables; tb < w->tables + w->n; tb++) {
		for (enum copy copy = FIRST; copy <= SECOND; copy++) {
			if (tb->place[copy] != VD_PLACE_ABSENT)
				vd_grain_tables_forget(t, tb->place[copy] * VD_SECTOR_SIZE,
						       vd_table_bytes(t));
		}
		if (tb->is_new[FIRST] || tb->is_new[SECOND])
			vd_grain_tables_set_directory(t, tb->index, (uint32_t)tb->place[FIRST]);
		free(tb->entries);
	}
	w->n = 0;
	free(w->tables);
	w->tables = NULL;
}

VixError vd_table_writes_flush(struct vd_grain_tables *t)
{
	struct vd_table_writes *w = t->writes;

	if (w->n != 0 && w->ops->set_end != NULL)
		VD_TRY(w->ops->set_end(w->ex, vu_div_up(t->store->size, VD_SECTOR_SIZE)));
	VD_TRY(vd_store_flush(t->store));
	if (w->n == 0)
		return VIX_OK;
	VD_TRY(write_tables(t));
	VD_TRY(vd_store_flush(t->store));
	drop_tables(t);
	return VIX_OK;
}

/* What a child after a fork has of them, its parent writes. */
static void finish(struct vd_grain_tables *t)
{
	struct vd_table_writes *w = t->writes;

	if (vd_store_is_inherited(t->store))
		return;
	if (vd_table_writes_flush(t) == VIX_OK && w->is_marked && !w->was_unclean &&
	    w->ops->set_unclean(w->ex, false) == VIX_OK)
		vd_store_flush(t->store);
}

void vd_table_writes_close(struct vd_grain_tables *t)
{
	struct vd_table_writes *w = t->writes;

	if (w == NULL)
		return;
	finish(t);
	for (struct table *tb = w->tables; tb < w->tables + w->n; tb++)
		free(tb->entries);
	free(w->tables);
	free(w);
	t->writes = NULL;
}

/* Room. */

/* The end of the file moves: the block that it lies in has another length then. */
static void forget_end(struct vd_grain_tables *t)
{
	if (t->store->size != 0)
		vd_grain_tables_forget(t, t->store->size - 1, 1);
}

/* A place of @len bytes behind all that there is, a multiple of @unit. */
static VixError find_room(struct vd_grain_tables *t, uint64_t len, uint64_t unit, uint64_t *off_out)
{
	uint64_t begin = vu_max(t->store->size, t->writes->end * VD_SECTOR_SIZE);
	uint64_t off = vu_round_up(begin, unit);

	if ((off + len) / VD_SECTOR_SIZE <= UINT32_MAX) {
		*off_out = off;
		return VIX_OK;
	}
	vd_format_tell_full(t->store);
	return VIX_E_DISK_FULL;
}

static VixError mark(struct vd_grain_tables *t)
{
	struct vd_table_writes *w = t->writes;

	if (w->is_marked)
		return VIX_OK;
	VD_TRY(w->ops->set_unclean(w->ex, true));
	VD_TRY(vd_store_flush(t->store));
	w->is_marked = true;
	return VIX_OK;
}

/* Room in the file for a table that there was none of, filled with zeros. */
static VixError add_copy(struct vd_grain_tables *t, struct table *tb, enum copy copy)
{
	size_t len = vu_round_up(vd_table_bytes(t), VD_SECTOR_SIZE);
	VU_AUTO(free) unsigned char *zeros = vu_calloc_array(1, len);
	uint64_t off;

	if (zeros == NULL)
		return VIX_E_OUT_OF_MEMORY;
	VD_TRY(find_room(t, len, VD_SECTOR_SIZE, &off));
	forget_end(t);
	VD_TRY(vd_store_append(t->store, zeros, len, off));
	tb->place[copy] = off / VD_SECTOR_SIZE;
	tb->is_new[copy] = true;
	return VIX_OK;
}

static VixError load(struct vd_grain_tables *t, struct table *tb)
{
	VD_TRY(vd_grain_tables_load(t, tb->index, tb->entries, tb->place));
	if (tb->place[FIRST] != VD_PLACE_ABSENT)
		return VIX_OK;
	if (t->rgd != 0 && tb->place[SECOND] == VD_PLACE_ABSENT)
		VD_TRY(add_copy(t, tb, SECOND));
	return add_copy(t, tb, FIRST);
}

/* The table of @grain in memory, to be written. */
static VixError get_table(struct vd_grain_tables *t, uint64_t grain, struct table **tb_out)
{
	struct vd_table_writes *w = t->writes;
	struct table tb = { .index = grain >> t->gt_shift };
	size_t at;

	w->n_changes++;
	*tb_out = find(w, tb.index);
	if (*tb_out != NULL)
		return VIX_OK;
	if (w->n == w->max)
		VD_TRY(vd_table_writes_flush(t));
	if (w->tables == NULL)
		w->tables = vu_calloc_array(w->max, sizeof(*w->tables));
	VU_AUTO(free) unsigned char *entries = malloc(vd_table_bytes(t));
	if (entries == NULL || w->tables == NULL)
		return VIX_E_OUT_OF_MEMORY;
	tb.entries = entries;
	VD_TRY(load(t, &tb));
	at = count_before(w, tb.index);
	memmove(&w->tables[at + 1], &w->tables[at], (w->n - at) * sizeof(tb));
	entries = NULL;
	w->tables[at] = tb;
	w->n++;
	*tb_out = &w->tables[at];
	return VIX_OK;
}

/* How many sectors of [@sector, @sector + @count) one table is about. */
static uint64_t in_one_table(const struct vd_grain_tables *t, uint64_t sector, uint64_t count)
{
	uint64_t covered = (uint64_t)t->gtes_per_gt << t->grain_shift;

	return vu_min(count, covered - (sector & (covered - 1)));
}

VixError vd_table_writes_alloc(struct vd_grain_tables *t, uint64_t sector, uint64_t count,
			       struct vd_map *m_out)
{
	uint64_t unit = (uint64_t)t->grain_sectors * VD_SECTOR_SIZE;
	struct table *tb;

	VD_TRY(mark(t));
	VD_TRY(get_table(t, sector >> t->grain_shift, &tb));
	*m_out = (struct vd_map){ .kind = VD_MAP_DATA, .sectors = in_one_table(t, sector, count) };
	VD_TRY(find_room(t, m_out->sectors * VD_SECTOR_SIZE, unit, &m_out->off));
	forget_end(t);
	return VIX_OK;
}

/* @entry for the first grain; each next one is @step more. */
static void set_entries(struct vd_grain_tables *t, const struct table *tb, uint64_t sector,
			uint64_t count, uint64_t entry, uint64_t step)
{
	uint64_t i = (sector >> t->grain_shift) & (t->gtes_per_gt - 1);

	for (uint64_t n = count >> t->grain_shift; n > 0; n--, i++, entry += step)
		vu_put_le32(tb->entries + i * ENTRY_BYTES, (uint32_t)entry);
}

void vd_table_writes_commit(struct vd_grain_tables *t, uint64_t sector, const struct vd_map *m)
{
	const struct table *tb = find(t->writes, sector >> t->grain_shift >> t->gt_shift);

	set_entries(t, tb, sector, m->sectors, m->off / VD_SECTOR_SIZE, t->grain_sectors);
}

VixError vd_table_writes_zero(struct vd_grain_tables *t, uint64_t sector, uint64_t count,
			      uint64_t *done_out)
{
	struct table *tb;

	VD_TRY(mark(t));
	VD_TRY(get_table(t, sector >> t->grain_shift, &tb));
	*done_out = in_one_table(t, sector, count);
	set_entries(t, tb, sector, *done_out, VD_PLACE_ZERO, 0);
	return VIX_OK;
}

VixError vd_table_writes_set(struct vd_grain_tables *t, uint64_t sector, uint32_t entry)
{
	struct table *tb;

	VD_TRY(mark(t));
	VD_TRY(get_table(t, sector >> t->grain_shift, &tb));
	set_entries(t, tb, sector, t->grain_sectors, entry, 0);
	return VIX_OK;
}

uint64_t vd_table_writes_changes(const struct vd_grain_tables *t)
{
	return t->writes->n_changes;
}
