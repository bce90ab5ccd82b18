/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Writing a chain: slots of struct vd_disk_ops, for disk-chain.c.
 */
#ifndef VD_DISK_CHAIN_WRITE_H
#define VD_DISK_CHAIN_WRITE_H

#include "disk.h"

struct vd_chain;
struct vd_extent;

/**
 * vd_chain_pwrite_in_place() - write if the newest link has all of the sectors; lock shared
 *
 * Errors: FILE_READ_ONLY, NOT_SUPPORTED  an extent can't be written; nothing was
 *         DISK_INVALIDDISK, FILE_ERROR, DISK_FULL  from the layers below
 */
VixError vd_chain_pwrite_in_place(struct vd_disk *d, uint64_t sector, uint64_t count,
				  const void *buf, bool *done_out);

/**
 * vd_chain_copy_in_place() - slot of struct vd_disk_ops; lock shared
 *
 * Not before a first write has changed the content ID.
 * Errors: as vd_chain_pwrite_in_place()
 */
VixError vd_chain_copy_in_place(struct vd_disk *d, uint64_t sector, const struct vd_place *from,
				bool *done_out);

/**
 * vd_chain_pwrite() - write; lock exclusive
 *
 * Errors: as vd_chain_pwrite_in_place(), OUT_OF_MEMORY, and
 *         NOT_SUPPORTED  part of a grain would have to come from a parent that is not open
 * Source: docs/formats/writing.md.  Test: unit/write.c, unit/write-crash.c
 */
VixError vd_chain_pwrite(struct vd_disk *d, uint64_t sector, uint64_t count, const void *buf);

/**
 * vd_chain_flush_in_place() - make durable what was written in place; lock shared
 * @done_out: filled: there was nothing else; else vd_chain_flush() has less to do
 *
 * Errors: as vd_chain_flush()
 */
VixError vd_chain_flush_in_place(struct vd_disk *d, bool *done_out);

/**
 * vd_chain_expect_tables() - tables of an extent are about to change in memory; lock exclusive
 *
 * They are bounded for each extent, and so is the number of such extents: others may be flushed. From
 * here on a flush takes the lock exclusively, until it has written them.
 * Errors: as vd_chain_flush()
 */
VixError vd_chain_expect_tables(struct vd_chain *chain, struct vd_extent *ex);

/** vd_chain_flush() - make durable what was written; lock exclusive; FILE_ERROR, DISK_FULL */
VixError vd_chain_flush(struct vd_disk *d);

#endif
