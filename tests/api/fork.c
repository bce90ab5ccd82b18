/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A child after a fork: what it closes is still its parent's.
 */
#include "config.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "client.h"
#include "disks.h"

#define SECTOR      512
#define OFF_UNCLEAN 72
#define FILE_BYTES  ((128 + 2 * GRAIN) * SECTOR) /* one grain, and the one that is added */

static VixDiskLibConnection conn;
static VixDiskLibHandle disk;

/* A new grain, which no table in the file names yet. */
static void write_a_grain(void)
{
	uint8 buf[SECTOR];

	memset(buf, 0x5a, sizeof(buf));
	conn = connect_local();
	make_sparse("disk.vmdk", 8 * GRAIN, "X.......");
	disk = open_disk(conn, "disk.vmdk", 0);
	ck_assert_ok(VixDiskLib_Write(disk, 5 * GRAIN, 1, buf));
}

static void close_disk(void)
{
	ck_assert_ok(VixDiskLib_Close(disk));
	ck_assert_ok(VixDiskLib_Disconnect(conn));
}

static void read_file(unsigned char *buf)
{
	int fd = open(in_dir("disk.vmdk"), O_RDONLY | O_CLOEXEC);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(read(fd, buf, FILE_BYTES), FILE_BYTES);
	close(fd);
}

static int do_exit(void)
{
	VixDiskLib_Exit();
	return 0;
}

static int do_close(void)
{
	return VixDiskLib_Close(disk) == VIX_OK ? 0 : 1;
}

static int do_flush(void)
{
	return VixDiskLib_Flush(disk) == VIX_OK ? 0 : 1;
}

static int do_write(void)
{
	uint8 buf[SECTOR] = { 1 };

	for (uint64 grain = 0; grain < 8; grain++) {
		if (VixDiskLib_Write(disk, grain * GRAIN, 1, buf) != VIX_E_FILE_ALREADY_LOCKED)
			return 1;
	}
	return VixDiskLib_WriteMetadata(disk, "uuid", "x") == VIX_E_FILE_ALREADY_LOCKED ? 0 : 1;
}

static int do_read(void)
{
	uint8 buf[SECTOR];

	return VixDiskLib_Read(disk, 5 * GRAIN, 1, buf) == VIX_OK && buf[9] == 0x5a ? 0 : 1;
}

static int (*const deeds[])(void) = { do_exit, do_close, do_flush, do_write, do_read };

static void in_child(int (*deed)(void))
{
	int status;
	pid_t pid = fork();

	ck_assert_int_ge(pid, 0);
	if (pid == 0)
		_exit(deed());
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
}

START_TEST(a_child_changes_nothing_of_a_disk_that_its_parent_writes)
{
	static unsigned char before[FILE_BYTES], after[FILE_BYTES];
	struct stat st;
	uint8 buf[SECTOR];

	read_file(before);
	ck_assert_uint_eq(before[OFF_UNCLEAN], 1);
	in_child(deeds[_i]);
	read_file(after);
	ck_assert_mem_eq(before, after, FILE_BYTES);
	ck_assert_int_eq(stat(in_dir("disk.vmdk.lck"), &st), 0);
	ck_assert_ok(VixDiskLib_Close(disk));
	read_file(after);
	ck_assert_uint_eq(after[OFF_UNCLEAN], 0);
	disk = open_disk(conn, "disk.vmdk", VIXDISKLIB_FLAG_OPEN_READ_ONLY);
	ck_assert_ok(VixDiskLib_Read(disk, 5 * GRAIN, 1, buf));
	ck_assert_uint_eq(buf[0], 0x5a);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("fork");
	TCase *tc = client_tcase(s, "fork");

	tcase_add_checked_fixture(tc, write_a_grain, close_disk);
	tcase_add_loop_test(tc, a_child_changes_nothing_of_a_disk_that_its_parent_writes, 0,
			    sizeof(deeds) / sizeof(deeds[0]));
	return client_run(s);
}
