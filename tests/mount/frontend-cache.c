/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * libmount/fuse: how often a guest is asked.
 */
#include "config.h"

#include "frontfix.h"

#include <dirent.h>
#include <fts.h>
#include <sys/xattr.h>

#include "cleanup.h"

#define MIB (1024UL * 1024)

/* Walks all of @dir as find(1) does.  Return: how many names, @dir not counted. */
static unsigned walk(const char *dir)
{
	char *const dirs[] = { (char *)dir, NULL };
	FTS *fts = fts_open(dirs, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
	unsigned n = 0, bad = 0;
	FTSENT *e;

	while ((e = fts_read(fts)) != NULL) {
		n += e->fts_info != FTS_DP && e->fts_level > 0;
		bad += e->fts_info == FTS_ERR || e->fts_info == FTS_DNR || e->fts_info == FTS_NS;
	}
	fts_close(fts);
	ck_assert_uint_eq(bad, 0);
	return n;
}

/* Reads a whole file in pieces of @piece bytes.  Return: its size; UINT64_MAX for wrong content. */
static uint64_t slurp(const char *path, size_t piece, uint64_t ino)
{
	VU_AUTO(close) int fd = open(path, O_RDONLY | O_CLOEXEC);
	VU_AUTO(free) unsigned char *buf = malloc(piece);
	uint64_t off = 0;
	ssize_t n;

	while ((n = read(fd, buf, piece)) > 0) {
		for (ssize_t i = 0; i < n; i++)
			if (ino != 0 && buf[i] != fakeguest_byte(ino, off + (uint64_t)i))
				return UINT64_MAX;
		off += (uint64_t)n;
	}
	return n == 0 ? off : UINT64_MAX;
}

/* @dirs directories of @files files. */
static void make_tree(unsigned dirs, unsigned files, uint64_t size)
{
	char path[32];

	for (unsigned i = 0; i < dirs; i++) {
		snprintf(path, sizeof(path), "/d%u", i);
		fakeguest_dir(guest, path);
		fakeguest_many(guest, path, files, size);
	}
}

START_TEST(a_directory_is_loaded_once)
{
	make_tree(10, 200, 0);
	mount_guest();
	ck_assert_uint_eq(walk(point), 2010);
	ck_assert_uint_eq(guest->n_load_dir, 11);
	ck_assert_uint_eq(fakeguest_calls(guest), 12); /* and the root's attributes */
	ck_assert_uint_eq(walk(point), 2010);
	ck_assert_uint_eq(fakeguest_calls(guest), 12);
}
END_TEST

START_TEST(names_that_are_not_there_cost_one_load)
{
	struct stat st;
	char name[32];

	fakeguest_dir(guest, "/d");
	mount_guest();
	for (int i = 0; i < 100; i++) {
		snprintf(name, sizeof(name), "d/none%d", i % 50);
		ck_assert_int_eq(lstat(in_mount(name), &st), -1);
	}
	ck_assert_uint_eq(guest->n_load_dir, 2);
}
END_TEST

START_TEST(a_small_file_costs_one_call)
{
	uint64_t ino = fakeguest_file(guest, "/f", 2 * MIB)->st_ino;

	mount_guest();
	ck_assert_uint_eq(slurp(in_mount("f"), 4096, ino), 2 * MIB);
	ck_assert_uint_eq(guest->n_read, 1);
	ck_assert_uint_eq(slurp(in_mount("f"), 100000, ino), 2 * MIB);
	ck_assert_uint_eq(guest->n_read, 1);
}
END_TEST

START_TEST(a_big_file_is_read_in_large_chunks)
{
	uint64_t ino = fakeguest_file(guest, "/f", 20 * MIB + 5)->st_ino;

	mount_guest();
	ck_assert_uint_eq(slurp(in_mount("f"), 65536, ino), 20 * MIB + 5);
	ck_assert_uint_eq(guest->n_read, 21);
	ck_assert_uint_eq(guest->bytes_read, 20 * MIB + 5);
	ck_assert_uint_eq(slurp(in_mount("f"), MIB, ino), 20 * MIB + 5);
	ck_assert_uint_eq(guest->n_read, 21);
}
END_TEST

START_TEST(reading_in_order_may_begin_in_the_middle)
{
	VU_AUTO(close) int fd = -1;
	char buf[65536];

	fakeguest_file(guest, "/f", 64 * MIB);
	mount_guest();
	fd = open(in_mount("f"), O_RDONLY | O_CLOEXEC);
	ck_assert_int_eq(lseek(fd, 32 * MIB, SEEK_SET), 32 * MIB);
	for (int i = 0; i < 128; i++)
		ck_assert_int_eq(read(fd, buf, sizeof(buf)), sizeof(buf));
	ck_assert_uint_le(guest->n_read, 16);
}
END_TEST

START_TEST(reads_here_and_there_are_passed_on)
{
	VU_AUTO(close) int fd = -1;
	char buf[4096];

	fakeguest_file(guest, "/f", 1024 * MIB);
	mount_guest();
	fd = open(in_mount("f"), O_RDONLY | O_CLOEXEC);
	for (uint64_t i = 1; i <= 100; i++)
		ck_assert_int_eq(pread(fd, buf, 4096, (off_t)((i * 7919 * 4096) % (1000 * MIB))),
				 4096);
	ck_assert_uint_le(guest->bytes_read, 100 * 65536);
}
END_TEST

START_TEST(files_read_in_order_are_read_once_each)
{
	char name[32];

	guest->latency_us = 1000;
	make_tree(1, 200, 3000);
	mount_guest();
	for (unsigned i = 0; i < 200; i++) {
		snprintf(name, sizeof(name), "d0/f%06u", i);
		ck_assert_uint_eq(slurp(in_mount(name), 65536, 0), 3000);
	}
	ck_assert_uint_eq(guest->n_read, 200);
	ck_assert_uint_eq(guest->bytes_read, 200 * 3000);
}
END_TEST

/* What a thread of the next tests does. */
struct job {
	pthread_t thread;
	unsigned names;
	uint64_t size;
	const char *path;
	uint64_t ino;
};

static void *walk_job(void *arg)
{
	struct job *j = arg;

	j->names = walk(point);
	return NULL;
}

static void *slurp_job(void *arg)
{
	struct job *j = arg;

	j->size = slurp(j->path, 32768, j->ino);
	return NULL;
}

static void run_jobs(struct job *jobs, unsigned n, void *(*fn)(void *))
{
	for (unsigned i = 0; i < n; i++)
		ck_assert_int_eq(pthread_create(&jobs[i].thread, NULL, fn, &jobs[i]), 0);
	for (unsigned i = 0; i < n; i++)
		pthread_join(jobs[i].thread, NULL);
}

START_TEST(walkers_at_the_same_time_share_what_is_loaded)
{
	struct job jobs[6] = { { .names = 0 } };

	guest->latency_us = 2000;
	make_tree(20, 50, 0);
	mount_guest();
	run_jobs(jobs, 6, walk_job);
	for (int i = 0; i < 6; i++)
		ck_assert_uint_eq(jobs[i].names, 1020);
	ck_assert_uint_eq(guest->n_load_dir, 21);
}
END_TEST

START_TEST(readers_at_the_same_time_share_what_is_read)
{
	struct job jobs[4] = { { .names = 0 } };
	uint64_t ino = fakeguest_file(guest, "/f", 8 * MIB)->st_ino;

	guest->latency_us = 5000;
	mount_guest();
	for (int i = 0; i < 4; i++) {
		jobs[i].path = strdup(in_mount("f"));
		jobs[i].ino = ino;
	}
	run_jobs(jobs, 4, slurp_job);
	for (int i = 0; i < 4; i++) {
		ck_assert_uint_eq(jobs[i].size, 8 * MIB);
		free((char *)jobs[i].path);
	}
	ck_assert_uint_le(guest->n_read, 10);
}
END_TEST

static unsigned count_attribute_calls(void)
{
	return guest->n_listxattr + guest->n_getxattr + guest->n_has_xattrs;
}

/* What ls -l, cp -a and tar --xattrs ask. */
static void ask_attributes(unsigned files)
{
	char name[32], buf[256];

	for (unsigned i = 0; i < files; i++) {
		snprintf(name, sizeof(name), "d0/f%06u", i);
		getxattr(in_mount(name), "security.selinux", buf, sizeof(buf));
		getxattr(in_mount(name), "user.x", buf, sizeof(buf));
		ck_assert_int_ge(listxattr(in_mount(name), buf, sizeof(buf)), 0);
	}
}

START_TEST(attributes_that_are_not_there_are_asked_for_once)
{
	make_tree(1, 100, 0);
	mount_guest();
	ask_attributes(100);
	ck_assert_uint_eq(count_attribute_calls(), 100);
	ask_attributes(100);
	ck_assert_uint_eq(count_attribute_calls(), 100);
}
END_TEST

START_TEST(attributes_of_many_files_are_asked_for_at_once)
{
	char buf[64];

	fakeguest_offer_has_xattrs(guest);
	make_tree(1, 1000, 0);
	fakeguest_xattr(guest, "/d0/f000007", "user.x", "seven");
	mount_guest();
	ask_attributes(1000);
	ck_assert_uint_eq(guest->n_has_xattrs, 4);
	ck_assert_uint_eq(count_attribute_calls(), 4 + 3);
	ck_assert_int_eq(getxattr(in_mount("d0/f000007"), "user.x", buf, sizeof(buf)), 5);
	ck_assert_uint_eq(count_attribute_calls(), 4 + 3);
}
END_TEST

START_TEST(a_guest_without_attributes_is_asked_once)
{
	char buf[16];

	guest->no_xattrs = true;
	make_tree(1, 50, 0);
	mount_guest();
	ck_assert_int_eq(getxattr(in_mount("d0"), "user.x", buf, sizeof(buf)), -1);
	ck_assert_int_eq(errno, EOPNOTSUPP);
	for (int i = 0; i < 50; i++)
		ck_assert_int_eq(listxattr(in_mount("d0/f000001"), buf, sizeof(buf)), -1);
	ck_assert_uint_eq(count_attribute_calls(), 1);
}
END_TEST

/* More than may be remembered: what is walked is right, and the guest is asked again later. */
START_TEST(memory_stays_within_its_bound)
{
	struct vmnt_frontend_volume v;
	struct vmnt_frontend_config cfg = front_config(&v);
	unsigned loads = 0;

	make_tree(100, 100, 0);
	cfg.max_entries = 2000;
	ck_assert_uint_eq(vmnt_frontend_start(&cfg, &fe), VIX_OK);
	ck_assert_uint_eq(walk(point), 10100);
	/* The kernel is asked to give up what it has; it does so when it likes. */
	for (int i = 0; i < 50 && loads < 60; i++) {
		usleep(100000);
		loads = guest->n_load_dir;
		ck_assert_uint_eq(walk(point), 10100);
		loads = guest->n_load_dir - loads;
	}
	ck_assert_uint_ge(loads, 60);
}
END_TEST

START_TEST(what_is_open_survives_the_bound)
{
	struct vmnt_frontend_volume v;
	struct vmnt_frontend_config cfg = front_config(&v);
	VU_AUTO(close) int fd = -1;
	char buf[8] = "";

	make_tree(50, 100, 0);
	fakeguest_text(guest, "/d0/open", "content");
	cfg.max_entries = 500;
	ck_assert_uint_eq(vmnt_frontend_start(&cfg, &fe), VIX_OK);
	fd = open(in_mount("d0/open"), O_RDONLY | O_CLOEXEC);
	for (int i = 0; i < 5; i++) {
		ck_assert_uint_eq(walk(point), 5051);
		usleep(100000);
	}
	ck_assert_int_eq(pread(fd, buf, sizeof(buf), 0), 7);
	ck_assert_str_eq(buf, "content");
	ck_assert_str_eq(text_of(in_mount("d0/open")), "content");
}
END_TEST

START_TEST(a_mount_inside_survives_the_bound)
{
	struct vmnt_frontend_volume v;
	struct vmnt_frontend_config cfg = front_config(&v);
	struct stat st;

	make_tree(50, 100, 0);
	fakeguest_dir(guest, "/d0/sub");
	cfg.max_entries = 500;
	ck_assert_uint_eq(vmnt_frontend_start(&cfg, &fe), VIX_OK);
	if (mount("none", in_mount("d0/sub"), "tmpfs", 0, NULL) < 0)
		return; /* not root */
	ck_assert_int_eq(mkdir(in_mount("d0/sub/inside"), 0700), 0);
	for (int i = 0; i < 3; i++) {
		ck_assert_uint_eq(walk(point), 5052);
		usleep(100000);
	}
	ck_assert_int_eq(stat(in_mount("d0/sub/inside"), &st), 0);
	ck_assert_int_eq(umount2(in_mount("d0/sub"), 0), 0);
}
END_TEST

START_TEST(a_hundred_thousand_names_in_one_directory)
{
	fakeguest_dir(guest, "/big");
	fakeguest_many(guest, "/big", 100000, 0);
	mount_guest();
	ck_assert_uint_eq(walk(point), 100001);
	ck_assert_uint_eq(guest->n_load_dir, 2);
	ck_assert_uint_eq(walk(point), 100001);
	ck_assert_uint_eq(guest->n_load_dir, 2);
}
END_TEST

int main(void)
{
	Suite *s;
	TCase *tc;

	if (!front_main())
		return EXIT_SUCCESS;
	s = suite_create("frontend-cache");
	tc = unit_tcase(s, "cache");
	tcase_set_timeout(tc, 120);
	tcase_add_checked_fixture(tc, front_setup, front_teardown);
	tcase_add_test(tc, a_directory_is_loaded_once);
	tcase_add_test(tc, names_that_are_not_there_cost_one_load);
	tcase_add_test(tc, a_small_file_costs_one_call);
	tcase_add_test(tc, a_big_file_is_read_in_large_chunks);
	tcase_add_test(tc, reading_in_order_may_begin_in_the_middle);
	tcase_add_test(tc, reads_here_and_there_are_passed_on);
	tcase_add_test(tc, files_read_in_order_are_read_once_each);
	tcase_add_test(tc, walkers_at_the_same_time_share_what_is_loaded);
	tcase_add_test(tc, readers_at_the_same_time_share_what_is_read);
	tcase_add_test(tc, attributes_that_are_not_there_are_asked_for_once);
	tcase_add_test(tc, attributes_of_many_files_are_asked_for_at_once);
	tcase_add_test(tc, a_guest_without_attributes_is_asked_once);
	tcase_add_test(tc, memory_stays_within_its_bound);
	tcase_add_test(tc, what_is_open_survives_the_bound);
	tcase_add_test(tc, a_mount_inside_survives_the_bound);
	tcase_add_test(tc, a_hundred_thousand_names_in_one_directory);
	return unit_run(s);
}
