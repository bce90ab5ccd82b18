/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * PrepareForAccess and EndAccess: a session for one call; see server.h.
 */
#include "config.h"

#include "server.h"

#include "../../common/cleanup.h"
#include "../../common/log.h"
#include "../vim/access.h"
#include "server-disk.h"

typedef VixError access_fn(struct vim_session *s, struct vim_ref vm, const char *identity);

static VixError with_vm(const VixDiskLibConnectParams *params, const char *identity,
			const struct vd_server_options *options, access_fn *fn)
{
	VU_AUTO(vd_server) struct vd_server *sv = NULL;
	VU_AUTO(vim_vm) struct vim_vm *vm = NULL;

	VD_TRY(vim_access_check_identity(identity));
	if (params->vmxSpec == NULL || params->vmxSpec[0] == '\0') {
		VU_ERR("connect", "access is prepared for virtual machines, and none is named");
		return VIX_E_INVALID_ARG;
	}
	VD_TRY(vd_server_open(params, NULL, options, &sv));
	VD_TRY(vd_server_lookup_vm(sv, &vm));
	return fn(vd_server_session(sv), vm->ref, identity);
}

VixError vd_server_prepare(const VixDiskLibConnectParams *params, const char *identity,
			   const struct vd_server_options *options)
{
	return with_vm(params, identity, options, vim_access_forbid_moving);
}

VixError vd_server_end_access(const VixDiskLibConnectParams *params, const char *identity,
			      const struct vd_server_options *options)
{
	return with_vm(params, identity, options, vim_access_permit_moving);
}
