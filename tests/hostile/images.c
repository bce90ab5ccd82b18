/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Makes images with one corrupted field; see images.h.
 */
#include "config.h"

#include "images.h"

#include <libdeflate.h>
#include <stdlib.h>

#include "../unit/mkvmdk.h"
#include "bytes.h"

#define DESCRIPTOR "# Disk DescriptorFile\nversion=1\nCID=1\nRW 1000 SPARSE \"" DISK "\"\n"

/* ESX keeps descriptors in files of their own: then type and file are what they say. */
static const struct layout {
	unsigned bit;
	const char *name;
	enum mk_layout layout;
	const char *type, *file;
} layouts[] = {
	{ S, "sparse", MK_SPARSE, NULL, DISK },
	{ A, "stream-footer", MK_STREAM_FOOTER, NULL, DISK },
	{ B, "stream-front", MK_STREAM_FRONT, NULL, DISK },
	{ C, "stream-qemu", MK_STREAM_QEMU, NULL, DISK },
	{ W, "cowd", MK_COWD, "VMFSSPARSE", "disk-delta.vmdk" },
	{ E, "sesparse", MK_SESPARSE, "SESPARSE", "disk-sesparse.vmdk" },
};
#define N_LAYOUTS (sizeof(layouts) / sizeof(layouts[0]))

static uint64_t place_of(const struct mk_image *img, const struct patch *p)
{
	switch (p->place) {
	case FOOTER:
		return img->footer_off + p->off;
	case FOOTER_MARKER:
		return img->footer_off - SECTOR + p->off;
	case END_MARKER:
		return img->len - SECTOR + p->off;
	case GD_MARKER:
		return img->gd_off - SECTOR + p->off;
	case GDE:
		return img->gd_off + 4 * p->off;
	case RGDE:
		return img->rgd_off + 4 * p->off;
	case GTE:
		return mk_gte_off(img, p->off);
	case MARKER:
		return mk_grain_off(img, 0) + p->off;
	case DEFLATED:
		return mk_grain_off(img, 0) + 12 + p->off;
	default:
		return p->off;
	}
}

static uint64_t number_of(const struct mk_image *img, const struct patch *p)
{
	switch (p->what) {
	case IS_GD:
		return img->gd_off / SECTOR;
	case IS_RGD:
		return img->rgd_off / SECTOR;
	case IS_TABLE:
		return mk_gte_off(img, 0) / SECTOR;
	case IS_GRAIN:
		return mk_grain_off(img, 0) / SECTOR;
	case IS_NEXT:
		return mk_grain_off(img, 1) / SECTOR;
	case IS_LAST:
		return img->len / SECTOR - 1;
	case IS_BEHIND:
		return img->len / SECTOR;
	case IS_FOOTER:
		return img->footer_off / SECTOR;
	default:
		return p->number;
	}
}

/* A zlib stream of @n zeros instead of the first grain, which has room for it. */
static void put_bomb(struct mk_image *img, uint64_t n)
{
	struct libdeflate_compressor *codec = libdeflate_alloc_compressor(9);
	unsigned char *marker = img->bytes + mk_grain_off(img, 0);
	size_t room = mk_grain_off(img, 1) - mk_grain_off(img, 0) - 12;
	void *zeros = calloc(n + 1, 1);
	size_t len = codec != NULL && zeros != NULL
			     ? libdeflate_zlib_compress(codec, zeros, n, marker + 12, room)
			     : 0;

	if (len == 0)
		abort();
	vu_put_le32(marker + 8, (uint32_t)len);
	libdeflate_free_compressor(codec);
	free(zeros);
}

static void apply(struct mk_image *img, const struct patch *p)
{
	uint64_t number = number_of(img, p);
	uint64_t off = place_of(img, p);

	if (p->place == NOWHERE || (p->place == RGDE && img->rgd_off == 0))
		return;
	if (p->what == IS_BOMB) {
		put_bomb(img, number);
	} else if (p->place == CUT) {
		img->len = number * SECTOR + p->off;
	} else {
		for (unsigned i = 0; i < p->bytes; i++)
			img->bytes[off + i] = (unsigned char)(number >> 8 * i);
	}
}

/* What make_row() needs. */
struct row_of_layout {
	const struct row *row;
	const struct layout *layout;
};

static const char *make_row(const struct hostile_case *c)
{
	const struct row_of_layout *r = c->arg;
	const struct layout *l = r->layout;
	struct mk_image img = mk_build(&(struct mk_spec){
		.layout = l->layout,
		.capacity = 1000,
		.grain = GRAIN,
		.gtes = l->type == NULL ? 16 : 0, /* ESX has one size */
		.descriptor = l->type == NULL ? DESCRIPTOR : NULL,
	});

	for (size_t i = 0; i < 2; i++)
		apply(&img, &r->row->patch[i]);
	if (l->type != NULL)
		hostile_put_descriptor(DISK, "CID=1\nRW 1000 %s \"%s\"\n", l->type, l->file);
	hostile_put(l->file, img.bytes, img.len);
	mk_free(&img);
	return NULL;
}

static void add_row(const struct row *row, size_t layout, const char *of)
{
	static struct row_of_layout args[1024];
	static size_t n;
	struct hostile_case c = {
		.name = hostile_text("%s-%s%s", layouts[layout].name, of, row->name),
		.field = row->field,
		.value = row->value,
		.code = row->code,
		.words = row->words,
		.make = make_row,
		.arg = &args[n],
	};

	if (n == sizeof(args) / sizeof(args[0]))
		abort();
	args[n++] = (struct row_of_layout){ row, &layouts[layout] };
	hostile_add(&c);
}

void hostile_add_rows(const struct row *rows, size_t n, const char *of)
{
	for (size_t layout = 0; layout < N_LAYOUTS; layout++) {
		for (size_t i = 0; i < n; i++) {
			if (rows[i].layouts & layouts[layout].bit)
				add_row(&rows[i], layout, of);
		}
	}
}
