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

/* What is wrong with the call is told at once, and the callback stays silent. */
static VixError submit(const char *caller, const struct vd_disk_pin *pin,
		       const struct vd_async_want *want)
{
	const char *what = want->read_to != NULL ? "read" : "write";

	if ((want->read_to == NULL && want->write_from == NULL) || want->callback == NULL ||
	    want->count == 0)
		return vd_bad_arg(caller, "the buffer or the callback is NULL, or numSectors 0");
	if (want->read_to == NULL)
		VD_TRY(vd_check_writable(caller, pin->disk));
	VD_TRY(vd_disk_check_range(pin->disk, what, want->sector, want->count));
	return vd_async_submit(&pin->opened->async, pin->disk, want);
}

VU_EXPORT VixError VixDiskLib_ReadAsync(VixDiskLibHandle diskHandle,
					VixDiskLibSectorType startSector,
					VixDiskLibSectorType numSectors, uint8 *readBuffer,
					VixDiskLibCompletionCB callback, void *cbData)
{
	VU_AUTO(vd_disk_pin) struct vd_disk_pin pin = { 0 };
	const struct vd_async_want want = {
		.sector = startSector,
		.count = numSectors,
		.read_to = readBuffer,
		.callback = callback,
		.data = cbData,
	};

	VD_TRY(vd_pin_disk(__func__, diskHandle, &pin));
	return submit(__func__, &pin, &want);
}

VU_EXPORT VixError VixDiskLib_WriteAsync(VixDiskLibHandle diskHandle,
					 VixDiskLibSectorType startSector,
					 VixDiskLibSectorType numSectors, const uint8 *writeBuffer,
					 VixDiskLibCompletionCB callback, void *cbData)
{
	VU_AUTO(vd_disk_pin) struct vd_disk_pin pin = { 0 };
	const struct vd_async_want want = {
		.sector = startSector,
		.count = numSectors,
		.write_from = writeBuffer,
		.callback = callback,
		.data = cbData,
	};

	VD_TRY(vd_pin_disk(__func__, diskHandle, &pin));
	return submit(__func__, &pin, &want);
}

VU_EXPORT VixError VixDiskLib_Wait(VixDiskLibHandle diskHandle)
{
	VU_AUTO(vd_disk_pin) struct vd_disk_pin pin = { 0 };

	VD_TRY(vd_pin_disk(__func__, diskHandle, &pin));
	VD_TRY(vd_check_no_callback(__func__));
	vd_async_wait(&pin.opened->async);
	return VIX_OK;
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
