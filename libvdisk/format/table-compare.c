/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Both copies of a grain table, compared; see table-compare.h.
 */
#include "config.h"

#include "table-compare.h"

#include <inttypes.h>
#include <string.h>

#include "../../common/bytes.h"
#include "../../common/cleanup.h"

static bool is_grain(uint64_t place)
{
	return place != VD_PLACE_ABSENT && place != VD_PLACE_ZERO;
}

static uint64_t place_in(const struct vd_check_work *w, const unsigned char *entries, uint64_t i)
{
	uint64_t place;

	w->t->kind->grains(w->t, entries + vd_entries_bytes(w->t, i), 1, &place);
	return place;
}

/* The grain of a second copy may be taken where nobody has it. */
static bool take_second(struct vd_check_work *w, uint64_t grain, uint64_t place)
{
	if (!vd_check_is_sound_grain(w, grain, place) ||
	    !vd_usage_take(&w->used, place, w->t->grain_sectors))
		return false;
	w->c->end = vu_max(w->c->end, place + w->t->grain_sectors);
	return true;
}

/* What both entries of a grain are to be.  Each is settled once: with the window that has the grain
 * of the second copy where that counts, else with the first window. */
static void settle(struct vd_check_work *w, uint64_t grain, struct vd_check_entry *e)
{
	uint64_t first = e->was[VD_FIRST], second = e->was[VD_SECOND];
	bool is_sound = vd_check_is_sound_grain(w, grain, first);
	bool first_counts = is_sound && first != VD_PLACE_ABSENT;
	bool is_taking = !first_counts && is_grain(second) && second < VD_PLACE_MAX;

	e->now[VD_FIRST] = first;
	e->now[VD_SECOND] = second;
	e->is_unsound = false;
	if (is_taking ? !vd_usage_has(&w->used, second) && vd_check_is_sound_grain(w, grain, second)
		      : !w->is_first)
		return;
	if (is_taking && !w->is_first && !vd_check_is_sound_grain(w, grain, second))
		return;
	e->is_unsound = !is_sound;
	if (!first_counts && (is_taking ? take_second(w, grain, second) : !is_grain(second)))
		e->now[VD_FIRST] = second;
	else if (is_sound)
		e->now[VD_SECOND] = first;
}

static void tell_unsound(struct vd_check_work *w, const struct vd_check_pair *p, uint64_t i,
			 bool is_written)
{
	const struct vd_check_entry *e = &w->entries[i];
	uint64_t off = p->sector[VD_FIRST] * VD_SECTOR_SIZE + vd_entries_bytes(w->t, i);
	bool can_mend = e->now[VD_FIRST] != e->was[VD_FIRST];

	if (vd_check_tell(w, off, can_mend,
			  "grain %" PRIu64 " is said to be at sector %" PRIu64 ", %s%s",
			  (p->index << w->t->gt_shift) + i, e->was[VD_FIRST],
			  vd_check_why_unsound(w, e->was[VD_FIRST]),
			  can_mend ? "; the second copy of its table knows better" : "") &&
	    is_written)
		vd_report_mended(w->c->report);
}

static void tell_differing(struct vd_check_work *w, const struct vd_check_pair *p, uint64_t n,
			   uint64_t first, bool is_written)
{
	uint64_t off = p->sector[VD_FIRST] * VD_SECTOR_SIZE + vd_entries_bytes(w->t, first);

	if (n != 0 &&
	    vd_check_tell(w, off, true,
			  "grain table %" PRIu64 " and its second copy differ in %" PRIu64
			  " entries, the first of them of grain %" PRIu64,
			  p->index, n, (p->index << w->t->gt_shift) + first) &&
	    is_written)
		vd_report_mended(w->c->report);
}

static void tell_entries(struct vd_check_work *w, const struct vd_check_pair *p, bool is_written)
{
	uint64_t n = 0, first = 0;

	for (uint64_t i = 0; i < w->t->gtes_per_gt; i++) {
		const struct vd_check_entry *e = &w->entries[i];

		if (e->is_unsound) {
			tell_unsound(w, p, i, is_written);
		} else if (e->now[VD_FIRST] != e->was[VD_FIRST] ||
			   e->now[VD_SECOND] != e->was[VD_SECOND]) {
			first = n++ == 0 ? i : first;
		}
	}
	tell_differing(w, p, n, first, is_written);
}

/* Reads the entries of both copies; false: there is nothing to settle. */
static bool settle_entries(struct vd_check_work *w, const struct vd_check_pair *p)
{
	bool is_any = false;

	for (uint64_t i = 0; i < w->t->gtes_per_gt; i++) {
		struct vd_check_entry *e = &w->entries[i];
		uint64_t grain = (p->index << w->t->gt_shift) + i;

		e->was[VD_FIRST] = e->now[VD_FIRST] = place_in(w, p->entries[VD_FIRST], i);
		e->was[VD_SECOND] = e->now[VD_SECOND] = place_in(w, p->entries[VD_SECOND], i);
		e->is_unsound = false;
		if (grain < w->n_grains)
			settle(w, grain, e);
		is_any |= e->is_unsound || e->now[VD_FIRST] != e->was[VD_FIRST] ||
			  e->now[VD_SECOND] != e->was[VD_SECOND];
	}
	return is_any;
}

/* Alike, and no entry of them is wrong: that was seen when the grains were taken. */
static bool is_alike(const struct vd_check_work *w, const struct vd_check_pair *p)
{
	bool is_sound = p->index < w->unsound_begin || p->index >= w->unsound_end;

	if (p->entries[VD_FIRST] == p->entries[VD_SECOND]) /* holes */
		return true;
	return is_sound &&
	       memcmp(p->entries[VD_FIRST], p->entries[VD_SECOND], vd_table_bytes(w->t)) == 0;
}

VixError vd_compare_copies(struct vd_check_work *w, const struct vd_check_pair *p)
{
	bool is_written = false;

	if (is_alike(w, p) || !settle_entries(w, p))
		return VIX_OK;
	if (w->c->report->repair && vd_check_may_mend(w)) {
		VD_TRY(vd_mend_tables(w, p));
		is_written = true;
	}
	tell_entries(w, p, is_written);
	return VIX_OK;
}
