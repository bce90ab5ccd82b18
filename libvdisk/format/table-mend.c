/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Reading grain tables for a check, and changing them; see table-mend.h.
 */
#include "config.h"

#include "table-mend.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../common/alloc.h"
#include "../../common/bytes.h"
#include "../../common/cleanup.h"
#include "../../common/log.h"

#define READ_BYTES  (128u << 10)
#define ENTRY_BYTES 4u /* of what is changed */

VixError vd_check_work_open(struct vd_check_work *w, struct vd_table_check *c)
{
	*w = (struct vd_check_work){ .c = c, .t = c->t, .st = c->t->store, .is_first = true };
	w->n_grains = vu_div_up(c->capacity, c->t->grain_sectors);
	w->is_marked = c->is_unclean;
	if (c->report->repair && !(w->st->mode & VD_STORE_WRITE))
		c->ops = NULL;
	for (enum vd_copy copy = VD_FIRST; copy <= VD_SECOND; copy++) {
		w->directories[copy].buf = malloc(READ_BYTES);
		w->tables[copy].buf = malloc(READ_BYTES);
		if (w->directories[copy].buf == NULL || w->tables[copy].buf == NULL)
			return VIX_E_OUT_OF_MEMORY;
	}
	w->entries = vu_calloc_array(c->t->gtes_per_gt, sizeof(*w->entries));
	w->table = malloc(vd_table_bytes(c->t));
	w->empty = vu_calloc_array(1, vd_table_bytes(c->t));
	return w->entries != NULL && w->table != NULL && w->empty != NULL ? VIX_OK
									  : VIX_E_OUT_OF_MEMORY;
}

void vd_check_work_close(struct vd_check_work *w)
{
	for (enum vd_copy copy = VD_FIRST; copy <= VD_SECOND; copy++) {
		free(w->directories[copy].buf);
		free(w->tables[copy].buf);
	}
	free(w->entries);
	free(w->table);
	free((void *)w->empty);
}

/* Places. */

static uint64_t sectors_needed(const struct vd_check_work *w, uint64_t grain)
{
	const struct vd_grain_tables *t = w->t;

	if (t->is_packed)
		return 1;
	return vu_min(t->grain_sectors, w->c->capacity - (grain << t->grain_shift));
}

bool vd_check_is_sound_grain(const struct vd_check_work *w, uint64_t grain, uint64_t place)
{
	uint64_t needed = sectors_needed(w, grain);

	if (place == VD_PLACE_ABSENT || place == VD_PLACE_ZERO)
		return true;
	return place < VD_PLACE_MAX && vd_entries_inside(w->st, place, needed * VD_SECTOR_SIZE) &&
	       !vd_grain_tables_is_metadata(w->t, place, needed);
}

const char *vd_check_why_unsound(const struct vd_check_work *w, uint64_t place)
{
	if (place == VD_PLACE_NONSENSE)
		return "which makes no sense";
	return vd_grain_tables_is_metadata(w->t, place, 1) ? "inside metadata" : "outside the file";
}

/* What was found. */

bool vd_check_may_mend(const struct vd_check_work *w)
{
	return w->c->ops != NULL && !w->has_overlap;
}

bool vd_check_tell(const struct vd_check_work *w, uint64_t off, bool can_mend, const char *fmt, ...)
{
	struct vd_problem p = {
		.kind = VD_PROBLEM_DAMAGE,
		.code = VIX_E_DISK_INVALIDDISK,
		.file = w->st->path,
		.off = off,
		.can_mend = can_mend && vd_check_may_mend(w),
	};
	VU_AUTO(free) char *what = NULL;
	va_list ap;

	p.advice = p.can_mend ? VD_ADVICE_REPAIR : VD_ADVICE_RESTORE;
	va_start(ap, fmt);
	if (vasprintf(&what, fmt, ap) < 0)
		what = NULL;
	va_end(ap);
	return vd_report_problem(w->c->report, &p, "%s", what != NULL ? what : "damage");
}

/* Reading. */

static bool is_in_memory(const struct vd_check_reader *r, uint64_t off, size_t len)
{
	return off >= r->off && vu_range_inside(off - r->off, len, r->len);
}

static bool keep_first_hole(uint64_t off, uint64_t len, bool is_data, void *ctx)
{
	struct vd_check_reader *r = ctx;

	if (!is_data) {
		r->hole_off = off;
		r->hole_end = off + len;
	}
	return false;
}

/* The tables of a large disk that has little data are holes, of many gigabytes. */
static bool is_hole(const struct vd_check_work *w, struct vd_check_reader *r, uint64_t off,
		    size_t len)
{
	bool is_known = off >= r->hole_off && off < r->hole_end;

	if (!is_known && w->st->has_holes)
		vd_store_holes(w->st, off, w->st->size - off, keep_first_hole, r);
	return off >= r->hole_off && off < r->hole_end && len <= r->hole_end - off;
}

/* @len bytes at @off, in memory until the next call; NULL: they can't be read. */
static const unsigned char *look(const struct vd_check_work *w, struct vd_check_reader *r,
				 uint64_t off, size_t len)
{
	VixError err;

	if (is_in_memory(r, off, len))
		return r->buf + (off - r->off);
	vu_log_hush();
	r->off = off;
	r->len = vu_min(READ_BYTES, w->st->size - off);
	err = vd_store_pread(w->st, r->buf, r->len, off);
	if (err != VIX_OK) { /* a bad sector elsewhere does no harm */
		r->len = len;
		err = vd_store_pread(w->st, r->buf, len, off);
	}
	vu_log_unhush();
	if (err != VIX_OK)
		r->len = 0;
	return err == VIX_OK ? r->buf : NULL;
}

uint64_t vd_check_directory_off(const struct vd_grain_tables *t, enum vd_copy copy, uint64_t index)
{
	return (copy == VD_FIRST ? t->gd : t->rgd) * VD_SECTOR_SIZE + vd_entries_bytes(t, index);
}

static void load_sector(struct vd_check_work *w, uint64_t index, enum vd_copy copy,
			struct vd_check_pair *p)
{
	uint64_t off = vd_check_directory_off(w->t, copy, index);
	const unsigned char *entry = look(w, &w->directories[copy], off, vd_entries_bytes(w->t, 1));

	p->sector[copy] = VD_PLACE_NONSENSE;
	if (entry != NULL)
		w->t->kind->tables(w->t, entry, 1, &p->sector[copy]);
	p->is_sound[copy] = vd_grain_tables_is_table(w->t, p->sector[copy]);
}

void vd_check_load_sectors(struct vd_check_work *w, uint64_t index, struct vd_check_pair *p)
{
	*p = (struct vd_check_pair){ .index = index };
	load_sector(w, index, VD_FIRST, p);
	if (w->t->rgd == 0)
		return;
	load_sector(w, index, VD_SECOND, p);
	p->is_shared = p->is_sound[VD_FIRST] && p->sector[VD_FIRST] == p->sector[VD_SECOND];
	if (p->is_shared)
		p->is_sound[VD_SECOND] = false;
}

static const unsigned char *load_entries(struct vd_check_work *w, const struct vd_check_pair *p,
					 enum vd_copy copy)
{
	struct vd_check_reader *r = &w->tables[copy];
	uint64_t off = p->sector[copy] * VD_SECTOR_SIZE;

	if (!p->is_sound[copy])
		return NULL;
	if (!is_in_memory(r, off, vd_table_bytes(w->t)) && is_hole(w, r, off, vd_table_bytes(w->t)))
		return w->empty;
	return look(w, r, off, vd_table_bytes(w->t));
}

void vd_check_load(struct vd_check_work *w, uint64_t index, struct vd_check_pair *p)
{
	vd_check_load_sectors(w, index, p);
	p->entries[VD_FIRST] = load_entries(w, p, VD_FIRST);
	p->entries[VD_SECOND] = load_entries(w, p, VD_SECOND);
}

/* Changing. */

VixError vd_mend_begin(struct vd_check_work *w)
{
	if (w->is_marked)
		return VIX_OK;
	VD_TRY(w->c->ops->set_unclean(w->c->ex, true));
	VD_TRY(vd_store_flush(w->st));
	w->is_marked = true;
	return VIX_OK;
}

VixError vd_mend_end(struct vd_check_work *w)
{
	VD_TRY(vd_store_flush(w->st));
	VD_TRY(w->c->ops->set_unclean(w->c->ex, false));
	VD_TRY(vd_store_flush(w->st));
	w->is_marked = false;
	return VIX_OK;
}

static void forget_all(struct vd_check_reader *r)
{
	r->len = 0;
	r->hole_off = r->hole_end = 0;
}

/* What is in memory of these bytes is wrong now. */
static void forget(struct vd_check_work *w, uint64_t off, uint64_t len)
{
	vd_grain_tables_forget(w->t, off, len);
	for (enum vd_copy copy = VD_FIRST; copy <= VD_SECOND; copy++) {
		forget_all(&w->directories[copy]);
		forget_all(&w->tables[copy]);
	}
}

static VixError put(struct vd_check_work *w, const unsigned char *bytes, size_t len, uint64_t off)
{
	VD_TRY(vd_mend_begin(w));
	VD_TRY(vd_store_pwrite(w->st, bytes, len, off));
	forget(w, off, len);
	return VIX_OK;
}

static VixError append(struct vd_check_work *w, const unsigned char *entries, uint64_t *sector_out)
{
	uint64_t off = vu_round_up(w->st->size, VD_SECTOR_SIZE);
	size_t len = vu_round_up(vd_table_bytes(w->t), VD_SECTOR_SIZE);
	VU_AUTO(free) unsigned char *table = vu_calloc_array(1, len);

	if (table == NULL)
		return VIX_E_OUT_OF_MEMORY;
	if ((off + len) / VD_SECTOR_SIZE > UINT32_MAX) {
		vd_format_tell_full(w->st);
		return VIX_E_DISK_FULL;
	}
	if (entries != NULL)
		memcpy(table, entries, vd_table_bytes(w->t));
	VD_TRY(vd_mend_begin(w));
	VD_TRY(vd_store_append(w->st, table, len, off));
	forget(w, off, len);
	*sector_out = off / VD_SECTOR_SIZE;
	return vd_store_flush(w->st);
}

VixError vd_mend_entry(struct vd_check_work *w, const struct vd_check_pair *p_arg,
		       enum vd_copy copy)
{
	struct vd_check_pair p = *p_arg;
	enum vd_copy other = copy == VD_FIRST ? VD_SECOND : VD_FIRST;
	bool was_absent = p.sector[copy] == VD_PLACE_ABSENT;
	unsigned char entry[ENTRY_BYTES];
	uint64_t sector;

	p.entries[other] = load_entries(w, &p, other);
	if (p.entries[other] == NULL) /* told when the tables are looked at */
		return VIX_OK;
	if (copy == VD_FIRST && was_absent)
		p.entries[other] = NULL;
	VD_TRY(append(w, p.entries[other], &sector));
	vu_put_le32(entry, (uint32_t)sector);
	VD_TRY(put(w, entry, sizeof(entry), vd_check_directory_off(w->t, copy, p.index)));
	if (copy == VD_FIRST)
		vd_grain_tables_set_directory(w->t, p.index, (uint32_t)sector);
	vd_report_mended(w->c->report);
	return VIX_OK;
}

VixError vd_mend_table(struct vd_check_work *w, const struct vd_check_pair *p, enum vd_copy copy)
{
	enum vd_copy other = copy == VD_FIRST ? VD_SECOND : VD_FIRST;

	memcpy(w->table, p->entries[other], vd_table_bytes(w->t));
	VD_TRY(put(w, w->table, vd_table_bytes(w->t), p->sector[copy] * VD_SECTOR_SIZE));
	vd_report_mended(w->c->report);
	return VIX_OK;
}

static VixError put_copy(struct vd_check_work *w, const struct vd_check_pair *p, enum vd_copy copy)
{
	bool is_changed = false;

	for (uint64_t i = 0; i < w->t->gtes_per_gt; i++) {
		const struct vd_check_entry *e = &w->entries[i];

		is_changed |= e->now[copy] != e->was[copy];
		vu_put_le32(w->table + i * ENTRY_BYTES, (uint32_t)e->now[copy]);
	}
	if (!is_changed)
		return VIX_OK;
	return put(w, w->table, vd_table_bytes(w->t), p->sector[copy] * VD_SECTOR_SIZE);
}

VixError vd_mend_tables(struct vd_check_work *w, const struct vd_check_pair *p)
{
	VD_TRY(put_copy(w, p, VD_SECOND));
	return put_copy(w, p, VD_FIRST);
}
