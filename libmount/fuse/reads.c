/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Reading files; see reads.h.
 *
 * Block states: READING -read_block-> READY -last user gone, all delivered, or room needed-> freed
 *                       -failure-> unlisted, freed by the last user
 */
#include "config.h"

#include "reads.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "../../common/bytes.h"
#include "../../common/cleanup.h"
#include "../../common/forks.h"
#include "../../common/log.h"

#define MAX_BLOCKS 64 /* a list is searched for each request */

/* How far from the expected place a read may be and still count as in order: the kernel reads
 * ahead with several requests, which reach us in any order. */
#define WINDOW VMNT_CHUNK

struct vmnt_block {
	struct vmnt_link link; /* in reads->blocks; alone when unlisted */
	const struct vmnt_node *node;
	uint64_t off;
	size_t len;
	char *data;
	size_t delivered; /* bytes that the kernel has fetched */
	unsigned users;
	bool listed;
	bool reading;
	int err;
};

void vmnt_reads_init(struct vmnt_reads *rd, struct vmnt_names *names)
{
	memset(rd, 0, sizeof(*rd));
	rd->names = names;
	pthread_mutex_init(&rd->lock, NULL);
	pthread_cond_init(&rd->ready, NULL);
	vmnt_list_init(&rd->blocks);
}

static void unlist_locked(struct vmnt_reads *rd, struct vmnt_block *b)
{
	if (!b->listed)
		return;
	vmnt_list_remove(&b->link);
	b->listed = false;
	rd->bytes -= b->len;
	rd->n--;
}

static void free_block(struct vmnt_block *b)
{
	free(b->data);
	free(b);
}

static void note_fetched_locked(struct vmnt_reads *rd, const struct vmnt_block *b)
{
	rd->fetched[rd->next_fetched++ % VMNT_FETCHED] = (struct vmnt_fetched){ b->node, b->off };
}

static bool is_fetched_locked(const struct vmnt_reads *rd, const struct vmnt_node *node,
			      uint64_t off)
{
	for (size_t i = 0; i < VMNT_FETCHED; i++)
		if (rd->fetched[i].node == node && rd->fetched[i].off == off)
			return true;
	return false;
}

static void put_locked(struct vmnt_reads *rd, struct vmnt_block *b)
{
	if (--b->users > 0)
		return;
	if (b->delivered >= b->len && b->listed) {
		note_fetched_locked(rd, b);
		unlist_locked(rd, b);
	}
	if (!b->listed)
		free_block(b);
}

void vmnt_reads_destroy(struct vmnt_reads *rd)
{
	while (!vmnt_list_is_empty(&rd->blocks)) {
		struct vmnt_block *b = VMNT_ENTRY(rd->blocks.next, struct vmnt_block, link);

		unlist_locked(rd, b);
		free_block(b);
	}
	vu_cond_destroy(&rd->ready);
	pthread_mutex_destroy(&rd->lock);
}

static struct vmnt_block *find_locked(const struct vmnt_reads *rd, const struct vmnt_node *node,
				      uint64_t off)
{
	for (struct vmnt_link *l = rd->blocks.next; l != &rd->blocks; l = l->next) {
		struct vmnt_block *b = VMNT_ENTRY(l, struct vmnt_block, link);

		if (b->node == node && b->off == off)
			return b;
	}
	return NULL;
}

/* The stream of @node, or the longest unused one made its own. */
static struct vmnt_stream *stream_locked(struct vmnt_reads *rd, const struct vmnt_node *node)
{
	struct vmnt_stream *oldest = &rd->streams[0];

	for (size_t i = 0; i < VMNT_STREAMS; i++) {
		if (rd->streams[i].node == node)
			return &rd->streams[i];
		if (rd->streams[i].used < oldest->used)
			oldest = &rd->streams[i];
	}
	*oldest = (struct vmnt_stream){ .node = node, .next = 0 };
	return oldest;
}

/* How many reads of this large file came in order up to this one; 0: this one did not. */
static unsigned note_read_locked(struct vmnt_reads *rd, const struct vmnt_node *node, uint64_t off,
				 uint64_t end)
{
	struct vmnt_stream *s = stream_locked(rd, node);
	bool is_new = s->used == 0;
	bool in_order = is_new ? off == 0 : off + WINDOW >= s->next && off <= s->next + WINDOW;

	s->run = in_order ? s->run + 1 : 0;
	s->next = end;
	s->used = ++rd->clock;
	return s->run;
}

static void plan_one(struct vmnt_read *r, uint64_t off, uint64_t len, uint64_t from, uint64_t end)
{
	r->pieces[r->n_pieces++] = (struct vmnt_piece){
		.off = off, .len = len, .from = from - off, .n = end - from
	};
}

static void plan_chunks(struct vmnt_read *r, uint64_t off, uint64_t end)
{
	while (off < end && r->n_pieces < VMNT_PIECES) {
		uint64_t start = vu_round_down(off, VMNT_CHUNK);
		uint64_t len = vu_min(VMNT_CHUNK, r->node->size - start);
		uint64_t stop = vu_min(end, start + len);

		plan_one(r, start, len, off, stop);
		off = stop;
	}
}

static void plan_ahead(struct vmnt_read *r)
{
	const struct vmnt_piece *last = &r->pieces[r->n_pieces - 1];

	r->ahead_off = last->off + VMNT_CHUNK;
	if (r->ahead_off < r->node->size)
		r->ahead_len = vu_min(VMNT_CHUNK, r->node->size - r->ahead_off);
}

void vmnt_reads_plan(struct vmnt_reads *rd, struct vmnt_node *node, size_t len, uint64_t off,
		     struct vmnt_read *r)
{
	uint64_t end = off < node->size ? off + vu_min(len, node->size - off) : off;
	unsigned run;
	bool is_cached;

	*r = (struct vmnt_read){ .node = node };
	if (off == end)
		return;
	if (node->size <= VMNT_SMALL_FILE) {
		plan_one(r, 0, node->size, off, end);
		r->is_start = off == 0;
		return;
	}
	pthread_mutex_lock(&rd->lock);
	run = note_read_locked(rd, node, off, end);
	is_cached = find_locked(rd, node, vu_round_down(off, VMNT_CHUNK)) != NULL;
	pthread_mutex_unlock(&rd->lock);
	if (run == 0 && !is_cached) {
		plan_one(r, off, end - off, off, end);
		r->direct = true;
		return;
	}
	plan_chunks(r, off, end);
	if (run > 1)
		plan_ahead(r);
}

/* Frees blocks that nobody uses until @len fits. */
static void make_room_locked(struct vmnt_reads *rd, size_t len)
{
	struct vmnt_link *l = rd->blocks.next;

	while (l != &rd->blocks && (rd->bytes + len > VMNT_READ_BYTES || rd->n >= MAX_BLOCKS)) {
		struct vmnt_block *b = VMNT_ENTRY(l, struct vmnt_block, link);

		l = l->next;
		if (b->users == 0) {
			unlist_locked(rd, b);
			free_block(b);
		}
	}
}

static struct vmnt_block *new_block(const struct vmnt_node *node, uint64_t off, size_t len)
{
	struct vmnt_block *b = calloc(1, sizeof(*b));

	if (b == NULL)
		return NULL;
	b->data = malloc(len);
	if (b->data == NULL) {
		free(b);
		return NULL;
	}
	vmnt_list_init(&b->link);
	b->node = node;
	b->off = off;
	b->len = len;
	b->users = 1;
	b->reading = true;
	return b;
}

/* The guest call; no lock held. */
static int read_block(struct vmnt_reads *rd, struct vmnt_block *b)
{
	const struct vmnt_guest *g = vmnt_names_guest(rd->names, b->node);
	char path[PATH_MAX];
	ssize_t got;
	int rc = vmnt_node_path(b->node, path);

	if (rc < 0)
		return rc;
	got = g->ops->read(g->fs, path, b->data, b->len, b->off);
	if (got == (ssize_t)b->len)
		return 0;
	if (got < 0)
		VU_WARN("fuse", "cannot read %s at %" PRIu64 ": %s", vu_log_quote(path), b->off,
			strerror((int)-got));
	else
		VU_WARN("fuse",
			"%s: the guest gave %zd of %zu bytes at %" PRIu64 ", the file has %" PRIu64,
			vu_log_quote(path), got, b->len, b->off, b->node->size);
	return got < 0 ? (int)got : -EIO;
}

/* A new block, read from the guest; called with the lock held, returns with it. */
static int load_locked(struct vmnt_reads *rd, const struct vmnt_node *node, uint64_t off,
		       size_t len, bool keep, struct vmnt_block **b_out)
{
	struct vmnt_block *b = new_block(node, off, len);
	int rc;

	if (b == NULL)
		return -ENOMEM;
	if (keep) {
		make_room_locked(rd, len);
		vmnt_list_add_tail(&rd->blocks, &b->link);
		b->listed = true;
		rd->bytes += len;
		rd->n++;
	}
	pthread_mutex_unlock(&rd->lock);
	rc = read_block(rd, b);
	pthread_mutex_lock(&rd->lock);
	b->err = rc;
	b->reading = false;
	pthread_cond_broadcast(&rd->ready);
	if (rc < 0) {
		unlist_locked(rd, b);
		put_locked(rd, b);
	} else {
		*b_out = b;
	}
	return rc;
}

/* A block for one more user: as it is, after waiting for it, or loaded. */
static int get_locked(struct vmnt_reads *rd, const struct vmnt_node *node, uint64_t off, size_t len,
		      bool keep, struct vmnt_block **b_out)
{
	struct vmnt_block *b = keep ? find_locked(rd, node, off) : NULL;
	int err;

	if (b == NULL)
		return load_locked(rd, node, off, len, keep, b_out);
	b->users++;
	while (b->reading)
		pthread_cond_wait(&rd->ready, &rd->lock);
	err = b->err;
	if (err < 0) {
		put_locked(rd, b);
		return err;
	}
	if (b->listed)
		vmnt_list_move_tail(&rd->blocks, &b->link);
	*b_out = b;
	return 0;
}

static void fill_iov(struct vmnt_read *r)
{
	for (unsigned i = 0; i < r->n_pieces; i++) {
		const struct vmnt_piece *p = &r->pieces[i];

		r->iov[i] = (struct iovec){ p->block->data + p->from, p->n };
	}
}

bool vmnt_reads_peek(struct vmnt_reads *rd, struct vmnt_read *r)
{
	struct vmnt_block *found[VMNT_PIECES];

	if (r->n_pieces == 0)
		return true;
	if (r->direct)
		return false;
	VU_LOCK(&rd->lock);
	for (unsigned i = 0; i < r->n_pieces; i++) {
		found[i] = find_locked(rd, r->node, r->pieces[i].off);
		if (found[i] == NULL || found[i]->reading)
			return false;
	}
	for (unsigned i = 0; i < r->n_pieces; i++) {
		r->pieces[i].block = found[i];
		found[i]->users++;
		vmnt_list_move_tail(&rd->blocks, &found[i]->link);
	}
	fill_iov(r);
	return true;
}

int vmnt_reads_fill(struct vmnt_reads *rd, struct vmnt_read *r)
{
	for (unsigned i = 0; i < r->n_pieces; i++) {
		struct vmnt_piece *p = &r->pieces[i];
		int rc;
		VU_LOCK(&rd->lock);

		rc = get_locked(rd, r->node, p->off, p->len, !r->direct, &p->block);
		if (rc < 0)
			return rc;
	}
	fill_iov(r);
	return 0;
}

void vmnt_reads_done(struct vmnt_reads *rd, struct vmnt_read *r, bool delivered)
{
	VU_LOCK(&rd->lock);

	for (unsigned i = 0; i < r->n_pieces; i++) {
		struct vmnt_block *b = r->pieces[i].block;

		if (b == NULL)
			continue;
		if (delivered)
			b->delivered += r->pieces[i].n;
		put_locked(rd, b);
	}
}

void vmnt_reads_warm(struct vmnt_reads *rd, struct vmnt_node *node, uint64_t off, size_t len)
{
	struct vmnt_block *b;

	VU_LOCK(&rd->lock);
	if (!is_fetched_locked(rd, node, off) && get_locked(rd, node, off, len, true, &b) == 0)
		put_locked(rd, b);
}

static bool is_within(const void *p, const void *start, size_t len)
{
	return (uintptr_t)p - (uintptr_t)start < len;
}

void vmnt_reads_drop(struct vmnt_reads *rd, const void *start, size_t len)
{
	struct vmnt_link *l;
	VU_LOCK(&rd->lock);

	for (l = rd->blocks.next; l != &rd->blocks;) {
		struct vmnt_block *b = VMNT_ENTRY(l, struct vmnt_block, link);

		l = l->next;
		if (!is_within(b->node, start, len))
			continue;
		unlist_locked(rd, b);
		if (b->users == 0) /* else it is about to be put back: its answer was given */
			free_block(b);
	}
	for (size_t i = 0; i < VMNT_STREAMS; i++)
		if (is_within(rd->streams[i].node, start, len))
			rd->streams[i] = (struct vmnt_stream){ .node = NULL };
	for (size_t i = 0; i < VMNT_FETCHED; i++)
		if (is_within(rd->fetched[i].node, start, len))
			rd->fetched[i].node = NULL;
}
