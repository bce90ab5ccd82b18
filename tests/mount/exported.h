/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Disk files, opened by the disk library and served by our export, for tests of engines.
 */
#ifndef EXPORTED_H
#define EXPORTED_H

#include <check.h>
#include <string.h>

#include "../../libmount/export/export.h"
#include "vixDiskLib.h"

#define EXPORTED_MAX 4

static struct {
	VixDiskLibConnection connection;
	struct vmnt_disk disks[EXPORTED_MAX];
	struct vmnt_export *exports[EXPORTED_MAX];
	struct vmnt_addr addrs[EXPORTED_MAX];
	size_t n;
} exported;

static inline void exported_start(void)
{
	ck_assert_int_eq(VixDiskLib_Init(8, 0, NULL, NULL, NULL, NULL), VIX_OK);
	ck_assert_int_eq(VixDiskLib_Connect(NULL, &exported.connection), VIX_OK);
}

/* Adds @file to exported.addrs; its socket is made in @dir. */
static inline void exported_add(const char *file, const char *dir)
{
	size_t i = exported.n++;
	struct vmnt_disk *d = &exported.disks[i];
	VixDiskLibInfo *info;

	ck_assert_uint_lt(i, EXPORTED_MAX);
	ck_assert_int_eq(VixDiskLib_Open(exported.connection, file, VIXDISKLIB_FLAG_OPEN_READ_ONLY,
					 &d->handle),
			 VIX_OK);
	ck_assert_int_eq(VixDiskLib_GetInfo(d->handle, &info), VIX_OK);
	d->name = (char *)file;
	d->sectors = info->capacity;
	d->logical_sector_size = 512;
	d->readonly = true;
	VixDiskLib_FreeInfo(info);
	ck_assert_int_eq(vmnt_export_nbd.start(d, dir, (unsigned)i, &exported.exports[i],
					       &exported.addrs[i]),
			 VIX_OK);
}

static inline void exported_stop(void)
{
	for (size_t i = 0; i < exported.n; i++) {
		ck_assert_int_eq(vmnt_export_nbd.stop(exported.exports[i]), VIX_OK);
		ck_assert_int_eq(VixDiskLib_Close(exported.disks[i].handle), VIX_OK);
	}
	exported.n = 0;
	ck_assert_int_eq(VixDiskLib_Disconnect(exported.connection), VIX_OK);
	VixDiskLib_Exit();
}

#endif
