/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * tools/: where passwords come from, who may not see them, and the question on the terminal.
 */
#include "config.h"

#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>

#include "../../common/osutil.h"
#include "../../tools/message.h"
#include "../../tools/secret.h"
#include "tmpdir.h"

#define SECRET "hunter2"

static int said; /* what was told, to be read */

static void setup(void)
{
	static const char *const names[] = { "VD_PASSWORD", "VD_PASSWORD_FILE",
					     "VD_PASSWORD_COMMAND", "CREDENTIALS_DIRECTORY" };
	int fds[2];

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		unsetenv(names[i]);
	tmpdir_make();
	ck_assert_int_eq(pipe2(fds, O_CLOEXEC | O_NONBLOCK), 0);
	said = fds[0];
	vdt_message_redirect(fds[1]);
}

/* A file of the test's directory; its path is that of in_tmpdir(). */
static const char *put(const char *name, mode_t mode, const char *text, size_t len)
{
	const char *path = in_tmpdir(name);

	put_file(path, text, len);
	ck_assert_int_eq(chmod(path, mode), 0);
	return path;
}

static const char *put_line(const char *name, mode_t mode, const char *text)
{
	return put(name, mode, text, strlen(text));
}

/* A descriptor that gives @text. */
static int pipe_of(const char *text)
{
	int fds[2];

	ck_assert_int_eq(pipe(fds), 0);
	ck_assert_int_eq(vu_write_full(fds[1], text, strlen(text)), 0);
	close(fds[1]);
	return fds[0];
}

/* As a program does that was started with it. */
static void hide(const char *password)
{
	setenv("VD_PASSWORD", password, 1);
	vdt_secret_hide();
}

static void expect_told(const char *text)
{
	char buf[4096];
	ssize_t n = read(said, buf, sizeof(buf) - 1);

	buf[n > 0 ? n : 0] = '\0';
	ck_assert_msg(strstr(buf, text) != NULL, "\"%s\" is not in: %s", text, buf);
	ck_assert_msg(strstr(buf, SECRET) == NULL, "it was told: %s", buf);
}

static void expect_password(const struct vdt_secret_options *o, const char *wanted)
{
	char *secret;
	bool is_of_whose = true;

	ck_assert_int_eq(vdt_secret_password(o, "root@vc", &secret, &is_of_whose), VDT_OK);
	ck_assert_str_eq(secret, wanted);
	ck_assert(!is_of_whose);
	vdt_secret_free(secret);
}

static void expect_none(const struct vdt_secret_options *o, const char *told)
{
	char *secret = (char *)"x";
	bool is_of_whose;

	ck_assert_int_eq(vdt_secret_password(o, "root@vc", &secret, &is_of_whose), VDT_AUTH);
	ck_assert_ptr_null(secret);
	expect_told(told);
}

START_TEST(the_first_place_that_is_given_counts)
{
	struct vdt_secret_options o = { .fd = -1 };
	const char *file = put_line("file", 0600, "of the file\n");
	const char *env = put_line("env", 0400, "of the file in the environment\n");

	put_line("vdisk.password", 0440, "of the system\n");
	setenv("CREDENTIALS_DIRECTORY", tmpdir, 1);
	expect_password(&o, "of the system");
	hide(SECRET);
	expect_password(&o, SECRET);
	setenv("VD_PASSWORD_COMMAND", "echo of the command", 1);
	expect_password(&o, "of the command");
	setenv("VD_PASSWORD_FILE", env, 1);
	expect_password(&o, "of the file in the environment");
	o.fd = pipe_of("of the descriptor\n");
	expect_password(&o, "of the descriptor");
	o.file = file;
	expect_password(&o, "of the file");
}
END_TEST

START_TEST(a_variable_that_is_empty_says_nothing)
{
	const struct vdt_secret_options o = { .fd = -1 };

	setenv("VD_PASSWORD_FILE", "", 1);
	setenv("VD_PASSWORD_COMMAND", "", 1);
	hide(SECRET);
	expect_password(&o, SECRET);
}
END_TEST

START_TEST(a_file_that_others_may_read_is_refused)
{
	static const mode_t modes[] = { 0640, 0604, 0620, 0602, 0610, 0777 };
	struct vdt_secret_options o = { .fd = -1 };

	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		const char *file = put_line("file", modes[i], SECRET "\n");

		o.file = file;
		o.insecure_file = false;
		expect_none(&o, "others may read");
		o.insecure_file = true;
		expect_password(&o, SECRET);
		unlink(file);
	}
}
END_TEST

START_TEST(the_variable_s_file_is_looked_at_likewise)
{
	struct vdt_secret_options o = { .fd = -1 };
	const char *file = put_line("file", 0644, SECRET "\n");

	setenv("VD_PASSWORD_FILE", file, 1);
	expect_none(&o, "others may read");
	o.insecure_file = true;
	expect_password(&o, SECRET);
}
END_TEST

static const struct {
	const char *text;
	size_t len;
	const char *told;
} bad_files[] = {
	{ "", 0, "first line is empty" },
	{ "\n" SECRET "\n", sizeof(SECRET) + 1, "first line is empty" },
	{ "\r\n", 2, "first line is empty" },
	{ SECRET "\0x\n", sizeof(SECRET) + 2, "a NUL" },
};

START_TEST(what_is_no_password_is_refused)
{
	struct vdt_secret_options o = { .fd = -1 };
	const char *file = put("file", 0600, bad_files[_i].text, bad_files[_i].len);

	o.file = file;
	expect_none(&o, bad_files[_i].told);
}
END_TEST

static const struct {
	const char *text, *is;
} good_files[] = {
	{ SECRET, SECRET },
	{ SECRET "\r\n", SECRET },
	{ SECRET "\nmore\n", SECRET },
	{ " two words \n", " two words " },
	{ "\xc3\xa4\xff\n", "\xc3\xa4\xff" },
};

START_TEST(the_first_line_is_the_password)
{
	struct vdt_secret_options o = { .fd = -1 };
	const char *file = put_line("file", 0600, good_files[_i].text);

	o.file = file;
	expect_password(&o, good_files[_i].is);
}
END_TEST

START_TEST(a_password_has_a_longest_length)
{
	struct vdt_secret_options o = { .fd = -1 };
	char text[VDT_SECRET_MAX + 2];

	memset(text, 'x', sizeof(text));
	o.file = put("longest", 0600, text, VDT_SECRET_MAX);
	text[VDT_SECRET_MAX] = '\0';
	expect_password(&o, text);
	text[VDT_SECRET_MAX] = 'x';
	o.file = put("longer", 0600, text, VDT_SECRET_MAX + 1);
	expect_none(&o, "too long");
}
END_TEST

START_TEST(a_file_that_can_not_be_read_is_named)
{
	struct vdt_secret_options o = { .fd = -1, .file = "/no/such/file" };

	expect_none(&o, "/no/such/file: No such file");
	o.file = "/";
	o.insecure_file = true;
	expect_none(&o, "/: Is a directory");
}
END_TEST

START_TEST(a_descriptor_is_closed_and_a_standard_stream_keeps_the_rest)
{
	struct vdt_secret_options o = { .fd = pipe_of(SECRET "\nrest") };
	int standard = pipe_of(SECRET "\nrest");
	char rest[5] = "";

	expect_password(&o, SECRET);
	ck_assert_int_lt(fcntl(o.fd, F_GETFD), 0);
	ck_assert_int_eq(dup2(standard, 0), 0);
	o.fd = 0;
	expect_password(&o, SECRET);
	ck_assert_int_eq(vu_read_full(0, rest, 4), 0);
	ck_assert_str_eq(rest, "rest");
}
END_TEST

START_TEST(a_command_has_no_secret_and_its_failure_is_told)
{
	const struct vdt_secret_options o = { .fd = -1 };

	hide(SECRET);
	setenv("VD_PASSWORD_COMMAND", "echo \"is '$VD_PASSWORD'\"; cat; seq 1 100000", 1);
	expect_password(&o, "is ''");
	setenv("VD_PASSWORD_COMMAND", "echo " SECRET "; exit 3", 1);
	expect_none(&o, "exit status 3");
	setenv("VD_PASSWORD_COMMAND", "echo " SECRET "; kill -9 $$", 1);
	expect_none(&o, "was killed");
	setenv("VD_PASSWORD_COMMAND", ":", 1);
	expect_none(&o, "first line is empty");
}
END_TEST

START_TEST(what_the_environment_had_is_wiped)
{
	static char variable[] = "VD_PASSWORD=" SECRET;
	const struct vdt_secret_options o = { .fd = -1 };

	ck_assert_int_eq(putenv(variable), 0);
	vdt_secret_hide();
	ck_assert_ptr_null(getenv("VD_PASSWORD"));
	expect_password(&o, SECRET);
	for (size_t i = strlen("VD_PASSWORD="); i < sizeof(variable); i++)
		ck_assert_int_eq(variable[i], 0);
	vdt_secret_hide(); /* there is nothing new */
	expect_password(&o, SECRET);
	vdt_secret_forget();
	setenv("VD_PASSWORD_COMMAND", "echo another", 1);
	expect_password(&o, "another");
}
END_TEST

START_TEST(a_cookie_is_read_from_a_file_in_the_same_way)
{
	const char *file = put_line("cookie", 0644, SECRET "\n");
	char *cookie;

	ck_assert_int_eq(vdt_secret_file(file, false, &cookie), VDT_AUTH);
	ck_assert_ptr_null(cookie);
	expect_told("others may read");
	ck_assert_int_eq(vdt_secret_file(file, true, &cookie), VDT_OK);
	ck_assert_str_eq(cookie, SECRET);
	vdt_secret_free(cookie);
}
END_TEST

/* Terminals */

struct terminal {
	int user;  /* what the user types and sees */
	int slave; /* what the program has */
};

static struct terminal open_terminal(void)
{
	struct terminal t = { .user = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC) };

	ck_assert_int_ge(t.user, 0);
	ck_assert_int_eq(grantpt(t.user), 0);
	ck_assert_int_eq(unlockpt(t.user), 0);
	t.slave = open(ptsname(t.user), O_RDWR | O_NOCTTY | O_CLOEXEC);
	ck_assert_int_ge(t.slave, 0);
	return t;
}

/* In a child on that terminal: 0 where the password is @wanted. */
static pid_t ask_on(const struct terminal *t, const char *wanted)
{
	const struct vdt_secret_options o = { .fd = -1 };
	pid_t child = fork();
	bool is_of_whose;
	char *secret;

	if (child != 0)
		return child;
	/* The test runner has its own way with one, a shell's background jobs ignore both. */
	signal(SIGINT, SIG_DFL);
	signal(SIGQUIT, SIG_DFL);
	alarm(60);
	if (setsid() < 0 || ioctl(t->slave, TIOCSCTTY, 0) < 0)
		_exit(70);
	if (vdt_secret_password(&o, "root@vc", &secret, &is_of_whose) != VDT_OK)
		_exit(71);
	_exit(strcmp(secret, wanted) == 0 && is_of_whose ? 0 : 72);
}

/* What the user sees, up to @text. */
static void see(const struct terminal *t, char *screen, size_t size, const char *text)
{
	size_t len = strlen(screen);

	while (strstr(screen, text) == NULL) {
		ssize_t n = read(t->user, screen + len, size - len - 1);

		ck_assert_int_gt(n, 0);
		len += (size_t)n;
		screen[len] = '\0';
	}
}

static void type(const struct terminal *t, const char *text)
{
	ck_assert_int_eq(vu_write_full(t->user, text, strlen(text)), 0);
}

static bool has_echo(const struct terminal *t)
{
	struct termios tio;

	ck_assert_int_eq(tcgetattr(t->slave, &tio), 0);
	return (tio.c_lflag & ECHO) != 0;
}

START_TEST(the_terminal_is_asked_and_does_not_show_the_answer)
{
	struct terminal t = open_terminal();
	pid_t child = ask_on(&t, SECRET);
	char screen[256] = "";
	int status;

	see(&t, screen, sizeof(screen), "Password of root@vc: ");
	ck_assert(!has_echo(&t));
	type(&t, SECRET "\n");
	see(&t, screen, sizeof(screen), "\n");
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert_int_eq(status, 0);
	ck_assert_ptr_null(strstr(screen, SECRET));
	ck_assert(has_echo(&t));
}
END_TEST

START_TEST(an_empty_answer_is_none)
{
	struct terminal t = open_terminal();
	pid_t child = ask_on(&t, SECRET);
	char screen[256] = "";
	int status;

	see(&t, screen, sizeof(screen), ": ");
	type(&t, "\n");
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert_int_eq(WEXITSTATUS(status), 71);
	expect_told("no password was given for root@vc");
	ck_assert(has_echo(&t));
}
END_TEST

static const struct {
	const char *key;
	int signal;
} keys[] = { { "\003", SIGINT }, { "\034", SIGQUIT } };

START_TEST(signals_end_the_question_and_the_terminal_is_as_before)
{
	struct terminal t = open_terminal();
	pid_t child = ask_on(&t, SECRET);
	char screen[256] = "";
	int status;

	see(&t, screen, sizeof(screen), ": ");
	type(&t, keys[_i].key);
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert(WIFSIGNALED(status));
	ck_assert_int_eq(WTERMSIG(status), keys[_i].signal);
	ck_assert(has_echo(&t));
}
END_TEST

START_TEST(who_has_no_terminal_is_told_where_a_password_may_be)
{
	pid_t child = fork();
	int status;

	if (child == 0) {
		const struct vdt_secret_options o = { .fd = -1 };

		setsid();
		expect_none(&o, "no terminal to ask");
		_exit(0);
	}
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert_int_eq(status, 0);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("secret");
	TCase *tc = unit_tcase(s, "secret");
	TCase *tty = unit_tcase(s, "terminal");

	tcase_add_checked_fixture(tc, setup, tmpdir_remove);
	tcase_add_test(tc, the_first_place_that_is_given_counts);
	tcase_add_test(tc, a_variable_that_is_empty_says_nothing);
	tcase_add_test(tc, a_file_that_others_may_read_is_refused);
	tcase_add_test(tc, the_variable_s_file_is_looked_at_likewise);
	tcase_add_loop_test(tc, what_is_no_password_is_refused, 0,
			    sizeof(bad_files) / sizeof(bad_files[0]));
	tcase_add_loop_test(tc, the_first_line_is_the_password, 0,
			    sizeof(good_files) / sizeof(good_files[0]));
	tcase_add_test(tc, a_password_has_a_longest_length);
	tcase_add_test(tc, a_file_that_can_not_be_read_is_named);
	tcase_add_test(tc, a_descriptor_is_closed_and_a_standard_stream_keeps_the_rest);
	tcase_add_test(tc, a_command_has_no_secret_and_its_failure_is_told);
	tcase_add_test(tc, what_the_environment_had_is_wiped);
	tcase_add_test(tc, a_cookie_is_read_from_a_file_in_the_same_way);
	tcase_add_checked_fixture(tty, setup, tmpdir_remove);
	tcase_add_test(tty, the_terminal_is_asked_and_does_not_show_the_answer);
	tcase_add_test(tty, an_empty_answer_is_none);
	tcase_add_loop_test(tty, signals_end_the_question_and_the_terminal_is_as_before, 0,
			    sizeof(keys) / sizeof(keys[0]));
	tcase_add_test(tty, who_has_no_terminal_is_told_where_a_password_may_be);
	return unit_run(s);
}
