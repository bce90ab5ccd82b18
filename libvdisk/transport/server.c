/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A server and whose disks are wanted there; see server.h and server-disk.h.
 */
#include "config.h"

#include "server.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "../../common/alloc.h"
#include "../../common/cleanup.h"
#include "../../common/log.h"
#include "../connparams.h"
#include "../vim/dspath.h"
#include "server-disk.h"

#define NAMED_MAX 16u /* disks that a message names */

/* Where disks are; strings are owned. */
struct place {
	enum { OF_VM, OF_FCD, OF_DATASTORE } is;
	struct vim_spec spec; /* OF_VM */
	char *snapshot;       /* OF_VM, OF_FCD: or NULL */
	char *fcd;            /* OF_FCD */
	char *datastore;      /* OF_FCD, OF_DATASTORE: reference */
	char *folder;         /* OF_DATASTORE: of names without one; or NULL */
	char *ds_name;        /* OF_DATASTORE */
};

struct vd_server {
	atomic_uint owners;
	struct place place;
	struct vim_session *session;
	struct vd_datastores *files;
	struct vd_server_host host;
	char *dc_path; /* of the datacenter that the disks are in */
};

static const char *given(const char *s)
{
	return s != NULL && s[0] != '\0' ? s : NULL;
}

static VixError copy(const char *s, char **copy_out)
{
	*copy_out = vu_strdup_or_null(given(s));
	return *copy_out != NULL || given(s) == NULL ? VIX_OK : VIX_E_OUT_OF_MEMORY;
}

/* What the client's parameters say. */

static VixError read_fcd(const VixDiskLibVStorageObjectSpec *spec, struct place *at)
{
	at->is = OF_FCD;
	if (given(spec->datastoreMoRef) == NULL) {
		VU_ERR("connect", "a first-class disk is named, but no datastore");
		return VIX_E_INVALID_ARG;
	}
	VD_TRY(copy(spec->id, &at->fcd));
	VD_TRY(copy(spec->datastoreMoRef, &at->datastore));
	return copy(spec->ssId, &at->snapshot);
}

static VixError read_datastore(const VixDiskLibDatastoreSpec *spec, struct place *at)
{
	at->is = OF_DATASTORE;
	VD_TRY(copy(spec->datastoreMoRef, &at->datastore));
	return copy(spec->diskFolder, &at->folder);
}

static VixError read_other_place(const VixDiskLibConnectParams *p, const char *snapshot,
				 struct place *at)
{
	if (snapshot != NULL) {
		VU_ERR("connect", "a snapshot is named, but no virtual machine");
		return VIX_E_INVALID_ARG;
	}
	return p->specType == VIXDISKLIB_SPEC_VSTORAGE_OBJECT
		       ? read_fcd(&p->spec.vStorageObjSpec, at)
		       : read_datastore(&p->spec.dsSpec, at);
}

static VixError read_place(const VixDiskLibConnectParams *p, const char *snapshot, struct place *at)
{
	if (given(p->vmxSpec) == NULL)
		return read_other_place(p, snapshot, at);
	VD_TRY(vim_spec_parse(p->vmxSpec, &at->spec));
	return copy(snapshot, &at->snapshot);
}

static void place_free(struct place *at)
{
	vim_spec_free(&at->spec);
	free(at->snapshot);
	free(at->fcd);
	free(at->datastore);
	free(at->folder);
	free(at->ds_name);
}

/* Addresses may be in brackets. */
static VixError read_host(const char *name, char **host_out)
{
	size_t len = strlen(name);

	*host_out = name[0] == '[' && name[len - 1] == ']' ? strndup(name + 1, len - 2)
							   : strdup(name);
	return *host_out != NULL ? VIX_OK : VIX_E_OUT_OF_MEMORY;
}

static void read_user(const struct VixDiskLibUidPasswdCreds *uid, struct vim_login *l)
{
	l->by = strcmp(uid->userName, VD_PARAMS_SSPI_USER) == 0 ? VIM_BY_SSPI : VIM_BY_PASSWORD;
	l->user = uid->userName;
	l->password = uid->password;
}

static void read_credentials(const VixDiskLibConnectParams *p, struct vim_login *l)
{
	switch (p->credType) {
	case VIXDISKLIB_CRED_UID:
		read_user(&p->creds.uid, l);
		break;
	case VIXDISKLIB_CRED_SESSIONID:
		l->by = VIM_BY_SESSION;
		l->cookie = p->creds.sessionId.cookie;
		l->key = given(p->creds.sessionId.key);
		break;
	default:
		l->by = VIM_BY_SSPI;
	}
}

VixError vd_server_log_in(const VixDiskLibConnectParams *p, const struct vd_server_options *options,
			  struct vim_session **s_out)
{
	VU_AUTO(free) char *host = NULL;
	struct vim_login l = {
		.server.port = p->port,
		.server.trust.thumbprint = given(p->thumbPrint),
		.server.trust.ca_file = options->ca_file,
		.server.trust.anybody = options->trusts_anybody,
		.server.proxy = options->proxy,
	};

	VD_TRY(read_host(p->serverName, &host));
	l.server.host = host;
	read_credentials(p, &l);
	return vim_session_open(&l, s_out);
}

/* What the server says. */

VixError vd_server_lookup_vm(const struct vd_server *sv, struct vim_vm **vm_out)
{
	const struct place *at = &sv->place;

	*vm_out = NULL;
	if (at->is == OF_DATASTORE) {
		VU_ERR("vim", "%s: the connection is to a datastore, not to a virtual machine",
		       vd_server_name(sv));
		return VIX_E_NOT_SUPPORTED;
	}
	if (at->is == OF_FCD)
		return vim_fcd_lookup(sv->session, at->fcd, at->datastore, at->snapshot, vm_out);
	return vim_vm_lookup(sv->session, &at->spec, at->snapshot, vm_out);
}

/* Is it there, and in which datacenter? */
static VixError find_place(struct vd_server *sv, char **dc_path_out)
{
	struct place *at = &sv->place;
	VU_AUTO(vim_vm) struct vim_vm *vm = NULL;

	if (at->is == OF_DATASTORE)
		return vim_datastore_lookup(sv->session, at->datastore, &at->ds_name, dc_path_out);
	VD_TRY(vd_server_lookup_vm(sv, &vm));
	*dc_path_out = VU_STEAL(vm->dc_path);
	VU_INFO("connect", "%s: %s has %zu disk%s", vd_server_name(sv),
		vu_log_quote(vm->name != NULL ? vm->name : vm->ref.value), vm->disks.list.n,
		vm->disks.list.n == 1 ? "" : "s");
	return VIX_OK;
}

static VixError copy_host(const struct vd_server_options *options, struct vd_server_host *host)
{
	host->root = strdup(options->host_root != NULL ? options->host_root : "");
	if (host->root == NULL)
		return VIX_E_OUT_OF_MEMORY;
	return copy(options->tmp_dir, &host->tmp_dir);
}

VixError vd_server_open(const VixDiskLibConnectParams *params, const char *snapshot,
			const struct vd_server_options *options, struct vd_server **sv_out)
{
	VU_AUTO(vd_server) struct vd_server *sv = calloc(1, sizeof(*sv));

	*sv_out = NULL;
	if (sv == NULL)
		return VIX_E_OUT_OF_MEMORY;
	atomic_init(&sv->owners, 1);
	VD_TRY(read_place(params, snapshot, &sv->place));
	VD_TRY(copy_host(options, &sv->host));
	VD_TRY(vd_server_log_in(params, options, &sv->session));
	VD_TRY(find_place(sv, &sv->dc_path));
	VD_TRY(vd_datastores_new(sv->session, sv->dc_path, &sv->files));
	if (options->cache_bytes != 0)
		vd_datastores_set_cache(sv->files, options->cache_bytes);
	*sv_out = VU_STEAL(sv);
	return VIX_OK;
}

struct vd_server *vd_server_share(struct vd_server *sv)
{
	atomic_fetch_add(&sv->owners, 1);
	return sv;
}

void vd_server_put(struct vd_server *sv)
{
	if (sv == NULL || atomic_fetch_sub(&sv->owners, 1) != 1)
		return;
	vd_datastores_free(sv->files);
	vim_session_close(sv->session);
	place_free(&sv->place);
	free(sv->host.root);
	free(sv->host.tmp_dir);
	free(sv->dc_path);
	free(sv);
}

const struct vd_store_ops *vd_server_files(const struct vd_server *sv)
{
	return vd_datastores_ops(sv->files);
}

struct vim_session *vd_server_session(const struct vd_server *sv)
{
	return sv->session;
}

const struct vd_server_host *vd_server_host(const struct vd_server *sv)
{
	return &sv->host;
}

const char *vd_server_dc_path(const struct vd_server *sv)
{
	return sv->dc_path;
}

const char *vd_server_name(const struct vd_server *sv)
{
	return vim_http_name(vim_session_http(sv->session));
}

/* Which files a disk has. */

static VixError add_path(struct vd_server_disk *d, char *path)
{
	if (path == NULL)
		return VIX_E_OUT_OF_MEMORY;
	if (VU_ARRAY_PUSH(&d->paths, path) == 0)
		return VIX_OK;
	free(path);
	return VIX_E_OUT_OF_MEMORY;
}

static VixError add_file(struct vd_server_disk *d, const char *file)
{
	struct vim_dspath p;

	if (vim_dspath_split(file, &p))
		return add_path(d, vim_dspath_make(p.ds, p.ds_len, p.file));
	VU_ERR("disk", "the server says that a disk has a file \"%s\", which is on no datastore",
	       vu_log_quote(file));
	return VIX_E_DISK_INVALIDCHAIN;
}

static VixError list_files(struct vd_server_disk *d)
{
	const struct vim_disk *disk = d->disk;

	for (size_t i = d->newest; i < disk->links.n; i++)
		VD_TRY(add_file(d, disk->links.v[i].file));
	if (!disk->is_cut)
		return VIX_OK;
	VU_ERR("disk", "cannot open %s: its chain has more than %u links",
	       vu_log_quote(disk->links.v[d->newest].file), VIM_LINKS_MAX);
	return VIX_E_DISK_TOOMANYREDO;
}

/* "[ds] a/a.vmdk, [ds] a/b.vmdk" */
static char *name_disks(const struct vim_disks *disks)
{
	struct vu_strbuf b = { 0 };

	for (size_t i = 0; i < disks->list.n && i < NAMED_MAX; i++)
		vu_strbuf_printf(&b, "%s%s", i > 0 ? ", " : "",
				 vu_log_quote(disks->list.v[i].links.v[0].file));
	return vu_strbuf_take(&b);
}

static VixError say_missing(const struct vd_server *sv, const struct vim_vm *vm, const char *path)
{
	VU_AUTO(free) char *has = name_disks(&vm->disks);

	VU_ERR("disk", "cannot open %s: %s has no such disk%s; it has: %s", vu_log_quote(path),
	       vu_log_quote(vm->name != NULL ? vm->name : vm->ref.value),
	       sv->place.snapshot != NULL ? " at its snapshot" : "",
	       has != NULL && has[0] != '\0' ? has : "none");
	return VIX_E_FILE_NOT_FOUND;
}

static VixError find_of_vm(const struct vd_server *sv, const char *path, struct vd_server_disk *d)
{
	VD_TRY(vd_server_lookup_vm(sv, &d->vm));
	d->disk = vim_vm_find_disk(d->vm, path, &d->newest);
	return d->disk != NULL ? list_files(d) : say_missing(sv, d->vm, path);
}

static VixError refuse_path(const struct place *at, const char *path)
{
	VU_ERR("disk", "cannot open %s: it is no file on [%s]", vu_log_quote(path),
	       vu_log_quote(at->ds_name));
	return VIX_E_INVALID_ARG;
}

/* A name lies in the folder of the datastore. */
static VixError find_on_datastore(const struct place *at, const char *path,
				  struct vd_server_disk *d)
{
	const char *folder = at->folder != NULL ? at->folder : "";
	VU_AUTO(free) char *file = NULL;
	struct vim_dspath p;

	if (path[0] == '/')
		return refuse_path(at, path);
	if (path[0] == '[') {
		if (!vim_dspath_split(path, &p) || p.ds_len != strlen(at->ds_name) ||
		    memcmp(p.ds, at->ds_name, p.ds_len) != 0)
			return refuse_path(at, path);
		return add_path(d, vim_dspath_make(p.ds, p.ds_len, p.file));
	}
	file = vu_asprintf("[%s] %s/%s", at->ds_name, folder, path);
	if (file == NULL)
		return VIX_E_OUT_OF_MEMORY;
	return add_file(d, file);
}

VixError vd_server_find_disk(struct vd_server *sv, const char *path, struct vd_server_disk *d_out)
{
	*d_out = (struct vd_server_disk){ 0 };
	if (sv->place.is == OF_DATASTORE)
		return find_on_datastore(&sv->place, path, d_out);
	return find_of_vm(sv, path, d_out);
}

/* Where a disk is, or would be. */

static VixError refuse_place(const char *path)
{
	VU_ERR("disk", "%s is no path on a datastore (\"[datastore] dir/name.vmdk\")",
	       vu_log_quote(path));
	return VIX_E_INVALID_ARG;
}

static VixError place_new(struct vd_server_disk *d, const char *path)
{
	struct vim_dspath p;

	if (path[0] == '[')
		return vim_dspath_split(path, &p)
			       ? add_path(d, vim_dspath_make(p.ds, p.ds_len, p.file))
			       : refuse_place(path);
	if (path[0] == '/' || d->vm->vmx == NULL)
		return refuse_place(path);
	return add_path(d, vim_dspath_beside(d->vm->vmx, path));
}

VixError vd_server_place_disk(struct vd_server *sv, const char *path, struct vd_server_disk *d_out)
{
	*d_out = (struct vd_server_disk){ 0 };
	if (sv->place.is == OF_DATASTORE)
		return find_on_datastore(&sv->place, path, d_out);
	if (sv->place.is == OF_FCD) {
		VU_ERR("disk", "cannot make or delete %s: the connection is to a first-class disk",
		       vu_log_quote(path));
		return VIX_E_NOT_SUPPORTED;
	}
	if (sv->place.snapshot != NULL) {
		VU_ERR("disk", "cannot make or delete %s: the connection is to a snapshot",
		       vu_log_quote(path));
		return VIX_E_NOT_SUPPORTED;
	}
	VD_TRY(vd_server_lookup_vm(sv, &d_out->vm));
	d_out->disk = vim_vm_find_disk(d_out->vm, path, &d_out->newest);
	if (d_out->disk != NULL)
		return add_file(d_out, d_out->disk->links.v[d_out->newest].file);
	return place_new(d_out, path);
}

void vd_server_disk_free(struct vd_server_disk *d)
{
	VU_ARRAY_FOREACH(&d->paths, path)
		free(*path);
	VU_ARRAY_FREE(&d->paths);
	vim_vm_free(d->vm);
}
