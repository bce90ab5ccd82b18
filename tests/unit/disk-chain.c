/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * libvdisk/disk-chain.c.
 */
#include "config.h"

#include "unit.h"

#include "drawn.h"

START_TEST(each_kind_is_read)
{
	ADD_LINK("DdZAP");
	ck_assert_int_eq(read_disk(0, 5), VIX_OK);
	check_sector(0, fill(0, 0));
	check_sector(1, fill(0, FURTHER + 1));
	check_sector(2, 0);
	check_sector(3, 0);
	check_sector(4, fill(0, 4));
	check_sector(5, 0xee);
}
END_TEST

START_TEST(a_part_is_read_and_nothing_around_it)
{
	ADD_LINK("DDDDDDDD");
	ck_assert_int_eq(read_disk(3, 2), VIX_OK);
	check_sector(0, fill(0, 3));
	check_sector(1, fill(0, 4));
	check_sector(2, 0xee);
	ck_assert_str_eq(asked, "0:3+2 ");
}
END_TEST

START_TEST(runs_that_follow_each_other_in_the_file_become_one_read)
{
	ADD_LINK("DDDDDDDDDD");
	ck_assert_int_eq(read_disk(0, 10), VIX_OK);
	ck_assert_uint_eq(memstore_reads(), 1);
	ck_assert_uint_eq(n_maps, 4);
	for (unsigned i = 0; i < 10; i++)
		check_sector(i, fill(0, i));
}
END_TEST

START_TEST(runs_apart_in_the_file_or_in_the_disk_are_read_each)
{
	ADD_LINK("DDdDZD");
	ck_assert_int_eq(read_disk(0, 6), VIX_OK);
	ck_assert_uint_eq(memstore_reads(), 4);
	check_sector(2, fill(0, FURTHER + 2));
	check_sector(3, fill(0, 3));
	check_sector(4, 0);
	check_sector(5, fill(0, 5));
}
END_TEST

START_TEST(runs_that_touch_in_the_file_but_not_in_the_disk_are_read_each)
{
	ADD_LINK("DZb");
	ck_assert_int_eq(read_disk(0, 3), VIX_OK);
	check_sector(0, fill(0, 0));
	check_sector(1, 0);
	check_sector(2, fill(0, 1));
	check_sector(3, 0xee);
}
END_TEST

START_TEST(extents_of_a_link_follow_each_other)
{
	ADD_LINK("DD", "PP", "D");
	ck_assert_int_eq(read_disk(1, 4), VIX_OK);
	check_sector(0, fill(0, 1));
	check_sector(1, fill(1, 0));
	check_sector(2, fill(1, 1));
	check_sector(3, fill(2, 0));
	ck_assert_str_eq(asked, "0:1+1 0:0+2 0:0+1 ");
}
END_TEST

START_TEST(what_a_link_lacks_is_asked_of_its_parent_and_nothing_else)
{
	ADD_LINK("DDDDDDDD");
	ADD_LINK("DAAADZAD");
	ck_assert_int_eq(read_disk(0, 8), VIX_OK);
	check_sector(0, fill(1, 0));
	check_sector(1, fill(0, 1));
	check_sector(3, fill(0, 3));
	check_sector(4, fill(1, 4));
	check_sector(5, 0);
	check_sector(6, fill(0, 6));
	check_sector(7, fill(1, 7));
	ck_assert_str_eq(asked, "1:0+8 1:1+7 0:1+3 1:4+4 1:5+3 1:6+2 0:6+1 1:7+1 ");
}
END_TEST

START_TEST(a_link_is_asked_once_for_a_sector_however_deep_the_chain_is)
{
	ADD_LINK("DZDZDZ");
	ADD_LINK("AAAAAA");
	ADD_LINK("AAAAAA");
	ck_assert_int_eq(read_disk(0, 6), VIX_OK);
	ck_assert_uint_eq(n_maps, 2 + 2 + 6);
	for (unsigned i = 0; i < 6; i++)
		check_sector(i, i % 2 == 0 ? fill(0, i) : 0);
}
END_TEST

START_TEST(zeros_of_a_link_hide_the_data_of_its_parent)
{
	ADD_LINK("DD");
	ADD_LINK("ZA");
	ck_assert_int_eq(read_disk(0, 2), VIX_OK);
	check_sector(0, 0);
	check_sector(1, fill(0, 1));
}
END_TEST

START_TEST(behind_the_end_of_a_smaller_parent_are_zeros)
{
	ADD_LINK("DD");
	ADD_LINK("AAAAD");
	ck_assert_int_eq(read_disk(0, 5), VIX_OK);
	check_sector(1, fill(0, 1));
	check_sector(2, 0);
	check_sector(3, 0);
	check_sector(4, fill(1, 4));
	ck_assert_int_eq(read_disk(3, 1), VIX_OK);
	check_sector(0, 0);
}
END_TEST

START_TEST(the_longest_chain_is_read_to_its_base)
{
	ADD_LINK("DD");
	for (unsigned i = 1; i < VD_CHAIN_MAX; i++)
		ADD_LINK("AA");
	ck_assert_int_eq(read_disk(0, 2), VIX_OK);
	check_sector(0, fill(0, 0));
	check_sector(1, fill(0, 1));
	ck_assert_uint_eq(n_maps, VD_CHAIN_MAX);
}
END_TEST

START_TEST(errors_of_tables_and_files_are_passed_on)
{
	ADD_LINK("DDX");
	ADD_LINK("ADA");
	ck_assert_int_eq(read_disk(0, 3), VIX_E_DISK_INVALIDDISK);
	ck_assert_int_eq(read_disk(0, 2), VIX_OK);
	for (unsigned n = 1; n <= 2; n++) {
		memstore_fail_read(n);
		ck_assert_int_eq(read_disk(0, 2), VIX_E_FILE_ERROR);
	}
	memstore_fail_read(3);
	ck_assert_int_eq(read_disk(0, 2), VIX_OK);
}
END_TEST

/* Allocation. */

static char drawing[64];   /* of the runs: "D" allocated, "." not, "|" between runs */
static unsigned runs_left; /* how many are wanted */
static uint64_t next_sector;

static bool draw_run(uint64_t sector, uint64_t count, bool allocated, void *ctx)
{
	size_t len = strlen(drawing);

	(void)ctx;
	ck_assert_uint_eq(sector, next_sector);
	ck_assert_uint_gt(count, 0);
	ck_assert_uint_lt(len + count + 1, sizeof(drawing));
	next_sector += count;
	memset(drawing + len, allocated ? 'D' : '.', count);
	drawing[len + count] = '|';
	drawing[len + count + 1] = '\0';
	return --runs_left > 0;
}

static const char *draw(uint64_t sector, uint64_t count)
{
	drawing[0] = '\0';
	runs_left = 1000;
	next_sector = sector;
	ck_assert_int_eq(vd_disk_extents(&chain->disk, sector, count, draw_run, NULL), VIX_OK);
	return drawing;
}

START_TEST(runs_of_one_kind_are_merged)
{
	ADD_LINK("DDDDdPPZZZZZAAAD", "DZ");
	ck_assert_str_eq(draw(0, 18), "DDDDDDD|........|DD|.|");
	ck_assert_str_eq(draw(2, 7), "DDDDD|..|");
	ck_assert_str_eq(draw(17, 1), ".|");
	ck_assert_uint_eq(memstore_reads(), 0);
}
END_TEST

START_TEST(allocation_is_that_of_the_whole_chain)
{
	ADD_LINK("DDAAD");
	ADD_LINK("AZADAA");
	ck_assert_str_eq(draw(0, 6), "D|..|DD|.|");
}
END_TEST

START_TEST(zeros_count_where_a_parent_was_left_alone)
{
	ADD_LINK("DZA");
	ck_assert_str_eq(draw(0, 3), "D|..|");
	chain->partial = true;
	ck_assert_str_eq(draw(0, 3), "DD|.|");
}
END_TEST

START_TEST(the_walk_stops_when_told_to)
{
	ADD_LINK("DZDZDZ");
	drawing[0] = '\0';
	runs_left = 2;
	next_sector = 0;
	ck_assert_int_eq(vd_disk_extents(&chain->disk, 0, 6, draw_run, NULL), VIX_OK);
	ck_assert_str_eq(drawing, "D|.|");
	ck_assert_uint_lt(n_maps, 6);
}
END_TEST

START_TEST(a_broken_table_is_an_error_of_the_walk)
{
	ADD_LINK("DX");
	runs_left = 1000;
	next_sector = 0;
	drawing[0] = '\0';
	ck_assert_int_eq(vd_disk_extents(&chain->disk, 0, 2, draw_run, NULL),
			 VIX_E_DISK_INVALIDDISK);
}
END_TEST

/* A link on top: one flat extent over a file of holes and one block of data, [8, 16). */
static void add_flat(void)
{
	const char *path = in_tmpdir("flat");
	static const char block[8 * 512] = { 1 };
	struct vd_link *ln = ADD_LINK("DD");
	struct vd_extent *ex;
	struct vd_store *st;
	int fd;

	put_file(path, "", 0);
	fd = open(path, O_WRONLY);
	ck_assert_int_eq(ftruncate(fd, 32 * 512 + 100), 0);
	ck_assert_int_eq(pwrite(fd, block, sizeof(block), 8 * 512), sizeof(block));
	close(fd);
	ck_assert_int_eq(vd_store_open(&vd_store_local, path, 0, &st), VIX_OK);
	ck_assert_int_eq(vd_extent_open(&vd_format_flat, st, 30, 512, NULL, &ex), VIX_OK);
	push_extent(ln, ex);
	chain->disk.capacity = ln->capacity;
}

START_TEST(holes_of_flat_files_are_not_allocated)
{
	add_flat(); /* guest sectors 2.. are file sectors 1.. */
	ck_assert_str_eq(draw(0, 32), "DD|.......|DDDDDDDD|...............|");
	ck_assert_str_eq(draw(8, 3), ".|DD|");
	ck_assert_str_eq(draw(20, 12), "............|");
}
END_TEST

/* A file whose data ends in the middle of sector 3, and begins again in the middle of sector 5. */

static VixError odd_open(struct vd_store *st)
{
	st->size = 8 * 512;
	return VIX_OK;
}

static void odd_close(struct vd_store *st)
{
	(void)st;
}

static VixError odd_holes(struct vd_store *st, uint64_t off, uint64_t len, vd_hole_fn *fn,
			  void *ctx)
{
	(void)st;
	ck_assert_uint_eq(off, 512);
	ck_assert_uint_eq(len, 7 * 512);
	if (fn(512, 2 * 512 + 100, true, ctx) && fn(3 * 512 + 100, 2 * 512 + 50, false, ctx))
		fn(5 * 512 + 150, 3 * 512 - 150, true, ctx);
	return VIX_OK;
}

static const struct vd_store_ops odd_store = {
	.name = "odd",
	.state_size = sizeof(struct vd_store),
	.open = odd_open,
	.close = odd_close,
	.holes = odd_holes,
};

START_TEST(a_sector_that_is_partly_data_is_allocated)
{
	struct vd_link *ln = ADD_LINK("DD");
	struct vd_extent *ex;
	struct vd_store *st;

	ck_assert_int_eq(vd_store_open(&odd_store, "odd", 0, &st), VIX_OK);
	ck_assert_int_eq(vd_extent_open(&vd_format_flat, st, 7, 512, NULL, &ex), VIX_OK);
	push_extent(ln, ex);
	chain->disk.capacity = ln->capacity;
	ck_assert_str_eq(draw(2, 7), "DDD|.|DDD|");
}
END_TEST

START_TEST(the_walk_stops_inside_of_a_flat_file)
{
	add_flat();
	drawing[0] = '\0';
	runs_left = 2;
	next_sector = 0;
	ck_assert_int_eq(vd_disk_extents(&chain->disk, 0, 32, draw_run, NULL), VIX_OK);
	ck_assert_str_eq(drawing, "DD|.......|");
}
END_TEST

int main(void)
{
	Suite *s = suite_create("disk-chain");
	TCase *tc = unit_tcase(s, "read");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, each_kind_is_read);
	tcase_add_test(tc, a_part_is_read_and_nothing_around_it);
	tcase_add_test(tc, runs_that_follow_each_other_in_the_file_become_one_read);
	tcase_add_test(tc, runs_apart_in_the_file_or_in_the_disk_are_read_each);
	tcase_add_test(tc, runs_that_touch_in_the_file_but_not_in_the_disk_are_read_each);
	tcase_add_test(tc, extents_of_a_link_follow_each_other);
	tcase_add_test(tc, what_a_link_lacks_is_asked_of_its_parent_and_nothing_else);
	tcase_add_test(tc, a_link_is_asked_once_for_a_sector_however_deep_the_chain_is);
	tcase_add_test(tc, zeros_of_a_link_hide_the_data_of_its_parent);
	tcase_add_test(tc, behind_the_end_of_a_smaller_parent_are_zeros);
	tcase_add_test(tc, the_longest_chain_is_read_to_its_base);
	tcase_add_test(tc, errors_of_tables_and_files_are_passed_on);

	tc = unit_tcase(s, "extents");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, runs_of_one_kind_are_merged);
	tcase_add_test(tc, allocation_is_that_of_the_whole_chain);
	tcase_add_test(tc, zeros_count_where_a_parent_was_left_alone);
	tcase_add_test(tc, the_walk_stops_when_told_to);
	tcase_add_test(tc, a_broken_table_is_an_error_of_the_walk);
	tcase_add_test(tc, holes_of_flat_files_are_not_allocated);
	tcase_add_test(tc, a_sector_that_is_partly_data_is_allocated);
	tcase_add_test(tc, the_walk_stops_inside_of_a_flat_file);
	return unit_run(s);
}
