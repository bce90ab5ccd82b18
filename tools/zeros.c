/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Zeros of disks; see zeros.h.
 */
#include "config.h"

#include "zeros.h"

#include <stdint.h>
#include <string.h>

#include "../common/bytes.h"

#define LOOK_SECTORS (64u << 21) /* 64 GiB at a time: a flat disk is asked for its holes */

void vdt_zeros_init(struct vdt_zeros *z, VixDiskLibHandle disk, uint64 capacity)
{
	*z = (struct vdt_zeros){ .disk = disk, .capacity = capacity };
}

void vdt_zeros_free(struct vdt_zeros *z)
{
	VixDiskLib_FreeMap(z->runs);
	z->runs = NULL;
}

static const VixDiskLibMapRun *run_at(const struct vdt_zeros *z, size_t i)
{
	return (const VixDiskLibMapRun *)((const char *)z->runs + i * z->runs->structSize);
}

/* The run that @sector, which is on the disk, lies in; NULL when the library can't tell. */
static const VixDiskLibMapRun *find_run(struct vdt_zeros *z, uint64 sector)
{
	for (; z->runs != NULL && z->i < z->n; z->i++) {
		const VixDiskLibMapRun *r = run_at(z, z->i);

		if (sector < r->firstSector + r->numSectors)
			return r;
	}
	vdt_zeros_free(z);
	z->i = 0;
	if (VixDiskLib_QueryMap(z->disk, sector, vu_min(z->capacity - sector, LOOK_SECTORS),
				&z->runs, &z->n) != VIX_OK)
		return NULL;
	return run_at(z, 0);
}

uint64 vdt_zeros_end(struct vdt_zeros *z, uint64 sector)
{
	while (sector < z->capacity) {
		const VixDiskLibMapRun *r = find_run(z, sector);

		if (r == NULL || r->kind == VIXDISKLIB_MAP_DATA ||
		    r->kind == VIXDISKLIB_MAP_COMPRESSED)
			return sector;
		sector = r->firstSector + r->numSectors;
	}
	return UINT64_MAX;
}

bool vdt_is_zero(const void *buf, size_t len)
{
	const char *p = buf;

	return len == 0 || (p[0] == 0 && memcmp(p, p + 1, len - 1) == 0);
}
