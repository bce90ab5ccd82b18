/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Backs a disk up and restores it, with the calls of Bareos's dumper and in their order:
 *
 *	bareos save DISK >STREAM
 *	bareos restore DISK TYPE <STREAM      TYPE: as vixDiskLib.h numbers them
 *
 * What is particular: parameters are allocated before Init, and their strings stay the caller's;
 * all metadata is saved, and every key of it is written to the new disk, where the first refusal
 * ends the program; everything is put away in an exit function, EndAccess after Disconnect.
 */
#include "config.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "vixDiskLib.h"

#define CHUNK        VIXDISKLIB_MIN_CHUNK_SIZE
#define READ_SECTORS 512 /* of a call */

/* What follows in the stream. */
struct record {
	char type; /* 'I'nfo, 'M'etadata, 'B'locks, 'E'nd */
	uint64 a,
		b; /* capacity, adapter; bytes of key and value, with their NULs; sector, sectors */
};

static VixDiskLibConnectParams *params;
static VixDiskLibConnection conn;
static VixDiskLibHandle disk;
static VixDiskLibInfo *info;
static char *user;

static void keep_quiet(const char *fmt, va_list args)
{
	(void)fmt;
	(void)args;
}

static void say(const char *fmt, va_list args)
{
	vfprintf(stderr, fmt, args);
}

static void put_away(void)
{
	if (info != NULL)
		VixDiskLib_FreeInfo(info);
	if (disk != NULL)
		VixDiskLib_Close(disk);
	if (conn != NULL)
		VixDiskLib_Disconnect(conn);
	if (params != NULL) {
		VixDiskLib_EndAccess(params, "bareos");
		VixDiskLib_FreeConnectParams(params);
		free(user);
	}
	VixDiskLib_Exit();
}

/* Goes on where @err is VIX_OK, else ends the program. */
static void must(VixError err, const char *what)
{
	char *text;

	if (err == VIX_OK)
		return;
	text = VixDiskLib_GetErrorText(err, NULL);
	fprintf(stderr, "bareos: %s: %s [%" PRIu64 "]\n", what, text, (uint64_t)err);
	VixDiskLib_FreeErrorText(text);
	exit(1);
}

static void *must_malloc(size_t len)
{
	void *p = malloc(len);

	if (p == NULL)
		abort();
	return p;
}

static void put(const void *data, size_t len)
{
	if (len > 0 && fwrite(data, len, 1, stdout) != 1)
		exit(1);
}

static void get(void *data, size_t len)
{
	if (len > 0 && fread(data, len, 1, stdin) != 1) {
		fprintf(stderr, "bareos: the stream ends too early\n");
		exit(1);
	}
}

static void put_record(char type, uint64 a, uint64 b)
{
	struct record r;

	memset(&r, 0, sizeof(r));
	r.type = type;
	r.a = a;
	r.b = b;
	put(&r, sizeof(r));
}

static void connect_local(bool read_only)
{
	params = VixDiskLib_AllocateConnectParams();
	atexit(put_away);
	must(VixDiskLib_InitEx(6, 5, keep_quiet, say, say, "/usr/lib/vmware-vix-disklib", NULL),
	     "InitEx");
	user = strdup("");
	params->creds.uid.userName = user;
	params->credType = VIXDISKLIB_CRED_UID;
	must(VixDiskLib_PrepareForAccess(params, "bareos"), "PrepareForAccess");
	must(VixDiskLib_ConnectEx(params, read_only, NULL, NULL, &conn), "ConnectEx");
}

static void save_value(const char *key)
{
	size_t len;
	char *value;

	if (VixDiskLib_ReadMetadata(disk, key, NULL, 0, &len) != VIX_E_BUFFER_TOOSMALL)
		must(VIX_E_FAIL, key);
	value = must_malloc(len);
	must(VixDiskLib_ReadMetadata(disk, key, value, len, NULL), key);
	put_record('M', strlen(key) + 1, len);
	put(key, strlen(key) + 1);
	put(value, len);
	free(value);
}

static void save_metadata(void)
{
	size_t len;
	char *keys;

	if (VixDiskLib_GetMetadataKeys(disk, NULL, 0, &len) != VIX_E_BUFFER_TOOSMALL)
		must(VIX_E_FAIL, "GetMetadataKeys");
	keys = must_malloc(len);
	must(VixDiskLib_GetMetadataKeys(disk, keys, len, NULL), "GetMetadataKeys");
	for (const char *key = keys; *key != '\0'; key += strlen(key) + 1)
		save_value(key);
	free(keys);
}

static void save_run(uint64 start, uint64 sectors)
{
	static uint8 buf[READ_SECTORS * VIXDISKLIB_SECTOR_SIZE];

	put_record('B', start, sectors);
	for (uint64 done = 0; done < sectors;) {
		uint64 n = sectors - done < READ_SECTORS ? sectors - done : READ_SECTORS;

		must(VixDiskLib_Read(disk, start + done, n, buf), "Read");
		put(buf, n * VIXDISKLIB_SECTOR_SIZE);
		done += n;
	}
}

/* Whole chunks are asked for; what is left at the end is always saved. */
static void save_blocks(void)
{
	uint64 whole = info->capacity / CHUNK * CHUNK;
	const uint64 most = (uint64)VIXDISKLIB_MAX_CHUNK_NUMBER * CHUNK;

	for (uint64 at = 0; at < whole; at += most) {
		uint64 n = whole - at < most ? whole - at : most;
		VixDiskLibBlockList *list;

		must(VixDiskLib_QueryAllocatedBlocks(disk, at, n, CHUNK, &list),
		     "QueryAllocatedBlocks");
		for (uint32 i = 0; i < list->numBlocks; i++)
			save_run(list->blocks[i].offset, list->blocks[i].length);
		must(VixDiskLib_FreeBlockList(list), "FreeBlockList");
	}
	if (whole < info->capacity)
		save_run(whole, info->capacity - whole);
}

static void save(const char *path)
{
	connect_local(true);
	must(VixDiskLib_Open(conn, path, VIXDISKLIB_FLAG_OPEN_READ_ONLY, &disk), "Open");
	must(VixDiskLib_GetInfo(disk, &info), "GetInfo");
	fprintf(stderr, "transport mode: %s\n", VixDiskLib_GetTransportMode(disk));
	put_record('I', info->capacity, info->adapterType);
	save_metadata();
	save_blocks();
	put_record('E', 0, 0);
	if (fflush(stdout) != 0)
		exit(1);
}

static void create(const char *path, const char *type, const struct record *r)
{
	VixDiskLibCreateParams p = {
		.diskType = (VixDiskLibDiskType)strtoul(type, NULL, 0),
		.adapterType = (VixDiskLibAdapterType)r->b,
		.hwVersion = VIXDISKLIB_HWVERSION_CURRENT,
		.capacity = r->a,
	};

	must(VixDiskLib_Create(conn, path, &p, NULL, NULL), "Create");
	must(VixDiskLib_Open(conn, path, 0, &disk), "Open");
	must(VixDiskLib_GetInfo(disk, &info), "GetInfo");
}

static void restore_value(const struct record *r)
{
	char *key = must_malloc(r->a), *value = must_malloc(r->b);

	get(key, r->a);
	get(value, r->b);
	must(VixDiskLib_WriteMetadata(disk, key, value), key);
	free(key);
	free(value);
}

static void restore_run(const struct record *r)
{
	static uint8 buf[READ_SECTORS * VIXDISKLIB_SECTOR_SIZE];

	for (uint64 done = 0; done < r->b;) {
		uint64 n = r->b - done < READ_SECTORS ? r->b - done : READ_SECTORS;

		get(buf, n * VIXDISKLIB_SECTOR_SIZE);
		must(VixDiskLib_Write(disk, r->a + done, n, buf), "Write");
		done += n;
	}
}

static void restore(const char *path, const char *type)
{
	struct record r;

	connect_local(false);
	get(&r, sizeof(r));
	create(path, type, &r);
	for (get(&r, sizeof(r)); r.type != 'E'; get(&r, sizeof(r))) {
		if (r.type == 'M')
			restore_value(&r);
		else
			restore_run(&r);
	}
}

int main(int argc, char **argv)
{
	if (argc == 3 && strcmp(argv[1], "save") == 0) {
		save(argv[2]);
		return 0;
	}
	if (argc == 4 && strcmp(argv[1], "restore") == 0) {
		restore(argv[2], argv[3]);
		return 0;
	}
	fprintf(stderr, "usage: bareos save DISK | bareos restore DISK TYPE\n");
	return 2;
}
