/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Grain directories and tables; see grain-tables.h.
 *
 * Tables are read in slabs: 16 KiB of the file at a time, aligned.  Tables of one disk mostly lie
 * one behind the other, so a slab serves 256 MiB of the guest.  Larger slabs hardly help those who
 * read in order, and cost those who read here and there in a large disk.
 */
#include "config.h"

#include "grain-tables.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "../../common/bytes.h"
#include "../../common/cleanup.h"
#include "../../common/log.h"
#include "format.h"
#include "table-writes.h"

#define SLAB_BYTES        (16u << 10)
#define RESIDENT_GD_BYTES SLAB_BYTES /* larger directories are read through the cache */
#define RUN_GRAINS_MAX    (1u << 22) /* looked at in one call: some milliseconds */
#define BATCH             64u        /* entries that are made places at a time */

#define NONE_BAD UINT64_MAX /* no slab or table has this number */

/* Adjacent grains of one kind; those in the file are adjacent there too. */
struct run {
	enum vd_map_kind kind;
	uint64_t grains;
	uint64_t place; /* of the first grain */
	uint64_t next;  /* PACKED: the place of the one behind it; 0: unknown */
};

/* Entries of one table or directory that lie one after the other in memory. */
struct span {
	struct vd_block *slab;        /* what holds them in memory */
	const unsigned char *entries; /* NULL: there is no table, so all are absent */
	uint64_t n;
};

void vd_places_sectors(const struct vd_grain_tables *t, const unsigned char *entries, size_t n,
		       uint64_t *places_out)
{
	(void)t;
	for (size_t i = 0; i < n; i++)
		places_out[i] = vu_le32(entries + 4 * i);
}

VixError vd_grain_tables_check(const struct vd_store *st, uint64_t grain, uint64_t gtes,
			       uint64_t capacity)
{
	if (!vu_is_pow2(grain) || grain > VD_GRAIN_MAX)
		return vd_format_bad(st, VIX_E_DISK_INVALIDDISK,
				     "grainSize %" PRIu64 " is no power of two up to %u", grain,
				     VD_GRAIN_MAX);
	if (!vu_is_pow2(gtes) || gtes > VD_GTES_MAX)
		return vd_format_bad(st, VIX_E_DISK_INVALIDDISK,
				     "numGTEsPerGT %" PRIu64 " is no power of two up to %u", gtes,
				     VD_GTES_MAX);
	if (capacity == 0 || capacity > VD_GRAIN_CAPACITY_MAX)
		return vd_format_bad(st, VIX_E_DISK_INVALIDDISK,
				     "capacity %" PRIu64 " is not 1 to %" PRIu64 " sectors",
				     capacity, VD_GRAIN_CAPACITY_MAX);
	return VIX_OK;
}

bool vd_sectors_inside(const struct vd_store *st, uint64_t first, uint64_t count)
{
	return vu_range_inside(first, count, vu_div_up(st->size, VD_SECTOR_SIZE));
}

bool vd_entries_inside(const struct vd_store *st, uint64_t sector, uint64_t len)
{
	uint64_t off;

	return sector != 0 && vu_mul_fits(sector, VD_SECTOR_SIZE, &off) &&
	       vu_range_inside(off, len, st->size);
}

static VixError load_directory(struct vd_grain_tables *t)
{
	size_t len = vd_entries_bytes(t, t->n_tables);
	VixError err;

	if (len > RESIDENT_GD_BYTES || !vd_cache_grant(t->cache, len))
		return VIX_OK;
	t->granted = len;
	VU_AUTO(free) unsigned char *gd = malloc(len);
	if (gd == NULL)
		return VIX_E_OUT_OF_MEMORY;
	err = vd_store_pread(t->store, gd, len, t->gd * VD_SECTOR_SIZE);
	if (err != VIX_OK && t->rgd != 0) {
		VU_WARN("format", "%s: cannot read its grain directory: using the redundant one",
			vu_log_quote(t->store->path));
		t->gd = t->rgd;
		t->rgd = 0;
		err = vd_store_pread(t->store, gd, len, t->gd * VD_SECTOR_SIZE);
	}
	if (err == VIX_OK)
		t->gd_bytes = VU_STEAL(gd);
	return err;
}

/* Slabs have one name for all extents of a file, so that they are in memory once. */
static void name_blocks(struct vd_grain_tables *t)
{
	if (t->store->blocks == 0)
		t->store->blocks = vd_cache_new_owner(t->cache) + 1;
	t->slab_owner = t->store->blocks - 1;
	t->sector_owner = vd_cache_new_owner(t->cache);
}

VixError vd_grain_tables_open(struct vd_grain_tables *t)
{
	VixError err;

	t->gt_shift = (unsigned)__builtin_ctz(t->gtes_per_gt);
	t->grain_shift = (unsigned)__builtin_ctz(t->grain_sectors);
	atomic_init(&t->bad_slab, NONE_BAD);
	atomic_init(&t->bad_table, NONE_BAD);
	name_blocks(t);
	err = load_directory(t);
	if (err != VIX_OK)
		vd_grain_tables_close(t);
	return err;
}

void vd_grain_tables_close(struct vd_grain_tables *t)
{
	vd_cache_give_back(t->cache, t->granted);
	t->granted = 0;
	free(t->gd_bytes);
	t->gd_bytes = NULL;
}

bool vd_grain_tables_is_metadata(const struct vd_grain_tables *t, uint64_t first, uint64_t count)
{
	for (size_t i = 0; i < VD_METADATA_RANGES_MAX; i++) {
		const struct vd_sector_range *r = &t->metadata[i];

		if (r->count != 0 && first < r->first + r->count && r->first < first + count)
			return true;
	}
	return false;
}

static bool stop_at_data(uint64_t off, uint64_t len, bool is_data, void *ctx)
{
	(void)off;
	(void)len;
	*(bool *)ctx = is_data;
	return !is_data;
}

/* The tables of a large disk that has little data are holes, of gigabytes, that need no pages. */
static bool is_hole(struct vd_store *st, uint64_t off, size_t len)
{
	bool has_data = true;

	return st->has_holes && vd_store_holes(st, off, len, stop_at_data, &has_data) == VIX_OK &&
	       !has_data;
}

static VixError fill_slab(void *ctx, uint64_t index, void *bytes, size_t len)
{
	const struct vd_grain_tables *t = ctx;

	if (!is_hole(t->store, index * SLAB_BYTES, len))
		return vd_store_pread(t->store, bytes, len, index * SLAB_BYTES);
	memset(bytes, 0, len);
	return VIX_OK;
}

static VixError fill_sector(void *ctx, uint64_t index, void *bytes, size_t len)
{
	const struct vd_grain_tables *t = ctx;

	return vd_store_pread(t->store, bytes, len, index * VD_SECTOR_SIZE);
}

/* Is @off behind what was the end of the file when it was opened? */
static bool is_late(const struct vd_grain_tables *t, uint64_t off)
{
	return off >= vu_round_up(t->store->size, VD_SECTOR_SIZE);
}

/* The file's bytes from @off to the end of their block of @unit bytes, in memory. */
static VixError get_block(struct vd_grain_tables *t, uint64_t off, uint64_t owner, size_t unit,
			  vd_cache_fill_fn *fill, struct span *s_out)
{
	uint64_t index = off / unit;
	size_t skip = off % unit;
	size_t len = is_late(t, off) ? unit : vu_min(unit, t->store->size - index * unit);

	VD_TRY(vd_cache_get(t->cache, owner, index, len, fill, t, &s_out->slab));
	s_out->entries = s_out->slab->bytes + skip;
	s_out->n = (len - skip) >> t->kind->entry_shift;
	return VIX_OK;
}

/* The entries from @off on, which is inside the file.  A bad sector elsewhere in the slab does no
 * harm: then it goes sector by sector; so it does where others make the file longer. */
static VixError get_span(struct vd_grain_tables *t, uint64_t off, struct span *s_out)
{
	uint64_t slab = off / SLAB_BYTES;
	VixError err = VIX_E_FILE_ERROR;

	if (is_late(t, off))
		return get_block(t, off, t->sector_owner, VD_SECTOR_SIZE, fill_sector, s_out);
	if (atomic_load(&t->bad_slab) != slab) {
		vu_log_hush();
		err = get_block(t, off, t->slab_owner, SLAB_BYTES, fill_slab, s_out);
		vu_log_unhush();
	}
	if (err != VIX_E_FILE_ERROR)
		return err;
	atomic_store(&t->bad_slab, slab);
	return get_block(t, off, t->sector_owner, VD_SECTOR_SIZE, fill_sector, s_out);
}

/* The entries of a directory from that of @table on. */
static VixError get_directory(struct vd_grain_tables *t, uint64_t directory, uint64_t table,
			      struct span *s_out)
{
	uint64_t left = t->n_tables - table;

	if (directory == t->gd && t->gd_bytes != NULL) {
		*s_out = (struct span){ .entries = t->gd_bytes + vd_entries_bytes(t, table),
					.n = left };
		return VIX_OK;
	}
	VD_TRY(get_span(t, directory * VD_SECTOR_SIZE + vd_entries_bytes(t, table), s_out));
	s_out->n = vu_min(s_out->n, left);
	return VIX_OK;
}

bool vd_grain_tables_is_table(const struct vd_grain_tables *t, uint64_t sector)
{
	uint64_t len = vd_table_bytes(t);

	return vd_entries_inside(t->store, sector, len) &&
	       !vd_grain_tables_is_metadata(t, sector, vu_div_up(len, VD_SECTOR_SIZE));
}

static VixError read_directory(struct vd_grain_tables *t, uint64_t directory, uint64_t table,
			       uint64_t *sector_out)
{
	struct span s;

	VD_TRY(get_directory(t, directory, table, &s));
	t->kind->tables(t, s.entries, 1, sector_out);
	vd_cache_put(s.slab);
	return VIX_OK;
}

/* The second copy of a table: its sector, or ABSENT when there is none that can be used. */
static uint64_t second_copy(struct vd_grain_tables *t, uint64_t table)
{
	uint64_t sector;

	if (t->rgd == 0 || read_directory(t, t->rgd, table, &sector) != VIX_OK ||
	    sector == VD_PLACE_ABSENT || !vd_grain_tables_is_table(t, sector))
		return VD_PLACE_ABSENT;
	return sector;
}

/* The same, to be used instead of the first. */
static uint64_t find_redundant_table(struct vd_grain_tables *t, uint64_t table)
{
	uint64_t sector = second_copy(t, table);

	if (sector == VD_PLACE_ABSENT)
		return sector;
	if (!atomic_exchange(&t->has_warned, true))
		VU_WARN("format", "%s: grain table %" PRIu64 " is damaged: using its second copy",
			vu_log_quote(t->store->path), table);
	return sector;
}

/* The length of the run of @place that @places begins with; each next one is @step further. */
static uint64_t count_run(const uint64_t *places, uint64_t n, uint64_t place, uint64_t step)
{
	uint64_t i = 0;

	while (i < n && places[i] == place + i * step)
		i++;
	return i;
}

/* The same for entries of @s, at most @max of them. */
static uint64_t count_entries(const struct vd_grain_tables *t, vd_places_fn *places_of,
			      const struct span *s, uint64_t max, uint64_t place, uint64_t step)
{
	uint64_t n = vu_min(s->n, max), done = 0, places[BATCH];

	while (done < n) {
		uint64_t batch = vu_min(n - done, BATCH), same;

		places_of(t, s->entries + vd_entries_bytes(t, done), batch, places);
		same = count_run(places, batch, place + done * step, step);
		done += same;
		if (same < batch)
			break;
	}
	return done;
}

/* The sector of a table; ABSENT: neither it nor the @n_absent_out - 1 behind it are there. */
static VixError look_up_table(struct vd_grain_tables *t, uint64_t table, uint64_t *sector_out,
			      uint64_t *n_absent_out)
{
	struct span s;

	VD_TRY(get_directory(t, t->gd, table, &s));
	t->kind->tables(t, s.entries, 1, sector_out);
	/* One that is only in memory yet may follow. */
	if (*sector_out == VD_PLACE_ABSENT)
		*n_absent_out = count_entries(t, t->kind->tables, &s,
					      vd_table_writes_is_empty(t->writes) ? s.n : 1,
					      VD_PLACE_ABSENT, 0);
	vd_cache_put(s.slab);
	return VIX_OK;
}

/* Others may have made the file longer since it was opened, and put a table there. */
static bool is_late_table(const struct vd_grain_tables *t, uint64_t sector)
{
	uint64_t len = vd_table_bytes(t);

	return sector < VD_PLACE_MAX && is_late(t, sector * VD_SECTOR_SIZE) &&
	       vd_store_reaches(t->store, sector * VD_SECTOR_SIZE + len) &&
	       !vd_grain_tables_is_metadata(t, sector, vu_div_up(len, VD_SECTOR_SIZE));
}

static VixError find_table(struct vd_grain_tables *t, uint64_t table, uint64_t *sector_out,
			   uint64_t *n_absent_out)
{
	uint64_t sector;

	VD_TRY(look_up_table(t, table, &sector, n_absent_out));
	*sector_out = sector;
	if (sector == VD_PLACE_ABSENT || vd_grain_tables_is_table(t, sector) ||
	    is_late_table(t, sector))
		return VIX_OK;
	*sector_out = find_redundant_table(t, table);
	if (*sector_out != VD_PLACE_ABSENT)
		return VIX_OK;
	if (sector == VD_PLACE_NONSENSE)
		return vd_format_bad(
			t->store, VIX_E_DISK_INVALIDDISK,
			"the directory entry of grain table %" PRIu64 " makes no sense", table);
	return vd_format_bad(t->store, VIX_E_DISK_INVALIDDISK,
			     "grain table %" PRIu64 " is said to be at sector %" PRIu64
			     ", outside the file or inside metadata",
			     table, sector);
}

/* The entries of the table at @sector from its @i-th on. */
static VixError get_table(struct vd_grain_tables *t, uint64_t sector, uint64_t i,
			  struct span *s_out)
{
	VD_TRY(get_span(t, sector * VD_SECTOR_SIZE + vd_entries_bytes(t, i), s_out));
	s_out->n = vu_min(s_out->n, t->gtes_per_gt - i);
	return VIX_OK;
}

static VixError get_first_copy(struct vd_grain_tables *t, uint64_t table, uint64_t i,
			       struct span *s_out)
{
	uint64_t sector, n_absent = 0;

	VD_TRY(find_table(t, table, &sector, &n_absent));
	if (sector != VD_PLACE_ABSENT)
		return get_table(t, sector, i, s_out);
	s_out->n = (n_absent << t->gt_shift) - i;
	return VIX_OK;
}

static VixError get_second_copy(struct vd_grain_tables *t, uint64_t table, uint64_t i,
				struct span *s_out)
{
	uint64_t sector = find_redundant_table(t, table);

	return sector != VD_PLACE_ABSENT ? get_table(t, sector, i, s_out) : VIX_E_FILE_ERROR;
}

/* The entries in whichever copy can be read, no word said if none can. */
static VixError try_copies(struct vd_grain_tables *t, uint64_t table, uint64_t i,
			   struct span *s_out)
{
	VixError err = VIX_E_FILE_ERROR;

	vu_log_hush();
	if (atomic_load(&t->bad_table) != table)
		err = get_first_copy(t, table, i, s_out);
	if (err == VIX_E_FILE_ERROR) {
		err = get_second_copy(t, table, i, s_out);
		atomic_store(&t->bad_table, err == VIX_OK ? table : NONE_BAD);
	}
	vu_log_unhush();
	return err;
}

/* Table entries from that of @grain on, 1 or more.  To be released with vd_cache_put(s_out->slab). */
static VixError get_entries(struct vd_grain_tables *t, uint64_t grain, struct span *s_out)
{
	uint64_t table = grain >> t->gt_shift;
	uint64_t i = grain & (t->gtes_per_gt - 1);
	VixError err;

	*s_out = (struct span){ 0 };
	s_out->entries = vd_table_writes_find(t->writes, table);
	if (s_out->entries != NULL) {
		s_out->entries += vd_entries_bytes(t, i);
		s_out->n = t->gtes_per_gt - i;
		return VIX_OK;
	}
	err = try_copies(t, table, i, s_out);
	/* What is wrong with the first one is what is told. */
	if (err != VIX_OK && err != VIX_E_OUT_OF_MEMORY)
		err = get_first_copy(t, table, i, s_out);
	return err;
}

static struct run begin_run(const struct vd_grain_tables *t, const struct span *s)
{
	uint64_t places[2] = { VD_PLACE_ABSENT, 0 };
	struct run run;

	if (s->entries != NULL)
		t->kind->grains(t, s->entries, vu_min(s->n, 2), places);
	run = (struct run){ .place = places[0], .next = places[1] };
	if (run.place == VD_PLACE_ABSENT)
		run.kind = VD_MAP_ABSENT;
	else if (run.place == VD_PLACE_ZERO)
		run.kind = VD_MAP_ZERO;
	else
		run.kind = t->is_packed ? VD_MAP_PACKED : VD_MAP_DATA;
	return run;
}

/* How many entries of @s continue the run: the same entry, or the place behind the last grain. */
static uint64_t count_continuing(const struct vd_grain_tables *t, const struct span *s,
				 const struct run *run, uint64_t max)
{
	uint64_t step = run->kind == VD_MAP_DATA ? t->grain_sectors : 0;

	if (s->entries == NULL)
		return run->kind == VD_MAP_ABSENT ? vu_min(s->n, max) : 0;
	return count_entries(t, t->kind->grains, s, max, run->place + run->grains * step, step);
}

/* Entries behind the first ones: if they can't be had, that is told when they are asked for. */
static VixError get_further_entries(struct vd_grain_tables *t, uint64_t grain, struct span *s_out)
{
	VixError err;

	vu_log_hush();
	err = get_entries(t, grain, s_out);
	vu_log_unhush();
	return err;
}

/* The run that begins with @grain, at most @max grains. */
static VixError find_run(struct vd_grain_tables *t, uint64_t grain, uint64_t max,
			 struct run *run_out)
{
	struct span s;
	uint64_t n;

	VD_TRY(get_entries(t, grain, &s));
	*run_out = begin_run(t, &s);
	max = run_out->kind == VD_MAP_PACKED ? 1 : vu_min(max, RUN_GRAINS_MAX);
	do {
		n = count_continuing(t, &s, run_out, max - run_out->grains);
		run_out->grains += n;
		vd_cache_put(s.slab);
	} while (n == s.n && run_out->grains < max &&
		 get_further_entries(t, grain + run_out->grains, &s) == VIX_OK);
	return VIX_OK;
}

/* How many bytes to read for a grain whose length only its marker tells. */
static uint32_t guess_packed_len(const struct vd_grain_tables *t, const struct run *run)
{
	uint64_t grain_bytes = (uint64_t)t->grain_sectors * VD_SECTOR_SIZE;
	uint64_t len = (run->next - run->place) * VD_SECTOR_SIZE;

	if (run->next > run->place && len <= 2 * grain_bytes)
		return (uint32_t)len;
	return (uint32_t)(grain_bytes + VD_SECTOR_SIZE);
}

static VixError check_place(const struct vd_grain_tables *t, uint64_t grain, const struct run *run)
{
	uint64_t sectors = t->is_packed ? 1 : run->grains << t->grain_shift;

	if (run->place == VD_PLACE_NONSENSE)
		return vd_format_bad(t->store, VIX_E_DISK_INVALIDDISK,
				     "the table entry of grain %" PRIu64 " makes no sense", grain);
	if (!vd_grain_tables_is_metadata(t, run->place, sectors))
		return VIX_OK;
	return vd_format_bad(t->store, VIX_E_DISK_INVALIDDISK,
			     "grain %" PRIu64 " is said to be at sector %" PRIu64
			     ", inside metadata",
			     grain, run->place);
}

VixError vd_grain_tables_map(struct vd_grain_tables *t, uint64_t sector, uint64_t count,
			     struct vd_map *m_out)
{
	uint64_t grain = sector >> t->grain_shift;
	uint64_t skip = sector & (t->grain_sectors - 1);
	struct run run;

	VD_TRY(find_run(t, grain, vu_div_up(skip + count, t->grain_sectors), &run));
	m_out->kind = run.kind;
	m_out->sectors = vu_min(count, (run.grains << t->grain_shift) - skip);
	if (run.kind == VD_MAP_ABSENT || run.kind == VD_MAP_ZERO)
		return VIX_OK;
	VD_TRY(check_place(t, grain, &run));
	m_out->off = run.place * VD_SECTOR_SIZE;
	if (run.kind == VD_MAP_DATA)
		m_out->off += skip * VD_SECTOR_SIZE;
	else
		m_out->packed_len = guess_packed_len(t, &run);
	return VIX_OK;
}

VixError vd_grain_tables_load(struct vd_grain_tables *t, uint64_t table, unsigned char *entries_out,
			      uint64_t places_out[2])
{
	uint64_t first = table << t->gt_shift, n_absent;
	struct span s;

	memset(entries_out, 0, vd_table_bytes(t));
	VD_TRY(find_table(t, table, &places_out[0], &n_absent));
	places_out[1] = second_copy(t, table);
	if (places_out[0] == VD_PLACE_ABSENT)
		return VIX_OK;
	for (uint64_t i = 0; i < t->gtes_per_gt; i += s.n) {
		VD_TRY(get_entries(t, first + i, &s));
		memcpy(entries_out + vd_entries_bytes(t, i), s.entries, vd_entries_bytes(t, s.n));
		vd_cache_put(s.slab);
	}
	return VIX_OK;
}

void vd_grain_tables_forget(struct vd_grain_tables *t, uint64_t off, uint64_t len)
{
	for (uint64_t i = off / SLAB_BYTES; i * SLAB_BYTES < off + len; i++)
		vd_cache_drop(t->cache, t->slab_owner, i);
	for (uint64_t i = off / VD_SECTOR_SIZE; i * VD_SECTOR_SIZE < off + len; i++)
		vd_cache_drop(t->cache, t->sector_owner, i);
}

void vd_grain_tables_forget_all(struct vd_grain_tables *t)
{
	t->store->blocks = 0;
	name_blocks(t);
}

void vd_grain_tables_set_directory(struct vd_grain_tables *t, uint64_t table, uint32_t sector)
{
	vd_grain_tables_forget(t, t->gd * VD_SECTOR_SIZE + vd_entries_bytes(t, table),
			       sizeof(sector));
	if (t->rgd != 0)
		vd_grain_tables_forget(t, t->rgd * VD_SECTOR_SIZE + vd_entries_bytes(t, table),
				       sizeof(sector));
	if (t->gd_bytes != NULL)
		vu_put_le32(t->gd_bytes + vd_entries_bytes(t, table), sector);
}
