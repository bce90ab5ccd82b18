/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * libvdisk/vim/changes.c, over canned replies.
 */
#include "config.h"

#include "unit.h"

#include <stdio.h>
#include <string.h>

#include "../../libvdisk/vim/changes.h"
#include "cannedvim.h"
#include "said.h"

#define QUERY "QueryChangedDiskAreas"
#define PART(start, len, areas)                                                         \
	"<returnval><startOffset>" start "</startOffset><length>" len "</length>" areas \
	"</returnval>"
#define AREA(start, len) \
	"<changedArea><start>" start "</start><length>" len "</length></changedArea>"
#define FROM(off) "<startOffset>" off "</startOffset>"

static char areas[1024]; /* those that were told, "off+len " */
static struct vim_changes query;

static void setup(void)
{
	said_start();
	areas[0] = '\0';
	query = (struct vim_changes){
		.vm = { "VirtualMachine", "vm-57" },
		.snapshot = "snapshot-70",
		.key = 2000,
		.since = "52 f3/2",
		.capacity = 1000,
	};
}

static void teardown(void)
{
	said_stop();
}

static VixError keep(uint64_t off, uint64_t len, void *ctx)
{
	size_t at = strlen(areas);

	snprintf(areas + at, sizeof(areas) - at, "%llu+%llu ", (unsigned long long)off,
		 (unsigned long long)len);
	return ctx != NULL ? *(VixError *)ctx : VIX_OK;
}

static VixError each(const struct canned *script, uint64_t off)
{
	return vim_changes_each(canned_start(script, true), &query, off, keep, NULL);
}

static VixError each_of(const char *reply)
{
	const struct canned script[] = { { QUERY, NULL, reply, NULL }, { 0 } };

	return each(script, 0);
}

START_TEST(areas_are_told_as_they_come)
{
	ck_assert_int_eq(
		each_of(PART("0", "1000", AREA("0", "10") AREA("10", "1") AREA("990", "10"))),
		VIX_OK);
	ck_assert_str_eq(areas, "0+10 10+1 990+10 ");
	ck_assert_str_eq(canned_asked(), QUERY
			 " vm-57 <snapshot type=\"VirtualMachineSnapshot\">snapshot-70</snapshot>"
			 "<deviceKey>2000</deviceKey><startOffset>0</startOffset>"
			 "<changeId>52 f3/2</changeId>\n");
}
END_TEST

START_TEST(the_server_is_asked_until_the_end_of_the_disk)
{
	static const struct canned script[] = {
		{ QUERY, FROM("100"), PART("100", "300", AREA("100", "300")), NULL },
		{ QUERY, FROM("400"), PART("400", "500", ""), NULL },
		{ QUERY, FROM("900"), PART("900", "100", AREA("950", "50")), NULL },
		{ 0 },
	};

	ck_assert_int_eq(each(script, 100), VIX_OK);
	ck_assert_str_eq(areas, "100+300 950+50 ");
}
END_TEST

START_TEST(a_part_may_go_past_the_end_but_no_area_may)
{
	ck_assert_int_eq(each_of(PART("0", "2000", AREA("0", "10"))), VIX_OK);
	ck_assert_int_eq(each_of(PART("0", "2000", AREA("990", "11"))), VIX_E_NET_HTTP_TRANSFER);
}
END_TEST

START_TEST(of_a_disk_that_ends_there_nothing_is_asked)
{
	static const struct canned none[] = { { 0 } };

	ck_assert_int_eq(each(none, 1000), VIX_OK);
	query.capacity = 0;
	ck_assert_int_eq(each(none, 0), VIX_OK);
	ck_assert_str_eq(canned_asked(), "");
}
END_TEST

static const char *const senseless[] = {
	"",
	PART("x", "1000", ""),
	PART("0", "", ""),
	PART("0", "-1", ""),
	PART("0", "0", ""),
	PART("1", "999", ""),
	"<returnval><startOffset>0</startOffset></returnval>",
	PART("18446744073709551615", "1000", ""),
	PART("0", "1000", AREA("10", "10") AREA("19", "1")),
	PART("0", "1000", AREA("10", "10") AREA("0", "1")),
	PART("0", "1000", AREA("1000", "1")),
	PART("0", "500", AREA("400", "101")),
	PART("0", "1000", AREA("18446744073709551615", "1")),
	PART("0", "1000", AREA("0", "18446744073709551615") AREA("x", "1")),
	PART("0", "1000", "<changedArea/>"),
};

START_TEST(a_reply_without_sense_is_refused)
{
	ck_assert_int_eq(each_of(senseless[_i]), VIX_E_NET_HTTP_TRANSFER);
	ck_assert(said("vc.example:443: what it says of the changes of disk 2000 from "));
}
END_TEST

START_TEST(a_server_that_makes_no_progress_is_left)
{
	query.capacity = 1ull << 60;
	ck_assert_int_eq(each_of(PART("0", "1", "")), VIX_E_NET_HTTP_TRANSFER);
}
END_TEST

START_TEST(errors_of_the_server_and_of_who_asks_are_told)
{
	static const struct canned script[] = { { QUERY, NULL, NULL, "FileFault" }, { 0 } };
	const struct canned areas_twice[] = {
		{ QUERY, NULL, PART("0", "1000", AREA("0", "1") AREA("2", "1")), NULL }, { 0 }
	};
	VixError mine = VIX_E_CANCELLED;

	ck_assert_int_ne(each(script, 0), VIX_OK);
	ck_assert_int_eq(vim_changes_each(canned_start(areas_twice, true), &query, 0, keep, &mine),
			 VIX_E_CANCELLED);
	ck_assert_str_eq(areas, "0+1 ");
}
END_TEST

int main(void)
{
	Suite *s = suite_create("changes");
	TCase *tc = unit_tcase(s, "changes");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, areas_are_told_as_they_come);
	tcase_add_test(tc, the_server_is_asked_until_the_end_of_the_disk);
	tcase_add_test(tc, a_part_may_go_past_the_end_but_no_area_may);
	tcase_add_test(tc, of_a_disk_that_ends_there_nothing_is_asked);
	tcase_add_loop_test(tc, a_reply_without_sense_is_refused, 0,
			    sizeof(senseless) / sizeof(senseless[0]));
	tcase_add_test(tc, a_server_that_makes_no_progress_is_left);
	tcase_add_test(tc, errors_of_the_server_and_of_who_asks_are_told);
	return unit_run(s);
}
