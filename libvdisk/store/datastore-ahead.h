/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which part of a file a reader is going to want next.
 *
 * 1. Who has gone on from where it was a few times is taken for a reader in order: a part behind it is
 *    worth fetching, twice as long each time, up to a limit.
 * 2. Requests of several threads that go through a file together come in no strict order: near is in
 *    order, too.  Who reads the same again has not gone on.
 * 3. The limit is the server's: halved when it is busy, doubled again after a while without that.
 * 4. Pure arithmetic: the caller has a lock.
 */
#ifndef VD_DATASTORE_AHEAD_H
#define VD_DATASTORE_AHEAD_H

#include <stdbool.h>
#include <stdint.h>

#define VD_AHEAD_HITS  4u          /* reads in order before the first part is fetched ahead */
#define VD_AHEAD_FIRST (1u << 20)  /* bytes of that one */
#define VD_AHEAD_MAX   (16u << 20) /* the limit of a server that is not busy */
#define VD_AHEAD_MIN   (1u << 20)  /* and of one that is */
#define VD_AHEAD_NEAR  (2u << 20)
#define VD_AHEAD_GOOD  16u /* parts without a busy server, until the limit is doubled */

/* How far a server lets us go. */
struct vd_ahead_limit {
	uint64_t bytes;
	unsigned n_good; /* parts since it was changed */
};

/* A reader of a file; all zero: at its begin, with nothing read. */
struct vd_reader {
	uint64_t at;    /* where the next read in order begins */
	uint64_t until; /* up to where has been fetched ahead */
	uint64_t window;
	unsigned hits;
};

/** vd_ahead_limit_init() - the limit of a server that nothing is known of */
void vd_ahead_limit_init(struct vd_ahead_limit *limit);

/** vd_ahead_limit_note() - a part was fetched; @is_busy: and the server said that it is busy */
void vd_ahead_limit_note(struct vd_ahead_limit *limit, bool is_busy);

/** vd_reader_is_in_order() - has it been going through the file in order? */
bool vd_reader_is_in_order(const struct vd_reader *r);

/**
 * vd_reader_note() - it reads [off, off + len)
 * @limit:   bytes, of vd_ahead_limit
 * @size:    of the file
 * @off_out: filled: where to fetch from
 *
 * Return: how many bytes to fetch there; 0: none.
 */
uint64_t vd_reader_note(struct vd_reader *r, uint64_t off, uint64_t len, uint64_t limit,
			uint64_t size, uint64_t *off_out);

#endif
