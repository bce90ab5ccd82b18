/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Any bytes as os-release and as fstab: what comes out names volumes that are there.
 */
#include "config.h"

#include "fuzz.h"

#include <string.h>

#include "../../libmount/engine/linux.h"

#define TEXT(s) ((char[]){ s })

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct vmnt_volume_info volumes[] = {
		{ .device = TEXT("/dev/sda1"),
		  .name = TEXT("disk0 p1"),
		  .label = TEXT("my disk"),
		  .uuid = TEXT("AB-12"),
		  .part_uuid = TEXT("c0ffee"),
		  .mountable = true },
		{ .device = TEXT("/dev/v-g/l"),
		  .name = TEXT("v-g/l"),
		  .type = VIXMNTAPI_LVM_VOLUME,
		  .mountable = true },
	};
	char *text = strndup((const char *)data, size);
	struct vmnt_os os = { .family = VIXMNTAPI_NO_OS };

	FUZZ_CHECK(text != NULL);
	FUZZ_CHECK(vmnt_linux_release(text, &os) == VIX_OK);
	FUZZ_CHECK(os.vendor != NULL && os.edition != NULL);
	FUZZ_CHECK(vmnt_linux_fstab(text, volumes, 2, &os) == VIX_OK);
	for (size_t i = 0; i < os.n; i++) {
		FUZZ_CHECK(strcmp(os.mounts[i].device, volumes[0].device) == 0 ||
			   strcmp(os.mounts[i].device, volumes[1].device) == 0);
		FUZZ_CHECK(os.mounts[i].path[0] == '/');
	}
	vmnt_os_free(&os);
	free(text);
	return 0;
}
