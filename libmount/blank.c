/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Is there nothing on the disks?  Then no engine needs to be started to say so.
 *
 * 1. Partition tables, file systems, volume managers, RAID members and encrypted volumes leave
 *    their marks in the first or the last MiB of a disk.  Where both are zero there is none.
 * 2. A partition table without partitions counts as nothing: an MBR that has no entry, or has the
 *    one that protects a GPT, and the two headers of a GPT whose entries are zero.
 * 3. Where there is doubt there is something: the engine will look.
 */
#include "config.h"

#include "diskset.h"

#include <stdlib.h>

#include "../common/bytes.h"
#include "../common/cleanup.h"

#define SECTOR       VIXDISKLIB_SECTOR_SIZE
#define ZONE_SECTORS (UINT64_C(1) << 11) /* 1 MiB at each end */

#define MBR_ENTRIES      446
#define MBR_ENTRY_SIZE   16
#define MBR_TYPE         4 /* in an entry */
#define MBR_TYPE_PROTECT 0xee
#define MBR_SIGNATURE    510

static bool is_zero(const uint8_t *p, size_t len)
{
	return len == 0 || (p[0] == 0 && memcmp(p, p + 1, len - 1) == 0);
}

/* An MBR without partitions.  The boot sector of a file system has the same signature, but begins
 * with a jump. */
static bool is_empty_mbr(const uint8_t *p)
{
	const uint8_t *entry = p + MBR_ENTRIES;

	if (p[MBR_SIGNATURE] != 0x55 || p[MBR_SIGNATURE + 1] != 0xaa || p[0] == 0xeb ||
	    p[0] == 0xe9)
		return false;
	if (entry[MBR_TYPE] != MBR_TYPE_PROTECT && !is_zero(entry, MBR_ENTRY_SIZE))
		return false;
	return is_zero(entry + MBR_ENTRY_SIZE, 3 * MBR_ENTRY_SIZE);
}

static bool is_gpt_header(const uint8_t *p)
{
	return memcmp(p, "EFI PART", 8) == 0;
}

static bool is_blank_start(uint8_t *buf, size_t sectors, size_t gpt_sector)
{
	if (is_empty_mbr(buf))
		memset(buf, 0, SECTOR);
	if (sectors > gpt_sector && is_gpt_header(buf + gpt_sector * SECTOR))
		memset(buf + gpt_sector * SECTOR, 0, SECTOR);
	return is_zero(buf, sectors * SECTOR);
}

static bool is_blank_end(uint8_t *buf, size_t sectors, size_t gpt_sector)
{
	if (sectors > gpt_sector && is_gpt_header(buf + (sectors - gpt_sector) * SECTOR))
		memset(buf + (sectors - gpt_sector) * SECTOR, 0, SECTOR);
	return is_zero(buf, sectors * SECTOR);
}

/* GPT headers are in the second and the last block of the size that the guest sees. */
static bool is_blank(const struct vmnt_disk *d, uint8_t *buf)
{
	size_t n = vu_min(d->sectors, ZONE_SECTORS);
	size_t gpt_sector = d->logical_sector_size / SECTOR;

	if (n == 0)
		return true;
	if (VixDiskLib_Read(d->handle, 0, n, buf) != VIX_OK || !is_blank_start(buf, n, gpt_sector))
		return false;
	if (d->sectors == n)
		return true;
	return VixDiskLib_Read(d->handle, d->sectors - n, n, buf) == VIX_OK &&
	       is_blank_end(buf, n, gpt_sector);
}

bool vmnt_set_is_blank(const struct vmnt_set *s)
{
	VU_AUTO(free) uint8_t *buf = malloc(ZONE_SECTORS * SECTOR);

	if (buf == NULL)
		return false;
	for (size_t i = 0; i < s->n_disks; i++)
		if (!is_blank(&s->disks[i], buf))
			return false;
	return true;
}
