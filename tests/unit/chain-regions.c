/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * libvdisk/chain-regions.c.
 */
#include "config.h"

#include "unit.h"

#include "drawn.h"

#define REGION 256u /* sectors of a small disk's */

static char pictures[8][2 * REGION + 8]; /* those of wide links */
static unsigned n_pictures;

/* A link over two regions and three sectors more: all @kind, but for sector @at, which is @other. */
static struct vd_link *add_wide_link(char kind, unsigned at, char other)
{
	char *picture = pictures[n_pictures++];

	memset(picture, kind, 2 * REGION + 3);
	picture[at] = other;
	return ADD_LINK(picture);
}

/* A base of data, and two links that lack all of it but for one sector. */
static void add_wide_chain(unsigned at, char other)
{
	n_pictures = 0;
	add_wide_link('D', 0, 'D');
	add_wide_link('A', at, other);
	add_wide_link('A', 0, 'A');
	ck_assert_int_eq(vd_chain_remember_regions(chain), VIX_OK);
}

static void check_base(uint64_t sector, uint64_t count)
{
	ck_assert_int_eq(read_disk(sector, count), VIX_OK);
	for (uint64_t i = 0; i < count; i++)
		check_sector(i, fill(0, sector + i));
}

START_TEST(a_link_is_not_asked_again_where_it_lacks_the_region)
{
	add_wide_chain(REGION + 100, 'Z');
	check_base(10, 2);
	asked[0] = '\0';
	check_base(20, 3);
	ck_assert_str_eq(asked, "0:20+3 ");
}
END_TEST

START_TEST(a_link_is_asked_where_it_has_anything_in_the_region)
{
	add_wide_chain(REGION + 100, 'Z');
	check_base(REGION + 99, 1);
	asked[0] = '\0';
	ck_assert_int_eq(read_disk(REGION + 100, 2), VIX_OK);
	check_sector(0, 0);
	check_sector(1, fill(0, REGION + 101));
	ck_assert_str_eq(asked, "1:356+2 1:357+1 0:357+1 ");
}
END_TEST

START_TEST(one_look_tells_of_all_regions_of_a_run)
{
	run_max = UINT64_MAX;
	add_wide_chain(2 * REGION + 1, 'Z');
	check_base(10, 2);
	/* All of the newest link; of the one below, what lies before the zeros. */
	ck_assert_str_eq(asked, "2:0+515 1:0+515 0:10+2 ");
	asked[0] = '\0';
	check_base(REGION + 20, 3);
	ck_assert_str_eq(asked, "0:276+3 ");
	asked[0] = '\0';
	ck_assert_int_eq(read_disk(2 * REGION, 3), VIX_OK);
	check_sector(0, fill(0, 2 * REGION));
	check_sector(1, 0);
	check_sector(2, fill(0, 2 * REGION + 2));
	ck_assert_str_eq(asked, "1:512+3 1:513+2 1:512+3 0:512+1 1:513+2 1:514+1 0:514+1 ");
	run_max = RUN_MAX;
}
END_TEST

START_TEST(requests_may_cross_regions)
{
	add_wide_chain(REGION, 'Z');
	for (unsigned round = 0; round < 2; round++) {
		ck_assert_int_eq(read_disk(REGION - 2, 6), VIX_OK);
		for (unsigned i = 0; i < 6; i++)
			check_sector(i, i == 2 ? 0 : fill(0, REGION - 2 + i));
		check_base(2 * REGION - 1, 4);
	}
}
END_TEST

START_TEST(a_broken_table_is_told_to_those_who_read_there)
{
	add_wide_chain(500, 'X');
	for (unsigned round = 0; round < 2; round++) {
		check_base(400, 3);
		ck_assert_int_eq(read_disk(500, 1), VIX_E_DISK_INVALIDDISK);
		check_base(REGION, 3);
	}
}
END_TEST

START_TEST(regions_reach_behind_the_end_of_smaller_links)
{
	n_pictures = 0;
	ADD_LINK("DD");
	add_wide_link('A', 1, 'A');
	add_wide_link('A', 0, 'A');
	ck_assert_int_eq(vd_chain_remember_regions(chain), VIX_OK);
	for (unsigned round = 0; round < 2; round++) {
		ck_assert_int_eq(read_disk(1, 2), VIX_OK);
		check_sector(0, fill(0, 1));
		check_sector(1, 0);
		ck_assert_int_eq(read_disk(2 * REGION, 3), VIX_OK);
		check_sector(2, 0);
	}
}
END_TEST

START_TEST(what_is_remembered_is_bounded)
{
	static const uint64_t largest = VD_SECTORS_MAX;
	uint64_t regions;

	for (unsigned i = 0; i < VD_CHAIN_MAX; i++)
		ADD_LINK("A");
	chain->links.v[chain->links.n - 1]->capacity = largest;
	ck_assert_int_eq(vd_chain_remember_regions(chain), VIX_OK);
	regions = (largest >> chain->region_shift) + 1;
	ck_assert_uint_le(regions * VD_CHAIN_MAX, 8u << 20);
	ck_assert_uint_gt(regions * VD_CHAIN_MAX, 2u << 20);
}
END_TEST

START_TEST(a_chain_of_one_remembers_nothing)
{
	ADD_LINK("DA");
	ck_assert_int_eq(vd_chain_remember_regions(chain), VIX_OK);
	ck_assert_ptr_null(chain->regions);
	check_base(0, 1);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("chain-regions");
	TCase *tc = unit_tcase(s, "regions");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, a_link_is_not_asked_again_where_it_lacks_the_region);
	tcase_add_test(tc, a_link_is_asked_where_it_has_anything_in_the_region);
	tcase_add_test(tc, one_look_tells_of_all_regions_of_a_run);
	tcase_add_test(tc, requests_may_cross_regions);
	tcase_add_test(tc, a_broken_table_is_told_to_those_who_read_there);
	tcase_add_test(tc, regions_reach_behind_the_end_of_smaller_links);
	tcase_add_test(tc, what_is_remembered_is_bounded);
	tcase_add_test(tc, a_chain_of_one_remembers_nothing);
	return unit_run(s);
}
