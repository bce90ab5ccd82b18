/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Flat extents (FLAT, VMFS) and raw files: guest sectors one after the other.
 */
#include "config.h"

#include "format.h"

#include <inttypes.h>

#include "../../common/bytes.h"

/* As long as the file is, where no descriptor names a length. */
static VixError take_length_of_file(struct vd_extent *ex)
{
	const struct vd_store *st = ex->store;

	if (st->size % VD_SECTOR_SIZE != 0 || ex->start_off >= st->size)
		return vd_format_bad(st, VIX_E_DISK_INVALIDDISK,
				     "its %" PRIu64
				     " bytes do not hold whole sectors from byte %" PRIu64 " on",
				     st->size, ex->start_off);
	ex->sectors = (st->size - ex->start_off) / VD_SECTOR_SIZE;
	return VIX_OK;
}

static VixError flat_open(struct vd_extent *ex)
{
	uint64_t len;

	if (ex->sectors == 0)
		return take_length_of_file(ex);
	if (vu_mul_fits(ex->sectors, VD_SECTOR_SIZE, &len) &&
	    vu_range_inside(ex->start_off, len, ex->store->size))
		return VIX_OK;
	return vd_format_bad(ex->store, VIX_E_DISK_INVALIDDISK,
			     "an extent of %" PRIu64 " sectors from byte %" PRIu64
			     " on needs more than the %" PRIu64 " bytes of the file",
			     ex->sectors, ex->start_off, ex->store->size);
}

static VixError flat_map(struct vd_extent *ex, uint64_t sector, uint64_t count,
			 struct vd_map *m_out)
{
	m_out->kind = VD_MAP_DATA;
	m_out->sectors = count;
	m_out->off = ex->start_off + sector * VD_SECTOR_SIZE;
	return VIX_OK;
}

const struct vd_format_ops vd_format_flat = {
	.name = "flat",
	.state_size = sizeof(struct vd_extent),
	.is_flat = true,
	.open = flat_open,
	.map = flat_map,
	.is_writable = true,
};
