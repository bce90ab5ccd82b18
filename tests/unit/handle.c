/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * common/handle.c.
 */
#include "config.h"

#include "unit.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "handle.h"

static int object, other;

START_TEST(get_returns_the_object_of_a_new_handle)
{
	void *h = vu_handle_new(VU_HANDLE_DISK, &object);

	ck_assert_ptr_nonnull(h);
	ck_assert_ptr_eq(vu_handle_get(h, VU_HANDLE_DISK), &object);
	vu_handle_put(h);
	ck_assert_ptr_eq(vu_handle_retire(h, VU_HANDLE_DISK), &object);
}
END_TEST

START_TEST(get_refuses_another_kind)
{
	void *h = vu_handle_new(VU_HANDLE_DISK, &object);

	ck_assert_ptr_null(vu_handle_get(h, VU_HANDLE_CONNECTION));
	ck_assert_ptr_null(vu_handle_retire(h, VU_HANDLE_VOLUME));
	ck_assert_ptr_eq(vu_handle_retire(h, VU_HANDLE_DISK), &object);
}
END_TEST

START_TEST(get_and_retire_refuse_a_retired_handle)
{
	void *h = vu_handle_new(VU_HANDLE_DISK, &object);

	ck_assert_ptr_eq(vu_handle_retire(h, VU_HANDLE_DISK), &object);
	ck_assert_ptr_null(vu_handle_get(h, VU_HANDLE_DISK));
	ck_assert_ptr_null(vu_handle_retire(h, VU_HANDLE_DISK));
}
END_TEST

START_TEST(a_handle_can_become_one_of_another_kind)
{
	void *h = vu_handle_new(VU_HANDLE_DISK, &object);

	ck_assert_ptr_null(vu_handle_turn(h, VU_HANDLE_VOLUME, VU_HANDLE_ATTACHED_DISK));
	ck_assert_ptr_eq(vu_handle_turn(h, VU_HANDLE_DISK, VU_HANDLE_ATTACHED_DISK), &object);
	ck_assert_ptr_null(vu_handle_get(h, VU_HANDLE_DISK));
	ck_assert_ptr_eq(vu_handle_get(h, VU_HANDLE_ATTACHED_DISK), &object);
	vu_handle_put(h);
	ck_assert_ptr_null(vu_handle_retire(h, VU_HANDLE_DISK));
	ck_assert_ptr_eq(vu_handle_retire(h, VU_HANDLE_ATTACHED_DISK), &object);
	ck_assert_ptr_null(vu_handle_turn(h, VU_HANDLE_DISK, VU_HANDLE_VOLUME));
}
END_TEST

static bool is_refused(const void *p)
{
	for (int kind = 0; kind <= VU_HANDLE_ATTACHED_DISK + 1; kind++)
		if (vu_handle_get(p, (enum vu_handle_kind)kind) != NULL ||
		    vu_handle_retire(p, (enum vu_handle_kind)kind) != NULL)
			return false;
	return true;
}

START_TEST(any_address_may_be_looked_up)
{
	char *h = vu_handle_new(VU_HANDLE_DISK, &object);
	void *freed = malloc(64);
	uintptr_t freed_at = (uintptr_t)freed;
	int accepted = 0;

	free(freed);
	ck_assert(is_refused(NULL));
	ck_assert(is_refused((void *)1));
	ck_assert(is_refused((void *)UINTPTR_MAX));
	ck_assert(is_refused((void *)(UINTPTR_MAX - 63)));
	ck_assert(is_refused((void *)(UINTPTR_MAX / 2)));
	ck_assert(is_refused((void *)freed_at));
	ck_assert(is_refused(&object));
	ck_assert(is_refused(&freed_at));
	/* Before, inside and behind the chunk, at every alignment. */
	for (ptrdiff_t off = -4096; off <= 16384; off++)
		accepted += off != 0 && !is_refused((void *)((uintptr_t)h + (uintptr_t)off));
	ck_assert_int_eq(accepted, 0);
	ck_assert_ptr_eq(vu_handle_retire(h, VU_HANDLE_DISK), &object);
}
END_TEST

START_TEST(lookup_before_the_first_handle_finds_nothing)
{
	ck_assert(is_refused(NULL));
	ck_assert(is_refused(&object));
}
END_TEST

START_TEST(slots_are_reused_last_of_all)
{
	void *first = vu_handle_new(VU_HANDLE_DISK, &object);

	ck_assert_ptr_eq(vu_handle_retire(first, VU_HANDLE_DISK), &object);
	for (int i = 0; i < 63; i++) {
		void *h = vu_handle_new(VU_HANDLE_DISK, &other);

		ck_assert_ptr_ne(h, first);
		ck_assert_ptr_null(vu_handle_get(first, VU_HANDLE_DISK));
		ck_assert_ptr_eq(vu_handle_retire(h, VU_HANDLE_DISK), &other);
	}
	ck_assert_ptr_eq(vu_handle_new(VU_HANDLE_DISK, &other), first);
	ck_assert_ptr_eq(vu_handle_retire(first, VU_HANDLE_DISK), &other);
}
END_TEST

START_TEST(there_may_be_many_handles)
{
	enum { MANY = 20000 };
	static void *handles[MANY];
	static int objects[MANY];
	int failed = 0;

	for (int round = 0; round < 2; round++) {
		for (int i = 0; i < MANY; i++)
			handles[i] = vu_handle_new(VU_HANDLE_VOLUME, &objects[i]);
		for (int i = 0; i < MANY; i++) {
			failed += vu_handle_get(handles[i], VU_HANDLE_VOLUME) != &objects[i];
			vu_handle_put(handles[i]);
		}
		for (int i = 0; i < MANY; i++)
			failed += vu_handle_retire(handles[i], VU_HANDLE_VOLUME) != &objects[i];
	}
	ck_assert_int_eq(failed, 0);
}
END_TEST

static atomic_bool retired;

static void *retire_it(void *h)
{
	void *got = vu_handle_retire(h, VU_HANDLE_DISK);

	atomic_store(&retired, true);
	return got;
}

/* Waits until another thread has begun to retire @h. */
static void wait_until_invalid(void *h)
{
	while (vu_handle_get(h, VU_HANDLE_DISK) != NULL) {
		vu_handle_put(h);
		sched_yield();
	}
}

START_TEST(retire_waits_for_the_last_user)
{
	void *h = vu_handle_new(VU_HANDLE_DISK, &object);
	pthread_t thread;
	void *got;

	ck_assert_ptr_nonnull(vu_handle_get(h, VU_HANDLE_DISK));
	ck_assert_ptr_nonnull(vu_handle_get(h, VU_HANDLE_DISK));
	ck_assert_int_eq(pthread_create(&thread, NULL, retire_it, h), 0);
	wait_until_invalid(h);
	ck_assert(!atomic_load(&retired));
	vu_handle_put(h);
	ck_assert(!atomic_load(&retired));
	vu_handle_put(h);
	pthread_join(thread, &got);
	ck_assert_ptr_eq(got, &object);
}
END_TEST

START_TEST(retire_gives_the_object_to_one_caller_only)
{
	void *h = vu_handle_new(VU_HANDLE_DISK, &object);
	pthread_t threads[4];
	int winners = 0;

	for (int i = 0; i < 4; i++)
		ck_assert_int_eq(pthread_create(&threads[i], NULL, retire_it, h), 0);
	for (int i = 0; i < 4; i++) {
		void *got;

		pthread_join(threads[i], &got);
		winners += got == &object;
	}
	ck_assert_int_eq(winners, 1);
}
END_TEST

static void count(void *handle, void *ctx)
{
	(void)handle;
	++*(int *)ctx;
}

START_TEST(each_visits_the_live_handles_of_a_kind)
{
	void *disks[200];
	void *volume = vu_handle_new(VU_HANDLE_VOLUME, &other);
	int n = 0;

	for (int i = 0; i < 200; i++)
		disks[i] = vu_handle_new(VU_HANDLE_DISK, &object);
	vu_handle_retire(disks[7], VU_HANDLE_DISK);
	vu_handle_each(VU_HANDLE_DISK, count, &n);
	ck_assert_int_eq(n, 199);
	for (int i = 0; i < 200; i++)
		vu_handle_retire(disks[i], VU_HANDLE_DISK);
	n = 0;
	vu_handle_each(VU_HANDLE_DISK, count, &n);
	ck_assert_int_eq(n, 0);
	ck_assert_ptr_eq(vu_handle_retire(volume, VU_HANDLE_VOLUME), &other);
}
END_TEST

static void retire_each(void *handle, void *ctx)
{
	count(handle, ctx);
	ck_assert_ptr_eq(vu_handle_retire(handle, VU_HANDLE_DISK), &object);
}

START_TEST(each_lets_the_handle_be_retired)
{
	int n = 0;

	for (int i = 0; i < 100; i++)
		vu_handle_new(VU_HANDLE_DISK, &object);
	vu_handle_each(VU_HANDLE_DISK, retire_each, &n);
	ck_assert_int_eq(n, 100);
	n = 0;
	vu_handle_each(VU_HANDLE_DISK, count, &n);
	ck_assert_int_eq(n, 0);
}
END_TEST

/*
 * Several threads make, use and retire handles that they find on a shared board.  An object is
 * freed as soon as it is retired, so a use of it after that is seen by the address sanitizer, or
 * by its own mark.
 */
#define THREADS 4
#define BOARD   16
#define ROUNDS  20000

struct thing {
	unsigned mark;
	enum vu_handle_kind kind;
	atomic_uint users;
};

#define ALIVE 0x600dbeefu
#define DEAD  0xdeadbeefu

static void *_Atomic board[BOARD];
static atomic_uint made, gone, used, wrong;

static unsigned next_random(unsigned *state)
{
	*state = *state * 1103515245u + 12345u;
	return *state >> 16;
}

static enum vu_handle_kind some_kind(unsigned random)
{
	return (enum vu_handle_kind)(VU_HANDLE_CONNECTION + random % 4);
}

static void stress_new(unsigned random)
{
	struct thing *t = calloc(1, sizeof(*t));

	t->mark = ALIVE;
	t->kind = some_kind(random);
	atomic_store(&board[random / 4 % BOARD], vu_handle_new(t->kind, t));
	atomic_fetch_add(&made, 1);
}

static void stress_use(void *h, void *kind_of_it)
{
	enum vu_handle_kind kind = *(enum vu_handle_kind *)kind_of_it;
	struct thing *t = vu_handle_get(h, kind);

	if (t == NULL)
		return;
	atomic_fetch_add(&t->users, 1);
	if (t->mark != ALIVE || t->kind != kind)
		atomic_fetch_add(&wrong, 1);
	atomic_fetch_sub(&t->users, 1);
	atomic_fetch_add(&used, 1);
	vu_handle_put(h);
}

static void stress_retire(void *h, void *kind)
{
	struct thing *t = vu_handle_retire(h, *(enum vu_handle_kind *)kind);

	if (t == NULL)
		return;
	if (t->mark != ALIVE || atomic_load(&t->users) != 0)
		atomic_fetch_add(&wrong, 1);
	t->mark = DEAD;
	free(t);
	atomic_fetch_add(&gone, 1);
}

static void *stress(void *seed)
{
	unsigned state = *(unsigned *)seed;

	for (int i = 0; i < ROUNDS; i++) {
		unsigned random = next_random(&state);
		enum vu_handle_kind kind = some_kind(random / 512);
		void *h = atomic_load(&board[random / 2048 % BOARD]);

		if (random % 512 == 0) /* meets handles that are just being made */
			vu_handle_each(kind, stress_use, &kind);
		else if (random % 8 == 1)
			stress_new(next_random(&state));
		else if (random % 8 == 2)
			stress_retire(h, &kind);
		else
			stress_use(h, &kind);
	}
	return NULL;
}

START_TEST(threads_never_meet_a_retired_object)
{
	pthread_t threads[THREADS];
	unsigned seeds[THREADS];

	for (unsigned i = 0; i < THREADS; i++) {
		seeds[i] = i + 1;
		ck_assert_int_eq(pthread_create(&threads[i], NULL, stress, &seeds[i]), 0);
	}
	for (unsigned i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	for (enum vu_handle_kind k = VU_HANDLE_CONNECTION; k <= VU_HANDLE_VOLUME; k++)
		vu_handle_each(k, stress_retire, &k);
	ck_assert_uint_eq(atomic_load(&wrong), 0);
	ck_assert_uint_gt(atomic_load(&used), 0);
	ck_assert_uint_gt(atomic_load(&made), 0);
	ck_assert_uint_eq(atomic_load(&made), atomic_load(&gone));
}
END_TEST

static void *use_until_invalid(void *h)
{
	uintptr_t uses = 0;

	while (vu_handle_get(h, VU_HANDLE_DISK) != NULL) {
		uses++;
		vu_handle_put(h);
	}
	return (void *)uses;
}

START_TEST(retire_wakes_up_among_busy_users)
{
	for (int round = 0; round < 200; round++) {
		void *h = vu_handle_new(VU_HANDLE_DISK, &object);
		pthread_t threads[2];

		for (int i = 0; i < 2; i++)
			ck_assert_int_eq(pthread_create(&threads[i], NULL, use_until_invalid, h),
					 0);
		ck_assert_ptr_eq(vu_handle_retire(h, VU_HANDLE_DISK), &object);
		for (int i = 0; i < 2; i++)
			pthread_join(threads[i], NULL);
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("handle");
	TCase *tc = unit_tcase(s, "handle");

	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, lookup_before_the_first_handle_finds_nothing);
	tcase_add_test(tc, get_returns_the_object_of_a_new_handle);
	tcase_add_test(tc, get_refuses_another_kind);
	tcase_add_test(tc, get_and_retire_refuse_a_retired_handle);
	tcase_add_test(tc, a_handle_can_become_one_of_another_kind);
	tcase_add_test(tc, any_address_may_be_looked_up);
	tcase_add_test(tc, slots_are_reused_last_of_all);
	tcase_add_test(tc, there_may_be_many_handles);
	tcase_add_test(tc, retire_waits_for_the_last_user);
	tcase_add_test(tc, retire_gives_the_object_to_one_caller_only);
	tcase_add_test(tc, each_visits_the_live_handles_of_a_kind);
	tcase_add_test(tc, each_lets_the_handle_be_retired);
	tcase_add_test(tc, threads_never_meet_a_retired_object);
	tcase_add_test(tc, retire_wakes_up_among_busy_users);
	return unit_run(s);
}
