/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * SOAP; see soap.h.
 */
#include "config.h"

#include "soap.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../common/log.h"
#include "../../common/osutil.h"
#include "fault.h"

#define BUSY_TRIES 4u /* of a method that only reads */
#define BUSY_MS    250u

static const char envelope_fmt[] =
	"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
	"<E:Envelope xmlns:E=\"http://schemas.xmlsoap.org/soap/envelope/\""
	" xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\""
	" xmlns:xsd=\"http://www.w3.org/2001/XMLSchema\"><E:Body>"
	"<%s xmlns=\"urn:%svim25\">%s%s</%s>"
	"</E:Body></E:Envelope>\n";

void vim_wipe(char *secret)
{
	if (secret != NULL)
		explicit_bzero(secret, strlen(secret));
	free(secret);
}

void vim_reply_free(struct vim_reply *r)
{
	vim_xml_free(r->xml);
	vim_wipe(r->cookie);
	*r = (struct vim_reply){ 0 };
}

/* Printed into @buf, or only measured.  Never grown: what is moved leaves a copy behind. */
static int print_envelope(char *buf, size_t size, const struct vim_call *call, const char *this)
{
	return snprintf(buf, size, envelope_fmt, call->method, call->is_internal ? "internal" : "",
			this, call->args == NULL ? "" : call->args, call->method);
}

/* The request; for vim_wipe().  NULL: no memory. */
static char *envelope(const struct vim_call *call)
{
	struct vu_strbuf b = { 0 };
	VU_AUTO(free) char *this = NULL;
	char *text;
	int len;

	vim_arg_ref(&b, "_this", call->of);
	this = vu_strbuf_take(&b);
	if (this == NULL)
		return NULL;
	len = print_envelope(NULL, 0, call, this);
	text = len < 0 ? NULL : malloc((size_t)len + 1);
	if (text != NULL)
		print_envelope(text, (size_t)len + 1, call, this);
	return text;
}

/* Is @name the response of @method? */
static bool is_response(const char *name, const char *method)
{
	size_t len = strlen(method);

	return strncmp(name, method, len) == 0 && strcmp(name + len, "Response") == 0;
}

VixError vim_soap_read(const char *text, size_t len, const char *method, struct vim_xml **x_out,
		       struct vim_fault *f_out)
{
	vim_node *n;

	*f_out = (struct vim_fault){ .message = "" };
	VD_TRY(vim_xml_parse(text, len, x_out));
	n = vim_xml_child(vim_xml_find(vim_xml_root(*x_out), "Body"));
	if (strcmp(vim_xml_name(vim_xml_root(*x_out)), "Envelope") == 0 && n != NULL) {
		vim_xml_narrow(*x_out, n);
		if (is_response(vim_xml_name(n), method))
			return VIX_OK;
		if (strcmp(vim_xml_name(n), "Fault") == 0) {
			vim_fault_read(vim_xml_child(vim_xml_find(n, "detail")),
				       vim_xml_text(n, "faultstring"), f_out);
			return VIX_OK;
		}
	}
	vim_xml_free(*x_out);
	*x_out = NULL;
	return VIX_E_NET_HTTP_TRANSFER;
}

/* Does it leave everything as it is, however often it is called?  Its arguments are no secret, either. */
static bool only_reads(const char *method)
{
	static const char *const verbs[] = { "Retrieve", "Find", "Query", "CurrentTime" };

	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++)
		if (strncmp(method, verbs[i], strlen(verbs[i])) == 0)
			return true;
	return false;
}

/* For a message: strange servers say what they were told, also a password. */
static const char *body_of(const struct vim_response *r, const char *method)
{
	if (!only_reads(method))
		return "(not shown)";
	return vu_log_quote(r->body == NULL ? "" : r->body);
}

/* Something else than SOAP: the one line about it.  Return: the code of its status, if that tells. */
static VixError not_soap(struct vim_http *http, const char *method, const struct vim_response *r)
{
	VixError err = VIX_E_NET_HTTP_TRANSFER;

	if (r->status != 200 && r->status != 500) {
		vu_log_hush(); /* the line is ours: it has more to tell */
		err = vim_http_refused(http, r->status, method);
		vu_log_unhush();
	}
	VU_ERR("vim",
	       "%s: expected the SOAP response of %s; HTTP %u came, of type %s, %zu bytes: %s",
	       vim_http_name(http), method, r->status,
	       vu_log_quote(r->type == NULL ? "none" : r->type), r->body_len, body_of(r, method));
	return err;
}

static VixError understand(struct vim_http *http, const char *method, struct vim_response *r,
			   struct vim_reply *out)
{
	VixError err;

	if (r->status == 200 || r->status == 500) {
		err = vim_soap_read(r->body, r->body_len, method, &out->xml, &out->fault);
		if (err == VIX_E_NET_HTTP_TRANSFER)
			err = not_soap(http, method, r);
	} else if (r->status == 401) {
		out->fault = (struct vim_fault){ .name = "NotAuthenticated",
						 .message = "HTTP 401" };
		err = VIX_OK;
	} else {
		err = not_soap(http, method, r);
	}
	out->cookie = VU_STEAL(r->cookie);
	return err;
}

/* Sends it, and again while the server is busy. */
static VixError post(struct vim_http *http, const struct vim_request *q, bool again,
		     struct vim_response *r_out)
{
	VixError err = vim_http_send(http, q, r_out);

	for (unsigned i = 1; again && i < BUSY_TRIES && err == VIX_OK && r_out->status == 503;
	     i++) {
		VU_DBG("vim", "%s: busy, try %u", vim_http_name(http), i);
		vim_response_free(r_out);
		vu_sleep_ms(BUSY_MS << i);
		err = vim_http_send(http, q, r_out);
	}
	return err;
}

VixError vim_soap_send(struct vim_http *http, const char *version, const struct vim_call *call,
		       struct vim_reply *r_out)
{
	char headers[128];
	struct vim_request q = { .method = "POST",
				 .target = VIM_SOAP_PATH,
				 .headers = headers,
				 .keep_max = VIM_XML_MAX,
				 .limit_ms = call->limit_ms };
	struct vim_response r = { 0 };
	char *body = envelope(call);
	VixError err;

	*r_out = (struct vim_reply){ .fault.message = "" };
	if (body == NULL)
		return VIX_E_OUT_OF_MEMORY;
	snprintf(headers, sizeof(headers),
		 "Content-Type: text/xml; charset=utf-8\r\nSOAPAction: \"urn:vim25/%.16s\"\r\n",
		 version);
	q.body = body;
	q.body_len = strlen(body);
	err = post(http, &q, only_reads(call->method), &r);
	vim_wipe(body);
	if (err == VIX_OK)
		err = understand(http, call->method, &r, r_out);
	VU_DBG("vim", "%s: %s: HTTP %u, %zu bytes, fault \"%s\"", vim_http_name(http), call->method,
	       r.status, r.body_len, vu_log_quote(r_out->fault.name));
	vim_response_free(&r);
	return err;
}
