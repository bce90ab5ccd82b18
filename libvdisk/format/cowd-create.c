/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Making extents of snapshots of ESX; see create.h.
 *
 *	header, 4 sectors | directory
 */
#include "config.h"

#include "create.h"

#include <string.h>

#include "../../common/bytes.h"
#include "../../common/cleanup.h"
#include "cowd.h"
#include "format.h"

#define COWD_VERSION  1u
#define COWD_FLAGS    3u
#define GRAIN_SECTORS 1u

static void put_origin(unsigned char *raw, const struct vd_new_cowd *how)
{
	if (how->parent != NULL) {
		memcpy(raw + VD_COWD_OFF_PARENT, how->parent,
		       vu_min(strlen(how->parent), VD_COWD_NAME_BYTES - 1));
		return;
	}
	vu_put_le32(raw + VD_COWD_OFF_CYLINDERS, how->cylinders);
	vu_put_le32(raw + VD_COWD_OFF_CYLINDERS + 4, how->heads);
	vu_put_le32(raw + VD_COWD_OFF_CYLINDERS + 8, how->sectors);
}

VixError vd_cowd_create(struct vd_store *st, const struct vd_new_cowd *how)
{
	unsigned char raw[VD_COWD_BYTES] = { 0 };
	uint32_t gd = VD_COWD_BYTES / VD_SECTOR_SIZE;
	uint64_t n_tables = vu_div_up(how->capacity, (uint64_t)VD_COWD_GTES * GRAIN_SECTORS);
	uint64_t end = gd + vu_div_up(n_tables * sizeof(uint32_t), VD_SECTOR_SIZE);

	vu_put_le32(raw + VD_COWD_OFF_MAGIC, VD_COWD_MAGIC);
	vu_put_le32(raw + VD_COWD_OFF_VERSION, COWD_VERSION);
	vu_put_le32(raw + VD_COWD_OFF_FLAGS, COWD_FLAGS);
	vu_put_le32(raw + VD_COWD_OFF_CAPACITY, (uint32_t)how->capacity);
	vu_put_le32(raw + VD_COWD_OFF_GRAIN, GRAIN_SECTORS);
	vu_put_le32(raw + VD_COWD_OFF_GD, gd);
	vu_put_le32(raw + VD_COWD_OFF_GD_ENTRIES, (uint32_t)n_tables);
	vu_put_le32(raw + VD_COWD_OFF_FREE, (uint32_t)end);
	put_origin(raw, how);
	VD_TRY(vd_store_resize(st, end * VD_SECTOR_SIZE));
	return vd_store_pwrite(st, raw, sizeof(raw), 0);
}
