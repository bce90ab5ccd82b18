/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Handles that clients hold: pointers that can be checked before they are followed.
 *
 * 1. Handle memory comes from chunks that are never given back, so a stale handle always points
 *    at a handle slot, and any other address is recognised by its range: looking one up never
 *    faults, takes no lock and costs a few compares.
 * 2. A slot is reused last of all free ones, so a stale handle stays invalid for long.
 * 3. An object is pinned while somebody works on it; vu_handle_retire() waits for them.
 *
 * Slot states (functions that move it): FREE -vu_handle_new-> LIVE -vu_handle_retire-> DYING
 * -the same vu_handle_retire, after the last vu_handle_put-> FREE.  vu_handle_turn() makes it DYING,
 * too, and LIVE again as one of another kind.
 */
#ifndef VU_HANDLE_H
#define VU_HANDLE_H

enum vu_handle_kind {
	VU_HANDLE_CONNECTION = 1,
	VU_HANDLE_DISK,
	VU_HANDLE_DISK_SET,
	VU_HANDLE_VOLUME,
	VU_HANDLE_ATTACHED_DISK, /* it is a part of another one by now */
};

/**
 * vu_handle_new() - a handle for @object, which is not NULL
 *
 * Return: what the client gets, NULL when memory is short.
 */
void *vu_handle_new(enum vu_handle_kind kind, void *object);

/**
 * vu_handle_get() - the object behind a client's handle, pinned
 * @handle: anything a client may pass, NULL included
 *
 * Return: the object, to be released with vu_handle_put(); NULL when @handle is not (or no longer)
 * a handle of that kind.
 */
void *vu_handle_get(const void *handle, enum vu_handle_kind kind);

/** vu_handle_put() - end of the use that vu_handle_get() began */
void vu_handle_put(const void *handle);

/**
 * vu_handle_retire() - make a handle invalid
 *
 * Waits until nobody uses it; must not be called by one who does.
 * Return: the object, now the caller's alone; NULL when @handle was not valid (somebody else may
 * have retired it first: only one caller gets the object).
 */
void *vu_handle_retire(const void *handle, enum vu_handle_kind kind);

/**
 * vu_handle_turn() - make a handle one of another kind
 *
 * Waits until nobody uses it as one of @kind; must not be called by one who does.
 * Return: the object, which stays the handle's; NULL when @handle was not valid.
 */
void *vu_handle_turn(const void *handle, enum vu_handle_kind kind, enum vu_handle_kind new_kind);

/**
 * vu_handle_each() - call @fn for every live handle of a kind
 *
 * @fn may retire the handle it is given.  It is not pinned: somebody else may have retired it just
 * now.  Handles made meanwhile may be missed.
 */
void vu_handle_each(enum vu_handle_kind kind, void (*fn)(void *handle, void *ctx), void *ctx);

#endif
