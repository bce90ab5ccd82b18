/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One request and what came of it: is that exactly what was asked for?
 *
 * 1. A reply to a request for a range is that range, as Content-Range says it, and as many bytes: cut
 *    off only by the end of the file, and not even by that where a buffer is to be filled.
 * 2. What a wrong reply is found out by is looked at before its body is taken.
 * 3. A body that is kept is bounded; memory that held a piece of one is wiped.
 */
#ifndef VIM_EXCHANGE_H
#define VIM_EXCHANGE_H

#include "headers.h"
#include "http.h"

#define VIM_WHY_MAX 600u

struct vim_exchange {
	const struct vim_request *q;
	struct vim_headers head;
	uint64_t got;          /* bytes of the body */
	unsigned part;         /* of q->parts: where the next bytes go, */
	size_t in_part;        /* and how many it has */
	uint64_t sent;         /* of ours */
	char *kept;            /* the body, where it is kept; owned */
	size_t room;           /* allocated for it */
	VixError err;          /* of the first thing that was wrong; VIX_OK: nothing */
	char why[VIM_WHY_MAX]; /* "expected …, got …"; "": it has been logged */
};

/** vim_exchange_begin() - before it is sent; again before it is sent again */
void vim_exchange_begin(struct vim_exchange *x, const struct vim_request *q);

/** vim_exchange_fail() - take note that something was wrong, unless something was before */
void vim_exchange_fail(struct vim_exchange *x, VixError err, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/** vim_exchange_header() - a line of the reply's headers came; false: this must not go on */
bool vim_exchange_header(struct vim_exchange *x, const char *line, size_t len);

/** vim_exchange_body() - bytes of the reply's body came; false: this must not go on */
bool vim_exchange_body(struct vim_exchange *x, const void *buf, size_t len);

/**
 * vim_exchange_next() - the next bytes to send, @size at most
 * @len_out: filled; 0: that was all
 *
 * Return: false: this must not go on.
 */
bool vim_exchange_next(struct vim_exchange *x, void *buf, size_t size, size_t *len_out);

/** vim_exchange_end() - the reply has ended, as the connection sees it: was that all? */
void vim_exchange_end(struct vim_exchange *x);

/** vim_exchange_take() - hand over what came; the exchange has nothing any more */
void vim_exchange_take(struct vim_exchange *x, struct vim_response *r_out);

/** vim_exchange_clear() - wipe and free what came */
void vim_exchange_clear(struct vim_exchange *x);

#endif
