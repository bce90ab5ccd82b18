/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Names confined to a directory; see beneath.h.
 *
 * 1. No path is looked at and then opened: each step opens by a descriptor what the step before
 *    has found.
 */
#include "config.h"

#include "beneath.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "cleanup.h"
#include "osutil.h"

#define TRIES 64 /* against somebody who renames all the time */

/* As openat2() by itself; a rename at the wrong moment makes it give up with EAGAIN. */
static int open_by_kernel(int dir_fd, const char *name, int flags)
{
	struct open_how how = {
		.flags = (uint64_t)(unsigned)flags | O_CLOEXEC,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS,
	};
	long fd = -1;

	for (unsigned i = 0; i < TRIES && fd < 0; i++) {
		fd = syscall(SYS_openat2, dir_fd, name, &how, sizeof(how));
		if (fd < 0 && errno != EAGAIN && errno != EINTR)
			break;
	}
	return fd < 0 ? -errno : (int)fd;
}

static bool is_link(int dir_fd, const char *name)
{
	struct stat sb;

	return fstatat(dir_fd, name, &sb, AT_SYMLINK_NOFOLLOW) == 0 && S_ISLNK(sb.st_mode);
}

/* One component, no link; with O_PATH, open() itself would take a link for a file. */
static int open_part(int dir_fd, const char *part, int flags)
{
	int fd = openat(dir_fd, part, flags | O_NOFOLLOW | O_CLOEXEC);
	struct stat sb;
	int err = errno;

	if (fd < 0)
		return is_link(dir_fd, part) ? -EXDEV : -err;
	if (fstat(fd, &sb) == 0 && !S_ISLNK(sb.st_mode))
		return fd;
	close(fd);
	return -EXDEV;
}

/* The next component of a name, copied to @part; -EXDEV for one that leads up. */
static int next_part(const char **name, char part[NAME_MAX + 1])
{
	size_t len;

	*name += strspn(*name, "/");
	len = strcspn(*name, "/");
	if (len > NAME_MAX)
		return -ENAMETOOLONG;
	memcpy(part, *name, len);
	part[len] = '\0';
	*name += len;
	*name += strspn(*name, "/");
	return strcmp(part, "..") == 0 ? -EXDEV : 0;
}

/* Component by component, for kernels that can't do it at once. */
static int open_by_parts(int dir_fd, const char *name, int flags)
{
	VU_AUTO(close) int at = -1;
	char part[NAME_MAX + 1];

	if (name[0] == '/')
		return -EXDEV;
	for (;;) {
		int err = next_part(&name, part);
		int from = at >= 0 ? at : dir_fd;
		int fd;

		if (err < 0)
			return err;
		if (*name == '\0')
			return open_part(from, part, flags);
		fd = open_part(from, part, O_PATH | O_DIRECTORY);
		if (fd < 0)
			return fd;
		if (at >= 0)
			close(at);
		at = fd;
	}
}

int vu_open_beneath(const char *dir, const char *name, int flags)
{
	VU_AUTO(close) int dir_fd = vu_open(dir, O_PATH | O_DIRECTORY, 0);
	int fd;

	if (dir_fd < 0)
		return dir_fd;
	fd = open_by_kernel(dir_fd, name, flags);
	/* Sandboxes hide unknown calls with EPERM, too. */
	if (fd == -ENOSYS || fd == -EPERM)
		return open_by_parts(dir_fd, name, flags);
	return fd == -ELOOP ? -EXDEV : fd;
}
