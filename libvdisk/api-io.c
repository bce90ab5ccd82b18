/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Entry points: the contents of disks.
 */
#include "config.h"

#include "api.h"

#include <inttypes.h>

#include "../common/bytes.h"
#include "../common/log.h"
#include "blocklist.h"

VU_EXPORT VixError VixDiskLib_Read(VixDiskLibHandle diskHandle, VixDiskLibSectorType startSector,
				   VixDiskLibSectorType numSectors, uint8 *readBuffer)
{
	VU_AUTO(vd_disk_pin) struct vd_disk_pin pin = { 0 };

	VD_TRY(vd_pin_disk(__func__, diskHandle, &pin));
	return vd_disk_read(pin.disk, startSector, numSectors, readBuffer);
}

VU_EXPORT VixError VixDiskLib_Write(VixDiskLibHandle diskHandle, VixDiskLibSectorType startSector,
				    VixDiskLibSectorType numSectors, const uint8 *writeBuffer)
{
	VU_AUTO(vd_disk_pin) struct vd_disk_pin pin = { 0 };

	VD_TRY(vd_pin_disk(__func__, diskHandle, &pin));
	return vd_disk_write(pin.disk, startSector, numSectors, writeBuffer);
}

VU_EXPORT VixError VixDiskLib_ReadAsync(VixDiskLibHandle diskHandle,
					VixDiskLibSectorType startSector,
					VixDiskLibSectorType numSectors, uint8 *readBuffer,
					VixDiskLibCompletionCB callback, void *cbData)
{
	VU_AUTO(vd_disk_pin) struct vd_disk_pin pin = { 0 };

	(void)startSector;
	(void)cbData;
	VD_TRY(vd_pin_disk(__func__, diskHandle, &pin));
	if (readBuffer == NULL || callback == NULL || numSectors == 0)
		return vd_bad_arg(__func__, "readBuffer or callback is NULL, or numSectors 0");
	return vd_not_built(__func__);
}

VU_EXPORT VixError VixDiskLib_WriteAsync(VixDiskLibHandle diskHandle,
					 VixDiskLibSectorType startSector,
					 VixDiskLibSectorType numSectors, const uint8 *writeBuffer,
					 VixDiskLibCompletionCB callback, void *cbData)
{
	VU_AUTO(vd_disk_pin) struct vd_disk_pin pin = { 0 };

	(void)startSector;
	(void)cbData;
	VD_TRY(vd_pin_disk(__func__, diskHandle, &pin));
	if (writeBuffer == NULL || callback == NULL || numSectors == 0)
		return vd_bad_arg(__func__, "writeBuffer or callback is NULL, or numSectors 0");
	VD_TRY(vd_check_writable(__func__, pin.disk));
	return vd_not_built(__func__);
}

/* No request can be under way: none is accepted yet. */
VU_EXPORT VixError VixDiskLib_Wait(VixDiskLibHandle diskHandle)
{
	return vd_check_disk(__func__, diskHandle);
}

VU_EXPORT VixError VixDiskLib_Flush(VixDiskLibHandle diskHandle)
{
	VU_AUTO(vd_disk_pin) struct vd_disk_pin pin = { 0 };

	VD_TRY(vd_pin_disk(__func__, diskHandle, &pin));
	return vd_disk_flush(pin.disk);
}

/* The rules for chunks; *@count_out is what of the range lies on the disk. */
static VixError check_query(const char *caller, uint64_t capacity, uint64_t start, uint64_t count,
			    uint64_t chunk, uint64_t *count_out)
{
	uint64_t end;

	if (chunk < VIXDISKLIB_MIN_CHUNK_SIZE || chunk > VIXDISKLIB_MAX_CHUNK_SIZE)
		return vd_bad_arg(caller, "chunkSize is not between 128 and 131072");
	if (start % chunk != 0 || count % chunk != 0)
		return vd_bad_arg(caller, "startSector or numSectors is no multiple of chunkSize");
	if (count == 0 || count / chunk > VIXDISKLIB_MAX_CHUNK_NUMBER)
		return vd_bad_arg(caller, "numSectors is not between 1 and 524288 chunks");
	if (!vu_add_fits(start, count, &end) || (end > capacity && end - capacity >= chunk)) {
		VU_ERR("api", "%s: %" PRIu64 " sectors at %" PRIu64 " end past a disk of %" PRIu64,
		       caller, count, start, capacity);
		return VIX_E_DISK_OUTOFRANGE;
	}
	*count_out = vu_min(end, capacity) - start;
	return VIX_OK;
}

VU_EXPORT VixError VixDiskLib_QueryAllocatedBlocks(VixDiskLibHandle diskHandle,
						   VixDiskLibSectorType startSector,
						   VixDiskLibSectorType numSectors,
						   VixDiskLibSectorType chunkSize,
						   VixDiskLibBlockList **blockList)
{
	VU_AUTO(vd_disk_pin) struct vd_disk_pin pin = { 0 };
	uint64_t count = 0;

	if (blockList == NULL)
		return vd_bad_arg(__func__, "blockList is NULL");
	*blockList = NULL;
	VD_TRY(vd_pin_disk(__func__, diskHandle, &pin));
	VD_TRY(check_query(__func__, pin.disk->capacity, startSector, numSectors, chunkSize,
			   &count));
	return vd_blocklist_new(pin.disk, startSector, count, chunkSize, blockList);
}

VU_EXPORT VixError VixDiskLib_FreeBlockList(VixDiskLibBlockList *blockList)
{
	free(blockList);
	return VIX_OK;
}
