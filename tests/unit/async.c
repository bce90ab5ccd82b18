/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Requests that are carried out later, on a disk in memory whose reads and writes can be held up.
 */
#include "config.h"

#include "../../libvdisk/async.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../libvdisk/disk.h"
#include "threadcount.h"
#include "unit.h"

#ifdef __SANITIZE_THREAD__
#define CHILD_HAS_THREADS false /* this sanitizer can't have threads after a fork */
#else
#define CHILD_HAS_THREADS true
#endif
#define SECTOR  512
#define SECTORS 64

/* The disk. */

static struct {
	struct vd_disk base;
	unsigned char bytes[SECTORS * SECTOR];
} disk;

static struct vd_async list;

static atomic_bool is_shut;   /* reads and writes wait */
static atomic_bool is_ending; /* callbacks submit no more */
static atomic_uint n_at_gate; /* reads and writes that began */
static atomic_uint n_told;    /* callbacks that ran */
static atomic_uint n_accepted;
static atomic_uint n_cancelled;

static void pass_gate(void)
{
	atomic_fetch_add(&n_at_gate, 1);
	while (atomic_load(&is_shut))
		sched_yield();
}

static VixError mem_pread(struct vd_disk *d, uint64_t sector, uint64_t count, void *buf)
{
	(void)d;
	pass_gate();
	memcpy(buf, disk.bytes + sector * SECTOR, count * SECTOR);
	return VIX_OK;
}

static VixError mem_pwrite(struct vd_disk *d, uint64_t sector, uint64_t count, const void *buf)
{
	(void)d;
	pass_gate();
	memcpy(disk.bytes + sector * SECTOR, buf, count * SECTOR);
	return VIX_OK;
}

static void mem_close(struct vd_disk *d)
{
	(void)d;
}

static const struct vd_disk_ops mem_ops = {
	.close = mem_close,
	.pread = mem_pread,
	.pwrite = mem_pwrite,
};

static void set_up(void)
{
	atomic_store(&is_ending, false);
	atomic_store(&n_at_gate, 0);
	atomic_store(&n_told, 0);
	atomic_store(&n_accepted, 0);
	atomic_store(&n_cancelled, 0);
	vd_disk_init(&disk.base, &mem_ops, "test", SECTORS, false);
}

static void tear_down(void)
{
	atomic_store(&is_shut, false);
	atomic_store(&is_ending, true);
	vd_async_wait(&list);
	vd_async_stop();
	pthread_rwlock_destroy(&disk.base.lock);
}

/* Requests. */

static void count_told(void *data, VixError result)
{
	(void)data;
	if (result == VIX_E_CANCELLED)
		atomic_fetch_add(&n_cancelled, 1);
	atomic_fetch_add(&n_told, 1);
}

static void submit(const struct vd_async_want *want)
{
	ck_assert_uint_eq(vd_async_submit(&list, &disk.base, want), VIX_ASYNC);
	atomic_fetch_add(&n_accepted, 1);
}

/* Every read that is under way has its own. */
static unsigned char buffers[4 * VD_ASYNC_MOST][2 * SECTOR];
static atomic_uint n_buffers;

static void *next_buffer(void)
{
	return buffers[atomic_fetch_add(&n_buffers, 1) % (4 * VD_ASYNC_MOST)];
}

static void read_sectors(uint64_t sector, uint64_t count)
{
	const struct vd_async_want want = {
		.sector = sector,
		.count = count,
		.read_to = next_buffer(),
		.callback = count_told,
	};

	submit(&want);
}

static void write_sectors(uint64_t sector, uint64_t count, const void *from)
{
	const struct vd_async_want want = {
		.sector = sector,
		.count = count,
		.write_from = from,
		.callback = count_told,
	};

	submit(&want);
}

static void wait_for(atomic_uint *what, unsigned n)
{
	while (atomic_load(what) < n)
		sched_yield();
}

static pthread_t caller, teller;

static void note_thread(void *data, VixError result)
{
	*(VixError *)data = result;
	teller = pthread_self();
	ck_assert(vd_async_on_thread());
}

START_TEST(a_callback_comes_from_a_thread_of_the_module)
{
	VixError result = VIX_E_FAIL;
	const struct vd_async_want want = {
		.count = 1,
		.read_to = next_buffer(),
		.callback = note_thread,
		.data = &result,
	};

	caller = pthread_self();
	submit(&want);
	vd_async_wait(&list);
	ck_assert_uint_eq(result, VIX_OK);
	ck_assert(!pthread_equal(caller, teller));
	ck_assert(!vd_async_on_thread());
}
END_TEST

START_TEST(reads_run_side_by_side)
{
	atomic_store(&is_shut, true);
	read_sectors(0, 2);
	read_sectors(1, 2);
	read_sectors(1, 1);
	wait_for(&n_at_gate, 3);
	ck_assert_uint_eq(atomic_load(&n_told), 0);
}
END_TEST

START_TEST(no_more_threads_run_than_promised)
{
	atomic_store(&is_shut, true);
	for (unsigned i = 0; i < 3 * VD_ASYNC_THREADS; i++)
		read_sectors(0, 1);
	wait_for(&n_at_gate, VD_ASYNC_THREADS);
	for (unsigned i = 0; i < 1000; i++)
		sched_yield();
	ck_assert_uint_eq(atomic_load(&n_at_gate), VD_ASYNC_THREADS);
	atomic_store(&is_shut, false);
	vd_async_wait(&list);
	ck_assert_uint_eq(atomic_load(&n_told), 3 * VD_ASYNC_THREADS);
}
END_TEST

/* The model: what each request must see, as if all were carried out one after the other. */

#define STORM 4000u

struct stormy {
	uint64_t sector, count;
	unsigned char want[8 * SECTOR], got[8 * SECTOR];
	bool is_write;
	unsigned order; /* when it was told, from 1 */
};
static struct stormy *storm;

static void check_stormy(void *data, VixError result)
{
	struct stormy *s = data;

	s->order = atomic_fetch_add(&n_told, 1) + 1;
	if (result != VIX_OK || (!s->is_write && memcmp(s->want, s->got, s->count * SECTOR) != 0))
		atomic_fetch_add(&n_cancelled, 1); /* looked at below */
}

static void brew(struct stormy *s, unsigned char *model)
{
	s->count = 1 + (uint64_t)rand() % 8;
	s->sector = (uint64_t)rand() % (SECTORS - s->count + 1);
	s->is_write = rand() % 2 == 0;
	if (s->is_write) {
		memset(s->got, rand(), s->count * SECTOR);
		memcpy(model + s->sector * SECTOR, s->got, s->count * SECTOR);
	}
	memcpy(s->want, model + s->sector * SECTOR, s->count * SECTOR);
}

static bool do_overlap(const struct stormy *a, const struct stormy *b)
{
	return (a->is_write || b->is_write) && a->sector < b->sector + b->count &&
	       b->sector < a->sector + a->count;
}

static void check_order(void)
{
	for (unsigned i = 0; i < STORM; i++)
		for (unsigned j = i + 1; j < STORM && j < i + 100; j++)
			if (do_overlap(&storm[i], &storm[j]))
				ck_assert_uint_lt(storm[i].order, storm[j].order);
}

START_TEST(requests_that_overlap_keep_their_order)
{
	unsigned char model[sizeof(disk.bytes)];

	srand(4711);
	storm = calloc(STORM, sizeof(*storm));
	ck_assert_ptr_nonnull(storm);
	memcpy(model, disk.bytes, sizeof(model));
	for (unsigned i = 0; i < STORM; i++) {
		struct stormy *s = &storm[i];

		brew(s, model);
		submit(&(struct vd_async_want){
			.sector = s->sector,
			.count = s->count,
			.read_to = s->is_write ? NULL : s->got,
			.write_from = s->is_write ? s->got : NULL,
			.callback = check_stormy,
			.data = s,
		});
	}
	vd_async_wait(&list);
	ck_assert_uint_eq(atomic_load(&n_told), STORM);
	ck_assert_uint_eq(atomic_load(&n_cancelled), 0);
	ck_assert_mem_eq(disk.bytes, model, sizeof(model));
	check_order();
	free(storm);
}
END_TEST

/* The first ones see how many others are accepted before they are done. */
static void *open_gate_when_full(void *unused)
{
	(void)unused;
	wait_for(&n_accepted, VD_ASYNC_MOST);
	for (unsigned i = 0; i < 1000; i++)
		sched_yield();
	unsigned n = atomic_load(&n_accepted);
	atomic_store(&is_shut, false);
	return (void *)(uintptr_t)n;
}

START_TEST(who_has_too_many_under_way_waits)
{
	pthread_t thread;
	void *n;

	atomic_store(&is_shut, true);
	ck_assert_int_eq(pthread_create(&thread, NULL, open_gate_when_full, NULL), 0);
	for (unsigned i = 0; i < VD_ASYNC_MOST + 100; i++)
		read_sectors(0, 1);
	pthread_join(thread, &n);
	ck_assert_uint_eq((uintptr_t)n, VD_ASYNC_MOST);
	vd_async_wait(&list);
	ck_assert_uint_eq(atomic_load(&n_told), VD_ASYNC_MOST + 100);
}
END_TEST

static void submit_another(void *data, VixError result)
{
	count_told(data, result);
	read_sectors(0, 1);
}

START_TEST(a_callback_never_waits_for_room)
{
	atomic_store(&is_shut, true);
	for (unsigned i = 0; i < VD_ASYNC_MOST; i++)
		submit(&(struct vd_async_want){
			.count = 1,
			.read_to = next_buffer(),
			.callback = submit_another,
		});
	atomic_store(&is_shut, false);
	wait_for(&n_told, 2 * VD_ASYNC_MOST);
}
END_TEST

static void submit_forever(void *data, VixError result)
{
	count_told(data, result);
	if (atomic_load(&is_ending))
		return;
	submit(&(struct vd_async_want){
		.count = 1,
		.read_to = next_buffer(),
		.callback = submit_forever,
	});
}

START_TEST(wait_is_for_what_was_accepted_before)
{
	submit_forever(NULL, VIX_OK);
	vd_async_wait(&list);
	ck_assert_uint_ge(atomic_load(&n_told), 2);
}
END_TEST

START_TEST(cancelling_ends_reads_and_carries_writes_out)
{
	static const unsigned char ones[SECTOR] = { 1, 1, 1 };

	atomic_store(&is_shut, true);
	for (unsigned i = 0; i < VD_ASYNC_THREADS; i++)
		read_sectors(i, 1);
	wait_for(&n_at_gate, VD_ASYNC_THREADS);
	write_sectors(20, 1, ones);
	read_sectors(20, 1);
	read_sectors(30, 1);
	vd_async_cancel_reads();
	atomic_store(&is_shut, false);
	vd_async_wait(&list);
	ck_assert_uint_eq(atomic_load(&n_cancelled), 2);
	ck_assert_uint_eq(atomic_load(&n_told), VD_ASYNC_THREADS + 3);
	ck_assert_mem_eq(disk.bytes + 20 * SECTOR, ones, SECTOR);
	vd_async_stop();
	read_sectors(0, 1);
	vd_async_wait(&list);
	ck_assert_uint_eq(atomic_load(&n_cancelled), 2);
}
END_TEST

START_TEST(threads_start_with_requests_and_end_with_stop)
{
	vd_async_wait(&list);
	ck_assert_uint_eq(count_threads("vdisk-async"), 0);
	read_sectors(0, 1);
	vd_async_wait(&list);
	wait_for_threads("vdisk-async", 1);
	vd_async_stop();
	wait_for_threads("vdisk-async", 0);
}
END_TEST

static void use_in_child(void)
{
	vd_async_wait(&list);
	atomic_store(&is_shut, false);
	atomic_store(&n_told, 0);
	if (CHILD_HAS_THREADS)
		read_sectors(3, 1);
	vd_async_wait(&list);
	vd_async_stop();
	_exit(atomic_load(&n_told) == CHILD_HAS_THREADS ? 0 : 1);
}

/* With reads only, which hold the disk's lock shared, as the child inherits it. */
START_TEST(a_child_does_not_wait_for_its_parents_requests)
{
	int status;
	pid_t pid;

	atomic_store(&is_shut, true);
	read_sectors(0, 1);
	read_sectors(1, 1);
	wait_for(&n_at_gate, 2);
	pid = fork();
	ck_assert_int_ge(pid, 0);
	if (pid == 0)
		use_in_child();
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("async");
	TCase *tc = unit_tcase(s, "async");

	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_add_test(tc, a_callback_comes_from_a_thread_of_the_module);
	tcase_add_test(tc, reads_run_side_by_side);
	tcase_add_test(tc, no_more_threads_run_than_promised);
	tcase_add_test(tc, requests_that_overlap_keep_their_order);
	tcase_add_test(tc, who_has_too_many_under_way_waits);
	tcase_add_test(tc, a_callback_never_waits_for_room);
	tcase_add_test(tc, wait_is_for_what_was_accepted_before);
	tcase_add_test(tc, cancelling_ends_reads_and_carries_writes_out);
	tcase_add_test(tc, threads_start_with_requests_and_end_with_stop);
	tcase_add_test(tc, a_child_does_not_wait_for_its_parents_requests);
	return unit_run(s);
}
