/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * libvdisk/store/store.c and libvdisk/store/local.c.
 */
#include "config.h"

#include "unit.h"

#include <errno.h>
#include <sys/resource.h>
#include <sys/syscall.h>

#include "../../libvdisk/store/store.h"
#include "alloc.h"
#include "cleanup.h"
#include "said.h"
#include "memstore.h"
#include "tmpdir.h"

#define BIG (1u << 20)

static int openat2_errno; /* of every openat2(); 0: it works */

long __real_syscall(long number, ...);
long __wrap_syscall(long number, long a, long b, long c, long d);

long __wrap_syscall(long number, long a, long b, long c, long d)
{
	if (number == SYS_openat2 && openat2_errno != 0) {
		errno = openat2_errno;
		return -1;
	}
	return __real_syscall(number, a, b, c, d);
}

static char *path;

static void setup(void)
{
	tmpdir_make();
	path = strdup(in_tmpdir("file"));
	said_start();
}

static void teardown(void)
{
	said_stop();
	free(path);
	tmpdir_remove();
}

static unsigned char byte_at(uint64_t off)
{
	return (unsigned char)(off * 7 + off / 251);
}

static void make_file(size_t len)
{
	unsigned char *bytes = malloc(len);

	for (size_t i = 0; i < len; i++)
		bytes[i] = byte_at(i);
	put_file(path, bytes, len);
	free(bytes);
}

static struct vd_store *open_ok(unsigned mode)
{
	struct vd_store *st;

	ck_assert_uint_eq(vd_store_open(&vd_store_local, path, mode, &st), VIX_OK);
	return st;
}

static void expect_open_error(const char *name, unsigned mode, VixError code)
{
	struct vd_store *st = (void *)1;

	ck_assert_uint_eq(vd_store_open(&vd_store_local, name, mode, &st), code);
	ck_assert_ptr_null(st);
}

static void expect_bytes(struct vd_store *st, void *buf, uint64_t off, size_t len)
{
	const unsigned char *got = buf;
	size_t i = 0;

	ck_assert_uint_eq(vd_store_pread(st, buf, len, off), VIX_OK);
	while (i < len && got[i] == byte_at(off + i))
		i++;
	ck_assert_uint_eq(i, len);
}

START_TEST(open_tells_the_size_and_the_path)
{
	make_file(1234);
	struct vd_store *st = open_ok(0);

	ck_assert_uint_eq(st->size, 1234);
	ck_assert_str_eq(st->path, path);
	vd_store_close(st);
}
END_TEST

START_TEST(open_says_what_is_missing)
{
	expect_open_error(path, 0, VIX_E_FILE_NOT_FOUND);
	expect_open_error("/dev/null/disk.vmdk", 0, VIX_E_FILE_NOT_FOUND);
}
END_TEST

START_TEST(open_refuses_what_is_no_file)
{
	expect_open_error(tmpdir, 0, VIX_E_INCORRECT_FILE_TYPE);
	expect_open_error("/dev/null", VD_STORE_DEVICE, VIX_E_INCORRECT_FILE_TYPE);
}
END_TEST

START_TEST(open_does_not_wait_for_a_fifo)
{
	ck_assert_int_eq(mkfifo(path, 0600), 0);
	expect_open_error(path, 0, VIX_E_INCORRECT_FILE_TYPE);
	expect_open_error(path, VD_STORE_WRITE | VD_STORE_DEVICE, VIX_E_INCORRECT_FILE_TYPE);
}
END_TEST

START_TEST(open_says_what_is_forbidden)
{
	make_file(1);
	chmod(path, 0);
	if (geteuid() != 0) /* root may read everything */
		expect_open_error(path, 0, VIX_E_FILE_ACCESS_ERROR);
	else
		vd_store_close(open_ok(0));
}
END_TEST

START_TEST(open_leaves_a_missing_file_to_the_caller_when_told_to)
{
	expect_open_error(path, VD_STORE_MAY_BE_ABSENT, VIX_E_FILE_NOT_FOUND);
	ck_assert_str_eq(said_text, "");
	expect_open_error(path, 0, VIX_E_FILE_NOT_FOUND);
	ck_assert(said(path));
}
END_TEST

START_TEST(id_is_that_of_the_file_and_not_of_its_name)
{
	const char *other = in_tmpdir("other"), *same = in_tmpdir("same");
	struct vd_store *a, *b, *c;

	make_file(10);
	put_text(other, "other");
	ck_assert_int_eq(link(path, same), 0);
	a = open_ok(0);
	ck_assert_uint_eq(vd_store_open(&vd_store_local, same, 0, &b), VIX_OK);
	ck_assert_uint_eq(vd_store_open(&vd_store_local, other, 0, &c), VIX_OK);
	ck_assert(vd_file_id_equal(&a->id, &b->id));
	ck_assert(!vd_file_id_equal(&a->id, &c->id));
	ck_assert(!vd_file_id_equal(&(struct vd_file_id){ 0 }, &(struct vd_file_id){ 0 }));
	vd_store_close(a);
	vd_store_close(b);
	vd_store_close(c);
}
END_TEST

/* Opens @name of the directory sub, in which it must stay. */
static VixError open_inside(const char *name)
{
	VU_AUTO(free) char *whole = vu_asprintf("%s/sub/%s", tmpdir, name);
	struct vd_store *st;
	VixError err = vd_store_open_inside(&vd_store_local, whole, strlen(tmpdir) + 5, 0, &st);

	vd_store_close(st);
	return err;
}

static void make_sub(void)
{
	make_file(10);
	ck_assert_int_eq(mkdir(in_tmpdir("sub"), 0700), 0);
	ck_assert_int_eq(mkdir(in_tmpdir("sub/deep"), 0700), 0);
	put_text(in_tmpdir("sub/inside"), "x");
	put_text(in_tmpdir("sub/deep/inside"), "x");
	ck_assert_int_eq(symlink("inside", in_tmpdir("sub/to-inside")), 0);
	ck_assert_int_eq(symlink("../file", in_tmpdir("sub/way-out")), 0);
	ck_assert_int_eq(symlink("..", in_tmpdir("sub/up")), 0);
	ck_assert_int_eq(symlink(path, in_tmpdir("sub/far")), 0);
	ck_assert_int_eq(symlink("loop", in_tmpdir("sub/loop")), 0);
}

static void expect_only_inside(void)
{
	ck_assert_uint_eq(open_inside("inside"), VIX_OK);
	ck_assert_uint_eq(open_inside("deep//./inside"), VIX_OK);
	ck_assert_uint_eq(open_inside("gone"), VIX_E_FILE_NOT_FOUND);
	ck_assert_uint_eq(open_inside("gone/inside"), VIX_E_FILE_NOT_FOUND);
	ck_assert_uint_eq(open_inside("inside/x"), VIX_E_FILE_NOT_FOUND);
	ck_assert_uint_eq(open_inside("deep"), VIX_E_INCORRECT_FILE_TYPE);
	ck_assert_uint_eq(open_inside("../file"), VIX_E_FILE_ACCESS_ERROR);
	ck_assert_uint_eq(open_inside("way-out"), VIX_E_FILE_ACCESS_ERROR);
	ck_assert_uint_eq(open_inside("up/file"), VIX_E_FILE_ACCESS_ERROR);
	ck_assert_uint_eq(open_inside("far"), VIX_E_FILE_ACCESS_ERROR);
	ck_assert_uint_eq(open_inside("loop"), VIX_E_FILE_ACCESS_ERROR);
	ck_assert(said("far: it leads outside of its directory"));
}

START_TEST(open_inside_follows_links_that_stay_inside)
{
	make_sub();
	expect_only_inside();
	ck_assert_uint_eq(open_inside("to-inside"), VIX_OK);
}
END_TEST

START_TEST(open_inside_follows_no_link_where_the_kernel_cannot_check)
{
	make_sub();
	openat2_errno = ENOSYS;
	expect_only_inside();
	ck_assert_uint_eq(open_inside("to-inside"), VIX_E_FILE_ACCESS_ERROR);
	openat2_errno = EPERM;
	expect_only_inside();
	openat2_errno = 0;
}
END_TEST

START_TEST(open_inside_survives_renames_but_not_for_ever)
{
	make_sub();
	openat2_errno = EAGAIN;
	ck_assert_uint_eq(open_inside("inside"), VIX_E_OBJECT_IS_BUSY);
	openat2_errno = 0;
}
END_TEST

/* Fewer files may be open than there are: 24, of which the test program has some. */
#define MANY 40

static void limit_files(rlim_t n)
{
	struct rlimit limit;

	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
	limit.rlim_cur = n;
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
}

static void open_many(struct vd_store *st[MANY])
{
	for (int i = 0; i < MANY; i++) {
		VU_AUTO(free) char *name = vu_asprintf("%s/%d", tmpdir, i);

		put_text(name, name);
		ck_assert_uint_eq(vd_store_open(&vd_store_local, name, 0, &st[i]), VIX_OK);
	}
}

static void close_many(struct vd_store *st[MANY])
{
	for (int i = 0; i < MANY; i++)
		vd_store_close(st[i]);
}

static VixError read_one(struct vd_store *st)
{
	char buf[256];
	VixError err = vd_store_pread(st, buf, st->size, 0);

	if (err == VIX_OK)
		ck_assert_mem_eq(buf, st->path, st->size);
	return err;
}

START_TEST(more_files_than_may_be_open_are_read)
{
	struct vd_store *st[MANY];

	limit_files(24);
	open_many(st);
	for (int i = 0; i < 3 * MANY; i++)
		ck_assert_uint_eq(read_one(st[i * 7 % MANY]), VIX_OK);
	close_many(st);
	ck_assert(said_nothing());
}
END_TEST

START_TEST(a_file_that_is_opened_again_is_the_same_one)
{
	struct vd_store *st[MANY];

	limit_files(24);
	open_many(st);
	for (int i = 0; i < MANY; i++)
		ck_assert_uint_eq(read_one(st[i]), VIX_OK);
	put_text(in_tmpdir("other"), st[20]->path);
	ck_assert_int_eq(rename(in_tmpdir("other"), st[20]->path), 0);
	ck_assert_uint_eq(read_one(st[20]), VIX_E_FILE_ERROR);
	ck_assert(said("another file took its place"));
	close_many(st);
}
END_TEST

START_TEST(too_many_open_files_is_said_with_the_limit)
{
	int fds[64], n = 0;

	make_file(10);
	limit_files(24);
	while ((fds[n] = dup(0)) >= 0)
		n++;
	expect_open_error(path, 0, VIX_E_DISK_TOOMANYOPENFILES);
	ck_assert(said("this process may have 24 (ulimit -n"));
	while (n > 0)
		close(fds[--n]);
	ck_assert_int_eq(n, 0);
}
END_TEST

START_TEST(pread_gives_exactly_the_range)
{
	char buf[1000];

	make_file(10000);
	struct vd_store *st = open_ok(0);
	expect_bytes(st, buf, 0, 1000);
	expect_bytes(st, buf, 9123, 877);
	vd_store_close(st);
}
END_TEST

START_TEST(pread_refuses_what_is_not_inside)
{
	char buf[16];

	make_file(100);
	struct vd_store *st = open_ok(0);
	ck_assert_uint_eq(vd_store_pread(st, buf, 16, 85), VIX_E_FILE_ERROR);
	ck_assert_uint_eq(vd_store_pread(st, buf, 16, UINT64_MAX - 4), VIX_E_FILE_ERROR);
	ck_assert_uint_eq(vd_store_pread(st, buf, 0, 100), VIX_OK);
	vd_store_close(st);
}
END_TEST

START_TEST(pread_fails_when_the_file_shrank)
{
	char buf[100];

	make_file(10000);
	struct vd_store *st = open_ok(0);
	ck_assert_int_eq(truncate(path, 5000), 0);
	ck_assert_uint_eq(vd_store_pread(st, buf, 100, 4950), VIX_E_FILE_ERROR);
	expect_bytes(st, buf, 4000, 100);
	vd_store_close(st);
}
END_TEST

START_TEST(pwrite_needs_a_writable_store)
{
	make_file(100);
	struct vd_store *st = open_ok(0);
	ck_assert_uint_eq(vd_store_pwrite(st, "x", 1, 0), VIX_E_FILE_READ_ONLY);
	ck_assert_uint_eq(vd_store_flush(st), VIX_OK);
	vd_store_close(st);
}
END_TEST

static void expect_write_works(unsigned mode)
{
	char *buf = aligned_alloc(4096, 8192);
	struct vd_store *st;

	make_file(20000);
	st = open_ok(VD_STORE_WRITE | mode);
	ck_assert_uint_eq(vd_store_pwrite(st, "hello", 5, 4094), VIX_OK);
	ck_assert_uint_eq(vd_store_pwrite(st, "x", 1, 20000), VIX_E_FILE_ERROR);
	memset(buf, 'a', 8192);
	ck_assert_uint_eq(vd_store_pwrite(st, buf, 4096, 8192), VIX_OK);
	ck_assert_uint_eq(vd_store_flush(st), VIX_OK);
	ck_assert_uint_eq(vd_store_pread(st, buf, 8192, 4096), VIX_OK);
	ck_assert_mem_eq(buf, "llo", 3);
	ck_assert_mem_eq(buf + 4096, "aaaa", 4);
	ck_assert_uint_eq((unsigned char)buf[4095], byte_at(8191));
	vd_store_close(st);
	free(buf);
}

START_TEST(pwrite_changes_exactly_the_range)
{
	expect_write_works(0);
	expect_write_works(VD_STORE_UNBUFFERED);
}
END_TEST

/* Whether or not the file system here does direct I/O: the bytes are the same. */
START_TEST(unbuffered_reads_give_the_same_bytes)
{
	static const struct {
		uint64_t off;
		size_t len;
	} cases[] = {
		{ 0, 4096 }, { 1, 1 },        { 4095, 2 },           { 512, 512 },
		{ 3, BIG },  { 8192, 65536 }, { 2 * BIG + 100, 77 }, { 2 * BIG - 4096, 4096 + 177 },
	};
	char *buf = aligned_alloc(4096, BIG + 4096);

	make_file(2 * BIG + 177);
	struct vd_store *st = open_ok(VD_STORE_UNBUFFERED);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		expect_bytes(st, buf, cases[i].off, cases[i].len);
		expect_bytes(st, buf + 1, cases[i].off, cases[i].len);
	}
	ck_assert_int_eq(truncate(path, BIG), 0);
	ck_assert_uint_eq(vd_store_pread(st, buf + 1, 300, BIG - 100), VIX_E_FILE_ERROR);
	ck_assert_uint_eq(vd_store_pread(st, buf, 4096, BIG), VIX_E_FILE_ERROR);
	vd_store_close(st);
	free(buf);
}
END_TEST

static bool is_refusing; /* O_DIRECT, as some file systems do when it comes to reading */

ssize_t __real_pread(int fd, void *buf, size_t len, off_t off);
ssize_t __wrap_pread(int fd, void *buf, size_t len, off_t off);
ssize_t __wrap_pread(int fd, void *buf, size_t len, off_t off)
{
	if (!is_refusing || !(fcntl(fd, F_GETFL) & O_DIRECT))
		return __real_pread(fd, buf, len, off);
	errno = EINVAL;
	return -1;
}

START_TEST(where_unbuffered_reads_are_refused_the_bytes_come_and_it_is_said_once)
{
	char buf[600];

	make_file(BIG);
	struct vd_store *st = open_ok(VD_STORE_UNBUFFERED);
	is_refusing = true;
	for (uint64_t off = 1; off < 4; off++)
		expect_bytes(st, buf, off, sizeof(buf));
	is_refusing = false;
	/* Said when it was opened or when it was read. */
	ck_assert(said("refuses unbuffered access"));
	ck_assert_ptr_eq(strchr(said_text, '\n'), strrchr(said_text, '\n'));
	vd_store_close(st);
}
END_TEST

struct holes {
	uint64_t next;
	uint64_t data_bytes;
	unsigned calls, max_calls;
};

static bool add_hole(uint64_t off, uint64_t len, bool is_data, void *ctx)
{
	struct holes *h = ctx;

	ck_assert_uint_eq(off, h->next);
	ck_assert_uint_gt(len, 0);
	h->next = off + len;
	h->data_bytes += is_data ? len : 0;
	return ++h->calls != h->max_calls;
}

/* 1 MiB with 4 KiB of data at 512 KiB. */
static struct vd_store *open_with_holes(void)
{
	int fd = open(path, O_CREAT | O_WRONLY, 0600);

	ck_assert_int_eq(ftruncate(fd, BIG), 0);
	ck_assert_int_eq(pwrite(fd, "x", 1, BIG / 2), 1);
	close(fd);
	return open_ok(0);
}

START_TEST(holes_cover_the_range_without_gaps)
{
	struct vd_store *st = open_with_holes();
	struct holes h = { .next = 100 };

	ck_assert_uint_eq(vd_store_holes(st, 100, BIG - 200, add_hole, &h), VIX_OK);
	ck_assert_uint_eq(h.next, BIG - 100);
	ck_assert_uint_ge(h.data_bytes, 1);
	/* Where the file system keeps holes at all, here is one. */
	if (h.calls > 1)
		ck_assert_uint_lt(h.data_bytes, BIG / 2);
	vd_store_close(st);
}
END_TEST

START_TEST(holes_stop_when_asked_to)
{
	struct vd_store *st = open_with_holes();
	struct holes h = { .max_calls = 1 };

	ck_assert_uint_eq(vd_store_holes(st, 0, BIG, add_hole, &h), VIX_OK);
	ck_assert_uint_eq(h.calls, 1);
	vd_store_close(st);
}
END_TEST

START_TEST(holes_fail_when_the_file_shrank)
{
	struct vd_store *st = open_with_holes();
	struct holes h = { 0 };

	ck_assert_int_eq(truncate(path, BIG / 4), 0);
	ck_assert_uint_eq(vd_store_holes(st, 0, BIG, add_hole, &h), VIX_E_FILE_ERROR);
	vd_store_close(st);
}
END_TEST

START_TEST(holes_of_other_stores_are_data)
{
	struct holes h = { .next = 1 };

	memstore_add("m", "12345", 5);
	struct vd_store *st = memstore_open("m");
	ck_assert_uint_eq(vd_store_holes(st, 1, 3, add_hole, &h), VIX_OK);
	ck_assert_uint_eq(h.data_bytes, 3);
	ck_assert_uint_eq(vd_store_holes(st, 3, 3, add_hole, &h), VIX_E_FILE_ERROR);
	vd_store_close(st);
	memstore_reset();
}
END_TEST

int main(void)
{
	Suite *s = suite_create("store-local");
	TCase *tc = unit_tcase(s, "local");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, open_tells_the_size_and_the_path);
	tcase_add_test(tc, open_says_what_is_missing);
	tcase_add_test(tc, open_refuses_what_is_no_file);
	tcase_add_test(tc, open_does_not_wait_for_a_fifo);
	tcase_add_test(tc, open_says_what_is_forbidden);
	tcase_add_test(tc, open_leaves_a_missing_file_to_the_caller_when_told_to);
	tcase_add_test(tc, id_is_that_of_the_file_and_not_of_its_name);
	tcase_add_test(tc, open_inside_follows_links_that_stay_inside);
	tcase_add_test(tc, open_inside_follows_no_link_where_the_kernel_cannot_check);
	tcase_add_test(tc, open_inside_survives_renames_but_not_for_ever);
	tcase_add_test(tc, more_files_than_may_be_open_are_read);
	tcase_add_test(tc, a_file_that_is_opened_again_is_the_same_one);
	tcase_add_test(tc, too_many_open_files_is_said_with_the_limit);
	tcase_add_test(tc, pread_gives_exactly_the_range);
	tcase_add_test(tc, pread_refuses_what_is_not_inside);
	tcase_add_test(tc, pread_fails_when_the_file_shrank);
	tcase_add_test(tc, pwrite_needs_a_writable_store);
	tcase_add_test(tc, pwrite_changes_exactly_the_range);
	tcase_add_test(tc, unbuffered_reads_give_the_same_bytes);
	tcase_add_test(tc, where_unbuffered_reads_are_refused_the_bytes_come_and_it_is_said_once);
	tcase_add_test(tc, holes_cover_the_range_without_gaps);
	tcase_add_test(tc, holes_stop_when_asked_to);
	tcase_add_test(tc, holes_fail_when_the_file_shrank);
	tcase_add_test(tc, holes_of_other_stores_are_data);
	return unit_run(s);
}
