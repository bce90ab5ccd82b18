/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Copies of bytes; see copy.h.
 */
#include "config.h"

#include "copy.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../common/bytes.h"
#include "../common/cleanup.h"
#include "../common/log.h"
#include "message.h"
#include "report.h"
#include "zeros.h"

#define CHUNK  (2u << 20)  /* large enough to be shared by the library's threads */
#define BLOCK  (64u << 10) /* of zeros, worth a hole */
#define SECTOR VIXDISKLIB_SECTOR_SIZE

#define POLL_MS 250

/* Places. */

/* What errno says, as a library would say it: for vdt_report(). */
static VixError from_errno(const char *what, const char *name)
{
	int err = errno;

	vdt_lib_say("cannot %s %s: %s", what, vu_log_quote(name), strerror(err));
	if (err == ENOENT)
		return VIX_E_FILE_NOT_FOUND;
	if (err == EACCES || err == EPERM || err == EROFS)
		return VIX_E_FILE_ACCESS_ERROR;
	if (err == ENOSPC || err == EDQUOT || err == EFBIG)
		return VIX_E_DISK_FULL;
	return VIX_E_FILE_ERROR;
}

static enum vdt_exit tell_errno(const char *what, const char *name)
{
	return vdt_report(from_errno(what, name), "cannot %s %s", what, name);
}

enum vdt_exit vdt_place_disk(const struct vdt_disklib *lib, const char *path, bool writes,
			     struct vdt_place *p_out)
{
	enum vdt_exit code;
	uint64 sectors;

	*p_out = (struct vdt_place){ .name = path, .lib = lib, .fd = -1 };
	code = vdt_disklib_open(lib, path, writes ? 0 : VIXDISKLIB_FLAG_OPEN_READ_ONLY,
				&p_out->disk);
	if (code == VDT_OK)
		code = vdt_disklib_capacity(p_out->disk, path, &sectors);
	if (code == VDT_OK)
		p_out->size = sectors * SECTOR;
	return code;
}

void vdt_place_fill(unsigned char byte, struct vdt_place *p_out)
{
	*p_out = (struct vdt_place){ .name = "a byte", .fd = -1, .fill = byte, .size = VDT_ALL };
}

static bool is_pipe_name(const char *path)
{
	return strcmp(path, "-") == 0;
}

/* Pipes have no size, nor have /dev/zero and its like; disks tell it when asked for their end. */
static uint64_t size_of(int fd)
{
	struct stat st;
	off_t end;

	if (fstat(fd, &st) != 0 || !(S_ISREG(st.st_mode) || S_ISBLK(st.st_mode)))
		return VDT_ALL;
	end = lseek(fd, 0, SEEK_END);
	return end < 0 || lseek(fd, 0, SEEK_SET) < 0 ? VDT_ALL : (uint64_t)end;
}

enum vdt_exit vdt_place_input(const char *path, struct vdt_place *p_out)
{
	*p_out = (struct vdt_place){ .name = path, .fd = STDIN_FILENO, .size = VDT_ALL };
	if (is_pipe_name(path)) {
		p_out->name = "the standard input";
		return VDT_OK;
	}
	p_out->fd = open(path, O_RDONLY | O_CLOEXEC);
	if (p_out->fd < 0)
		return tell_errno("open", path);
	p_out->size = size_of(p_out->fd);
	if (p_out->size == 0) /* files of /proc say so, whatever they hold */
		p_out->size = VDT_ALL;
	return VDT_OK;
}

/* Are the bytes of @from in the file at @path? */
static bool is_part_of(const struct vdt_place *from, const char *path)
{
	struct stat st, own;

	if (stat(path, &st) != 0 || !(S_ISREG(st.st_mode) || S_ISBLK(st.st_mode)))
		return false;
	if (from->disk != NULL)
		return vdt_disklib_uses(from->lib, from->name, &st);
	return fstat(from->fd, &own) == 0 && own.st_dev == st.st_dev && own.st_ino == st.st_ino;
}

enum vdt_exit vdt_place_output(const char *path, bool keep, const struct vdt_place *from,
			       struct vdt_place *p_out)
{
	enum vdt_exit code = vdt_disklib_local("write", path);

	*p_out = (struct vdt_place){ .name = path, .fd = -1, .size = VDT_ALL };
	if (code != VDT_OK)
		return code;
	if (is_pipe_name(path)) {
		p_out->fd = STDOUT_FILENO;
		p_out->name = "the standard output";
		return VDT_OK;
	}
	if (!keep && is_part_of(from, path)) {
		vdt_error(VDT_USAGE, "cannot copy to %s: it is part of what is to be copied",
			  vu_log_quote(path));
		return VDT_USAGE;
	}
	p_out->fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
	p_out->is_made = p_out->fd >= 0;
	if (p_out->fd < 0 && errno == EEXIST)
		p_out->fd = open(path, O_WRONLY | (keep ? 0 : O_TRUNC) | O_CLOEXEC);
	if (p_out->fd < 0)
		return tell_errno("write", path);
	p_out->size = size_of(p_out->fd);
	p_out->is_empty = p_out->size == 0;
	return VDT_OK;
}

enum vdt_exit vdt_place_close(struct vdt_place *p, enum vdt_exit code)
{
	enum vdt_exit closed = VDT_OK;

	if (p->disk != NULL)
		closed = vdt_disklib_close(p->disk, p->name);
	else if (p->fd > STDERR_FILENO && close(p->fd) != 0)
		closed = tell_errno("write", p->name);
	p->disk = NULL;
	p->fd = -1;
	if (code == VDT_OK)
		code = closed;
	if (p->is_made && code != VDT_OK)
		unlink(p->name);
	return code;
}

/* Reading. */

/* Nobody shall have to wait for a pipe to be rid of us. */
static VixError wait_for_input(const struct vdt_place *p)
{
	struct pollfd fd = { .fd = p->fd, .events = POLLIN };

	while (p->size == VDT_ALL && poll(&fd, 1, POLL_MS) == 0)
		if (!vdt_job_is_wanted())
			return VIX_E_CANCELLED;
	return VIX_OK;
}

/* All of it, or less at the end of the file. */
static VixError read_file(const struct vdt_place *p, void *buf, size_t len, size_t *got_out)
{
	for (*got_out = 0; *got_out < len;) {
		ssize_t n;

		VD_TRY(wait_for_input(p));
		n = read(p->fd, (char *)buf + *got_out, len - *got_out);
		if (n < 0 && errno != EINTR)
			return from_errno("read", p->name);
		if (n == 0)
			break;
		*got_out += n > 0 ? (size_t)n : 0;
	}
	return VIX_OK;
}

/* The sectors that hold bytes [@off, @off + @len) of a disk. */
static VixError read_sectors(const struct vdt_place *p, uint64_t off, size_t len, uint8 **buf_out,
			     size_t *skip_out)
{
	uint64_t first = off / SECTOR, end = vu_div_up(off + len, SECTOR);

	*skip_out = off % SECTOR;
	*buf_out = malloc((end - first) * SECTOR);
	if (*buf_out == NULL)
		return VIX_E_OUT_OF_MEMORY;
	return VixDiskLib_Read(p->disk, first, end - first, *buf_out);
}

static VixError read_disk(const struct vdt_place *p, uint64_t off, void *buf, size_t len)
{
	VU_AUTO(free) uint8 *sectors = NULL;
	size_t skip;

	if ((off | len) % SECTOR == 0)
		return VixDiskLib_Read(p->disk, off / SECTOR, len / SECTOR, buf);
	VD_TRY(read_sectors(p, off, len, &sectors, &skip));
	memcpy(buf, sectors + skip, len);
	return VIX_OK;
}

VixError vdt_pread(const struct vdt_place *p, uint64_t off, void *buf, size_t len, size_t *got_out)
{
	*got_out = 0;
	if (p->disk == NULL && p->fd < 0) {
		memset(buf, p->fill, len);
		*got_out = len;
		return VIX_OK;
	}
	if (p->disk == NULL)
		return read_file(p, buf, len, got_out);
	if (off >= p->size)
		return VIX_OK;
	*got_out = vu_min(len, p->size - off);
	return *got_out > 0 ? read_disk(p, off, buf, *got_out) : VIX_OK;
}

/* Writing. */

static VixError write_file(const struct vdt_place *p, uint64_t off, const char *buf, size_t len)
{
	bool is_pipe = p->size == VDT_ALL;

	while (len > 0) {
		ssize_t n = is_pipe ? write(p->fd, buf, len) : pwrite(p->fd, buf, len, (off_t)off);

		if (n < 0 && errno != EINTR)
			return from_errno("write", p->name);
		n = n > 0 ? n : 0;
		buf += n;
		off += (size_t)n;
		len -= (size_t)n;
	}
	return VIX_OK;
}

static VixError too_small(const struct vdt_place *p)
{
	vdt_lib_say("%s is too small: it has %llu bytes; `vdisk grow` makes it larger",
		    vu_log_quote(p->name), (unsigned long long)p->size);
	return VIX_E_DISK_FULL;
}

static VixError write_disk(const struct vdt_place *p, uint64_t off, const void *buf, size_t len)
{
	VU_AUTO(free) uint8 *sectors = NULL;
	size_t skip;

	if (!vu_range_inside(off, len, p->size))
		return too_small(p);
	if ((off | len) % SECTOR == 0)
		return VixDiskLib_Write(p->disk, off / SECTOR, len / SECTOR, buf);
	VD_TRY(read_sectors(p, off, len, &sectors, &skip));
	memcpy(sectors + skip, buf, len);
	return VixDiskLib_Write(p->disk, off / SECTOR, vu_div_up(skip + len, SECTOR), sectors);
}

static VixError write_to(const struct vdt_place *p, uint64_t off, const void *buf, size_t len)
{
	return p->disk != NULL ? write_disk(p, off, buf, len) : write_file(p, off, buf, len);
}

/* The length of the blocks from @buf on that are, or are not, zeros. */
static size_t run_of(const char *buf, size_t len, bool zeros)
{
	size_t n = 0;

	while (n < len && vdt_is_zero(buf + n, vu_min(BLOCK, len - n)) == zeros)
		n += vu_min(BLOCK, len - n);
	return n;
}

/* Zeros become holes of a file that is empty. */
static VixError write_sparsely(const struct vdt_place *p, uint64_t off, const char *buf, size_t len)
{
	for (size_t at = 0; at < len;) {
		size_t n;

		at += run_of(buf + at, len - at, true);
		n = run_of(buf + at, len - at, false);
		VD_TRY(write_to(p, off + at, buf + at, n));
		at += n;
	}
	return VIX_OK;
}

/* The copy. */

/* Up to the next multiple of CHUNK, so that pieces stay whole sectors where they can. */
static size_t piece_of(const struct vdt_copy *c)
{
	uint64_t at = c->from_off + c->done;

	return vu_min(CHUNK - at % CHUNK, c->len - c->done);
}

/* Bytes from here on that are zeros and need not be read, nor written. */
static uint64_t holes_at(const struct vdt_copy *c, struct vdt_zeros *z)
{
	uint64_t at = c->from_off + c->done, end;

	if (c->from->disk == NULL || !c->to->is_empty || at % SECTOR != 0)
		return 0;
	end = vdt_zeros_end(z, at / SECTOR);
	end = end > c->from->size / SECTOR ? c->from->size : end * SECTOR;
	return vu_min(end - at, c->len - c->done);
}

static VixError copy_piece(struct vdt_copy *c, void *buf, bool *more_out)
{
	size_t want = piece_of(c), got;

	VD_TRY(vdt_pread(c->from, c->from_off + c->done, buf, want, &got));
	*more_out = got == want;
	if (got == 0) /* a pipe that ends where a piece does */
		return VIX_OK;
	if (c->to->is_empty)
		VD_TRY(write_sparsely(c->to, c->to_off + c->done, buf, got));
	else
		VD_TRY(write_to(c->to, c->to_off + c->done, buf, got));
	c->done += got;
	return VIX_OK;
}

static VixError copy_all(struct vdt_copy *c, struct vdt_zeros *z, void *buf)
{
	uint64_t total = c->len != VDT_ALL ? c->len : 0;
	bool more = true;

	while (more && c->done < c->len) {
		uint64_t hole = holes_at(c, z);

		if (!vdt_job_at(c->done, total))
			return VIX_E_CANCELLED;
		c->done += hole;
		if (hole == 0)
			VD_TRY(copy_piece(c, buf, &more));
	}
	if (c->to->is_empty && ftruncate(c->to->fd, (off_t)(c->to_off + c->done)) != 0)
		return from_errno("write", c->to->name);
	vdt_job_progress(NULL, 100);
	return VIX_OK;
}

/* Pipes have no offset: what comes before it is read. */
static VixError skip_input(struct vdt_copy *c, void *buf)
{
	uint64_t left = c->from_off;
	size_t got = 1;

	if (c->from->disk != NULL)
		return VIX_OK;
	if (c->from->size != VDT_ALL)
		return lseek(c->from->fd, (off_t)left, SEEK_SET) >= 0
			       ? VIX_OK
			       : from_errno("read", c->from->name);
	for (; left > 0 && got > 0; left -= got)
		VD_TRY(read_file(c->from, buf, vu_min(CHUNK, left), &got));
	return VIX_OK;
}

enum vdt_exit vdt_copy(struct vdt_copy *c)
{
	VU_AUTO(free) void *buf = malloc(CHUNK);
	struct vdt_zeros z;
	VixError err = VIX_E_OUT_OF_MEMORY;

	if (c->from->size != VDT_ALL)
		c->len = vu_min(c->len, c->from->size - vu_min(c->from_off, c->from->size));
	if (c->to->disk != NULL && c->len != VDT_ALL &&
	    !vu_range_inside(c->to_off, c->len, c->to->size))
		return vdt_report(too_small(c->to), "cannot copy");
	c->job.may_die = c->to->disk == NULL && !c->to->is_made;
	vdt_zeros_init(&z, c->from->disk, c->from->size / SECTOR);
	vdt_job_begin(&c->job, c->verb, c->from->disk != NULL ? c->from->name : c->to->name);
	if (buf != NULL)
		err = skip_input(c, buf);
	if (err == VIX_OK)
		err = copy_all(c, &z, buf);
	vdt_zeros_free(&z);
	return vdt_job_end(err, "cannot copy %s to %s", vu_log_quote(c->from->name),
			   vu_log_quote(c->to->name));
}
