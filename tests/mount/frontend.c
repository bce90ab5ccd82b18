/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * libmount/fuse: what users of a mount see.
 */
#include "config.h"

#include "frontfix.h"

#include <dirent.h>
#include <sys/mman.h>
#include <sys/statvfs.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>

#include "cleanup.h"

static bool lists(const char *dir, const char *name)
{
	VU_AUTO(closedir) DIR *d = opendir(dir);
	struct dirent *e;

	ck_assert_ptr_nonnull(d);
	while ((e = readdir(d)) != NULL)
		if (strcmp(e->d_name, name) == 0)
			return true;
	return false;
}

static unsigned count_entries(const char *dir)
{
	VU_AUTO(closedir) DIR *d = opendir(dir);
	unsigned n = 0;

	ck_assert_ptr_nonnull(d);
	while (readdir(d) != NULL)
		n++;
	return n;
}

START_TEST(names_are_bytes)
{
	static char long_name[256], longer_name[766];
	const char *const names[] = { "plain", "with blank", "new\nline", "\xff\xfe", "a\\b",
				      "-rf",   "...",        " ",         long_name,  longer_name };

	memset(long_name, 'x', 255);
	memset(longer_name, 'y', 765); /* NTFS: 255 characters of three bytes */
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		fakeguest_raw(guest, "/", names[i], S_IFREG | 0600);
	mount_guest();
	ck_assert_uint_eq(count_entries(point), sizeof(names) / sizeof(names[0]) + 2);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct stat st;

		ck_assert(lists(point, names[i]));
		ck_assert_int_eq(lstat(in_mount(names[i]), &st), 0);
	}
}
END_TEST

START_TEST(impossible_names_are_not_shown)
{
	static char too_long[1026];
	static const char *const names[] = { ".", "..", "", "a/b", "/etc", too_long };

	memset(too_long, 'z', sizeof(too_long) - 1);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		fakeguest_raw(guest, "/", names[i], S_IFREG | 0600);
	fakeguest_raw(guest, "/", "twice", S_IFREG | 0600);
	fakeguest_raw(guest, "/", "twice", S_IFREG | 0644);
	mount_guest();
	ck_assert_uint_eq(count_entries(point), 3);
	ck_assert(lists(point, "twice"));
}
END_TEST

START_TEST(a_listing_can_be_continued_and_begun_again)
{
	VU_AUTO(closedir) DIR *d = NULL;
	struct dirent *e;
	char name[256];
	long at = 0;

	fakeguest_dir(guest, "/d");
	fakeguest_many(guest, "/d", 5000, 0);
	mount_guest();
	d = opendir(in_mount("d"));
	ck_assert_ptr_nonnull(d);
	for (int i = 0; i < 3000; i++)
		ck_assert_ptr_nonnull(readdir(d));
	at = telldir(d);
	e = readdir(d);
	ck_assert_ptr_nonnull(e);
	snprintf(name, sizeof(name), "%s", e->d_name);
	rewinddir(d);
	ck_assert_str_eq(readdir(d)->d_name, ".");
	seekdir(d, at);
	ck_assert_str_eq(readdir(d)->d_name, name);
}
END_TEST

START_TEST(stat_shows_every_field)
{
	struct stat *want = fakeguest_file(guest, "/f", (5LL << 32) + 17), st;

	want->st_mode = S_IFREG | S_ISUID | 0751;
	want->st_uid = 4000000000U;
	want->st_gid = 12345;
	want->st_nlink = 7;
	want->st_ino = (7ULL << 40) + 99;
	want->st_blksize = 65536;
	want->st_blocks = 123456789012LL;
	want->st_atim = (struct timespec){ 1700000000, 123456789 };
	want->st_mtim = (struct timespec){ -5, 999999999 };
	want->st_ctim = (struct timespec){ 5000000000LL, 1 };
	mount_guest();
	ck_assert_int_eq(lstat(in_mount("f"), &st), 0);
	ck_assert_uint_eq(st.st_mode, want->st_mode);
	ck_assert_uint_eq(st.st_uid, want->st_uid);
	ck_assert_uint_eq(st.st_gid, want->st_gid);
	ck_assert_uint_eq(st.st_nlink, 7);
	ck_assert_uint_eq(st.st_ino, want->st_ino);
	ck_assert_int_eq(st.st_size, want->st_size);
	ck_assert_int_eq(st.st_blksize, 65536);
	ck_assert_int_eq(st.st_blocks, want->st_blocks);
	ck_assert_mem_eq(&st.st_atim, &want->st_atim, sizeof(st.st_atim));
	ck_assert_mem_eq(&st.st_mtim, &want->st_mtim, sizeof(st.st_mtim));
	ck_assert_mem_eq(&st.st_ctim, &want->st_ctim, sizeof(st.st_ctim));
}
END_TEST

START_TEST(all_types_are_shown)
{
	static const mode_t types[] = { S_IFIFO, S_IFSOCK, S_IFCHR, S_IFBLK, S_IFDIR, S_IFREG };
	char name[8];
	struct stat st;

	for (unsigned i = 0; i < 6; i++) {
		snprintf(name, sizeof(name), "t%u", i);
		fakeguest_raw(guest, "/", name, types[i] | 0600)->st_rdev = makedev(259, 70000 + i);
	}
	mount_guest();
	for (unsigned i = 0; i < 6; i++) {
		snprintf(name, sizeof(name), "t%u", i);
		ck_assert_int_eq(lstat(in_mount(name), &st), 0);
		ck_assert_uint_eq(st.st_mode & S_IFMT, types[i]);
		if (S_ISCHR(types[i]) || S_ISBLK(types[i]))
			ck_assert_uint_eq(st.st_rdev, makedev(259, 70000 + i));
	}
	ck_assert_int_eq(open(in_mount("t2"), O_RDONLY), -1);
	ck_assert_int_eq(errno, EACCES); /* nodev */
}
END_TEST

START_TEST(owners_and_modes_can_be_given)
{
	struct stat st;

	fakeguest_text(guest, "/f", "x")->st_mode = S_IFREG | 04600;
	fakeguest_link(guest, "/l", "f");
	mount_with("uid=11,gid=22,umask=027", VIXMNTAPI_SYMLINKS_GUEST);
	ck_assert_int_eq(lstat(in_mount("f"), &st), 0);
	ck_assert_uint_eq(st.st_uid, 11);
	ck_assert_uint_eq(st.st_gid, 22);
	ck_assert_uint_eq(st.st_mode, S_IFREG | 0750);
	ck_assert_int_eq(lstat(in_mount("l"), &st), 0);
	ck_assert_uint_eq(st.st_mode, S_IFLNK | 0777);
	ck_assert_int_eq(lstat(point, &st), 0);
	ck_assert_uint_eq(st.st_mode, S_IFDIR | 0750);
}
END_TEST

START_TEST(what_is_not_there_is_not_found)
{
	struct stat st;

	fakeguest_dir(guest, "/d");
	fakeguest_text(guest, "/f", "x");
	mount_guest();
	ck_assert_int_eq(lstat(in_mount("x"), &st), -1);
	ck_assert_int_eq(errno, ENOENT);
	ck_assert_int_eq(lstat(in_mount("d/x"), &st), -1);
	ck_assert_int_eq(errno, ENOENT);
	ck_assert_int_eq(lstat(in_mount("f/x"), &st), -1);
	ck_assert_int_eq(errno, ENOTDIR);
}
END_TEST

/* Reads [off, off + len) of a file of fakeguest_byte() and compares; wants @got bytes. */
static void check_read(int fd, uint64_t ino, uint64_t off, size_t len, ssize_t got)
{
	VU_AUTO(free) unsigned char *buf = malloc(len);
	ssize_t n = pread(fd, buf, len, (off_t)off), i = 0;

	ck_assert_int_eq(n, got);
	while (i < n && buf[i] == fakeguest_byte(ino, off + (uint64_t)i))
		i++;
	ck_assert_int_eq(i, n);
}

static void check_file(const char *name, uint64_t ino, uint64_t size)
{
	VU_AUTO(close) int fd = open(in_mount(name), O_RDONLY | O_CLOEXEC);

	ck_assert_int_ge(fd, 0);
	check_read(fd, ino, size - 1, 10, 1);
	check_read(fd, ino, size, 10, 0);
	check_read(fd, ino, size + 100000, 10, 0);
	check_read(fd, ino, size / 2, 5000,
		   size - size / 2 < 5000 ? (ssize_t)(size - size / 2) : 5000);
	for (uint64_t off = 0; off < size; off += 200001)
		check_read(fd, ino, off, 200001,
			   size - off < 200001 ? (ssize_t)(size - off) : 200001);
	posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
	check_read(fd, ino, 0, size + 1, (ssize_t)size);
}

START_TEST(files_of_all_sizes_are_read)
{
	static const uint64_t sizes[] = { 1,       4095,    4096,    4097,    131072, 1000003,
					  2097151, 2097152, 2097153, 3145728, 7000001 };
	uint64_t inos[11];
	char name[16];

	for (unsigned i = 0; i < 11; i++) {
		snprintf(name, sizeof(name), "/f%u", i);
		inos[i] = fakeguest_file(guest, name, sizes[i])->st_ino;
	}
	mount_guest();
	for (unsigned i = 0; i < 11; i++) {
		snprintf(name, sizeof(name), "f%u", i);
		check_file(name, inos[i], sizes[i]);
	}
}
END_TEST

START_TEST(an_empty_file_needs_no_guest)
{
	fakeguest_file(guest, "/empty", 0);
	mount_guest();
	ck_assert_str_eq(text_of(in_mount("empty")), "");
	ck_assert_uint_eq(guest->n_read, 0);
}
END_TEST

START_TEST(files_can_be_mapped_and_read_around_the_cache)
{
	uint64_t ino = fakeguest_file(guest, "/f", 3000000)->st_ino;
	VU_AUTO(close) int fd = -1;
	unsigned char *map;
	void *block;

	mount_guest();
	fd = open(in_mount("f"), O_RDONLY | O_DIRECT | O_CLOEXEC);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(posix_memalign(&block, 4096, 3 << 20), 0);
	ck_assert_int_eq(pread(fd, block, 3 << 20, 0), 3000000);
	for (unsigned i = 0; i < 3000000; i += 997)
		ck_assert_uint_eq(((unsigned char *)block)[i], fakeguest_byte(ino, i));
	free(block);
	map = mmap(NULL, 3000000, PROT_READ, MAP_PRIVATE, fd, 0);
	ck_assert_ptr_ne(map, MAP_FAILED);
	for (unsigned i = 0; i < 3000000; i += 4999)
		ck_assert_uint_eq(map[i], fakeguest_byte(ino, i));
	munmap(map, 3000000);
}
END_TEST

START_TEST(nothing_can_be_changed)
{
	fakeguest_dir(guest, "/d");
	fakeguest_text(guest, "/f", "x");
	mount_guest();
	for (int again = 0; again < 2; again++) {
		ck_assert_int_eq(open(in_mount("new"), O_CREAT | O_WRONLY, 0600), -1);
		ck_assert_int_eq(errno, EROFS);
		ck_assert_int_eq(mkdir(in_mount("new"), 0700), -1);
		ck_assert_int_eq(errno, EROFS);
		ck_assert_int_eq(unlink(in_mount("f")), -1);
		ck_assert_int_eq(errno, EROFS);
		ck_assert_int_eq(rmdir(in_mount("d")), -1);
		ck_assert_int_eq(errno, EROFS);
		ck_assert_int_eq(rename(in_mount("f"), in_mount("g")), -1);
		ck_assert_int_eq(errno, EROFS);
		ck_assert_int_eq(symlink("f", in_mount("g")), -1);
		ck_assert_int_eq(errno, EROFS);
		ck_assert_int_eq(link(in_mount("f"), in_mount("g")), -1);
		ck_assert_int_eq(errno, EROFS);
		ck_assert_int_eq(mkfifo(in_mount("g"), 0600), -1);
		ck_assert_int_eq(errno, EROFS);
		ck_assert_int_eq(chmod(in_mount("f"), 0600), -1);
		ck_assert_int_eq(errno, EROFS);
		ck_assert_int_eq(truncate(in_mount("f"), 0), -1);
		ck_assert_int_eq(errno, EROFS);
		ck_assert_int_eq(setxattr(in_mount("f"), "user.x", "1", 1, 0), -1);
		ck_assert_int_eq(errno, EROFS);
		/* root can make the kernel ask */
		if (mount(NULL, point, NULL, MS_REMOUNT, NULL) < 0)
			break;
	}
	ck_assert_str_eq(text_of(in_mount("f")), "x");
}
END_TEST

START_TEST(the_file_system_tells_its_size)
{
	struct statvfs sv;

	mount_guest();
	ck_assert_int_eq(statvfs(point, &sv), 0);
	ck_assert_uint_eq(sv.f_frsize, 1024);
	ck_assert_uint_eq(sv.f_blocks, 10000);
	ck_assert_uint_eq(sv.f_bfree, 4000);
	ck_assert_uint_eq(sv.f_bavail, 3000);
	ck_assert_uint_eq(sv.f_files, 500);
	ck_assert_uint_eq(sv.f_flag & (ST_RDONLY | ST_NOSUID | ST_NODEV | ST_NOEXEC),
			  ST_RDONLY | ST_NOSUID | ST_NODEV | ST_NOEXEC);
}
END_TEST

START_TEST(the_mount_table_tells_what_it_is)
{
	struct vmnt_frontend_volume v;
	struct vmnt_frontend_config cfg = front_config(&v);

	cfg.source = "a,b\\c d,suid";
	ck_assert_uint_eq(vmnt_frontend_start(&cfg, &fe), VIX_OK);
	ck_assert_msg(strstr(mount_line(), " ro,nosuid,nodev,noexec") != NULL, "%s", mount_line());
	ck_assert_msg(strstr(mount_line(), " - fuse.vdisk a,b\\134c\\040d,suid ro,") != NULL, "%s",
		      mount_line());
}
END_TEST

START_TEST(several_volumes_are_directories_of_one_mount)
{
	struct fakeguest *second = fakeguest_new();
	struct vmnt_frontend_volume v[] = { { "one", &guest->ops, guest },
					    { "two", &second->ops, second } };
	struct vmnt_frontend_config cfg = { .dir = point, .volumes = v, .n = 2 };
	struct stat a, b;
	char target[64];

	fakeguest_text(guest, "/f", "first");
	fakeguest_text(second, "/f", "second");
	fakeguest_link(guest, "/l", "../two/f");
	fakeguest_link(second, "/l", "/f");
	ck_assert_uint_eq(vmnt_frontend_start(&cfg, &fe), VIX_OK);
	ck_assert_uint_eq(count_entries(point), 4);
	ck_assert_str_eq(text_of(in_mount("one/f")), "first");
	ck_assert_str_eq(text_of(in_mount("two/f")), "second");
	ck_assert_str_eq(text_of(in_mount("two/l")), "second");
	ck_assert_int_eq(stat(in_mount("one/f"), &a), 0);
	ck_assert_int_eq(stat(in_mount("two/f"), &b), 0);
	ck_assert_uint_ne(a.st_ino, b.st_ino);
	ck_assert_uint_eq(a.st_dev, b.st_dev);
	ck_assert_int_gt(readlink(in_mount("one/l"), target, sizeof(target)), 0);
	ck_assert_int_eq(stat(in_mount("one/l"), &a), -1); /* one has no "two" */
	ck_assert_int_eq(errno, ENOENT);
	unmount_guest();
	fakeguest_free(second);
}
END_TEST

START_TEST(subvolumes_have_inode_numbers_of_their_own)
{
	struct stat a, b, c;

	fakeguest_text(guest, "/a", "x")->st_ino = 257;
	fakeguest_text(guest, "/b", "x")->st_ino = 257;
	fakeguest_text(guest, "/c", "y")->st_ino = 257;
	fakeguest_raw(guest, "/", "d", S_IFREG | 0600)->st_dev = 77;
	fakeguest_text(guest, "/e", "y")->st_ino = 0;
	mount_guest();
	ck_assert_int_eq(stat(in_mount("a"), &a), 0);
	ck_assert_int_eq(stat(in_mount("b"), &b), 0);
	ck_assert_uint_eq(a.st_ino, b.st_ino); /* a hard link */
	ck_assert_int_eq(stat(in_mount("d"), &c), 0);
	ck_assert_uint_ne(a.st_ino, c.st_ino);
	ck_assert_int_eq(stat(in_mount("e"), &c), 0);
	ck_assert_uint_ne(c.st_ino, 0);
}
END_TEST

START_TEST(a_failure_is_for_one_caller)
{
	fakeguest_text(guest, "/bad", "content");
	fakeguest_text(guest, "/good", "content");
	fakeguest_dir(guest, "/d");
	fakeguest_text(guest, "/d/f", "below");
	mount_guest();
	fakeguest_fail(guest, "/bad", -EIO, 1000); /* the kernel tries again */
	ck_assert_str_eq(text_of(in_mount("bad")), "");
	ck_assert_int_eq(errno, EIO);
	ck_assert_str_eq(text_of(in_mount("good")), "content");
	fakeguest_fail(guest, "/bad", 0, 0);
	ck_assert_str_eq(text_of(in_mount("bad")), "content");
	fakeguest_fail(guest, "/d", -ENOMEM, 1);
	ck_assert_str_eq(text_of(in_mount("d/f")), "");
	ck_assert_int_eq(errno, ENOMEM);
	ck_assert_str_eq(text_of(in_mount("d/f")), "below");
}
END_TEST

START_TEST(a_file_is_never_cut_short_in_silence)
{
	fakeguest_file(guest, "/small", 100000);
	fakeguest_truncate(guest, "/small", 99999);
	fakeguest_file(guest, "/big", 5000000);
	fakeguest_truncate(guest, "/big", 4999999);
	mount_guest();
	ck_assert_str_eq(text_of(in_mount("small")), "");
	ck_assert_int_eq(errno, EIO);
	ck_assert_int_eq(truncate(in_mount("big"), 0), -1);
	VU_AUTO(close) int fd = open(in_mount("big"), O_RDONLY | O_CLOEXEC);
	char buf[100];

	ck_assert_int_eq(pread(fd, buf, 100, 4999950), -1);
	ck_assert_int_eq(errno, EIO);
	ck_assert_int_eq(pread(fd, buf, 100, 0), 100);
}
END_TEST

START_TEST(attributes_are_shown)
{
	char buf[256];

	fakeguest_text(guest, "/f", "x");
	fakeguest_text(guest, "/none", "x");
	fakeguest_xattr(guest, "/f", "user.colour", "blue");
	fakeguest_xattr(guest, "/f", "user.size", "17");
	mount_guest();
	ck_assert_int_eq(getxattr(in_mount("f"), "user.colour", buf, sizeof(buf)), 4);
	ck_assert_mem_eq(buf, "blue", 4);
	ck_assert_int_eq(getxattr(in_mount("f"), "user.colour", NULL, 0), 4);
	ck_assert_int_eq(getxattr(in_mount("f"), "user.colour", buf, 3), -1);
	ck_assert_int_eq(errno, ERANGE);
	ck_assert_int_eq(getxattr(in_mount("f"), "user.x", buf, sizeof(buf)), -1);
	ck_assert_int_eq(errno, ENODATA);
	ck_assert_int_eq(listxattr(in_mount("f"), buf, sizeof(buf)), 22);
	ck_assert_mem_eq(buf, "user.colour\0user.size\0", 22);
	ck_assert_int_eq(listxattr(in_mount("none"), buf, sizeof(buf)), 0);
	ck_assert_int_eq(getxattr(in_mount("none"), "user.x", buf, sizeof(buf)), -1);
	ck_assert_int_eq(errno, ENODATA);
}
END_TEST

int main(void)
{
	Suite *s;
	TCase *tc;

	if (!front_main())
		return EXIT_SUCCESS;
	s = suite_create("frontend");
	tc = unit_tcase(s, "frontend");
	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, front_setup, front_teardown);
	tcase_add_test(tc, names_are_bytes);
	tcase_add_test(tc, impossible_names_are_not_shown);
	tcase_add_test(tc, a_listing_can_be_continued_and_begun_again);
	tcase_add_test(tc, stat_shows_every_field);
	tcase_add_test(tc, all_types_are_shown);
	tcase_add_test(tc, owners_and_modes_can_be_given);
	tcase_add_test(tc, what_is_not_there_is_not_found);
	tcase_add_test(tc, files_of_all_sizes_are_read);
	tcase_add_test(tc, an_empty_file_needs_no_guest);
	tcase_add_test(tc, files_can_be_mapped_and_read_around_the_cache);
	tcase_add_test(tc, nothing_can_be_changed);
	tcase_add_test(tc, the_file_system_tells_its_size);
	tcase_add_test(tc, the_mount_table_tells_what_it_is);
	tcase_add_test(tc, several_volumes_are_directories_of_one_mount);
	tcase_add_test(tc, subvolumes_have_inode_numbers_of_their_own);
	tcase_add_test(tc, a_failure_is_for_one_caller);
	tcase_add_test(tc, a_file_is_never_cut_short_in_silence);
	tcase_add_test(tc, attributes_are_shown);
	return unit_run(s);
}
