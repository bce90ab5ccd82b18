/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Exit codes: two tables.
 */
#include "config.h"

#include "exitcode.h"

#include <stddef.h>

static const struct {
	VixError err;
	enum vdt_exit code;
} from_vix[] = {
	{ VIX_OK, VDT_OK },
	{ VIX_E_INVALID_ARG, VDT_USAGE },
	{ VIX_E_DISK_ATTACH_ROOTLINK, VDT_USAGE },
	{ VIX_E_CANCELLED, VDT_INTERRUPTED },
	{ VIX_E_FILE_NOT_FOUND, VDT_NOT_FOUND },
	{ VIX_E_MNTAPI_DISK_NOT_FOUND, VDT_NOT_FOUND },
	{ VIX_E_MNTAPI_MOUNTPT_NOT_FOUND, VDT_NOT_FOUND },
	{ VIX_E_MNTAPI_PARTITION_NOT_FOUND, VDT_NOT_FOUND },
	{ VIX_E_MNTAPI_DISK_NOT_MOUNTED, VDT_NOT_FOUND },
	{ VIX_E_MNTAPI_VOLUME_NOT_MOUNTED, VDT_NOT_FOUND },
	{ VIX_E_DISK_OPENPARENT, VDT_NOT_FOUND },
	{ VIX_E_DISK_KEY_NOTFOUND, VDT_NOT_FOUND },
	{ VIX_E_OBJECT_IS_BUSY, VDT_BUSY },
	{ VIX_E_FILE_ALREADY_LOCKED, VDT_BUSY },
	{ VIX_E_FILE_ALREADY_EXISTS, VDT_BUSY },
	{ VIX_E_MNTAPI_MOUNTPT_IN_USE, VDT_BUSY },
	{ VIX_E_MNTAPI_DISK_IS_MOUNTED, VDT_BUSY },
	{ VIX_E_MNTAPI_OPEN_HANDLES, VDT_BUSY },
	{ VIX_E_MNTAPI_ALREADY_OPENED, VDT_BUSY },
	{ VIX_E_MNTAPI_VOLUME_ALREADY_MOUNTED, VDT_BUSY },
	{ VIX_E_AUTHENTICATION_FAIL, VDT_AUTH },
	{ VIX_E_DISK_INVALIDDISK, VDT_CORRUPT },
	{ VIX_E_DISK_CID_MISMATCH, VDT_CORRUPT },
	{ VIX_E_DISK_INVALIDCHAIN, VDT_CORRUPT },
	{ VIX_E_DISK_PARTIALCHAIN, VDT_CORRUPT },
	{ VIX_E_DISK_TOOMANYREDO, VDT_CORRUPT },
	{ VIX_E_DISK_NEEDSREPAIR, VDT_CORRUPT },
	{ VIX_E_DISK_CANTREPAIR, VDT_CORRUPT },
	{ VIX_E_DISK_CAPACITY_MISMATCH, VDT_CORRUPT },
	{ VIX_E_INCORRECT_FILE_TYPE, VDT_CORRUPT },
	{ VIX_E_MNTAPI_CANT_READ_PARTS, VDT_CORRUPT },
	{ VIX_E_MNTAPI_FORMAT_FAILURE, VDT_CORRUPT },
	{ VIX_E_NOT_SUPPORTED, VDT_UNSUPPORTED },
	{ VIX_E_DISK_NOTSUPPORTED, VDT_UNSUPPORTED },
	{ VIX_E_DISK_UNSUPPORTEDDISKVERSION, VDT_UNSUPPORTED },
	{ VIX_E_DISK_CANTSHRINK, VDT_UNSUPPORTED },
	{ VIX_E_DISK_NOTNORMAL, VDT_UNSUPPORTED },
	{ VIX_E_MNTAPI_NO_MOUNTABLE_PARTITONS, VDT_UNSUPPORTED },
	{ VIX_E_DISK_NEEDKEY, VDT_LOCKED },
	{ VIX_E_DISK_FULL, VDT_NO_SPACE },
	{ VIX_E_FILE_ACCESS_ERROR, VDT_PERMISSION },
	{ VIX_E_FILE_READ_ONLY, VDT_PERMISSION },
	{ VIX_E_MNTAPI_PERM, VDT_PERMISSION },
	{ VIX_E_MNTAPI_NO_DRIVER, VDT_BACKEND },
	{ VIX_E_MNTAPI_OS_ERROR, VDT_BACKEND },
	{ VIX_E_MNTAPI_DAEMON, VDT_BACKEND },
};

enum vdt_exit vdt_exit_from_vix(VixError err)
{
	for (size_t i = 0; i < sizeof(from_vix) / sizeof(from_vix[0]); i++)
		if (from_vix[i].err == VIX_ERROR_CODE(err))
			return from_vix[i].code;
	return VDT_FAILED;
}

static const struct {
	enum vdt_exit code;
	const char *name;
} names[] = {
	{ VDT_OK, "ok" },
	{ VDT_FAILED, "failed" },
	{ VDT_USAGE, "usage" },
	{ VDT_PARTIAL, "partial" },
	{ VDT_NOT_FOUND, "not-found" },
	{ VDT_BUSY, "busy" },
	{ VDT_AUTH, "auth" },
	{ VDT_CORRUPT, "corrupt" },
	{ VDT_UNSUPPORTED, "unsupported" },
	{ VDT_LOCKED, "locked" },
	{ VDT_NO_SPACE, "no-space" },
	{ VDT_PERMISSION, "permission" },
	{ VDT_TIMEOUT, "timeout" },
	{ VDT_BACKEND, "backend" },
	{ VDT_INTERRUPTED, "interrupted" },
	{ VDT_TERMINATED, "terminated" },
};

const char *vdt_exit_name(enum vdt_exit code)
{
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (names[i].code == code)
			return names[i].name;
	return "failed";
}
