/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Is a server who it has to be?  See trust.h.
 */
#include "config.h"

#include "trust.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "../../common/log.h"

#define SHA1_LEN   20u
#define SHA256_LEN 32u

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

int vim_pin_parse(const char *text, struct vim_pin *pin_out)
{
	struct vim_pin pin = { .len = 0 };

	for (const char *s = text; *s != '\0'; s += 2) {
		if (*s == ':' && s != text)
			s++;
		if (pin.len == VIM_DIGEST_MAX || hex_digit(s[0]) < 0 || hex_digit(s[1]) < 0)
			return -1;
		pin.digest[pin.len++] = (unsigned char)(hex_digit(s[0]) << 4 | hex_digit(s[1]));
	}
	if (pin.len != SHA1_LEN && pin.len != SHA256_LEN)
		return -1;
	*pin_out = pin;
	return 0;
}

void vim_pin_print(const struct vim_pin *pin, char *text)
{
	text[0] = '\0';
	for (unsigned i = 0; i < pin->len; i++)
		snprintf(text + (i == 0 ? 0 : 3 * i - 1), 4, i == 0 ? "%02X" : ":%02X",
			 pin->digest[i]);
}

/* The digest of a certificate that is as long as @len; 0: SHA-256. */
static bool digest_of(const X509 *cert, unsigned len, struct vim_pin *pin_out)
{
	pin_out->len = 0;
	return X509_digest(cert, len == SHA1_LEN ? EVP_sha1() : EVP_sha256(), pin_out->digest,
			   &pin_out->len) == 1;
}

static void note_name(struct vim_proof *p, const X509 *cert)
{
	const X509_NAME *subject = X509_get_subject_name(cert);
	int at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
	unsigned char *utf8 = NULL;

	if (at < 0 || ASN1_STRING_to_UTF8(&utf8, X509_NAME_ENTRY_get_data(
							 X509_NAME_get_entry(subject, at))) < 0)
		return;
	snprintf(p->who, sizeof(p->who), "%s", (const char *)utf8);
	OPENSSL_free(utf8);
}

static void note_until(struct vim_proof *p, const X509 *cert)
{
	struct tm tm;

	if (ASN1_TIME_to_tm(X509_get0_notAfter(cert), &tm) == 1)
		strftime(p->until, sizeof(p->until), "%Y-%m-%d", &tm);
}

static void note(struct vim_proof *p, const X509 *cert, const struct vim_pin *digest)
{
	p->is_seen = true;
	vim_pin_print(digest, p->shown);
	note_name(p, cert);
	note_until(p, cert);
}

static bool is_pinned(const struct vim_pin *pin, const struct vim_pin *digest)
{
	return digest->len == pin->len && CRYPTO_memcmp(digest->digest, pin->digest, pin->len) == 0;
}

/* OpenSSL's question: 1 is yes. */
static int verify(X509_STORE_CTX *store, void *ctx)
{
	struct vim_proof *p = ctx;
	const X509 *cert = X509_STORE_CTX_get0_cert(store);
	struct vim_pin digest;

	if (cert != NULL && digest_of(cert, p->pin->len, &digest)) {
		note(p, cert, &digest);
		if (p->pin->len != 0)
			p->is_proved = is_pinned(p->pin, &digest);
		else
			p->is_proved = X509_verify_cert(store) == 1;
	}
	if (p->is_proved)
		return 1;
	if (p->pin->len != 0)
		X509_STORE_CTX_set_error(store, X509_V_ERR_CERT_REJECTED);
	else
		p->problem = X509_verify_cert_error_string(X509_STORE_CTX_get_error(store));
	return 0;
}

void vim_proof_begin(struct vim_proof *p, void *ssl_ctx)
{
	*p = (struct vim_proof){ .pin = p->pin };
	SSL_CTX_set_cert_verify_callback(ssl_ctx, verify, p);
	SSL_CTX_set_verify(ssl_ctx, SSL_VERIFY_PEER, NULL);
}

static const char *kind_of(unsigned len)
{
	return len == SHA1_LEN ? "SHA-1" : "SHA-256";
}

void vim_proof_explain(const struct vim_proof *p, const char *why, char *text, size_t size)
{
	char wanted[VIM_PRINT_MAX];

	vim_pin_print(p->pin, wanted);
	if (!p->is_seen)
		snprintf(text, size, "it has not proved who it is: %s", why);
	else if (p->pin->len != 0)
		snprintf(text, size,
			 "its certificate does not match; pinned: %s %s; the server sent: %s %s "
			 "(CN=%s, valid to %s); if it was renewed on purpose, give the new "
			 "thumbprint",
			 kind_of(p->pin->len), wanted, kind_of(p->pin->len), p->shown,
			 vu_log_quote(p->who), p->until);
	else
		snprintf(text, size,
			 "its certificate is not trusted: %s; the server sent: CN=%s, valid to %s; "
			 "if it is the right one, give its thumbprint: SHA-256 %s",
			 p->problem != NULL ? p->problem : why, vu_log_quote(p->who), p->until,
			 p->shown);
}
