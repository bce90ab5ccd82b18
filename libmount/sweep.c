/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Cleaning up after processes that died; see mountpoint.h.
 *
 * 1. Only who gets the lock of a directory removes it, and only while the name still leads to the
 *    file that was locked: another process may have removed it, and a new set have taken its name.
 * 2. Nothing here waits: a lock that is held means alive.
 */
#include "config.h"

#include "mountpoint.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "../common/alloc.h"
#include "../common/cleanup.h"
#include "../common/log.h"
#include "../common/mountinfo.h"
#include "../common/osutil.h"
#include "engine/sockdir.h"
#include "fuse/umount.h"

#define MAX_TREE_BYTES 4096 /* PATH_MAX: longer notes are not ours */
#define OUR_TYPE       "fuse.vdisk"
#define NEW_SECONDS    60 /* making a directory takes less */

static bool has_tag(const char *name, const char *tag)
{
	return strncmp(name, tag, strlen(tag)) == 0;
}

/* The mount elsewhere that the note in @dir tells of: taken away when it is a dead FUSE mount. */
static void detach_tree(const char *dir)
{
	VU_AUTO(free) char *note = vu_asprintf("%s/" VMNT_TREE, dir);
	VU_AUTO(free) char *point = NULL;
	struct vu_mounted *m = NULL;
	size_t n = 0;
	struct stat st;

	if (note == NULL || vu_read_file(note, MAX_TREE_BYTES, &point, NULL) < 0 ||
	    point[0] != '/' || vu_mountinfo_below(point, &m, &n) < 0)
		return;
	for (size_t i = 0; i < n; i++) {
		if (strcmp(m[i].point, point) != 0 || strcmp(m[i].fstype, OUR_TYPE) != 0)
			continue;
		if (stat(point, &st) < 0 && errno == ENOTCONN)
			(void)vmnt_mount_detach(point);
	}
	vu_mountinfo_free(m, n);
}

/* All mounts below @dir, the latest first. */
static void detach_below(const char *dir)
{
	struct vu_mounted *m = NULL;
	size_t n = 0;

	if (vu_mountinfo_below(dir, &m, &n) < 0)
		return;
	for (size_t i = n; i > 0; i--)
		if (!vmnt_mount_detach(m[i - 1].point))
			VU_WARN("mount", "cannot take away the mount on %s", m[i - 1].point);
	vu_mountinfo_free(m, n);
}

void vmnt_setdir_discard(const char *path)
{
	VU_AUTO(free) char *tmp = vu_asprintf("%s/tmp", path);
	int rc;

	if (tmp != NULL)
		vmnt_sockdir_sweep(tmp);
	detach_below(path);
	detach_tree(path);
	rc = vu_rm_rf(path);
	if (rc < 0 && rc != -ENOENT)
		VU_WARN("mount", "cannot remove %s: %s", path, strerror(-rc));
}

/* The lock of a set that nobody holds, now ours; -1 when somebody lives there. */
static int take_lock(const char *dir)
{
	VU_AUTO(free) char *path = vu_asprintf("%s/" VMNT_LOCK, dir);
	struct stat locked, named;
	int fd = path != NULL ? open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW) : -1;

	if (fd < 0)
		return -1;
	if (flock(fd, LOCK_EX | LOCK_NB) == 0 && fstat(fd, &locked) == 0 &&
	    lstat(path, &named) == 0 && locked.st_ino == named.st_ino &&
	    locked.st_dev == named.st_dev)
		return fd;
	close(fd);
	return -1;
}

static bool sweep_set(const char *sets, const char *name)
{
	VU_AUTO(free) char *path = vu_asprintf("%s/%s", sets, name);
	VU_AUTO(free) char *dead = vu_asprintf("%s/" VMNT_DEAD_TAG "%s", sets, name);
	VU_AUTO(close) int fd = path != NULL ? take_lock(path) : -1;

	if (fd < 0 || dead == NULL || rename(path, dead) < 0)
		return false;
	vmnt_setdir_discard(dead);
	return true;
}

/* What its maker has not finished within a minute it will not finish. */
static bool is_abandoned(const char *path)
{
	struct timespec now;
	struct stat st;

	clock_gettime(CLOCK_REALTIME, &now);
	return lstat(path, &st) == 0 && st.st_mtim.tv_sec + NEW_SECONDS < now.tv_sec;
}

static bool sweep_entry(const char *sets, const char *name)
{
	VU_AUTO(free) char *path = vu_asprintf("%s/%s", sets, name);

	if (path == NULL)
		return false;
	if (name[0] != '.')
		return sweep_set(sets, name);
	if (has_tag(name, VMNT_DEAD_TAG) || (has_tag(name, VMNT_NEW_TAG) && is_abandoned(path)))
		vmnt_setdir_discard(path);
	return false;
}

unsigned vmnt_setdir_sweep(const char *root)
{
	VU_AUTO(free) char *sets = vu_asprintf("%s/" VMNT_SETS, root);
	VU_AUTO(closedir) DIR *d = sets != NULL ? opendir(sets) : NULL;
	struct dirent *e;
	unsigned n = 0;

	if (d == NULL)
		return 0;
	while ((e = readdir(d)) != NULL)
		n += sweep_entry(sets, e->d_name);
	if (n > 0)
		VU_INFO("mount", "cleaned up after %u disk sets of processes that died", n);
	return n;
}
