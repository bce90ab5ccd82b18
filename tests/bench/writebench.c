/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What copying and writing through the disk library costs, one measure at a time; write.sh puts them
 * beside the peers'.
 *
 *	writebench clone SOURCE DISK KIND            a copy of a disk
 *	writebench fill FILE DISK KIND               a new disk of the data of FILE, in calls of 1 MiB
 *	writebench make DISK KIND MIB                a new disk, empty
 *	writebench file FILE MIB                     a new file, by pwrite() alone
 *	writebench [OPTION..] seq DISK               all of it, in calls of -b bytes
 *	writebench [OPTION..] random DISK            -n writes of -b bytes, -s bytes apart
 *
 *	-b BYTES, -n WRITES, -s BYTES                as above
 *	-q CALLS  so many under way at once, by WriteAsync
 *	-u        unbuffered (O_DIRECT)
 *	-c FILE   configuration for Init
 *
 * KIND is a number of VixDiskLibDiskType.  Prints "SECONDS KIB": clone and fill until all is written,
 * durable and closed; seq and random from the first call until all is durable; and the most private
 * memory that was seen beyond that at start and the buffers of the calls.
 */
#include "config.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "measure.h"

#define CALL_BYTES (1u << 20)

static const char usage[] = "usage: writebench clone|fill SOURCE DISK KIND\n"
			    "       writebench make DISK KIND MIB\n"
			    "       writebench [OPTION..] seq|random DISK\n";

static VixDiskLibConnection conn;

static VixDiskLibCreateParams params(int kind, uint64 sectors)
{
	return (VixDiskLibCreateParams){
		.diskType = (VixDiskLibDiskType)kind,
		.adapterType = VIXDISKLIB_ADAPTER_SCSI_LSILOGIC,
		.hwVersion = VIXDISKLIB_HWVERSION_WORKSTATION_5,
		.capacity = sectors,
	};
}

static void make_disk(const char *disk, int kind, uint64 sectors)
{
	VixDiskLibCreateParams p = params(kind, sectors);

	if (VixDiskLib_Create(conn, disk, &p, NULL, NULL) != VIX_OK)
		vdb_die("create", disk);
}

static Bool look(void *data, int percent)
{
	(void)data;
	(void)percent;
	vdb_memory_look();
	return TRUE;
}

static void clone_disk(const char *source, const char *disk, int kind)
{
	VixDiskLibCreateParams p = params(kind, 1);

	if (VixDiskLib_Clone(conn, disk, conn, source, &p, look, NULL, FALSE) != VIX_OK)
		vdb_die("clone to it", disk);
}

/* Where the data at or behind @off begins; @size: there is no more. */
static off_t next_data(int fd, off_t off, off_t size)
{
	off_t data = lseek(fd, off, SEEK_DATA);

	return data < 0 ? size : data / CALL_BYTES * CALL_BYTES;
}

static void copy_data(VixDiskLibHandle handle, int fd, off_t size, const char *file)
{
	uint8 *buf = vdb_buffer_new(CALL_BYTES);
	size_t n;

	for (off_t off = next_data(fd, 0, size); off < size;
	     off = next_data(fd, off + (off_t)n, size)) {
		n = size - off < CALL_BYTES ? (size_t)(size - off) : CALL_BYTES;
		if (pread(fd, buf, n, off) != (ssize_t)n ||
		    VixDiskLib_Write(handle, (uint64)off / VDB_SECTOR, n / VDB_SECTOR, buf) !=
			    VIX_OK)
			vdb_die("copy it", file);
	}
	vdb_memory_look();
	free(buf);
}

static void fill_disk(const char *file, const char *disk, int kind)
{
	int fd = open(file, O_RDONLY | O_CLOEXEC);
	VixDiskLibHandle handle;
	struct stat sb;

	if (fd < 0 || fstat(fd, &sb) < 0)
		vdb_die("open", file);
	make_disk(disk, kind, (uint64)sb.st_size / VDB_SECTOR);
	if (VixDiskLib_Open(conn, disk, 0, &handle) != VIX_OK)
		vdb_die("open", disk);
	copy_data(handle, fd, sb.st_size / VDB_SECTOR * VDB_SECTOR, file);
	if (VixDiskLib_Close(handle) != VIX_OK)
		vdb_die("close", disk);
	close(fd);
}

/* What copying can not be faster than: the system gives one thread at a time a file to write. */
static void write_file(const char *path, uint64 mib)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	uint8 *buf = vdb_buffer_new(CALL_BYTES);

	if (fd < 0)
		vdb_die("create", path);
	for (uint64 i = 0; i < mib; i++) {
		if (pwrite(fd, buf, CALL_BYTES, (off_t)(i * CALL_BYTES)) != CALL_BYTES)
			vdb_die("write", path);
	}
	close(fd);
	free(buf);
}

static double write_disk(const char *what, const char *disk, const struct vdb_calls *o)
{
	struct vdb_target t = vdb_open(conn, disk, 0, o);
	double spent = strcmp(what, "seq") == 0 ? vdb_write_seq(&t, o) : vdb_write_steps(&t, o);

	if (VixDiskLib_Close(t.disk) != VIX_OK)
		vdb_die("close", disk);
	return spent;
}

/* @argv: from the verb on. */
static double measure(int argc, char **argv, const struct vdb_calls *o)
{
	double begin = vdb_now_s();

	if (argc == 4 && strcmp(argv[0], "clone") == 0) {
		clone_disk(argv[1], argv[2], atoi(argv[3]));
	} else if (argc == 4 && strcmp(argv[0], "fill") == 0) {
		fill_disk(argv[1], argv[2], atoi(argv[3]));
	} else if (argc == 4 && strcmp(argv[0], "make") == 0) {
		make_disk(argv[1], atoi(argv[2]), strtoull(argv[3], NULL, 0) << 11);
	} else if (argc == 3 && strcmp(argv[0], "file") == 0) {
		write_file(argv[1], strtoull(argv[2], NULL, 0));
	} else if (argc == 2 && (strcmp(argv[0], "seq") == 0 || strcmp(argv[0], "random") == 0)) {
		return write_disk(argv[0], argv[1], o);
	} else {
		fputs(usage, stderr);
		exit(2);
	}
	return vdb_now_s() - begin;
}

int main(int argc, char **argv)
{
	struct vdb_calls o = vdb_calls_parse(argc, argv, usage);

	conn = vdb_connect(&o);
	vdb_memory_begin();
	vdb_print(measure(argc - optind, argv + optind, &o));
	vdb_disconnect(conn);
	return EXIT_SUCCESS;
}
