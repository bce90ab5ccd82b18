/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * LoginBySSPI: tokens there and back until the server knows us.
 *
 * 1. The server keeps its part of the exchange with a cookie: each answer's is sent with the next token,
 *    and the last one's is the session's.
 * 2. The number of tokens is bounded.
 */
#include "config.h"

#include "session-impl.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#include "../../common/log.h"
#include "fault.h"
#include "sspi.h"

#define MAX_TOKENS 10u

static const char doing[] = "the login with Kerberos";

/* The argument base64Token; NULL: no memory. */
static char *token_args(const void *token, size_t len)
{
	struct vu_strbuf b = { 0 };
	char *base64 = malloc((len + 2) / 3 * 4 + 1);

	if (base64 == NULL)
		return NULL;
	EVP_EncodeBlock((unsigned char *)base64, token, (int)len);
	vim_arg_text(&b, "base64Token", base64);
	free(base64);
	return vu_strbuf_take(&b);
}

/* Leaves only what base64 is made of, and tells how much that is. */
static size_t squeeze(char *s)
{
	size_t n = 0;

	for (const char *p = s; *p != '\0'; p++)
		if (strchr(" \t\r\n", *p) == NULL)
			s[n++] = *p;
	s[n] = '\0';
	return n;
}

/* The token in the server's challenge; INVALID_ARG: there is none. */
static VixError challenge_token(const struct vim_fault *f, void **token_out, size_t *len_out)
{
	const char *text = vim_xml_text(f->detail, "base64Token");
	VU_AUTO(free) char *base64 = NULL;
	unsigned char *token;
	size_t len;
	int n;

	if (text == NULL || strlen(text) > VIM_SSPI_MAX_TOKEN)
		return VIX_E_INVALID_ARG;
	base64 = strdup(text);
	if (base64 == NULL)
		return VIX_E_OUT_OF_MEMORY;
	len = squeeze(base64);
	token = malloc(len / 4 * 3 + 3);
	if (token == NULL)
		return VIX_E_OUT_OF_MEMORY;
	n = EVP_DecodeBlock(token, (unsigned char *)base64, (int)len);
	for (size_t i = len; n > 0 && i > 0 && i > len - 2 && base64[i - 1] == '='; i--)
		n--; /* it decodes the padding, too */
	if (n <= 0) {
		free(token);
		return VIX_E_INVALID_ARG;
	}
	*token_out = token;
	*len_out = (size_t)n;
	return VIX_OK;
}

/* One token there, and the server's answer. */
static VixError send_token(struct vim_session *s, const void *token, size_t len,
			   struct vim_reply *r_out)
{
	struct vim_call call = { .method = "LoginBySSPI",
				 .of = { "SessionManager", s->content.session_manager } };
	char *args = token_args(token, len);
	VixError err = VIX_E_OUT_OF_MEMORY;

	if (args != NULL) {
		call.args = args;
		err = vim_login_send(s, &call, r_out);
	}
	vim_wipe(args);
	return err;
}

/* What a server has answered: the next token of its, or the end: accepted, or not. */
static VixError take_answer(struct vim_session *s, struct vim_reply *r, void **in, size_t *in_len)
{
	VixError err;

	if (!vim_fault_is(&r->fault, "SSPIChallenge"))
		return vim_login_accept(s, doing, r);
	err = challenge_token(&r->fault, in, in_len);
	if (err == VIX_E_INVALID_ARG) {
		VU_ERR("vim", "%s: expected a token in its SSPIChallenge, none came",
		       vim_http_name(s->http));
		return VIX_E_NET_HTTP_TRANSFER;
	}
	return err == VIX_OK ? vim_login_offer(s, r) : err;
}

/* One round: our next token there, the answer to it back in @in, or NULL at the end. */
static VixError round_trip(struct vim_session *s, struct vim_sspi *p, void **in, size_t *in_len)
{
	VU_AUTO(free) void *out = NULL;
	struct vim_reply r = { 0 };
	size_t out_len;
	VixError err;

	VD_TRY(vim_sspi_step(p, *in, *in_len, &out, &out_len));
	free(*in);
	*in = NULL;
	*in_len = 0;
	err = send_token(s, out, out_len, &r);
	if (err == VIX_OK)
		err = take_answer(s, &r, in, in_len);
	vim_reply_free(&r);
	return err;
}

static VixError exchange(struct vim_session *s, struct vim_sspi *p)
{
	VU_AUTO(free) void *in = NULL;
	size_t in_len = 0;

	for (unsigned i = 0; i < MAX_TOKENS; i++) {
		VD_TRY(round_trip(s, p, &in, &in_len));
		if (in == NULL)
			return VIX_OK;
	}
	VU_ERR("vim", "%s: %s has no end after %u tokens", vim_http_name(s->http), doing,
	       MAX_TOKENS);
	return VIX_E_AUTHENTICATION_FAIL;
}

VixError vim_login_by_sspi(struct vim_session *s)
{
	struct vim_sspi *p;
	VixError err;

	VD_TRY(vim_sspi_open(s->login.server.host, &p));
	err = exchange(s, p);
	vim_sspi_close(p);
	return err;
}
