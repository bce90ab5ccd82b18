/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The mount library from several threads at once; most telling with --enable-tsan.
 */
#include "config.h"

#include <pthread.h>
#include <stdatomic.h>

#include "fixture.h"

#define ROUNDS  50
#define WORKERS 4

static pthread_barrier_t barrier;

/* One call in a thread of its own, begun together with others when there is a barrier. */
struct task {
	pthread_t thread;
	VixError (*fn)(void *arg);
	void *arg;
	bool together;
	VixError result;
};

static void *run_task(void *arg)
{
	struct task *t = arg;

	if (t->together)
		pthread_barrier_wait(&barrier);
	t->result = t->fn(t->arg);
	return NULL;
}

static void start_task(struct task *t, VixError (*fn)(void *arg), void *arg)
{
	t->fn = fn;
	t->arg = arg;
	ck_assert_int_eq(pthread_create(&t->thread, NULL, run_task, t), 0);
}

static VixError end_task(struct task *t)
{
	ck_assert_int_eq(pthread_join(t->thread, NULL), 0);
	return t->result;
}

/* Both at the same time, as far as that can be had. */
static void run_both(struct task t[2], VixError (*fn0)(void *), void *arg0, VixError (*fn1)(void *),
		     void *arg1)
{
	ck_assert_int_eq(pthread_barrier_init(&barrier, NULL, 2), 0);
	t[0].together = t[1].together = true;
	start_task(&t[0], fn0, arg0);
	start_task(&t[1], fn1, arg1);
	end_task(&t[0]);
	end_task(&t[1]);
	pthread_barrier_destroy(&barrier);
}

static VixError close_set(void *set)
{
	return VixMntapi_CloseDiskSet(set);
}

static VixError disconnect(void *connection)
{
	return VixDiskLib_Disconnect(connection);
}

static VixError list_volumes(void *set)
{
	VixVolumeHandle *handles;
	size_t n;
	VixError err = VixMntapi_GetVolumeHandles(set, &n, &handles);

	VixMntapi_FreeVolumeHandles(handles);
	return err;
}

static void reconnect(void)
{
	ck_ok(VixDiskLib_Connect(NULL, &conn));
}

START_TEST(of_two_who_close_a_set_one_wins)
{
	for (int i = 0; i < ROUNDS; i++) {
		VixVolumeHandle v[3];
		VixDiskSetHandle set = open_mounted(v, i % 4);
		struct task t[2];
		int winner;

		run_both(t, close_set, set, close_set, set);
		winner = t[0].result == VIX_OK ? 0 : 1;
		ck_ok(t[winner].result);
		ck_assert_uint_eq(t[1 - winner].result, VIX_E_INVALID_HANDLE);
		ck_assert_uint_eq(fake_alive(), 0);
	}
}
END_TEST

START_TEST(close_and_disconnect_at_once)
{
	for (int i = 0; i < ROUNDS; i++) {
		VixVolumeHandle v[3];
		VixDiskSetHandle set = open_mounted(v, i % 4);
		struct task t[2];

		run_both(t, close_set, set, disconnect, conn);
		ck_ok(t[1].result);
		ck_assert(t[0].result == VIX_OK || t[0].result == VIX_E_INVALID_HANDLE);
		ck_assert_uint_eq(fake_alive(), 0);
		reconnect();
	}
}
END_TEST

START_TEST(of_two_who_disconnect_one_wins)
{
	for (int i = 0; i < ROUNDS; i++) {
		struct task t[2];

		list_volumes(open_set());
		run_both(t, disconnect, conn, disconnect, conn);
		ck_assert((t[0].result == VIX_OK) != (t[1].result == VIX_OK));
		ck_assert_uint_eq(fake_alive(), 0);
		reconnect();
	}
}
END_TEST

/* The engine takes its time; whoever ends the connection waits for it, and then ends it. */
START_TEST(disconnect_while_an_engine_starts)
{
	VixDiskSetHandle set = open_set();
	struct task list = { 0 }, end = { 0 };

	fake.hold_open = true;
	start_task(&list, list_volumes, set);
	fake_wait_until_held();
	start_task(&end, disconnect, conn);
	fake_let_go();
	ck_ok(end_task(&end));
	end_task(&list); /* it may have come before or after */
	ck_assert_uint_eq(fake_alive(), 0);
	ck_assert_uint_eq(list_volumes(set), VIX_E_INVALID_HANDLE);
}
END_TEST

/* Another disk may be closed while a set is busy with its engine. */
START_TEST(close_of_a_disk_does_not_wait_for_a_set)
{
	VixDiskSetHandle set = open_set();
	VixDiskLibHandle disk = open_disk("b.vmdk");
	struct task list = { 0 };

	fake.hold_open = true;
	start_task(&list, list_volumes, set);
	fake_wait_until_held();
	ck_ok(VixDiskLib_Close(disk));
	fake_let_go();
	ck_ok(end_task(&list));
	ck_ok(VixMntapi_CloseDiskSet(set));
}
END_TEST

/* Mounts and dismounts until the volume is dead, or gives a code that does not fit. */
static VixError use_volume(void *volume)
{
	VixError err;

	do {
		VixVolumeInfo *info;

		err = VixMntapi_MountVolume(volume, TRUE);
		if (VixMntapi_GetVolumeInfo(volume, &info) == VIX_OK)
			VixMntapi_FreeVolumeInfo(info);
		(void)VixMntapi_DismountVolume(volume, TRUE);
	} while (err == VIX_OK || err == VIX_E_MNTAPI_VOLUME_ALREADY_MOUNTED);
	return err;
}

static void close_under(VixError (*end)(void *), void *arg, VixVolumeHandle v[3])
{
	struct task t[WORKERS] = { 0 };

	for (int i = 0; i < WORKERS; i++)
		start_task(&t[i], use_volume, v[i % 3]);
	usleep(2000); /* some of their work first: the outcome does not depend on it */
	ck_ok(end(arg));
	for (int i = 0; i < WORKERS; i++)
		ck_assert_uint_eq(end_task(&t[i]), VIX_E_INVALID_HANDLE);
	ck_assert_uint_eq(fake_alive(), 0);
}

START_TEST(volumes_in_use_while_their_set_is_closed)
{
	for (int i = 0; i < ROUNDS / 5; i++) {
		VixVolumeHandle v[3];
		VixDiskSetHandle set = open_mounted(v, 0);

		close_under(close_set, set, v);
	}
}
END_TEST

START_TEST(volumes_in_use_while_their_connection_ends)
{
	for (int i = 0; i < ROUNDS / 5; i++) {
		VixVolumeHandle v[3];

		open_mounted(v, 0);
		close_under(disconnect, conn, v);
		reconnect();
	}
}
END_TEST

/* Opens sets until the connection is gone. */
static VixError open_sets(void *connection)
{
	char name[128];
	const char *names[1] = { name };
	VixDiskSetHandle set;
	VixError err;

	snprintf(name, sizeof(name), "%s/a.vmdk", tmpdir);
	do
		err = VixMntapi_OpenDisks(connection, names, 1, VIXDISKLIB_FLAG_OPEN_READ_ONLY,
					  &set);
	while (err == VIX_OK);
	return err;
}

START_TEST(sets_opened_while_the_connection_ends)
{
	for (int i = 0; i < ROUNDS / 5; i++) {
		struct task t[2] = { 0 };

		start_task(&t[0], open_sets, conn);
		start_task(&t[1], open_sets, conn);
		usleep(1000); /* some of their work first: the outcome does not depend on it */
		ck_ok(VixDiskLib_Disconnect(conn));
		end_task(&t[0]);
		end_task(&t[1]);
		ck_assert_uint_eq(count_sets(), 0);
		reconnect();
	}
}
END_TEST

static VixError whole_life(void *connection)
{
	char name[128];
	const char *names[1] = { name };
	VixDiskSetHandle set;

	snprintf(name, sizeof(name), "%s/a.vmdk", tmpdir);
	for (int i = 0; i < ROUNDS; i++) {
		VixVolumeHandle v[3];

		ck_ok(VixMntapi_OpenDisks(connection, names, 1, VIXDISKLIB_FLAG_OPEN_READ_ONLY,
					  &set));
		get_volumes(set, v);
		ck_ok(VixMntapi_MountVolume(v[0], TRUE));
		ck_ok(VixMntapi_DismountVolume(v[0], FALSE));
		ck_ok(VixMntapi_CloseDiskSet(set));
	}
	return VIX_OK;
}

START_TEST(sets_side_by_side)
{
	struct task t[WORKERS] = { 0 };

	for (int i = 0; i < WORKERS; i++)
		start_task(&t[i], whole_life, conn);
	for (int i = 0; i < WORKERS; i++)
		ck_ok(end_task(&t[i]));
}
END_TEST

static atomic_uint opened;

/* Opens sets of one disk until that fails, and leaves them open. */
static VixError open_until_exit(void *name)
{
	const char *names[1] = { name };
	VixDiskSetHandle set;
	VixError err;

	while ((err = VixMntapi_OpenDisks(conn, names, 1, VIXDISKLIB_FLAG_OPEN_READ_ONLY, &set)) ==
	       VIX_OK)
		atomic_fetch_add(&opened, 1);
	return err;
}

START_TEST(exit_leaves_no_set_that_is_just_opened)
{
	char name[256];

	snprintf(name, sizeof(name), "%s", in_tmpdir("a.vmdk"));
	for (int i = 0; i < ROUNDS; i++) {
		struct task t = { .together = false };

		atomic_store(&opened, 0);
		start_task(&t, open_until_exit, name);
		while (atomic_load(&opened) == 0)
			sched_yield();
		VixMntapi_Exit();
		ck_assert_uint_eq(end_task(&t), VIX_E_DISK_NOINIT);
		ck_assert_uint_eq(count_sets(), 0);
		ck_ok(mount_init(""));
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("threads");
	TCase *tc = unit_tcase(s, "threads");

	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, fixture_start, fixture_end);
	tcase_add_test(tc, of_two_who_close_a_set_one_wins);
	tcase_add_test(tc, close_and_disconnect_at_once);
	tcase_add_test(tc, of_two_who_disconnect_one_wins);
	tcase_add_test(tc, disconnect_while_an_engine_starts);
	tcase_add_test(tc, close_of_a_disk_does_not_wait_for_a_set);
	tcase_add_test(tc, volumes_in_use_while_their_set_is_closed);
	tcase_add_test(tc, volumes_in_use_while_their_connection_ends);
	tcase_add_test(tc, sets_opened_while_the_connection_ends);
	tcase_add_test(tc, sets_side_by_side);
	tcase_add_test(tc, exit_leaves_no_set_that_is_just_opened);
	return unit_run(s);
}
