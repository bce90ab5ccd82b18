/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Handles that clients hold; see handle.h.
 *
 * 1. Chunks of slots form a list that only grows, at its head; a chunk's link and size are set
 *    before it is published and then constant.  So lookups need no lock.
 * 2. A slot's word holds its state, its kind and the number of its pins, and all changes of them
 *    are one atomic step.  Pins are added to LIVE slots only.
 * 3. A slot's object is written while the slot is FREE, or DYING without pins; it is read by those
 *    who hold a pin, and by the one who made the slot DYING.
 * 4. slots_lock guards the queue of free slots, and the waiting for last pins.
 */
#include "config.h"

#include "handle.h"

#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"

#define CACHE_LINE      64
#define FIRST_SLOTS     64   /* in the first chunk; each one has twice as many as the one before */
#define MOST_SLOTS      8192 /* in one chunk */
#define PINS_MASK       UINT64_C(0xffffffff)
#define STATE_MASK      (UINT64_C(0xff) << 32)
#define STATE_FREE      (UINT64_C(0) << 32)
#define STATE_LIVE      (UINT64_C(1) << 32)
#define STATE_DYING     (UINT64_C(2) << 32)
#define KIND_BITS(kind) ((uint64_t)(kind) << 40)

struct slot {
	_Alignas(CACHE_LINE) _Atomic uint64_t word;
	void *object;
	struct slot *next_free; /* under slots_lock */
};

struct chunk {
	struct chunk *next;
	size_t n;
	struct slot slots[];
};

static struct chunk *_Atomic chunks; /* newest first */

static pthread_mutex_t slots_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t last_pin_gone = PTHREAD_COND_INITIALIZER;
static struct slot *free_first, *free_last; /* under slots_lock; longest free first */

/* The slot at @handle, which may be any address; NULL when there is none. */
static struct slot *find_slot(const void *handle)
{
	for (struct chunk *c = atomic_load(&chunks); c != NULL; c = c->next) {
		uintptr_t off = (uintptr_t)handle - (uintptr_t)c->slots;

		if (off < c->n * sizeof(struct slot))
			return off % sizeof(struct slot) == 0 ? c->slots + off / sizeof(struct slot)
							      : NULL;
	}
	return NULL;
}

/* Into the queue's end.  slots_lock held. */
static void queue_free_slot(struct slot *s)
{
	s->next_free = NULL;
	if (free_first == NULL)
		free_first = s;
	else
		free_last->next_free = s;
	free_last = s;
}

/* Adds a chunk of free slots.  slots_lock held.  false when memory is short. */
static bool add_chunk(void)
{
	struct chunk *newest = atomic_load(&chunks);
	size_t n = newest == NULL ? FIRST_SLOTS : newest->n;
	size_t size;
	struct chunk *c;

	if (newest != NULL && n < MOST_SLOTS)
		n *= 2;
	size = sizeof(struct chunk) + n * sizeof(struct slot);
	c = aligned_alloc(CACHE_LINE, size);
	if (c == NULL)
		return false;
	memset(c, 0, size);
	c->next = newest;
	c->n = n;
	for (size_t i = 0; i < n; i++)
		queue_free_slot(&c->slots[i]);
	atomic_store(&chunks, c);
	return true;
}

static struct slot *take_free_slot(void)
{
	VU_LOCK(&slots_lock);
	struct slot *s;

	if (free_first == NULL && !add_chunk())
		return NULL;
	s = free_first;
	free_first = s->next_free;
	return s;
}

void *vu_handle_new(enum vu_handle_kind kind, void *object)
{
	struct slot *s;

	assert(object != NULL);
	s = take_free_slot();
	if (s == NULL)
		return NULL;
	s->object = object;
	atomic_store(&s->word, STATE_LIVE | KIND_BITS(kind));
	return s;
}

void *vu_handle_get(const void *handle, enum vu_handle_kind kind)
{
	const uint64_t wanted = STATE_LIVE | KIND_BITS(kind);
	struct slot *s = find_slot(handle);
	uint64_t word;

	if (s == NULL)
		return NULL;
	word = atomic_load(&s->word);
	do {
		if ((word & ~PINS_MASK) != wanted || (word & PINS_MASK) == PINS_MASK)
			return NULL;
	} while (!atomic_compare_exchange_weak(&s->word, &word, word + 1));
	return s->object;
}

void vu_handle_put(const void *handle)
{
	struct slot *s = find_slot(handle);
	uint64_t before;

	assert(s != NULL);
	before = atomic_fetch_sub(&s->word, 1);
	assert((before & PINS_MASK) != 0);
	if ((before & STATE_MASK) == STATE_DYING && (before & PINS_MASK) == 1) {
		VU_LOCK(&slots_lock);
		pthread_cond_broadcast(&last_pin_gone);
	}
}

/* Makes a LIVE slot of that kind DYING; false when it is none, for one caller only true. */
static bool begin_dying(struct slot *s, enum vu_handle_kind kind)
{
	uint64_t word = atomic_load(&s->word);

	do {
		if ((word & ~PINS_MASK) != (STATE_LIVE | KIND_BITS(kind)))
			return false;
	} while (
		!atomic_compare_exchange_weak(&s->word, &word, (word & ~STATE_MASK) | STATE_DYING));
	return true;
}

/* With slots_lock held. */
static void wait_for_pins(const struct slot *s)
{
	while ((atomic_load(&s->word) & PINS_MASK) != 0)
		pthread_cond_wait(&last_pin_gone, &slots_lock);
}

void *vu_handle_turn(const void *handle, enum vu_handle_kind kind, enum vu_handle_kind new_kind)
{
	struct slot *s = find_slot(handle);

	if (s == NULL || !begin_dying(s, kind))
		return NULL;
	VU_LOCK(&slots_lock);
	wait_for_pins(s);
	atomic_store(&s->word, STATE_LIVE | KIND_BITS(new_kind));
	return s->object;
}

void *vu_handle_retire(const void *handle, enum vu_handle_kind kind)
{
	struct slot *s = find_slot(handle);
	void *object;

	if (s == NULL || !begin_dying(s, kind))
		return NULL;
	VU_LOCK(&slots_lock);
	wait_for_pins(s);
	object = s->object;
	s->object = NULL;
	atomic_store(&s->word, STATE_FREE);
	queue_free_slot(s);
	return object;
}

void vu_handle_each(enum vu_handle_kind kind, void (*fn)(void *handle, void *ctx), void *ctx)
{
	for (struct chunk *c = atomic_load(&chunks); c != NULL; c = c->next) {
		for (size_t i = 0; i < c->n; i++) {
			uint64_t word = atomic_load(&c->slots[i].word);

			if ((word & ~PINS_MASK) == (STATE_LIVE | KIND_BITS(kind)))
				fn(&c->slots[i], ctx);
		}
	}
}
