/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The store for files and block devices of this host: its bytes; see local.h.
 */
#include "config.h"

#include "local.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../common/bytes.h"
#include "../../common/cleanup.h"
#include "../../common/osutil.h"
#include "fdpool.h"
#include "names.h"

#define DIRECT_UNIT  4096u /* covers every logical block size in use */
#define BOUNCE_BYTES (256u << 10)

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
static int pread_direct(struct vd_local *lo, void *buf, size_t len, uint64_t off)
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
static int begin_use(struct vd_local *lo, struct vd_fd_loan *loan_out)
{
	if (lo->fd < 0)
		return vd_fd_borrow(lo, vd_local_reopen, loan_out);
	loan_out->fd = lo->fd;
	return 0;
}

static void end_use(const struct vd_local *lo, const struct vd_fd_loan *loan)
{
	if (lo->fd < 0)
		vd_fd_return(loan);
}

static int pread_cached(struct vd_local *lo, void *buf, size_t len, uint64_t off)
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
	struct vd_local *lo = vd_local_of(st);
	int err = -EINVAL;

	if (lo->direct_fd >= 0) {
		err = pread_direct(lo, buf, len, off);
		if (err == -EINVAL)
			vd_local_say_refused(lo);
	}
	if (err == -EINVAL)
		err = pread_cached(lo, buf, len, off);
	return err == 0 ? VIX_OK : vd_local_io_failed(st, "read", err);
}

/* By its path where no descriptor is kept. */
static uint64_t local_size_now(struct vd_store *st)
{
	int fd = vd_local_of(st)->fd;
	struct stat sb;

	if ((fd >= 0 ? fstat(fd, &sb) : stat(st->path, &sb)) < 0 ||
	    !vd_file_id_fits(&st->id, &sb) || !S_ISREG(sb.st_mode))
		return 0;
	return (uint64_t)sb.st_size;
}

static VixError local_pwrite(struct vd_store *st, const void *buf, size_t len, uint64_t off)
{
	struct vd_local *lo = vd_local_of(st);
	int err = -EINVAL;

	if (lo->direct_fd >= 0 && is_aligned(buf, len, off))
		err = vu_pwrite_full(lo->direct_fd, buf, len, off);
	if (err == -EINVAL)
		err = vu_pwrite_full(lo->fd, buf, len, off);
	return err == 0 ? VIX_OK : vd_local_io_failed(st, "write", err);
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
	const struct vd_local *to = vd_local_of(st), *source = vd_local_of(from);
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
			return vd_local_failed(st, "copy to", errno);
		len -= (size_t)n;
	}
	*done_out = true;
	return VIX_OK;
}

static VixError local_flush(struct vd_store *st)
{
	return fdatasync(vd_local_of(st)->fd) == 0 ? VIX_OK : vd_local_failed(st, "flush", errno);
}

static VixError local_resize(struct vd_store *st, uint64_t bytes)
{
	int rc;

	do
		rc = ftruncate(vd_local_of(st)->fd, (off_t)bytes);
	while (rc < 0 && errno == EINTR);
	return rc == 0 ? VIX_OK : vd_local_failed(st, "resize", errno);
}

/* What can't reserve room says so at once; the caller writes zeros then. */
static VixError local_allocate(struct vd_store *st, uint64_t len)
{
	int rc;

	do
		rc = fallocate(vd_local_of(st)->fd, 0, (off_t)st->size, (off_t)len);
	while (rc < 0 && errno == EINTR);
	if (rc == 0)
		return VIX_OK;
	if (errno == EOPNOTSUPP || errno == ENOSYS)
		return VIX_E_NOT_SUPPORTED;
	return vd_local_failed(st, "make room for it", errno);
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
			return vd_local_io_failed(st, "look for holes", -ENODATA);
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
	struct vd_local *lo = vd_local_of(st);
	struct vd_fd_loan loan;
	int err = begin_use(lo, &loan);
	VixError code;

	if (err < 0)
		return vd_local_io_failed(st, "look for holes", err);
	code = each_hole(st, loan.fd, off, off + len, fn, ctx);
	end_use(lo, &loan);
	return code;
}

const struct vd_store_ops vd_store_local = {
	.name = "local",
	.state_size = sizeof(struct vd_local),
	.open = vd_local_open,
	.close = vd_local_close,
	.pread = local_pread,
	.size_now = local_size_now,
	.pwrite = local_pwrite,
	.flush = local_flush,
	.copy = local_copy,
	.replace = vd_local_replace,
	.resize = local_resize,
	.allocate = local_allocate,
	.holes = local_holes,
	.names = &vd_names_local,
};
