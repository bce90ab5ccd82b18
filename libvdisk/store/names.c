/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The wrappers around what drivers of stores do to names; see names.h.
 */
#include "config.h"

#include "names.h"

#include "../../common/log.h"

VixError vd_names_check(const struct vd_store_ops *ops, const char *path)
{
	if (ops->names != NULL)
		return VIX_OK;
	VU_ERR("store", "%s: files can't be made, moved or removed there", vu_log_quote(path));
	return VIX_E_NOT_SUPPORTED;
}

bool vd_names_exists(const struct vd_store_ops *ops, const char *path)
{
	return ops->names->exists(path);
}

VixError vd_names_resolve(const struct vd_store_ops *ops, const char *path, char **real_out)
{
	*real_out = NULL;
	return ops->names->resolve(path, real_out);
}

VixError vd_names_move(const struct vd_store_ops *ops, const char *from, const char *to,
		       bool may_replace)
{
	return ops->names->move(from, to, may_replace);
}

VixError vd_names_link(const struct vd_store_ops *ops, const char *file, const char *path)
{
	return ops->names->link(file, path);
}

VixError vd_names_remove(const struct vd_store_ops *ops, const char *path)
{
	return ops->names->remove(path);
}

VixError vd_names_sync(const struct vd_store_ops *ops, const char *path)
{
	return ops->names->sync(path);
}

void vd_names_take_after(const struct vd_store_ops *ops, const char *path, const char *old)
{
	ops->names->take_after(path, old);
}

VixError vd_names_begin_work(const struct vd_store_ops *ops, const char *path,
			     struct vd_workdir *dir)
{
	*dir = (struct vd_workdir){ .lock = -1 };
	return ops->names->begin_work(path, dir);
}

void vd_names_end_work(const struct vd_store_ops *ops, struct vd_workdir *dir)
{
	if (dir->path != NULL)
		ops->names->end_work(dir);
	*dir = (struct vd_workdir){ .lock = -1 };
}

void vd_names_sweep(const struct vd_store_ops *ops, const char *path)
{
	ops->names->sweep(path);
}
