/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the entry points share; see api.h.
 */
#include "config.h"

#include "api.h"

#include "../common/log.h"
#include "runtime.h"

VixError vd_pin_conn(const char *caller, VixDiskLibConnection handle, struct vd_conn_pin *pin)
{
	VD_TRY(vd_runtime_check());
	pin->conn = vu_handle_get(handle, VU_HANDLE_CONNECTION);
	if (pin->conn == NULL)
		return vd_bad_connection(caller);
	pin->handle = handle;
	return VIX_OK;
}

VixError vd_pin_local(const char *caller, VixDiskLibConnection handle, const char *path,
		      struct vd_conn_pin *pin)
{
	VD_TRY(vd_pin_conn(caller, handle, pin));
	if (vd_is_empty(path))
		return vd_bad_arg(caller, "path is empty");
	if (!pin->conn->remote)
		return VIX_OK;
	VU_ERR("api", "%s: the connection is to a server, and this is for disks of this host",
	       caller);
	return VIX_E_NOT_SUPPORTED_ON_REMOTE_OBJECT;
}

VixError vd_pin_place(const char *caller, VixDiskLibConnection handle, const char *path,
		      struct vd_conn_pin *pin)
{
	VD_TRY(vd_pin_conn(caller, handle, pin));
	if (vd_is_empty(path))
		return vd_bad_arg(caller, "path is empty");
	if (!pin->conn->remote || !pin->conn->readonly)
		return VIX_OK;
	VU_ERR("api", "%s: the connection is to a server, and for reading only", caller);
	return VIX_E_FILE_READ_ONLY;
}

VixError vd_pin_disk(const char *caller, VixDiskLibHandle handle, struct vd_disk_pin *pin)
{
	VD_TRY(vd_runtime_check());
	pin->opened = vu_handle_get(handle, VU_HANDLE_DISK);
	if (pin->opened == NULL) {
		VU_ERR("api", "%s: the handle is not an open disk", caller);
		return VIX_E_INVALID_HANDLE;
	}
	pin->disk = pin->opened->disk;
	pin->handle = handle;
	return VIX_OK;
}

VixError vd_check_disk(const char *caller, VixDiskLibHandle handle)
{
	VU_AUTO(vd_disk_pin) struct vd_disk_pin pin = { 0 };

	return vd_pin_disk(caller, handle, &pin);
}

VixError vd_take_disk(const char *caller, VixDiskLibHandle handle, struct vd_opened **o_out)
{
	VU_AUTO(vd_disk_pin) struct vd_disk_pin pin = { 0 };

	VD_TRY(vd_pin_disk(caller, handle, &pin));
	*o_out = vd_conn_take_disk(pin.opened->conn, pin.opened);
	if (*o_out != NULL)
		return VIX_OK;
	VU_ERR("api", "%s: the disk is being closed by another thread", caller);
	return VIX_E_INVALID_HANDLE;
}

VixError vd_bad_connection(const char *caller)
{
	VU_ERR("api", "%s: the connection is not open", caller);
	return VIX_E_DISK_INVALID_CONNECTION;
}

VixError vd_bad_arg(const char *caller, const char *what)
{
	VU_ERR("api", "%s: %s", caller, what);
	return VIX_E_INVALID_ARG;
}

VixError vd_not_built(const char *caller)
{
	VU_ERR("api", "%s is not built into this release", caller);
	return VIX_E_NOT_SUPPORTED;
}

VixError vd_check_writable(const char *caller, const struct vd_disk *d)
{
	if (!d->readonly)
		return VIX_OK;
	VU_ERR("api", "%s: the disk is open for reading only", caller);
	return VIX_E_FILE_READ_ONLY;
}

VixError vd_check_no_callback(const char *caller)
{
	if (!vd_async_on_thread())
		return VIX_OK;
	VU_ERR("api", "%s must not be called by a completion callback: it would wait for itself",
	       caller);
	return VIX_E_OBJECT_IS_BUSY;
}
