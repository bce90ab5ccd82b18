/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A front-end over a fake guest, for each test: fill @guest, then mount_guest().
 *
 *	tcase_add_checked_fixture(tc, front_setup, front_teardown);
 *
 * Include from one file of a program whose main() begins with front_main().
 */
#ifndef FRONTFIX_H
#define FRONTFIX_H

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../unit/unit.h"
#include "cleanup.h"
#include "fakeguest.h"
#include "log.h"
#include "vixMntapiExt.h"

static struct fakeguest *guest;
static struct vmnt_frontend *fe;
static char point[64];  /* mount point */
static pid_t front_pid; /* of the program, whose children the tests are */

static void front_setup(void)
{
	fe = NULL;
	guest = fakeguest_new();
	snprintf(point, sizeof(point), "/tmp/vdisk-front-%d-XXXXXX", (int)front_pid);
	if (mkdtemp(point) == NULL)
		abort();
}

static void front_teardown(void)
{
	fakeguest_release(guest);
	if (fe != NULL)
		ck_assert_uint_eq(vmnt_frontend_stop(fe, true), VIX_OK);
	ck_assert_int_eq(rmdir(point), 0);
	fakeguest_free(guest);
}

static inline struct vmnt_frontend_config front_config(struct vmnt_frontend_volume *v)
{
	*v = (struct vmnt_frontend_volume){ .ops = &guest->ops, .fs = guest };
	return (struct vmnt_frontend_config){
		.dir = point, .source = "fake", .volumes = v, .n = 1
	};
}

static inline void mount_with(const char *options, uint32_t symlinks)
{
	struct vmnt_frontend_volume v;
	struct vmnt_frontend_config cfg = front_config(&v);

	cfg.fuse_options = options;
	cfg.symlinks = symlinks;
	ck_assert_uint_eq(vmnt_frontend_start(&cfg, &fe), VIX_OK);
}

static inline void mount_guest(void)
{
	mount_with(NULL, VIXMNTAPI_SYMLINKS_GUEST);
}

static inline void unmount_guest(void)
{
	ck_assert_uint_eq(vmnt_frontend_stop(fe, false), VIX_OK);
	fe = NULL;
}

/* The host's path of @name in the mount; good until the fourth next call. */
static inline const char *in_mount(const char *name)
{
	static char paths[4][4096];
	static unsigned next;
	char *path = paths[next++ % 4];

	snprintf(path, sizeof(paths[0]), "%s/%s", point, name);
	return path;
}

/* The content of a small file; "" and errno when it cannot be read. */
static inline const char *text_of(const char *path)
{
	static char text[4096];
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd >= 0 ? read(fd, text, sizeof(text) - 1) : -1;
	int err = errno;

	if (fd >= 0)
		close(fd);
	text[n > 0 ? n : 0] = '\0';
	errno = err;
	return text;
}

/* The line of /proc/self/mountinfo for the mount. */
static inline const char *mount_line(void)
{
	static char line[4096];
	VU_AUTO(fclose) FILE *f = fopen("/proc/self/mountinfo", "re");

	ck_assert_ptr_nonnull(f);
	while (fgets(line, sizeof(line), f) != NULL)
		if (strstr(line, point) != NULL)
			return line;
	return "";
}

static inline void print_log(const char *fmt, va_list args)
{
	vfprintf(stderr, fmt, args);
}

/* Takes away what failed tests have left. */
static void front_sweep(void)
{
	char pattern[64];
	glob_t found;

	snprintf(pattern, sizeof(pattern), "/tmp/vdisk-front-%d-*", (int)front_pid);
	if (getpid() != front_pid || glob(pattern, 0, NULL, &found) != 0)
		return;
	for (size_t i = 0; i < found.gl_pathc; i++) {
		umount2(found.gl_pathv[i], MNT_FORCE | MNT_DETACH);
		rmdir(found.gl_pathv[i]);
	}
	globfree(&found);
}

/* Shows what the front-end logs when the environment has FRONT_LOG.  false: no FUSE here, and the
 * program has been reported as skipped. */
static inline bool front_main(void)
{
	static const struct vu_log_handlers handlers = { print_log, print_log, print_log };
	struct vmnt_frontend_volume v;
	struct vmnt_frontend_config cfg;
	VixError err;

	if (getenv("FRONT_LOG") != NULL)
		vu_log_set_handlers(&handlers);
	front_pid = getpid();
	atexit(front_sweep);
	front_setup();
	cfg = front_config(&v);
	err = vmnt_frontend_start(&cfg, &fe);
	if (err == VIX_OK)
		err = vmnt_frontend_stop(fe, true);
	rmdir(point);
	fakeguest_free(guest);
	if (err == VIX_E_MNTAPI_PERM)
		printf("1..0 # SKIP this user cannot mount with FUSE here\n");
	return err != VIX_E_MNTAPI_PERM;
}

#endif
