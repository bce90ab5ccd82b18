/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * 06-scan-files - name the files of a machine's disks that contain a text, as a virus scanner does
 *
 *	06-scan-files TEXT EMPTY-DIRECTORY DISK ...
 *
 * Shows MountDiskSet: all volumes are mounted together, each as a directory, and walked.
 *
 *	cc 06-scan-files.c $(pkg-config --cflags --libs vixmntapi)
 *
 * Exit status: 0 nothing found, 1 found, 2 not all could be read.
 */
#define _GNU_SOURCE /* FTW_ACTIONRETVAL, memmem */
#include <ftw.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "vixMntapiExt.h"

#define CHUNK (1 << 20)

static const char *wanted; /* nftw() passes nothing to its function */
static unsigned long files, hits, errors;

static void show_message(const char *fmt, va_list args)
{
	vfprintf(stderr, fmt, args);
}

static Bool failed(const char *what, VixError err)
{
	char *text;

	if (err == VIX_OK)
		return FALSE;
	text = VixDiskLib_GetErrorText(err, NULL);
	fprintf(stderr, "%s: %s\n", what, text);
	VixDiskLib_FreeErrorText(text);
	errors++;
	return TRUE;
}

/* Is the text in @f?  The end of each chunk is kept, for a text that begins in it. */
static Bool contains(FILE *f)
{
	static char buf[CHUNK];
	size_t keep = 0, len = strlen(wanted), got;

	while ((got = fread(buf + keep, 1, sizeof(buf) - keep, f)) > 0) {
		size_t have = keep + got;

		if (memmem(buf, have, wanted, len) != NULL)
			return TRUE;
		keep = have < len - 1 ? have : len - 1;
		memmove(buf, buf + have - keep, keep);
	}
	return FALSE;
}

static void scan_file(const char *path)
{
	FILE *f = fopen(path, "rb");

	files++;
	if (f == NULL) {
		perror(path);
		errors++;
		return;
	}
	if (contains(f)) {
		printf("%s\n", path);
		hits++;
	}
	if (ferror(f)) {
		perror(path);
		errors++;
	}
	fclose(f);
}

static int visit(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)ftw;
	if (type == FTW_F && S_ISREG(st->st_mode))
		scan_file(path);
	if (type == FTW_DNR || type == FTW_NS) {
		fprintf(stderr, "%s: can not be read\n", path);
		errors++;
	}
	return FTW_CONTINUE;
}

static void scan_set(VixDiskSetHandle set, const char *dir)
{
	VixMountOptions opts = { 0 };

	opts.structSize = sizeof(opts);
	opts.mountPoint = dir;
	if (failed("MountDiskSet", VixMntapi_MountDiskSet(set, NULL, 0, &opts)))
		return;
	if (nftw(dir, visit, 32, FTW_PHYS | FTW_ACTIONRETVAL) != 0) {
		perror(dir);
		errors++;
	}
	failed("DismountDiskSet", VixMntapi_DismountDiskSet(set, FALSE));
}

static void scan_disks(const char *names[], size_t n, const char *dir)
{
	VixDiskLibConnection connection;
	VixDiskSetHandle set;

	if (failed("Connect", VixDiskLib_Connect(NULL, &connection)))
		return;
	if (!failed("OpenDisks", VixMntapi_OpenDisks(connection, names, n,
						     VIXDISKLIB_FLAG_OPEN_READ_ONLY, &set))) {
		scan_set(set, dir);
		failed("CloseDiskSet", VixMntapi_CloseDiskSet(set));
	}
	VixDiskLib_Disconnect(connection);
}

int main(int argc, char *argv[])
{
	if (argc < 4 || argv[1][0] == '\0' || strlen(argv[1]) >= CHUNK) {
		fprintf(stderr, "usage: %s TEXT EMPTY-DIRECTORY DISK.vmdk ...\n", argv[0]);
		return 2;
	}
	wanted = argv[1];
	if (failed("InitEx", VixDiskLib_InitEx(8, 0, NULL, show_message, show_message, NULL, NULL)))
		return 2;
	if (!failed("Init", VixMntapi_Init(VIXMNTAPI_MAJOR_VERSION, VIXMNTAPI_MINOR_VERSION, NULL,
					   show_message, show_message, NULL, NULL))) {
		scan_disks((const char **)(argv + 3), (size_t)(argc - 3), argv[2]);
		VixMntapi_Exit();
	}
	VixDiskLib_Exit();
	fprintf(stderr, "%lu files read, %lu contain the text, %lu errors\n", files, hits, errors);
	if (errors > 0)
		return 2;
	return hits > 0 ? 1 : 0;
}
