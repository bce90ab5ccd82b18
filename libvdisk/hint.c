/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Hints that lead to parents; see hint.h.
 */
#include "config.h"

#include "hint.h"

#include <stdlib.h>
#include <string.h>

#include "../common/alloc.h"
#include "../common/cleanup.h"
#include "../common/path.h"
#include "store/names.h"

VixError vd_hint_make(const struct vd_store_ops *store, const char *child, const char *parent,
		      char **hint_out)
{
	VU_AUTO(free) char *child_dir = vu_path_dirname(child);
	VU_AUTO(free) char *dir = NULL;
	VU_AUTO(free) char *real = NULL;
	size_t len;

	*hint_out = NULL;
	if (child_dir == NULL)
		return VIX_E_OUT_OF_MEMORY;
	VD_TRY(vd_names_resolve(store, child_dir, &dir));
	VD_TRY(vd_names_resolve(store, parent, &real));
	len = strcmp(dir, "/") == 0 ? 0 : strlen(dir);
	if (strncmp(real, dir, len) == 0 && real[len] == '/')
		*hint_out = strdup(real + len + 1);
	else
		*hint_out = strdup(real);
	return *hint_out != NULL ? VIX_OK : VIX_E_OUT_OF_MEMORY;
}
