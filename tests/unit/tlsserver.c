/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * An HTTPS server in the test's own process; see tlsserver.h.
 */
#include "config.h"

#include "tlsserver.h"

#include <arpa/inet.h>
#include <check.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cleanup.h"
#include "thread.h"

#define PEERS_MAX 1024

struct tlspeer {
	struct tlsserver *server;
	int fd;
	SSL *ssl;
	pthread_t thread;
};

struct tlsserver {
	struct tlsserver_how how;
	int fd;
	unsigned port;
	pthread_t thread;
	atomic_uint n_requests, n_resumed;
	atomic_bool is_over;

	pthread_mutex_t lock; /* guards all below */
	SSL_CTX *ctx;
	struct tlspeer peers[PEERS_MAX];
	unsigned n_peers;
};

/* Sending. */

bool tlspeer_send(struct tlspeer *p, const void *buf, size_t len)
{
	if (len != 0)
		SSL_write(p->ssl, buf, (int)len);
	return true;
}

bool tlspeer_say(struct tlspeer *p, const char *fmt, ...)
{
	char text[4096];
	va_list args;
	int len;

	va_start(args, fmt);
	len = vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	return tlspeer_send(p, text, (size_t)len);
}

bool tlspeer_hang(struct tlspeer *p)
{
	char c;

	while (!atomic_load(&p->server->is_over) && recv(p->fd, &c, 1, 0) > 0)
		;
	return false;
}

bool tlspeer_reset(struct tlspeer *p)
{
	const struct linger now = { .l_onoff = 1, .l_linger = 0 };

	setsockopt(p->fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
	return false;
}

bool tlspeer_file(struct tlspeer *p, const struct tlsrequest *q, const void *bytes, size_t size)
{
	uint64_t last = q->has_range && q->last < size ? q->last : size - 1;
	uint64_t first = q->has_range ? q->first : 0;

	if (q->has_range && q->first >= size)
		return tlspeer_say(p,
				   "HTTP/1.1 416 Range Not Satisfiable\r\n"
				   "Content-Range: bytes */%zu\r\nContent-Length: 0\r\n\r\n",
				   size);
	tlspeer_say(p, "HTTP/1.1 %s\r\nContent-Length: %" PRIu64 "\r\n",
		    q->has_range ? "206 Partial Content" : "200 OK",
		    size == 0 ? 0 : last - first + 1);
	if (q->has_range)
		tlspeer_say(p, "Content-Range: bytes %" PRIu64 "-%" PRIu64 "/%zu\r\n", first, last,
			    size);
	tlspeer_say(p, "\r\n");
	if (size == 0 || strcmp(q->method, "HEAD") == 0)
		return true;
	return tlspeer_send(p, (const char *)bytes + first, last - first + 1);
}

/* Receiving. */

static bool read_head(struct tlspeer *p, struct tlsrequest *q)
{
	size_t len = 0;

	while (len + 1 < sizeof(q->head) && SSL_read(p->ssl, q->head + len, 1) == 1) {
		q->head[++len] = '\0';
		if (len >= 4 && strcmp(q->head + len - 4, "\r\n\r\n") == 0)
			return sscanf(q->head, "%15s %4095s", q->method, q->target) == 2;
	}
	return false;
}

static bool read_body(struct tlspeer *p, struct tlsrequest *q)
{
	const char *length = strstr(q->head, "\r\nContent-Length: ");
	size_t got = 0;

	if (length != NULL)
		q->body_len = strtoul(length + 18, NULL, 10);
	q->body = calloc(1, q->body_len + 1);
	while (got < q->body_len) {
		int n = SSL_read(p->ssl, q->body + got, (int)(q->body_len - got));

		if (n <= 0)
			return false;
		got += (size_t)n;
	}
	return true;
}

static void read_range(struct tlsrequest *q)
{
	const char *range = strstr(q->head, "\r\nRange: bytes=");

	q->has_range = range != NULL && sscanf(range, "\r\nRange: bytes=%" SCNu64 "-%" SCNu64,
					       &q->first, &q->last) == 2;
}

static bool serve_one(struct tlspeer *p)
{
	struct tlsserver *s = p->server;
	struct tlsrequest *q = calloc(1, sizeof(*q));
	bool more = read_head(p, q) && read_body(p, q);

	if (more) {
		read_range(q);
		q->number = atomic_fetch_add(&s->n_requests, 1) + 1;
		more = s->how.answer(p, q, s->how.ctx);
	}
	free(q->body);
	free(q);
	return more;
}

static void *serve(void *arg)
{
	struct tlspeer *p = arg;

	if (SSL_accept(p->ssl) == 1) {
		if (SSL_session_reused(p->ssl))
			atomic_fetch_add(&p->server->n_resumed, 1);
		while (!atomic_load(&p->server->is_over) && serve_one(p))
			;
	}
	VU_LOCK(&p->server->lock);
	close(p->fd);
	p->fd = -1;
	return NULL;
}

/* Connections. */

static void add_peer(struct tlsserver *s, int fd)
{
	VU_LOCK(&s->lock);
	struct tlspeer *p = &s->peers[s->n_peers];

	ck_assert_uint_lt(s->n_peers, PEERS_MAX);
	*p = (struct tlspeer){ .server = s, .fd = fd, .ssl = SSL_new(s->ctx) };
	SSL_set_fd(p->ssl, fd);
	if (vu_thread_start(&p->thread, "tlspeer", serve, p) == 0)
		s->n_peers++;
}

static void *accept_all(void *arg)
{
	struct tlsserver *s = arg;
	int fd;

	while ((fd = accept4(s->fd, NULL, NULL, SOCK_CLOEXEC)) >= 0)
		add_peer(s, fd);
	return NULL;
}

static void listen_at(struct tlsserver *s)
{
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT };
	struct sockaddr_in v4 = { .sin_family = AF_INET,
				  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct sockaddr *a = s->how.is_ipv6 ? (struct sockaddr *)&v6 : (struct sockaddr *)&v4;
	socklen_t len = s->how.is_ipv6 ? sizeof(v6) : sizeof(v4);

	s->fd = socket(a->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	ck_assert_int_eq(bind(s->fd, a, len), 0);
	ck_assert_int_eq(listen(s->fd, 64), 0);
	ck_assert_int_eq(getsockname(s->fd, a, &len), 0);
	s->port = ntohs(s->how.is_ipv6 ? v6.sin6_port : v4.sin_port);
}

void tlsserver_use(struct tlsserver *s, const struct tlscert *cert)
{
	VU_LOCK(&s->lock);

	ck_assert_int_eq(SSL_CTX_use_certificate(s->ctx, cert->cert), 1);
	ck_assert_int_eq(SSL_CTX_use_PrivateKey(s->ctx, cert->key), 1);
}

struct tlsserver *tlsserver_start(const struct tlsserver_how *how)
{
	struct tlsserver *s = calloc(1, sizeof(*s));

	s->how = *how;
	pthread_mutex_init(&s->lock, NULL);
	s->ctx = SSL_CTX_new(TLS_server_method());
	SSL_CTX_set_session_id_context(s->ctx, (const unsigned char *)"test", 4);
	if (how->max_version != 0) { /* its signatures are no longer permitted by default */
		SSL_CTX_set_security_level(s->ctx, 0);
		SSL_CTX_set_min_proto_version(s->ctx, TLS1_VERSION);
		SSL_CTX_set_max_proto_version(s->ctx, how->max_version);
	}
	tlsserver_use(s, how->cert);
	listen_at(s);
	ck_assert_int_eq(vu_thread_start(&s->thread, "tlsserver", accept_all, s), 0);
	return s;
}

void tlsserver_stop(struct tlsserver *s)
{
	if (s == NULL)
		return;
	atomic_store(&s->is_over, true);
	shutdown(s->fd, SHUT_RDWR);
	pthread_join(s->thread, NULL);
	close(s->fd);
	for (unsigned i = 0; i < s->n_peers; i++) {
		pthread_mutex_lock(&s->lock);
		shutdown(s->peers[i].fd, SHUT_RDWR);
		pthread_mutex_unlock(&s->lock);
		pthread_join(s->peers[i].thread, NULL);
		SSL_free(s->peers[i].ssl);
	}
	SSL_CTX_free(s->ctx);
	pthread_mutex_destroy(&s->lock);
	free(s);
}

unsigned tlsserver_port(const struct tlsserver *s)
{
	return s->port;
}

unsigned tlsserver_connections(const struct tlsserver *s)
{
	VU_LOCK((pthread_mutex_t *)&s->lock);

	return s->n_peers;
}

unsigned tlsserver_requests(const struct tlsserver *s)
{
	return atomic_load(&s->n_requests);
}

unsigned tlsserver_resumed(const struct tlsserver *s)
{
	return atomic_load(&s->n_resumed);
}
