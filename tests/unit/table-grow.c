/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * libvdisk/format/table-grow.c: sparse files of others, with small grains and tables, with tables
 * missing or full of what should not be there.
 */
#include "config.h"

#include "unit.h"

#include <stdio.h>
#include <string.h>

#include "../../libvdisk/check.h"
#include "../../libvdisk/disk-chain.h"
#include "../../libvdisk/grow.h"
#include "alloc.h"
#include "bytes.h"
#include "cleanup.h"
#include "memstore.h"
#include "mkvmdk.h"
#include "said.h"

#define SECTOR   512u
#define CAPACITY 1003u /* no whole number of grains */
#define LARGEST  70001u
#define PATH     "disk.vmdk"

static struct mk_image img;
static unsigned char before[CAPACITY * SECTOR], after[LARGEST * SECTOR];

static void setup(void)
{
	said_start();
}

static void teardown(void)
{
	memstore_reset();
	mk_free(&img);
	said_stop();
}

/* The shapes of tables. */
static const struct shape {
	uint32_t grain, gtes;
	bool has_no_empty_tables;
} shapes[] = {
	{ 8, 32, false }, { 8, 32, true },   { 1, 4, false },    { 16, 512, false },
	{ 128, 1, true }, { 1, 4096, true }, { 1024, 8, false },
};
#define N_SHAPES ((int)(sizeof(shapes) / sizeof(shapes[0])))

static enum mk_kind mixed(uint64_t grain)
{
	return grain % 3 == 1 ? MK_ABSENT : MK_DATA;
}

static void make(const struct shape *sh)
{
	VU_AUTO(free)
	char *text = vu_asprintf(
		"# Disk DescriptorFile\nversion=1\nCID=0000abcd\nparentCID=ffffffff\n"
		"createType=\"monolithicSparse\"\n\n"
		"RW %u SPARSE \"" PATH "\"\n\nddb.geometry.cylinders = \"1\"\n",
		CAPACITY);
	const struct mk_spec spec = {
		.layout = MK_SPARSE,
		.capacity = CAPACITY,
		.grain = sh->grain,
		.gtes = sh->gtes,
		.descriptor = text,
		.kind = mixed,
		.has_no_empty_tables = sh->has_no_empty_tables,
	};

	img = mk_build(&spec);
	memstore_add(PATH, img.bytes, img.len);
}

static VixError grow(uint64_t capacity)
{
	const struct vd_grow_job job = { .path = PATH,
					 .capacity = capacity,
					 .update_geometry = true };

	return vd_grow(&memstore_ops, &job);
}

static void read_all(unsigned char *buf, uint64_t capacity)
{
	struct vd_disk *d;

	ck_assert_uint_eq(vd_chain_open(&memstore_ops, PATH, 0, &d), VIX_OK);
	ck_assert_uint_eq(d->capacity, capacity);
	ck_assert_uint_eq(vd_disk_read(d, 0, capacity, buf), VIX_OK);
	vd_disk_close(d);
}

static void expect_grown(uint64_t capacity)
{
	read_all(after, capacity);
	ck_assert_mem_eq(after, before, sizeof(before));
	ck_assert(vu_is_zero(after + sizeof(before), capacity * SECTOR - sizeof(before)));
}

static void expect_sound(void)
{
	struct vd_report r = { 0 };

	ck_assert_uint_eq(vd_check_and_mend(&memstore_ops, PATH, 0, &r), VIX_OK);
	ck_assert_msg(r.damages == 0, "%s", r.problems.n != 0 ? r.problems.v[0].what : "");
	vd_report_free(&r);
}

START_TEST(tables_of_every_shape_get_more)
{
	static const uint64_t steps[] = { CAPACITY + 1, 1200, 5000, 5001, LARGEST };

	make(&shapes[_i]);
	read_all(before, CAPACITY);
	for (unsigned i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		ck_assert_uint_eq(grow(steps[i]), VIX_OK);
		expect_grown(steps[i]);
		expect_sound();
	}
	ck_assert(said_nothing());
}
END_TEST

/* The bytes of the disk, with @len of them changed. */
static void patch(uint64_t off, const void *with, size_t len)
{
	ck_assert_uint_le(off + len, memstore_len(PATH));
	memcpy(memstore_bytes(PATH) + off, with, len);
}

START_TEST(the_rest_of_the_last_grain_does_not_appear)
{
	unsigned char junk[SECTOR];
	uint64_t last = CAPACITY / shapes[0].grain;

	memset(junk, 0xaa, sizeof(junk));
	make(&shapes[0]);
	read_all(before, CAPACITY);
	ck_assert(mixed(last) == MK_DATA);
	patch(mk_grain_off(&img, last) + CAPACITY % shapes[0].grain * SECTOR, junk, sizeof(junk));
	ck_assert_uint_eq(grow(5000), VIX_OK);
	expect_grown(5000);
}
END_TEST

START_TEST(a_file_that_ends_with_the_last_sector_is_continued)
{
	uint64_t last = CAPACITY / shapes[0].grain;
	uint64_t end;

	make(&shapes[0]);
	read_all(before, CAPACITY);
	end = mk_grain_off(&img, last) + CAPACITY % shapes[0].grain * SECTOR;
	ck_assert_uint_gt(end + shapes[0].grain * SECTOR, memstore_len(PATH));
	memstore_add(PATH, img.bytes, end);
	ck_assert_uint_eq(grow(5000), VIX_OK);
	expect_grown(5000);
	expect_sound();
}
END_TEST

/* Where an entry behind the last grain is: in the first or the second copy of its table. */
static uint64_t entry_behind(bool is_second)
{
	uint64_t directory = is_second ? img.rgd_off : img.gd_off;
	uint64_t grain = CAPACITY / shapes[0].grain + 2;
	uint64_t table = vu_le32(img.bytes + directory + grain / shapes[0].gtes * 4);

	return table * SECTOR + grain % shapes[0].gtes * 4;
}

START_TEST(entries_behind_the_end_are_refused)
{
	unsigned char entry[4];
	size_t len;

	make(&shapes[0]);
	len = memstore_len(PATH);
	vu_put_le32(entry, (uint32_t)(mk_grain_off(&img, 0) / SECTOR));
	patch(entry_behind(_i), entry, sizeof(entry));
	memcpy(img.bytes, memstore_bytes(PATH), len);
	ck_assert_uint_eq(grow(5000), VIX_E_DISK_NOTNORMAL);
	ck_assert(said("its tables name something that would appear"));
	ck_assert_uint_eq(memstore_len(PATH), len);
	ck_assert_mem_eq(memstore_bytes(PATH), img.bytes, len);
}
END_TEST

START_TEST(a_directory_that_is_lost_can_not_be_continued)
{
	unsigned char far[8];

	make(&shapes[0]);
	vu_put_le64(far, 0x7fffff80u);
	patch(_i == 0 ? 48 : 56, far, sizeof(far));
	ck_assert_uint_eq(grow(5000), VIX_E_DISK_NEEDSREPAIR);
	ck_assert(said("one of its grain directories can't be used"));
	ck_assert_uint_eq(memstore_len(PATH), img.len);
}
END_TEST

START_TEST(a_file_does_not_grow_behind_what_entries_can_tell)
{
	make(&shapes[2]);
	ck_assert_uint_eq(grow(UINT64_C(1) << 37), VIX_E_DISK_FULL);
	ck_assert(said("may not be longer than 2 TiB"));
	ck_assert_uint_eq(grow((UINT64_C(1) << 37) + 1), VIX_E_INVALID_ARG);
	ck_assert_uint_eq(memstore_len(PATH), img.len);
	read_all(before, CAPACITY);
}
END_TEST

START_TEST(a_descriptor_without_room_for_its_text_is_refused)
{
	unsigned char sectors[8];

	make(&shapes[0]);
	vu_put_le64(sectors, 1);
	patch(36, sectors, sizeof(sectors));
	memset(memstore_bytes(PATH) + SECTOR + strlen((char *)memstore_bytes(PATH) + SECTOR), '\n',
	       SECTOR - strlen((char *)memstore_bytes(PATH) + SECTOR));
	memcpy(img.bytes, memstore_bytes(PATH), img.len);
	ck_assert_uint_eq(grow(50000), VIX_E_DISK_FULL);
	ck_assert(said("does not fit into the 512 bytes"));
	ck_assert_uint_eq(memstore_len(PATH), img.len);
	ck_assert_mem_eq(memstore_bytes(PATH), img.bytes, img.len);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("table-grow");
	TCase *tc = unit_tcase(s, "grow");

	tcase_set_timeout(tc, 120);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, tables_of_every_shape_get_more, 0, N_SHAPES);
	tcase_add_test(tc, the_rest_of_the_last_grain_does_not_appear);
	tcase_add_test(tc, a_file_that_ends_with_the_last_sector_is_continued);
	tcase_add_loop_test(tc, entries_behind_the_end_are_refused, 0, 2);
	tcase_add_loop_test(tc, a_directory_that_is_lost_can_not_be_continued, 0, 2);
	tcase_add_test(tc, a_file_does_not_grow_behind_what_entries_can_tell);
	tcase_add_test(tc, a_descriptor_without_room_for_its_text_is_refused);
	return unit_run(s);
}
