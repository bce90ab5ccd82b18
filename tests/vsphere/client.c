/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A program that reads disks of a server through the interface, for shell tests:
 *
 *	client read DISK..              the content of these, open at a time, as 0.out, 1.out ..
 *	client look DISK                capacity, links and transport mode
 *	client blocks DISK CHUNK        allocated runs, "SECTOR COUNT" each
 *	client wait DISK                open it; on a line of standard input, read it as 0.out
 *	client threads N DISK           N connections at a time, each reading it as N.out
 *	client leave DISK               disconnect with the disk open
 *	client exit DISK                Exit with the disk open
 *	client attach DISK CHILD        read CHILD, of this host, over it, once its connection has ended
 *	client write DISK               open it for writing
 *	client put DISK FILE SECTOR     write a file to it
 *	client cleanup                  Cleanup, which prints both counts
 *	client connect                  nothing more
 *	client prepare NAME, end NAME   PrepareForAccess, EndAccess
 *	client clone DISK FILE TYPE [PERCENT|over]
 *	                                copy it to this host, up to so much, or over what is there
 *	client upload FILE DISK TYPE [PERCENT|over]
 *	                                the other way
 *	client create DISK TYPE SECTORS make an empty one
 *	client unlink DISK              delete it
 *
 * The environment says where (params.h), and has VS_SNAPSHOT VS_MODES VS_CONFIG where need be.
 * Standard error has what the library logs.  What fails is printed as "CALL: CODE", and the program
 * ends with 1.
 */
#include "config.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "params.h"
#include "vixDiskLib.h"

#define BATCH 2048u /* sectors */
#define MAX   16u   /* disks or threads */

static void say(const char *fmt, va_list args)
{
	vfprintf(stderr, fmt, args);
}

static void check(VixError err, const char *call)
{
	if (err == VIX_OK)
		return;
	printf("%s: %" PRIu64 "\n", call, err);
	fflush(stdout);
	VixDiskLib_Exit();
	exit(1);
}

static char *env(const char *name)
{
	return getenv(name);
}

static VixDiskLibConnection connect_to(void)
{
	VixDiskLibConnectParams *p = vdt_server_params();
	VixDiskLibConnection c;
	VixError err = VixDiskLib_ConnectEx(p, TRUE, env("VS_SNAPSHOT"), env("VS_MODES"), &c);

	VixDiskLib_FreeConnectParams(p);
	check(err, "ConnectEx");
	return c;
}

static VixDiskLibHandle open_disk(VixDiskLibConnection c, const char *path)
{
	VixDiskLibHandle disk;

	check(VixDiskLib_Open(c, path, VIXDISKLIB_FLAG_OPEN_READ_ONLY, &disk), "Open");
	return disk;
}

static uint64_t capacity_of(VixDiskLibHandle disk)
{
	VixDiskLibInfo *info;
	uint64_t capacity;

	check(VixDiskLib_GetInfo(disk, &info), "GetInfo");
	capacity = info->capacity;
	VixDiskLib_FreeInfo(info);
	return capacity;
}

static void read_batch(VixDiskLibHandle disk, uint64_t sector, uint64_t count, FILE *out)
{
	static __thread uint8 buf[BATCH * VIXDISKLIB_SECTOR_SIZE];

	check(VixDiskLib_Read(disk, sector, count, buf), "Read");
	if (fwrite(buf, VIXDISKLIB_SECTOR_SIZE, count, out) != count)
		abort();
}

static FILE *output(unsigned n)
{
	char name[32];
	FILE *f;

	snprintf(name, sizeof(name), "%u.out", n);
	f = fopen(name, "w");
	if (f == NULL)
		abort();
	return f;
}

/* A batch of each in turn. */
static void read_disks(VixDiskLibHandle *disks, unsigned n, unsigned first_output)
{
	FILE *out[MAX];
	bool more = true;

	for (unsigned i = 0; i < n; i++)
		out[i] = output(first_output + i);
	for (uint64_t at = 0; more; at += BATCH) {
		more = false;
		for (unsigned i = 0; i < n; i++) {
			uint64_t end = capacity_of(disks[i]);
			uint64_t count = at < end ? end - at : 0;

			if (count > 0)
				read_batch(disks[i], at, count < BATCH ? count : BATCH, out[i]);
			more |= count > BATCH;
		}
	}
	for (unsigned i = 0; i < n; i++)
		fclose(out[i]);
}

static void cmd_read(char **paths)
{
	VixDiskLibConnection c = connect_to();
	VixDiskLibHandle disks[MAX];
	unsigned n = 0;

	while (n < MAX && paths[n] != NULL) {
		disks[n] = open_disk(c, paths[n]);
		n++;
	}
	read_disks(disks, n, 0);
	while (n > 0)
		check(VixDiskLib_Close(disks[--n]), "Close");
	check(VixDiskLib_Disconnect(c), "Disconnect");
}

static void cmd_look(char **args)
{
	VixDiskLibConnection c = connect_to();
	VixDiskLibHandle disk = open_disk(c, args[0]);
	VixDiskLibInfo *info;

	check(VixDiskLib_GetInfo(disk, &info), "GetInfo");
	printf("%" PRIu64 " sectors, %d links, %s\n", info->capacity, info->numLinks,
	       VixDiskLib_GetTransportMode(disk));
	VixDiskLib_FreeInfo(info);
	check(VixDiskLib_Close(disk), "Close");
	check(VixDiskLib_Disconnect(c), "Disconnect");
}

static void cmd_blocks(char **args)
{
	uint64_t chunk = strtoull(args[1], NULL, 10);
	VixDiskLibConnection c = connect_to();
	VixDiskLibHandle disk = open_disk(c, args[0]);
	uint64_t count = (capacity_of(disk) + chunk - 1) / chunk * chunk;
	VixDiskLibBlockList *list;

	check(VixDiskLib_QueryAllocatedBlocks(disk, 0, count, chunk, &list),
	      "QueryAllocatedBlocks");
	for (uint32 i = 0; i < list->numBlocks; i++)
		printf("%" PRIu64 " %" PRIu64 "\n", list->blocks[i].offset, list->blocks[i].length);
	VixDiskLib_FreeBlockList(list);
	check(VixDiskLib_Close(disk), "Close");
	check(VixDiskLib_Disconnect(c), "Disconnect");
}

static void cmd_wait(char **args)
{
	VixDiskLibConnection c = connect_to();
	VixDiskLibHandle disk = open_disk(c, args[0]);

	puts("open");
	fflush(stdout);
	if (getchar() == EOF)
		abort();
	read_disks(&disk, 1, 0);
	puts("read");
	check(VixDiskLib_Close(disk), "Close");
	check(VixDiskLib_Disconnect(c), "Disconnect");
}

struct reader {
	const char *path;
	unsigned n;
};

static void *read_in_thread(void *arg)
{
	const struct reader *r = arg;
	VixDiskLibConnection c = connect_to();
	VixDiskLibHandle disk = open_disk(c, r->path);

	read_disks(&disk, 1, r->n);
	check(VixDiskLib_Close(disk), "Close");
	check(VixDiskLib_Disconnect(c), "Disconnect");
	return NULL;
}

static void cmd_threads(char **args)
{
	unsigned n = (unsigned)strtoul(args[0], NULL, 10);
	struct reader readers[MAX];
	pthread_t threads[MAX];

	for (unsigned i = 0; i < n && i < MAX; i++) {
		readers[i] = (struct reader){ args[1], i };
		if (pthread_create(&threads[i], NULL, read_in_thread, &readers[i]) != 0)
			abort();
	}
	for (unsigned i = 0; i < n && i < MAX; i++)
		pthread_join(threads[i], NULL);
}

static void cmd_leave(char **args)
{
	VixDiskLibConnection c = connect_to();
	VixDiskLibHandle disk = open_disk(c, args[0]);
	uint8 buf[VIXDISKLIB_SECTOR_SIZE];

	check(VixDiskLib_Disconnect(c), "Disconnect");
	check(VixDiskLib_Read(disk, 0, 1, buf), "Read");
}

static void cmd_attach(char **args)
{
	VixDiskLibConnection server = connect_to(), here;
	VixDiskLibHandle parent = open_disk(server, args[0]), child;

	check(VixDiskLib_ConnectEx(NULL, TRUE, NULL, NULL, &here), "ConnectEx");
	check(VixDiskLib_Open(here, args[1],
			      VIXDISKLIB_FLAG_OPEN_READ_ONLY | VIXDISKLIB_FLAG_OPEN_SINGLE_LINK,
			      &child),
	      "Open");
	check(VixDiskLib_Attach(parent, child), "Attach");
	check(VixDiskLib_Disconnect(server), "Disconnect");
	read_disks(&child, 1, 0);
	check(VixDiskLib_Close(child), "Close");
	check(VixDiskLib_Disconnect(here), "Disconnect");
}

static void cmd_exit(char **args)
{
	open_disk(connect_to(), args[0]);
}

static void cmd_write(char **args)
{
	VixDiskLibConnectParams *p = vdt_server_params();
	VixDiskLibConnection c;
	VixDiskLibHandle disk;

	check(VixDiskLib_Connect(p, &c), "Connect");
	VixDiskLib_FreeConnectParams(p);
	check(VixDiskLib_Open(c, args[0], 0, &disk), "Open");
}

static void cmd_put(char **args)
{
	static uint8 buf[BATCH * VIXDISKLIB_SECTOR_SIZE];
	VixDiskLibConnectParams *p = vdt_server_params();
	uint64_t at = strtoull(args[2], NULL, 10);
	FILE *f = fopen(args[1], "r");
	VixDiskLibConnection c;
	VixDiskLibHandle disk;
	size_t n;

	if (f == NULL)
		abort();
	check(VixDiskLib_ConnectEx(p, FALSE, env("VS_SNAPSHOT"), env("VS_MODES"), &c), "ConnectEx");
	VixDiskLib_FreeConnectParams(p);
	check(VixDiskLib_Open(c, args[0], 0, &disk), "Open");
	for (; (n = fread(buf, VIXDISKLIB_SECTOR_SIZE, BATCH, f)) > 0; at += n)
		check(VixDiskLib_Write(disk, at, n, buf), "Write");
	fclose(f);
	check(VixDiskLib_Flush(disk), "Flush");
	check(VixDiskLib_Close(disk), "Close");
	check(VixDiskLib_Disconnect(c), "Disconnect");
}

static void cmd_cleanup(char **args)
{
	VixDiskLibConnectParams *p = vdt_server_params();
	uint32 cleaned = 99, remaining = 99;
	VixError err = VixDiskLib_Cleanup(p, &cleaned, &remaining);

	(void)args;
	VixDiskLib_FreeConnectParams(p);
	printf("%u %u\n", cleaned, remaining);
	check(err, "Cleanup");
}

static void cmd_connect(char **args)
{
	(void)args;
	check(VixDiskLib_Disconnect(connect_to()), "Disconnect");
}

static void cmd_prepare(char **args)
{
	VixDiskLibConnectParams *p = vdt_server_params();

	check(VixDiskLib_PrepareForAccess(p, args[0]), "PrepareForAccess");
	VixDiskLib_FreeConnectParams(p);
}

static void cmd_end(char **args)
{
	VixDiskLibConnectParams *p = vdt_server_params();

	check(VixDiskLib_EndAccess(p, args[0]), "EndAccess");
	VixDiskLib_FreeConnectParams(p);
}

/* Copying. */

/* Goes on up to the percentage that is wanted. */
static Bool go_on(void *data, int percent)
{
	return percent < *(const int *)data;
}

static VixDiskLibConnection connect_here(void)
{
	const VixDiskLibConnectParams p = { .credType = VIXDISKLIB_CRED_UNKNOWN };
	VixDiskLibConnection c;

	check(VixDiskLib_Connect(&p, &c), "Connect");
	return c;
}

/* @args: TYPE [PERCENT|over] */
static void copy_disk(VixDiskLibConnection to, const char *to_path, VixDiskLibConnection from,
		      const char *from_path, char **args)
{
	const VixDiskLibCreateParams p = {
		.diskType = (VixDiskLibDiskType)strtoul(args[0], NULL, 10),
		.adapterType = VIXDISKLIB_ADAPTER_SCSI_LSILOGIC,
		.hwVersion = VIXDISKLIB_HWVERSION_CURRENT,
	};
	bool is_over = args[1] != NULL && strcmp(args[1], "over") == 0;
	int end = args[1] != NULL && !is_over ? (int)strtol(args[1], NULL, 10) : 1000;

	check(VixDiskLib_Clone(to, to_path, from, from_path, &p, go_on, &end, is_over), "Clone");
	check(VixDiskLib_Disconnect(from), "Disconnect");
	check(VixDiskLib_Disconnect(to), "Disconnect");
}

static void cmd_clone(char **args)
{
	VixDiskLibConnection from = connect_to();

	copy_disk(connect_here(), args[1], from, args[0], args + 2);
}

static VixDiskLibConnection connect_for_writing(void)
{
	VixDiskLibConnectParams *p = vdt_server_params();
	VixDiskLibConnection c;

	check(VixDiskLib_ConnectEx(p, getenv("VS_READONLY") != NULL, env("VS_SNAPSHOT"), NULL, &c),
	      "ConnectEx");
	VixDiskLib_FreeConnectParams(p);
	return c;
}

static void cmd_upload(char **args)
{
	VixDiskLibConnection to = connect_for_writing();

	copy_disk(to, args[1], connect_here(), args[0], args + 2);
}

static void cmd_create(char **args)
{
	const VixDiskLibCreateParams p = {
		.diskType = (VixDiskLibDiskType)strtoul(args[1], NULL, 10),
		.adapterType = VIXDISKLIB_ADAPTER_SCSI_BUSLOGIC,
		.capacity = strtoull(args[2], NULL, 10),
	};
	VixDiskLibConnection c = connect_for_writing();

	check(VixDiskLib_Create(c, args[0], &p, NULL, NULL), "Create");
	check(VixDiskLib_Disconnect(c), "Disconnect");
}

static void cmd_unlink(char **args)
{
	VixDiskLibConnection c = connect_for_writing();

	check(VixDiskLib_Unlink(c, args[0]), "Unlink");
	check(VixDiskLib_Disconnect(c), "Disconnect");
}

static const struct {
	const char *name;
	void (*run)(char **args);
	int args; /* at least */
} commands[] = {
	{ "read", cmd_read, 1 },       { "look", cmd_look, 1 },       { "blocks", cmd_blocks, 2 },
	{ "wait", cmd_wait, 1 },       { "leave", cmd_leave, 1 },     { "exit", cmd_exit, 1 },
	{ "threads", cmd_threads, 2 }, { "write", cmd_write, 1 },     { "connect", cmd_connect, 0 },
	{ "attach", cmd_attach, 2 },   { "prepare", cmd_prepare, 1 }, { "end", cmd_end, 1 },
	{ "clone", cmd_clone, 3 },     { "put", cmd_put, 3 },         { "cleanup", cmd_cleanup, 0 },
	{ "upload", cmd_upload, 3 },   { "create", cmd_create, 3 },   { "unlink", cmd_unlink, 1 },
};

int main(int argc, char **argv)
{
	for (size_t i = 0; argc > 1 && i < sizeof(commands) / sizeof(commands[0]); i++) {
		if (strcmp(argv[1], commands[i].name) != 0 || argc - 2 < commands[i].args)
			continue;
		check(VixDiskLib_InitEx(8, 0, say, say, say, NULL, env("VS_CONFIG")), "InitEx");
		commands[i].run(argv + 2);
		VixDiskLib_Exit();
		return 0;
	}
	fprintf(stderr, "usage: client COMMAND ARGUMENT..\n");
	return 2;
}
