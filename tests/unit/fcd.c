/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * libvdisk/vim/fcd.c, over canned replies.
 */
#include "config.h"

#include "unit.h"

#include "../../libvdisk/vim/inventory.h"
#include "cannedvim.h"
#include "said.h"

#define RETRIEVE "RetrievePropertiesEx"

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

#define FCD_CONFIG                                                                    \
	"<returnval><config><id><id>f-1</id></id><name>pvc</name><backing"            \
	" xsi:type=\"BaseConfigInfoDiskFileBackingInfo\"><datastore"                  \
	" type=\"Datastore\">datastore-5</datastore><filePath>[ds] fcd/f-000001.vmdk" \
	"</filePath><parent><filePath>[ds] fcd/f.vmdk</filePath></parent></backing>"  \
	"<capacityInMB>16</capacityInMB></config></returnval>"
#define ABOVE_DATASTORE                                                                            \
	{                                                                                          \
		RETRIEVE, "datastore-5",                                                           \
			CANNED_PAGE(CANNED_OBJECT("Datastore", "datastore-5",                      \
						  CANNED_TEXT("name", "ds") CANNED_POINT(          \
							  "parent", "Datacenter", "datacenter-2")) \
					    CANNED_OBJECT("Datacenter", "datacenter-2",            \
							  CANNED_TEXT("name", "DC"))),             \
			NULL                                                                       \
	}

static const struct canned fcd_script[] = {
	{ "RetrieveVStorageObject",
	  "<id><id>f-1</id></id><datastore type=\"Datastore\">datastore-5</datastore>", FCD_CONFIG,
	  NULL },
	{ "HostRetrieveVStorageObject", NULL, FCD_CONFIG, NULL },
	{ "RetrieveSnapshotDetails", "<snapshotId><id>s-1</id></snapshotId>",
	  "<returnval><path>[ds] fcd/f.vmdk</path></returnval>", NULL },
	{ "RetrieveSnapshotDetails", "s-2", "<returnval><path>[ds] x.vmdk</path></returnval>",
	  NULL },
	ABOVE_DATASTORE,
	{ 0 },
};

static VixError lookup_fcd(bool is_vcenter, const char *snapshot)
{
	vim_vm_free(vm);
	return vim_fcd_lookup(canned_start(fcd_script, is_vcenter), "f-1", "datastore-5", snapshot,
			      &vm);
}

START_TEST(a_first_class_disk_is_a_machine_of_one_disk)
{
	for (int is_vcenter = 0; is_vcenter < 2; is_vcenter++) {
		ck_assert_msg(lookup_fcd(is_vcenter, NULL) == VIX_OK, "%s", said_text);
		ck_assert_uint_eq(vm->disks.list.n, 1);
		ck_assert_str_eq(vm->disks.list.v[0].links.v[0].file, "[ds] fcd/f-000001.vmdk");
		ck_assert_str_eq(vm->disks.list.v[0].links.v[1].file, "[ds] fcd/f.vmdk");
		ck_assert_uint_eq(vm->disks.list.v[0].capacity, 16u << 20);
		ck_assert_str_eq(vm->dc_path, "DC");
	}
}
END_TEST

START_TEST(its_snapshot_is_what_is_below_a_file)
{
	ck_assert_int_eq(lookup_fcd(true, "s-1"), VIX_OK);
	ck_assert_uint_eq(vm->disks.list.v[0].links.n, 1);
	ck_assert_str_eq(vm->disks.list.v[0].links.v[0].file, "[ds] fcd/f.vmdk");
	ck_assert_int_eq(lookup_fcd(true, "s-2"), VIX_E_OBJECT_NOT_FOUND);
}
END_TEST

START_TEST(a_server_may_have_no_first_class_disks)
{
	struct vim_session *s = canned_start(fcd_script, true);

	canned_content()->vstorage_object_manager = NULL;
	ck_assert_int_eq(vim_fcd_lookup(s, "f-1", "datastore-5", NULL, &vm), VIX_E_NOT_SUPPORTED);
}
END_TEST

START_TEST(a_datastore_has_a_name_and_a_datacenter)
{
	static const struct canned script[] = { ABOVE_DATASTORE, { 0 } };
	char *name, *dc_path;

	ck_assert_int_eq(
		vim_datastore_lookup(canned_start(script, true), "datastore-5", &name, &dc_path),
		VIX_OK);
	ck_assert_str_eq(name, "ds");
	ck_assert_str_eq(dc_path, "DC");
	free(name);
	free(dc_path);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("fcd");
	TCase *tc = unit_tcase(s, "fcd");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, a_first_class_disk_is_a_machine_of_one_disk);
	tcase_add_test(tc, its_snapshot_is_what_is_below_a_file);
	tcase_add_test(tc, a_server_may_have_no_first_class_disks);
	tcase_add_test(tc, a_datastore_has_a_name_and_a_datacenter);
	return unit_run(s);
}
