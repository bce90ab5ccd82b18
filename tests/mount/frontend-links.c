/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * libmount/fuse: symbolic links of a guest, followed by the host's kernel.
 *
 * A file of the host is the prize: each test tries to read it through links of the guest.
 */
#include "config.h"

#include "frontfix.h"

#include "cleanup.h"

#define PRIZE "a file of the host"

static char prize[64];     /* its path */
static char prize_up[128]; /* its path from the root, with many ".." in front */

static void put_prize(void)
{
	int fd;

	front_setup();
	snprintf(prize, sizeof(prize), "/tmp/vdisk-prize-XXXXXX");
	fd = mkstemp(prize);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, PRIZE, strlen(PRIZE)), (ssize_t)strlen(PRIZE));
	close(fd);
	snprintf(prize_up, sizeof(prize_up), "../../../../../../../..%s", prize);
	ck_assert_str_eq(text_of(prize), PRIZE);
}

static void take_prize(void)
{
	unlink(prize);
	front_teardown();
}

static const char *link_text(const char *name)
{
	static char text[4096];
	struct stat st;
	ssize_t n = readlink(in_mount(name), text, sizeof(text) - 1);

	ck_assert_int_eq(lstat(in_mount(name), &st), 0);
	text[n > 0 ? n : 0] = '\0';
	if (n >= 0)
		ck_assert_int_eq(st.st_size, n);
	return text;
}

/* Links to the host's file, at several depths, by all ways known to us. */
static void make_hostile_links(void)
{
	static const char *const dirs[] = { "", "/d", "/d/e" };
	char path[64], target[256];

	fakeguest_dir(guest, "/d");
	fakeguest_dir(guest, "/d/e");
	for (int i = 0; i < 3; i++) {
#define HOSTILE(name, ...)                                         \
	do {                                                       \
		snprintf(path, sizeof(path), "%s/" name, dirs[i]); \
		snprintf(target, sizeof(target), __VA_ARGS__);     \
		fakeguest_link(guest, path, target);               \
	} while (0)
		HOSTILE("root", "/");
		HOSTILE("up", "..");
		HOSTILE("abs", "%s", prize);
		HOSTILE("abs2", "//..//.%s", prize);
		HOSTILE("rel", "%s", prize_up);
		HOSTILE("named", "root/%s", prize_up);
		HOSTILE("here", "./root/.././root/%s", prize_up);
		HOSTILE("chain", "root/up/up/up/up/up/up%s", prize);
		HOSTILE("chain2", "/root/../root/..%s", prize);
		HOSTILE("proc", "/proc/self/root%s", prize);
		HOSTILE("cwd", "/proc/self/cwd/%s", prize_up);
		HOSTILE("two", "rel");
		HOSTILE("three", "/d/e/rel");
#undef HOSTILE
	}
}

START_TEST(no_link_leads_out_of_the_mount)
{
	static const char *const dirs[] = { "", "d/", "d/e/", "root/", "d/up/", "d/e/root/d/" };
	static const char *const names[] = { "abs",  "abs2", "rel",    "named", "here", "chain",
					     "proc", "cwd",  "chain2", "two",   "three" };

	make_hostile_links();
	mount_guest();
	for (size_t i = 0; i < sizeof(dirs) / sizeof(dirs[0]); i++) {
		for (size_t k = 0; k < sizeof(names) / sizeof(names[0]); k++) {
			char name[64];

			snprintf(name, sizeof(name), "%s%s", dirs[i], names[k]);
			ck_assert_msg(text_of(in_mount(name))[0] == '\0', "%s -> %s", name,
				      link_text(name));
		}
	}
}
END_TEST

START_TEST(links_lead_to_the_guests_files)
{
	fakeguest_dir(guest, "/etc");
	fakeguest_dir(guest, "/usr");
	fakeguest_dir(guest, "/usr/lib");
	fakeguest_text(guest, "/etc/passwd", "the guest's");
	fakeguest_link(guest, "/lib", "usr/lib");
	fakeguest_link(guest, "/usr/lib/abs", "/etc/passwd");
	fakeguest_link(guest, "/usr/lib/rel", "../../etc/passwd");
	fakeguest_link(guest, "/usr/lib/over", "../../../../etc/passwd");
	fakeguest_link(guest, "/chain", "/lib/abs");
	mount_guest();
	ck_assert_str_eq(text_of(in_mount("usr/lib/abs")), "the guest's");
	ck_assert_str_eq(text_of(in_mount("lib/abs")), "the guest's");
	ck_assert_str_eq(text_of(in_mount("lib/rel")), "the guest's");
	ck_assert_str_eq(text_of(in_mount("usr/lib/over")), "the guest's");
	ck_assert_str_eq(text_of(in_mount("chain")), "the guest's");
	ck_assert_str_eq(link_text("usr/lib/abs"), "../../etc/passwd");
	ck_assert_str_eq(link_text("usr/lib/rel"), "../../etc/passwd");
	ck_assert_str_eq(link_text("lib"), "usr/lib");
}
END_TEST

START_TEST(raw_links_are_as_stored)
{
	fakeguest_link(guest, "/abs", prize);
	fakeguest_link(guest, "/odd", "a//./b/../c/");
	mount_with(NULL, VIXMNTAPI_SYMLINKS_RAW);
	ck_assert_str_eq(link_text("abs"), prize);
	ck_assert_str_eq(link_text("odd"), "a//./b/../c/");
	ck_assert_str_eq(text_of(in_mount("abs")), PRIZE);
}
END_TEST

START_TEST(denied_links_are_not_followed)
{
	char buf[16];
	int err;

	fakeguest_text(guest, "/f", "content");
	fakeguest_link(guest, "/rel", "f");
	fakeguest_link(guest, "/abs", prize);
	mount_with(NULL, VIXMNTAPI_SYMLINKS_DENY);
	ck_assert_str_eq(text_of(in_mount("abs")), "");
	err = errno;
	ck_assert_str_eq(text_of(in_mount("rel")), "");
	ck_assert_str_eq(text_of(in_mount("f")), "content");
	if (err == ELOOP) { /* the kernel does not follow them: they may be read */
		ck_assert_str_eq(link_text("abs"), prize);
	} else {
		ck_assert_int_eq(err, EACCES);
		ck_assert_int_eq(readlink(in_mount("abs"), buf, sizeof(buf)), -1);
		ck_assert_int_eq(errno, EACCES);
	}
}
END_TEST

START_TEST(bad_links_are_seen_but_not_read)
{
	static char target[5000];
	char buf[16];
	struct stat st;

	memset(target, 'x', sizeof(target) - 1);
	fakeguest_link(guest, "/long", target);
	fakeguest_link(guest, "/unreadable", NULL);
	fakeguest_link(guest, "/empty", "");
	fakeguest_text(guest, "/f", "content");
	mount_guest();
	ck_assert_int_eq(lstat(in_mount("long"), &st), 0);
	ck_assert(S_ISLNK(st.st_mode));
	ck_assert_int_eq(readlink(in_mount("long"), buf, sizeof(buf)), -1);
	ck_assert_int_eq(errno, EIO);
	ck_assert_int_eq(readlink(in_mount("unreadable"), buf, sizeof(buf)), -1);
	ck_assert_int_eq(errno, EIO);
	ck_assert_str_eq(text_of(in_mount("empty")), "");
	ck_assert_str_eq(text_of(in_mount("f")), "content");
}
END_TEST

START_TEST(links_are_read_once)
{
	unsigned calls;

	fakeguest_link(guest, "/l", "/etc/passwd");
	mount_guest();
	ck_assert_str_eq(link_text("l"), "etc/passwd");
	calls = fakeguest_calls(guest);
	ck_assert_str_eq(link_text("l"), "etc/passwd");
	ck_assert_uint_eq(fakeguest_calls(guest), calls);
}
END_TEST

int main(void)
{
	Suite *s;
	TCase *tc;

	if (!front_main())
		return EXIT_SUCCESS;
	s = suite_create("frontend-links");
	tc = unit_tcase(s, "links");
	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, put_prize, take_prize);
	tcase_add_test(tc, no_link_leads_out_of_the_mount);
	tcase_add_test(tc, links_lead_to_the_guests_files);
	tcase_add_test(tc, raw_links_are_as_stored);
	tcase_add_test(tc, denied_links_are_not_followed);
	tcase_add_test(tc, bad_links_are_seen_but_not_read);
	tcase_add_test(tc, links_are_read_once);
	return unit_run(s);
}
