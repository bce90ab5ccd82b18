/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Any bytes as a file of a lock directory: its words are short enough, and none but a process with a
 * number counts.
 */
#include "config.h"

#include "fuzz.h"

#include <string.h>

#include "../../libvdisk/store/lckmember.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char text[VD_LCK_MEMBER_BYTES] = { 0 };
	struct vd_lck_member m;

	memcpy(text, data, size < sizeof(text) ? size : sizeof(text));
	if (!vd_lck_member_parse(text, &m))
		return 0;
	FUZZ_CHECK(m.pid > 0);
	FUZZ_CHECK(m.machine[0] != '\0');
	FUZZ_CHECK(strlen(m.machine) + strlen(m.process) + 2 <= sizeof(text));
	FUZZ_CHECK(strchr(m.machine, ' ') == NULL && strchr(m.process, ' ') == NULL);
	return 0;
}
