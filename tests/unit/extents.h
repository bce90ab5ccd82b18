/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the tests of sparse extents share: one cache, opening images, expecting errors.
 *
 *	tested = &vd_format_sparse;
 *	tcase_add_checked_fixture(tc, extents_setup, extents_teardown);
 */
#ifndef EXTENTS_H
#define EXTENTS_H

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "../../libvdisk/format/cache.h"
#include "bytes.h"
#include "said.h"
#include "memstore.h"
#include "mkvmdk.h"

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

static const char descriptor[] = "# Disk DescriptorFile\nversion=1\nCID=fffffffe\n";

static const struct vd_format_ops *tested; /* the driver */
static struct vd_cache *cache;

/* One field with a value that must not be believed, and what is said about it. */
struct bad_field {
	size_t off;
	int bytes;
	uint64_t value;
	VixError code;
	const char *text;
};

static inline void extents_setup(void)
{
	cache = vd_cache_new(8 << 20);
	said_start();
}

static inline void extents_teardown(void)
{
	ck_assert_uint_eq(memstore_n_open(), 0);
	said_stop();
	vd_cache_free(cache);
	memstore_reset();
}

static inline struct vd_extent *open_ok(const struct mk_image *img, uint64_t sectors)
{
	struct vd_extent *ex;
	VixError err = mk_open(tested, img, sectors, cache, &ex);

	ck_assert_msg(err == VIX_OK, "%s", said_text);
	return ex;
}

static inline void expect_logged(const char *text)
{
	ck_assert_msg(said(MK_PATH) && said(text), "\"%s\" not in: %s", text, said_text);
}

/* Consumes @img. */
static inline void expect_open_error(struct mk_image *img, uint64_t sectors, VixError code,
				     const char *text)
{
	struct vd_extent *ex = (void *)1;

	said_start();
	ck_assert_uint_eq(mk_open(tested, img, sectors, cache, &ex), code);
	ck_assert_ptr_null(ex);
	expect_logged(text);
	mk_free(img);
}

/* Consumes @img: it opens, but @sector can be read neither alone nor with those behind it. */
static inline void expect_read_error(struct mk_image *img, uint64_t sector, VixError code,
				     const char *text)
{
	struct vd_extent *ex = open_ok(img, 0);
	static char buf[128 * VD_SECTOR_SIZE];

	for (unsigned count = 1; count <= 128; count += 127) {
		said_start();
		ck_assert_uint_eq(mk_read(ex, sector, vu_min(count, ex->sectors - sector), buf),
				  code);
		expect_logged(text);
	}
	vd_extent_close(ex);
	mk_free(img);
}

/* Reads all of an image in pieces of several sizes; consumes @img. */
static inline void expect_image_content(struct mk_image *img, const struct mk_spec *spec)
{
	static const uint64_t steps[] = { 1, 7, 128, 1000, 1 << 16 };
	struct vd_extent *ex = open_ok(img, 0);

	ck_assert_uint_eq(ex->sectors, spec->capacity);
	ck_assert_uint_eq(ex->grain_sectors, img->grain);
	for (size_t i = 0; i < ARRAY_LEN(steps); i++)
		ck_assert_msg(mk_check(ex, spec, steps[i]), "%s", said_text);
	vd_extent_close(ex);
	mk_free(img);
}

static inline void expect_content(const struct mk_spec *spec)
{
	struct mk_image img = mk_build(spec);

	expect_image_content(&img, spec);
}

static inline struct vd_map map_at(struct vd_extent *ex, uint64_t sector, uint64_t count)
{
	struct vd_map m;

	ck_assert_uint_eq(vd_extent_map(ex, sector, count, &m), VIX_OK);
	return m;
}

static inline void expect_descriptor(struct vd_extent *ex, const char *want)
{
	char *text;
	size_t len;

	ck_assert_uint_eq(vd_extent_descriptor(ex, &text, &len), VIX_OK);
	ck_assert_pstr_eq(text, want);
	ck_assert_uint_eq(len, want != NULL ? strlen(want) : 0);
	free(text);
}

/* The descriptor may name less than the 100 sectors that an image has, but not more. */
static inline void expect_up_to_100_sectors(enum mk_layout layout)
{
	struct mk_image img = mk_build(&(struct mk_spec){ layout, .capacity = 100 });
	struct vd_extent *ex = open_ok(&img, 99);

	ck_assert_uint_eq(ex->sectors, 99);
	vd_extent_close(ex);
	expect_open_error(&img, 101, VIX_E_DISK_INVALIDDISK, "capacity of 100");
}

static inline void put_field(struct mk_image *img, const struct bad_field *f, size_t from)
{
	unsigned char value[8];

	vu_put_le64(value, f->value);
	memcpy(img->bytes + from + f->off, value, (size_t)f->bytes);
}

/* Kinds of grains, for struct mk_spec. */
static inline enum mk_kind mixed(uint64_t grain)
{
	static const enum mk_kind kinds[] = {
		MK_DATA, MK_DATA, MK_ZERO, MK_ABSENT, MK_DATA, MK_ZERO
	};

	return kinds[grain * 7 / 3 % 6];
}

static inline enum mk_kind absent(uint64_t grain)
{
	(void)grain;
	return MK_ABSENT;
}

static inline enum mk_kind second_only(uint64_t grain)
{
	return grain == 1 ? MK_DATA : MK_ABSENT;
}

/*
 * Breaks the place of each read in turn, from the first one on.  What is read around it without
 * need may fail unnoticed, but no wrong byte comes.
 */
static inline void expect_faults_are_told(const struct mk_image *img, const struct mk_spec *spec)
{
	char *buf = malloc(spec->capacity * VD_SECTOR_SIZE);
	char *want = malloc(spec->capacity * VD_SECTOR_SIZE);
	unsigned n = 0, n_failed = 0, reads;

	mk_guest(spec, 0, spec->capacity, want);
	do {
		struct vd_cache *fresh = vd_cache_new(1 << 20);
		struct vd_extent *ex;
		VixError err;

		memstore_fail_read(++n);
		reads = memstore_reads();
		err = mk_open(tested, img, 0, fresh, &ex);
		if (err == VIX_OK)
			err = mk_read(ex, 0, spec->capacity, buf);
		reads = memstore_reads() - reads;
		if (err == VIX_OK)
			ck_assert_mem_eq(buf, want, spec->capacity * VD_SECTOR_SIZE);
		else
			ck_assert_uint_eq(err, VIX_E_FILE_ERROR);
		n_failed += err != VIX_OK;
		vd_extent_close(ex);
		vd_cache_free(fresh);
	} while (reads >= n);
	ck_assert_uint_ge(n_failed, n - 4);
	ck_assert_uint_ge(n, 8);
	free(want);
	free(buf);
}

/* Reads what there is, in pieces of @step sectors: whatever is wrong with it, this ends. */
static inline void survive(const struct mk_image *img, uint64_t sectors, uint64_t step)
{
	static char buf[128 * VD_SECTOR_SIZE];
	struct vd_extent *ex;

	if (mk_open(tested, img, 0, cache, &ex) != VIX_OK)
		return;
	for (uint64_t at = 0; at < vu_min(ex->sectors, sectors); at += step)
		mk_read(ex, at, vu_min(step, ex->sectors - at), buf);
	vd_extent_close(ex);
}

/* survive() with each byte of [@from, @end) changed in turn. */
static inline void survive_changes(struct mk_image *img, size_t from, size_t end, uint64_t sectors)
{
	static const unsigned char values[] = { 0, 1, 0x80, 0xff };

	for (size_t off = from; off < end; off++) {
		unsigned char old = img->bytes[off];

		for (size_t i = 0; i < ARRAY_LEN(values); i++) {
			img->bytes[off] = values[i];
			survive(img, sectors, 32);
		}
		img->bytes[off] = old;
	}
}

/* survive() with the file cut off here and there; consumes @img. */
static inline void survive_cuts(struct mk_image *img, uint64_t sectors)
{
	size_t len = img->len;

	for (img->len = 0; img->len < len; img->len += 100)
		survive(img, sectors, 32);
	mk_free(img);
}

#endif
