/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Extents without a file (ZERO, NOACCESS): all zeros.
 */
#include "config.h"

#include "format.h"

#include "../../common/log.h"

static VixError zero_open(struct vd_extent *ex)
{
	if (ex->sectors != 0)
		return VIX_OK;
	VU_ERR("format", "an extent without a file must have a length");
	return VIX_E_DISK_INVALIDDISK;
}

static VixError zero_map(struct vd_extent *ex, uint64_t sector, uint64_t count,
			 struct vd_map *m_out)
{
	(void)ex;
	(void)sector;
	m_out->kind = VD_MAP_ZERO;
	m_out->sectors = count;
	return VIX_OK;
}

const struct vd_format_ops vd_format_zero = {
	.name = "zero",
	.state_size = sizeof(struct vd_extent),
	.open = zero_open,
	.map = zero_map,
};
