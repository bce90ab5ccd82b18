/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What is worth asking for again; see retry.h.
 */
#include "config.h"

#include "retry.h"

#include <time.h>

#include "../../common/bytes.h"

#define TIMES         5u
#define TIMES_STALLED 1u /* each has taken minutes */
#define TIMES_FAILED  2u /* a file that is locked may look like that for good */
#define DOUBLINGS_MAX 4u

static unsigned limit_of_status(unsigned status)
{
	switch (status) {
	case 429: /* Too Many Requests */
	case 502: /* Bad Gateway */
	case 503: /* Service Unavailable */
	case 504: /* Gateway Timeout */
		return TIMES;
	case 500: /* Internal Server Error */
		return TIMES_FAILED;
	default:
		return 0;
	}
}

unsigned vim_retry_limit(const struct vim_attempt *a)
{
	switch (a->err) {
	case VIX_OK:
		return limit_of_status(a->status);
	case VIX_E_HOST_TCP_CONN_LOST:
		return TIMES;
	case VIX_E_HOST_NETWORK_CONN_REFUSED:
	case VIX_E_NET_HTTP_SSL_CONNECT_ERROR: /* also: lost meanwhile */
		return a->is_known ? TIMES : 0;
	case VIX_E_HOST_TCP_SOCKET_ERROR:
		return a->is_known ? TIMES_STALLED : 0;
	default:
		return 0;
	}
}

/* A number below @n, not for secrets: so that those who failed together don't come back together. */
static unsigned by_chance(unsigned n)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (unsigned)(ts.tv_nsec / 1000) % n;
}

unsigned vim_retry_pause(const struct vim_attempt *a, unsigned n, unsigned unit_ms)
{
	unsigned pause = unit_ms << vu_min(n, DOUBLINGS_MAX);
	unsigned asked = (unsigned)vu_min(a->retry_after_s, VIM_RETRY_AFTER_MAX) * 1000;

	pause += by_chance(pause / 4 + 1);
	return (unsigned)vu_max(pause, asked);
}
