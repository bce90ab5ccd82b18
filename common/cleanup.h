/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Scope-bound clean-up: VU_AUTO() for memory and descriptors, VU_LOCK() for mutexes.
 *
 * 1. A variable marked VU_AUTO(x) is released on every way out of its scope.
 * 2. VU_STEAL() hands a VU_AUTO pointer to the caller and disarms the clean-up.
 */
#ifndef VU_CLEANUP_H
#define VU_CLEANUP_H

#include <dirent.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define VU_AUTO(kind) __attribute__((cleanup(vu_auto_##kind)))

static inline void vu_auto_free(void *pp)
{
	free(*(void **)pp);
}

/* A file descriptor; -1 means none. */
static inline void vu_auto_close(const int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

static inline void vu_auto_fclose(FILE **f)
{
	if (*f != NULL)
		fclose(*f);
}

static inline void vu_auto_closedir(DIR **d)
{
	if (*d != NULL)
		closedir(*d);
}

static inline void vu_auto_unlock(pthread_mutex_t **m)
{
	pthread_mutex_unlock(*m);
}

static inline pthread_mutex_t *vu_lock(pthread_mutex_t *m)
{
	pthread_mutex_lock(m);
	return m;
}

static inline void *vu_steal(void *pp)
{
	void *p = *(void **)pp;

	*(void **)pp = NULL;
	return p;
}

#define VU_CAT2(a, b) a##b
#define VU_CAT(a, b)  VU_CAT2(a, b)

/* Holds @mutex until the end of the enclosing scope. */
#define VU_LOCK(mutex)  \
	VU_AUTO(unlock) \
	pthread_mutex_t *VU_CAT(vu_held_, __LINE__) __attribute__((unused)) = vu_lock(mutex)

#define VU_STEAL(p) ((__typeof__(p))vu_steal(&(p)))

/* Returns from the enclosing function with the error of @expr, if it has one. */
#define VD_TRY(expr)                           \
	do {                                   \
		VixError vd_try_err_ = (expr); \
		if (vd_try_err_ != VIX_OK)     \
			return vd_try_err_;    \
	} while (0)

#endif
