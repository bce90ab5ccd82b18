/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Entry points: open, close and describe disks.
 */
#include "config.h"

#include "api.h"

#include <string.h>

#include "../common/log.h"
#include "../common/strbuf.h"
#include "runtime.h"

#define OPEN_FLAGS                                                            \
	(VIXDISKLIB_FLAG_OPEN_UNBUFFERED | VIXDISKLIB_FLAG_OPEN_SINGLE_LINK | \
	 VIXDISKLIB_FLAG_OPEN_READ_ONLY | VIXDISKLIB_FLAG_OPEN_COMPRESSION_MASK)

VU_EXPORT VixError VixDiskLib_Open(const VixDiskLibConnection connection, const char *path,
				   uint32 flags, VixDiskLibHandle *diskHandle)
{
	VU_AUTO(vd_conn_pin) struct vd_conn_pin pin = { 0 };

	if (diskHandle == NULL)
		return vd_bad_arg(__func__, "diskHandle is NULL");
	*diskHandle = NULL;
	VD_TRY(vd_pin_conn(__func__, connection, &pin));
	if (vd_is_empty(path))
		return vd_bad_arg(__func__, "path is empty");
	if ((flags & ~(uint32)OPEN_FLAGS) != 0)
		return vd_bad_arg(__func__, "flags has unknown bits");
	return vd_conn_open_disk(pin.conn, path, flags, diskHandle);
}

/* NULL is no mistake worth a message: clean-up paths close what they never opened. */
VU_EXPORT VixError VixDiskLib_Close(VixDiskLibHandle diskHandle)
{
	const struct vd_mount_hook *hook = vd_runtime_mount_hook();
	struct vd_opened *o;

	VD_TRY(vd_runtime_check());
	if (diskHandle == NULL)
		return VIX_E_INVALID_HANDLE;
	if (vd_conn_end_detached(diskHandle))
		return VIX_OK;
	VD_TRY(vd_check_disk(__func__, diskHandle));
	VD_TRY(vd_check_no_callback(__func__));
	if (hook != NULL)
		VD_TRY(hook->disk_closing(diskHandle));
	VD_TRY(vd_take_disk(__func__, diskHandle, &o));
	return vd_conn_shut_disk(o);
}

/* Appends a copy of @s to the block that @room points into; NULL stays NULL. */
static char *put_string(const char *s, char **room)
{
	char *at = *room;

	if (s == NULL)
		return NULL;
	*room = stpcpy(at, s) + 1;
	return at;
}

/* One block, strings included, so that free() undoes it. */
static VixDiskLibInfo *make_info(const struct vd_disk_info *from)
{
	size_t hint_len = from->parent_hint != NULL ? strlen(from->parent_hint) + 1 : 0;
	size_t uuid_len = from->uuid != NULL ? strlen(from->uuid) + 1 : 0;
	VixDiskLibInfo *info = calloc(1, sizeof(*info) + hint_len + uuid_len);
	char *room;

	if (info == NULL)
		return NULL;
	room = (char *)(info + 1);
	info->biosGeo = from->bios_geo;
	info->physGeo = from->phys_geo;
	info->capacity = from->capacity;
	info->adapterType = from->adapter;
	info->numLinks = from->links;
	info->parentFileNameHint = put_string(from->parent_hint, &room);
	info->uuid = put_string(from->uuid, &room);
	info->logicalSectorSize = from->logical_sector_size;
	info->physicalSectorSize = from->physical_sector_size;
	return info;
}

static VixError copy_info(const struct vd_disk_info *info, void *ctx)
{
	VixDiskLibInfo **info_out = ctx;

	*info_out = make_info(info);
	return *info_out != NULL ? VIX_OK : VIX_E_OUT_OF_MEMORY;
}

VU_EXPORT VixError VixDiskLib_GetInfo(VixDiskLibHandle diskHandle, VixDiskLibInfo **info)
{
	VU_AUTO(vd_disk_pin) struct vd_disk_pin pin = { 0 };

	if (info == NULL)
		return vd_bad_arg(__func__, "info is NULL");
	*info = NULL;
	VD_TRY(vd_pin_disk(__func__, diskHandle, &pin));
	return vd_disk_get_info(pin.disk, copy_info, info);
}

VU_EXPORT void VixDiskLib_FreeInfo(VixDiskLibInfo *info)
{
	free(info);
}

VU_EXPORT const char *VixDiskLib_GetTransportMode(VixDiskLibHandle diskHandle)
{
	VU_AUTO(vd_disk_pin) struct vd_disk_pin pin = { 0 };

	return vd_pin_disk(__func__, diskHandle, &pin) == VIX_OK ? pin.disk->mode : NULL;
}

/* Asking with a buffer that is too small is how clients learn the length: no message. */
static VixError copy_out(const char *text, size_t len, char *buf, size_t buf_len,
			 size_t *required_len)
{
	if (required_len != NULL)
		*required_len = len;
	if (buf_len < len)
		return VIX_E_BUFFER_TOOSMALL;
	memcpy(buf, text, len);
	return VIX_OK;
}

VU_EXPORT VixError VixDiskLib_ReadMetadata(VixDiskLibHandle diskHandle, const char *key, char *buf,
					   size_t bufLen, size_t *requiredLen)
{
	VU_AUTO(vd_disk_pin) struct vd_disk_pin pin = { 0 };
	VU_AUTO(free) char *value = NULL;

	VD_TRY(vd_pin_disk(__func__, diskHandle, &pin));
	if (key == NULL)
		return vd_bad_arg(__func__, "key is NULL");
	if (buf == NULL && bufLen > 0)
		return vd_bad_arg(__func__, "buf is NULL, but bufLen is not 0");
	VD_TRY(vd_disk_get_meta(pin.disk, key, &value));
	if (value == NULL)
		return VIX_E_DISK_KEY_NOTFOUND; /* an answer, not a failure */
	return copy_out(value, strlen(value) + 1, buf, bufLen, requiredLen);
}

static bool add_key(const char *key, const char *value, void *ctx)
{
	(void)value;
	vu_strbuf_add(ctx, key, strlen(key) + 1);
	return true;
}

VU_EXPORT VixError VixDiskLib_GetMetadataKeys(VixDiskLibHandle diskHandle, char *keys,
					      size_t maxLen, size_t *requiredLen)
{
	VU_AUTO(vd_disk_pin) struct vd_disk_pin pin = { 0 };
	VU_AUTO(free) char *list = NULL;
	struct vu_strbuf b = { 0 };
	VixError err;
	size_t len;

	VD_TRY(vd_pin_disk(__func__, diskHandle, &pin));
	if (keys == NULL && maxLen > 0)
		return vd_bad_arg(__func__, "keys is NULL, but maxLen is not 0");
	err = vd_disk_each_meta(pin.disk, add_key, &b);
	len = b.len + 1; /* the empty name that ends the list */
	list = vu_strbuf_take(&b);
	if (err != VIX_OK || list == NULL)
		return VIX_E_OUT_OF_MEMORY;
	return copy_out(list, len, keys, maxLen, requiredLen);
}

VU_EXPORT VixError VixDiskLib_WriteMetadata(VixDiskLibHandle diskHandle, const char *key,
					    const char *val)
{
	VU_AUTO(vd_disk_pin) struct vd_disk_pin pin = { 0 };

	VD_TRY(vd_pin_disk(__func__, diskHandle, &pin));
	if (vd_is_empty(key) || val == NULL)
		return vd_bad_arg(__func__, "key is empty or val NULL");
	VD_TRY(vd_check_writable(__func__, pin.disk));
	return vd_disk_set_meta(pin.disk, key, val);
}
