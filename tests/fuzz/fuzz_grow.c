/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Any bytes as an extent that is made longer, or that is taken back: if it was sound, it can be opened
 * after that, and all lies where it was.
 */
#include "config.h"

#include "extent.h"

#include "../../libvdisk/format/grow.h"
#include "../../libvdisk/format/report.h"

#define LOOKED_AT 64u   /* sectors from each of some places on */
#define MORE_MAX  4096u /* sectors: tables for them must fit into memory, whatever their shape */

static struct vd_extent *open_it(unsigned mode, struct vd_cache **cache_out)
{
	struct vd_probe p = { .path = "x", .size = memstore_len("x"), .head = memstore_bytes("x") };
	const struct vd_format_ops *ops;
	struct vd_store *st;
	struct vd_extent *ex = NULL;

	*cache_out = vd_cache_new(1 << 20);
	p.head_len = vu_min(p.size, VD_PROBE_BYTES);
	ops = vd_format_probe(&p);
	if (ops == NULL || vd_store_open(&memstore_ops, "x", mode, &st) != VIX_OK)
		return NULL;
	return vd_extent_open(ops, st, 0, 0, *cache_out, &ex) == VIX_OK ? ex : NULL;
}

static void close_it(struct vd_extent *ex, struct vd_cache *cache)
{
	vd_extent_close(ex);
	vd_cache_free(cache);
}

/* What was found: the length of the extent, and where its first and last sectors were. */
struct found {
	uint64_t sectors;
	struct vd_map m[2][LOOKED_AT];
	bool is_there[2][LOOKED_AT];
};

/* A grain that the file cuts off counts for nothing: what comes behind it may lie in the rest. */
static bool is_found(struct vd_extent *ex, uint64_t sector, struct vd_map *m)
{
	uint64_t skip = sector % ex->grain_sectors * VD_SECTOR_SIZE;
	uint64_t len = (uint64_t)ex->grain_sectors * VD_SECTOR_SIZE;

	return vd_extent_map(ex, sector, 1, m) == VIX_OK &&
	       (m->kind != VD_MAP_DATA || vu_range_inside(m->off - skip, len, ex->store->size));
}

static void look(struct vd_extent *ex, uint64_t sectors, struct found *f)
{
	const uint64_t from[2] = { 0, sectors - vu_min(sectors, LOOKED_AT) };

	memset(f, 0, sizeof(*f));
	f->sectors = ex->sectors;
	for (unsigned k = 0; k < 2; k++) {
		for (unsigned i = 0; i < vu_min(sectors, LOOKED_AT); i++)
			f->is_there[k][i] = is_found(ex, from[k] + i, &f->m[k][i]);
	}
}

/* @sectors: of the extent as it was; 0: as it is. */
static bool look_at_all(uint64_t sectors, struct found *f)
{
	struct vd_cache *cache;
	struct vd_extent *ex = open_it(0, &cache);

	if (ex != NULL)
		look(ex, sectors != 0 ? sectors : ex->sectors, f);
	close_it(ex, cache);
	return ex != NULL;
}

static void compare(const struct found *before, const struct found *after)
{
	for (unsigned k = 0; k < 2; k++) {
		for (unsigned i = 0; i < LOOKED_AT; i++) {
			const struct vd_map *was = &before->m[k][i], *is = &after->m[k][i];

			if (!before->is_there[k][i])
				continue;
			FUZZ_CHECK(after->is_there[k][i]);
			FUZZ_CHECK(is->kind == was->kind && is->off == was->off);
		}
	}
}

/* What a crash may have left is mended before an extent is made longer.  *@is_sound_out: there is no
 * damage, such as things that share a place: then it must read as before. */
static bool settle(bool *is_sound_out)
{
	struct vd_report r = { 0 };
	struct vd_cache *cache;
	struct vd_extent *ex = open_it(VD_STORE_WRITE, &cache);
	bool is_settled = ex != NULL && vd_extent_settle(ex) == VIX_OK;

	*is_sound_out = is_settled && vd_extent_check(ex, &r) == VIX_OK && r.damages == 0;
	vd_report_free(&r);
	close_it(ex, cache);
	return is_settled;
}

/* Return: it has @more sectors now. */
static bool grow(uint64_t more, bool is_undone)
{
	struct vd_growth g = { 0 };
	struct vd_cache *cache;
	struct vd_extent *ex = open_it(VD_STORE_WRITE, &cache);
	VixError err = ex != NULL ? vd_growth_begin(ex, &g) : VIX_E_FAIL;

	if (err == VIX_OK)
		err = vd_growth_lay(&g, ex->sectors + more);
	if (err == VIX_OK)
		err = vd_growth_commit(&g);
	if (g.ex != NULL && (err != VIX_OK || is_undone))
		vd_growth_undo(&g);
	vd_growth_end(&g);
	close_it(ex, cache);
	return err == VIX_OK && !is_undone;
}

static void grow_and_compare(uint64_t more, bool is_undone, bool is_sound)
{
	static struct found before, after;
	bool is_longer;

	if (!look_at_all(0, &before))
		return;
	is_longer = grow(more, is_undone);
	if (!look_at_all(before.sectors, &after)) {
		FUZZ_CHECK(!is_sound);
		return;
	}
	if (!is_sound)
		return;
	FUZZ_CHECK(after.sectors == before.sectors + (is_longer ? more : 0));
	compare(&before, &after);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint64_t more = size != 0 ? 1 + data[size - 1] * UINT64_C(16) : 1;
	bool is_sound;

	memstore_add("x", data, size);
	if (settle(&is_sound))
		grow_and_compare(vu_min(more, MORE_MAX), more % 3 == 0, is_sound);
	memstore_reset();
	return 0;
}
