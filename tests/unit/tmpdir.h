/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A directory of its own for each test, as a fixture:
 *
 *	tcase_add_checked_fixture(tc, tmpdir_make, tmpdir_remove);
 *
 * One that a killed test leaves is removed by the next shell test: its name tells the process
 * (tests/functions.sh, sweep_tmp).
 */
#ifndef TMPDIR_H
#define TMPDIR_H

#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "osutil.h"

static char tmpdir[64]; /* of the running test */

static inline void tmpdir_make(void)
{
	snprintf(tmpdir, sizeof(tmpdir), "/tmp/vdisk-test-%d-XXXXXX", (int)getpid());
	ck_assert_ptr_nonnull(mkdtemp(tmpdir));
}

static inline void tmpdir_remove(void)
{
	ck_assert_int_eq(vu_rm_rf(tmpdir), 0);
}

/* The path of @name in the directory; good until the fourth next call. */
static inline const char *in_tmpdir(const char *name)
{
	static char paths[4][256];
	static unsigned next;
	char *path = paths[next++ % 4];

	snprintf(path, sizeof(paths[0]), "%s/%s", tmpdir, name);
	return path;
}

/* Makes or replaces a file. */
static inline void put_file(const char *path, const void *data, size_t len)
{
	int fd = vu_open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(vu_pwrite_full(fd, data, len, 0), 0);
	close(fd);
}

static inline void put_text(const char *path, const char *text)
{
	put_file(path, text, strlen(text));
}

static inline bool exists(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0;
}

#endif
