/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Where the sectors of a chain lie, for who wants to know; see disk-chain.h.
 */
#include "config.h"

#include "disk-chain.h"

#include "../common/bytes.h"
#include "../common/cleanup.h"

struct mapping {
	const struct vd_chain *chain;
	vd_map_fn *fn;
	void *ctx;
	bool stopped;         /* by @fn */
	VixDiskLibMapRun run; /* that may still grow */
};

static size_t index_of(const struct vd_link *ln, const struct vd_extent *ex)
{
	size_t lo = 0, hi = ln->extents.n - 1;

	while (lo < hi) { /* the answer is in [lo, hi] */
		size_t mid = lo + (hi - lo) / 2;

		if (ln->extents.v[mid]->first < ex->first)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

static bool has_place(VixDiskLibMapKind kind)
{
	return kind == VIXDISKLIB_MAP_DATA || kind == VIXDISKLIB_MAP_HOLE;
}

static bool continues(const VixDiskLibMapRun *run, const VixDiskLibMapRun *next)
{
	if (run->numSectors == 0 || next->kind != run->kind || next->link != run->link ||
	    next->extent != run->extent)
		return false;
	return !has_place(run->kind) ||
	       next->fileOffset == run->fileOffset + run->numSectors * VD_SECTOR_SIZE;
}

static void end_run(struct mapping *m)
{
	if (!m->stopped && m->run.numSectors > 0)
		m->stopped = !m->fn(&m->run, m->ctx);
	m->run.numSectors = 0;
}

static void add_run(struct mapping *m, const VixDiskLibMapRun *next)
{
	if (continues(&m->run, next)) {
		m->run.numSectors += next->numSectors;
		return;
	}
	end_run(m);
	m->run = *next;
}

/* A piece of a flat extent, while its file is asked for holes. */
struct hole_walk {
	struct mapping *m;
	const VixDiskLibMapRun *whole;
	uint64_t done; /* sectors */
};

/* A sector that is partly data is data. */
static bool add_hole_or_data(uint64_t off, uint64_t len, bool is_data, void *ctx)
{
	struct hole_walk *w = ctx;
	VixDiskLibMapRun part = *w->whole;
	uint64_t end = off + len - part.fileOffset;

	end = is_data ? vu_div_up(end, VD_SECTOR_SIZE) : end / VD_SECTOR_SIZE;
	if (end <= w->done)
		return true;
	part.kind = is_data ? VIXDISKLIB_MAP_DATA : VIXDISKLIB_MAP_HOLE;
	part.firstSector += w->done;
	part.fileOffset += w->done * VD_SECTOR_SIZE;
	part.numSectors = end - w->done;
	w->done = end;
	add_run(w->m, &part);
	return !w->m->stopped;
}

static VixError add_flat(struct mapping *m, const struct vd_piece *p, const VixDiskLibMapRun *run)
{
	struct hole_walk w = { .m = m, .whole = run };

	return vd_store_holes(p->ex->store, run->fileOffset, run->numSectors * VD_SECTOR_SIZE,
			      add_hole_or_data, &w);
}

static VixError add_piece(const struct vd_piece *p, void *ctx)
{
	static const VixDiskLibMapKind kinds[] = {
		[VD_MAP_DATA] = VIXDISKLIB_MAP_DATA,
		[VD_MAP_ZERO] = VIXDISKLIB_MAP_ZERO,
		[VD_MAP_ABSENT] = VIXDISKLIB_MAP_ABSENT,
		[VD_MAP_PACKED] = VIXDISKLIB_MAP_COMPRESSED,
	};
	struct mapping *m = ctx;
	const struct vd_link *ln = m->chain->links.v[p->level];
	VixDiskLibMapRun run = {
		.structSize = sizeof(run),
		.firstSector = p->sector,
		.numSectors = p->m.sectors,
		.kind = kinds[p->m.kind],
		.link = (uint32)(m->chain->links.n - 1 - p->level),
	};

	if (has_place(run.kind))
		run.fileOffset = p->m.off;
	if (p->ex != NULL && run.kind != VIXDISKLIB_MAP_ABSENT)
		run.extent = (uint32)index_of(ln, p->ex);
	if (has_place(run.kind) && p->ex->ops->is_flat)
		VD_TRY(add_flat(m, p, &run));
	else
		add_run(m, &run);
	return m->stopped ? VIX_E_CANCELLED : VIX_OK;
}

VixError vd_chain_map(struct vd_disk *d, uint64_t sector, uint64_t count, vd_map_fn *fn, void *ctx)
{
	struct mapping m = { .chain = (const struct vd_chain *)d, .fn = fn, .ctx = ctx };
	VixError err = vd_chain_walk(d, sector, count, add_piece, &m);

	if (m.stopped)
		return VIX_OK;
	VD_TRY(err);
	end_run(&m);
	return VIX_OK;
}
