/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Whole reads and writes, private directories; see osutil.h.
 *
 * 1. Every descriptor made here is close-on-exec.
 * 2. A directory is judged by its open descriptor, not by its name, and the last component of a
 *    name that others could have put there is never followed.
 * 3. Removal stays on one file system and looks at an entry without asking the server of a mount,
 *    so that a dead one can be met safely.
 */
#include "config.h"

#include "osutil.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>

#include "alloc.h"
#include "cleanup.h"

#define READ_CHUNK             4096
#define PROCESS_NAME_BYTES_MAX 64
#define RM_DEPTH_MAX           64 /* levels below the path given to vu_rm_rf() */

/* One system call that moves up to @len bytes; @off is for those on files only. */
typedef ssize_t move_fn(int fd, void *buf, size_t len, off_t off);

static ssize_t read_at(int fd, void *buf, size_t len, off_t off)
{
	return pread(fd, buf, len, off);
}

static ssize_t write_at(int fd, void *buf, size_t len, off_t off)
{
	return pwrite(fd, buf, len, off);
}

static ssize_t read_next(int fd, void *buf, size_t len, off_t off)
{
	(void)off;
	return read(fd, buf, len);
}

/* Raises no SIGPIPE where the descriptor is a socket. */
static ssize_t write_next(int fd, void *buf, size_t len, off_t off)
{
	ssize_t n = send(fd, buf, len, MSG_NOSIGNAL);

	(void)off;
	return n < 0 && errno == ENOTSOCK ? write(fd, buf, len) : n;
}

/* Calls @move until all is moved; @if_none is the error when it moves nothing. */
static int move_all(move_fn *move, int fd, void *buf, size_t len, uint64_t off, int if_none)
{
	char *p = buf;

	while (len > 0) {
		ssize_t n = move(fd, p, len, (off_t)off);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? -errno : if_none;
		p += n;
		len -= (size_t)n;
		off += (uint64_t)n;
	}
	return 0;
}

int vu_pread_full(int fd, void *buf, size_t len, uint64_t off)
{
	return move_all(read_at, fd, buf, len, off, -ENODATA);
}

int vu_pwrite_full(int fd, const void *buf, size_t len, uint64_t off)
{
	return move_all(write_at, fd, (void *)buf, len, off, -EIO);
}

int vu_read_full(int fd, void *buf, size_t len)
{
	return move_all(read_next, fd, buf, len, 0, -ECONNRESET);
}

int vu_write_full(int fd, const void *buf, size_t len)
{
	return move_all(write_next, fd, (void *)buf, len, 0, -EIO);
}

int vu_open(const char *path, int flags, mode_t mode)
{
	int fd;

	do
		fd = open(path, flags | O_CLOEXEC, mode);
	while (fd < 0 && errno == EINTR);
	return fd < 0 ? -errno : fd;
}

/* Reads @fd to its end into @text, which gets a NUL behind it. */
static int read_to_end(int fd, size_t max, char **text, size_t *len)
{
	size_t cap = 0;

	for (;;) {
		void *p = *text;
		ssize_t n;

		if (vu_grow(&p, &cap, *len + READ_CHUNK + 1, 1) < 0)
			return -ENOMEM;
		*text = p;
		n = read(fd, *text + *len, READ_CHUNK);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		(*text)[*len + (size_t)n] = '\0';
		if (n == 0)
			return 0;
		*len += (size_t)n;
		if (*len > max)
			return -EFBIG;
	}
}

int vu_read_file(const char *path, size_t max, char **text_out, size_t *len_out)
{
	/* Not to be held up by a FIFO that lies there instead of a file. */
	VU_AUTO(close) int fd = vu_open(path, O_RDONLY | O_NOCTTY | O_NONBLOCK, 0);
	VU_AUTO(free) char *text = NULL;
	size_t len = 0;
	int err;

	*text_out = NULL;
	if (fd < 0)
		return fd;
	err = read_to_end(fd, max, &text, &len);
	if (err < 0)
		return err;
	*text_out = VU_STEAL(text);
	if (len_out != NULL)
		*len_out = len;
	return 0;
}

char *vu_process_name(pid_t pid)
{
	VU_AUTO(free) char *path = vu_asprintf("/proc/%ld/comm", (long)pid);
	char *name = NULL;

	if (path != NULL && vu_read_file(path, PROCESS_NAME_BYTES_MAX, &name, NULL) == 0)
		name[strcspn(name, "\n")] = '\0';
	return name;
}

/* 0 when the directory behind @fd belongs to us and, if @private, lets nobody else in. */
static int check_ours(int fd, bool private)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return -errno;
	if (st.st_uid != geteuid() || (private && (st.st_mode & 0777) != 0700))
		return -EPERM;
	return 0;
}

/*
 * 0 when nobody else can exchange our entries of the directory behind @fd: its owner may, sticky
 * or not, and so may those who may write to it, unless it is sticky.
 */
static int check_safe_parent(int fd)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return -errno;
	if (st.st_uid != 0 && st.st_uid != geteuid())
		return -EPERM;
	return (st.st_mode & 0022) != 0 && (st.st_mode & S_ISVTX) == 0 ? -EPERM : 0;
}

/* The directory @name in @base, made if need be; -EPERM when what is there is not ours alone. */
static int private_dir_in(const char *base, const char *name, char **dir_out)
{
	VU_AUTO(close) int base_fd = vu_open(base, O_PATH | O_DIRECTORY, 0);
	VU_AUTO(close) int fd = -1;
	int err = base_fd < 0 ? base_fd : check_safe_parent(base_fd);

	if (err < 0)
		return err;
	if (mkdirat(base_fd, name, 0700) < 0 && errno != EEXIST)
		return -errno;
	fd = openat(base_fd, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOTDIR || errno == ELOOP ? -EPERM : -errno;
	err = check_ours(fd, true);
	if (err < 0)
		return err;
	*dir_out = vu_asprintf("%s/%s", base, name);
	return *dir_out != NULL ? 0 : -ENOMEM;
}

/* The directory the client named where nobody else may write it; else one of our own in it.  A
 * relative name is made absolute, for the day it moves. */
static int configured_dir(const char *path, char **dir_out)
{
	VU_AUTO(free) char *whole = NULL;
	VU_AUTO(close) int fd = -1;
	char name[64];
	struct stat st;
	int err = vu_mkdir_p(path, 0700);

	if (err < 0)
		return err;
	whole = path[0] == '/' ? strdup(path) : realpath(path, NULL);
	if (whole == NULL)
		return -errno;
	fd = vu_open(whole, O_PATH | O_DIRECTORY, 0);
	if (fd < 0 || fstat(fd, &st) < 0)
		return fd < 0 ? fd : -errno;
	if (st.st_uid == geteuid() && (st.st_mode & 0022) == 0) {
		*dir_out = VU_STEAL(whole);
		return 0;
	}
	snprintf(name, sizeof(name), "vdisk-%u", geteuid());
	return private_dir_in(whole, name, dir_out);
}

static bool is_our_dir(const char *path)
{
	VU_AUTO(close) int fd = vu_open(path, O_PATH | O_DIRECTORY, 0);

	return fd >= 0 && check_ours(fd, false) == 0;
}

int vu_state_root(const char *configured, char **dir_out)
{
	const char *xdg = secure_getenv("XDG_RUNTIME_DIR");
	unsigned uid = geteuid();
	char run_user[64], name[64];

	*dir_out = NULL;
	if (configured != NULL && configured[0] != '\0')
		return configured_dir(configured, dir_out);
	if (uid == 0)
		return private_dir_in("/run", "vdisk", dir_out);
	if (xdg != NULL && xdg[0] == '/' && is_our_dir(xdg))
		return private_dir_in(xdg, "vdisk", dir_out);
	snprintf(run_user, sizeof(run_user), "/run/user/%u", uid);
	if (is_our_dir(run_user))
		return private_dir_in(run_user, "vdisk", dir_out);
	snprintf(name, sizeof(name), "vdisk-%u", uid);
	return private_dir_in("/tmp", name, dir_out);
}

/* mkdir() that is content with a directory that is there, whatever mkdir() thinks of it. */
static int make_dir(const char *path, mode_t mode)
{
	struct stat st;
	int err;

	if (mkdir(path, mode) == 0)
		return 0;
	err = errno;
	if (stat(path, &st) == 0)
		return S_ISDIR(st.st_mode) ? 0 : -ENOTDIR;
	return -err;
}

int vu_mkdir_p(const char *path, mode_t mode)
{
	VU_AUTO(free) char *part = strdup(path);
	char *slash;

	if (part == NULL)
		return -ENOMEM;
	slash = part + strspn(part, "/");
	while ((slash = strchr(slash, '/')) != NULL) {
		int err;

		*slash = '\0';
		err = make_dir(part, mode);
		if (err < 0)
			return err;
		*slash = '/';
		slash += strspn(slash, "/");
	}
	return make_dir(path, mode);
}

static int remove_entry(int dir_fd, const char *name, const struct statx *top, unsigned depth);

/* Removes what is in the directory behind @fd, which is consumed; goes on after an error. */
static int remove_content(int fd, const struct statx *top, unsigned depth)
{
	VU_AUTO(closedir) DIR *dir = fdopendir(fd);
	int first_err = 0;
	struct dirent *ent;

	if (dir == NULL) {
		first_err = -errno;
		close(fd);
		return first_err;
	}
	while ((ent = readdir(dir)) != NULL) {
		int err;

		if (strcmp(ent->d_name, ".") == 0 || strcmp(ent->d_name, "..") == 0)
			continue;
		err = remove_entry(dirfd(dir), ent->d_name, top, depth);
		if (first_err == 0)
			first_err = err;
	}
	return first_err;
}

static int look_at(int dir_fd, const char *name, int flags, struct statx *out)
{
	flags |= AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT | AT_STATX_DONT_SYNC;
	return statx(dir_fd, name, flags, STATX_TYPE | STATX_INO, out) < 0 ? -errno : 0;
}

/*
 * Is @a a mount point, or a directory of another file system than @top?  Only of directories:
 * the files of one overlay may well have different device numbers.
 */
static bool is_mounted(const struct statx *a, const struct statx *top)
{
	if ((a->stx_attributes & STATX_ATTR_MOUNT_ROOT) != 0)
		return true;
	return S_ISDIR(a->stx_mode) &&
	       (a->stx_dev_major != top->stx_dev_major || a->stx_dev_minor != top->stx_dev_minor);
}

/* The directory that @seen describes, opened; -EXDEV when another took its place. */
static int open_seen_dir(int dir_fd, const char *name, const struct statx *seen)
{
	int fd = openat(dir_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct statx now;
	int err;

	if (fd < 0)
		return -errno;
	err = look_at(fd, "", AT_EMPTY_PATH, &now);
	if (err == 0 && (is_mounted(&now, seen) || now.stx_ino != seen->stx_ino))
		err = -EXDEV;
	if (err == 0)
		return fd;
	close(fd);
	return err;
}

/* Removes one entry, with all below it; @top is what vu_rm_rf() was given, or NULL for itself. */
static int remove_entry(int dir_fd, const char *name, const struct statx *top, unsigned depth)
{
	struct statx sx;
	int err = look_at(dir_fd, name, 0, &sx);
	int fd;

	if (err < 0)
		return err == -ENOENT ? 0 : err;
	if (top == NULL)
		top = &sx;
	if (is_mounted(&sx, top))
		return -EXDEV;
	if (!S_ISDIR(sx.stx_mode))
		return unlinkat(dir_fd, name, 0) < 0 ? -errno : 0;
	if (depth > RM_DEPTH_MAX)
		return -ELOOP;
	fd = open_seen_dir(dir_fd, name, &sx);
	if (fd < 0)
		return fd;
	err = remove_content(fd, top, depth + 1);
	if (err < 0)
		return err;
	return unlinkat(dir_fd, name, AT_REMOVEDIR) < 0 ? -errno : 0;
}

int vu_rm_rf(const char *path)
{
	VU_AUTO(free) char *name = strdup(path);
	const char *last;

	if (name == NULL)
		return -ENOMEM;
	/* "link/" would follow the link. */
	for (size_t len = strlen(name); len > 0 && name[len - 1] == '/'; len--)
		name[len - 1] = '\0';
	last = strrchr(name, '/');
	last = last != NULL ? last + 1 : name;
	if (last[0] == '\0' || strcmp(last, ".") == 0 || strcmp(last, "..") == 0)
		return -EINVAL;
	return remove_entry(AT_FDCWD, name, NULL, 0);
}

void vu_sleep_ms(unsigned ms)
{
	struct timespec t = { .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000L };

	while (nanosleep(&t, &t) < 0)
		;
}

uint64_t vu_now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}
