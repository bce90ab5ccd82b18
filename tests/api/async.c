/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * ReadAsync, WriteAsync and Wait: what clients rely on, one rule at a time.
 */
#include "config.h"

#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "client.h"
#include "disks.h"
#include "../unit/threadcount.h"

#define SECTOR    512
#define READ_ONLY VIXDISKLIB_FLAG_OPEN_READ_ONLY
#define SECTORS   (4 * GRAIN)

static VixDiskLibConnection conn;
static VixDiskLibHandle disk;

static atomic_uint n_told;
static atomic_bool is_held; /* callbacks wait */
static atomic_bool is_closed;

static void set_up(void)
{
	atomic_store(&n_told, 0);
	atomic_store(&is_held, false);
	atomic_store(&is_closed, false);
	make_sparse("a.vmdk", SECTORS, "X.XX");
	conn = connect_local();
	disk = open_disk(conn, "a.vmdk", READ_ONLY);
}

static bool is_right(const uint8 *buf, uint64 sector)
{
	return sector / GRAIN == 1 ? has_zeros(buf) : has_pattern(buf, sector);
}

/* One read that is looked at when it is told. */
struct read {
	uint8 buf[SECTOR];
	uint64 sector;
	VixError result;
	unsigned times;
	bool is_right;
};

static void note(void *data, VixError result)
{
	struct read *r = data;

	while (atomic_load(&is_held))
		sched_yield();
	r->result = result;
	r->is_right = is_right(r->buf, r->sector);
	r->times++;
	atomic_fetch_add(&n_told, 1);
}

static void never_called(void *data, VixError result)
{
	(void)data;
	(void)result;
	ck_abort_msg("a callback ran though the call failed");
}

static void start(VixDiskLibHandle of, struct read *r, uint64 sector)
{
	*r = (struct read){ .sector = sector, .result = VIX_E_FAIL };
	ck_assert_uint_eq(VixDiskLib_ReadAsync(of, sector, 1, r->buf, note, r), VIX_ASYNC);
}

static void ended_well(const struct read *r)
{
	ck_assert_uint_eq(r->times, 1);
	ck_assert_uint_eq(r->result, VIX_OK);
	ck_assert(r->is_right);
}

START_TEST(no_thread_runs_before_the_first_request_or_after_exit)
{
	struct read r;

	ck_assert_ok(VixDiskLib_Read(disk, 0, 1, r.buf));
	ck_assert_ok(VixDiskLib_Wait(disk));
	ck_assert_uint_eq(count_threads("vdisk-async"), 0);
	start(disk, &r, 0);
	wait_for_threads("vdisk-async", 1);
	ck_assert_ok(VixDiskLib_Wait(disk));
	ended_well(&r);
	VixDiskLib_Exit();
	wait_for_threads("vdisk-async", 0);
}
END_TEST

START_TEST(a_request_is_answered_vix_async_and_told_once)
{
	struct read r[200];

	for (unsigned i = 0; i < 200; i++)
		start(disk, &r[i], (uint64)i * 97 % SECTORS);
	ck_assert_ok(VixDiskLib_Wait(disk));
	for (unsigned i = 0; i < 200; i++)
		ended_well(&r[i]);
}
END_TEST

START_TEST(what_is_wrong_with_the_call_is_told_at_once_and_only_there)
{
	VixDiskLibHandle rw = open_disk(conn, "a.vmdk", 0);
	uint8 buf[SECTOR] = { 0 };

	ck_assert_err(VixDiskLib_ReadAsync(NULL, 0, 1, buf, never_called, NULL), INVALID_HANDLE);
	ck_assert_err(VixDiskLib_ReadAsync(disk, 0, 0, buf, never_called, NULL), INVALID_ARG);
	ck_assert_err(VixDiskLib_ReadAsync(disk, 0, 1, NULL, never_called, NULL), INVALID_ARG);
	ck_assert_err(VixDiskLib_ReadAsync(disk, 0, 1, buf, NULL, NULL), INVALID_ARG);
	ck_assert_err(VixDiskLib_ReadAsync(disk, SECTORS, 1, buf, never_called, NULL),
		      DISK_OUTOFRANGE);
	ck_assert_err(VixDiskLib_ReadAsync(disk, 1, UINT64_MAX, buf, never_called, NULL),
		      DISK_OUTOFRANGE);
	ck_assert_err(VixDiskLib_WriteAsync(rw, 0, 0, buf, never_called, NULL), INVALID_ARG);
	ck_assert_err(VixDiskLib_WriteAsync(rw, 0, 1, NULL, never_called, NULL), INVALID_ARG);
	ck_assert_err(VixDiskLib_WriteAsync(rw, 0, 1, buf, NULL, NULL), INVALID_ARG);
	ck_assert_err(VixDiskLib_WriteAsync(rw, SECTORS, 1, buf, never_called, NULL),
		      DISK_OUTOFRANGE);
	ck_assert_err(VixDiskLib_WriteAsync(disk, 0, 1, buf, never_called, NULL), FILE_READ_ONLY);
	ck_assert_ok(VixDiskLib_Wait(disk));
	ck_assert_ok(VixDiskLib_Wait(rw));
	ck_assert_ok(VixDiskLib_Close(rw));
}
END_TEST

START_TEST(what_goes_wrong_later_is_told_to_the_callback)
{
	VixDiskLibHandle damaged;
	struct read r;

	make_sparse("damaged.vmdk", SECTORS, "XXXX");
	break_grain("damaged.vmdk", 2);
	damaged = open_disk(conn, "damaged.vmdk", READ_ONLY);
	start(damaged, &r, 2 * GRAIN);
	ck_assert_ok(VixDiskLib_Wait(damaged));
	ck_assert_uint_eq(r.times, 1);
	ck_assert_err(r.result, DISK_INVALIDDISK);
	ck_assert_ok(VixDiskLib_Close(damaged));
}
END_TEST

/* What a callback may do. */
static void use_library(void *data, VixError result)
{
	struct read *r = data;
	char *text = VixDiskLib_GetErrorText(result, NULL);
	uint8 buf[SECTOR];

	ck_assert_ptr_nonnull(text);
	VixDiskLib_FreeErrorText(text);
	ck_assert_ok(VixDiskLib_Read(disk, 7, 1, buf));
	ck_assert(is_right(buf, 7));
	start(disk, r, 11);
}

START_TEST(a_callback_may_read_and_start_reads_and_ask_for_texts)
{
	struct read second;
	uint8 buf[SECTOR];

	ck_assert_uint_eq(VixDiskLib_ReadAsync(disk, 0, 1, buf, use_library, &second), VIX_ASYNC);
	ck_assert_ok(VixDiskLib_Wait(disk)); /* for the first one */
	ck_assert_ok(VixDiskLib_Wait(disk));
	ended_well(&second);
}
END_TEST

static void misbehave(void *data, VixError result)
{
	(void)data;
	(void)result;
	ck_assert_err(VixDiskLib_Wait(disk), OBJECT_IS_BUSY);
	ck_assert_err(VixDiskLib_Close(disk), OBJECT_IS_BUSY);
	ck_assert_err(VixDiskLib_Disconnect(conn), OBJECT_IS_BUSY);
	VixDiskLib_Exit();
	atomic_fetch_add(&n_told, 1);
}

START_TEST(a_callback_may_not_wait_or_close_anything)
{
	uint8 buf[SECTOR];

	ck_assert_uint_eq(VixDiskLib_ReadAsync(disk, 0, 1, buf, misbehave, NULL), VIX_ASYNC);
	ck_assert_ok(VixDiskLib_Wait(disk));
	ck_assert_uint_eq(atomic_load(&n_told), 1);
	ck_assert_uint_eq(client_log.warnings, 4);
	ck_assert_ok(VixDiskLib_Read(disk, 0, 1, buf));
	ck_assert_ok(VixDiskLib_Close(disk));
}
END_TEST

static VixError end_by_close(void)
{
	return VixDiskLib_Close(disk);
}

static VixError end_by_disconnect(void)
{
	return VixDiskLib_Disconnect(conn);
}

static VixError end_by_exit(void)
{
	VixDiskLib_Exit();
	return VIX_OK;
}

static VixError (*const endings[])(void) = { end_by_close, end_by_disconnect, end_by_exit };

static void *let_go(void *unused)
{
	(void)unused;
	for (int i = 0; i < 1000; i++)
		sched_yield();
	atomic_store(&is_held, false);
	return NULL;
}

/* Reads that have not begun when Exit comes are told so. */
START_TEST(whoever_ends_the_disk_waits_for_its_requests)
{
	struct read r[40];
	pthread_t thread;

	atomic_store(&is_held, true);
	for (unsigned i = 0; i < 40; i++)
		start(disk, &r[i], i);
	ck_assert_int_eq(pthread_create(&thread, NULL, let_go, NULL), 0);
	ck_assert_ok(endings[_i]());
	ck_assert_uint_eq(atomic_load(&n_told), 40);
	for (unsigned i = 0; i < 40; i++) {
		ck_assert_uint_eq(r[i].times, 1);
		if (endings[_i] != end_by_exit || r[i].result != VIX_E_CANCELLED)
			ended_well(&r[i]);
	}
	pthread_join(thread, NULL);
}
END_TEST

/* As nbdkit does: a connection and a handle for each of its clients. */
START_TEST(many_handles_on_one_file_serve_at_once)
{
	VixDiskLibConnection conns[12];
	VixDiskLibHandle disks[12];
	struct read r[12][30];

	for (unsigned i = 0; i < 12; i++) {
		conns[i] = connect_local();
		disks[i] = open_disk(conns[i], "a.vmdk", i % 2 == 0 ? READ_ONLY : 0);
	}
	for (unsigned n = 0; n < 30; n++)
		for (unsigned i = 0; i < 12; i++)
			start(disks[i], &r[i][n], (n * 13 + i) % SECTORS);
	for (unsigned i = 0; i < 12; i++) {
		ck_assert_ok(VixDiskLib_Wait(disks[i]));
		ck_assert_ok(VixDiskLib_Close(disks[i]));
		ck_assert_ok(VixDiskLib_Disconnect(conns[i]));
		for (unsigned n = 0; n < 30; n++)
			ended_well(&r[i][n]);
	}
}
END_TEST

static void note_result(void *data, VixError result)
{
	*(VixError *)data = result;
}

START_TEST(a_request_may_be_as_large_as_nbd_permits)
{
	const uint64 sectors = (64 << 20) / SECTOR;
	uint8 *buf = malloc(sectors * SECTOR);
	VixError result = VIX_E_FAIL;
	VixDiskLibHandle large;
	int fd;

	make_raw("large.raw", 1);
	fd = open(in_dir("large.raw"), O_WRONLY | O_CLOEXEC);
	ck_assert_int_eq(pwrite(fd, "end", 3, (off_t)(sectors * SECTOR - 3)), 3);
	close(fd);
	large = open_disk(conn, "large.raw", READ_ONLY);
	ck_assert_uint_eq(VixDiskLib_ReadAsync(large, 0, sectors, buf, note_result, &result),
			  VIX_ASYNC);
	ck_assert_ok(VixDiskLib_Close(large));
	ck_assert_ok(result);
	ck_assert(has_pattern(buf, 0));
	ck_assert_mem_eq(buf + sectors * SECTOR - 3, "end", 3);
	free(buf);
}
END_TEST

/* Until the disk is closed under their feet, and however much is under way then. */
static void *start_to_the_end(void *unused)
{
	struct read *r = calloc(20000, sizeof(*r));
	VixError err = VIX_ASYNC;
	unsigned n = 0;

	(void)unused;
	for (; n < 20000 && err == VIX_ASYNC; n++) {
		r[n].sector = n % SECTORS;
		err = VixDiskLib_ReadAsync(disk, r[n].sector, 1, r[n].buf, note, &r[n]);
	}
	if (err != VIX_ASYNC)
		n--;
	while (!atomic_load(&is_closed)) /* then all have been told */
		sched_yield();
	for (unsigned i = 0; i < n; i++)
		if (r[i].times != 1 || r[i].result != VIX_OK || !r[i].is_right)
			return (void *)"a read went wrong";
	free(r);
	return err == VIX_ASYNC || err == VIX_E_INVALID_HANDLE ? NULL : (void *)"another code";
}

static void *close_in_the_middle(void *unused)
{
	(void)unused;
	while (atomic_load(&n_told) < 500)
		sched_yield();
	VixDiskLib_Close(disk);
	atomic_store(&is_closed, true);
	return NULL;
}

START_TEST(close_in_the_middle_of_a_storm)
{
	pthread_t threads[4], closer;
	void *wrong;

	for (unsigned i = 0; i < 4; i++)
		ck_assert_int_eq(pthread_create(&threads[i], NULL, start_to_the_end, NULL), 0);
	ck_assert_int_eq(pthread_create(&closer, NULL, close_in_the_middle, NULL), 0);
	pthread_join(closer, NULL);
	for (unsigned i = 0; i < 4; i++) {
		pthread_join(threads[i], &wrong);
		ck_assert_msg(wrong == NULL, "%s", (char *)wrong);
	}
}
END_TEST

START_TEST(a_child_may_exec_or_exit_while_requests_are_under_way)
{
	struct read r[20];
	int status;
	pid_t pid;

	atomic_store(&is_held, true);
	for (unsigned i = 0; i < 20; i++)
		start(disk, &r[i], i);
	pid = fork();
	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		if (_i == 0)
			execl("/bin/true", "true", (char *)NULL);
		VixDiskLib_Exit();
		_exit(_i == 0);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
	atomic_store(&is_held, false);
	ck_assert_ok(VixDiskLib_Wait(disk));
	for (unsigned i = 0; i < 20; i++)
		ended_well(&r[i]);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("async");
	TCase *tc = client_tcase(s, "async");

	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, set_up, NULL);
	tcase_add_test(tc, no_thread_runs_before_the_first_request_or_after_exit);
	tcase_add_test(tc, a_request_is_answered_vix_async_and_told_once);
	tcase_add_test(tc, what_is_wrong_with_the_call_is_told_at_once_and_only_there);
	tcase_add_test(tc, what_goes_wrong_later_is_told_to_the_callback);
	tcase_add_test(tc, a_callback_may_read_and_start_reads_and_ask_for_texts);
	tcase_add_test(tc, a_callback_may_not_wait_or_close_anything);
	tcase_add_loop_test(tc, whoever_ends_the_disk_waits_for_its_requests, 0,
			    sizeof(endings) / sizeof(endings[0]));
	tcase_add_test(tc, many_handles_on_one_file_serve_at_once);
	tcase_add_test(tc, a_request_may_be_as_large_as_nbd_permits);
	tcase_add_test(tc, close_in_the_middle_of_a_storm);
	tcase_add_loop_test(tc, a_child_may_exec_or_exit_while_requests_are_under_way, 0, 2);
	return client_run(s);
}
