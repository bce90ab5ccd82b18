/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The wrappers around the drivers of open disks: every check that is the same for all of them;
 * see disk.h.
 */
#include "config.h"

#include "disk.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "../common/bytes.h"
#include "../common/cleanup.h"
#include "../common/forks.h"
#include "../common/log.h"
#include "format/format.h"
#include "used.h"
#include "writers.h"

/* Readers that overlap each other all the time must not keep a writer out.  So nobody who has the
 * lock shared may take it again. */
static void init_lock(pthread_rwlock_t *lock)
{
	pthread_rwlockattr_t attr;

	pthread_rwlockattr_init(&attr);
	pthread_rwlockattr_setkind_np(&attr, PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP);
	pthread_rwlock_init(lock, &attr);
	pthread_rwlockattr_destroy(&attr);
}

void vd_disk_init(struct vd_disk *d, const struct vd_disk_ops *ops, const char *mode,
		  uint64_t capacity, bool readonly)
{
	*d = (struct vd_disk){
		.ops = ops,
		.mode = mode,
		.capacity = capacity,
		.readonly = readonly,
		.forks = vu_forks(),
	};
	init_lock(&d->lock);
}

void vd_disk_close(struct vd_disk *d)
{
	struct vd_writer *w = d != NULL ? d->writer : NULL;

	if (d == NULL || !vd_writer_leave(w))
		return;
	vd_disk_flush(d);
	d->ops->close(d);
	pthread_rwlock_destroy(&d->lock);
	vd_used_free(d->used);
	if (d->let_go != NULL)
		d->let_go(d->held);
	free(d);
	vd_writer_end(w);
}

/* With the disk's lock held: the capacity may grow.  What is inside can be counted in bytes. */
static VixError check_range(const struct vd_disk *d, const char *what, uint64_t sector,
			    uint64_t count)
{
	if (vu_range_inside(sector, count, d->capacity) && count <= SIZE_MAX / VD_SECTOR_SIZE)
		return VIX_OK;
	VU_ERR("disk",
	       "cannot %s %" PRIu64 " sectors from %" PRIu64 " on: the disk has only %" PRIu64,
	       what, count, sector, d->capacity);
	return VIX_E_DISK_OUTOFRANGE;
}

VixError vd_disk_check_range(struct vd_disk *d, const char *what, uint64_t sector, uint64_t count)
{
	VixError err;

	pthread_rwlock_rdlock(&d->lock);
	err = check_range(d, what, sector, count);
	pthread_rwlock_unlock(&d->lock);
	return err;
}

static VixError check_buffer(const char *what, uint64_t count, const void *buf)
{
	if (count != 0 && buf != NULL)
		return VIX_OK;
	VU_ERR("disk", "cannot %s: %s", what,
	       buf == NULL ? "no buffer is given" : "the number of sectors is 0");
	return VIX_E_INVALID_ARG;
}

VixError vd_disk_read(struct vd_disk *d, uint64_t sector, uint64_t count, void *buf)
{
	VU_LOG_ABOUT(d->path);
	VixError err;

	VD_TRY(check_buffer("read", count, buf));
	pthread_rwlock_rdlock(&d->lock);
	err = check_range(d, "read", sector, count);
	if (err == VIX_OK)
		err = d->ops->pread(d, sector, count, buf);
	pthread_rwlock_unlock(&d->lock);
	return err;
}

static VixError check_writable(const struct vd_disk *d)
{
	if (d->readonly) {
		VU_ERR("disk", "cannot write: the disk is open read-only");
		return VIX_E_FILE_READ_ONLY;
	}
	if (d->ops->pwrite == NULL) {
		VU_ERR("disk", "cannot write: disks of this kind can only be read");
		return VIX_E_NOT_SUPPORTED;
	}
	return VIX_OK;
}

static VixError write_in_place(struct vd_disk *d, uint64_t sector, uint64_t count, const void *buf,
			       bool *done_out)
{
	VixError err;

	pthread_rwlock_rdlock(&d->lock);
	err = check_range(d, "write", sector, count);
	if (err == VIX_OK)
		err = d->ops->pwrite_in_place(d, sector, count, buf, done_out);
	pthread_rwlock_unlock(&d->lock);
	return err;
}

VixError vd_disk_write(struct vd_disk *d, uint64_t sector, uint64_t count, const void *buf)
{
	VU_LOG_ABOUT(d->path);
	VixError err;

	VD_TRY(check_buffer("write", count, buf));
	VD_TRY(check_writable(d));
	if (d->ops->pwrite_in_place != NULL) {
		bool is_done = false;

		err = write_in_place(d, sector, count, buf, &is_done);
		if (err != VIX_OK || is_done)
			return err;
	}
	pthread_rwlock_wrlock(&d->lock);
	err = check_range(d, "write", sector, count);
	if (err == VIX_OK)
		err = d->ops->pwrite(d, sector, count, buf);
	pthread_rwlock_unlock(&d->lock);
	return err;
}

static VixError flush_in_place(struct vd_disk *d, bool *done_out)
{
	VixError err;

	pthread_rwlock_rdlock(&d->lock);
	err = d->ops->flush_in_place(d, done_out);
	pthread_rwlock_unlock(&d->lock);
	return err;
}

VixError vd_disk_flush(struct vd_disk *d)
{
	VU_LOG_ABOUT(d->path);
	bool is_done = false;
	VixError err;

	if (d->readonly || d->ops->flush == NULL || d->forks != vu_forks())
		return VIX_OK;
	if (d->ops->flush_in_place != NULL)
		VD_TRY(flush_in_place(d, &is_done));
	if (is_done)
		return VIX_OK;
	pthread_rwlock_wrlock(&d->lock);
	err = d->ops->flush(d);
	pthread_rwlock_unlock(&d->lock);
	return err;
}

static VixError each_extent(struct vd_disk *d, uint64_t sector, uint64_t count, vd_run_fn *fn,
			    void *ctx)
{
	if (d->used == NULL || !vd_used_is_known(d->used))
		return d->ops->extents(d, sector, count, fn, ctx);
	vd_used_each(d->used, sector, count, fn, ctx);
	return VIX_OK;
}

VixError vd_disk_extents(struct vd_disk *d, uint64_t sector, uint64_t count, vd_run_fn *fn,
			 void *ctx)
{
	VU_LOG_ABOUT(d->path);
	VixError err;

	pthread_rwlock_rdlock(&d->lock);
	err = check_range(d, "map", sector, count);
	if (err == VIX_OK && count != 0)
		err = each_extent(d, sector, count, fn, ctx);
	pthread_rwlock_unlock(&d->lock);
	return err;
}

VixError vd_disk_map(struct vd_disk *d, uint64_t sector, uint64_t count, vd_map_fn *fn, void *ctx)
{
	VU_LOG_ABOUT(d->path);
	VixError err;

	if (d->ops->map == NULL) {
		VU_ERR("disk", "where the sectors of this disk lie can't be told");
		return VIX_E_NOT_SUPPORTED;
	}
	pthread_rwlock_rdlock(&d->lock);
	err = check_range(d, "map", sector, count);
	if (err == VIX_OK && count != 0)
		err = d->ops->map(d, sector, count, fn, ctx);
	pthread_rwlock_unlock(&d->lock);
	return err;
}

VixError vd_disk_locate(struct vd_disk *d, uint64_t sector, uint64_t count,
			struct vd_place *place_out)
{
	VU_LOG_ABOUT(d->path);
	VixError err;

	*place_out = (struct vd_place){ .sectors = count };
	VD_TRY(check_buffer("find", count, place_out));
	pthread_rwlock_rdlock(&d->lock);
	err = check_range(d, "find", sector, count);
	if (err == VIX_OK && d->ops->locate != NULL)
		err = d->ops->locate(d, sector, count, place_out);
	pthread_rwlock_unlock(&d->lock);
	return err;
}

VixError vd_disk_copy_from(struct vd_disk *d, uint64_t sector, const struct vd_place *from,
			   bool *done_out)
{
	VU_LOG_ABOUT(d->path);
	VixError err;

	*done_out = false;
	VD_TRY(check_writable(d));
	if (d->ops->copy_in_place == NULL)
		return VIX_OK;
	pthread_rwlock_rdlock(&d->lock);
	err = check_range(d, "write", sector, from->sectors);
	if (err == VIX_OK)
		err = d->ops->copy_in_place(d, sector, from, done_out);
	pthread_rwlock_unlock(&d->lock);
	return err;
}

VixError vd_disk_get_info(struct vd_disk *d, vd_disk_info_fn *fn, void *ctx)
{
	struct vd_disk_info info = { 0 };
	VixError err;

	pthread_rwlock_rdlock(&d->lock);
	info.capacity = d->capacity;
	d->ops->info(d, &info);
	err = fn(&info, ctx);
	pthread_rwlock_unlock(&d->lock);
	return err;
}

VixError vd_disk_get_meta(struct vd_disk *d, const char *key, char **value_out)
{
	const char *value;

	*value_out = NULL;
	pthread_rwlock_rdlock(&d->lock);
	value = d->ops->meta_get(d, key);
	if (value != NULL)
		*value_out = strdup(value);
	pthread_rwlock_unlock(&d->lock);
	return value != NULL && *value_out == NULL ? VIX_E_OUT_OF_MEMORY : VIX_OK;
}

/* What is needed to change the descriptor of a disk.  @has_slot: its driver can. */
static VixError check_describable(const struct vd_disk *d, bool has_slot)
{
	if (d->readonly) {
		VU_ERR("disk", "cannot write metadata: the disk is open read-only");
		return VIX_E_FILE_READ_ONLY;
	}
	if (has_slot)
		return VIX_OK;
	VU_ERR("disk", "cannot write metadata: disks of this kind have none");
	return VIX_E_NOT_SUPPORTED;
}

VixError vd_disk_set_meta(struct vd_disk *d, const char *key, const char *value)
{
	VixError err = check_describable(d, d->ops->meta_set != NULL);

	if (err != VIX_OK)
		return err;
	pthread_rwlock_wrlock(&d->lock);
	err = d->ops->meta_set(d, key, value);
	pthread_rwlock_unlock(&d->lock);
	return err;
}

VixError vd_disk_set_parent(struct vd_disk *d, const char *hint, uint32_t cid)
{
	VixError err = check_describable(d, d->ops->parent_set != NULL);

	if (err != VIX_OK)
		return err;
	pthread_rwlock_wrlock(&d->lock);
	err = d->ops->parent_set(d, hint, cid);
	pthread_rwlock_unlock(&d->lock);
	return err;
}

VixError vd_disk_each_meta(struct vd_disk *d, vd_key_fn *fn, void *ctx)
{
	VixError err;

	pthread_rwlock_rdlock(&d->lock);
	err = d->ops->meta_each(d, fn, ctx);
	pthread_rwlock_unlock(&d->lock);
	return err;
}

static VixError no_chain(const char *what)
{
	VU_ERR("disk", "cannot %s: disks of this kind have neither parents nor children", what);
	return VIX_E_NOT_SUPPORTED;
}

VixError vd_disk_check_attach(struct vd_disk *parent, struct vd_disk *child)
{
	if (parent->ops != child->ops || parent->ops->check_attach == NULL)
		return no_chain("attach");
	return parent->ops->check_attach(parent, child);
}

VixError vd_disk_attach(struct vd_disk *parent, struct vd_disk *child)
{
	if (parent->ops != child->ops || parent->ops->attach == NULL)
		return no_chain("attach");
	return parent->ops->attach(parent, child);
}

VixError vd_disk_become_parent(struct vd_disk *d, char **path_out, uint32_t *cid_out)
{
	VixError err;

	*path_out = NULL;
	if (d->ops->become_parent == NULL)
		return no_chain("make a child");
	pthread_rwlock_wrlock(&d->lock);
	err = d->ops->become_parent(d, path_out, cid_out);
	pthread_rwlock_unlock(&d->lock);
	return err;
}
