/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The engine of a disk set and the exports that feed it: start and stop; see diskset.h.
 */
#include "config.h"

#include "diskset.h"

#include "../common/cleanup.h"
#include "../common/log.h"

static VixError stop_exports(struct vmnt_set *s)
{
	VixError err = VIX_OK;

	for (size_t i = 0; i < s->n_disks; i++) {
		VixError next;

		if (s->exports[i] == NULL)
			continue;
		next = s->export_ops->stop(s->exports[i]);
		if (err == VIX_OK)
			err = next;
		s->exports[i] = NULL;
	}
	return err;
}

static VixError start_exports(struct vmnt_set *s)
{
	for (size_t i = 0; i < s->n_disks; i++)
		VD_TRY(s->export_ops->start(&s->disks[i], s->dir.path, (unsigned)i, &s->exports[i],
					    &s->addrs[i]));
	return VIX_OK;
}

VixError vmnt_set_start(struct vmnt_set *s)
{
	const struct vmnt_engine_ops *ops = vmnt_engine_default();
	VixError err;

	if (s->engine != NULL)
		return VIX_OK;
	s->export_ops = ops != NULL ? vmnt_export_for(ops->accepts) : NULL;
	if (s->export_ops == NULL) {
		VU_ERR("mount", "no engine that finds volumes is built in");
		return VIX_E_MNTAPI_NO_DRIVER;
	}
	VD_TRY(vmnt_setdir_check_space(&s->dir));
	VD_TRY(vmnt_set_check_maps(s));
	err = start_exports(s);
	if (err == VIX_OK)
		err = ops->open(s->addrs, s->n_disks, s->dir.tmp_path, &s->engine);
	if (err != VIX_OK) {
		s->engine = NULL;
		(void)stop_exports(s);
	}
	return err;
}

VixError vmnt_set_stop(struct vmnt_set *s)
{
	if (s->engine != NULL)
		s->engine->ops->close(s->engine);
	s->engine = NULL;
	return stop_exports(s);
}
