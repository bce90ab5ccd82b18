/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * libvdisk/transport: server.c, server-access.c and https.c, over canned replies and files in memory.
 */
#include "config.h"

#include "unit.h"

#include <string.h>

#include "../../libvdisk/conn.h"
#include "../../libvdisk/connparams.h"
#include "../../libvdisk/disk-chain.h"
#include "../../libvdisk/store/datastore.h"
#include "../../libvdisk/transport/server.h"
#include "../../libvdisk/transport/transport.h"
#include "cannedvim.h"
#include "memstore.h"
#include "said.h"

#define READ_ONLY VIXDISKLIB_FLAG_OPEN_READ_ONLY
#define NO_PARENT 0xffffffffu

static VixDiskLibConnectParams *params;
static struct vd_server_options options;
static struct vd_conn conn;
static struct vd_disk *disk;
static char *asked_dc; /* what vd_datastores_new() was given */

/* Datastores in memory. */

struct vd_datastores {
	struct vd_store_ops ops;
};

VixError vd_datastores_new(struct vim_session *s, const char *dc_path, struct vd_datastores **out)
{
	(void)s;
	*out = calloc(1, sizeof(**out));
	(*out)->ops = memstore_ops;
	(*out)->ops.pwrite = NULL;
	(*out)->ops.names = NULL;
	free(asked_dc);
	asked_dc = strdup(dc_path);
	return VIX_OK;
}

void vd_datastores_set_cache(struct vd_datastores *ds, size_t bytes)
{
	(void)ds;
	ck_assert_uint_eq(bytes, 1 << 20);
}

void vd_datastores_free(struct vd_datastores *ds)
{
	free(ds);
}

const struct vd_store_ops *vd_datastores_ops(const struct vd_datastores *ds)
{
	return &ds->ops;
}

static void add_link(const char *path, uint32_t cid, uint32_t parent_cid, const char *hint)
{
	char text[512];

	snprintf(text, sizeof(text),
		 "version=1\nCID=%08x\nparentCID=%08x\nparentFileNameHint=\"%s\"\nRW 8 ZERO\n", cid,
		 parent_cid, hint);
	memstore_add(path, text, strlen(text));
}

/* A machine of two disks, one of them with a snapshot. */

#define BACKING(file, more)                                                                       \
	"<backing xsi:type=\"VirtualDiskFlatVer2BackingInfo\"><fileName>" file "</fileName>" more \
	"</backing>"
#define DISK(key, backing) \
	"<VirtualDevice xsi:type=\"VirtualDisk\"><key>" key "</key>" backing "</VirtualDevice>"
#define DEVICES(devices) CANNED_ARRAY("config.hardware.device", "VirtualDevice", devices)
#define BASE             "<parent><fileName>[ds] web/web.vmdk</fileName></parent>"
#define NOW                                                                            \
	DISK("2000", BACKING("[ds] web/web-000001.vmdk", BASE))                        \
	DISK("2001", BACKING("[two] top.vmdk", ""))                                    \
	DISK("2002", BACKING("[ds] web/secret.vmdk", "<keyId/>"))                      \
	DISK("2003", "<backing xsi:type=\"VirtualDiskRawDiskMappingVer1BackingInfo\">" \
		     "<fileName>[ds] web/lun.vmdk</fileName></backing>")               \
	DISK("2004", BACKING("web/odd.vmdk", ""))
#define ABOVE(ref)                                                                                \
	{                                                                                         \
		"RetrievePropertiesEx", ref,                                                      \
			CANNED_PAGE(CANNED_OBJECT(                                                \
				"VirtualMachine", "vm-57",                                        \
				CANNED_POINT("parent", "Datacenter", "datacenter-2"))             \
					    CANNED_OBJECT("Datastore", "datastore-5",             \
							  CANNED_TEXT("name", "ds") CANNED_POINT( \
								  "parent", "Datacenter",         \
								  "datacenter-2"))                \
						    CANNED_OBJECT("Datacenter", "datacenter-2",   \
								  CANNED_TEXT("name", "DC"))),    \
			NULL                                                                      \
	}

static const struct canned script[] = {
	{ "RetrievePropertiesEx", "vmPathName",
	  CANNED_PAGE(CANNED_OBJECT(
		  "VirtualMachine", "vm-57",
		  CANNED_TEXT("name", "web")
			  CANNED_TEXT("config.files.vmPathName", "[ds] web/web.vmx")
				  CANNED_TEXT("runtime.powerState", "poweredOn") DEVICES(NOW))),
	  NULL },
	{ "RetrievePropertiesEx", "VirtualMachineSnapshot",
	  CANNED_PAGE(CANNED_OBJECT("VirtualMachineSnapshot", "snapshot-70",
				    CANNED_POINT("vm", "VirtualMachine", "vm-57") DEVICES(
					    DISK("2000", BACKING("[ds] web/web.vmdk", ""))))),
	  NULL },
	ABOVE("ManagedEntity"),
	ABOVE("Datastore"),
	{ "RetrieveVStorageObject", "f-1",
	  "<returnval><config><backing><filePath>[ds] fcd/f.vmdk</filePath></backing></config>"
	  "</returnval>",
	  NULL },
	{ "DisableMethods", NULL, "", NULL },
	{ "EnableMethods", NULL, "", NULL },
	{ 0 },
};

static void setup(void)
{
	said_start();
	canned_start(script, true);
	memset(&conn, 0, sizeof(conn));
	memset(&options, 0, sizeof(options));
	disk = NULL;
	params = vd_params_new();
	params->serverName = (char *)"vc.example";
	params->vmxSpec = (char *)"moref=vm-57";
	params->credType = VIXDISKLIB_CRED_UID;
	params->creds.uid.userName = (char *)"ann";
	params->creds.uid.password = (char *)"pw";
	add_link("[ds] web/web.vmdk", 1, NO_PARENT, "");
	add_link("[ds] web/web-000001.vmdk", 2, 1, "/vmfs/volumes/5f/x/other.vmdk");
	add_link("[two] /top.vmdk", 1, NO_PARENT, "");
}

static void teardown(void)
{
	vd_disk_close(disk);
	vd_server_put(conn.server);
	ck_assert_int_eq(canned_login()->owners, 0);
	ck_assert_uint_eq(memstore_n_open(), 0);
	memstore_reset();
	vd_params_free(params);
	free(asked_dc);
	asked_dc = NULL;
	said_stop();
}

static VixError reach(const char *snapshot)
{
	conn.remote = true;
	return vd_server_open(params, snapshot, &options, &conn.server);
}

static VixError open_disk(const char *path, uint32 flags)
{
	vd_disk_close(disk);
	return vd_transport_open(&conn, path, flags, &disk);
}

static const char *link_path(size_t i)
{
	const struct vd_chain *chain = (const struct vd_chain *)disk;

	ck_assert_uint_lt(i, chain->links.n);
	return chain->links.v[i]->path;
}

/* Reaching a server. */

START_TEST(a_session_is_opened_as_the_parameters_say)
{
	params->port = 8443;
	params->thumbPrint = (char *)"AA";
	options.trusts_anybody = true;
	options.cache_bytes = 1 << 20;
	ck_assert_int_eq(reach(NULL), VIX_OK);
	ck_assert_str_eq(canned_login()->host, "vc.example");
	ck_assert_uint_eq(canned_login()->port, 8443);
	ck_assert_str_eq(canned_login()->thumbprint, "AA");
	ck_assert_int_eq(canned_login()->by, VIM_BY_PASSWORD);
	ck_assert_str_eq(canned_login()->user, "ann");
	ck_assert_str_eq(canned_login()->password, "pw");
	ck_assert(canned_login()->trusts_anybody);
	ck_assert_str_eq(asked_dc, "DC");
	ck_assert_int_eq(canned_login()->owners, 1);
}
END_TEST

START_TEST(an_address_may_be_in_brackets)
{
	params->serverName = (char *)"[::1]";
	ck_assert_int_eq(reach(NULL), VIX_OK);
	ck_assert_str_eq(canned_login()->host, "::1");
}
END_TEST

START_TEST(a_user_may_have_a_ticket_of_kerberos)
{
	params->creds.uid.userName = (char *)"__sspi__";
	ck_assert_int_eq(reach(NULL), VIX_OK);
	ck_assert_int_eq(canned_login()->by, VIM_BY_SSPI);
	vd_server_put(conn.server);
	params->credType = VIXDISKLIB_CRED_SSPI;
	params->creds.uid.userName = NULL;
	ck_assert_int_eq(reach(NULL), VIX_OK);
	ck_assert_int_eq(canned_login()->by, VIM_BY_SSPI);
}
END_TEST

START_TEST(a_session_may_be_lent)
{
	params->credType = VIXDISKLIB_CRED_SESSIONID;
	params->creds.sessionId.cookie = (char *)"52-1";
	params->creds.sessionId.userName = NULL;
	params->creds.sessionId.key = NULL;
	ck_assert_int_eq(reach(NULL), VIX_OK);
	ck_assert_int_eq(canned_login()->by, VIM_BY_SESSION);
	ck_assert_str_eq(canned_login()->cookie, "52-1");
}
END_TEST

START_TEST(what_is_wrong_is_told_when_connecting)
{
	params->serverName = (char *)"nobody";
	ck_assert_int_eq(reach(NULL), VIX_E_CANNOT_CONNECT_TO_HOST);
	ck_assert_ptr_null(conn.server);
	params->vmxSpec = (char *)"vm-57";
	ck_assert_int_eq(reach(NULL), VIX_E_INVALID_ARG);
	params->serverName = (char *)"vc.example";
	params->vmxSpec = (char *)"moref=vm-57";
	ck_assert_int_eq(reach("not a snapshot"), VIX_E_INVALID_ARG);
	ck_assert_int_eq(canned_login()->owners, 0);
}
END_TEST

/* Disks. */

START_TEST(a_disk_has_the_chain_that_the_server_tells)
{
	ck_assert_int_eq(reach(NULL), VIX_OK);
	ck_assert_msg(open_disk("[ds] web/web-000001.vmdk", READ_ONLY) == VIX_OK, "%s", said_text);
	ck_assert_str_eq(disk->mode, "https");
	ck_assert(disk->readonly);
	ck_assert_str_eq(link_path(1), "[ds] web/web-000001.vmdk");
	ck_assert_str_eq(link_path(0), "[ds] web/web.vmdk");
	ck_assert_int_eq(canned_login()->owners, 1);
}
END_TEST

START_TEST(a_file_at_the_top_of_a_datastore_has_a_path_with_a_slash)
{
	ck_assert_int_eq(reach(NULL), VIX_OK);
	ck_assert_int_eq(open_disk("[two] top.vmdk", READ_ONLY), VIX_OK);
	ck_assert_str_eq(link_path(0), "[two] /top.vmdk");
}
END_TEST

START_TEST(a_name_means_a_file_beside_the_machine)
{
	ck_assert_int_eq(reach(NULL), VIX_OK);
	ck_assert_int_eq(open_disk("web.vmdk", READ_ONLY), VIX_OK);
	ck_assert_str_eq(link_path(0), "[ds] web/web.vmdk");
	ck_assert_uint_eq(((struct vd_chain *)disk)->links.n, 1);
}
END_TEST

START_TEST(a_snapshot_has_the_disk_of_its_time)
{
	static const char *const names[] = { "[ds] web/web.vmdk", "[ds] web/web-000001.vmdk",
					     "web.vmdk" };

	ck_assert_int_eq(reach("snapshot-70"), VIX_OK);
	for (size_t i = 0; i < 3; i++) {
		ck_assert_int_eq(open_disk(names[i], READ_ONLY), VIX_OK);
		ck_assert_str_eq(link_path(0), "[ds] web/web.vmdk");
		ck_assert_uint_eq(((struct vd_chain *)disk)->links.n, 1);
	}
	ck_assert_int_eq(open_disk("[two] top.vmdk", READ_ONLY), VIX_E_FILE_NOT_FOUND);
	ck_assert(said("web has no such disk at its snapshot; it has: [ds] web/web.vmdk"));
}
END_TEST

START_TEST(a_disk_that_is_not_there_is_told_with_those_that_are)
{
	ck_assert_int_eq(reach(NULL), VIX_OK);
	ck_assert_int_eq(open_disk("[ds] web/gone.vmdk", READ_ONLY), VIX_E_FILE_NOT_FOUND);
	ck_assert(said("cannot open [ds] web/gone.vmdk: web has no such disk; it has: "
		       "[ds] web/web-000001.vmdk, [two] top.vmdk"));
	ck_assert_int_eq(open_disk("/vmfs/volumes/ds/web/web.vmdk", READ_ONLY),
			 VIX_E_FILE_NOT_FOUND);
	ck_assert_ptr_null(disk);
}
END_TEST

START_TEST(writing_is_refused)
{
	ck_assert_int_eq(reach(NULL), VIX_OK);
	ck_assert_int_eq(open_disk("[two] top.vmdk", 0), VIX_E_FILE_READ_ONLY);
	ck_assert(said("cannot open [two] top.vmdk for writing: the transport https reads only"));
	conn.readonly = true;
	ck_assert_int_eq(open_disk("[two] top.vmdk", 0), VIX_OK);
	ck_assert_int_eq(vd_disk_write(disk, 0, 1, said_text), VIX_E_FILE_READ_ONLY);
}
END_TEST

START_TEST(what_has_no_bytes_in_a_file_is_refused)
{
	ck_assert_int_eq(reach(NULL), VIX_OK);
	ck_assert_int_eq(open_disk("secret.vmdk", READ_ONLY), VIX_E_DISK_NEEDKEY);
	ck_assert(said("[ds] web/secret.vmdk: it is encrypted"));
	ck_assert_int_eq(open_disk("lun.vmdk", READ_ONLY), VIX_E_NOT_SUPPORTED);
	ck_assert(said("[ds] web/lun.vmdk: it maps a LUN"));
}
END_TEST

START_TEST(a_file_that_is_on_no_datastore_can_not_even_be_named)
{
	ck_assert_int_eq(reach(NULL), VIX_OK);
	ck_assert_int_eq(open_disk("web/odd.vmdk", READ_ONLY), VIX_E_FILE_NOT_FOUND);
}
END_TEST

START_TEST(the_locked_file_of_a_running_machine_is_explained)
{
	ck_assert_int_eq(reach(NULL), VIX_OK);
	memstore_remove("[ds] web/web-000001.vmdk");
	ck_assert_int_eq(open_disk("[ds] web/web-000001.vmdk", READ_ONLY), VIX_E_FILE_NOT_FOUND);
	ck_assert(said("is what the running machine web writes, and locked: make a snapshot"));
}
END_TEST

START_TEST(a_base_that_does_not_fit_is_refused)
{
	add_link("[ds] web/web.vmdk", 7, NO_PARENT, "");
	ck_assert_int_eq(reach(NULL), VIX_OK);
	ck_assert_int_eq(open_disk("[ds] web/web-000001.vmdk", READ_ONLY), VIX_E_DISK_CID_MISMATCH);
	ck_assert(!said("make a snapshot"));
}
END_TEST

START_TEST(a_single_link_is_opened_alone)
{
	ck_assert_int_eq(reach(NULL), VIX_OK);
	memstore_remove("[ds] web/web.vmdk");
	ck_assert_int_eq(open_disk("web-000001.vmdk", READ_ONLY | VIXDISKLIB_FLAG_OPEN_SINGLE_LINK),
			 VIX_OK);
	ck_assert_uint_eq(((struct vd_chain *)disk)->links.n, 1);
}
END_TEST

START_TEST(a_disk_keeps_its_server)
{
	char buf[512];

	ck_assert_int_eq(reach(NULL), VIX_OK);
	ck_assert_int_eq(open_disk("web.vmdk", READ_ONLY), VIX_OK);
	vd_server_put(conn.server);
	conn.server = NULL;
	ck_assert_int_eq(canned_login()->owners, 1);
	ck_assert_int_eq(vd_disk_read(disk, 0, 1, buf), VIX_OK);
}
END_TEST

START_TEST(other_transports_are_not_built)
{
	conn.transport_modes = (char *)"nbdssl:nbd";
	ck_assert_int_eq(reach(NULL), VIX_OK);
	ck_assert_int_eq(open_disk("web.vmdk", READ_ONLY), VIX_E_NOT_SUPPORTED);
	ck_assert(said("none of the transports \"nbdssl:nbd\" serves this connection; built in: "
		       "file:hotadd:https"));
	conn.transport_modes = (char *)"san:nbdssl:https:nbd";
	ck_assert_int_eq(open_disk("web.vmdk", READ_ONLY), VIX_OK);
}
END_TEST

/* Changed block tracking. */

#define TRACKED(id)                                                     \
	DISK("2000", "<capacityInBytes>4096</capacityInBytes>" BACKING( \
			     "[ds] web/web.vmdk", "<changeId>" id "</changeId>"))
#define QUERY_USED "QueryChangedDiskAreas"

static bool count_used(uint64_t sector, uint64_t count, bool is_used, void *ctx)
{
	(void)sector;
	*(uint64_t *)ctx += is_used ? count : 0;
	return true;
}

static void put_flat_base(void)
{
	static const char text[] = "version=1\nCID=1\nRW 8 VMFS \"web-flat.vmdk\"\n";
	static const char bytes[4096];

	memstore_add("[ds] web/web.vmdk", text, strlen(text));
	memstore_add("[ds] web/web-flat.vmdk", bytes, sizeof(bytes));
}

/* Opens the disk of a tracked snapshot, of which a server tells so.  Return: its used sectors. */
static uint64_t used_sectors(const char *reply, const char *fault, uint32 flags)
{
	const struct canned tracked[] = {
		script[0],
		{ "RetrievePropertiesEx", "VirtualMachineSnapshot",
		  CANNED_PAGE(CANNED_OBJECT("VirtualMachineSnapshot", "snapshot-70",
					    CANNED_POINT("vm", "VirtualMachine", "vm-57")
						    DEVICES(TRACKED("52/1")))),
		  NULL },
		ABOVE("ManagedEntity"),
		{ QUERY_USED, "<changeId>*</changeId>", reply, fault },
		{ 0 },
	};
	uint64_t used = 0;

	put_flat_base();
	canned_start(tracked, true);
	ck_assert_int_eq(reach("snapshot-70"), VIX_OK);
	ck_assert_msg(open_disk("web.vmdk", READ_ONLY | flags) == VIX_OK, "%s", said_text);
	ck_assert_ptr_null(strstr(canned_asked(), QUERY_USED));
	ck_assert_int_eq(vd_disk_extents(disk, 0, 8, count_used, &used), VIX_OK);
	ck_assert_int_eq(vd_disk_extents(disk, 0, 8, count_used, &(uint64_t){ 0 }), VIX_OK);
	vd_disk_close(disk);
	disk = NULL;
	return used;
}

START_TEST(of_a_flat_file_a_server_tells_what_is_used)
{
	ck_assert_uint_eq(used_sectors("<returnval><startOffset>0</startOffset><length>4096"
				       "</length><changedArea><start>512</start><length>1024"
				       "</length></changedArea></returnval>",
				       NULL, 0),
			  2);
}
END_TEST

START_TEST(a_server_that_tells_nothing_is_not_asked_again)
{
	const char *asked;

	ck_assert_uint_eq(used_sectors(NULL, "FileFault", 0), 8);
	asked = strstr(canned_asked(), QUERY_USED);
	ck_assert_ptr_nonnull(asked);
	ck_assert_ptr_null(strstr(asked + 1, QUERY_USED));
	ck_assert(!said("warn"));
}
END_TEST

START_TEST(of_a_single_link_its_file_tells)
{
	ck_assert_uint_eq(used_sectors(NULL, NULL, VIXDISKLIB_FLAG_OPEN_SINGLE_LINK), 8);
	ck_assert_ptr_null(strstr(canned_asked(), QUERY_USED));
}
END_TEST

/* Other places than machines. */

START_TEST(a_first_class_disk_has_its_chain_too)
{
	add_link("[ds] fcd/f.vmdk", 1, NO_PARENT, "");
	params->vmxSpec = NULL;
	params->specType = VIXDISKLIB_SPEC_VSTORAGE_OBJECT;
	params->spec.vStorageObjSpec.id = (char *)"f-1";
	ck_assert_int_eq(reach(NULL), VIX_E_INVALID_ARG);
	ck_assert(said("a first-class disk is named, but no datastore"));
	params->spec.vStorageObjSpec.datastoreMoRef = (char *)"datastore-5";
	ck_assert_int_eq(reach(NULL), VIX_OK);
	ck_assert_int_eq(open_disk("[ds] fcd/f.vmdk", READ_ONLY), VIX_OK);
	ck_assert_int_eq(open_disk("[ds] fcd/g.vmdk", READ_ONLY), VIX_E_FILE_NOT_FOUND);
}
END_TEST

static void name_datastore(const char *folder)
{
	params->vmxSpec = NULL;
	params->specType = VIXDISKLIB_SPEC_DATASTORE;
	params->spec.dsSpec.datastoreMoRef = (char *)"datastore-5";
	params->spec.dsSpec.diskFolder = (char *)folder;
}

START_TEST(of_a_datastore_any_file_may_be_named)
{
	name_datastore("web");
	ck_assert_int_eq(reach(NULL), VIX_OK);
	ck_assert_int_eq(open_disk("[ds] web/web.vmdk", READ_ONLY), VIX_OK);
	ck_assert_int_eq(open_disk("web.vmdk", READ_ONLY), VIX_OK);
	ck_assert_str_eq(link_path(0), "[ds] web/web.vmdk");
	ck_assert_int_eq(open_disk("[two] top.vmdk", READ_ONLY), VIX_E_INVALID_ARG);
	ck_assert_int_eq(open_disk("/vmfs/volumes/ds/web.vmdk", READ_ONLY), VIX_E_INVALID_ARG);
	ck_assert(said("it is no file on [ds]"));
}
END_TEST

START_TEST(there_a_hint_leads_to_a_parent)
{
	add_link("[ds] web/b.vmdk", 2, 1, "/vmfs/volumes/5f/web/web.vmdk");
	name_datastore(NULL);
	ck_assert_int_eq(reach(NULL), VIX_OK);
	ck_assert_msg(open_disk("[ds] web/b.vmdk", READ_ONLY) == VIX_OK, "%s", said_text);
	ck_assert_str_eq(link_path(0), "[ds] web/web.vmdk");
}
END_TEST

START_TEST(a_snapshot_needs_a_machine)
{
	name_datastore(NULL);
	ck_assert_int_eq(reach("snapshot-70"), VIX_E_INVALID_ARG);
	ck_assert(said("a snapshot is named, but no virtual machine"));
}
END_TEST

/* Access. */

START_TEST(access_is_prepared_in_a_session_of_its_own)
{
	ck_assert_int_eq(vd_server_prepare(params, "program", &options), VIX_OK);
	ck_assert_ptr_nonnull(strstr(canned_asked(), "DisableMethods"));
	ck_assert_int_eq(canned_login()->owners, 0);
	ck_assert_int_eq(vd_server_end_access(params, "program", &options), VIX_OK);
	ck_assert_ptr_nonnull(strstr(canned_asked(), "EnableMethods"));
}
END_TEST

START_TEST(access_needs_an_identity_and_a_machine)
{
	ck_assert_int_eq(vd_server_prepare(params, "", &options), VIX_E_INVALID_ARG);
	name_datastore(NULL);
	ck_assert_int_eq(vd_server_prepare(params, "program", &options), VIX_E_INVALID_ARG);
	ck_assert_str_eq(canned_asked(), "");
}
END_TEST

static TCase *checked_tcase(Suite *s, const char *name)
{
	TCase *tc = unit_tcase(s, name);

	tcase_add_checked_fixture(tc, setup, teardown);
	return tc;
}

int main(void)
{
	Suite *s = suite_create("https");
	TCase *tc = checked_tcase(s, "server");

	tcase_add_test(tc, a_session_is_opened_as_the_parameters_say);
	tcase_add_test(tc, an_address_may_be_in_brackets);
	tcase_add_test(tc, a_user_may_have_a_ticket_of_kerberos);
	tcase_add_test(tc, a_session_may_be_lent);
	tcase_add_test(tc, what_is_wrong_is_told_when_connecting);

	tc = checked_tcase(s, "disks");
	tcase_add_test(tc, a_disk_has_the_chain_that_the_server_tells);
	tcase_add_test(tc, a_file_at_the_top_of_a_datastore_has_a_path_with_a_slash);
	tcase_add_test(tc, a_name_means_a_file_beside_the_machine);
	tcase_add_test(tc, a_snapshot_has_the_disk_of_its_time);
	tcase_add_test(tc, a_disk_that_is_not_there_is_told_with_those_that_are);
	tcase_add_test(tc, writing_is_refused);
	tcase_add_test(tc, what_has_no_bytes_in_a_file_is_refused);
	tcase_add_test(tc, a_file_that_is_on_no_datastore_can_not_even_be_named);
	tcase_add_test(tc, the_locked_file_of_a_running_machine_is_explained);
	tcase_add_test(tc, a_base_that_does_not_fit_is_refused);
	tcase_add_test(tc, a_single_link_is_opened_alone);
	tcase_add_test(tc, a_disk_keeps_its_server);
	tcase_add_test(tc, other_transports_are_not_built);

	tc = checked_tcase(s, "used");
	tcase_add_test(tc, of_a_flat_file_a_server_tells_what_is_used);
	tcase_add_test(tc, a_server_that_tells_nothing_is_not_asked_again);
	tcase_add_test(tc, of_a_single_link_its_file_tells);

	tc = checked_tcase(s, "places");
	tcase_add_test(tc, a_first_class_disk_has_its_chain_too);
	tcase_add_test(tc, of_a_datastore_any_file_may_be_named);
	tcase_add_test(tc, there_a_hint_leads_to_a_parent);
	tcase_add_test(tc, a_snapshot_needs_a_machine);

	tc = checked_tcase(s, "access");
	tcase_add_test(tc, access_is_prepared_in_a_session_of_its_own);
	tcase_add_test(tc, access_needs_an_identity_and_a_machine);
	return unit_run(s);
}
