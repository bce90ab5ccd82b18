/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A program that finds the libraries at run time, as most programs for VDDK do: by each of their
 * names, every symbol of symbols.txt, and without side effects: such programs load a library,
 * look around, run themselves anew and load it again.
 *
 * The libraries come from LD_LIBRARY_PATH. Those that are not built are skipped.
 */
#include "config.h"

#include "../unit/unit.h"

#include <dirent.h>
#include <dlfcn.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const struct library {
	const char *name; /* as in symbols.txt */
	const char *file[2];
} libraries[] = {
	{ "libvixDiskLib", { "libvixDiskLib.so", "libvixDiskLib.so.8" } },
	{ "libvixMntapi", { "libvixMntapi.so", "libvixMntapi.so.1" } },
};

/* What loading a library must leave alone. */
struct surroundings {
	unsigned threads, files, variables;
	mode_t umask;
	char cwd[4096];
	bool handlers[NSIG];
};

static void *load(const char *file)
{
	void *lib = dlopen(file, RTLD_NOW | RTLD_LOCAL);

	ck_assert_msg(lib != NULL, "%s", dlerror());
	return lib;
}

/*
 * libguestfs, which the mount library needs, never frees what its constructors allocate. It stays
 * loaded, so that a leak checker tells about our leaks only.
 */
static void unload(void *lib)
{
	void *guestfs = dlopen("libguestfs.so.0", RTLD_NOW | RTLD_NOLOAD | RTLD_NODELETE);

	if (guestfs)
		dlclose(guestfs);
	ck_assert_int_eq(dlclose(lib), 0);
}

/* Entries of a directory below /proc/self. */
static unsigned count_entries(const char *path)
{
	DIR *dir = opendir(path);
	unsigned n = 0;

	ck_assert_ptr_nonnull(dir);
	while (readdir(dir))
		n++;
	closedir(dir);
	return n;
}

static void look_around(struct surroundings *s)
{
	memset(s, 0, sizeof(*s));
	s->threads = count_entries("/proc/self/task");
	s->files = count_entries("/proc/self/fd");
	while (environ[s->variables])
		s->variables++;
	s->umask = umask(0);
	umask(s->umask);
	ck_assert_ptr_nonnull(getcwd(s->cwd, sizeof(s->cwd)));
	for (int sig = 1; sig < NSIG; sig++) {
		struct sigaction action;

		if (sigaction(sig, NULL, &action) == 0)
			s->handlers[sig] = action.sa_handler != SIG_DFL;
	}
}

/* Looks up what symbols.txt lists for a library; returns how many there were. */
static unsigned find_symbols(void *lib, const char *name)
{
	FILE *f = fopen(TESTS_SRCDIR "/abi/symbols.txt", "r");
	char line[200], owner[40], symbol[80];
	unsigned found = 0;

	ck_assert_ptr_nonnull(f);
	while (fgets(line, sizeof(line), f)) {
		if (line[0] == '#' || sscanf(line, "%39s %79s", owner, symbol) != 2)
			continue;
		if (strcmp(owner, name) != 0)
			continue;
		ck_assert_msg(dlsym(lib, symbol) != NULL, "%s: no %s", name, symbol);
		found++;
	}
	fclose(f);
	return found;
}

START_TEST(every_symbol_is_found)
{
	const struct library *l = &libraries[_i];
	void *lib = load(l->file[0]);

	ck_assert_uint_gt(find_symbols(lib, l->name), 20);
	unload(lib);
}
END_TEST

START_TEST(both_names_are_the_same_library)
{
	const struct library *l = &libraries[_i];
	void *plain = load(l->file[0]);
	void *numbered = load(l->file[1]);

	ck_assert_ptr_eq(plain, numbered);
	unload(numbered);
	unload(plain);
}
END_TEST

START_TEST(loading_twice_changes_nothing_in_the_process)
{
	const struct library *l = &libraries[_i];
	struct surroundings before, after;

	look_around(&before);
	for (int i = 0; i < 2; i++) {
		void *lib = load(l->file[0]);

		look_around(&after);
		ck_assert_mem_eq(&before, &after, sizeof(before));
		unload(lib);
	}
}
END_TEST

/* Whether a library is built, found as the dynamic linker will. */
static bool is_built(const struct library *l)
{
	const char *path = getenv("LD_LIBRARY_PATH");

	while (path && *path) {
		size_t len = strcspn(path, ":");
		char file[4096];

		snprintf(file, sizeof(file), "%.*s/%s", (int)len, path, l->file[0]);
		if (access(file, F_OK) == 0)
			return true;
		path += len + (path[len] == ':');
	}
	return false;
}

int main(void)
{
	Suite *s = suite_create("dlsym-client");
	int built = 0;

	while (built < (int)COUNT(libraries) && is_built(&libraries[built]))
		built++;
	if (built == 0) {
		printf("1..0 # SKIP %s is not built\n", libraries[0].file[0]);
		return EXIT_SUCCESS;
	}

	TCase *tc = unit_tcase(s, "load");

	tcase_add_loop_test(tc, every_symbol_is_found, 0, built);
	tcase_add_loop_test(tc, both_names_are_the_same_library, 0, built);
	tcase_add_loop_test(tc, loading_twice_changes_nothing_in_the_process, 0, built);
	return unit_run(s);
}
