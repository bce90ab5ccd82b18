/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Problems of a disk, copied for programs; see problemlist.h.
 */
#include "config.h"

#include "problemlist.h"

#include <stdlib.h>
#include <string.h>

#include "../common/alloc.h"
#include "../common/cleanup.h"

void vd_problemlist_free(VixDiskLibCheckReport *rep)
{
	for (size_t i = 0; rep != NULL && i < rep->numProblems; i++) {
		free(rep->problems[i].file);
		free(rep->problems[i].what);
	}
	if (rep != NULL)
		free(rep->problems);
	free(rep);
}

static VixDiskLibProblemKind kind_of(enum vd_problem_kind kind)
{
	switch (kind) {
	case VD_PROBLEM_DAMAGE:
		return VIXDISKLIB_PROBLEM_DAMAGE;
	case VD_PROBLEM_LEAK:
		return VIXDISKLIB_PROBLEM_LEAK;
	case VD_PROBLEM_TROUBLE:
		return VIXDISKLIB_PROBLEM_TROUBLE;
	}
	return VIXDISKLIB_PROBLEM_UNKNOWN;
}

static VixError fill_problem(VixDiskLibProblem *to, const struct vd_problem *p)
{
	*to = (VixDiskLibProblem){
		.structSize = sizeof(*to),
		.kind = kind_of(p->kind),
		.canMend = p->can_mend,
		.isMended = p->is_mended,
		.code = p->code,
		.file = strdup(p->file),
		.offset = p->off != VD_NO_OFF ? p->off : VIXDISKLIB_OFFSET_NONE,
		.what = strdup(p->what),
		.advice = p->advice != NULL ? p->advice : "",
		.clusters = p->clusters,
	};
	return to->file != NULL && to->what != NULL ? VIX_OK : VIX_E_OUT_OF_MEMORY;
}

static VixError fill_problems(VixDiskLibCheckReport *rep, const struct vd_report *r)
{
	rep->problems = vu_calloc_array(r->problems.n, sizeof(*rep->problems));
	if (rep->problems == NULL)
		return VIX_E_OUT_OF_MEMORY;
	VU_ARRAY_FOREACH(&r->problems, p)
		VD_TRY(fill_problem(&rep->problems[rep->numProblems++], p));
	return VIX_OK;
}

VixError vd_problemlist_new(const struct vd_report *r, VixDiskLibCheckReport **rep_out)
{
	VixDiskLibCheckReport *rep = calloc(1, sizeof(*rep));

	*rep_out = NULL;
	if (rep == NULL)
		return VIX_E_OUT_OF_MEMORY;
	*rep = (VixDiskLibCheckReport){
		.structSize = sizeof(*rep),
		.result = vd_report_result(r),
		.damages = r->damages,
		.damagesMended = r->damages_mended,
		.leaks = r->leaks,
		.leaksMended = r->leaks_mended,
		.troubles = r->troubles,
		.clusters = r->clusters,
		.allocated = r->allocated,
		.compressed = r->compressed,
		.fragmented = r->fragmented,
		.endOffset = r->end_off,
	};
	if (fill_problems(rep, r) != VIX_OK) {
		vd_problemlist_free(rep);
		return VIX_E_OUT_OF_MEMORY;
	}
	*rep_out = rep;
	return VIX_OK;
}
