/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A disk in memory behind the few VixDiskLib functions that the exports call, for tests that
 * must not depend on the disk library: such a program defines the functions itself, here.
 * Include from one file of the program.
 */
#ifndef MEMDISK_H
#define MEMDISK_H

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "vixDiskLib.h"

#define MEMDISK_SECTORS 4100u /* 2 MiB and a tail that is no whole chunk */

static struct {
	uint8 bytes[MEMDISK_SECTORS * VIXDISKLIB_SECTOR_SIZE];
	bool allocated[MEMDISK_SECTORS / VIXDISKLIB_MIN_CHUNK_SIZE];
	VixError fail_read, fail_write; /* returned instead of working */
	unsigned reads, writes, flushes;
} memdisk;

static bool memdisk_outside(VixDiskLibSectorType start, VixDiskLibSectorType n)
{
	return start > MEMDISK_SECTORS || n > MEMDISK_SECTORS - start;
}

VixError VixDiskLib_Read(VixDiskLibHandle h, VixDiskLibSectorType start, VixDiskLibSectorType n,
			 uint8 *buf)
{
	(void)h;
	memdisk.reads++;
	if (memdisk.fail_read != VIX_OK || memdisk_outside(start, n))
		return memdisk.fail_read != VIX_OK ? memdisk.fail_read : VIX_E_DISK_OUTOFRANGE;
	memcpy(buf, memdisk.bytes + start * VIXDISKLIB_SECTOR_SIZE, n * VIXDISKLIB_SECTOR_SIZE);
	return VIX_OK;
}

VixError VixDiskLib_Write(VixDiskLibHandle h, VixDiskLibSectorType start, VixDiskLibSectorType n,
			  const uint8 *buf)
{
	(void)h;
	memdisk.writes++;
	if (memdisk.fail_write != VIX_OK || memdisk_outside(start, n))
		return memdisk.fail_write != VIX_OK ? memdisk.fail_write : VIX_E_DISK_OUTOFRANGE;
	memcpy(memdisk.bytes + start * VIXDISKLIB_SECTOR_SIZE, buf, n * VIXDISKLIB_SECTOR_SIZE);
	return VIX_OK;
}

VixError VixDiskLib_Flush(VixDiskLibHandle h)
{
	(void)h;
	memdisk.flushes++;
	return VIX_OK;
}

VixError VixDiskLib_QueryAllocatedBlocks(VixDiskLibHandle h, VixDiskLibSectorType start,
					 VixDiskLibSectorType n, VixDiskLibSectorType chunk,
					 VixDiskLibBlockList **out)
{
	VixDiskLibBlockList *list = calloc(1, sizeof(*list) + n / chunk * sizeof(VixDiskLibBlock));

	(void)h;
	if (list == NULL)
		return VIX_E_OUT_OF_MEMORY;
	for (VixDiskLibSectorType s = start; s < start + n; s += chunk) {
		VixDiskLibBlock *last = &list->blocks[list->numBlocks];

		if (!memdisk.allocated[s / VIXDISKLIB_MIN_CHUNK_SIZE])
			continue;
		if (list->numBlocks > 0 && last[-1].offset + last[-1].length == s) {
			last[-1].length += chunk;
			continue;
		}
		*last = (VixDiskLibBlock){ .offset = s, .length = chunk };
		list->numBlocks++;
	}
	*out = list;
	return VIX_OK;
}

VixError VixDiskLib_FreeBlockList(VixDiskLibBlockList *list)
{
	free(list);
	return VIX_OK;
}

#endif
