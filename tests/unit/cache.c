/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * libvdisk/format/cache.c.
 */
#include "config.h"

#include "unit.h"

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#include "../../libvdisk/format/cache.h"

#define LIMIT (8u << 20) /* 1 MiB for each of the parts that a cache has inside */
#define LEN   65536u

static struct vd_cache *c;
static uint64_t owner;
static atomic_uint n_fills;
static atomic_uint n_to_fail; /* so many of the next fills fail */

static void setup(void)
{
	c = vd_cache_new(LIMIT);
	owner = vd_cache_new_owner(c);
	n_fills = 0;
	n_to_fail = 0;
}

static void teardown(void)
{
	vd_cache_free(c);
}

static VixError fill(void *ctx, uint64_t index, void *bytes, size_t len)
{
	ck_assert_ptr_eq(ctx, c);
	n_fills++;
	if (n_to_fail > 0) {
		n_to_fail--;
		return VIX_E_FILE_ERROR;
	}
	memset(bytes, (int)(index & 0xff), len);
	return VIX_OK;
}

static struct vd_block *get(uint64_t who, uint64_t index, size_t len)
{
	struct vd_block *b;

	ck_assert_uint_eq(vd_cache_get(c, who, index, len, fill, c, &b), VIX_OK);
	ck_assert_uint_eq(b->len, len);
	ck_assert_uint_eq(b->bytes[0], index & 0xff);
	ck_assert_uint_eq(b->bytes[len - 1], index & 0xff);
	return b;
}

START_TEST(get_fills_a_block_once)
{
	vd_cache_put(get(owner, 1, LEN));
	vd_cache_put(get(owner, 1, LEN));
	ck_assert_uint_eq(n_fills, 1);
	ck_assert_uint_eq(vd_cache_bytes(c), LEN);
}
END_TEST

START_TEST(get_keeps_owners_apart)
{
	uint64_t other = vd_cache_new_owner(c);

	ck_assert_uint_ne(other, owner);
	vd_cache_put(get(owner, 1, LEN));
	vd_cache_put(get(other, 1, LEN));
	ck_assert_uint_eq(n_fills, 2);
}
END_TEST

START_TEST(get_keeps_to_the_limit)
{
	for (uint64_t i = 0; i < 3 * LIMIT / LEN; i++)
		vd_cache_put(get(owner, i, LEN));
	ck_assert_uint_le(vd_cache_bytes(c), LIMIT);
	ck_assert_uint_ge(vd_cache_bytes(c), LIMIT / 2);
}
END_TEST

START_TEST(get_drops_the_least_recently_used)
{
	for (uint64_t i = 0; i < 3 * LIMIT / LEN; i++) {
		vd_cache_put(get(owner, i, LEN));
		vd_cache_put(get(owner, 0, LEN));
	}
	ck_assert_uint_eq(n_fills, 3 * LIMIT / LEN);
	vd_cache_put(get(owner, 1, LEN));
	ck_assert_uint_eq(n_fills, 3 * LIMIT / LEN + 1);
}
END_TEST

START_TEST(get_never_drops_a_block_in_use)
{
	struct vd_block *held[8];

	for (uint64_t i = 0; i < 8; i++)
		held[i] = get(owner, i, LEN);
	for (uint64_t i = 8; i < 3 * LIMIT / LEN; i++)
		vd_cache_put(get(owner, i, LEN));
	for (uint64_t i = 0; i < 8; i++) {
		ck_assert_uint_eq(held[i]->bytes[LEN / 2], i);
		vd_cache_put(held[i]);
	}
}
END_TEST

START_TEST(get_goes_over_the_limit_only_for_blocks_in_use)
{
	enum { N = 2 * LIMIT / LEN };
	static struct vd_block *held[N];

	for (uint64_t i = 0; i < N; i++)
		held[i] = get(owner, i, LEN);
	ck_assert_uint_eq(vd_cache_bytes(c), 2 * LIMIT);
	for (uint64_t i = 0; i < N; i++)
		vd_cache_put(held[i]);
	for (uint64_t i = N; i < 2 * N; i++)
		vd_cache_put(get(owner, i, LEN));
	ck_assert_uint_le(vd_cache_bytes(c), LIMIT);
}
END_TEST

START_TEST(get_does_not_keep_what_is_too_large)
{
	vd_cache_put(get(owner, 1, LIMIT));
	ck_assert_uint_eq(vd_cache_bytes(c), 0);
	vd_cache_put(get(owner, 1, LIMIT));
	ck_assert_uint_eq(n_fills, 2);
}
END_TEST

START_TEST(get_passes_on_a_failure_and_tries_again)
{
	struct vd_block *b;

	n_to_fail = 1;
	ck_assert_uint_eq(vd_cache_get(c, owner, 7, LEN, fill, c, &b), VIX_E_FILE_ERROR);
	ck_assert_ptr_null(b);
	ck_assert_uint_eq(vd_cache_bytes(c), 0);
	vd_cache_put(get(owner, 7, LEN));
	ck_assert_uint_eq(n_fills, 2);
}
END_TEST

START_TEST(find_gives_what_is_there_and_fills_nothing)
{
	struct vd_block *b;

	ck_assert_ptr_null(vd_cache_find(c, owner, 3));
	vd_cache_put(get(owner, 3, LEN));
	b = vd_cache_find(c, owner, 3);
	ck_assert_ptr_nonnull(b);
	ck_assert_uint_eq(b->bytes[LEN - 1], 3);
	vd_cache_put(b);
	ck_assert_uint_eq(n_fills, 1);
}
END_TEST

START_TEST(find_keeps_a_block_from_being_dropped)
{
	struct vd_block *b;

	vd_cache_put(get(owner, 0, LEN));
	b = vd_cache_find(c, owner, 0);
	for (uint64_t i = 1; i < 1000; i++)
		vd_cache_put(get(owner, i, LEN));
	ck_assert_uint_eq(b->bytes[0], 0);
	ck_assert_uint_eq(b->bytes[LEN - 1], 0);
	vd_cache_put(b);
}
END_TEST

START_TEST(blocks_of_other_lengths_take_each_others_place)
{
	for (uint64_t i = 0; i < 1000; i++) {
		vd_cache_put(get(owner, i, i % 3 == 0 ? LEN : LEN / 4));
		ck_assert_uint_le(vd_cache_bytes(c), LIMIT);
	}
}
END_TEST

START_TEST(put_of_nothing_is_fine)
{
	vd_cache_put(NULL);
	vd_cache_free(NULL);
}
END_TEST

#define N_THREADS 4

static pthread_barrier_t together;

/* Every fill waits until the other threads had time to ask for the same block. */
static VixError fill_slowly(void *ctx, uint64_t index, void *bytes, size_t len)
{
	for (int i = 0; i < 1000; i++)
		sched_yield();
	return fill(ctx, index, bytes, len);
}

static void *get_the_same(void *unused)
{
	struct vd_block *b;
	VixError err;

	(void)unused;
	pthread_barrier_wait(&together);
	err = vd_cache_get(c, owner, 5, LEN, fill_slowly, c, &b);
	if (err == VIX_OK && b->bytes[LEN - 1] != 5)
		err = VIX_E_FAIL;
	vd_cache_put(b);
	return err == VIX_OK ? NULL : (void *)1;
}

static unsigned run_threads(void *(*fn)(void *))
{
	pthread_t th[N_THREADS];
	unsigned failed = 0;

	pthread_barrier_init(&together, NULL, N_THREADS);
	for (int i = 0; i < N_THREADS; i++)
		pthread_create(&th[i], NULL, fn, NULL);
	for (int i = 0; i < N_THREADS; i++) {
		void *res;

		pthread_join(th[i], &res);
		failed += res != NULL;
	}
	pthread_barrier_destroy(&together);
	return failed;
}

START_TEST(threads_share_one_fill)
{
	ck_assert_uint_eq(run_threads(get_the_same), 0);
	ck_assert_uint_eq(n_fills, 1);
}
END_TEST

START_TEST(threads_that_waited_for_a_failed_fill_try_it_themselves)
{
	n_to_fail = N_THREADS;
	ck_assert_uint_eq(run_threads(get_the_same), N_THREADS);
	ck_assert_uint_eq(n_fills, N_THREADS);
	ck_assert_uint_eq(vd_cache_bytes(c), 0);
}
END_TEST

static void *get_many(void *unused)
{
	uint64_t bad = 0, x = (uintptr_t)&unused;

	pthread_barrier_wait(&together);
	for (int i = 0; i < 5000; i++) {
		struct vd_block *b;

		x = x * 6364136223846793005u + 1442695040888963407u;
		uint64_t index = (x >> 33) % (2 * LIMIT / LEN);
		if (vd_cache_get(c, owner, index, LEN, fill, c, &b) != VIX_OK ||
		    b->bytes[0] != (index & 0xff) || b->bytes[LEN - 1] != (index & 0xff))
			bad++;
		vd_cache_put(b);
	}
	return bad == 0 ? NULL : (void *)1;
}

START_TEST(threads_always_see_the_right_bytes)
{
	ck_assert_uint_eq(run_threads(get_many), 0);
	ck_assert_uint_le(vd_cache_bytes(c), LIMIT);
}
END_TEST

START_TEST(grants_are_counted_and_a_small_part_of_the_limit)
{
	unsigned n = 0;

	while (vd_cache_grant(c, LEN))
		n++;
	ck_assert_uint_gt(n, 0);
	ck_assert_uint_le(n * LEN, LIMIT / 8);
	vd_cache_give_back(c, LEN);
	ck_assert(!vd_cache_grant(c, LEN + 1));
	ck_assert(vd_cache_grant(c, LEN));
	while (n-- > 0)
		vd_cache_give_back(c, LEN);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("cache");
	TCase *tc = unit_tcase(s, "cache");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, get_fills_a_block_once);
	tcase_add_test(tc, get_keeps_owners_apart);
	tcase_add_test(tc, get_keeps_to_the_limit);
	tcase_add_test(tc, get_drops_the_least_recently_used);
	tcase_add_test(tc, get_never_drops_a_block_in_use);
	tcase_add_test(tc, get_goes_over_the_limit_only_for_blocks_in_use);
	tcase_add_test(tc, get_does_not_keep_what_is_too_large);
	tcase_add_test(tc, get_passes_on_a_failure_and_tries_again);
	tcase_add_test(tc, find_gives_what_is_there_and_fills_nothing);
	tcase_add_test(tc, find_keeps_a_block_from_being_dropped);
	tcase_add_test(tc, blocks_of_other_lengths_take_each_others_place);
	tcase_add_test(tc, put_of_nothing_is_fine);
	tcase_add_test(tc, grants_are_counted_and_a_small_part_of_the_limit);
	tcase_add_test(tc, threads_share_one_fill);
	tcase_add_test(tc, threads_that_waited_for_a_failed_fill_try_it_themselves);
	tcase_add_test(tc, threads_always_see_the_right_bytes);
	return unit_run(s);
}
