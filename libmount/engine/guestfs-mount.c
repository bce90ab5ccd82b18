/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The appliance engine: its file systems as directories of the host, through the front-end; and
 * whether that will work.
 *
 * A mount's volumes stay mounted in the appliance when it ends: that costs nothing, and the next
 * mount of them is quicker.
 */
#include "config.h"

#include "guestfs-fs.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include "../../common/alloc.h"
#include "../../common/cleanup.h"
#include "../../common/log.h"

struct mount {
	struct vmnt_mount base;
	struct vmnt_frontend *fe;
};

/* An error of file access, as text. */
static VixError unreadable(struct vmnt_guestfs *en, int rc, char **why_out)
{
	if (vmnt_guestfs_is_dead(en))
		return vmnt_guestfs_failed(en, "cannot read a volume");
	*why_out = vu_asprintf("its root directory can't be read: %s", strerror(-rc));
	return VIX_E_MNTAPI_FORMAT_FAILURE;
}

VixError vmnt_guestfs_probe(struct vmnt_engine *base, const struct vmnt_volume_info *v,
			    uint64_t *used_out, char **why_out)
{
	VMNT_NO_SIGPIPE;
	struct vmnt_guestfs *en = (struct vmnt_guestfs *)base;
	struct vmnt_guestfs_fs *fs;
	struct statvfs sv;
	struct stat st;
	int rc;

	*used_out = UINT64_MAX;
	VD_TRY(vmnt_guestfs_fs_open(en, v, &fs, why_out));
	rc = vmnt_guestfs_files.stat(fs, "/", &st);
	if (rc == 0 && !S_ISDIR(st.st_mode))
		rc = -ENOTDIR;
	if (rc == 0)
		rc = vmnt_guestfs_files.statfs(fs, &sv);
	if (rc < 0)
		return unreadable(en, rc, why_out);
	if (sv.f_blocks >= sv.f_bfree)
		*used_out = (uint64_t)(sv.f_blocks - sv.f_bfree) * sv.f_frsize;
	return VIX_OK;
}

static VixError open_or_tell(struct vmnt_guestfs *en, const struct vmnt_volume_info *v,
			     struct vmnt_guestfs_fs **fs_out)
{
	VU_AUTO(free) char *why = NULL;
	VixError err = vmnt_guestfs_fs_open(en, v, fs_out, &why);

	if (err == VIX_E_MNTAPI_FORMAT_FAILURE)
		VU_ERR("guestfs", "%s (%s) cannot be mounted: %s", vu_log_quote(v->name),
		       vu_log_quote(v->filesystem), vu_log_quote(why));
	return err;
}

/* Fills @volumes, which has room for all of @rq's. */
static VixError prepare_volumes(struct vmnt_guestfs *en, const struct vmnt_mount_request *rq,
				struct vmnt_frontend_volume *volumes)
{
	for (size_t i = 0; i < rq->n; i++) {
		struct vmnt_guestfs_fs *fs;

		VD_TRY(open_or_tell(en, rq->volumes[i].info, &fs));
		volumes[i] = (struct vmnt_frontend_volume){
			.subdir = rq->volumes[i].subdir,
			.ops = &vmnt_guestfs_files,
			.fs = fs,
		};
	}
	return VIX_OK;
}

static VixError start_frontend(struct vmnt_guestfs *en, const struct vmnt_mount_request *rq,
			       struct vmnt_frontend **fe_out)
{
	VU_AUTO(free)
	struct vmnt_frontend_volume *volumes = vu_calloc_array(rq->n, sizeof(*volumes));
	struct vmnt_frontend_config cfg = {
		.dir = rq->dir,
		.source = rq->source,
		.fuse_options = rq->fuse_options,
		.symlinks = rq->symlinks,
		.volumes = volumes,
		.n = rq->n,
	};

	if (volumes == NULL)
		return VIX_E_OUT_OF_MEMORY;
	VD_TRY(prepare_volumes(en, rq, volumes));
	return vmnt_frontend_start(&cfg, fe_out);
}

VixError vmnt_guestfs_mount(struct vmnt_engine *base, const struct vmnt_mount_request *rq,
			    struct vmnt_mount **mt_out)
{
	VMNT_NO_SIGPIPE;
	struct mount *mt;
	VixError err;

	*mt_out = NULL;
	if (!rq->readonly) {
		VU_ERR("guestfs", "cannot mount for writing: this engine mounts read-only");
		return VIX_E_NOT_SUPPORTED;
	}
	mt = calloc(1, sizeof(*mt));
	if (mt == NULL)
		return VIX_E_OUT_OF_MEMORY;
	mt->base.engine = base;
	err = start_frontend((struct vmnt_guestfs *)base, rq, &mt->fe);
	if (err != VIX_OK) {
		free(mt);
		return err;
	}
	*mt_out = &mt->base;
	return VIX_OK;
}

VixError vmnt_guestfs_unmount(struct vmnt_mount *base, bool force)
{
	struct mount *mt = (struct mount *)base;
	VixError err = vmnt_frontend_stop(mt->fe, force);

	/* The mount is gone, but a request hangs in the virtual machine: only its end frees us. */
	if (err == VIX_E_OBJECT_IS_BUSY && force) {
		VU_WARN("guestfs", "the virtual machine does not answer: it is stopped");
		vmnt_guestfs_kill((struct vmnt_guestfs *)base->engine);
		err = vmnt_frontend_stop(mt->fe, force);
	}
	if (err == VIX_OK)
		free(mt);
	return err;
}

bool vmnt_guestfs_is_gone(const struct vmnt_mount *base)
{
	return vmnt_frontend_is_gone(((const struct mount *)base)->fe);
}
