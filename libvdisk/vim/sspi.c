/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Kerberos tokens, with the GSSAPI of MIT; see sspi.h.
 *
 * 1. Its library is loaded by the first login of this kind, and stays: who never logs in so need not
 *    have it.
 * 2. SPNEGO first, as Windows does; plain Kerberos where that has no first token, which also tells
 *    better why.  Once a token was sent the mechanism stays.
 */
#include "config.h"

#include "sspi.h"

#include <arpa/inet.h>
#include <dlfcn.h>
#include <gssapi/gssapi.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "../../common/alloc.h"
#include "../../common/log.h"

#define LIBRARY "libgssapi_krb5.so.2"

/* What we call of it; NULL in all: it is not there. */
static struct {
	__typeof__(gss_import_name) *import_name;
	__typeof__(gss_release_name) *release_name;
	__typeof__(gss_init_sec_context) *init_sec_context;
	__typeof__(gss_delete_sec_context) *delete_sec_context;
	__typeof__(gss_release_buffer) *release_buffer;
	__typeof__(gss_display_status) *display_status;
} gss;

struct vim_sspi {
	char *host;
	gss_name_t service;
	gss_ctx_id_t context;
	size_t mechanism; /* of mechanisms */
};

/* 1.2.840.113554.1.2.1.4, a service on a host */
static gss_OID_desc hostbased_service = { 10, (void *)"\x2a\x86\x48\x86\xf7\x12\x01\x02\x01\x04" };

static gss_OID_desc mechanisms[] = {
	{ 6, (void *)"\x2b\x06\x01\x05\x05\x02" }, /* 1.3.6.1.5.5.2, SPNEGO */
	{ 9,
	  (void *)"\x2a\x86\x48\x86\xf7\x12\x01\x02\x02" }, /* 1.2.840.113554.1.2.2, Kerberos 5 */
};

/* Sets *@fn to a function of the library; all that is missing is counted. */
static int find(void *lib, const char *name, void *fn)
{
	void *address = dlsym(lib, name);

	memcpy(fn, &address, sizeof(address));
	return address == NULL;
}

static void load(void)
{
	void *lib = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);
	int missing = 0;

	if (lib == NULL)
		return;
	missing += find(lib, "gss_import_name", &gss.import_name);
	missing += find(lib, "gss_release_name", &gss.release_name);
	missing += find(lib, "gss_init_sec_context", &gss.init_sec_context);
	missing += find(lib, "gss_delete_sec_context", &gss.delete_sec_context);
	missing += find(lib, "gss_release_buffer", &gss.release_buffer);
	missing += find(lib, "gss_display_status", &gss.display_status);
	if (missing > 0)
		memset(&gss, 0, sizeof(gss));
}

/* Kerberos has tickets for names; nothing that is one looks like an address. */
static bool is_address(const char *host)
{
	struct in6_addr addr;

	return inet_pton(AF_INET, host, &addr) == 1 || strchr(host, ':') != NULL;
}

/* The sentences of a status, or the first of them. */
static char *status_text(OM_uint32 status, int kind, gss_OID mechanism)
{
	gss_buffer_desc text = GSS_C_EMPTY_BUFFER;
	OM_uint32 minor, more = 0;
	char *copy = NULL;

	if (gss.display_status(&minor, status, kind, mechanism, &more, &text) == GSS_S_COMPLETE) {
		copy = strndup(text.value, text.length);
		gss.release_buffer(&minor, &text);
	}
	return copy;
}

static VixError refused(const struct vim_sspi *p, const char *doing, OM_uint32 major,
			OM_uint32 minor)
{
	VU_AUTO(free) char *what = status_text(major, GSS_C_GSS_CODE, GSS_C_NO_OID);
	VU_AUTO(free) char *why = status_text(minor, GSS_C_MECH_CODE, &mechanisms[p->mechanism]);

	VU_ERR("vim", "%s: Kerberos can't %s for host@%s: %s (%s)", vu_log_quote(p->host), doing,
	       vu_log_quote(p->host), vu_log_quote(what), vu_log_quote(why));
	return VIX_E_AUTHENTICATION_FAIL;
}

static VixError import_service(struct vim_sspi *p)
{
	VU_AUTO(free) char *name = vu_asprintf("host@%s", p->host);
	gss_buffer_desc text = { .length = name == NULL ? 0 : strlen(name), .value = name };
	OM_uint32 major, minor;

	if (name == NULL)
		return VIX_E_OUT_OF_MEMORY;
	major = gss.import_name(&minor, &text, &hostbased_service, &p->service);
	return GSS_ERROR(major) ? refused(p, "name the service", major, minor) : VIX_OK;
}

VixError vim_sspi_open(const char *host, struct vim_sspi **p_out)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	struct vim_sspi *p;
	VixError err;

	*p_out = NULL;
	if (is_address(host)) {
		VU_ERR("vim",
		       "%s: a login with Kerberos (SSPI) needs the name of the server, not its "
		       "address",
		       vu_log_quote(host));
		return VIX_E_NOT_SUPPORTED;
	}
	pthread_once(&once, load);
	if (gss.import_name == NULL) {
		VU_ERR("vim",
		       "%s: a login with Kerberos (SSPI) needs " LIBRARY ", which is not installed",
		       vu_log_quote(host));
		return VIX_E_NOT_SUPPORTED;
	}
	p = calloc(1, sizeof(*p));
	if (p == NULL)
		return VIX_E_OUT_OF_MEMORY;
	p->service = GSS_C_NO_NAME;
	p->context = GSS_C_NO_CONTEXT;
	p->host = strdup(host);
	err = p->host == NULL ? VIX_E_OUT_OF_MEMORY : import_service(p);
	if (err != VIX_OK) {
		vim_sspi_close(p);
		return err;
	}
	*p_out = p;
	return VIX_OK;
}

static void forget_context(struct vim_sspi *p)
{
	OM_uint32 minor;

	if (p->context != GSS_C_NO_CONTEXT)
		gss.delete_sec_context(&minor, &p->context, GSS_C_NO_BUFFER);
}

static OM_uint32 init(struct vim_sspi *p, gss_buffer_t in, gss_buffer_t token_out,
		      OM_uint32 *minor_out)
{
	return gss.init_sec_context(minor_out, GSS_C_NO_CREDENTIAL, &p->context, p->service,
				    &mechanisms[p->mechanism], GSS_C_MUTUAL_FLAG, 0,
				    GSS_C_NO_CHANNEL_BINDINGS, in, NULL, token_out, NULL, NULL);
}

VixError vim_sspi_step(struct vim_sspi *p, const void *in, size_t in_len, void **out,
		       size_t *out_len)
{
	gss_buffer_desc from = { .length = in_len, .value = (void *)in },
			token = GSS_C_EMPTY_BUFFER;
	OM_uint32 major, minor, ignored;

	*out = NULL;
	*out_len = 0;
	major = init(p, &from, &token, &minor);
	if (GSS_ERROR(major) && in == NULL && p->mechanism == 0) {
		forget_context(p);
		p->mechanism = 1;
		major = init(p, &from, &token, &minor);
	}
	if (GSS_ERROR(major))
		return refused(p, in == NULL ? "find a ticket" : "believe the answer", major,
			       minor);
	*out_len = token.length;
	*out = malloc(token.length + 1);
	if (*out != NULL)
		memcpy(*out, token.length == 0 ? "" : token.value, token.length);
	gss.release_buffer(&ignored, &token);
	return *out == NULL ? VIX_E_OUT_OF_MEMORY : VIX_OK;
}

void vim_sspi_close(struct vim_sspi *p)
{
	OM_uint32 minor;

	if (p == NULL)
		return;
	forget_context(p);
	if (p->service != GSS_C_NO_NAME)
		gss.release_name(&minor, &p->service);
	free(p->host);
	free(p);
}
