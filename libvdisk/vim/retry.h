/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What is worth asking for again, how often, and after which pause.
 *
 * 1. Only of requests that change nothing.
 * 2. What a server that has never answered refuses is not asked for again: its name or port may be wrong.
 */
#ifndef VIM_RETRY_H
#define VIM_RETRY_H

#include <stdbool.h>

#include "vixDiskLib.h"

#define VIM_RETRY_PAUSE_MS  500u /* the first pause; each is twice the one before, up to 16 times */
#define VIM_RETRY_AFTER_MAX 30u  /* seconds that a server may ask us to wait for */

/* How an attempt has ended. */
struct vim_attempt {
	VixError err;           /* VIX_OK: with */
	unsigned status;        /* of HTTP */
	unsigned retry_after_s; /* as the server asks for; 0: nothing */
	bool is_known;          /* it has answered something before */
};

/** vim_retry_limit() - how often at most it is tried again after an attempt that ended so; 0: never */
unsigned vim_retry_limit(const struct vim_attempt *a);

/**
 * vim_retry_pause() - how long to wait, in milliseconds
 * @n:       how often it was tried again so far
 * @unit_ms: the first pause, without what chance adds to it: a quarter at most
 */
unsigned vim_retry_pause(const struct vim_attempt *a, unsigned n, unsigned unit_ms);

#endif
