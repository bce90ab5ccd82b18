/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Mounts a disk with the calls of VDDK's sample on Linux, and waits for Enter:
 *
 *	mountsample CONFIG DISK
 *
 * What is particular: both libraries are started before a connection without parameters is made; the
 * disk is opened by name, by OpenDisks; the place where volumes appear is printed before any of them
 * is mounted; volumes that can't be mounted are passed over; all are dismounted by force.
 */
#include "config.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "vixMntapi.h"

static void say(const char *fmt, va_list args)
{
	vfprintf(stderr, fmt, args);
}

static void must(VixError err, const char *what)
{
	char *text;

	if (err == VIX_OK)
		return;
	text = VixDiskLib_GetErrorText(err, NULL);
	fprintf(stderr, "mountsample: %s: %s [%" PRIu64 "]\n", what, text, (uint64_t)err);
	VixDiskLib_FreeErrorText(text);
	exit(1);
}

static const char *type_name(VixVolumeType type)
{
	switch (type) {
	case VIXMNTAPI_BASIC_PARTITION:
		return "basic partition";
	case VIXMNTAPI_GPT_PARTITION:
		return "GPT partition";
	case VIXMNTAPI_DYNAMIC_VOLUME:
		return "dynamic volume";
	case VIXMNTAPI_LVM_VOLUME:
		return "LVM volume";
	default:
		return "unknown";
	}
}

static void print_set(VixDiskSetHandle set)
{
	VixDiskSetInfo *info = NULL;

	must(VixMntapi_GetDiskSetInfo(set, &info), "GetDiskSetInfo");
	printf("DiskSet flags %" PRIu32 " mounted at %s\n", (uint32_t)info->openFlags,
	       info->mountPath);
	VixMntapi_FreeDiskSetInfo(info);
}

static void mount_volume(VixVolumeHandle volume, size_t n)
{
	VixError err = VixMntapi_MountVolume(volume, TRUE);
	VixVolumeInfo *info = NULL;

	if (err != VIX_OK) {
		printf("Volume %zu: not mounted: %" PRIu64 "\n", n, (uint64_t)err);
		return;
	}
	must(VixMntapi_GetVolumeInfo(volume, &info), "GetVolumeInfo");
	printf("Volume %zu: %s, isMounted %d, path %s, guest mount points %zu\n", n,
	       type_name(info->type), info->isMounted, info->symbolicLink,
	       info->numGuestMountPoints);
	VixMntapi_FreeVolumeInfo(info);
}

static void use(VixDiskSetHandle set)
{
	VixVolumeHandle *volumes = NULL;
	size_t n = 0;

	print_set(set);
	must(VixMntapi_GetVolumeHandles(set, &n, &volumes), "GetVolumeHandles");
	printf("Num volumes: %zu\n", n);
	for (size_t i = 0; i < n; i++)
		mount_volume(volumes[i], i + 1);
	printf("Press Enter\n");
	fflush(stdout);
	getchar();
	for (size_t i = 0; i < n; i++)
		VixMntapi_DismountVolume(volumes[i], TRUE);
	VixMntapi_FreeVolumeHandles(volumes);
}

int main(int argc, char **argv)
{
	VixDiskLibConnection conn;
	VixDiskSetHandle set;
	const char *names[1];

	if (argc != 3)
		return 2;
	must(VixDiskLib_InitEx(7, 0, NULL, say, say, NULL, argv[1]), "InitEx");
	must(VixMntapi_Init(1, 0, NULL, say, say, NULL, argv[1]), "Init");
	must(VixDiskLib_Connect(NULL, &conn), "Connect");
	names[0] = argv[2];
	must(VixMntapi_OpenDisks(conn, names, 1, VIXDISKLIB_FLAG_OPEN_READ_ONLY, &set),
	     "OpenDisks");
	use(set);
	must(VixMntapi_CloseDiskSet(set), "CloseDiskSet");
	VixMntapi_Exit();
	must(VixDiskLib_Disconnect(conn), "Disconnect");
	VixDiskLib_Exit();
	return 0;
}
