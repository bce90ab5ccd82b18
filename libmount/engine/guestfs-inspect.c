/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What libguestfs's inspection found, as a vmnt_os; see guestfs-inspect.h.
 */
#include "config.h"

#include "guestfs-inspect.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../common/alloc.h"
#include "../../common/cleanup.h"
#include "linux.h"

/* Who makes what libguestfs calls a distribution; others keep that name. */
static const struct {
	const char *distro, *vendor;
} vendors[] = {
	{ "alpinelinux", "Alpine Linux" },
	{ "archlinux", "Arch Linux" },
	{ "centos", "CentOS" },
	{ "debian", "Debian" },
	{ "fedora", "Fedora" },
	{ "freebsd", "FreeBSD" },
	{ "gentoo", "Gentoo" },
	{ "netbsd", "NetBSD" },
	{ "openbsd", "OpenBSD" },
	{ "opensuse", "openSUSE" },
	{ "oraclelinux", "Oracle" },
	{ "rhel", "Red Hat" },
	{ "rocky", "Rocky" },
	{ "sles", "SUSE" },
	{ "suse-based", "SUSE" },
	{ "ubuntu", "Canonical" },
	{ "windows", "Microsoft" },
};

static const char *vendor_of(const char *distro)
{
	for (size_t i = 0; i < sizeof(vendors) / sizeof(vendors[0]); i++)
		if (strcmp(distro, vendors[i].distro) == 0)
			return vendors[i].vendor;
	return distro;
}

static bool is_64bit(const char *arch)
{
	static const char *const wide[] = {
		"x86_64", "aarch64", "ia64",    "ppc64", "ppc64le",
		"s390x",  "riscv64", "sparc64", "alpha", "loongarch64"
	};

	for (size_t i = 0; i < sizeof(wide) / sizeof(wide[0]); i++)
		if (strcmp(arch, wide[i]) == 0)
			return true;
	return false;
}

/* "btrfsvol:/dev/sda2/root" -> "/dev/sda2"; a plain device stays. */
static char *device_of(guestfs_h *g, const char *mountable)
{
	if (strncmp(mountable, "/dev/", 5) == 0)
		return strdup(mountable);
	return guestfs_mountable_device(g, mountable);
}

/* @path on @mountable; what libguestfs can't name a device for is left out. */
static VixError add_mount(guestfs_h *g, const char *mountable, const char *path, struct vmnt_os *os)
{
	VU_AUTO(free) char *device = device_of(g, mountable);

	return device != NULL ? vmnt_os_add_mount(os, device, path) : VIX_OK;
}

static VixError add_drive_letters(guestfs_h *g, const char *root, struct vmnt_os *os)
{
	VMNT_STRINGS letters = guestfs_inspect_get_drive_mappings(g, root);

	for (char **p = letters; p != NULL && p[0] != NULL && p[1] != NULL; p += 2) {
		char path[8];

		snprintf(path, sizeof(path), "%.4s:\\", p[0]);
		VD_TRY(add_mount(g, p[1], path, os));
	}
	return VIX_OK;
}

static VixError add_mount_points(guestfs_h *g, const char *root, struct vmnt_os *os)
{
	VMNT_STRINGS points = guestfs_inspect_get_mountpoints(g, root);

	for (char **p = points; p != NULL && p[0] != NULL && p[1] != NULL; p += 2)
		VD_TRY(add_mount(g, p[1], p[0], os));
	return VIX_OK;
}

/* "/Windows" on the volume that the guest calls C: -> "C:\Windows". */
static char *windows_folder(guestfs_h *g, const char *root, const struct vmnt_os *os)
{
	VU_AUTO(free) char *path = guestfs_inspect_get_windows_systemroot(g, root);
	const char *drive = "C:\\";
	char *folder;

	if (path == NULL)
		return strdup("");
	for (size_t i = 0; i < os->n; i++)
		if (strcmp(os->mounts[i].device, root) == 0)
			drive = os->mounts[i].path;
	folder = vu_asprintf("%s%s", drive, path + strspn(path, "/"));
	for (char *p = folder; p != NULL && *p != '\0'; p++)
		if (*p == '/')
			*p = '\\';
	return folder;
}

static VixError describe_windows(guestfs_h *g, const char *root, struct vmnt_os *os)
{
	os->family = VIXMNTAPI_WINDOWS;
	VD_TRY(add_drive_letters(g, root, os));
	os->folder = windows_folder(g, root, os);
	return VIX_OK;
}

static VixError describe_other(guestfs_h *g, const char *root, struct vmnt_os *os)
{
	os->family = VIXMNTAPI_OTHER;
	os->folder = strdup("/");
	return add_mount_points(g, root, os);
}

/* libguestfs says "unknown" where it has no answer. */
static char *known(char *answer)
{
	if (answer == NULL || strcmp(answer, "unknown") != 0)
		return answer;
	free(answer);
	return strdup("");
}

static VixError describe_root(guestfs_h *g, const char *root, struct vmnt_os *os)
{
	VU_AUTO(free) char *type = guestfs_inspect_get_type(g, root);
	VU_AUTO(free) char *distro = known(guestfs_inspect_get_distro(g, root));
	VU_AUTO(free) char *arch = guestfs_inspect_get_arch(g, root);
	int major = guestfs_inspect_get_major_version(g, root);
	int minor = guestfs_inspect_get_minor_version(g, root);
	bool is_windows = type != NULL && strcmp(type, "windows") == 0;

	os->major = major > 0 ? (uint32_t)major : 0;
	os->minor = minor > 0 ? (uint32_t)minor : 0;
	os->is_64bit = arch != NULL && is_64bit(arch);
	os->vendor = strdup(vendor_of(distro != NULL ? distro : ""));
	os->edition = known(guestfs_inspect_get_product_name(g, root));
	VD_TRY(is_windows ? describe_windows(g, root, os) : describe_other(g, root, os));
	return os->vendor != NULL && os->folder != NULL ? VIX_OK : VIX_E_OUT_OF_MEMORY;
}

VixError vmnt_guestfs_inspect(struct vmnt_guestfs *en, struct vmnt_os *os)
{
	VMNT_STRINGS roots = guestfs_inspect_os(en->g);
	VixError err = VIX_OK;

	if (roots == NULL)
		err = vmnt_guestfs_failed(en, "cannot look for operating systems");
	else if (roots[0] != NULL) /* of several, the first */
		err = describe_root(en->g, roots[0], os);
	if (guestfs_umount_all(en->g) < 0 && err == VIX_OK)
		err = vmnt_guestfs_failed(en, "cannot unmount after the inspection");
	return err;
}
