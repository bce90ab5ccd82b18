/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Any text as a descriptor: what is accepted keeps its bounds, and its extents add up.
 */
#include "config.h"

#include "fuzz.h"

#include <string.h>

#include "../../libvdisk/descriptor.h"

static void check_extent(const struct vd_extent_line *e)
{
	FUZZ_CHECK(e->sectors > 0);
	FUZZ_CHECK(e->offset_sectors <= VD_SECTORS_MAX - e->sectors);
	FUZZ_CHECK(e->file != NULL ? *e->file != '\0' : e->type == VD_EXTENT_ZERO);
	FUZZ_CHECK(*vd_extent_type_name(e->type) != '\0');
}

static void check_descriptor(const struct vd_descriptor *d)
{
	uint64_t sum = 0;

	FUZZ_CHECK(d->extents.n > 0 && d->extents.n <= VD_EXTENT_LINES_MAX);
	FUZZ_CHECK(d->header.entries.n <= VD_DESCRIPTOR_KEYS);
	FUZZ_CHECK(d->ddb.entries.n <= VD_DESCRIPTOR_KEYS);
	VU_ARRAY_FOREACH(&d->extents, e) {
		check_extent(e);
		sum += e->sectors;
	}
	FUZZ_CHECK(d->capacity == sum && sum <= VD_SECTORS_MAX);
	FUZZ_CHECK(vd_descriptor_has_parent(d) || vd_descriptor_parent_hint(d) == NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct vd_descriptor *d;
	VixError err;

	vd_descriptor_looks_like(data, size);
	err = vd_descriptor_parse((const char *)data, size, "fuzz.vmdk", &d);
	FUZZ_CHECK((err == VIX_OK) == (d != NULL));
	if (d != NULL)
		check_descriptor(d);
	vd_descriptor_free(d);
	return 0;
}
