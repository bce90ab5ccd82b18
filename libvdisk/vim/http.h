/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * HTTPS to one server: connections that are kept, and one trust for all of them.
 *
 * 1. A vim_http is one host, port and trust, and never becomes another: every connection in it was
 *    proved against that trust by a whole handshake, none by what another one had proved.
 * 2. Redirects are never followed: another server is another vim_http.
 * 3. No proxy, unless the configuration names one.  TLS 1.2 or later, https only.
 * 4. May be used from any threads; a request has a connection for itself, and at most
 *    VIM_HTTP_CONNECTIONS are open.
 * 5. Cookies and what is sent in a body are secrets: wiped, and never logged.
 * 6. Every request ends: connecting is bounded in time, and so is the time without progress.
 * 7. No connection is used by a process forked from the one that made it: that has its own.
 */
#ifndef VIM_HTTP_H
#define VIM_HTTP_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

#include "vixDiskLib.h"

#define VIM_HTTP_CONNECTIONS 8u
#define VIM_HTTP_CONNECT_MS  30000u
#define VIM_HTTP_STALL_MS    120000u
#define VIM_HTTP_STALL_BYTES (64u << 10)

/* Who a server has to be; strings are copied. */
struct vim_trust {
	const char *thumbprint; /* of its certificate: SHA-1 or SHA-256 in hex, any case, with
				 * colons or without; it decides alone.  NULL or "": authorities and
				 * name decide */
	const char *ca_file;    /* the authorities; NULL: those of the system */
	bool anybody;           /* without a thumbprint: no questions asked */
};

struct vim_server {
	const char *host; /* a name or an address, IPv6 without brackets */
	unsigned port;    /* 0: 443 */
	struct vim_trust trust;
	const char *proxy;   /* NULL: none */
	unsigned connect_ms; /* 0: VIM_HTTP_CONNECT_MS */
	unsigned stall_ms;   /* neither a header nor VIM_HTTP_STALL_BYTES in so long a time end a
			      * request; 0: VIM_HTTP_STALL_MS */
	unsigned pause_ms;   /* the first one before something is tried again; 0: as retry.h says */
};

struct vim_http;

/* Pieces of a body as they come; false: enough, end the request with CANCELLED. */
typedef bool vim_http_take_fn(const void *buf, size_t len, void *ctx);
/* Fills @buf with the next bytes to send, all @len of them.  Errors end the request. */
typedef VixError vim_http_give_fn(void *buf, size_t len, void *ctx);

/* One request; what is zero is not there.  Of a reply that is a success, @take gets the body; @into
 * or @parts get that of a 206; all others are kept. */
struct vim_request {
	const char *method;  /* "GET", "HEAD", "POST", "PUT", "DELETE" */
	const char *target;  /* path and query, escaped: "/sdk" */
	const char *headers; /* more header lines, each with its \r\n */
	const void *body;    /* to send */
	uint64_t body_len;
	vim_http_give_fn *give;    /* instead of body: its bytes, in order */
	uint64_t first, count;     /* bytes of the file that are wanted; count 0: all */
	void *into;                /* room for @count bytes, or */
	const struct iovec *parts; /* in pieces, @n_parts of them */
	unsigned n_parts;
	vim_http_take_fn *take;
	void *ctx;       /* of give and take */
	size_t keep_max; /* of a reply that is kept; 0: 1 MiB */
	unsigned
		limit_ms; /* each attempt ends after so long, whatever came; 0: as long as it lasts */
	const atomic_bool *stop; /* true: ends with CANCELLED, after vim_http_wake(); or NULL */
};

struct vim_response {
	unsigned status;
	bool has_size; /* it is told: */
	uint64_t size; /* of the whole file, as Content-Range or Content-Length say; else 0 */
	char *body;    /* with a NUL behind it, or NULL; owned */
	size_t body_len;
	char *type;     /* Content-Type, or NULL; owned */
	char *version;  /* of the file: another one when it was written meanwhile; or NULL; owned */
	char *cookie;   /* "vmware_soap_session=…" as the server set it, or NULL; owned */
	unsigned tries; /* how often it was sent: 1, or more with vim_http_get() */
	unsigned busy;  /* how often the answer was that the server is busy (429, 503), the last
			 * one included */
};

/**
 * vim_http_new() - nothing is sent yet
 * @h_out: filled; vim_http_free()
 *
 * Errors: INVALID_ARG  no host or thumbprint is written like that (logged); OUT_OF_MEMORY
 *         NOT_SUPPORTED  a libcurl that does not use OpenSSL (logged)
 */
VixError vim_http_new(const struct vim_server *server, struct vim_http **h_out);

/** vim_http_free() - close and free it; NULL is fine */
void vim_http_free(struct vim_http *h);

/** vim_http_name() - "host:port", for messages */
const char *vim_http_name(const struct vim_http *h);

/**
 * vim_http_set_cookie() - what is sent with every request from now on
 * @cookie: "name=value"; NULL: none
 *
 * Return: 0; -1: no memory, or there is a control character in it; then none is sent.
 */
int vim_http_set_cookie(struct vim_http *h, const char *cookie);

/** vim_http_copy_cookie() - the cookie that @from has now, for another host of that server; as above */
int vim_http_copy_cookie(struct vim_http *h, struct vim_http *from);

/** vim_http_cancel() - end the requests that are under way, and all later ones, with CANCELLED */
void vim_http_cancel(struct vim_http *h);

/** vim_http_wake() - have the requests that are under way look at their stop */
void vim_http_wake(struct vim_http *h);

/**
 * vim_http_send() - one request, once
 * @r_out: filled: whatever the server answered, VIX_OK for every status; vim_response_free()
 *
 * A reply with a part of a file (206) is the part that was asked for: all of it with @into or @parts, else
 * up to the end of the file.  A server that sends all of it (200) instead is an error, but where that is
 * no more than the part: then it is taken for one, status and all.
 * Errors: NET_HTTP_* and HOST_* as vu_vixerr_from_curl() tells (logged, with host and port, what was
 *         expected and what came); CANNOT_CONNECT_TO_HOST  it is not who it has to be;
 *         NET_HTTP_TRANSFER  another reply than what was asked for; CANCELLED; OUT_OF_MEMORY;
 *         INVALID_ARG  a target with a blank or a control character; those of @give
 */
VixError vim_http_send(struct vim_http *h, const struct vim_request *q, struct vim_response *r_out);

/**
 * vim_http_get() - as vim_http_send(), for GET and HEAD: again, after a while, where that may help
 *
 * After lost connections and what retry.h lists, with growing pauses, on new connections.  What the
 * last one answered is the answer.  What @take got before the connection was lost, it gets again: who
 * can't have that uses vim_http_send().
 */
VixError vim_http_get(struct vim_http *h, const struct vim_request *q, struct vim_response *r_out);

/**
 * vim_http_refused() - log a status that is no success, and tell its code
 * @doing: clause: "read [ds] a/a-flat.vmdk"
 *
 * Return: 401 AUTHENTICATION_FAIL, 403 FILE_ACCESS_ERROR, 404 FILE_NOT_FOUND, 409 and 423
 * FILE_ALREADY_LOCKED, 503 OBJECT_IS_BUSY, 507 DISK_FULL, others NET_HTTP_TRANSFER.
 */
VixError vim_http_refused(const struct vim_http *h, unsigned status, const char *doing);

/** vim_response_free() - wipe and free what is in it; all zero is fine */
void vim_response_free(struct vim_response *r);

#endif
