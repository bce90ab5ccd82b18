/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A main() for fuzz targets where libFuzzer is absent: gives every file named on the command
 * line, and every file of every directory named there, to the target.  So `make check` runs the
 * corpus in every build; with --enable-fuzz, libFuzzer's own main() does.
 *
 * To add a target for a module x:
 *   fuzz/fuzz_x.c        LLVMFuzzerTestOneInput(), which feeds x and states with FUZZ_CHECK what
 *                        must always hold; includes fuzz.h
 *   fuzz/corpus/x/       small inputs written by hand, good and bad ones; one is enough to start.
 *                        A crash that was found and mended stays here, under a name that says what
 *                        it was
 *   fuzz/x.dict          words of its language, if it has any
 *   fuzz/fuzz.am         a block like that of dict
 * `make check` then replays it, and `make check-fuzz` of a build with --enable-fuzz searches on
 * from there.
 *
 * 1. Inputs lie in memory of exactly their size, so that the address sanitizer sees a byte read
 *    too much.
 */
#include "config.h"

#include "fuzz.h"

#include <dirent.h>
#include <string.h>
#include <sys/stat.h>

#include "alloc.h"
#include "cleanup.h"
#include "osutil.h"

#define INPUT_MAX (16u << 20)

static void *memdup(const void *data, size_t len)
{
	void *copy = malloc(len > 0 ? len : 1);

	if (copy == NULL)
		abort();
	return memcpy(copy, data, len);
}

static int replay_file(const char *path)
{
	VU_AUTO(free) char *text = NULL;
	VU_AUTO(free) void *exact = NULL;
	size_t len;
	int err = vu_read_file(path, INPUT_MAX, &text, &len);

	if (err < 0) {
		fprintf(stderr, "%s: cannot read: %s\n", path, strerror(-err));
		return -1;
	}
	exact = memdup(text, len);
	fprintf(stderr, "%s\n", path);
	LLVMFuzzerTestOneInput(exact, len);
	return 0;
}

static int is_visible(const struct dirent *ent)
{
	return ent->d_name[0] != '.';
}

static int replay_dir(const char *path)
{
	struct dirent **names;
	int n = scandir(path, &names, is_visible, alphasort);
	int err = n > 0 ? 0 : -1;

	if (n <= 0)
		fprintf(stderr, "%s: no inputs\n", path);
	for (int i = 0; i < n; i++) {
		VU_AUTO(free) char *file = vu_asprintf("%s/%s", path, names[i]->d_name);

		if (file == NULL || replay_file(file) < 0)
			err = -1;
		free(names[i]);
	}
	if (n >= 0)
		free(names);
	return err;
}

int main(int argc, char **argv)
{
	int status = argc > 1 ? EXIT_SUCCESS : EXIT_FAILURE;

	for (int i = 1; i < argc; i++) {
		struct stat st;
		bool is_dir = stat(argv[i], &st) == 0 && S_ISDIR(st.st_mode);

		if ((is_dir ? replay_dir(argv[i]) : replay_file(argv[i])) < 0)
			status = EXIT_FAILURE;
	}
	return status;
}
