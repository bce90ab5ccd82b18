/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A scanner of machines on a server, for shell tests: opens a disk, reads of it, mounts its volumes
 * read-only and waits for Enter, while somebody looks at the files.
 *
 *	mount CONFIG DISK           ends all in order
 *	mount CONFIG DISK early     disconnects with everything open, then goes on as if nothing had been
 *
 * The environment says where (params.h).  Leaves the disk's first MiB as head.out; prints
 * "system NAME", "volume N PATH" and "Press Enter", then "CALL: CODE" for each call of the end.
 */
#include "config.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "params.h"
#include "vixMntapi.h"

#define HEAD_SECTORS 2048u

static void say(const char *fmt, va_list args)
{
	vfprintf(stderr, fmt, args);
}

static void must(VixError err, const char *call)
{
	if (err == VIX_OK)
		return;
	printf("%s: %" PRIu64 "\n", call, err);
	exit(1);
}

static void tell(VixError err, const char *call)
{
	printf("%s: %" PRIu64 "\n", call, err);
}

static VixDiskLibConnection connect_to_server(void)
{
	VixDiskLibConnectParams *p = vdt_server_params();
	VixDiskLibConnection conn;

	must(VixDiskLib_Connect(p, &conn), "Connect");
	VixDiskLib_FreeConnectParams(p);
	return conn;
}

static VixError read_head(VixDiskLibHandle disk)
{
	static uint8 buf[HEAD_SECTORS * VIXDISKLIB_SECTOR_SIZE];
	VixError err = VixDiskLib_Read(disk, 0, HEAD_SECTORS, buf);
	FILE *f;

	if (err != VIX_OK)
		return err;
	f = fopen("head.out", "w");
	if (f == NULL || fwrite(buf, sizeof(buf), 1, f) != 1 || fclose(f) != 0)
		abort();
	return VIX_OK;
}

static void print_system(VixDiskSetHandle set)
{
	VixOsInfo *os;

	must(VixMntapi_GetOsInfo(set, &os), "GetOsInfo");
	printf("system %s\n", os->edition);
	VixMntapi_FreeOsInfo(os);
}

static void mount_volumes(const VixVolumeHandle *volumes, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		VixVolumeInfo *info;

		must(VixMntapi_MountVolume(volumes[i], TRUE), "MountVolume");
		must(VixMntapi_GetVolumeInfo(volumes[i], &info), "GetVolumeInfo");
		printf("volume %zu %s\n", i + 1, info->symbolicLink);
		VixMntapi_FreeVolumeInfo(info);
	}
}

static void dismount_volumes(const VixVolumeHandle *volumes, size_t n)
{
	for (size_t i = 0; i < n; i++)
		tell(VixMntapi_DismountVolume(volumes[i], TRUE), "DismountVolume");
}

static void wait_for_enter(void)
{
	printf("Press Enter\n");
	fflush(stdout);
	getchar();
}

/* From an open connection to a closed one. */
static void use(VixDiskLibConnection conn, const char *path, bool is_early)
{
	VixVolumeHandle *volumes;
	VixDiskLibHandle disk;
	VixDiskSetHandle set;
	size_t n;

	must(VixDiskLib_Open(conn, path, VIXDISKLIB_FLAG_OPEN_READ_ONLY, &disk), "Open");
	must(read_head(disk), "Read");
	must(VixMntapi_OpenDiskSet(&disk, 1, VIXDISKLIB_FLAG_OPEN_READ_ONLY, &set), "OpenDiskSet");
	must(VixMntapi_GetVolumeHandles(set, &n, &volumes), "GetVolumeHandles");
	print_system(set);
	mount_volumes(volumes, n);
	wait_for_enter();
	if (is_early)
		tell(VixDiskLib_Disconnect(conn), "Disconnect");
	dismount_volumes(volumes, n);
	VixMntapi_FreeVolumeHandles(volumes);
	tell(VixMntapi_CloseDiskSet(set), "CloseDiskSet");
	if (is_early)
		tell(read_head(disk), "Read");
	tell(VixDiskLib_Close(disk), "Close");
	if (!is_early)
		tell(VixDiskLib_Disconnect(conn), "Disconnect");
}

int main(int argc, char **argv)
{
	if (argc < 3)
		return 2;
	must(VixDiskLib_InitEx(8, 0, say, say, say, NULL, argv[1]), "InitEx");
	must(VixMntapi_Init(VIXMNTAPI_MAJOR_VERSION, VIXMNTAPI_MINOR_VERSION, say, say, say, NULL,
			    argv[1]),
	     "Init");
	use(connect_to_server(), argv[2], argc > 3 && strcmp(argv[3], "early") == 0);
	VixMntapi_Exit();
	VixDiskLib_Exit();
	return 0;
}
