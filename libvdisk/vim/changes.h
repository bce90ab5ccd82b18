/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Changed block tracking: which areas of a disk may differ from what it was.
 *
 * 1. Replies are untrusted: what is passed on is ascending, touches nothing that was passed on before,
 *    and lies on the disk.  Whoever asks gets to an end.
 */
#ifndef VIM_CHANGES_H
#define VIM_CHANGES_H

#include "session.h"

#define VIM_CHANGES_ALL "*" /* since ever: all areas that are allocated */

/* What is asked; strings are borrowed for the call. */
struct vim_changes {
	struct vim_ref vm;
	const char *snapshot; /* its state is compared; NULL: that of now */
	uint32_t key;         /* of the disk's device */
	const char *since;    /* a change ID, "52 f3 …/2", or VIM_CHANGES_ALL */
	uint64_t capacity;    /* of the disk, bytes */
};

/* An area that has changed; its error ends the walk. */
typedef VixError vim_change_fn(uint64_t off, uint64_t len, void *ctx);

/**
 * vim_changes_each() - the changed areas from @off on, to the end of the disk
 * @off: bytes
 *
 * Errors: those of vim_session_call(): NOT_SUPPORTED  the server does not track, FILE_ERROR and
 *         INVALID_ARG  the disk is not tracked, or the change ID is of another time
 *         NET_HTTP_TRANSFER  a reply that makes no sense (logged)
 *         those of @fn
 */
VixError vim_changes_each(struct vim_session *s, const struct vim_changes *c, uint64_t off,
			  vim_change_fn *fn, void *ctx);

#endif
