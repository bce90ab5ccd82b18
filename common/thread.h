/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Threads of a library: they take no signal of the program.
 */
#ifndef VU_THREAD_H
#define VU_THREAD_H

#include <pthread.h>
#include <stdint.h>

/**
 * vu_thread_start() - a thread with all signals blocked
 * @name: up to 15 bytes, for ps and gdb
 *
 * Return: 0 or -errno.
 */
int vu_thread_start(pthread_t *thread_out, const char *name, void *(*fn)(void *), void *arg);

/**
 * vu_cond_init_monotonic() - a condition whose timed waits follow CLOCK_MONOTONIC
 */
void vu_cond_init_monotonic(pthread_cond_t *cond);

/**
 * vu_cond_wait_until() - wait for a condition of vu_cond_init_monotonic()
 * @deadline_ms: on the clock of vu_now_ms()
 *
 * Return: 0, or ETIMEDOUT.
 */
int vu_cond_wait_until(pthread_cond_t *cond, pthread_mutex_t *lock, uint64_t deadline_ms);

#endif
