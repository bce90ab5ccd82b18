/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Making hosted sparse extents; see create.h.
 *
 *	header | descriptor | redundant directory, tables | directory, tables | room up to a grain
 */
#include "config.h"

#include "create.h"

#include <string.h>

#include "../../common/bytes.h"
#include "../../common/cleanup.h"
#include "format.h"
#include "kdmv.h"

#define VERSION_PLAIN      1u
#define GTES               512u
#define TABLE_SECTORS      4u
#define DESCRIPTOR_SECTORS 20u /* as everybody reserves: others add lines to the text */
#define ENTRIES_AT_A_TIME  4096u

/* Positions and lengths are sectors. */
struct layout {
	uint64_t n_tables, dir_sectors;
	uint64_t desc, desc_sectors; /* 0: none */
	uint64_t rgd, gd;
	uint64_t overhead; /* where the first grain may be */
};

static struct layout lay_out(const struct vd_new_sparse *how)
{
	struct layout l = { .n_tables = vu_div_up(how->capacity, VD_GRAIN_SECTORS * GTES) };
	uint64_t end = 1, tables;

	l.dir_sectors = vu_div_up(l.n_tables * sizeof(uint32_t), VD_SECTOR_SIZE);
	tables = l.dir_sectors + l.n_tables * TABLE_SECTORS;
	if (how->text != NULL) {
		l.desc = end;
		l.desc_sectors = vu_max(vu_div_up(how->text_len, VD_SECTOR_SIZE),
					DESCRIPTOR_SECTORS);
		end += l.desc_sectors;
	}
	l.rgd = end;
	l.gd = l.rgd + tables;
	l.overhead = vu_round_up(l.gd + tables, VD_GRAIN_SECTORS);
	return l;
}

static VixError write_header(struct vd_store *st, const struct vd_new_sparse *how,
			     const struct layout *l)
{
	unsigned char raw[VD_KDMV_BYTES] = { 0 };

	vu_put_le32(raw + VD_KDMV_OFF_MAGIC, VD_KDMV_MAGIC);
	vu_put_le32(raw + VD_KDMV_OFF_VERSION, VERSION_PLAIN);
	vu_put_le32(raw + VD_KDMV_OFF_FLAGS, VD_KDMV_NEWLINE_TEST | VD_KDMV_REDUNDANT);
	vu_put_le64(raw + VD_KDMV_OFF_CAPACITY, how->capacity);
	vu_put_le64(raw + VD_KDMV_OFF_GRAIN, VD_GRAIN_SECTORS);
	vu_put_le64(raw + VD_KDMV_OFF_DESC, l->desc);
	vu_put_le64(raw + VD_KDMV_OFF_DESC_SIZE, l->desc_sectors);
	vu_put_le32(raw + VD_KDMV_OFF_GTES, GTES);
	vu_put_le64(raw + VD_KDMV_OFF_RGD, l->rgd);
	vu_put_le64(raw + VD_KDMV_OFF_GD, l->gd);
	vu_put_le64(raw + VD_KDMV_OFF_OVERHEAD, l->overhead);
	memcpy(raw + VD_KDMV_OFF_NEWLINES, VD_KDMV_NEWLINES, 4);
	return vd_store_pwrite(st, raw, sizeof(raw), 0);
}

/* A directory, whose tables lie one behind the other right after it. */
static VixError write_directory(struct vd_store *st, const struct layout *l, uint64_t dir)
{
	unsigned char entries[ENTRIES_AT_A_TIME * sizeof(uint32_t)];
	uint64_t table = dir + l->dir_sectors, off = dir * VD_SECTOR_SIZE;

	for (uint64_t left = l->n_tables; left > 0;) {
		size_t n = vu_min(left, ENTRIES_AT_A_TIME);

		for (size_t i = 0; i < n; i++, table += TABLE_SECTORS)
			vu_put_le32(entries + i * sizeof(uint32_t), (uint32_t)table);
		VD_TRY(vd_store_pwrite(st, entries, n * sizeof(uint32_t), off));
		off += n * sizeof(uint32_t);
		left -= n;
	}
	return VIX_OK;
}

uint64_t vd_sparse_new_bytes(const struct vd_new_sparse *how)
{
	return lay_out(how).overhead * VD_SECTOR_SIZE;
}

VixError vd_sparse_create(struct vd_store *st, const struct vd_new_sparse *how)
{
	struct layout l = lay_out(how);

	VD_TRY(vd_store_resize(st, l.overhead * VD_SECTOR_SIZE));
	if (how->text != NULL)
		VD_TRY(vd_store_pwrite(st, how->text, how->text_len, l.desc * VD_SECTOR_SIZE));
	VD_TRY(write_directory(st, &l, l.rgd));
	VD_TRY(write_directory(st, &l, l.gd));
	return write_header(st, how, &l);
}
