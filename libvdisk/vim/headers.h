/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The headers of a reply: bytes from a stranger.
 *
 * 1. What is not well-formed is as if it were not there, but for Content-Range: a wrong one is a
 *    reply that must not be believed.
 * 2. The last one of several replies counts ("100 Continue" comes before another).
 * 3. What comes behind a body counts for nothing.
 */
#ifndef VIM_HEADERS_H
#define VIM_HEADERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define VIM_COOKIE_NAME "vmware_soap_session"

/* All zero: nothing has come. */
struct vim_headers {
	unsigned status;
	bool is_complete; /* the empty line has come */
	bool has_length;  /* Content-Length: */
	uint64_t length;
	bool has_range; /* Content-Range: bytes first-last/total */
	uint64_t first, last;
	bool has_total; /* also of "bytes *" "/total" */
	uint64_t total;
	bool is_bad_range;      /* there was one that says nothing, or several */
	bool is_encoded;        /* Content-Encoding: the bytes are not those of the file */
	unsigned retry_after_s; /* 0: it does not say */
	char *type;             /* Content-Type, or NULL; owned */
	char *cookie;           /* "vmware_soap_session=…" of Set-Cookie, or NULL; owned */
	char *version;          /* ETag, a strong one, else Last-Modified, or NULL; owned */
	bool failed;            /* no memory for one of them */
};

/** vim_headers_line() - take note of one line; any bytes, with its end of line or without */
void vim_headers_line(struct vim_headers *h, const char *line, size_t len);

/** vim_headers_clear() - wipe and free what is in it: all zero again */
void vim_headers_clear(struct vim_headers *h);

#endif
