/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Forks, counted; see forks.h.
 */
#include "config.h"

#include "forks.h"

#include <pthread.h>
#include <stdatomic.h>

static pthread_once_t once = PTHREAD_ONCE_INIT;
static atomic_uint forks;

static void count_fork(void)
{
	atomic_fetch_add(&forks, 1);
}

static void begin(void)
{
	pthread_atfork(NULL, NULL, count_fork);
}

unsigned vu_forks(void)
{
	pthread_once(&once, begin);
	return atomic_load_explicit(&forks, memory_order_relaxed);
}

void vu_cond_destroy(pthread_cond_t *cond)
{
	if (vu_forks() == 0)
		pthread_cond_destroy(cond);
}
