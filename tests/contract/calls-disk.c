/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The contract with programs written for VDDK: every function of the disk library takes NULL for
 * every pointer, and may be called before Init and after Exit. Rules 7 and 11 say so for some.
 */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "../api/client.h"
#include "../api/disks.h"
#include "calls.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/*
 * C connection, H disk, K child that is open alone, P its path, Q a new path, S word, X what to
 * create, B buffer, F completion, s string, p parameters, b buffer, f progress, l log, v data
 */
static const struct call calls[] = {
	{ "VixDiskLib_Init", "80llls", CALLS_ANYTIME, 0 },
	{ "VixDiskLib_InitEx", "80lllss", CALLS_ANYTIME, 0 },
	{ "VixDiskLib_Exit", "", CALLS_NOTHING, 0 },
	{ "VixDiskLib_ListTransportModes", "", CALLS_TEXT, 0 },
	{ "VixDiskLib_Cleanup", "poo", CALLS_CODE, 0 },
	{ "VixDiskLib_GetErrorText", "1s", CALLS_MEMORY, 0 },
	{ "VixDiskLib_FreeErrorText", "z", CALLS_NOTHING, 0 },
	{ "VixDiskLib_AllocateConnectParams", "", CALLS_TEXT, 0 },
	{ "VixDiskLib_FreeConnectParams", "z", CALLS_NOTHING, 0 },
	{ "VixDiskLib_Connect", "pO", CALLS_CODE, 0 },
	{ "VixDiskLib_ConnectEx", "p0ssO", CALLS_CODE, 0 },
	{ "VixDiskLib_Disconnect", "C", CALLS_CODE, 0 },
	{ "VixDiskLib_PrepareForAccess", "ps", CALLS_CODE, 0 },
	{ "VixDiskLib_EndAccess", "ps", CALLS_CODE, 0 },
	{ "VixDiskLib_GetConnectParams", "CO", CALLS_CODE, 0 },
	{ "VixDiskLib_Open", "CP4O", CALLS_CODE, 0 },
	{ "VixDiskLib_Close", "H", CALLS_CODE, 0 },
	{ "VixDiskLib_GetInfo", "HO", CALLS_CODE, 0 },
	{ "VixDiskLib_FreeInfo", "z", CALLS_NOTHING, 0 },
	{ "VixDiskLib_GetTransportMode", "H", CALLS_TEXT, 0 },
	{ "VixDiskLib_Read", "H01B", CALLS_CODE, 0 },
	{ "VixDiskLib_Write", "H01B", CALLS_CODE, 0 },
	{ "VixDiskLib_ReadAsync", "H01BFv", CALLS_CODE, 0 },
	{ "VixDiskLib_WriteAsync", "H01BFv", CALLS_CODE, 0 },
	{ "VixDiskLib_Wait", "H", CALLS_CODE, 0 },
	{ "VixDiskLib_Flush", "H", CALLS_CODE, 0 },
	{ "VixDiskLib_QueryAllocatedBlocks", "H077O", CALLS_CODE, 0 },
	{ "VixDiskLib_FreeBlockList", "z", CALLS_ANYTIME, 0 },
	{ "VixDiskLib_ReadMetadata", "HSb0o", CALLS_CODE, 0 },
	{ "VixDiskLib_ReadMetadata", "HSB7o", CALLS_CODE, 0 },
	{ "VixDiskLib_WriteMetadata", "HSS", CALLS_CODE, 0 },
	{ "VixDiskLib_GetMetadataKeys", "Hb0o", CALLS_CODE, 0 },
	{ "VixDiskLib_GetMetadataKeys", "HB1o", CALLS_CODE, 0 },
	{ "VixDiskLib_Create", "CQXfv", CALLS_CODE, 0 },
	{ "VixDiskLib_CreateChild", "HQ1fv", CALLS_CODE, 0 },
	{ "VixDiskLib_Clone", "CQCPXfv0", CALLS_CODE, 0 },
	{ "VixDiskLib_Grow", "CP70fv", CALLS_CODE, 0 },
	{ "VixDiskLib_Shrink", "Hfv", CALLS_CODE, 0 },
	{ "VixDiskLib_Defragment", "Hfv", CALLS_CODE, 0 },
	{ "VixDiskLib_Rename", "PQ", CALLS_CODE, 0 },
	{ "VixDiskLib_Unlink", "CP", CALLS_CODE, 0 },
	{ "VixDiskLib_IsAttachPossible", "HK", CALLS_CODE, 0 },
	{ "VixDiskLib_Attach", "HK", CALLS_CODE, 0 },
	{ "VixDiskLib_SpaceNeededForClone", "H1W", CALLS_CODE, 0 },
	{ "VixDiskLib_CheckRepair", "CP0", CALLS_CODE, 0 },
	{ "VixDiskLib_CheckDisk", "CP0O", CALLS_CODE, 0 },
	{ "VixDiskLib_FreeCheckReport", "z", CALLS_NOTHING, 0 },
	{ "VixDiskLib_ListLinks", "CPOW", CALLS_CODE, 0 },
	{ "VixDiskLib_FreeLinkList", "z", CALLS_NOTHING, 0 },
	{ "VixDiskLib_SetParent", "HS1", CALLS_CODE, 0 },
	{ "VixDiskLib_QueryMap", "H01OW", CALLS_CODE, 0 },
	{ "VixDiskLib_FreeMap", "z", CALLS_NOTHING, 0 },
	{ "VixDiskLib_ListDisks", "COW", CALLS_CODE, 0 },
	{ "VixDiskLib_FreeDiskList", "z", CALLS_NOTHING, 0 },
	{ "VixDiskLib_QueryChangedBlocks", "CPS01O", CALLS_CODE, 0 },
	{ "VixDiskLib_ListSnapshots", "COW", CALLS_CODE, 0 },
	{ "VixDiskLib_FreeSnapshotList", "z", CALLS_NOTHING, 0 },
	{ "VixDiskLib_CreateSnapshot", "CSs0fvO", CALLS_CODE, 0 },
	{ "VixDiskLib_FreeSnapshotRef", "z", CALLS_NOTHING, 0 },
	{ "VixDiskLib_RemoveSnapshot", "CS0fv", CALLS_CODE, 0 },
	{ "VixDiskLib_ListVms", "pOW", CALLS_CODE, 0 },
	{ "VixDiskLib_FreeVmList", "z", CALLS_NOTHING, 0 },
	{ "VixDiskLib_GetConnectCause", "", CALLS_ANYTIME, 0 },
};

/* What stands for a handle where there is none. */
static char none[64];

static VixDiskLibConnection conn = (VixDiskLibConnection)(void *)none;
static VixDiskLibHandle disk = (VixDiskLibHandle)(void *)none;
static VixDiskLibHandle child = (VixDiskLibHandle)(void *)none;

static void set_up(void)
{
	ck_assert_ok(VixDiskLib_InitEx(8, 0, NULL, NULL, NULL, NULL, NULL));
	make_sparse("disk.vmdk", GRAIN, "X");
	make_child("child.vmdk", GRAIN, "disk.vmdk");
	conn = connect_local();
	disk = open_disk(conn, "disk.vmdk", 0);
	child = open_disk(conn, "child.vmdk", VIXDISKLIB_FLAG_OPEN_SINGLE_LINK);
}

/* Every Init gets its Exit. */
static void tear_down(void)
{
	VixDiskLib_Exit();
	VixDiskLib_Exit();
}

static void completed(void *data, VixError result)
{
	(void)data;
	(void)result;
}

static Bool go_on(void *data, int percent)
{
	(void)data;
	(void)percent;
	return TRUE;
}

static void discard(const char *fmt, va_list args)
{
	(void)fmt;
	(void)args;
}

/* A path that no disk has; several children make one. */
static const char *new_path(void)
{
	char name[40];

	snprintf(name, sizeof(name), "new-%d", (int)getpid());
	return in_dir(name);
}

static uintptr_t argument(char letter)
{
	static const VixDiskLibCreateParams how = { .diskType = VIXDISKLIB_DISK_MONOLITHIC_SPARSE,
						    .adapterType = VIXDISKLIB_ADAPTER_IDE,
						    .capacity = GRAIN };
	static const VixDiskLibConnectParams params;
	static uint8 buffer[512];
	const struct {
		char letter;
		uintptr_t value;
	} values[] = {
		{ 'C', (uintptr_t)conn },
		{ 'H', (uintptr_t)disk },
		{ 'K', (uintptr_t)child },
		{ 'P', (uintptr_t)in_dir("disk.vmdk") },
		{ 'Q', (uintptr_t)new_path() },
		{ 'S', (uintptr_t) "uuid" },
		{ 'X', (uintptr_t)&how },
		{ 'B', (uintptr_t)buffer },
		{ 'F', (uintptr_t)(void *)completed },
		{ 's', (uintptr_t) "" },
		{ 'p', (uintptr_t)&params },
		{ 'b', (uintptr_t)buffer },
		{ 'f', (uintptr_t)(void *)go_on },
		{ 'l', (uintptr_t)(void *)discard },
		{ 'v', (uintptr_t)buffer },
	};

	for (size_t i = 0; i < COUNT(values); i++)
		if (values[i].letter == letter)
			return values[i].value;
	ck_abort_msg("no argument %c", letter);
}

int main(void)
{
	const struct calls_kit kit = {
		.library = "libvixDiskLib",
		.calls = calls,
		.n = COUNT(calls),
		.set_up = set_up,
		.tear_down = tear_down,
		.argument = argument,
	};

	return client_run(calls_suite(&kit));
}
