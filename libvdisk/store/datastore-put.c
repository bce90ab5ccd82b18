/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Files on the datastores of a server: writing them whole; see datastore.h.
 */
#include "config.h"

#include "datastore.h"

#include <stdlib.h>

#include "../../common/alloc.h"
#include "../../common/cleanup.h"
#include "../../common/log.h"
#include "datastore-impl.h"

/* Not over the session's connections: what is sent may have to be read over those meanwhile. */
static VixError put_once(struct vd_datastores *ds, const struct vim_request *q,
			 void (*begin)(void *ctx), unsigned *status_out)
{
	struct vim_response r = { 0 };
	struct vim_http *http;
	VixError err = VIX_E_OUT_OF_MEMORY;

	*status_out = 0;
	VD_TRY(vim_http_new(vim_session_server(ds->session), &http));
	begin(q->ctx);
	if (vim_http_copy_cookie(http, vim_session_http(ds->session)) == 0)
		err = vim_http_send(http, q, &r);
	*status_out = r.status;
	vim_response_free(&r);
	vim_http_free(http);
	return err;
}

static VixError put(struct vd_datastores *ds, const struct vim_request *q, void (*begin)(void *ctx),
		    unsigned *status_out)
{
	unsigned generation = vim_session_generation(ds->session);

	VD_TRY(put_once(ds, q, begin, status_out));
	if (*status_out != 401)
		return VIX_OK;
	VD_TRY(vim_session_renew(ds->session, generation));
	return put_once(ds, q, begin, status_out);
}

VixError vd_datastore_put(struct vd_store *st, uint64_t len, vd_datastore_give_fn *give,
			  void (*begin)(void *ctx), void *ctx)
{
	struct vd_datastores *ds = vd_datastores_of(st);
	VU_AUTO(free) char *doing = vu_asprintf("write %s", vu_log_quote(st->path));
	const struct vim_request q = {
		.method = "PUT",
		.target = vd_dsfile_of(st)->remote->target,
		.headers = "Content-Type: application/octet-stream\r\n",
		.body_len = len,
		.give = give,
		.ctx = ctx,
	};
	unsigned status;

	if (doing == NULL)
		return VIX_E_OUT_OF_MEMORY;
	VD_TRY(put(ds, &q, begin, &status));
	if (status == 200 || status == 201 || status == 204)
		return VIX_OK;
	return vim_http_refused(vim_session_http(ds->session), status, doing);
}
