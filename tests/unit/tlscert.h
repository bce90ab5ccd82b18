/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Certificates made for one test: an authority of its own, and what it signs.
 */
#ifndef TLSCERT_H
#define TLSCERT_H

#include <openssl/ssl.h>

struct tlscert {
	EVP_PKEY *key;
	X509 *cert;
};

/* Made so; all NULL and 0: itself, for "localhost", 127.0.0.1 and ::1, valid for days. */
struct tlscert_how {
	const struct tlscert *by; /* who signs it; NULL: itself */
	const char *name;         /* CN, and the only name that it is for */
	int days;                 /* until it expires; 0: 9, negative: it has expired */
	int is_authority;
};

/** tlscert_make() - with a key of its own; tlscert_free() */
struct tlscert tlscert_make(const struct tlscert_how *how);

void tlscert_free(struct tlscert *c);

/** tlscert_write() - the certificate as a PEM file, for who trusts it */
void tlscert_write(const struct tlscert *c, const char *path);

/**
 * tlscert_print() - its fingerprint in hex
 * @bits:  1 or 256: SHA-
 * @form:  printf's, for one byte of it: "%02X:"; the last character of the whole is cut off where it is
 *         no digit
 * @text:  100 bytes
 */
void tlscert_print(const struct tlscert *c, int bits, const char *form, char *text);

#endif
