/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One request and what came of it; see exchange.h.
 */
#include "config.h"

#include "exchange.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../common/bytes.h"

#define KEEP_DEFAULT (1u << 20)
#define KEEP_STEP    (16u << 10)

static void wipe_and_free(char *p, size_t len)
{
	if (p != NULL)
		explicit_bzero(p, len);
	free(p);
}

void vim_exchange_begin(struct vim_exchange *x, const struct vim_request *q)
{
	vim_exchange_clear(x);
	*x = (struct vim_exchange){ .q = q };
}

void vim_exchange_clear(struct vim_exchange *x)
{
	wipe_and_free(x->kept, x->room);
	x->kept = NULL;
	x->room = 0;
	vim_headers_clear(&x->head);
}

void vim_exchange_fail(struct vim_exchange *x, VixError err, const char *fmt, ...)
{
	va_list args;

	if (x->err != VIX_OK)
		return;
	x->err = err;
	va_start(args, fmt);
	vsnprintf(x->why, sizeof(x->why), fmt, args);
	va_end(args);
}

/* The headers. */

static bool is_success(const struct vim_exchange *x)
{
	return x->head.status >= 200 && x->head.status <= 299;
}

/* Must all of the range be there? */
static bool has_buffer(const struct vim_request *q)
{
	return q->into != NULL || q->n_parts != 0;
}

static uint64_t last_wanted(const struct vim_request *q)
{
	return q->first + (q->count - 1);
}

static void fail_range(struct vim_exchange *x, const char *what)
{
	vim_exchange_fail(x, VIX_E_NET_HTTP_TRANSFER,
			  "expected bytes %" PRIu64 "-%" PRIu64 " of the file, got %s", x->q->first,
			  last_wanted(x->q), what);
}

/* Is it the range, or the part of it that the file has? */
static bool is_range_asked_for(const struct vim_exchange *x)
{
	const struct vim_headers *h = &x->head;
	uint64_t last = last_wanted(x->q);

	if (h->first != x->q->first || h->last > last)
		return false;
	return h->last == last || (!has_buffer(x->q) && h->has_total && h->last == h->total - 1);
}

static void check_range(struct vim_exchange *x)
{
	const struct vim_headers *h = &x->head;
	char text[80];

	if (x->q->count == 0) {
		vim_exchange_fail(x, VIX_E_NET_HTTP_TRANSFER,
				  "expected the whole file, got a part of it (status 206)");
	} else if (!h->has_range || h->is_bad_range) {
		fail_range(x, "a part (status 206) whose Content-Range does not say which");
	} else if (!is_range_asked_for(x)) {
		snprintf(text, sizeof(text), "bytes %" PRIu64 "-%" PRIu64, h->first, h->last);
		fail_range(x, text);
	} else if (h->has_length && h->length != h->last - h->first + 1) {
		snprintf(text, sizeof(text), "%" PRIu64 " bytes (Content-Length)", h->length);
		fail_range(x, text);
	}
}

/* A server that ignores ranges, and a file that is no longer than the part of it that is wanted. */
static void take_whole_for_part(struct vim_exchange *x)
{
	struct vim_headers *h = &x->head;

	if (h->status != 200 || x->q->count == 0 || x->q->first != 0 || !h->has_length ||
	    h->length == 0 || h->length > x->q->count)
		return;
	h->status = 206;
	h->has_range = h->has_total = true;
	h->first = 0;
	h->last = h->length - 1;
	h->total = h->length;
}

/* It has no part that could be sent. */
static bool is_empty_file(const struct vim_exchange *x)
{
	return x->head.status == 200 && x->head.has_length && x->head.length == 0 &&
	       x->q->first == 0 && !has_buffer(x->q);
}

/* What can be told before the body comes. */
static void check_head(struct vim_exchange *x)
{
	const struct vim_headers *h = &x->head;

	take_whole_for_part(x);
	if (h->failed)
		vim_exchange_fail(x, VIX_E_OUT_OF_MEMORY, "out of memory");
	else if (h->status == 206)
		check_range(x);
	else if (is_success(x) && x->q->count != 0 && !is_empty_file(x))
		fail_range(x, "all of it, since the server ignored the range");
	if (is_success(x) && h->is_encoded)
		vim_exchange_fail(x, VIX_E_NET_HTTP_TRANSFER,
				  "expected plain bytes, got some encoding (Content-Encoding)");
}

bool vim_exchange_header(struct vim_exchange *x, const char *line, size_t len)
{
	bool was_complete = x->head.is_complete;

	vim_headers_line(&x->head, line, len);
	if (x->head.is_complete && !was_complete && x->head.status >= 200)
		check_head(x);
	return x->err == VIX_OK;
}

/* The body. */

/* No realloc(): what was there would stay in memory. */
static bool make_room(struct vim_exchange *x, size_t need)
{
	size_t room = vu_max(vu_max(2 * x->room, need), KEEP_STEP);
	char *bigger;

	if (need <= x->room)
		return true;
	bigger = malloc(room);
	if (bigger == NULL)
		return false;
	if (x->kept != NULL)
		memcpy(bigger, x->kept, (size_t)x->got);
	wipe_and_free(x->kept, x->room);
	x->kept = bigger;
	x->room = room;
	return true;
}

static void keep(struct vim_exchange *x, const void *buf, size_t len)
{
	size_t max = x->q->keep_max != 0 ? x->q->keep_max : KEEP_DEFAULT;

	if (x->got > max || len > max - x->got) {
		vim_exchange_fail(x, VIX_E_NET_HTTP_TRANSFER,
				  "expected %zu bytes at most, got more (status %u)", max,
				  x->head.status);
		return;
	}
	if (!make_room(x, (size_t)x->got + len + 1)) {
		vim_exchange_fail(x, VIX_E_OUT_OF_MEMORY, "out of memory");
		return;
	}
	memcpy(x->kept + x->got, buf, len);
	x->got += len;
	x->kept[x->got] = '\0';
}

static void give_away(struct vim_exchange *x, const void *buf, size_t len)
{
	if (!x->q->take(buf, len, x->q->ctx))
		vim_exchange_fail(x, VIX_E_CANCELLED, "cancelled");
	else
		x->got += len;
}

/* Where the next bytes go; how many have room there. */
static char *next_room(struct vim_exchange *x, size_t *room_out)
{
	const struct iovec *v = &x->q->parts[x->part];

	if (x->q->into != NULL) {
		*room_out = (size_t)(x->q->count - x->got);
		return (char *)x->q->into + x->got;
	}
	if (x->in_part == v->iov_len) {
		x->in_part = 0;
		v = &x->q->parts[++x->part];
	}
	*room_out = v->iov_len - x->in_part;
	return (char *)v->iov_base + x->in_part;
}

static void fill_buffer(struct vim_exchange *x, const char *buf, size_t len)
{
	while (len != 0) {
		size_t room;
		char *to = next_room(x, &room);
		size_t n = vu_min(len, room);

		memcpy(to, buf, n);
		x->in_part += n;
		x->got += n;
		buf += n;
		len -= n;
	}
}

static uint64_t range_len(const struct vim_exchange *x)
{
	return x->head.last - x->head.first + 1;
}

bool vim_exchange_body(struct vim_exchange *x, const void *buf, size_t len)
{
	if (x->head.status == 206 && len > range_len(x) - x->got)
		fail_range(x, "more");
	else if (has_buffer(x->q) && x->head.status == 206)
		fill_buffer(x, buf, len);
	else if (x->q->take != NULL && is_success(x))
		give_away(x, buf, len);
	else
		keep(x, buf, len);
	return x->err == VIX_OK;
}

void vim_exchange_end(struct vim_exchange *x)
{
	char text[64];

	if (x->head.status < 100)
		vim_exchange_fail(x, VIX_E_NET_HTTP_TRANSFER, "expected HTTP, got no status");
	if (x->head.status != 206 || x->got == range_len(x))
		return;
	snprintf(text, sizeof(text), "only %" PRIu64 " bytes of it", x->got);
	fail_range(x, text);
}

/* What we send. */

bool vim_exchange_next(struct vim_exchange *x, void *buf, size_t size, size_t *len_out)
{
	size_t len = vu_min(size, x->q->body_len - x->sent);
	VixError err = VIX_OK;

	if (len != 0 && x->q->give != NULL)
		err = x->q->give(buf, len, x->q->ctx);
	else if (len != 0)
		memcpy(buf, (const char *)x->q->body + x->sent, len);
	if (err != VIX_OK)
		vim_exchange_fail(x, err, "%s", "");
	else
		x->sent += len;
	*len_out = len;
	return x->err == VIX_OK;
}

static void tell_size(const struct vim_headers *h, struct vim_response *r)
{
	if (h->status == 206 || h->status == 416) {
		r->has_size = h->has_total;
		r->size = h->has_total ? h->total : 0;
	} else if (h->status == 200) {
		r->has_size = h->has_length;
		r->size = h->has_length ? h->length : 0;
	}
}

void vim_exchange_take(struct vim_exchange *x, struct vim_response *r_out)
{
	r_out->status = x->head.status;
	tell_size(&x->head, r_out);
	r_out->body = x->kept;
	r_out->body_len = x->kept != NULL ? (size_t)x->got : 0;
	r_out->cookie = x->head.cookie;
	r_out->type = x->head.type;
	r_out->version = x->head.version;
	x->kept = NULL;
	x->head.cookie = x->head.type = x->head.version = NULL;
	vim_exchange_clear(x);
}
