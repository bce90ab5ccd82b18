/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * libvdisk/vim: vm.c, disks.c, datacenter.c, searchindex.c, over canned replies.
 */
#include "config.h"

#include "unit.h"

#include <stdio.h>
#include <string.h>

#include "../../libvdisk/vim/inventory.h"
#include "cannedvim.h"
#include "said.h"
#include "strbuf.h"

#define LINKS_DEEP 270

static struct vim_vm *vm;

static void setup(void)
{
	said_start();
	vm = NULL;
}

static void teardown(void)
{
	vim_vm_free(vm);
	said_stop();
}

/* Replies. */

#define BACKING(type, file, more) \
	"<backing xsi:type=\"" type "\"><fileName>" file "</fileName>" more "</backing>"
#define FLAT(file, more) BACKING("VirtualDiskFlatVer2BackingInfo", file, more)
#define DISK(key, more)                                                                 \
	"<VirtualDevice xsi:type=\"VirtualDisk\"><key>" key "</key><deviceInfo><label>" \
	"Hard disk " key "</label></deviceInfo>" more "</VirtualDevice>"
#define CONTROLLER \
	"<VirtualDevice xsi:type=\"ParaVirtualSCSIController\"><key>1000</key></VirtualDevice>"
#define DEVICES(devices) CANNED_ARRAY("config.hardware.device", "VirtualDevice", devices)
#define ABOVE_VM                                                                               \
	CANNED_OBJECT("VirtualMachine", "vm-57",                                               \
		      CANNED_TEXT("name", "web") CANNED_POINT("parent", "Folder", "group-v3")) \
	CANNED_OBJECT("Folder", "group-v3",                                                    \
		      CANNED_TEXT("name", "vm")                                                \
			      CANNED_POINT("parent", "Datacenter", "datacenter-2"))            \
	CANNED_OBJECT("Datacenter", "datacenter-2",                                            \
		      CANNED_TEXT("name", "DC") CANNED_POINT("parent", "Folder", "group-d9"))  \
	CANNED_OBJECT("Folder", "group-d9",                                                    \
		      CANNED_TEXT("name", "Sub") CANNED_POINT("parent", "Folder", "group-d1")) \
	CANNED_OBJECT("Folder", "group-d1", CANNED_TEXT("name", "Datacenters"))
#define VM_OBJECT(devices)                                                              \
	CANNED_OBJECT("VirtualMachine", "vm-57",                                        \
		      CANNED_TEXT("name", "web") CANNED_TEXT("config.files.vmPathName", \
							     "[ds] web/web.vmx")        \
			      CANNED_TEXT("runtime.powerState", "poweredOn") DEVICES(devices))
#define RETRIEVE "RetrievePropertiesEx"
#define OF_VM    "vmPathName"
#define OF_ABOVE "ManagedEntity"

static const struct vim_spec by_moref = { .moref = (char *)"vm-57" };

static VixError lookup(const struct canned *script, const char *snapshot)
{
	vim_vm_free(vm);
	return vim_vm_lookup(canned_start(script, true), &by_moref, snapshot, &vm);
}

/* Looks up a machine that has these devices. */
static VixError lookup_devices(const char *devices)
{
	static char page[1 << 24];
	const struct canned script[] = {
		{ RETRIEVE, OF_VM, page, NULL },
		{ RETRIEVE, OF_ABOVE, CANNED_PAGE(ABOVE_VM), NULL },
		{ 0 },
	};

	snprintf(page, sizeof(page), CANNED_PAGE(VM_OBJECT("%s")), devices);
	return lookup(script, NULL);
}

static const struct vim_disk *disk_at(size_t i)
{
	ck_assert_uint_lt(i, vm->disks.list.n);
	return &vm->disks.list.v[i];
}

static const struct vim_link *link_at(size_t disk, size_t i)
{
	ck_assert_uint_lt(i, disk_at(disk)->links.n);
	return &disk_at(disk)->links.v[i];
}

/* A machine. */

START_TEST(a_machine_has_its_disks_with_their_chains)
{
	ck_assert_int_eq(lookup_devices(CONTROLLER DISK(
				 "2000", "<capacityInKB>8192</capacityInKB><capacityInBytes>8388608"
					 "</capacityInBytes>" FLAT(
						 "[ds] web/web-000001.vmdk",
						 "<uuid>u</uuid><changeId>52 f3/2</changeId>"
						 "<parent><fileName>[ds] web/web.vmdk"
						 "</fileName></parent>"))
						DISK("2001", "<capacityInKB>4</capacityInKB>" FLAT(
								     "[two] x/y.vmdk", ""))),
			 VIX_OK);
	ck_assert_uint_eq(vm->disks.list.n, 2);
	ck_assert_uint_eq(disk_at(0)->key, 2000);
	ck_assert_str_eq(disk_at(0)->label, "Hard disk 2000");
	ck_assert_uint_eq(disk_at(0)->capacity, 8388608);
	ck_assert_uint_eq(disk_at(0)->links.n, 2);
	ck_assert_str_eq(link_at(0, 0)->file, "[ds] web/web-000001.vmdk");
	ck_assert_str_eq(link_at(0, 0)->uuid, "u");
	ck_assert_str_eq(link_at(0, 0)->change_id, "52 f3/2");
	ck_assert_str_eq(link_at(0, 1)->file, "[ds] web/web.vmdk");
	ck_assert_ptr_null(link_at(0, 1)->uuid);
	ck_assert_uint_eq(disk_at(1)->capacity, 4096);
	ck_assert(said_nothing());
}
END_TEST

START_TEST(a_machine_is_told_with_its_place)
{
	ck_assert_int_eq(lookup_devices(""), VIX_OK);
	ck_assert_str_eq(vm->ref.type, "VirtualMachine");
	ck_assert_str_eq(vm->ref.value, "vm-57");
	ck_assert_str_eq(vm->name, "web");
	ck_assert_str_eq(vm->vmx, "[ds] web/web.vmx");
	ck_assert_str_eq(vm->dc_path, "Sub/DC");
	ck_assert(vm->is_on);
	ck_assert_uint_eq(vm->disks.list.n, 0);
}
END_TEST

START_TEST(types_may_have_any_prefix)
{
	ck_assert_int_eq(
		lookup_devices("<VirtualDevice xmlns:v=\"urn:vim25\" xsi:type=\"v:VirtualDisk\">"
			       "<key>1</key><backing xsi:type=\"v:VirtualDiskFlatVer2BackingInfo\">"
			       "<fileName>[ds] a.vmdk</fileName></backing></VirtualDevice>"),
		VIX_OK);
	ck_assert_uint_eq(vm->disks.list.n, 1);
}
END_TEST

static const struct {
	const char *backing;
	bool is_raw, is_encrypted;
} kinds[] = {
	{ FLAT("[ds] a.vmdk", ""), false, false },
	{ BACKING("VirtualDiskSparseVer2BackingInfo", "[ds] a.vmdk", ""), false, false },
	{ BACKING("VirtualDiskSeSparseBackingInfo", "[ds] a.vmdk", ""), false, false },
	{ BACKING("VirtualDiskRawDiskMappingVer1BackingInfo", "[ds] a.vmdk",
		  "<compatibilityMode>physicalMode</compatibilityMode>"),
	  true, false },
	{ BACKING("VirtualDiskRawDiskMappingVer1BackingInfo", "[ds] a.vmdk",
		  "<compatibilityMode>virtualMode</compatibilityMode>"),
	  true, false },
	{ FLAT("[ds] a.vmdk", "<keyId><keyId>k</keyId></keyId>"), false, true },
};

START_TEST(every_kind_of_backing_is_known)
{
	char device[1024];

	snprintf(device, sizeof(device), DISK("1", "%s"), kinds[_i].backing);
	ck_assert_int_eq(lookup_devices(device), VIX_OK);
	ck_assert_int_eq(link_at(0, 0)->is_raw, kinds[_i].is_raw);
	ck_assert_int_eq(link_at(0, 0)->is_encrypted, kinds[_i].is_encrypted);
}
END_TEST

START_TEST(the_parent_of_a_raw_mapping_is_one)
{
	ck_assert_int_eq(lookup_devices(DISK(
				 "1", BACKING("VirtualDiskRawDiskMappingVer1BackingInfo", "[ds] b",
					      "<parent><fileName>[ds] a</fileName></parent>"))),
			 VIX_OK);
	ck_assert(link_at(0, 1)->is_raw);
}
END_TEST

/* What servers should not say. */

static const char *const no_disks[] = {
	"<VirtualDevice xsi:type=\"VirtualDisk\"/>",
	"<VirtualDevice xsi:type=\"VirtualDisk\"><key>x</key>" FLAT("[ds] a",
								    "") "</VirtualDevice>",
	DISK("-1", FLAT("[ds] a", "")),
	DISK("99999999999999999999", FLAT("[ds] a", "")),
	DISK("4294967295", FLAT("[ds] a", "")),
	DISK("1", ""),
	DISK("1", "<backing xsi:type=\"VirtualDiskFlatVer2BackingInfo\"/>"),
	"<VirtualDevice><key>1</key>" FLAT("[ds] a", "") "</VirtualDevice>",
	"<Other xsi:type=\"VirtualDisk\"><key>1</key>" FLAT("[ds] a", "") "</Other>",
	CONTROLLER,
};

START_TEST(what_is_no_disk_with_a_file_is_passed_over)
{
	ck_assert_int_eq(lookup_devices(no_disks[_i]), VIX_OK);
	ck_assert_uint_eq(vm->disks.list.n, 0);
}
END_TEST

START_TEST(sizes_that_are_none_are_not_told)
{
	static const char *const sizes[] = {
		"", "<capacityInBytes>x</capacityInBytes>", "<capacityInKB>-1</capacityInKB>",
		"<capacityInKB>36028797018963968</capacityInKB>",
		"<capacityInBytes>99999999999999999999</capacityInBytes>"
	};
	char device[1024];

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		snprintf(device, sizeof(device), DISK("1", "%s" FLAT("[ds] a", "")), sizes[i]);
		ck_assert_int_eq(lookup_devices(device), VIX_OK);
		ck_assert_uint_eq(disk_at(0)->capacity, 0);
	}
}
END_TEST

/* As deep as it is told; the parser may refuse it, but nothing else may happen. */
START_TEST(a_deep_chain_is_cut_or_refused)
{
	struct vu_strbuf b = { 0 };
	VixError err;
	char *devices;

	vu_strbuf_puts(&b, "<VirtualDevice xsi:type=\"VirtualDisk\"><key>1</key><backing>");
	for (int i = 0; i < LINKS_DEEP; i++)
		vu_strbuf_printf(&b, "<fileName>[ds] %d</fileName><parent>", i);
	for (int i = 0; i < LINKS_DEEP; i++)
		vu_strbuf_puts(&b, "</parent>");
	vu_strbuf_puts(&b, "</backing></VirtualDevice>");
	devices = vu_strbuf_take(&b);
	err = lookup_devices(devices);
	free(devices);
	if (err != VIX_OK) {
		ck_assert_int_eq(err, VIX_E_NET_HTTP_TRANSFER);
		return;
	}
	ck_assert_uint_eq(disk_at(0)->links.n, VIM_LINKS_MAX);
	ck_assert(disk_at(0)->is_cut);
}
END_TEST

START_TEST(very_many_devices_are_read)
{
	struct vu_strbuf b = { 0 };
	char *devices;

	for (int i = 0; i < 100000; i++)
		vu_strbuf_puts(&b, CONTROLLER);
	vu_strbuf_puts(&b, DISK("2000", FLAT("[ds] a", "")));
	devices = vu_strbuf_take(&b);
	ck_assert_int_eq(lookup_devices(devices), VIX_OK);
	free(devices);
	ck_assert_uint_eq(vm->disks.list.n, 1);
}
END_TEST

START_TEST(a_machine_without_devices_is_none_of_ours)
{
	static const struct canned script[] = {
		{ RETRIEVE, OF_VM,
		  CANNED_PAGE(CANNED_OBJECT("VirtualMachine", "vm-57", CANNED_TEXT("name", "web"))),
		  NULL },
		{ 0 },
	};

	ck_assert_int_ne(lookup(script, NULL), VIX_OK);
	ck_assert_ptr_null(vm);
}
END_TEST

START_TEST(a_machine_that_is_gone_is_not_found)
{
	static const struct canned script[] = {
		{ RETRIEVE, NULL, NULL, "ManagedObjectNotFound" },
		{ 0 },
	};

	ck_assert_int_eq(lookup(script, NULL), VIX_E_OBJECT_NOT_FOUND);
	ck_assert_ptr_null(vm);
	ck_assert(said("vc.example:443 has no VirtualMachine vm-57"));
}
END_TEST

/* Datacenters. */

static VixError lookup_above(const char *above)
{
	static char page[1 << 16];
	const struct canned script[] = {
		{ RETRIEVE, OF_VM, CANNED_PAGE(VM_OBJECT("")), NULL },
		{ RETRIEVE, OF_ABOVE, page, NULL },
		{ 0 },
	};

	snprintf(page, sizeof(page), CANNED_PAGE("%s"), above);
	return lookup(script, NULL);
}

START_TEST(names_of_folders_are_unescaped_but_for_slashes)
{
	ck_assert_int_eq(
		lookup_above(CANNED_OBJECT("VirtualMachine", "vm-57",
					   CANNED_POINT("parent", "Datacenter", "datacenter-2"))
				     CANNED_OBJECT("Datacenter", "datacenter-2",
						   CANNED_TEXT("name", "a%2fb%5Cc%25d%2"))),
		VIX_OK);
	ck_assert_str_eq(vm->dc_path, "a%2fb\\c%d%2");
}
END_TEST

static const char *const no_datacenter[] = {
	"",
	CANNED_OBJECT("VirtualMachine", "vm-57", CANNED_TEXT("name", "web")),
	CANNED_OBJECT("VirtualMachine", "vm-57", CANNED_POINT("parent", "Folder", "gone")),
	CANNED_OBJECT("VirtualMachine", "vm-57", CANNED_POINT("parent", "VirtualMachine", "vm-57")),
	CANNED_OBJECT("VirtualMachine", "vm-57", CANNED_POINT("parent", "Folder", "a"))
		CANNED_OBJECT("Folder", "a", CANNED_POINT("parent", "Folder", "b"))
			CANNED_OBJECT("Folder", "b", CANNED_POINT("parent", "Folder", "a")),
};

START_TEST(a_machine_in_no_datacenter_is_refused)
{
	ck_assert_int_eq(lookup_above(no_datacenter[_i]), VIX_E_OBJECT_NOT_FOUND);
	ck_assert(said("vc.example:443: VirtualMachine vm-57 is in no datacenter that we may see"));
}
END_TEST

START_TEST(folders_above_a_datacenter_may_not_make_a_circle)
{
	ck_assert_int_eq(
		lookup_above(CANNED_OBJECT("VirtualMachine", "vm-57",
					   CANNED_POINT("parent", "Datacenter", "datacenter-2"))
				     CANNED_OBJECT("Datacenter", "datacenter-2",
						   CANNED_TEXT("name", "DC")
							   CANNED_POINT("parent", "Datacenter",
									"datacenter-2"))),
		VIX_E_OBJECT_NOT_FOUND);
}
END_TEST

START_TEST(a_machine_in_a_virtual_app_has_a_datacenter_too)
{
	static const struct canned script[] = {
		{ RETRIEVE, OF_VM,
		  CANNED_PAGE(CANNED_OBJECT("VirtualMachine", "vm-57",
					    CANNED_POINT("parentVApp", "VirtualApp", "resgroup-v8")
						    DEVICES(""))),
		  NULL },
		{ RETRIEVE, "resgroup-v8",
		  CANNED_PAGE(CANNED_OBJECT("VirtualApp", "resgroup-v8",
					    CANNED_POINT("parent", "Datacenter", "datacenter-2"))
				      CANNED_OBJECT("Datacenter", "datacenter-2",
						    CANNED_TEXT("name", "DC"))),
		  NULL },
		{ 0 },
	};

	ck_assert_int_eq(lookup(script, NULL), VIX_OK);
	ck_assert_str_eq(vm->dc_path, "DC");
	ck_assert(!vm->is_on);
}
END_TEST

/* By a path. */

#define FIND_DC "FindByInventoryPath"
#define FIND_VM "FindByDatastorePath"
#define FOUND_VM                                                  \
	{                                                         \
		RETRIEVE, OF_VM, CANNED_PAGE(VM_OBJECT("")), NULL \
	}
#define TWO_DCS                                                                         \
	{                                                                               \
		RETRIEVE, "childEntity",                                                \
			CANNED_PAGE(CANNED_OBJECT("Datacenter", "datacenter-1",         \
						  CANNED_TEXT("name", "A"))             \
					    CANNED_OBJECT("Datacenter", "datacenter-2", \
							  CANNED_TEXT("name", "B"))),   \
			NULL                                                            \
	}

static VixError lookup_path(const struct canned *script, const char *text)
{
	struct vim_spec spec;
	VixError err;

	ck_assert_int_eq(vim_spec_parse(text, &spec), VIX_OK);
	err = vim_vm_lookup(canned_start(script, true), &spec, NULL, &vm);
	vim_spec_free(&spec);
	return err;
}

START_TEST(a_machine_is_found_by_its_path_in_a_datacenter)
{
	static const struct canned script[] = {
		{ FIND_DC, "<inventoryPath>F/DC</inventoryPath>",
		  CANNED_REF("Datacenter", "datacenter-2"), NULL },
		{ FIND_VM,
		  "<datacenter type=\"Datacenter\">datacenter-2</datacenter><path>[ds] web/web.vmx",
		  CANNED_REF("VirtualMachine", "vm-57"), NULL },
		FOUND_VM,
		{ 0 },
	};

	ck_assert_msg(lookup_path(script, "web/web.vmx?dcPath=F/DC&dsName=ds") == VIX_OK, "%s",
		      said_text);
	ck_assert_str_eq(vm->ref.value, "vm-57");
	ck_assert_str_eq(vm->dc_path, "F/DC");
}
END_TEST

START_TEST(what_is_at_that_path_must_be_a_datacenter)
{
	static const struct canned other[] = {
		{ FIND_DC, NULL, CANNED_REF("Folder", "group-d9"), NULL },
		{ 0 },
	};
	static const struct canned nothing[] = { { FIND_DC, NULL, "", NULL }, { 0 } };

	ck_assert_int_eq(lookup_path(other, "a.vmx?dcPath=F&dsName=ds"), VIX_E_OBJECT_NOT_FOUND);
	ck_assert(said("vc.example:443 has no datacenter F"));
	ck_assert_int_eq(lookup_path(nothing, "a.vmx?dcPath=F&dsName=ds"), VIX_E_OBJECT_NOT_FOUND);
}
END_TEST

START_TEST(without_a_datacenter_all_are_searched)
{
	static const struct canned script[] = {
		TWO_DCS,
		{ FIND_VM, "datacenter-1", NULL, "InvalidDatastore" },
		{ FIND_VM, "datacenter-2", CANNED_REF("VirtualMachine", "vm-57"), NULL },
		FOUND_VM,
		{ RETRIEVE, OF_ABOVE, CANNED_PAGE(ABOVE_VM), NULL },
		{ 0 },
	};

	ck_assert_int_eq(lookup_path(script, "[ds] web/web.vmx"), VIX_OK);
	ck_assert_str_eq(vm->dc_path, "Sub/DC");
	ck_assert(said_nothing());
}
END_TEST

START_TEST(a_machine_that_is_nowhere_is_not_found)
{
	static const struct canned script[] = { TWO_DCS, { FIND_VM, NULL, "", NULL }, { 0 } };

	ck_assert_int_eq(lookup_path(script, "[ds] web/web.vmx"), VIX_E_OBJECT_NOT_FOUND);
	ck_assert(said("vc.example:443 has no virtual machine [ds] web/web.vmx in any datacenter"));
}
END_TEST

START_TEST(of_two_machines_none_is_taken)
{
	static const struct canned script[] = {
		TWO_DCS,
		{ FIND_VM, "datacenter-1", CANNED_REF("VirtualMachine", "vm-1"), NULL },
		{ FIND_VM, "datacenter-2", CANNED_REF("VirtualMachine", "vm-2"), NULL },
		{ 0 },
	};

	ck_assert_int_eq(lookup_path(script, "[ds] web/web.vmx"), VIX_E_INVALID_ARG);
	ck_assert(said("name the datacenter of one with dcPath"));
}
END_TEST

START_TEST(a_search_that_fails_is_no_answer)
{
	static const struct canned script[] = {
		TWO_DCS,
		{ FIND_VM, "datacenter-1", CANNED_REF("VirtualMachine", "vm-1"), NULL },
		{ FIND_VM, "datacenter-2", NULL, "NoPermission" },
		{ 0 },
	};

	ck_assert_int_eq(lookup_path(script, "[ds] web/web.vmx"), VIX_E_FILE_ACCESS_ERROR);
	ck_assert_ptr_null(vm);
}
END_TEST

START_TEST(a_server_without_an_index_finds_nothing)
{
	const struct vim_spec spec = { .vmx = (char *)"[ds] a.vmx", .dc_path = (char *)"DC" };
	struct vim_session *s = canned_start((const struct canned[]){ { 0 } }, true);

	canned_content()->search_index = NULL;
	ck_assert_int_eq(vim_vm_lookup(s, &spec, NULL, &vm), VIX_E_NOT_SUPPORTED);
	ck_assert(said("has no index to search in"));
}
END_TEST

/* Snapshots. */

#define NOW                                                                         \
	DISK("2000", FLAT("[ds] web/web-000002.vmdk",                               \
			  "<parent><fileName>[ds] web/web-000001.vmdk</fileName>"   \
			  "<parent><fileName>[ds] web/web.vmdk</fileName></parent>" \
			  "</parent>"))                                             \
	DISK("2001", FLAT("[ds] web/new.vmdk", "")) DISK("2002", FLAT("[ds] web/new2.vmdk", ""))
#define THEN                                                                          \
	DISK("2000", FLAT("[ds] web/web-000001.vmdk",                                 \
			  "<parent><fileName>[ds] web/web.vmdk</fileName></parent>")) \
	DISK("2001", FLAT("[ds] web/old.vmdk", ""))
#define SNAPSHOT(of)                                                                       \
	{                                                                                  \
		RETRIEVE, "VirtualMachineSnapshot",                                        \
			CANNED_PAGE(CANNED_OBJECT("VirtualMachineSnapshot", "snapshot-70", \
						  CANNED_POINT("vm", "VirtualMachine", of) \
							  DEVICES(THEN))),                 \
			NULL                                                               \
	}
#define VM_NOW                                                     \
	{                                                          \
		RETRIEVE, OF_VM, CANNED_PAGE(VM_OBJECT(NOW)), NULL \
	}
#define VM_ABOVE                                                \
	{                                                       \
		RETRIEVE, OF_ABOVE, CANNED_PAGE(ABOVE_VM), NULL \
	}

static const struct canned with_snapshot[] = { SNAPSHOT("vm-57"), VM_NOW, VM_ABOVE, { 0 } };

START_TEST(a_snapshot_has_the_disks_of_its_time)
{
	ck_assert_int_eq(lookup(with_snapshot, "snapshot-70"), VIX_OK);
	ck_assert_str_eq(vm->snapshot, "snapshot-70");
	ck_assert_uint_eq(vm->disks.list.n, 2);
	ck_assert_str_eq(link_at(0, 0)->file, "[ds] web/web-000001.vmdk");
	ck_assert_uint_eq(vm->now.list.n, 3);
}
END_TEST

START_TEST(a_snapshot_of_another_machine_is_refused)
{
	static const struct canned script[] = { SNAPSHOT("vm-58"), VM_NOW, VM_ABOVE, { 0 } };

	ck_assert_int_eq(lookup(script, "snapshot-70"), VIX_E_OBJECT_NOT_FOUND);
	ck_assert(said("snapshot snapshot-70 is one of virtual machine vm-58, not of vm-57"));
}
END_TEST

START_TEST(a_snapshot_that_is_no_reference_is_refused)
{
	ck_assert_int_eq(lookup(with_snapshot, "my snapshot"), VIX_E_INVALID_ARG);
	ck_assert(said("snapshotRef \"my snapshot\" is no reference of a snapshot"));
}
END_TEST

/* Which disk a client means; @file NULL: none. */
struct meant {
	const char *path, *file;
	size_t link;
};

static void check_meant(const struct meant *rows)
{
	for (const struct meant *m = rows; m->path != NULL; m++) {
		size_t link;
		const struct vim_disk *disk = vim_vm_find_disk(vm, m->path, &link);

		if (m->file == NULL) {
			ck_assert_msg(disk == NULL, "%s", m->path);
			continue;
		}
		ck_assert_msg(disk != NULL, "%s", m->path);
		ck_assert_str_eq(disk->links.v[link].file, m->file);
		ck_assert_uint_eq(link, m->link);
	}
}

START_TEST(a_path_means_a_file_and_what_is_below_it)
{
	static const struct meant rows[] = {
		{ "[ds] web/web-000002.vmdk", "[ds] web/web-000002.vmdk", 0 },
		{ "[ds]web/web-000001.vmdk", "[ds] web/web-000001.vmdk", 1 },
		{ "web.vmdk", "[ds] web/web.vmdk", 2 },
		{ "new.vmdk", "[ds] web/new.vmdk", 0 },
		{ "[ds] web/gone.vmdk", NULL, 0 },
		{ "[other] web/web.vmdk", NULL, 0 },
		{ "/vmfs/volumes/ds/web/web.vmdk", NULL, 0 },
		{ "web/web.vmdk", NULL, 0 },
		{ "[", NULL, 0 },
		{ "", NULL, 0 },
		{ 0 },
	};

	ck_assert_int_eq(lookup_devices(NOW), VIX_OK);
	check_meant(rows);
}
END_TEST

START_TEST(with_a_snapshot_any_file_of_a_disk_means_the_disk_as_it_was)
{
	static const struct meant rows[] = {
		{ "[ds] web/web-000001.vmdk", "[ds] web/web-000001.vmdk", 0 },
		{ "[ds] web/web.vmdk", "[ds] web/web-000001.vmdk", 0 },
		{ "web-000002.vmdk", "[ds] web/web-000001.vmdk", 0 },
		{ "old.vmdk", "[ds] web/old.vmdk", 0 },
		{ "new.vmdk", NULL, 0 },  /* in the place of another one */
		{ "new2.vmdk", NULL, 0 }, /* was not there */
		{ 0 },
	};

	ck_assert_int_eq(lookup(with_snapshot, "snapshot-70"), VIX_OK);
	check_meant(rows);
}
END_TEST

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static TCase *checked_tcase(Suite *s, const char *name)
{
	TCase *tc = unit_tcase(s, name);

	tcase_add_checked_fixture(tc, setup, teardown);
	return tc;
}

int main(void)
{
	Suite *s = suite_create("inventory");
	TCase *tc = checked_tcase(s, "machine");

	tcase_add_test(tc, a_machine_has_its_disks_with_their_chains);
	tcase_add_test(tc, a_machine_is_told_with_its_place);
	tcase_add_test(tc, types_may_have_any_prefix);
	tcase_add_loop_test(tc, every_kind_of_backing_is_known, 0, COUNT(kinds));
	tcase_add_test(tc, the_parent_of_a_raw_mapping_is_one);

	tc = checked_tcase(s, "hostile");
	tcase_add_loop_test(tc, what_is_no_disk_with_a_file_is_passed_over, 0, COUNT(no_disks));
	tcase_add_test(tc, sizes_that_are_none_are_not_told);
	tcase_add_test(tc, a_deep_chain_is_cut_or_refused);
	tcase_add_test(tc, very_many_devices_are_read);
	tcase_add_test(tc, a_machine_without_devices_is_none_of_ours);
	tcase_add_test(tc, a_machine_that_is_gone_is_not_found);

	tc = checked_tcase(s, "datacenter");
	tcase_add_test(tc, names_of_folders_are_unescaped_but_for_slashes);
	tcase_add_loop_test(tc, a_machine_in_no_datacenter_is_refused, 0, COUNT(no_datacenter));
	tcase_add_test(tc, folders_above_a_datacenter_may_not_make_a_circle);
	tcase_add_test(tc, a_machine_in_a_virtual_app_has_a_datacenter_too);

	tc = checked_tcase(s, "path");
	tcase_add_test(tc, a_machine_is_found_by_its_path_in_a_datacenter);
	tcase_add_test(tc, what_is_at_that_path_must_be_a_datacenter);
	tcase_add_test(tc, without_a_datacenter_all_are_searched);
	tcase_add_test(tc, a_machine_that_is_nowhere_is_not_found);
	tcase_add_test(tc, of_two_machines_none_is_taken);
	tcase_add_test(tc, a_search_that_fails_is_no_answer);
	tcase_add_test(tc, a_server_without_an_index_finds_nothing);

	tc = checked_tcase(s, "snapshot");
	tcase_add_test(tc, a_snapshot_has_the_disks_of_its_time);
	tcase_add_test(tc, a_snapshot_of_another_machine_is_refused);
	tcase_add_test(tc, a_snapshot_that_is_no_reference_is_refused);
	tcase_add_test(tc, a_path_means_a_file_and_what_is_below_it);
	tcase_add_test(tc, with_a_snapshot_any_file_of_a_disk_means_the_disk_as_it_was);
	return unit_run(s);
}
