/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Both libraries started over a directory of the test's own, with disks in it and the engine of
 * fakeengine.h, as a fixture:
 *
 *	tcase_add_checked_fixture(tc, fixture_start, fixture_end);
 */
#ifndef FIXTURE_H
#define FIXTURE_H

#include <dirent.h>
#include <stdarg.h>

#include "../unit/tmpdir.h"
#include "../unit/unit.h"
#include "fakeengine.h"
#include "vixMntapi.h"
#include "vixMntapiExt.h"

#define DISK_SECTORS 4096

static VixDiskLibConnection conn;
static unsigned warnings;       /* since fixture_start() */
static char last_warning[1024]; /* without newline */

#define ck_ok(call) ck_assert_uint_eq((call), VIX_OK)

static inline void fixture_warn(const char *fmt, va_list args)
{
	warnings++;
	vsnprintf(last_warning, sizeof(last_warning), fmt, args);
	last_warning[strcspn(last_warning, "\n")] = '\0';
}

/* A disk called @name in the test's directory; blank unless @text is at its beginning. */
static inline const char *make_disk(const char *name, const char *text)
{
	char descriptor[512], flat[64];
	int fd;

	snprintf(flat, sizeof(flat), "%s-flat.vmdk", name);
	snprintf(descriptor, sizeof(descriptor),
		 "# Disk DescriptorFile\nversion=1\nCID=fffffffe\nparentCID=ffffffff\n"
		 "createType=\"monolithicFlat\"\nRW %d FLAT \"%s\" 0\n"
		 "ddb.adapterType = \"lsilogic\"\nddb.geometry.cylinders = \"4\"\n"
		 "ddb.geometry.heads = \"16\"\nddb.geometry.sectors = \"63\"\n"
		 "ddb.virtualHWVersion = \"4\"\n",
		 DISK_SECTORS, flat);
	put_text(in_tmpdir(flat), text);
	fd = vu_open(in_tmpdir(flat), O_RDWR, 0);
	ck_assert_int_eq(ftruncate(fd, DISK_SECTORS * VIXDISKLIB_SECTOR_SIZE), 0);
	close(fd);
	put_text(in_tmpdir(name), descriptor);
	return in_tmpdir(name);
}

/* Changes bytes of a disk that make_disk() made. */
static inline void put_in_disk(const char *name, uint64_t off, const void *data, size_t len)
{
	char flat[64];
	int fd;

	snprintf(flat, sizeof(flat), "%s-flat.vmdk", name);
	fd = vu_open(in_tmpdir(flat), O_RDWR, 0);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(vu_pwrite_full(fd, data, len, off), 0);
	close(fd);
}

/* The state root of the test. */
static inline const char *state_root(void)
{
	return in_tmpdir("state");
}

/* How many directories of disk sets are there? */
static inline unsigned count_sets(void)
{
	char path[256];
	struct dirent *e;
	unsigned n = 0;
	DIR *d;

	snprintf(path, sizeof(path), "%s/sets", state_root());
	d = opendir(path);
	if (d == NULL)
		return 0;
	while ((e = readdir(d)) != NULL)
		n += strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0;
	closedir(d);
	return n;
}

/* VixMntapi_Init() with the test's directory and @more lines of configuration. */
static inline VixError mount_init(const char *more)
{
	char text[512];

	snprintf(text, sizeof(text), "TMPDIRECTORY = \"%s\"\n%s", state_root(), more);
	put_text(in_tmpdir("config"), text);
	return VixMntapi_Init(1, 0, NULL, fixture_warn, NULL, NULL, in_tmpdir("config"));
}

static inline void fixture_start(void)
{
	tmpdir_make();
	fake_install();
	ck_ok(VixDiskLib_Init(8, 0, NULL, NULL, NULL, NULL));
	ck_ok(mount_init(""));
	ck_ok(VixDiskLib_Connect(NULL, &conn));
	make_disk("a.vmdk", "something");
	make_disk("b.vmdk", "something");
	warnings = 0;
}

/* Nothing is left, whatever the test did. */
static inline void fixture_end(void)
{
	VixMntapi_Exit();
	VixDiskLib_Exit();
	ck_assert_uint_eq(fake_alive(), 0);
	ck_assert_uint_eq(count_sets(), 0);
	ck_assert(fake_disks_answered());
	tmpdir_remove();
}

/* A set of disk a.vmdk. */
static inline VixDiskSetHandle open_set(void)
{
	const char *names[1] = { in_tmpdir("a.vmdk") };
	VixDiskSetHandle set;

	ck_ok(VixMntapi_OpenDisks(conn, names, 1, VIXDISKLIB_FLAG_OPEN_READ_ONLY, &set));
	return set;
}

static inline VixDiskLibHandle open_disk(const char *name)
{
	VixDiskLibHandle disk;

	ck_ok(VixDiskLib_Open(conn, in_tmpdir(name), VIXDISKLIB_FLAG_OPEN_READ_ONLY, &disk));
	return disk;
}

/* The three volumes of a set, in @v. */
static inline void get_volumes(VixDiskSetHandle set, VixVolumeHandle v[3])
{
	VixVolumeHandle *handles;
	size_t n;

	ck_ok(VixMntapi_GetVolumeHandles(set, &n, &handles));
	ck_assert_uint_eq(n, 3);
	memcpy(v, handles, 3 * sizeof(*v));
	VixMntapi_FreeVolumeHandles(handles);
}

/* A set with its volumes listed and @mount of them mounted. */
static inline VixDiskSetHandle open_mounted(VixVolumeHandle v[3], unsigned mount)
{
	VixDiskSetHandle set = open_set();

	get_volumes(set, v);
	for (unsigned i = 0; i < mount; i++)
		ck_ok(VixMntapi_MountVolume(v[i], FALSE));
	return set;
}

/* A directory to mount on; made when it is not there. */
static inline const char *tree_dir(void)
{
	static char path[128];

	snprintf(path, sizeof(path), "%s/tree", tmpdir);
	if (!exists(path))
		ck_assert_int_eq(mkdir(path, 0700), 0);
	return path;
}

/* Mounts all volumes together on that directory. */
static inline void mount_tree(VixDiskSetHandle set)
{
	VixMountOptions opts = { .structSize = sizeof(opts), .mountPoint = tree_dir() };

	ck_ok(VixMntapi_MountDiskSet(set, NULL, 0, &opts));
}

static inline bool is_volume_mounted(VixVolumeHandle v)
{
	VixVolumeInfo *info;
	bool mounted;

	ck_ok(VixMntapi_GetVolumeInfo(v, &info));
	mounted = info->isMounted;
	VixMntapi_FreeVolumeInfo(info);
	return mounted;
}

#endif
