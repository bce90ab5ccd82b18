/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Any bytes as an extent of a format: what the fuzz targets of formats share.
 *
 * Opens it, maps from several places on, reads some of what is there.  The content may be
 * anything; but every answer keeps to the contract of libvdisk/format/format.h, and asking for a
 * part of a run gives that part.
 */
#ifndef FUZZ_EXTENT_H
#define FUZZ_EXTENT_H

#include "fuzz.h"

#include <string.h>

#include "../../libvdisk/format/cache.h"
#include "../../libvdisk/format/format.h"
#include "../unit/memstore.h"
#include "bytes.h"

#define FUZZ_RUNS    32u    /* looked at from each place on */
#define FUZZ_SECTORS 65536u /* asked for at a time */
#define FUZZ_READ    64u    /* read from each run */

static inline void fuzz_read(struct vd_extent *ex, const struct vd_map *m, uint64_t sector)
{
	static unsigned char buf[FUZZ_READ * VD_SECTOR_SIZE];
	uint64_t count = vu_min(m->sectors, FUZZ_READ);

	if (m->kind == VD_MAP_DATA) {
		FUZZ_CHECK(vu_range_inside(m->off, m->sectors * VD_SECTOR_SIZE, ex->store->size));
		FUZZ_CHECK(vd_store_pread(ex->store, buf, count * VD_SECTOR_SIZE, m->off) ==
			   VIX_OK);
	} else if (m->kind == VD_MAP_PACKED) {
		FUZZ_CHECK(m->off < ex->store->size);
		FUZZ_CHECK(m->sectors <= ex->grain_sectors);
		vd_extent_read_packed(ex, m, sector, count, buf);
	}
}

/* The second half of a run is of the same kind, at the place behind the first half. */
static inline void fuzz_halve(struct vd_extent *ex, const struct vd_map *m, uint64_t sector)
{
	uint64_t half = m->sectors / 2;
	struct vd_map part;

	FUZZ_CHECK(vd_extent_map(ex, sector + half, m->sectors - half, &part) == VIX_OK);
	FUZZ_CHECK(part.kind == m->kind && part.sectors == m->sectors - half);
	if (m->kind == VD_MAP_DATA)
		FUZZ_CHECK(part.off == m->off + half * VD_SECTOR_SIZE);
}

static inline void fuzz_walk(struct vd_extent *ex, uint64_t sector)
{
	for (unsigned i = 0; i < FUZZ_RUNS && sector < ex->sectors; i++) {
		uint64_t count = vu_min(ex->sectors - sector, FUZZ_SECTORS);
		struct vd_map m;

		if (vd_extent_map(ex, sector, count, &m) != VIX_OK) {
			sector++;
			continue;
		}
		FUZZ_CHECK(m.sectors >= 1 && m.sectors <= count);
		fuzz_halve(ex, &m, sector);
		fuzz_read(ex, &m, sector);
		sector += m.sectors;
	}
}

static inline void fuzz_open(const struct vd_format_ops *ops, size_t size, struct vd_cache *cache)
{
	struct vd_extent *ex;
	char *text = NULL;
	size_t len;

	if (vd_extent_open(ops, memstore_open("x"), 0, 0, cache, &ex) != VIX_OK)
		return;
	FUZZ_CHECK(ex->sectors > 0 && vu_is_pow2(ex->grain_sectors));
	if (vd_extent_descriptor(ex, &text, &len) == VIX_OK && text != NULL)
		FUZZ_CHECK(text[len] == '\0' && len <= size);
	free(text);
	fuzz_walk(ex, 0);
	fuzz_walk(ex, ex->sectors / 2);
	fuzz_walk(ex, ex->sectors - 1);
	vd_extent_close(ex);
}

/* A small cache grants no memory for directories: then they are read as tables are. */
static inline int fuzz_extent(const struct vd_format_ops *ops, const uint8_t *data, size_t size)
{
	static const size_t limits[] = { 1 << 20, 512 };

	memstore_add("x", data, size);
	for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
		struct vd_cache *cache = vd_cache_new(limits[i]);

		fuzz_open(ops, size, cache);
		vd_cache_free(cache);
	}
	memstore_reset();
	return 0;
}

#endif
