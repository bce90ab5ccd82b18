/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The contract with programs written for VDDK: every function of the mount library takes NULL for
 * every pointer, and may be called before Init and after Exit. No engine is started.
 */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "../api/client.h"
#include "../api/disks.h"
#include "calls.h"
#include "vixMntapiExt.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/*
 * C connection, A array of a disk, N array of a name, D disk set, V volume, B buffer, M how to
 * mount, s string, a volumes, l log. "slow" are those that start an engine.
 */
static const struct call calls[] = {
	{ "VixMntapi_Init", "10lllss", CALLS_ANYTIME, 0 },
	{ "VixMntapi_Exit", "", CALLS_NOTHING, 0 },
	{ "VixMntapi_OpenDiskSet", "A14O", CALLS_CODE, 0 },
	{ "VixMntapi_OpenDisks", "CN14O", CALLS_CODE, 0 },
	{ "VixMntapi_CloseDiskSet", "D", CALLS_CODE, 0 },
	{ "VixMntapi_GetDiskSetInfo", "DO", CALLS_CODE, 0 },
	{ "VixMntapi_FreeDiskSetInfo", "z", CALLS_NOTHING, 0 },
	{ "VixMntapi_GetOsInfo", "DO", CALLS_CODE, 1 },
	{ "VixMntapi_FreeOsInfo", "z", CALLS_NOTHING, 0 },
	{ "VixMntapi_GetVolumeHandles", "DWO", CALLS_CODE, 1 },
	{ "VixMntapi_FreeVolumeHandles", "z", CALLS_NOTHING, 0 },
	{ "VixMntapi_MountVolume", "V1", CALLS_CODE, 0 },
	{ "VixMntapi_DismountVolume", "V1", CALLS_CODE, 0 },
	{ "VixMntapi_GetVolumeInfo", "VO", CALLS_CODE, 0 },
	{ "VixMntapi_FreeVolumeInfo", "z", CALLS_NOTHING, 0 },
	{ "VixMntapi_ListVolumes", "DOW", CALLS_CODE, 1 },
	{ "VixMntapi_FreeVolumeList", "z", CALLS_NOTHING, 0 },
	{ "VixMntapi_GetVolumeDetails", "VO", CALLS_CODE, 0 },
	{ "VixMntapi_FreeVolumeDetails", "z", CALLS_NOTHING, 0 },
	{ "VixMntapi_MountDiskSet", "Da0M", CALLS_CODE, 1 },
	{ "VixMntapi_DismountDiskSet", "D0", CALLS_CODE, 0 },
	{ "VixMntapi_GetEngineInfo", "DB7", CALLS_CODE, 1 },
};

/* What stands for a handle where there is none, and for a volume: those an engine finds. */
static char none[64];

static VixDiskLibConnection conn = (VixDiskLibConnection)(void *)none;
static VixDiskLibHandle disk = (VixDiskLibHandle)(void *)none;
static VixDiskSetHandle set = (VixDiskSetHandle)(void *)none;

static const char *config(void)
{
	char text[300];

	snprintf(text, sizeof(text), "tmpDirectory = \"%s\"\n", in_dir("state"));
	put_text("config", text);
	return in_dir("config");
}

static void set_up(void)
{
	const char *names[1] = { in_dir("set.vmdk") };

	ck_assert_ok(VixDiskLib_InitEx(8, 0, NULL, NULL, NULL, NULL, NULL));
	ck_assert_ok(VixMntapi_Init(1, 0, NULL, NULL, NULL, NULL, config()));
	make_flat("set.vmdk", GRAIN);
	make_flat("disk.vmdk", GRAIN);
	conn = connect_local();
	disk = open_disk(conn, "disk.vmdk", VIXDISKLIB_FLAG_OPEN_READ_ONLY);
	ck_assert_ok(VixMntapi_OpenDisks(conn, names, 1, VIXDISKLIB_FLAG_OPEN_READ_ONLY, &set));
}

/* Every Init gets its Exit. */
static void tear_down(void)
{
	VixMntapi_Exit();
	VixMntapi_Exit();
	VixDiskLib_Exit();
}

static void discard(const char *fmt, va_list args)
{
	(void)fmt;
	(void)args;
}

static uintptr_t argument(char letter)
{
	static const VixMountOptions options = { .structSize = sizeof(options),
						 .mountPoint = "/nowhere" };
	static VixDiskLibHandle disks[1];
	static const char *names[1];
	static char buffer[128];
	const struct {
		char letter;
		uintptr_t value;
	} values[] = {
		{ 'C', (uintptr_t)conn },     { 'A', (uintptr_t)disks },
		{ 'N', (uintptr_t)names },    { 'D', (uintptr_t)set },
		{ 'V', (uintptr_t)none },     { 'B', (uintptr_t)buffer },
		{ 'M', (uintptr_t)&options }, { 's', (uintptr_t) "" },
		{ 'a', (uintptr_t)none },     { 'l', (uintptr_t)(void *)discard },
	};

	disks[0] = disk;
	names[0] = in_dir("disk.vmdk");
	for (size_t i = 0; i < COUNT(values); i++)
		if (values[i].letter == letter)
			return values[i].value;
	ck_abort_msg("no argument %c", letter);
}

int main(void)
{
	const struct calls_kit kit = {
		.library = "libvixMntapi",
		.calls = calls,
		.n = COUNT(calls),
		.set_up = set_up,
		.tear_down = tear_down,
		.argument = argument,
	};

	return client_run(calls_suite(&kit));
}
