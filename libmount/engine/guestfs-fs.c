/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Mounts volumes in the appliance: read-only, but with their journals replayed into the overlay
 * where that works, because a disk that was copied from a running guest is only whole then.
 */
#include "config.h"

#include "guestfs-fs.h"

#include <stdlib.h>
#include <string.h>

#include "../../common/alloc.h"
#include "../../common/cleanup.h"
#include "../../common/log.h"

#define WAYS_MAX 4

/* How to mount what: the first way that works.  After the first, something is lost. */
struct recipe {
	const char *filesystem;
	const char *options[WAYS_MAX];
};

static const struct recipe recipes[] = {
	{ "ext2", { "ro", "ro,noload" } },
	{ "ext3", { "ro", "ro,noload" } },
	{ "ext4", { "ro", "ro,noload" } },
	/* Snapshots and clones share their id. */
	{ "xfs", { "ro,nouuid", "ro,nouuid,norecovery" } },
	{ "btrfs", { "ro", "ro,rescue=nologreplay", "ro,rescue=all" } },
	{ "vfat", { "ro,utf8", "ro" } },
	{ "ufs", { "ro,ufstype=ufs2", "ro,ufstype=44bsd", "ro,ufstype=sunx86", "ro" } },
	{ NULL, { "ro" } }, /* all others */
};

static const struct recipe *find_recipe(const char *filesystem)
{
	const struct recipe *r = recipes;

	while (r->filesystem != NULL && strcmp(r->filesystem, filesystem) != 0)
		r++;
	return r;
}

/* Return: 0, or -1; the last way's error is the handle's then. */
static int mount_somehow(const struct vmnt_guestfs_fs *fs)
{
	const struct recipe *r = find_recipe(fs->filesystem);
	guestfs_h *g = fs->en->g;

	for (size_t i = 0; i < WAYS_MAX && r->options[i] != NULL; i++) {
		if (guestfs_mount_options(g, r->options[i], fs->device, fs->root) == 0) {
			if (i > 0)
				VU_WARN("guestfs", "%s is damaged: mounted with %s only",
					vu_log_quote(fs->name), r->options[i]);
			return 0;
		}
		VU_DBG("guestfs", "%s: not with %s: %s", vu_log_quote(fs->device), r->options[i],
		       vu_log_quote(guestfs_last_error(g)));
		if (vmnt_guestfs_is_dead(fs->en))
			return -1;
	}
	return -1;
}

static void free_fs(struct vmnt_guestfs_fs *fs)
{
	if (fs == NULL)
		return;
	free(fs->device);
	free(fs->name);
	free(fs->filesystem);
	free(fs->root);
	free(fs);
}

static struct vmnt_guestfs_fs *new_fs(struct vmnt_guestfs *en, const struct vmnt_volume_info *info)
{
	struct vmnt_guestfs_fs *fs = calloc(1, sizeof(*fs));

	if (fs == NULL)
		return NULL;
	fs->en = en;
	fs->device = strdup(info->device);
	fs->name = strdup(info->name);
	fs->filesystem = strdup(info->filesystem);
	fs->root = vu_asprintf("/v%zu", en->mounted.n);
	if (fs->device != NULL && fs->name != NULL && fs->filesystem != NULL && fs->root != NULL)
		return fs;
	free_fs(fs);
	return NULL;
}

/* What mount(8) said, without what surrounds it: "mount_options: mount exited with status 32: mount:
 * /sysroot/v0: WHY.\n dmesg(1) may ..". */
static char *mount_error(const char *text)
{
	static const char intro[] = "mount: /";
	const char *at = text;

	for (const char *s = strstr(text, intro); s != NULL; s = strstr(s + 1, intro)) {
		const char *end = strstr(s + sizeof(intro) - 1, ": ");

		if (end != NULL)
			at = end + 2;
	}
	if (strcspn(at, "\n") > 0 && at[strcspn(at, "\n") - 1] == '.')
		return strndup(at, strcspn(at, "\n") - 1);
	return strndup(at, strcspn(at, "\n"));
}

static VixError mount_fs(const struct vmnt_guestfs_fs *fs, char **why_out)
{
	VMNT_TIME_LIMIT(fs->en);
	guestfs_h *g = fs->en->g;

	if (guestfs_mkmountpoint(g, fs->root) < 0)
		return vmnt_guestfs_failed(fs->en, "cannot make a directory for a volume");
	if (mount_somehow(fs) == 0)
		return VIX_OK;
	if (vmnt_guestfs_is_dead(fs->en))
		return vmnt_guestfs_failed(fs->en, "cannot mount a volume");
	*why_out = mount_error(guestfs_last_error(g));
	guestfs_rmmountpoint(g, fs->root);
	return VIX_E_MNTAPI_FORMAT_FAILURE;
}

VixError vmnt_guestfs_fs_open(struct vmnt_guestfs *en, const struct vmnt_volume_info *info,
			      struct vmnt_guestfs_fs **fs_out, char **why_out)
{
	struct vmnt_guestfs_fs *fs;
	VixError err;

	*why_out = NULL;
	if (vmnt_guestfs_is_dead(en))
		return vmnt_guestfs_failed(en, "cannot mount a volume");
	VU_ARRAY_FOREACH(&en->mounted, it) {
		if (strcmp((*it)->device, info->device) == 0) {
			*fs_out = *it;
			return VIX_OK;
		}
	}
	fs = new_fs(en, info);
	if (fs == NULL || VU_ARRAY_RESERVE(&en->mounted, en->mounted.n + 1) < 0) {
		free_fs(fs);
		return VIX_E_OUT_OF_MEMORY;
	}
	err = mount_fs(fs, why_out);
	if (err != VIX_OK) {
		free_fs(fs);
		return err;
	}
	en->mounted.v[en->mounted.n++] = fs;
	*fs_out = fs;
	return VIX_OK;
}

void vmnt_guestfs_fs_free_all(struct vmnt_guestfs *en)
{
	VU_ARRAY_FOREACH(&en->mounted, it)
		free_fs(*it);
	VU_ARRAY_FREE(&en->mounted);
}

VixError vmnt_guestfs_fs_remount_all(struct vmnt_guestfs *en)
{
	VixError err = VIX_OK;

	VU_ARRAY_FOREACH(&en->mounted, it)
		if (mount_somehow(*it) < 0)
			err = vmnt_guestfs_failed(en, "cannot mount a volume again");
	return err;
}
