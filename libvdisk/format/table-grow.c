/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Tables for more grains; see table-grow.h.
 */
#include "config.h"

#include "table-grow.h"

#include <inttypes.h>
#include <stdlib.h>

#include "../../common/alloc.h"
#include "../../common/bytes.h"
#include "../../common/cleanup.h"
#include "../../common/log.h"

#define ENTRY_BYTES 4u
#define COPY_BYTES  (64u << 10) /* of a directory, at a time */

/* Where everything goes.  Sectors of the file. */
struct layout {
	uint64_t dir_sectors;
	bool is_moving; /* the directories do */
	uint64_t table_sectors, n_added;
	uint64_t first_tables[2]; /* of the new tables, in the directory and the redundant one */
	uint64_t end;             /* of the file; 0: it stays as long as it is */
};

static uint64_t directory_sectors(uint64_t n_tables)
{
	return vu_div_up(n_tables * ENTRY_BYTES, VD_SECTOR_SIZE);
}

/* What lies behind the end of the extent, inside its tables. */

static VixError refuse_content(const struct vd_table_growth *g, uint64_t grain)
{
	VU_ERR("format",
	       "%s: cannot make it longer: behind its end, at sector %" PRIu64
	       ", its tables name something that would appear; clone it to a larger disk",
	       vu_log_quote(g->t->store->path), grain << g->t->grain_shift);
	return VIX_E_DISK_NOTNORMAL;
}

/* Entries of a table from its @i-th on, in both copies: all must be 0. */
static VixError check_table(const struct vd_table_growth *g, uint64_t table, uint64_t i,
			    unsigned char *entries)
{
	struct vd_grain_tables *t = g->t;
	size_t skip = i * ENTRY_BYTES, len = vd_table_bytes(t) - skip;
	uint64_t places[2];
	bool is_empty;

	VD_TRY(vd_grain_tables_load(t, table, entries, places));
	is_empty = vu_is_zero(entries + skip, len);
	if (is_empty && places[1] != VD_PLACE_ABSENT && places[1] != places[0]) {
		VD_TRY(vd_store_pread(t->store, entries, len, places[1] * VD_SECTOR_SIZE + skip));
		is_empty = vu_is_zero(entries, len);
	}
	return is_empty ? VIX_OK : refuse_content(g, (table << t->gt_shift) + i);
}

static VixError check_nothing_behind(const struct vd_table_growth *g)
{
	const struct vd_grain_tables *t = g->t;
	uint64_t grain = vu_div_up(g->ex->sectors, t->grain_sectors);
	uint64_t i = grain & (t->gtes_per_gt - 1);
	VU_AUTO(free) unsigned char *entries = malloc(vd_table_bytes(t));

	if (entries == NULL)
		return VIX_E_OUT_OF_MEMORY;
	for (uint64_t table = grain >> t->gt_shift; table < t->n_tables; table++, i = 0)
		VD_TRY(check_table(g, table, i, entries));
	return VIX_OK;
}

/* The rest of the last grain, whose bytes nobody has looked at yet. */
static VixError clear_last_grain(struct vd_table_growth *g)
{
	struct vd_grain_tables *t = g->t;
	uint64_t last = g->ex->sectors - 1;
	uint64_t n = (t->grain_sectors - g->ex->sectors % t->grain_sectors) % t->grain_sectors;
	uint64_t len = n * VD_SECTOR_SIZE;
	VU_AUTO(free) unsigned char *zeros = vu_calloc_array(1, len + 1);
	struct vd_map m;

	if (zeros == NULL)
		return VIX_E_OUT_OF_MEMORY;
	if (n == 0)
		return VIX_OK;
	VD_TRY(vd_extent_map(g->ex, last, 1, &m));
	if (m.kind != VD_MAP_DATA)
		return VIX_OK;
	return vd_store_put(t->store, zeros, len, m.off + VD_SECTOR_SIZE);
}

/* Where. */

/* A directory, if it moves, and the new tables behind it.  Return: the end. */
static uint64_t place_copy(const struct vd_table_growth *g, struct layout *l, int copy, uint64_t at,
			   uint64_t *dir)
{
	if (l->is_moving) {
		*dir = at;
		at += l->dir_sectors;
	}
	l->first_tables[copy] = g->has_all_tables ? at : 0;
	return g->has_all_tables ? at + l->n_added * l->table_sectors : at;
}

static VixError lay_out(struct vd_table_growth *g, uint64_t gd, uint64_t rgd, struct layout *l)
{
	const struct vd_grain_tables *t = g->t;
	uint64_t begin = vu_max(vu_div_up(t->store->size, VD_SECTOR_SIZE), g->end), at;

	g->n_tables = vu_div_up(g->sectors, (uint64_t)t->grain_sectors * t->gtes_per_gt);
	*l = (struct layout){
		.dir_sectors = directory_sectors(g->n_tables),
		.is_moving = directory_sectors(g->n_tables) > directory_sectors(t->n_tables),
		.table_sectors = vu_div_up(vd_table_bytes(t), VD_SECTOR_SIZE),
		.n_added = g->n_tables - vu_min(t->n_tables, g->n_tables),
	};
	g->gd = gd;
	g->rgd = rgd;
	begin = at = vu_round_up(begin, t->grain_sectors);
	if (rgd != 0)
		at = place_copy(g, l, 1, at, &g->rgd);
	at = place_copy(g, l, 0, at, &g->gd);
	l->end = at > begin ? vu_round_up(at, t->grain_sectors) : 0;
	if (l->end <= UINT32_MAX)
		return VIX_OK;
	vd_format_tell_full(g->t->store);
	return VIX_E_DISK_FULL;
}

/* Directories. */

static VixError copy_entries(struct vd_store *st, uint64_t from, uint64_t to, uint64_t len)
{
	VU_AUTO(free) unsigned char *buf = malloc(COPY_BYTES);

	if (buf == NULL)
		return VIX_E_OUT_OF_MEMORY;
	for (uint64_t done = 0, n; done < len; done += n) {
		n = vu_min(COPY_BYTES, len - done);
		VD_TRY(vd_store_pread(st, buf, n, from * VD_SECTOR_SIZE + done));
		VD_TRY(vd_store_pwrite(st, buf, n, to * VD_SECTOR_SIZE + done));
	}
	return VIX_OK;
}

/* Of the new tables, which lie one behind the other from @table on; 0: they are not there yet. */
static VixError write_entries(const struct vd_table_growth *g, const struct layout *l, uint64_t dir,
			      uint64_t table)
{
	uint64_t off = dir * VD_SECTOR_SIZE + g->t->n_tables * ENTRY_BYTES;
	uint64_t step = table != 0 ? l->table_sectors : 0;
	VU_AUTO(free) unsigned char *buf = malloc(COPY_BYTES);

	if (buf == NULL)
		return VIX_E_OUT_OF_MEMORY;
	for (uint64_t left = l->n_added, n; left > 0; left -= n, off += n * ENTRY_BYTES) {
		n = vu_min(COPY_BYTES / ENTRY_BYTES, left);
		for (uint64_t i = 0; i < n; i++, table += step)
			vu_put_le32(buf + i * ENTRY_BYTES, (uint32_t)table);
		VD_TRY(vd_store_put(g->t->store, buf, n * ENTRY_BYTES, off));
	}
	return VIX_OK;
}

static VixError write_directory(const struct vd_table_growth *g, const struct layout *l,
				uint64_t old, uint64_t new, int copy)
{
	if (l->is_moving)
		VD_TRY(copy_entries(g->t->store, old, new, g->t->n_tables * ENTRY_BYTES));
	return write_entries(g, l, new, l->first_tables[copy]);
}

VixError vd_table_grow(struct vd_table_growth *g)
{
	struct vd_grain_tables *t = g->t;
	uint64_t gd = t->gd, rgd = t->rgd;
	struct layout l;

	VD_TRY(check_nothing_behind(g));
	VD_TRY(clear_last_grain(g));
	VD_TRY(lay_out(g, gd, rgd, &l));
	if (l.end != 0) {
		VD_TRY(vd_store_resize(t->store, l.end * VD_SECTOR_SIZE));
		g->end = l.end;
	}
	if (rgd != 0)
		VD_TRY(write_directory(g, &l, rgd, g->rgd, 1));
	return write_directory(g, &l, gd, g->gd, 0);
}
