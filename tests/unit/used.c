/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * libvdisk/used.c, and what disk.c makes of it.
 */
#include "config.h"

#include "unit.h"

#include <stdio.h>
#include <string.h>

#include "../../libvdisk/used.h"
#include "opened.h"

#define SECTOR 512ull

/* What is told. */
struct told {
	uint64_t off, len;
};

static struct {
	const struct told *areas;
	size_t n;
	VixError fails;
	unsigned asked;
} server;

static char runs[512]; /* "first+count " of what is used, in brackets of what is not */
static unsigned runs_wanted;

static VixError learn(struct vd_used *u, void *ctx)
{
	(void)ctx;
	server.asked++;
	for (size_t i = 0; i < server.n; i++)
		VD_TRY(vd_used_add(u, server.areas[i].off, server.areas[i].len));
	if (server.fails != VIX_OK)
		VU_ERR("test", "this is not to be told");
	return server.fails;
}

static bool keep_run(uint64_t sector, uint64_t count, bool is_used, void *ctx)
{
	size_t at = strlen(runs);

	(void)ctx;
	snprintf(runs + at, sizeof(runs) - at, is_used ? "%u+%u " : "(%u+%u) ", (unsigned)sector,
		 (unsigned)count);
	return --runs_wanted > 0;
}

static void setup(void)
{
	opened_setup();
	memset(&server, 0, sizeof(server));
	runs_wanted = 100;
}

#define TELL(...)                                                   \
	do {                                                        \
		static const struct told areas[] = { __VA_ARGS__ }; \
		server.areas = areas;                               \
		server.n = sizeof(areas) / sizeof(areas[0]);        \
	} while (0)

static const char *runs_of(struct vd_used *u, uint64_t sector, uint64_t count)
{
	runs[0] = '\0';
	vd_used_each(u, sector, count, keep_run, NULL);
	return runs;
}

START_TEST(ranges_are_cut_into_what_is_used_and_what_is_not)
{
	struct vd_used *u = vd_used_new(learn, NULL);

	TELL({ 0, 2 * SECTOR }, { 10 * SECTOR, 5 * SECTOR });
	ck_assert(vd_used_is_known(u));
	ck_assert_str_eq(runs_of(u, 0, 20), "0+2 (2+8) 10+5 (15+5) ");
	ck_assert_str_eq(runs_of(u, 1, 1), "1+1 ");
	ck_assert_str_eq(runs_of(u, 2, 8), "(2+8) ");
	ck_assert_str_eq(runs_of(u, 5, 7), "(5+5) 10+2 ");
	ck_assert_str_eq(runs_of(u, 14, 1), "14+1 ");
	ck_assert_str_eq(runs_of(u, 15, 1), "(15+1) ");
	runs_wanted = 2;
	ck_assert_str_eq(runs_of(u, 0, 20), "0+2 (2+8) ");
	vd_used_free(u);
}
END_TEST

START_TEST(a_sector_is_used_if_any_byte_of_it_is)
{
	struct vd_used *u = vd_used_new(learn, NULL);

	TELL({ SECTOR - 1, 2 }, { 2 * SECTOR, 1 }, { 5 * SECTOR + 7, 3 }, { 5 * SECTOR + 20, 9 });
	ck_assert(vd_used_is_known(u));
	ck_assert_str_eq(runs_of(u, 0, 8), "0+3 (3+2) 5+1 (6+2) ");
	vd_used_free(u);
}
END_TEST

START_TEST(nothing_may_be_used)
{
	struct vd_used *u = vd_used_new(learn, NULL);

	ck_assert(vd_used_is_known(u));
	ck_assert_str_eq(runs_of(u, 3, 4), "(3+4) ");
	vd_used_free(u);
}
END_TEST

START_TEST(somebody_is_asked_once_whatever_comes_of_it)
{
	struct vd_used *u = vd_used_new(learn, NULL);

	ck_assert_uint_eq(server.asked, 0);
	server.fails = VIX_E_NOT_SUPPORTED;
	ck_assert(!vd_used_is_known(u));
	ck_assert(!vd_used_is_known(u));
	ck_assert_uint_eq(server.asked, 1);
	ck_assert(said_nothing());
	vd_used_free(u);
}
END_TEST

START_TEST(the_runs_that_are_remembered_are_bounded)
{
	struct vd_used *u = vd_used_new(learn, NULL);

	for (uint64_t i = 0; i < VD_USED_RUNS_MAX; i++)
		ck_assert_int_eq(vd_used_add(u, 2 * i * SECTOR, 1), VIX_OK);
	ck_assert_int_ne(vd_used_add(u, 2ull * VD_USED_RUNS_MAX * SECTOR, 1), VIX_OK);
	vd_used_free(u);
}
END_TEST

/* A flat disk of 8 sectors. */
static void open_flat(void)
{
	static const char text[] = "version=1\nCID=1\nRW 8 FLAT \"a.bin\" 0\n";
	static const char bytes[8 * SECTOR];

	memstore_add("/d/a.vmdk", text, strlen(text));
	memstore_add("/d/a.bin", bytes, sizeof(bytes));
	ck_assert_int_eq(open_mem("/d/a.vmdk"), VIX_OK);
}

START_TEST(a_disk_tells_what_is_used_if_that_is_known)
{
	open_flat();
	disk->used = vd_used_new(learn, NULL);
	TELL({ SECTOR, SECTOR });
	runs[0] = '\0';
	ck_assert_int_eq(vd_disk_extents(disk, 0, 8, keep_run, NULL), VIX_OK);
	ck_assert_str_eq(runs, "(0+1) 1+1 (2+6) ");
	ck_assert_int_eq(vd_disk_extents(disk, 0, 9, keep_run, NULL), VIX_E_DISK_OUTOFRANGE);
	ck_assert_int_eq(vd_disk_extents(disk, 0, 0, keep_run, NULL), VIX_OK);
}
END_TEST

START_TEST(a_disk_tells_what_its_files_do_if_nothing_is_known)
{
	open_flat();
	disk->used = vd_used_new(learn, NULL);
	server.fails = VIX_E_FAIL;
	runs[0] = '\0';
	ck_assert_int_eq(vd_disk_extents(disk, 0, 8, keep_run, NULL), VIX_OK);
	ck_assert_str_eq(runs, "0+8 ");
}
END_TEST

int main(void)
{
	Suite *s = suite_create("used");
	TCase *tc = unit_tcase(s, "used");

	tcase_add_checked_fixture(tc, setup, opened_teardown);
	tcase_add_test(tc, ranges_are_cut_into_what_is_used_and_what_is_not);
	tcase_add_test(tc, a_sector_is_used_if_any_byte_of_it_is);
	tcase_add_test(tc, nothing_may_be_used);
	tcase_add_test(tc, somebody_is_asked_once_whatever_comes_of_it);
	tcase_add_test(tc, the_runs_that_are_remembered_are_bounded);

	tc = unit_tcase(s, "disk");
	tcase_add_checked_fixture(tc, setup, opened_teardown);
	tcase_add_test(tc, a_disk_tells_what_is_used_if_that_is_known);
	tcase_add_test(tc, a_disk_tells_what_its_files_do_if_nothing_is_known);
	return unit_run(s);
}
