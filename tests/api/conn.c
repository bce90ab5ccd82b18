/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Connections and their parameters.
 */
#include "config.h"

#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "client.h"
#include "disks.h"

/* Clients store literals in these structures, whose members are not const. */
static char *text(const char *literal)
{
	return (char *)literal;
}

/* A call that must fail gives no connection. */
static VixError refused(const VixDiskLibConnectParams *params)
{
	VixDiskLibConnection c = (VixDiskLibConnection)(void *)&client_log;
	VixError err = VixDiskLib_ConnectEx(params, TRUE, "", "", &c);

	ck_assert_ptr_null(c);
	return err;
}

static void connects(const VixDiskLibConnectParams *params)
{
	VixDiskLibConnection c = NULL;

	ck_assert_ok(VixDiskLib_Connect(params, &c));
	ck_assert_ok(VixDiskLib_Disconnect(c));
	ck_assert_ok(VixDiskLib_ConnectEx(params, TRUE, "", "", &c));
	ck_assert_ok(VixDiskLib_Disconnect(c));
	ck_assert_ok(VixDiskLib_ConnectEx(params, FALSE, NULL, "nbdssl:nbd", &c));
	ck_assert_ok(VixDiskLib_Disconnect(c));
	ck_assert_uint_eq(client_log.warnings, 0);
}

/* A server with all that is needed to log in. */
static VixDiskLibConnectParams remote_params(void)
{
	VixDiskLibConnectParams p = { 0 };

	p.vmxSpec = text("moref=vm-16");
	p.serverName = text(NOBODY);
	p.port = NOBODY_PORT;
	p.thumbPrint = text(THUMBPRINT);
	p.credType = VIXDISKLIB_CRED_UID;
	p.creds.uid.userName = text("ann");
	p.creds.uid.password = text("hunter2");
	return p;
}

START_TEST(connect_takes_nothing_as_this_host)
{
	VixDiskLibConnectParams empty = { 0 };

	connects(NULL);
	connects(&empty);
}
END_TEST

START_TEST(connect_takes_empty_strings_as_nothing)
{
	VixDiskLibConnectParams p = { 0 };

	p.vmxSpec = p.serverName = p.thumbPrint = text("");
	p.credType = VIXDISKLIB_CRED_UID;
	p.creds.uid.userName = p.creds.uid.password = text("");
	connects(&p);
	p.credType = VIXDISKLIB_CRED_SESSIONID;
	p.creds.sessionId.cookie = p.creds.sessionId.userName = p.creds.sessionId.key = text("");
	connects(&p);
}
END_TEST

START_TEST(connect_reads_no_credentials_of_an_unknown_kind)
{
	VixDiskLibConnectParams p = { 0 };

	memset(&p.creds, 0x11, sizeof(p.creds)); /* pointers to nowhere */
	connects(&p);
	p.credType = VIXDISKLIB_CRED_TICKETID;
	connects(&p);
}
END_TEST

/* Memory of @size bytes with nothing readable behind it. */
static void *at_end_of_page(size_t size)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	char *two = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
			 0);

	ck_assert_ptr_ne(two, MAP_FAILED);
	ck_assert_int_eq(mprotect(two + page, page, PROT_NONE), 0);
	return two + page - size;
}

/* Programs built for VDDK before 6.7 have 80 bytes, before 6.5 some have 72. */
static const size_t old_sizes[] = { 72, 80 };

START_TEST(connect_reads_nothing_behind_an_old_structure)
{
	VixDiskLibConnectParams *got, full = { 0 };
	void *p = at_end_of_page(old_sizes[_i]);
	VixDiskLibConnection c;

	full.thumbPrint = text("AA:BB");
	full.port = 443;
	full.vimApiVer = (char *)16; /* must never be followed */
	memcpy(p, &full, old_sizes[_i]);

	ck_assert_ok(VixDiskLib_ConnectEx(p, TRUE, NULL, NULL, &c));
	ck_assert_ok(VixDiskLib_GetConnectParams(c, &got));
	ck_assert_str_eq(got->thumbPrint, "AA:BB");
	ck_assert_uint_eq(got->port, 443);
	ck_assert_ptr_null(got->vimApiVer);
	ck_assert_int_eq(got->specType, VIXDISKLIB_SPEC_VMX);
	VixDiskLib_FreeConnectParams(got);
	ck_assert_ok(VixDiskLib_PrepareForAccess(p, "test"));
	ck_assert_ok(VixDiskLib_EndAccess(p, "test"));
	ck_assert_ok(VixDiskLib_Cleanup(p, NULL, NULL));
	ck_assert_ok(VixDiskLib_Disconnect(c));
}
END_TEST

START_TEST(connect_reads_nothing_behind_an_old_structure_of_a_server)
{
	VixDiskLibConnectParams full = remote_params();
	void *p = at_end_of_page(old_sizes[_i]);

	full.vimApiVer = (char *)16;
	memcpy(p, &full, old_sizes[_i]);
	ck_assert_unreached(refused(p));
}
END_TEST

START_TEST(connect_copies_what_the_caller_frees)
{
	VixDiskLibConnectParams *params = VixDiskLib_AllocateConnectParams(), *got;
	char *thumb_print = strdup("AA:BB:CC"), *snapshot = strdup("snapshot-1");
	char *modes = strdup("file:nbd");
	VixDiskLibConnection c;

	params->thumbPrint = thumb_print;
	ck_assert_ok(VixDiskLib_ConnectEx(params, FALSE, snapshot, modes, &c));
	memset(thumb_print, 'x', 8);
	free(thumb_print);
	free(snapshot);
	free(modes);
	VixDiskLib_FreeConnectParams(params);

	ck_assert_ok(VixDiskLib_GetConnectParams(c, &got));
	ck_assert_str_eq(got->thumbPrint, "AA:BB:CC");
	VixDiskLib_FreeConnectParams(got);
	ck_assert_ok(VixDiskLib_Disconnect(c));
}
END_TEST

START_TEST(connect_to_a_server_that_is_not_there_tells_its_name_and_no_secret)
{
	VixDiskLibConnectParams p = remote_params();

	ck_assert_unreached(refused(&p));
	ck_assert_uint_eq(client_log.warnings, 1);
	ck_assert_ptr_nonnull(strstr(client_log.last_warning, NOBODY));
	ck_assert_ptr_null(strstr(client_log.last_warning, "hunter2"));

	p.credType = VIXDISKLIB_CRED_SESSIONID;
	p.creds.sessionId.cookie = text("cookie-1");
	p.creds.sessionId.userName = NULL;
	p.creds.sessionId.key = NULL;
	ck_assert_unreached(refused(&p));
	ck_assert_ptr_null(strstr(client_log.last_warning, "cookie-1"));
}
END_TEST

START_TEST(connect_to_a_server_takes_an_empty_password)
{
	VixDiskLibConnectParams p = remote_params();

	p.creds.uid.password = text("");
	ck_assert_unreached(refused(&p));
}
END_TEST

START_TEST(connect_to_a_server_without_user_or_vm_is_an_error)
{
	VixDiskLibConnectParams p = remote_params();

	p.vmxSpec = NULL;
	ck_assert_err(refused(&p), INVALID_ARG);
	p = remote_params();
	p.creds.uid.userName = NULL;
	ck_assert_err(refused(&p), INVALID_ARG);
	p = remote_params();
	p.creds.uid.password = NULL;
	ck_assert_err(refused(&p), INVALID_ARG);
	p = remote_params();
	p.credType = 0;
	ck_assert_err(refused(&p), INVALID_ARG);
	p = remote_params();
	p.credType = VIXDISKLIB_CRED_SESSIONID;
	p.creds.sessionId.cookie = text("");
	ck_assert_err(refused(&p), INVALID_ARG);
	ck_assert_uint_eq(client_log.warnings, 5);
}
END_TEST

START_TEST(connect_with_user_or_vm_but_no_server_is_an_error)
{
	VixDiskLibConnectParams p = remote_params();

	p.serverName = text("");
	ck_assert_err(refused(&p), INVALID_ARG);
	p.vmxSpec = NULL;
	ck_assert_err(refused(&p), INVALID_ARG);
	p.creds.uid.userName = text("");
	client_log.warnings = 0;
	connects(&p);
}
END_TEST

START_TEST(connect_reads_the_datastore_of_an_allocated_structure_only)
{
	VixDiskLibConnectParams foreign = remote_params();
	VixDiskLibConnectParams *ours = VixDiskLib_AllocateConnectParams();

	foreign.vmxSpec = NULL;
	foreign.specType = VIXDISKLIB_SPEC_DATASTORE;
	foreign.spec.dsSpec.datastoreMoRef = text("datastore-12");
	ck_assert_err(refused(&foreign), INVALID_ARG);

	*ours = foreign;
	ck_assert_unreached(refused(ours));
	ours->specType = (VixDiskLibSpecType)128; /* the same in older bindings */
	ck_assert_unreached(refused(ours));
	ours->specType = VIXDISKLIB_SPEC_VSTORAGE_OBJECT;
	ours->spec.vStorageObjSpec.id = text("disk-7");
	ours->spec.vStorageObjSpec.datastoreMoRef = text("datastore-12");
	ck_assert_unreached(refused(ours));
	ours->spec.vStorageObjSpec.id = NULL;
	ck_assert_err(refused(ours), INVALID_ARG);
	ours->specType = VIXDISKLIB_SPEC_UNKNOWN;
	ck_assert_err(refused(ours), INVALID_ARG);
	VixDiskLib_FreeConnectParams(ours);
}
END_TEST

START_TEST(connect_without_room_for_the_result_is_an_error)
{
	ck_assert_err(VixDiskLib_Connect(NULL, NULL), INVALID_ARG);
	ck_assert_err(VixDiskLib_ConnectEx(NULL, TRUE, NULL, NULL, NULL), INVALID_ARG);
}
END_TEST

START_TEST(disconnect_twice_is_an_error)
{
	VixDiskLibConnection c = connect_local();

	ck_assert_ok(VixDiskLib_Disconnect(c));
	ck_assert_err(VixDiskLib_Disconnect(c), DISK_INVALID_CONNECTION);
	ck_assert_err(VixDiskLib_Disconnect(NULL), DISK_INVALID_CONNECTION);
}
END_TEST

START_TEST(disconnect_closes_disks_and_warns_once)
{
	VixDiskLibConnection c = connect_local();
	VixDiskLibHandle a, b;
	uint8 buf[512];

	make_flat("left.vmdk", GRAIN);
	a = open_disk(c, "left.vmdk", VIXDISKLIB_FLAG_OPEN_READ_ONLY);
	b = open_disk(c, "left.vmdk", VIXDISKLIB_FLAG_OPEN_READ_ONLY);
	ck_assert_uint_eq(client_log.warnings, 0);
	ck_assert_ok(VixDiskLib_Disconnect(c));
	ck_assert_uint_eq(client_log.warnings, 1);
	ck_assert_err(VixDiskLib_Read(a, 0, 1, buf), INVALID_HANDLE);
	ck_assert_err(VixDiskLib_Close(b), INVALID_HANDLE);
}
END_TEST

START_TEST(get_connect_params_of_a_plain_connection_is_empty)
{
	static const VixDiskLibConnectParams empty;
	VixDiskLibConnection c = connect_local();
	VixDiskLibConnectParams *got = NULL;

	ck_assert_ok(VixDiskLib_GetConnectParams(c, &got));
	ck_assert_mem_eq(got, &empty, sizeof(empty));
	VixDiskLib_FreeConnectParams(got);
	ck_assert_err(VixDiskLib_GetConnectParams(c, NULL), INVALID_ARG);
	ck_assert_ok(VixDiskLib_Disconnect(c));
	ck_assert_err(VixDiskLib_GetConnectParams(c, &got), DISK_INVALID_CONNECTION);
	ck_assert_ptr_null(got);
}
END_TEST

START_TEST(get_connect_params_outlives_the_connection)
{
	VixDiskLibConnectParams p = { 0 }, *got, *again;
	VixDiskLibConnection c;

	p.thumbPrint = text("AA:BB");
	p.credType = VIXDISKLIB_CRED_UID;
	p.creds.uid.password = text("left over");
	ck_assert_ok(VixDiskLib_Connect(&p, &c));
	ck_assert_ok(VixDiskLib_GetConnectParams(c, &got));
	ck_assert_ok(VixDiskLib_Disconnect(c));
	ck_assert_str_eq(got->creds.uid.password, "left over");
	ck_assert_ptr_ne(got->creds.uid.password, p.creds.uid.password);

	/* and it serves to connect again */
	ck_assert_ok(VixDiskLib_Connect(got, &c));
	VixDiskLib_FreeConnectParams(got);
	ck_assert_ok(VixDiskLib_GetConnectParams(c, &again));
	ck_assert_str_eq(again->thumbPrint, "AA:BB");
	VixDiskLib_FreeConnectParams(again);
	ck_assert_ok(VixDiskLib_Disconnect(c));
}
END_TEST

START_TEST(allocate_and_free_work_before_init_and_leave_strings_alone)
{
	static const VixDiskLibConnectParams empty;
	VixDiskLibConnectParams *p = VixDiskLib_AllocateConnectParams();
	char *mine = strdup("mine");

	ck_assert_mem_eq(p, &empty, sizeof(empty));
	p->serverName = text("a literal");
	p->vmxSpec = mine;
	VixDiskLib_FreeConnectParams(p);
	ck_assert_str_eq(mine, "mine");
	free(mine);
	VixDiskLib_FreeConnectParams(NULL);
}
END_TEST

START_TEST(free_of_foreign_or_freed_params_warns_and_does_nothing)
{
	VixDiskLibConnectParams mine = { 0 };
	VixDiskLibConnectParams *p = VixDiskLib_AllocateConnectParams();

	VixDiskLib_FreeConnectParams(&mine);
	ck_assert_uint_eq(client_log.warnings, 1);
	VixDiskLib_FreeConnectParams(p);
	ck_assert_uint_eq(client_log.warnings, 1);
	VixDiskLib_FreeConnectParams(p);
	ck_assert_uint_eq(client_log.warnings, 2);
}
END_TEST

START_TEST(access_and_cleanup_do_nothing_on_this_host)
{
	VixDiskLibConnectParams empty = { 0 };
	uint32 cleaned = 7, remaining = 7;

	ck_assert_ok(VixDiskLib_PrepareForAccess(NULL, "test"));
	ck_assert_ok(VixDiskLib_PrepareForAccess(&empty, "test"));
	ck_assert_ok(VixDiskLib_EndAccess(&empty, "test"));
	ck_assert_ok(VixDiskLib_EndAccess(NULL, NULL));
	ck_assert_ok(VixDiskLib_Cleanup(&empty, &cleaned, &remaining));
	ck_assert_uint_eq(cleaned, 0);
	ck_assert_uint_eq(remaining, 0);
	ck_assert_ok(VixDiskLib_Cleanup(NULL, NULL, NULL));
	ck_assert_uint_eq(client_log.warnings, 0);
}
END_TEST

START_TEST(connect_with_a_ticket_is_not_supported)
{
	VixDiskLibConnectParams p = remote_params();

	p.credType = VIXDISKLIB_CRED_TICKETID;
	ck_assert_err(refused(&p), NOT_SUPPORTED);
	ck_assert_uint_eq(client_log.warnings, 1);
}
END_TEST

#ifdef HAVE_VSPHERE
START_TEST(connect_to_a_server_checks_its_words_before_it_goes_there)
{
	VixDiskLibConnectParams p = remote_params();

	p.vmxSpec = text("vm-16");
	ck_assert_err(refused(&p), INVALID_ARG);
	ck_assert_ptr_nonnull(strstr(client_log.last_warning, "vmxSpec \"vm-16\""));
	p = remote_params();
	p.thumbPrint = text("AA:BB");
	ck_assert_err(refused(&p), INVALID_ARG);
}
END_TEST
#endif

START_TEST(access_to_a_server_needs_the_server_and_cleanup_does_not)
{
	VixDiskLibConnectParams p = remote_params();
	uint32 cleaned = 7, remaining = 7;

	ck_assert_unreached(VixDiskLib_PrepareForAccess(&p, "test"));
	ck_assert_unreached(VixDiskLib_EndAccess(&p, "test"));
	ck_assert_ok(VixDiskLib_Cleanup(&p, &cleaned, &remaining));
	ck_assert_uint_eq(cleaned, 0);
	ck_assert_uint_eq(remaining, 0);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("conn");
	TCase *tc = client_tcase(s, "connect");

	tcase_add_test(tc, connect_takes_nothing_as_this_host);
	tcase_add_test(tc, connect_takes_empty_strings_as_nothing);
	tcase_add_test(tc, connect_reads_no_credentials_of_an_unknown_kind);
	tcase_add_loop_test(tc, connect_reads_nothing_behind_an_old_structure, 0, 2);
	tcase_add_loop_test(tc, connect_reads_nothing_behind_an_old_structure_of_a_server, 0, 2);
	tcase_add_test(tc, connect_copies_what_the_caller_frees);
	tcase_add_test(tc, connect_to_a_server_that_is_not_there_tells_its_name_and_no_secret);
	tcase_add_test(tc, connect_to_a_server_takes_an_empty_password);
	tcase_add_test(tc, connect_with_a_ticket_is_not_supported);
#ifdef HAVE_VSPHERE
	tcase_add_test(tc, connect_to_a_server_checks_its_words_before_it_goes_there);
#endif
	tcase_add_test(tc, connect_to_a_server_without_user_or_vm_is_an_error);
	tcase_add_test(tc, connect_with_user_or_vm_but_no_server_is_an_error);
	tcase_add_test(tc, connect_reads_the_datastore_of_an_allocated_structure_only);
	tcase_add_test(tc, connect_without_room_for_the_result_is_an_error);

	tc = client_tcase(s, "disconnect");
	tcase_add_test(tc, disconnect_twice_is_an_error);
	tcase_add_test(tc, disconnect_closes_disks_and_warns_once);

	tc = client_tcase(s, "params");
	tcase_add_test(tc, get_connect_params_of_a_plain_connection_is_empty);
	tcase_add_test(tc, get_connect_params_outlives_the_connection);
	tcase_add_test(tc, free_of_foreign_or_freed_params_warns_and_does_nothing);
	tc = unit_tcase(s, "params before init");
	tcase_add_test(tc, allocate_and_free_work_before_init_and_leave_strings_alone);

	tc = client_tcase(s, "access");
	tcase_add_test(tc, access_and_cleanup_do_nothing_on_this_host);
	tcase_add_test(tc, access_to_a_server_needs_the_server_and_cleanup_does_not);
	return client_run(s);
}
