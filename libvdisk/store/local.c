/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The store for files and block devices of this host.
 *
 * 1. Only regular files are opened, and block devices where the caller accepts them: whatever a
 *    hostile descriptor names, nothing here blocks on a FIFO or wakes a character device.
 * 2. fd always goes through the page cache.  direct_fd, the same file with O_DIRECT, exists only
 *    for VD_STORE_UNBUFFERED, and only where the file system supports it.
 * 3. direct_fd transfers whole blocks of direct_unit bytes.  Reads that are not aligned go through
 *    a bounce buffer, writes that are not aligned through fd, which Linux keeps coherent.
 */
#include "config.h"

#include "store.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <linux/fs.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../common/bytes.h"
#include "../../common/cleanup.h"
#include "../../common/log.h"
#include "../../common/osutil.h"
#include "../../common/vixerr.h"

#define DIRECT_UNIT  4096u /* covers every logical block size in use */
#define BOUNCE_BYTES (256u << 10)

struct local {
	struct vd_store base;
	int fd;
	int direct_fd;         /* -1: none */
	_Atomic(void *) spare; /* a bounce buffer that nobody uses, or NULL */
};

static struct local *local_of(struct vd_store *st)
{
	return (struct local *)st;
}

/* The one place where a system error of this store becomes a code. */
static VixError failed(const struct vd_store *st, const char *what, int err)
{
	VU_ERR("store", "%s: cannot %s: %s", vu_log_quote(st->path), what, strerror(abs(err)));
	return vu_vixerr_from_errno(abs(err));
}

static VixError open_failed(const struct vd_store *st, int err)
{
	bool is_absent = abs(err) == ENOENT || abs(err) == ENOTDIR;
	VixError code = VIX_E_FILE_NOT_FOUND;

	if (!is_absent || !(st->mode & VD_STORE_MAY_BE_ABSENT))
		code = failed(st, "open", err);
	return is_absent ? VIX_E_FILE_NOT_FOUND : code;
}

static VixError io_failed(const struct vd_store *st, const char *what, int err)
{
	if (err == -ENODATA) {
		VU_ERR("store",
		       "%s: the file became shorter than the %" PRIu64
		       " bytes it had when it was opened",
		       vu_log_quote(st->path), st->size);
		return VIX_E_FILE_ERROR;
	}
	return failed(st, what, err);
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
		return failed(st, "find the size of the device", errno);
	return VIX_OK;
}

/* O_DIRECT on the same file, or -1: then the page cache it is. */
static int open_direct(const char *path, int flags, const struct stat *sb)
{
	int fd = vu_open(path, flags | O_DIRECT, 0);
	struct stat again;

	if (fd < 0)
		return -1;
	if (fstat(fd, &again) == 0 && again.st_dev == sb->st_dev && again.st_ino == sb->st_ino)
		return fd;
	close(fd);
	return -1;
}

static VixError local_open(struct vd_store *st, const char *path, unsigned mode)
{
	int flags = (mode & VD_STORE_WRITE ? O_RDWR : O_RDONLY) | O_NONBLOCK | O_NOCTTY;
	struct local *lo = local_of(st);
	struct stat sb;

	/* Before opening, because that alone can have effects on a device; after it, because
	 * somebody may have put another file in its place. */
	if (stat(path, &sb) < 0)
		return open_failed(st, errno);
	VD_TRY(check_type(st, &sb));
	VU_AUTO(close) int fd = vu_open(path, flags, 0);
	if (fd < 0)
		return open_failed(st, fd);
	if (fstat(fd, &sb) < 0)
		return open_failed(st, errno);
	VD_TRY(check_type(st, &sb));
	VD_TRY(get_size(st, fd, &sb));

	lo->direct_fd = mode & VD_STORE_UNBUFFERED ? open_direct(path, flags, &sb) : -1;
	lo->fd = fd;
	st->id = (struct vd_file_id){ .dev = sb.st_dev, .ino = sb.st_ino };
	fd = -1;
	return VIX_OK;
}

static void local_close(struct vd_store *st)
{
	struct local *lo = local_of(st);

	if (lo->direct_fd >= 0)
		close(lo->direct_fd);
	close(lo->fd);
	free(lo->spare);
}

static bool is_aligned(const void *buf, size_t len, uint64_t off)
{
	return ((uintptr_t)buf | len | off) % DIRECT_UNIT == 0;
}

/* The last block may lie partly behind the end of the file: then less than a block comes. */
static int pread_bounced(int fd, char *bounce, char *buf, size_t len, uint64_t off)
{
	while (len != 0) {
		size_t skip = off % DIRECT_UNIT;
		size_t part = vu_min(len, BOUNCE_BYTES - skip);
		ssize_t got = pread(fd, bounce, vu_round_up(skip + part, DIRECT_UNIT),
				    (off_t)(off - skip));

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -errno;
		if ((size_t)got < skip + part)
			return -ENODATA;
		memcpy(buf, bounce + skip, part);
		buf += part;
		off += part;
		len -= part;
	}
	return 0;
}

/* Any range, past the page cache; -EINVAL where the file system does not want that. */
static int pread_direct(struct local *lo, void *buf, size_t len, uint64_t off)
{
	void *bounce;
	int err;

	if (is_aligned(buf, len, off))
		return vu_pread_full(lo->direct_fd, buf, len, off);
	bounce = atomic_exchange(&lo->spare, NULL);
	if (bounce == NULL)
		bounce = aligned_alloc(DIRECT_UNIT, BOUNCE_BYTES);
	if (bounce == NULL)
		return -ENOMEM;
	err = pread_bounced(lo->direct_fd, bounce, buf, len, off);
	free(atomic_exchange(&lo->spare, bounce));
	return err;
}

static VixError local_pread(struct vd_store *st, void *buf, size_t len, uint64_t off)
{
	struct local *lo = local_of(st);
	int err = -EINVAL;

	if (lo->direct_fd >= 0)
		err = pread_direct(lo, buf, len, off);
	if (err == -EINVAL)
		err = vu_pread_full(lo->fd, buf, len, off);
	return err == 0 ? VIX_OK : io_failed(st, "read", err);
}

static VixError local_pwrite(struct vd_store *st, const void *buf, size_t len, uint64_t off)
{
	struct local *lo = local_of(st);
	int err = -EINVAL;

	if (lo->direct_fd >= 0 && is_aligned(buf, len, off))
		err = vu_pwrite_full(lo->direct_fd, buf, len, off);
	if (err == -EINVAL)
		err = vu_pwrite_full(lo->fd, buf, len, off);
	return err == 0 ? VIX_OK : io_failed(st, "write", err);
}

static VixError local_flush(struct vd_store *st)
{
	return fdatasync(local_of(st)->fd) == 0 ? VIX_OK : failed(st, "flush", errno);
}

/*
 * Where the data that begins at or behind @off begins and ends, at most @end.  Where the file
 * system (or a device) can't tell, all is data.
 */
static VixError next_data(struct vd_store *st, uint64_t off, uint64_t end, uint64_t *data_out,
			  uint64_t *hole_out)
{
	int fd = local_of(st)->fd;
	off_t data = lseek(fd, (off_t)off, SEEK_DATA);
	off_t hole;
	struct stat sb;

	*data_out = off;
	*hole_out = end;
	if (data < 0 && errno == ENXIO) { /* a hole up to the end of the file, wherever that is */
		if (fstat(fd, &sb) == 0 && (uint64_t)sb.st_size < end)
			return io_failed(st, "look for holes", -ENODATA);
		*data_out = end;
		return VIX_OK;
	}
	if (data < 0)
		return VIX_OK;
	*data_out = vu_min((uint64_t)data, end);
	hole = lseek(fd, data, SEEK_HOLE);
	if (hole > data)
		*hole_out = vu_min((uint64_t)hole, end);
	return VIX_OK;
}

static VixError local_holes(struct vd_store *st, uint64_t off, uint64_t len, vd_hole_fn *fn,
			    void *ctx)
{
	uint64_t end = off + len;

	while (off < end) {
		uint64_t data, hole;

		VD_TRY(next_data(st, off, end, &data, &hole));
		if (data > off && !fn(off, data - off, false, ctx))
			return VIX_OK;
		if (hole > data && !fn(data, hole - data, true, ctx))
			return VIX_OK;
		off = hole;
	}
	return VIX_OK;
}

/* Both absolute, without links. */
static bool is_below(const char *path, const char *root)
{
	size_t len = strlen(root);

	if (strcmp(root, "/") == 0)
		return true;
	return strncmp(path, root, len) == 0 && path[len] == '/';
}

/* The kernel tells the path of an open file; the path that was asked for may be another one by now. */
static bool local_lies_in(struct vd_store *st, const char *dir)
{
	VU_AUTO(free) char *root = realpath(dir, NULL);
	char link[sizeof("/proc/self/fd/-2147483648")], path[PATH_MAX];
	ssize_t len;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", local_of(st)->fd);
	len = readlink(link, path, sizeof(path));
	if (root == NULL || len <= 0 || (size_t)len == sizeof(path))
		return false;
	path[len] = '\0';
	return is_below(path, root);
}

const struct vd_store_ops vd_store_local = {
	.name = "local",
	.state_size = sizeof(struct local),
	.open = local_open,
	.close = local_close,
	.pread = local_pread,
	.pwrite = local_pwrite,
	.flush = local_flush,
	.holes = local_holes,
	.lies_in = local_lies_in,
};
