/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The server of a test; see params.h.
 */
#include "config.h"

#include "params.h"

#include <stdlib.h>

VixDiskLibConnectParams *vdt_server_params(void)
{
	VixDiskLibConnectParams *p = VixDiskLib_AllocateConnectParams();
	const char *port = getenv("VS_PORT");

	if (p == NULL)
		abort();
	p->vmxSpec = getenv("VS_SPEC");
	p->serverName = getenv("VS_HOST");
	p->port = port != NULL ? (uint32)strtoul(port, NULL, 10) : 0;
	p->thumbPrint = getenv("VS_THUMBPRINT");
	if (getenv("VS_COOKIE") != NULL) {
		p->credType = VIXDISKLIB_CRED_SESSIONID;
		p->creds.sessionId.cookie = getenv("VS_COOKIE");
		p->creds.sessionId.userName = getenv("VS_USER");
		return p;
	}
	p->credType = VIXDISKLIB_CRED_UID;
	p->creds.uid.userName = getenv("VS_USER");
	p->creds.uid.password = getenv("VS_PASSWORD");
	return p;
}
