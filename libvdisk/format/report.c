/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a check of a disk has found; see report.h.
 */
#include "config.h"

#include "report.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../common/bytes.h"
#include "../../common/log.h"

/* false: memory is short. */
__attribute__((format(printf, 3, 0))) static bool
keep(struct vd_report *r, const struct vd_problem *p, const char *fmt, va_list ap)
{
	struct vd_problem copy = *p;

	if (vasprintf(&copy.what, fmt, ap) < 0)
		copy.what = NULL;
	copy.file = strdup(p->file);
	if (copy.what != NULL && copy.file != NULL && VU_ARRAY_PUSH(&r->problems, copy) == 0)
		return true;
	free(copy.what);
	free(copy.file);
	return false;
}

static uint64_t *count_of(struct vd_report *r, enum vd_problem_kind kind)
{
	switch (kind) {
	case VD_PROBLEM_DAMAGE:
		return &r->damages;
	case VD_PROBLEM_LEAK:
		return &r->leaks;
	default:
		return &r->troubles;
	}
}

bool vd_report_problem(struct vd_report *r, const struct vd_problem *p, const char *fmt, ...)
{
	va_list ap;

	r->last = *p;
	r->last.clusters = vu_max(p->clusters, 1);
	*count_of(r, p->kind) += r->last.clusters;
	r->is_last_kept = false;
	if (r->problems.n < VD_PROBLEMS_MAX) {
		va_start(ap, fmt);
		r->is_last_kept = keep(r, &r->last, fmt, ap);
		va_end(ap);
		r->is_short_of_memory |= !r->is_last_kept;
	}
	return r->repair && p->can_mend;
}

void vd_report_mended(struct vd_report *r)
{
	if (r->last.kind == VD_PROBLEM_LEAK)
		r->leaks_mended += r->last.clusters;
	else
		r->damages_mended += r->last.clusters;
	if (r->is_last_kept)
		r->problems.v[r->problems.n - 1].is_mended = true;
}

static VixError own_code(const struct vd_report *r)
{
	VU_ARRAY_FOREACH(&r->problems, p) {
		bool is_usual = p->code == VIX_E_DISK_NEEDSREPAIR || p->code == VIX_OK ||
				p->code == VIX_E_DISK_INVALIDDISK;

		if (p->kind == VD_PROBLEM_DAMAGE && !p->is_mended && !is_usual)
			return p->code;
	}
	return r->repair ? VIX_E_DISK_CANTREPAIR : VIX_E_DISK_NEEDSREPAIR;
}

VixError vd_report_result(const struct vd_report *r)
{
	if (r->is_short_of_memory)
		return VIX_E_OUT_OF_MEMORY;
	if (r->damages > r->damages_mended)
		return own_code(r);
	return r->troubles != 0 ? VIX_E_FILE_ERROR : VIX_OK;
}

const char *vd_report_words(char *caught, const char *file)
{
	static const char opening[] = "cannot open ";
	const char *quoted = vu_log_quote(file);
	char *advice = strstr(caught, "; " VD_ADVICE_RESTORE);
	size_t len = strlen(quoted);
	const char *named = caught;

	if (advice != NULL)
		*advice = '\0';
	if (strncmp(caught, opening, strlen(opening)) == 0)
		named += strlen(opening);
	if (strncmp(named, quoted, len) == 0 && strncmp(named + len, ": ", 2) == 0)
		return named + len + 2;
	return caught[0] != '\0' ? caught : "it can't be opened";
}

void vd_report_free(struct vd_report *r)
{
	VU_ARRAY_FOREACH(&r->problems, p) {
		free(p->file);
		free(p->what);
	}
	VU_ARRAY_FREE(&r->problems);
}
