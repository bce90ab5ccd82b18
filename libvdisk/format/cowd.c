/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Snapshots of ESX ("COWD", vmfsSparse).  Layout: docs/formats/vmdk-cowd.md.
 *
 * The descriptor is always a file of its own; names and geometry in the header are not looked at.
 */
#include "config.h"

#include "format.h"

#include <inttypes.h>

#include "../../common/bytes.h"
#include "../../common/cleanup.h"
#include "cowd.h"
#include "create.h"
#include "grow.h"
#include "table-extent.h"
#include "table-grow.h"

struct cowd {
	struct vd_table_extent te;
	uint32_t free_sector; /* as the header has it; set in open, then constant */
};

static struct cowd *cowd_of(struct vd_extent *ex)
{
	return (struct cowd *)ex;
}

static int cowd_score(const struct vd_probe *p)
{
	return p->head_len >= VD_COWD_BYTES && vu_le32(p->head + VD_COWD_OFF_MAGIC) == VD_COWD_MAGIC
		       ? 100
		       : 0;
}

/* There are no zeroed grains, and sector 1 is in the header. */
static void cowd_grains(const struct vd_grain_tables *t, const unsigned char *entries, size_t n,
			uint64_t *places_out)
{
	vd_places_sectors(t, entries, n, places_out);
	for (size_t i = 0; i < n; i++) {
		if (places_out[i] == VD_PLACE_ZERO)
			places_out[i] = VD_PLACE_NONSENSE;
	}
}

static const struct vd_table_kind cowd_tables = { 2, vd_places_sectors, cowd_grains };

static VixError check_identity(const struct vd_store *st, const unsigned char *raw)
{
	uint32_t magic = vu_le32(raw + VD_COWD_OFF_MAGIC);
	uint32_t version = vu_le32(raw + VD_COWD_OFF_VERSION);

	if (magic != VD_COWD_MAGIC)
		return vd_format_bad(st, VIX_E_DISK_INVALIDDISK,
				     "its magic number 0x%08x is not that of a vmfsSparse extent",
				     magic);
	if (version != 1)
		return vd_format_bad(st, VIX_E_DISK_UNSUPPORTEDDISKVERSION,
				     "version %u of a vmfsSparse extent is not supported", version);
	return VIX_OK;
}

static VixError check_directory(const struct vd_store *st, const struct vd_grain_tables *t,
				uint32_t n_entries)
{
	if (n_entries < t->n_tables)
		return vd_format_bad(st, VIX_E_DISK_INVALIDDISK,
				     "numGDEntries %u: its capacity needs %" PRIu64, n_entries,
				     t->n_tables);
	if (vd_entries_inside(st, t->gd, t->n_tables * sizeof(uint32_t)))
		return VIX_OK;
	return vd_format_bad(st, VIX_E_DISK_INVALIDDISK,
			     "gdOffset %" PRIu64 ": a grain directory of %" PRIu64
			     " entries there is not inside the file",
			     t->gd, t->n_tables);
}

static VixError put_field(struct vd_extent *ex, uint64_t off, uint32_t value)
{
	unsigned char raw[4];

	vu_put_le32(raw, value);
	return vd_store_pwrite(ex->store, raw, sizeof(raw), off);
}

static VixError set_unclean(struct vd_extent *ex, bool is_unclean)
{
	return put_field(ex, VD_COWD_OFF_UNCLEAN, is_unclean);
}

static VixError set_end(struct vd_extent *ex, uint64_t sector)
{
	return put_field(ex, VD_COWD_OFF_FREE, (uint32_t)sector);
}

static const struct vd_table_writes_ops writes_ops = { set_unclean, set_end };

static VixError cowd_open(struct vd_extent *ex)
{
	struct cowd *co = cowd_of(ex);
	struct vd_grain_tables *t = &co->te.tables;
	struct vd_store *st = ex->store;
	unsigned char raw[VD_COWD_BYTES];
	uint32_t capacity, grain;

	if (st->size < sizeof(raw))
		return vd_format_bad(st, VIX_E_DISK_INVALIDDISK,
				     "with %" PRIu64 " bytes it is too short for a vmfsSparse "
				     "extent",
				     st->size);
	VD_TRY(vd_store_pread(st, raw, sizeof(raw), 0));
	VD_TRY(check_identity(st, raw));
	capacity = vu_le32(raw + VD_COWD_OFF_CAPACITY);
	grain = vu_le32(raw + VD_COWD_OFF_GRAIN);
	VD_TRY(vd_grain_tables_check(st, grain, VD_COWD_GTES, capacity));
	VD_TRY(vd_extent_take_capacity(ex, capacity));
	ex->grain_sectors = grain;
	t->kind = &cowd_tables;
	t->store = st;
	t->cache = ex->cache;
	t->gd = vu_le32(raw + VD_COWD_OFF_GD);
	t->n_tables = vu_div_up(capacity, (uint64_t)grain * VD_COWD_GTES);
	t->gtes_per_gt = VD_COWD_GTES;
	t->grain_sectors = grain;
	VD_TRY(check_directory(st, t, vu_le32(raw + VD_COWD_OFF_GD_ENTRIES)));
	t->metadata[0] = (struct vd_sector_range){ 0, VD_COWD_BYTES / VD_SECTOR_SIZE };
	t->metadata[1] = (struct vd_sector_range){ t->gd, vu_div_up(t->n_tables * sizeof(uint32_t),
								    VD_SECTOR_SIZE) };
	co->te.capacity = capacity;
	co->te.is_unclean = vu_le32(raw + VD_COWD_OFF_UNCLEAN) != 0;
	co->te.has_slack = true; /* ESX makes these files longer by many grains at a time */
	co->te.writes_ops = &writes_ops;
	co->free_sector = vu_le32(raw + VD_COWD_OFF_FREE);
	if (co->te.is_unclean)
		vd_format_tell_unclean(st);
	VD_TRY(vd_grain_tables_open(t));
	return vd_table_extent_open_writes(&co->te, co->free_sector);
}

static VixError cowd_grow(struct vd_extent *ex, uint64_t sectors, unsigned char *header)
{
	struct cowd *co = cowd_of(ex);
	struct vd_table_growth g = {
		.ex = ex,
		.t = &co->te.tables,
		.sectors = sectors,
		.end = co->free_sector,
	};

	if (sectors > VD_CREATE_COWD_MAX)
		return vd_grow_refuse_size(ex, VD_CREATE_COWD_MAX);
	VD_TRY(vd_table_grow(&g));
	vu_put_le32(header + VD_COWD_OFF_CAPACITY, (uint32_t)sectors);
	vu_put_le32(header + VD_COWD_OFF_GD, (uint32_t)g.gd);
	vu_put_le32(header + VD_COWD_OFF_GD_ENTRIES, (uint32_t)g.n_tables);
	vu_put_le32(header + VD_COWD_OFF_FREE, (uint32_t)g.end);
	return VIX_OK;
}

/* Who goes by it would write over grains. */
static VixError check_free_sector(struct vd_extent *ex, struct vd_report *r, uint64_t end)
{
	uint32_t free_sector = cowd_of(ex)->free_sector;
	struct vd_problem p = {
		.kind = VD_PROBLEM_DAMAGE,
		.code = VIX_E_DISK_NEEDSREPAIR,
		.file = ex->store->path,
		.off = VD_COWD_OFF_FREE,
		.advice = VD_ADVICE_REPAIR,
		.can_mend = true,
	};

	if (free_sector >= end ||
	    !vd_report_problem(r, &p,
			       "freeSector is %u, but there is something up to sector %" PRIu64,
			       free_sector, end))
		return VIX_OK;
	VD_TRY(set_end(ex, end));
	VD_TRY(vd_store_flush(ex->store));
	vd_report_mended(r);
	return VIX_OK;
}

static VixError cowd_check(struct vd_extent *ex, struct vd_report *r)
{
	uint64_t end;

	VD_TRY(vd_table_extent_check_to(ex, r, &end));
	return check_free_sector(ex, r, end);
}

const struct vd_format_ops vd_format_cowd = {
	.name = "cowd",
	.state_size = sizeof(struct cowd),
	.score = cowd_score,
	.open = cowd_open,
	.close = vd_table_extent_close,
	.map = vd_table_extent_map,
	.is_writable = true,
	.alloc = vd_table_extent_alloc,
	.commit = vd_table_extent_commit,
	.flush = vd_table_extent_flush,
	.settle = vd_table_extent_settle,
	.grow = cowd_grow,
	.check = cowd_check,
};
