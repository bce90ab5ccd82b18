/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The table of exports; see export.h.
 */
#include "config.h"

#include "export.h"

#include <stddef.h>

#define EXPORT(name) &vmnt_export_##name,
static const struct vmnt_export_ops *const exports[] = {
#include "../drivers.def"
	NULL,
};

const struct vmnt_export_ops *vmnt_export_override;

const struct vmnt_export_ops *vmnt_export_for(enum vmnt_addr_kind accepted)
{
	if (vmnt_export_override != NULL)
		return vmnt_export_override;
	for (size_t i = 0; exports[i] != NULL; i++)
		if (exports[i]->provides == accepted)
			return exports[i];
	return NULL;
}
