/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * asyncserver: serves one disk to many clients of its own, with the calls of nbdkit's vddk plugin in
 * their order and on threads as there:
 *
 *	asyncserver DISK CONNECTIONS LARGEST    LARGEST: sectors of the one large request
 *
 * Each connection of a client has its VixDiskLib connection, its handle to the same file, and a
 * worker. Open and Close are under one lock; all calls between them come from the worker, which
 * starts requests and does not wait for them. Whoever sent a command waits for it; completions come
 * on threads of the library. A completion, right or wrong, asks for the error's text.
 *
 * It is for memory and thread checkers. Exit status 0, or 1 with what went wrong on stderr.
 */
#include "config.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "vixDiskLib.h"

#define SECTOR    512u
#define CHUNK     128u
#define SENDERS   3u    /* threads that send commands to one connection */
#define REGION    1024u /* sectors that each of them has for itself */
#define REQUESTS  12u   /* that it sends */
#define MOST_CONN 64u

enum kind { READ, WRITE, FLUSH, EXTENTS, INFO, STOP };

/* Waits with whoever sent it. */
struct command {
	enum kind kind;
	uint64_t sector, count;
	uint8 *buf;
	VixError result;
	bool is_done;
	pthread_mutex_t lock; /* of is_done and result */
	pthread_cond_t done;
	struct command *next;
};

struct server {
	VixDiskLibConnectParams *params;
	VixDiskLibConnection conn;
	VixDiskLibHandle disk;
	unsigned number;
	pthread_t worker;
	pthread_mutex_t lock; /* of the queue */
	pthread_cond_t has_more;
	struct command *first, **end;
};

struct sender {
	struct server *server;
	unsigned number;
	pthread_t thread;
};

static pthread_mutex_t open_close = PTHREAD_MUTEX_INITIALIZER;
static const char *path;
static uint64_t capacity;
static atomic_bool has_failed;

__attribute__((format(printf, 1, 2))) static void fail(const char *fmt, ...)
{
	va_list args;

	atomic_store(&has_failed, true);
	va_start(args, fmt);
	vfprintf(stderr, fmt, args);
	va_end(args);
}

static void check(VixError err, const char *what)
{
	if (err != VIX_OK)
		fail("%s: error %llu\n", what, (unsigned long long)err);
}

static void say(const char *fmt, va_list args)
{
	vfprintf(stderr, fmt, args);
}

/* Nobody wants it. */
static void say_nothing(const char *fmt, va_list args)
{
	char line[1000];

	vsnprintf(line, sizeof(line), fmt, args);
}

/* Commands. */

static void command_init(struct command *c, enum kind kind)
{
	memset(c, 0, sizeof(*c));
	c->kind = kind;
	pthread_mutex_init(&c->lock, NULL);
	pthread_cond_init(&c->done, NULL);
}

/* On a thread of the library, or on the worker where a request was not accepted. */
static void complete(void *data, VixError result)
{
	struct command *c = data;
	char *text = VixDiskLib_GetErrorText(result, NULL);

	if (text == NULL)
		fail("no text for an error\n");
	VixDiskLib_FreeErrorText(text);
	pthread_mutex_lock(&c->lock);
	c->result = result;
	c->is_done = true;
	pthread_cond_signal(&c->done);
	pthread_mutex_unlock(&c->lock);
}

static void enqueue(struct server *s, struct command *c)
{
	pthread_mutex_lock(&s->lock);
	*s->end = c;
	s->end = &c->next;
	pthread_cond_signal(&s->has_more);
	pthread_mutex_unlock(&s->lock);
}

static struct command *dequeue(struct server *s)
{
	struct command *c;

	pthread_mutex_lock(&s->lock);
	while (s->first == NULL)
		pthread_cond_wait(&s->has_more, &s->lock);
	c = s->first;
	s->first = c->next;
	if (s->first == NULL)
		s->end = &s->first;
	pthread_mutex_unlock(&s->lock);
	return c;
}

/* Return: its result, when it is done. */
static VixError send_command(struct server *s, struct command *c)
{
	enqueue(s, c);
	pthread_mutex_lock(&c->lock);
	while (!c->is_done)
		pthread_cond_wait(&c->done, &c->lock);
	pthread_mutex_unlock(&c->lock);
	pthread_cond_destroy(&c->done);
	pthread_mutex_destroy(&c->lock);
	return c->result;
}

/* The worker. */

static VixError get_info(VixDiskLibHandle disk)
{
	VixDiskLibInfo *info;
	VixError err = VixDiskLib_GetInfo(disk, &info);

	if (err == VIX_OK && info->capacity != capacity)
		fail("the capacity has changed\n");
	VixDiskLib_FreeInfo(info);
	return err;
}

static VixError get_extents(VixDiskLibHandle disk, uint64_t sector, uint64_t count)
{
	uint64_t start = sector / CHUNK * CHUNK, end = (sector + count + CHUNK - 1) / CHUNK * CHUNK;
	VixDiskLibBlockList *list;
	VixError err = VixDiskLib_QueryAllocatedBlocks(disk, start, end - start, CHUNK, &list);
	uint64_t position = start;

	if (err != VIX_OK)
		return err;
	for (uint32 i = 0; i < list->numBlocks; i++) {
		if (list->blocks[i].offset < position)
			fail("blocks are in no order\n");
		position = list->blocks[i].offset + list->blocks[i].length;
	}
	return VixDiskLib_FreeBlockList(list);
}

static VixError flush(VixDiskLibHandle disk)
{
	check(VixDiskLib_Wait(disk), "Wait");
	return VixDiskLib_Flush(disk);
}

/* A request that is accepted is completed by its callback alone, perhaps before this returns. */
static void start(struct server *s, struct command *c)
{
	VixError err = c->kind == READ ? VixDiskLib_ReadAsync(s->disk, c->sector, c->count, c->buf,
							      complete, c)
				       : VixDiskLib_WriteAsync(s->disk, c->sector, c->count, c->buf,
							       complete, c);

	if (err != VIX_ASYNC)
		complete(c, err);
}

static void *work(void *data)
{
	struct server *s = data;

	for (;;) {
		struct command *c = dequeue(s);

		switch (c->kind) {
		case READ:
		case WRITE:
			start(s, c);
			break;
		case FLUSH:
			complete(c, flush(s->disk));
			break;
		case EXTENTS:
			complete(c, get_extents(s->disk, c->sector, c->count));
			break;
		case INFO:
			complete(c, get_info(s->disk));
			break;
		case STOP:
			complete(c, VixDiskLib_Wait(s->disk));
			return NULL;
		}
	}
}

/* Connections. */

static void open_disk(struct server *s)
{
	const char *mode;

	s->params = VixDiskLib_AllocateConnectParams();
	check(VixDiskLib_ConnectEx(s->params, FALSE, NULL, NULL, &s->conn), "ConnectEx");
	check(VixDiskLib_Open(s->conn, path, 0, &s->disk), "Open");
	mode = VixDiskLib_GetTransportMode(s->disk);
	if (mode == NULL || strcmp(mode, "file") != 0)
		fail("another transport\n");
}

static void server_start(struct server *s, unsigned number)
{
	memset(s, 0, sizeof(*s));
	s->number = number;
	s->end = &s->first;
	pthread_mutex_init(&s->lock, NULL);
	pthread_cond_init(&s->has_more, NULL);
	pthread_mutex_lock(&open_close);
	open_disk(s);
	pthread_mutex_unlock(&open_close);
	if (pthread_create(&s->worker, NULL, work, s) != 0)
		abort();
}

static void server_stop(struct server *s)
{
	struct command c;

	command_init(&c, STOP);
	check(send_command(s, &c), "the last Wait");
	pthread_join(s->worker, NULL);
	pthread_mutex_lock(&open_close);
	check(VixDiskLib_Close(s->disk), "Close");
	check(VixDiskLib_Disconnect(s->conn), "Disconnect");
	VixDiskLib_FreeConnectParams(s->params);
	pthread_mutex_unlock(&open_close);
	pthread_cond_destroy(&s->has_more);
	pthread_mutex_destroy(&s->lock);
}

/* Clients. */

static VixError transfer(struct server *s, enum kind kind, uint64_t sector, uint64_t count,
			 uint8 *buf)
{
	struct command c;

	command_init(&c, kind);
	c.sector = sector;
	c.count = count;
	c.buf = buf;
	return send_command(s, &c);
}

static void fill(uint8 *buf, uint64_t count, unsigned seed)
{
	for (uint64_t i = 0; i < count; i++)
		memset(buf + i * SECTOR, (int)(seed + i * 7) & 0xff, SECTOR);
}

/* Requests of very different lengths, all inside the region that starts at @base. */
static void write_and_read(struct server *s, uint64_t base, unsigned seed)
{
	uint8 *buf = malloc(REGION * SECTOR), *got = malloc(REGION * SECTOR);

	for (unsigned i = 0; i < REQUESTS; i++) {
		uint64_t count = i % 4 == 3 ? REGION : 1 + (seed + i) * 37 % 100;
		uint64_t sector = base + (seed + i) * 131 % (REGION - count + 1);

		fill(buf, count, seed + i);
		check(transfer(s, WRITE, sector, count, buf), "a write");
		check(transfer(s, i % 6 == 5 ? FLUSH : INFO, 0, 0, NULL), "flush or info");
		check(transfer(s, READ, sector, count, got), "a read");
		if (memcmp(buf, got, count * SECTOR) != 0)
			fail("%llu sectors at %llu are not those that were written\n",
			     (unsigned long long)count, (unsigned long long)sector);
		check(transfer(s, EXTENTS, sector, count, NULL), "extents");
	}
	free(buf);
	free(got);
}

static void *send_all(void *data)
{
	struct sender *sender = data;
	struct server *s = sender->server;
	unsigned number = s->number * SENDERS + sender->number;
	uint8 buf[2 * SECTOR];

	write_and_read(s, (uint64_t)number * REGION, number * 1000 + 1);
	if (transfer(s, READ, capacity - 1, 2, buf) != VIX_E_DISK_OUTOFRANGE ||
	    transfer(s, WRITE, capacity, 1, buf) != VIX_E_DISK_OUTOFRANGE)
		fail("the disk has no end\n");
	return NULL;
}

static void serve_clients(unsigned connections)
{
	static struct server servers[MOST_CONN];
	static struct sender senders[MOST_CONN][SENDERS];

	for (unsigned i = 0; i < connections; i++)
		server_start(&servers[i], i);
	for (unsigned i = 0; i < connections * SENDERS; i++) {
		struct sender *sender = &senders[i / SENDERS][i % SENDERS];

		sender->server = &servers[i / SENDERS];
		sender->number = i % SENDERS;
		if (pthread_create(&sender->thread, NULL, send_all, sender) != 0)
			abort();
	}
	for (unsigned i = 0; i < connections; i++) {
		for (unsigned k = 0; k < SENDERS; k++)
			pthread_join(senders[i][k].thread, NULL);
		server_stop(&servers[i]); /* while the others go on */
	}
}

/* Up to as much as NBD permits, at once. */
static void serve_large(uint64_t count)
{
	uint8 *buf = malloc(count * SECTOR), *got = malloc(count * SECTOR);
	struct server s;

	server_start(&s, 0);
	fill(buf, count, 99);
	check(transfer(&s, WRITE, 3, count, buf), "the large write");
	check(transfer(&s, READ, 3, count, got), "the large read");
	if (memcmp(buf, got, count * SECTOR) != 0)
		fail("the large request's bytes are not those that were written\n");
	server_stop(&s);
	free(buf);
	free(got);
}

/* As the plugin does when it starts: what is the size, and does the first chunk's question work? */
static void look(void)
{
	VixDiskLibInfo *info = NULL;
	struct server s = { 0 };

	open_disk(&s);
	check(VixDiskLib_GetInfo(s.disk, &info), "GetInfo");
	capacity = info != NULL ? info->capacity : 0;
	VixDiskLib_FreeInfo(info);
	check(get_extents(s.disk, 0, CHUNK), "the first question");
	check(VixDiskLib_Close(s.disk), "Close");
	check(VixDiskLib_Disconnect(s.conn), "Disconnect");
	VixDiskLib_FreeConnectParams(s.params);
}

int main(int argc, char *argv[])
{
	unsigned connections = argc == 4 ? (unsigned)atoi(argv[2]) : 0;
	uint64_t largest = argc == 4 ? strtoull(argv[3], NULL, 10) : 0;

	if (connections == 0 || connections > MOST_CONN)
		return 2;
	path = argv[1];
	check(VixDiskLib_InitEx(6, 5, say_nothing, say_nothing, say, NULL, NULL), "InitEx");
	look();
	if (capacity < (uint64_t)connections * SENDERS * REGION || capacity < largest + 3)
		fail("the disk is too small\n");
	if (!atomic_load(&has_failed)) {
		serve_clients(connections);
		serve_large(largest);
	}
	VixDiskLib_Exit();
	return atomic_load(&has_failed) ? 1 : 0;
}
