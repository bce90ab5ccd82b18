/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * makedisk: makes and changes disks through the public interface, for shell tests.
 *
 *	makedisk create DISK TYPE SECTORS       TYPE: as vixDiskLib.h numbers them
 *	makedisk child PARENT DISK TYPE
 *	makedisk write DISK SECTOR COUNT BYTE   whole sectors of that byte
 *	makedisk clone DISK NEW TYPE
 *	makedisk replace DISK OLD TYPE          the same, over a disk that is there
 *	makedisk shrink DISK
 *	makedisk defragment DISK
 *	makedisk rename DISK NEW
 *	makedisk unlink DISK
 *
 * Exit status 0, or 1 with the name of the code on stderr.
 */
#include "config.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "vixDiskLib.h"

static VixDiskLibConnection conn;

static void warn(const char *fmt, va_list args)
{
	vfprintf(stderr, fmt, args);
}

static uint64 number(const char *s)
{
	return strtoull(s, NULL, 0);
}

static VixError create(char **args)
{
	VixDiskLibCreateParams p = {
		.diskType = (VixDiskLibDiskType)number(args[1]),
		.adapterType = VIXDISKLIB_ADAPTER_SCSI_LSILOGIC,
		.hwVersion = VIXDISKLIB_HWVERSION_WORKSTATION_5,
		.capacity = number(args[2]),
	};

	return VixDiskLib_Create(conn, args[0], &p, NULL, NULL);
}

static VixError child(char **args)
{
	VixDiskLibHandle parent;
	VixError err = VixDiskLib_Open(conn, args[0], VIXDISKLIB_FLAG_OPEN_READ_ONLY, &parent);

	if (err != VIX_OK)
		return err;
	err = VixDiskLib_CreateChild(parent, args[1], (VixDiskLibDiskType)number(args[2]), NULL,
				     NULL);
	VixDiskLib_Close(parent);
	return err;
}

static VixError write_sectors(char **args)
{
	uint64 count = number(args[2]);
	size_t len = count * VIXDISKLIB_SECTOR_SIZE;
	uint8 *buf = malloc(len);
	VixDiskLibHandle disk;
	VixError err;

	if (buf == NULL)
		return VIX_E_OUT_OF_MEMORY;
	memset(buf, (int)number(args[3]), len);
	err = VixDiskLib_Open(conn, args[0], 0, &disk);
	if (err == VIX_OK) {
		err = VixDiskLib_Write(disk, number(args[1]), count, buf);
		VixDiskLib_Close(disk);
	}
	free(buf);
	return err;
}

static VixError clone_over(char **args, Bool may_replace)
{
	VixDiskLibCreateParams p = {
		.diskType = (VixDiskLibDiskType)number(args[2]),
		.adapterType = VIXDISKLIB_ADAPTER_IDE,
		.hwVersion = VIXDISKLIB_HWVERSION_WORKSTATION_5,
	};

	return VixDiskLib_Clone(conn, args[1], conn, args[0], &p, NULL, NULL, may_replace);
}

static VixError clone_disk(char **args)
{
	return clone_over(args, FALSE);
}

static VixError replace_disk(char **args)
{
	return clone_over(args, TRUE);
}

static VixError tidy(char **args, VixError (*fn)(VixDiskLibHandle, VixDiskLibProgressFunc, void *))
{
	VixDiskLibHandle disk;
	VixError err = VixDiskLib_Open(conn, args[0], 0, &disk);

	if (err != VIX_OK)
		return err;
	err = fn(disk, NULL, NULL);
	VixDiskLib_Close(disk);
	return err;
}

static VixError shrink_disk(char **args)
{
	return tidy(args, VixDiskLib_Shrink);
}

static VixError defragment_disk(char **args)
{
	return tidy(args, VixDiskLib_Defragment);
}

static VixError rename_disk(char **args)
{
	return VixDiskLib_Rename(args[0], args[1]);
}

static VixError unlink_disk(char **args)
{
	return VixDiskLib_Unlink(conn, args[0]);
}

static const struct verb {
	const char *name;
	int n_args;
	VixError (*run)(char **args);
} verbs[] = {
	{ "create", 3, create },
	{ "child", 3, child },
	{ "write", 4, write_sectors },
	{ "clone", 3, clone_disk },
	{ "replace", 3, replace_disk },
	{ "shrink", 1, shrink_disk },
	{ "defragment", 1, defragment_disk },
	{ "rename", 2, rename_disk },
	{ "unlink", 1, unlink_disk },
};

static int run(const struct verb *v, char **args)
{
	VixError err = VixDiskLib_InitEx(8, 0, NULL, warn, warn, NULL, NULL);

	if (err == VIX_OK)
		err = VixDiskLib_Connect(NULL, &conn);
	if (err == VIX_OK)
		err = v->run(args);
	if (err != VIX_OK)
		fprintf(stderr, "makedisk %s: error %d\n", v->name, (int)VIX_ERROR_CODE(err));
	VixDiskLib_Disconnect(conn);
	VixDiskLib_Exit();
	return err == VIX_OK ? EXIT_SUCCESS : EXIT_FAILURE;
}

int main(int argc, char **argv)
{
	for (size_t i = 0; argc > 1 && i < sizeof(verbs) / sizeof(verbs[0]); i++) {
		if (strcmp(argv[1], verbs[i].name) == 0 && argc == 2 + verbs[i].n_args)
			return run(&verbs[i], argv + 2);
	}
	fprintf(stderr, "usage: makedisk create|child|write|clone|replace|shrink|defragment|rename|"
			"unlink ARG..\n");
	return 2;
}
