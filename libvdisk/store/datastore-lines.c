/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What was read of the files of a server; see datastore-lines.h.
 *
 * The table has a ring from the most to the least recently used line; its head is both ends.
 *
 * A line: filling -settle(true)-> ready -evicted, dropped-> freed or loose
 *                 -settle(false)-> loose -last put-> freed
 */
#include "config.h"

#include "datastore-lines.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "../../common/alloc.h"
#include "../../common/cleanup.h"
#include "../../common/forks.h"

#define N_BUCKETS 4096u

struct vd_lines {
	pthread_mutex_t lock;   /* guards all below, and all of a line but its bytes */
	pthread_cond_t settled; /* some line is filled, or could not be */
	struct vd_line *bucket[N_BUCKETS];
	struct vd_line ends;   /* ends.older is the most recently used, ends.newer the least */
	size_t n, n_max;       /* lines in the table; at most, as far as they are not held */
	struct vd_line *spare; /* for the next one: its pages are there; or NULL */
	unsigned forks;        /* vu_forks() of the process whose threads fill lines */
};

static size_t lines_of(size_t limit)
{
	return limit >= VD_LINE_BYTES ? limit / VD_LINE_BYTES : 1;
}

struct vd_lines *vd_lines_new(size_t limit)
{
	struct vd_lines *t = vu_calloc_array(1, sizeof(*t));

	if (t == NULL)
		return NULL;
	pthread_mutex_init(&t->lock, NULL);
	pthread_cond_init(&t->settled, NULL);
	t->ends.newer = t->ends.older = &t->ends;
	t->n_max = lines_of(limit);
	t->forks = vu_forks();
	return t;
}

void vd_lines_set_limit(struct vd_lines *t, size_t limit)
{
	VU_LOCK(&t->lock);

	t->n_max = lines_of(limit);
}

/* The table; lock held. */

static struct vd_line **bucket_of(struct vd_lines *t, uint64_t file, uint64_t index)
{
	uint64_t hash = (file * 0x9e3779b97f4a7c15u + index) * 0x9e3779b97f4a7c15u;

	return &t->bucket[hash >> 52];
}

static struct vd_line *lookup(struct vd_lines *t, uint64_t file, uint64_t index)
{
	struct vd_line *l = *bucket_of(t, file, index);

	while (l != NULL && (l->file != file || l->index != index))
		l = l->next;
	return l;
}

static void unring(struct vd_line *l)
{
	l->newer->older = l->older;
	l->older->newer = l->newer;
}

/* @l becomes the one that was used just before @newer. */
static void put_behind(struct vd_line *l, struct vd_line *newer)
{
	l->newer = newer;
	l->older = newer->older;
	l->older->newer = l;
	newer->older = l;
}

static void insert(struct vd_lines *t, struct vd_line *l)
{
	struct vd_line **b = bucket_of(t, l->file, l->index);

	l->next = *b;
	*b = l;
	put_behind(l, &t->ends);
	t->n++;
}

static void free_line(struct vd_line *l)
{
	if (l == NULL)
		return;
	free(l->bytes);
	free(l);
}

static void put_aside(struct vd_lines *t, struct vd_line *l)
{
	free_line(t->spare);
	t->spare = l;
}

static struct vd_line *alloc_line(struct vd_lines *t)
{
	struct vd_line *l = VU_STEAL(t->spare);

	if (l != NULL)
		return l;
	l = vu_calloc_array(1, sizeof(*l));
	if (l == NULL)
		return NULL;
	l->bytes = malloc(VD_LINE_BYTES);
	if (l->bytes != NULL)
		return l;
	free(l);
	return NULL;
}

/* Out of the table; freed, unless somebody holds it. */
static void take_out(struct vd_lines *t, struct vd_line *l)
{
	struct vd_line **b = bucket_of(t, l->file, l->index);

	while (*b != l)
		b = &(*b)->next;
	*b = l->next;
	unring(l);
	t->n--;
	l->is_loose = true;
	if (l->pins == 0)
		put_aside(t, l);
}

/* The line that is used least, if nobody holds it. */
static struct vd_line *find_victim(struct vd_lines *t)
{
	struct vd_line *l = t->ends.newer;

	while (l != &t->ends && l->pins != 0)
		l = l->newer;
	return l != &t->ends ? l : NULL;
}

/* False: all are held. */
static bool make_room(struct vd_lines *t)
{
	while (t->n >= t->n_max) {
		struct vd_line *victim = find_victim(t);

		if (victim == NULL)
			return false;
		take_out(t, victim);
	}
	return true;
}

/* After a fork, nobody here fills what the parent's threads were filling, nor lets go of it. */
static void leave_to_parent(struct vd_lines *t)
{
	struct vd_line *l = t->ends.older;

	if (t->forks == vu_forks())
		return;
	while (l != &t->ends) {
		struct vd_line *older = l->older;

		if (l->is_filling) {
			l->pins = 1; /* never freed */
			take_out(t, l);
		}
		l = older;
	}
	pthread_cond_init(&t->settled, NULL);
	t->forks = vu_forks();
}

static struct vd_line *hold(struct vd_lines *t, struct vd_line *l)
{
	l->pins++;
	unring(l);
	put_behind(l, &t->ends);
	return l;
}

static struct vd_line *new_line(struct vd_lines *t, uint64_t file, uint64_t index)
{
	struct vd_line *l = alloc_line(t);

	if (l == NULL)
		return NULL;
	*l = (struct vd_line){
		.bytes = l->bytes, .file = file, .index = index, .pins = 1, .is_filling = true
	};
	insert(t, l);
	return l;
}

void vd_lines_free(struct vd_lines *t)
{
	if (t == NULL)
		return;
	leave_to_parent(t);
	while (t->ends.older != &t->ends)
		take_out(t, t->ends.older);
	free_line(t->spare);
	vu_cond_destroy(&t->settled);
	pthread_mutex_destroy(&t->lock);
	free(t);
}

struct vd_line *vd_line_claim(struct vd_lines *t, uint64_t file, uint64_t index,
			      enum vd_line_state *state_out)
{
	struct vd_line *l;

	VU_LOCK(&t->lock);
	leave_to_parent(t);
	l = lookup(t, file, index);
	if (l != NULL) {
		*state_out = l->is_ready ? VD_LINE_READY : VD_LINE_OTHERS;
		return hold(t, l);
	}
	*state_out = VD_LINE_MINE;
	make_room(t);
	return new_line(t, file, index);
}

struct vd_line *vd_line_claim_new(struct vd_lines *t, uint64_t file, uint64_t index)
{
	VU_LOCK(&t->lock);

	leave_to_parent(t);
	if (lookup(t, file, index) != NULL || !make_room(t))
		return NULL;
	return new_line(t, file, index);
}

struct vd_line *vd_line_find(struct vd_lines *t, uint64_t file, uint64_t index, bool *is_ready_out)
{
	struct vd_line *l;

	VU_LOCK(&t->lock);
	leave_to_parent(t);
	l = lookup(t, file, index);
	if (l == NULL)
		return NULL;
	*is_ready_out = l->is_ready;
	return hold(t, l);
}

void vd_line_settle(struct vd_lines *t, struct vd_line *l, bool is_good)
{
	VU_LOCK(&t->lock);

	l->is_filling = false;
	l->is_ready = is_good;
	if (!is_good && !l->is_loose)
		take_out(t, l);
	pthread_cond_broadcast(&t->settled);
}

bool vd_line_wait(struct vd_lines *t, struct vd_line *l)
{
	VU_LOCK(&t->lock);

	while (l->is_filling)
		pthread_cond_wait(&t->settled, &t->lock);
	return l->is_ready;
}

void vd_line_put(struct vd_lines *t, struct vd_line *l, bool is_done)
{
	VU_LOCK(&t->lock);

	l->pins--;
	if (l->is_loose) {
		if (l->pins == 0)
			put_aside(t, l);
	} else if (is_done) {
		unring(l);
		put_behind(l, t->ends.newer);
	}
}

void vd_lines_drop(struct vd_lines *t, uint64_t file)
{
	struct vd_line *l;

	VU_LOCK(&t->lock);
	leave_to_parent(t);
	l = t->ends.older;
	while (l != &t->ends) {
		struct vd_line *older = l->older;

		if (l->file == file)
			take_out(t, l);
		l = older;
	}
}

size_t vd_lines_bytes(struct vd_lines *t)
{
	VU_LOCK(&t->lock);

	return t->n * VD_LINE_BYTES;
}
