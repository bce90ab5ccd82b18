/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * libmount/fuse/symlink.c
 */
#include "config.h"

#include "unit.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "../../libmount/fuse/symlink.h"

struct row {
	const char *target;
	unsigned depth;
	const char *shown;
};

static void check_rows(const struct row *rows, size_t n)
{
	char out[PATH_MAX];

	for (size_t i = 0; i < n; i++) {
		int len = vmnt_symlink_confine(rows[i].target, rows[i].depth, out);

		ck_assert_msg(len >= 0, "\"%s\" at %u", rows[i].target, rows[i].depth);
		ck_assert_msg(strcmp(out, rows[i].shown) == 0, "\"%s\" at %u: \"%s\", not \"%s\"",
			      rows[i].target, rows[i].depth, out, rows[i].shown);
		ck_assert_int_eq(len, (int)strlen(out));
	}
}
#define CHECK_ROWS(rows) check_rows(rows, sizeof(rows) / sizeof((rows)[0]))

START_TEST(safe_targets_stay_as_they_are)
{
	static const struct row rows[] = {
		{ "passwd", 0, "passwd" },
		{ "passwd", 7, "passwd" },
		{ "a/b/c", 0, "a/b/c" },
		{ "../etc/x", 1, "../etc/x" },
		{ "../../etc/x", 2, "../../etc/x" },
		{ ".././../x", 2, ".././../x" },
		{ "./a//b/./c/", 0, "./a//b/./c/" },
		{ "..", 1, ".." },
		{ "../", 1, "../" },
		{ ".", 0, "." },
		{ "", 0, "" },
		{ "...", 0, "..." },
		{ "..a/b..", 0, "..a/b.." },
		{ "a\nb\xff", 0, "a\nb\xff" },
	};

	CHECK_ROWS(rows);
}
END_TEST

START_TEST(absolute_targets_start_at_the_volumes_root)
{
	static const struct row rows[] = {
		{ "/etc/passwd", 0, "etc/passwd" },
		{ "/etc/passwd", 1, "../etc/passwd" },
		{ "/etc/passwd", 3, "../../../etc/passwd" },
		{ "/", 0, "." },
		{ "/", 2, "../.." },
		{ "//etc///passwd", 1, "../etc/passwd" },
		{ "/./etc/./passwd", 1, "../etc/passwd" },
		{ "/usr/", 1, "../usr/" },
		{ "/..", 1, ".." },
		{ "/../../etc/passwd", 1, "../etc/passwd" },
		{ "/proc/self/root/etc/passwd", 0, "proc/self/root/etc/passwd" },
	};

	CHECK_ROWS(rows);
}
END_TEST

START_TEST(climbing_ends_at_the_volumes_root)
{
	static const struct row rows[] = {
		{ "../etc/passwd", 0, "etc/passwd" },
		{ "../../../../etc/passwd", 2, "../../etc/passwd" },
		{ "..", 0, "." },
		{ "../..", 1, ".." },
		{ "../../..", 1, ".." },
		{ "./../x", 0, "x" },
	};

	CHECK_ROWS(rows);
}
END_TEST

/* "a" may be a link to "/": from there one ".." would be outside. */
START_TEST(no_step_up_stays_behind_a_name)
{
	static const struct row rows[] = {
		{ "a/..", 0, "." },
		{ "a/../b", 0, "b" },
		{ "a/../b", 1, "b" },
		{ "a/../../b", 1, "../b" },
		{ "a/../../b", 0, "b" },
		{ "../a/../b", 1, "../b" },
		{ "a/b/../../../../c", 1, "../c" },
		{ "/a/../../b", 2, "../../b" },
		{ "/a/b/../c/", 1, "../a/c/" },
		{ "a/..", 3, "." },
	};

	CHECK_ROWS(rows);
}
END_TEST

/* What every answer must be, whatever was asked: symlink.h, 1 to 3. */
static bool is_confined(const char *s, unsigned depth)
{
	bool named = false;
	unsigned ups = 0;

	if (s[0] == '/')
		return false;
	while (*s != '\0') {
		size_t len = strcspn(s, "/");
		bool up = len == 2 && memcmp(s, "..", 2) == 0;

		if (up && (named || ++ups > depth))
			return false;
		if (!up && len > 0 && !(len == 1 && s[0] == '.'))
			named = true;
		s += len;
		s += strspn(s, "/");
	}
	return true;
}

/* All paths of up to seven parts of an alphabet, at three depths. */
START_TEST(no_combination_escapes)
{
	static const char *const parts[] = { "/", "../", "a/", "./", "..", "b" };
	char out[PATH_MAX], target[64];
	enum { N = sizeof(parts) / sizeof(parts[0]) };

	for (unsigned code = 0; code < N * N * N * N * N * N * N; code++) {
		unsigned c = code;

		target[0] = '\0';
		for (int i = 0; i < 7; i++, c /= N)
			strcat(target, parts[c % N]);
		for (unsigned depth = 0; depth < 3; depth++) {
			ck_assert_int_ge(vmnt_symlink_confine(target, depth, out), 0);
			ck_assert_msg(is_confined(out, depth), "\"%s\" at %u: \"%s\"", target,
				      depth, out);
		}
	}
}
END_TEST

START_TEST(what_is_too_long_is_refused)
{
	char target[3 * PATH_MAX], out[PATH_MAX];

	memset(target, 'a', sizeof(target));
	target[PATH_MAX - 1] = '\0';
	ck_assert_int_eq(vmnt_symlink_confine(target, 0, out), PATH_MAX - 1);
	target[0] = '/';
	ck_assert_int_eq(vmnt_symlink_confine(target, 0, out), PATH_MAX - 2);
	ck_assert_int_eq(vmnt_symlink_confine(target, 1, out), -ENAMETOOLONG);
	target[0] = target[PATH_MAX - 1] = 'a';
	target[PATH_MAX] = '\0';
	ck_assert_int_eq(vmnt_symlink_confine(target, 0, out), -ENAMETOOLONG);
	target[PATH_MAX] = 'a';
	target[0] = '/';
	target[sizeof(target) - 1] = '\0';
	ck_assert_int_eq(vmnt_symlink_confine(target, 0, out), -ENAMETOOLONG);
	ck_assert_int_eq(vmnt_symlink_confine("/x", 5000, out), -ENAMETOOLONG);
	ck_assert_int_eq(vmnt_symlink_confine("/", 1365, out), 3 * 1365 - 1);
}
END_TEST

START_TEST(a_long_way_that_comes_back_is_short)
{
	char target[2 * PATH_MAX] = "/", out[PATH_MAX];

	for (int i = 0; i < 1000; i++)
		strcat(target, "x/../");
	strcat(target, "etc");
	ck_assert_int_eq(vmnt_symlink_confine(target, 1, out), 6);
	ck_assert_str_eq(out, "../etc");
}
END_TEST

int main(void)
{
	Suite *s = suite_create("symlink");
	TCase *tc = unit_tcase(s, "confine");

	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, safe_targets_stay_as_they_are);
	tcase_add_test(tc, absolute_targets_start_at_the_volumes_root);
	tcase_add_test(tc, climbing_ends_at_the_volumes_root);
	tcase_add_test(tc, no_step_up_stays_behind_a_name);
	tcase_add_test(tc, no_combination_escapes);
	tcase_add_test(tc, what_is_too_long_is_refused);
	tcase_add_test(tc, a_long_way_that_comes_back_is_short);
	return unit_run(s);
}
