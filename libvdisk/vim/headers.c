/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The headers of a reply; see headers.h.
 */
#include "config.h"

#include "headers.h"

#include <stdlib.h>
#include <string.h>

#include "../../common/ascii.h"
#include "../../common/bytes.h"

#define RETRY_AFTER_MAX 86400u
#define TEXT_MAX        200u /* bytes of a value that is kept as it is */

/* Where in a line we are; never behind its end. */
struct cursor {
	const char *at, *end;
};

static bool eat(struct cursor *c, char wanted)
{
	if (c->at == c->end || *c->at != wanted)
		return false;
	c->at++;
	return true;
}

static void eat_blanks(struct cursor *c)
{
	while (c->at < c->end && vu_ascii_is_blank(*c->at))
		c->at++;
}

/* A number of digits only, that fits. */
static bool eat_number(struct cursor *c, uint64_t *value_out)
{
	const char *begin = c->at;
	uint64_t v = 0;

	for (; c->at < c->end && *c->at >= '0' && *c->at <= '9'; c->at++) {
		if (!vu_mul_fits(v, 10, &v) || !vu_add_fits(v, (uint64_t)(*c->at - '0'), &v))
			return false;
	}
	*value_out = v;
	return c->at > begin;
}

/* Nothing but a number. */
static bool is_number(struct cursor c, uint64_t *value_out)
{
	return eat_number(&c, value_out) && c.at == c.end;
}

/* "Name:" and what is before its value? */
static bool eat_name(struct cursor *c, const char *name)
{
	size_t len = strlen(name);

	if ((size_t)(c->end - c->at) <= len || vu_ascii_ncasecmp(c->at, name, len) != 0 ||
	    c->at[len] != ':')
		return false;
	c->at += len + 1;
	eat_blanks(c);
	return true;
}

static bool eat_text(struct cursor *c, const char *text)
{
	size_t len = strlen(text);

	if ((size_t)(c->end - c->at) < len || vu_ascii_ncasecmp(c->at, text, len) != 0)
		return false;
	c->at += len;
	return true;
}

static bool eat_total(struct cursor *c, struct vim_headers *h)
{
	if (!eat(c, '/'))
		return false;
	if (eat(c, '*'))
		return c->at == c->end;
	h->has_total = eat_number(c, &h->total) && c->at == c->end;
	return h->has_total;
}

/* "bytes 0-9/100", "bytes 0-9/" and a star for a total that is not known, or a star and "/100" */
static bool parse_range(struct cursor c, struct vim_headers *h)
{
	if (!eat_text(&c, "bytes"))
		return false;
	eat_blanks(&c);
	if (eat(&c, '*'))
		return eat_total(&c, h) && h->has_total;
	h->has_range = eat_number(&c, &h->first) && eat(&c, '-') && eat_number(&c, &h->last) &&
		       eat_total(&c, h) && h->first <= h->last &&
		       (!h->has_total || h->last < h->total);
	return h->has_range;
}

static void note_range(struct vim_headers *h, struct cursor value)
{
	if (h->has_range || h->has_total || !parse_range(value, h)) {
		h->has_range = h->has_total = false;
		h->is_bad_range = true;
	}
}

static void wipe_and_free(char *s)
{
	if (s != NULL)
		explicit_bzero(s, strlen(s));
	free(s);
}

/* In the place of an older one; what has a NUL in it is no text. */
static void note_text(struct vim_headers *h, char **text, const char *begin, size_t len)
{
	if (len == 0 || memchr(begin, '\0', len) != NULL)
		return;
	wipe_and_free(*text);
	*text = strndup(begin, len);
	h->failed = h->failed || *text == NULL;
}

/* Up to the attributes; one with nothing in it takes a cookie away, which is no session. */
static void note_cookie(struct vim_headers *h, struct cursor value)
{
	struct cursor c = value;
	const char *semicolon = memchr(value.at, ';', (size_t)(value.end - value.at));
	const char *end = semicolon != NULL ? semicolon : value.end;

	if (!eat_text(&c, VIM_COOKIE_NAME) || !eat(&c, '='))
		return;
	while (end > c.at && vu_ascii_is_blank(end[-1]))
		end--;
	if (end > c.at)
		note_text(h, &h->cookie, value.at, (size_t)(end - value.at));
}

static void note_encoding(struct vim_headers *h, struct cursor c)
{
	h->is_encoded = !eat_text(&c, "identity") || c.at != c.end;
}

/* Of a value that is kept as it is. */
static void note_value(struct vim_headers *h, char **text, struct cursor c)
{
	note_text(h, text, c.at, vu_min((uint64_t)(c.end - c.at), TEXT_MAX));
}

/* Weak ones are of files that are only alike. */
static void note_etag(struct vim_headers *h, struct cursor c)
{
	if (c.at < c.end && *c.at == '"')
		note_value(h, &h->version, c);
}

static void note_modified(struct vim_headers *h, struct cursor c)
{
	if (h->version == NULL || h->version[0] != '"')
		note_value(h, &h->version, c);
}

/* A date is not understood: then nothing is said. */
static void note_retry_after(struct vim_headers *h, struct cursor c)
{
	uint64_t seconds;

	if (is_number(c, &seconds))
		h->retry_after_s = (unsigned)vu_min(seconds, RETRY_AFTER_MAX);
}

/* "HTTP/1.1 206 Partial Content": the headers of another reply begin. */
static void begin_reply(struct vim_headers *h, struct cursor c)
{
	uint64_t status;

	vim_headers_clear(h);
	while (c.at < c.end && !vu_ascii_is_blank(*c.at))
		c.at++;
	eat_blanks(&c);
	if (eat_number(&c, &status) && status >= 100 && status <= 999)
		h->status = (unsigned)status;
}

/* Behind the body of a final reply, it would be a trailer. */
static bool may_begin_reply(const struct vim_headers *h)
{
	return !h->is_complete || h->status < 200;
}

static void note_field(struct vim_headers *h, struct cursor c)
{
	if (eat_name(&c, "Content-Length"))
		h->has_length = is_number(c, &h->length);
	else if (eat_name(&c, "Content-Range"))
		note_range(h, c);
	else if (eat_name(&c, "Content-Encoding"))
		note_encoding(h, c);
	else if (eat_name(&c, "Retry-After"))
		note_retry_after(h, c);
	else if (eat_name(&c, "Set-Cookie"))
		note_cookie(h, c);
	else if (eat_name(&c, "Content-Type"))
		note_value(h, &h->type, c);
	else if (eat_name(&c, "ETag"))
		note_etag(h, c);
	else if (eat_name(&c, "Last-Modified"))
		note_modified(h, c);
}

void vim_headers_line(struct vim_headers *h, const char *line, size_t len)
{
	struct cursor c = { line, line + len };

	while (c.end > c.at && strchr("\r\n \t", c.end[-1]) != NULL && c.end[-1] != '\0')
		c.end--;
	if (c.at == c.end)
		h->is_complete = true;
	else if (may_begin_reply(h) && (size_t)(c.end - c.at) > 5 && memcmp(c.at, "HTTP/", 5) == 0)
		begin_reply(h, c);
	else if (!h->is_complete)
		note_field(h, c);
}

void vim_headers_clear(struct vim_headers *h)
{
	wipe_and_free(h->cookie);
	wipe_and_free(h->type);
	wipe_and_free(h->version);
	*h = (struct vim_headers){ 0 };
}
