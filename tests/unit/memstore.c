/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A store in memory; see memstore.h.
 */
#include "config.h"

#include "memstore.h"

#include <assert.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "array.h"

struct file {
	char *path;
	unsigned char *bytes;
	size_t len;
};

struct memstore {
	struct vd_store base;
	unsigned char *bytes; /* borrowed from the file */
};

static VU_ARRAY(struct file) files;
static atomic_uint n_reads, n_open;
static unsigned failing_read; /* counted as n_reads; 0: none */
static char broken_path[256]; /* file with a broken byte; "": none */
static uint64_t broken_off;

static struct file *find_file(const char *path)
{
	VU_ARRAY_FOREACH(&files, f)
		if (strcmp(f->path, path) == 0)
			return f;
	return NULL;
}

void memstore_add(const char *path, const void *bytes, size_t len)
{
	struct file *old = find_file(path);
	struct file f = { .len = len };

	f.bytes = malloc(len != 0 ? len : 1);
	assert(f.bytes != NULL);
	if (len != 0)
		memcpy(f.bytes, bytes, len);
	if (old != NULL) {
		free(old->bytes);
		f.path = old->path;
		*old = f;
		return;
	}
	f.path = strdup(path);
	if (f.path == NULL || VU_ARRAY_PUSH(&files, f) < 0)
		abort();
}

unsigned char *memstore_bytes(const char *path)
{
	struct file *f = find_file(path);

	return f != NULL ? f->bytes : NULL;
}

struct vd_store *memstore_open(const char *path)
{
	struct vd_store *st;

	if (vd_store_open(&memstore_ops, path, 0, &st) != VIX_OK)
		abort();
	return st;
}

void memstore_fail_read(unsigned n)
{
	failing_read = n != 0 ? n_reads + n : 0;
	broken_path[0] = '\0';
}

void memstore_fail_at(const char *path, uint64_t off)
{
	snprintf(broken_path, sizeof(broken_path), "%s", path);
	broken_off = off;
}

unsigned memstore_reads(void)
{
	return n_reads;
}

unsigned memstore_n_open(void)
{
	return n_open;
}

void memstore_reset(void)
{
	assert(n_open == 0);
	VU_ARRAY_FOREACH(&files, f) {
		free(f->path);
		free(f->bytes);
	}
	VU_ARRAY_FREE(&files);
	n_reads = 0;
	memstore_fail_read(0);
}

static VixError mem_open(struct vd_store *st)
{
	struct file *f = find_file(st->path);

	if (f == NULL)
		return VIX_E_FILE_NOT_FOUND;
	((struct memstore *)st)->bytes = f->bytes;
	st->size = f->len;
	n_open++;
	return VIX_OK;
}

static void mem_close(struct vd_store *st)
{
	(void)st;
	n_open--;
}

static VixError mem_pread(struct vd_store *st, void *buf, size_t len, uint64_t off)
{
	if (++n_reads == failing_read)
		memstore_fail_at(st->path, off);
	if (strcmp(st->path, broken_path) == 0 && broken_off - off < len)
		return VIX_E_FILE_ERROR;
	memcpy(buf, ((struct memstore *)st)->bytes + off, len);
	return VIX_OK;
}

static VixError mem_pwrite(struct vd_store *st, const void *buf, size_t len, uint64_t off)
{
	memcpy(((struct memstore *)st)->bytes + off, buf, len);
	return VIX_OK;
}

const struct vd_store_ops memstore_ops = {
	.name = "mem",
	.state_size = sizeof(struct memstore),
	.open = mem_open,
	.close = mem_close,
	.pread = mem_pread,
	.pwrite = mem_pwrite,
};
