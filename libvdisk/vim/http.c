/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * HTTPS to one server: the connections that are kept; see http.h.
 *
 * 1. A connection is taken, used by one thread, and given back, or freed when its request failed.
 * 2. The one that was used last is taken first: it is the least likely to have been closed.
 * 3. The lock is of rank 7, and not held while anything is sent or a connection made or freed, but in a
 *    process that was forked, which frees those of its parent first.
 */
#include "config.h"

#include "http.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "../../common/alloc.h"
#include "../../common/bytes.h"
#include "../../common/cleanup.h"
#include "../../common/forks.h"
#include "../../common/log.h"
#include "../../common/osutil.h"
#include "../../common/thread.h"
#include "connection.h"
#include "retry.h"

#define HTTPS_PORT 443u

struct slot {
	struct vim_connection *c; /* NULL: none yet */
	bool is_taken;
	uint64_t used; /* when it was given back: the value of vim_http.uses */
};

struct vim_http {
	struct vim_peer peer;
	unsigned pause_ms;
	atomic_bool has_answered; /* at least once */

	pthread_mutex_t lock;   /* guards all below */
	pthread_cond_t changed; /* a connection was given back, or all is cancelled */
	struct slot slots[VIM_HTTP_CONNECTIONS];
	uint64_t uses;
	unsigned forks; /* vu_forks() of the process whose connections these are */
	char *cookie;
};

/* From begin to end. */

/* A name or an address, and nothing else of a URL. */
static bool is_host(const char *host)
{
	if (host == NULL || host[0] == '\0' || strlen(host) > 255)
		return false;
	for (const char *s = host; *s != '\0'; s++) {
		if ((unsigned char)*s <= ' ' || *s == 0x7f || strchr("/\\?#@[]<>\"", *s) != NULL)
			return false;
	}
	return true;
}

static char *name_of(const char *host, unsigned port)
{
	return strchr(host, ':') != NULL ? vu_asprintf("[%s]:%u", host, port)
					 : vu_asprintf("%s:%u", host, port);
}

/* The zone of an address, "fe80::1%eth0", is escaped in a URL. */
static char *url_of(const char *name)
{
	const char *zone = strchr(name, '%');

	if (zone == NULL)
		return vu_asprintf("https://%s", name);
	return vu_asprintf("https://%.*s%%25%s", (int)(zone - name), name, zone + 1);
}

static VixError fill_peer(struct vim_peer *p, const struct vim_server *s)
{
	unsigned port = s->port != 0 ? s->port : HTTPS_PORT;

	p->name = name_of(s->host, port);
	p->url = p->name != NULL ? url_of(p->name) : NULL;
	p->ca_file = vu_strdup_or_null(s->trust.ca_file);
	p->proxy = vu_strdup_or_null(s->proxy);
	p->is_anybody = s->trust.anybody && p->pin.len == 0;
	p->connect_ms = s->connect_ms != 0 ? s->connect_ms : VIM_HTTP_CONNECT_MS;
	p->stall_ms = s->stall_ms != 0 ? s->stall_ms : VIM_HTTP_STALL_MS;
	if (p->url == NULL || (p->ca_file == NULL && s->trust.ca_file != NULL) ||
	    (p->proxy == NULL && s->proxy != NULL))
		return VIX_E_OUT_OF_MEMORY;
	return VIX_OK;
}

static VixError check_server(const struct vim_server *s, struct vim_pin *pin_out)
{
	const char *print = s->trust.thumbprint;

	pin_out->len = 0;
	if (!is_host(s->host) || s->port > 65535) {
		VU_ERR("vim", "%s, port %u: no server is called like that", vu_log_quote(s->host),
		       s->port);
		return VIX_E_INVALID_ARG;
	}
	if (print == NULL || print[0] == '\0' || vim_pin_parse(print, pin_out) == 0)
		return VIX_OK;
	VU_ERR("vim",
	       "%s: the thumbprint %s is neither SHA-1 nor SHA-256: 20 or 32 bytes in hex are "
	       "expected",
	       vu_log_quote(s->host), vu_log_quote(print));
	return VIX_E_INVALID_ARG;
}

VixError vim_http_new(const struct vim_server *server, struct vim_http **h_out)
{
	struct vim_http *h;
	struct vim_pin pin;
	VixError err;

	*h_out = NULL;
	VD_TRY(check_server(server, &pin));
	VD_TRY(vim_connection_ready());
	h = vu_calloc_array(1, sizeof(*h));
	if (h == NULL)
		return VIX_E_OUT_OF_MEMORY;
	h->peer.pin = pin;
	h->pause_ms = server->pause_ms != 0 ? server->pause_ms : VIM_RETRY_PAUSE_MS;
	pthread_mutex_init(&h->lock, NULL);
	vu_cond_init_monotonic(&h->changed);
	h->forks = vu_forks();
	err = fill_peer(&h->peer, server);
	if (err != VIX_OK) {
		vim_http_free(h);
		return err;
	}
	*h_out = h;
	return VIX_OK;
}

static void wipe_cookie(struct vim_http *h)
{
	if (h->cookie != NULL)
		explicit_bzero(h->cookie, strlen(h->cookie));
	free(h->cookie);
	h->cookie = NULL;
}

/* After a fork, these are those of another process; what its other threads are at is not touched.
 * Lock held. */
static void leave_to_parent(struct vim_http *h)
{
	if (h->forks == vu_forks())
		return;
	for (unsigned i = 0; i < VIM_HTTP_CONNECTIONS; i++) {
		if (!h->slots[i].is_taken)
			vim_connection_abandon(h->slots[i].c);
		h->slots[i] = (struct slot){ 0 };
	}
	vu_cond_init_monotonic(&h->changed); /* who waited did so in the parent */
	h->forks = vu_forks();
}

void vim_http_free(struct vim_http *h)
{
	if (h == NULL)
		return;
	leave_to_parent(h);
	for (unsigned i = 0; i < VIM_HTTP_CONNECTIONS; i++)
		vim_connection_free(h->slots[i].c);
	wipe_cookie(h);
	vu_cond_destroy(&h->changed);
	pthread_mutex_destroy(&h->lock);
	free(h->peer.name);
	free(h->peer.url);
	free(h->peer.ca_file);
	free(h->peer.proxy);
	free(h);
}

const char *vim_http_name(const struct vim_http *h)
{
	return h->peer.name;
}

static bool is_header_text(const char *s)
{
	for (; *s != '\0'; s++) {
		if ((unsigned char)*s < ' ' || *s == 0x7f)
			return false;
	}
	return true;
}

int vim_http_set_cookie(struct vim_http *h, const char *cookie)
{
	VU_LOCK(&h->lock);

	wipe_cookie(h);
	if (cookie == NULL)
		return 0;
	if (is_header_text(cookie))
		h->cookie = strdup(cookie);
	return h->cookie != NULL ? 0 : -1;
}

void vim_http_cancel(struct vim_http *h)
{
	atomic_store(&h->peer.is_cancelled, true);
	vim_http_wake(h);
}

void vim_http_wake(struct vim_http *h)
{
	VU_LOCK(&h->lock);

	for (unsigned i = 0; i < VIM_HTTP_CONNECTIONS; i++) {
		if (h->slots[i].is_taken && h->slots[i].c != NULL && h->forks == vu_forks())
			vim_connection_wake(h->slots[i].c);
	}
	pthread_cond_broadcast(&h->changed);
}

/* Connections; lock held. */

static struct slot *last_used(struct vim_http *h)
{
	struct slot *best = NULL;

	for (unsigned i = 0; i < VIM_HTTP_CONNECTIONS; i++) {
		struct slot *s = &h->slots[i];

		if (!s->is_taken && s->c != NULL && (best == NULL || s->used > best->used))
			best = s;
	}
	return best;
}

static struct slot *unused(struct vim_http *h)
{
	for (unsigned i = 0; i < VIM_HTTP_CONNECTIONS; i++) {
		if (!h->slots[i].is_taken && h->slots[i].c == NULL)
			return &h->slots[i];
	}
	return NULL;
}

/* One that is free, for a new connection where the others may be as dead as the one before. */
static struct slot *find_slot(struct vim_http *h, bool is_new, struct vim_connection **old_out)
{
	struct slot *s = is_new ? unused(h) : last_used(h);

	*old_out = NULL;
	if (s == NULL)
		s = is_new ? last_used(h) : unused(h);
	if (s != NULL && is_new) {
		*old_out = s->c;
		s->c = NULL;
	}
	return s;
}

/* NULL: cancelled. */
static struct slot *reserve(struct vim_http *h, const struct vim_request *q, bool is_new,
			    struct vim_connection **old_out)
{
	struct slot *s = NULL;

	VU_LOCK(&h->lock);
	leave_to_parent(h);
	*old_out = NULL;
	while (!vim_peer_is_stopped(&h->peer, q)) {
		s = find_slot(h, is_new, old_out);
		if (s != NULL)
			break;
		pthread_cond_wait(&h->changed, &h->lock);
	}
	if (s != NULL)
		s->is_taken = true;
	return s;
}

/* Without the lock again. */

static void give_back(struct vim_http *h, struct slot *s, bool is_good)
{
	struct vim_connection *bad = NULL;

	{
		VU_LOCK(&h->lock);
		if (!is_good) {
			bad = s->c;
			s->c = NULL;
		}
		s->is_taken = false;
		s->used = ++h->uses;
		pthread_cond_broadcast(&h->changed); /* some wait for other things */
	}
	vim_connection_free(bad);
}

static VixError connection_of(struct vim_http *h, struct slot *s)
{
	struct vim_connection *c;

	if (s->c != NULL)
		return VIX_OK;
	VD_TRY(vim_connection_new(&h->peer, &c));
	VU_LOCK(&h->lock);
	s->c = c; /* from now on, vim_http_cancel() wakes it */
	return VIX_OK;
}

static char *copy_cookie(struct vim_http *h)
{
	VU_LOCK(&h->lock);

	return vu_strdup_or_null(h->cookie);
}

int vim_http_copy_cookie(struct vim_http *h, struct vim_http *from)
{
	char *cookie = copy_cookie(from);
	int rc = vim_http_set_cookie(h, cookie);

	if (cookie != NULL)
		explicit_bzero(cookie, strlen(cookie));
	free(cookie);
	return rc;
}

static void run(struct vim_http *h, struct slot *s, struct vim_exchange *x)
{
	char *cookie = copy_cookie(h);

	vim_connection_run(s->c, x, cookie);
	if (cookie != NULL)
		explicit_bzero(cookie, strlen(cookie));
	free(cookie);
	if (x->head.status != 0)
		atomic_store(&h->has_answered, true);
}

/* One attempt; what was wrong is in @x. */
static void attempt(struct vim_http *h, const struct vim_request *q, bool is_new,
		    struct vim_exchange *x)
{
	struct vim_connection *old;
	struct slot *s = reserve(h, q, is_new, &old);
	VixError err;

	vim_exchange_begin(x, q);
	vim_connection_free(old);
	if (s == NULL) {
		vim_exchange_fail(x, VIX_E_CANCELLED, "cancelled");
		return;
	}
	err = connection_of(h, s);
	if (err == VIX_OK)
		run(h, s, x);
	else
		vim_exchange_fail(x, err, "%s", "");
	give_back(h, s, x->err == VIX_OK);
}

/* Requests. */

static VixError check_target(const struct vim_http *h, const struct vim_request *q)
{
	const char *s = q->target;

	while ((unsigned char)*s > ' ' && *s != 0x7f)
		s++;
	if (q->target[0] == '/' && *s == '\0')
		return VIX_OK;
	VU_ERR("vim", "%s: %s is no target of a request", h->peer.name, vu_log_quote(q->target));
	return VIX_E_INVALID_ARG;
}

static VixError finish(struct vim_http *h, struct vim_exchange *x, struct vim_response *r_out)
{
	if (vim_peer_is_stopped(&h->peer, x->q)) {
		x->err = VIX_OK;
		vim_exchange_fail(x, VIX_E_CANCELLED, "cancelled");
	}
	if (x->err == VIX_OK) {
		vim_exchange_take(x, r_out);
		return VIX_OK;
	}
	if (x->why[0] != '\0')
		VU_ERR("vim", "%s: %s %s: %s", h->peer.name, x->q->method,
		       vu_log_quote(x->q->target), x->why);
	vim_exchange_clear(x);
	return x->err;
}

VixError vim_http_send(struct vim_http *h, const struct vim_request *q, struct vim_response *r_out)
{
	struct vim_exchange x = { 0 };

	*r_out = (struct vim_response){ .tries = 1 };
	VD_TRY(check_target(h, q));
	attempt(h, q, false, &x);
	return finish(h, &x, r_out);
}

/* False: cancelled meanwhile. */
static bool sleep_for(struct vim_http *h, const struct vim_request *q, unsigned ms)
{
	uint64_t end = vu_now_ms() + ms;
	VU_LOCK(&h->lock);

	while (!vim_peer_is_stopped(&h->peer, q)) {
		if (vu_cond_wait_until(&h->changed, &h->lock, end) != 0)
			return true;
	}
	return false;
}

static void say_again(const struct vim_http *h, const struct vim_exchange *x, unsigned pause)
{
	char status[32] = "";

	if (x->err == VIX_OK)
		snprintf(status, sizeof(status), "status %u", x->head.status);
	VU_INFO("vim", "%s: %s %s: %s%s; trying again in %u ms", h->peer.name, x->q->method,
		vu_log_quote(x->q->target), x->why, status, pause);
}

/* Waits, if another attempt may help; false: it can't. */
static bool should_go_on(struct vim_http *h, const struct vim_exchange *x, unsigned tries)
{
	const struct vim_attempt a = { .err = x->err,
				       .status = x->head.status,
				       .retry_after_s = x->head.retry_after_s,
				       .is_known = atomic_load(&h->has_answered) };
	unsigned pause;

	if (tries > vim_retry_limit(&a))
		return false;
	pause = vim_retry_pause(&a, tries - 1, h->pause_ms);
	say_again(h, x, pause);
	return sleep_for(h, x->q, pause);
}

VixError vim_http_get(struct vim_http *h, const struct vim_request *q, struct vim_response *r_out)
{
	struct vim_exchange x = { 0 };
	unsigned status;

	*r_out = (struct vim_response){ 0 };
	VD_TRY(check_target(h, q));
	do {
		attempt(h, q, r_out->tries > 0, &x);
		r_out->tries++;
		status = x.err == VIX_OK ? x.head.status : 0;
		r_out->busy += status == 429 || status == 503;
	} while (should_go_on(h, &x, r_out->tries));
	return finish(h, &x, r_out);
}

static VixError code_of_status(unsigned status)
{
	switch (status) {
	case 401:
		return VIX_E_AUTHENTICATION_FAIL;
	case 403:
		return VIX_E_FILE_ACCESS_ERROR;
	case 404:
		return VIX_E_FILE_NOT_FOUND;
	case 409:
	case 423:
		return VIX_E_FILE_ALREADY_LOCKED;
	case 503:
		return VIX_E_OBJECT_IS_BUSY;
	case 507:
		return VIX_E_DISK_FULL;
	default:
		return VIX_E_NET_HTTP_TRANSFER;
	}
}

static const char *meaning_of(unsigned status)
{
	switch (status) {
	case 401:
		return " (not logged in)";
	case 403:
		return " (not permitted)";
	case 404:
		return " (not found)";
	case 409:
	case 423:
		return " (locked)";
	case 500:
		return " (internal error of the server; a file in use may look like that)";
	case 503:
		return " (busy)";
	case 507:
		return " (full)";
	default:
		return status >= 300 && status <= 399 ? " (redirects are not followed)" : "";
	}
}

VixError vim_http_refused(const struct vim_http *h, unsigned status, const char *doing)
{
	VU_ERR("vim", "%s: cannot %s: expected success, got status %u%s", h->peer.name, doing,
	       status, meaning_of(status));
	return code_of_status(status);
}

void vim_response_free(struct vim_response *r)
{
	if (r->body != NULL)
		explicit_bzero(r->body, r->body_len);
	if (r->cookie != NULL)
		explicit_bzero(r->cookie, strlen(r->cookie));
	free(r->body);
	free(r->type);
	free(r->version);
	free(r->cookie);
	*r = (struct vim_response){ 0 };
}
