/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The store for files and block devices of this host, for its own files: local.c reads and writes,
 * local-open.c opens and closes, local-replace.c gives a file other bytes.
 *
 * 1. Only regular files are opened, and block devices where the caller accepts them: whatever a
 *    hostile descriptor names, nothing here blocks on a FIFO or wakes a character device.
 * 2. fd always goes through the page cache.  direct_fd, the same file with O_DIRECT, exists only
 *    for VD_STORE_UNBUFFERED, and only where the file system supports it: where not, that is said
 *    once for each file.
 * 3. Where the process may not have many more files open, a store that is only read keeps none:
 *    fd is -1, and each use borrows a descriptor (fdpool.h).  What is opened again is the same file
 *    or an error.
 * 4. direct_fd transfers whole blocks of 4 KiB.  Reads that are not aligned go
 *    through a bounce buffer, writes that are not aligned through fd, which Linux keeps coherent.
 * 5. A file that is open for writing is locked (lock.h).
 */
#ifndef VD_LOCAL_H
#define VD_LOCAL_H

#include <stdatomic.h>
#include <stdbool.h>

#include "store.h"

struct vd_lock;

struct vd_local {
	struct vd_store base;
	int fd;                 /* -1: each use borrows one */
	int direct_fd;          /* -1: none */
	struct vd_lock *lock;   /* NULL: it is only read */
	int claim_fd;           /* the file as it was opened, if another took its place; else -1 */
	struct vd_lock *claim;  /* its lock, which others may still look at */
	_Atomic(void *) spare;  /* a bounce buffer that nobody uses, or NULL */
	atomic_bool is_refused; /* O_DIRECT was; that has been said */
};

/** vd_local_of() - the same store */
static inline struct vd_local *vd_local_of(struct vd_store *st)
{
	return (struct vd_local *)st;
}

/** vd_local_failed() - log that @what can't be done with a file; the code for the errno @err */
VixError vd_local_failed(const struct vd_store *st, const char *what, int err);

/**
 * vd_local_io_failed() - the same, with the words for what can happen to an open file
 * @err: -errno; -ESTALE: another one took its place; -ENODATA: it became shorter
 */
VixError vd_local_io_failed(const struct vd_store *st, const char *what, int err);

/** vd_local_open(), vd_local_close(), vd_local_replace() - slots of struct vd_store_ops */
VixError vd_local_open(struct vd_store *st);
void vd_local_close(struct vd_store *st);
VixError vd_local_replace(struct vd_store *st, const void *buf, size_t len);

/** vd_local_reopen() - for vd_fd_borrow(): @ctx is the store; -ESTALE: it is another file now */
int vd_local_reopen(void *ctx);

/** vd_local_close_fd() - vd_lock_close() for a descriptor that counts (vd_fd_keep()) */
void vd_local_close_fd(struct vd_lock *l, int fd);

/** vd_local_say_refused() - log, once for a file, that it can't be used with O_DIRECT */
void vd_local_say_refused(struct vd_local *lo);

#endif
