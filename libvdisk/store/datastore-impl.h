/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Files on the datastores of a server, for their own sources: datastore.c opens and closes, datastore-read.c
 * reads, datastore-fetch.c asks the server.
 */
#ifndef VD_DATASTORE_IMPL_H
#define VD_DATASTORE_IMPL_H

#include <pthread.h>
#include <stdatomic.h>
#include <sys/uio.h>

#include "../vim/http.h"
#include "../vim/session.h"
#include "datastore-ahead.h"
#include "datastore-lines.h"
#include "datastore-pool.h"
#include "datastore.h"

#define VD_FETCH_MAX   (4u << 20) /* bytes of a request */
#define VD_FETCH_LINES (VD_FETCH_MAX / VD_LINE_BYTES)

/* How often a server decodes the names in a query. */
enum vd_decodes { VD_DECODES_UNKNOWN, VD_DECODES_ONCE, VD_DECODES_TWICE };

struct vd_datastores {
	struct vd_store_ops ops; /* of its files: how a file finds it */
	struct vim_session *session;
	char *dc_path; /* or NULL */
	struct vd_lines *lines;
	struct vd_pool *pool;
	_Atomic enum vd_decodes decodes;
	_Atomic uint64_t n_files; /* opened so far: their names in @lines */
	atomic_bool is_over;      /* what is still fetched ahead is for nobody */

	pthread_mutex_t lock; /* of rank 6; guards all below */
	struct vd_ahead_limit limit;
	uint64_t ahead_max; /* bytes: half of what is remembered, so that it is still there */
};

/* A file, for as long as a store or a request needs it. */
struct vd_remote {
	atomic_uint owners;
	struct vd_datastores *ds;
	char *path;    /* "[ds] dir/name", for messages */
	char *target;  /* of requests */
	char *version; /* as the server told when it was opened, or NULL */
	uint64_t size;
	uint64_t number; /* in ds->lines */
};

struct vd_dsfile {
	struct vd_store base;
	struct vd_remote *remote;
	pthread_mutex_t lock; /* of rank 6; guards: */
	struct vd_reader reader;
};

/* The bytes of one request, and where they go: into lines, into somebody's buffer, or both. */
struct vd_fetch {
	struct vd_task task;
	struct vd_remote *remote;
	uint64_t off;
	uint64_t len;
	const struct iovec *parts;
	unsigned n_parts;
	VixError err;
};

static inline struct vd_dsfile *vd_dsfile_of(struct vd_store *st)
{
	return (struct vd_dsfile *)st;
}

/** vd_datastores_of() - whose file it is */
static inline struct vd_datastores *vd_datastores_of(const struct vd_store *st)
{
	return (struct vd_datastores *)((char *)(uintptr_t)st->ops -
					offsetof(struct vd_datastores, ops));
}

/** vd_remote_share(), vd_remote_put() - one owner more, one less */
struct vd_remote *vd_remote_share(struct vd_remote *f);
void vd_remote_put(struct vd_remote *f);

/**
 * vd_remote_ask() - GET or HEAD, with a session that is logged in again if need be
 * @r_out: filled; vim_response_free()
 *
 * Errors: those of vim_http_get() and vim_session_renew()
 */
VixError vd_remote_ask(struct vd_datastores *ds, const struct vim_request *q,
		       struct vim_response *r_out);

/**
 * vd_remote_fetch() - bytes of a file, straight to where they are to be
 *
 * Errors: FILE_ERROR  it was written since it was opened (logged); those of vd_remote_ask(), and
 *         vim_http_refused()
 */
VixError vd_remote_fetch(struct vd_remote *f, const struct iovec *parts, unsigned n_parts,
			 uint64_t off, uint64_t len);

/** vd_remote_ahead() - begin to fetch a part of a file into lines; what goes wrong is nobody's business */
void vd_remote_ahead(struct vd_remote *f, uint64_t off, uint64_t len);

/** vd_line_len() - the bytes that the file has of a line */
size_t vd_line_len(const struct vd_remote *f, uint64_t index);

/** vd_dsfile_pread() - slot of struct vd_store_ops */
VixError vd_dsfile_pread(struct vd_store *st, void *buf, size_t len, uint64_t off);

#endif
