/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * common/osutil.c.  The system's pread and friends are wrapped by the linker, so that calls can
 * be made to return early.
 */
#include "config.h"

#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

#include "osutil.h"
#include "tmpdir.h"

static unsigned interruptions; /* wrapped calls still to fail with EINTR */
static size_t most;            /* bytes that a wrapped call moves at once; 0: all */
static int fail_with;          /* errno of every wrapped call, 0: none */
static bool moves_nothing;     /* wrapped writes return 0 */

ssize_t __real_pread(int fd, void *buf, size_t len, off_t off);
ssize_t __wrap_pread(int fd, void *buf, size_t len, off_t off);
ssize_t __real_pwrite(int fd, const void *buf, size_t len, off_t off);
ssize_t __wrap_pwrite(int fd, const void *buf, size_t len, off_t off);
ssize_t __real_read(int fd, void *buf, size_t len);
ssize_t __wrap_read(int fd, void *buf, size_t len);
ssize_t __real_send(int fd, const void *buf, size_t len, int flags);
ssize_t __wrap_send(int fd, const void *buf, size_t len, int flags);

static bool is_cut_off(void)
{
	if (interruptions > 0) {
		interruptions--;
		errno = EINTR;
		return true;
	}
	errno = fail_with;
	return fail_with != 0;
}

static size_t shortened(size_t len)
{
	return most != 0 && len > most ? most : len;
}

ssize_t __wrap_pread(int fd, void *buf, size_t len, off_t off)
{
	return is_cut_off() ? -1 : __real_pread(fd, buf, shortened(len), off);
}

ssize_t __wrap_pwrite(int fd, const void *buf, size_t len, off_t off)
{
	if (moves_nothing)
		return 0;
	return is_cut_off() ? -1 : __real_pwrite(fd, buf, shortened(len), off);
}

ssize_t __wrap_read(int fd, void *buf, size_t len)
{
	return is_cut_off() ? -1 : __real_read(fd, buf, shortened(len));
}

ssize_t __wrap_send(int fd, const void *buf, size_t len, int flags)
{
	if (moves_nothing)
		return 0;
	return is_cut_off() ? -1 : __real_send(fd, buf, shortened(len), flags);
}

static void setup(void)
{
	interruptions = 0;
	most = 0;
	fail_with = 0;
	moves_nothing = false;
	tmpdir_make();
}

static void teardown(void)
{
	fail_with = 0;
	tmpdir_remove();
}

static int open_with(const char *text)
{
	int fd;

	put_text(in_tmpdir("file"), text);
	fd = vu_open(in_tmpdir("file"), O_RDWR, 0);
	ck_assert_int_ge(fd, 0);
	return fd;
}

START_TEST(pread_reads_at_the_offset)
{
	int fd = open_with("0123456789");
	char buf[5] = "";

	ck_assert_int_eq(vu_pread_full(fd, buf, 4, 3), 0);
	ck_assert_str_eq(buf, "3456");
	close(fd);
}
END_TEST

START_TEST(pread_past_the_end_is_enodata)
{
	int fd = open_with("0123456789");
	char buf[8];

	ck_assert_int_eq(vu_pread_full(fd, buf, 4, 7), -ENODATA);
	ck_assert_int_eq(vu_pread_full(fd, buf, 1, 10), -ENODATA);
	ck_assert_int_eq(vu_pread_full(fd, buf, 0, 99), 0);
	close(fd);
}
END_TEST

START_TEST(pread_goes_on_after_short_and_interrupted_reads)
{
	int fd = open_with("0123456789");
	char buf[11] = "";

	most = 3;
	interruptions = 2;
	ck_assert_int_eq(vu_pread_full(fd, buf, 10, 0), 0);
	ck_assert_str_eq(buf, "0123456789");
	ck_assert_uint_eq(interruptions, 0);
	close(fd);
}
END_TEST

START_TEST(pread_passes_the_cause_of_a_failure)
{
	int fd = open_with("0123456789");
	char buf[4];

	ck_assert_int_eq(vu_pread_full(-1, buf, 4, 0), -EBADF);
	ck_assert_int_eq(vu_pread_full(fd, buf, 4, UINT64_MAX), -EINVAL);
	fail_with = EIO;
	ck_assert_int_eq(vu_pread_full(fd, buf, 4, 0), -EIO);
	close(fd);
}
END_TEST

START_TEST(pwrite_goes_on_after_short_and_interrupted_writes)
{
	int fd = open_with("0123456789");
	char buf[11] = "";

	most = 2;
	interruptions = 3;
	ck_assert_int_eq(vu_pwrite_full(fd, "abcdef", 6, 2), 0);
	most = 0;
	ck_assert_int_eq(vu_pread_full(fd, buf, 10, 0), 0);
	ck_assert_str_eq(buf, "01abcdef89");
	close(fd);
}
END_TEST

START_TEST(pwrite_passes_the_cause_of_a_failure)
{
	int fd = open_with("");

	fail_with = ENOSPC;
	ck_assert_int_eq(vu_pwrite_full(fd, "x", 1, 0), -ENOSPC);
	fail_with = 0;
	ck_assert_int_eq(vu_pwrite_full(fd, "x", 1, UINT64_MAX), -EINVAL);
	moves_nothing = true;
	ck_assert_int_eq(vu_pwrite_full(fd, "x", 1, 0), -EIO);
	close(fd);
}
END_TEST

START_TEST(stream_arrives_whole_in_pieces)
{
	char buf[11] = "";
	int fds[2];

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	most = 3;
	interruptions = 2;
	ck_assert_int_eq(vu_write_full(fds[0], "0123456789", 10), 0);
	interruptions = 2;
	ck_assert_int_eq(vu_read_full(fds[1], buf, 10), 0);
	ck_assert_str_eq(buf, "0123456789");
	close(fds[0]);
	close(fds[1]);
}
END_TEST

START_TEST(stream_that_ends_early_is_econnreset)
{
	char buf[10];
	int fds[2];

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	ck_assert_int_eq(vu_write_full(fds[0], "abc", 3), 0);
	close(fds[0]);
	ck_assert_int_eq(vu_read_full(fds[1], buf, 10), -ECONNRESET);
	ck_assert_int_eq(vu_read_full(fds[1], buf, 0), 0);
	close(fds[1]);
}
END_TEST

START_TEST(stream_write_to_a_closed_socket_is_an_error_not_a_signal)
{
	int fds[2];

	signal(SIGPIPE, SIG_DFL);
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	close(fds[1]);
	ck_assert_int_eq(vu_write_full(fds[0], "abc", 3), -EPIPE);
	close(fds[0]);
}
END_TEST

START_TEST(stream_write_works_on_pipes)
{
	char buf[4] = "";
	int fds[2];

	ck_assert_int_eq(pipe(fds), 0);
	ck_assert_int_eq(vu_write_full(fds[1], "abc", 3), 0);
	ck_assert_int_eq(vu_read_full(fds[0], buf, 3), 0);
	ck_assert_str_eq(buf, "abc");
	close(fds[0]);
	close(fds[1]);
}
END_TEST

START_TEST(stream_passes_the_cause_of_a_failure)
{
	char c;

	ck_assert_int_eq(vu_read_full(-1, &c, 1), -EBADF);
	ck_assert_int_eq(vu_write_full(-1, &c, 1), -EBADF);
	moves_nothing = true;
	ck_assert_int_eq(vu_write_full(-1, &c, 1), -EIO);
}
END_TEST

static int late_fd;
static volatile sig_atomic_t ticks;

/* Interrupts a blocked read several times before it writes what the read waits for. */
static void on_tick(int sig)
{
	(void)sig;
	if (++ticks == 5 && write(late_fd, "done", 4) != 4)
		_exit(EXIT_FAILURE);
}

START_TEST(stream_read_survives_real_signals)
{
	struct sigaction act = { .sa_handler = on_tick };
	struct itimerval every = { { 0, 2000 }, { 0, 2000 } }, never = { 0 };
	char buf[5] = "";
	int fds[2];

	ck_assert_int_eq(pipe(fds), 0);
	late_fd = fds[1];
	sigaction(SIGALRM, &act, NULL);
	setitimer(ITIMER_REAL, &every, NULL);
	ck_assert_int_eq(vu_read_full(fds[0], buf, 4), 0);
	setitimer(ITIMER_REAL, &never, NULL);
	ck_assert_str_eq(buf, "done");
	close(fds[0]);
	close(fds[1]);
}
END_TEST

START_TEST(open_is_close_on_exec_and_returns_the_cause)
{
	int fd = vu_open(in_tmpdir("new"), O_RDWR | O_CREAT, 0600);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(fcntl(fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
	close(fd);
	ck_assert_int_eq(vu_open(in_tmpdir("missing"), O_RDONLY, 0), -ENOENT);
}
END_TEST

START_TEST(read_file_returns_all_of_it_and_a_nul)
{
	char *text;
	size_t len;

	put_text(in_tmpdir("a"), "line\n");
	most = 2;
	interruptions = 1;
	ck_assert_int_eq(vu_read_file(in_tmpdir("a"), 5, &text, &len), 0);
	ck_assert_str_eq(text, "line\n");
	ck_assert_uint_eq(len, 5);
	free(text);
}
END_TEST

START_TEST(read_file_of_an_empty_file_is_an_empty_string)
{
	char *text;

	put_text(in_tmpdir("a"), "");
	ck_assert_int_eq(vu_read_file(in_tmpdir("a"), 0, &text, NULL), 0);
	ck_assert_str_eq(text, "");
	free(text);
}
END_TEST

START_TEST(read_file_refuses_one_byte_too_many)
{
	char *text;

	put_text(in_tmpdir("a"), "123456");
	ck_assert_int_eq(vu_read_file(in_tmpdir("a"), 5, &text, NULL), -EFBIG);
	ck_assert_ptr_null(text);
	ck_assert_int_eq(vu_read_file("/dev/zero", 100000, &text, NULL), -EFBIG);
}
END_TEST

START_TEST(read_file_reads_files_longer_than_a_chunk)
{
	char big[10001];
	char *text;
	size_t len;

	memset(big, 'x', 10000);
	big[10000] = '\0';
	put_text(in_tmpdir("a"), big);
	ck_assert_int_eq(vu_read_file(in_tmpdir("a"), 10000, &text, &len), 0);
	ck_assert_str_eq(text, big);
	free(text);
}
END_TEST

START_TEST(read_file_tells_why_it_cannot)
{
	char *text;

	ck_assert_int_eq(vu_read_file(in_tmpdir("missing"), 9, &text, NULL), -ENOENT);
	ck_assert_ptr_null(text);
	ck_assert_int_eq(vu_read_file(tmpdir, 9, &text, NULL), -EISDIR);
	put_text(in_tmpdir("a"), "x");
	fail_with = EIO;
	ck_assert_int_eq(vu_read_file(in_tmpdir("a"), 9, &text, NULL), -EIO);
}
END_TEST

START_TEST(read_file_does_not_wait_at_a_fifo)
{
	char *text;

	ck_assert_int_eq(mkfifo(in_tmpdir("fifo"), 0600), 0);
	ck_assert_int_eq(vu_read_file(in_tmpdir("fifo"), 9, &text, NULL), 0);
	ck_assert_str_eq(text, "");
	free(text);
}
END_TEST

START_TEST(clock_never_goes_back)
{
	uint64_t before = vu_now_ms();

	for (int i = 0; i < 1000; i++) {
		uint64_t now = vu_now_ms();

		ck_assert_uint_ge(now, before);
		before = now;
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("osutil");
	TCase *tc = unit_tcase(s, "io");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, pread_reads_at_the_offset);
	tcase_add_test(tc, pread_past_the_end_is_enodata);
	tcase_add_test(tc, pread_goes_on_after_short_and_interrupted_reads);
	tcase_add_test(tc, pread_passes_the_cause_of_a_failure);
	tcase_add_test(tc, pwrite_goes_on_after_short_and_interrupted_writes);
	tcase_add_test(tc, pwrite_passes_the_cause_of_a_failure);
	tcase_add_test(tc, stream_arrives_whole_in_pieces);
	tcase_add_test(tc, stream_that_ends_early_is_econnreset);
	tcase_add_test(tc, stream_write_to_a_closed_socket_is_an_error_not_a_signal);
	tcase_add_test(tc, stream_write_works_on_pipes);
	tcase_add_test(tc, stream_passes_the_cause_of_a_failure);
	tcase_add_test(tc, stream_read_survives_real_signals);
	tcase_add_test(tc, open_is_close_on_exec_and_returns_the_cause);
	tcase_add_test(tc, read_file_returns_all_of_it_and_a_nul);
	tcase_add_test(tc, read_file_of_an_empty_file_is_an_empty_string);
	tcase_add_test(tc, read_file_refuses_one_byte_too_many);
	tcase_add_test(tc, read_file_reads_files_longer_than_a_chunk);
	tcase_add_test(tc, read_file_tells_why_it_cannot);
	tcase_add_test(tc, read_file_does_not_wait_at_a_fifo);
	tcase_add_test(tc, clock_never_goes_back);
	return unit_run(s);
}
