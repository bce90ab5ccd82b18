/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A descriptor that lies behind the tables, where a crash leaves it while a disk is made larger
 * (grow.h): found, and brought back to where everybody looks for it.
 */
#include "config.h"

#include "kdmv-text.h"

#include <inttypes.h>
#include <stdlib.h>

#include "../../common/bytes.h"
#include "../../common/cleanup.h"

#define HOME  1u /* the sector where all writers put it */
#define BATCH 64u

struct place {
	struct vd_extent *ex;
	struct vd_grain_tables *t;
	const struct vd_kdmv *h;
};

/* Does something of @sectors begin at @sector that reaches into the home? */
static bool is_in_home(const struct place *p, uint64_t sector, uint64_t sectors)
{
	return sector < HOME + p->h->desc_sectors && sector + sectors > HOME;
}

static bool has_grain_there(const struct place *p, const unsigned char *entries)
{
	uint64_t places[BATCH], n;

	for (uint64_t i = 0; i < p->t->gtes_per_gt; i += n) {
		n = vu_min(BATCH, p->t->gtes_per_gt - i);
		p->t->kind->grains(p->t, entries + vd_entries_bytes(p->t, i), n, places);
		for (uint64_t k = 0; k < n; k++) {
			if (places[k] != VD_PLACE_ABSENT && places[k] != VD_PLACE_ZERO &&
			    is_in_home(p, places[k], p->t->grain_sectors))
				return true;
		}
	}
	return false;
}

/* Both copies of a table, and the grains of the one that is read. */
static bool is_free_of_table(const struct place *p, uint64_t table, unsigned char *entries)
{
	uint64_t sectors = vu_div_up(vd_table_bytes(p->t), VD_SECTOR_SIZE);
	uint64_t places[2];

	if (vd_grain_tables_load(p->t, table, entries, places) != VIX_OK)
		return false;
	for (int copy = 0; copy < 2; copy++) {
		if (places[copy] != VD_PLACE_ABSENT && is_in_home(p, places[copy], sectors))
			return false;
	}
	return !has_grain_there(p, entries);
}

static bool is_home_free(const struct place *p)
{
	VU_AUTO(free) unsigned char *entries = malloc(vd_table_bytes(p->t));

	if (entries == NULL || HOME + p->h->desc_sectors > p->h->overhead ||
	    vd_grain_tables_is_metadata(p->t, HOME, p->h->desc_sectors))
		return false;
	for (uint64_t i = 0; i < p->t->n_tables; i++) {
		if (!is_free_of_table(p, i, entries))
			return false;
	}
	return true;
}

/* The text, flushed; then who names it; then its room behind is nobody's. */
static VixError bring_home(const struct place *p)
{
	struct vd_store *st = p->ex->store;
	uint64_t off = p->h->desc * VD_SECTOR_SIZE;
	size_t len = vu_min(p->h->desc_sectors * VD_SECTOR_SIZE, st->size - off);
	VU_AUTO(free) unsigned char *text = malloc(len);
	unsigned char home[8];

	if (text == NULL)
		return VIX_E_OUT_OF_MEMORY;
	VD_TRY(vd_store_pread(st, text, len, off));
	VD_TRY(vd_store_pwrite(st, text, len, (uint64_t)HOME * VD_SECTOR_SIZE));
	VD_TRY(vd_store_flush(st));
	vu_put_le64(home, HOME);
	VD_TRY(vd_store_pwrite(st, home, sizeof(home), VD_KDMV_OFF_DESC));
	VD_TRY(vd_store_flush(st));
	return off + len == st->size ? vd_store_resize(st, off) : VIX_OK;
}

VixError vd_kdmv_check_text(struct vd_extent *ex, struct vd_grain_tables *t,
			    const struct vd_kdmv *h, struct vd_report *r)
{
	const struct place p = { ex, t, h };
	struct vd_problem problem = {
		.kind = VD_PROBLEM_DAMAGE,
		.code = VIX_E_DISK_NEEDSREPAIR,
		.file = ex->store->path,
		.off = VD_KDMV_OFF_DESC,
		.advice = VD_ADVICE_REPAIR,
		.can_mend = !r->repair || ex->store->mode & VD_STORE_WRITE,
	};

	if (h->overhead == 0 || h->desc < h->overhead || !is_home_free(&p))
		return VIX_OK;
	if (!vd_report_problem(r, &problem,
			       "the descriptor is at sector %" PRIu64
			       ", where other programs do not look for it: making the disk larger "
			       "was interrupted",
			       h->desc))
		return VIX_OK;
	VD_TRY(bring_home(&p));
	vd_report_mended(r);
	return VIX_OK;
}
