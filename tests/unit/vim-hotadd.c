/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * libvdisk/vim/hotadd.c, over canned replies.  vsphere/hotadd.sh has a server.
 */
#include "config.h"

#include "unit.h"

#include <string.h>

#include "../../libvdisk/vim/hotadd.h"
#include "cannedvim.h"
#include "said.h"

#define ASK     "RetrievePropertiesEx"
#define UUID    "564d0a0b-0c0d-0e0f-1011-121314151617"
#define SWAPPED "0b0a4d56-0d0c-0f0e-1011-121314151617"
#define VM_IS(uuid, power)                                         \
	CANNED_PAGE(CANNED_OBJECT("VirtualMachine", "vm-9",        \
				  CANNED_TEXT("config.uuid", uuid) \
					  CANNED_TEXT("runtime.powerState", power)))
#define DEVICES(more, version)                                                         \
	CANNED_PAGE(CANNED_OBJECT("VirtualMachine", "vm-9",                            \
				  CANNED_TEXT("config.version", version) CANNED_ARRAY( \
					  "config.hardware.device", "VirtualDevice", more)))
#define DEVICE(type, key, more) \
	"<VirtualDevice xsi:type=\"" type "\"><key>" key "</key>" more "</VirtualDevice>"
#define PVSCSI(key, more) DEVICE("ParaVirtualSCSIController", key, more)
#define LSI(key, more)    DEVICE("VirtualLsiLogicController", key, more)
#define ON(controller, unit) \
	"<controllerKey>" controller "</controllerKey><unitNumber>" unit "</unitNumber>"
#define FILE_IN(file, mode, more)                                              \
	"<backing xsi:type=\"VirtualDiskFlatVer2BackingInfo\"><fileName>" file \
	"</fileName><diskMode>" mode "</diskMode>" more "</backing>"
#define DISK(key, backing, place) DEVICE("VirtualDisk", key, backing place)
#define TASK_OK                                                                           \
	CANNED_PAGE(CANNED_OBJECT("Task", "task-1",                                       \
				  "<propSet><name>info</name><val xsi:type=\"TaskInfo\">" \
				  "<state>success</state></val></propSet>"))
#define RONLY "independent_nonpersistent"

static char *moref;

static void setup(void)
{
	said_start();
	moref = NULL;
}

static void teardown(void)
{
	free(moref);
	said_stop();
}

/* Which machine. */

static VixError find_vm(const struct canned *script, const char *uuid)
{
	return vim_hotadd_find_vm(canned_start(script, true), uuid, &moref);
}

START_TEST(a_machine_is_found_by_its_uuid_in_any_case)
{
	static const struct canned script[] = {
		{ "FindAllByUuid", UUID, CANNED_REF("VirtualMachine", "vm-9"), NULL },
		{ "FindAllByUuid", SWAPPED, "", NULL },
		{ ASK, "vm-9", VM_IS("564D0A0B-0c0d-0e0f-1011-121314151617", "poweredOn"), NULL },
		{ 0 },
	};

	ck_assert_int_eq(find_vm(script, "564D0A0B-0C0D-0E0F-1011-121314151617"), VIX_OK);
	ck_assert_str_eq(moref, "vm-9");
	ck_assert_ptr_nonnull(
		strstr(canned_asked(), "<uuid>" UUID "</uuid><vmSearch>true</vmSearch>\n"));
}
END_TEST

START_TEST(a_machine_is_found_in_the_other_order_of_bytes)
{
	static const struct canned script[] = {
		{ "FindAllByUuid", NULL, NULL, "MethodNotFound" },
		{ "FindByUuid", SWAPPED, CANNED_REF("VirtualMachine", "vm-9"), NULL },
		{ "FindByUuid", UUID, "", NULL },
		{ ASK, "vm-9", VM_IS(SWAPPED, "poweredOn"), NULL },
		{ 0 },
	};

	ck_assert_int_eq(find_vm(script, UUID), VIX_OK);
	ck_assert_str_eq(moref, "vm-9");
}
END_TEST

static const char *const others[] = {
	VM_IS(UUID, "poweredOff"),
	VM_IS("00000000-0000-0000-0000-000000000000", "poweredOn"),
	CANNED_PAGE(CANNED_OBJECT("VirtualMachine", "vm-9", "")),
};

START_TEST(a_machine_that_can_not_be_this_one_is_not)
{
	const struct canned script[] = {
		{ "FindAllByUuid", NULL, CANNED_REF("VirtualMachine", "vm-9"), NULL },
		{ ASK, "vm-9", others[_i], NULL },
		{ 0 },
	};

	ck_assert_int_eq(find_vm(script, UUID), VIX_OK);
	ck_assert_ptr_null(moref);
}
END_TEST

START_TEST(two_machines_of_a_uuid_are_none)
{
	static const struct canned script[] = {
		{ "FindAllByUuid", UUID,
		  CANNED_REF("VirtualMachine", "vm-9") CANNED_REF("VirtualMachine", "vm-10"),
		  NULL },
		{ "FindAllByUuid", SWAPPED, "", NULL },
		{ ASK, "vm-9", VM_IS(UUID, "poweredOn"), NULL },
		{ ASK, "vm-10",
		  CANNED_PAGE(CANNED_OBJECT("VirtualMachine", "vm-10",
					    CANNED_TEXT("config.uuid", UUID) CANNED_TEXT(
						    "runtime.powerState", "poweredOn"))),
		  NULL },
		{ 0 },
	};

	ck_assert_int_eq(find_vm(script, UUID), VIX_OK);
	ck_assert_ptr_null(moref);
	ck_assert(said("several running machines have the UUID of this one"));
}
END_TEST

START_TEST(what_is_no_uuid_is_not_asked_for)
{
	static const struct canned none[] = { { 0 } };
	static const char *const texts[] = { "", "Not Settable", UUID "0",
					     "564d0a0b-0c0d-0e0f-1011-12131415161x",
					     "564d0a0b00c0d-0e0f-1011-121314151617" };

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		ck_assert_int_eq(find_vm(none, texts[i]), VIX_OK);
		ck_assert_ptr_null(moref);
	}
}
END_TEST

/* Which slot. */

#define FULL_0_6                                                      \
	DISK("1", "", ON("1000", "0"))                                \
	DISK("2", "", ON("1000", "1"))                                \
	DISK("3", "", ON("1000", "2"))                                \
	DISK("4", "", ON("1000", "3"))                                \
	DISK("5", "", ON("1000", "4")) DISK("6", "", ON("1000", "5")) \
		DEVICE("VirtualCdrom", "7", ON("1000", "6"))
#define FULL_8_15                                                         \
	DISK("8", "", ON("1000", "8"))                                    \
	DISK("9", "", ON("1000", "9"))                                    \
	DISK("10", "", ON("1000", "10"))                                  \
	DISK("11", "", ON("1000", "11"))                                  \
	DISK("12", "", ON("1000", "12")) DISK("13", "", ON("1000", "13")) \
		DISK("14", "", ON("1000", "14")) DISK("15", "", ON("1000", "15"))

static const struct {
	const char *devices;
	bool found;
	uint32_t controller, unit;
	long pci_slot;
	bool has_own_targets;
} slots[] = {
	{ DEVICES(PVSCSI("1000", "<slotInfo xsi:type=\"VirtualDevicePciBusSlotInfo\">"
				 "<pciSlotNumber>160</pciSlotNumber></slotInfo>"),
		  "vmx-13"),
	  true, 1000, 0, 160, false },
	{ DEVICES(PVSCSI("1000", "") FULL_0_6, "vmx-13"), true, 1000, 8, -1, false },
	{ DEVICES(PVSCSI("1000", "") FULL_0_6 FULL_8_15, "vmx-13"), false, 0, 0, 0, false },
	{ DEVICES(PVSCSI("1000", "") FULL_0_6 FULL_8_15, "vmx-14"), true, 1000, 16, -1, false },
	{ DEVICES(LSI("1000", "") FULL_0_6 FULL_8_15, "vmx-14"), false, 0, 0, 0, false },
	{ DEVICES(LSI("1000", "") PVSCSI("1001", "<sharedBus>noSharing</sharedBus>"), "vmx-14"),
	  true, 1001, 0, -1, false },
	{ DEVICES(DEVICE("VirtualLsiLogicSASController", "1000", ""), "vmx-14"), true, 1000, 0, -1,
	  true },
	{ DEVICES(PVSCSI("1000", "<sharedBus>physicalSharing</sharedBus>")
			  DEVICE("VirtualIDEController", "200", "")
				  DEVICE("VirtualBusLogicController", "1002", ""),
		  "vmx-14"),
	  false, 0, 0, 0, false },
	{ DEVICES("", "vmx-14"), false, 0, 0, 0, false },
	{ DEVICES(PVSCSI("-5", "") PVSCSI("99999999999", ""), "odd"), false, 0, 0, 0, false },
	{ DEVICES(PVSCSI("1000", "") DISK("1", "", ON("1000", "4294967296")), "vmx-x"), true, 1000,
	  0, -1, false },
};

START_TEST(a_free_slot_is_found_if_there_is_one)
{
	const struct canned script[] = { { ASK, "vm-9", slots[_i].devices, NULL }, { 0 } };
	struct vim_slot slot;
	bool found;

	ck_assert_int_eq(vim_hotadd_find_slot(canned_start(script, true), "vm-9", &slot, &found),
			 VIX_OK);
	ck_assert_int_eq(found, slots[_i].found);
	if (!found)
		return;
	ck_assert_uint_eq(slot.controller, slots[_i].controller);
	ck_assert_uint_eq(slot.unit, slots[_i].unit);
	ck_assert_int_eq(slot.pci_slot, slots[_i].pci_slot);
	ck_assert_int_eq(slot.has_own_targets, slots[_i].has_own_targets);
}
END_TEST

/* Attached disks. */

static const struct vim_attached wanted = { .file = "[ds] a & b/a.vmdk",
					    .controller = 1000,
					    .unit = 3 };

static const char there[] = DEVICES(
	DISK("2003", FILE_IN("[ds] a &amp; b/a.vmdk", RONLY, "<uuid>6000C29e</uuid>"),
	     "<controllerKey>1000</controllerKey><unitNumber>3</unitNumber>"
	     "<capacityInKB>50</capacityInKB>"),
	"vmx-14");

static VixError attach(const struct canned *script, struct vim_attached *disk, char **uuid_out)
{
	return vim_hotadd_attach(canned_start(script, true), "vm-9", disk, 51200, uuid_out);
}

START_TEST(a_disk_is_attached_without_a_file_operation)
{
	static const struct canned script[] = {
		{ "ReconfigVM_Task", NULL, CANNED_REF("Task", "task-1"), NULL },
		{ ASK, "task-1", TASK_OK, NULL },
		{ ASK, "vm-9", there, NULL },
		{ 0 },
	};
	struct vim_attached disk = wanted;
	char *uuid;

	ck_assert_int_eq(attach(script, &disk, &uuid), VIX_OK);
	ck_assert_uint_eq(disk.key, 2003);
	ck_assert_str_eq(uuid, "6000C29e");
	free(uuid);
	ck_assert_ptr_nonnull(strstr(
		canned_asked(),
		"ReconfigVM_Task vm-9 <spec><deviceChange><operation>add</operation>"
		"<device xsi:type=\"VirtualDisk\"><key>-1</key>"
		"<backing xsi:type=\"VirtualDiskFlatVer2BackingInfo\">"
		"<fileName>[ds] a &amp; b/a.vmdk</fileName><diskMode>" RONLY "</diskMode></backing>"
		"<controllerKey>1000</controllerKey><unitNumber>3</unitNumber>"
		"<capacityInKB>50</capacityInKB></device></deviceChange></spec>\n"));
}
END_TEST

START_TEST(a_disk_for_writing_is_persistent)
{
	static const struct canned script[] = {
		{ "ReconfigVM_Task", "<diskMode>persistent</diskMode>", NULL, "NoPermission" },
		{ 0 },
	};
	struct vim_attached disk = wanted;
	char *uuid;

	disk.is_writable = true;
	ck_assert_int_eq(attach(script, &disk, &uuid), VIX_E_FILE_ACCESS_ERROR);
	ck_assert_ptr_null(uuid);
}
END_TEST

START_TEST(a_disk_that_is_not_there_afterwards_is_an_error)
{
	static const struct canned script[] = {
		{ "ReconfigVM_Task", NULL, CANNED_REF("Task", "task-1"), NULL },
		{ ASK, "task-1", TASK_OK, NULL },
		{ ASK, "vm-9", DEVICES("", "vmx-14"), NULL },
		{ 0 },
	};
	struct vim_attached disk = wanted;
	char *uuid;

	ck_assert_int_eq(attach(script, &disk, &uuid), VIX_E_NET_HTTP_TRANSFER);
	ck_assert(said("does not have it as unit 1000:3"));
}
END_TEST

static const struct vim_attached of_key = {
	.file = "[ds] a & b/a.vmdk", .controller = 1000, .unit = 3, .key = 2003
};

static VixError detach(const char *devices, const struct vim_attached *disk)
{
	const struct canned script[] = {
		{ "ReconfigVM_Task", NULL, CANNED_REF("Task", "task-1"), NULL },
		{ ASK, "task-1", TASK_OK, NULL },
		{ ASK, "vm-9", devices, NULL },
		{ 0 },
	};

	return vim_hotadd_detach(canned_start(script, true), "vm-9", disk);
}

START_TEST(a_disk_is_detached_and_its_file_stays)
{
	ck_assert_int_eq(detach(there, &of_key), VIX_OK);
	ck_assert_ptr_nonnull(
		strstr(canned_asked(),
		       "ReconfigVM_Task vm-9 <spec><deviceChange><operation>remove</operation>"
		       "<device xsi:type=\"VirtualDisk\"><key>2003</key>"
		       "<controllerKey>1000</controllerKey><unitNumber>3</unitNumber>"
		       "<capacityInKB>50</capacityInKB></device></deviceChange></spec>\n"));
	ck_assert_ptr_null(strstr(canned_asked(), "fileOperation"));
	ck_assert_int_eq(detach(there, &wanted), VIX_OK); /* its key was never told */
	ck_assert_ptr_nonnull(strstr(canned_asked(), "<operation>remove</operation>"));
}
END_TEST

START_TEST(a_disk_that_is_written_beside_is_detached)
{
	ck_assert_int_eq(
		detach(DEVICES(DISK("2003",
				    FILE_IN("[ds] p/redo.vmdk", RONLY,
					    "<parent><fileName>[ds] a &amp; b/a.vmdk</fileName>"
					    "</parent>"),
				    ON("1000", "3")),
			       "vmx-14"),
		       &of_key),
		VIX_OK);
	ck_assert_ptr_nonnull(strstr(canned_asked(), "<operation>remove</operation>"));
}
END_TEST

#define A "[ds] a &amp; b/a.vmdk"
static const char *const not_ours[] = {
	DEVICES("", "vmx-14"),
	DEVICES(DISK("2003", FILE_IN("[ds] a/other.vmdk", RONLY, ""), ON("1000", "3")), "vmx-14"),
	DEVICES(DISK("2003", FILE_IN(A, "persistent", ""), ON("1000", "3")), "vmx-14"),
	DEVICES(DISK("2003", FILE_IN(A, RONLY, ""), ON("1000", "4")), "vmx-14"),
	DEVICES(DISK("2003", FILE_IN(A, RONLY, ""), ON("1001", "3")), "vmx-14"),
	DEVICES(DISK("2004", FILE_IN(A, RONLY, ""), ON("1000", "3")), "vmx-14"),
	DEVICES(DEVICE("VirtualCdrom", "2003", FILE_IN(A, RONLY, "") ON("1000", "3")), "vmx-14"),
	DEVICES(DISK("2003", "", ON("1000", "3")), "vmx-14"),
};

START_TEST(what_is_there_instead_stays)
{
	ck_assert_int_eq(detach(not_ours[_i], &of_key), VIX_OK);
	ck_assert_ptr_null(strstr(canned_asked(), "ReconfigVM_Task"));
	ck_assert(said("is not attached any more"));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("vim-hotadd");
	TCase *tc = unit_tcase(s, "vim-hotadd");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, a_machine_is_found_by_its_uuid_in_any_case);
	tcase_add_test(tc, a_machine_is_found_in_the_other_order_of_bytes);
	tcase_add_loop_test(tc, a_machine_that_can_not_be_this_one_is_not, 0,
			    sizeof(others) / sizeof(others[0]));
	tcase_add_test(tc, two_machines_of_a_uuid_are_none);
	tcase_add_test(tc, what_is_no_uuid_is_not_asked_for);
	tcase_add_loop_test(tc, a_free_slot_is_found_if_there_is_one, 0,
			    sizeof(slots) / sizeof(slots[0]));
	tcase_add_test(tc, a_disk_is_attached_without_a_file_operation);
	tcase_add_test(tc, a_disk_for_writing_is_persistent);
	tcase_add_test(tc, a_disk_that_is_not_there_afterwards_is_an_error);
	tcase_add_test(tc, a_disk_is_detached_and_its_file_stays);
	tcase_add_test(tc, a_disk_that_is_written_beside_is_detached);
	tcase_add_loop_test(tc, what_is_there_instead_stays, 0,
			    sizeof(not_ours) / sizeof(not_ours[0]));
	return unit_run(s);
}
