/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What was read of the files of a server: lines of 64 KiB, in a bounded memory.
 *
 *	vd_line_claim() -> MINE: fill line->bytes, vd_line_settle()
 *	                -> OTHERS: vd_line_wait(); if it failed, claim again
 *	                -> READY
 *	vd_line_put() in each case
 *
 * 1. A line is known by (file, index); its bytes never change once it is ready.
 * 2. Lines that somebody holds stay.  All others together use at most the limit; the least recently used
 *    go first, but before them those that a reader in order has left behind.
 * 3. A line is filled by who claimed it first.  That it could not be is not remembered.
 * 4. Thread-safe; the lock is of rank 6 and held for moments.
 * 5. After a fork, lines that threads of the parent are filling are not there.
 */
#ifndef VD_DATASTORE_LINES_H
#define VD_DATASTORE_LINES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define VD_LINE_BYTES (64u << 10)

struct vd_lines;

enum vd_line_state { VD_LINE_READY, VD_LINE_MINE, VD_LINE_OTHERS };

struct vd_line {
	unsigned char *bytes; /* VD_LINE_BYTES of them */
	uint64_t file, index;

	/* The table's own. */
	struct vd_line *next; /* in its bucket */
	struct vd_line *newer, *older;
	unsigned pins;
	bool is_filling, is_ready;
	bool is_loose; /* not in the table: the last one to put it frees it */
};

/** vd_lines_new() - for at most @limit bytes; NULL: memory is short */
struct vd_lines *vd_lines_new(size_t limit);

/** vd_lines_free() - nobody may hold a line any more; NULL is fine */
void vd_lines_free(struct vd_lines *t);

/** vd_lines_set_limit() - from now on, as lines are claimed */
void vd_lines_set_limit(struct vd_lines *t, size_t limit);

/**
 * vd_line_claim() - hold a line, which is ready, or is being filled by others, or is to be filled now
 * @state_out: filled: which of these
 *
 * Return: NULL: memory is short.
 */
struct vd_line *vd_line_claim(struct vd_lines *t, uint64_t file, uint64_t index,
			      enum vd_line_state *state_out);

/**
 * vd_line_claim_new() - hold a line to fill it, if it is not there and there is room for it
 *
 * Return: NULL: it is there or being filled, or memory or the limit is short.
 */
struct vd_line *vd_line_claim_new(struct vd_lines *t, uint64_t file, uint64_t index);

/**
 * vd_line_find() - hold a line that is there
 * @is_ready_out: filled: it is ready; else somebody is filling it
 *
 * Return: NULL: it is not there.
 */
struct vd_line *vd_line_find(struct vd_lines *t, uint64_t file, uint64_t index, bool *is_ready_out);

/** vd_line_settle() - it is filled, or could not be; who waits goes on */
void vd_line_settle(struct vd_lines *t, struct vd_line *l, bool is_good);

/** vd_line_wait() - until it is filled; false: it could not be */
bool vd_line_wait(struct vd_lines *t, struct vd_line *l);

/** vd_line_put() - hold it no longer; @is_done: nor will it be read again soon */
void vd_line_put(struct vd_lines *t, struct vd_line *l, bool is_done);

/** vd_lines_drop() - forget all lines of a file */
void vd_lines_drop(struct vd_lines *t, uint64_t file);

/** vd_lines_bytes() - what all lines use now, for tests */
size_t vd_lines_bytes(struct vd_lines *t);

#endif
