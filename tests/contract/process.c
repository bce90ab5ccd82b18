/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The contract with programs written for VDDK, rules 6, 7, 11 and 23, and nbdkit's way of starting:
 * what Init takes, how often it may come, and processes that fork, run others or end in odd ways.
 *
 * A test that needs a process of its own runs this program again, with the name of what to play.
 */
#include "config.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../api/client.h"
#include "../api/disks.h"

#define COUNT(array) (int)(sizeof(array) / sizeof((array)[0]))
#define READ_ONLY    VIXDISKLIB_FLAG_OPEN_READ_ONLY

static const uint32 versions[][2] = {
	{ 1, 0 }, { 1, 2 }, { 5, 0 }, { 5, 5 }, { 6, 0 },
	{ 6, 5 }, { 6, 7 }, { 6, 8 }, { 7, 0 }, { 8, 0 },
};

static bool is_running(void)
{
	VixDiskLibConnection c;

	return VixDiskLib_Connect(NULL, &c) == VIX_OK && VixDiskLib_Disconnect(c) == VIX_OK;
}

/* Rule 6 */

START_TEST(rule_06_init_takes_each_version_and_null_everywhere)
{
	const uint32 *v = versions[_i];

	ck_assert_ok(VixDiskLib_Init(v[0], v[1], NULL, NULL, NULL, NULL));
	ck_assert(is_running());
	VixDiskLib_Exit();
	ck_assert_ok(VixDiskLib_InitEx(v[0], v[1], NULL, NULL, NULL, NULL, NULL));
	ck_assert(is_running());
	VixDiskLib_Exit();
	ck_assert_ok(VixDiskLib_InitEx(v[0], v[1], client_log_info, NULL, client_log_panic,
				       "/no/such/directory", ""));
	ck_assert(is_running());
	VixDiskLib_Exit();
	ck_assert(!is_running());
}
END_TEST

/* Coriolis begins with the newest release that it knows, and takes the first that is accepted. */
START_TEST(rule_06_the_first_version_tried_downwards_is_taken)
{
	static const uint32 tried[][2] = { { 8, 0 }, { 7, 0 }, { 6, 7 }, { 6, 5 }, { 6, 0 } };
	int i = 0;

	while (i < COUNT(tried) &&
	       VixDiskLib_InitEx(tried[i][0], tried[i][1], NULL, NULL, NULL, NULL, NULL) != VIX_OK)
		i++;
	ck_assert_int_eq(i, 0);
	ck_assert(is_running());
	VixDiskLib_Exit();
}
END_TEST

/* Rule 7 */

START_TEST(rule_07_error_text_works_before_init)
{
	char *text = VixDiskLib_GetErrorText(VIX_E_DISK_NOINIT, NULL);

	ck_assert_ptr_nonnull(text);
	ck_assert_uint_gt(strlen(text), 10);
	VixDiskLib_FreeErrorText(text);
	ck_assert(!is_running());
}
END_TEST

/* The second one is another part of the program; what the first has open stays so. */
START_TEST(rule_07_init_is_counted_and_the_first_ones_functions_stay)
{
	VixDiskLibConnection c;
	VixDiskLibHandle disk;

	ck_assert_ok(VixDiskLib_InitEx(6, 5, client_log_info, client_log_warning, client_log_panic,
				       NULL, NULL));
	make_flat("counted.vmdk", GRAIN);
	c = connect_local();
	disk = open_disk(c, "counted.vmdk", 0);
	ck_assert_ok(VixDiskLib_InitEx(6, 5, NULL, NULL, NULL, NULL, NULL));
	client_log.warnings = 0;
	ck_assert_err(VixDiskLib_Open(c, in_dir("missing"), 0, &disk), FILE_NOT_FOUND);
	ck_assert_uint_eq(client_log.warnings, 1);
	disk = open_disk(c, "counted.vmdk", 0);
	VixDiskLib_Exit();
	ck_assert_ok(VixDiskLib_Flush(disk));
	ck_assert_ok(VixDiskLib_Close(disk));
	VixDiskLib_Exit();
	ck_assert(!is_running());
	VixDiskLib_Exit(); /* one too many */
	ck_assert_ok(VixDiskLib_Init(6, 5, NULL, NULL, NULL, NULL));
	ck_assert(is_running());
	VixDiskLib_Exit();
}
END_TEST

/* A program that was sent on its way by its own error handling stops what it never started. */
START_TEST(rule_07_exit_without_init_is_harmless)
{
	VixDiskLib_Exit();
	VixDiskLib_Exit();
	ck_assert_ok(VixDiskLib_Init(6, 5, NULL, NULL, NULL, NULL));
	ck_assert(is_running());
	VixDiskLib_Exit();
}
END_TEST

/* Rule 11: the end of programs that never came to open anything. */

START_TEST(rule_11_closing_nothing_is_harmless)
{
	ck_assert_uint_ne(VixDiskLib_Close(NULL), VIX_OK);
	VixDiskLib_FreeInfo(NULL);
	VixDiskLib_FreeErrorText(NULL);
	VixDiskLib_FreeConnectParams(NULL);
	ck_assert_ok(VixDiskLib_FreeBlockList(NULL));
	ck_assert_uint_eq(client_log.warnings, 0);
	ck_assert(is_running());
}
END_TEST

/* Processes. */

static int status_of(pid_t pid)
{
	int status = -1;

	ck_assert_int_gt(pid, 0);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	return status;
}

static int write_and_read(const char *name)
{
	uint8 buf[512] = { 42 }, got[512] = { 0 };
	VixDiskLibConnection c;
	VixDiskLibHandle disk;

	if (VixDiskLib_Connect(NULL, &c) != VIX_OK)
		return 1;
	if (VixDiskLib_Open(c, in_dir(name), 0, &disk) != VIX_OK)
		return 2;
	if (VixDiskLib_Write(disk, 3, 1, buf) != VIX_OK || VixDiskLib_Flush(disk) != VIX_OK)
		return 3;
	if (VixDiskLib_Read(disk, 3, 1, got) != VIX_OK || memcmp(buf, got, sizeof(buf)) != 0)
		return 4;
	if (VixDiskLib_Close(disk) != VIX_OK || VixDiskLib_Disconnect(c) != VIX_OK)
		return 5;
	return 0;
}

static int use_library(const char *name)
{
	int wrong;

	if (VixDiskLib_InitEx(6, 5, NULL, NULL, NULL, NULL, NULL) != VIX_OK)
		return 10;
	wrong = write_and_read(name);
	VixDiskLib_Exit();
	return wrong;
}

static int use_in_child(const char *name)
{
	pid_t pid = fork();

	if (pid == 0)
		_exit(use_library(name));
	return status_of(pid);
}

/* nbdkit goes into the background first, and starts the library there. */
START_TEST(nbdkit_starts_the_library_after_a_fork)
{
	make_sparse("forked.vmdk", GRAIN, "X");
	ck_assert_str_eq(VixDiskLib_ListTransportModes(), TRANSPORTS); /* it has been used before */
	ck_assert_int_eq(use_in_child("forked.vmdk"), 0);
	ck_assert_int_eq(use_in_child("forked.vmdk"), 0);
	ck_assert_int_eq(use_library("forked.vmdk"), 0);
	ck_assert_int_eq(use_in_child("forked.vmdk"), 0);
}
END_TEST

static void note_result(void *data, VixError result)
{
	*(VixError *)data = result;
}

/* What the child does with its copy of the library: stops it, and starts it anew for another disk. */
static int stop_and_start(void)
{
	VixDiskLib_Exit();
	if (is_running())
		return 20;
	return use_library("childs.vmdk");
}

START_TEST(a_child_stops_and_starts_the_library_and_its_parent_goes_on)
{
	VixDiskLibConnection c = connect_local();
	VixDiskLibHandle disk;
	VixError result = VIX_E_FAIL;
	uint8 buf[512] = { 7 };
	pid_t pid;

	make_sparse("parents.vmdk", GRAIN, "X");
	make_sparse("childs.vmdk", GRAIN, "X");
	disk = open_disk(c, "parents.vmdk", 0);
	ck_assert_uint_eq(VixDiskLib_WriteAsync(disk, 5, 1, buf, note_result, &result), VIX_ASYNC);
	ck_assert_ok(VixDiskLib_Wait(disk)); /* there are threads now */
	ck_assert_ok(result);

	pid = fork();
	if (pid == 0)
		_exit(stop_and_start());
	ck_assert_int_eq(status_of(pid), 0);

	ck_assert_uint_eq(VixDiskLib_WriteAsync(disk, 6, 1, buf, note_result, &result), VIX_ASYNC);
	ck_assert_ok(VixDiskLib_Close(disk));
	ck_assert_ok(result);
	ck_assert_ok(VixDiskLib_Disconnect(c));
	ck_assert_uint_eq(client_log.warnings, 0);
}
END_TEST

/* Runs this program as @role on the disk called @name. */
static int play(const char *role, const char *name)
{
	pid_t pid = fork();

	if (pid == 0) {
		execl("/proc/self/exe", "process", role, in_dir(name), (char *)NULL);
		_exit(127);
	}
	return status_of(pid);
}

/* Rule 23: Bareos, whose clean-up is run by exit(). */

static struct {
	VixDiskLibConnectParams *params;
	VixDiskLibConnection conn;
	VixDiskLibHandle disk;
	VixDiskLibInfo *info;
} bareos;

/* Only _exit() may be called by what exit() calls. */
static void expect(VixError err, int step)
{
	if (err != VIX_OK)
		_exit(step);
}

static void clean_up(void)
{
	VixDiskLib_FreeInfo(bareos.info);
	expect(VixDiskLib_Close(bareos.disk), 30);
	expect(VixDiskLib_Disconnect(bareos.conn), 31);
	expect(VixDiskLib_EndAccess(bareos.params, "bareos"), 32);
	VixDiskLib_FreeConnectParams(bareos.params);
	VixDiskLib_Exit();
	expect(VixDiskLib_Close(bareos.disk) == VIX_E_DISK_NOINIT ? VIX_OK : VIX_E_FAIL, 33);
}

static void play_bareos(const char *path)
{
	uint8 buf[512] = { 1 };

	bareos.params = VixDiskLib_AllocateConnectParams();
	atexit(clean_up);
	expect(VixDiskLib_InitEx(6, 5, NULL, NULL, NULL, NULL, NULL), 20);
	expect(VixDiskLib_PrepareForAccess(bareos.params, "bareos"), 21);
	expect(VixDiskLib_ConnectEx(bareos.params, FALSE, "", "", &bareos.conn), 22);
	expect(VixDiskLib_Open(bareos.conn, path, 0, &bareos.disk), 23);
	expect(VixDiskLib_GetInfo(bareos.disk, &bareos.info), 24);
	expect(VixDiskLib_Write(bareos.disk, 0, 1, buf), 25);
	exit(0);
}

/* One that has forgotten to clean up. */
static void play_forgetful(const char *path)
{
	uint8 buf[512] = { 1 };

	expect(VixDiskLib_InitEx(6, 5, NULL, NULL, NULL, NULL, NULL), 20);
	expect(VixDiskLib_Connect(NULL, &bareos.conn), 22);
	expect(VixDiskLib_Open(bareos.conn, path, READ_ONLY, &bareos.disk), 23);
	expect(VixDiskLib_Read(bareos.disk, 0, 1, buf), 25);
	exit(0);
}

static void exit_late(void)
{
	VixDiskLib_Exit();
}

/* One whose Exit finds everything open, with requests under way. */
static void play_abrupt(const char *path)
{
	static uint8 bufs[64][512];
	static VixError results[64];

	atexit(exit_late);
	expect(VixDiskLib_InitEx(6, 5, NULL, NULL, NULL, NULL, NULL), 20);
	expect(VixDiskLib_Connect(NULL, &bareos.conn), 22);
	expect(VixDiskLib_Open(bareos.conn, path, 0, &bareos.disk), 23);
	for (unsigned i = 0; i < 64; i++)
		if (VixDiskLib_WriteAsync(bareos.disk, i, 1, bufs[i], note_result, &results[i]) !=
		    VIX_ASYNC)
			_exit(24);
	exit(0);
}

static const struct role {
	const char *name;
	void (*run)(const char *path);
} roles[] = {
	{ "bareos", play_bareos },
	{ "forgetful", play_forgetful },
	{ "abrupt", play_abrupt },
};

static bool exists(const char *name)
{
	struct stat st;

	return stat(in_dir(name), &st) == 0;
}

START_TEST(rule_23_programs_clean_up_at_exit)
{
	make_sparse("exit.vmdk", GRAIN, "X");
	ck_assert_int_eq(play(roles[_i].name, "exit.vmdk"), 0);
	ck_assert(!exists("exit.vmdk.lck"));
	ck_assert_int_eq(use_library("exit.vmdk"), 0);
}
END_TEST

static void add_init(Suite *s)
{
	TCase *tc = unit_tcase(s, "Init and Exit");

	tcase_add_loop_test(tc, rule_06_init_takes_each_version_and_null_everywhere, 0,
			    COUNT(versions));
	tcase_add_test(tc, rule_06_the_first_version_tried_downwards_is_taken);
	tcase_add_test(tc, rule_07_error_text_works_before_init);
	tcase_add_test(tc, rule_07_init_is_counted_and_the_first_ones_functions_stay);
	tcase_add_test(tc, rule_07_exit_without_init_is_harmless);
	tc = client_tcase(s, "nothing");
	tcase_add_test(tc, rule_11_closing_nothing_is_harmless);
}

static void add_processes(Suite *s)
{
	TCase *tc = unit_tcase(s, "processes");

	tcase_add_test(tc, nbdkit_starts_the_library_after_a_fork);
	tcase_add_loop_test(tc, rule_23_programs_clean_up_at_exit, 0, COUNT(roles));
	tc = client_tcase(s, "forks");
	tcase_add_test(tc, a_child_stops_and_starts_the_library_and_its_parent_goes_on);
}

int main(int argc, char *argv[])
{
	Suite *s;

	for (int i = 0; argc == 3 && i < COUNT(roles); i++)
		if (strcmp(argv[1], roles[i].name) == 0)
			roles[i].run(argv[2]);
	s = suite_create("contract: processes");
	add_init(s);
	add_processes(s);
	return client_run(s);
}
