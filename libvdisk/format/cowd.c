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
#include "grain-tables.h"
#include "report.h"
#include "table-check.h"
#include "table-writes.h"

struct cowd {
	struct vd_extent base;
	struct vd_grain_tables tables;
	uint32_t capacity, free_sector; /* as the header has them; set in open, then constant */
	bool is_unclean;                /* likewise */
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

static VixError open_tables(struct vd_extent *ex)
{
	struct vd_grain_tables *t = &cowd_of(ex)->tables;
	VixError err;

	VD_TRY(vd_grain_tables_open(t));
	if (!(ex->store->mode & VD_STORE_WRITE))
		return VIX_OK;
	err = vd_table_writes_open(ex, t, &writes_ops, cowd_of(ex)->free_sector,
				   cowd_of(ex)->is_unclean);
	if (err != VIX_OK)
		vd_grain_tables_close(t);
	return err;
}

static VixError cowd_open(struct vd_extent *ex)
{
	struct vd_grain_tables *t = &cowd_of(ex)->tables;
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
	cowd_of(ex)->capacity = capacity;
	cowd_of(ex)->free_sector = vu_le32(raw + VD_COWD_OFF_FREE);
	cowd_of(ex)->is_unclean = vu_le32(raw + VD_COWD_OFF_UNCLEAN) != 0;
	if (cowd_of(ex)->is_unclean)
		vd_format_tell_unclean(st);
	return open_tables(ex);
}

static void cowd_close(struct vd_extent *ex)
{
	vd_table_writes_close(&cowd_of(ex)->tables);
	vd_grain_tables_close(&cowd_of(ex)->tables);
}

static VixError cowd_map(struct vd_extent *ex, uint64_t sector, uint64_t count,
			 struct vd_map *m_out)
{
	return vd_grain_tables_map(&cowd_of(ex)->tables, sector, count, m_out);
}

static VixError cowd_alloc(struct vd_extent *ex, uint64_t sector, uint64_t count,
			   struct vd_map *m_out)
{
	return vd_table_writes_alloc(&cowd_of(ex)->tables, sector, count, m_out);
}

static void cowd_commit(struct vd_extent *ex, uint64_t sector, const struct vd_map *m)
{
	vd_table_writes_commit(&cowd_of(ex)->tables, sector, m);
}

static VixError cowd_flush(struct vd_extent *ex)
{
	return vd_table_writes_flush(&cowd_of(ex)->tables);
}

/* Who goes by it would write over grains. */
static VixError check_free_sector(struct cowd *co, const struct vd_table_check *c)
{
	struct vd_problem p = {
		.kind = VD_PROBLEM_DAMAGE,
		.code = VIX_E_DISK_NEEDSREPAIR,
		.file = co->base.store->path,
		.off = VD_COWD_OFF_FREE,
		.advice = VD_ADVICE_REPAIR,
		.can_mend = true,
	};

	if (co->free_sector >= c->end ||
	    !vd_report_problem(c->report, &p,
			       "freeSector is %u, but there is something up to sector %" PRIu64,
			       co->free_sector, c->end))
		return VIX_OK;
	VD_TRY(set_end(&co->base, c->end));
	VD_TRY(vd_store_flush(co->base.store));
	vd_report_mended(c->report);
	return VIX_OK;
}

/* ESX makes these files longer by many grains at a time. */
static struct vd_table_check make_check(struct cowd *co, struct vd_report *r)
{
	return (struct vd_table_check){
		.ex = &co->base,
		.t = &co->tables,
		.report = r,
		.capacity = co->capacity,
		.is_unclean = co->is_unclean,
		.has_slack = true,
		.ops = &writes_ops,
	};
}

static VixError cowd_settle(struct vd_extent *ex)
{
	struct cowd *co = cowd_of(ex);
	struct vd_table_check c = make_check(co, NULL);

	return vd_table_settle(&c, &co->is_unclean);
}

static VixError cowd_check(struct vd_extent *ex, struct vd_report *r)
{
	struct cowd *co = cowd_of(ex);
	struct vd_table_check c = make_check(co, r);

	VD_TRY(vd_table_check(&c));
	return check_free_sector(co, &c);
}

const struct vd_format_ops vd_format_cowd = {
	.name = "cowd",
	.state_size = sizeof(struct cowd),
	.score = cowd_score,
	.open = cowd_open,
	.close = cowd_close,
	.map = cowd_map,
	.is_writable = true,
	.alloc = cowd_alloc,
	.commit = cowd_commit,
	.flush = cowd_flush,
	.settle = cowd_settle,
	.check = cowd_check,
};
