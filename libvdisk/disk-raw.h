/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A disk whose sectors are the bytes of one store, whatever is in them: a block device that somebody
 * else has made of a disk.
 *
 * 1. Nothing is probed: a guest that writes the header of a disk format to its first sector stays a
 *    guest with odd data.
 * 2. What is told of it is what the opener knows; it has no descriptor to write to.
 */
#ifndef VD_DISK_RAW_H
#define VD_DISK_RAW_H

#include "disk.h"
#include "store/store.h"

/* What the bytes don't tell; strings are borrowed for the call. */
struct vd_raw_facts {
	const char *mode; /* of the transport, static */
	const char
		*uuid; /* as servers write it: 32 hex digits, anything else between; NULL: none */
	int links;     /* 1.. */
};

/**
 * vd_raw_open() - take a store for a disk
 * @st:    consumed, also on failure; open for writing if the disk shall be
 * @d_out: filled; vd_disk_close()
 *
 * Errors: DISK_INVALIDDISK  no whole sectors, or none (logged); OUT_OF_MEMORY
 * Test:   unit/disk-raw.c
 */
VixError vd_raw_open(struct vd_store *st, const struct vd_raw_facts *facts, struct vd_disk **d_out);

#endif
