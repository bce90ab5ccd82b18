/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Entry points: the library as a whole.
 */
#include "config.h"

#include "api.h"

#include <string.h>

#include "../common/log.h"
#include "../common/mounthook.h"
#include "../common/vixerr.h"
#include "runtime.h"
#include "transport/transport.h"

VU_EXPORT VixError VixDiskLib_InitEx(uint32 majorVersion, uint32 minorVersion,
				     VixDiskLibGenericLogFunc *log, VixDiskLibGenericLogFunc *warn,
				     VixDiskLibGenericLogFunc *panic, const char *libDir,
				     const char *configFile)
{
	const struct vu_init init = {
		.major = majorVersion,
		.minor = minorVersion,
		.handlers = { .log = log, .warn = warn, .panic = panic },
		.config_file = configFile,
	};

	(void)libDir; /* nothing is loaded from there */
	return vd_runtime_init(&init);
}

VU_EXPORT VixError VixDiskLib_Init(uint32 majorVersion, uint32 minorVersion,
				   VixDiskLibGenericLogFunc *log, VixDiskLibGenericLogFunc *warn,
				   VixDiskLibGenericLogFunc *panic, const char *libDir)
{
	return VixDiskLib_InitEx(majorVersion, minorVersion, log, warn, panic, libDir, NULL);
}

static void shut_connection(void *handle, void *n_disks)
{
	struct vd_conn *c = vu_handle_retire(handle, VU_HANDLE_CONNECTION);

	if (c != NULL)
		*(unsigned *)n_disks += vd_conn_shut(c);
}

/* Disk sets first, while their disks are open; then connections, which close their disks. */
VU_EXPORT void VixDiskLib_Exit(void)
{
	const struct vd_mount_hook *hook = vd_runtime_mount_hook();
	unsigned n = 0;

	if (vd_check_no_callback(__func__) != VIX_OK || !vd_runtime_exit_begin())
		return;
	if (hook != NULL)
		hook->exiting();
	vd_async_cancel_reads();
	vu_handle_each(VU_HANDLE_CONNECTION, shut_connection, &n);
	if (n > 0)
		VU_INFO("init", "%u disk%s left open until the end", n, n == 1 ? " was" : "s were");
	vd_async_stop();
	vd_runtime_exit_end();
}

VU_EXPORT const char *VixDiskLib_ListTransportModes(void)
{
	return vd_transport_list();
}

VU_EXPORT char *VixDiskLib_GetErrorText(VixError err, const char *locale)
{
	(void)locale; /* there is one language */
	return strdup(vu_vixerr_text(err));
}

VU_EXPORT void VixDiskLib_FreeErrorText(char *errMsg)
{
	free(errMsg);
}

/* Private to the mount library; declared in common/mounthook.h. */
VU_EXPORT void VixDiskLib_SetMountHook(const struct vd_mount_hook *hook)
{
	vd_runtime_set_mount_hook(hook);
}
