/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The private directory of a disk set, and checks of mount points; see mountpoint.h.
 */
#include "config.h"

#include "mountpoint.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "../common/alloc.h"
#include "../common/cleanup.h"
#include "../common/log.h"
#include "../common/mountinfo.h"
#include "../common/osutil.h"
#include "../common/vixerr.h"

#define NEW_TEMPLATE VMNT_NEW_TAG "XXXXXX"
#define NAME_TRIES   16

VixError vmnt_dir_error(int err)
{
	VixError code = vu_vixerr_from_errno(err);

	switch (code) {
	case VIX_E_DISK_FULL:
	case VIX_E_FILE_ACCESS_ERROR:
	case VIX_E_FILE_READ_ONLY:
	case VIX_E_OUT_OF_MEMORY:
		return code;
	default:
		return VIX_E_MNTAPI_CANT_MAKE_VAR_DIR;
	}
}

/* Logs what could not be done to @path, and makes the code for errno. */
static VixError dir_failed(const char *what, const char *path)
{
	int err = errno;

	VU_ERR("mount", "cannot %s %s: %s", what, path, strerror(err));
	return vmnt_dir_error(err);
}

static VixError check_space(const char *path)
{
	struct statvfs sv;
	uint64_t bytes;

	if (statvfs(path, &sv) < 0)
		return dir_failed("look at", path);
	if (sv.f_blocks == 0) /* the file system does not tell */
		return VIX_OK;
	bytes = (uint64_t)sv.f_bavail * sv.f_frsize;
	if (bytes >= VMNT_MIN_FREE_BYTES)
		return VIX_OK;
	VU_ERR("mount", "%s is full: %" PRIu64 " MiB are free, %" PRIu64 " MiB are needed", path,
	       bytes >> 20, VMNT_MIN_FREE_BYTES >> 20);
	return VIX_E_DISK_FULL;
}

VixError vmnt_setdir_check_space(const struct vmnt_setdir *sd)
{
	return check_space(sd->path);
}

/* A locked file; -1 with errno otherwise. */
static int make_lock(const char *dir)
{
	VU_AUTO(free) char *path = vu_asprintf("%s/" VMNT_LOCK, dir);
	int fd;

	if (path == NULL) {
		errno = ENOMEM;
		return -1;
	}
	fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) < 0) {
		int err = errno;

		close(fd);
		errno = err;
		return -1;
	}
	return fd;
}

/* Gives a directory that is ready its name: without VMNT_NEW_TAG. */
static int publish(const char *sets, const char *made, char **path_out)
{
	const char *name = strrchr(made, '/') + 1 + strlen(VMNT_NEW_TAG);
	char *path = vu_asprintf("%s/%s", sets, name);

	if (path == NULL) {
		errno = ENOMEM;
		return -1;
	}
	if (rename(made, path) < 0) {
		free(path);
		return -1;
	}
	*path_out = path;
	return 0;
}

static int fill(const char *made)
{
	VU_AUTO(free) char *tmp = vu_asprintf("%s/tmp", made);

	if (tmp == NULL) {
		errno = ENOMEM;
		return -1;
	}
	return mkdir(tmp, 0700);
}

/* One try: -1 with errno, EEXIST or ENOTEMPTY when the name is taken. */
static int try_make(const char *sets, struct vmnt_setdir *sd)
{
	VU_AUTO(free) char *made = vu_asprintf("%s/" NEW_TEMPLATE, sets);
	int err;

	if (made == NULL) {
		errno = ENOMEM;
		return -1;
	}
	if (mkdtemp(made) == NULL)
		return -1;
	sd->lock_fd = make_lock(made);
	if (sd->lock_fd >= 0 && fill(made) == 0 && publish(sets, made, &sd->path) == 0)
		return 0;
	err = errno;
	if (sd->lock_fd >= 0)
		close(sd->lock_fd);
	(void)vu_rm_rf(made);
	errno = err;
	return -1;
}

VixError vmnt_setdir_make(const char *root, struct vmnt_setdir *sd_out)
{
	VU_AUTO(free) char *sets = vu_asprintf("%s/" VMNT_SETS, root);
	struct vmnt_setdir sd = { NULL, NULL, -1 };
	int rc;

	*sd_out = sd;
	if (sets == NULL)
		return VIX_E_OUT_OF_MEMORY;
	rc = vu_mkdir_p(sets, 0700);
	if (rc < 0) {
		errno = -rc;
		return dir_failed("make", sets);
	}
	VD_TRY(check_space(sets));
	for (int i = 0; i < NAME_TRIES; i++) {
		rc = try_make(sets, &sd);
		if (rc == 0 || (errno != EEXIST && errno != ENOTEMPTY))
			break;
	}
	if (rc < 0)
		return dir_failed("make a directory in", sets);
	sd.tmp_path = vu_asprintf("%s/tmp", sd.path);
	if (sd.tmp_path == NULL) {
		vmnt_setdir_remove(&sd);
		return VIX_E_OUT_OF_MEMORY;
	}
	*sd_out = sd;
	return VIX_OK;
}

/* A rename first: what is half removed must not look like a set. */
void vmnt_setdir_remove(struct vmnt_setdir *sd)
{
	VU_AUTO(free) char *dead = NULL;
	char *slash;

	if (sd->path == NULL)
		return;
	slash = strrchr(sd->path, '/');
	dead = vu_asprintf("%.*s/" VMNT_DEAD_TAG "%s", (int)(slash - sd->path), sd->path,
			   slash + 1);
	if (dead != NULL && rename(sd->path, dead) == 0)
		vmnt_setdir_discard(dead);
	else
		VU_WARN("mount", "cannot remove %s: %s", sd->path,
			dead != NULL ? strerror(errno) : "out of memory");
	close(sd->lock_fd);
	free(sd->path);
	free(sd->tmp_path);
	*sd = (struct vmnt_setdir){ NULL, NULL, -1 };
}

VixError vmnt_setdir_mountpoint(const struct vmnt_setdir *sd, unsigned number, char **path_out)
{
	char *path = vu_asprintf("%s/%u", sd->path, number);

	*path_out = NULL;
	if (path == NULL)
		return VIX_E_OUT_OF_MEMORY;
	if (mkdir(path, 0700) < 0 && errno != EEXIST) {
		VixError err = dir_failed("make", path);

		free(path);
		return err;
	}
	*path_out = path;
	return VIX_OK;
}

VixError vmnt_setdir_note_tree(const struct vmnt_setdir *sd, const char *path)
{
	VU_AUTO(free) char *note = vu_asprintf("%s/" VMNT_TREE, sd->path);
	VU_AUTO(close) int fd = -1;

	if (note == NULL)
		return VIX_E_OUT_OF_MEMORY;
	if (path == NULL) {
		unlink(note);
		return VIX_OK;
	}
	fd = open(note, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return dir_failed("write", note);
	errno = -vu_write_full(fd, path, strlen(path));
	return errno == 0 ? VIX_OK : dir_failed("write", note);
}

static VixError cannot_stat(const char *dir, int err)
{
	switch (err) {
	case ENOTCONN:
		VU_ERR("mount", "%s: a mount whose process died is in the way", dir);
		return VIX_E_MNTAPI_MOUNTPT_IN_USE;
	case EACCES:
	case EPERM:
		VU_ERR("mount", "%s: %s", dir, strerror(err));
		return VIX_E_MNTAPI_PERM;
	default:
		VU_ERR("mount", "%s: %s", dir, strerror(err));
		return VIX_E_MNTAPI_MOUNTPT_NOT_FOUND;
	}
}

/* 1: empty, 0: not, -1: cannot be read, with errno. */
static int is_empty(const char *dir)
{
	VU_AUTO(closedir) DIR *d = opendir(dir);
	struct dirent *e;

	if (d == NULL)
		return -1;
	while ((e = readdir(d)) != NULL)
		if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
			return 0;
	return 1;
}

/* realpath(), also where the last component is the root of a dead mount. */
static char *kernel_path(const char *dir)
{
	char *whole = realpath(dir, NULL);
	VU_AUTO(free) char *copy = NULL;
	VU_AUTO(free) char *parent = NULL;
	char *slash;

	if (whole != NULL)
		return whole;
	copy = strdup(dir);
	if (copy == NULL)
		return NULL;
	while ((slash = strrchr(copy, '/')) != NULL && slash[1] == '\0' && slash != copy)
		*slash = '\0';
	if (slash == NULL || slash == copy)
		return VU_STEAL(copy);
	*slash = '\0';
	parent = realpath(copy, NULL);
	if (parent == NULL || asprintf(&whole, "%s/%s", parent, slash + 1) < 0)
		return NULL;
	return whole;
}

bool vmnt_is_mounted(const char *dir)
{
	VU_AUTO(free) char *path = kernel_path(dir);
	struct vu_mounted *m = path != NULL ? vu_mountinfo_on(path) : NULL;

	vu_mountinfo_free(m, m != NULL);
	return m != NULL;
}

VixError vmnt_mountpoint_check(const char *dir, bool may_be_nonempty)
{
	struct stat st;
	int empty;

	if (stat(dir, &st) < 0)
		return cannot_stat(dir, errno);
	if (!S_ISDIR(st.st_mode))
		return cannot_stat(dir, ENOTDIR);
	if (vmnt_is_mounted(dir)) {
		VU_ERR("mount", "%s: something is mounted there", dir);
		return VIX_E_MNTAPI_MOUNTPT_IN_USE;
	}
	if (access(dir, R_OK | W_OK | X_OK) < 0)
		return cannot_stat(dir, errno);
	empty = may_be_nonempty ? 1 : is_empty(dir);
	if (empty < 0)
		return cannot_stat(dir, errno);
	if (empty == 0) {
		VU_ERR("mount", "%s: not empty", dir);
		return VIX_E_MNTAPI_MOUNTPT_IN_USE;
	}
	return VIX_OK;
}
