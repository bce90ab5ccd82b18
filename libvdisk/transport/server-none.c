/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Servers, where vSphere was left out of the build: there are none.  See server.h.
 */
#include "config.h"

#include "server.h"

#include "../../common/log.h"
#include "server-export.h"
#include "server-upload.h"

static VixError refuse(const VixDiskLibConnectParams *params)
{
	VU_ERR("connect", "cannot connect to %s: servers are not built into this library",
	       vu_log_quote(params->serverName));
	return VIX_E_NOT_SUPPORTED;
}

VixError vd_server_open(const VixDiskLibConnectParams *params, const char *snapshot,
			const struct vd_server_options *options, struct vd_server **sv_out)
{
	(void)snapshot;
	(void)options;
	*sv_out = NULL;
	return refuse(params);
}

struct vd_server *vd_server_share(struct vd_server *sv)
{
	return sv;
}

void vd_server_put(struct vd_server *sv)
{
	(void)sv;
}

VixError vd_server_prepare(const VixDiskLibConnectParams *params, const char *identity,
			   const struct vd_server_options *options)
{
	(void)identity;
	(void)options;
	return refuse(params);
}

VixError vd_server_end_access(const VixDiskLibConnectParams *params, const char *identity,
			      const struct vd_server_options *options)
{
	return vd_server_prepare(params, identity, options);
}

VixError vd_server_cleanup(const VixDiskLibConnectParams *params,
			   const struct vd_server_options *options, struct vd_server_left *left_out)
{
	(void)params;
	(void)options;
	*left_out = (struct vd_server_left){ 0 }; /* nothing was ever attached */
	return VIX_OK;
}

/* No connection is to one: these are not called. */

VixError vd_server_list_disks(const struct vd_server *sv, VixDiskLibServerDisk **disks_out,
			      size_t *n_out)
{
	(void)sv;
	(void)disks_out;
	(void)n_out;
	return VIX_E_NOT_SUPPORTED;
}

VixError vd_server_query_changes(struct vd_server *sv, const struct vd_server_changes *c,
				 VixDiskLibBlockList **list_out)
{
	(void)sv;
	(void)c;
	(void)list_out;
	return VIX_E_NOT_SUPPORTED;
}

VixError vd_export_begin(struct vd_server *sv, const char *path, struct vd_export **ex_out)
{
	(void)sv;
	(void)path;
	(void)ex_out;
	return VIX_E_NOT_SUPPORTED;
}

uint64_t vd_export_capacity(const struct vd_export *ex)
{
	(void)ex;
	return 0;
}

VixError vd_export_fetch(struct vd_export *ex, const char *beside, struct vd_progress *p,
			 struct vd_disk **d_out)
{
	(void)ex;
	(void)beside;
	(void)p;
	(void)d_out;
	return VIX_E_NOT_SUPPORTED;
}

void vd_export_free(struct vd_export *ex)
{
	(void)ex;
}

VixError vd_server_create_disk(struct vd_server *sv, const char *path,
			       const struct vd_disk_spec *spec)
{
	(void)sv;
	(void)path;
	(void)spec;
	return VIX_E_NOT_SUPPORTED;
}

VixError vd_server_upload_disk(struct vd_server *sv, struct vd_disk *from, const char *path,
			       const struct vd_disk_spec *spec, bool may_replace,
			       struct vd_progress *p)
{
	(void)from;
	(void)may_replace;
	(void)p;
	return vd_server_create_disk(sv, path, spec);
}

VixError vd_server_delete_disk(struct vd_server *sv, const char *path)
{
	return vd_server_create_disk(sv, path, NULL);
}

VixError vd_server_list_snapshots(const struct vd_server *sv, VixDiskLibSnapshot **list_out,
				  size_t *n_out)
{
	(void)sv;
	(void)list_out;
	(void)n_out;
	return VIX_E_NOT_SUPPORTED;
}

VixError vd_server_create_snapshot(const struct vd_server *sv,
				   const struct vd_server_new_snapshot *c, struct vd_progress *p,
				   char **moref_out)
{
	(void)sv;
	(void)c;
	(void)p;
	(void)moref_out;
	return VIX_E_NOT_SUPPORTED;
}

VixError vd_server_remove_snapshot(const struct vd_server *sv, const char *moref,
				   bool with_children, struct vd_progress *p)
{
	(void)sv;
	(void)moref;
	(void)with_children;
	(void)p;
	return VIX_E_NOT_SUPPORTED;
}

VixError vd_server_list_vms(const VixDiskLibConnectParams *params,
			    const struct vd_server_options *options, VixDiskLibVm **list_out,
			    size_t *n_out)
{
	(void)options;
	(void)list_out;
	(void)n_out;
	return refuse(params);
}
