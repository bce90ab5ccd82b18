/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The store for files of this host: other bytes for a file, durably; see vd_store_replace().
 */
#include "config.h"

#include "local.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../common/alloc.h"
#include "../../common/cleanup.h"
#include "../../common/osutil.h"
#include "lock.h"
#include "names.h"

/* In place: for directories where no file can be made. */
static VixError overwrite(struct vd_store *st, const void *buf, size_t len)
{
	int fd = vd_local_of(st)->fd;
	int err = vu_pwrite_full(fd, buf, len, 0);

	if (err == 0 && (ftruncate(fd, (off_t)len) < 0 || fdatasync(fd) < 0))
		err = -errno;
	return err == 0 ? VIX_OK : vd_local_failed(st, "rewrite", err);
}

/* The same bytes, mode and owner as the file is to have; not an owner that we may not give. */
static int fill_copy(const struct vd_local *lo, int fd, const void *buf, size_t len)
{
	struct stat sb;
	int err = fstat(lo->fd, &sb) < 0 ? -errno : vu_pwrite_full(fd, buf, len, 0);

	if (err == 0 && fchown(fd, sb.st_uid, sb.st_gid) < 0 && errno != EPERM)
		err = -errno;
	if (err == 0 && (fchmod(fd, sb.st_mode & 07777) < 0 || fsync(fd) < 0))
		err = -errno;
	return err;
}

/* From now on @fd, locked by @lock, is the file. */
static void take_over(struct vd_local *lo, int fd, struct vd_lock *lock,
		      const struct vd_file_id *id)
{
	vd_local_close_fd(NULL, lo->direct_fd);
	lo->direct_fd = -1;
	if (lo->claim_fd < 0) {
		lo->claim_fd = lo->fd;
		lo->claim = lo->lock;
	} else {
		vd_lock_close(lo->lock, lo->fd);
	}
	lo->fd = fd;
	lo->lock = lock;
	lo->base.id = *id;
}

/* @path is where the file really is, @temp a new file beside it that is open as @fd. */
static int move_over(struct vd_local *lo, const char *temp, const char *path, int fd,
		     const void *buf, size_t len)
{
	struct stat sb;
	int err = fill_copy(lo, fd, buf, len);

	if (err != 0)
		return err;
	if (stat(path, &sb) < 0)
		return -errno;
	if (!vd_file_id_fits(&lo->base.id, &sb))
		return -ESTALE;
	return rename(temp, path) == 0 ? vd_local_flush_dir(path) : -errno;
}

/* The new file is locked before anybody can find it.  @fd is consumed. */
static VixError replace_by(struct vd_local *lo, const char *temp, const char *path, int fd,
			   const void *buf, size_t len)
{
	struct vd_store as = { .path = lo->base.path, .mode = VD_STORE_WRITE };
	struct vd_lock *lock = NULL;
	VixError code = VIX_OK;
	struct stat sb;
	int err = fstat(fd, &sb) < 0 ? -errno : 0;

	if (err == 0) {
		as.id = vd_file_id_of(&sb);
		code = vd_lock_take(&as, &fd, &lock);
	}
	if (err == 0 && code == VIX_OK)
		err = move_over(lo, temp, path, fd, buf, len);
	if (err == 0 && code == VIX_OK) {
		take_over(lo, fd, lock, &as.id);
		return VIX_OK;
	}
	unlink(temp);
	vd_lock_close(lock, fd);
	return code != VIX_OK ? code : vd_local_io_failed(&lo->base, "replace", err);
}

VixError vd_local_replace(struct vd_store *st, const void *buf, size_t len)
{
	struct vd_local *lo = vd_local_of(st);
	VU_AUTO(free) char *path = realpath(st->path, NULL);
	VU_AUTO(free) char *temp = path != NULL ? vu_asprintf("%s.new-XXXXXX", path) : NULL;
	int fd;

	if (path == NULL)
		return vd_local_failed(st, "replace", errno);
	if (temp == NULL)
		return VIX_E_OUT_OF_MEMORY;
	fd = mkostemp(temp, O_CLOEXEC);
	if (fd >= 0)
		return replace_by(lo, temp, path, fd, buf, len);
	if (errno == EACCES || errno == EPERM || errno == EROFS || errno == ENAMETOOLONG)
		return overwrite(st, buf, len);
	return vd_local_failed(st, "replace", errno);
}
