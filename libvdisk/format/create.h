/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Making extents that hold nothing yet: their headers and tables.  Streams: streamopt-write.h.
 *
 * 1. A new file is as long as its header and tables are, and tables without entries take no room on
 *    the host: making one costs a few bytes for each table, whatever the disk's size.
 * 2. Nothing is durable before the caller flushes.
 */
#ifndef VD_FORMAT_CREATE_H
#define VD_FORMAT_CREATE_H

#include <stddef.h>
#include <stdint.h>

#include "../store/store.h"

#define VD_CREATE_SPARSE_MAX (UINT64_C(1) << 37) /* sectors of a hosted sparse extent */
#define VD_CREATE_COWD_MAX   UINT32_MAX          /* of a snapshot of ESX: its header has 32 bits */

struct vd_new_sparse {
	uint64_t capacity; /* sectors, 1..VD_CREATE_SPARSE_MAX */
	const char *text;  /* of the embedded descriptor; NULL: none */
	size_t text_len;
};

/**
 * vd_sparse_create() - make a hosted sparse extent
 * @st: new and empty, open for writing
 *
 * Grains of 64 KiB, all tables in front, twice.
 * Errors: DISK_FULL, FILE_ERROR, OUT_OF_MEMORY
 * Source: docs/formats/vmdk-sparse.md.  Test: unit/create.c
 */
VixError vd_sparse_create(struct vd_store *st, const struct vd_new_sparse *how);

/** vd_sparse_new_bytes() - how long such a file is; its descriptor may take 20 sectors or more */
uint64_t vd_sparse_new_bytes(const struct vd_new_sparse *how);

struct vd_new_cowd {
	uint64_t capacity;  /* sectors, 1..VD_CREATE_COWD_MAX */
	const char *parent; /* its file name, cut off where it is too long; NULL: a base */
	uint32_t cylinders, heads, sectors;
};

/** vd_cowd_create() - make the extent of a snapshot of ESX, with grains of one sector; as above */
VixError vd_cowd_create(struct vd_store *st, const struct vd_new_cowd *how);

#endif
