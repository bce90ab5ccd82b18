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
	size_t file; /* in files */
};

static VU_ARRAY(struct file) files;
static atomic_uint n_reads, n_open;
static unsigned failing_read; /* counted as n_reads; 0: none */
static char broken_path[256]; /* file with a broken byte; "": none */
static uint64_t broken_off;

static memstore_watch_fn *watch;
static void *watch_ctx;
static atomic_uint n_changes;
static unsigned failing_change, failing_changes; /* the first, counted as n_changes; how many */
static VixError change_code;
static size_t change_part;

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

size_t memstore_len(const char *path)
{
	return find_file(path)->len;
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

void memstore_watch(memstore_watch_fn *fn, void *ctx)
{
	watch = fn;
	watch_ctx = ctx;
}

void memstore_fail_change(unsigned n, VixError code, unsigned n_fail, size_t part)
{
	failing_change = n != 0 ? n_changes + n : 0;
	failing_changes = n_fail;
	change_code = code;
	change_part = part;
}

unsigned memstore_changes(void)
{
	return n_changes;
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
	n_reads = n_changes = 0;
	memstore_fail_read(0);
	memstore_fail_change(0, VIX_OK, 0, 0);
	memstore_watch(NULL, NULL);
}

static VixError mem_open(struct vd_store *st)
{
	struct file *f = find_file(st->path);

	if (f == NULL)
		return VIX_E_FILE_NOT_FOUND;
	((struct memstore *)st)->file = (size_t)(f - files.v);
	st->size = f->len;
	n_open++;
	return VIX_OK;
}

static void mem_close(struct vd_store *st)
{
	(void)st;
	n_open--;
}

static struct file *file_of(const struct vd_store *st)
{
	return &files.v[((const struct memstore *)st)->file];
}

static VixError mem_pread(struct vd_store *st, void *buf, size_t len, uint64_t off)
{
	if (++n_reads == failing_read)
		memstore_fail_at(st->path, off);
	if (strcmp(st->path, broken_path) == 0 && broken_off - off < len)
		return VIX_E_FILE_ERROR;
	memcpy(buf, file_of(st)->bytes + off, len);
	return VIX_OK;
}

/* Tells of a change, and whether it fails. */
static VixError begin_change(enum memstore_change what, const struct vd_store *st, const void *buf,
			     size_t len, uint64_t off)
{
	unsigned n = ++n_changes;

	if (failing_change != 0 && n >= failing_change && n - failing_change < failing_changes)
		return change_code;
	if (watch != NULL)
		watch(watch_ctx, what, st->path, buf, len, off);
	return VIX_OK;
}

static void put_bytes(struct file *f, const void *buf, size_t len, uint64_t off)
{
	if (off + len > f->len) {
		f->bytes = realloc(f->bytes, off + len);
		if (f->bytes == NULL)
			abort();
		memset(f->bytes + f->len, 0, off + len - f->len);
		f->len = off + len;
	}
	memcpy(f->bytes + off, buf, len);
}

static VixError mem_pwrite(struct vd_store *st, const void *buf, size_t len, uint64_t off)
{
	VixError err = begin_change(MEMSTORE_WRITE, st, buf, len, off);

	if (err != VIX_OK)
		len = len < change_part ? len : change_part;
	if (len != 0)
		put_bytes(file_of(st), buf, len, off);
	return err;
}

static VixError mem_flush(struct vd_store *st)
{
	return begin_change(MEMSTORE_FLUSH, st, NULL, 0, 0);
}

static VixError mem_replace(struct vd_store *st, const void *buf, size_t len)
{
	VixError err = begin_change(MEMSTORE_REPLACE, st, buf, len, 0);

	if (err != VIX_OK)
		return err;
	file_of(st)->len = 0;
	put_bytes(file_of(st), buf, len, 0);
	return VIX_OK;
}

const struct vd_store_ops memstore_ops = {
	.name = "mem",
	.state_size = sizeof(struct memstore),
	.open = mem_open,
	.close = mem_close,
	.pread = mem_pread,
	.pwrite = mem_pwrite,
	.flush = mem_flush,
	.replace = mem_replace,
};
