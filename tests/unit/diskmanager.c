/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * libvdisk/vim/diskmanager.c, over canned replies.
 */
#include "config.h"

#include "unit.h"

#include <string.h>

#include "../../libvdisk/vim/diskmanager.h"
#include "cannedvim.h"
#include "said.h"

#define DATACENTER "<datacenter type=\"Datacenter\">datacenter-2</datacenter>"
#define TASK       CANNED_REF("Task", "task-9")
#define ENDED(state)                                \
	CANNED_PAGE(CANNED_OBJECT("Task", "task-9", \
				  "<propSet><name>info</name><val>" state "</val></propSet>"))

static struct canned script[] = {
	{ "FindByInventoryPath", "F/DC", CANNED_REF("Datacenter", "datacenter-2"), NULL },
	{ "CreateVirtualDisk_Task", NULL, TASK, NULL },
	{ "MoveVirtualDisk_Task", NULL, TASK, NULL },
	{ "DeleteVirtualDisk_Task", NULL, TASK, NULL },
	{ "RetrievePropertiesEx", "task-9", NULL, NULL },
	{ 0 },
};

static const struct vim_new_disk thin = { .kib = 1000, .is_thin = true, .adapter = "lsiLogic" };

static struct vim_session *start(const char *ended)
{
	struct vim_session *s;

	script[4].reply = ended;
	s = canned_start(script, true);
	canned_content()->virtual_disk_manager = "virtualDiskManager";
	canned_content()->search_index = "SearchIndex";
	return s;
}

static struct vim_session *start_well(void)
{
	return start(ENDED("<state>success</state>"));
}

static void expect_asked(const char *call)
{
	ck_assert_msg(strstr(canned_asked(), call) != NULL, "%s", canned_asked());
}

START_TEST(a_disk_is_made_as_it_is_wanted)
{
	ck_assert_int_eq(vim_disk_create(start_well(), "F/DC", "[ds] a/<b>.vmdk", &thin), VIX_OK);
	expect_asked("CreateVirtualDisk_Task virtualDiskManager "
		     "<name>[ds] a/&lt;b&gt;.vmdk</name>" DATACENTER
		     "<spec xsi:type=\"FileBackedVirtualDiskSpec\"><diskType>thin</diskType>"
		     "<adapterType>lsiLogic</adapterType><capacityKb>1000</capacityKb></spec>\n");
}
END_TEST

START_TEST(a_disk_of_full_size_has_its_room_at_once)
{
	const struct vim_new_disk flat = { .kib = UINT64_C(1) << 40, .adapter = "ide" };

	ck_assert_int_eq(vim_disk_create(start_well(), "F/DC", "[ds] a.vmdk", &flat), VIX_OK);
	expect_asked("<diskType>preallocated</diskType><adapterType>ide</adapterType>"
		     "<capacityKb>1099511627776</capacityKb>");
}
END_TEST

START_TEST(a_disk_is_moved_within_its_datacenter)
{
	ck_assert_int_eq(vim_disk_move(start_well(), "F/DC", "[ds] a.vmdk", "[ds] b.vmdk"), VIX_OK);
	expect_asked("MoveVirtualDisk_Task virtualDiskManager <sourceName>[ds] a.vmdk</sourceName>"
		     "<sourceDatacenter type=\"Datacenter\">datacenter-2</sourceDatacenter>"
		     "<destName>[ds] b.vmdk</destName>"
		     "<destDatacenter type=\"Datacenter\">datacenter-2</destDatacenter>\n");
}
END_TEST

START_TEST(a_disk_is_deleted)
{
	ck_assert_int_eq(vim_disk_delete(start_well(), "F/DC", "[ds] a.vmdk"), VIX_OK);
	expect_asked("DeleteVirtualDisk_Task virtualDiskManager <name>[ds] a.vmdk</name>" DATACENTER
		     "\n");
}
END_TEST

START_TEST(what_the_task_says_is_what_came_of_it)
{
	struct vim_session *s = start(
		ENDED("<state>error</state><error><fault xsi:type=\"FileLocked\"/>"
		      "<localizedMessage>no</localizedMessage></error>"));

	ck_assert_int_eq(vim_disk_delete(s, "F/DC", "[ds] a.vmdk"), VIX_E_FILE_ALREADY_LOCKED);
	ck_assert(said("delete [ds] a.vmdk"));
}
END_TEST

START_TEST(a_server_may_have_no_manager)
{
	struct vim_session *s = start_well();

	canned_content()->virtual_disk_manager = NULL;
	ck_assert_int_eq(vim_disk_create(s, "F/DC", "[ds] a.vmdk", &thin), VIX_E_NOT_SUPPORTED);
	ck_assert(said("cannot create [ds] a.vmdk: the server has no manager of disks"));
	ck_assert_str_eq(canned_asked(), "");
}
END_TEST

START_TEST(a_datacenter_may_be_gone)
{
	script[0].reply = "";
	ck_assert_int_eq(vim_disk_delete(start_well(), "F/DC", "[ds] a.vmdk"),
			 VIX_E_OBJECT_NOT_FOUND);
	ck_assert(said("has no datacenter F/DC"));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("diskmanager");
	TCase *tc = unit_tcase(s, "diskmanager");

	tcase_add_checked_fixture(tc, said_start, said_stop);
	tcase_add_test(tc, a_disk_is_made_as_it_is_wanted);
	tcase_add_test(tc, a_disk_of_full_size_has_its_room_at_once);
	tcase_add_test(tc, a_disk_is_moved_within_its_datacenter);
	tcase_add_test(tc, a_disk_is_deleted);
	tcase_add_test(tc, what_the_task_says_is_what_came_of_it);
	tcase_add_test(tc, a_server_may_have_no_manager);
	tcase_add_test(tc, a_datacenter_may_be_gone);
	return unit_run(s);
}
