/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The libraries change nothing of a process that is not theirs, and say nothing that they were not
 * asked for: not when they are loaded, started, used in vain, stopped and unloaded. This program is
 * not linked with them.
 *
 * A test that needs a process of its own runs this program again, with the name of what to play.
 */
#include "config.h"

#include "../unit/unit.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "loaded.h"
#include "surroundings.h"
#include "vixMntapi.h"

#define COUNT(array) (int)(sizeof(array) / sizeof((array)[0]))

/* What the program calls, as dlsym() gives it. */
static struct {
	__typeof__(VixDiskLib_InitEx) *init_ex;
	__typeof__(VixDiskLib_Exit) *exit;
	__typeof__(VixDiskLib_ConnectEx) *connect_ex;
	__typeof__(VixDiskLib_Disconnect) *disconnect;
	__typeof__(VixDiskLib_Open) *open;
	__typeof__(VixDiskLib_Read) *read;
	__typeof__(VixDiskLib_ReadAsync) *read_async;
	__typeof__(VixDiskLib_Wait) *wait;
	__typeof__(VixDiskLib_Close) *close;
	__typeof__(VixDiskLib_CheckRepair) *check;
	__typeof__(VixDiskLib_Create) *create;
	__typeof__(VixDiskLib_Unlink) *unlink;
	__typeof__(VixMntapi_Init) *mnt_init;
	__typeof__(VixMntapi_Exit) *mnt_exit;
	__typeof__(VixMntapi_OpenDisks) *open_disks;
} vix;

static char dir[64]; /* of the tests, absolute */

static const char *in_dir(const char *name)
{
	static char paths[4][128];
	static unsigned next;
	char *path = paths[next++ % 4];

	snprintf(path, sizeof(paths[0]), "%s/%s", dir, name);
	return path;
}

/* A library and all that is called of it; the mount library brings the other one. */
static void *load(int number)
{
	void *lib = library_load(libraries[number].file[0]);

	library_find(lib, "VixDiskLib_InitEx", &vix.init_ex);
	library_find(lib, "VixDiskLib_Exit", &vix.exit);
	library_find(lib, "VixDiskLib_ConnectEx", &vix.connect_ex);
	library_find(lib, "VixDiskLib_Disconnect", &vix.disconnect);
	library_find(lib, "VixDiskLib_Open", &vix.open);
	library_find(lib, "VixDiskLib_Read", &vix.read);
	library_find(lib, "VixDiskLib_ReadAsync", &vix.read_async);
	library_find(lib, "VixDiskLib_Wait", &vix.wait);
	library_find(lib, "VixDiskLib_Close", &vix.close);
	library_find(lib, "VixDiskLib_CheckRepair", &vix.check);
	library_find(lib, "VixDiskLib_Create", &vix.create);
	library_find(lib, "VixDiskLib_Unlink", &vix.unlink);
	if (number == 0)
		return lib;
	library_find(lib, "VixMntapi_Init", &vix.mnt_init);
	library_find(lib, "VixMntapi_Exit", &vix.mnt_exit);
	library_find(lib, "VixMntapi_OpenDisks", &vix.open_disks);
	return lib;
}

static void write_config(void)
{
	FILE *f = fopen(in_dir("config"), "we");

	must(f != NULL);
	fprintf(f, "tmpDirectory = \"%s\"\nthis is no pair\n", in_dir("state"));
	must(fclose(f) == 0);
}

static void start(int number)
{
	must(vix.init_ex(6, 5, NULL, NULL, NULL, "/no/such", in_dir("config")) == VIX_OK);
	if (number == 1)
		must(vix.mnt_init(1, 0, NULL, NULL, NULL, NULL, in_dir("config")) == VIX_OK);
}

static void stop(int number)
{
	if (number == 1)
		vix.mnt_exit();
	vix.exit();
}

/* Each of these fails, and has a message for functions that are not there. */
static void use_in_vain(int number)
{
	VixDiskLibConnectParams server = { .vmxSpec = (char *)"moref=vm-1",
					   .serverName = (char *)"localhost",
					   .credType = VIXDISKLIB_CRED_UID,
					   .creds.uid = { (char *)"ann", (char *)"secret" } };
	const char *names[] = { in_dir("missing.vmdk") };
	VixDiskLibConnection c, none;
	VixDiskLibHandle disk;
	VixDiskSetHandle set;

	must(vix.init_ex(99, 0, NULL, NULL, NULL, NULL, NULL) != VIX_OK);
	must(vix.connect_ex(NULL, FALSE, NULL, NULL, &c) == VIX_OK);
	must(vix.connect_ex(&server, TRUE, "", "nbd", &none) != VIX_OK);
	must(vix.open(c, in_dir("missing.vmdk"), 0, &disk) != VIX_OK);
	must(vix.open(c, dir, 0, &disk) != VIX_OK);
	must(vix.check(c, in_dir("missing.vmdk"), TRUE) != VIX_OK);
	must(vix.read(NULL, 0, 1, NULL) != VIX_OK);
	if (number == 1)
		must(vix.open_disks(c, names, 1, 0, &set) != VIX_OK);
	must(vix.disconnect(c) == VIX_OK);
	must(vix.disconnect(c) != VIX_OK);
}

static void note_result(void *data, VixError result)
{
	*(VixError *)data = result;
}

/* All that has threads, descriptors and files; nothing of it outlives its disk and the library. */
static void use(void)
{
	const VixDiskLibCreateParams how = { .diskType = VIXDISKLIB_DISK_MONOLITHIC_SPARSE,
					     .adapterType = VIXDISKLIB_ADAPTER_IDE,
					     .capacity = 1024 };
	VixError result = VIX_E_FAIL;
	VixDiskLibConnection c;
	VixDiskLibHandle disk;
	uint8 buf[512];

	must(vix.connect_ex(NULL, FALSE, NULL, NULL, &c) == VIX_OK);
	must(vix.create(c, in_dir("new.vmdk"), &how, NULL, NULL) == VIX_OK);
	must(vix.open(c, in_dir("new.vmdk"), 0, &disk) == VIX_OK);
	must(vix.read_async(disk, 1, 1, buf, note_result, &result) == VIX_ASYNC);
	must(vix.wait(disk) == VIX_OK);
	must(result == VIX_OK);
	must(vix.close(disk) == VIX_OK);
	must(vix.unlink(c, in_dir("new.vmdk")) == VIX_OK);
	must(vix.disconnect(c) == VIX_OK);
}

static void set_up(void)
{
	write_config();
	surroundings_unusual();
}

START_TEST(nothing_changes_by_loading)
{
	char *before = surroundings_tell();
	void *lib, *again;

	lib = load(_i);
	surroundings_are(before, "loaded");
	again = load(_i);
	ck_assert_ptr_eq(lib, again);
	surroundings_are(before, "loaded twice");
	library_unload(again);
	library_unload(lib);
	surroundings_are(before, "unloaded");
	lib = load(_i);
	surroundings_are(before, "loaded anew");
	library_unload(lib);
	free(before);
}
END_TEST

START_TEST(nothing_changes_by_starting_using_and_stopping)
{
	char *before = surroundings_tell();
	void *lib = load(_i);

	for (int round = 0; round < 2; round++) {
		start(_i);
		surroundings_are(before, "started");
		use_in_vain(_i);
		surroundings_are(before, "used in vain");
		use();
		stop(_i);
		surroundings_are(before, "stopped");
	}
	library_unload(lib);
	surroundings_are(before, "unloaded");
	free(before);
}
END_TEST

/* What was started and not stopped goes on when the program unloads it, and can be loaded again. */
START_TEST(unloading_in_the_middle_does_no_harm)
{
	char *before;
	void *lib = load(_i);

	start(_i);
	before = surroundings_tell();
	library_unload(lib);
	surroundings_are(before, "unloaded");
	lib = load(_i);
	use_in_vain(_i);
	surroundings_are(before, "used anew");
	use();
	stop(_i);
	library_unload(lib);
	free(before);
}
END_TEST

/* Processes. */

static int number_in(const char *arg)
{
	return arg[0] - '0';
}

static void play_all(const char *arg)
{
	void *lib = load(number_in(arg));

	start(number_in(arg));
	use_in_vain(number_in(arg));
	use();
	stop(number_in(arg));
	library_unload(lib);
}

/* Leaves without a word, however much is there. */
static void play_hasty(const char *arg)
{
	load(number_in(arg));
	start(number_in(arg));
	use_in_vain(number_in(arg));
	use();
	exit(0);
}

static void stop_late(void)
{
	vix.exit();
}

/* exit() calls this before what the library may have for it, and after. */
static void play_late(const char *arg)
{
	atexit(stop_late);
	load(number_in(arg));
	start(number_in(arg));
	use();
	exit(0);
}

/* As nbdkit does: loads the library, runs itself anew with another path, loads it again. */
static void play_twice(const char *arg)
{
	const char *path = getenv("LD_LIBRARY_PATH");
	char longer[8192];

	load(number_in(arg));
	snprintf(longer, sizeof(longer), "%s:%s", dir, path != NULL ? path : "");
	setenv("LD_LIBRARY_PATH", longer, 1);
	execl("/proc/self/exe", "quiet", "all", arg, dir, (char *)NULL);
	_exit(127);
}

/* The same with the library started, which the program that comes after it knows nothing of. */
static void play_started(const char *arg)
{
	load(number_in(arg));
	start(number_in(arg));
	use();
	execl("/proc/self/exe", "quiet", "all", arg, dir, (char *)NULL);
	_exit(127);
}

static const struct role {
	const char *name;
	void (*run)(const char *arg);
} roles[] = {
	{ "all", play_all },     { "hasty", play_hasty },     { "late", play_late },
	{ "twice", play_twice }, { "started", play_started },
};

static void become(const char *role, int number, const char *output)
{
	const char arg[] = { (char)('0' + number), '\0' };
	int fd = open(output, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	dup2(fd, STDOUT_FILENO);
	dup2(fd, STDERR_FILENO);
	close(fd);
	execl("/proc/self/exe", "quiet", role, arg, dir, (char *)NULL);
	_exit(127);
}

static void expect_silence(const char *role, const char *output)
{
	char said[500] = "";
	FILE *f = fopen(output, "re");

	ck_assert_ptr_nonnull(f);
	ck_assert_msg(fread(said, 1, sizeof(said) - 1, f) == 0, "%s said: %s", role, said);
	fclose(f);
}

START_TEST(nothing_is_said)
{
	const struct role *role = &roles[_i % COUNT(roles)];
	const char *output = in_dir("said");
	int status;
	pid_t pid;

	pid = fork();
	ck_assert_int_ge(pid, 0);
	if (pid == 0)
		become(role->name, _i / COUNT(roles), output);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	expect_silence(role->name, output);
	ck_assert_msg(status == 0, "%s: status %#x", role->name, (unsigned)status);
}
END_TEST

static void remove_dir(void)
{
	rmdir(in_dir("state/sets"));
	rmdir(in_dir("state"));
	unlink(in_dir("config"));
	unlink(in_dir("said"));
	rmdir(dir);
}

int main(int argc, char *argv[])
{
	int built = libraries_built(), result;
	Suite *s;
	TCase *tc;

	if (argc == 4) {
		snprintf(dir, sizeof(dir), "%s", argv[3]);
		for (int i = 0; i < COUNT(roles); i++)
			if (strcmp(argv[1], roles[i].name) == 0)
				roles[i].run(argv[2]);
		return EXIT_SUCCESS;
	}
	if (built == 0) {
		printf("1..0 # SKIP %s is not built\n", libraries[0].file[0]);
		return EXIT_SUCCESS;
	}
	snprintf(dir, sizeof(dir), "/tmp/vdisk-test-%d-XXXXXX", (int)getpid());
	if (mkdtemp(dir) == NULL)
		abort();

	s = suite_create("quiet");
	tc = unit_tcase(s, "surroundings");
	tcase_add_checked_fixture(tc, set_up, NULL);
	tcase_add_loop_test(tc, nothing_changes_by_loading, 0, built);
	tcase_add_loop_test(tc, nothing_changes_by_starting_using_and_stopping, 0, built);
	tcase_add_loop_test(tc, unloading_in_the_middle_does_no_harm, 0, built);
	tc = unit_tcase(s, "output");
	tcase_add_checked_fixture(tc, write_config, NULL);
	tcase_add_loop_test(tc, nothing_is_said, 0, built * COUNT(roles));
	result = unit_run(s);
	remove_dir();
	return result;
}
