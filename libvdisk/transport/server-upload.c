/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Making and deleting disks of a server; see server-upload.h.
 */
#include "config.h"

#include "server-upload.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "../../common/alloc.h"
#include "../../common/bytes.h"
#include "../../common/cleanup.h"
#include "../../common/log.h"
#include "../../common/path.h"
#include "../disk-chain.h"
#include "../geometry.h"
#include "../store/datastore-url.h"
#include "../store/datastore.h"
#include "../vim/diskmanager.h"
#include "server-disk.h"

#define SUFFIX        ".vmdk"
#define BLOCK_SECTORS 2048u
#define BLOCK_BYTES   (BLOCK_SECTORS * VD_SECTOR_SIZE)

struct upload {
	struct vd_server *server;
	struct vd_disk *from;
	struct vd_progress *progress;
	char *path; /* of the disk in the making */
	unsigned char *block;
	uint64_t at;   /* byte that is asked for next */
	uint64_t told; /* sectors, to the client */
};

/* What a server has words for. */
static const char *adapter_of(const struct vd_disk_spec *spec)
{
	switch (vd_adapter_of(spec->adapter)) {
	case VIXDISKLIB_ADAPTER_IDE:
		return "ide";
	case VIXDISKLIB_ADAPTER_SCSI_BUSLOGIC:
		return "busLogic";
	default:
		return "lsiLogic";
	}
}

static VixError create_at(const struct vd_server *sv, const char *path,
			  const struct vd_disk_spec *spec)
{
	const struct vim_new_disk how = {
		.kib = vu_div_up(spec->capacity, 2),
		.is_thin = spec->type == VIXDISKLIB_DISK_VMFS_THIN,
		.adapter = adapter_of(spec),
	};

	return vim_disk_create(vd_server_session(sv), vd_server_dc_path(sv), path, &how);
}

static VixError delete_at(const struct vd_server *sv, const char *path)
{
	return vim_disk_delete(vd_server_session(sv), vd_server_dc_path(sv), path);
}

/* Its place. */

static VixError check_name(const char *path)
{
	if (vu_path_has_suffix(path, SUFFIX) && strlen(vu_path_basename(path)) > strlen(SUFFIX))
		return VIX_OK;
	VU_ERR("disk", "cannot make %s: a server wants names that end in \"%s\"",
	       vu_log_quote(path), SUFFIX);
	return VIX_E_FILE_NAME_INVALID;
}

/* Other spellings of it would hide whose disk it is. */
static VixError check_spelling(const struct vd_server *sv, const char *path)
{
	VU_AUTO(free) char *target = NULL;

	return vd_datastore_target(path, vd_server_dc_path(sv), false, &target);
}

static VixError refuse_chain(const struct vd_server_disk *place, const char *doing)
{
	VU_ERR("disk", "cannot %s %s: the machine %s has snapshots of it, which would be lost",
	       doing, vu_log_quote(place->paths.v[0]),
	       vu_log_quote(place->vm->name != NULL ? place->vm->name : place->vm->ref.value));
	return VIX_E_NOT_SUPPORTED;
}

static VixError look_for(const struct vd_server *sv, const char *path, bool *exists_out)
{
	struct vd_store *st;
	VixError err = vd_store_open(vd_server_files(sv), path, VD_STORE_MAY_BE_ABSENT, &st);

	*exists_out = err == VIX_OK;
	if (err == VIX_E_FILE_NOT_FOUND)
		return VIX_OK;
	VD_TRY(err);
	vd_store_close(st);
	return VIX_OK;
}

static VixError check_place(const struct vd_server *sv, const struct vd_server_disk *place,
			    bool may_replace, bool *exists_out)
{
	const char *path = place->paths.v[0];

	VD_TRY(check_name(path));
	VD_TRY(look_for(sv, path, exists_out));
	if (*exists_out && !may_replace) {
		VU_ERR("disk", "cannot make %s: it exists", vu_log_quote(path));
		return VIX_E_FILE_ALREADY_EXISTS;
	}
	if (place->disk != NULL && place->disk->links.n > 1)
		return refuse_chain(place, "replace");
	return VIX_OK;
}

/* "[ds] dir/x.partial-89abcdef.vmdk", for free(); NULL: memory is short */
static char *name_partial(const char *path)
{
	uint32_t number;

	if (getrandom(&number, sizeof(number), 0) != (ssize_t)sizeof(number))
		number = (uint32_t)(uintptr_t)&number;
	return vu_asprintf("%.*s.partial-%08" PRIx32 SUFFIX, (int)(strlen(path) - strlen(SUFFIX)),
			   path, number);
}

/* Its bytes. */

/* The block at u->at; behind the disk's end there are zeros. */
static VixError load(struct upload *u)
{
	uint64_t sector = u->at / VD_SECTOR_SIZE, capacity = u->from->capacity;
	uint64_t count = sector < capacity ? vu_min(BLOCK_SECTORS, capacity - sector) : 0;

	memset(u->block + count * VD_SECTOR_SIZE, 0, BLOCK_BYTES - count * VD_SECTOR_SIZE);
	if (count == 0)
		return VIX_OK;
	VD_TRY(vd_disk_read(u->from, sector, count, u->block));
	if (sector < u->told)
		return vd_progress_add(u->progress, 0);
	u->told = sector + count;
	return vd_progress_add(u->progress, count);
}

static void begin(void *ctx)
{
	struct upload *u = ctx;

	u->at = 0;
}

static VixError give(void *buf, size_t len, void *ctx)
{
	struct upload *u = ctx;
	char *to = buf;

	while (len > 0) {
		size_t off = u->at % BLOCK_BYTES, n = vu_min(len, BLOCK_BYTES - off);

		if (off == 0)
			VD_TRY(load(u));
		memcpy(to, u->block + off, n);
		u->at += n;
		to += n;
		len -= n;
	}
	return VIX_OK;
}

/* Filling. */

static VixError refuse_layout(const struct upload *u)
{
	VU_ERR("disk",
	       "%s: the server keeps this disk in another way than one flat file, which only the "
	       "host can write",
	       vu_log_quote(u->path));
	return VIX_E_NOT_SUPPORTED;
}

/* Where all bytes of the disk in the making are: one file. */
static VixError find_flat(const struct upload *u, struct vd_disk *d, struct vd_store **st_out)
{
	struct vd_place place = { 0 };

	VD_TRY(vd_disk_locate(d, 0, d->capacity, &place));
	*st_out = place.st;
	if (place.st == NULL || place.off != 0 || place.sectors != d->capacity ||
	    d->capacity < u->from->capacity)
		return refuse_layout(u);
	return VIX_OK;
}

static VixError open_made(const struct upload *u, struct vd_disk **d_out, struct vd_store **st_out)
{
	VixError err;

	VD_TRY(vd_chain_open(vd_server_files(u->server), u->path, 0, d_out));
	err = find_flat(u, *d_out, st_out);
	if (err != VIX_OK)
		vd_disk_close(*d_out);
	return err;
}

/* A server that has lost bytes has made the file shorter. */
static VixError check_kept(const struct upload *u, uint64_t len)
{
	struct vd_disk *d;
	struct vd_store *st;
	uint64_t kept;
	VixError err = open_made(u, &d, &st);

	if (err == VIX_E_DISK_INVALIDDISK || err == VIX_E_FILE_NOT_FOUND)
		err = VIX_E_NET_HTTP_TRANSFER;
	VD_TRY(err);
	kept = st->size;
	vd_disk_close(d);
	if (kept == len)
		return VIX_OK;
	VU_ERR("disk", "%s: the server has %" PRIu64 " bytes of %" PRIu64 " that it was sent",
	       vu_log_quote(u->path), kept, len);
	return VIX_E_NET_HTTP_TRANSFER;
}

static VixError fill(struct upload *u)
{
	struct vd_disk *d;
	struct vd_store *st;
	uint64_t len;
	VixError err;

	VD_TRY(open_made(u, &d, &st));
	len = d->capacity * VD_SECTOR_SIZE;
	err = vd_datastore_put(st, len, give, begin, u);
	vd_disk_close(d);
	VD_TRY(err);
	return check_kept(u, len);
}

/* The whole. */

static void drop(const struct upload *u)
{
	if (delete_at(u->server, u->path) == VIX_OK)
		return;
	VU_WARN("disk", "%s: %s is left there, and no whole disk: delete it",
		vd_server_name(u->server), vu_log_quote(u->path));
}

/* Codes with which a server says no; after all else it may have done it, or be about to. */
static bool is_refusal(VixError err)
{
	return err == VIX_E_FILE_ALREADY_LOCKED || err == VIX_E_FILE_ACCESS_ERROR ||
	       err == VIX_E_FILE_READ_ONLY || err == VIX_E_NOT_SUPPORTED ||
	       err == VIX_E_DISK_FULL || err == VIX_E_FILE_NOT_FOUND ||
	       err == VIX_E_FILE_NAME_INVALID;
}

static VixError make(struct upload *u, const struct vd_disk_spec *spec)
{
	VixError err = create_at(u->server, u->path, spec);

	if (err != VIX_OK) {
		if (!is_refusal(err))
			VU_WARN("disk", "%s: %s may be left there: look, and delete it",
				vd_server_name(u->server), vu_log_quote(u->path));
		return err;
	}
	err = fill(u);
	if (err != VIX_OK)
		drop(u);
	return err;
}

static void tell_kept(const struct upload *u)
{
	VU_ERR("disk", "%s: the copy is whole, and is %s: only its name is missing",
	       vd_server_name(u->server), vu_log_quote(u->path));
}

/* May it still be replaced?  The copy has taken its time: there may be a snapshot by now. */
static VixError check_again(const struct upload *u, const char *path)
{
	VU_AUTO(vd_server_disk) struct vd_server_disk place = { 0 };
	bool exists;

	VD_TRY(vd_server_place_disk(u->server, path, &place));
	return check_place(u->server, &place, true, &exists);
}

/* The old disk, if the copy replaces one. Where its end is unknown, the copy may be the only one. */
static VixError give_way(const struct upload *u, const char *path)
{
	VixError err = check_again(u, path);
	bool exists;

	if (err != VIX_OK) { /* nothing has happened to it */
		drop(u);
		return err;
	}
	err = delete_at(u->server, path);
	if (err == VIX_OK)
		return VIX_OK;
	if (is_refusal(err) && look_for(u->server, path, &exists) == VIX_OK && exists)
		drop(u);
	else
		tell_kept(u);
	return err;
}

/* The copy is whole: it gets its name. */
static VixError give_name(const struct upload *u, const char *path, bool exists)
{
	VixError err;

	if (exists)
		VD_TRY(give_way(u, path));
	err = vim_disk_move(vd_server_session(u->server), vd_server_dc_path(u->server), u->path,
			    path);
	if (err != VIX_OK && !exists)
		drop(u);
	else if (err != VIX_OK)
		tell_kept(u);
	return err;
}

static VixError upload_to(struct upload *u, const char *path, const struct vd_disk_spec *spec,
			  bool exists)
{
	u->path = name_partial(path);
	u->block = malloc(BLOCK_BYTES);
	if (u->path == NULL || u->block == NULL)
		return VIX_E_OUT_OF_MEMORY;
	VU_INFO("disk", "%s: %s is made as %s: who ends us before has to delete that",
		vd_server_name(u->server), vu_log_quote(path), vu_log_quote(u->path));
	VD_TRY(make(u, spec));
	return give_name(u, path, exists);
}

VixError vd_server_upload_disk(struct vd_server *sv, struct vd_disk *from, const char *path,
			       const struct vd_disk_spec *spec, bool may_replace,
			       struct vd_progress *p)
{
	VU_AUTO(vd_server_disk) struct vd_server_disk place = { 0 };
	struct upload u = { .server = sv, .from = from, .progress = p };
	bool exists;
	VixError err;

	VD_TRY(vd_server_place_disk(sv, path, &place));
	VD_TRY(check_place(sv, &place, may_replace, &exists));
	err = upload_to(&u, place.paths.v[0], spec, exists);
	free(u.path);
	free(u.block);
	return err;
}

VixError vd_server_create_disk(struct vd_server *sv, const char *path,
			       const struct vd_disk_spec *spec)
{
	VU_AUTO(vd_server_disk) struct vd_server_disk place = { 0 };

	VD_TRY(vd_server_place_disk(sv, path, &place));
	VD_TRY(check_name(place.paths.v[0]));
	VD_TRY(check_spelling(sv, place.paths.v[0]));
	return create_at(sv, place.paths.v[0], spec);
}

VixError vd_server_delete_disk(struct vd_server *sv, const char *path)
{
	VU_AUTO(vd_server_disk) struct vd_server_disk place = { 0 };

	VD_TRY(vd_server_place_disk(sv, path, &place));
	VD_TRY(check_spelling(sv, place.paths.v[0]));
	if (place.newest > 0)
		return refuse_chain(&place, "delete");
	return delete_at(sv, place.paths.v[0]);
}
