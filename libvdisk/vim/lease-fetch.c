/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Fetching what a lease exports, and renewing it meanwhile; see lease.h.
 */
#include "config.h"

#include "lease-impl.h"

#include <pthread.h>
#include <string.h>

#include "../../common/ascii.h"
#include "../../common/bytes.h"
#include "../../common/cleanup.h"
#include "../../common/forks.h"
#include "../../common/log.h"
#include "../../common/osutil.h"
#include "../../common/thread.h"
#include "../../common/vixerr.h"

#define STALL_MS (5u * 60 * 1000) /* hosts pass over empty parts of disks in silence */

struct fetch {
	struct vim_lease *lease;
	struct vim_http *http; /* to the host of the file */
	pthread_mutex_t lock;  /* of all below; leaf */
	pthread_cond_t wake;
	bool is_over;  /* the thread ends */
	VixError lost; /* VIX_OK: the lease is ours, as far as is known */
};

static const char *server_of(const struct vim_lease *l)
{
	return vim_http_name(vim_session_http(l->session));
}

/* The host. */

static struct vim_server host_of(const struct vim_lease *l, bool is_server)
{
	struct vim_server to = *vim_session_server(l->session);

	if (l->file.host != NULL)
		to.host = l->file.host;
	if (l->file.port != 0 || l->file.host != NULL)
		to.port = l->file.port;
	if (l->file.thumbprint != NULL || !is_server)
		to.trust.thumbprint = l->file.thumbprint;
	to.stall_ms = STALL_MS;
	return to;
}

static VixError connect_host(struct fetch *f)
{
	struct vim_lease *l = f->lease;
	const char *name = vim_session_server(l->session)->host;
	bool is_server = l->file.host == NULL || vu_ascii_casecmp(l->file.host, name) == 0;
	const struct vim_server to = host_of(l, is_server);

	VD_TRY(vim_http_new(&to, &f->http));
	if (is_server && vim_http_copy_cookie(f->http, vim_session_http(l->session)) < 0)
		return VIX_E_OUT_OF_MEMORY;
	return VIX_OK;
}

/* Renewing. */

static uint64_t next_ms(const struct vim_lease *l)
{
	return vu_now_ms() + vu_min(l->timeout_s, VIM_LEASE_TIMEOUT_S) * 1000 / 3;
}

static void *keep(void *arg)
{
	struct fetch *f = arg;
	uint64_t due_ms = next_ms(f->lease);
	VixError lost = VIX_OK;

	pthread_mutex_lock(&f->lock);
	while (!f->is_over && lost == VIX_OK) {
		if (vu_now_ms() < due_ms) {
			vu_cond_wait_until(&f->wake, &f->lock, due_ms);
			continue;
		}
		pthread_mutex_unlock(&f->lock);
		lost = vim_lease_renew(f->lease);
		due_ms = next_ms(f->lease);
		pthread_mutex_lock(&f->lock);
	}
	f->lost = lost;
	pthread_mutex_unlock(&f->lock);
	if (lost != VIX_OK) /* nothing more will come */
		vim_http_cancel(f->http);
	return NULL;
}

/* Fetching. */

static VixError get(struct fetch *f, vim_http_take_fn *take, void *ctx)
{
	const struct vim_request q = {
		.method = "GET",
		.target = f->lease->file.target,
		.take = take,
		.ctx = ctx,
	};
	struct vim_response r;
	VixError err = vim_http_send(f->http, &q, &r);

	if (err == VIX_OK && r.status != 200)
		err = vim_http_refused(f->http, r.status, f->lease->disk->doing);
	vim_response_free(&r);
	return err;
}

static void stop(struct fetch *f, pthread_t keeper)
{
	pthread_mutex_lock(&f->lock);
	f->is_over = true;
	pthread_cond_signal(&f->wake);
	pthread_mutex_unlock(&f->lock);
	pthread_join(keeper, NULL);
}

/* The thread is there before the request, and the request's end is its own. */
static VixError fetch(struct fetch *f, vim_http_take_fn *take, void *ctx)
{
	pthread_t keeper;
	VixError err;
	int rc;

	VD_TRY(connect_host(f));
	rc = vu_thread_start(&keeper, "vdisk-lease", keep, f);
	if (rc < 0) {
		VU_ERR("vim", "%s: cannot %s: no thread can be made to renew the lease: %s",
		       server_of(f->lease), f->lease->disk->doing, strerror(-rc));
		return vu_vixerr_from_errno(-rc);
	}
	err = get(f, take, ctx);
	stop(f, keeper);
	return err != VIX_OK && f->lost != VIX_OK ? f->lost : err;
}

VixError vim_lease_fetch(struct vim_lease *l, vim_http_take_fn *take, void *ctx)
{
	struct fetch f = { .lease = l, .lock = PTHREAD_MUTEX_INITIALIZER };
	VixError err;

	vu_cond_init_monotonic(&f.wake);
	err = fetch(&f, take, ctx);
	vim_http_free(f.http);
	vu_cond_destroy(&f.wake);
	pthread_mutex_destroy(&f.lock);
	return err;
}
