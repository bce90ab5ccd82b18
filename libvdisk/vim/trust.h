/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Is a server who it has to be?  Asked by OpenSSL in the middle of a handshake, before anything is sent.
 *
 * 1. A fingerprint alone decides, where there is one: of the certificate that the server has shown
 *    itself, not of one that signed it.
 * 2. Each handshake is a proof of its own: vim_proof_begin() forgets the one before.
 */
#ifndef VIM_TRUST_H
#define VIM_TRUST_H

#include <stdbool.h>
#include <stddef.h>

#define VIM_DIGEST_MAX 32u /* SHA-256 */
#define VIM_PRINT_MAX  (3 * VIM_DIGEST_MAX)

/* The fingerprint of a certificate. */
struct vim_pin {
	unsigned char digest[VIM_DIGEST_MAX];
	unsigned len; /* 20: SHA-1, 32: SHA-256, 0: there is none */
};

/* What a server has shown, and whether that was enough. */
struct vim_proof {
	const struct vim_pin *pin;
	bool is_seen;              /* it has shown a certificate: */
	bool is_proved;            /* which is the right one */
	char shown[VIM_PRINT_MAX]; /* its fingerprint, as long as the pin */
	char who[100];             /* its CN, or "" */
	char until[16];            /* the last day it is valid: "2027-01-03" */
	const char *problem;       /* why authorities do not vouch for it, or NULL; static */
};

/**
 * vim_pin_parse() - "3A:91:…" or "3a91…"
 *
 * Return: 0, or -1: neither 20 bytes in hex nor 32.
 */
int vim_pin_parse(const char *text, struct vim_pin *pin_out);

/** vim_pin_print() - as browsers show it, "3A:91:…", with its NUL at most VIM_PRINT_MAX bytes */
void vim_pin_print(const struct vim_pin *pin, char *text);

/**
 * vim_proof_begin() - from now on, connections of an SSL_CTX are proved
 * @ssl_ctx: new, and for this one connection
 * @p:       its pin is set, or has no digest: then authorities decide, those that @ssl_ctx has
 */
void vim_proof_begin(struct vim_proof *p, void *ssl_ctx);

/**
 * vim_proof_explain() - why it was not enough, for a message
 * @why:  what libcurl said of it
 *
 * Parts are separated by "; ": what is wrong, what was shown, what to do.
 */
void vim_proof_explain(const struct vim_proof *p, const char *why, char *text, size_t size);

#endif
