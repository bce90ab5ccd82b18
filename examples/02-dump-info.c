/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * 02-dump-info - print what is known about a virtual disk: size, geometry, links, metadata
 *
 *	02-dump-info DISK
 *
 * Shows GetInfo, and how to ask for the length of metadata before reading it.
 *
 *	cc 02-dump-info.c $(pkg-config --cflags --libs vixdisklib)
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "vixDiskLib.h"

static void print_message(const char *fmt, va_list args)
{
	vfprintf(stderr, fmt, args);
}

static void print_error(const char *what, VixError err)
{
	char *text = VixDiskLib_GetErrorText(err, NULL);

	fprintf(stderr, "%s: %s (%" PRIu64 ")\n", what, text, err);
	VixDiskLib_FreeErrorText(text);
}

static const char *adapter_name(VixDiskLibAdapterType type)
{
	switch (type) {
	case VIXDISKLIB_ADAPTER_IDE:
		return "IDE";
	case VIXDISKLIB_ADAPTER_SCSI_BUSLOGIC:
		return "BusLogic SCSI";
	case VIXDISKLIB_ADAPTER_SCSI_LSILOGIC:
		return "LSI Logic SCSI";
	default:
		return "unknown";
	}
}

static void print_geometry(const char *name, const VixDiskLibGeometry *g)
{
	printf("%-20s%" PRIu32 "/%" PRIu32 "/%" PRIu32 "\n", name, g->cylinders, g->heads,
	       g->sectors);
}

static VixError print_info(VixDiskLibHandle disk)
{
	VixDiskLibInfo *info;
	VixError err = VixDiskLib_GetInfo(disk, &info);

	if (err != VIX_OK)
		return err;
	printf("%-20s%" PRIu64 " sectors\n", "capacity", info->capacity);
	printf("%-20s%d\n", "links", info->numLinks);
	printf("%-20s%s\n", "adapter", adapter_name(info->adapterType));
	print_geometry("BIOS geometry", &info->biosGeo);
	print_geometry("physical geometry", &info->physGeo);
	if (info->parentFileNameHint != NULL)
		printf("%-20s%s\n", "parent", info->parentFileNameHint);
	printf("%-20s%s\n", "transport", VixDiskLib_GetTransportMode(disk));
	VixDiskLib_FreeInfo(info);
	return VIX_OK;
}

/* The first call tells how much memory the second one needs. */
static VixError print_value(VixDiskLibHandle disk, const char *key)
{
	size_t len = 0;
	char *value;
	VixError err = VixDiskLib_ReadMetadata(disk, key, NULL, 0, &len);

	if (err != VIX_E_BUFFER_TOOSMALL)
		return err;
	value = malloc(len);
	if (value == NULL)
		return VIX_E_OUT_OF_MEMORY;
	err = VixDiskLib_ReadMetadata(disk, key, value, len, NULL);
	if (err == VIX_OK)
		printf("%s = %s\n", key, value);
	free(value);
	return err;
}

/* Keys come as one text: each with its NUL, then an empty one. */
static VixError print_metadata(VixDiskLibHandle disk)
{
	size_t len = 0;
	char *keys;
	VixError err = VixDiskLib_GetMetadataKeys(disk, NULL, 0, &len);

	if (err != VIX_E_BUFFER_TOOSMALL)
		return err;
	keys = malloc(len);
	if (keys == NULL)
		return VIX_E_OUT_OF_MEMORY;
	err = VixDiskLib_GetMetadataKeys(disk, keys, len, NULL);
	for (const char *key = keys; err == VIX_OK && *key != '\0'; key += strlen(key) + 1)
		err = print_value(disk, key);
	free(keys);
	return err;
}

static VixError open_and_print(VixDiskLibConnection connection, const char *path)
{
	VixDiskLibHandle disk;
	VixError err = VixDiskLib_Open(connection, path, VIXDISKLIB_FLAG_OPEN_READ_ONLY, &disk);

	if (err != VIX_OK)
		return err;
	err = print_info(disk);
	if (err == VIX_OK)
		err = print_metadata(disk);
	VixDiskLib_Close(disk);
	return err;
}

int main(int argc, char *argv[])
{
	VixDiskLibConnection connection;
	VixError err;

	if (argc != 2) {
		fprintf(stderr, "usage: %s DISK\n", argv[0]);
		return 2;
	}
	err = VixDiskLib_InitEx(8, 0, NULL, print_message, print_message, NULL, NULL);
	if (err != VIX_OK) {
		print_error("init", err);
		return 1;
	}
	err = VixDiskLib_Connect(NULL, &connection);
	if (err == VIX_OK) {
		err = open_and_print(connection, argv[1]);
		VixDiskLib_Disconnect(connection);
	}
	if (err != VIX_OK)
		print_error(argv[1], err);
	VixDiskLib_Exit();
	return err == VIX_OK ? 0 : 1;
}
