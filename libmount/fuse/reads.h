/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Reading files: few large guest calls for the kernel's many small requests.
 *
 * 1. A file of up to VMNT_SMALL_FILE is read whole, once; a larger one in aligned chunks of
 *    VMNT_CHUNK while it is read in order; a read out of order is passed on as it is.
 * 2. What was read is kept only until the kernel has fetched all of it (the kernel keeps pages, we
 *    do not): at most VMNT_READ_BYTES, but for what is being read at that moment.
 * 3. A piece is asked for once, also when several requests want it at the same time; a failure
 *    goes to those requests, the next one asks again.
 * 4. A guest that returns less than the file's size is an error, never a shorter file.
 */
#ifndef VMNT_FUSE_READS_H
#define VMNT_FUSE_READS_H

#include <pthread.h>
#include <sys/uio.h>

#include "names.h"

#define VMNT_SMALL_FILE ((uint64_t)2 << 20)
#define VMNT_CHUNK      ((uint64_t)1 << 20)
#define VMNT_READ_BYTES ((size_t)8 << 20)

struct vmnt_block;

/* A place where somebody reads a large file in order. */
struct vmnt_stream {
	const struct vmnt_node *node; /* only compared */
	uint64_t next;                /* where the next read is expected */
	uint64_t used;                /* clock at the last read */
	unsigned run;                 /* reads in order so far */
};

#define VMNT_STREAMS 16

/* A block that the kernel has fetched. */
struct vmnt_fetched {
	const struct vmnt_node *node; /* only compared */
	uint64_t off;
};

#define VMNT_FETCHED 32

struct vmnt_reads {
	struct vmnt_names *names; /* constant */
	pthread_mutex_t lock;     /* guards what follows; nothing is called with it held */
	pthread_cond_t ready;     /* a block is no longer being read */
	struct vmnt_link blocks;  /* longest unused first */
	size_t bytes;             /* in them */
	unsigned n;
	uint64_t clock;
	struct vmnt_stream streams[VMNT_STREAMS];
	struct vmnt_fetched fetched[VMNT_FETCHED]; /* the last ones: not worth a guess */
	unsigned next_fetched;
};

/* Part of a block that answers part of a request. */
struct vmnt_piece {
	uint64_t off; /* of the block in the file */
	size_t len;   /* of the block */
	size_t from;  /* the part */
	size_t n;
	struct vmnt_block *block; /* once it is there */
};

#define VMNT_PIECES 2 /* a request is no longer than a chunk */

struct vmnt_read {
	struct vmnt_node *node;
	bool direct;        /* not to be kept */
	bool is_start;      /* of a small file */
	uint64_t ahead_off; /* what will probably be wanted next, */
	size_t ahead_len;   /* 0: nothing */
	unsigned n_pieces;
	struct vmnt_piece pieces[VMNT_PIECES];
	struct iovec iov[VMNT_PIECES]; /* the answer */
};

/** vmnt_reads_init() - no blocks yet */
void vmnt_reads_init(struct vmnt_reads *rd, struct vmnt_names *names);

/** vmnt_reads_destroy() - free all blocks; nobody uses any */
void vmnt_reads_destroy(struct vmnt_reads *rd);

/**
 * vmnt_reads_plan() - divide a request
 * @node: a file; held, or referred to by the kernel until vmnt_reads_done()
 * @len:  at most VMNT_CHUNK; reading ends at the end of the file
 * @r:    filled
 */
void vmnt_reads_plan(struct vmnt_reads *rd, struct vmnt_node *node, size_t len, uint64_t off,
		     struct vmnt_read *r);

/** vmnt_reads_peek() - true when all of it is there: r->iov is filled */
bool vmnt_reads_peek(struct vmnt_reads *rd, struct vmnt_read *r);

/**
 * vmnt_reads_fill() - ask the guest for what is missing, or wait for who does; fills r->iov
 *
 * Return: 0 or -errno.
 */
int vmnt_reads_fill(struct vmnt_reads *rd, struct vmnt_read *r);

/** vmnt_reads_done() - the answer was given (@delivered), or will not be */
void vmnt_reads_done(struct vmnt_reads *rd, struct vmnt_read *r, bool delivered);

/**
 * vmnt_reads_warm() - have a block ready that may be wanted
 * @off, @len: a whole block as vmnt_reads_plan() makes it
 *
 * Nothing is done when the kernel has just fetched it: the guess came too late.
 */
void vmnt_reads_warm(struct vmnt_reads *rd, struct vmnt_node *node, uint64_t off, size_t len);

/** vmnt_reads_drop() - forget the blocks of the nodes in this memory */
void vmnt_reads_drop(struct vmnt_reads *rd, const void *start, size_t len);

#endif
