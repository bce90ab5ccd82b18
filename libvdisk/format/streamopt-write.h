/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Writing a compressed extent (streamOptimized) from its begin to its end, as one stream: grains in
 * ascending order, each table behind its grains, then the directory, the footer and the end marker
 * (layout (a) of docs/formats/vmdk-streamoptimized.md, which every reader understands).
 *
 *   COMPLETE -write-> OPEN -finish-> COMPLETE;  OPEN or COMPLETE -a write fails-> BROKEN
 *
 * 1. Each sector is written once, in ascending order; what is left out, and grains of zeros, take no
 *    room.
 * 2. Only a COMPLETE stream has a footer, which is durable after all else: whatever moment a crash
 *    comes at, the file is whole, or is told to be unfinished when it is opened.
 * 3. Grains are compressed by several threads, a batch of them while the next one is being filled.
 *    So a write may fail with the error of one before; from then on, all do.
 * 4. Memory is bounded: two batches of 2 MiB, plain and compressed, and the directory.
 * 5. One caller at a time.
 */
#ifndef VD_STREAMOPT_WRITE_H
#define VD_STREAMOPT_WRITE_H

#include <stdbool.h>
#include <stdint.h>

#include "kdmv.h"

#define VD_CONFIG_STREAM_LEVEL "vixDiskLib.streamLevel"
#define VD_STREAM_LEVEL        6  /* of compression: as small as qemu's */
#define VD_STREAM_LEVEL_MAX    12 /* the smallest; 1 is the fastest */

struct vd_stream;

/**
 * vd_stream_bytes_max() - what a stream may take at most
 * @capacity: sectors, 1 to 64 TiB
 * @grains:   that are not zeros
 *
 * With a descriptor of 20 sectors.
 */
uint64_t vd_stream_bytes_max(uint64_t capacity, uint64_t grains);

/**
 * vd_stream_create() - make a complete stream without any grain
 * @st:       open for writing and empty
 * @capacity: sectors
 * @text:     descriptor, of @len bytes; there is room for 20 sectors at least
 *
 * Flushed.
 * Errors: DISK_INVALIDDISK  @capacity is 0 or more than 64 TiB
 *         DISK_FULL, FILE_ERROR, OUT_OF_MEMORY
 */
VixError vd_stream_create(struct vd_store *st, uint64_t capacity, const char *text, size_t len);

/**
 * vd_stream_open() - get ready to write a stream
 * @st:    open for writing; borrowed
 * @h:     its header, gd being that of the footer; copied
 * @s_out: filled; NULL: it has content already, or is not of this layout
 *
 * Errors: FILE_ERROR, OUT_OF_MEMORY
 */
VixError vd_stream_open(struct vd_store *st, const struct vd_kdmv *h, struct vd_stream **s_out);

/**
 * vd_stream_set_level() - how hard streams compress that are opened from now on
 * @level: 1 to VD_STREAM_LEVEL_MAX; VD_STREAM_LEVEL before the first call
 *
 * For the whole process: what Init read from the configuration.
 */
void vd_stream_set_level(int level);

/**
 * vd_stream_write() - sectors behind those that were written before
 *
 * They may begin and end inside a grain: the rest of it may follow.
 * Errors: NOT_SUPPORTED  @sector lies before the end of what was written
 *         DISK_FULL, FILE_ERROR, OUT_OF_MEMORY  now or of a write before
 */
VixError vd_stream_write(struct vd_stream *s, uint64_t sector, uint64_t count, const void *buf);

/* What finishing has changed, for those who look up grains in the file. */
struct vd_stream_end {
	uint64_t gd; /* sector of the directory */
	uint64_t stale_off,
		stale_len; /* bytes that were tables when the stream was last complete */
};

/**
 * vd_stream_finish() - make the stream complete, and durable
 * @end_out: filled
 *
 * It may be written on, from the grain behind the last one that was begun.
 * Errors: as vd_stream_write()
 */
VixError vd_stream_finish(struct vd_stream *s, struct vd_stream_end *end_out);

/** vd_stream_free() - forget what was not finished; NULL is fine */
void vd_stream_free(struct vd_stream *s);

#endif
