/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Moving grains inside of a file; see compact.h.
 *
 * The file is seen as slots of the size of a grain.  Those with metadata in them are fixed, all
 * others hold a grain or are free.
 */
#include "config.h"

#include "compact.h"

#include <inttypes.h>
#include <stdlib.h>

#include "../../common/alloc.h"
#include "../../common/bytes.h"
#include "../../common/cleanup.h"
#include "../../common/log.h"
#include "table-writes.h"

#define STEP_BYTES   (4u << 20)
#define RESTARTS_MAX 1000u

/* Of a slot; otherwise its grain, plus 1. */
#define FREE  0u
#define FIXED UINT32_MAX

struct move {
	uint64_t grain;
	uint64_t from, to; /* slots */
};

struct vd_compact {
	struct vd_extent *ex;
	struct vd_grain_tables *t;
	enum vd_compact_order order;
	size_t unit;      /* bytes of a slot */
	size_t step_max;  /* moves of a step */
	uint32_t *owners; /* of the slots */
	size_t n_slots, cap;
	uint64_t n_grains, n_done;
	uint64_t changes; /* of the tables, as of the last step */
	unsigned restarts;
	uint64_t sector; /* GUEST: grains before it are where they are to be */
	uint64_t slot;   /* GUEST: where the next one is to be; ANY: no slot before is free */
	uint64_t top;    /* ANY: no slot from here on holds a grain that is to move */
	struct move *moves;
	size_t n_moves;
	unsigned char *buf; /* for all moves of a step */
};

/* Looking up. */

static VixError need_slots(struct vd_compact *c, uint64_t n)
{
	size_t had = c->cap;

	if (n > c->cap && vu_grow((void **)&c->owners, &c->cap, n, sizeof(*c->owners)) < 0)
		return VIX_E_OUT_OF_MEMORY;
	if (c->cap > had)
		memset(c->owners + had, 0, (c->cap - had) * sizeof(*c->owners));
	c->n_slots = vu_max(c->n_slots, n);
	return VIX_OK;
}

static void fix(struct vd_compact *c, uint64_t sector, uint64_t sectors)
{
	uint64_t end = vu_div_up((sector + sectors) * VD_SECTOR_SIZE, c->unit);

	for (uint64_t s = sector * VD_SECTOR_SIZE / c->unit; s < vu_min(end, c->n_slots); s++)
		c->owners[s] = FIXED;
}

static VixError fix_tables(struct vd_compact *c)
{
	struct vd_grain_tables *t = c->t;
	size_t bytes = vd_table_bytes(t);
	VU_AUTO(free) unsigned char *entries = malloc(bytes);
	uint64_t places[2];

	if (entries == NULL)
		return VIX_E_OUT_OF_MEMORY;
	for (size_t i = 0; i < VD_METADATA_RANGES_MAX; i++)
		fix(c, t->metadata[i].first, t->metadata[i].count);
	for (uint64_t i = 0; i < t->n_tables; i++) {
		VD_TRY(vd_grain_tables_load(t, i, entries, places));
		for (int copy = 0; copy < 2; copy++) {
			if (places[copy] != VD_PLACE_ABSENT)
				fix(c, places[copy], vu_div_up(bytes, VD_SECTOR_SIZE));
		}
	}
	return VIX_OK;
}

static VixError occupy(struct vd_compact *c, uint64_t sector, uint64_t off)
{
	uint64_t grain = sector >> c->t->grain_shift, slot = off / c->unit;

	if (off % c->unit != 0 || grain >= FIXED - 1) {
		VU_ERR("format",
		       "%s: cannot move its grains: that of sector %" PRIu64 " is at byte %" PRIu64
		       ", which is no multiple of its size",
		       vu_log_quote(c->ex->store->path), sector, off);
		return VIX_E_NOT_SUPPORTED;
	}
	if (c->owners[slot] != FREE)
		return vd_format_bad(c->ex->store, VIX_E_DISK_INVALIDDISK,
				     "the grain of sector %" PRIu64
				     " is said to be at byte %" PRIu64 ", where something else is",
				     sector, off);
	c->owners[slot] = (uint32_t)grain + 1;
	c->n_grains++;
	return VIX_OK;
}

static VixError occupy_all(struct vd_compact *c)
{
	struct vd_extent *ex = c->ex;
	struct vd_map m;

	for (uint64_t s = 0; s < ex->sectors; s += m.sectors) {
		VD_TRY(vd_extent_map(ex, s, ex->sectors - s, &m));
		for (uint64_t i = 0; m.kind == VD_MAP_DATA && i < m.sectors; i += ex->grain_sectors)
			VD_TRY(occupy(c, s + i, m.off + i * VD_SECTOR_SIZE));
	}
	return VIX_OK;
}

static VixError look_up(struct vd_compact *c)
{
	VD_TRY(vd_table_writes_flush(c->t));
	c->n_slots = 0;
	VD_TRY(need_slots(c, vu_div_up(c->ex->store->size, c->unit)));
	memset(c->owners, 0, c->n_slots * sizeof(*c->owners));
	c->n_grains = 0;
	VD_TRY(fix_tables(c));
	VD_TRY(occupy_all(c));
	c->sector = c->slot = 0;
	c->top = c->n_slots;
	c->changes = vd_table_writes_changes(c->t);
	return VIX_OK;
}

VixError vd_compact_begin(struct vd_extent *ex, struct vd_grain_tables *t,
			  enum vd_compact_order order, struct vd_compact **c_out)
{
	struct vd_compact *c = vu_calloc_array(1, sizeof(*c));
	VixError err = VIX_E_OUT_OF_MEMORY;

	*c_out = NULL;
	if (c == NULL)
		return err;
	c->ex = ex;
	c->t = t;
	c->order = order;
	c->unit = (size_t)t->grain_sectors * VD_SECTOR_SIZE;
	c->step_max = vu_max(STEP_BYTES / c->unit, 1);
	c->moves = vu_calloc_array(c->step_max, sizeof(*c->moves));
	c->buf = malloc(c->step_max * c->unit);
	if (c->moves != NULL && c->buf != NULL)
		err = look_up(c);
	if (err == VIX_OK)
		*c_out = c;
	else
		vd_compact_end(c);
	return err;
}

uint64_t vd_compact_work(const struct vd_compact *c)
{
	return c->n_grains;
}

void vd_compact_end(struct vd_compact *c)
{
	if (c == NULL)
		return;
	free(c->owners);
	free(c->moves);
	free(c->buf);
	free(c);
}

/* Moving. */

/* The first of @n bytes to be moved; what lies behind the end of the file is zeros. */
static VixError read_slots(struct vd_compact *c, uint64_t slot, size_t len, unsigned char *buf)
{
	uint64_t off = slot * c->unit;
	size_t inside = vu_min(len, c->ex->store->size - off);

	memset(buf + inside, 0, len - inside);
	return vd_store_pread(c->ex->store, buf, inside, off);
}

/* Of moves from @i on: how many go together from one run of slots to another. */
static size_t count_together(const struct vd_compact *c, size_t i)
{
	size_t n = 1;

	while (i + n < c->n_moves && c->moves[i + n].from == c->moves[i].from + n &&
	       c->moves[i + n].to == c->moves[i].to + n)
		n++;
	return n;
}

static VixError copy_grains(struct vd_compact *c)
{
	for (size_t i = 0, n; i < c->n_moves; i += n) {
		n = count_together(c, i);
		VD_TRY(read_slots(c, c->moves[i].from, n * c->unit, c->buf));
		VD_TRY(vd_store_put(c->ex->store, c->buf, n * c->unit, c->moves[i].to * c->unit));
	}
	return VIX_OK;
}

/* The bytes first, then who names them. */
static VixError make_moves(struct vd_compact *c)
{
	struct vd_grain_tables *t = c->t;

	if (c->n_moves == 0)
		return VIX_OK;
	VD_TRY(copy_grains(c));
	for (const struct move *m = c->moves; m < c->moves + c->n_moves; m++)
		VD_TRY(vd_table_writes_set(t, m->grain << t->grain_shift,
					   (uint32_t)(m->to * c->unit / VD_SECTOR_SIZE)));
	VD_TRY(vd_table_writes_flush(t));
	for (const struct move *m = c->moves; m < c->moves + c->n_moves; m++) {
		c->owners[m->from] = FREE;
		c->owners[m->to] = (uint32_t)m->grain + 1;
	}
	c->n_moves = 0;
	return VIX_OK;
}

static void add_move(struct vd_compact *c, uint64_t from, uint64_t to)
{
	c->moves[c->n_moves++] = (struct move){ c->owners[from] - 1, from, to };
}

/* In any order. */

static bool has_grain(const struct vd_compact *c, uint64_t slot)
{
	return c->owners[slot] != FREE && c->owners[slot] != FIXED;
}

/* The last grain goes to the first gap, until there is none before it. */
static VixError step_any(struct vd_compact *c, bool *is_last_out)
{
	*is_last_out = false;
	while (c->n_moves < c->step_max && !*is_last_out) {
		while (c->top > 0 && !has_grain(c, c->top - 1))
			c->top--;
		while (c->slot < c->top && c->owners[c->slot] != FREE)
			c->slot++;
		*is_last_out = c->slot >= c->top;
		if (!*is_last_out)
			add_move(c, --c->top, c->slot++);
	}
	c->n_done += c->n_moves;
	return make_moves(c);
}

/* In guest order. */

static uint64_t next_slot(struct vd_compact *c)
{
	while (c->owners[c->slot] == FIXED)
		c->slot++;
	return c->slot++;
}

/* The next grains in guest order and where they are to be, those that are there already too. */
static VixError plan(struct vd_compact *c, struct move *plan, size_t *n_out)
{
	struct vd_extent *ex = c->ex;
	struct vd_map m;

	*n_out = 0;
	while (c->sector < ex->sectors && *n_out < c->step_max) {
		uint64_t most = (c->step_max - *n_out) * ex->grain_sectors;

		VD_TRY(vd_extent_map(ex, c->sector, ex->sectors - c->sector, &m));
		if (m.kind == VD_MAP_DATA)
			m.sectors = vu_min(m.sectors, most);
		for (uint64_t i = 0; m.kind == VD_MAP_DATA && i < m.sectors; i += ex->grain_sectors)
			plan[(*n_out)++] = (struct move){
				.grain = (c->sector + i) >> c->t->grain_shift,
				.from = (m.off + i * VD_SECTOR_SIZE) / c->unit,
				.to = next_slot(c),
			};
		c->sector += m.sectors;
	}
	return VIX_OK;
}

/* A free slot at or behind @slot; one at the end of the file if need be. */
static VixError find_free(struct vd_compact *c, uint64_t *slot)
{
	while (*slot < c->n_slots && c->owners[*slot] != FREE)
		++*slot;
	if (*slot * c->unit / VD_SECTOR_SIZE > UINT32_MAX - c->ex->grain_sectors) {
		vd_format_tell_full(c->ex->store);
		return VIX_E_DISK_FULL;
	}
	return need_slots(c, *slot + 1);
}

/* Grains that are in the way go behind the slots that are filled now. */
static VixError make_way(struct vd_compact *c, const struct move *plan, size_t n)
{
	uint64_t spare = c->slot;

	for (size_t i = 0; i < n; i++) {
		if (plan[i].from == plan[i].to || c->owners[plan[i].to] == FREE)
			continue;
		VD_TRY(find_free(c, &spare));
		add_move(c, plan[i].to, spare++);
	}
	return make_moves(c);
}

/* Some of the grains may just have made way. */
static VixError go_home(struct vd_compact *c, struct move *plan, size_t n)
{
	struct vd_map m;

	for (size_t i = 0; i < n; i++) {
		if (plan[i].from == plan[i].to)
			continue;
		VD_TRY(vd_extent_map(c->ex, plan[i].grain << c->t->grain_shift, 1, &m));
		add_move(c, m.off / c->unit, plan[i].to);
	}
	return make_moves(c);
}

static VixError step_guest(struct vd_compact *c, bool *is_last_out)
{
	VU_AUTO(free) struct move *moves = vu_calloc_array(c->step_max, sizeof(*moves));
	size_t n;

	if (moves == NULL)
		return VIX_E_OUT_OF_MEMORY;
	VD_TRY(plan(c, moves, &n));
	VD_TRY(make_way(c, moves, n));
	VD_TRY(go_home(c, moves, n));
	c->n_done += n;
	*is_last_out = c->sector == c->ex->sectors;
	return VIX_OK;
}

/* The end. */

static VixError cut_off(struct vd_compact *c)
{
	struct vd_store *st = c->ex->store;
	uint64_t end = c->n_slots;

	while (end > 0 && c->owners[end - 1] == FREE)
		end--;
	if (end * c->unit >= st->size)
		return VIX_OK;
	vd_grain_tables_forget_all(c->t);
	VD_TRY(vd_store_resize(st, end * c->unit));
	return vd_store_flush(st);
}

static VixError look_up_again(struct vd_compact *c)
{
	if (c->changes == vd_table_writes_changes(c->t))
		return VIX_OK;
	if (c->restarts++ < RESTARTS_MAX)
		return look_up(c);
	VU_ERR("format", "%s: cannot move its grains: others write to it all the time",
	       vu_log_quote(c->ex->store->path));
	return VIX_E_OBJECT_IS_BUSY;
}

VixError vd_compact_step(struct vd_compact *c, uint64_t *done_out, bool *is_last_out)
{
	uint64_t before = c->n_done;

	VD_TRY(look_up_again(c));
	VD_TRY(c->order == VD_COMPACT_ANY ? step_any(c, is_last_out) : step_guest(c, is_last_out));
	if (*is_last_out)
		VD_TRY(cut_off(c));
	c->changes = vd_table_writes_changes(c->t);
	*done_out = *is_last_out ? c->n_grains - vu_min(before, c->n_grains) : c->n_done - before;
	return VIX_OK;
}
