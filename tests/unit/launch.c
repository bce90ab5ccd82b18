/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * libmount/engine, what launching is made of: accel.c, console.c, launch-explain.c, watchdog.c.
 */
#include "config.h"

#include "unit.h"

#include <errno.h>
#include <signal.h>
#include <sys/wait.h>

#include "../../libmount/engine/launch.h"
#include "said.h"
#include "tmpdir.h"

static struct vmnt_console console;

static void console_make(void)
{
	vmnt_console_init(&console);
	said_start();
}

static void console_drop(void)
{
	vmnt_console_destroy(&console);
}

static void print(const char *text)
{
	vmnt_console_add(&console, text, strlen(text));
}

/* --- accel --- */

static struct vmnt_accel_memory parsed(const char *text)
{
	struct vmnt_accel_memory m;

	vmnt_accel_parse(text, strlen(text), "KEY", &m);
	return m;
}

START_TEST(memory_is_read_back)
{
	struct vmnt_accel_memory m = { .accel = VMNT_ACCEL_EMULATED, .reason = "it\nbroke" };
	struct vmnt_accel_memory got;

	vmnt_accel_save(tmpdir, "a key", &m);
	vmnt_accel_load(tmpdir, "a key", &got);
	ck_assert_int_eq(got.accel, VMNT_ACCEL_EMULATED);
	ck_assert_str_eq(got.reason, "it");
	m = (struct vmnt_accel_memory){ .accel = VMNT_ACCEL_KVM };
	vmnt_accel_save(tmpdir, "a key", &m);
	vmnt_accel_load(tmpdir, "a key", &got);
	ck_assert_int_eq(got.accel, VMNT_ACCEL_KVM);
	ck_assert_str_eq(got.reason, "");
}
END_TEST

START_TEST(memory_counts_for_its_key_only)
{
	struct vmnt_accel_memory m = { .accel = VMNT_ACCEL_KVM }, got;

	vmnt_accel_save(tmpdir, "a key", &m);
	vmnt_accel_load(tmpdir, "another key", &got);
	ck_assert_int_eq(got.accel, VMNT_ACCEL_UNKNOWN);
}
END_TEST

START_TEST(unknown_forgets)
{
	struct vmnt_accel_memory m = { .accel = VMNT_ACCEL_KVM };

	vmnt_accel_save(tmpdir, "a key", &m);
	ck_assert(exists(in_tmpdir("accel")));
	m.accel = VMNT_ACCEL_UNKNOWN;
	vmnt_accel_save(tmpdir, "a key", &m);
	ck_assert(!exists(in_tmpdir("accel")));
}
END_TEST

START_TEST(corrupt_memory_counts_as_none)
{
	static const char *const bad[] = {
		"",
		"\n\n\n\n",
		"vdisk accel 1\n",
		"vdisk accel 1\nKEY\nemulation\n",
		"vdisk accel 1\nKEY\nemulation\nreason",
		"vdisk accel 1\nKEY\nemulation\nreason\nmore\n",
		"vdisk accel 1\nKEY\nwarp drive\nreason\n",
		"vdisk accel 2\nKEY\nemulation\nreason\n",
		"vdisk accel 1\nKEY2\nemulation\nreason\n",
	};
	static const char with_nul[] = "vdisk accel 1\nKEY\nemulation\n\0\n";
	struct vmnt_accel_memory m;

	ck_assert_int_eq(parsed("vdisk accel 1\nKEY\nemulation\nwhy\n").accel, VMNT_ACCEL_EMULATED);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ck_assert_int_eq(parsed(bad[i]).accel, VMNT_ACCEL_UNKNOWN);
	vmnt_accel_parse(with_nul, sizeof(with_nul) - 1, "KEY", &m);
	ck_assert_int_eq(m.accel, VMNT_ACCEL_UNKNOWN);
}
END_TEST

START_TEST(long_reason_is_cut)
{
	char text[400] = "vdisk accel 1\nKEY\nemulation\n";
	size_t len = strlen(text);

	memset(text + len, 'x', 300);
	memcpy(text + len + 300, "\n", 2);
	ck_assert_uint_eq(strlen(parsed(text).reason), VMNT_ACCEL_REASON - 1);
}
END_TEST

START_TEST(unwritable_root_is_no_error)
{
	struct vmnt_accel_memory m = { .accel = VMNT_ACCEL_KVM }, got;

	vmnt_accel_save("/nonexistent", "k", &m);
	vmnt_accel_load("/nonexistent", "k", &got);
	ck_assert_int_eq(got.accel, VMNT_ACCEL_UNKNOWN);
	ck_assert(said_nothing());
}
END_TEST

START_TEST(key_changes_with_qemu_and_the_device)
{
	char *a, *b, *c, *d;

	put_text(in_tmpdir("qemu"), "1");
	a = vmnt_accel_key(in_tmpdir("qemu"), "/dev/kvm", 0);
	b = vmnt_accel_key(in_tmpdir("qemu"), "/dev/kvm", EACCES);
	put_text(in_tmpdir("qemu"), "22");
	c = vmnt_accel_key(in_tmpdir("qemu"), "/dev/kvm", 0);
	d = vmnt_accel_key(in_tmpdir("qemu"), "/dev/kvm", 0);
	ck_assert_str_ne(a, b);
	ck_assert_str_ne(a, c);
	ck_assert_str_eq(c, d);
	free(a);
	free(b);
	free(c);
	free(d);
}
END_TEST

/* --- console --- */

START_TEST(console_tells_signs_of_life_in_any_pieces)
{
	const char *text = "\r\nsupermin: mounting /proc\r\n";

	print("SeaBIOS (version 1.16)\nBooting from ROM..\n");
	ck_assert(!atomic_load(&console.alive));
	for (const char *p = text; *p != '\0'; p++)
		vmnt_console_add(&console, p, 1);
	ck_assert(atomic_load(&console.alive));
	vmnt_console_reset(&console);
	ck_assert(!atomic_load(&console.alive));
	ck_assert(!vmnt_console_has(&console, "mounting"));
}
END_TEST

START_TEST(console_keeps_the_end_of_much_text)
{
	char line[64];

	for (int i = 0; i < 5000; i++) {
		snprintf(line, sizeof(line), "line %d.\n", i);
		print(line);
	}
	ck_assert(vmnt_console_has(&console, "line 4999."));
	ck_assert(vmnt_console_has(&console, "line 4900."));
	ck_assert(!vmnt_console_has(&console, "line 1000."));
}
END_TEST

START_TEST(console_takes_lines_without_end)
{
	for (int i = 0; i < 100000; i++)
		print("x");
	print("\0\n");
	ck_assert(vmnt_console_has(&console, "xxx"));
	vmnt_console_add(&console, "a\0b\n", 4);
	ck_assert(vmnt_console_has(&console, "ab"));
}
END_TEST

START_TEST(console_finds_what_qemu_complained_of)
{
	char text[100];

	ck_assert(!vmnt_console_monitor_error(&console, text, sizeof(text)));
	ck_assert_str_eq(text, "");
	vmnt_console_last_line(&console, text, sizeof(text));
	ck_assert_str_eq(text, "");
	print("Formatting 'x'\nqemu-system-x86_64: warning: old\nqemu-system-x86_64: error: no "
	      "MSR\nqemu-system-x86_64: later\nlast");
	ck_assert(vmnt_console_monitor_error(&console, text, sizeof(text)));
	ck_assert_str_eq(text, "no MSR");
	vmnt_console_last_line(&console, text, sizeof(text));
	ck_assert_str_eq(text, "last");
	print("\n");
	vmnt_console_last_line(&console, text, 3);
	ck_assert_str_eq(text, "la");
	vmnt_console_reset(&console);
	print("KVM internal error. Suberror: 1\nEAX=0\n");
	ck_assert(vmnt_console_monitor_error(&console, text, sizeof(text)));
	ck_assert_str_eq(text, "KVM internal error. Suberror: 1");
}
END_TEST

/* --- explain --- */

static struct vmnt_launch_failure explained(const char *printed, const char *last_error)
{
	struct vmnt_launch_failure f;

	vmnt_console_reset(&console);
	print(printed);
	vmnt_launch_explain(&console, "/bin/true", last_error, &f);
	return f;
}

#define SUPERMIN_1 "/usr/bin/supermin exited with error status 1.\nTo see full error messages ..."

START_TEST(causes_are_told_apart)
{
	static const struct {
		const char *printed, *error;
		VixError code;
		const char *text;
	} rows[] = {
		{ "supermin: failed to find a suitable kernel (host_cpu=x86_64).\n", SUPERMIN_1,
		  VIX_E_MNTAPI_NO_DRIVER, "apt install linux-image-amd64" },
		{ "cp: cannot open '/boot/vmlinuz-6.1.0-56-amd64' for reading: Permission denied\n"
		  "supermin: cp -p '/boot/vmlinuz-6.1.0-56-amd64': command failed\n",
		  SUPERMIN_1, VIX_E_MNTAPI_NO_DRIVER, "chmod a+r /boot/vmlinuz" },
		{ "supermin: error: statvfs: No space left on device: /var/tmp/x/root\n",
		  SUPERMIN_1, VIX_E_DISK_FULL, "no space" },
		{ "qemu-img: /t/o.qcow2: Could not write qcow2 header: No space left on device\n",
		  "qemu-img exited with error status 1.", VIX_E_DISK_FULL, "no space" },
		{ "qemu-img: No such file or directory\n", "qemu-img exited with error status 127",
		  VIX_E_MNTAPI_NO_DRIVER, "qemu-utils" },
		{ "/usr/bin/supermin: Permission denied\n",
		  "/usr/bin/supermin exited with error status 126.", VIX_E_MNTAPI_NO_DRIVER,
		  "reinstall" },
		{ "", "cannot find any suitable libguestfs supermin, fixed or old-style appliance",
		  VIX_E_MNTAPI_NO_DRIVER, "LIBGUESTFS_PATH" },
		{ "supermin: no idea\n", SUPERMIN_1, VIX_E_MNTAPI_OS_ERROR,
		  "could not build its appliance: supermin: no idea" },
		{ "qemu-system-x86_64: -m: bad\nx\n", "guestfs_launch failed",
		  VIX_E_MNTAPI_OS_ERROR, "did not start: -m: bad" },
		{ "", "guestfs_launch\x1b failed", VIX_E_MNTAPI_OS_ERROR,
		  "did not start: guestfs_launch\\x1b failed" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct vmnt_launch_failure f = explained(rows[i].printed, rows[i].error);

		ck_assert_uint_eq(f.code, rows[i].code);
		ck_assert_msg(strstr(f.text, rows[i].text) != NULL, "%s", f.text);
		ck_assert_int_eq(f.is_host, strstr(f.text, "did not start") == NULL);
	}
}
END_TEST

START_TEST(missing_qemu_is_named)
{
	struct vmnt_launch_failure f;

	vmnt_launch_explain(&console, "/nonexistent/qemu", "stat: No such file", &f);
	ck_assert_uint_eq(f.code, VIX_E_MNTAPI_NO_DRIVER);
	ck_assert_ptr_nonnull(strstr(f.text, "/nonexistent/qemu is missing"));
	vmnt_launch_explain(&console, "/nonexistent/qemu", NULL, &f);
	ck_assert(f.is_host);
}
END_TEST

/* --- watchdog --- */

#define MARK "/tmp/vdisk-test-mark"

/* A child that runs another program than ours, with @mark among its arguments. */
static pid_t start_marked(const char *mark)
{
	pid_t pid = fork();

	if (pid == 0) {
		setenv("FAKEQEMU_TCG", "mute", 1);
		execl(TESTS_BUILDDIR "/unit/fakeqemu", "fakeqemu", "guestfsd.sock", mark, NULL);
		_exit(127);
	}
	while (vmnt_child_find(mark) != pid)
		usleep(1000);
	return pid;
}

static bool was_killed(pid_t pid)
{
	int status;

	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	return WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
}

static enum vmnt_watch_verdict watched(unsigned life_ms, unsigned up_ms, unsigned run_ms)
{
	struct vmnt_watch_limits limits = { .life_ms = life_ms, .up_ms = up_ms };
	struct vmnt_watchdog *w;

	ck_assert_int_eq(vmnt_watchdog_start(MARK, &console, limits, &w), VIX_OK);
	usleep(run_ms * 1000);
	return vmnt_watchdog_stop(w);
}

START_TEST(child_is_killed_by_its_mark_only)
{
	pid_t pid = start_marked(MARK "1");

	ck_assert_int_eq(vmnt_child_find(MARK "2"), 0);
	ck_assert(!vmnt_child_kill(pid, MARK "2"));
	ck_assert(!vmnt_child_kill(getpid(), "launch"));
	ck_assert(vmnt_child_kill(pid, MARK "1"));
	ck_assert(was_killed(pid));
	ck_assert(!vmnt_child_kill(pid, MARK "1"));
}
END_TEST

START_TEST(our_own_forks_do_not_count)
{
	pid_t pid = fork();

	if (pid == 0)
		for (;;)
			pause();
	ck_assert_int_eq(vmnt_child_find("launch.t"), 0); /* our command line, and so its */
	kill(pid, SIGKILL);
	ck_assert(was_killed(pid));
}
END_TEST

START_TEST(watchdog_may_see_nothing)
{
	ck_assert_int_eq(watched(1, 1, 200), VMNT_WATCH_NOT_SEEN);
}
END_TEST

START_TEST(watchdog_ends_a_lifeless_machine)
{
	pid_t pid = start_marked(MARK);

	ck_assert_int_eq(watched(100, 0, 1000), VMNT_WATCH_LIFELESS);
	ck_assert(was_killed(pid));
}
END_TEST

START_TEST(watchdog_ends_a_machine_that_takes_too_long)
{
	pid_t pid = start_marked(MARK);

	print("Linux version 6\n");
	ck_assert_int_eq(watched(50, 200, 1000), VMNT_WATCH_TOO_LONG);
	ck_assert(was_killed(pid));
}
END_TEST

START_TEST(watchdog_leaves_a_machine_its_time)
{
	pid_t pid = start_marked(MARK);

	print("Linux version 6\n");
	ck_assert_int_eq(watched(10, 60000, 300), VMNT_WATCH_SEEN);
	ck_assert_int_eq(watched(60000, 0, 300), VMNT_WATCH_SEEN);
	ck_assert(vmnt_child_kill(pid, MARK));
	ck_assert(was_killed(pid));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("launch");
	TCase *accel = unit_tcase(s, "accel"), *cons = unit_tcase(s, "console");
	TCase *explain = unit_tcase(s, "explain"), *watch = unit_tcase(s, "watchdog");

	tcase_add_checked_fixture(accel, tmpdir_make, tmpdir_remove);
	tcase_add_checked_fixture(accel, said_start, NULL);
	tcase_add_test(accel, memory_is_read_back);
	tcase_add_test(accel, memory_counts_for_its_key_only);
	tcase_add_test(accel, unknown_forgets);
	tcase_add_test(accel, corrupt_memory_counts_as_none);
	tcase_add_test(accel, long_reason_is_cut);
	tcase_add_test(accel, unwritable_root_is_no_error);
	tcase_add_test(accel, key_changes_with_qemu_and_the_device);
	tcase_add_checked_fixture(cons, console_make, console_drop);
	tcase_add_test(cons, console_tells_signs_of_life_in_any_pieces);
	tcase_add_test(cons, console_keeps_the_end_of_much_text);
	tcase_add_test(cons, console_takes_lines_without_end);
	tcase_add_test(cons, console_finds_what_qemu_complained_of);
	tcase_add_checked_fixture(explain, console_make, console_drop);
	tcase_add_test(explain, causes_are_told_apart);
	tcase_add_test(explain, missing_qemu_is_named);
	tcase_add_checked_fixture(watch, console_make, console_drop);
	tcase_add_test(watch, child_is_killed_by_its_mark_only);
	tcase_add_test(watch, our_own_forks_do_not_count);
	tcase_add_test(watch, watchdog_may_see_nothing);
	tcase_add_test(watch, watchdog_ends_a_lifeless_machine);
	tcase_add_test(watch, watchdog_ends_a_machine_that_takes_too_long);
	tcase_add_test(watch, watchdog_leaves_a_machine_its_time);
	return unit_run(s);
}
