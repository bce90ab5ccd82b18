/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The mount library's hook: asked before a disk or connection is taken away, with nothing locked.
 */
#include "config.h"

#include "mounthook.h"

#include "client.h"
#include "disks.h"

#define READ_ONLY VIXDISKLIB_FLAG_OPEN_READ_ONLY

static VixDiskLibConnection conn;
static VixDiskLibHandle mine, other; /* disks of a mount library, and of the client */

static struct {
	unsigned closings, disconnects, exits;
	VixError answer;         /* of disk_closing() for mine */
	size_t disks;            /* that disconnecting() was told of */
	bool knows_mine;         /* was mine among them? */
	VixError close_result;   /* of the Close() that disconnecting() and exiting() do */
	VixError connection_use; /* what the connection answers meanwhile */
} seen;

static VixError disk_closing(VixDiskLibHandle disk)
{
	uint8 buf[512];

	seen.closings++;
	if (disk != mine)
		return VIX_OK;
	ck_assert_ok(VixDiskLib_Read(disk, 0, 1, buf)); /* it is still whole */
	return seen.answer;
}

/* As a mount library ends a set that it has opened: the disk may go now. */
static void close_mine(void)
{
	seen.answer = VIX_OK;
	seen.close_result = VixDiskLib_Close(mine);
}

static void disconnecting(VixDiskLibConnection c, const VixDiskLibHandle *disks, size_t n)
{
	VixDiskLibHandle h;

	seen.disconnects++;
	seen.disks = n;
	for (size_t i = 0; i < n; i++)
		seen.knows_mine |= disks[i] == mine;
	ck_assert_ptr_eq(c, conn);
	seen.connection_use = VixDiskLib_Open(c, in_dir("hook.vmdk"), READ_ONLY, &h);
	close_mine();
}

static void exiting(void)
{
	seen.exits++;
	close_mine();
}

static const struct vd_mount_hook hook = {
	.disk_closing = disk_closing,
	.disconnecting = disconnecting,
	.exiting = exiting,
};

static void hook_up(void)
{
	make_flat("hook.vmdk", GRAIN);
	conn = connect_local();
	mine = open_disk(conn, "hook.vmdk", READ_ONLY);
	other = open_disk(conn, "hook.vmdk", READ_ONLY);
	seen.answer = VIX_E_OBJECT_IS_BUSY;
	seen.close_result = VIX_E_FAIL;
	VixDiskLib_SetMountHook(&hook);
}

static void unhook(void)
{
	VixDiskLib_SetMountHook(NULL);
}

START_TEST(close_is_refused_while_the_hook_says_so)
{
	uint8 buf[512];

	ck_assert_err(VixDiskLib_Close(mine), OBJECT_IS_BUSY);
	ck_assert_ok(VixDiskLib_Read(mine, 0, 1, buf));
	ck_assert_ok(VixDiskLib_Close(other));
	seen.answer = VIX_OK;
	ck_assert_ok(VixDiskLib_Close(mine));
	ck_assert_uint_eq(seen.closings, 3);
	ck_assert_ok(VixDiskLib_Disconnect(conn));
}
END_TEST

START_TEST(disconnect_tells_the_hook_before_it_closes_disks)
{
	ck_assert_ok(VixDiskLib_Disconnect(conn));
	ck_assert_uint_eq(seen.disconnects, 1);
	ck_assert_uint_eq(seen.disks, 2);
	ck_assert(seen.knows_mine);
	ck_assert_ok(seen.close_result);
	ck_assert_err(seen.connection_use, DISK_INVALID_CONNECTION);
	ck_assert_err(VixDiskLib_Close(other), INVALID_HANDLE);
	ck_assert_err(VixDiskLib_Disconnect(conn), DISK_INVALID_CONNECTION);
	ck_assert_uint_eq(seen.disconnects, 1);
}
END_TEST

START_TEST(exit_tells_the_hook_while_the_library_still_works)
{
	VixDiskLib_Exit();
	ck_assert_uint_eq(seen.exits, 1);
	ck_assert_ok(seen.close_result);
	VixDiskLib_Exit();
	ck_assert_uint_eq(seen.exits, 1);
}
END_TEST

START_TEST(exit_that_is_not_the_last_leaves_the_hook_alone)
{
	ck_assert_ok(VixDiskLib_Init(8, 0, NULL, NULL, NULL, NULL));
	VixDiskLib_Exit();
	ck_assert_uint_eq(seen.exits, 0);
	ck_assert_ok(VixDiskLib_Flush(mine));
	seen.answer = VIX_OK;
	ck_assert_ok(VixDiskLib_Disconnect(conn));
}
END_TEST

START_TEST(without_hook_nobody_is_asked)
{
	VixDiskLib_SetMountHook(NULL);
	ck_assert_ok(VixDiskLib_Close(mine));
	ck_assert_ok(VixDiskLib_Disconnect(conn));
	ck_assert_uint_eq(seen.closings + seen.disconnects, 0);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("hook");
	TCase *tc = client_tcase(s, "hook");

	tcase_add_checked_fixture(tc, hook_up, unhook);
	tcase_add_test(tc, close_is_refused_while_the_hook_says_so);
	tcase_add_test(tc, disconnect_tells_the_hook_before_it_closes_disks);
	tcase_add_test(tc, exit_tells_the_hook_while_the_library_still_works);
	tcase_add_test(tc, exit_that_is_not_the_last_leaves_the_hook_alone);
	tcase_add_test(tc, without_hook_nobody_is_asked);
	return client_run(s);
}
