/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * How much room a copy would take; see space.h.
 *
 * Allocated sectors are counted once, in all units that a kind of copy may have: host blocks, grains,
 * sectors, and the tables that name them.
 */
#include "config.h"

#include "space.h"

#include "../common/bytes.h"
#include "../common/cleanup.h"
#include "../common/log.h"
#include "create.h"
#include "disk-chain.h"
#include "format/cowd.h"
#include "format/create.h"
#include "format/streamopt-write.h"

#define BLOCK_SECTORS   8u         /* of the host */
#define TEXT_BYTES      (4u << 10) /* of a descriptor without its extents */
#define TEXT_PART_BYTES 300u       /* of one extent in it: a long name */

/* Units of some size that have an allocated sector. */
struct count {
	uint64_t unit; /* sectors */
	uint64_t n;
	uint64_t next; /* the first unit that is not counted yet */
};

enum { SECTORS, BLOCKS, GRAINS, COWD_TABLES, N_COUNTS };

static void add(struct count *c, uint64_t sector, uint64_t count)
{
	uint64_t first = vu_max(sector / c->unit, c->next);
	uint64_t end = vu_div_up(sector + count, c->unit);

	if (end <= first)
		return;
	c->n += end - first;
	c->next = end;
}

static bool count_run(uint64_t sector, uint64_t count, bool is_allocated, void *ctx)
{
	struct count *counts = ctx;

	for (int i = 0; is_allocated && i < N_COUNTS; i++)
		add(&counts[i], sector, count);
	return true;
}

/* The kind of a disk, by the extents of its newest link. */
static VixDiskLibDiskType type_of(const struct vd_chain *chain)
{
	const struct vd_link *ln = vd_chain_newest(chain);
	const struct vd_format_ops *ops = ln->extents.v[0]->ops;
	bool is_split = ln->extents.n > 1;

	if (ops == &vd_format_streamopt)
		return VIXDISKLIB_DISK_STREAM_OPTIMIZED;
	if (ops == &vd_format_sparse)
		return is_split ? VIXDISKLIB_DISK_SPLIT_SPARSE : VIXDISKLIB_DISK_MONOLITHIC_SPARSE;
	if (ops == &vd_format_cowd)
		return VIXDISKLIB_DISK_VMFS_SPARSE;
	if (ops == &vd_format_sesparse)
		return VIXDISKLIB_DISK_VMFS_THIN;
	if (ln->desc != NULL && vu_dict_get(&ln->desc->ddb, "thinProvisioned") != NULL)
		return VIXDISKLIB_DISK_VMFS_THIN;
	return is_split ? VIXDISKLIB_DISK_SPLIT_FLAT : VIXDISKLIB_DISK_MONOLITHIC_FLAT;
}

static VixError bad_type(VixDiskLibDiskType type)
{
	VU_ERR("disk", "there is no kind %d of disks", (int)type);
	return VIX_E_INVALID_ARG;
}

static uint64_t count_parts(uint64_t capacity, VixDiskLibDiskType type)
{
	bool is_split = type == VIXDISKLIB_DISK_SPLIT_SPARSE || type == VIXDISKLIB_DISK_SPLIT_FLAT;

	return is_split ? vu_div_up(capacity, VD_CREATE_SPLIT_SECTORS) : 1;
}

/* Headers and tables of sparse parts; each grain table has its second copy. */
static uint64_t sparse_overhead(uint64_t capacity, VixDiskLibDiskType type)
{
	bool is_split = type == VIXDISKLIB_DISK_SPLIT_SPARSE;
	uint64_t bytes = 0, part = is_split ? VD_CREATE_SPLIT_SECTORS : capacity;

	for (uint64_t left = capacity; left > 0; left -= vu_min(left, part)) {
		const struct vd_new_sparse how = {
			.capacity = vu_min(left, part),
			.text = is_split ? NULL : "",
		};

		bytes += vd_sparse_new_bytes(&how);
	}
	return bytes;
}

static uint64_t cowd_bytes(uint64_t capacity, const struct count *counts)
{
	uint64_t tables = vu_div_up(capacity, VD_COWD_GTES);

	return VD_COWD_BYTES + vu_round_up(tables * sizeof(uint32_t), VD_SECTOR_SIZE) +
	       counts[COWD_TABLES].n * VD_COWD_GTES * sizeof(uint32_t) +
	       counts[SECTORS].n * VD_SECTOR_SIZE;
}

static VixError bytes_of(VixDiskLibDiskType type, uint64_t capacity, const struct count *counts,
			 uint64_t *bytes_out)
{
	uint64_t text = TEXT_BYTES + count_parts(capacity, type) * TEXT_PART_BYTES;

	switch (type) {
	case VIXDISKLIB_DISK_MONOLITHIC_FLAT:
	case VIXDISKLIB_DISK_SPLIT_FLAT:
	case VIXDISKLIB_DISK_VMFS_FLAT:
		*bytes_out = capacity * VD_SECTOR_SIZE + text;
		return VIX_OK;
	case VIXDISKLIB_DISK_VMFS_THIN:
		*bytes_out = counts[BLOCKS].n * BLOCK_SECTORS * VD_SECTOR_SIZE + text;
		return VIX_OK;
	case VIXDISKLIB_DISK_MONOLITHIC_SPARSE:
		text = 0; /* it has its place in the file */
			  /* fall through */
	case VIXDISKLIB_DISK_SPLIT_SPARSE:
		*bytes_out = sparse_overhead(capacity, type) + text +
			     counts[GRAINS].n * VD_GRAIN_SECTORS * VD_SECTOR_SIZE;
		return VIX_OK;
	case VIXDISKLIB_DISK_STREAM_OPTIMIZED:
		*bytes_out = vd_stream_bytes_max(capacity, counts[GRAINS].n);
		return VIX_OK;
	case VIXDISKLIB_DISK_VMFS_SPARSE:
		*bytes_out = cowd_bytes(capacity, counts) + text;
		return VIX_OK;
	default:
		return bad_type(type);
	}
}

VixError vd_space_needed(struct vd_disk *from, VixDiskLibDiskType type, uint64_t *bytes_out)
{
	struct count counts[N_COUNTS] = {
		[SECTORS] = { .unit = 1 },
		[BLOCKS] = { .unit = BLOCK_SECTORS },
		[GRAINS] = { .unit = VD_GRAIN_SECTORS },
		[COWD_TABLES] = { .unit = VD_COWD_GTES },
	};

	if (type == VIXDISKLIB_DISK_UNKNOWN)
		type = type_of((const struct vd_chain *)from);
	VD_TRY(bytes_of(type, from->capacity, counts, bytes_out));
	VD_TRY(vd_disk_extents(from, 0, from->capacity, count_run, counts));
	return bytes_of(type, from->capacity, counts, bytes_out);
}
