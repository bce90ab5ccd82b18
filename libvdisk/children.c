/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The children of a disk; see children.h.
 */
#include "config.h"

#include "children.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>

#include "../common/cleanup.h"
#include "../common/log.h"
#include "../common/path.h"
#include "diskfiles.h"

#define VMDK ".vmdk"

static bool is_child_of(const struct vd_descriptor *d, const char *name, uint32_t cid)
{
	const char *hint = vd_descriptor_parent_hint(d);

	return vd_descriptor_has_parent(d) && d->parent_cid == cid && hint != NULL &&
	       strcmp(vu_path_basename(hint), name) == 0;
}

/* What can't be read is nobody's child. */
static VixError look_at(const struct vd_store_ops *store, const char *path, const char *entry,
			uint32_t cid, bool *is_child_out)
{
	VU_AUTO(free) char *other = vu_path_beside(path, entry);
	struct vd_diskfiles d = { 0 };
	VixError err;

	*is_child_out = false;
	if (other == NULL)
		return VIX_E_OUT_OF_MEMORY;
	vu_log_hush();
	err = vd_diskfiles_look(store, other, &d);
	vu_log_unhush();
	if (err == VIX_OK)
		*is_child_out = is_child_of(d.desc, vu_path_basename(path), cid);
	vd_diskfiles_close(&d);
	return err == VIX_E_OUT_OF_MEMORY ? err : VIX_OK;
}

VixError vd_children_find(const struct vd_store_ops *store, const char *path, uint32_t cid,
			  char **child_out)
{
	VU_AUTO(free) char *dir = vu_path_dirname(path);
	VU_AUTO(closedir) DIR *d = NULL;
	const struct dirent *e;
	bool is_child = false;

	*child_out = NULL;
	if (dir == NULL)
		return VIX_E_OUT_OF_MEMORY;
	if (store != &vd_store_local)
		return VIX_OK;
	d = opendir(dir);
	while (d != NULL && !is_child && (e = readdir(d)) != NULL) {
		if (!vu_path_has_suffix(e->d_name, VMDK))
			continue;
		VD_TRY(look_at(store, path, e->d_name, cid, &is_child));
		if (is_child)
			*child_out = strdup(e->d_name);
	}
	return is_child && *child_out == NULL ? VIX_E_OUT_OF_MEMORY : VIX_OK;
}
