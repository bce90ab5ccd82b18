/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A server that answers anything, for fuzz targets: in place of libvdisk/vim/http.c.
 *
 * The input is the replies, in the order of the requests, with a line "====" between them; the last one
 * answers all that follow, up to MAX_REQUESTS.  A reply is a digit, the hundreds of its status, and the
 * body.
 */
#ifndef FUZZ_REPLIES_H
#define FUZZ_REPLIES_H

#include "fuzz.h"

#include <string.h>

#include "../../libvdisk/vim/http.h"
#include "../../libvdisk/vim/session.h"

#define SEPARATOR    "\n====\n"
#define MAX_REQUESTS 40u /* then the connection is lost */

struct vim_http {
	int unused;
};

static const uint8_t *input; /* what is left */
static size_t input_len;
static unsigned https, logins, requests; /* that there are; that were made */

VixError vim_http_new(const struct vim_server *server, struct vim_http **h_out)
{
	(void)server;
	*h_out = calloc(1, sizeof(**h_out));
	https++;
	return VIX_OK;
}

void vim_http_free(struct vim_http *h)
{
	https -= h != NULL;
	free(h);
}

const char *vim_http_name(const struct vim_http *h)
{
	(void)h;
	return "server:443";
}

int vim_http_set_cookie(struct vim_http *h, const char *cookie)
{
	(void)h;
	(void)cookie;
	return 0;
}

/* Nothing waits here. */
void vim_http_cancel(struct vim_http *h)
{
	(void)h;
}

/* The length of the reply in front; it stays there if it is the last one. */
static size_t take_reply(const uint8_t **reply_out)
{
	const uint8_t *end = memmem(input, input_len, SEPARATOR, strlen(SEPARATOR));
	size_t len = end == NULL ? input_len : (size_t)(end - input);

	*reply_out = input;
	if (end != NULL) {
		input += len + strlen(SEPARATOR);
		input_len -= len + strlen(SEPARATOR);
	}
	return len;
}

static unsigned status_of(uint8_t c)
{
	return c == '4' ? 401 : c == '5' ? 500 : c == '3' ? 302 : 200;
}

VixError vim_http_send(struct vim_http *h, const struct vim_request *q, struct vim_response *r_out)
{
	const uint8_t *reply;
	size_t len = take_reply(&reply);

	(void)h;
	logins += q->body != NULL && strstr(q->body, "<Login ") != NULL;
	*r_out = (struct vim_response){ 0 };
	if (len == 0 || ++requests > MAX_REQUESTS)
		return VIX_E_HOST_TCP_CONN_LOST;
	r_out->status = status_of(reply[0]);
	r_out->body = calloc(1, len);
	r_out->body_len = len - 1;
	memcpy(r_out->body, reply + 1, len - 1);
	r_out->cookie = strdup("vmware_soap_session=\"52\"");
	return VIX_OK;
}

VixError vim_http_refused(const struct vim_http *h, unsigned status, const char *doing)
{
	(void)h;
	(void)doing;
	return status == 503 ? VIX_E_OBJECT_IS_BUSY : VIX_E_NET_HTTP_TRANSFER;
}

void vim_response_free(struct vim_response *r)
{
	free(r->body);
	free(r->cookie);
	*r = (struct vim_response){ 0 };
}

/* A session with the server of this input; its replies have begun anew. */
static VixError replies_open(enum vim_credentials by, const uint8_t *data, size_t size,
			     struct vim_session **s_out)
{
	const struct vim_login login = { .server.host = "server",
					 .by = by,
					 .user = "user",
					 .password = "password",
					 .cookie = "52" };
	VixError err;

	input = data;
	input_len = size;
	logins = requests = 0;
	err = vim_session_open(&login, s_out);
	FUZZ_CHECK((err == VIX_OK) == (*s_out != NULL));
	FUZZ_CHECK(logins <= 1); /* a refused one is not repeated */
	return err;
}

/* Ends it.  Nothing may be left. */
static void replies_close(struct vim_session *s)
{
	vim_session_close(s);
	FUZZ_CHECK(https == 0);
}

#endif
