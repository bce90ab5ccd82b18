/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * How far a long operation is; see progress.h.
 */
#include "config.h"

#include "progress.h"

#include "../common/bytes.h"
#include "../common/log.h"
#include "../common/osutil.h"

#define AGAIN_MS 100u /* the same percentage comes again after */

/* Return: does the client want to go on? */
static bool tell(struct vd_progress *p, int percent)
{
	bool says_go_on;

	p->told = percent;
	p->told_ms = vu_now_ms();
	says_go_on = p->fn(p->data, percent) != FALSE;
	if (says_go_on)
		p->has_agreed = true;
	return says_go_on || !p->has_agreed;
}

void vd_progress_start(struct vd_progress *p, VixDiskLibProgressFunc fn, void *data, uint64_t total)
{
	*p = (struct vd_progress){ .fn = fn, .data = data, .total = vu_max(total, 1) };
	if (fn != NULL)
		tell(p, 0);
}

static VixError check_cancelled(struct vd_progress *p, bool is_cancelled)
{
	if (is_cancelled && !p->is_cancelled)
		VU_INFO("progress", "cancelled by the client at %d%%", p->told);
	p->is_cancelled |= is_cancelled;
	return p->is_cancelled ? VIX_E_CANCELLED : VIX_OK;
}

VixError vd_progress_add(struct vd_progress *p, uint64_t units)
{
	int percent;

	if (p == NULL || p->fn == NULL)
		return VIX_OK;
	p->done += vu_min(units, p->total - p->done);
	percent = (int)vu_min(p->done * 100 / p->total, 99);
	if (p->is_cancelled || (percent == p->told && vu_now_ms() - p->told_ms < AGAIN_MS))
		return check_cancelled(p, false);
	return check_cancelled(p, !tell(p, percent));
}

void vd_progress_end(struct vd_progress *p)
{
	if (p != NULL && p->fn != NULL)
		tell(p, 100);
}
