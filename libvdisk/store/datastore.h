/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Stores that are files on the datastores of a server, read with ranged requests to its /folder.
 *
 * 1. Read-only, but for vd_datastore_put().
 * 2. Paths are "[datastore] dir/name"; of a file at the top "[datastore] /name", so that a name beside
 *    it can be made from the path.
 * 3. What was read is remembered, in lines of 64 KiB, in a bounded memory of all files of one
 *    vd_datastores; a long read goes past it, with several requests at once.  Who reads in order is read
 *    ahead of, further and further, until the server says that it is busy.
 * 4. A reply that is not exactly what was asked for is an error, never data; so is a file that was
 *    written since it was opened, as its size, its ETag or the time of its last change tells.
 */
#ifndef VD_STORE_DATASTORE_H
#define VD_STORE_DATASTORE_H

#include "store.h"

#define VD_DATASTORE_BLOCK (1u << 20) /* bytes: no long read has shorter requests */

/* The key of the configuration that says how many MiB are remembered for each connection. */
#define VD_CONFIG_HTTPS_CACHE      "vixDiskLib.transport.https.cacheMiB"
#define VD_DATASTORE_CACHE_MIB     64
#define VD_DATASTORE_CACHE_MIB_MAX 4096

struct vim_session;
struct vd_datastores;

/**
 * vd_datastores_new() - the files of a server's datastores
 * @s:       shared until vd_datastores_free()
 * @dc_path: "Folder/DC", not escaped: where the datastores are looked for; NULL: the server's only one
 * @out:     filled; vd_datastores_free()
 *
 * Errors: OUT_OF_MEMORY
 */
VixError vd_datastores_new(struct vim_session *s, const char *dc_path, struct vd_datastores **out);

/** vd_datastores_set_cache() - how many bytes are remembered at most, as lines are read from now on */
void vd_datastores_set_cache(struct vd_datastores *ds, size_t bytes);

/** vd_datastores_free() - all its stores are closed; NULL is fine */
void vd_datastores_free(struct vd_datastores *ds);

/**
 * vd_datastores_ops() - the driver to open files with; valid as long as @ds
 *
 * Opening: FILE_NOT_FOUND, FILE_ACCESS_ERROR, FILE_ALREADY_LOCKED, AUTHENTICATION_FAIL as
 *          vim_http_refused() tells; FILE_READ_ONLY for writing; those of vim_http_get()
 */
const struct vd_store_ops *vd_datastores_ops(const struct vd_datastores *ds);

/* Fills @buf with the next @len bytes of a file; its error ends the request.  No lock is held. */
typedef VixError vd_datastore_give_fn(void *buf, size_t len, void *ctx);

/**
 * vd_datastore_put() - give a file other bytes: all that it has
 * @st:    open, of vd_datastores_ops(); it has to be opened again to see them
 * @len:   how many
 * @give:  tells them, in order
 * @begin: has @give begin anew: called before the first byte, and again where the server has asked for a
 *         login instead
 *
 * In one request, which is not repeated otherwise: a server may have any part of it after an error.
 * Errors: those of @give, vim_http_send(), vim_session_renew(); as vim_http_refused() (logged)
 * Test:   vsphere/upload.sh
 */
VixError vd_datastore_put(struct vd_store *st, uint64_t len, vd_datastore_give_fn *give,
			  void (*begin)(void *ctx), void *ctx);

#endif
