/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the tests of the public interface share; see client.h.
 */
#include "config.h"

#include "client.h"

#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct client_log client_log;

static char dir[64];

static void record(char *last, size_t size, const char *fmt, va_list args)
{
	const char *newline;
	int n = vsnprintf(last, size, fmt, args);

	ck_assert_int_gt(n, 1);
	ck_assert_int_lt(n, (int)size);
	newline = strchr(last, '\n');
	ck_assert_ptr_eq(newline, last + n - 1);
}

void client_log_info(const char *fmt, va_list args)
{
	client_log.infos++;
	record(client_log.last_info, sizeof(client_log.last_info), fmt, args);
}

void client_log_warning(const char *fmt, va_list args)
{
	client_log.warnings++;
	record(client_log.last_warning, sizeof(client_log.last_warning), fmt, args);
}

void client_log_panic(const char *fmt, va_list args)
{
	(void)fmt;
	(void)args;
	client_log.panics++;
}

static void set_up(void)
{
	memset(&client_log, 0, sizeof(client_log));
	ck_assert_ok(VixDiskLib_InitEx(8, 0, client_log_info, client_log_warning, client_log_panic,
				       NULL, NULL));
}

static void tear_down(void)
{
	VixDiskLib_Exit();
	ck_assert_uint_eq(client_log.panics, 0);
}

TCase *client_tcase(Suite *s, const char *name)
{
	TCase *tc = unit_tcase(s, name);

	tcase_add_checked_fixture(tc, set_up, tear_down);
	return tc;
}

static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

int client_run(Suite *s)
{
	int rc;

	snprintf(dir, sizeof(dir), "/tmp/vdisk-test-%d-XXXXXX", (int)getpid());
	if (mkdtemp(dir) == NULL)
		abort();
	rc = unit_run(s);
	nftw(dir, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
	return rc;
}

const char *in_dir(const char *name)
{
	static __thread char paths[8][256];
	static __thread unsigned next;
	char *path = paths[next++ % 8];

	snprintf(path, sizeof(paths[0]), "%s/%s", dir, name);
	return path;
}

void put_file(const char *name, const void *data, size_t len)
{
	int fd = open(in_dir(name), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, data, len), (ssize_t)len);
	close(fd);
}

void put_text(const char *name, const char *text)
{
	put_file(name, text, strlen(text));
}

unsigned count_files(void)
{
	DIR *d = opendir(dir);
	unsigned n = 0;

	ck_assert_ptr_nonnull(d);
	while (readdir(d) != NULL)
		n++;
	closedir(d);
	return n;
}

VixDiskLibConnection connect_local(void)
{
	VixDiskLibConnection c = NULL;

	ck_assert_ok(VixDiskLib_Connect(NULL, &c));
	ck_assert_ptr_nonnull(c);
	return c;
}

VixDiskLibHandle open_disk(VixDiskLibConnection c, const char *name, uint32 flags)
{
	VixDiskLibHandle disk = NULL;

	ck_assert_ok(VixDiskLib_Open(c, in_dir(name), flags, &disk));
	ck_assert_ptr_nonnull(disk);
	return disk;
}
