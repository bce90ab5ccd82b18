/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Entry points: connections and their parameters.
 */
#include "config.h"

#include "api.h"

#include "../common/cause.h"
#include "../common/log.h"
#include "connparams.h"
#include "runtime.h"
#include "transport/server.h"

VU_EXPORT VixDiskLibConnectParams *VixDiskLib_AllocateConnectParams(void)
{
	return vd_params_new();
}

VU_EXPORT void VixDiskLib_FreeConnectParams(VixDiskLibConnectParams *connectParams)
{
	vd_params_free(connectParams);
}

/* Consumes @c. */
static VixError publish(struct vd_conn *c, VixDiskLibConnection *handle_out)
{
	*handle_out = vu_handle_new(VU_HANDLE_CONNECTION, c);
	if (*handle_out != NULL)
		return VIX_OK;
	vd_conn_put(c);
	return VIX_E_OUT_OF_MEMORY;
}

VU_EXPORT VixError VixDiskLib_ConnectEx(const VixDiskLibConnectParams *connectParams, Bool readOnly,
					const char *snapshotRef, const char *transportModes,
					VixDiskLibConnection *connection)
{
	struct vd_conn *c;

	if (connection == NULL)
		return vd_bad_arg(__func__, "connection is NULL");
	*connection = NULL;
	vu_cause_set(VIX_OK);
	VD_TRY(vd_runtime_check());
	VD_TRY(vd_conn_new(connectParams, readOnly != 0, snapshotRef, transportModes, &c));
	return publish(c, connection);
}

VU_EXPORT VixError VixDiskLib_Connect(const VixDiskLibConnectParams *connectParams,
				      VixDiskLibConnection *connection)
{
	return VixDiskLib_ConnectEx(connectParams, FALSE, NULL, NULL, connection);
}

/* Disk sets go down while their disks are open. */
static void tell_mount_library(VixDiskLibConnection connection, struct vd_conn *c)
{
	const struct vd_mount_hook *hook = vd_runtime_mount_hook();
	VU_AUTO(free) VixDiskLibHandle *disks = NULL;
	size_t n;

	if (hook == NULL)
		return;
	disks = vd_conn_list_disks(c, &n);
	hook->disconnecting(connection, disks, n);
}

VU_EXPORT VixError VixDiskLib_Disconnect(VixDiskLibConnection connection)
{
	struct vd_conn *c;
	unsigned n;

	VD_TRY(vd_runtime_check());
	VD_TRY(vd_check_no_callback(__func__));
	c = vu_handle_retire(connection, VU_HANDLE_CONNECTION);
	if (c == NULL)
		return vd_bad_connection(__func__);
	tell_mount_library(connection, c);
	n = vd_conn_shut(c);
	if (n > 0)
		VU_WARN("connect", "a connection was ended with %u disk%s open, which %s closed", n,
			n == 1 ? "" : "s", n == 1 ? "was" : "were");
	return VIX_OK;
}

VU_EXPORT VixError VixDiskLib_GetConnectParams(const VixDiskLibConnection connection,
					       VixDiskLibConnectParams **connectParams)
{
	VU_AUTO(vd_conn_pin) struct vd_conn_pin pin = { 0 };

	if (connectParams == NULL)
		return vd_bad_arg(__func__, "connectParams is NULL");
	*connectParams = NULL;
	VD_TRY(vd_pin_conn(__func__, connection, &pin));
	return vd_params_copy(pin.conn->params, connectParams);
}

/* Calls @fn with the client's parameters, where they name a server: nothing is moved on this host. */
static VixError for_server(const VixDiskLibConnectParams *params, const char *identity,
			   vd_server_access_fn *fn)
{
	VU_AUTO(vd_params) VixDiskLibConnectParams *copy = NULL;
	struct vd_server_options options;

	VD_TRY(vd_runtime_check());
	VD_TRY(vd_params_copy(params, &copy));
	if (!vd_params_is_remote(copy))
		return VIX_OK;
	VD_TRY(vd_params_check(copy));
	vd_conn_server_options(&options);
	return fn(copy, identity, &options);
}

VU_EXPORT VixError VixDiskLib_PrepareForAccess(const VixDiskLibConnectParams *connectParams,
					       const char *identity)
{
	return for_server(connectParams, identity, vd_server_prepare);
}

VU_EXPORT VixError VixDiskLib_EndAccess(const VixDiskLibConnectParams *connectParams,
					const char *identity)
{
	return for_server(connectParams, identity, vd_server_end_access);
}

VU_EXPORT VixError VixDiskLib_Cleanup(const VixDiskLibConnectParams *connectParams,
				      uint32 *numCleanedUp, uint32 *numRemaining)
{
	VU_AUTO(vd_params) VixDiskLibConnectParams *copy = NULL;
	struct vd_server_options options;
	struct vd_server_left left = { 0 };
	VixError err;

	if (numCleanedUp != NULL)
		*numCleanedUp = 0;
	if (numRemaining != NULL)
		*numRemaining = 0;
	VD_TRY(vd_runtime_check());
	if (connectParams == NULL)
		return VIX_OK;
	VD_TRY(vd_params_copy(connectParams, &copy));
	if (!vd_params_is_remote(copy)) /* nothing of ours is left over here */
		return VIX_OK;
	vd_conn_server_options(&options);
	err = vd_server_cleanup(copy, &options, &left);
	if (numCleanedUp != NULL)
		*numCleanedUp = left.n_cleaned;
	if (numRemaining != NULL)
		*numRemaining = left.n_remaining;
	return err;
}
