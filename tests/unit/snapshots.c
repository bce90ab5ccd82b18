/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * libvdisk/vim/snapshots.c, over canned replies.
 */
#include "config.h"

#include "unit.h"

#include <stdlib.h>

#include "../../common/proglist.h"
#include "../../libvdisk/vim/snapshots.h"
#include "cannedvim.h"
#include "said.h"

#define RETRIEVE "RetrievePropertiesEx"
#define NODE(moref, name, more)                                                                    \
	"<rootSnapshotList><snapshot type=\"VirtualMachineSnapshot\">" moref                       \
	"</snapshot><name>" name "</name><state>poweredOff</state><quiesced>false</quiesced>" more \
	"</rootSnapshotList>"
#define CHILD(moref, name, more)                                              \
	"<childSnapshotList><snapshot type=\"VirtualMachineSnapshot\">" moref \
	"</snapshot><name>" name "</name>" more "</childSnapshotList>"
#define TREE(current, nodes)                                                                     \
	{                                                                                        \
		RETRIEVE, "vm-57",                                                               \
			CANNED_PAGE(CANNED_OBJECT(                                               \
				"VirtualMachine", "vm-57",                                       \
				CANNED_TEXT("name", "web") "<propSet><name>snapshot</"           \
							   "name><val><currentSnapshot>" current \
							   "</currentSnapshot>" nodes            \
							   "</val></propSet>")),                 \
			NULL                                                                     \
	}
#define TASK(method, args)                                       \
	{                                                        \
		method, args, CANNED_REF("Task", "task-1"), NULL \
	}
#define TASK_INFO(inside)                                                                  \
	{                                                                                  \
		RETRIEVE, "task-1",                                                        \
			CANNED_PAGE(CANNED_OBJECT("Task", "task-1",                        \
						  "<propSet><name>info</name><val>" inside \
						  "</val></propSet>")),                    \
			NULL                                                               \
	}

static const struct vim_ref vm = { "VirtualMachine", "vm-57" };
static VixDiskLibSnapshot *list;
static size_t n;

static void setup(void)
{
	said_start();
	list = NULL;
	n = 0;
}

static void teardown(void)
{
	vu_proglist_free(list);
	said_stop();
}

static const struct canned forest[] = {
	TREE("snapshot-3", NODE("snapshot-1", "one",
				CHILD("snapshot-2", "two", "") CHILD("snapshot-3", "three", ""))
				   NODE("snapshot-4", "four", "<description>d</description>")),
	TASK("RemoveSnapshot_Task",
	     "<removeChildren>true</removeChildren><consolidate>true</consolidate>"),
	TASK_INFO("<state>success</state>"),
	{ 0 },
};

START_TEST(each_comes_before_its_children)
{
	static const char *const wanted[][2] = {
		{ "snapshot-1", "" },
		{ "snapshot-2", "snapshot-1" },
		{ "snapshot-3", "snapshot-1" },
		{ "snapshot-4", "" },
	};

	ck_assert_int_eq(vim_snapshots_lookup(canned_start(forest, true), vm, &list, &n), VIX_OK);
	ck_assert_uint_eq(n, 4);
	for (size_t i = 0; i < n; i++) {
		ck_assert_str_eq(list[i].moref, wanted[i][0]);
		ck_assert_str_eq(list[i].parent, wanted[i][1]);
		ck_assert_int_eq(list[i].isCurrent != FALSE, i == 2);
	}
	ck_assert_str_eq(list[2].name, "three");
	ck_assert_str_eq(list[2].description, "");
	ck_assert_str_eq(list[3].description, "d");
}
END_TEST

START_TEST(a_machine_may_have_none)
{
	static const struct canned script[] = {
		{ RETRIEVE, "vm-57",
		  CANNED_PAGE(CANNED_OBJECT("VirtualMachine", "vm-57", CANNED_TEXT("name", "web"))),
		  NULL },
		{ 0 },
	};

	ck_assert_int_eq(vim_snapshots_lookup(canned_start(script, true), vm, &list, &n), VIX_OK);
	ck_assert_uint_eq(n, 0);
}
END_TEST

START_TEST(one_without_a_reference_is_passed_over)
{
	static const struct canned script[] = {
		TREE("", "<rootSnapshotList><name>x</name></rootSnapshotList>" NODE("snapshot-4",
										    "four", "")),
		{ 0 },
	};

	ck_assert_int_eq(vim_snapshots_lookup(canned_start(script, true), vm, &list, &n), VIX_OK);
	ck_assert_uint_eq(n, 1);
	ck_assert_str_eq(list[0].moref, "snapshot-4");
}
END_TEST

static VixError create(const struct canned *script, char **moref_out)
{
	const struct vim_snapshot_how how = {
		.name = "a <b>",
		.description = "",
		.is_quiesced = true,
	};

	return vim_snapshot_create(canned_start(script, true), vm, &how, moref_out);
}

START_TEST(a_new_one_is_the_result_of_its_task)
{
	static const struct canned script[] = {
		TASK("CreateSnapshot_Task",
		     "<name>a &lt;b&gt;</name><description></description><memory>false</memory>"
		     "<quiesce>true</quiesce>"),
		TASK_INFO("<state>success</state><result>snapshot-5</result>"),
		{ 0 },
	};
	char *moref;

	ck_assert_int_eq(create(script, &moref), VIX_OK);
	ck_assert_str_eq(moref, "snapshot-5");
	free(moref);
}
END_TEST

START_TEST(a_new_one_has_to_have_a_reference)
{
	static const struct canned scripts[][3] = {
		{ TASK("CreateSnapshot_Task", NULL), TASK_INFO("<state>success</state>"), { 0 } },
		{ TASK("CreateSnapshot_Task", NULL),
		  TASK_INFO("<state>success</state><result></result>"),
		  { 0 } },
		{ TASK("CreateSnapshot_Task", NULL),
		  TASK_INFO("<state>success</state><result>a b</result>"),
		  { 0 } },
	};
	char *moref = (void *)1;

	ck_assert_int_eq(create(scripts[_i], &moref), VIX_E_NET_HTTP_TRANSFER);
	ck_assert_ptr_null(moref);
	ck_assert_msg(said("does not say which"), "%s", said_text);
}
END_TEST

START_TEST(the_words_of_a_task_that_fails_are_told)
{
	static const struct canned script[] = {
		TASK("CreateSnapshot_Task", NULL),
		TASK_INFO("<state>error</state><error><fault xsi:type=\"NoDiskSpace\"/>"
			  "<localizedMessage>[ds] is full</localizedMessage></error>"),
		{ 0 },
	};
	char *moref;

	ck_assert_int_eq(create(script, &moref), VIX_E_DISK_FULL);
	ck_assert_msg(said("refuses to make a snapshot of vm-57: NoDiskSpace: [ds] is full"), "%s",
		      said_text);
}
END_TEST

static VixError remove_one(const char *moref)
{
	const struct vim_snapshot_how how = { .with_children = true };

	return vim_snapshot_remove(canned_start(forest, true), vm, moref, &how);
}

START_TEST(one_of_the_machine_is_removed)
{
	ck_assert_int_eq(remove_one("snapshot-3"), VIX_OK);
	ck_assert_ptr_nonnull(strstr(canned_asked(), "RemoveSnapshot_Task snapshot-3 "));
}
END_TEST

START_TEST(one_of_another_machine_is_not)
{
	ck_assert_int_eq(remove_one("snapshot-5"), VIX_E_OBJECT_NOT_FOUND);
	ck_assert_ptr_null(strstr(canned_asked(), "RemoveSnapshot_Task"));
	ck_assert_msg(said("vm-57 has no snapshot snapshot-5"), "%s", said_text);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("snapshots");
	TCase *tc = unit_tcase(s, "snapshots");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, each_comes_before_its_children);
	tcase_add_test(tc, a_machine_may_have_none);
	tcase_add_test(tc, one_without_a_reference_is_passed_over);
	tcase_add_test(tc, a_new_one_is_the_result_of_its_task);
	tcase_add_loop_test(tc, a_new_one_has_to_have_a_reference, 0, 3);
	tcase_add_test(tc, the_words_of_a_task_that_fails_are_told);
	tcase_add_test(tc, one_of_the_machine_is_removed);
	tcase_add_test(tc, one_of_another_machine_is_not);
	return unit_run(s);
}
