/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What is mounted where; see mountinfo.h, and proc(5) for the lines:
 *
 *	36 35 98:0 /root /mount/point options - fstype source superoptions
 *
 * Blanks and backslashes inside a field are written as \OOO.
 */
#include "config.h"

#include "mountinfo.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../common/array.h"
#include "../common/cleanup.h"
#include "mountpoint.h"

#define MOUNTINFO   "/proc/self/mountinfo"
#define POINT_FIELD 4 /* fields before the mount point */

static bool is_octal(char c)
{
	return c >= '0' && c <= '7';
}

/* "\040" to " ", in place. */
static void unescape(char *s)
{
	char *to = s;

	while (*s != '\0') {
		if (s[0] == '\\' && is_octal(s[1]) && is_octal(s[2]) && is_octal(s[3])) {
			*to++ = (char)((s[1] - '0') << 6 | (s[2] - '0') << 3 | (s[3] - '0'));
			s += 4;
		} else {
			*to++ = *s++;
		}
	}
	*to = '\0';
}

/* Takes @line apart, in place. */
static bool parse_line(char *line, char **point_out, char **fstype_out)
{
	char *save = NULL, *field = strtok_r(line, " \n", &save);

	for (int i = 0; i < POINT_FIELD && field != NULL; i++)
		field = strtok_r(NULL, " \n", &save);
	*point_out = field;
	while (field != NULL && strcmp(field, "-") != 0)
		field = strtok_r(NULL, " \n", &save);
	*fstype_out = field != NULL ? strtok_r(NULL, " \n", &save) : NULL;
	if (*point_out == NULL || *fstype_out == NULL)
		return false;
	unescape(*point_out);
	return true;
}

static bool is_at_or_below(const char *point, const char *dir)
{
	size_t len = strlen(dir);

	return strncmp(point, dir, len) == 0 && (point[len] == '\0' || point[len] == '/');
}

void vmnt_mountinfo_free(struct vmnt_mounted *m, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		free(m[i].point);
		free(m[i].fstype);
	}
	free(m);
}

int vmnt_mountinfo_below(const char *dir, struct vmnt_mounted **m_out, size_t *n_out)
{
	VU_AUTO(fclose) FILE *f = fopen(MOUNTINFO, "re");
	VU_AUTO(free) char *line = NULL;
	VU_ARRAY(struct vmnt_mounted) found = { 0 };
	size_t cap = 0;

	if (f == NULL)
		return -errno;
	while (getline(&line, &cap, f) >= 0) {
		char *point, *fstype;

		if (!parse_line(line, &point, &fstype) || !is_at_or_below(point, dir))
			continue;
		struct vmnt_mounted m = { strdup(point), strdup(fstype) };
		if (m.point == NULL || m.fstype == NULL || VU_ARRAY_PUSH(&found, m) < 0) {
			free(m.point);
			free(m.fstype);
			vmnt_mountinfo_free(found.v, found.n);
			return -ENOMEM;
		}
	}
	*m_out = found.v;
	*n_out = found.n;
	return 0;
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
	struct vmnt_mounted *m = NULL;
	size_t n = 0;
	bool found = false;

	if (path == NULL || vmnt_mountinfo_below(path, &m, &n) < 0)
		return false;
	for (size_t i = 0; i < n; i++)
		found = found || strcmp(m[i].point, path) == 0;
	vmnt_mountinfo_free(m, n);
	return found;
}

/* Users who may not call umount2() may still give back their own FUSE mounts. */
static void run_fusermount(const char *point)
{
	char *argv[] = { (char *)"fusermount3", (char *)"-u",  (char *)"-z", (char *)"-q",
			 (char *)"--",          (char *)point, NULL };
	posix_spawn_file_actions_t files;
	pid_t pid;
	int err;

	if (posix_spawn_file_actions_init(&files) != 0)
		return;
	err = posix_spawn_file_actions_addopen(&files, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
	if (err == 0)
		err = posix_spawnp(&pid, argv[0], &files, NULL, argv, environ);
	posix_spawn_file_actions_destroy(&files);
	if (err != 0)
		return;
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
}

bool vmnt_mount_detach(const char *point)
{
	if (umount2(point, MNT_DETACH | UMOUNT_NOFOLLOW) == 0)
		return true;
	if (errno != EPERM)
		return !vmnt_is_mounted(point);
	run_fusermount(point);
	return !vmnt_is_mounted(point);
}
