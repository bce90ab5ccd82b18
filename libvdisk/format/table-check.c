/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Looking for damage in grain tables; see table-check.h.
 *
 * First the directories: are all tables where they can be, and apart from each other?  Then the
 * tables: the grains of all first copies are marked in the map, so that it is known which grains of
 * second copies nobody else has when the copies are compared.
 */
#include "config.h"

#include "table-check.h"

#include <inttypes.h>

#include "../../common/bytes.h"
#include "../../common/cleanup.h"
#include "../../common/log.h"
#include "table-compare.h"
#include "table-mend.h"
#include "usage.h"

#define BATCH 64u /* entries that are made places at a time */

/* Directories. */

static void take_metadata(struct vd_check_work *w, bool is_told)
{
	const struct vd_grain_tables *t = w->t;

	for (size_t i = 0; i < VD_METADATA_RANGES_MAX; i++) {
		const struct vd_sector_range *r = &t->metadata[i];

		if (r->count == 0)
			continue;
		if (!vd_usage_take(&w->used, r->first, r->count) && is_told &&
		    vd_usage_has(&w->used, r->first)) {
			w->has_overlap = true;
			vd_check_tell(w, r->first * VD_SECTOR_SIZE, false,
				      "header, descriptor or directories overlap: sectors %" PRIu64
				      " to +%" PRIu64 " are said to be two of them",
				      r->first, r->count);
		}
		w->c->end = vu_max(w->c->end, r->first + r->count);
	}
}

static const char *const copy_names[] = { "grain table", "the second copy of grain table" };

static void take_table(struct vd_check_work *w, const struct vd_check_pair *p, enum vd_copy copy,
		       bool is_told)
{
	uint64_t sector = p->sector[copy];
	uint64_t sectors = vu_div_up(vd_table_bytes(w->t), VD_SECTOR_SIZE);

	if (!p->is_sound[copy])
		return;
	if (!vd_usage_take(&w->used, sector, sectors) && is_told &&
	    vd_usage_has(&w->used, sector)) {
		w->has_overlap = true;
		vd_check_tell(w, vd_check_directory_off(w->t, copy, p->index), false,
			      "%s %" PRIu64 " at sector %" PRIu64
			      " shares sectors with another table",
			      copy_names[copy], p->index, sector);
	}
	w->c->end = vu_max(w->c->end, sector + sectors);
}

/* An entry that names no table, or none that can be one, while the other directory does. */
static VixError check_entry(struct vd_check_work *w, const struct vd_check_pair *p,
			    enum vd_copy copy)
{
	enum vd_copy other = copy == VD_FIRST ? VD_SECOND : VD_FIRST;
	uint64_t off = vd_check_directory_off(w->t, copy, p->index);
	uint64_t sector = p->sector[copy];
	bool can_mend = p->is_sound[other], is_wanted;

	if (p->is_sound[copy] || (sector == VD_PLACE_ABSENT && !can_mend))
		return VIX_OK;
	if (sector == VD_PLACE_ABSENT)
		is_wanted = vd_check_tell(w, off, true,
					  "%s %" PRIu64 " is missing: there is only its other copy",
					  copy_names[copy], p->index);
	else if (sector == VD_PLACE_NONSENSE)
		is_wanted = vd_check_tell(w, off, can_mend,
					  "the directory entry of %s %" PRIu64 " makes no sense",
					  copy_names[copy], p->index);
	else
		is_wanted = vd_check_tell(w, off, can_mend,
					  "%s %" PRIu64 " is said to be at sector %" PRIu64
					  ", outside the file or inside metadata",
					  copy_names[copy], p->index, sector);
	return is_wanted ? vd_mend_entry(w, p, copy) : VIX_OK;
}

/* Do tables share sectors with each other or with metadata? */
static void check_overlaps(struct vd_check_work *w)
{
	struct vd_check_pair p;

	do {
		take_metadata(w, true);
		for (uint64_t i = 0; i < w->t->n_tables; i++) {
			vd_check_load_sectors(w, i, &p);
			take_table(w, &p, VD_FIRST, true);
			take_table(w, &p, VD_SECOND, true);
		}
	} while (vd_usage_next(&w->used));
}

static VixError check_directories(struct vd_check_work *w)
{
	struct vd_check_pair p;

	check_overlaps(w);
	for (uint64_t i = 0; i < w->t->n_tables; i++) {
		vd_check_load_sectors(w, i, &p);
		VD_TRY(check_entry(w, &p, VD_FIRST));
		if (w->t->rgd != 0 && !p.is_shared)
			VD_TRY(check_entry(w, &p, VD_SECOND));
	}
	return VIX_OK;
}

/* Tables. */

/* Gets each grain that the entries of a table name. */
typedef void place_fn(struct vd_check_work *w, uint64_t i, uint64_t place, void *ctx);

static void each_place(struct vd_check_work *w, const unsigned char *entries, place_fn *fn,
		       void *ctx)
{
	const struct vd_grain_tables *t = w->t;
	uint64_t places[BATCH], n;

	if (entries == NULL || entries == w->empty || vu_is_zero(entries, vd_table_bytes(t)))
		return;
	for (uint64_t i = 0; i < t->gtes_per_gt; i += n) {
		n = vu_min(BATCH, t->gtes_per_gt - i);
		t->kind->grains(t, entries + vd_entries_bytes(t, i), n, places);
		for (uint64_t k = 0; k < n; k++) {
			if (places[k] != VD_PLACE_ABSENT)
				fn(w, i + k, places[k], ctx);
		}
	}
}

/* Which multiple of sectors all places are. */
static void note_alignment(struct vd_check_work *w, uint64_t i, uint64_t place, void *ctx)
{
	(void)w;
	(void)i;
	if (place < VD_PLACE_MAX && place != VD_PLACE_ZERO)
		*(uint64_t *)ctx |= place;
}

/* Sectors for one bit of the map: one, or more where the file is too long for that. */
static VixError choose_unit(struct vd_check_work *w, uint64_t *unit_out)
{
	uint64_t all = w->t->grain_sectors;
	struct vd_check_pair p;

	*unit_out = 1;
	if (w->t->is_packed || vu_div_up(w->st->size, VD_SECTOR_SIZE) <= VD_USAGE_UNITS_MAX)
		return VIX_OK;
	for (uint64_t i = 0; i < w->t->n_tables; i++) {
		vd_check_load(w, i, &p);
		each_place(w, p.entries[VD_FIRST], note_alignment, &all);
		each_place(w, p.entries[VD_SECOND], note_alignment, &all);
	}
	*unit_out = all & -all;
	return VIX_OK;
}

static void count_grain(struct vd_check_work *w, uint64_t place, uint64_t sectors)
{
	struct vd_report *r = w->c->report;

	r->allocated++;
	r->compressed += w->t->is_packed;
	r->fragmented += w->next_place != 0 && place != w->next_place;
	w->next_place = place + sectors;
}

/* false: what is wrong was told. */
static bool look_at_packed(struct vd_check_work *w, uint64_t grain, uint64_t place, uint64_t off,
			   uint64_t *sectors_out)
{
	char what[512];
	VixError err;

	*sectors_out = w->t->is_packed ? 1 : w->t->grain_sectors;
	if (w->c->look_at_packed == NULL)
		return true;
	vu_log_catch(what, sizeof(what));
	err = w->c->look_at_packed(w->c->ex, grain, place, sectors_out);
	vu_log_catch(NULL, 0);
	if (err != VIX_OK)
		vd_check_tell(w, off, false, "grain %" PRIu64 ": %s", grain,
			      vd_report_words(what, w->st->path));
	return err == VIX_OK;
}

/* A grain of a first copy, or of the copy that is read instead. */
static void take_grain(struct vd_check_work *w, uint64_t i, uint64_t place, void *ctx)
{
	struct vd_check_pair *p = ctx;
	uint64_t grain = (p->index << w->t->gt_shift) + i;
	uint64_t off = p->sector[p->read] * VD_SECTOR_SIZE + vd_entries_bytes(w->t, i);
	uint64_t sectors;

	if (place == VD_PLACE_ZERO || grain >= w->n_grains)
		return;
	if (!vd_check_is_sound_grain(w, grain, place)) {
		w->unsound_begin = vu_min(w->unsound_begin, p->index);
		w->unsound_end = p->index + 1;
		if (w->is_first && p->entries[VD_SECOND] == NULL)
			vd_check_tell(w, off, false,
				      "grain %" PRIu64 " is said to be at sector %" PRIu64 ", %s",
				      grain, place, vd_check_why_unsound(w, place));
		return;
	}
	if (!vd_usage_has(&w->used, place)) {
		vd_usage_take(&w->used, place, w->t->is_packed ? 1 : w->t->grain_sectors);
		return;
	}
	look_at_packed(w, grain, place, off, &sectors);
	count_grain(w, place, sectors);
	if (!vd_usage_take(&w->used, place, sectors)) {
		w->has_overlap = true;
		vd_check_tell(w, off, false,
			      "grain %" PRIu64 " is at sector %" PRIu64
			      ", which another grain or a table uses, too",
			      grain, place);
	}
	w->c->end = vu_max(w->c->end, place + sectors);
}

static void take_grains(struct vd_check_work *w, struct vd_check_pair *p)
{
	p->read = p->entries[VD_FIRST] != NULL ? VD_FIRST : VD_SECOND;
	each_place(w, p->entries[p->read], take_grain, p);
}

/* A copy that can't be read is written anew. */
static VixError check_readable(struct vd_check_work *w, const struct vd_check_pair *p,
			       enum vd_copy copy)
{
	enum vd_copy other = copy == VD_FIRST ? VD_SECOND : VD_FIRST;
	uint64_t off = p->sector[copy] * VD_SECTOR_SIZE;

	if (!w->is_first || !p->is_sound[copy] || p->entries[copy] != NULL)
		return VIX_OK;
	if (!vd_check_tell(w, off, p->entries[other] != NULL, "%s %" PRIu64 " can't be read",
			   copy_names[copy], p->index))
		return VIX_OK;
	return vd_mend_table(w, p, copy);
}

static VixError check_tables(struct vd_check_work *w)
{
	struct vd_check_pair p;

	w->unsound_begin = UINT64_MAX;
	for (uint64_t i = 0; i < w->t->n_tables; i++) {
		vd_check_load(w, i, &p);
		VD_TRY(check_readable(w, &p, VD_FIRST));
		VD_TRY(check_readable(w, &p, VD_SECOND));
		take_grains(w, &p);
	}
	if (w->t->rgd == 0)
		return VIX_OK;
	for (uint64_t i = 0; i < w->t->n_tables; i++) {
		vd_check_load(w, i, &p);
		if (p.entries[VD_FIRST] != NULL && p.entries[VD_SECOND] != NULL)
			VD_TRY(vd_compare_copies(w, &p));
	}
	return VIX_OK;
}

static void take_all_metadata(struct vd_check_work *w)
{
	struct vd_check_pair p;

	take_metadata(w, false);
	for (uint64_t i = 0; i < w->t->n_tables; i++) {
		vd_check_load_sectors(w, i, &p);
		take_table(w, &p, VD_FIRST, false);
		take_table(w, &p, VD_SECOND, false);
	}
}

/* Room. */

static VixError cut(struct vd_check_work *w, uint64_t end)
{
	VD_TRY(vd_mend_begin(w));
	VD_TRY(vd_store_flush(w->st));
	VD_TRY(vd_store_resize(w->st, end));
	vd_report_mended(w->c->report);
	return VIX_OK;
}

/* Less than a grain behind the end is nothing: writers round. */
static VixError check_tail(struct vd_check_work *w)
{
	uint64_t unit = (uint64_t)w->t->grain_sectors * VD_SECTOR_SIZE;
	uint64_t end = vu_round_up(w->c->end * VD_SECTOR_SIZE, unit);
	struct vd_problem p = {
		.kind = VD_PROBLEM_LEAK,
		.file = w->st->path,
		.off = end,
		.advice = VD_ADVICE_REPAIR,
		.can_mend = vd_check_may_mend(w) && !w->c->must_not_cut,
	};

	if (w->c->has_slack || end >= w->st->size || w->st->size - end < unit)
		return VIX_OK;
	p.clusters = (w->st->size - end) / unit;
	if (!vd_report_problem(w->c->report, &p,
			       "the last %" PRIu64 " bytes are not used by anything",
			       w->st->size - end))
		return VIX_OK;
	return cut(w, end);
}

static void tell_lost(struct vd_check_work *w, uint64_t n)
{
	struct vd_problem p = {
		.kind = VD_PROBLEM_LEAK,
		.file = w->st->path,
		.off = VD_NO_OFF,
		.advice = "defragment the disk, or clone it: that gives them back",
		.clusters = n,
	};

	if (n != 0)
		vd_report_problem(w->c->report, &p,
				  "room for %" PRIu64 " grains inside the file is not used", n);
}

/* All of it. */

static VixError check_grains(struct vd_check_work *w)
{
	uint64_t lost = 0, unit;

	VD_TRY(choose_unit(w, &unit));
	VD_TRY(vd_usage_open(&w->used, vu_div_up(w->st->size, VD_SECTOR_SIZE), unit));
	w->is_first = true;
	do {
		take_all_metadata(w);
		VD_TRY(check_tables(w));
		lost += vd_usage_count_free(&w->used, w->c->min_end, w->c->end,
					    w->t->grain_sectors);
		w->is_first = false;
	} while (vd_usage_next(&w->used));
	if (!w->c->has_slack)
		tell_lost(w, lost);
	return VIX_OK;
}

/* The mark: whoever left it there, what could be wrong has been looked at now. */
static VixError check_mark(struct vd_check_work *w, uint64_t before)
{
	struct vd_report *r = w->c->report;
	bool is_sound = r->damages - r->damages_mended == before;

	if (!w->c->is_unclean)
		return w->is_marked ? vd_mend_end(w) : VIX_OK;
	if (!vd_check_tell(w, VD_NO_OFF, is_sound,
			   "it was not closed properly when it was last written"))
		return VIX_OK;
	VD_TRY(vd_mend_end(w));
	vd_report_mended(r);
	return VIX_OK;
}

static VixError run(struct vd_check_work *w)
{
	uint64_t before = w->c->report->damages - w->c->report->damages_mended;

	VD_TRY(vd_usage_open(&w->used, vu_div_up(w->st->size, VD_SECTOR_SIZE), 1));
	VD_TRY(check_directories(w));
	vd_usage_close(&w->used);
	VD_TRY(check_grains(w));
	VD_TRY(check_tail(w));
	return check_mark(w, before);
}

VixError vd_table_check(struct vd_table_check *c)
{
	struct vd_report *r = c->report;
	struct vd_check_work w;
	VixError err = vd_check_work_open(&w, c);

	c->end = vu_max(c->end, c->min_end);
	if (err == VIX_OK)
		err = run(&w);
	r->clusters += w.n_grains;
	r->cluster_bytes = (uint64_t)c->t->grain_sectors * VD_SECTOR_SIZE;
	r->end_off = c->end * VD_SECTOR_SIZE;
	vd_usage_close(&w.used);
	vd_check_work_close(&w);
	return err;
}

static VixError refuse(const struct vd_table_check *c)
{
	const struct vd_report *r = c->report;

	VU_ERR("format",
	       "%s: it was not closed properly when it was last written, and is damaged: %s; clone "
	       "what can be read, or see what CheckRepair (vdisk check --repair) can mend",
	       vu_log_quote(c->t->store->path),
	       r->problems.n != 0 ? r->problems.v[0].what : "its tables");
	return VIX_E_DISK_NEEDSREPAIR;
}

VixError vd_table_settle(struct vd_table_check *c, bool *is_unclean)
{
	struct vd_report r = { .repair = true };
	VixError err;

	if (!*is_unclean)
		return VIX_OK;
	c->report = &r;
	c->must_not_cut = true;
	err = vd_table_check(c);
	if (err == VIX_OK && r.damages > r.damages_mended)
		err = refuse(c);
	if (err == VIX_OK) {
		VU_INFO("format", "%s: its tables have been looked at: %" PRIu64 " were mended",
			vu_log_quote(c->t->store->path), r.damages_mended - 1);
		*is_unclean = false;
		vd_table_writes_settled(c->t);
	}
	vd_report_free(&r);
	return err;
}
