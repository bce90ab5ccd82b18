/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Connections and their open disks; see conn.h.
 */
#include "config.h"

#include "conn.h"

#include <stdlib.h>
#include <string.h>

#include "../common/alloc.h"
#include "../common/cleanup.h"
#include "../common/conffile.h"
#include "../common/handle.h"
#include "../common/log.h"
#include "connparams.h"
#include "disk-chain.h"
#include "runtime.h"
#include "store/datastore.h"
#include "transport/server.h"
#include "transport/transport.h"

/* @s where it says something, else NULL.  Return: 0, or -1 when memory is short. */
static int copy_given(const char *s, char **copy_out)
{
	*copy_out = NULL;
	if (s == NULL || s[0] == '\0')
		return 0;
	*copy_out = strdup(s);
	return *copy_out != NULL ? 0 : -1;
}

static void conn_free(struct vd_conn *c)
{
	vd_server_put(c->server);
	vd_params_free(c->params);
	free(c->snapshot_ref);
	free(c->transport_modes);
	pthread_mutex_destroy(&c->lock);
	free(c);
}

void vd_conn_server_options(struct vd_server_options *o)
{
	const struct vu_dict *config = vd_runtime_config();
	long old = vu_config_long(config, VD_CONFIG_VERIFY_OLD, 1, 0, 1);
	long cache = vu_config_long(config, VD_CONFIG_HTTPS_CACHE, VD_DATASTORE_CACHE_MIB, 1,
				    VD_DATASTORE_CACHE_MIB_MAX);

	*o = (struct vd_server_options){
		.trusts_anybody = vu_config_long(config, VD_CONFIG_VERIFY, old, 0, 1) == 0,
		.ca_file = vu_dict_get(config, VD_CONFIG_CA_FILE),
		.proxy = vu_dict_get(config, VD_CONFIG_PROXY),
		.cache_bytes = (size_t)cache << 20,
		.tmp_dir = vu_dict_get(config, VD_CONFIG_TMP),
		.host_root = vu_dict_get(config, VD_CONFIG_HOST_ROOT),
	};
}

static VixError reach_server(struct vd_conn *c)
{
	struct vd_server_options options;

	vd_conn_server_options(&options);
	return vd_server_open(c->params, c->snapshot_ref, &options, &c->server);
}

static VixError fill(struct vd_conn *c, const VixDiskLibConnectParams *params,
		     const char *snapshot_ref, const char *transport_modes)
{
	VD_TRY(vd_params_copy(params, &c->params));
	VD_TRY(vd_params_check(c->params));
	c->remote = vd_params_is_remote(c->params);
	c->extents_outside = vu_config_long(vd_runtime_config(), VD_CONFIG_EXTENTS_OUTSIDE, 0, 0,
					    1) == 1;
	if (copy_given(snapshot_ref, &c->snapshot_ref) < 0 ||
	    copy_given(transport_modes, &c->transport_modes) < 0)
		return VIX_E_OUT_OF_MEMORY;
	return c->remote ? reach_server(c) : VIX_OK;
}

VixError vd_conn_new(const VixDiskLibConnectParams *params, bool readonly, const char *snapshot_ref,
		     const char *transport_modes, struct vd_conn **c_out)
{
	struct vd_conn *c = calloc(1, sizeof(*c));
	VixError err;

	*c_out = NULL;
	if (c == NULL)
		return VIX_E_OUT_OF_MEMORY;
	pthread_mutex_init(&c->lock, NULL);
	atomic_init(&c->refs, 1);
	c->readonly = readonly;
	err = fill(c, params, snapshot_ref, transport_modes);
	if (err != VIX_OK) {
		conn_free(c);
		return err;
	}
	*c_out = c;
	return VIX_OK;
}

void vd_conn_put(struct vd_conn *c)
{
	if (c != NULL && atomic_fetch_sub(&c->refs, 1) == 1)
		conn_free(c);
}

/* Opens what the transport can give; *@o_out belongs to @c but is on no list yet. */
static VixError open_over(struct vd_conn *c, const char *path, uint32 flags, struct vd_disk **d_out)
{
	if (c->readonly)
		flags |= VIXDISKLIB_FLAG_OPEN_READ_ONLY;
	if (!(flags & VIXDISKLIB_FLAG_OPEN_READ_ONLY))
		VU_INFO("open", "%s is opened for writing", vu_log_quote(path));
	return vd_transport_open(c, path, flags, d_out);
}

static void add_opened(struct vd_conn *c, struct vd_opened *o, VixDiskLibHandle handle)
{
	VU_LOCK(&c->lock);

	o->handle = handle;
	o->next_opened = c->opened;
	c->opened = o;
	atomic_fetch_add(&c->refs, 1);
}

VixError vd_conn_open_disk(struct vd_conn *c, const char *path, uint32 flags,
			   VixDiskLibHandle *handle_out)
{
	VU_AUTO(free) struct vd_opened *o = calloc(1, sizeof(*o));
	VixDiskLibHandle handle;

	*handle_out = NULL;
	if (o == NULL)
		return VIX_E_OUT_OF_MEMORY;
	o->conn = c;
	VD_TRY(open_over(c, path, flags, &o->disk));
	handle = vu_handle_new(VU_HANDLE_DISK, o);
	if (handle == NULL) {
		vd_disk_close(o->disk);
		return VIX_E_OUT_OF_MEMORY;
	}
	add_opened(c, VU_STEAL(o), handle);
	*handle_out = handle;
	return VIX_OK;
}

bool vd_conn_has_disks(struct vd_conn *c)
{
	VU_LOCK(&c->lock);

	return c->opened != NULL;
}

struct vd_opened *vd_conn_take_disk(struct vd_conn *c, struct vd_opened *o)
{
	VU_LOCK(&c->lock);
	struct vd_opened **at = &c->opened;
	struct vd_opened *taken;

	while (*at != NULL && *at != o && o != NULL)
		at = &(*at)->next_opened;
	taken = *at;
	if (taken != NULL)
		*at = taken->next_opened;
	return taken;
}

static void end_detached(struct vd_opened *o)
{
	vu_handle_retire(o->handle, VU_HANDLE_ATTACHED_DISK);
	vd_conn_put(o->conn);
	free(o);
}

/* Puts @o on the list again; false: it is too late for that. */
static bool put_back(struct vd_conn *c, struct vd_opened *o)
{
	VU_LOCK(&c->lock);

	if (c->is_shut)
		return false;
	o->next_opened = c->opened;
	c->opened = o;
	return true;
}

struct vd_disk *vd_conn_detach_disk(struct vd_opened *o)
{
	struct vd_disk *d = o->disk;

	vd_async_wait(&o->async); /* callbacks may still use the handle */
	vu_handle_turn(o->handle, VU_HANDLE_DISK, VU_HANDLE_ATTACHED_DISK);
	vd_async_wait(&o->async);
	o->disk = NULL;
	if (!put_back(o->conn, o))
		end_detached(o);
	return d;
}

bool vd_conn_end_detached(VixDiskLibHandle handle)
{
	struct vd_opened *o = vu_handle_get(handle, VU_HANDLE_ATTACHED_DISK);

	if (o == NULL)
		return false;
	o = vd_conn_take_disk(o->conn, o);
	vu_handle_put(handle);
	if (o != NULL)
		end_detached(o);
	return o != NULL;
}

VixError vd_conn_shut_disk(struct vd_opened *o)
{
	VixError err;

	if (o->disk == NULL) {
		end_detached(o);
		return VIX_OK;
	}

	vd_async_wait(&o->async); /* callbacks may still use the handle */
	vu_handle_retire(o->handle, VU_HANDLE_DISK);
	vd_async_wait(&o->async); /* what they have begun meanwhile */
	err = vd_disk_flush(o->disk);
	vd_disk_close(o->disk);
	vd_conn_put(o->conn);
	free(o);
	return err;
}

VixDiskLibHandle *vd_conn_list_disks(struct vd_conn *c, size_t *n_out)
{
	VU_LOCK(&c->lock);
	VixDiskLibHandle *disks;
	size_t n = 0, i = 0;

	for (const struct vd_opened *o = c->opened; o != NULL; o = o->next_opened)
		n += o->disk != NULL;
	disks = vu_calloc_array(n, sizeof(*disks));
	*n_out = disks != NULL ? n : 0;
	for (const struct vd_opened *o = c->opened; i < *n_out; o = o->next_opened) {
		if (o->disk != NULL)
			disks[i++] = o->handle;
	}
	return disks;
}

/* Any disk; NULL: there are none, and none will come. */
static struct vd_opened *take_or_end(struct vd_conn *c)
{
	VU_LOCK(&c->lock);
	struct vd_opened *o = c->opened;

	c->is_shut = o == NULL;
	if (o != NULL)
		c->opened = o->next_opened;
	return o;
}

unsigned vd_conn_shut(struct vd_conn *c)
{
	struct vd_opened *o;
	unsigned n = 0;

	while ((o = take_or_end(c)) != NULL) {
		n += o->disk != NULL;
		vd_conn_shut_disk(o);
	}
	vd_conn_put(c);
	return n;
}
