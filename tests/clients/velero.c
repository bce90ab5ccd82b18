/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Reads and writes a disk with the calls that Velero's plugin makes through its Go library:
 *
 *	velero read DISK >RAW       velero write DISK <RAW
 *
 * What is particular: "" stands for everything that is absent; strings live as long as the call that
 * they are given to, and are wiped here at once; the end of a disk is not asked for but met, as the
 * error "out of range"; what is allocated is asked in chunks of 1 MiB, the last of which may go past
 * the end; PrepareForAccess and EndAccess are always called.
 */
#include "config.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "vixDiskLib.h"

#define CHUNK 2048
#define ASKED (1u << 21) /* sectors: 1 GiB */

static uint8 buf[CHUNK * VIXDISKLIB_SECTOR_SIZE];

static void must(VixError err, const char *what)
{
	char *text;

	if (err == VIX_OK)
		return;
	text = VixDiskLib_GetErrorText(err, "");
	fprintf(stderr, "velero: %s: %s [%" PRIu64 "]\n", what, text, (uint64_t)err);
	VixDiskLib_FreeErrorText(text);
	exit(1);
}

/* A C string of a Go string: for one call. */
static char *string(const char *s)
{
	return strdup(s);
}

static void drop(char *s)
{
	memset(s, '!', strlen(s));
	free(s);
}

static VixDiskLibConnectParams *make_params(void)
{
	VixDiskLibConnectParams *p = VixDiskLib_AllocateConnectParams();

	if (p == NULL)
		abort();
	p->specType = VIXDISKLIB_SPEC_VMX;
	p->vmxSpec = string("");
	p->serverName = string("");
	p->thumbPrint = string("");
	p->credType = VIXDISKLIB_CRED_UID;
	p->creds.uid.userName = string("");
	p->creds.uid.password = string("");
	return p;
}

static void free_params(VixDiskLibConnectParams *p)
{
	drop(p->vmxSpec);
	drop(p->serverName);
	drop(p->thumbPrint);
	drop(p->creds.uid.userName);
	drop(p->creds.uid.password);
	VixDiskLib_FreeConnectParams(p);
}

/* PrepareForAccess or EndAccess: with parameters of its own. */
static void access_call(VixError (*call)(const VixDiskLibConnectParams *, const char *),
			const char *what)
{
	VixDiskLibConnectParams *p = make_params();
	char *name = string("velero");

	must(call(p, name), what);
	drop(name);
	free_params(p);
}

static VixDiskLibConnection connect_local(Bool read_only)
{
	VixDiskLibConnectParams *p = make_params();
	char *snapshot = string(""), *modes = string("");
	VixDiskLibConnection conn;

	must(VixDiskLib_ConnectEx(p, read_only, snapshot, modes, &conn), "ConnectEx");
	drop(snapshot);
	drop(modes);
	free_params(p);
	return conn;
}

/* In whole chunks, so past the end of a disk that is no multiple of them; 1 GiB at a time. */
static void print_blocks(VixDiskLibHandle disk)
{
	VixDiskLibBlockList *list;
	VixDiskLibInfo *info;
	uint64 end;

	must(VixDiskLib_GetInfo(disk, &info), "GetInfo");
	end = (info->capacity + CHUNK - 1) / CHUNK * CHUNK;
	VixDiskLib_FreeInfo(info);
	for (uint64 at = 0; at < end; at += ASKED) {
		must(VixDiskLib_QueryAllocatedBlocks(disk, at, end - at < ASKED ? end - at : ASKED,
						     CHUNK, &list),
		     "QueryAllocatedBlocks");
		for (uint32 i = 0; i < list->numBlocks; i++)
			fprintf(stderr, "block %" PRIu64 " %" PRIu64 "\n",
				(uint64_t)list->blocks[i].offset, (uint64_t)list->blocks[i].length);
		VixDiskLib_FreeBlockList(list);
	}
}

/* Until the library tells that there is no more: first in large pieces, then sector by sector. */
static void read_all(VixDiskLibHandle disk)
{
	uint64 at = 0, n = CHUNK;

	while (n > 0) {
		VixError err = VixDiskLib_Read(disk, at, n, buf);

		if (VIX_ERROR_CODE(err) == VIX_E_DISK_OUTOFRANGE) {
			n = n > 1 ? 1 : 0;
			continue;
		}
		must(err, "Read");
		if (fwrite(buf, VIXDISKLIB_SECTOR_SIZE, n, stdout) != n)
			exit(1);
		at += n;
	}
	if (fflush(stdout) != 0)
		exit(1);
}

static void write_all(VixDiskLibHandle disk)
{
	uint64 at = 0, n;

	while ((n = fread(buf, VIXDISKLIB_SECTOR_SIZE, CHUNK, stdin)) > 0) {
		must(VixDiskLib_Write(disk, at, n, buf), "Write");
		at += n;
	}
	must(VixDiskLib_Flush(disk), "Flush");
}

int main(int argc, char **argv)
{
	Bool read_only = argc == 3 && strcmp(argv[1], "read") == 0;
	uint32 flags = VIXDISKLIB_FLAG_OPEN_COMPRESSION_SKIPZ;
	VixDiskLibConnection conn;
	VixDiskLibHandle disk;
	char *dir = string(""), *path;

	if (argc != 3) {
		fprintf(stderr, "usage: velero read|write DISK\n");
		return 2;
	}
	must(VixDiskLib_InitEx(7, 0, NULL, NULL, NULL, dir, dir), "InitEx");
	drop(dir);
	access_call(VixDiskLib_PrepareForAccess, "PrepareForAccess");
	conn = connect_local(read_only);
	path = string(argv[2]);
	must(VixDiskLib_Open(conn, path, flags | (read_only ? VIXDISKLIB_FLAG_OPEN_READ_ONLY : 0),
			     &disk),
	     "Open");
	drop(path);
	print_blocks(disk);
	if (read_only)
		read_all(disk);
	else
		write_all(disk);
	must(VixDiskLib_Close(disk), "Close");
	must(VixDiskLib_Disconnect(conn), "Disconnect");
	access_call(VixDiskLib_EndAccess, "EndAccess");
	VixDiskLib_Exit();
	return 0;
}
