/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Tokens that prove to a server who we are, as Kerberos knows us: what Windows calls SSPI.
 *
 * 1. Nobody is asked for a password: a ticket is there, or the login fails.
 * 2. The server is asked to prove itself, too, and fails if it tries and can't.  It need not try: TLS has
 *    proved it before.
 */
#ifndef VIM_SSPI_H
#define VIM_SSPI_H

#include <stddef.h>

#include "vixDiskLib.h"

#define VIM_SSPI_MAX_TOKEN (256u << 10)

struct vim_sspi;

/**
 * vim_sspi_open() - begin to prove ourselves to the service "host" on @host
 * @p_out: filled; vim_sspi_close()
 *
 * Errors: NOT_SUPPORTED  built without GSSAPI, its library is not installed, or @host is an address:
 *                        Kerberos knows names only (logged); OUT_OF_MEMORY
 */
VixError vim_sspi_open(const char *host, struct vim_sspi **p_out);

/**
 * vim_sspi_step() - the next token
 * @in, @in_len: what the server has answered to the last one; NULL and 0 the first time
 * @out, @out_len: filled: the token to send, which may be empty; the caller's to free()
 *
 * Errors: AUTHENTICATION_FAIL  there is no ticket, or the server is not who it should be (logged)
 *         OUT_OF_MEMORY
 */
VixError vim_sspi_step(struct vim_sspi *p, const void *in, size_t in_len, void **out,
		       size_t *out_len);

/** vim_sspi_close() - NULL is fine */
void vim_sspi_close(struct vim_sspi *p);

#endif
