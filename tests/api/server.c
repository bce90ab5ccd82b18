/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What there is on a server: lists of it, and changes. Every test goes to a vCenter and to an ESXi host.
 */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "onserver.h"
#include "vixDiskLibExt.h"

/* Disks. */

START_TEST(disks_of_the_machine_are_listed_as_open_takes_them)
{
	VixDiskLibServerDisk *disks;
	VixDiskLibHandle handle;
	size_t n;

	put_disks(_i);
	connect_to(_i, NULL);
	ck_assert_ok(VixDiskLib_ListDisks(conn, &disks, &n));
	ck_assert_uint_eq(n, 2);
	ck_assert_uint_eq(disks[0].structSize, sizeof(disks[0]));
	ck_assert_uint_eq(disks[0].key, 2000);
	ck_assert_str_eq(disks[0].path, beside_vmx("one.vmdk"));
	ck_assert_uint_eq(disks[0].capacity, CAPACITY);
	ck_assert_str_eq(disks[0].backing, "flat");
	ck_assert_uint_eq(disks[0].numLinks, 1);
	ck_assert_str_ne(disks[0].changeId, "");
	ck_assert_ok(disks[0].problem);
	ck_assert_str_eq(disks[0].why, "");
	ck_assert_uint_eq(disks[1].key, 2001);
	ck_assert_str_eq(disks[1].path, beside_vmx("two words.vmdk"));
	ck_assert_ok(VixDiskLib_Open(conn, disks[1].path, VIXDISKLIB_FLAG_OPEN_READ_ONLY, &handle));
	ck_assert_ok(VixDiskLib_Close(handle));
	VixDiskLib_FreeDiskList(disks);
	disconnect();
}
END_TEST

START_TEST(disks_that_cannot_be_read_say_why)
{
	VixDiskLibServerDisk *disks;
	char command[128];
	size_t n;

	use_server(_i);
	put_disk("one");
	put_disk("two");
	snprintf(command, sizeof(command), "disks?moref=%s", vserver_info(server, "moref"));
	free(vserver_ctl_body(server, command,
			      "[{\"file\": \"one.vmdk\", \"key\": 2000, "
			      "\"backing\": \"VirtualDiskRawDiskMappingVer1BackingInfo\", "
			      "\"label\": \"a <LUN>\"},"
			      "{\"file\": \"two.vmdk\", \"key\": 2016}]"));
	connect_to(_i, NULL);
	ck_assert_ok(VixDiskLib_ListDisks(conn, &disks, &n));
	ck_assert_uint_eq(n, 2);
	ck_assert_str_eq(disks[0].label, "a <LUN>");
	ck_assert_str_eq(disks[0].backing, "rdm");
	ck_assert_err(disks[0].problem, NOT_SUPPORTED);
	ck_assert_ptr_nonnull(strstr(disks[0].why, "LUN"));
	ck_assert_str_eq(disks[0].changeId, "");
	ck_assert_uint_eq(disks[1].key, 2016);
	ck_assert_ok(disks[1].problem);
	VixDiskLib_FreeDiskList(disks);
	disconnect();
}
END_TEST

START_TEST(a_fault_of_the_server_is_the_result)
{
	VixDiskLibServerDisk *disks = (void *)1;
	size_t n = 7;

	connect_to(_i, NULL);
	vserver_tell(server, "fault?kind=soap&fault=NoPermission&call=RetrievePropertiesEx");
	ck_assert_err(VixDiskLib_ListDisks(conn, &disks, &n), FILE_ACCESS_ERROR);
	ck_assert_ptr_null(disks);
	ck_assert_uint_eq(n, 0);
	vserver_tell(server, "fault?kind=garbage&text=<&path=/sdk&times=-1");
	ck_assert_err(VixDiskLib_ListDisks(conn, &disks, &n), NET_HTTP_TRANSFER);
	vserver_tell(server, "clear");
	ck_assert_ok(VixDiskLib_ListDisks(conn, &disks, &n));
	VixDiskLib_FreeDiskList(disks);
	disconnect();
}
END_TEST

/* Changes. */

static VixDiskLibBlockList *changes(const char *id, uint64 start, uint64 count)
{
	VixDiskLibBlockList *list;

	ck_assert_ok(VixDiskLib_QueryChangedBlocks(conn, beside_vmx("one.vmdk"), id, start, count,
						   &list));
	return list;
}

static void tell_changes(const char *id, const char *areas)
{
	char command[256];

	snprintf(command, sizeof(command), "areas?moref=%s&key=2000&changeId=%s",
		 vserver_info(server, "moref"), id);
	free(vserver_ctl_body(server, command, areas));
}

START_TEST(changed_areas_are_whole_sectors)
{
	VixDiskLibBlockList *list;

	put_disks(_i);
	connect_to(_i, NULL);
	tell_changes("x/1", "[[0, 1], [1000, 600], [65536, 65536], [10485248, 512]]");
	vserver_tell(server, "window?bytes=100000");
	list = changes("x/1", 0, ~(uint64)0);
	ck_assert_uint_eq(list->numBlocks, 3);
	ck_assert_uint_eq(list->blocks[0].offset, 0);
	ck_assert_uint_eq(list->blocks[0].length, 4);
	ck_assert_uint_eq(list->blocks[1].offset, 128);
	ck_assert_uint_eq(list->blocks[1].length, 128);
	ck_assert_uint_eq(list->blocks[2].offset, CAPACITY - 1);
	ck_assert_uint_eq(list->blocks[2].length, 1);
	VixDiskLib_FreeBlockList(list);
	vserver_tell(server, "window?bytes=0");
	disconnect();
}
END_TEST

START_TEST(changes_of_a_range_end_with_it)
{
	VixDiskLibBlockList *list;

	put_disks(_i);
	connect_to(_i, NULL);
	tell_changes("x/1", "[[0, 65536], [131072, 65536], [1048576, 65536]]");
	list = changes("x/1", 10, 300);
	ck_assert_uint_eq(list->numBlocks, 2);
	ck_assert_uint_eq(list->blocks[0].offset, 10);
	ck_assert_uint_eq(list->blocks[0].length, 118);
	ck_assert_uint_eq(list->blocks[1].offset, 256);
	ck_assert_uint_eq(list->blocks[1].length, 54);
	VixDiskLib_FreeBlockList(list);
	list = changes("x/1", 4000, 1000);
	ck_assert_uint_eq(list->numBlocks, 0);
	VixDiskLib_FreeBlockList(list);
	disconnect();
}
END_TEST

START_TEST(changes_that_nobody_knows_are_an_error)
{
	VixDiskLibBlockList *list = (void *)1;
	const char *path;

	put_disks(_i);
	connect_to(_i, NULL);
	path = beside_vmx("one.vmdk");
	ck_assert_err(VixDiskLib_QueryChangedBlocks(conn, path, "gone/1", 0, 1, &list), FILE_ERROR);
	ck_assert_ptr_null(list);
	ck_assert_err(VixDiskLib_QueryChangedBlocks(conn, path, "*", CAPACITY, 1, &list),
		      DISK_OUTOFRANGE);
	ck_assert_err(VixDiskLib_QueryChangedBlocks(conn, "other.vmdk", "*", 0, 1, &list),
		      FILE_NOT_FOUND);
	ck_assert_err(VixDiskLib_QueryChangedBlocks(conn, path, "", 0, 1, &list), INVALID_ARG);
	ck_assert_err(VixDiskLib_QueryChangedBlocks(conn, path, "*", 0, 0, &list), INVALID_ARG);
	disconnect();
}
END_TEST

/* Snapshots. */

static void make_snapshot(const char *name)
{
	char *snapshot;

	ck_assert_ok(VixDiskLib_CreateSnapshot(conn, name, "before \"b\" & <c>", 0, NULL, NULL,
					       &snapshot));
	ck_assert_str_ne(snapshot, "");
	VixDiskLib_FreeSnapshotRef(snapshot);
}

static VixDiskLibSnapshot *snapshots(size_t n_wanted)
{
	VixDiskLibSnapshot *list;
	size_t n;

	ck_assert_ok(VixDiskLib_ListSnapshots(conn, &list, &n));
	ck_assert_uint_eq(n, n_wanted);
	return list;
}

static void remove_all(const char *first)
{
	ck_assert_ok(VixDiskLib_RemoveSnapshot(conn, first, TRUE, NULL, NULL));
	VixDiskLib_FreeSnapshotList(snapshots(0));
}

START_TEST(snapshots_are_listed_with_their_parents)
{
	VixDiskLibSnapshot *list;

	put_disks(_i);
	connect_to(_i, NULL);
	VixDiskLib_FreeSnapshotList(snapshots(0));
	make_snapshot("first <&> 100%");
	make_snapshot("second");
	list = snapshots(2);
	ck_assert_uint_eq(list[0].structSize, sizeof(list[0]));
	ck_assert_str_eq(list[0].name, "first <&> 100%");
	ck_assert_str_eq(list[0].description, "before \"b\" & <c>");
	ck_assert_str_eq(list[0].parent, "");
	ck_assert_uint_eq(list[0].created[4], '-');
	ck_assert(!list[0].isCurrent);
	ck_assert_str_eq(list[1].name, "second");
	ck_assert_str_eq(list[1].parent, list[0].moref);
	ck_assert(list[1].isCurrent);
	remove_all(list[0].moref);
	VixDiskLib_FreeSnapshotList(list);
	disconnect();
}
END_TEST

START_TEST(disks_of_a_snapshot_are_those_of_its_time)
{
	VixDiskLibServerDisk *disks;
	VixDiskLibSnapshot *list;
	VixDiskLibConnection now;
	char *snapshot;
	size_t n;

	put_disks(_i);
	connect_to(_i, NULL);
	now = conn;
	ck_assert_ok(VixDiskLib_CreateSnapshot(conn, "backup", NULL, VIXDISKLIB_SNAPSHOT_QUIESCE,
					       NULL, NULL, &snapshot));
	ck_assert_ok(VixDiskLib_ConnectEx(params, TRUE, snapshot, NULL, &conn));
	ck_assert_ok(VixDiskLib_ListDisks(conn, &disks, &n));
	ck_assert_uint_eq(n, 2);
	ck_assert_str_eq(disks[0].path, beside_vmx("one.vmdk"));
	ck_assert_uint_eq(disks[0].numLinks, 1);
	ck_assert(!disks[0].isInUse);
	VixDiskLib_FreeDiskList(disks);
	ck_assert_ok(VixDiskLib_ListDisks(now, &disks, &n));
	ck_assert_uint_eq(disks[0].numLinks, 2);
	ck_assert_str_eq(disks[0].backing, "flat");
	VixDiskLib_FreeDiskList(disks);
	ck_assert_ok(VixDiskLib_Disconnect(conn));
	conn = now;
	list = snapshots(1);
	ck_assert(list->isQuiesced);
	VixDiskLib_FreeSnapshotList(list);
	remove_all(snapshot);
	VixDiskLib_FreeSnapshotRef(snapshot);
	disconnect();
}
END_TEST

START_TEST(a_snapshot_of_nobody_is_not_removed)
{
	long removed;

	connect_to(_i, NULL);
	removed = vserver_counter(server, "soap RemoveSnapshot_Task");
	ck_assert_err(VixDiskLib_RemoveSnapshot(conn, "snapshot-none", FALSE, NULL, NULL),
		      OBJECT_NOT_FOUND);
	ck_assert_err(VixDiskLib_RemoveSnapshot(conn, "<x>", FALSE, NULL, NULL), OBJECT_NOT_FOUND);
	ck_assert_int_eq(vserver_counter(server, "soap RemoveSnapshot_Task"), removed);
	disconnect();
}
END_TEST

START_TEST(a_snapshot_that_is_read_is_not_removed)
{
	VixDiskLibConnection now;
	VixDiskLibHandle disk;
	char *snapshot;

	put_disks(_i);
	connect_to(_i, NULL);
	now = conn;
	ck_assert_ok(VixDiskLib_CreateSnapshot(conn, "a", NULL, 0, NULL, NULL, &snapshot));
	ck_assert_ok(VixDiskLib_ConnectEx(params, TRUE, snapshot, NULL, &conn));
	ck_assert_ok(VixDiskLib_Open(conn, "one.vmdk", VIXDISKLIB_FLAG_OPEN_READ_ONLY, &disk));
	ck_assert_err(VixDiskLib_RemoveSnapshot(conn, snapshot, FALSE, NULL, NULL), OBJECT_IS_BUSY);
	ck_assert_ok(VixDiskLib_Close(disk));
	ck_assert_ok(VixDiskLib_RemoveSnapshot(conn, snapshot, FALSE, NULL, NULL));
	VixDiskLib_FreeSnapshotRef(snapshot);
	ck_assert_ok(VixDiskLib_Disconnect(conn));
	conn = now;
	VixDiskLib_FreeSnapshotList(snapshots(0));
	disconnect();
}
END_TEST

START_TEST(wrong_words_for_a_snapshot_are_refused)
{
	char *snapshot = (void *)1;

	connect_to(_i, NULL);
	ck_assert_err(VixDiskLib_CreateSnapshot(conn, "a", "", 0, NULL, NULL, NULL), INVALID_ARG);
	ck_assert_err(VixDiskLib_CreateSnapshot(conn, "", "", 0, NULL, NULL, &snapshot),
		      INVALID_ARG);
	ck_assert_ptr_null(snapshot);
	ck_assert_err(VixDiskLib_CreateSnapshot(conn, "a", "", 1u << 2, NULL, NULL, &snapshot),
		      INVALID_ARG);
	ck_assert_err(VixDiskLib_RemoveSnapshot(conn, "", FALSE, NULL, NULL), INVALID_ARG);
	disconnect();
}
END_TEST

START_TEST(a_snapshot_that_fails_is_none)
{
	char *snapshot = (void *)1;

	connect_to(_i, NULL);
	vserver_tell(server, "fault?kind=task&fault=NoDiskSpace&call=CreateSnapshot_Task");
	ck_assert_err(VixDiskLib_CreateSnapshot(conn, "a", "", 0, NULL, NULL, &snapshot),
		      DISK_FULL);
	ck_assert_ptr_null(snapshot);
	VixDiskLib_FreeSnapshotList(snapshots(0));
	disconnect();
}
END_TEST

static Bool stop(void *data, int percent)
{
	(void)percent;
	return ++*(int *)data < 3;
}

START_TEST(a_snapshot_can_be_cancelled)
{
	char *snapshot;
	int calls = 0;

	connect_to(_i, NULL);
	vserver_tell(server, "fault?kind=task&cancelable=yes&call=CreateSnapshot_Task");
	ck_assert_err(VixDiskLib_CreateSnapshot(conn, "a", "", 0, stop, &calls, &snapshot),
		      CANCELLED);
	ck_assert_int_eq(calls, 3);
	disconnect();
}
END_TEST

/* Machines. */

static size_t count_machines(const struct vserver *of)
{
	char name[32];
	size_t n = 0;

	while (snprintf(name, sizeof(name), "moref%zu", n + 1) > 0 && vserver_has(of, name))
		n++;
	return n;
}

static const VixDiskLibVm *find_vm(const VixDiskLibVm *vms, size_t n, const char *moref)
{
	for (size_t i = 0; i < n; i++) {
		if (strcmp(vms[i].moref, moref) == 0)
			return &vms[i];
	}
	ck_abort_msg("%s is not listed", moref);
}

START_TEST(machines_are_listed_all_of_them)
{
	size_t wanted, n;
	VixDiskLibVm *vms;

	use_server(_i);
	params->vmxSpec = NULL;
	wanted = count_machines(server);
	ck_assert_uint_ge(wanted, _i == 0 ? 60 : 2);
	vserver_tell(server, "page?objects=7");
	ck_assert_ok(VixDiskLib_ListVms(params, &vms, &n));
	vserver_tell(server, "page?objects=0");
	ck_assert_uint_eq(n, wanted);
	for (size_t i = 1; i <= n; i++) {
		char moref[32], name[32], path[32];
		const VixDiskLibVm *vm;

		snprintf(moref, sizeof(moref), "moref%zu", i);
		snprintf(name, sizeof(name), "vm%zu", i);
		snprintf(path, sizeof(path), "vm_path%zu", i);
		vm = find_vm(vms, n, vserver_info(server, moref));
		ck_assert_uint_eq(vm->structSize, sizeof(*vm));
		ck_assert_str_eq(vm->name, vserver_info(server, name));
		ck_assert_str_eq(vm->vmx, vserver_info(server, path));
		ck_assert_ptr_nonnull(strstr(vm->inventoryPath, "/vm/"));
		ck_assert_str_eq(strrchr(vm->inventoryPath, '/') + 1, vm->name);
		ck_assert(!vm->isTemplate);
	}
	VixDiskLib_FreeVmList(vms);
	ck_assert_int_eq(vserver_counter(server, "sessions"), 0);
	VixDiskLib_FreeConnectParams(params);
}
END_TEST

START_TEST(a_list_of_machines_needs_a_login)
{
	VixDiskLibVm *vms = (void *)1;
	size_t n = 7;

	use_server(_i);
	params->creds.uid.password = (char *)"wrong";
	ck_assert_err(VixDiskLib_ListVms(params, &vms, &n), AUTHENTICATION_FAIL);
	ck_assert_ptr_null(vms);
	ck_assert_uint_eq(n, 0);
	params->creds.uid.userName = NULL;
	ck_assert_err(VixDiskLib_ListVms(params, &vms, &n), INVALID_ARG);
	VixDiskLib_FreeConnectParams(params);
	ck_assert_err(VixDiskLib_ListVms(NULL, &vms, &n), NOT_SUPPORTED);
}
END_TEST

START_TEST(why_there_is_no_connection_can_be_asked)
{
	VixDiskLibConnection c;
	VixDiskLibVm *vms;
	size_t n;

	use_server(_i);
	params->thumbPrint = (char *)"00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:00:11:22:33";
	ck_assert_err(VixDiskLib_Connect(params, &c), CANNOT_CONNECT_TO_HOST);
	ck_assert_uint_eq(VixDiskLib_GetConnectCause(), VIX_E_NET_HTTP_SSL_SECURITY);
	ck_assert_ok(VixDiskLib_Connect(NULL, &c));
	ck_assert_uint_eq(VixDiskLib_GetConnectCause(), VIX_OK);
	VixDiskLib_Disconnect(c);
	params->thumbPrint = NULL;
	ck_assert_err(VixDiskLib_ListVms(params, &vms, &n), CANNOT_CONNECT_TO_HOST);
	ck_assert_uint_eq(VixDiskLib_GetConnectCause(), VIX_E_NET_HTTP_SSL_SECURITY);
	params->port = 1;
	ck_assert_err(VixDiskLib_Connect(params, &c), CANNOT_CONNECT_TO_HOST);
	ck_assert_uint_eq(VixDiskLib_GetConnectCause(), VIX_E_HOST_NETWORK_CONN_REFUSED);
	VixDiskLib_FreeConnectParams(params);
}
END_TEST

/* None of it. */

START_TEST(this_host_has_none_of_it)
{
	VixDiskLibBlockList *list;
	VixDiskLibServerDisk *disks;
	VixDiskLibSnapshot *snapshots;
	char *snapshot;
	size_t n;

	conn = connect_local();
	ck_assert_err(VixDiskLib_ListDisks(conn, &disks, &n), NOT_SUPPORTED);
	ck_assert_err(VixDiskLib_QueryChangedBlocks(conn, "a", "*", 0, 1, &list), NOT_SUPPORTED);
	ck_assert_err(VixDiskLib_ListSnapshots(conn, &snapshots, &n), NOT_SUPPORTED);
	ck_assert_err(VixDiskLib_CreateSnapshot(conn, "a", NULL, 0, NULL, NULL, &snapshot),
		      NOT_SUPPORTED);
	ck_assert_err(VixDiskLib_RemoveSnapshot(conn, "snapshot-1", FALSE, NULL, NULL),
		      NOT_SUPPORTED);
	VixDiskLib_FreeDiskList(NULL);
	VixDiskLib_FreeSnapshotList(NULL);
	VixDiskLib_FreeSnapshotRef(NULL);
	VixDiskLib_FreeVmList(NULL);
	ck_assert_ok(VixDiskLib_Disconnect(conn));
}
END_TEST

static int start(void)
{
	static const char *const vcenter[] = { "-machines",  "30",          "-folders", "1",
					       "-datastore", "more & more", NULL };
	static const char *const esx[] = { "-esx", NULL };
	int status = vserver_start(&servers[0], vcenter);

	return status != 0 ? status : vserver_start(&servers[1], esx);
}

int main(void)
{
	int status = start();
	Suite *s = suite_create("server");
	TCase *tc = client_tcase(s, "server");

	if (status != 0)
		return vserver_skip(status);
	tcase_add_loop_test(tc, disks_of_the_machine_are_listed_as_open_takes_them, 0, 2);
	tcase_add_loop_test(tc, disks_that_cannot_be_read_say_why, 0, 2);
	tcase_add_loop_test(tc, a_fault_of_the_server_is_the_result, 0, 2);
	tcase_add_loop_test(tc, changed_areas_are_whole_sectors, 0, 2);
	tcase_add_loop_test(tc, changes_of_a_range_end_with_it, 0, 2);
	tcase_add_loop_test(tc, changes_that_nobody_knows_are_an_error, 0, 2);
	tcase_add_loop_test(tc, snapshots_are_listed_with_their_parents, 0, 2);
	tcase_add_loop_test(tc, disks_of_a_snapshot_are_those_of_its_time, 0, 2);
	tcase_add_loop_test(tc, a_snapshot_of_nobody_is_not_removed, 0, 2);
	tcase_add_loop_test(tc, a_snapshot_that_is_read_is_not_removed, 0, 2);
	tcase_add_loop_test(tc, a_snapshot_that_fails_is_none, 0, 2);
	tcase_add_loop_test(tc, a_snapshot_can_be_cancelled, 0, 2);
	tcase_add_loop_test(tc, wrong_words_for_a_snapshot_are_refused, 0, 2);
	tcase_add_loop_test(tc, machines_are_listed_all_of_them, 0, 2);
	tcase_add_loop_test(tc, a_list_of_machines_needs_a_login, 0, 2);
	tcase_add_loop_test(tc, why_there_is_no_connection_can_be_asked, 0, 2);
	tcase_add_test(tc, this_host_has_none_of_it);
	status = client_run(s);
	vserver_stop(servers[0]);
	vserver_stop(servers[1]);
	return status;
}
