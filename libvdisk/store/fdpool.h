/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * How many files this library keeps open, in a process whose limit belongs to its owner.
 *
 * A disk may consist of more files than a process may have open.  So files are kept open only up
 * to half of the limit; those beyond share a few descriptors and are opened again when needed.
 *
 * 1. Any number of threads; the lock is never held while a file is opened or closed.
 */
#ifndef VD_FDPOOL_H
#define VD_FDPOOL_H

#include <stdbool.h>

/* A descriptor that is borrowed; filled by vd_fd_borrow(). */
struct vd_fd_loan {
	int fd;
	int slot; /* -1: belongs to nobody else */
};

/* Opens the file of @owner again: a descriptor, or -errno. */
typedef int vd_fd_open_fn(void *owner);

/**
 * vd_fd_keep() - may one more descriptor stay open?
 * @must: it stays open whatever the answer
 *
 * Return: true when it stays open; it counts until vd_fd_unkeep().
 */
bool vd_fd_keep(bool must);

/** vd_fd_unkeep() - a descriptor that was counted is closed */
void vd_fd_unkeep(void);

/**
 * vd_fd_borrow() - a descriptor for a file that is not kept open
 * @owner:    who asks; the same one finds its descriptor again
 * @open:     called with @owner when there is none
 * @loan_out: filled; vd_fd_return()
 *
 * Return: 0, or what @open returned.
 */
int vd_fd_borrow(void *owner, vd_fd_open_fn *open, struct vd_fd_loan *loan_out);

/** vd_fd_return() - end of what vd_fd_borrow() began */
void vd_fd_return(const struct vd_fd_loan *loan);

/** vd_fd_forget() - close what is open for @owner, which has nothing borrowed; NULL: for all */
void vd_fd_forget(const void *owner);

#endif
