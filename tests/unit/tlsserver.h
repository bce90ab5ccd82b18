/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * An HTTPS server in the test's own process, that answers as the test says, rightly or wrongly.
 *
 *	static bool answer(struct tlspeer *p, const struct tlsrequest *q, void *ctx)
 *	{
 *		return tlspeer_say(p, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi");
 *	}
 *	struct tlsserver *s = tlsserver_start(&(struct tlsserver_how){ .cert = &c, .answer = answer });
 *	... https://127.0.0.1:<tlsserver_port(s)>/ ...
 *	tlsserver_stop(s);
 *
 * Each connection has a thread; answers run there.
 */
#ifndef TLSSERVER_H
#define TLSSERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tlscert.h"

struct tlsserver;
struct tlspeer;

/* A request, as text with NULs behind it. */
struct tlsrequest {
	char head[8192]; /* from the method to the empty line */
	char method[16], target[4096];
	char *body;
	size_t body_len;
	bool has_range;
	uint64_t first, last; /* of Range: bytes=first-last */
	unsigned number;      /* of all requests to the server, from 1 */
};

/* Answers one request; false: the connection is closed. */
typedef bool tlsserver_answer_fn(struct tlspeer *p, const struct tlsrequest *q, void *ctx);

struct tlsserver_how {
	const struct tlscert *cert;
	tlsserver_answer_fn *answer;
	void *ctx;
	int max_version; /* TLS1_1_VERSION; 0: any */
	bool is_ipv6;    /* at ::1, not 127.0.0.1 */
};

struct tlsserver *tlsserver_start(const struct tlsserver_how *how);

/** tlsserver_stop() - close all, wait for all; NULL is fine */
void tlsserver_stop(struct tlsserver *s);

unsigned tlsserver_port(const struct tlsserver *s);

/** tlsserver_use() - another certificate for the connections to come */
void tlsserver_use(struct tlsserver *s, const struct tlscert *cert);

/** tlsserver_connections(), tlsserver_requests(), tlsserver_resumed() - how many there have been so far:
 * connections that began to talk TLS, requests, and handshakes that were cut short */
unsigned tlsserver_connections(const struct tlsserver *s);
unsigned tlsserver_requests(const struct tlsserver *s);
unsigned tlsserver_resumed(const struct tlsserver *s);

/** tlspeer_say() - send text.  Return: true. */
bool tlspeer_say(struct tlspeer *p, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/** tlspeer_send() - send bytes.  Return: true. */
bool tlspeer_send(struct tlspeer *p, const void *buf, size_t len);

/** tlspeer_hang() - say nothing until the other side, or the server, ends.  Return: false. */
bool tlspeer_hang(struct tlspeer *p);

/** tlspeer_reset() - end the connection as a lost one ends.  Return: false. */
bool tlspeer_reset(struct tlspeer *p);

/** tlspeer_file() - answer GET or HEAD for these bytes as a file server does.  Return: true. */
bool tlspeer_file(struct tlspeer *p, const struct tlsrequest *q, const void *bytes, size_t size);

#endif
