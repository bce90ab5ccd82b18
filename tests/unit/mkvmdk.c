/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Makes sparse extents in memory; see mkvmdk.h.
 */
#include "config.h"

#include "mkvmdk.h"

#include <libdeflate.h>
#include <stdlib.h>
#include <string.h>

#include "bytes.h"
#include "memstore.h"

#define SECTOR       512u
#define DESC_SECTORS 20u

enum marker { MARKER_EOS = 0, MARKER_GT = 1, MARKER_GD = 2, MARKER_FOOTER = 3, MARKER_ODD = 4 };

struct builder {
	const struct mk_spec *spec;
	struct mk_image img;
	uint64_t n_grains, n_tables;
	uint64_t table_bytes;   /* of one table, whole sectors */
	uint32_t *gtes;         /* all entries of all tables */
	uint32_t *gdes, *rgdes; /* sectors of the tables */
	struct libdeflate_compressor *deflate;
};

static bool is_stream(const struct builder *b)
{
	return b->spec->layout != MK_SPARSE;
}

static bool is_redundant(const struct builder *b)
{
	return b->spec->layout == MK_SPARSE || b->spec->layout == MK_STREAM_QEMU;
}

enum mk_kind mk_kind_of(const struct mk_spec *spec, uint64_t grain)
{
	if (spec->kind != NULL)
		return spec->kind(grain);
	return spec->kinds != NULL ? (enum mk_kind)spec->kinds[grain] : MK_DATA;
}

uint32_t mk_grain_sectors(const struct mk_spec *spec)
{
	static const uint32_t usual[] = { [MK_COWD] = 1, [MK_SESPARSE] = 8 };

	if (spec->grain != 0)
		return spec->grain;
	return spec->layout >= MK_COWD ? usual[spec->layout] : 128;
}

static void *xcalloc(size_t n, size_t size)
{
	void *p = calloc(n, size);

	if (p == NULL)
		abort();
	return p;
}

uint64_t mk_append(struct mk_image *img, uint64_t len)
{
	uint64_t off = img->len;

	img->len += vu_round_up(len, SECTOR);
	if (img->len > img->cap) {
		img->cap = img->len * 2;
		img->bytes = realloc(img->bytes, img->cap);
		if (img->bytes == NULL)
			abort();
	}
	memset(img->bytes + off, 0, img->len - off);
	return off;
}

static uint64_t append(struct builder *b, uint64_t len)
{
	return mk_append(&b->img, len);
}

/* Never to sector 1: an entry that names it means zeros. */
static void align_to_grain(struct builder *b)
{
	uint64_t unit = (uint64_t)vu_max(b->img.grain, 2) * SECTOR;

	append(b, vu_round_up(b->img.len, unit) - b->img.len);
}

/* Made up: every sector differs from every other and compresses to about an eighth. */
static void make_up_sector(uint64_t sector, unsigned char *buf)
{
	uint64_t x = sector + 1;

	for (size_t i = 0; i < SECTOR; i += 8) {
		if (i < 64)
			x = x * 6364136223846793005u + 1442695040888963407u;
		vu_put_le64(buf + i, x);
	}
}

static void guest_sector(const struct mk_spec *spec, uint64_t sector, unsigned char *buf)
{
	if (spec->guest != NULL)
		memcpy(buf, spec->guest + sector * SECTOR, SECTOR);
	else
		make_up_sector(sector, buf);
}

void mk_guest(const struct mk_spec *spec, uint64_t sector, uint64_t count, void *buf)
{
	uint32_t grain = mk_grain_sectors(spec);
	unsigned char *p = buf;

	for (; count > 0; count--, sector++, p += SECTOR) {
		if (sector < spec->capacity && mk_kind_of(spec, sector / grain) == MK_DATA)
			guest_sector(spec, sector, p);
		else
			memset(p, 0, SECTOR);
	}
}

static void put_header(struct builder *b, uint64_t off, uint64_t gd)
{
	static const uint32_t flags[] = { 0x3, 0x30001, 0x30001, 0x30003 };
	const struct mk_spec *spec = b->spec;
	unsigned char *h = b->img.bytes + off;

	memcpy(h, "KDMV", 4);
	vu_put_le32(h + 4, is_stream(b) ? 3 : 1);
	vu_put_le32(h + 8, flags[spec->layout]);
	vu_put_le64(h + 12, spec->capacity);
	vu_put_le64(h + 20, b->img.grain);
	vu_put_le64(h + 28, b->img.desc_off / SECTOR);
	vu_put_le64(h + 36, b->img.desc_off != 0 ? DESC_SECTORS : 0);
	vu_put_le32(h + 44, b->img.gtes);
	vu_put_le64(h + 48, b->img.rgd_off / SECTOR);
	vu_put_le64(h + 56, gd);
	vu_put_le64(h + 64, b->img.grain);
	memcpy(h + 73, "\n \r\n", 4);
	vu_put_le16(h + 77, is_stream(b));
}

static bool has_table(const struct builder *b, uint64_t table)
{
	uint64_t i = table * b->img.gtes;

	if (!b->spec->has_no_empty_tables)
		return true;
	for (uint64_t end = vu_min(i + b->img.gtes, b->n_grains); i < end; i++)
		if (mk_kind_of(b->spec, i) != MK_ABSENT)
			return true;
	return false;
}

/* Room for a directory and all its tables; the directory's place. */
static uint64_t reserve_tables(struct builder *b, uint32_t *gdes)
{
	uint64_t off = append(b, b->n_tables * 4);

	for (uint64_t t = 0; t < b->n_tables; t++)
		if (has_table(b, t))
			gdes[t] = (uint32_t)(append(b, b->table_bytes) / SECTOR);
	return off;
}

static void put_u32s(struct builder *b, uint64_t off, const uint32_t *v, uint64_t n)
{
	for (uint64_t i = 0; i < n; i++)
		vu_put_le32(b->img.bytes + off + 4 * i, v[i]);
}

static void put_table(struct builder *b, const uint32_t *gdes, uint64_t table)
{
	if (gdes[table] != 0)
		put_u32s(b, (uint64_t)gdes[table] * SECTOR, b->gtes + table * b->img.gtes,
			 b->img.gtes);
}

static void put_tables(struct builder *b, uint64_t gd_off, const uint32_t *gdes)
{
	put_u32s(b, gd_off, gdes, b->n_tables);
	for (uint64_t t = 0; t < b->n_tables; t++)
		put_table(b, gdes, t);
}

static uint64_t put_plain_grain(struct builder *b, uint64_t grain)
{
	uint64_t off = append(b, (uint64_t)b->img.grain * SECTOR);

	mk_guest(b->spec, grain * b->img.grain, b->img.grain, b->img.bytes + off);
	return off;
}

static uint64_t put_packed_grain(struct builder *b, uint64_t grain)
{
	uint64_t first = grain * b->img.grain;
	uint64_t sectors = b->img.grain;
	size_t room, size;
	uint64_t off;

	if (!b->spec->is_full_tail)
		sectors = vu_min(sectors, b->spec->capacity - first);
	unsigned char *plain = xcalloc(sectors, SECTOR);
	mk_guest(b->spec, first, sectors, plain);
	room = libdeflate_zlib_compress_bound(b->deflate, sectors * SECTOR);
	unsigned char *packed = xcalloc(1, room);
	size = libdeflate_zlib_compress(b->deflate, plain, sectors * SECTOR, packed, room);
	off = append(b, 12 + size);
	vu_put_le64(b->img.bytes + off, first);
	vu_put_le32(b->img.bytes + off + 8, (uint32_t)size);
	memcpy(b->img.bytes + off + 12, packed, size);
	free(packed);
	free(plain);
	return off;
}

static void put_marker(struct builder *b, uint64_t sectors, enum marker type)
{
	uint64_t off = append(b, SECTOR);

	vu_put_le64(b->img.bytes + off, sectors);
	vu_put_le32(b->img.bytes + off + 12, type);
}

/* A marker of a kind that no reader knows, with a sector of its own. */
static void put_odd_marker(struct builder *b)
{
	uint64_t off;

	put_marker(b, 1, MARKER_ODD);
	off = append(b, SECTOR);
	memset(b->img.bytes + off, 0xee, SECTOR);
}

static void put_grain(struct builder *b, uint64_t grain)
{
	switch (mk_kind_of(b->spec, grain)) {
	case MK_DATA:
		b->gtes[grain] = (uint32_t)((is_stream(b) ? put_packed_grain(b, grain)
							  : put_plain_grain(b, grain)) /
					    SECTOR);
		break;
	case MK_ZERO:
	case MK_UNMAPPED:
		b->gtes[grain] = 1;
		break;
	case MK_ABSENT:
		break;
	}
	if (b->spec->has_odd_markers)
		put_odd_marker(b);
}

static void put_grains(struct builder *b, uint64_t from, uint64_t end)
{
	for (uint64_t i = from; i < end; i++)
		put_grain(b, b->spec->is_backwards ? from + end - 1 - i : i);
}

static void build_with_footer(struct builder *b)
{
	align_to_grain(b);
	for (uint64_t t = 0; t < b->n_tables; t++) {
		put_grains(b, t * b->img.gtes, vu_min((t + 1) * b->img.gtes, b->n_grains));
		if (!has_table(b, t))
			continue;
		put_marker(b, b->table_bytes / SECTOR, MARKER_GT);
		b->gdes[t] = (uint32_t)(append(b, b->table_bytes) / SECTOR);
		put_table(b, b->gdes, t);
	}
	put_marker(b, vu_div_up(b->n_tables * 4, SECTOR), MARKER_GD);
	b->img.gd_off = append(b, b->n_tables * 4);
	put_u32s(b, b->img.gd_off, b->gdes, b->n_tables);
	put_marker(b, 1, MARKER_FOOTER);
	b->img.footer_off = append(b, SECTOR);
	put_header(b, b->img.footer_off, b->img.gd_off / SECTOR);
	put_marker(b, 0, MARKER_EOS);
	put_header(b, 0, UINT64_MAX);
}

static void build_with_tables_in_front(struct builder *b)
{
	if (is_redundant(b))
		b->img.rgd_off = reserve_tables(b, b->rgdes);
	b->img.gd_off = reserve_tables(b, b->gdes);
	align_to_grain(b);
	put_grains(b, 0, b->n_grains);
	if (is_redundant(b))
		put_tables(b, b->img.rgd_off, b->rgdes);
	put_tables(b, b->img.gd_off, b->gdes);
	if (b->spec->layout == MK_STREAM_FRONT)
		put_marker(b, 0, MARKER_EOS);
	put_header(b, 0, b->img.gd_off / SECTOR);
}

static void begin(struct builder *b, const struct mk_spec *spec)
{
	b->spec = spec;
	b->img.layout = spec->layout;
	b->img.grain = mk_grain_sectors(spec);
	b->img.gtes = spec->gtes != 0 ? spec->gtes : 512;
	b->n_grains = vu_div_up(spec->capacity, b->img.grain);
	b->n_tables = vu_div_up(b->n_grains, b->img.gtes);
	b->table_bytes = vu_round_up((uint64_t)b->img.gtes * 4, SECTOR);
	b->gtes = xcalloc(b->n_tables * b->img.gtes, 4);
	b->gdes = xcalloc(b->n_tables, 4);
	b->rgdes = xcalloc(b->n_tables, 4);
	b->deflate = libdeflate_alloc_compressor(6);
	append(b, SECTOR);
	if (spec->descriptor == NULL)
		return;
	b->img.desc_off = append(b, (uint64_t)DESC_SECTORS * SECTOR);
	memcpy(b->img.bytes + b->img.desc_off, spec->descriptor, strlen(spec->descriptor));
}

struct mk_image mk_build(const struct mk_spec *spec)
{
	struct builder b = { 0 };

	if (spec->layout >= MK_COWD)
		return mk_build_esx(spec);
	begin(&b, spec);
	if (spec->layout == MK_STREAM_FOOTER)
		build_with_footer(&b);
	else
		build_with_tables_in_front(&b);
	libdeflate_free_compressor(b.deflate);
	free(b.gtes);
	free(b.gdes);
	free(b.rgdes);
	return b.img;
}

void mk_free(struct mk_image *img)
{
	free(img->bytes);
	*img = (struct mk_image){ 0 };
}

/* seSparse */

static uint64_t se_gte_off(const struct mk_image *img, uint64_t grain)
{
	uint32_t table = vu_le32(img->bytes + img->gd_off + grain / img->gtes * 8);

	return img->tables_off + ((uint64_t)table * img->gtes + grain % img->gtes) * 8;
}

static uint64_t se_grain_off(const struct mk_image *img, uint64_t grain)
{
	uint64_t entry = vu_le64(img->bytes + se_gte_off(img, grain));
	uint64_t number = (entry << 16 >> 4) + (entry << 4 >> 52);

	return img->grains_off + number * img->grain * SECTOR;
}

uint64_t mk_gte_off(const struct mk_image *img, uint64_t grain)
{
	uint64_t gde_off = img->gd_off + grain / img->gtes * 4;

	if (img->layout == MK_SESPARSE)
		return se_gte_off(img, grain);
	return (uint64_t)vu_le32(img->bytes + gde_off) * SECTOR + grain % img->gtes * 4;
}

uint64_t mk_grain_off(const struct mk_image *img, uint64_t grain)
{
	if (img->layout == MK_SESPARSE)
		return se_grain_off(img, grain);
	return (uint64_t)vu_le32(img->bytes + mk_gte_off(img, grain)) * SECTOR;
}

static VixError read_run(struct vd_extent *ex, const struct vd_map *m, uint64_t sector, void *buf)
{
	switch (m->kind) {
	case VD_MAP_DATA:
		return vd_store_pread(ex->store, buf, m->sectors * SECTOR, m->off);
	case VD_MAP_PACKED:
		return vd_extent_read_packed(ex, m, sector, m->sectors, buf);
	case VD_MAP_ZERO:
	case VD_MAP_ABSENT:
		memset(buf, 0, m->sectors * SECTOR);
	}
	return VIX_OK;
}

VixError mk_read(struct vd_extent *ex, uint64_t sector, uint64_t count, void *buf)
{
	unsigned char *p = buf;

	while (count > 0) {
		struct vd_map m;
		VixError err = vd_extent_map(ex, sector, count, &m);

		if (err == VIX_OK)
			err = read_run(ex, &m, sector, p);
		if (err != VIX_OK)
			return err;
		p += m.sectors * SECTOR;
		sector += m.sectors;
		count -= m.sectors;
	}
	return VIX_OK;
}

VixError mk_open(const struct vd_format_ops *ops, const struct mk_image *img, uint64_t sectors,
		 struct vd_cache *cache, struct vd_extent **ex_out)
{
	memstore_add(MK_PATH, img->bytes, img->len);
	return vd_extent_open(ops, memstore_open(MK_PATH), sectors, 0, cache, ex_out);
}

bool mk_check(struct vd_extent *ex, const struct mk_spec *spec, uint64_t step)
{
	unsigned char *got = xcalloc(step, SECTOR), *want = xcalloc(step, SECTOR);
	uint64_t sector = 0;
	bool ok = true;

	while (ok && sector < ex->sectors) {
		uint64_t count = vu_min(step, ex->sectors - sector);

		mk_guest(spec, sector, count, want);
		ok = mk_read(ex, sector, count, got) == VIX_OK &&
		     memcmp(got, want, count * SECTOR) == 0;
		sector += count;
	}
	free(got);
	free(want);
	return ok;
}
