/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The store for files and block devices of this host.
 *
 * 1. Only regular files are opened, and block devices where the caller accepts them: whatever a
 *    hostile descriptor names, nothing here blocks on a FIFO or wakes a character device.
 * 2. fd always goes through the page cache.  direct_fd, the same file with O_DIRECT, exists only
 *    for VD_STORE_UNBUFFERED, and only where the file system supports it: where not, that is said
 *    once for each file.
 * 3. Where the process may not have many more files open, a store that is only read keeps none:
 *    fd is -1, and each use borrows a descriptor (fdpool.h).  What is opened again is the same file
 *    or an error.
 * 4. direct_fd transfers whole blocks of direct_unit bytes.  Reads that are not aligned go through
 *    a bounce buffer, writes that are not aligned through fd, which Linux keeps coherent.
 * 5. A file that is open for writing is locked (lock.h).
 */
#include "config.h"

#include "fdpool.h"
#include "lock.h"
#include "names.h"
#include "store.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/fs.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../common/alloc.h"
#include "../../common/beneath.h"
#include "../../common/bytes.h"
#include "../../common/cleanup.h"
#include "../../common/log.h"
#include "../../common/osutil.h"
#include "../../common/path.h"
#include "../../common/vixerr.h"

#define READ_FLAGS   (O_RDONLY | O_NONBLOCK | O_NOCTTY)
#define WRITE_FLAGS  (O_RDWR | O_NONBLOCK | O_NOCTTY)
#define NEW_MODE     0600  /* disks are as private as what is on them */
#define DIRECT_UNIT  4096u /* covers every logical block size in use */
#define BOUNCE_BYTES (256u << 10)

#define STAT_BLOCK_BYTES 512u /* of st_blocks, on every file system */

struct local {
	struct vd_store base;
	int fd;                 /* -1: each use borrows one */
	int direct_fd;          /* -1: none */
	struct vd_lock *lock;   /* NULL: it is only read */
	int claim_fd;           /* the file as it was opened, if another took its place; else -1 */
	struct vd_lock *claim;  /* its lock, which others may still look at */
	_Atomic(void *) spare;  /* a bounce buffer that nobody uses, or NULL */
	atomic_bool is_refused; /* O_DIRECT was; that has been said */
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
			failed(st, "open", err);
		return VIX_E_FILE_NOT_FOUND;
	case EMFILE:
	case ENFILE:
		return too_many_open(st);
	case EXDEV:
		return leads_out(st);
	default:
		return failed(st, "open", err);
	}
}

static VixError io_failed(const struct vd_store *st, const char *what, int err)
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

static void say_refused(struct local *lo)
{
	if (!atomic_exchange(&lo->is_refused, true))
		VU_INFO("store",
			"%s: its file system refuses unbuffered access: it goes through the page "
			"cache",
			vu_log_quote(lo->base.path));
}

/* O_DIRECT on the same file, or -1: then the page cache it is. */
static int open_direct(struct local *lo, int flags)
{
	int fd = open_fd(&lo->base, flags | O_DIRECT);

	if (fd == -EINVAL)
		say_refused(lo);
	fd = only_same_file(fd, &lo->base.id, -1);
	return fd < 0 ? -1 : fd;
}

static int reopen(void *ctx)
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
static void settle(struct local *lo, int fd, int flags)
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
		VD_TRY(vd_lock_take(st, fd, &local_of(st)->lock));
	settle(local_of(st), *fd, st->mode & VD_STORE_WRITE ? WRITE_FLAGS : READ_FLAGS);
	*fd = -1;
	return VIX_OK;
}

static VixError local_open(struct vd_store *st)
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

static void close_kept(int fd)
{
	if (fd < 0)
		return;
	close(fd);
	vd_fd_unkeep();
}

static void local_close(struct vd_store *st)
{
	struct local *lo = local_of(st);

	if (lo->fd < 0)
		vd_fd_forget(lo);
	close_kept(lo->direct_fd);
	vd_lock_drop(lo->lock, lo->fd);
	vd_lock_drop(lo->claim, lo->claim_fd);
	if (lo->claim_fd >= 0)
		close(lo->claim_fd);
	close_kept(lo->fd);
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

/* A descriptor for one use, to be given back with end_use(). */
static int begin_use(struct local *lo, struct vd_fd_loan *loan_out)
{
	if (lo->fd < 0)
		return vd_fd_borrow(lo, reopen, loan_out);
	loan_out->fd = lo->fd;
	return 0;
}

static void end_use(const struct local *lo, const struct vd_fd_loan *loan)
{
	if (lo->fd < 0)
		vd_fd_return(loan);
}

static int pread_cached(struct local *lo, void *buf, size_t len, uint64_t off)
{
	struct vd_fd_loan loan;
	int err = begin_use(lo, &loan);

	if (err < 0)
		return err;
	err = vu_pread_full(loan.fd, buf, len, off);
	end_use(lo, &loan);
	return err;
}

static VixError local_pread(struct vd_store *st, void *buf, size_t len, uint64_t off)
{
	struct local *lo = local_of(st);
	int err = -EINVAL;

	if (lo->direct_fd >= 0) {
		err = pread_direct(lo, buf, len, off);
		if (err == -EINVAL)
			say_refused(lo);
	}
	if (err == -EINVAL)
		err = pread_cached(lo, buf, len, off);
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

/* What is no reason to give up: it is copied through memory then. */
static bool can_not_copy(int err)
{
	switch (err) {
	case EXDEV:
	case EINVAL:
	case ENOSYS:
	case EOPNOTSUPP:
	case ETXTBSY:
	case EPERM:
		return true;
	default:
		return false;
	}
}

/* The whole of it by the kernel, which may let two files share their blocks. */
static VixError local_copy(struct vd_store *st, uint64_t off, struct vd_store *from,
			   uint64_t from_off, size_t len, bool *done_out)
{
	const struct local *to = local_of(st), *source = local_of(from);
	off64_t in = (off64_t)from_off, out = (off64_t)off;

	if (to->fd < 0 || source->fd < 0 || to->direct_fd >= 0 || source->direct_fd >= 0)
		return VIX_OK;
	while (len > 0) {
		ssize_t n = copy_file_range(source->fd, &in, to->fd, &out, len, 0);

		if (n < 0 && errno == EINTR)
			continue;
		if (n == 0 || (n < 0 && can_not_copy(errno)))
			return VIX_OK;
		if (n < 0)
			return failed(st, "copy to", errno);
		len -= (size_t)n;
	}
	*done_out = true;
	return VIX_OK;
}

static VixError local_flush(struct vd_store *st)
{
	return fdatasync(local_of(st)->fd) == 0 ? VIX_OK : failed(st, "flush", errno);
}

static VixError local_resize(struct vd_store *st, uint64_t bytes)
{
	int rc;

	do
		rc = ftruncate(local_of(st)->fd, (off_t)bytes);
	while (rc < 0 && errno == EINTR);
	return rc == 0 ? VIX_OK : failed(st, "resize", errno);
}

/* What can't reserve room says so at once; the caller writes zeros then. */
static VixError local_allocate(struct vd_store *st, uint64_t len)
{
	int rc;

	do
		rc = fallocate(local_of(st)->fd, 0, (off_t)st->size, (off_t)len);
	while (rc < 0 && errno == EINTR);
	if (rc == 0)
		return VIX_OK;
	if (errno == EOPNOTSUPP || errno == ENOSYS)
		return VIX_E_NOT_SUPPORTED;
	return failed(st, "make room for it", errno);
}

/* Replacing. */

/* In place: for directories where no file can be made. */
static VixError overwrite(struct vd_store *st, const void *buf, size_t len)
{
	int fd = local_of(st)->fd;
	int err = vu_pwrite_full(fd, buf, len, 0);

	if (err == 0 && (ftruncate(fd, (off_t)len) < 0 || fdatasync(fd) < 0))
		err = -errno;
	return err == 0 ? VIX_OK : failed(st, "rewrite", err);
}

/* The same bytes, mode and owner as the file is to have; not an owner that we may not give. */
static int fill_copy(const struct local *lo, int fd, const void *buf, size_t len)
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
static void take_over(struct local *lo, int fd, struct vd_lock *lock, const struct vd_file_id *id)
{
	close_kept(lo->direct_fd);
	lo->direct_fd = -1;
	if (lo->claim_fd < 0) {
		lo->claim_fd = lo->fd;
		lo->claim = lo->lock;
	} else {
		vd_lock_drop(lo->lock, lo->fd);
		close(lo->fd);
	}
	lo->fd = fd;
	lo->lock = lock;
	lo->base.id = *id;
}

/* @path is where the file really is, @temp a new file beside it that is open as @fd. */
static int move_over(struct local *lo, const char *temp, const char *path, int fd, const void *buf,
		     size_t len)
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
static VixError replace_by(struct local *lo, const char *temp, const char *path, int fd,
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
	vd_lock_drop(lock, fd);
	close(fd);
	return code != VIX_OK ? code : io_failed(&lo->base, "replace", err);
}

static VixError local_replace(struct vd_store *st, const void *buf, size_t len)
{
	struct local *lo = local_of(st);
	VU_AUTO(free) char *path = realpath(st->path, NULL);
	VU_AUTO(free) char *temp = path != NULL ? vu_asprintf("%s.new-XXXXXX", path) : NULL;
	int fd;

	if (path == NULL)
		return failed(st, "replace", errno);
	if (temp == NULL)
		return VIX_E_OUT_OF_MEMORY;
	fd = mkostemp(temp, O_CLOEXEC);
	if (fd >= 0)
		return replace_by(lo, temp, path, fd, buf, len);
	if (errno == EACCES || errno == EPERM || errno == EROFS)
		return overwrite(st, buf, len);
	return failed(st, "replace", errno);
}

/*
 * Where the data that begins at or behind @off begins and ends, at most @end.  Where the file
 * system (or a device) can't tell, all is data.
 */
static VixError next_data(const struct vd_store *st, int fd, uint64_t off, uint64_t end,
			  uint64_t *data_out, uint64_t *hole_out)
{
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

static VixError each_hole(const struct vd_store *st, int fd, uint64_t off, uint64_t end,
			  vd_hole_fn *fn, void *ctx)
{
	while (off < end) {
		uint64_t data, hole;

		VD_TRY(next_data(st, fd, off, end, &data, &hole));
		if (data > off && !fn(off, data - off, false, ctx))
			return VIX_OK;
		if (hole > data && !fn(data, hole - data, true, ctx))
			return VIX_OK;
		off = hole;
	}
	return VIX_OK;
}

static VixError local_holes(struct vd_store *st, uint64_t off, uint64_t len, vd_hole_fn *fn,
			    void *ctx)
{
	struct local *lo = local_of(st);
	struct vd_fd_loan loan;
	int err = begin_use(lo, &loan);
	VixError code;

	if (err < 0)
		return io_failed(st, "look for holes", err);
	code = each_hole(st, loan.fd, off, off + len, fn, ctx);
	end_use(lo, &loan);
	return code;
}

const struct vd_store_ops vd_store_local = {
	.name = "local",
	.state_size = sizeof(struct local),
	.open = local_open,
	.close = local_close,
	.pread = local_pread,
	.pwrite = local_pwrite,
	.flush = local_flush,
	.copy = local_copy,
	.replace = local_replace,
	.resize = local_resize,
	.allocate = local_allocate,
	.holes = local_holes,
	.names = &vd_names_local,
};
