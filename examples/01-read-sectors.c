/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * 01-read-sectors - print sectors of a virtual disk
 *
 *	01-read-sectors DISK [FIRST [COUNT]]
 *
 * Shows the life cycle: Init, Connect, Open, Read, Close, Disconnect, Exit.
 *
 *	cc 01-read-sectors.c $(pkg-config --cflags --libs vixdisklib)
 */
#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "vixDiskLib.h"

/* The library reports here what went wrong in detail; errors are only codes. */
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

static void print_sector(uint64_t sector, const uint8 *bytes)
{
	for (unsigned at = 0; at < VIXDISKLIB_SECTOR_SIZE; at += 16) {
		printf("%012" PRIx64 " ", sector * VIXDISKLIB_SECTOR_SIZE + at);
		for (unsigned i = 0; i < 16; i++)
			printf(" %02x", bytes[at + i]);
		printf("  ");
		for (unsigned i = 0; i < 16; i++)
			putchar(isprint(bytes[at + i]) ? bytes[at + i] : '.');
		putchar('\n');
	}
}

static VixError print_sectors(VixDiskLibHandle disk, uint64_t first, uint64_t count)
{
	VixError err = VIX_OK;

	for (uint64_t sector = first; sector - first < count && err == VIX_OK; sector++) {
		uint8 bytes[VIXDISKLIB_SECTOR_SIZE];

		err = VixDiskLib_Read(disk, sector, 1, bytes);
		if (err == VIX_OK)
			print_sector(sector, bytes);
	}
	return err;
}

static VixError open_and_print(VixDiskLibConnection connection, const char *path, uint64_t first,
			       uint64_t count)
{
	VixDiskLibHandle disk;
	VixError err = VixDiskLib_Open(connection, path, VIXDISKLIB_FLAG_OPEN_READ_ONLY, &disk);

	if (err != VIX_OK)
		return err;
	err = print_sectors(disk, first, count);
	VixDiskLib_Close(disk);
	return err;
}

int main(int argc, char *argv[])
{
	VixDiskLibConnection connection;
	VixError err;

	if (argc < 2 || argc > 4) {
		fprintf(stderr, "usage: %s DISK [FIRST [COUNT]]\n", argv[0]);
		return 2;
	}
	err = VixDiskLib_InitEx(8, 0, NULL, print_message, print_message, NULL, NULL);
	if (err != VIX_OK) {
		print_error("init", err);
		return 1;
	}
	err = VixDiskLib_Connect(NULL, &connection); /* NULL: the disks of this host */
	if (err == VIX_OK) {
		err = open_and_print(connection, argv[1], argc > 2 ? strtoull(argv[2], NULL, 0) : 0,
				     argc > 3 ? strtoull(argv[3], NULL, 0) : 1);
		VixDiskLib_Disconnect(connection);
	}
	if (err != VIX_OK)
		print_error(argv[1], err);
	VixDiskLib_Exit();
	return err == VIX_OK ? 0 : 1;
}
