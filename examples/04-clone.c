/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * 04-clone - copy a virtual disk into one of another kind
 *
 *	04-clone DISK COPY [KIND]
 *
 * Shows Clone, its progress function, and how to stop it: after Ctrl-C no file of the copy is left.
 * Snapshots become one disk. The copy gets the adapter of the disk.
 *
 *	cc 04-clone.c $(pkg-config --cflags --libs vixdisklib)
 *
 * Exit status: 0 copied, 1 failed, 2 wrong arguments, 130 interrupted.
 */
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "vixDiskLib.h"

static const struct {
	const char *name;
	VixDiskLibDiskType type;
} kinds[] = {
	{ "sparse", VIXDISKLIB_DISK_MONOLITHIC_SPARSE },
	{ "flat", VIXDISKLIB_DISK_MONOLITHIC_FLAT },
	{ "split-sparse", VIXDISKLIB_DISK_SPLIT_SPARSE },
	{ "split-flat", VIXDISKLIB_DISK_SPLIT_FLAT },
	{ "vmfs", VIXDISKLIB_DISK_VMFS_FLAT },
	{ "vmfs-thin", VIXDISKLIB_DISK_VMFS_THIN },
	{ "vmfs-sparse", VIXDISKLIB_DISK_VMFS_SPARSE },
	{ "stream", VIXDISKLIB_DISK_STREAM_OPTIMIZED },
};

#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

/* All that a signal handler may do is to leave word; the progress function looks at it. */
static volatile sig_atomic_t interrupted;

static void on_interrupt(int sig)
{
	(void)sig;
	interrupted = 1;
}

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

/* FALSE ends Clone with VIX_E_CANCELLED.  The line is ended by the last percent, or by copy_disk(). */
static Bool show_progress(void *data, int percent)
{
	int *shown = data;

	if (percent != *shown)
		fprintf(stderr, "\r%3d%% copied%s", percent, percent == 100 ? "\n" : "");
	*shown = percent;
	return interrupted ? FALSE : TRUE;
}

/* A copy for the same controller keeps the geometry, too. */
static VixError adapter_of(VixDiskLibConnection connection, const char *path,
			   VixDiskLibAdapterType *adapter)
{
	VixDiskLibHandle disk;
	VixDiskLibInfo *info;
	VixError err = VixDiskLib_Open(connection, path, VIXDISKLIB_FLAG_OPEN_READ_ONLY, &disk);

	if (err != VIX_OK)
		return err;
	err = VixDiskLib_GetInfo(disk, &info);
	if (err == VIX_OK) {
		*adapter = info->adapterType;
		VixDiskLib_FreeInfo(info);
	}
	VixDiskLib_Close(disk);
	return err;
}

static VixError copy_disk(VixDiskLibConnection connection, const char *from, const char *to,
			  VixDiskLibDiskType type)
{
	VixDiskLibCreateParams params = { 0 };
	int shown = -1;
	VixError err = adapter_of(connection, from, &params.adapterType);

	if (err != VIX_OK)
		return err;
	if (params.adapterType == VIXDISKLIB_ADAPTER_UNKNOWN) /* raw data */
		params.adapterType = VIXDISKLIB_ADAPTER_SCSI_LSILOGIC;
	params.diskType = type;
	params.hwVersion = VIXDISKLIB_HWVERSION_CURRENT;
	err = VixDiskLib_Clone(connection, to, connection, from, &params, show_progress, &shown,
			       FALSE);
	if (err != VIX_OK && shown >= 0)
		fputc('\n', stderr);
	return err;
}

/* Returns: one of kinds[]; KINDS where there is none of that name */
static size_t find_kind(const char *name)
{
	size_t i = 0;

	while (i < KINDS && strcmp(kinds[i].name, name) != 0)
		i++;
	return i;
}

static int print_usage(const char *program)
{
	fprintf(stderr, "usage: %s DISK COPY [KIND]\nKIND is one of:", program);
	for (size_t i = 0; i < KINDS; i++)
		fprintf(stderr, " %s", kinds[i].name);
	fputc('\n', stderr);
	return 2;
}

int main(int argc, char *argv[])
{
	struct sigaction action = { .sa_handler = on_interrupt, .sa_flags = SA_RESTART };
	VixDiskLibConnection connection;
	size_t kind = argc > 3 ? find_kind(argv[3]) : 0;
	VixError err;

	if (argc < 3 || argc > 4 || kind == KINDS)
		return print_usage(argv[0]);
	err = VixDiskLib_InitEx(8, 0, NULL, print_message, print_message, NULL, NULL);
	if (err != VIX_OK) {
		print_error("init", err);
		return 1;
	}
	sigaction(SIGINT, &action, NULL);
	err = VixDiskLib_Connect(NULL, &connection);
	if (err == VIX_OK) {
		err = copy_disk(connection, argv[1], argv[2], kinds[kind].type);
		VixDiskLib_Disconnect(connection);
	}
	if (err != VIX_OK)
		print_error(argv[1], err);
	VixDiskLib_Exit();
	if (err == VIX_E_CANCELLED)
		return 130;
	return err == VIX_OK ? 0 : 1;
}
