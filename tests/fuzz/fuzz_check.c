/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Any bytes as an extent that is checked and mended: looking changes nothing; mending loses nothing
 * that could be read, ends, and has nothing to do when it is done again.
 */
#include "config.h"

#include "extent.h"

#include "../../libvdisk/format/report.h"

#define LOOKED_AT 64u /* sectors from each of some places on */

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

/* A bit for each sector that can be found. */
static uint64_t look(struct vd_extent *ex, uint64_t from)
{
	uint64_t found = 0;
	struct vd_map m;

	for (uint64_t s = from; s < ex->sectors && s < from + LOOKED_AT; s++) {
		if (vd_extent_map(ex, s, 1, &m) == VIX_OK)
			found |= UINT64_C(1) << (s - from);
	}
	return found;
}

static bool look_at_all(uint64_t found[3])
{
	struct vd_cache *cache;
	struct vd_extent *ex = open_it(0, &cache);

	if (ex != NULL) {
		found[0] = look(ex, 0);
		found[1] = look(ex, ex->sectors / 2);
		found[2] = look(ex, ex->sectors > LOOKED_AT ? ex->sectors - LOOKED_AT : 0);
	}
	close_it(ex, cache);
	return ex != NULL;
}

/* false: it could not be opened, or it ended with an error. */
static bool check(bool repair, struct vd_report *r)
{
	struct vd_cache *cache;
	struct vd_extent *ex = open_it(repair ? VD_STORE_WRITE : 0, &cache);
	VixError err = VIX_E_FAIL;

	*r = (struct vd_report){ .repair = repair };
	if (ex != NULL)
		err = vd_extent_check(ex, r);
	close_it(ex, cache);
	FUZZ_CHECK(r->damages_mended <= r->damages && r->leaks_mended <= r->leaks);
	FUZZ_CHECK(r->problems.n <= VD_PROBLEMS_MAX);
	return err == VIX_OK;
}

static void check_and_mend(const uint8_t *data, size_t size)
{
	uint64_t before[3], after[3];
	struct vd_report r;

	if (!check(false, &r))
		return;
	vd_report_free(&r);
	FUZZ_CHECK(memstore_len("x") == size && memcmp(memstore_bytes("x"), data, size) == 0);
	FUZZ_CHECK(look_at_all(before));
	if (check(true, &r)) {
		FUZZ_CHECK(look_at_all(after));
		for (unsigned i = 0; i < 3; i++)
			FUZZ_CHECK((before[i] & ~after[i]) == 0);
		vd_report_free(&r);
		check(true, &r);
		FUZZ_CHECK(r.damages_mended == 0 && r.leaks_mended == 0);
	}
	vd_report_free(&r);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	memstore_add("x", data, size);
	check_and_mend(data, size);
	memstore_reset();
	return 0;
}
