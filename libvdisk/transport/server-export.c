/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Disks that a server sends as streams; see server-export.h.
 */
#include "config.h"

#include "server-export.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../common/alloc.h"
#include "../../common/bytes.h"
#include "../../common/cleanup.h"
#include "../../common/log.h"
#include "../../common/osutil.h"
#include "../../common/path.h"
#include "../../common/vixerr.h"
#include "../disk-chain.h"
#include "../format/kdmv.h"
#include "../store/local.h"
#include "../vim/lease.h"
#include "server-disk.h"

#define ROOM_BYTES (UINT64_C(64) << 20) /* of a stream, beside twice the bytes of the disk */
#define TEMPLATE   ".vdisk-export-XXXXXX"

struct vd_export {
	struct vd_server *server;
	struct vd_server_disk found;
	struct vim_lease_disk wanted; /* its strings are of @found, and @doing */
	char *doing;
	uint64_t capacity; /* sectors */
	struct vim_lease *lease;

	/* Of fetching. */
	int fd;            /* -1: none */
	uint64_t len, max; /* bytes of the stream */
	struct vd_progress *progress;
	VixError err; /* why no more bytes are taken */
};

/* Beginning. */

static VixError refuse(const char *path, const char *why)
{
	VU_ERR("disk", "cannot have the server export %s: %s", vu_log_quote(path), why);
	return VIX_E_NOT_SUPPORTED;
}

static VixError check(const struct vd_server_disk *found, const char *path)
{
	if (found->vm == NULL || found->disk == NULL ||
	    strcmp(found->vm->ref.type, "VirtualMachine") != 0)
		return refuse(path, "it is no disk of a virtual machine");
	if (found->newest > 0)
		return refuse(path, "it is not the newest file of its disk");
	if (found->disk->capacity < VD_SECTOR_SIZE || found->disk->capacity > INT64_MAX / 4)
		return refuse(path, "the server does not tell how large it is");
	return VIX_OK;
}

static void want(struct vd_export *ex)
{
	const struct vim_vm *vm = ex->found.vm;

	ex->wanted = (struct vim_lease_disk){
		.of = vm->ref,
		.key = ex->found.disk->key,
		.doing = ex->doing,
	};
	if (vm->snapshot != NULL)
		ex->wanted.of = (struct vim_ref){ "VirtualMachineSnapshot", vm->snapshot };
	ex->capacity = ex->found.disk->capacity / VD_SECTOR_SIZE;
	ex->max = 2 * ex->found.disk->capacity + ROOM_BYTES;
}

VixError vd_export_begin(struct vd_server *sv, const char *path, struct vd_export **ex_out)
{
	VU_AUTO(vd_export) struct vd_export *ex = calloc(1, sizeof(*ex));

	*ex_out = NULL;
	if (ex == NULL)
		return VIX_E_OUT_OF_MEMORY;
	ex->fd = -1;
	ex->server = vd_server_share(sv);
	VD_TRY(vd_server_find_disk(sv, path, &ex->found));
	VD_TRY(check(&ex->found, path));
	ex->doing = vu_asprintf("export %s", vu_log_quote(ex->found.paths.v[0]));
	if (ex->doing == NULL)
		return VIX_E_OUT_OF_MEMORY;
	want(ex);
	VD_TRY(vim_lease_export(vd_server_session(sv), &ex->wanted, &ex->lease));
	VU_INFO("disk", "%s: %s comes by a lease, whole", vd_server_name(sv),
		vu_log_quote(ex->found.paths.v[0]));
	*ex_out = VU_STEAL(ex);
	return VIX_OK;
}

uint64_t vd_export_capacity(const struct vd_export *ex)
{
	return ex->capacity;
}

void vd_export_free(struct vd_export *ex)
{
	if (ex == NULL)
		return;
	vim_lease_free(ex->lease);
	if (ex->fd >= 0)
		close(ex->fd);
	vd_server_disk_free(&ex->found);
	vd_server_put(ex->server);
	free(ex->doing);
	free(ex);
}

/* The file. */

static VixError say_failed(const char *doing, const char *path, int err)
{
	VU_ERR("disk", "cannot %s a file without a name in %s: %s", doing, vu_log_quote(path),
	       strerror(err));
	return vu_vixerr_from_errno(err);
}

/* For file systems that make none without a name: it loses its name at once. */
static int make_unlinked(const char *dir)
{
	VU_AUTO(free) char *path = vu_path_join(dir, TEMPLATE);
	int fd;

	if (path == NULL)
		return -ENOMEM;
	fd = mkostemp(path, O_CLOEXEC);
	if (fd < 0)
		return -errno;
	unlink(path);
	return fd;
}

static VixError make_file(struct vd_export *ex, const char *beside)
{
	VU_AUTO(free) char *dir = vu_path_dirname(beside);

	if (dir == NULL)
		return VIX_E_OUT_OF_MEMORY;
	ex->fd = vu_open(dir, O_TMPFILE | O_RDWR, 0600);
	if (ex->fd == -EOPNOTSUPP || ex->fd == -EISDIR)
		ex->fd = make_unlinked(dir);
	return ex->fd >= 0 ? VIX_OK : say_failed("make", dir, -ex->fd);
}

/* Fetching. */

static VixError write_piece(struct vd_export *ex, const void *buf, size_t len)
{
	uint64_t before = vu_min(ex->len / VD_SECTOR_SIZE, ex->capacity), now;
	int rc;

	if (len > ex->max - ex->len) {
		VU_ERR("disk", "%s: cannot %s: more than %" PRIu64 " bytes come",
		       vd_server_name(ex->server), ex->doing, ex->max);
		return VIX_E_NET_HTTP_TRANSFER;
	}
	rc = vu_pwrite_full(ex->fd, buf, len, ex->len);
	if (rc < 0)
		return say_failed("write", "the directory of the copy", -rc);
	ex->len += len;
	now = vu_min(ex->len / VD_SECTOR_SIZE, ex->capacity);
	vim_lease_tell(ex->lease, (unsigned)(now * 100 / ex->capacity));
	return vd_progress_add(ex->progress, now - before);
}

static bool take(const void *buf, size_t len, void *ctx)
{
	struct vd_export *ex = ctx;

	ex->err = write_piece(ex, buf, len);
	return ex->err == VIX_OK;
}

static VixError say_other(const struct vd_export *ex, const char *what)
{
	VU_ERR("disk", "%s: cannot %s: what came, %" PRIu64 " bytes, is %s",
	       vd_server_name(ex->server), ex->doing, ex->len, what);
	return VIX_E_NET_HTTP_TRANSFER;
}

/* One of those whose descriptors are text might name files of this host. */
static VixError check_magic(const struct vd_export *ex)
{
	unsigned char magic[4] = { 0 };

	if (ex->len >= sizeof(magic) && vu_pread_full(ex->fd, magic, sizeof(magic), 0) == 0 &&
	    vu_le32(magic) == VD_KDMV_MAGIC)
		return VIX_OK;
	return say_other(ex, "no streamOptimized disk");
}

static VixError open_file(const struct vd_export *ex, struct vd_disk **d_out)
{
	char path[sizeof("/proc/self/fd/") + 3 * sizeof(int)];
	VixError err;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", ex->fd);
	err = vd_chain_open(&vd_store_local, path, VD_CHAIN_SINGLE_LINK, d_out);
	if (err == VIX_E_DISK_INVALIDDISK)
		return say_other(ex, "no whole disk");
	return err;
}

static VixError check_disk(const struct vd_export *ex, const struct vd_disk *d)
{
	if (((const struct vd_chain *)d)->partial)
		return say_other(ex, "a disk that needs a parent");
	if (d->capacity != ex->capacity)
		return say_other(ex, "a disk of another size");
	return VIX_OK;
}

VixError vd_export_fetch(struct vd_export *ex, const char *beside, struct vd_progress *p,
			 struct vd_disk **d_out)
{
	VixError err;

	*d_out = NULL;
	ex->progress = p;
	VD_TRY(make_file(ex, beside));
	err = vim_lease_fetch(ex->lease, take, ex);
	VD_TRY(ex->err != VIX_OK ? ex->err : err);
	VD_TRY(check_magic(ex));
	VD_TRY(open_file(ex, d_out));
	err = check_disk(ex, *d_out);
	if (err == VIX_OK)
		err = vd_progress_add(p, ex->capacity -
						 vu_min(ex->len / VD_SECTOR_SIZE, ex->capacity));
	if (err != VIX_OK) {
		vd_disk_close(*d_out);
		*d_out = NULL;
		return err;
	}
	vim_lease_complete(ex->lease);
	return VIX_OK;
}
