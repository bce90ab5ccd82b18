/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Files on the datastores of a server: reading; see datastore-impl.h.
 *
 * A request is cut into spans, and a span into the lines that it touches.  Lines that are remembered, or that
 * somebody is fetching, are copied; runs of others are fetched, each with one request or several, at once.
 * In a long span, lines that lie inside it go straight to the reader and are not remembered.
 *
 * 1. Who has lines to fill waits for nobody else's before he has filled his.
 */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "../../common/alloc.h"
#include "../../common/bytes.h"
#include "../../common/cleanup.h"
#include "datastore-impl.h"

#define SPAN_BYTES   (16u << 20)
#define SPAN_LINES   (SPAN_BYTES / VD_LINE_BYTES + 1)
#define DIRECT_BYTES VD_DATASTORE_BLOCK /* a span this long goes past the memory */
#define FETCHES_MAX  (SPAN_LINES / 2 + SPAN_BYTES / VD_DATASTORE_BLOCK + 2)

enum way { COPIED, FILLED, DIRECT };

/* What becomes of one line. */
struct piece {
	enum way way;
	struct vd_line *line; /* held; NULL: DIRECT */
};

struct span {
	struct vd_remote *f;
	char *buf;
	uint64_t off, len;
	uint64_t first; /* line */
	unsigned n;     /* lines */
	bool is_done;   /* lines that were read to their ends are not worth keeping */
	struct piece pieces[SPAN_LINES];
	struct iovec parts[SPAN_LINES];
	struct vd_fetch fetches[FETCHES_MAX];
	unsigned n_fetches;
};

/* The part of line @i that is wanted: where it begins in the line, and where it goes. */
static size_t wanted(const struct span *s, unsigned i, size_t *skip_out, char **to_out)
{
	uint64_t begin = (s->first + i) * VD_LINE_BYTES;
	uint64_t from = vu_max(begin, s->off);
	uint64_t end = vu_min(begin + VD_LINE_BYTES, s->off + s->len);

	*skip_out = (size_t)(from - begin);
	*to_out = s->buf + (from - s->off);
	return (size_t)(end - from);
}

static bool is_whole(const struct span *s, unsigned i)
{
	size_t skip;
	char *to;

	return wanted(s, i, &skip, &to) == vd_line_len(s->f, s->first + i);
}

/* Which way each line goes. */

static bool claim(struct span *s, unsigned i)
{
	struct piece *p = &s->pieces[i];
	enum vd_line_state state;
	bool is_ready;

	if (s->len >= DIRECT_BYTES && is_whole(s, i)) {
		p->line = vd_line_find(s->f->ds->lines, s->f->number, s->first + i, &is_ready);
		p->way = p->line != NULL ? COPIED : DIRECT;
		return true;
	}
	p->line = vd_line_claim(s->f->ds->lines, s->f->number, s->first + i, &state);
	p->way = state == VD_LINE_MINE ? FILLED : COPIED;
	return p->line != NULL;
}

static void lay_out_part(struct span *s, unsigned i)
{
	size_t skip;
	char *to;

	wanted(s, i, &skip, &to);
	s->parts[i].iov_base = s->pieces[i].way == DIRECT ? (void *)to : s->pieces[i].line->bytes;
	s->parts[i].iov_len = vd_line_len(s->f, s->first + i);
}

/* Requests. */

static void run_fetch(struct vd_task *t)
{
	struct vd_fetch *fe = (struct vd_fetch *)t;

	fe->err = vd_remote_fetch(fe->remote, fe->parts, fe->n_parts, fe->off, fe->len);
}

static void add_fetch(struct span *s, unsigned i, unsigned n)
{
	struct vd_fetch *fe = &s->fetches[s->n_fetches++];

	*fe = (struct vd_fetch){ .task.run = run_fetch,
				 .remote = s->f,
				 .parts = &s->parts[i],
				 .n_parts = n,
				 .off = (s->first + i) * VD_LINE_BYTES };
	for (unsigned k = 0; k < n; k++)
		fe->len += s->parts[i + k].iov_len;
}

/* Lines of one request: as many requests at once as there are threads, none shorter than a block. */
static unsigned step_of(const struct span *s)
{
	uint64_t block = VD_DATASTORE_BLOCK / VD_LINE_BYTES;
	uint64_t part = vu_round_up(vu_div_up(s->n, VD_POOL_THREADS), block);

	return (unsigned)vu_min(part, VD_FETCH_LINES);
}

/* Runs of lines that are not copied, cut where a step ends. */
static void add_fetches(struct span *s)
{
	unsigned step = step_of(s), begin = 0;

	for (unsigned i = 0; i <= s->n; i++) {
		bool is_missing = i < s->n && s->pieces[i].way != COPIED;

		if (is_missing)
			lay_out_part(s, i);
		if (i > begin && (!is_missing || (s->first + i) % step == 0)) {
			add_fetch(s, begin, i - begin);
			begin = i;
		}
		if (!is_missing)
			begin = i + 1;
	}
}

static VixError run_fetches(struct span *s)
{
	struct vd_pool *pool = s->f->ds->pool;
	VixError err = VIX_OK;

	for (unsigned i = 1; i < s->n_fetches; i++)
		vd_pool_add(pool, &s->fetches[i].task);
	if (s->n_fetches != 0)
		run_fetch(&s->fetches[0].task);
	for (unsigned i = 0; i < s->n_fetches; i++) {
		if (i > 0)
			vd_pool_finish(pool, &s->fetches[i].task);
		err = err == VIX_OK ? s->fetches[i].err : err;
	}
	return err;
}

/* Was line @i fetched? */
static bool is_fetched(const struct span *s, unsigned i)
{
	for (unsigned k = 0; k < s->n_fetches; k++) {
		const struct vd_fetch *fe = &s->fetches[k];
		unsigned begin = (unsigned)(fe->parts - s->parts);

		if (i >= begin && i < begin + fe->n_parts)
			return fe->err == VIX_OK;
	}
	return false;
}

/* Lines that we have claimed: also those of a span that came to nothing. */
static void settle(struct span *s)
{
	for (unsigned i = 0; i < s->n; i++) {
		if (s->pieces[i].line != NULL && s->pieces[i].way == FILLED)
			vd_line_settle(s->f->ds->lines, s->pieces[i].line, is_fetched(s, i));
	}
}

/* Copies. */

static void copy(const struct span *s, unsigned i, const struct vd_line *l)
{
	size_t skip;
	char *to;
	size_t len = wanted(s, i, &skip, &to);

	memcpy(to, l->bytes + skip, len);
}

static void put(struct span *s, unsigned i)
{
	struct piece *p = &s->pieces[i];
	uint64_t end = (s->first + i + 1) * VD_LINE_BYTES;

	if (p->line != NULL)
		vd_line_put(s->f->ds->lines, p->line, s->is_done && end <= s->off + s->len);
	p->line = NULL;
}

/* What somebody else could not fetch. */
static VixError fetch_again(struct span *s, unsigned i)
{
	struct vd_lines *t = s->f->ds->lines;
	uint64_t index = s->first + i;
	enum vd_line_state state;
	struct iovec part;
	VixError err;

	s->pieces[i].line = vd_line_claim(t, s->f->number, index, &state);
	if (s->pieces[i].line == NULL)
		return VIX_E_OUT_OF_MEMORY;
	if (state != VD_LINE_MINE)
		return VIX_OK;
	part = (struct iovec){ s->pieces[i].line->bytes, vd_line_len(s->f, index) };
	err = vd_remote_fetch(s->f, &part, 1, index * VD_LINE_BYTES, part.iov_len);
	vd_line_settle(t, s->pieces[i].line, err == VIX_OK);
	return err;
}

static VixError copy_line(struct span *s, unsigned i)
{
	while (!vd_line_wait(s->f->ds->lines, s->pieces[i].line)) {
		put(s, i);
		VD_TRY(fetch_again(s, i));
	}
	copy(s, i, s->pieces[i].line);
	return VIX_OK;
}

static VixError copy_lines(struct span *s)
{
	for (unsigned i = 0; i < s->n; i++) {
		if (s->pieces[i].way != DIRECT)
			VD_TRY(copy_line(s, i));
	}
	return VIX_OK;
}

static VixError fetch_span(struct span *s)
{
	VixError err = VIX_OK;

	for (unsigned i = 0; i < s->n && err == VIX_OK; i++)
		err = claim(s, i) ? VIX_OK : VIX_E_OUT_OF_MEMORY;
	if (err == VIX_OK) {
		add_fetches(s);
		err = run_fetches(s);
	}
	settle(s);
	if (err == VIX_OK)
		err = copy_lines(s);
	for (unsigned i = 0; i < s->n; i++)
		put(s, i);
	return err;
}

static VixError read_span(struct vd_remote *f, char *buf, uint64_t len, uint64_t off, bool is_done)
{
	VU_AUTO(free) struct span *s = vu_calloc_array(1, sizeof(*s));

	if (s == NULL)
		return VIX_E_OUT_OF_MEMORY;
	s->f = f;
	s->buf = buf;
	s->off = off;
	s->len = len;
	s->is_done = is_done;
	s->first = off / VD_LINE_BYTES;
	s->n = (unsigned)(vu_div_up(off + len, VD_LINE_BYTES) - s->first);
	return fetch_span(s);
}

/* What is remembered from @off on.  Return: how many bytes of it were copied. */
static size_t read_remembered(struct vd_remote *f, char *buf, size_t len, uint64_t off,
			      bool is_done)
{
	bool is_ready = true;
	size_t got = 0;
	struct vd_line *l;

	while (got < len) {
		uint64_t at = off + got;
		size_t skip = at % VD_LINE_BYTES;
		size_t part = vu_min(len - got, VD_LINE_BYTES - skip);

		l = vd_line_find(f->ds->lines, f->number, at / VD_LINE_BYTES, &is_ready);
		if (l == NULL)
			return got;
		if (is_ready)
			memcpy(buf + got, l->bytes + skip, part);
		vd_line_put(f->ds->lines, l, is_done && is_ready && skip + part == VD_LINE_BYTES);
		if (!is_ready)
			return got;
		got += part;
	}
	return got;
}

/* Has the reader's next part fetched; true: he goes through the file in order. */
static bool note_reader(struct vd_dsfile *df, size_t len, uint64_t off)
{
	struct vd_datastores *ds = df->remote->ds;
	uint64_t limit, ahead_off, ahead_len;
	bool is_in_order;

	{
		VU_LOCK(&ds->lock);
		limit = vu_min(ds->limit.bytes, ds->ahead_max);
	}
	{
		VU_LOCK(&df->lock);
		ahead_len = vd_reader_note(&df->reader, off, len, limit, df->remote->size,
					   &ahead_off);
		is_in_order = vd_reader_is_in_order(&df->reader);
	}
	if (ahead_len != 0)
		vd_remote_ahead(df->remote, ahead_off, ahead_len);
	return is_in_order;
}

VixError vd_dsfile_pread(struct vd_store *st, void *buf, size_t len, uint64_t off)
{
	struct vd_dsfile *df = vd_dsfile_of(st);
	bool is_done = note_reader(df, len, off);
	size_t got = read_remembered(df->remote, buf, len, off, is_done);

	while (got < len) {
		uint64_t part = vu_min(len - got, SPAN_BYTES - (off + got) % VD_LINE_BYTES);

		VD_TRY(read_span(df->remote, (char *)buf + got, part, off + got, is_done));
		got += part;
	}
	return VIX_OK;
}
