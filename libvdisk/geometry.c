/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Adapters and geometry; see geometry.h.
 */
#include "config.h"

#include "geometry.h"

#include <stddef.h>

#include "../common/ascii.h"
#include "../common/bytes.h"

#define GIB_SECTORS   ((uint64_t)(1u << 30) / VIXDISKLIB_SECTOR_SIZE)
#define SCSI_MOST     65535u /* cylinders */
#define IDE_MOST      16383u
#define IDE_HEADS     16u
#define USUAL_HEADS   255u
#define USUAL_SECTORS 63u

/* The first word of each is the one that is written. */
static const struct {
	const char *name;
	VixDiskLibAdapterType type;
} names[] = {
	{ "ide", VIXDISKLIB_ADAPTER_IDE },
	{ "buslogic", VIXDISKLIB_ADAPTER_SCSI_BUSLOGIC },
	{ "lsilogic", VIXDISKLIB_ADAPTER_SCSI_LSILOGIC },
	/* SCSI adapters for which the interface has no name of their own */
	{ "legacyESX", VIXDISKLIB_ADAPTER_SCSI_LSILOGIC },
	{ "pvscsi", VIXDISKLIB_ADAPTER_SCSI_LSILOGIC },
};
#define N_NAMES (sizeof(names) / sizeof(names[0]))

VixDiskLibAdapterType vd_adapter_of(const char *name)
{
	for (size_t i = 0; name != NULL && i < N_NAMES; i++) {
		if (vu_ascii_casecmp(name, names[i].name) == 0)
			return names[i].type;
	}
	return VIXDISKLIB_ADAPTER_UNKNOWN;
}

const char *vd_adapter_name(VixDiskLibAdapterType adapter)
{
	for (size_t i = 0; i < N_NAMES; i++) {
		if (names[i].type == adapter)
			return names[i].name;
	}
	return NULL;
}

VixDiskLibGeometry vd_geometry_default(uint64_t sectors, VixDiskLibAdapterType adapter)
{
	VixDiskLibGeometry g = { .heads = USUAL_HEADS, .sectors = USUAL_SECTORS };
	uint64_t most = SCSI_MOST;

	if (adapter == VIXDISKLIB_ADAPTER_IDE) {
		g.heads = IDE_HEADS;
		most = IDE_MOST;
	} else if (sectors < 2 * GIB_SECTORS) {
		g.heads = sectors < GIB_SECTORS ? 64 : 128;
		g.sectors = 32;
	}
	sectors /= (uint64_t)g.heads * g.sectors;
	g.cylinders = (uint32)vu_max(1, vu_min(sectors, most));
	return g;
}
