/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Certificates made for one test; see tlscert.h.
 */
#include "config.h"

#include "tlscert.h"

#include <check.h>
#include <ctype.h>
#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>

#define DAY (24L * 60 * 60)

static void add_extension(X509 *cert, int nid, const char *value)
{
	X509_EXTENSION *e = X509V3_EXT_conf_nid(NULL, NULL, nid, value);

	ck_assert_ptr_nonnull(e);
	ck_assert_int_eq(X509_add_ext(cert, e, -1), 1);
	X509_EXTENSION_free(e);
}

static void set_names(X509 *cert, const struct tlscert_how *how)
{
	const char *cn = how->name != NULL ? how->name : "localhost";
	X509_NAME *name = X509_get_subject_name(cert);
	char other[100];

	ck_assert_int_eq(X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8,
						    (const unsigned char *)cn, -1, -1, 0),
			 1);
	X509_set_issuer_name(cert, how->by != NULL ? X509_get_subject_name(how->by->cert) : name);
	snprintf(other, sizeof(other), "DNS:%s%s", cn,
		 how->name != NULL ? "" : ",IP:127.0.0.1,IP:::1");
	add_extension(cert, NID_subject_alt_name, other);
	add_extension(cert, NID_basic_constraints,
		      how->is_authority ? "critical,CA:TRUE" : "CA:FALSE");
}

struct tlscert tlscert_make(const struct tlscert_how *how)
{
	static long serial;
	int days = how->days != 0 ? how->days : 9;
	struct tlscert c = { .key = EVP_EC_gen("P-256"), .cert = X509_new() };

	X509_set_version(c.cert, X509_VERSION_3);
	ASN1_INTEGER_set(X509_get_serialNumber(c.cert), ++serial);
	X509_gmtime_adj(X509_getm_notBefore(c.cert), -30 * DAY);
	X509_gmtime_adj(X509_getm_notAfter(c.cert), days * DAY);
	X509_set_pubkey(c.cert, c.key);
	set_names(c.cert, how);
	ck_assert_int_gt(X509_sign(c.cert, how->by != NULL ? how->by->key : c.key, EVP_sha256()),
			 0);
	return c;
}

void tlscert_free(struct tlscert *c)
{
	X509_free(c->cert);
	EVP_PKEY_free(c->key);
	*c = (struct tlscert){ 0 };
}

void tlscert_write(const struct tlscert *c, const char *path)
{
	FILE *f = fopen(path, "we");

	ck_assert_ptr_nonnull(f);
	ck_assert_int_eq(PEM_write_X509(f, c->cert), 1);
	ck_assert_int_eq(fclose(f), 0);
}

void tlscert_print(const struct tlscert *c, int bits, const char *form, char *text)
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned len;

	ck_assert_int_eq(X509_digest(c->cert, bits == 1 ? EVP_sha1() : EVP_sha256(), digest, &len),
			 1);
	for (unsigned i = 0; i < len; i++)
		text += sprintf(text, form, digest[i]);
	if (!isxdigit((unsigned char)text[-1]))
		text[-1] = '\0';
}
