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

#include "../../libvdisk/store/names.h"
#include "alloc.h"
#include "array.h"
#include "cleanup.h"
#include "strbuf.h"

struct file {
	char *path; /* NULL: it was removed */
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

static bool has_links = true;
static memstore_watch_fn *watch;
static void *watch_ctx;
static atomic_uint n_changes;
static unsigned failing_change, failing_changes; /* the first, counted as n_changes; how many */
static VixError change_code;
static size_t change_part;

static struct file *find_file(const char *path)
{
	VU_ARRAY_FOREACH(&files, f)
		if (f->path != NULL && strcmp(f->path, path) == 0)
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

void memstore_have_links(bool it_has)
{
	has_links = it_has;
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
	memstore_have_links(true);
}

/* Tells of a change, and whether it fails. */
static VixError change(enum memstore_change what, const char *path, const void *buf, size_t len,
		       uint64_t off)
{
	unsigned n = ++n_changes;

	if (failing_change != 0 && n >= failing_change && n - failing_change < failing_changes)
		return change_code;
	if (watch != NULL)
		watch(watch_ctx, what, path, buf, len, off);
	return VIX_OK;
}

static VixError make_file(const char *path)
{
	if (find_file(path) != NULL)
		return VIX_E_FILE_ALREADY_EXISTS;
	VD_TRY(change(MEMSTORE_CREATE, path, NULL, 0, 0));
	memstore_add(path, NULL, 0);
	return VIX_OK;
}

static VixError mem_open(struct vd_store *st)
{
	struct file *f;

	if (st->mode & VD_STORE_CREATE)
		VD_TRY(make_file(st->path));
	f = find_file(st->path);
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

static void put_bytes(struct file *f, const void *buf, size_t len, uint64_t off)
{
	if (off + len > f->len) {
		f->bytes = realloc(f->bytes, off + len);
		if (f->bytes == NULL)
			abort();
		memset(f->bytes + f->len, 0, off + len - f->len);
		f->len = off + len;
	}
	if (len != 0)
		memcpy(f->bytes + off, buf, len);
}

static VixError mem_pwrite(struct vd_store *st, const void *buf, size_t len, uint64_t off)
{
	VixError err = change(MEMSTORE_WRITE, st->path, buf, len, off);

	if (err != VIX_OK)
		len = len < change_part ? len : change_part;
	if (len != 0)
		put_bytes(file_of(st), buf, len, off);
	return err;
}

static VixError mem_flush(struct vd_store *st)
{
	return change(MEMSTORE_FLUSH, st->path, NULL, 0, 0);
}

static VixError mem_replace(struct vd_store *st, const void *buf, size_t len)
{
	VixError err = change(MEMSTORE_REPLACE, st->path, buf, len, 0);

	if (err != VIX_OK)
		return err;
	file_of(st)->len = 0;
	put_bytes(file_of(st), buf, len, 0);
	return VIX_OK;
}

static VixError mem_resize(struct vd_store *st, uint64_t bytes)
{
	struct file *f = file_of(st);

	VD_TRY(change(MEMSTORE_RESIZE, st->path, NULL, 0, bytes));
	if (bytes > f->len)
		put_bytes(f, NULL, 0, bytes);
	f->len = bytes;
	return VIX_OK;
}

/* Names. */

static bool mem_exists(const char *path)
{
	return find_file(path) != NULL;
}

static VixError mem_resolve(const char *path, char **real_out)
{
	*real_out = strdup(path);
	return *real_out != NULL ? VIX_OK : VIX_E_OUT_OF_MEMORY;
}

static void forget(struct file *f)
{
	free(f->path);
	f->path = NULL;
}

void memstore_remove(const char *path)
{
	forget(find_file(path));
}

static VixError mem_move(const char *from, const char *to, bool may_replace)
{
	struct file *f = find_file(from), *other = find_file(to);

	if (f == NULL)
		return VIX_E_FILE_NOT_FOUND;
	if (other != NULL && !may_replace)
		return VIX_E_FILE_ALREADY_EXISTS;
	VD_TRY(change(MEMSTORE_MOVE, from, NULL, 0, 0));
	if (other != NULL)
		forget(other);
	free(f->path);
	f->path = strdup(to);
	return VIX_OK;
}

/* The copies do not follow each other: nobody writes to a file of two names. */
static VixError mem_link(const char *path, const char *other)
{
	const struct file *f = find_file(path);

	if (!has_links)
		return VIX_E_NOT_SUPPORTED;
	if (f == NULL)
		return VIX_E_FILE_NOT_FOUND;
	if (find_file(other) != NULL)
		return VIX_E_FILE_ALREADY_EXISTS;
	VD_TRY(change(MEMSTORE_CREATE, other, NULL, 0, 0));
	memstore_add(other, f->bytes, f->len);
	return VIX_OK;
}

static VixError mem_remove(const char *path)
{
	struct file *f = find_file(path);

	if (f == NULL)
		return VIX_E_FILE_NOT_FOUND;
	VD_TRY(change(MEMSTORE_REMOVE, path, NULL, 0, 0));
	forget(f);
	return VIX_OK;
}

static VixError mem_sync(const char *path)
{
	return change(MEMSTORE_SYNC, path, NULL, 0, 0);
}

static void mem_take_after(const char *path, const char *old)
{
	(void)path;
	(void)old;
}

/* What is in a work directory has its path and a slash before it. */
static bool is_inside(const struct file *f, const char *dir)
{
	size_t len = strlen(dir);

	return f->path != NULL && strncmp(f->path, dir, len) == 0 && f->path[len] == '/';
}

/* Has a change failed, and will the next one? */
static bool is_killed(void)
{
	return failing_change != 0 && n_changes >= failing_change &&
	       n_changes + 1 - failing_change < failing_changes;
}

/* That an empty file is left in a work directory is no failure that anybody could be told of. */
static void empty(const char *dir)
{
	VU_ARRAY_FOREACH(&files, f) {
		if (!is_inside(f, dir))
			continue;
		if (f->len != 0)
			mem_remove(f->path);
		else if (!is_killed())
			forget(f);
	}
}

/* Of "d.part/.old/x" in "d.part", where the disk is "d": "x". */
static void put_back(const struct file *f, const char *work, bool is_main, const char *main_path)
{
	size_t skip = strlen(work) + strlen("/" VD_WORK_OLD "/");
	VU_AUTO(free) char *from = strdup(f->path);

	if (strncmp(from + strlen(work), "/" VD_WORK_OLD "/", strlen("/" VD_WORK_OLD "/")) == 0 &&
	    (strcmp(from + skip, main_path) == 0) == is_main)
		mem_move(from, from + skip, true);
}

/* Of "d.part/.new/x" in "d.part": "x", if it has left "d.part". */
static void take_back(const struct file *f, const char *work)
{
	size_t skip = strlen(work) + strlen("/" VD_WORK_NEW "/");
	VU_AUTO(free)
	char *name = strncmp(f->path + strlen(work), "/" VD_WORK_NEW "/",
			     strlen("/" VD_WORK_NEW "/")) == 0
			     ? strdup(f->path + skip)
			     : NULL;
	VU_AUTO(free) char *in_work = vu_asprintf("%s/%s", work, name != NULL ? name : "");

	if (name != NULL && !mem_exists(in_work) && mem_exists(name))
		mem_remove(name);
}

static void mem_sweep(const char *path)
{
	VU_AUTO(free) char *work = vu_asprintf("%s.part", path);
	VU_AUTO(free) char *main_file = vu_asprintf("%s/%s", work, path);

	VU_ARRAY_FOREACH(&files, f) {
		if (is_inside(f, work) && mem_exists(main_file))
			take_back(f, work);
	}
	for (int is_main = 0; is_main < 2 && !mem_exists(path); is_main++) {
		VU_ARRAY_FOREACH(&files, f) {
			if (is_inside(f, work))
				put_back(f, work, is_main, path);
		}
	}
	empty(work);
}

static VixError mem_begin_work(const char *path, struct vd_workdir *dir)
{
	mem_sweep(path);
	VD_TRY(change(MEMSTORE_CREATE, path, NULL, 0, 0));
	dir->path = vu_asprintf("%s.part", path);
	return VIX_OK;
}

static void mem_end_work(struct vd_workdir *dir)
{
	empty(dir->path);
	free(dir->path);
}

static int by_path(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

char *memstore_list(void)
{
	VU_AUTO(free) char **paths = vu_calloc_array(files.n, sizeof(*paths));
	struct vu_strbuf b = { 0 };
	size_t n = 0;

	VU_ARRAY_FOREACH(&files, f) {
		if (f->path != NULL)
			paths[n++] = f->path;
	}
	qsort(paths, n, sizeof(*paths), by_path);
	for (size_t i = 0; i < n; i++)
		vu_strbuf_printf(&b, "%s ", paths[i]);
	return vu_strbuf_take(&b);
}

static const struct vd_names_ops mem_names = {
	.exists = mem_exists,
	.resolve = mem_resolve,
	.move = mem_move,
	.link = mem_link,
	.remove = mem_remove,
	.sync = mem_sync,
	.take_after = mem_take_after,
	.begin_work = mem_begin_work,
	.end_work = mem_end_work,
	.sweep = mem_sweep,
};

const struct vd_store_ops memstore_ops = {
	.name = "mem",
	.state_size = sizeof(struct memstore),
	.open = mem_open,
	.close = mem_close,
	.pread = mem_pread,
	.pwrite = mem_pwrite,
	.flush = mem_flush,
	.replace = mem_replace,
	.resize = mem_resize,
	.names = &mem_names,
};
