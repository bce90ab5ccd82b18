/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * 03-extents - print which parts of a virtual disk hold data
 *
 *	03-extents DISK
 *
 * Shows QueryAllocatedBlocks, which answers for a limited number of chunks in one call.
 *
 *	cc 03-extents.c $(pkg-config --cflags --libs vixdisklib)
 */
#include <inttypes.h>
#include <stdio.h>

#include "vixDiskLib.h"

#define CHUNK     VIXDISKLIB_MIN_CHUNK_SIZE
#define PER_QUERY ((uint64_t)VIXDISKLIB_MAX_CHUNK_NUMBER * CHUNK) /* sectors */

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

/* Prints the blocks of sectors @start to @start + @count; adds up their lengths. */
static VixError print_range(VixDiskLibHandle disk, uint64_t start, uint64_t count, uint64_t *used)
{
	VixDiskLibBlockList *list;
	VixError err = VixDiskLib_QueryAllocatedBlocks(disk, start, count, CHUNK, &list);

	if (err != VIX_OK)
		return err;
	for (uint32 i = 0; i < list->numBlocks; i++) {
		printf("%14" PRIu64 " %14" PRIu64 "\n", list->blocks[i].offset,
		       list->blocks[i].length);
		*used += list->blocks[i].length;
	}
	return VixDiskLib_FreeBlockList(list);
}

/* The last query may end past the disk, inside its last chunk. */
static VixError print_blocks(VixDiskLibHandle disk, uint64_t capacity)
{
	const uint64_t end = (capacity + CHUNK - 1) / CHUNK * CHUNK;
	uint64_t used = 0;
	VixError err = VIX_OK;

	printf("%14s %14s\n", "first sector", "sectors");
	for (uint64_t at = 0; at < end && err == VIX_OK; at += PER_QUERY)
		err = print_range(disk, at, end - at < PER_QUERY ? end - at : PER_QUERY, &used);
	if (err == VIX_OK)
		printf("%" PRIu64 " of %" PRIu64 " sectors hold data\n", used, capacity);
	return err;
}

static VixError open_and_print(VixDiskLibConnection connection, const char *path)
{
	VixDiskLibHandle disk;
	VixDiskLibInfo *info;
	VixError err = VixDiskLib_Open(connection, path, VIXDISKLIB_FLAG_OPEN_READ_ONLY, &disk);

	if (err != VIX_OK)
		return err;
	err = VixDiskLib_GetInfo(disk, &info);
	if (err == VIX_OK) {
		err = print_blocks(disk, info->capacity);
		VixDiskLib_FreeInfo(info);
	}
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
