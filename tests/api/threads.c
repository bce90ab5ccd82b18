/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Several threads at once: each race ends with a success or a clear code, never worse.
 */
#include "config.h"

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#include "client.h"
#include "disks.h"

#define READ_ONLY VIXDISKLIB_FLAG_OPEN_READ_ONLY
#define THREADS   6
#define ROUNDS    30
#define SECTORS   (4 * GRAIN)

static VixDiskLibConnection conn;
static VixDiskLibHandle shared;
static pthread_barrier_t start;
static atomic_uint closed_ok, read_ok;

static void set_up(void)
{
	atomic_store(&closed_ok, 0);
	atomic_store(&read_ok, 0);
	make_sparse("t.vmdk", SECTORS, "X.X.");
	conn = connect_local();
}

/* Threads return NULL, or what went wrong. */
static void run(void *(*body)(void *), unsigned n, void (*meanwhile)(void))
{
	pthread_t threads[THREADS];

	pthread_barrier_init(&start, NULL, n + 1);
	for (unsigned i = 0; i < n; i++)
		ck_assert_int_eq(pthread_create(&threads[i], NULL, body, NULL), 0);
	pthread_barrier_wait(&start);
	if (meanwhile != NULL)
		meanwhile();
	for (unsigned i = 0; i < n; i++) {
		void *wrong;

		pthread_join(threads[i], &wrong);
		ck_assert_msg(wrong == NULL, "%s", (char *)wrong);
	}
	pthread_barrier_destroy(&start);
}

static bool reads_right(VixDiskLibHandle disk, uint64 sector)
{
	uint8 buf[512];

	return VixDiskLib_Read(disk, sector, 1, buf) == VIX_OK &&
	       (sector / GRAIN % 2 == 0 ? has_pattern(buf, sector) : has_zeros(buf));
}

static const char *open_read_close(void)
{
	VixDiskLibHandle disk;

	if (VixDiskLib_Open(conn, in_dir("t.vmdk"), READ_ONLY, &disk) != VIX_OK)
		return "open failed";
	for (uint64 s = 0; s < SECTORS; s += 37)
		if (!reads_right(disk, s))
			return "read went wrong";
	return VixDiskLib_Close(disk) == VIX_OK ? NULL : "close failed";
}

static void *open_read_close_often(void *unused)
{
	const char *wrong = NULL;

	(void)unused;
	pthread_barrier_wait(&start);
	for (int i = 0; i < ROUNDS && wrong == NULL; i++)
		wrong = open_read_close();
	return (void *)wrong;
}

START_TEST(open_read_and_close_on_many_threads)
{
	run(open_read_close_often, THREADS, NULL);
	ck_assert_ok(VixDiskLib_Disconnect(conn));
	ck_assert_uint_eq(client_log.warnings, 0);
}
END_TEST

static void *read_shared(void *unused)
{
	(void)unused;
	pthread_barrier_wait(&start);
	for (int i = 0; i < ROUNDS; i++)
		for (uint64 s = 0; s < SECTORS; s += 41)
			if (!reads_right(shared, s))
				return (void *)"read went wrong";
	return NULL;
}

START_TEST(read_of_one_disk_on_many_threads)
{
	shared = open_disk(conn, "t.vmdk", READ_ONLY);
	run(read_shared, THREADS, NULL);
	ck_assert_ok(VixDiskLib_Close(shared));
	ck_assert_ok(VixDiskLib_Disconnect(conn));
}
END_TEST

/* Reads until the disk is gone. */
static void *read_to_the_end(void *unused)
{
	uint8 buf[512];
	VixError err;

	(void)unused;
	pthread_barrier_wait(&start);
	while ((err = VixDiskLib_Read(shared, 5, 1, buf)) == VIX_OK)
		atomic_fetch_add(&read_ok, 1);
	return err == VIX_E_INVALID_HANDLE ? NULL : (void *)"read ended with another code";
}

/* So that the end comes in the middle. */
static void wait_for_reads(void)
{
	while (atomic_load(&read_ok) < 100)
		sched_yield();
}

static void disconnect_meanwhile(void)
{
	wait_for_reads();
	ck_assert_ok(VixDiskLib_Disconnect(conn));
}

START_TEST(disconnect_while_others_read)
{
	shared = open_disk(conn, "t.vmdk", READ_ONLY);
	run(read_to_the_end, THREADS, disconnect_meanwhile);
}
END_TEST

static void close_meanwhile(void)
{
	wait_for_reads();
	ck_assert_ok(VixDiskLib_Close(shared));
}

START_TEST(close_while_others_read)
{
	shared = open_disk(conn, "t.vmdk", READ_ONLY);
	run(read_to_the_end, THREADS, close_meanwhile);
	ck_assert_ok(VixDiskLib_Disconnect(conn));
}
END_TEST

static void *close_shared(void *unused)
{
	VixError err;

	(void)unused;
	pthread_barrier_wait(&start);
	err = VixDiskLib_Close(shared);
	if (err == VIX_OK)
		atomic_fetch_add(&closed_ok, 1);
	return err == VIX_OK || err == VIX_E_INVALID_HANDLE ? NULL
							    : (void *)"close gave another code";
}

START_TEST(close_of_one_disk_succeeds_once)
{
	for (unsigned i = 1; i <= ROUNDS; i++) {
		shared = open_disk(conn, "t.vmdk", READ_ONLY);
		run(close_shared, THREADS, NULL);
		ck_assert_uint_eq(atomic_load(&closed_ok), i);
	}
	ck_assert_ok(VixDiskLib_Disconnect(conn));
	ck_assert_uint_ge(client_log.warnings, ROUNDS);
}
END_TEST

static void disconnect_now(void)
{
	ck_assert_ok(VixDiskLib_Disconnect(conn));
}

START_TEST(close_and_disconnect_at_once)
{
	for (unsigned i = 0; i < ROUNDS; i++) {
		shared = open_disk(conn, "t.vmdk", READ_ONLY);
		run(close_shared, 2, disconnect_now);
		ck_assert_uint_le(atomic_load(&closed_ok), i + 1);
		conn = connect_local();
	}
}
END_TEST

/* Opens until the connection is gone; what was opened goes with it. */
static void *open_to_the_end(void *unused)
{
	VixDiskLibHandle disk;
	uint8 buf[512];
	VixError err;

	(void)unused;
	pthread_barrier_wait(&start);
	while ((err = VixDiskLib_Open(conn, in_dir("t.vmdk"), READ_ONLY, &disk)) == VIX_OK) {
		err = VixDiskLib_Read(disk, 5, 1, buf);
		if (err != VIX_OK && err != VIX_E_INVALID_HANDLE)
			return (void *)"read gave another code";
		atomic_fetch_add(&read_ok, 30);
	}
	return err == VIX_E_DISK_INVALID_CONNECTION ? NULL : (void *)"open ended with another code";
}

START_TEST(disconnect_while_others_open)
{
	run(open_to_the_end, THREADS, disconnect_meanwhile);
}
END_TEST

/* Grains of zeros, so many that they are not looked at in one step, and one that is not. */
#define ZEROS (8u << 20)

static void make_zeros(void)
{
	uint8 *zeros = calloc(1, ZEROS);
	char grains[ZEROS / 512 / GRAIN + 2];

	memset(grains, 'X', sizeof(grains) - 1);
	grains[sizeof(grains) - 1] = '\0';
	make_sparse("zeros.vmdk", ZEROS / 512 + GRAIN, grains);
	shared = open_disk(conn, "zeros.vmdk", 0);
	ck_assert_ok(VixDiskLib_Write(shared, GRAIN, ZEROS / 512, zeros));
	free(zeros);
}

/* What it has to write are tables of the one that shrinks, too. */
static void *write_and_flush(void *unused)
{
	uint8 buf[512];

	(void)unused;
	pthread_barrier_wait(&start);
	while (atomic_load(&closed_ok) == 0) {
		if (VixDiskLib_Read(shared, 5, 1, buf) != VIX_OK || !has_pattern(buf, 5))
			return (void *)"read went wrong";
		if (VixDiskLib_Write(shared, 5, 1, buf) != VIX_OK)
			return (void *)"write went wrong";
		if (VixDiskLib_Flush(shared) != VIX_OK)
			return (void *)"flush went wrong";
		atomic_fetch_add(&read_ok, 1);
	}
	return NULL;
}

static void *read_zeros(void *unused)
{
	uint8 buf[512];

	(void)unused;
	pthread_barrier_wait(&start);
	for (uint64 s = 0; atomic_load(&closed_ok) == 0; s = (s + 997) % (ZEROS / 512))
		if (VixDiskLib_Read(shared, GRAIN + s, 1, buf) != VIX_OK || !has_zeros(buf))
			return (void *)"read went wrong";
	return NULL;
}

static void *flush_or_read(void *unused)
{
	static atomic_uint n;

	return atomic_fetch_add(&n, 1) % 2 == 0 ? write_and_flush(unused) : read_zeros(unused);
}

static void shrink_meanwhile(void)
{
	while (atomic_load(&read_ok) == 0)
		sched_yield();
	ck_assert_ok(VixDiskLib_Shrink(shared, NULL, NULL));
	atomic_store(&closed_ok, 1);
}

START_TEST(shrink_while_others_write_flush_and_read)
{
	VixDiskLibBlockList *list;

	make_zeros();
	run(flush_or_read, 4, shrink_meanwhile);
	ck_assert_ok(VixDiskLib_QueryAllocatedBlocks(shared, 0, ZEROS / 512, GRAIN, &list));
	ck_assert_uint_eq(list->numBlocks, 1);
	ck_assert_uint_eq(list->blocks[0].length, GRAIN);
	ck_assert_ok(VixDiskLib_FreeBlockList(list));
	ck_assert_ok(VixDiskLib_Close(shared));
	ck_assert_ok(VixDiskLib_Disconnect(conn));
}
END_TEST

#define READ_GRAINS 16u
#define NEW_GRAINS  300u

/* So long that there is always somebody who reads. */
static void *read_much(void *unused)
{
	uint8 *buf = malloc((size_t)READ_GRAINS * GRAIN * 512);
	VixError err = VIX_OK;

	(void)unused;
	pthread_barrier_wait(&start);
	while (err == VIX_OK && atomic_load(&closed_ok) == 0) {
		err = VixDiskLib_Read(shared, 0, (uint64)READ_GRAINS * GRAIN, buf);
		atomic_fetch_add(&read_ok, 1);
	}
	free(buf);
	return err == VIX_OK ? NULL : (void *)"read went wrong";
}

static void write_meanwhile(void)
{
	uint8 buf[512] = { 1 };

	wait_for_reads();
	for (uint64 i = READ_GRAINS; i < READ_GRAINS + NEW_GRAINS; i++)
		ck_assert_ok(VixDiskLib_Write(shared, i * GRAIN, 1, buf));
	atomic_store(&closed_ok, 1);
}

/* A lock that prefers readers lets each of these writes wait for a second or more. */
START_TEST(who_writes_new_grains_gets_a_turn_while_others_read)
{
	char grains[READ_GRAINS + NEW_GRAINS + 1];

	memset(grains, 'X', READ_GRAINS);
	memset(grains + READ_GRAINS, '.', NEW_GRAINS);
	grains[READ_GRAINS + NEW_GRAINS] = '\0';
	make_sparse("turn.vmdk", (uint64)(READ_GRAINS + NEW_GRAINS) * GRAIN, grains);
	shared = open_disk(conn, "turn.vmdk", 0);
	run(read_much, THREADS, write_meanwhile);
	ck_assert_ok(VixDiskLib_Close(shared));
	ck_assert_ok(VixDiskLib_Disconnect(conn));
}
END_TEST

static void *connect_often(void *unused)
{
	(void)unused;
	pthread_barrier_wait(&start);
	for (int i = 0; i < ROUNDS; i++) {
		VixDiskLibConnectParams *params = NULL;
		VixDiskLibConnection c;

		if (VixDiskLib_Connect(NULL, &c) != VIX_OK)
			return (void *)"connect failed";
		if (VixDiskLib_GetConnectParams(c, &params) != VIX_OK)
			return (void *)"no params";
		VixDiskLib_FreeConnectParams(params);
		if (VixDiskLib_Disconnect(c) != VIX_OK)
			return (void *)"disconnect failed";
	}
	return NULL;
}

START_TEST(connect_and_disconnect_on_many_threads)
{
	run(connect_often, THREADS, NULL);
	ck_assert_ok(VixDiskLib_Disconnect(conn));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("threads");
	TCase *tc = client_tcase(s, "threads");

	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, set_up, NULL);
	tcase_add_test(tc, open_read_and_close_on_many_threads);
	tcase_add_test(tc, read_of_one_disk_on_many_threads);
	tcase_add_test(tc, disconnect_while_others_read);
	tcase_add_test(tc, close_while_others_read);
	tcase_add_test(tc, close_of_one_disk_succeeds_once);
	tcase_add_test(tc, close_and_disconnect_at_once);
	tcase_add_test(tc, disconnect_while_others_open);
	tcase_add_test(tc, shrink_while_others_write_flush_and_read);
	tcase_add_test(tc, who_writes_new_grains_gets_a_turn_while_others_read);
	tcase_add_test(tc, connect_and_disconnect_on_many_threads);
	return client_run(s);
}
