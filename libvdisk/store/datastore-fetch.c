/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Files on the datastores of a server: asking the server; see datastore-impl.h.
 */
#include "config.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "../../common/alloc.h"
#include "../../common/bytes.h"
#include "../../common/cleanup.h"
#include "../../common/log.h"
#include "datastore-impl.h"

struct vd_remote *vd_remote_share(struct vd_remote *f)
{
	atomic_fetch_add(&f->owners, 1);
	return f;
}

void vd_remote_put(struct vd_remote *f)
{
	if (f == NULL || atomic_fetch_sub(&f->owners, 1) != 1)
		return;
	free(f->path);
	free(f->target);
	free(f->version);
	free(f);
}

size_t vd_line_len(const struct vd_remote *f, uint64_t index)
{
	return (size_t)vu_min(VD_LINE_BYTES, f->size - index * VD_LINE_BYTES);
}

static void note_limit(struct vd_datastores *ds, unsigned busy)
{
	VU_LOCK(&ds->lock);

	vd_ahead_limit_note(&ds->limit, busy != 0);
}

static VixError ask_once(struct vd_datastores *ds, const struct vim_request *q,
			 struct vim_response *r_out)
{
	VixError err = vim_http_get(vim_session_http(ds->session), q, r_out);

	note_limit(ds, r_out->busy);
	return err;
}

VixError vd_remote_ask(struct vd_datastores *ds, const struct vim_request *q,
		       struct vim_response *r_out)
{
	unsigned generation = vim_session_generation(ds->session);

	VD_TRY(ask_once(ds, q, r_out));
	if (r_out->status != 401)
		return VIX_OK;
	vim_response_free(r_out);
	VD_TRY(vim_session_renew(ds->session, generation));
	return ask_once(ds, q, r_out);
}

static VixError refused(const struct vd_remote *f, unsigned status)
{
	VU_AUTO(free) char *doing = vu_asprintf("read %s", vu_log_quote(f->path));

	return vim_http_refused(vim_session_http(f->ds->session), status,
				doing != NULL ? doing : "read a file");
}

/* Are these two of one file, as far as the server tells?  Tags, in quotes, are not compared to dates. */
static bool is_same_version(const char *a, const char *b)
{
	return a == NULL || b == NULL || (a[0] == '"') != (b[0] == '"') || strcmp(a, b) == 0;
}

/* What was read before, and what is read now, may be of two files: neither is to be believed. */
static VixError check_file(const struct vd_remote *f, const struct vim_response *r)
{
	if (r->status != 206 && r->status != 416)
		return VIX_OK;
	if (!is_same_version(f->version, r->version)) {
		VU_ERR("store",
		       "%s: it was version %s when it was opened, and is %s now: somebody writes "
		       "it",
		       vu_log_quote(f->path), vu_log_quote(f->version), vu_log_quote(r->version));
		return VIX_E_FILE_ERROR;
	}
	if (!r->has_size || r->size == f->size)
		return VIX_OK;
	VU_ERR("store",
	       "%s: it had %" PRIu64 " bytes when it was opened, and has %" PRIu64
	       " now: somebody writes it",
	       vu_log_quote(f->path), f->size, r->size);
	return VIX_E_FILE_ERROR;
}

VixError vd_remote_fetch(struct vd_remote *f, const struct iovec *parts, unsigned n_parts,
			 uint64_t off, uint64_t len)
{
	const struct vim_request q = { .method = "GET",
				       .target = f->target,
				       .first = off,
				       .count = len,
				       .parts = parts,
				       .n_parts = n_parts,
				       .stop = &f->ds->is_over };
	struct vim_response r;
	VixError err = vd_remote_ask(f->ds, &q, &r);

	if (err == VIX_OK)
		err = check_file(f, &r);
	if (err == VIX_OK && r.status != 206)
		err = refused(f, r.status);
	vim_response_free(&r);
	return err;
}

/* Ahead of a reader. */

/* Lines that lie behind each other, and their request. */
struct ahead {
	struct vd_task task;
	struct vd_remote *remote;
	unsigned n;
	struct vd_line *lines[VD_FETCH_LINES];
	struct iovec parts[VD_FETCH_LINES];
};

static void end_ahead(struct ahead *a, bool is_good)
{
	struct vd_lines *t = a->remote->ds->lines;

	for (unsigned i = 0; i < a->n; i++) {
		vd_line_settle(t, a->lines[i], is_good);
		vd_line_put(t, a->lines[i], false);
	}
	vd_remote_put(a->remote);
	free(a);
}

static void drop_ahead(struct vd_task *t)
{
	end_ahead((struct ahead *)t, false);
}

static void run_ahead(struct vd_task *t)
{
	struct ahead *a = (struct ahead *)t;
	uint64_t len = 0;
	VixError err;

	for (unsigned i = 0; i < a->n; i++)
		len += a->parts[i].iov_len;
	vu_log_hush(); /* who really reads there asks, and tells */
	err = vd_remote_fetch(a->remote, a->parts, a->n, a->lines[0]->index * VD_LINE_BYTES, len);
	vu_log_unhush();
	end_ahead(a, err == VIX_OK);
}

/* Claims lines from @index on, before @end, up to one that is there; NULL: none. */
static struct ahead *claim_ahead(struct vd_remote *f, uint64_t index, uint64_t end)
{
	struct ahead *a = vu_calloc_array(1, sizeof(*a));
	struct vd_line *l;

	if (a == NULL)
		return NULL;
	a->task = (struct vd_task){ .run = run_ahead, .drop = drop_ahead };
	a->remote = vd_remote_share(f);
	while (index < end && a->n < VD_FETCH_LINES &&
	       (l = vd_line_claim_new(f->ds->lines, f->number, index)) != NULL) {
		a->lines[a->n] = l;
		a->parts[a->n++] = (struct iovec){ l->bytes, vd_line_len(f, index) };
		index++;
	}
	if (a->n != 0)
		return a;
	end_ahead(a, false);
	return NULL;
}

/* Half a window is two requests, beside the two of the half before: each begins with a wait for the server, so
 * longer ones are better than more. */
static uint64_t request_lines(uint64_t lines)
{
	uint64_t block = VD_DATASTORE_BLOCK / VD_LINE_BYTES;

	return vu_min(vu_round_up(vu_div_up(lines, VD_POOL_THREADS / 2), block), VD_FETCH_LINES);
}

void vd_remote_ahead(struct vd_remote *f, uint64_t off, uint64_t len)
{
	uint64_t index = off / VD_LINE_BYTES;
	uint64_t end = vu_div_up(off + len, VD_LINE_BYTES);
	uint64_t step = request_lines(end - index);
	struct ahead *a;

	while (index < end) {
		uint64_t until = vu_min(vu_round_down(index + step, step), end);

		a = claim_ahead(f, index, until);
		index += a != NULL ? a->n : 1;
		if (a != NULL && !vd_pool_add(f->ds->pool, &a->task))
			drop_ahead(&a->task);
	}
}
