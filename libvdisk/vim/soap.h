/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * SOAP: a method's envelope there, its response or a fault back.
 *
 * 1. Knows no session: what NotAuthenticated means is up to the caller.
 * 2. Requests are wiped: they may have a password in them.  They are not logged, nor is a reply that is
 *    no SOAP, but of methods that only read: others may have what they were told in them.
 */
#ifndef VIM_SOAP_H
#define VIM_SOAP_H

#include "session.h"

#define VIM_SOAP_PATH    "/sdk"
#define VIM_SOAP_VERSION "6.5" /* of the API, where the server does not say what it has */

/* What came back. */
struct vim_reply {
	struct vim_xml *xml; /* its root is the method's response, or the fault; NULL: HTTP alone */
	struct vim_fault fault; /* its name is "": none */
	char *cookie;           /* as of struct vim_response */
};

/**
 * vim_soap_read() - take a reply apart
 * @method: of which it has to be the response
 * @x_out:  filled, with its root at the response, or at the fault; vim_xml_free()
 * @f_out:  filled; its name is "": no fault
 *
 * Errors: NET_HTTP_TRANSFER  it is neither (not logged); OUT_OF_MEMORY
 * Test:   unit/soap.c, fuzz/fuzz_soap.c
 */
VixError vim_soap_read(const char *text, size_t len, const char *method, struct vim_xml **x_out,
		       struct vim_fault *f_out);

/**
 * vim_soap_send() - call a method
 * @version: of the API: "6.5"
 * @r_out:   filled; vim_reply_free().  When the answer could not be read, its cookie is there.
 *
 * HTTP 401 is the fault NotAuthenticated.  Methods that only read are tried again, after a while, while
 * the server is busy (503).
 * Errors: those of vim_http_send(); as vim_http_refused() for other statuses, and NET_HTTP_TRANSFER
 *         for what is no SOAP (logged: server, method, what came); OUT_OF_MEMORY
 */
VixError vim_soap_send(struct vim_http *http, const char *version, const struct vim_call *call,
		       struct vim_reply *r_out);

/** vim_reply_free() - wipe and free what is in it; all zero is fine */
void vim_reply_free(struct vim_reply *r);

/** vim_wipe() - wipe and free a string, which may be NULL */
void vim_wipe(char *secret);

#endif
