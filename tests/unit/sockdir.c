/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * libmount/engine/sockdir.c: what a killed process leaves of libguestfs's socket.
 */
#include "config.h"

#include "unit.h"

#include <sys/socket.h>
#include <sys/un.h>

#include "../../libmount/engine/sockdir.h"
#include "tmpdir.h"

/* A directory as libguestfs makes it, with its socket; @dir and @name below the test's. */
static void make_socket(const char *dir, const char *name)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	ck_assert_int_eq(mkdir(in_tmpdir(dir), 0700), 0);
	snprintf(sa.sun_path, sizeof(sa.sun_path), "%s/%s", in_tmpdir(dir), name);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&sa, sizeof(sa)), 0);
	close(fd);
}

static void sweep_with_note(const char *path)
{
	put_text(in_tmpdir("guestfs-socket"), path);
	vmnt_sockdir_sweep(tmpdir);
}

START_TEST(socket_is_found_in_a_command_line)
{
	static const char cmdline[] = "qemu\0-drive\0file=/x/overlay1\0-chardev\0"
				      "socket,path=/tmp/libguestfsAb/guestfsd.sock,id=c\0-m\0";
	char *path = vmnt_sockdir_find(cmdline, sizeof(cmdline));

	ck_assert_str_eq(path, "/tmp/libguestfsAb/guestfsd.sock");
	free(path);
	ck_assert_ptr_null(vmnt_sockdir_find("", 0));
	ck_assert_ptr_null(vmnt_sockdir_find("qemu\0-m", 7));
	ck_assert_ptr_null(vmnt_sockdir_find("x=y/guestfsd.sock", 17));
}
END_TEST

START_TEST(noted_socket_and_its_directory_are_removed)
{
	make_socket("libguestfsXy", "guestfsd.sock");
	sweep_with_note(in_tmpdir("libguestfsXy/guestfsd.sock"));
	ck_assert(!exists(in_tmpdir("libguestfsXy")));
	vmnt_sockdir_sweep(tmpdir); /* a second time is fine */
}
END_TEST

START_TEST(nothing_else_is_removed)
{
	make_socket("other", "guestfsd.sock");
	make_socket("libguestfsA", "another.sock");
	ck_assert_int_eq(mkdir(in_tmpdir("libguestfsB"), 0700), 0);
	put_text(in_tmpdir("libguestfsB/guestfsd.sock"), "a file");
	make_socket("libguestfsC", "guestfsd.sock");
	ck_assert_int_eq(symlink("libguestfsC", in_tmpdir("libguestfsD")), 0);
	sweep_with_note(in_tmpdir("other/guestfsd.sock"));
	sweep_with_note(in_tmpdir("libguestfsA/another.sock"));
	sweep_with_note(in_tmpdir("libguestfsB/guestfsd.sock"));
	sweep_with_note(in_tmpdir("libguestfsD/guestfsd.sock"));
	sweep_with_note("guestfsd.sock");
	sweep_with_note("");
	sweep_with_note("/guestfsd.sock");
	ck_assert(exists(in_tmpdir("other/guestfsd.sock")));
	ck_assert(exists(in_tmpdir("libguestfsA/another.sock")));
	ck_assert(exists(in_tmpdir("libguestfsB/guestfsd.sock")));
	ck_assert(exists(in_tmpdir("libguestfsC/guestfsd.sock")));
}
END_TEST

START_TEST(directory_with_more_in_it_stays)
{
	make_socket("libguestfsXy", "guestfsd.sock");
	put_text(in_tmpdir("libguestfsXy/more"), "");
	sweep_with_note(in_tmpdir("libguestfsXy/guestfsd.sock"));
	ck_assert(!exists(in_tmpdir("libguestfsXy/guestfsd.sock")));
	ck_assert(exists(in_tmpdir("libguestfsXy/more")));
}
END_TEST

START_TEST(missing_note_is_fine)
{
	vmnt_sockdir_sweep(tmpdir);
	vmnt_sockdir_sweep("/nonexistent");
	vmnt_sockdir_note(getpid(), tmpdir); /* no virtual machine */
	ck_assert(!exists(in_tmpdir("guestfs-socket")));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("sockdir");
	TCase *tc = unit_tcase(s, "sockdir");

	tcase_add_checked_fixture(tc, tmpdir_make, tmpdir_remove);
	tcase_add_test(tc, socket_is_found_in_a_command_line);
	tcase_add_test(tc, noted_socket_and_its_directory_are_removed);
	tcase_add_test(tc, nothing_else_is_removed);
	tcase_add_test(tc, directory_with_more_in_it_stays);
	tcase_add_test(tc, missing_note_is_fine);
	return unit_run(s);
}
