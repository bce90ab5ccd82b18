/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Any bytes as a path on a datastore, and, behind a line feed, as the name of its datacenter: what is made of
 * them is the target of a request for one file, and of nothing else.
 */
#include "config.h"

#include "fuzz.h"

#include <stdbool.h>
#include <string.h>

#include "../../libvdisk/store/datastore-url.h"

#define PLAIN "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.~/%"

/* "/folder/…?[dcPath=…&]dsName=…", of plain characters only. */
static void check(const char *target, bool has_dc)
{
	const char *s = target + strlen("/folder/");

	FUZZ_CHECK(strncmp(target, "/folder/", strlen("/folder/")) == 0);
	FUZZ_CHECK(strstr(target, "/../") == NULL && strstr(target, "/./") == NULL);
	FUZZ_CHECK(strstr(target, "/..?") == NULL && strstr(target, "/.?") == NULL);
	s += strspn(s, PLAIN);
	FUZZ_CHECK(s[-1] != '/' && *s == '?');
	s++;
	if (has_dc) {
		FUZZ_CHECK(strncmp(s, "dcPath=", strlen("dcPath=")) == 0);
		s += strlen("dcPath=");
		s += strspn(s, PLAIN);
		FUZZ_CHECK(*s++ == '&');
	}
	FUZZ_CHECK(strncmp(s, "dsName=", strlen("dsName=")) == 0);
	s += strlen("dsName=");
	FUZZ_CHECK(s[strspn(s, PLAIN)] == '\0');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *path = strndup((const char *)data, size);
	char *dc = path != NULL ? strchr(path, '\n') : NULL;
	char *target;

	if (path == NULL)
		return 0;
	if (dc != NULL)
		*dc++ = '\0';
	for (int twice = 0; twice < 2; twice++) {
		if (vd_datastore_target(path, dc, twice, &target) == VIX_OK)
			check(target, dc != NULL);
		free(target);
	}
	vd_datastore_needs_twice(path, dc);
	free(path);
	return 0;
}
