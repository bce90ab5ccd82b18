/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * libmount/engine/launch.c: how a launch is chosen, given up and remembered, and what happens to a
 * machine that stands still.  libguestfs is the real one, the virtual machine is played by
 * tests/unit/fakeqemu.c.
 */
#include "config.h"

#include "../unit/unit.h"

#include <glob.h>
#include <signal.h>
#include <sys/wait.h>

#include "../../libmount/engine/guestfs-engine.h"
#include "../../libmount/engine/launch.h"
#include "../../libmount/engine/sockdir.h"
#include "../unit/said.h"
#include "../unit/tmpdir.h"

#define KVM_THERE "/dev/null" /* can be opened for reading and writing */
#define SLOWER    "using emulation, starts are about 10 times slower"

static struct vmnt_console console;
static struct vmnt_launch launch;
static const char *hv;

static VixError make_handle(void *ctx, guestfs_h **g_out)
{
	guestfs_h *g = guestfs_create_flags(GUESTFS_CREATE_NO_ENVIRONMENT |
					    GUESTFS_CREATE_NO_CLOSE_ON_EXIT);
	struct guestfs_add_drive_opts_argv opts = {
		.bitmask = GUESTFS_ADD_DRIVE_OPTS_READONLY_BITMASK |
			   GUESTFS_ADD_DRIVE_OPTS_FORMAT_BITMASK,
		.readonly = 1,
		.format = "raw",
	};

	(void)ctx;
	guestfs_set_error_handler(g, NULL, NULL);
	ck_assert_int_eq(vmnt_console_attach(launch.console, g), 0);
	guestfs_set_backend(g, "direct");
	guestfs_set_autosync(g, 0);
	guestfs_set_tmpdir(g, tmpdir);
	guestfs_set_hv(g, hv);
	ck_assert_int_eq(guestfs_add_drive_opts_argv(g, in_tmpdir("disk"), &opts), 0);
	*g_out = g;
	return VIX_OK;
}

static void launch_prepare(void)
{
	tmpdir_make();
	put_text(in_tmpdir("disk"), "");
	ck_assert_int_eq(truncate(in_tmpdir("disk"), 1 << 20), 0);
	setenv("FAKEQEMU_LOG", in_tmpdir("starts"), 1);
	said_start();
	vmnt_console_init(&console);
	hv = TESTS_BUILDDIR "/unit/fakeqemu";
	vmnt_launch_defaults(&launch);
	launch.kvm_device = KVM_THERE;
	launch.kvm.life_ms = launch.kvm.up_ms = 400;
	launch.state_root = launch.tmp_dir = tmpdir;
	launch.console = &console;
	launch.make_handle = make_handle;
}

static void launch_clean(void)
{
	vmnt_console_destroy(&console);
	tmpdir_remove();
}

/* Launches with that play; the handle is closed again.  Return: how it ran, UNKNOWN: not. */
static enum vmnt_accel run(const char *kvm, const char *tcg)
{
	enum vmnt_accel accel;
	guestfs_h *g;

	setenv("FAKEQEMU_KVM", kvm, 1);
	setenv("FAKEQEMU_TCG", tcg, 1);
	said_text[0] = '\0';
	put_text(in_tmpdir("starts"), "");
	if (vmnt_launch(&launch, &g, &accel) != VIX_OK)
		return VMNT_ACCEL_UNKNOWN;
	guestfs_close(g);
	return accel;
}

/* What was started since run(): "kvm\nemulation\n". */
static void expect_starts(const char *starts)
{
	char *text;

	ck_assert_int_eq(vu_read_file(in_tmpdir("starts"), 4096, &text, NULL), 0);
	ck_assert_str_eq(text, starts);
	free(text);
}

START_TEST(kvm_that_works_is_used_and_remembered)
{
	ck_assert_int_eq(run("up", "abort"), VMNT_ACCEL_KVM);
	expect_starts("kvm\n");
	ck_assert(said_nothing());
	ck_assert_int_eq(run("up", "abort"), VMNT_ACCEL_KVM);
	ck_assert(said_nothing());
}
END_TEST

START_TEST(kvm_that_aborts_is_given_up_once)
{
	const char *text =
		"KVM does not work on this host (qemu: failed to set MSR 0x10a to 0x0): " SLOWER;

	ck_assert_int_eq(run("abort", "up"), VMNT_ACCEL_EMULATED);
	expect_starts("kvm\nemulation\n");
	ck_assert(said(text));
	vu_log_set_level(VU_LOG_WARN);
	ck_assert_int_eq(run("abort", "up"), VMNT_ACCEL_EMULATED);
	expect_starts("emulation\n");
	ck_assert(said_nothing());
	vu_log_set_level(VU_LOG_INFO);
	ck_assert_int_eq(run("abort", "up"), VMNT_ACCEL_EMULATED);
	ck_assert(said(text));
}
END_TEST

START_TEST(guest_without_life_under_kvm_is_given_up)
{
	uint64_t start = vu_now_ms();

	launch.kvm = (struct vmnt_watch_limits){ .life_ms = 1000, .up_ms = 60000 };
	ck_assert_int_eq(run("mute", "up"), VMNT_ACCEL_EMULATED);
	ck_assert_uint_lt(vu_now_ms() - start, 20000);
	expect_starts("kvm\nemulation\n");
	ck_assert(said("KVM does not work on this host (the guest showed no life for 1 s): "));
}
END_TEST

START_TEST(guest_that_hangs_under_kvm_is_given_up)
{
	launch.kvm.up_ms = 1000;
	ck_assert_int_eq(run("hang", "up"), VMNT_ACCEL_EMULATED);
	ck_assert(said("(the guest did not answer for 1 s)"));
}
END_TEST

START_TEST(no_kvm_goes_straight_to_emulation)
{
	launch.kvm_device = "/nonexistent/kvm";
	ck_assert_int_eq(run("up", "up"), VMNT_ACCEL_EMULATED);
	expect_starts("emulation\n");
	ck_assert(said("(/nonexistent/kvm: No such file or directory): " SLOWER));
	vu_log_set_level(VU_LOG_WARN);
	ck_assert_int_eq(run("up", "up"), VMNT_ACCEL_EMULATED);
	ck_assert(said_nothing());
	/* Now it is there. */
	launch.kvm_device = KVM_THERE;
	ck_assert_int_eq(run("up", "up"), VMNT_ACCEL_KVM);
}
END_TEST

START_TEST(kvm_that_worked_before_is_tried_again)
{
	ck_assert_int_eq(run("up", "up"), VMNT_ACCEL_KVM);
	ck_assert_int_eq(run("abort", "up"), VMNT_ACCEL_EMULATED);
	ck_assert(said("KVM does not work"));
	ck_assert_int_eq(run("up", "up"), VMNT_ACCEL_KVM);
	expect_starts("kvm\n");
}
END_TEST

START_TEST(nothing_is_remembered_when_nothing_works)
{
	enum vmnt_accel accel;
	guestfs_h *g;

	ck_assert_int_eq(run("abort", "abort"), VMNT_ACCEL_UNKNOWN);
	expect_starts("kvm\nemulation\n");
	ck_assert(said("cannot start a virtual machine to read the disks: the virtual machine did "
		       "not start: failed to set MSR"));
	ck_assert(!exists(in_tmpdir("accel")));
	ck_assert_int_eq(vmnt_launch(&launch, &g, &accel), VIX_E_MNTAPI_OS_ERROR);
}
END_TEST

START_TEST(hanging_emulation_ends_too)
{
	launch.kvm_device = "/nonexistent/kvm";
	launch.emulated.up_ms = 1000;
	ck_assert_int_eq(run("up", "hang"), VMNT_ACCEL_UNKNOWN);
	ck_assert(said("to read the disks: the guest did not answer for 1 s"));
}
END_TEST

START_TEST(machine_that_stops_answering_is_stopped)
{
	struct vmnt_guestfs en = { .n_disks = 1, .limit_ms = 300, .tmp_dir = (char *)tmpdir };
	enum vmnt_accel accel;

	setenv("FAKEQEMU_KVM", "up", 1);
	vmnt_console_init(&en.console);
	launch.console = &en.console;
	said_text[0] = '\0';
	ck_assert_int_eq(vmnt_launch(&launch, &en.g, &accel), VIX_OK);
	ck_assert_int_eq(vmnt_guestfs_scan(&en), VIX_E_MNTAPI_OS_ERROR);
	ck_assert(said("cannot list the volumes: the virtual machine that reads the disks has "
		       "stopped"));
	ck_assert(said("did not answer"));
	ck_assert(vmnt_guestfs_is_dead(&en));
	guestfs_close(en.g);
	vmnt_console_destroy(&en.console);
}
END_TEST

/* The path in the note that a launch has made, "" while there is none. */
static void read_note(char *path, size_t size)
{
	char *text;

	path[0] = '\0';
	if (vu_read_file(in_tmpdir("guestfs-socket"), size - 1, &text, NULL) < 0)
		return;
	strcpy(path, text);
	free(text);
}

START_TEST(socket_of_a_launch_that_is_killed_is_found)
{
	char path[4096];
	pid_t pid = fork();

	if (pid == 0) {
		launch.kvm.up_ms = 0; /* no limit */
		run("hang", "hang");
		_exit(0);
	}
	do { /* the test's time limit ends this */
		usleep(10000);
		read_note(path, sizeof(path));
	} while (path[0] == '\0');
	ck_assert_int_eq(kill(pid, SIGKILL), 0);
	ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
	ck_assert(exists(path));
	vmnt_sockdir_sweep(tmpdir);
	*strrchr(path, '/') = '\0';
	ck_assert(!exists(path));
}
END_TEST

START_TEST(missing_qemu_is_no_matter_of_kvm)
{
	enum vmnt_accel accel;
	guestfs_h *g;

	hv = "/nonexistent/qemu";
	ck_assert_int_eq(vmnt_launch(&launch, &g, &accel), VIX_E_MNTAPI_NO_DRIVER);
	ck_assert(said("/nonexistent/qemu is missing: install it"));
	ck_assert(!said("KVM"));
}
END_TEST

/* Can libguestfs build its appliance here? */
static bool has_appliance(void)
{
	glob_t kernels;
	bool found = false;

	if (glob("/boot/vmlinuz-*", 0, NULL, &kernels) != 0)
		return false;
	for (size_t i = 0; i < kernels.gl_pathc; i++)
		found |= access(kernels.gl_pathv[i], R_OK) == 0;
	globfree(&kernels);
	return found && access("/usr/bin/qemu-system-x86_64", X_OK) == 0;
}

int main(void)
{
	Suite *s = suite_create("launch");
	TCase *tc = unit_tcase(s, "launch");

	if (!has_appliance()) {
		puts("1..0 # SKIP needs qemu-system-x86_64 and a readable kernel in /boot");
		return EXIT_SUCCESS;
	}
	tcase_add_checked_fixture(tc, launch_prepare, launch_clean);
	tcase_add_test(tc, kvm_that_works_is_used_and_remembered);
	tcase_add_test(tc, kvm_that_aborts_is_given_up_once);
	tcase_add_test(tc, guest_without_life_under_kvm_is_given_up);
	tcase_add_test(tc, guest_that_hangs_under_kvm_is_given_up);
	tcase_add_test(tc, no_kvm_goes_straight_to_emulation);
	tcase_add_test(tc, kvm_that_worked_before_is_tried_again);
	tcase_add_test(tc, nothing_is_remembered_when_nothing_works);
	tcase_add_test(tc, hanging_emulation_ends_too);
	tcase_add_test(tc, missing_qemu_is_no_matter_of_kvm);
	tcase_add_test(tc, machine_that_stops_answering_is_stopped);
	tcase_add_test(tc, socket_of_a_launch_that_is_killed_is_found);
	return unit_run(s);
}
