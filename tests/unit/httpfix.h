/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One server of the test's own and one vim_http for it, as a fixture:
 *
 *	tcase_add_checked_fixture(tc, httpfix_setup, httpfix_teardown);
 *	...
 *	serve(answer);
 *	ck_assert_int_eq(vim_http_send(http, &q, &reply), VIX_OK);
 */
#ifndef HTTPFIX_H
#define HTTPFIX_H

#include <check.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "../../libvdisk/vim/http.h"
#include "said.h"
#include "tlsserver.h"
#include "tmpdir.h"

#define FILE_BYTES (300u << 10)

static struct tlscert cert; /* of the server, signed by itself */
static char print256[100];  /* its fingerprint */
static struct tlsserver *server;
static struct vim_http *http;
static struct vim_response reply;
static unsigned char file[FILE_BYTES]; /* what there is to be read */

static inline void httpfix_setup(void)
{
	tmpdir_make();
	said_start();
	cert = tlscert_make(&(struct tlscert_how){ 0 });
	tlscert_print(&cert, 256, "%02X:", print256);
	for (unsigned i = 0; i < FILE_BYTES; i++)
		file[i] = (unsigned char)(i * 7 + i / 251);
	server = NULL;
	http = NULL;
	memset(&reply, 0, sizeof(reply));
}

static inline void httpfix_teardown(void)
{
	vim_response_free(&reply);
	vim_http_free(http);
	tlsserver_stop(server);
	tlscert_free(&cert);
	said_stop();
	tmpdir_remove();
}

/* How to reach it; pauses are short. */
static inline struct vim_server server_with(const char *print)
{
	return (struct vim_server){ .host = "127.0.0.1",
				    .port = tlsserver_port(server),
				    .trust = { .thumbprint = print },
				    .pause_ms = 1 };
}

/* Anew for each attempt. */
static inline VixError connect_to(const struct vim_server *to)
{
	vim_http_free(http);
	return vim_http_new(to, &http);
}

static inline void serve(tlsserver_answer_fn *answer)
{
	struct vim_server to;

	tlsserver_stop(server);
	server = tlsserver_start(&(struct tlsserver_how){ .cert = &cert, .answer = answer });
	to = server_with(print256);
	ck_assert_int_eq(connect_to(&to), VIX_OK);
}

static inline VixError send_once(const struct vim_request *q)
{
	vim_response_free(&reply);
	return vim_http_send(http, q, &reply);
}

static inline VixError send_again(const struct vim_request *q)
{
	vim_response_free(&reply);
	return vim_http_get(http, q, &reply);
}

static inline VixError get(const char *target)
{
	return send_once(&(struct vim_request){ .method = "GET", .target = target });
}

#endif
