/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What is not, or no longer, a handle: every function that takes one answers with a code.
 */
#include "config.h"

#include <string.h>

#include "client.h"
#include "disks.h"

#define READ_ONLY VIXDISKLIB_FLAG_OPEN_READ_ONLY

static VixDiskLibConnection conn;
static VixDiskLibHandle disk;
static uint8 buf[512];

static void open_one(void)
{
	conn = connect_local();
	make_flat("one.vmdk", GRAIN);
	disk = open_disk(conn, "one.vmdk", READ_ONLY);
}

/* Some tests have ended them. */
static void close_one(void)
{
	VixDiskLib_Close(disk);
	VixDiskLib_Disconnect(conn);
}

static void no_callback(void *data, VixError result)
{
	(void)data;
	(void)result;
	ck_abort_msg("a callback ran for a handle that is none");
}

/* Each function that takes a disk, called so that only the handle can be wrong. */

static VixError call_close(VixDiskLibHandle h)
{
	return VixDiskLib_Close(h);
}

static VixError call_get_info(VixDiskLibHandle h)
{
	VixDiskLibInfo *info = (VixDiskLibInfo *)(void *)buf;
	VixError err = VixDiskLib_GetInfo(h, &info);

	ck_assert_ptr_null(info);
	return err;
}

static VixError call_get_transport_mode(VixDiskLibHandle h)
{
	ck_assert_ptr_null(VixDiskLib_GetTransportMode(h));
	return VIX_E_INVALID_HANDLE;
}

static VixError call_read(VixDiskLibHandle h)
{
	return VixDiskLib_Read(h, 0, 1, buf);
}

static VixError call_read_async(VixDiskLibHandle h)
{
	return VixDiskLib_ReadAsync(h, 0, 1, buf, no_callback, NULL);
}

static VixError call_write(VixDiskLibHandle h)
{
	return VixDiskLib_Write(h, 0, 1, buf);
}

static VixError call_write_async(VixDiskLibHandle h)
{
	return VixDiskLib_WriteAsync(h, 0, 1, buf, no_callback, NULL);
}

static VixError call_wait(VixDiskLibHandle h)
{
	return VixDiskLib_Wait(h);
}

static VixError call_flush(VixDiskLibHandle h)
{
	return VixDiskLib_Flush(h);
}

static VixError call_query(VixDiskLibHandle h)
{
	VixDiskLibBlockList *list = (VixDiskLibBlockList *)(void *)buf;
	VixError err = VixDiskLib_QueryAllocatedBlocks(h, 0, 128, 128, &list);

	ck_assert_ptr_null(list);
	return err;
}

static VixError call_read_metadata(VixDiskLibHandle h)
{
	return VixDiskLib_ReadMetadata(h, "uuid", (char *)buf, sizeof(buf), NULL);
}

static VixError call_write_metadata(VixDiskLibHandle h)
{
	return VixDiskLib_WriteMetadata(h, "uuid", "x");
}

static VixError call_get_metadata_keys(VixDiskLibHandle h)
{
	return VixDiskLib_GetMetadataKeys(h, (char *)buf, sizeof(buf), NULL);
}

static VixError call_create_child(VixDiskLibHandle h)
{
	return VixDiskLib_CreateChild(h, in_dir("new.vmdk"), VIXDISKLIB_DISK_MONOLITHIC_SPARSE,
				      NULL, NULL);
}

static VixError call_shrink(VixDiskLibHandle h)
{
	return VixDiskLib_Shrink(h, NULL, NULL);
}

static VixError call_defragment(VixDiskLibHandle h)
{
	return VixDiskLib_Defragment(h, NULL, NULL);
}

static VixError call_is_attach_possible(VixDiskLibHandle h)
{
	return VixDiskLib_IsAttachPossible(h, h);
}

static VixError call_attach_to_it(VixDiskLibHandle h)
{
	return VixDiskLib_Attach(h, disk);
}

static VixError call_attach_it(VixDiskLibHandle h)
{
	return VixDiskLib_Attach(h, h);
}

static VixError call_space_needed(VixDiskLibHandle h)
{
	uint64 bytes;

	return VixDiskLib_SpaceNeededForClone(h, VIXDISKLIB_DISK_UNKNOWN, &bytes);
}

static VixError (*const disk_calls[])(VixDiskLibHandle h) = {
	call_close,
	call_get_info,
	call_get_transport_mode,
	call_read,
	call_read_async,
	call_write,
	call_write_async,
	call_wait,
	call_flush,
	call_query,
	call_read_metadata,
	call_write_metadata,
	call_get_metadata_keys,
	call_create_child,
	call_shrink,
	call_defragment,
	call_is_attach_possible,
	call_attach_to_it,
	call_attach_it,
	call_space_needed,
};
#define N_DISK_CALLS ((int)(sizeof(disk_calls) / sizeof(disk_calls[0])))

/* Each function that takes a connection. */

static VixError call_open(VixDiskLibConnection c)
{
	VixDiskLibHandle h = (VixDiskLibHandle)(void *)buf;
	VixError err = VixDiskLib_Open(c, in_dir("one.vmdk"), READ_ONLY, &h);

	ck_assert_ptr_null(h);
	return err;
}

static VixError call_disconnect(VixDiskLibConnection c)
{
	return VixDiskLib_Disconnect(c);
}

static VixError call_get_connect_params(VixDiskLibConnection c)
{
	VixDiskLibConnectParams *params = (VixDiskLibConnectParams *)(void *)buf;
	VixError err = VixDiskLib_GetConnectParams(c, &params);

	ck_assert_ptr_null(params);
	return err;
}

static VixError call_create(VixDiskLibConnection c)
{
	VixDiskLibCreateParams how = { .diskType = VIXDISKLIB_DISK_MONOLITHIC_SPARSE };

	return VixDiskLib_Create(c, in_dir("new.vmdk"), &how, NULL, NULL);
}

static VixError call_clone_from(VixDiskLibConnection c)
{
	return VixDiskLib_Clone(conn, in_dir("new.vmdk"), c, in_dir("one.vmdk"), NULL, NULL, NULL,
				FALSE);
}

static VixError call_clone_to(VixDiskLibConnection c)
{
	return VixDiskLib_Clone(c, in_dir("new.vmdk"), conn, in_dir("one.vmdk"), NULL, NULL, NULL,
				FALSE);
}

static VixError call_grow(VixDiskLibConnection c)
{
	return VixDiskLib_Grow(c, in_dir("one.vmdk"), 4096, FALSE, NULL, NULL);
}

static VixError call_unlink(VixDiskLibConnection c)
{
	return VixDiskLib_Unlink(c, in_dir("one.vmdk"));
}

static VixError call_check_repair(VixDiskLibConnection c)
{
	return VixDiskLib_CheckRepair(c, in_dir("one.vmdk"), FALSE);
}

static VixError (*const conn_calls[])(VixDiskLibConnection c) = {
	call_open,   call_disconnect, call_get_connect_params, call_check_repair, call_create,
	call_unlink, call_clone_from, call_clone_to,           call_grow,
};
#define N_CONN_CALLS ((int)(sizeof(conn_calls) / sizeof(conn_calls[0])))

/* Addresses that were never handles. */
#define N_FOREIGN 10
static void *foreign(int i)
{
	static uint64 words[8] = { 1000, 1, 2, 3 };
	void *const addresses[N_FOREIGN] = {
		NULL,
		(void *)1,
		(void *)8,
		(void *)UINTPTR_MAX,
		words,
		&words[1],
		(char *)words + 1,
		(char *)disk + 1,
		(char *)disk - 1,
		(char *)conn + 4,
	};

	return addresses[i];
}

START_TEST(disk_functions_refuse_what_never_was_a_handle)
{
	for (int i = 0; i < N_FOREIGN; i++)
		ck_assert_err(disk_calls[_i](foreign(i)), INVALID_HANDLE);
}
END_TEST

START_TEST(disk_functions_refuse_a_connection)
{
	ck_assert_err(disk_calls[_i]((VixDiskLibHandle)(void *)conn), INVALID_HANDLE);
	ck_assert_ok(VixDiskLib_Flush(disk));
}
END_TEST

START_TEST(disk_functions_refuse_a_closed_disk)
{
	VixDiskLibHandle closed = open_disk(conn, "one.vmdk", READ_ONLY);

	ck_assert_ok(VixDiskLib_Close(closed));
	ck_assert_err(disk_calls[_i](closed), INVALID_HANDLE);
	ck_assert_err(disk_calls[_i](closed), INVALID_HANDLE);
	ck_assert_ok(VixDiskLib_Flush(disk));
}
END_TEST

START_TEST(disk_functions_refuse_a_disk_whose_connection_ended)
{
	ck_assert_ok(VixDiskLib_Disconnect(conn));
	ck_assert_err(disk_calls[_i](disk), INVALID_HANDLE);
}
END_TEST

START_TEST(disk_functions_refuse_everything_after_exit)
{
	VixDiskLib_Exit();
	if (disk_calls[_i] == call_get_transport_mode)
		ck_assert_err(disk_calls[_i](disk), INVALID_HANDLE);
	else
		ck_assert_err(disk_calls[_i](disk), DISK_NOINIT);
	ck_assert_ok(VixDiskLib_Init(8, 0, NULL, NULL, NULL, NULL));
	ck_assert_err(disk_calls[_i](disk), INVALID_HANDLE);
}
END_TEST

START_TEST(connection_functions_refuse_what_never_was_a_handle)
{
	for (int i = 0; i < N_FOREIGN; i++)
		ck_assert_err(conn_calls[_i](foreign(i)), DISK_INVALID_CONNECTION);
}
END_TEST

START_TEST(connection_functions_refuse_a_disk)
{
	ck_assert_err(conn_calls[_i]((VixDiskLibConnection)(void *)disk), DISK_INVALID_CONNECTION);
	ck_assert_ok(VixDiskLib_Flush(disk));
}
END_TEST

START_TEST(connection_functions_refuse_an_ended_connection)
{
	VixDiskLibConnection ended = connect_local();

	ck_assert_ok(VixDiskLib_Disconnect(ended));
	ck_assert_err(conn_calls[_i](ended), DISK_INVALID_CONNECTION);
	ck_assert_err(conn_calls[_i](ended), DISK_INVALID_CONNECTION);
}
END_TEST

START_TEST(connection_functions_refuse_everything_after_exit)
{
	VixDiskLib_Exit();
	ck_assert_err(conn_calls[_i](conn), DISK_NOINIT);
	ck_assert_ok(VixDiskLib_Init(8, 0, NULL, NULL, NULL, NULL));
	ck_assert_err(conn_calls[_i](conn), DISK_INVALID_CONNECTION);
}
END_TEST

START_TEST(functions_check_their_other_arguments)
{
	VixDiskLibCreateParams how = { .diskType = VIXDISKLIB_DISK_MONOLITHIC_SPARSE };

	ck_assert_err(VixDiskLib_Create(conn, "", &how, NULL, NULL), INVALID_ARG);
	ck_assert_err(VixDiskLib_Create(conn, "x", NULL, NULL, NULL), INVALID_ARG);
	ck_assert_err(VixDiskLib_CreateChild(disk, NULL, 1, NULL, NULL), INVALID_ARG);
	ck_assert_err(VixDiskLib_Clone(conn, "x", conn, "", NULL, NULL, NULL, 0), INVALID_ARG);
	ck_assert_err(VixDiskLib_Clone(conn, NULL, conn, "x", NULL, NULL, NULL, 0), INVALID_ARG);
	ck_assert_err(VixDiskLib_Grow(conn, "", 1, 0, NULL, NULL), INVALID_ARG);
	ck_assert_err(VixDiskLib_Rename("", "x"), INVALID_ARG);
	ck_assert_err(VixDiskLib_Rename("x", NULL), INVALID_ARG);
	ck_assert_err(VixDiskLib_Unlink(conn, NULL), INVALID_ARG);
	ck_assert_err(VixDiskLib_CheckRepair(conn, NULL, 0), INVALID_ARG);
	ck_assert_err(VixDiskLib_SpaceNeededForClone(disk, 1, NULL), INVALID_ARG);
}
END_TEST

START_TEST(functions_without_handle_need_init_too)
{
	VixDiskLibConnection c;

	VixDiskLib_Exit();
	ck_assert_err(VixDiskLib_Connect(NULL, &c), DISK_NOINIT);
	ck_assert_ptr_null(c);
	ck_assert_err(VixDiskLib_ConnectEx(NULL, TRUE, NULL, NULL, &c), DISK_NOINIT);
	ck_assert_err(VixDiskLib_PrepareForAccess(NULL, "x"), DISK_NOINIT);
	ck_assert_err(VixDiskLib_EndAccess(NULL, "x"), DISK_NOINIT);
	ck_assert_err(VixDiskLib_Cleanup(NULL, NULL, NULL), DISK_NOINIT);
	ck_assert_err(VixDiskLib_Rename("x", "y"), DISK_NOINIT);
	ck_assert_ok(VixDiskLib_Init(8, 0, NULL, NULL, NULL, NULL));
}
END_TEST

START_TEST(exit_closes_everything_and_init_starts_afresh)
{
	VixDiskLibConnection other = connect_local();
	VixDiskLibHandle a = open_disk(other, "one.vmdk", READ_ONLY), b;

	open_disk(conn, "one.vmdk", 0);
	connect_local();
	VixDiskLib_Exit();
	ck_assert_uint_eq(client_log.warnings, 0);

	ck_assert_ok(VixDiskLib_Init(8, 0, NULL, NULL, NULL, NULL));
	ck_assert_err(VixDiskLib_Flush(a), INVALID_HANDLE);
	ck_assert_err(VixDiskLib_Disconnect(other), DISK_INVALID_CONNECTION);
	other = connect_local();
	b = open_disk(other, "one.vmdk", READ_ONLY);
	ck_assert_ok(VixDiskLib_Read(b, 0, 1, buf));
	ck_assert_ok(VixDiskLib_Close(b));
	ck_assert_ok(VixDiskLib_Disconnect(other));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("handles");
	TCase *tc = client_tcase(s, "disks");

	tcase_add_checked_fixture(tc, open_one, close_one);
	tcase_add_loop_test(tc, disk_functions_refuse_what_never_was_a_handle, 0, N_DISK_CALLS);
	tcase_add_loop_test(tc, disk_functions_refuse_a_connection, 0, N_DISK_CALLS);
	tcase_add_loop_test(tc, disk_functions_refuse_a_closed_disk, 0, N_DISK_CALLS);
	tcase_add_loop_test(tc, disk_functions_refuse_a_disk_whose_connection_ended, 0,
			    N_DISK_CALLS);
	tcase_add_loop_test(tc, disk_functions_refuse_everything_after_exit, 0, N_DISK_CALLS);

	tc = client_tcase(s, "connections");
	tcase_add_checked_fixture(tc, open_one, close_one);
	tcase_add_loop_test(tc, connection_functions_refuse_what_never_was_a_handle, 0,
			    N_CONN_CALLS);
	tcase_add_loop_test(tc, connection_functions_refuse_a_disk, 0, N_CONN_CALLS);
	tcase_add_loop_test(tc, connection_functions_refuse_an_ended_connection, 0, N_CONN_CALLS);
	tcase_add_loop_test(tc, connection_functions_refuse_everything_after_exit, 0, N_CONN_CALLS);

	tc = client_tcase(s, "all");
	tcase_add_checked_fixture(tc, open_one, close_one);
	tcase_add_test(tc, functions_check_their_other_arguments);
	tcase_add_test(tc, functions_without_handle_need_init_too);
	tcase_add_test(tc, exit_closes_everything_and_init_starts_afresh);
	return client_run(s);
}
