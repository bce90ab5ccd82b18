/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One connection to a server, of libcurl and OpenSSL: made with its first request, made anew when the
 * server has closed it.
 *
 * 1. It belongs to one thread at a time; only vim_connection_wake() is for the others.
 * 2. After an error it is of no use: free it.
 * 3. Nothing is sent before the server has proved who it is, in this connection's own handshake: no
 *    TLS session is resumed.
 * 4. Its sockets are closed by exec().
 */
#ifndef VIM_CONNECTION_H
#define VIM_CONNECTION_H

#include <stdatomic.h>

#include "exchange.h"
#include "trust.h"

/* What all connections to a server have in common; constant while there are any. */
struct vim_peer {
	char *name; /* "host:port", IPv6 in brackets */
	char *url;  /* "https://host:port" */
	char *ca_file, *proxy;
	struct vim_pin pin;
	bool is_anybody;
	unsigned connect_ms, stall_ms;
	atomic_bool is_cancelled;
};

/* Must a request not go on? */
static inline bool vim_peer_is_stopped(const struct vim_peer *p, const struct vim_request *q)
{
	return atomic_load(&p->is_cancelled) || (q->stop != NULL && atomic_load(q->stop));
}

struct vim_connection;

/**
 * vim_connection_ready() - make libcurl ready, with the first call
 *
 * Return: VIX_OK; NOT_SUPPORTED: libcurl doesn't use OpenSSL, or another one than ours (logged).
 */
VixError vim_connection_ready(void);

/**
 * vim_connection_new() - nothing is sent yet
 * @peer: borrowed, for as long as there is the connection
 */
VixError vim_connection_new(const struct vim_peer *peer, struct vim_connection **c_out);

/** vim_connection_free() - close and free it; NULL is fine */
void vim_connection_free(struct vim_connection *c);

/**
 * vim_connection_abandon() - as vim_connection_free(), in a process forked from the one that it is of
 *
 * Nothing is sent: the other process goes on with it.
 */
void vim_connection_abandon(struct vim_connection *c);

/** vim_connection_wake() - have its request, if there is one, look at is_cancelled */
void vim_connection_wake(struct vim_connection *c);

/**
 * vim_connection_run() - one request
 * @x:      begun; filled: what came, or what was wrong
 * @cookie: "name=value", or NULL
 */
void vim_connection_run(struct vim_connection *c, struct vim_exchange *x, const char *cookie);

#endif
