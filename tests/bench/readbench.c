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
 *	-u  unbuffered (O_DIRECT)
 *
 * Prints "SECONDS KIB": the time without opening (with it for open and map), and the most private
 * memory that was seen beyond that at start and the buffer of the calls.
 */
#include "config.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "vixDiskLib.h"

#define SECTOR      VIXDISKLIB_SECTOR_SIZE
#define MAP_CHUNK   VIXDISKLIB_MIN_CHUNK_SIZE
#define MAP_SECTORS ((uint64_t)MAP_CHUNK * VIXDISKLIB_MAX_CHUNK_NUMBER)
#define LOOKS       16 /* at the memory, during a measure */

struct options {
	size_t bytes;
	uint64_t reads, step;
	bool unbuffered;
};

/* Where the bytes come from: a disk of the library or a plain file. */
struct source {
	VixDiskLibHandle disk; /* NULL: it is the file */
	int fd;
	uint64_t size;
};

static long idle_kib, most_kib;

static void die(const char *what, const char *path)
{
	fprintf(stderr, "readbench: %s: cannot %s\n", path, what);
	exit(1);
}

static double now_s(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec * 1e-9;
}

/* Private memory that is in use now. */
static long private_kib(void)
{
	FILE *f = fopen("/proc/self/smaps_rollup", "re");
	char line[128];
	long kib = 0;

	if (f == NULL)
		return 0;
	while (fgets(line, sizeof(line), f) != NULL) {
		if (sscanf(line, "Anonymous: %ld", &kib) == 1)
			break;
	}
	fclose(f);
	return kib;
}

static void look_at_memory(void)
{
	const long kib = private_kib() - idle_kib;

	if (kib > most_kib)
		most_kib = kib;
}

static void read_at(const struct source *src, const char *path, void *buf, size_t len, uint64_t off)
{
	if (src->disk == NULL) {
		if (pread(src->fd, buf, len, (off_t)off) != (ssize_t)len)
			die("read", path);
	} else if (VixDiskLib_Read(src->disk, off / SECTOR, len / SECTOR, buf) != VIX_OK) {
		die("read", path);
	}
}

/* A buffer whose pages are there before the clock runs. */
static void *make_buffer(size_t len)
{
	void *buf = aligned_alloc(4096, len);

	if (buf == NULL)
		die("get memory for", "the buffer");
	memset(buf, 1, len);
	return buf;
}

static double time_seq(const struct source *src, const char *path, const struct options *o)
{
	uint64_t look = src->size / LOOKS + 1, next_look = look;
	void *buf = make_buffer(o->bytes);
	double spent = 0, t0;

	idle_kib = private_kib();
	t0 = now_s();
	for (uint64_t off = 0; off < src->size; off += o->bytes) {
		size_t len = src->size - off < o->bytes ? src->size - off : o->bytes;

		read_at(src, path, buf, len, off);
		if (off >= next_look) {
			spent += now_s() - t0;
			look_at_memory();
			next_look += look;
			t0 = now_s();
		}
	}
	spent += now_s() - t0;
	free(buf);
	return spent;
}

static double time_random(const struct source *src, const char *path, const struct options *o)
{
	void *buf = make_buffer(o->bytes);
	uint64_t off = 0;
	double t0;

	idle_kib = private_kib();
	t0 = now_s();
	for (uint64_t i = 0; i < o->reads; i++) {
		read_at(src, path, buf, o->bytes, off);
		off = (off + o->step) % src->size / o->bytes * o->bytes;
	}
	t0 = now_s() - t0;
	look_at_memory();
	free(buf);
	return t0;
}

/* The library. */

static VixDiskLibConnection connect_host(void)
{
	VixDiskLibConnectParams params = { 0 };
	VixDiskLibConnection conn;

	if (VixDiskLib_Init(8, 0, NULL, NULL, NULL, NULL) != VIX_OK ||
	    VixDiskLib_Connect(&params, &conn) != VIX_OK)
		die("connect to", "this host");
	return conn;
}

static struct source open_disk(VixDiskLibConnection conn, const char *path, const struct options *o)
{
	uint32 flags = VIXDISKLIB_FLAG_OPEN_READ_ONLY |
		       (o->unbuffered ? VIXDISKLIB_FLAG_OPEN_UNBUFFERED : 0);
	struct source src = { .fd = -1 };
	VixDiskLibInfo *info;

	if (VixDiskLib_Open(conn, path, flags, &src.disk) != VIX_OK)
		die("open", path);
	if (VixDiskLib_GetInfo(src.disk, &info) != VIX_OK)
		die("ask", path);
	src.size = info->capacity * SECTOR;
	VixDiskLib_FreeInfo(info);
	return src;
}

static struct source open_file(const char *path, const struct options *o)
{
	struct source src = { .fd = open(path,
					 O_RDONLY | O_CLOEXEC | (o->unbuffered ? O_DIRECT : 0)) };
	struct stat sb;

	if (src.fd < 0 || fstat(src.fd, &sb) < 0)
		die("open", path);
	src.size = (uint64_t)sb.st_size / SECTOR * SECTOR;
	return src;
}

static void map_all(const struct source *src, const char *path)
{
	uint64_t sectors = src->size / SECTOR;

	for (uint64_t at = 0; at < sectors; at += MAP_SECTORS) {
		uint64_t n = sectors - at < MAP_SECTORS ? sectors - at : MAP_SECTORS;
		VixDiskLibBlockList *list;

		n = (n + MAP_CHUNK - 1) / MAP_CHUNK * MAP_CHUNK;
		if (VixDiskLib_QueryAllocatedBlocks(src->disk, at, n, MAP_CHUNK, &list) != VIX_OK)
			die("map", path);
		VixDiskLib_FreeBlockList(list);
	}
	look_at_memory();
}

/* With the time that opening takes. */
static double time_open(VixDiskLibConnection conn, const char *path, const struct options *o,
			bool with_map)
{
	double t0 = now_s();
	struct source src = open_disk(conn, path, o);

	if (with_map)
		map_all(&src, path);
	t0 = now_s() - t0;
	look_at_memory();
	VixDiskLib_Close(src.disk);
	return t0;
}

static double measure_disk(const char *what, const char *path, const struct options *o)
{
	VixDiskLibConnection conn = connect_host();
	struct source src;
	double spent;

	idle_kib = private_kib();
	if (strcmp(what, "open") == 0 || strcmp(what, "map") == 0) {
		spent = time_open(conn, path, o, strcmp(what, "map") == 0);
	} else {
		src = open_disk(conn, path, o);
		spent = strcmp(what, "seq") == 0 ? time_seq(&src, path, o)
						 : time_random(&src, path, o);
		VixDiskLib_Close(src.disk);
	}
	VixDiskLib_Disconnect(conn);
	VixDiskLib_Exit();
	return spent;
}

static double measure_file(const char *what, const char *path, const struct options *o)
{
	struct source src = open_file(path, o);
	double spent = strcmp(what, "file") == 0 ? time_seq(&src, path, o)
						 : time_random(&src, path, o);

	close(src.fd);
	return spent;
}

static double measure_files(const char *what, char **paths, const struct options *o)
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
			die("evict", *paths);
		close(fd);
	}
}

static struct options parse(int argc, char **argv)
{
	struct options o = { .bytes = 1 << 20, .reads = 100000, .step = 4096 };
	int c;

	while ((c = getopt(argc, argv, "b:n:s:u")) != -1) {
		switch (c) {
		case 'b':
			o.bytes = strtoull(optarg, NULL, 0);
			break;
		case 'n':
			o.reads = strtoull(optarg, NULL, 0);
			break;
		case 's':
			o.step = strtoull(optarg, NULL, 0);
			break;
		case 'u':
			o.unbuffered = true;
			break;
		default:
			exit(2);
		}
	}
	if (optind + 2 > argc || o.bytes == 0 || o.bytes % 4096 != 0) {
		fprintf(stderr, "usage: readbench [OPTION..] WHAT DISK\n");
		exit(2);
	}
	return o;
}

int main(int argc, char **argv)
{
	struct options o = parse(argc, argv);
	const char *what = argv[optind], *path = argv[optind + 1];
	double spent;

	if (strcmp(what, "evict") == 0) {
		evict(argv + optind + 1);
		return EXIT_SUCCESS;
	}
	if (strcmp(what, "file") == 0 || strcmp(what, "fileran") == 0)
		spent = measure_files(what, argv + optind + 1, &o);
	else
		spent = measure_disk(what, path, &o);
	printf("%.6f %ld\n", spent, most_kib);
	return EXIT_SUCCESS;
}
