/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Mounts as the system sees them.
 */
#include "config.h"

#include "sysmount.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../common/alloc.h"
#include "../common/cleanup.h"
#include "../common/mountinfo.h"
#include "../common/osutil.h"

#define OUR_TYPE "fuse.vdisk"

extern char **environ;

char *vdt_sysmount_type(const char *dir)
{
	struct vu_mounted *m = vu_mountinfo_on(dir);
	char *type = m != NULL ? strdup(m->fstype) : NULL;

	vu_mountinfo_free(m, m != NULL);
	return type;
}

char *vdt_sysmount_source(const char *id)
{
	return vu_asprintf("vdisk#%s", id);
}

bool vdt_sysmount_is_ours(const char *dir, const char *id)
{
	VU_AUTO(free) char *source = vdt_sysmount_source(id);
	struct vu_mounted *m = vu_mountinfo_on(dir);
	bool is_ours = m != NULL && source != NULL && strcmp(m->fstype, OUR_TYPE) == 0 &&
		       strcmp(m->source, source) == 0;

	vu_mountinfo_free(m, m != NULL);
	return is_ours;
}

static int run_fusermount(const char *dir)
{
	char *argv[] = { (char *)"fusermount3", (char *)"-u", (char *)"-z", (char *)"-q",
			 (char *)"--",          (char *)dir,  NULL };
	pid_t pid;
	int status;
	int err = posix_spawnp(&pid, argv[0], NULL, NULL, argv, environ);

	if (err != 0)
		return -err;
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : -EPERM;
}

int vdt_sysmount_detach(const char *dir)
{
	if (umount2(dir, MNT_DETACH | UMOUNT_NOFOLLOW) == 0)
		return 0;
	return errno == EPERM ? run_fusermount(dir) : -errno;
}

static bool is_below(const char *path, const char *dir)
{
	size_t n = strlen(dir);

	return strncmp(path, dir, n) == 0 && (path[n] == '\0' || path[n] == '/');
}

/* Where a link of /proc leads, if below @dir: "WHAT PATH", for the caller to free(). */
static char *link_below(const char *link, const char *what, const char *dir)
{
	char target[4096];
	ssize_t n = readlink(link, target, sizeof(target) - 1);

	if (n < 0)
		return NULL;
	target[n] = '\0';
	return is_below(target, dir) ? vu_asprintf("%s %s", what, target) : NULL;
}

static char *open_file_below(int pid, const char *dir)
{
	VU_AUTO(free) char *fds = vu_asprintf("/proc/%d/fd", pid);
	VU_AUTO(closedir) DIR *d = fds != NULL ? opendir(fds) : NULL;
	struct dirent *de;

	while (d != NULL && (de = readdir(d)) != NULL) {
		VU_AUTO(free) char *link = vu_asprintf("%s/%s", fds, de->d_name);
		char *found = link != NULL ? link_below(link, "open", dir) : NULL;

		if (found != NULL)
			return found;
	}
	return NULL;
}

static char *what_holds(int pid, const char *dir)
{
	static const char *const links[] = { "cwd", "root", "exe" };

	for (size_t i = 0; i < sizeof(links) / sizeof(links[0]); i++) {
		VU_AUTO(free) char *link = vu_asprintf("/proc/%d/%s", pid, links[i]);
		char *found = link != NULL ? link_below(link, links[i], dir) : NULL;

		if (found != NULL)
			return found;
	}
	return open_file_below(pid, dir);
}

unsigned vdt_sysmount_users(const char *dir,
			    void (*fn)(int pid, const char *name, const char *what, void *ctx),
			    void *ctx)
{
	VU_AUTO(closedir) DIR *d = opendir("/proc");
	struct dirent *de;
	unsigned count = 0;

	while (d != NULL && (de = readdir(d)) != NULL) {
		int pid = isdigit((unsigned char)de->d_name[0]) ? atoi(de->d_name) : 0;
		VU_AUTO(free) char *what = pid > 0 ? what_holds(pid, dir) : NULL;
		VU_AUTO(free) char *name = what != NULL ? vu_process_name(pid) : NULL;

		if (what == NULL)
			continue;
		fn(pid, name != NULL ? name : "?", what, ctx);
		count++;
	}
	return count;
}
