/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The server of a test, as programs that shell scripts start are told of it: in the environment,
 * VS_HOST VS_PORT VS_USER VS_PASSWORD VS_THUMBPRINT VS_SPEC, or, instead of a password, VS_COOKIE.
 */
#ifndef VDT_VSPHERE_PARAMS_H
#define VDT_VSPHERE_PARAMS_H

#include "vixDiskLib.h"

/** vdt_server_params() - for Connect; VixDiskLib_FreeConnectParams(). Its strings are the environment's */
VixDiskLibConnectParams *vdt_server_params(void);

#endif
