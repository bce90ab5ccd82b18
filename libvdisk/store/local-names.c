/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Names of files of this host; see names.h.
 *
 * A work directory is called NAME.part-XXXXXX and has a file .lock in it, which its maker has
 * locked with F_OFD_SETLK: other threads of its process are kept out, too.  One without that file,
 * or in a file system without locks, is left alone: nobody can tell whether its maker lives.  So is
 * one that another user has made or could change: what is in it would be moved in our name.
 */
#include "config.h"

#include "names.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../common/alloc.h"
#include "../../common/cleanup.h"
#include "../../common/log.h"
#include "../../common/osutil.h"
#include "../../common/path.h"
#include "../../common/vixerr.h"

#define WORK_INFIX  ".part-"
#define WORK_DRAWN  6   /* characters behind the infix */
#define WORK_PREFIX 200 /* most bytes of the file's name: the whole must fit into one */
#define LOCK_NAME   ".lock"

static VixError failed(const char *path, const char *what, int err)
{
	VU_ERR("store", "%s: cannot %s: %s", vu_log_quote(path), what, strerror(err));
	return vu_vixerr_from_errno(err);
}

static bool local_exists(const char *path)
{
	struct stat sb;

	return lstat(path, &sb) == 0 || (errno != ENOENT && errno != ENOTDIR);
}

static VixError local_resolve(const char *path, char **real_out)
{
	*real_out = realpath(path, NULL);
	return *real_out != NULL ? VIX_OK : failed(path, "find", errno);
}

/* For file systems that can't refuse to replace by themselves. */
static int move_by_link(const char *from, const char *to)
{
	if (link(from, to) == 0)
		return unlink(from);
	if (errno == EEXIST)
		return -1;
	if (local_exists(to)) {
		errno = EEXIST;
		return -1;
	}
	return rename(from, to);
}

static int move_if_free(const char *from, const char *to)
{
	if (renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) == 0)
		return 0;
	return errno == EINVAL || errno == ENOSYS ? move_by_link(from, to) : -1;
}

/* EPERM: no hard links here, or not for what belongs to somebody else. */
static VixError local_link(const char *file, const char *path)
{
	if (link(file, path) == 0)
		return VIX_OK;
	if (errno == EPERM || errno == EOPNOTSUPP || errno == ENOSYS || errno == EMLINK)
		return VIX_E_NOT_SUPPORTED;
	return failed(path, "make it", errno);
}

static VixError local_move(const char *from, const char *to, bool may_replace)
{
	if ((may_replace ? rename(from, to) : move_if_free(from, to)) == 0)
		return VIX_OK;
	if (errno == EEXIST)
		return failed(to, "make it", errno);
	VU_ERR("store", "%s: cannot rename to %s: %s", vu_log_quote(from), vu_log_quote(to),
	       strerror(errno));
	return vu_vixerr_from_errno(errno);
}

static VixError local_remove(const char *path)
{
	return unlink(path) == 0 ? VIX_OK : failed(path, "remove", errno);
}

/* Some file systems have nothing to flush for a directory, and say so. */
int vd_local_flush_dir(const char *path)
{
	VU_AUTO(free) char *dir = vu_path_dirname(path);
	VU_AUTO(close) int fd = dir != NULL ? vu_open(dir, O_RDONLY | O_DIRECTORY, 0) : -ENOMEM;

	if (fd < 0)
		return fd;
	return fsync(fd) == 0 || errno == EINVAL ? 0 : -errno;
}

static VixError local_sync(const char *path)
{
	int err = vd_local_flush_dir(path);

	return err == 0 ? VIX_OK : failed(path, "flush its directory", -err);
}

static void local_take_after(const char *path, const char *old)
{
	struct stat sb;

	if (stat(old, &sb) < 0)
		return;
	if ((chown(path, sb.st_uid, sb.st_gid) < 0 && errno != EPERM) ||
	    chmod(path, sb.st_mode & 07777) < 0)
		VU_INFO("store", "%s: it does not get the mode or owner that it had before: %s",
			vu_log_quote(path), strerror(errno));
}

/* Work directories. */

static int take_lock(int fd)
{
	struct flock fl = { .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_len = 1 };

	return fcntl(fd, F_OFD_SETLK, &fl);
}

/* The lock of a directory whose maker is gone; -1: it lives, or that can't be told. */
static int take_over(const char *dir)
{
	VU_AUTO(free) char *path = vu_path_join(dir, LOCK_NAME);
	int fd = path != NULL ? vu_open(path, O_RDWR | O_NOFOLLOW | O_NONBLOCK, 0) : -ENOMEM;

	if (fd < 0)
		return -1;
	if (take_lock(fd) == 0)
		return fd;
	close(fd);
	return -1;
}

/* The name it had before, for @name, unless that is the one that waits until all others have. */
static void put_back(const char *work, const char *beside, const char *name)
{
	VU_AUTO(free) char *from = vu_asprintf("%s/" VD_WORK_OLD "/%s", work, name);
	VU_AUTO(free) char *to = vu_path_beside(beside, name);

	if (from == NULL || to == NULL || rename(from, to) < 0)
		VU_WARN("store", "%s: cannot give %s its name again", vu_log_quote(work),
			vu_log_quote(name));
}

static bool is_dot(const char *name)
{
	return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

static bool is_empty(const char *dir)
{
	VU_AUTO(closedir) DIR *d = opendir(dir);
	const struct dirent *e;

	while (d != NULL && (e = readdir(d)) != NULL) {
		if (!is_dot(e->d_name))
			return false;
	}
	return true;
}

/* @path itself comes last: as long as it is missing, this can be done again. */
static void put_all_back(const char *work, const char *path)
{
	VU_AUTO(free) char *old = vu_path_join(work, VD_WORK_OLD);
	VU_AUTO(closedir) DIR *d = old != NULL ? opendir(old) : NULL;
	const struct dirent *e;

	if (d == NULL || is_empty(old))
		return;
	VU_INFO("store", "%s: it is brought back from %s", vu_log_quote(path), vu_log_quote(work));
	while ((e = readdir(d)) != NULL) {
		if (!is_dot(e->d_name) && strcmp(e->d_name, vu_path_last(path)) != 0)
			put_back(work, path, e->d_name);
	}
	vd_local_flush_dir(path);
	put_back(work, path, vu_path_last(path));
	vd_local_flush_dir(path);
}

/* A new file that has its name already. */
static void take_back(const char *work, const char *beside, const char *name)
{
	VU_AUTO(free) char *in_work = vu_path_join(work, name);
	VU_AUTO(free) char *path = vu_path_beside(beside, name);

	if (in_work != NULL && path != NULL && !local_exists(in_work) && unlink(path) == 0)
		VU_INFO("store", "%s is removed: who made it was interrupted", vu_log_quote(path));
}

/* As long as the file that makes the new disk one is in the work directory, there is no new disk. */
static void take_new_back(const char *work, const char *path)
{
	VU_AUTO(free) char *main_file = vu_path_join(work, vu_path_last(path));
	VU_AUTO(free) char *new = vu_path_join(work, VD_WORK_NEW);
	VU_AUTO(closedir) DIR *d = new != NULL ? opendir(new) : NULL;
	const struct dirent *e;

	if (d == NULL || main_file == NULL || !local_exists(main_file))
		return;
	while ((e = readdir(d)) != NULL) {
		if (!is_dot(e->d_name))
			take_back(work, path, e->d_name);
	}
	vd_local_flush_dir(path);
}

static void remove_work(const char *work)
{
	int err = vu_rm_rf(work);

	if (err < 0)
		VU_WARN("store", "%s: cannot remove it: %s", vu_log_quote(work), strerror(-err));
}

/* A directory of ours that nobody else may change. */
static bool is_private(const char *dir)
{
	struct stat sb;

	return lstat(dir, &sb) == 0 && S_ISDIR(sb.st_mode) && sb.st_uid == geteuid() &&
	       (sb.st_mode & 022) == 0;
}

static void sweep_one(const char *work, const char *path)
{
	VU_AUTO(close) int lock = is_private(work) ? take_over(work) : -1;

	if (lock < 0)
		return;
	take_new_back(work, path);
	if (!local_exists(path))
		put_all_back(work, path);
	VU_INFO("store", "%s is removed: who made it is gone", vu_log_quote(work));
	remove_work(work);
}

static bool is_work_name(const char *name, const char *prefix)
{
	size_t len = strlen(prefix);

	return strncmp(name, prefix, len) == 0 && strlen(name + len) == WORK_DRAWN;
}

/* What the names of work directories for @path begin with. */
static char *work_prefix(const char *path)
{
	return vu_asprintf("%.*s" WORK_INFIX, WORK_PREFIX, vu_path_last(path));
}

static void local_sweep(const char *path)
{
	VU_AUTO(free) char *dir = vu_path_dirname(path);
	VU_AUTO(free) char *prefix = work_prefix(path);
	VU_AUTO(closedir) DIR *d = dir != NULL ? opendir(dir) : NULL;
	const struct dirent *e;

	if (strlen(vu_path_last(path)) > WORK_PREFIX) /* it may be another file's */
		return;
	while (d != NULL && prefix != NULL && (e = readdir(d)) != NULL) {
		VU_AUTO(free) char *work = NULL;

		if (!is_work_name(e->d_name, prefix))
			continue;
		work = vu_path_join(dir, e->d_name);
		if (work != NULL)
			sweep_one(work, path);
	}
}

/* It gets its name when it is locked: others would take it for that of somebody who is gone. */
static int make_lock(struct vd_workdir *dir)
{
	VU_AUTO(free) char *lock = vu_path_join(dir->path, LOCK_NAME);
	VU_AUTO(free) char *unlocked = vu_path_join(dir->path, LOCK_NAME "-new");

	if (lock == NULL || unlocked == NULL)
		return -ENOMEM;
	dir->lock = vu_open(unlocked, O_RDWR | O_CREAT | O_EXCL, 0600);
	if (dir->lock < 0)
		return dir->lock;
	take_lock(dir->lock); /* where there are no locks, nobody will sweep either */
	return rename(unlocked, lock) == 0 ? 0 : -errno;
}

/* The lock, and the room for what others had. */
static int furnish(struct vd_workdir *dir)
{
	VU_AUTO(free) char *old = vu_path_join(dir->path, VD_WORK_OLD);
	VU_AUTO(free) char *new = vu_path_join(dir->path, VD_WORK_NEW);

	if (old == NULL || new == NULL)
		return -ENOMEM;
	if (mkdir(old, 0700) < 0 || mkdir(new, 0700) < 0)
		return -errno;
	return make_lock(dir);
}

static void local_end_work(struct vd_workdir *dir)
{
	remove_work(dir->path);
	if (dir->lock >= 0)
		close(dir->lock);
	free(dir->path);
}

static VixError local_begin_work(const char *path, struct vd_workdir *dir)
{
	VU_AUTO(free) char *prefix = work_prefix(path);
	VU_AUTO(free) char *name = NULL;
	int err;

	local_sweep(path);
	name = prefix != NULL ? vu_asprintf("%sXXXXXX", prefix) : NULL;
	dir->path = name != NULL ? vu_path_beside(path, name) : NULL;
	if (dir->path == NULL)
		return VIX_E_OUT_OF_MEMORY;
	if (mkdtemp(dir->path) == NULL) {
		err = errno;
		free(dir->path);
		dir->path = NULL;
		return failed(path, "make a directory for new files beside it", err);
	}
	err = furnish(dir);
	if (err == 0)
		return VIX_OK;
	local_end_work(dir);
	dir->path = NULL;
	return failed(path, "make files beside it", -err);
}

const struct vd_names_ops vd_names_local = {
	.exists = local_exists,
	.resolve = local_resolve,
	.move = local_move,
	.link = local_link,
	.remove = local_remove,
	.sync = local_sync,
	.take_after = local_take_after,
	.begin_work = local_begin_work,
	.end_work = local_end_work,
	.sweep = local_sweep,
};
