/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Stores that are files on the datastores of a server: opening and closing; see datastore.h.
 */
#include "config.h"

#include "datastore.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "../../common/alloc.h"
#include "../../common/bytes.h"
#include "../../common/cleanup.h"
#include "../../common/log.h"
#include "datastore-impl.h"
#include "datastore-url.h"

#define CACHE_BYTES ((size_t)VD_DATASTORE_CACHE_MIB << 20)
#define FILE_ID_DEV 0x766473746f7265u /* no device of this host */

/* Opening. */

static VixError refuse_writing(const struct vd_store *st)
{
	VU_ERR("store", "%s: cannot open for writing: over https, files are only read",
	       vu_log_quote(st->path));
	return VIX_E_FILE_READ_ONLY;
}

static VixError open_refused(const struct vd_store *st, unsigned status)
{
	VU_AUTO(free) char *doing = vu_asprintf("open %s", vu_log_quote(st->path));

	if (status == 404 && (st->mode & VD_STORE_MAY_BE_ABSENT))
		return VIX_E_FILE_NOT_FOUND;
	return vim_http_refused(vim_session_http(vd_datastores_of(st)->session), status,
				doing != NULL ? doing : "open a file");
}

/* For servers that did not tell the size with a part of the file. */
static VixError ask_size(struct vd_store *st, const char *target)
{
	const struct vim_request q = { .method = "HEAD", .target = target };
	struct vim_response r;
	VixError err = vd_remote_ask(vd_datastores_of(st), &q, &r);

	if (err == VIX_OK && r.status != 200) {
		err = open_refused(st, r.status);
	} else if (err == VIX_OK && !r.has_size) {
		VU_ERR("store", "%s: the server does not tell its size", vu_log_quote(st->path));
		err = VIX_E_NET_HTTP_TRANSFER;
	}
	st->size = r.size;
	vim_response_free(&r);
	return err;
}

/* The first line of the file; it is remembered. */
static void keep_first(const struct vd_remote *f, const struct vim_response *r)
{
	struct vd_line *l = vd_line_claim_new(f->ds->lines, f->number, 0);
	bool is_all = r->status == 206 && r->body_len == vd_line_len(f, 0);

	if (l == NULL)
		return;
	if (is_all)
		memcpy(l->bytes, r->body, r->body_len);
	vd_line_settle(f->ds->lines, l, is_all);
	vd_line_put(f->ds->lines, l, false);
}

/* 416: it is empty, and has no first line. */
static bool tells_size(const struct vim_response *r)
{
	return r->has_size &&
	       (r->status == 206 || (r->size == 0 && (r->status == 200 || r->status == 416)));
}

static VixError find_size(struct vd_store *st, const char *target, const struct vim_response *r)
{
	st->size = r->size;
	if (!tells_size(r) && r->status != 206 && r->status != 416)
		return open_refused(st, r->status);
	if (!tells_size(r))
		VD_TRY(ask_size(st, target));
	if (st->size <= INT64_MAX) /* so that positions in it can be added up */
		return VIX_OK;
	VU_ERR("store", "%s: the server says that it has %" PRIu64 " bytes: no file has as many",
	       vu_log_quote(st->path), st->size);
	return VIX_E_FILE_TOO_BIG;
}

static struct vd_remote *new_remote(struct vd_datastores *ds, const char *path)
{
	struct vd_remote *f = vu_calloc_array(1, sizeof(*f));

	if (f == NULL)
		return NULL;
	atomic_init(&f->owners, 1);
	f->ds = ds;
	f->number = atomic_fetch_add(&ds->n_files, 1);
	f->path = strdup(path);
	if (f->path != NULL)
		return f;
	vd_remote_put(f);
	return NULL;
}

/* Asks for the first line: that it is there, and how long it is, comes with it. */
static VixError probe(struct vd_store *st, struct vd_remote *f, bool is_twice,
		      struct vim_response *r_out)
{
	struct vim_request q = { .method = "GET",
				 .count = VD_LINE_BYTES,
				 .keep_max = VD_LINE_BYTES };

	free(f->target);
	VD_TRY(vd_datastore_target(st->path, f->ds->dc_path, is_twice, &f->target));
	q.target = f->target;
	return vd_remote_ask(f->ds, &q, r_out);
}

/* In the way that the server is known to decode names, or in one and then the other. */
static VixError probe_both(struct vd_store *st, struct vd_remote *f, struct vim_response *r_out)
{
	bool matters = vd_datastore_needs_twice(st->path, f->ds->dc_path);
	enum vd_decodes known = atomic_load(&f->ds->decodes);
	bool is_twice = matters && known != VD_DECODES_ONCE;

	VD_TRY(probe(st, f, is_twice, r_out));
	if (matters && known == VD_DECODES_UNKNOWN && r_out->status == 404) {
		vim_response_free(r_out);
		is_twice = false;
		VD_TRY(probe(st, f, is_twice, r_out));
	}
	if (matters && (r_out->status == 206 || r_out->status == 416))
		atomic_store(&f->ds->decodes, is_twice ? VD_DECODES_TWICE : VD_DECODES_ONCE);
	return VIX_OK;
}

/* FNV-1a: two names of one file are the same text but for blanks and slashes. */
static uint64_t add_hash(uint64_t hash, const char *s)
{
	for (; *s != '\0'; s++)
		hash = (hash ^ (unsigned char)*s) * 0x100000001b3u;
	return hash;
}

static struct vd_file_id id_of(const struct vd_remote *f)
{
	uint64_t hash = add_hash(0xcbf29ce484222325u,
				 vim_http_name(vim_session_http(f->ds->session)));

	return (struct vd_file_id){ .dev = FILE_ID_DEV, .ino = add_hash(hash, f->target) };
}

static VixError open_remote(struct vd_store *st, struct vd_remote *f)
{
	struct vim_response r = { 0 };
	VixError err = probe_both(st, f, &r);

	if (err == VIX_OK)
		err = find_size(st, f->target, &r);
	f->size = st->size;
	if (err == VIX_OK && st->size != 0)
		keep_first(f, &r);
	f->version = VU_STEAL(r.version);
	vim_response_free(&r);
	return err;
}

static VixError ds_open(struct vd_store *st)
{
	struct vd_dsfile *df = vd_dsfile_of(st);
	struct vd_remote *f;
	VixError err;

	if (st->mode & (VD_STORE_WRITE | VD_STORE_CREATE))
		return refuse_writing(st);
	f = new_remote(vd_datastores_of(st), st->path);
	if (f == NULL)
		return VIX_E_OUT_OF_MEMORY;
	err = open_remote(st, f);
	if (err != VIX_OK) {
		vd_remote_put(f);
		return err;
	}
	st->id = id_of(f);
	df->remote = f;
	pthread_mutex_init(&df->lock, NULL);
	vim_session_hold(f->ds->session);
	return VIX_OK;
}

static void ds_close(struct vd_store *st)
{
	struct vd_dsfile *df = vd_dsfile_of(st);

	vim_session_unhold(df->remote->ds->session);
	vd_lines_drop(df->remote->ds->lines, df->remote->number);
	vd_remote_put(df->remote);
	pthread_mutex_destroy(&df->lock);
}

static const struct vd_store_ops ops = {
	.name = "datastore",
	.state_size = sizeof(struct vd_dsfile),
	.open = ds_open,
	.close = ds_close,
	.pread = vd_dsfile_pread,
};

/* All files of a server. */

VixError vd_datastores_new(struct vim_session *s, const char *dc_path, struct vd_datastores **out)
{
	struct vd_datastores *ds = vu_calloc_array(1, sizeof(*ds));

	*out = NULL;
	if (ds == NULL)
		return VIX_E_OUT_OF_MEMORY;
	ds->ops = ops;
	ds->session = vim_session_share(s);
	ds->dc_path = vu_strdup_or_null(dc_path);
	ds->lines = vd_lines_new(CACHE_BYTES);
	ds->ahead_max = CACHE_BYTES / 2;
	ds->pool = vd_pool_new();
	pthread_mutex_init(&ds->lock, NULL);
	vd_ahead_limit_init(&ds->limit);
	if (ds->lines == NULL || ds->pool == NULL || (dc_path != NULL && ds->dc_path == NULL)) {
		vd_datastores_free(ds);
		return VIX_E_OUT_OF_MEMORY;
	}
	*out = ds;
	return VIX_OK;
}

void vd_datastores_set_cache(struct vd_datastores *ds, size_t bytes)
{
	vd_lines_set_limit(ds->lines, bytes);
	VU_LOCK(&ds->lock);
	ds->ahead_max = bytes / 2;
}

void vd_datastores_free(struct vd_datastores *ds)
{
	if (ds == NULL)
		return;
	atomic_store(&ds->is_over, true);
	vim_http_wake(vim_session_http(ds->session));
	vd_pool_free(ds->pool);
	vd_lines_free(ds->lines);
	vim_session_close(ds->session);
	pthread_mutex_destroy(&ds->lock);
	free(ds->dc_path);
	free(ds);
}

const struct vd_store_ops *vd_datastores_ops(const struct vd_datastores *ds)
{
	return &ds->ops;
}
