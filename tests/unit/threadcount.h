/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * How many threads of one name this process has. Sanitizers have threads of their own.
 */
#ifndef THREADCOUNT_H
#define THREADCOUNT_H

#include <check.h>
#include <dirent.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static inline bool is_thread_called(const char *task, const char *wanted)
{
	char path[300], name[32] = "";
	FILE *f;

	snprintf(path, sizeof(path), "/proc/self/task/%s/comm", task);
	f = fopen(path, "re");
	if (f == NULL)
		return false;
	if (fgets(name, sizeof(name), f) == NULL)
		name[0] = '\0';
	fclose(f);
	name[strcspn(name, "\n")] = '\0';
	return strcmp(name, wanted) == 0;
}

static inline unsigned count_threads(const char *name)
{
	DIR *d = opendir("/proc/self/task");
	const struct dirent *task;
	unsigned n = 0;

	ck_assert_ptr_nonnull(d);
	while ((task = readdir(d)) != NULL)
		n += is_thread_called(task->d_name, name);
	closedir(d);
	return n;
}

/* Names and ends of threads are seen a moment later. */
static inline void wait_for_threads(const char *name, unsigned n)
{
	while (count_threads(name) != n)
		sched_yield();
}

#endif
