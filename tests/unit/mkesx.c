/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Makes the snapshots of ESX in memory: vmfsSparse ("COWD") and seSparse; see mkvmdk.h.
 */
#include "config.h"

#include "mkvmdk.h"

#include <stdlib.h>
#include <string.h>

#include "bytes.h"

#define SECTOR 512u
#define GTES   4096u

static uint64_t tables_of(const struct mk_spec *spec, const struct mk_image *img)
{
	return vu_div_up(vu_div_up(spec->capacity, img->grain), img->gtes);
}

/* Does a table have any entry? */
static bool is_used(const struct mk_spec *spec, const struct mk_image *img, uint64_t table)
{
	uint64_t end = vu_min((table + 1) * img->gtes, vu_div_up(spec->capacity, img->grain));

	for (uint64_t i = table * img->gtes; i < end; i++)
		if (mk_kind_of(spec, i) != MK_ABSENT)
			return true;
	return !spec->has_no_empty_tables;
}

static uint64_t put_grain(const struct mk_spec *spec, struct mk_image *img, uint64_t grain)
{
	uint64_t off = mk_append(img, (uint64_t)img->grain * SECTOR);

	mk_guest(spec, grain * img->grain, img->grain, img->bytes + off);
	return off;
}

typedef void put_fn(const struct mk_spec *spec, struct mk_image *img, uint64_t grain);

static void put_grains(const struct mk_spec *spec, struct mk_image *img, uint64_t table,
		       put_fn *put)
{
	uint64_t from = table * img->gtes;
	uint64_t end = vu_min(from + img->gtes, vu_div_up(spec->capacity, img->grain));

	for (uint64_t i = from; i < end; i++)
		put(spec, img, spec->is_backwards ? from + end - 1 - i : i);
}

/* vmfsSparse */

static void cowd_put(const struct mk_spec *spec, struct mk_image *img, uint64_t grain)
{
	uint64_t off;

	if (mk_kind_of(spec, grain) == MK_ABSENT)
		return;
	off = put_grain(spec, img, grain);
	vu_put_le32(img->bytes + mk_gte_off(img, grain), (uint32_t)(off / SECTOR));
}

static void cowd_build(const struct mk_spec *spec, struct mk_image *img)
{
	uint64_t n_tables = tables_of(spec, img);

	mk_append(img, 4 * SECTOR);
	img->gd_off = mk_append(img, n_tables * 4);
	for (uint64_t t = 0; t < n_tables; t++) {
		if (!is_used(spec, img, t))
			continue;
		uint64_t off = mk_append(img, GTES * 4);
		vu_put_le32(img->bytes + img->gd_off + t * 4, (uint32_t)(off / SECTOR));
		put_grains(spec, img, t, cowd_put);
	}
	memcpy(img->bytes, "COWD", 4);
	vu_put_le32(img->bytes + 4, 1);
	vu_put_le32(img->bytes + 8, 3);
	vu_put_le32(img->bytes + 12, (uint32_t)spec->capacity);
	vu_put_le32(img->bytes + 16, img->grain);
	vu_put_le32(img->bytes + 20, (uint32_t)(img->gd_off / SECTOR));
	vu_put_le32(img->bytes + 24, (uint32_t)n_tables);
	vu_put_le32(img->bytes + 28, (uint32_t)(img->len / SECTOR));
}

/* seSparse */

#define SE_GRAIN_SLOTS_OF(off, img) (((off) - (img)->grains_off) / ((img)->grain * SECTOR))

static void se_put(const struct mk_spec *spec, struct mk_image *img, uint64_t grain)
{
	enum mk_kind kind = mk_kind_of(spec, grain);
	uint64_t slot = 0, entry = 0;

	if (kind == MK_DATA || kind == MK_UNMAPPED) {
		slot = SE_GRAIN_SLOTS_OF(put_grain(spec, img, grain), img);
		entry = (slot & 0xfff) << 48 | slot >> 12;
	}
	if (kind == MK_UNMAPPED) /* what is left there must not be seen */
		memset(img->bytes + img->grains_off + slot * img->grain * SECTOR, 0xee,
		       (size_t)img->grain * SECTOR);
	entry |= (uint64_t[]){
		[MK_DATA] = 3, [MK_ABSENT] = 0, [MK_ZERO] = 2, [MK_UNMAPPED] = 1
	}[kind] << 60;
	vu_put_le64(img->bytes + mk_gte_off(img, grain), entry);
}

/* Offset and length of an area, in sectors. */
static void se_put_area(struct mk_image *img, size_t field, uint64_t off, uint64_t len)
{
	vu_put_le64(img->bytes + field, off / SECTOR);
	vu_put_le64(img->bytes + field + 8, vu_div_up(len, SECTOR));
}

static void se_put_header(const struct mk_spec *spec, struct mk_image *img)
{
	vu_put_le64(img->bytes, 0xcafebabe);
	vu_put_le64(img->bytes + 8, 0x0000000200000001);
	vu_put_le64(img->bytes + 16, spec->capacity);
	vu_put_le64(img->bytes + 24, img->grain);
	vu_put_le64(img->bytes + 32, img->gtes * 8 / SECTOR);
	se_put_area(img, 80, SECTOR, SECTOR);
	se_put_area(img, 96, 2 * SECTOR, 2 * SECTOR);
	se_put_area(img, 112, 4 * SECTOR, 4 * SECTOR);
	vu_put_le64(img->bytes + SECTOR, 0xcafecafe);
}

/* Numbers of tables in use; the others have no room in the file. */
static uint64_t se_put_directory(const struct mk_spec *spec, struct mk_image *img)
{
	uint64_t n_used = 0;

	for (uint64_t t = 0; t < tables_of(spec, img); t++)
		if (is_used(spec, img, t))
			vu_put_le64(img->bytes + img->gd_off + t * 8,
				    UINT64_C(0x1000000000000000) | n_used++);
	return n_used;
}

static void se_build(const struct mk_spec *spec, struct mk_image *img)
{
	uint64_t n_tables = tables_of(spec, img), n_used, map_len;

	mk_append(img, 8 * SECTOR);
	se_put_header(spec, img);
	img->gd_off = mk_append(img, n_tables * 8);
	se_put_area(img, 128, img->gd_off, n_tables * 8);
	n_used = se_put_directory(spec, img);
	img->tables_off = mk_append(img, n_used * img->gtes * 8);
	se_put_area(img, 144, img->tables_off, n_used * img->gtes * 8);
	map_len = vu_div_up(spec->capacity, img->grain) * 8;
	se_put_area(img, 160, mk_append(img, vu_div_up(map_len, 64)), vu_div_up(map_len, 64));
	se_put_area(img, 176, mk_append(img, map_len), map_len);
	img->grains_off = img->len;
	for (uint64_t t = 0; t < n_tables; t++)
		if (is_used(spec, img, t))
			put_grains(spec, img, t, se_put);
	se_put_area(img, 192, img->grains_off, img->len - img->grains_off);
}

struct mk_image mk_build_esx(const struct mk_spec *spec)
{
	struct mk_image img = {
		.layout = spec->layout,
		.grain = mk_grain_sectors(spec),
		.gtes = spec->gtes != 0 && spec->layout == MK_SESPARSE ? spec->gtes : GTES,
	};

	if (spec->layout == MK_COWD)
		cowd_build(spec, &img);
	else
		se_build(spec, &img);
	return img;
}
