/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * 05-mount-volume - mount every volume of a disk, show its root directory, and unmount it
 *
 *	05-mount-volume DISK [more disks of the same machine]
 *
 * Shows OpenDisks, GetVolumeHandles, MountVolume and what belongs to them. Works with VMware's
 * libraries too, for one disk.
 *
 *	cc 05-mount-volume.c $(pkg-config --cflags --libs vixmntapi)
 */
#include <dirent.h>
#include <stdio.h>

#include "vixMntapi.h"

/* Says what went wrong; TRUE when something did. */
static Bool failed(const char *what, VixError err)
{
	char *text;

	if (err == VIX_OK)
		return FALSE;
	text = VixDiskLib_GetErrorText(err, NULL);
	fprintf(stderr, "%s: %s (%d)\n", what, text, (int)VIX_ERROR_CODE(err));
	VixDiskLib_FreeErrorText(text);
	return TRUE;
}

/* The library's own messages. */
static void show_message(const char *fmt, va_list args)
{
	vfprintf(stderr, fmt, args);
}

/* The functions below return the exit status: 0, or 1 where anything went wrong. */
static int show_directory(const char *path)
{
	DIR *dir = opendir(path);
	struct dirent *entry;

	if (dir == NULL) {
		perror(path);
		return 1;
	}
	while ((entry = readdir(dir)) != NULL)
		printf("    %s\n", entry->d_name);
	closedir(dir);
	return 0;
}

static int show_volume(VixVolumeHandle volume, size_t number)
{
	VixVolumeInfo *info;
	int status = 1;
	size_t i;

	if (failed("MountVolume", VixMntapi_MountVolume(volume, TRUE)))
		return 1;
	if (!failed("GetVolumeInfo", VixMntapi_GetVolumeInfo(volume, &info))) {
		printf("volume %zu is on %s", number, info->symbolicLink);
		for (i = 0; i < info->numGuestMountPoints; i++)
			printf("%s%s", i == 0 ? ", in the guest on " : ", ",
			       info->inGuestMountPoints[i]);
		printf("\n");
		status = show_directory(info->symbolicLink);
		VixMntapi_FreeVolumeInfo(info);
	}
	if (failed("DismountVolume", VixMntapi_DismountVolume(volume, FALSE)))
		status = 1;
	return status;
}

static int show_set(VixDiskSetHandle set)
{
	VixVolumeHandle *volumes;
	VixOsInfo *os;
	size_t n, i;
	int status = 0;

	/* Starts the engine, which takes some seconds; so does looking for the system. */
	if (failed("GetVolumeHandles", VixMntapi_GetVolumeHandles(set, &n, &volumes)))
		return 1;
	if (!failed("GetOsInfo", VixMntapi_GetOsInfo(set, &os))) {
		printf("system: %s\n", os->edition[0] != '\0' ? os->edition : "none found");
		VixMntapi_FreeOsInfo(os);
	} else {
		status = 1;
	}
	for (i = 0; i < n; i++)
		status |= show_volume(volumes[i], i + 1);
	VixMntapi_FreeVolumeHandles(volumes);
	return status;
}

static int show_disks(VixDiskLibConnection connection, const char *names[], size_t n)
{
	VixDiskSetHandle set;
	int status;

	if (failed("OpenDisks",
		   VixMntapi_OpenDisks(connection, names, n, VIXDISKLIB_FLAG_OPEN_READ_ONLY, &set)))
		return 1;
	status = show_set(set);
	if (failed("CloseDiskSet", VixMntapi_CloseDiskSet(set)))
		status = 1;
	return status;
}

int main(int argc, char *argv[])
{
	VixDiskLibConnection connection;
	int status = 1;

	if (argc < 2) {
		fprintf(stderr, "usage: %s DISK.vmdk ...\n", argv[0]);
		return 2;
	}
	if (failed("InitEx", VixDiskLib_InitEx(8, 0, NULL, show_message, show_message, NULL, NULL)))
		return 1;
	if (!failed("Init", VixMntapi_Init(VIXMNTAPI_MAJOR_VERSION, VIXMNTAPI_MINOR_VERSION, NULL,
					   show_message, show_message, NULL, NULL))) {
		if (!failed("Connect", VixDiskLib_Connect(NULL, &connection))) {
			status = show_disks(connection, (const char **)(argv + 1),
					    (size_t)(argc - 1));
			VixDiskLib_Disconnect(connection);
		}
		VixMntapi_Exit();
	}
	VixDiskLib_Exit();
	return status;
}
