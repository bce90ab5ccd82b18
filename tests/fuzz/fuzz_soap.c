/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A server that answers anything: a session is opened, in two ways, used and closed, and whatever comes
 * back, all ends, nothing is left, and no login is sent twice that was refused.
 *
 * The input is the replies, in the order of the requests, with a line "====" between them; the last one
 * answers all that follow, up to MAX_REQUESTS.  A reply is a digit, the hundreds of its status, and the
 * body.
 */
#include "config.h"

#include "fuzz.h"

#include <string.h>

#include "../../libvdisk/vim/fault.h"
#include "../../libvdisk/vim/http.h"
#include "../../libvdisk/vim/properties.h"
#include "../../libvdisk/vim/session.h"
#include "../../libvdisk/vim/soap.h"

#define SEPARATOR    "\n====\n"
#define MAX_REQUESTS 40u /* then the connection is lost */

struct vim_http {
	int unused;
};

static const uint8_t *input; /* what is left */
static size_t input_len;
static unsigned https, logins, requests;

VixError vim_http_new(const struct vim_server *server, struct vim_http **h_out)
{
	(void)server;
	*h_out = calloc(1, sizeof(**h_out));
	https++;
	return VIX_OK;
}

void vim_http_put(struct vim_http *h)
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

static void use(struct vim_session *s)
{
	static const char *const paths[] = { "name", "config.hardware.device", NULL };
	const struct vim_ref vm = { "VirtualMachine", "vm-1" };
	const struct vim_ask ask = { vm.type, paths, &vm, 1, NULL };
	struct vim_props *p;
	vim_node *n;

	if (vim_props_lookup(s, &ask, &p) != VIX_OK) {
		FUZZ_CHECK(p == NULL);
		return;
	}
	for (size_t i = 0; i < vim_props_count(p); i++) {
		struct vim_ref ref = vim_props_object(p, i);

		FUZZ_CHECK(ref.type != NULL && ref.value != NULL);
		vim_props_text(p, ref.value, "name");
		if (vim_props_need(p, ref.value, "config.hardware.device", &n) == VIX_OK)
			FUZZ_CHECK(n != NULL);
	}
	vim_props_free(p);
}

static void open_and_close(enum vim_credentials by, const uint8_t *data, size_t size)
{
	const struct vim_login login = { .server.host = "server",
					 .by = by,
					 .user = "user",
					 .password = "password",
					 .cookie = "52" };
	struct vim_session *s;
	VixError err;

	input = data;
	input_len = size;
	logins = requests = 0;
	err = vim_session_open(&login, &s);
	FUZZ_CHECK((err == VIX_OK) == (s != NULL));
	FUZZ_CHECK(logins <= 1);
	if (s != NULL) {
		FUZZ_CHECK(vim_session_content(s)->session_manager != NULL);
		use(s);
	}
	vim_session_close(s);
	FUZZ_CHECK(https == 0);
}

/* Every element and its getters. */
static void walk(vim_node *n)
{
	for (n = vim_xml_child(n); n != NULL; n = vim_xml_next(n)) {
		uint64_t value;

		FUZZ_CHECK(vim_xml_name(n)[0] != '\0' && vim_xml_text(n, "") != NULL);
		FUZZ_CHECK(vim_xml_type(n) != NULL && vim_xml_ref_type(n) != NULL);
		vim_xml_uint(n, "", &value);
		vim_xml_is(n, "");
		walk(n);
	}
}

static void read_alone(const uint8_t *data, size_t size)
{
	struct vim_fault f;
	struct vim_xml *x;

	if (vim_soap_read((const char *)data, size, "Login", &x, &f) == VIX_OK) {
		FUZZ_CHECK(x != NULL && vim_xml_root(x) != NULL && f.message != NULL);
		walk(vim_xml_root(x));
	} else {
		FUZZ_CHECK(x == NULL);
	}
	vim_xml_free(x);
	if (vim_xml_parse((const char *)data, size, &x) == VIX_OK) {
		walk(vim_xml_root(x));
		vim_fault_localized(vim_xml_root(x), &f);
		FUZZ_CHECK(f.name[0] != '\0');
	}
	vim_xml_free(x);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	read_alone(data + (size > 0), size - (size > 0));
	open_and_close(VIM_BY_PASSWORD, data, size);
	open_and_close(VIM_BY_SESSION, data, size);
	return 0;
}
