/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Exporting disks; see lease.h.
 */
#include "config.h"

#include "lease-impl.h"

#include <stdlib.h>
#include <string.h>

#include "../../common/alloc.h"
#include "../../common/bytes.h"
#include "../../common/cleanup.h"
#include "../../common/log.h"
#include "../../common/osutil.h"
#include "fault.h"
#include "properties.h"

#define DEVICES        "config.hardware.device"
#define READY_MS       (5u * 60 * 1000)
#define PAUSE_FIRST_MS 50u
#define PAUSE_MAX_MS   2000u

static const char *server_of(const struct vim_lease *l)
{
	return vim_http_name(vim_session_http(l->session));
}

/* What is exported. */

static VixError find_place(struct vim_lease *l)
{
	static const char *const paths[] = { DEVICES, NULL };
	const struct vim_ref *of = &l->disk->of;
	const struct vim_ask ask = {
		.type = of->type, .paths = paths, .from = of, .from_count = 1
	};
	VU_AUTO(vim_props) struct vim_props *p = NULL;
	vim_node *devices;
	VixError err;

	VD_TRY(vim_props_lookup(l->session, &ask, &p));
	VD_TRY(vim_props_need(p, of->value, DEVICES, &devices));
	err = vim_lease_place(devices, l->disk->key, &l->place, &l->is_only);
	if (err == VIX_E_OBJECT_NOT_FOUND)
		VU_ERR("vim", "%s: cannot %s: the machine has no device %u any more", server_of(l),
		       l->disk->doing, (unsigned)l->disk->key);
	return err;
}

static VixError begin(struct vim_lease *l)
{
	bool is_vm = strcmp(l->disk->of.type, "VirtualMachine") == 0;
	const struct vim_call call = { .method = is_vm ? "ExportVm" : "ExportSnapshot",
				       .of = l->disk->of };
	VU_AUTO(vim_xml) struct vim_xml *x = NULL;
	vim_node *lease;

	VD_TRY(vim_session_call(l->session, &call, &x));
	lease = vim_xml_find(vim_xml_root(x), "returnval");
	if (lease == NULL || strcmp(vim_xml_ref_type(lease), "HttpNfcLease") != 0) {
		VU_ERR("vim", "%s: cannot %s: %s began no lease", server_of(l), l->disk->doing,
		       call.method);
		return VIX_E_NET_HTTP_TRANSFER;
	}
	l->moref = strdup(vim_xml_text(lease, ""));
	return l->moref != NULL ? VIX_OK : VIX_E_OUT_OF_MEMORY;
}

/* Waiting. */

static VixError take_info(struct vim_lease *l, vim_node *info)
{
	VixError err = vim_lease_find(info, l->place, l->is_only, &l->file);

	if (err == VIX_E_NOT_SUPPORTED)
		VU_ERR("vim", "%s: cannot %s: the lease does not tell which of its files it is",
		       server_of(l), l->disk->doing);
	else if (err == VIX_E_NET_HTTP_TRANSFER)
		VU_ERR("vim", "%s: cannot %s: the lease has no URL of it", server_of(l),
		       l->disk->doing);
	if (!vim_xml_uint(info, "leaseTimeout", &l->timeout_s) || l->timeout_s == 0)
		l->timeout_s = VIM_LEASE_TIMEOUT_S;
	return err;
}

static VixError say_error(const struct vim_lease *l, vim_node *error)
{
	VU_AUTO(free) char *doing = vu_asprintf("to %s", l->disk->doing);
	struct vim_fault fault;

	vim_fault_localized(error, &fault);
	return vim_fault_log(server_of(l), doing != NULL ? doing : l->disk->doing, &fault);
}

static VixError look(struct vim_lease *l, bool *is_ready_out)
{
	static const char *const paths[] = { "state", "error", "info", NULL };
	const struct vim_ref ref = { "HttpNfcLease", l->moref };
	const struct vim_ask ask = {
		.type = ref.type, .paths = paths, .from = &ref, .from_count = 1
	};
	VU_AUTO(vim_props) struct vim_props *p = NULL;
	const char *state;

	VD_TRY(vim_props_lookup(l->session, &ask, &p));
	state = vim_props_text(p, l->moref, "state");
	*is_ready_out = state != NULL && strcmp(state, "ready") == 0;
	if (*is_ready_out)
		return take_info(l, vim_props_find(p, l->moref, "info"));
	if (state != NULL && strcmp(state, "initializing") == 0)
		return VIX_OK;
	if (state != NULL && strcmp(state, "error") == 0)
		return say_error(l, vim_props_find(p, l->moref, "error"));
	VU_ERR("vim", "%s: cannot %s: the lease is in no known state: %s", server_of(l),
	       l->disk->doing, vu_log_quote(state != NULL ? state : "none"));
	return VIX_E_NET_HTTP_TRANSFER;
}

static VixError wait_ready(struct vim_lease *l)
{
	uint64_t until_ms = vu_now_ms() + READY_MS;
	unsigned pause = PAUSE_FIRST_MS;
	bool is_ready = false;

	for (;;) {
		VD_TRY(look(l, &is_ready));
		if (is_ready)
			return VIX_OK;
		if (vu_now_ms() >= until_ms)
			break;
		vu_sleep_ms(pause);
		pause = (unsigned)vu_min(2 * pause, PAUSE_MAX_MS);
	}
	VU_ERR("vim", "%s: cannot %s: the lease has not become ready in time", server_of(l),
	       l->disk->doing);
	return VIX_E_NET_HTTP_OPERATION_TIMEDOUT;
}

/* The whole. */

static VixError run_export(struct vim_lease *l)
{
	VD_TRY(find_place(l));
	VD_TRY(begin(l));
	return wait_ready(l);
}

VixError vim_lease_export(struct vim_session *s, const struct vim_lease_disk *disk,
			  struct vim_lease **l_out)
{
	struct vim_lease *l = calloc(1, sizeof(*l));
	VixError err;

	*l_out = NULL;
	if (l == NULL)
		return VIX_E_OUT_OF_MEMORY;
	l->session = vim_session_share(s);
	atomic_init(&l->percent, 0);
	l->disk = disk;
	err = run_export(l);
	if (err == VIX_OK)
		*l_out = l;
	else
		vim_lease_free(l);
	return err;
}

/* Renewing. */

static VixError call_lease(struct vim_lease *l, const char *method, const char *args,
			   struct vim_fault *fault)
{
	const struct vim_call call = { .method = method,
				       .of = { "HttpNfcLease", l->moref },
				       .args = args };
	VU_AUTO(vim_xml) struct vim_xml *x = NULL;

	VD_TRY(vim_session_try(l->session, &call, &x, fault));
	fault->message = "";
	fault->detail = NULL; /* they were of the reply */
	return VIX_OK;
}

VixError vim_lease_renew(struct vim_lease *l)
{
	VU_AUTO(free) char *args = vu_asprintf("<percent>%u</percent>", atomic_load(&l->percent));
	struct vim_fault fault = { "", "", NULL };

	if (args == NULL || call_lease(l, "HttpNfcLeaseProgress", args, &fault) != VIX_OK ||
	    fault.name[0] == '\0')
		return VIX_OK;
	return vim_fault_say(l->session, "HttpNfcLeaseProgress", &fault);
}

void vim_lease_tell(struct vim_lease *l, unsigned percent)
{
	atomic_store(&l->percent, percent);
}

/* Ending. */

static void end(struct vim_lease *l, const char *method)
{
	struct vim_fault fault = { "", "", NULL };

	if (call_lease(l, method, NULL, &fault) == VIX_OK && fault.name[0] != '\0')
		VU_DBG("vim", "%s: %s is refused: %s", server_of(l), method,
		       vu_log_quote(fault.name));
}

void vim_lease_complete(struct vim_lease *l)
{
	vim_lease_tell(l, 100);
	vim_lease_renew(l);
	end(l, "HttpNfcLeaseComplete");
	l->is_complete = true;
}

void vim_lease_free(struct vim_lease *l)
{
	if (l == NULL)
		return;
	if (l->moref != NULL && !l->is_complete)
		end(l, "HttpNfcLeaseAbort");
	vim_lease_file_free(&l->file);
	vim_session_close(l->session);
	free(l->moref);
	free(l->place);
	free(l);
}
