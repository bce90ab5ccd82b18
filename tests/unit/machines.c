/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * libvdisk/vim/machines.c, over canned replies.
 */
#include "config.h"

#include "unit.h"

#include "../../common/proglist.h"
#include "../../libvdisk/vim/machines.h"
#include "cannedvim.h"
#include "said.h"

#define RETRIEVE "RetrievePropertiesEx"
#define ROOT     CANNED_OBJECT("Folder", "group-d1", CANNED_TEXT("name", "Datacenters"))
#define DC       ENTITY("Datacenter", "datacenter-2", "DC", "Folder", "group-d1")
#define VMS      ENTITY("Folder", "group-v3", "vm", "Datacenter", "datacenter-2")
#define ENTITY(type, value, name, parent_type, parent) \
	CANNED_OBJECT(type, value,                     \
		      CANNED_TEXT("name", name) CANNED_POINT("parent", parent_type, parent))
#define MACHINE(value, more)                                                 \
	CANNED_OBJECT("VirtualMachine", value,                               \
		      CANNED_TEXT("config.files.vmPathName", "[ds] a/a.vmx") \
			      CANNED_TEXT("runtime.powerState", "poweredOn") more)

/* Three answers: of all that has a name, of machines, of virtual apps. */
#define SURVEY(all, machines, apps)                                                                \
	{                                                                                          \
		{ RETRIEVE, "<type>ManagedEntity</type>", CANNED_PAGE(all), NULL },                \
			{ RETRIEVE, "<type>VirtualApp</type><pathSet>", CANNED_PAGE(apps), NULL }, \
			{ RETRIEVE, "<type>VirtualMachine</type>", CANNED_PAGE(machines), NULL },  \
			{ 0 },                                                                     \
	}

static VixDiskLibVm *list;
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

static VixError lookup(const struct canned *script, bool is_vcenter)
{
	struct vim_session *s = canned_start(script, is_vcenter);

	canned_content()->root_folder = "group-d1";
	return vim_machines_lookup(s, &list, &n);
}

START_TEST(a_machine_is_told_with_its_folders)
{
	static const struct canned script[] = SURVEY(
		ROOT DC VMS ENTITY("Folder", "group-v4", "a%2fb", "Folder", "group-v3")
			ENTITY("VirtualMachine", "vm-5", "100%25 %2f", "Folder", "group-v4"),
		MACHINE("vm-5", CANNED_TEXT("config.template", "true")), "");

	ck_assert_int_eq(lookup(script, true), VIX_OK);
	ck_assert_uint_eq(n, 1);
	ck_assert_uint_eq(list[0].structSize, sizeof(list[0]));
	ck_assert_str_eq(list[0].moref, "vm-5");
	ck_assert_str_eq(list[0].name, "100% /");
	ck_assert_str_eq(list[0].inventoryPath, "DC/vm/a%2fb/100%25 %2f");
	ck_assert_str_eq(list[0].vmx, "[ds] a/a.vmx");
	ck_assert_str_eq(list[0].powerState, "poweredOn");
	ck_assert(list[0].isTemplate);
}
END_TEST

START_TEST(a_machine_of_a_virtual_app_is_in_its_folder)
{
	static const struct canned script[] = SURVEY(
		ROOT DC VMS ENTITY("VirtualApp", "resgroup-v6", "outer", "ResourcePool",
				   "resgroup-7")
			ENTITY("VirtualApp", "resgroup-v8", "inner", "VirtualApp", "resgroup-v6")
				CANNED_OBJECT("VirtualMachine", "vm-5", CANNED_TEXT("name", "web")),
		MACHINE("vm-5", CANNED_POINT("parentVApp", "VirtualApp", "resgroup-v8")),
		CANNED_OBJECT("VirtualApp", "resgroup-v6",
			      CANNED_POINT("parentFolder", "Folder", "group-v3"))
			CANNED_OBJECT("VirtualApp", "resgroup-v8",
				      CANNED_POINT("parentVApp", "VirtualApp", "resgroup-v6")));

	ck_assert_int_eq(lookup(script, true), VIX_OK);
	ck_assert_uint_eq(n, 1);
	ck_assert_str_eq(list[0].inventoryPath, "DC/vm/outer/inner/web");
}
END_TEST

START_TEST(hosts_are_not_asked_for_virtual_apps)
{
	static const struct canned script[] = SURVEY(
		ROOT DC VMS ENTITY("VirtualMachine", "5", "web", "Folder", "group-v3"),
		MACHINE("5", ""), "");

	ck_assert_int_eq(lookup(script, false), VIX_OK);
	ck_assert_uint_eq(n, 1);
	ck_assert_str_eq(list[0].inventoryPath, "DC/vm/web");
	ck_assert_ptr_null(strstr(canned_asked(), "<pathSet>parentFolder"));
}
END_TEST

/* Folders that we may not see, and a circle. */
START_TEST(who_is_in_no_known_place_has_no_path)
{
	static const struct canned scripts[][4] = {
		SURVEY(ROOT DC ENTITY("VirtualMachine", "vm-5", "web", "Folder", "group-v3"),
		       MACHINE("vm-5", ""), ""),
		SURVEY(ROOT CANNED_OBJECT("VirtualMachine", "vm-5", CANNED_TEXT("name", "web")),
		       MACHINE("vm-5", ""), ""),
		SURVEY(ENTITY("Folder", "group-v3", "a", "Folder",
			      "group-v4") ENTITY("Folder", "group-v4", "b", "Folder", "group-v3")
			       ENTITY("VirtualMachine", "vm-5", "web", "Folder", "group-v3"),
		       MACHINE("vm-5", ""), ""),
	};

	ck_assert_int_eq(lookup(scripts[_i], true), VIX_OK);
	ck_assert_uint_eq(n, 1);
	ck_assert_str_eq(list[0].name, "web");
	ck_assert_str_eq(list[0].inventoryPath, "");
}
END_TEST

START_TEST(what_is_no_machine_is_left_out)
{
	static const struct canned script[] = SURVEY(
		ROOT DC VMS ENTITY("VirtualMachine", "vm-5", "web", "Folder", "group-v3"),
		VMS MACHINE("vm-5", "") DC, "");

	ck_assert_int_eq(lookup(script, true), VIX_OK);
	ck_assert_uint_eq(n, 1);
	ck_assert_str_eq(list[0].moref, "vm-5");
	ck_assert(!list[0].isTemplate);
}
END_TEST

START_TEST(a_machine_without_a_file_and_a_name_is_there)
{
	static const struct canned script[] = SURVEY(
		ROOT, CANNED_OBJECT("VirtualMachine", "vm-5", ""), "");

	ck_assert_int_eq(lookup(script, true), VIX_OK);
	ck_assert_uint_eq(n, 1);
	ck_assert_str_eq(list[0].name, "");
	ck_assert_str_eq(list[0].vmx, "");
	ck_assert_str_eq(list[0].powerState, "");
}
END_TEST

START_TEST(a_fault_is_the_result)
{
	static const struct canned script[] = {
		{ RETRIEVE, "<type>ManagedEntity</type>", NULL, "NoPermission" },
		{ 0 },
	};

	ck_assert_int_eq(lookup(script, true), VIX_E_FILE_ACCESS_ERROR);
	ck_assert_ptr_null(list);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("machines");
	TCase *tc = unit_tcase(s, "machines");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, a_machine_is_told_with_its_folders);
	tcase_add_test(tc, a_machine_of_a_virtual_app_is_in_its_folder);
	tcase_add_test(tc, hosts_are_not_asked_for_virtual_apps);
	tcase_add_loop_test(tc, who_is_in_no_known_place_has_no_path, 0, 3);
	tcase_add_test(tc, what_is_no_machine_is_left_out);
	tcase_add_test(tc, a_machine_without_a_file_and_a_name_is_there);
	tcase_add_test(tc, a_fault_is_the_result);
	return unit_run(s);
}
