/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What reading through the disk library costs, and the limit that the system sets, one measure at a
 * time; read.sh puts them beside the peers'.
 *
 *	readbench [OPTION..] seq DISK       all of it, in calls of -b bytes
 *	readbench [OPTION..] random DISK    -n reads of -b bytes, -s bytes apart, around the end
 *	readbench [OPTION..] open DISK      opened and closed again
 *	readbench [OPTION..] map DISK       its allocated blocks
 *	readbench [OPTION..] file FILE..    as seq, by pread() of the files' own bytes
 *	readbench [OPTION..] fileran FILE   as random, by pread()
 *	readbench evict FILE..              out of the page cache
 *
 *	-b BYTES, -n READS, -s BYTES        as above
 *	-q CALLS  so many under way at once, by ReadAsync
 *	-u        unbuffered (O_DIRECT)
 *	-c FILE   configuration for Init
 *
 * Prints "SECONDS KIB": the time without opening (with it for open and map), and the most private
 * memory that was seen beyond that at start and the buffers of the calls.
 */
#include "config.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "measure.h"

#define MAP_CHUNK   VIXDISKLIB_MIN_CHUNK_SIZE
#define MAP_SECTORS ((uint64_t)MAP_CHUNK * VIXDISKLIB_MAX_CHUNK_NUMBER)

static const char usage[] = "usage: readbench [OPTION..] seq|random|open|map DISK\n"
			    "       readbench [OPTION..] file|fileran|evict FILE..\n";

static void map_all(const struct vdb_target *t)
{
	uint64_t sectors = t->size / VDB_SECTOR;

	for (uint64_t at = 0; at < sectors; at += MAP_SECTORS) {
		uint64_t n = sectors - at < MAP_SECTORS ? sectors - at : MAP_SECTORS;
		VixDiskLibBlockList *list;

		n = (n + MAP_CHUNK - 1) / MAP_CHUNK * MAP_CHUNK;
		if (VixDiskLib_QueryAllocatedBlocks(t->disk, at, n, MAP_CHUNK, &list) != VIX_OK)
			vdb_die("map", t->path);
		VixDiskLib_FreeBlockList(list);
	}
	vdb_memory_look();
}

/* With the time that opening takes. */
static double time_open(VixDiskLibConnection conn, const char *path, const struct vdb_calls *o,
			bool with_map)
{
	double t0 = vdb_now_s();
	struct vdb_target t = vdb_open(conn, path, VIXDISKLIB_FLAG_OPEN_READ_ONLY, o);

	if (with_map)
		map_all(&t);
	t0 = vdb_now_s() - t0;
	vdb_memory_look();
	VixDiskLib_Close(t.disk);
	return t0;
}

static double measure_disk(const char *what, const char *path, const struct vdb_calls *o)
{
	VixDiskLibConnection conn = vdb_connect(o);
	double spent;

	vdb_memory_begin();
	if (strcmp(what, "open") == 0 || strcmp(what, "map") == 0) {
		spent = time_open(conn, path, o, strcmp(what, "map") == 0);
	} else {
		struct vdb_target t = vdb_open(conn, path, VIXDISKLIB_FLAG_OPEN_READ_ONLY, o);

		spent = strcmp(what, "seq") == 0 ? vdb_read_seq(&t, o) : vdb_read_steps(&t, o);
		VixDiskLib_Close(t.disk);
	}
	vdb_disconnect(conn);
	return spent;
}

static double measure_file(const char *what, const char *path, const struct vdb_calls *o)
{
	int flags = O_RDONLY | O_CLOEXEC | (o->unbuffered ? O_DIRECT : 0);
	struct vdb_target t = { .fd = open(path, flags), .path = path };
	struct stat sb;
	double spent;

	if (t.fd < 0 || fstat(t.fd, &sb) < 0)
		vdb_die("open", path);
	t.size = (uint64_t)sb.st_size / VDB_SECTOR * VDB_SECTOR;
	spent = strcmp(what, "file") == 0 ? vdb_read_seq(&t, o) : vdb_read_steps(&t, o);
	close(t.fd);
	return spent;
}

static double measure_files(const char *what, char **paths, const struct vdb_calls *o)
{
	double spent = 0;

	for (; *paths != NULL; paths++)
		spent += measure_file(what, *paths, o);
	return spent;
}

static void evict(char **paths)
{
	for (; *paths != NULL; paths++) {
		int fd = open(*paths, O_RDONLY | O_CLOEXEC);

		if (fd < 0 || fdatasync(fd) < 0 ||
		    posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED) != 0)
			vdb_die("evict", *paths);
		close(fd);
	}
}

int main(int argc, char **argv)
{
	struct vdb_calls o = vdb_calls_parse(argc, argv, usage);
	const char *what = argv[optind];
	double spent;

	if (optind + 2 > argc) {
		fputs(usage, stderr);
		return 2;
	}
	if (strcmp(what, "evict") == 0) {
		evict(argv + optind + 1);
		return EXIT_SUCCESS;
	}
	if (strcmp(what, "file") == 0 || strcmp(what, "fileran") == 0)
		spent = measure_files(what, argv + optind + 1, &o);
	else
		spent = measure_disk(what, argv[optind + 1], &o);
	vdb_print(spent);
	return EXIT_SUCCESS;
}
