/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Clock, memory and calls of the benchmarks; see measure.h.
 *
 * Calls that overlap each have a slot with a buffer.  They take the slots in turn, so that a slow one
 * holds up those behind it only once all the other slots are taken.
 */
#include "config.h"

#include "measure.h"

#include <errno.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "../vsphere/params.h"

#define LOOKS 16 /* at the memory, during a measure */

static long idle_kib, most_kib;

void vdb_die(const char *what, const char *path)
{
	fprintf(stderr, "%s: %s: cannot %s\n", program_invocation_short_name, path, what);
	exit(1);
}

double vdb_now_s(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec * 1e-9;
}

/* Options. */

static uint64_t number(const char *text)
{
	return strtoull(text, NULL, 0);
}

struct vdb_calls vdb_calls_parse(int argc, char **argv, const char *usage)
{
	struct vdb_calls c = { .bytes = 1 << 20, .n = 100000, .step = 4096, .depth = 1 };
	int opt;

	while ((opt = getopt(argc, argv, "+b:c:n:q:s:u")) != -1) {
		switch (opt) {
		case 'b':
			c.bytes = number(optarg);
			break;
		case 'c':
			c.config = optarg;
			break;
		case 'n':
			c.n = number(optarg);
			break;
		case 'q':
			c.depth = (unsigned)number(optarg);
			break;
		case 's':
			c.step = number(optarg);
			break;
		case 'u':
			c.unbuffered = true;
			break;
		default:
			exit(2);
		}
	}
	if (c.bytes == 0 || c.bytes % 4096 != 0 || c.depth == 0 || c.depth > VDB_DEPTH_MAX) {
		fputs(usage, stderr);
		exit(2);
	}
	return c;
}

/* Memory. */

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

void vdb_memory_begin(void)
{
	idle_kib = private_kib();
}

void vdb_memory_look(void)
{
	const long kib = private_kib() - idle_kib;

	if (kib > most_kib)
		most_kib = kib;
}

void vdb_print(double seconds)
{
	printf("%.6f %ld\n", seconds, most_kib);
}

void *vdb_buffer_new(size_t len)
{
	void *buf = aligned_alloc(4096, len);

	if (buf == NULL)
		vdb_die("get memory for", "the buffer");
	memset(buf, 1, len);
	return buf;
}

/* The library. */

VixDiskLibConnection vdb_connect(const struct vdb_calls *c)
{
	const char *host = getenv("VS_HOST");
	VixDiskLibConnectParams here = { 0 }, *server = NULL;
	VixDiskLibConnection conn;

	if (VixDiskLib_InitEx(8, 0, NULL, NULL, NULL, NULL, c->config) != VIX_OK)
		vdb_die("use", "the library");
	if (host != NULL)
		server = vdt_server_params();
	if (VixDiskLib_Connect(server != NULL ? server : &here, &conn) != VIX_OK)
		vdb_die("connect to", host != NULL ? host : "this host");
	VixDiskLib_FreeConnectParams(server);
	return conn;
}

void vdb_disconnect(VixDiskLibConnection conn)
{
	VixDiskLib_Disconnect(conn);
	VixDiskLib_Exit();
}

struct vdb_target vdb_open(VixDiskLibConnection conn, const char *path, uint32 flags,
			   const struct vdb_calls *c)
{
	struct vdb_target t = { .fd = -1, .path = path };
	VixDiskLibInfo *info;

	if (c->unbuffered)
		flags |= VIXDISKLIB_FLAG_OPEN_UNBUFFERED;
	if (VixDiskLib_Open(conn, path, flags, &t.disk) != VIX_OK)
		vdb_die("open", path);
	if (VixDiskLib_GetInfo(t.disk, &info) != VIX_OK)
		vdb_die("ask", path);
	t.size = info->capacity * VDB_SECTOR;
	VixDiskLib_FreeInfo(info);
	return t;
}

/* Calls. */

struct slot {
	sem_t is_free;
	uint8 *buf;
	struct calling *calling;
};

struct calling {
	const struct vdb_target *target;
	bool is_write;
	unsigned depth;
	uint64_t n; /* calls so far */
	struct slot slots[VDB_DEPTH_MAX];
	uint8 *buffers;
};

static void check(const struct calling *c, bool is_fine)
{
	if (!is_fine)
		vdb_die(c->is_write ? "write" : "read", c->target->path);
}

static void on_done(void *data, VixError err)
{
	struct slot *s = data;

	check(s->calling, err == VIX_OK);
	sem_post(&s->is_free);
}

static VixError begin_call(const struct calling *c, uint64_t off, size_t len, struct slot *s)
{
	VixDiskLibHandle disk = c->target->disk;
	uint64_t sector = off / VDB_SECTOR, sectors = len / VDB_SECTOR;

	return c->is_write ? VixDiskLib_WriteAsync(disk, sector, sectors, s->buf, on_done, s)
			   : VixDiskLib_ReadAsync(disk, sector, sectors, s->buf, on_done, s);
}

static VixError call(const struct calling *c, uint64_t off, size_t len, uint8 *buf)
{
	VixDiskLibHandle disk = c->target->disk;
	uint64_t sector = off / VDB_SECTOR, sectors = len / VDB_SECTOR;

	return c->is_write ? VixDiskLib_Write(disk, sector, sectors, buf)
			   : VixDiskLib_Read(disk, sector, sectors, buf);
}

static void next_call(struct calling *c, uint64_t off, size_t len)
{
	struct slot *s = &c->slots[c->n++ % c->depth];

	if (c->target->disk == NULL) {
		check(c, pread(c->target->fd, s->buf, len, (off_t)off) == (ssize_t)len);
	} else if (c->depth == 1) {
		check(c, call(c, off, len, s->buf) == VIX_OK);
	} else {
		while (sem_wait(&s->is_free) < 0)
			;
		check(c, begin_call(c, off, len, s) == VIX_ASYNC);
	}
}

static void begin_calls(struct calling *c, const struct vdb_calls *o)
{
	c->depth = o->depth;
	c->buffers = vdb_buffer_new(o->bytes * o->depth);
	for (unsigned i = 0; i < o->depth; i++) {
		c->slots[i].calling = c;
		c->slots[i].buf = c->buffers + i * o->bytes;
		sem_init(&c->slots[i].is_free, 0, 1);
	}
	vdb_memory_begin();
}

/* Until all is done; what was written, durably. */
static void finish_calls(struct calling *c)
{
	if (c->depth > 1)
		check(c, VixDiskLib_Wait(c->target->disk) == VIX_OK);
	if (c->is_write)
		check(c, VixDiskLib_Flush(c->target->disk) == VIX_OK);
}

static void free_calls(struct calling *c)
{
	for (unsigned i = 0; i < c->depth; i++)
		sem_destroy(&c->slots[i].is_free);
	free(c->buffers);
}

static double seq(const struct vdb_target *t, bool is_write, const struct vdb_calls *o)
{
	struct calling c = { .target = t, .is_write = is_write };
	uint64_t look = t->size / LOOKS + 1, next_look = look;
	double spent = 0, t0;

	begin_calls(&c, o);
	t0 = vdb_now_s();
	for (uint64_t off = 0; off < t->size; off += o->bytes) {
		next_call(&c, off, t->size - off < o->bytes ? t->size - off : o->bytes);
		if (off < next_look)
			continue;
		spent += vdb_now_s() - t0;
		vdb_memory_look();
		next_look += look;
		t0 = vdb_now_s();
	}
	finish_calls(&c);
	spent += vdb_now_s() - t0;
	free_calls(&c);
	return spent;
}

static double steps(const struct vdb_target *t, bool is_write, const struct vdb_calls *o)
{
	struct calling c = { .target = t, .is_write = is_write };
	uint64_t off = 0;
	double t0;

	begin_calls(&c, o);
	t0 = vdb_now_s();
	for (uint64_t i = 0; i < o->n; i++) {
		next_call(&c, off, o->bytes);
		off = (off + o->step) % t->size / o->bytes * o->bytes;
	}
	finish_calls(&c);
	t0 = vdb_now_s() - t0;
	vdb_memory_look();
	free_calls(&c);
	return t0;
}

double vdb_read_seq(const struct vdb_target *t, const struct vdb_calls *c)
{
	return seq(t, false, c);
}

double vdb_read_steps(const struct vdb_target *t, const struct vdb_calls *c)
{
	return steps(t, false, c);
}

double vdb_write_seq(const struct vdb_target *t, const struct vdb_calls *c)
{
	return seq(t, true, c);
}

double vdb_write_steps(const struct vdb_target *t, const struct vdb_calls *c)
{
	return steps(t, true, c);
}
