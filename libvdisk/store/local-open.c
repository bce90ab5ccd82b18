/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The store for files of this host: opening and closing; see local.h.
 */
#include "config.h"

#include "local.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/fs.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../common/beneath.h"
#include "../../common/cleanup.h"
#include "../../common/log.h"
#include "../../common/osutil.h"
#include "../../common/vixerr.h"
#include "fdpool.h"
#include "lock.h"

#define READ_FLAGS  (O_RDONLY | O_NONBLOCK | O_NOCTTY)
#define WRITE_FLAGS (O_RDWR | O_NONBLOCK | O_NOCTTY)
#define NEW_MODE    0600 /* disks are as private as what is on them */

#define STAT_BLOCK_BYTES 512u /* of st_blocks, on every file system */

/* The one place where a system error of this store becomes a code. */
VixError vd_local_failed(const struct vd_store *st, const char *what, int err)
{
	VU_ERR("store", "%s: cannot %s: %s", vu_log_quote(st->path), what, strerror(abs(err)));
	return vu_vixerr_from_errno(abs(err));
}

static VixError too_many_open(const struct vd_store *st)
{
	struct rlimit limit = { 0 };

	getrlimit(RLIMIT_NOFILE, &limit);
	VU_ERR("store",
	       "%s: cannot open: too many files are open; this process may have %lu (ulimit -n, "
	       "RLIMIT_NOFILE): raise that, or close some",
	       vu_log_quote(st->path), (unsigned long)limit.rlim_cur);
	return VIX_E_DISK_TOOMANYOPENFILES;
}

static VixError leads_out(const struct vd_store *st)
{
	VU_ERR("store",
	       "cannot open %s: it leads outside of its directory, which only "
	       "" VD_CONFIG_EXTENTS_OUTSIDE " = 1 permits",
	       vu_log_quote(st->path));
	return VIX_E_FILE_ACCESS_ERROR;
}

static VixError open_failed(const struct vd_store *st, int err)
{
	switch (abs(err)) {
	case ENOENT:
	case ENOTDIR:
		if (!(st->mode & VD_STORE_MAY_BE_ABSENT))
			vd_local_failed(st, "open", err);
		return VIX_E_FILE_NOT_FOUND;
	case EMFILE:
	case ENFILE:
		return too_many_open(st);
	case EXDEV:
		return leads_out(st);
	default:
		return vd_local_failed(st, st->mode & VD_STORE_WRITE ? "open for writing" : "open",
				       err);
	}
}

VixError vd_local_io_failed(const struct vd_store *st, const char *what, int err)
{
	if (err == -EMFILE || err == -ENFILE)
		return too_many_open(st);
	if (err == -ESTALE) {
		VU_ERR("store", "%s: cannot %s: another file took its place",
		       vu_log_quote(st->path), what);
		return VIX_E_FILE_ERROR;
	}
	if (err == -ENODATA) {
		VU_ERR("store",
		       "%s: the file became shorter than the %" PRIu64
		       " bytes it had when it was opened",
		       vu_log_quote(st->path), st->size);
		return VIX_E_FILE_ERROR;
	}
	return vd_local_failed(st, what, err);
}

static VixError check_type(const struct vd_store *st, const struct stat *sb)
{
	if (S_ISREG(sb->st_mode) || (S_ISBLK(sb->st_mode) && (st->mode & VD_STORE_DEVICE)))
		return VIX_OK;
	VU_ERR("store", "%s: cannot open: it is not a regular file%s", vu_log_quote(st->path),
	       S_ISBLK(sb->st_mode) ? " but a block device, which is not accepted here" : "");
	return VIX_E_INCORRECT_FILE_TYPE;
}

static VixError get_size(struct vd_store *st, int fd, const struct stat *sb)
{
	if (S_ISREG(sb->st_mode)) {
		st->size = (uint64_t)sb->st_size;
		return VIX_OK;
	}
	if (ioctl(fd, BLKGETSIZE64, &st->size) < 0)
		return vd_local_failed(st, "find the size of the device", errno);
	return VIX_OK;
}

/* The directory that the store must not leave; for the caller to free(). */
static char *confining_dir(const struct vd_store *st)
{
	size_t len = (size_t)(st->inside - st->path);

	return len == 0 ? strdup(".") : strndup(st->path, len);
}

static int open_path(const struct vd_store *st, int flags)
{
	if (st->inside == NULL)
		return vu_open(st->path, flags, NEW_MODE);
	VU_AUTO(free) char *dir = confining_dir(st);
	return dir != NULL ? vu_open_beneath(dir, st->inside, flags) : -ENOMEM;
}

/* Where descriptors have run out, those that are only kept for later are given up. */
static int open_fd(const struct vd_store *st, int flags)
{
	int fd = open_path(st, flags);

	if (fd != -EMFILE && fd != -ENFILE)
		return fd;
	vd_fd_forget(NULL);
	return open_path(st, flags);
}

static bool is_same_file(int fd, const struct vd_file_id *id)
{
	struct stat sb;

	return fstat(fd, &sb) == 0 && vd_file_id_fits(id, &sb);
}

/* @fd, or @if_not after closing it when it is another file. */
static int only_same_file(int fd, const struct vd_file_id *id, int if_not)
{
	if (fd < 0 || is_same_file(fd, id))
		return fd;
	close(fd);
	return if_not;
}

void vd_local_say_refused(struct vd_local *lo)
{
	if (!atomic_exchange(&lo->is_refused, true))
		VU_INFO("store",
			"%s: its file system refuses unbuffered access: it goes through the page "
			"cache",
			vu_log_quote(lo->base.path));
}

/* O_DIRECT on the same file, or -1: then the page cache it is. */
static int open_direct(struct vd_local *lo, int flags)
{
	int fd = open_fd(&lo->base, flags | O_DIRECT);

	if (fd == -EINVAL)
		vd_local_say_refused(lo);
	fd = only_same_file(fd, &lo->base.id, -1);
	return fd < 0 ? -1 : fd;
}

int vd_local_reopen(void *ctx)
{
	struct vd_store *st = ctx;

	return only_same_file(open_fd(st, READ_FLAGS), &st->id, -ESTALE);
}

/*
 * A descriptor to look at the file before it is opened, because opening alone can have effects on
 * a device.
 */
static VixError check_before(struct vd_store *st)
{
	VU_AUTO(close) int fd = open_fd(st, O_PATH);
	struct stat sb;

	if (fd < 0)
		return open_failed(st, fd);
	return fstat(fd, &sb) < 0 ? open_failed(st, errno) : check_type(st, &sb);
}

/* Checks again, because somebody may have put another file in its place. */
static VixError inspect(struct vd_store *st, int fd)
{
	struct stat sb;

	if (fstat(fd, &sb) < 0)
		return open_failed(st, errno);
	VD_TRY(check_type(st, &sb));
	st->id = vd_file_id_of(&sb);
	st->is_device = S_ISBLK(sb.st_mode);
	st->has_holes = S_ISREG(sb.st_mode) &&
			(uint64_t)sb.st_blocks * STAT_BLOCK_BYTES < (uint64_t)sb.st_size;
	return get_size(st, fd, &sb);
}

/* Keeps @fd, which is consumed, if it may; else one is borrowed for each use from now on. */
static void settle(struct vd_local *lo, int fd, int flags)
{
	lo->fd = lo->direct_fd = lo->claim_fd = -1;
	if (!vd_fd_keep((lo->base.mode & VD_STORE_WRITE) != 0)) {
		close(fd);
		return;
	}
	lo->fd = fd;
	if (!(lo->base.mode & VD_STORE_UNBUFFERED) || !vd_fd_keep(false))
		return;
	lo->direct_fd = open_direct(lo, flags);
	if (lo->direct_fd < 0)
		vd_fd_unkeep();
}

static int open_flags(const struct vd_store *st)
{
	if (st->mode & VD_STORE_CREATE)
		return WRITE_FLAGS | O_CREAT | O_EXCL;
	return st->mode & VD_STORE_WRITE ? WRITE_FLAGS : READ_FLAGS;
}

static VixError open_checked(struct vd_store *st, int *fd)
{
	VD_TRY(inspect(st, *fd));
	if (st->mode & VD_STORE_WRITE)
		VD_TRY(vd_lock_take(st, fd, &vd_local_of(st)->lock));
	settle(vd_local_of(st), *fd, st->mode & VD_STORE_WRITE ? WRITE_FLAGS : READ_FLAGS);
	*fd = -1;
	return VIX_OK;
}

VixError vd_local_open(struct vd_store *st)
{
	bool is_new = st->mode & VD_STORE_CREATE;
	VixError err;

	if (!is_new)
		VD_TRY(check_before(st));
	VU_AUTO(close) int fd = open_fd(st, open_flags(st));
	if (fd < 0)
		return open_failed(st, fd);
	err = open_checked(st, &fd);
	if (err != VIX_OK && is_new)
		unlink(st->path);
	return err;
}

void vd_local_close_fd(struct vd_lock *l, int fd)
{
	vd_lock_close(l, fd);
	if (fd >= 0)
		vd_fd_unkeep();
}

void vd_local_close(struct vd_store *st)
{
	struct vd_local *lo = vd_local_of(st);

	if (lo->fd < 0)
		vd_fd_forget(lo);
	vd_local_close_fd(NULL, lo->direct_fd);
	vd_lock_close(lo->claim, lo->claim_fd);
	vd_local_close_fd(lo->lock, lo->fd);
	free(lo->spare);
}
