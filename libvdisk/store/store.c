/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The wrappers around store drivers: every check that is the same for all of them; see store.h.
 */
#include "config.h"

#include "store.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "../../common/alloc.h"
#include "../../common/bytes.h"
#include "../../common/cleanup.h"
#include "../../common/forks.h"
#include "../../common/log.h"

#define ZEROS_BYTES (64u << 10) /* looked at at a time */

static VixError open_store(struct vd_store *st, const char *path, const size_t *dir_len)
{
	st->path = strdup(path);
	if (st->path == NULL)
		return VIX_E_OUT_OF_MEMORY;
	if (dir_len != NULL)
		st->inside = st->path + *dir_len;
	return st->ops->open(st);
}

static VixError new_store(const struct vd_store_ops *ops, const char *path, const size_t *dir_len,
			  unsigned mode, struct vd_store **st_out)
{
	struct vd_store *st = vu_calloc_array(1, ops->state_size);
	VixError err;

	*st_out = NULL;
	if (st == NULL)
		return VIX_E_OUT_OF_MEMORY;
	st->ops = ops;
	st->mode = mode;
	st->forks = vu_forks();
	atomic_init(&st->owners, 1);
	err = open_store(st, path, dir_len);
	if (err != VIX_OK) {
		free(st->path);
		free(st);
		return err;
	}
	*st_out = st;
	return VIX_OK;
}

VixError vd_store_open(const struct vd_store_ops *ops, const char *path, unsigned mode,
		       struct vd_store **st_out)
{
	return new_store(ops, path, NULL, mode, st_out);
}

VixError vd_store_open_inside(const struct vd_store_ops *ops, const char *path, size_t dir_len,
			      unsigned mode, struct vd_store **st_out)
{
	return new_store(ops, path, &dir_len, mode, st_out);
}

struct vd_store *vd_store_share(struct vd_store *st)
{
	atomic_fetch_add(&st->owners, 1);
	return st;
}

void vd_store_close(struct vd_store *st)
{
	if (st == NULL || atomic_fetch_sub(&st->owners, 1) != 1)
		return;
	st->ops->close(st);
	free(st->path);
	free(st);
}

bool vd_store_reaches(struct vd_store *st, uint64_t end)
{
	if (end <= vu_max(st->size, atomic_load(&st->later)))
		return true;
	if (st->mode & VD_STORE_WRITE || st->ops->size_now == NULL)
		return false;
	atomic_store(&st->later, st->ops->size_now(st));
	return end <= atomic_load(&st->later);
}

static VixError check_range(struct vd_store *st, const char *what, uint64_t len, uint64_t off)
{
	uint64_t end;

	if (vu_range_inside(off, len, st->size) ||
	    (vu_add_fits(off, len, &end) && vd_store_reaches(st, end)))
		return VIX_OK;
	VU_ERR("store",
	       "%s: cannot %s %" PRIu64 " bytes at %" PRIu64 ": the file has only %" PRIu64,
	       vu_log_quote(st->path), what, len, off, st->size);
	return VIX_E_FILE_ERROR;
}

bool vd_store_is_inherited(const struct vd_store *st)
{
	return st->forks != vu_forks();
}

static VixError check_writable(const struct vd_store *st)
{
	if (!(st->mode & VD_STORE_WRITE) || st->ops->pwrite == NULL) {
		VU_ERR("store", "%s: cannot write: it is open read-only", vu_log_quote(st->path));
		return VIX_E_FILE_READ_ONLY;
	}
	if (!vd_store_is_inherited(st))
		return VIX_OK;
	VU_ERR("store", "%s: cannot write: this process was forked by the one that has it open",
	       vu_log_quote(st->path));
	return VIX_E_FILE_ALREADY_LOCKED;
}

VixError vd_store_pread(struct vd_store *st, void *buf, size_t len, uint64_t off)
{
	VD_TRY(check_range(st, "read", len, off));
	return len != 0 ? st->ops->pread(st, buf, len, off) : VIX_OK;
}

VixError vd_store_pwrite(struct vd_store *st, const void *buf, size_t len, uint64_t off)
{
	VD_TRY(check_writable(st));
	VD_TRY(check_range(st, "write", len, off));
	return len != 0 ? st->ops->pwrite(st, buf, len, off) : VIX_OK;
}

VixError vd_store_update(struct vd_store *st, const void *buf, size_t len, uint64_t off)
{
	VU_AUTO(free) char *old = malloc(len);
	const char *new = buf;
	size_t begin = 0;

	if (old == NULL)
		return VIX_E_OUT_OF_MEMORY;
	VD_TRY(vd_store_pread(st, old, len, off));
	while (begin < len && old[begin] == new[begin])
		begin++;
	while (len > begin && old[len - 1] == new[len - 1])
		len--;
	return vd_store_pwrite(st, new + begin, len - begin, off + begin);
}

VixError vd_store_copy(struct vd_store *st, uint64_t off, struct vd_store *from, uint64_t from_off,
		       size_t len, bool *done_out)
{
	*done_out = false;
	VD_TRY(check_writable(st));
	VD_TRY(check_range(st, "write", len, off));
	VD_TRY(check_range(from, "read", len, from_off));
	if (st->ops->copy == NULL || from->ops != st->ops)
		return VIX_OK;
	return st->ops->copy(st, off, from, from_off, len, done_out);
}

VixError vd_store_append(struct vd_store *st, const void *buf, size_t len, uint64_t off)
{
	uint64_t end;

	VD_TRY(check_writable(st));
	if (off < st->size || !vu_add_fits(off, len, &end) || end > INT64_MAX) {
		VU_ERR("store", "%s: cannot append %zu bytes at %" PRIu64 ": the file has %" PRIu64,
		       vu_log_quote(st->path), len, off, st->size);
		return VIX_E_FILE_ERROR;
	}
	if (len == 0)
		return VIX_OK;
	VD_TRY(st->ops->pwrite(st, buf, len, off));
	st->size = end;
	return VIX_OK;
}

VixError vd_store_put(struct vd_store *st, const void *buf, size_t len, uint64_t off)
{
	size_t inside = off < st->size ? vu_min(len, st->size - off) : 0;

	VD_TRY(vd_store_pwrite(st, buf, inside, off));
	return inside < len
		       ? vd_store_append(st, (const char *)buf + inside, len - inside, off + inside)
		       : VIX_OK;
}

VixError vd_store_flush(struct vd_store *st)
{
	VixError err;

	if (!(st->mode & VD_STORE_WRITE) || st->ops->flush == NULL)
		return VIX_OK;
	if (atomic_load(&st->has_lost)) {
		VU_ERR("store", "%s: cannot flush: what was written before may be lost",
		       vu_log_quote(st->path));
		return VIX_E_FILE_ERROR;
	}
	err = st->ops->flush(st);
	if (err != VIX_OK)
		atomic_store(&st->has_lost, true);
	return err;
}

VixError vd_store_replace(struct vd_store *st, const void *buf, size_t len)
{
	VD_TRY(check_writable(st));
	if (st->ops->replace == NULL) {
		VU_ERR("store", "%s: cannot replace: its store can't", vu_log_quote(st->path));
		return VIX_E_NOT_SUPPORTED;
	}
	VD_TRY(st->ops->replace(st, buf, len));
	st->size = len;
	return VIX_OK;
}

static VixError refuse_size(const struct vd_store *st, uint64_t from, uint64_t more)
{
	VU_ERR("store", "%s: it can't be made %" PRIu64 " bytes long", vu_log_quote(st->path),
	       from + more);
	return VIX_E_NOT_SUPPORTED;
}

VixError vd_store_resize(struct vd_store *st, uint64_t bytes)
{
	VD_TRY(check_writable(st));
	if (bytes > INT64_MAX || st->ops->resize == NULL)
		return refuse_size(st, 0, bytes);
	VD_TRY(st->ops->resize(st, bytes));
	st->size = bytes;
	return VIX_OK;
}

static VixError append_zeros(struct vd_store *st, uint64_t len)
{
	static const char zeros[256u << 10];
	uint64_t size = st->size;

	while (len > 0) {
		uint64_t part = vu_min(len, sizeof(zeros));
		VixError err = vd_store_append(st, zeros, part, st->size);

		if (err != VIX_OK) {
			st->size = size;
			return err;
		}
		len -= part;
	}
	return VIX_OK;
}

VixError vd_store_allocate(struct vd_store *st, uint64_t len)
{
	uint64_t end;

	VD_TRY(check_writable(st));
	if (!vu_add_fits(st->size, len, &end) || end > INT64_MAX)
		return refuse_size(st, st->size, len);
	if (len == 0)
		return VIX_OK;
	if (st->ops->allocate == NULL)
		return append_zeros(st, len);
	VixError err = st->ops->allocate(st, len);
	if (err == VIX_E_NOT_SUPPORTED)
		return append_zeros(st, len);
	if (err == VIX_OK)
		st->size = end;
	return err;
}

VixError vd_store_is_zero(struct vd_store *st, uint64_t off, bool *is_zero_out)
{
	VU_AUTO(free) unsigned char *buf = malloc(ZEROS_BYTES);
	size_t len;

	*is_zero_out = true;
	if (buf == NULL)
		return VIX_E_OUT_OF_MEMORY;
	for (; off < st->size && *is_zero_out; off += len) {
		len = vu_min(ZEROS_BYTES, st->size - off);
		VD_TRY(vd_store_pread(st, buf, len, off));
		*is_zero_out = vu_is_zero(buf, len);
	}
	return VIX_OK;
}

VixError vd_store_holes(struct vd_store *st, uint64_t off, uint64_t len, vd_hole_fn *fn, void *ctx)
{
	VD_TRY(check_range(st, "look for holes in", len, off));
	if (len == 0)
		return VIX_OK;
	if (st->ops->holes != NULL)
		return st->ops->holes(st, off, len, fn, ctx);
	fn(off, len, true, ctx);
	return VIX_OK;
}

struct vd_file_id vd_file_id_of(const struct stat *sb)
{
	return (struct vd_file_id){ .dev = sb->st_dev, .ino = sb->st_ino };
}

bool vd_file_id_equal(const struct vd_file_id *a, const struct vd_file_id *b)
{
	return (a->dev != 0 || a->ino != 0) && a->dev == b->dev && a->ino == b->ino;
}

bool vd_file_id_fits(const struct vd_file_id *id, const struct stat *sb)
{
	const struct vd_file_id other = vd_file_id_of(sb);

	return vd_file_id_equal(id, &other);
}
