/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Space-efficient snapshots of ESXi ("seSparse").  Layout: docs/formats/vmdk-sesparse.md.
 *
 * 1. Positions in the header are sectors; none is believed before it was compared with the file.
 * 2. Journal, free bitmap and back map are not read: a file whose journal has to be replayed is
 *    refused, and who reads needs neither of the others.
 */
#include "config.h"

#include "format.h"

#include <inttypes.h>

#include "../../common/bytes.h"
#include "../../common/cleanup.h"
#include "table-extent.h"

#define CONST_MAGIC    UINT64_C(0xcafebabe)
#define VOLATILE_MAGIC UINT64_C(0xcafecafe)
#define KNOWN_VERSION  UINT64_C(0x0000000200000001)

#define ENTRY_BYTES       8u
#define ENTRIES_OF_SECTOR (VD_SECTOR_SIZE / ENTRY_BYTES)

/* Where the fields lie: 64 bits each; areas have an offset and a length, both in sectors. */
enum {
	OFF_MAGIC = 0,
	OFF_VERSION = 8,
	OFF_CAPACITY = 16,
	OFF_GRAIN = 24,
	OFF_TABLE = 32, /* sectors of a grain table */
	OFF_FLAGS = 40,
	OFF_RESERVED = 48,
	OFF_VOLATILE_HEADER = 80,
	OFF_JOURNAL_HEADER = 96,
	OFF_JOURNAL = 112,
	OFF_GD = 128,
	OFF_TABLES = 144,
	OFF_FREE_BITMAP = 160,
	OFF_BACK_MAP = 176,
	OFF_GRAINS = 192,
};
#define N_RESERVED 4u

/* Of the volatile header. */
enum { OFF_REPLAY_JOURNAL = 24 };

/* Entry of the directory: 0, or this and the number of a table. */
#define GDE_MASK UINT64_C(0xffffffff00000000)
#define GDE_USED UINT64_C(0x1000000000000000)

/* Entry of a table: what the grain is, and for some its number. */
#define GTE_KIND_SHIFT 60
enum { GTE_ABSENT = 0, GTE_UNMAPPED = 1, GTE_ZERO = 2, GTE_USED = 3 };
#define GRAINS_MAX (UINT64_C(1) << 38) /* more than a file has room for */

static int sesparse_score(const struct vd_probe *p)
{
	return p->head_len >= VD_SECTOR_SIZE && vu_le64(p->head + OFF_MAGIC) == CONST_MAGIC ? 100
											    : 0;
}

/* Entries. */

static uint64_t table_place(const struct vd_grain_tables *t, uint64_t entry)
{
	if (entry == 0)
		return VD_PLACE_ABSENT;
	if ((entry & GDE_MASK) != GDE_USED)
		return VD_PLACE_NONSENSE;
	return t->tables_at + (uint32_t)entry * (uint64_t)(t->gtes_per_gt / ENTRIES_OF_SECTOR);
}

static void sesparse_tables(const struct vd_grain_tables *t, const unsigned char *entries, size_t n,
			    uint64_t *places_out)
{
	for (size_t i = 0; i < n; i++)
		places_out[i] = table_place(t, vu_le64(entries + i * ENTRY_BYTES));
}

/* The lowest twelve bits of the number are above the others. */
static uint64_t grain_number(uint64_t entry)
{
	return (entry >> 48 & 0xfff) | (entry & UINT64_C(0xffffffffffff)) << 12;
}

static uint64_t grain_place(const struct vd_grain_tables *t, uint64_t entry)
{
	uint64_t number;

	switch (entry >> GTE_KIND_SHIFT) {
	case GTE_ABSENT:
		return entry == 0 ? VD_PLACE_ABSENT : VD_PLACE_NONSENSE;
	case GTE_UNMAPPED: /* by the guest: its content is given up, not the parent's shown */
	case GTE_ZERO:
		return VD_PLACE_ZERO;
	case GTE_USED:
		number = grain_number(entry);
		return number < GRAINS_MAX ? t->grains_at + number * t->grain_sectors
					   : VD_PLACE_NONSENSE;
	default:
		return VD_PLACE_NONSENSE;
	}
}

static void sesparse_grains(const struct vd_grain_tables *t, const unsigned char *entries, size_t n,
			    uint64_t *places_out)
{
	for (size_t i = 0; i < n; i++)
		places_out[i] = grain_place(t, vu_le64(entries + i * ENTRY_BYTES));
}

static const struct vd_table_kind sesparse_kind = { 3, sesparse_tables, sesparse_grains };

/* Headers. */

static VixError check_identity(const struct vd_store *st, const unsigned char *raw)
{
	uint64_t magic = vu_le64(raw + OFF_MAGIC);
	uint64_t version = vu_le64(raw + OFF_VERSION);
	uint64_t unknown = vu_le64(raw + OFF_FLAGS);

	if (magic != CONST_MAGIC)
		return vd_format_bad(st, VIX_E_DISK_INVALIDDISK,
				     "its magic number 0x%016" PRIx64
				     " is not that of a seSparse extent",
				     magic);
	if (version != KNOWN_VERSION)
		return vd_format_bad(
			st, VIX_E_DISK_UNSUPPORTEDDISKVERSION,
			"version 0x%016" PRIx64 " of a seSparse extent is not supported", version);
	for (size_t i = 0; i < N_RESERVED; i++)
		unknown |= vu_le64(raw + OFF_RESERVED + i * 8);
	if (unknown == 0)
		return VIX_OK;
	return vd_format_bad(st, VIX_E_DISK_NOTSUPPORTED,
			     "flags or reserved fields, 0x%" PRIx64
			     " together, ask for a feature that is not supported",
			     unknown);
}

/* What a crashed host wrote to the journal only would be missing. */
static VixError check_volatile_header(struct vd_store *st, uint64_t sector)
{
	unsigned char raw[VD_SECTOR_SIZE];

	if (sector == 0 || !vd_sectors_inside(st, sector, 1))
		return vd_format_bad(
			st, VIX_E_DISK_INVALIDDISK,
			"its volatile header at sector %" PRIu64 " is not inside the file", sector);
	VD_TRY(vd_store_pread(st, raw, sizeof(raw), sector * VD_SECTOR_SIZE));
	if (vu_le64(raw) != VOLATILE_MAGIC)
		return vd_format_bad(st, VIX_E_DISK_INVALIDDISK,
				     "the magic number 0x%016" PRIx64
				     " of its volatile header is wrong",
				     vu_le64(raw));
	if (vu_le64(raw + OFF_REPLAY_JOURNAL) == 0)
		return VIX_OK;
	return vd_format_bad(st, VIX_E_DISK_NEEDSREPAIR,
			     "it was not closed properly, and its journal must be replayed, which "
			     "only the ESXi host can do: open it there once");
}

static VixError parse_geometry(struct vd_extent *ex, const unsigned char *raw,
			       struct vd_grain_tables *t)
{
	uint64_t capacity = vu_le64(raw + OFF_CAPACITY);
	uint64_t grain = vu_le64(raw + OFF_GRAIN);
	uint64_t table = vu_le64(raw + OFF_TABLE);

	if (table > VD_GTES_MAX / ENTRIES_OF_SECTOR)
		return vd_format_bad(ex->store, VIX_E_DISK_INVALIDDISK,
				     "grainTableSize %" PRIu64 " is more than %u sectors", table,
				     VD_GTES_MAX / ENTRIES_OF_SECTOR);
	VD_TRY(vd_grain_tables_check(ex->store, grain, table * ENTRIES_OF_SECTOR, capacity));
	VD_TRY(vd_extent_take_capacity(ex, capacity));
	ex->grain_sectors = (uint32_t)grain;
	vd_table_extent_of(ex)->capacity = capacity;
	t->grain_sectors = (uint32_t)grain;
	t->gtes_per_gt = (uint32_t)table * ENTRIES_OF_SECTOR;
	t->n_tables = vu_div_up(capacity, grain * t->gtes_per_gt);
	return VIX_OK;
}

/* Offset and length of an area, as the header has them. */
static struct vd_sector_range area_at(const unsigned char *raw, size_t off)
{
	return (struct vd_sector_range){ vu_le64(raw + off), vu_le64(raw + off + 8) };
}

/* Behind both headers, so that no place is one of those that mean something else. */
static bool is_start(uint64_t sector)
{
	return sector >= 2 && sector < VD_PLACE_MAX / 2;
}

static VixError parse_places(const struct vd_store *st, const unsigned char *raw,
			     struct vd_grain_tables *t)
{
	struct vd_sector_range gd = area_at(raw, OFF_GD);
	uint64_t needs = vu_div_up(t->n_tables, ENTRIES_OF_SECTOR);

	if (gd.count < needs || !vd_entries_inside(st, gd.first, t->n_tables * ENTRY_BYTES))
		return vd_format_bad(st, VIX_E_DISK_INVALIDDISK,
				     "its grain directory, %" PRIu64 " sectors from %" PRIu64
				     " on, is not inside the file or has less than the %" PRIu64
				     " sectors that its capacity needs",
				     gd.count, gd.first, needs);
	t->gd = gd.first;
	t->tables_at = vu_le64(raw + OFF_TABLES);
	t->grains_at = vu_le64(raw + OFF_GRAINS);
	if (is_start(t->tables_at) && is_start(t->grains_at))
		return VIX_OK;
	return vd_format_bad(st, VIX_E_DISK_INVALIDDISK,
			     "its tables are said to begin at sector %" PRIu64
			     ", its grains at %" PRIu64,
			     t->tables_at, t->grains_at);
}

/* Areas that are not inside the file hold nothing that a table or grain could be mistaken for. */
static void set_metadata(const struct vd_store *st, const unsigned char *raw,
			 struct vd_grain_tables *t)
{
	static const size_t areas[] = { OFF_VOLATILE_HEADER, OFF_JOURNAL_HEADER,
					OFF_JOURNAL,         OFF_GD,
					OFF_FREE_BITMAP,     OFF_BACK_MAP };
	size_t n = 0;

	t->metadata[n++] = (struct vd_sector_range){ 0, 1 };
	for (size_t i = 0; i < sizeof(areas) / sizeof(areas[0]); i++) {
		struct vd_sector_range area = area_at(raw, areas[i]);

		if (vd_sectors_inside(st, area.first, area.count))
			t->metadata[n++] = area;
	}
}

static VixError sesparse_open(struct vd_extent *ex)
{
	struct vd_grain_tables *t = &vd_table_extent_of(ex)->tables;
	struct vd_store *st = ex->store;
	unsigned char raw[VD_SECTOR_SIZE];

	if (st->size < sizeof(raw))
		return vd_format_bad(st, VIX_E_DISK_INVALIDDISK,
				     "with %" PRIu64 " bytes it is too short for a seSparse extent",
				     st->size);
	VD_TRY(vd_store_pread(st, raw, sizeof(raw), 0));
	VD_TRY(check_identity(st, raw));
	VD_TRY(check_volatile_header(st, vu_le64(raw + OFF_VOLATILE_HEADER)));
	VD_TRY(parse_geometry(ex, raw, t));
	VD_TRY(parse_places(st, raw, t));
	set_metadata(st, raw, t);
	t->kind = &sesparse_kind;
	t->store = st;
	t->cache = ex->cache;
	/* Which grains are free is in a map of its own, which is not read. */
	vd_table_extent_of(ex)->has_slack = true;
	return vd_grain_tables_open(t);
}

const struct vd_format_ops vd_format_sesparse = {
	.name = "sesparse",
	.state_size = sizeof(struct vd_table_extent),
	.score = sesparse_score,
	.open = sesparse_open,
	.close = vd_table_extent_close,
	.map = vd_table_extent_map,
	.check = vd_table_extent_check,
};
