/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Notes of libguestfs's sockets; see sockdir.h.
 */
#include "config.h"

#include "sockdir.h"

#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../common/alloc.h"
#include "../../common/cleanup.h"
#include "../../common/osutil.h"

#define NOTE        "guestfs-socket"
#define SOCKET      "/guestfsd.sock"
#define DIR_PREFIX  "libguestfs"
#define CMDLINE_MAX (1u << 20)

char *vmnt_sockdir_find(const char *cmdline, size_t len)
{
	const char *end = memmem(cmdline, len, SOCKET, strlen(SOCKET));
	const char *start = end;

	if (end == NULL)
		return NULL;
	end += strlen(SOCKET);
	while (start > cmdline && start[-1] != '=' && start[-1] != '\0')
		start--;
	return *start == '/' ? strndup(start, (size_t)(end - start)) : NULL;
}

void vmnt_sockdir_note(int pid, const char *tmp_dir)
{
	VU_AUTO(free) char *note = vu_asprintf("%s/" NOTE, tmp_dir);
	VU_AUTO(free) char *cmdline = NULL, *path = NULL;
	VU_AUTO(close) int fd = -1;
	char proc[64];
	size_t len;

	snprintf(proc, sizeof(proc), "/proc/%d/cmdline", pid);
	if (note == NULL || vu_read_file(proc, CMDLINE_MAX, &cmdline, &len) < 0)
		return;
	path = vmnt_sockdir_find(cmdline, len);
	if (path == NULL)
		return;
	fd = vu_open(note, O_WRONLY | O_CREAT | O_EXCL, 0600);
	if (fd >= 0)
		(void)vu_pwrite_full(fd, path, strlen(path), 0);
}

void vmnt_sockdir_forget(const char *tmp_dir)
{
	VU_AUTO(free) char *note = vu_asprintf("%s/" NOTE, tmp_dir);

	if (note != NULL)
		unlink(note);
}

/* Removes DIR/guestfsd.sock and DIR; @path becomes DIR. */
static void remove_socket(char *path)
{
	size_t len = strlen(path);
	char *dir, *name;
	struct stat st;

	if (len <= strlen(SOCKET) || strcmp(path + len - strlen(SOCKET), SOCKET) != 0)
		return;
	if (lstat(path, &st) < 0 || !S_ISSOCK(st.st_mode) || st.st_uid != geteuid())
		return;
	dir = path;
	dir[len - strlen(SOCKET)] = '\0';
	name = strrchr(dir, '/');
	if (name == NULL || strncmp(name + 1, DIR_PREFIX, strlen(DIR_PREFIX)) != 0)
		return;
	VU_AUTO(close) int fd = vu_open(dir, O_PATH | O_DIRECTORY | O_NOFOLLOW, 0);

	if (fd >= 0 && unlinkat(fd, SOCKET + 1, 0) == 0)
		(void)rmdir(dir);
}

void vmnt_sockdir_sweep(const char *tmp_dir)
{
	VU_AUTO(free) char *note = vu_asprintf("%s/" NOTE, tmp_dir);
	VU_AUTO(free) char *path = NULL;

	if (note != NULL && vu_read_file(note, PATH_MAX, &path, NULL) == 0)
		remove_socket(path);
}
