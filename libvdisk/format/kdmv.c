/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The header of hosted sparse extents; see kdmv.h.
 */
#include "config.h"

#include "kdmv.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "../../common/bytes.h"
#include "../../common/cleanup.h"
#include "../../common/log.h"
#include "report.h"

#define DESCRIPTOR_BYTES_MAX   (1u << 20) /* that are read */
#define DESCRIPTOR_SECTORS_MAX 20480u     /* that a header may reserve */

int vd_kdmv_score(const unsigned char *head, size_t len, bool is_compressed)
{
	if (len < VD_KDMV_BYTES || vu_le32(head + VD_KDMV_OFF_MAGIC) != VD_KDMV_MAGIC)
		return 0;
	return !!(vu_le32(head + VD_KDMV_OFF_FLAGS) & VD_KDMV_COMPRESSED) == is_compressed ? 100
											   : 0;
}

static VixError check_identity(const struct vd_store *st, const unsigned char *raw)
{
	uint32_t magic = vu_le32(raw + VD_KDMV_OFF_MAGIC);
	uint32_t version = vu_le32(raw + VD_KDMV_OFF_VERSION);
	uint32_t flags = vu_le32(raw + VD_KDMV_OFF_FLAGS);

	if (magic != VD_KDMV_MAGIC)
		return vd_format_bad(st, VIX_E_DISK_INVALIDDISK,
				     "its magic number 0x%08x is not that of a sparse extent",
				     magic);
	if (version < 1 || version > 3)
		return vd_format_bad(st, VIX_E_DISK_UNSUPPORTEDDISKVERSION,
				     "version %u of a sparse extent is not supported", version);
	if (flags & VD_KDMV_INCOMPATIBLE & ~(VD_KDMV_COMPRESSED | VD_KDMV_MARKERS))
		return vd_format_bad(st, VIX_E_DISK_NOTSUPPORTED,
				     "flags 0x%08x ask for a feature that is not supported", flags);
	if ((flags & VD_KDMV_NEWLINE_TEST) &&
	    memcmp(raw + VD_KDMV_OFF_NEWLINES, VD_KDMV_NEWLINES, 4) != 0)
		return vd_format_bad(st, VIX_E_DISK_INVALIDDISK,
				     "its newlines were converted: the file was moved as text");
	return VIX_OK;
}

static VixError check_compression(const struct vd_store *st, const unsigned char *raw)
{
	uint32_t flags = vu_le32(raw + VD_KDMV_OFF_FLAGS);
	uint16_t algorithm = vu_le16(raw + VD_KDMV_OFF_COMPRESSION);
	bool is_compressed = flags & VD_KDMV_COMPRESSED;
	bool has_markers = flags & VD_KDMV_MARKERS;

	if (algorithm > 1)
		return vd_format_bad(st, VIX_E_DISK_NOTSUPPORTED,
				     "compressAlgorithm %u is not supported", algorithm);
	if (is_compressed != (algorithm == 1))
		return vd_format_bad(st, VIX_E_DISK_INVALIDDISK,
				     "flags 0x%08x and compressAlgorithm %u contradict each other",
				     flags, algorithm);
	if (is_compressed == has_markers)
		return VIX_OK;
	return vd_format_bad(st, is_compressed ? VIX_E_DISK_NOTSUPPORTED : VIX_E_DISK_INVALIDDISK,
			     "flags 0x%08x: %s", flags,
			     is_compressed ? "compressed grains without markers are not supported"
					   : "markers without compressed grains make no sense");
}

static VixError parse_geometry(const struct vd_store *st, const unsigned char *raw,
			       struct vd_kdmv *h)
{
	uint64_t grain = vu_le64(raw + VD_KDMV_OFF_GRAIN);
	uint32_t gtes = vu_le32(raw + VD_KDMV_OFF_GTES);
	uint64_t capacity = vu_le64(raw + VD_KDMV_OFF_CAPACITY);

	VD_TRY(vd_grain_tables_check(st, grain, gtes, capacity));
	h->grain_sectors = (uint32_t)grain;
	h->gtes_per_gt = gtes;
	h->capacity = capacity;
	h->n_tables = vu_div_up(capacity, grain * gtes);
	return VIX_OK;
}

static VixError parse_descriptor_place(const struct vd_store *st, const unsigned char *raw,
				       struct vd_kdmv *h)
{
	h->desc = vu_le64(raw + VD_KDMV_OFF_DESC);
	h->desc_sectors = vu_le64(raw + VD_KDMV_OFF_DESC_SIZE);
	if (h->desc == 0 && h->desc_sectors == 0)
		return VIX_OK;
	if (h->desc != 0 && h->desc_sectors <= DESCRIPTOR_SECTORS_MAX &&
	    vd_sectors_inside(st, h->desc, h->desc_sectors))
		return VIX_OK;
	return vd_format_bad(st, VIX_E_DISK_INVALIDDISK,
			     "descriptorOffset %" PRIu64 ", descriptorSize %" PRIu64
			     ": that is not inside the file",
			     h->desc, h->desc_sectors);
}

static bool directory_fits(const struct vd_store *st, const struct vd_kdmv *h, uint64_t sector)
{
	return vd_entries_inside(st, sector, h->n_tables * sizeof(uint32_t));
}

/* A directory outside the file is given up for the redundant one. */
static VixError parse_directory_places(const struct vd_store *st, const unsigned char *raw,
				       struct vd_kdmv *h)
{
	h->gd = vu_le64(raw + VD_KDMV_OFF_GD);
	h->rgd = vu_le64(raw + VD_KDMV_OFF_RGD);
	h->is_rgd_lost = (h->flags & VD_KDMV_REDUNDANT) && !directory_fits(st, h, h->rgd);
	if (!(h->flags & VD_KDMV_REDUNDANT) || h->is_rgd_lost)
		h->rgd = 0;
	if (directory_fits(st, h, h->gd) ||
	    (h->gd == VD_KDMV_GD_AT_END && (h->flags & VD_KDMV_MARKERS)))
		return VIX_OK;
	if (h->rgd == 0)
		return vd_format_bad(st, VIX_E_DISK_INVALIDDISK,
				     "gdOffset %" PRIu64 ": a grain directory of %" PRIu64
				     " entries there is not inside the file",
				     h->gd, h->n_tables);
	VU_WARN("format", "%s: its grain directory is outside the file: using the redundant one",
		vu_log_quote(st->path));
	h->gd = h->rgd;
	h->rgd = 0;
	h->is_gd_lost = true;
	return VIX_OK;
}

VixError vd_kdmv_load(struct vd_store *st, uint64_t off, struct vd_kdmv *h)
{
	unsigned char raw[VD_KDMV_BYTES];

	if (!vu_range_inside(off, sizeof(raw), st->size))
		return vd_format_bad(st, VIX_E_DISK_INVALIDDISK,
				     "with %" PRIu64 " bytes it is too short for a sparse extent",
				     st->size);
	VD_TRY(vd_store_pread(st, raw, sizeof(raw), off));
	VD_TRY(check_identity(st, raw));
	VD_TRY(check_compression(st, raw));
	h->version = vu_le32(raw + VD_KDMV_OFF_VERSION);
	h->flags = vu_le32(raw + VD_KDMV_OFF_FLAGS);
	h->is_unclean = raw[VD_KDMV_OFF_UNCLEAN] != 0;
	h->overhead = vu_le64(raw + VD_KDMV_OFF_OVERHEAD);
	if (!vd_sectors_inside(st, 0, h->overhead))
		h->overhead = 0;
	VD_TRY(parse_geometry(st, raw, h));
	VD_TRY(parse_descriptor_place(st, raw, h));
	return parse_directory_places(st, raw, h);
}

VixError vd_kdmv_open(struct vd_extent *ex, bool is_compressed, struct vd_kdmv *h)
{
	VD_TRY(vd_kdmv_load(ex->store, 0, h));
	if (!!(h->flags & VD_KDMV_COMPRESSED) != is_compressed)
		return vd_format_bad(ex->store, VIX_E_DISK_INVALIDDISK,
				     "flags 0x%08x: it is %scompressed", h->flags,
				     is_compressed ? "not " : "");
	VD_TRY(vd_extent_take_capacity(ex, h->capacity));
	ex->grain_sectors = h->grain_sectors;
	if (h->is_unclean)
		vd_format_tell_unclean(ex->store);
	return VIX_OK;
}

VixError vd_kdmv_open_tables(const struct vd_kdmv *h, struct vd_store *st, struct vd_cache *cache,
			     struct vd_grain_tables *t)
{
	static const struct vd_table_kind kind = { 2, vd_places_sectors, vd_places_sectors };
	uint64_t gd_sectors = vu_div_up(h->n_tables * sizeof(uint32_t), VD_SECTOR_SIZE);

	t->kind = &kind;
	t->store = st;
	t->cache = cache;
	t->gd = h->gd;
	t->rgd = h->rgd;
	t->n_tables = h->n_tables;
	t->gtes_per_gt = h->gtes_per_gt;
	t->grain_sectors = h->grain_sectors;
	t->is_packed = h->flags & VD_KDMV_COMPRESSED;
	t->metadata[0] = (struct vd_sector_range){ 0, 1 };
	t->metadata[1] = (struct vd_sector_range){ h->desc, h->desc_sectors };
	t->metadata[2] = (struct vd_sector_range){ h->gd, gd_sectors };
	t->metadata[3] = (struct vd_sector_range){ h->rgd, h->rgd != 0 ? gd_sectors : 0 };
	return vd_grain_tables_open(t);
}

VixError vd_kdmv_descriptor(struct vd_store *st, const struct vd_kdmv *h, char **text_out,
			    size_t *len_out)
{
	uint64_t off = h->desc * VD_SECTOR_SIZE;
	uint64_t len = vu_min(h->desc_sectors * VD_SECTOR_SIZE, DESCRIPTOR_BYTES_MAX);

	if (h->desc_sectors == 0)
		return VIX_OK;
	len = vu_min(len, st->size - off);
	VU_AUTO(free) char *text = malloc(len + 1);
	if (text == NULL)
		return VIX_E_OUT_OF_MEMORY;
	VD_TRY(vd_store_pread(st, text, len, off));
	text[len] = '\0';
	*len_out = strlen(text);
	if (*len_out == DESCRIPTOR_BYTES_MAX)
		return vd_format_bad(st, VIX_E_DISK_INVALIDDISK,
				     "its descriptor is longer than 1 MiB");
	*text_out = VU_STEAL(text);
	return VIX_OK;
}

VixError vd_kdmv_set_descriptor(struct vd_store *st, const struct vd_kdmv *h, const char *text,
				size_t len)
{
	uint64_t off = h->desc * VD_SECTOR_SIZE;
	uint64_t room = vu_min(h->desc_sectors * VD_SECTOR_SIZE, DESCRIPTOR_BYTES_MAX);
	VU_AUTO(free) char *area = NULL;

	room = room != 0 ? vu_min(room, st->size - off) : 0;
	if (len > room) {
		VU_ERR("format",
		       "%s: a descriptor of %zu bytes does not fit into the %" PRIu64
		       " bytes that the file has for it",
		       vu_log_quote(st->path), len, room);
		return VIX_E_DISK_FULL;
	}
	area = calloc(1, room);
	if (area == NULL)
		return VIX_E_OUT_OF_MEMORY;
	memcpy(area, text, len);
	return vd_store_update(st, area, room, off);
}

/* A directory that can't be found: nothing can be put there without moving others. */
static void tell_lost(struct vd_report *r, const struct vd_store *st, uint64_t off,
		      const char *what)
{
	struct vd_problem p = {
		.kind = VD_PROBLEM_DAMAGE,
		.code = VIX_E_DISK_INVALIDDISK,
		.file = st->path,
		.off = off,
		.advice = VD_ADVICE_CLONE,
	};

	vd_report_problem(r, &p, "%s is not inside the file: there is only one copy of the tables",
			  what);
}

void vd_kdmv_check_header(const struct vd_kdmv *h, const struct vd_store *st, struct vd_report *r)
{
	if (h->is_gd_lost)
		tell_lost(r, st, VD_KDMV_OFF_GD, "the grain directory");
	if (h->is_rgd_lost && !(h->flags & VD_KDMV_COMPRESSED))
		tell_lost(r, st, VD_KDMV_OFF_RGD, "the redundant directory");
}
