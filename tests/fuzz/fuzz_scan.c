/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Any bytes as what the appliance tells of the devices: volumes come in order, each with its
 * names, none on a disk that is not in the set.
 */
#include "config.h"

#include "fuzz.h"

#include <string.h>

#include "../../libmount/engine/scan.h"

#define DISKS 3

static void check_volume(const struct vmnt_volume_info *v)
{
	FUZZ_CHECK(v->device != NULL && strncmp(v->device, "/dev/", 5) == 0);
	FUZZ_CHECK(v->name != NULL && v->kind != NULL && v->filesystem != NULL);
	FUZZ_CHECK(v->disk < DISKS);
	FUZZ_CHECK(v->mountable == (strcmp(v->state, "ok") == 0));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = strndup((const char *)data, size);
	struct vmnt_volume_info *v;
	size_t n;

	FUZZ_CHECK(text != NULL && vmnt_scan_parse(text, DISKS, &v, &n) == VIX_OK);
	for (size_t i = 0; i < n; i++) {
		check_volume(&v[i]);
		FUZZ_CHECK(i == 0 || v[i - 1].disk < v[i].disk ||
			   (v[i - 1].disk == v[i].disk && v[i - 1].offset <= v[i].offset));
	}
	vmnt_volume_info_free_all(v, n);
	free(text);
	return 0;
}
