/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Unmounting; see umount.h.
 */
#include "config.h"

#include "umount.h"

#include <errno.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include "../../common/log.h"
#include "../../common/mountinfo.h"
#include "spawn.h"

#define TEXT_BYTES 512

dev_t vmnt_fuse_mount_dev(const char *dir)
{
	struct vu_mounted *m = vu_mountinfo_on(dir);
	dev_t dev = m != NULL ? m->dev : 0;

	vu_mountinfo_free(m, m != NULL);
	return dev;
}

/* Numbers of devices are used again, but not while the connection lives; when it is dead, so is
 * our mount if it is still there. */
static bool is_ours(const char *dir, dev_t dev, bool is_dead)
{
	struct stat st;

	if (vmnt_fuse_mount_dev(dir) != dev)
		return false;
	return !is_dead || (stat(dir, &st) < 0 && errno == ENOTCONN);
}

static int umount_directly(const char *dir, bool force)
{
	int flags = UMOUNT_NOFOLLOW;

	if (force) /* MNT_FORCE ends what waits for us, MNT_DETACH what is only open */
		flags |= MNT_FORCE | MNT_DETACH;
	return umount2(dir, flags) < 0 ? -errno : 0;
}

/* Its exit status does not tell why; its text is not translated. */
static int umount_by_helper(const char *dir, bool force)
{
	char *argv[] = { (char *)"fusermount3", (char *)(force ? "-uz" : "-u"), (char *)"--",
			 (char *)dir, NULL };
	char text[TEXT_BYTES];
	int rc = vmnt_spawn_fusermount(argv, -1, text, sizeof(text));

	if (rc != -ECANCELED)
		return rc;
	if (strstr(text, "resource busy") != NULL)
		return -EBUSY;
	VU_ERR("fuse", "cannot unmount %s: %s", dir, vu_log_quote(text));
	return -EPERM;
}

int vmnt_fuse_umount(const char *dir, dev_t dev, bool is_dead, bool force)
{
	int rc;

	if (!is_ours(dir, dev, is_dead))
		return 0;
	rc = umount_directly(dir, force);
	if (rc == -EPERM)
		rc = umount_by_helper(dir, force);
	if (!is_ours(dir, dev, is_dead)) /* gone, by whomever */
		return 0;
	return rc != 0 ? rc : -EBUSY;
}

bool vmnt_mount_detach(const char *point)
{
	if (umount_directly(point, true) == -EPERM)
		(void)umount_by_helper(point, true);
	return vmnt_fuse_mount_dev(point) == 0;
}
