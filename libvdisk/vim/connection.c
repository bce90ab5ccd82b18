/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One connection to a server; see connection.h.
 *
 * 1. Each is a multi handle with one easy handle: who waits in the former can be woken by others.
 *    No two share anything of libcurl.
 * 2. Bodies are sent through a callback that can't be rewound: so libcurl does not send them again, by
 *    itself, when the server has closed a connection that was kept.  GET and HEAD it does.
 * 3. The time without progress is ours to measure: libcurl's counts in seconds.
 */
#include "config.h"

#include "connection.h"

#include <curl/curl.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../../common/alloc.h"
#include "../../common/bytes.h"
#include "../../common/cause.h"
#include "../../common/cleanup.h"
#include "../../common/log.h"
#include "../../common/osutil.h"
#include "../../common/vixerr.h"

#define BUFFER_BYTES (512L << 10)
#define SOCKETS_MAX  4u    /* while addresses are tried; one when it is connected */
#define POLL_MS      1000u /* at most between two looks at the clock */

struct vim_connection {
	const struct vim_peer *peer;
	CURLM *multi;
	CURL *easy;
	struct vim_proof proof;
	curl_socket_t sockets[SOCKETS_MAX];
	unsigned n_sockets;
	struct vim_exchange *x; /* of the request that is under way */
	uint64_t progress_ms;   /* when enough was sent or received; 0: not connected yet */
	size_t moved;           /* bytes of bodies since then */
	uint64_t end_ms;        /* when its request ends whatever comes; 0: never */
	char why[CURL_ERROR_SIZE];
};

/* libcurl itself. */

static pthread_once_t once = PTHREAD_ONCE_INIT;
static VixError ready_err;

/* "OpenSSL/3.0.15"; a libcurl with several names those that it does not use in parentheses. */
static void get_ready(void)
{
	const curl_version_info_data *v;

	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
		ready_err = VIX_E_OUT_OF_MEMORY;
		return;
	}
	v = curl_version_info(CURLVERSION_NOW);
	if (v->ssl_version != NULL && strstr(v->ssl_version, "OpenSSL/3") != NULL &&
	    strstr(v->ssl_version, "(OpenSSL/3") == NULL)
		return;
	VU_ERR("vim",
	       "libcurl %s is here with %s, not with OpenSSL 3: a server's certificate can't be "
	       "checked",
	       v->version, v->ssl_version != NULL ? v->ssl_version : "no TLS");
	ready_err = VIX_E_NOT_SUPPORTED;
}

VixError vim_connection_ready(void)
{
	pthread_once(&once, get_ready);
	return ready_err;
}

/* Callbacks. */

static void note_progress(struct vim_connection *c)
{
	c->progress_ms = vu_now_ms();
	c->moved = 0;
}

/* Drops are no progress. */
static void note_bytes(struct vim_connection *c, size_t len)
{
	c->moved += len;
	if (c->moved >= VIM_HTTP_STALL_BYTES)
		note_progress(c);
}

static size_t on_header(char *line, size_t size, size_t n, void *ctx)
{
	struct vim_connection *c = ctx;

	note_progress(c);
	return vim_exchange_header(c->x, line, size * n) ? size * n : 0;
}

static size_t on_body(char *buf, size_t size, size_t n, void *ctx)
{
	struct vim_connection *c = ctx;

	note_bytes(c, size * n);
	return vim_exchange_body(c->x, buf, size * n) ? size * n : CURL_WRITEFUNC_ERROR;
}

static size_t on_send(char *buf, size_t size, size_t n, void *ctx)
{
	struct vim_connection *c = ctx;
	size_t len;

	if (!vim_exchange_next(c->x, buf, size * n, &len))
		return CURL_READFUNC_ABORT;
	note_bytes(c, len);
	return len;
}

/* The last word before the request leaves us, whatever became of the handshake. */
static int on_connected(void *ctx, char *ip, char *local_ip, int port, int local_port)
{
	struct vim_connection *c = ctx;

	(void)ip;
	(void)local_ip;
	(void)port;
	(void)local_port;
	note_progress(c);
	if (c->proof.is_proved || c->peer->is_anybody)
		return CURL_PREREQFUNC_OK;
	vu_cause_set(VIX_E_NET_HTTP_SSL_SECURITY);
	vim_exchange_fail(c->x, VIX_E_CANNOT_CONNECT_TO_HOST, "it has not proved who it is");
	return CURL_PREREQFUNC_ABORT;
}

static CURLcode on_handshake(CURL *easy, void *ssl_ctx, void *ctx)
{
	struct vim_connection *c = ctx;

	(void)easy;
	vim_proof_begin(&c->proof, ssl_ctx);
	return CURLE_OK;
}

static curl_socket_t on_socket(void *ctx, curlsocktype purpose, struct curl_sockaddr *addr)
{
	struct vim_connection *c = ctx;
	int fd = -1;

	(void)purpose;
	if (c->n_sockets < SOCKETS_MAX)
		fd = socket(addr->family, addr->socktype | SOCK_CLOEXEC, addr->protocol);
	if (fd < 0)
		return CURL_SOCKET_BAD;
	c->sockets[c->n_sockets++] = fd;
	return fd;
}

static int on_close(void *ctx, curl_socket_t fd)
{
	struct vim_connection *c = ctx;

	for (unsigned i = 0; i < c->n_sockets; i++) {
		if (c->sockets[i] == fd)
			c->sockets[i--] = c->sockets[--c->n_sockets];
	}
	return close(fd);
}

/* From first to last. */

/* Options can fail for want of memory: then the first error is the one. */
#define SET(option, value)                                                       \
	do {                                                                     \
		if (rc == CURLE_OK)                                              \
			rc = curl_easy_setopt(c->easy, CURLOPT_##option, value); \
	} while (0)

static CURLcode set_transfer(struct vim_connection *c)
{
	CURLcode rc = CURLE_OK;

	SET(PROTOCOLS_STR, "https");
	SET(HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	SET(FOLLOWLOCATION, 0L);
	SET(PATH_AS_IS, 1L);
	SET(USERAGENT, PACKAGE_NAME "/" PACKAGE_VERSION);
	SET(BUFFERSIZE, BUFFER_BYTES);
	SET(UPLOAD_BUFFERSIZE, BUFFER_BYTES);
	SET(NOSIGNAL, 1L);
	SET(TCP_NODELAY, 1L);
	SET(TCP_KEEPALIVE, 1L);
	SET(MAXCONNECTS, 1L);
	SET(CONNECTTIMEOUT_MS, (long)c->peer->connect_ms);
	SET(PROXY, c->peer->proxy != NULL ? c->peer->proxy : "");
	SET(NOPROXY, c->peer->proxy != NULL ? "" : "*");
	SET(SUPPRESS_CONNECT_HEADERS, 1L);
	SET(ERRORBUFFER, c->why);
	return rc;
}

static CURLcode set_callbacks(struct vim_connection *c)
{
	CURLcode rc = CURLE_OK;

	SET(HEADERFUNCTION, on_header);
	SET(HEADERDATA, c);
	SET(WRITEFUNCTION, on_body);
	SET(WRITEDATA, c);
	SET(READFUNCTION, on_send);
	SET(READDATA, c);
	SET(PREREQFUNCTION, on_connected);
	SET(PREREQDATA, c);
	SET(OPENSOCKETFUNCTION, on_socket);
	SET(OPENSOCKETDATA, c);
	SET(CLOSESOCKETFUNCTION, on_close);
	SET(CLOSESOCKETDATA, c);
	return rc;
}

/* Authorities are not even read where a fingerprint decides. */
static CURLcode set_trust(struct vim_connection *c)
{
	const struct vim_peer *p = c->peer;
	bool by_name = p->pin.len == 0 && !p->is_anybody;
	CURLcode rc = CURLE_OK;

	SET(SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	SET(SSL_SESSIONID_CACHE, 0L);
	SET(SSL_VERIFYPEER, p->is_anybody ? 0L : 1L);
	SET(SSL_VERIFYHOST, by_name ? 2L : 0L);
	if (!by_name || p->ca_file != NULL) {
		SET(CAPATH, NULL);
		SET(CAINFO, by_name ? p->ca_file : NULL);
	}
	if (!p->is_anybody) {
		SET(SSL_CTX_FUNCTION, on_handshake);
		SET(SSL_CTX_DATA, c);
	}
	return rc;
}

VixError vim_connection_new(const struct vim_peer *peer, struct vim_connection **c_out)
{
	struct vim_connection *c = vu_calloc_array(1, sizeof(*c));
	CURLcode rc;

	*c_out = NULL;
	if (c == NULL)
		return VIX_E_OUT_OF_MEMORY;
	c->peer = peer;
	c->proof.pin = &peer->pin;
	c->multi = curl_multi_init();
	c->easy = curl_easy_init();
	if (c->multi == NULL || c->easy == NULL) {
		vim_connection_free(c);
		return VIX_E_OUT_OF_MEMORY;
	}
	curl_multi_setopt(c->multi, CURLMOPT_MAXCONNECTS, 1L);
	rc = set_transfer(c);
	rc = rc == CURLE_OK ? set_callbacks(c) : rc;
	rc = rc == CURLE_OK ? set_trust(c) : rc;
	if (rc != CURLE_OK) {
		VU_ERR("vim", "%s: cannot set up a connection: %s", peer->name,
		       curl_easy_strerror(rc));
		vim_connection_free(c);
		return vu_vixerr_from_curl((int)rc);
	}
	*c_out = c;
	return VIX_OK;
}

void vim_connection_free(struct vim_connection *c)
{
	if (c == NULL)
		return;
	curl_easy_cleanup(c->easy);
	curl_multi_cleanup(c->multi); /* closes sockets, with on_close() */
	free(c);
}

/* What a descriptor meant before, its number stays in use: libcurl is about to close it. */
static void disarm(int fd)
{
	VU_AUTO(close) int null = vu_open("/dev/null", O_RDWR, 0);

	if (null >= 0)
		dup3(null, fd, O_CLOEXEC);
}

void vim_connection_abandon(struct vim_connection *c)
{
	if (c == NULL)
		return;
	for (unsigned i = 0; i < c->n_sockets; i++)
		disarm(c->sockets[i]);
	vim_connection_free(c);
}

void vim_connection_wake(struct vim_connection *c)
{
	curl_multi_wakeup(c->multi);
}

/* A request. */

static CURLcode set_method(struct vim_connection *c, const struct vim_request *q)
{
	bool has_body = q->body_len != 0 || strcmp(q->method, "PUT") == 0;
	CURLcode rc = CURLE_OK;

	SET(HTTPGET, 1L); /* as if it were new */
	if (strcmp(q->method, "HEAD") == 0)
		SET(NOBODY, 1L);
	if (strcmp(q->method, "POST") == 0) {
		SET(POST, 1L);
		SET(POSTFIELDSIZE_LARGE, (curl_off_t)q->body_len);
	} else if (has_body) {
		SET(UPLOAD, 1L);
		SET(INFILESIZE_LARGE, (curl_off_t)q->body_len);
	}
	SET(CUSTOMREQUEST, strcmp(q->method, "HEAD") == 0 ? NULL : q->method);
	return rc;
}

static CURLcode set_target(struct vim_connection *c, const struct vim_request *q)
{
	VU_AUTO(free) char *url = vu_asprintf("%s%s", c->peer->url, q->target);
	char range[48];
	CURLcode rc = url != NULL ? CURLE_OK : CURLE_OUT_OF_MEMORY;

	SET(URL, url);
	snprintf(range, sizeof(range), "%" PRIu64 "-%" PRIu64, q->first, q->first + q->count - 1);
	SET(RANGE, q->count != 0 ? range : NULL);
	return rc;
}

#undef SET

/* One line at the end of a list; false: no memory, and the list is as it was. */
static bool add_line(struct curl_slist **list, const char *line)
{
	struct curl_slist *longer = curl_slist_append(*list, line);

	if (longer != NULL)
		*list = longer;
	return longer != NULL;
}

/* "A: b\r\nC: d\r\n" as a list of lines. */
static bool add_lines(struct curl_slist **list, const char *lines)
{
	while (lines != NULL && *lines != '\0') {
		size_t len = strcspn(lines, "\r\n");
		VU_AUTO(free) char *line = strndup(lines, len);

		if (line == NULL || (len != 0 && !add_line(list, line)))
			return false;
		lines += len;
		lines += strspn(lines, "\r\n");
	}
	return true;
}

static bool add_cookie(struct curl_slist **list, const char *cookie)
{
	char *line = vu_asprintf("Cookie: %s", cookie);
	bool done = line != NULL && add_line(list, line);

	if (line != NULL)
		explicit_bzero(line, strlen(line));
	free(line);
	return done;
}

static void free_lines(struct curl_slist *list)
{
	for (struct curl_slist *l = list; l != NULL; l = l->next)
		explicit_bzero(l->data, strlen(l->data));
	curl_slist_free_all(list);
}

/* No "Expect: 100-continue": what we send is wanted, and asking costs a round trip. */
static struct curl_slist *lines_of(const struct vim_request *q, const char *cookie)
{
	struct curl_slist *list = NULL;

	if (add_line(&list, "Expect:") && add_lines(&list, q->headers) &&
	    (cookie == NULL || add_cookie(&list, cookie)))
		return list;
	free_lines(list);
	return NULL;
}

static uint64_t time_until(uint64_t end_ms)
{
	uint64_t now = vu_now_ms();

	return end_ms > now ? end_ms - now : 0;
}

/* Milliseconds until the time without progress is up, not before it is connected, or its end. */
static uint64_t time_left(const struct vim_connection *c)
{
	uint64_t left = POLL_MS;

	if (c->progress_ms != 0)
		left = time_until(c->progress_ms + c->peer->stall_ms);
	return c->end_ms != 0 ? vu_min(left, time_until(c->end_ms)) : left;
}

static void fail_stalled(struct vim_connection *c)
{
	if (c->moved == 0)
		vim_exchange_fail(c->x, VIX_E_HOST_TCP_SOCKET_ERROR,
				  "nothing came for %u ms: it took too long", c->peer->stall_ms);
	else
		vim_exchange_fail(c->x, VIX_E_HOST_TCP_SOCKET_ERROR,
				  "no more than %zu bytes came or went in %u ms: it took too long",
				  c->moved, c->peer->stall_ms);
}

/* Cancelled, or stalled, or at its end? */
static bool must_stop(struct vim_connection *c)
{
	if (vim_peer_is_stopped(c->peer, c->x->q))
		vim_exchange_fail(c->x, VIX_E_CANCELLED, "cancelled");
	else if (c->end_ms != 0 && time_until(c->end_ms) == 0)
		vim_exchange_fail(c->x, VIX_E_HOST_TCP_SOCKET_ERROR,
				  "there was no answer within %u ms", c->x->q->limit_ms);
	else if (time_left(c) == 0)
		fail_stalled(c);
	return c->x->err != VIX_OK;
}

static CURLcode result_of(struct vim_connection *c)
{
	CURLcode rc = CURLE_ABORTED_BY_CALLBACK;
	const CURLMsg *m;
	int left;

	while ((m = curl_multi_info_read(c->multi, &left)) != NULL) {
		if (m->msg == CURLMSG_DONE)
			rc = m->data.result;
	}
	return rc;
}

/* Until it is done or must not go on.  As long as bytes come, there are mostly more: no waiting for them. */
static CURLcode drive(struct vim_connection *c)
{
	int running = 1;
	uint64_t got;
	CURLcode rc;

	if (curl_multi_add_handle(c->multi, c->easy) != CURLM_OK)
		return CURLE_OUT_OF_MEMORY;
	while (running != 0 && !must_stop(c)) {
		got = c->x->got;
		if (curl_multi_perform(c->multi, &running) != CURLM_OK)
			break;
		if (running != 0 && c->x->got == got)
			curl_multi_poll(c->multi, NULL, 0, (int)vu_min(time_left(c), POLL_MS),
					NULL);
	}
	rc = result_of(c);
	curl_multi_remove_handle(c->multi, c->easy);
	return rc;
}

/* What libcurl says of an error, if nothing of ours was the cause. */
static void explain(struct vim_connection *c, CURLcode rc)
{
	const char *why = c->why[0] != '\0' ? c->why : curl_easy_strerror(rc);
	VixError err = vu_vixerr_from_curl((int)rc);
	char text[VIM_WHY_MAX];

	if (err == VIX_E_CANNOT_CONNECT_TO_HOST) {
		vu_cause_set(VIX_E_NET_HTTP_SSL_SECURITY);
		vim_proof_explain(&c->proof, why, text, sizeof(text));
		why = text;
	}
	if (c->x->q->count != 0 && c->x->head.status == 206)
		vim_exchange_fail(c->x, err,
				  "expected %" PRIu64 " bytes at %" PRIu64 ", got %" PRIu64 ": %s",
				  c->x->q->count, c->x->q->first, c->x->got, why);
	else
		vim_exchange_fail(c->x, err, "%s", why);
}

void vim_connection_run(struct vim_connection *c, struct vim_exchange *x, const char *cookie)
{
	struct curl_slist *lines = lines_of(x->q, cookie);
	CURLcode rc = lines != NULL ? CURLE_OK : CURLE_OUT_OF_MEMORY;

	c->x = x;
	c->why[0] = '\0';
	c->progress_ms = 0;
	c->moved = 0;
	c->end_ms = x->q->limit_ms != 0 ? vu_now_ms() + x->q->limit_ms : 0;
	rc = rc == CURLE_OK ? set_method(c, x->q) : rc;
	rc = rc == CURLE_OK ? set_target(c, x->q) : rc;
	rc = rc == CURLE_OK ? curl_easy_setopt(c->easy, CURLOPT_HTTPHEADER, lines) : rc;
	rc = rc == CURLE_OK ? drive(c) : rc;
	if (rc == CURLE_OK)
		vim_exchange_end(x);
	else
		explain(c, rc);
	curl_easy_setopt(c->easy, CURLOPT_HTTPHEADER, NULL);
	free_lines(lines);
	c->x = NULL;
}
