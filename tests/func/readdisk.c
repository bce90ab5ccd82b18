/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the library reads in a disk, for shell tests.
 *
 *	readdisk [-s] [-b SECTORS] [-o SECTOR] [-n SECTORS] DISK   the content, on standard output
 *	readdisk [-s] -m DISK     allocated runs, "SECTOR COUNT" each
 *	readdisk [-s] -i DISK     what the disk tells about itself
 *	readdisk [-s] -k DISK     its metadata, "KEY=VALUE" each
 *
 *	-s  without parents                       -c FILE  configuration
 *	-b  in reads of so many sectors, 2048     -o, -n  only this part
 *
 * Standard error has what the library logs, and "readdisk: TEXT: CODE" with the bare number.
 */
#include "config.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "vixDiskLib.h"

#define MAP_CHUNK VIXDISKLIB_MIN_CHUNK_SIZE

struct options {
	char what; /* 'r' read, or one of the letters above */
	uint32 flags;
	const char *config, *disk;
	uint64_t batch, first, count; /* sectors; count UINT64_MAX: to the end */
};

static void say(const char *fmt, va_list args)
{
	vfprintf(stderr, fmt, args);
}

/* The options, or exits. */
static struct options parse(int argc, char **argv)
{
	struct options o = {
		.what = 'r',
		.flags = VIXDISKLIB_FLAG_OPEN_READ_ONLY,
		.batch = 2048,
		.count = UINT64_MAX,
	};
	int c;

	while ((c = getopt(argc, argv, "b:c:ikmn:o:s")) != -1) {
		switch (c) {
		case 'b':
			o.batch = strtoull(optarg, NULL, 0);
			break;
		case 'c':
			o.config = optarg;
			break;
		case 'n':
			o.count = strtoull(optarg, NULL, 0);
			break;
		case 'o':
			o.first = strtoull(optarg, NULL, 0);
			break;
		case 's':
			o.flags |= VIXDISKLIB_FLAG_OPEN_SINGLE_LINK;
			break;
		case 'i':
		case 'k':
		case 'm':
			o.what = (char)c;
			break;
		default:
			exit(2);
		}
	}
	if (optind != argc - 1 || o.batch == 0) {
		fprintf(stderr, "usage: readdisk [OPTION..] DISK\n");
		exit(2);
	}
	o.disk = argv[optind];
	return o;
}

static uint64_t capacity_of(VixDiskLibHandle disk)
{
	VixDiskLibInfo *info;
	uint64_t capacity;

	if (VixDiskLib_GetInfo(disk, &info) != VIX_OK)
		return 0;
	capacity = info->capacity;
	VixDiskLib_FreeInfo(info);
	return capacity;
}

static VixError copy_out(const struct options *o, VixDiskLibHandle disk, uint8 *buf)
{
	uint64_t capacity = capacity_of(disk);
	uint64_t end = o->count < capacity - o->first ? o->first + o->count : capacity;

	for (uint64_t at = o->first; at < end; at += o->batch) {
		uint64_t n = end - at < o->batch ? end - at : o->batch;
		VixError err = VixDiskLib_Read(disk, at, n, buf);

		if (err != VIX_OK)
			return err;
		if (fwrite(buf, VIXDISKLIB_SECTOR_SIZE, n, stdout) != n)
			return VIX_E_FILE_ERROR;
	}
	return VIX_OK;
}

static VixError print_content(const struct options *o, VixDiskLibHandle disk)
{
	uint8 *buf = calloc(o->batch, VIXDISKLIB_SECTOR_SIZE);
	VixError err = buf != NULL ? copy_out(o, disk, buf) : VIX_E_OUT_OF_MEMORY;

	free(buf);
	return err;
}

static VixError print_map(const struct options *o, VixDiskLibHandle disk)
{
	uint64_t chunks = (capacity_of(disk) + MAP_CHUNK - 1) / MAP_CHUNK;
	VixDiskLibBlockList *list;
	VixError err;

	(void)o;
	err = VixDiskLib_QueryAllocatedBlocks(disk, 0, chunks * MAP_CHUNK, MAP_CHUNK, &list);
	if (err != VIX_OK)
		return err;
	for (uint32 i = 0; i < list->numBlocks; i++)
		printf("%" PRIu64 " %" PRIu64 "\n", (uint64_t)list->blocks[i].offset,
		       (uint64_t)list->blocks[i].length);
	return VixDiskLib_FreeBlockList(list);
}

static void print_geometry(const char *name, const VixDiskLibGeometry *g)
{
	printf("%s=%u/%u/%u\n", name, g->cylinders, g->heads, g->sectors);
}

static VixError print_info(const struct options *o, VixDiskLibHandle disk)
{
	VixDiskLibInfo *info;
	VixError err = VixDiskLib_GetInfo(disk, &info);

	(void)o;
	if (err != VIX_OK)
		return err;
	printf("capacity=%" PRIu64 "\n", (uint64_t)info->capacity);
	print_geometry("bios", &info->biosGeo);
	print_geometry("physical", &info->physGeo);
	printf("adapter=%d\n", (int)info->adapterType);
	printf("links=%d\n", info->numLinks);
	printf("parent=%s\n", info->parentFileNameHint != NULL ? info->parentFileNameHint : "");
	printf("uuid=%s\n", info->uuid != NULL ? info->uuid : "");
	printf("sector=%u/%u\n", info->logicalSectorSize, info->physicalSectorSize);
	VixDiskLib_FreeInfo(info);
	return VIX_OK;
}

static VixError print_value(VixDiskLibHandle disk, const char *key)
{
	char value[4096];
	VixError err = VixDiskLib_ReadMetadata(disk, key, value, sizeof(value), NULL);

	if (err == VIX_OK)
		printf("%s=%s\n", key, value);
	return err;
}

static VixError print_metadata(const struct options *o, VixDiskLibHandle disk)
{
	static char keys[1 << 16];
	VixError err = VixDiskLib_GetMetadataKeys(disk, keys, sizeof(keys), NULL);

	(void)o;
	for (const char *key = keys; err == VIX_OK && *key != '\0'; key += strlen(key) + 1)
		err = print_value(disk, key);
	return err;
}

static VixError print_disk(const struct options *o, VixDiskLibHandle disk)
{
	switch (o->what) {
	case 'i':
		return print_info(o, disk);
	case 'k':
		return print_metadata(o, disk);
	case 'm':
		return print_map(o, disk);
	default:
		return print_content(o, disk);
	}
}

static VixError run(const struct options *o, VixDiskLibConnection conn)
{
	VixDiskLibHandle disk;
	VixError err = VixDiskLib_Open(conn, o->disk, o->flags, &disk);
	VixError close_err;

	if (err != VIX_OK)
		return err;
	err = print_disk(o, disk);
	close_err = VixDiskLib_Close(disk);
	return err != VIX_OK ? err : close_err;
}

int main(int argc, char **argv)
{
	struct options o = parse(argc, argv);
	VixDiskLibConnection conn;
	VixError err = VixDiskLib_InitEx(8, 0, say, say, say, NULL, o.config);

	if (err == VIX_OK)
		err = VixDiskLib_Connect(NULL, &conn);
	if (err == VIX_OK) {
		err = run(&o, conn);
		VixDiskLib_Disconnect(conn);
	}
	VixDiskLib_Exit();
	if (err == VIX_OK && fflush(stdout) == 0)
		return EXIT_SUCCESS;
	fprintf(stderr, "readdisk: %s: %" PRIu64 "\n", o.disk, (uint64_t)err);
	return EXIT_FAILURE;
}
