/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The table of engines, and giving back what engines report; see engine.h.
 */
#include "config.h"

#include "engine.h"

#include <stdlib.h>
#include <string.h>

#define ENGINE(name) &vmnt_engine_##name,
static const struct vmnt_engine_ops *const engines[] = {
#include "../drivers.def"
	NULL,
};

const struct vmnt_engine_ops *vmnt_engine_override;

const struct vmnt_engine_ops *vmnt_engine_default(void)
{
	return vmnt_engine_override != NULL ? vmnt_engine_override : engines[0];
}

void vmnt_volume_info_free(struct vmnt_volume_info *v)
{
	free(v->device);
	free(v->name);
	free(v->kind);
	free(v->filesystem);
	free(v->label);
	free(v->uuid);
	free(v->part_uuid);
	free(v->state);
	memset(v, 0, sizeof(*v));
}

void vmnt_volume_info_free_all(struct vmnt_volume_info *v, size_t n)
{
	if (v == NULL)
		return;
	for (size_t i = 0; i < n; i++)
		vmnt_volume_info_free(&v[i]);
	free(v);
}

/* What lies on a partition comes after it. */
static bool is_upper(const struct vmnt_volume_info *v)
{
	return v->type == VIXMNTAPI_LVM_VOLUME || v->type == VIXMNTAPI_DYNAMIC_VOLUME ||
	       strcmp(v->kind, "md") == 0;
}

static int by_place(const void *pa, const void *pb)
{
	const struct vmnt_volume_info *a = pa, *b = pb;

	if (a->disk != b->disk)
		return a->disk < b->disk ? -1 : 1;
	if (a->offset != b->offset)
		return a->offset < b->offset ? -1 : 1;
	if (is_upper(a) != is_upper(b))
		return is_upper(a) ? 1 : -1;
	return strcmp(a->name, b->name);
}

void vmnt_volume_info_sort(struct vmnt_volume_info *v, size_t n)
{
	if (n > 0)
		qsort(v, n, sizeof(*v), by_place);
}

void vmnt_os_free(struct vmnt_os *os)
{
	for (size_t i = 0; i < os->n; i++) {
		free(os->mounts[i].device);
		free(os->mounts[i].path);
	}
	free(os->mounts);
	free(os->vendor);
	free(os->edition);
	free(os->folder);
	memset(os, 0, sizeof(*os));
}
