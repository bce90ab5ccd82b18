/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What VDDK lacks: the links of chains that can be opened or not, and where sectors lie.
 */
#include "config.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "client.h"
#include "disks.h"
#include "vixDiskLibExt.h"

#define NO_PARENT 0xffffffffu

static VixDiskLibConnection conn;
static VixDiskLibLink *links;
static size_t n_links;

static void connect(void)
{
	conn = connect_local();
	links = NULL;
}

static void disconnect(void)
{
	VixDiskLib_FreeLinkList(links);
	ck_assert_ok(VixDiskLib_Disconnect(conn));
}

/* A link without a file of data. */
static void put_link(const char *name, unsigned cid, unsigned parent_cid, const char *hint,
		     unsigned sectors)
{
	char text[512];

	snprintf(text, sizeof(text),
		 "# Disk DescriptorFile\nversion=1\nCID=%08x\nparentCID=%08x\n"
		 "parentFileNameHint=\"%s\"\ncreateType=\"custom\"\nRW %u ZERO\n",
		 cid, parent_cid, hint, sectors);
	put_text(name, text);
}

static VixError list(const char *name)
{
	return VixDiskLib_ListLinks(conn, in_dir(name), &links, &n_links);
}

START_TEST(list_has_every_link_newest_first)
{
	put_link("a.vmdk", 1, NO_PARENT, "", 8);
	put_link("b.vmdk", 2, 1, "a.vmdk", 8);
	put_link("c.vmdk", 3, 2, "b.vmdk", 16);
	ck_assert_ok(list("c.vmdk"));
	ck_assert_uint_eq(n_links, 3);
	ck_assert_uint_eq(links[0].structSize, sizeof(links[0]));
	ck_assert_str_eq(links[0].path, in_dir("c.vmdk"));
	ck_assert_str_eq(links[0].createType, "custom");
	ck_assert_str_eq(links[0].parentHint, "b.vmdk");
	ck_assert_str_eq(links[0].lookedFor, "");
	ck_assert_uint_eq(links[0].contentID, 3);
	ck_assert_uint_eq(links[0].parentContentID, 2);
	ck_assert_uint_eq(links[0].capacity, 16);
	ck_assert(links[0].hasParent);
	ck_assert_ok(links[0].problem);
	ck_assert_str_eq(links[2].path, in_dir("a.vmdk"));
	ck_assert(!links[2].hasParent);
	ck_assert_ok(links[2].problem);
	ck_assert_uint_eq(links[2].numExtents, 1);
	ck_assert_str_eq(links[2].extents[0].format, "zero");
	ck_assert_str_eq(links[2].extents[0].path, "");
	ck_assert_uint_eq(links[2].extents[0].numSectors, 8);
}
END_TEST

START_TEST(list_of_a_base_names_its_files)
{
	make_flat("flat.vmdk", 64);
	ck_assert_ok(list("flat.vmdk"));
	ck_assert_uint_eq(n_links, 1);
	ck_assert_str_eq(links[0].createType, "monolithicFlat");
	ck_assert_str_eq(links[0].extents[0].format, "flat");
	ck_assert_ptr_nonnull(strstr(links[0].extents[0].path, "flat.vmdk-flat"));
	ck_assert_uint_eq(links[0].extents[0].grainSectors, 1);
	ck_assert(!links[0].extents[0].compressed);
}
END_TEST

START_TEST(list_of_raw_data_has_one_link_without_content_id)
{
	make_raw("raw.img", 64);
	ck_assert_ok(list("raw.img"));
	ck_assert_uint_eq(n_links, 1);
	ck_assert_str_eq(links[0].createType, "");
	ck_assert_uint_eq(links[0].capacity, 64);
	ck_assert(!links[0].hasParent);
}
END_TEST

START_TEST(list_ends_where_a_parent_is_missing_and_says_where_it_looked)
{
	put_link("c.vmdk", 3, 2, "/gone/lost.vmdk", 8);
	ck_assert_ok(list("c.vmdk"));
	ck_assert_uint_eq(n_links, 1);
	ck_assert_err(links[0].problem, DISK_OPENPARENT);
	ck_assert_str_eq(links[0].lookedFor, in_dir("lost.vmdk"));
	ck_assert_ptr_nonnull(strstr(client_log.last_warning, "is missing"));
}
END_TEST

START_TEST(list_ends_where_a_child_names_no_parent)
{
	put_link("c.vmdk", 3, 2, "", 8);
	ck_assert_ok(list("c.vmdk"));
	ck_assert_uint_eq(n_links, 1);
	ck_assert_err(links[0].problem, DISK_OPENPARENT);
	ck_assert_str_eq(links[0].lookedFor, "");
}
END_TEST

START_TEST(list_goes_on_below_a_parent_that_was_changed)
{
	put_link("a.vmdk", 1, NO_PARENT, "", 8);
	put_link("b.vmdk", 22, 1, "a.vmdk", 8);
	put_link("c.vmdk", 3, 2, "b.vmdk", 8);
	ck_assert_ok(list("c.vmdk"));
	ck_assert_uint_eq(n_links, 3);
	ck_assert_err(links[0].problem, DISK_CID_MISMATCH);
	ck_assert_uint_eq(links[0].parentContentID, 2);
	ck_assert_uint_eq(links[1].contentID, 22);
	ck_assert_ok(links[1].problem);
	ck_assert_ok(links[2].problem);
}
END_TEST

START_TEST(list_takes_the_parent_that_matches_before_one_that_does_not)
{
	mkdir(in_dir("sub"), 0700);
	put_link("sub/b.vmdk", 2, NO_PARENT, "", 8);
	put_link("b.vmdk", 22, NO_PARENT, "", 8);
	put_link("c.vmdk", 3, 2, "sub/b.vmdk", 8);
	ck_assert_ok(list("c.vmdk"));
	ck_assert_uint_eq(n_links, 2);
	ck_assert_ok(links[0].problem);
	ck_assert_str_eq(links[1].path, in_dir("sub/b.vmdk"));
}
END_TEST

START_TEST(list_goes_on_below_a_parent_that_is_too_large)
{
	put_link("a.vmdk", 1, NO_PARENT, "", 9);
	put_link("b.vmdk", 2, 1, "a.vmdk", 8);
	ck_assert_ok(list("b.vmdk"));
	ck_assert_uint_eq(n_links, 2);
	ck_assert_err(links[0].problem, DISK_CAPACITY_MISMATCH);
}
END_TEST

START_TEST(list_ends_at_a_loop_and_at_a_damaged_parent)
{
	put_link("a.vmdk", 1, 2, "b.vmdk", 8);
	put_link("b.vmdk", 2, 1, "a.vmdk", 8);
	ck_assert_ok(list("a.vmdk"));
	ck_assert_uint_eq(n_links, 2);
	ck_assert_err(links[1].problem, DISK_INVALIDCHAIN);
	VixDiskLib_FreeLinkList(links);

	put_text("b.vmdk", "# Disk DescriptorFile\nversion=1\nCID=00000002\n");
	ck_assert_ok(list("a.vmdk"));
	ck_assert_uint_eq(n_links, 1);
	ck_assert_err(links[0].problem, DISK_INVALIDDISK);
}
END_TEST

START_TEST(list_fails_as_open_does_for_the_disk_itself)
{
	ck_assert_err(list("missing.vmdk"), FILE_NOT_FOUND);
	ck_assert_ptr_null(links);
	ck_assert_uint_eq(n_links, 0);
	ck_assert_err(VixDiskLib_ListLinks(conn, "", &links, &n_links), INVALID_ARG);
	ck_assert_err(VixDiskLib_ListLinks(conn, "x", NULL, &n_links), INVALID_ARG);
	ck_assert_err(VixDiskLib_ListLinks(conn, "x", &links, NULL), INVALID_ARG);
	ck_assert_err(VixDiskLib_ListLinks(NULL, "x", &links, &n_links), DISK_INVALID_CONNECTION);
}
END_TEST

static VixDiskLibHandle open_link(const char *name)
{
	return open_disk(conn, name, VIXDISKLIB_FLAG_OPEN_SINGLE_LINK);
}

START_TEST(a_parent_that_was_changed_or_moved_can_be_accepted)
{
	VixDiskLibHandle disk;

	mkdir(in_dir("other"), 0700);
	put_link("other/p.vmdk", 0xabc, NO_PARENT, "", 8);
	put_link("k.vmdk", 3, 2, "p.vmdk", 8);
	ck_assert_ok(list("k.vmdk"));
	ck_assert_err(links[0].problem, DISK_OPENPARENT);
	VixDiskLib_FreeLinkList(links);

	disk = open_link("k.vmdk");
	ck_assert_ok(VixDiskLib_SetParent(disk, "other/p.vmdk", 0xabc));
	ck_assert_ok(VixDiskLib_Close(disk));
	ck_assert_ok(list("k.vmdk"));
	ck_assert_uint_eq(n_links, 2);
	ck_assert_ok(links[0].problem);
	ck_assert_uint_eq(links[0].contentID, 3);
	ck_assert_uint_eq(links[0].parentContentID, 0xabc);
	ck_assert_str_eq(links[0].parentHint, "other/p.vmdk");
}
END_TEST

START_TEST(a_parent_in_a_sparse_file_is_set_too)
{
	VixDiskLibHandle disk;

	make_sparse("base.vmdk", 8 * GRAIN, "X.......");
	make_child("kid.vmdk", 8 * GRAIN, "base.vmdk");
	rename(in_dir("base.vmdk"), in_dir("renamed.vmdk"));
	disk = open_link("kid.vmdk");
	ck_assert_ok(list("renamed.vmdk"));
	ck_assert_ok(VixDiskLib_SetParent(disk, "renamed.vmdk", links[0].contentID));
	ck_assert_ok(VixDiskLib_Close(disk));
	disk = open_disk(conn, "kid.vmdk", VIXDISKLIB_FLAG_OPEN_READ_ONLY);
	ck_assert_ok(VixDiskLib_Close(disk));
}
END_TEST

START_TEST(set_parent_checks_disk_and_arguments)
{
	VixDiskLibHandle disk;

	put_link("a.vmdk", 1, NO_PARENT, "", 8);
	put_link("b.vmdk", 2, 1, "a.vmdk", 8);
	disk = open_link("a.vmdk");
	ck_assert_err(VixDiskLib_SetParent(disk, "b.vmdk", 2), DISK_ATTACH_ROOTLINK);
	ck_assert_ok(VixDiskLib_Close(disk));
	disk = open_link("b.vmdk");
	ck_assert_err(VixDiskLib_SetParent(disk, NULL, 1), INVALID_ARG);
	ck_assert_err(VixDiskLib_SetParent(disk, "", 1), INVALID_ARG);
	ck_assert_err(VixDiskLib_SetParent(disk, "a\"b", 1), INVALID_ARG);
	ck_assert_err(VixDiskLib_SetParent(disk, "a.vmdk", NO_PARENT), INVALID_ARG);
	ck_assert_ok(VixDiskLib_Close(disk));
	disk = open_disk(conn, "b.vmdk", VIXDISKLIB_FLAG_OPEN_READ_ONLY);
	ck_assert_err(VixDiskLib_SetParent(disk, "a.vmdk", 1), FILE_READ_ONLY);
	ck_assert_ok(VixDiskLib_Close(disk));
	disk = open_disk(conn, "b.vmdk", 0);
	ck_assert_err(VixDiskLib_SetParent(disk, "a.vmdk", 1), DISK_PARENT_NOTALLOWED);
	ck_assert_ok(VixDiskLib_Close(disk));
	ck_assert_err(VixDiskLib_SetParent(NULL, "a.vmdk", 1), INVALID_HANDLE);
}
END_TEST

START_TEST(a_check_of_a_sound_disk_counts_its_grains)
{
	VixDiskLibCheckReport *r;

	make_sparse("sound.vmdk", 8 * GRAIN, "X.X.....");
	ck_assert_ok(VixDiskLib_CheckDisk(conn, in_dir("sound.vmdk"), FALSE, &r));
	ck_assert_uint_eq(r->structSize, sizeof(*r));
	ck_assert_ok(r->result);
	ck_assert_uint_eq(r->numProblems, 0);
	ck_assert_uint_eq(r->clusters, 8);
	ck_assert_uint_eq(r->allocated, 2);
	VixDiskLib_FreeCheckReport(r);
}
END_TEST

START_TEST(a_check_says_what_is_wrong_and_where)
{
	VixDiskLibCheckReport *r;

	make_sparse("broken.vmdk", 8 * GRAIN, "X.X.....");
	break_grain("broken.vmdk", 2);
	ck_assert_ok(VixDiskLib_CheckDisk(conn, in_dir("broken.vmdk"), FALSE, &r));
	ck_assert_uint_ne(r->result, VIX_OK);
	ck_assert_uint_ge(r->damages, 1);
	ck_assert_uint_ge(r->numProblems, 1);
	ck_assert_uint_eq(r->problems[0].structSize, sizeof(r->problems[0]));
	ck_assert_uint_eq(r->problems[0].kind, VIXDISKLIB_PROBLEM_DAMAGE);
	ck_assert_str_eq(r->problems[0].file, in_dir("broken.vmdk"));
	ck_assert_uint_gt(strlen(r->problems[0].what), 0);
	ck_assert(!r->problems[0].isMended);
	VixDiskLib_FreeCheckReport(r);
}
END_TEST

START_TEST(a_check_that_can_not_be_made_is_an_error)
{
	VixDiskLibCheckReport *r;

	ck_assert_err(VixDiskLib_CheckDisk(conn, in_dir("none.vmdk"), FALSE, &r), FILE_NOT_FOUND);
	ck_assert_ptr_null(r);
	ck_assert_err(VixDiskLib_CheckDisk(conn, "", FALSE, &r), INVALID_ARG);
	ck_assert_err(VixDiskLib_CheckDisk(conn, "x", FALSE, NULL), INVALID_ARG);
	ck_assert_err(VixDiskLib_CheckDisk(NULL, "x", FALSE, &r), DISK_INVALID_CONNECTION);
	VixDiskLib_FreeCheckReport(NULL);
}
END_TEST

/* The map of a range as text: KIND LINK FIRST+COUNT.. */
static const char *map_of(VixDiskLibHandle disk, uint64 first, uint64 count)
{
	static const char kinds[] = "-DZHC";
	static char text[512];
	VixDiskLibMapRun *runs;
	size_t n, len = 0;

	ck_assert_ok(VixDiskLib_QueryMap(disk, first, count, &runs, &n));
	for (size_t i = 0; i < n; i++) {
		ck_assert_uint_eq(runs[i].structSize, sizeof(runs[i]));
		len += (size_t)snprintf(text + len, sizeof(text) - len, "%s%c%u %u+%u",
					i > 0 ? " " : "", kinds[runs[i].kind], runs[i].link,
					(unsigned)runs[i].firstSector,
					(unsigned)runs[i].numSectors);
	}
	VixDiskLib_FreeMap(runs);
	return text;
}

START_TEST(map_tells_which_link_has_what)
{
	VixDiskLibHandle disk;

	make_sparse("base.vmdk", 8 * GRAIN - 100, "X.XX...X");
	make_child("child.vmdk", 8 * GRAIN - 100, "base.vmdk");
	disk = open_disk(conn, "child.vmdk", VIXDISKLIB_FLAG_OPEN_READ_ONLY);
	ck_assert_str_eq(map_of(disk, 0, 8 * GRAIN - 100),
			 "D1 0+128 -1 128+128 D1 256+256 -1 512+384 D1 896+28");
	ck_assert_str_eq(map_of(disk, 100, 100), "D1 100+28 -1 128+72");
	ck_assert_str_eq(map_of(disk, 130, 1), "-1 130+1");
	ck_assert_ok(VixDiskLib_Close(disk));
}
END_TEST

START_TEST(map_of_data_leads_to_its_bytes)
{
	VixDiskLibHandle disk;
	VixDiskLibMapRun *runs;
	uint8 sector[512];
	FILE *f;
	size_t n;

	make_sparse("base.vmdk", 8 * GRAIN, "..X.....");
	disk = open_disk(conn, "base.vmdk", VIXDISKLIB_FLAG_OPEN_READ_ONLY);
	ck_assert_ok(VixDiskLib_QueryMap(disk, 2 * GRAIN + 5, 1, &runs, &n));
	ck_assert_uint_eq(n, 1);
	ck_assert_uint_eq(runs[0].kind, VIXDISKLIB_MAP_DATA);
	f = fopen(in_dir("base.vmdk"), "r");
	ck_assert_int_eq(fseek(f, (long)runs[0].fileOffset, SEEK_SET), 0);
	ck_assert_uint_eq(fread(sector, 1, sizeof(sector), f), sizeof(sector));
	ck_assert(has_pattern(sector, 2 * GRAIN + 5));
	fclose(f);
	VixDiskLib_FreeMap(runs);
	ck_assert_ok(VixDiskLib_Close(disk));
}
END_TEST

START_TEST(map_keeps_to_the_disk)
{
	VixDiskLibHandle disk;
	VixDiskLibMapRun *runs;
	size_t n;

	make_sparse("base.vmdk", 8 * GRAIN, "..X.....");
	disk = open_disk(conn, "base.vmdk", VIXDISKLIB_FLAG_OPEN_READ_ONLY);
	ck_assert_err(VixDiskLib_QueryMap(disk, 0, 8 * GRAIN + 1, &runs, &n), DISK_OUTOFRANGE);
	ck_assert_ptr_null(runs);
	ck_assert_err(VixDiskLib_QueryMap(disk, 0, 0, &runs, &n), INVALID_ARG);
	ck_assert_err(VixDiskLib_QueryMap(disk, 0, 1, NULL, &n), INVALID_ARG);
	ck_assert_err(VixDiskLib_QueryMap(disk, 0, 1, &runs, NULL), INVALID_ARG);
	ck_assert_err(VixDiskLib_QueryMap(NULL, 0, 1, &runs, &n), INVALID_HANDLE);
	ck_assert_ok(VixDiskLib_Close(disk));
	break_grain("base.vmdk", 2);
	disk = open_disk(conn, "base.vmdk", VIXDISKLIB_FLAG_OPEN_READ_ONLY);
	ck_assert_err(VixDiskLib_QueryMap(disk, 0, 8 * GRAIN, &runs, &n), DISK_INVALIDDISK);
	ck_assert_ok(VixDiskLib_Close(disk));
}
END_TEST

START_TEST(map_of_many_runs_comes_in_pieces)
{
	enum { GRAINS = 65536 / GRAIN, HALF = GRAINS / 2 };
	char grains[GRAINS + 1] = "";
	VixDiskLibMapRun *runs;
	VixDiskLibHandle disk;
	uint64 at = 0;
	size_t n, total = 0;

	for (int i = 0; i < GRAINS; i++)
		grains[i] = i % 2 ? 'X' : '.';
	make_sparse("base.vmdk", 65536, grains);
	disk = open_disk(conn, "base.vmdk", VIXDISKLIB_FLAG_OPEN_READ_ONLY);
	while (at < 65536) {
		ck_assert_ok(VixDiskLib_QueryMap(disk, at, 65536 - at, &runs, &n));
		ck_assert_uint_le(n, VIXDISKLIB_MAP_RUNS_MAX);
		ck_assert_uint_eq(runs[0].firstSector, at);
		at = runs[n - 1].firstSector + runs[n - 1].numSectors;
		total += n;
		VixDiskLib_FreeMap(runs);
	}
	ck_assert_uint_eq(total, GRAINS);
	ck_assert_ok(VixDiskLib_Close(disk));
}
END_TEST

START_TEST(nothing_is_freed_without_complaint)
{
	VixDiskLib_FreeLinkList(NULL);
	VixDiskLib_FreeMap(NULL);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("ext");
	TCase *tc = client_tcase(s, "links");

	tcase_add_checked_fixture(tc, connect, disconnect);
	tcase_add_test(tc, list_has_every_link_newest_first);
	tcase_add_test(tc, list_of_a_base_names_its_files);
	tcase_add_test(tc, list_of_raw_data_has_one_link_without_content_id);
	tcase_add_test(tc, list_ends_where_a_parent_is_missing_and_says_where_it_looked);
	tcase_add_test(tc, list_ends_where_a_child_names_no_parent);
	tcase_add_test(tc, list_goes_on_below_a_parent_that_was_changed);
	tcase_add_test(tc, list_takes_the_parent_that_matches_before_one_that_does_not);
	tcase_add_test(tc, list_goes_on_below_a_parent_that_is_too_large);
	tcase_add_test(tc, list_ends_at_a_loop_and_at_a_damaged_parent);
	tcase_add_test(tc, list_fails_as_open_does_for_the_disk_itself);

	tc = client_tcase(s, "parent");
	tcase_add_checked_fixture(tc, connect, disconnect);
	tcase_add_test(tc, a_parent_that_was_changed_or_moved_can_be_accepted);
	tcase_add_test(tc, a_parent_in_a_sparse_file_is_set_too);
	tcase_add_test(tc, set_parent_checks_disk_and_arguments);

	tc = client_tcase(s, "check");
	tcase_add_checked_fixture(tc, connect, disconnect);
	tcase_add_test(tc, a_check_of_a_sound_disk_counts_its_grains);
	tcase_add_test(tc, a_check_says_what_is_wrong_and_where);
	tcase_add_test(tc, a_check_that_can_not_be_made_is_an_error);

	tc = client_tcase(s, "map");
	tcase_add_checked_fixture(tc, connect, disconnect);
	tcase_add_test(tc, map_tells_which_link_has_what);
	tcase_add_test(tc, map_of_data_leads_to_its_bytes);
	tcase_add_test(tc, map_keeps_to_the_disk);
	tcase_add_test(tc, map_of_many_runs_comes_in_pieces);
	tcase_add_test(tc, nothing_is_freed_without_complaint);
	return client_run(s);
}
