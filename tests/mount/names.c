/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * libmount/fuse/names.c, dir.c, node.c: what is remembered, and for how long.
 */
#include "config.h"

#include "../unit/unit.h"
#include "fakeguest.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../../libmount/fuse/names.h"
#include "vixMntapiExt.h"

static struct fakeguest *guest;
static struct vmnt_names *names;

static void setup(void)
{
	guest = fakeguest_new();
}

static void teardown(void)
{
	vmnt_names_free(names);
	names = NULL;
	fakeguest_free(guest);
}

static void make_names(size_t max_entries)
{
	struct vmnt_frontend_volume v = { NULL, &guest->ops, guest };

	ck_assert_int_eq(vmnt_names_new(&v, 1, VIXMNTAPI_SYMLINKS_GUEST, max_entries, &names), 0);
}

static struct vmnt_dir *load(struct vmnt_node *n)
{
	struct vmnt_dir *d = NULL;

	ck_assert_int_eq(vmnt_names_load(names, n, &d), 0);
	return d;
}

/* As the kernel's LOOKUP: one more reference. */
static struct vmnt_node *look_up(struct vmnt_node *parent, const char *name)
{
	struct vmnt_dir *d = load(parent);
	uint32_t at = vmnt_dir_position(d, name);

	ck_assert_str_eq(vmnt_node_name(vmnt_dir_entry(d, at)), name);
	vmnt_names_ref(names, d, at, at + 1);
	vmnt_names_put(names, d);
	return vmnt_dir_entry(d, at);
}

/* @n directories "d0" .. with @files files each. */
static void add_dirs(unsigned n, unsigned files)
{
	char path[16];

	for (unsigned i = 0; i < n; i++) {
		snprintf(path, sizeof(path), "/d%u", i);
		fakeguest_dir(guest, path);
		fakeguest_many(guest, path, files, 0);
	}
}

START_TEST(the_longest_unused_is_dropped_first)
{
	struct vmnt_node *d[4];
	char name[8];

	add_dirs(4, 100);
	make_names(220);
	for (int i = 0; i < 4; i++) {
		snprintf(name, sizeof(name), "d%d", i);
		d[i] = look_up(names->root, name);
	}
	vmnt_names_put(names, load(d[0]));
	vmnt_names_put(names, load(d[1]));
	vmnt_names_put(names, load(d[0]));
	vmnt_names_put(names, load(d[2]));
	ck_assert_ptr_nonnull(d[0]->dir);
	ck_assert_ptr_null(d[1]->dir);
	ck_assert_ptr_nonnull(d[2]->dir);
	ck_assert_uint_le(names->entries, 220);
}
END_TEST

START_TEST(what_the_kernel_refers_to_stays)
{
	struct vmnt_node *d0, *f;

	add_dirs(3, 100);
	make_names(110);
	d0 = look_up(names->root, "d0");
	f = look_up(d0, "f000042");
	ck_assert_ptr_eq(look_up(d0, "f000042"), f);
	vmnt_names_put(names, load(look_up(names->root, "d1")));
	vmnt_names_put(names, load(look_up(names->root, "d2")));
	ck_assert_ptr_nonnull(d0->dir);
	ck_assert_str_eq(vmnt_node_name(f), "f000042");
	vmnt_names_forget(names, f, 1);
	ck_assert_ptr_nonnull(d0->dir);
	vmnt_names_forget(names, f, 1);
	ck_assert_ptr_nonnull(d0->dir); /* room enough: the others are gone */
	vmnt_names_put(names, load(look_up(names->root, "d1")));
	ck_assert_ptr_null(d0->dir);
}
END_TEST

START_TEST(what_is_loaded_below_keeps_what_is_above)
{
	struct vmnt_node *a, *b;
	struct vmnt_dir *d;

	fakeguest_dir(guest, "/a");
	fakeguest_dir(guest, "/a/b");
	fakeguest_dir(guest, "/c");
	fakeguest_many(guest, "/a/b", 10, 0);
	make_names(1);
	a = look_up(names->root, "a");
	b = look_up(a, "b");
	d = load(b);
	vmnt_names_forget(names, b, 1);
	vmnt_names_forget(names, a, 1);
	ck_assert_ptr_nonnull(a->dir);
	ck_assert_ptr_nonnull(names->root->dir);
	vmnt_names_put(names, d);
	ck_assert_ptr_nonnull(a->dir); /* b was used last */
	vmnt_names_put(names, load(look_up(names->root, "c")));
	ck_assert_ptr_null(a->dir); /* b went, and then nothing kept a */
	ck_assert_uint_eq(names->entries, 4);
}
END_TEST

START_TEST(references_of_a_listing_can_be_taken_back)
{
	struct vmnt_dir *d;

	fakeguest_many(guest, "/", 50, 0);
	make_names(1);
	d = load(names->root);
	vmnt_names_ref(names, d, 10, 40);
	vmnt_names_put(names, d);
	ck_assert_ptr_nonnull(names->root->dir);
	for (uint32_t i = 10; i < 39; i++)
		vmnt_names_forget(names, vmnt_dir_entry(d, i), 1);
	ck_assert_ptr_nonnull(names->root->dir);
	ck_assert_uint_eq(d->pins, 1);
	vmnt_names_unref(names, d, 39, 40);
	ck_assert_uint_eq(d->pins, 0);
}
END_TEST

START_TEST(forgetting_too_much_does_no_harm)
{
	struct vmnt_node *f;

	fakeguest_many(guest, "/", 3, 0);
	make_names(100);
	f = look_up(names->root, "f000001");
	vmnt_names_forget(names, f, 1000);
	vmnt_names_forget(names, f, 1);
	vmnt_names_forget(names, names->root, 7);
	ck_assert_uint_eq(f->nlookup, 0);
	ck_assert_uint_eq(names->root->dir->pins, 0);
}
END_TEST

START_TEST(leaves_are_the_victims)
{
	struct vmnt_node *a;
	struct vmnt_victim v;
	int turns = 0;

	fakeguest_dir(guest, "/a");
	fakeguest_dir(guest, "/a/b");
	fakeguest_many(guest, "/a/b", 10, 0);
	fakeguest_dir(guest, "/huge");
	fakeguest_many(guest, "/huge", 30, 0);
	make_names(100);
	a = look_up(names->root, "a");
	look_up(look_up(a, "b"), "f000003");
	look_up(look_up(names->root, "huge"), "f000003");
	while (vmnt_names_next_victim(names, &v) == 0)
		ck_assert_int_lt(turns++, 5);
	ck_assert_str_eq(v.name, "b");
	ck_assert_uint_eq(v.parent, vmnt_names_nodeid(names, a));
	ck_assert_uint_eq(v.n, 11);
	ck_assert_uint_eq(vmnt_names_count_pinned(names), 4);
}
END_TEST

START_TEST(a_directory_larger_than_the_bound_is_kept_while_in_use)
{
	fakeguest_many(guest, "/", 500, 0);
	make_names(10);
	for (int i = 0; i < 5; i++)
		vmnt_names_put(names, load(names->root));
	ck_assert_uint_eq(guest->n_load_dir, 1);
}
END_TEST

struct waiter {
	pthread_t thread;
	int rc;
};

static void *load_root(void *arg)
{
	struct waiter *w = arg;
	struct vmnt_dir *d = NULL;

	w->rc = vmnt_names_load(names, names->root, &d);
	if (d != NULL)
		vmnt_names_put(names, d);
	return NULL;
}

START_TEST(who_waits_for_a_load_shares_its_failure)
{
	struct waiter w[4];

	fakeguest_many(guest, "/", 3, 0);
	make_names(100);
	fakeguest_hang(guest, "/");
	for (int i = 0; i < 4; i++)
		pthread_create(&w[i].thread, NULL, load_root, &w[i]);
	fakeguest_wait_hanging(guest);
	usleep(100000); /* for the others to wait */
	fakeguest_fail(guest, "/", -EIO, 1);
	fakeguest_release(guest);
	for (int i = 0; i < 4; i++) {
		pthread_join(w[i].thread, NULL);
		ck_assert_int_eq(w[i].rc, -EIO);
	}
	ck_assert_uint_eq(guest->n_load_dir, 1);
	vmnt_names_put(names, load(names->root));
	ck_assert_uint_eq(guest->n_load_dir, 2);
}
END_TEST

START_TEST(paths_lead_from_the_guests_root)
{
	char path[PATH_MAX], deep[PATH_MAX] = "";
	struct vmnt_node *n;

	for (int i = 0; i < 2040; i++) {
		strcat(deep, "/x");
		fakeguest_dir(guest, deep);
	}
	make_names(1000000);
	ck_assert_int_eq(vmnt_node_path(names->root, path), 0);
	ck_assert_str_eq(path, "/");
	n = names->root;
	for (int i = 0; i < 2040; i++)
		n = look_up(n, "x");
	ck_assert_int_eq(vmnt_node_path(n, path), 0);
	ck_assert_str_eq(path, deep);
}
END_TEST

START_TEST(a_hundred_thousand_entries_fit_into_32_mib)
{
	size_t bytes;
	struct vmnt_dir *d;

	fakeguest_many(guest, "/", 100000, 12345);
	make_names(200000);
	d = load(names->root);
	bytes = sizeof(*d) + d->block_len + d->n * sizeof(d->order[0]);
	vmnt_names_put(names, d);
	ck_assert_uint_eq(d->n, 100000);
	ck_assert_uint_le(bytes, 16U << 20);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("names");
	TCase *tc = unit_tcase(s, "names");

	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, the_longest_unused_is_dropped_first);
	tcase_add_test(tc, what_the_kernel_refers_to_stays);
	tcase_add_test(tc, what_is_loaded_below_keeps_what_is_above);
	tcase_add_test(tc, references_of_a_listing_can_be_taken_back);
	tcase_add_test(tc, forgetting_too_much_does_no_harm);
	tcase_add_test(tc, leaves_are_the_victims);
	tcase_add_test(tc, a_directory_larger_than_the_bound_is_kept_while_in_use);
	tcase_add_test(tc, who_waits_for_a_load_shares_its_failure);
	tcase_add_test(tc, paths_lead_from_the_guests_root);
	tcase_add_test(tc, a_hundred_thousand_entries_fit_into_32_mib);
	return unit_run(s);
}
