/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Libraries that are loaded at run time; see loaded.h.
 */
#include "config.h"

#include "loaded.h"

#include <dlfcn.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

const struct library libraries[2] = {
	{ "libvixDiskLib", { "libvixDiskLib.so", "libvixDiskLib.so.8" } },
	{ "libvixMntapi", { "libvixMntapi.so", "libvixMntapi.so.1" } },
};

/* Found as the dynamic linker will. */
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

int libraries_built(void)
{
	int built = 0;

	while (built < 2 && is_built(&libraries[built]))
		built++;
	return built;
}

void *library_load(const char *file)
{
	void *lib = dlopen(file, RTLD_NOW | RTLD_LOCAL);

	if (lib == NULL)
		fprintf(stderr, "%s\n", dlerror());
	must(lib != NULL);
	return lib;
}

/*
 * libguestfs, which the mount library needs, never frees what its constructors allocate. It stays
 * loaded, so that a leak checker tells about our leaks only.
 */
void library_unload(void *lib)
{
	void *guestfs = dlopen("libguestfs.so.0", RTLD_NOW | RTLD_NOLOAD | RTLD_NODELETE);

	if (guestfs)
		dlclose(guestfs);
	must(dlclose(lib) == 0);
}

void library_find(void *lib, const char *symbol, void *to)
{
	void *found = dlsym(lib, symbol);

	must(found != NULL);
	memcpy(to, &found, sizeof(found));
}
