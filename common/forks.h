/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Is this still the process that it was?  Without a system call, for who asks before each write.
 *
 * 1. The first call registers a handler with fork(); nothing happens before.
 * 2. A child that was not made by fork() (vfork(), clone()) is not noticed: it is about to exec.
 */
#ifndef VU_FORKS_H
#define VU_FORKS_H

#include <pthread.h>

/**
 * vu_forks() - the number of forks between the process of the first call and this one
 *
 * Two calls that give the same number, in one line of descent, were made in the same process.
 */
unsigned vu_forks(void);

/**
 * vu_cond_destroy() - pthread_cond_destroy() that does not wait for threads that are not there
 *
 * A child of fork() has a copy of the condition with the threads in it that waited in its parent;
 * they leave it nowhere.  There nothing is done: a condition owns nothing.
 */
void vu_cond_destroy(pthread_cond_t *cond);

#endif
