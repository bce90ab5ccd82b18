/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The appliance engine: which operating system is on the disks.
 *
 * Linux systems are recognised by two files, in well under a second.  Only where there are traces
 * of another system, libguestfs's own inspection is asked; file access then waits meanwhile, and
 * what was mounted is mounted again afterwards.
 *
 * 1. Only regular files are opened: a guest may put a FIFO in their place.
 */
#include "config.h"

#include "guestfs-fs.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "../../common/alloc.h"
#include "../../common/cleanup.h"
#include "../../common/log.h"
#include "guestfs-inspect.h"
#include "linux.h"

#define SMALL_FILE (64 * 1024) /* bytes that are looked at; what is longer is cut */
#define ELF_HEAD   5           /* magic number and class */

/* Where on its volume a root directory may be: btrfs has it in a subvolume. */
static const char *const root_dirs[] = { "", "/@", "/root", "/@rootfs" };

/* Its directory or file @name, followed through links; for the caller to free(), NULL: none. */
static char *small_file(const struct vmnt_guestfs_fs *fs, const char *dir, const char *name,
			int max)
{
	VU_AUTO(free) char *path = vu_asprintf("%s%s%s", fs->root, dir, name);
	struct guestfs_statns *st = path != NULL ? guestfs_statns(fs->en->g, path) : NULL;
	bool is_file = st != NULL && S_ISREG(st->st_mode);
	char *text = NULL, *with_end;
	size_t len;

	if (st != NULL)
		guestfs_free_statns(st);
	if (is_file)
		text = guestfs_pread(fs->en->g, path, max, 0, &len);
	if (text == NULL)
		return NULL;
	with_end = realloc(text, len + 1);
	if (with_end == NULL) {
		free(text);
		return NULL;
	}
	with_end[len] = '\0';
	return with_end;
}

static bool is_64bit(const struct vmnt_guestfs_fs *fs, const char *dir)
{
	static const char *const programs[] = { "/usr/bin/ls", "/bin/ls", "/usr/bin/bash",
						"/bin/bash",   "/bin/sh", "/bin/busybox" };

	for (size_t i = 0; i < sizeof(programs) / sizeof(programs[0]); i++) {
		VU_AUTO(free) char *head = small_file(fs, dir, programs[i], ELF_HEAD);

		if (head != NULL && strncmp(head, "\177ELF", 4) == 0)
			return head[4] == 2;
	}
	return false;
}

static bool is_mounted_in_guest(const struct vmnt_os *os, const char *path)
{
	for (size_t i = 0; i < os->n; i++)
		if (strcmp(os->mounts[i].path, path) == 0)
			return true;
	return false;
}

/* @release: what os-release says. */
static VixError describe_linux(const struct vmnt_guestfs_fs *fs, const char *dir,
			       const char *release, struct vmnt_os *os)
{
	const struct vmnt_guestfs *en = fs->en;
	VU_AUTO(free) char *debian = small_file(fs, dir, "/etc/debian_version", SMALL_FILE);
	VU_AUTO(free) char *fstab = small_file(fs, dir, "/etc/fstab", SMALL_FILE);

	os->family = VIXMNTAPI_OTHER;
	VD_TRY(vmnt_linux_release(release, os));
	if (debian != NULL && strcmp(os->vendor, "Debian") == 0)
		vmnt_linux_version(debian, os); /* has the minor number */
	os->is_64bit = is_64bit(fs, dir);
	os->folder = strdup("/");
	if (os->folder == NULL)
		return VIX_E_OUT_OF_MEMORY;
	if (fstab != NULL)
		VD_TRY(vmnt_linux_fstab(fstab, en->volumes, en->n_volumes, os));
	return is_mounted_in_guest(os, "/") ? VIX_OK : vmnt_os_add_mount(os, fs->device, "/");
}

/* Looks for a Linux system on @fs; NO_OS stays where there is none. */
static VixError look_for_linux(const struct vmnt_guestfs_fs *fs, struct vmnt_os *os)
{
	VMNT_TIME_LIMIT(fs->en);
	bool has_subvolumes = strcmp(fs->filesystem, "btrfs") == 0;
	size_t n = has_subvolumes ? sizeof(root_dirs) / sizeof(root_dirs[0]) : 1;

	for (size_t i = 0; i < n; i++) {
		VU_AUTO(free)
		char *release = small_file(fs, root_dirs[i], "/etc/os-release", SMALL_FILE);

		if (release == NULL)
			release = small_file(fs, root_dirs[i], "/usr/lib/os-release", SMALL_FILE);
		if (release != NULL)
			return describe_linux(fs, root_dirs[i], release, os);
	}
	return VIX_OK;
}

/* Has its root directory anything that another system could be recognised by? */
static bool has_traces(const struct vmnt_guestfs_fs *fs)
{
	static const char *const traces[] = {
		"Windows", "WINNT", "etc", "@", "freedos", "boot.ini"
	};
	VMNT_TIME_LIMIT(fs->en);
	VMNT_STRINGS names = guestfs_ls(fs->en->g, fs->root);
	bool found = false;

	for (char **name = names; name != NULL && *name != NULL; name++)
		for (size_t i = 0; i < sizeof(traces) / sizeof(traces[0]); i++)
			found |= strcasecmp(*name, traces[i]) == 0;
	return found;
}

/* One after the other, until a Linux system is found.  *@traces_out: are there others'? */
static VixError look_at_volumes(struct vmnt_guestfs *en, struct vmnt_os *os, bool *traces_out)
{
	*traces_out = false;
	for (size_t i = 0; i < en->n_volumes && os->family == VIXMNTAPI_NO_OS; i++) {
		VU_AUTO(free) char *why = NULL;
		struct vmnt_guestfs_fs *fs;
		VixError err;

		if (!en->volumes[i].mountable)
			continue;
		err = vmnt_guestfs_fs_open(en, &en->volumes[i], &fs, &why);
		if (err == VIX_E_MNTAPI_FORMAT_FAILURE)
			continue; /* told when somebody wants it */
		if (err == VIX_OK)
			err = look_for_linux(fs, os);
		if (err != VIX_OK)
			return err;
		if (os->family == VIXMNTAPI_NO_OS)
			*traces_out |= has_traces(fs);
	}
	return vmnt_guestfs_is_dead(en) ? vmnt_guestfs_failed(en, "cannot look for a system")
					: VIX_OK;
}

static VixError inspect_and_remount(struct vmnt_guestfs *en, struct vmnt_os *os)
{
	VMNT_TREE_ALONE(en);
	VMNT_TIME_LIMIT(en);
	VixError err = vmnt_guestfs_inspect(en, os);
	VixError err2 = vmnt_guestfs_fs_remount_all(en);

	return err != VIX_OK ? err : err2;
}

VixError vmnt_guestfs_os(struct vmnt_engine *base, struct vmnt_os *os_out)
{
	VMNT_NO_SIGPIPE;
	struct vmnt_guestfs *en = (struct vmnt_guestfs *)base;
	bool has_others;
	VixError err;

	*os_out = (struct vmnt_os){ .family = VIXMNTAPI_NO_OS };
	VD_TRY(vmnt_guestfs_scan(en));
	err = look_at_volumes(en, os_out, &has_others);
	if (err == VIX_OK && os_out->family == VIXMNTAPI_NO_OS && has_others)
		err = inspect_and_remount(en, os_out);
	if (err != VIX_OK)
		vmnt_os_free(os_out);
	return err;
}
