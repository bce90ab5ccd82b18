/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Do the tables of the disks lead into their files?  A disk that was cut off opens all the same, and
 * would be found out only by whoever reads its end; asking for the map of the whole disk looks at
 * every table, in milliseconds, before an engine starts.
 */
#include "config.h"

#include "diskset.h"

#include "../common/bytes.h"

#define CHUNK     VIXDISKLIB_MAX_CHUNK_SIZE
#define AT_A_TIME ((uint64_t)CHUNK * VIXDISKLIB_MAX_CHUNK_NUMBER)

/* Only damage counts: a disk library that can't tell the map is no reason to refuse. */
static bool is_damage(VixError err)
{
	return err == VIX_E_DISK_INVALIDDISK || err == VIX_E_FILE_ERROR;
}

static VixError check_disk(const struct vmnt_disk *d)
{
	for (uint64_t sector = 0; sector < d->sectors; sector += AT_A_TIME) {
		uint64_t count = vu_round_up(vu_min(AT_A_TIME, d->sectors - sector), CHUNK);
		VixDiskLibBlockList *list = NULL;
		VixError err = VixDiskLib_QueryAllocatedBlocks(d->handle, sector, count, CHUNK,
							       &list);

		if (is_damage(err))
			return err;
		if (err != VIX_OK)
			return VIX_OK;
		VixDiskLib_FreeBlockList(list);
	}
	return VIX_OK;
}

VixError vmnt_set_check_maps(const struct vmnt_set *s)
{
	for (size_t i = 0; i < s->n_disks; i++) {
		VixError err = check_disk(&s->disks[i]);

		if (err != VIX_OK)
			return err;
	}
	return VIX_OK;
}
