/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Connecting to servers; see login.h.
 */
#include "config.h"

#include "login.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "../common/alloc.h"
#include "../common/cleanup.h"
#include "../common/conffile.h"
#include "../common/log.h"
#include "../common/osutil.h"
#include "../common/strbuf.h"
#include "message.h"
#include "report.h"
#include "vixDiskLibExt.h"

#define CONFIG_CA_FILE "vixDiskLib.ssl.caFile"
#define SSPI_USER      "__sspi__" /* whoever runs this, by Kerberos: no password */

bool vdt_take_ca_file(const char *path, void *login)
{
	struct vdt_login *l = login;

	free(l->ca_file);
	l->ca_file = realpath(path, NULL);
	return l->ca_file != NULL;
}

/* What the option says comes first. */
static const char *user_of(const struct vdt_login *l, const struct vdt_source *src)
{
	return l->user != NULL ? l->user : src->user;
}

static enum vdt_exit learn_password(struct vdt_login *l, const struct vdt_source *src)
{
	VU_AUTO(free) char *whose = vu_asprintf("%s@%s", user_of(l, src), src->host);
	bool is_of_whose;
	enum vdt_exit code;

	if (whose == NULL)
		return vdt_report(VIX_E_OUT_OF_MEMORY, "cannot connect");
	if (l->secret != NULL && (l->whose == NULL || strcmp(l->whose, whose) == 0))
		return VDT_OK;
	vdt_login_forget(l);
	code = vdt_secret_password(&l->password, whose, &l->secret, &is_of_whose);
	if (code == VDT_OK && is_of_whose)
		l->whose = VU_STEAL(whose);
	return code;
}

static enum vdt_exit tell_no_user(const struct vdt_source *src)
{
	vdt_error(VDT_USAGE, "cannot connect to %s: as whom?", src->host);
	vdt_hint("--user=USER, or vsphere://USER@%s/...", src->host);
	return VDT_USAGE;
}

enum vdt_exit vdt_login_learn(struct vdt_login *l, const struct vdt_source *src)
{
	const char *user = user_of(l, src);

	if (l->cookie_file != NULL && l->secret == NULL)
		return vdt_secret_file(l->cookie_file, l->password.insecure_file, &l->secret);
	if (l->cookie_file != NULL)
		return VDT_OK;
	if (user == NULL)
		return tell_no_user(src);
	return strcmp(user, SSPI_USER) == 0 ? VDT_OK : learn_password(l, src);
}

/* The library copies what it is given; all strings are borrowed, though their members are not
 * const. */
static void fill(const struct vdt_login *l, const struct vdt_source *src,
		 VixDiskLibConnectParams *p)
{
	char *user = (char *)user_of(l, src);

	p->serverName = src->host;
	p->port = src->port;
	p->vmxSpec = src->vmx_spec;
	p->thumbPrint = (char *)l->thumbprint;
	p->specType = VIXDISKLIB_SPEC_VMX;
	if (l->cookie_file != NULL) {
		p->credType = VIXDISKLIB_CRED_SESSIONID;
		p->creds.sessionId.cookie = l->secret;
		p->creds.sessionId.userName = user;
	} else {
		p->credType = VIXDISKLIB_CRED_UID;
		p->creds.uid.userName = user;
		p->creds.uid.password = l->secret != NULL ? l->secret : (char *)"";
	}
}

enum vdt_exit vdt_login_params(struct vdt_login *l, const struct vdt_source *src,
			       VixDiskLibConnectParams **p_out)
{
	enum vdt_exit code = vdt_login_learn(l, src);

	*p_out = NULL;
	if (code != VDT_OK)
		return code;
	*p_out = VixDiskLib_AllocateConnectParams();
	if (*p_out == NULL)
		return vdt_report(VIX_E_OUT_OF_MEMORY, "cannot connect");
	fill(l, src, *p_out);
	return VDT_OK;
}

VixError vdt_login_cause(VixError err)
{
	VixError cause = err == VIX_E_CANNOT_CONNECT_TO_HOST ? VixDiskLib_GetConnectCause()
							     : VIX_OK;

	return cause == VIX_E_NET_HTTP_SSL_SECURITY ? cause : err;
}

enum vdt_exit vdt_login_connect(struct vdt_login *l, const struct vdt_source *src,
				VixDiskLibConnection *conn_out)
{
	VixDiskLibConnectParams *p;
	enum vdt_exit code = vdt_login_params(l, src, &p);
	VixError err;

	*conn_out = NULL;
	if (code != VDT_OK)
		return code;
	err = VixDiskLib_ConnectEx(p, TRUE, src->snapshot,
				   l->transport != NULL ? l->transport : src->transport, conn_out);
	VixDiskLib_FreeConnectParams(p);
	return err == VIX_OK ? VDT_OK
			     : vdt_report(vdt_login_cause(err), "cannot connect to %s:%u",
					  src->host, src->port);
}

void vdt_login_forget(struct vdt_login *l)
{
	vdt_secret_free(VU_STEAL(l->secret));
	free(VU_STEAL(l->whose));
}

void vdt_login_end(struct vdt_login *l)
{
	vdt_login_forget(l);
	free(VU_STEAL(l->ca_file));
}

/* Configuration. */

/* What the library would read by itself, and ours. */
static VixError config_text(const struct vdt_login *l, struct vu_strbuf *b)
{
	struct vu_dict config = { 0 };
	VixError err = vu_config_load(NULL, &config);

	if (err == VIX_OK && vu_dict_set(&config, CONFIG_CA_FILE, l->ca_file) < 0)
		err = VIX_E_OUT_OF_MEMORY;
	VU_ARRAY_FOREACH(&config.entries, e)
		vu_strbuf_printf(b, "%s = \"%s\"\n", e->key, e->value);
	vu_dict_free(&config);
	return err;
}

/* A file without a name, which goes with its descriptor. */
static int make_config(const struct vdt_login *l)
{
	struct vu_strbuf b = { .s = NULL };
	VixError err = config_text(l, &b);
	VU_AUTO(free) char *text = vu_strbuf_take(&b);
	int fd = err == VIX_OK && text != NULL ? memfd_create("vdisk.conf", MFD_CLOEXEC) : -1;

	if (fd >= 0 && vu_write_full(fd, text, strlen(text)) < 0) {
		close(fd);
		fd = -1;
	}
	return fd;
}

static VixError init_with(const char *config)
{
	return VixDiskLib_InitEx(8, 0, vdt_lib_log, vdt_lib_warn, vdt_lib_warn, NULL, config);
}

VixError vdt_login_init_library(const struct vdt_login *l)
{
	VU_AUTO(close) int fd = -1;
	VU_AUTO(free) char *path = NULL;

	if (l == NULL || l->ca_file == NULL)
		return init_with(NULL);
	fd = make_config(l);
	path = fd >= 0 ? vu_asprintf("/proc/self/fd/%d", fd) : NULL;
	return path != NULL ? init_with(path) : VIX_E_OUT_OF_MEMORY;
}
