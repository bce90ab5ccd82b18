/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Processes that have to do with a file; see holder.h.
 */
#include "config.h"

#include "holder.h"

#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../common/cleanup.h"

/* Behind the name, which may hold anything: the state is field 3, the start field 22. */
#define FIELDS_BEFORE_START 19

static FILE *open_proc(pid_t pid, const char *what)
{
	char path[128];

	snprintf(path, sizeof(path), "/proc/%ld/%s", (long)pid, what);
	return fopen(path, "re");
}

uint64_t vd_process_start(pid_t pid)
{
	VU_AUTO(fclose) FILE *f = open_proc(pid, "stat");
	char line[1024];
	const char *p;

	if (f == NULL || fgets(line, sizeof(line), f) == NULL)
		return 0;
	p = strrchr(line, ')');
	if (p != NULL)
		p = strchr(p, ' ');
	for (int i = 0; i < FIELDS_BEFORE_START && p != NULL; i++)
		p = strchr(p + 1, ' ');
	return p != NULL ? strtoull(p + 1, NULL, 10) : 0;
}

/* Does the descriptor hold a lock?  /proc/PID/fdinfo/FD has a line for each. */
static bool has_lock(pid_t pid, const char *fd)
{
	VU_AUTO(fclose) FILE *f = NULL;
	char what[64], line[256];

	snprintf(what, sizeof(what), "fdinfo/%.20s", fd);
	f = open_proc(pid, what);
	while (f != NULL && fgets(line, sizeof(line), f) != NULL) {
		if (strncmp(line, "lock:", 5) == 0)
			return true;
	}
	return false;
}

static bool is_file(pid_t pid, const char *fd, const struct vd_file_id *id)
{
	char path[64];
	struct stat sb;

	snprintf(path, sizeof(path), "/proc/%ld/fd/%.20s", (long)pid, fd);
	return stat(path, &sb) == 0 && vd_file_id_fits(id, &sb);
}

static bool holds_lock(pid_t pid, const struct vd_file_id *id)
{
	VU_AUTO(closedir) DIR *d = NULL;
	const struct dirent *e;
	char path[64];

	snprintf(path, sizeof(path), "/proc/%ld/fd", (long)pid);
	d = opendir(path);
	while (d != NULL && (e = readdir(d)) != NULL) {
		if (is_file(pid, e->d_name, id) && has_lock(pid, e->d_name))
			return true;
	}
	return false;
}

pid_t vd_find_lock_holder(const struct vd_file_id *id)
{
	VU_AUTO(closedir) DIR *d = opendir("/proc");
	const struct dirent *e;

	while (d != NULL && (e = readdir(d)) != NULL) {
		pid_t pid = (pid_t)strtol(e->d_name, NULL, 10);

		if (pid > 0 && pid != getpid() && holds_lock(pid, id))
			return pid;
	}
	return 0;
}
