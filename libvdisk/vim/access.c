/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Keeping disks where they are; see access.h.
 */
#include "config.h"

#include "access.h"

#include <string.h>

#include "../../common/cleanup.h"
#include "../../common/log.h"

#define MOVE "RelocateVM_Task"

VixError vim_access_check_identity(const char *identity)
{
	size_t len = identity != NULL ? strlen(identity) : 0;

	if (len > 0 && len <= VIM_IDENTITY_MAX)
		return VIX_OK;
	VU_ERR("vim", "the identity of who wants access has %zu bytes, not 1 to %u", len,
	       VIM_IDENTITY_MAX);
	return VIX_E_INVALID_ARG;
}

static VixError check_server(const struct vim_session *s, const char *doing)
{
	const struct vim_content *has = vim_session_content(s);
	const char *server = vim_http_name(vim_session_http(s));

	if (!has->is_vcenter) {
		VU_ERR("vim", "%s: HostAgent is not a vCenter, cannot %s svMotion", server, doing);
		return VIX_E_NOT_SUPPORTED;
	}
	if (has->authorization_manager == NULL) {
		VU_ERR("vim", "%s has no authorization manager, cannot %s svMotion", server, doing);
		return VIX_E_NOT_SUPPORTED;
	}
	return VIX_OK;
}

/* Calls @method; @args is consumed. */
static VixError call(struct vim_session *s, const char *method, struct vu_strbuf *args)
{
	VU_AUTO(free) char *text = vu_strbuf_take(args);
	VU_AUTO(vim_xml) struct vim_xml *x = NULL;
	const struct vim_call c = {
		.method = method,
		.of = { "AuthorizationManager", vim_session_content(s)->authorization_manager },
		.args = text,
		.is_internal = true,
	};

	return text != NULL ? vim_session_call(s, &c, &x) : VIX_E_OUT_OF_MEMORY;
}

VixError vim_access_forbid_moving(struct vim_session *s, struct vim_ref vm, const char *identity)
{
	struct vu_strbuf args = { 0 };

	VD_TRY(vim_access_check_identity(identity));
	VD_TRY(check_server(s, "deactivate"));
	vim_arg_ref(&args, "entity", vm);
	vu_strbuf_puts(&args, "<method>");
	vim_arg_text(&args, "method", MOVE);
	vim_arg_text(&args, "reasonId", identity);
	vu_strbuf_puts(&args, "</method>");
	vim_arg_text(&args, "sourceId", identity);
	return call(s, "DisableMethods", &args);
}

VixError vim_access_permit_moving(struct vim_session *s, struct vim_ref vm, const char *identity)
{
	struct vu_strbuf args = { 0 };

	VD_TRY(vim_access_check_identity(identity));
	VD_TRY(check_server(s, "activate"));
	vim_arg_ref(&args, "entity", vm);
	vim_arg_text(&args, "method", MOVE);
	vim_arg_text(&args, "sourceId", identity);
	return call(s, "EnableMethods", &args);
}
