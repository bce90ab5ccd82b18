/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Any bytes as the headers of a reply, and what is behind them as its body: what is taken for the range
 * that was asked for lies in it, and no byte is written elsewhere.
 */
#include "config.h"

#include "fuzz.h"

#include <string.h>

#include "../../libvdisk/vim/exchange.h"

#define WANTED 64u

static bool has_head(const struct vim_exchange *x)
{
	return x->head.is_complete && x->head.status >= 200;
}

/* Line by line, as libcurl gives them, up to the empty one. */
static size_t feed_headers(struct vim_exchange *x, const uint8_t *data, size_t size)
{
	size_t at = 0;

	while (at < size && !has_head(x)) {
		const uint8_t *end = memchr(data + at, '\n', size - at);
		size_t len = end != NULL ? (size_t)(end - data) + 1 - at : size - at;

		if (!vim_exchange_header(x, (const char *)data + at, len))
			return size;
		at += len;
	}
	return at;
}

static void check(const struct vim_exchange *x)
{
	const struct vim_headers *h = &x->head;

	FUZZ_CHECK(!h->has_range || h->first <= h->last);
	FUZZ_CHECK(!h->has_range || !h->has_total || h->last < h->total);
	FUZZ_CHECK(h->cookie == NULL || strlen(h->cookie) > strlen(VIM_COOKIE_NAME "="));
	FUZZ_CHECK(x->err == VIX_OK || x->why[0] != '\0');
	if (x->err == VIX_OK && h->status == 206 && has_head(x))
		FUZZ_CHECK(h->first == x->q->first && h->last == x->q->first + WANTED - 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t *into = malloc(WANTED);
	struct vim_request q = { .method = "GET",
				 .target = "/",
				 .into = into,
				 .first = 10,
				 .count = WANTED,
				 .keep_max = 1000 };
	struct vim_exchange x = { 0 };
	size_t at;

	vim_exchange_begin(&x, &q);
	at = feed_headers(&x, data, size);
	check(&x);
	if (x.err == VIX_OK && has_head(&x) && vim_exchange_body(&x, data + at, size - at))
		vim_exchange_end(&x);
	FUZZ_CHECK(x.err != VIX_OK || x.head.status != 206 || !has_head(&x) || x.got == WANTED);
	vim_exchange_clear(&x);
	free(into);
	return 0;
}
