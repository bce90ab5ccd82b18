/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * libvdisk/store/datastore.c and -read.c, against a server of the test's own: what is read, and with how
 * many requests. What servers do wrong is in datastore-faults.c, what
 * happens after a fork in datastore-fork.c.
 */
#include "config.h"

#include "unit.h"

#include "datastorefix.h"
#include "threadcount.h"

#define LINE VD_LINE_BYTES

/* Waits for what is fetched ahead.  Return: requests so far. */
static unsigned requests(void)
{
	vd_pool_idle(files->pool);
	return n_asked;
}

START_TEST(opening_takes_one_request_and_the_first_line_comes_with_it)
{
	ck_assert_uint_eq(open_file("[ds] vm/a b.vmdk"), VIX_OK);
	ck_assert_uint_eq(store->size, BIG_BYTES);
	ck_assert_uint_eq(store->mode & VD_STORE_WRITE, 0);
	check_read(0, 1);
	check_read(LINE - 1, 1);
	check_read(0, LINE);
	ck_assert_uint_eq(n_asked, 1);
	ck_assert_str_eq(asked[0].target, "/folder/vm/a%20b.vmdk?dcPath=DC0&dsName=ds");
	ck_assert(said_nothing());
}
END_TEST

START_TEST(files_of_all_sizes_are_read)
{
	static const size_t sizes[] = { 0, 1, LINE - 1, LINE, LINE + 1, 2 * LINE, 3000000 };

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		file_size = sizes[i];
		ck_assert_uint_eq(open_file("[ds] a/b"), VIX_OK);
		ck_assert_uint_eq(store->size, sizes[i]);
		check_read(0, sizes[i]);
		if (sizes[i] != 0)
			check_read(sizes[i] - 1, 1);
		ck_assert_uint_eq(try_read(sizes[i], 1), VIX_E_FILE_ERROR);
	}
}
END_TEST

START_TEST(reads_of_all_kinds_get_the_bytes_of_the_file)
{
	unsigned seed = 7;

	ck_assert_uint_eq(open_file("[ds] a/b"), VIX_OK);
	for (unsigned i = 0; i < 150; i++) {
		size_t len = (size_t)rand_r(&seed) % (i % 10 == 0 ? 6000000 : 200000);
		uint64_t off = (uint64_t)rand_r(&seed) % (BIG_BYTES - len);

		check_read(off, len);
	}
	check_read(0, BIG_BYTES);
	check_read(17, BIG_BYTES - 17);
}
END_TEST

START_TEST(what_was_read_is_remembered)
{
	ck_assert_uint_eq(open_file("[ds] a/b"), VIX_OK);
	check_read(100 * LINE + 5, 100);
	ck_assert_uint_eq(n_asked, 2);
	ck_assert_uint_eq(asked[1].first, 100 * LINE);
	ck_assert_uint_eq(asked[1].count, LINE);
	check_read(100 * LINE, LINE);
	ck_assert_uint_eq(n_asked, 2);
	check_read(101 * LINE - 5, 10);
	ck_assert_uint_eq(n_asked, 3);
	ck_assert_uint_eq(asked[2].first, 101 * LINE);
}
END_TEST

START_TEST(lines_beside_each_other_are_one_request)
{
	ck_assert_uint_eq(open_file("[ds] a/b"), VIX_OK);
	check_read(100 * LINE + 5, 200000);
	ck_assert_uint_eq(n_asked, 2);
	ck_assert_uint_eq(asked[1].first, 100 * LINE);
	ck_assert_uint_eq(asked[1].count, 4 * LINE);
	check_read(98 * LINE, 8 * LINE); /* on both sides of them */
	ck_assert_uint_eq(n_asked, 4);
	ck_assert_uint_eq(asked[2].count + asked[3].count, 4 * LINE);
}
END_TEST

START_TEST(a_long_read_is_a_few_requests_and_not_remembered)
{
	size_t before;

	ck_assert_uint_eq(open_file("[ds] a/b"), VIX_OK);
	before = vd_lines_bytes(files->lines);
	check_read(8u << 20, 8u << 20);
	ck_assert_uint_eq(n_asked, 5);
	for (unsigned i = 1; i <= 4; i++)
		ck_assert_uint_eq(asked[i].count, 2u << 20);
	ck_assert_uint_eq(vd_lines_bytes(files->lines), before);
}
END_TEST

START_TEST(who_reads_in_order_is_read_ahead_of)
{
	ck_assert_uint_eq(open_file("[ds] a/b"), VIX_OK);
	for (uint64_t off = 0; off + LINE <= BIG_BYTES; off += LINE)
		check_read(off, LINE);
	ck_assert_uint_le(requests(), 40); /* of 384 lines */
	ck_assert_uint_le(vd_lines_bytes(files->lines), (size_t)VD_DATASTORE_CACHE_MIB << 20);
}
END_TEST

START_TEST(who_reads_here_and_there_gets_what_he_wants_and_no_more)
{
	unsigned n = 0;

	ck_assert_uint_eq(open_file("[ds] a/b"), VIX_OK);
	for (uint64_t i = 0; i < 40; i++) {
		check_read((i * 149 % 380 + 1) * LINE, 4096);
		n++;
	}
	ck_assert_uint_eq(requests(), 1 + n);
}
END_TEST

START_TEST(memory_is_bounded)
{
	vd_datastores_set_cache(files, 1u << 20);
	ck_assert_uint_eq(open_file("[ds] a/b"), VIX_OK);
	for (uint64_t i = 0; i < 60; i++)
		check_read(i * 149 % 380 * LINE, 10);
	ck_assert_uint_le(vd_lines_bytes(files->lines), 1u << 20);
	for (uint64_t off = 0; off < 8u << 20; off += 10000)
		check_read(off, 10000);
	vd_pool_idle(files->pool);
	check_read(0, 10);
	ck_assert_uint_le(vd_lines_bytes(files->lines), 2u << 20);
	vd_store_close(store);
	store = NULL;
	ck_assert_uint_eq(vd_lines_bytes(files->lines), 0);
}
END_TEST

START_TEST(a_file_is_not_written)
{
	ck_assert_uint_eq(open_with("[ds] a/b", VD_STORE_WRITE), VIX_E_FILE_READ_ONLY);
	ck_assert_uint_eq(open_with("[ds] a/b", VD_STORE_WRITE | VD_STORE_CREATE),
			  VIX_E_FILE_READ_ONLY);
	ck_assert(said("[ds] a/b"));
	ck_assert_uint_eq(n_asked, 0);
	ck_assert_uint_eq(open_file("[ds] a/b"), VIX_OK);
	ck_assert_uint_eq(vd_store_pwrite(store, "x", 1, 0), VIX_E_FILE_READ_ONLY);
}
END_TEST

START_TEST(a_file_is_known_by_its_name_in_every_spelling)
{
	struct vd_store *other;

	ck_assert_uint_eq(open_file("[ds] a/b"), VIX_OK);
	ck_assert_uint_eq(vd_store_open(vd_datastores_ops(files), "[ds]  /a/b", 0, &other), VIX_OK);
	ck_assert(vd_file_id_equal(&store->id, &other->id));
	vd_store_close(other);
	ck_assert_uint_eq(vd_store_open(vd_datastores_ops(files), "[ds2] a/b", 0, &other), VIX_OK);
	ck_assert(!vd_file_id_equal(&store->id, &other->id));
	vd_store_close(other);
}
END_TEST

/* Names that servers decode once or twice. */

START_TEST(a_server_that_decodes_once_is_found_out_once)
{
	only = "/folder/a%2Bb/c?dcPath=DC0&dsName=d%2Bs";
	ck_assert_uint_eq(open_file("[d+s] a+b/c"), VIX_OK);
	ck_assert_uint_eq(n_asked, 2);
	ck_assert_str_eq(asked[0].target, "/folder/a%2Bb/c?dcPath=DC0&dsName=d%252Bs");
	ck_assert_uint_eq(open_file("[d+s] a+b/c"), VIX_OK);
	ck_assert_uint_eq(n_asked, 3);
	check_read(0, 10);
	ck_assert_uint_eq(open_with("[d+s] x/y", VD_STORE_MAY_BE_ABSENT), VIX_E_FILE_NOT_FOUND);
	ck_assert_uint_eq(n_asked, 4);
}
END_TEST

START_TEST(a_server_that_decodes_twice_is_not_asked_in_the_other_way)
{
	only = "/folder/a/c?dcPath=DC0&dsName=d%252Bs";
	ck_assert_uint_eq(open_file("[d+s] a/c"), VIX_OK);
	ck_assert_uint_eq(n_asked, 1);
	ck_assert_uint_eq(open_with("[d+s] x/y", VD_STORE_MAY_BE_ABSENT), VIX_E_FILE_NOT_FOUND);
	ck_assert_uint_eq(n_asked, 2);
	ck_assert_uint_eq(open_with("[ds] x/y", VD_STORE_MAY_BE_ABSENT), VIX_E_FILE_NOT_FOUND);
	ck_assert_uint_eq(n_asked, 3);
}
END_TEST

/* Threads. */

static atomic_uint n_begun;

static void *read_one_line(void *arg)
{
	(void)arg;
	n_begun++;
	check_read(77 * LINE, 100);
	return NULL;
}

START_TEST(readers_of_one_line_share_one_request)
{
	pthread_t threads[6];

	ck_assert_uint_eq(open_file("[ds] a/b"), VIX_OK);
	pthread_mutex_lock(&gate);
	for (unsigned i = 0; i < 6; i++)
		ck_assert_int_eq(pthread_create(&threads[i], NULL, read_one_line, NULL), 0);
	while (n_asked < 2)
		sched_yield();
	while (n_begun < 6) /* those that wait, and those that come later */
		sched_yield();
	pthread_mutex_unlock(&gate);
	for (unsigned i = 0; i < 6; i++)
		pthread_join(threads[i], NULL);
	ck_assert_msg(n_asked == 2, "%u requests: %s", n_asked, said_text);
}
END_TEST

START_TEST(threads_come_with_the_first_use_and_go_with_the_last_file)
{
	ck_assert_uint_eq(open_file("[ds] a/b"), VIX_OK);
	check_read(100 * LINE, 100);
	ck_assert_uint_eq(count_threads("vdisk-https"), 0);
	check_read(0, BIG_BYTES);
	ck_assert_uint_ge(count_threads("vdisk-https"), 1);
	vd_store_close(store);
	store = NULL;
	vd_datastores_free(files);
	files = NULL;
	wait_for_threads("vdisk-https", 0);
}
END_TEST

START_TEST(a_file_is_closed_while_it_is_read_ahead)
{
	for (unsigned i = 0; i < 5; i++) {
		ck_assert_uint_eq(open_file("[ds] a/b"), VIX_OK);
		for (uint64_t off = 0; off < 10 * LINE; off += LINE)
			check_read(off, LINE);
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("datastore");
	TCase *tc = unit_tcase(s, "reading");

	tcase_add_checked_fixture(tc, datastorefix_setup, datastorefix_teardown);
	tcase_add_test(tc, opening_takes_one_request_and_the_first_line_comes_with_it);
	tcase_add_test(tc, files_of_all_sizes_are_read);
	tcase_add_test(tc, reads_of_all_kinds_get_the_bytes_of_the_file);
	tcase_add_test(tc, what_was_read_is_remembered);
	tcase_add_test(tc, lines_beside_each_other_are_one_request);
	tcase_add_test(tc, a_long_read_is_a_few_requests_and_not_remembered);
	tcase_add_test(tc, who_reads_in_order_is_read_ahead_of);
	tcase_add_test(tc, who_reads_here_and_there_gets_what_he_wants_and_no_more);
	tcase_add_test(tc, memory_is_bounded);
	tcase_add_test(tc, a_file_is_not_written);
	tcase_add_test(tc, a_file_is_known_by_its_name_in_every_spelling);
	tcase_add_test(tc, a_server_that_decodes_once_is_found_out_once);
	tcase_add_test(tc, a_server_that_decodes_twice_is_not_asked_in_the_other_way);

	tc = unit_tcase(s, "threads");
	tcase_add_checked_fixture(tc, datastorefix_setup, datastorefix_teardown);
	tcase_add_test(tc, readers_of_one_line_share_one_request);
	tcase_add_test(tc, threads_come_with_the_first_use_and_go_with_the_last_file);
	tcase_add_test(tc, a_file_is_closed_while_it_is_read_ahead);
	return unit_run(s);
}
