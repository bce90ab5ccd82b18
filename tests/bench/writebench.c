/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What copying and writing through the disk library costs, one measure at a time; write.sh puts them
 * beside the peers'.
 *
 *	writebench clone SOURCE DISK KIND   a copy of a disk
 *	writebench fill FILE DISK KIND      a new disk of FILE's bytes, in calls of 1 MiB
 *
 * KIND is a number of VixDiskLibDiskType.  Prints the seconds until all is written, durable and closed.
 */
#include "config.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "vixDiskLib.h"

#define SECTOR     VIXDISKLIB_SECTOR_SIZE
#define CALL_BYTES (1u << 20)

static VixDiskLibConnection conn;

static void die(const char *what, const char *path)
{
	fprintf(stderr, "writebench: %s: cannot %s\n", path, what);
	exit(1);
}

static double now_s(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec * 1e-9;
}

static VixDiskLibCreateParams params(int kind, uint64 sectors)
{
	return (VixDiskLibCreateParams){
		.diskType = (VixDiskLibDiskType)kind,
		.adapterType = VIXDISKLIB_ADAPTER_SCSI_LSILOGIC,
		.hwVersion = VIXDISKLIB_HWVERSION_WORKSTATION_5,
		.capacity = sectors,
	};
}

static void clone_disk(const char *source, const char *disk, int kind)
{
	VixDiskLibCreateParams p = params(kind, 1);

	if (VixDiskLib_Clone(conn, disk, conn, source, &p, NULL, NULL, FALSE) != VIX_OK)
		die("clone to it", disk);
}

static void write_all(VixDiskLibHandle handle, int fd, uint64 sectors, const char *file)
{
	uint8 *buf = malloc(CALL_BYTES);
	uint64 n;

	if (buf == NULL)
		die("allocate", file);
	for (uint64 s = 0; s < sectors; s += n) {
		n = sectors - s < CALL_BYTES / SECTOR ? sectors - s : CALL_BYTES / SECTOR;
		if (pread(fd, buf, n * SECTOR, (off_t)(s * SECTOR)) != (ssize_t)(n * SECTOR) ||
		    VixDiskLib_Write(handle, s, n, buf) != VIX_OK)
			die("copy it", file);
	}
	free(buf);
}

static void fill_disk(const char *file, const char *disk, int kind)
{
	int fd = open(file, O_RDONLY | O_CLOEXEC);
	VixDiskLibCreateParams p;
	VixDiskLibHandle handle;
	struct stat sb;

	if (fd < 0 || fstat(fd, &sb) < 0)
		die("open", file);
	p = params(kind, (uint64)sb.st_size / SECTOR);
	if (VixDiskLib_Create(conn, disk, &p, NULL, NULL) != VIX_OK ||
	    VixDiskLib_Open(conn, disk, 0, &handle) != VIX_OK)
		die("create", disk);
	write_all(handle, fd, p.capacity, file);
	if (VixDiskLib_Close(handle) != VIX_OK)
		die("close", disk);
	close(fd);
}

int main(int argc, char **argv)
{
	bool is_clone = argc == 5 && strcmp(argv[1], "clone") == 0;
	double begin;

	if (argc != 5 || (!is_clone && strcmp(argv[1], "fill") != 0)) {
		fputs("usage: writebench clone|fill SOURCE DISK KIND\n", stderr);
		return 2;
	}
	if (VixDiskLib_Init(8, 0, NULL, NULL, NULL, NULL) != VIX_OK ||
	    VixDiskLib_Connect(NULL, &conn) != VIX_OK)
		die("begin", argv[3]);
	begin = now_s();
	(is_clone ? clone_disk : fill_disk)(argv[2], argv[3], atoi(argv[4]));
	printf("%.6f\n", now_s() - begin);
	VixDiskLib_Disconnect(conn);
	VixDiskLib_Exit();
	return 0;
}
