/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Entry points: checking disks.
 */
#include "config.h"

#include "api.h"

#include <inttypes.h>

#include "../common/log.h"
#include "check.h"
#include "disk-chain.h"
#include "problemlist.h"

static void log_problem(const struct vd_problem *p)
{
	const char *mended = p->is_mended ? ": mended" : "";

	if (p->off == VD_NO_OFF)
		VU_INFO("check", "%s: %s%s", vu_log_quote(p->file), p->what, mended);
	else
		VU_INFO("check", "%s: byte %" PRIu64 ": %s%s", vu_log_quote(p->file), p->off,
			p->what, mended);
}

static const struct vd_problem *first_left(const struct vd_report *r)
{
	VU_ARRAY_FOREACH(&r->problems, p) {
		if (p->kind != VD_PROBLEM_LEAK && !p->is_mended)
			return p;
	}
	return NULL;
}

/* One line that says what a caller must know; all that was found goes to the log. */
static VixError conclude(const char *path, const struct vd_report *r)
{
	const struct vd_problem *first = first_left(r);
	VixError err = vd_report_result(r);

	VU_ARRAY_FOREACH(&r->problems, p)
		log_problem(p);
	if (err != VIX_OK && first != NULL)
		VU_ERR("check", "%s: %" PRIu64 " problems%s; the first: %s: %s; %s",
		       vu_log_quote(path), r->damages - r->damages_mended + r->troubles,
		       r->repair ? " could not be mended" : "", vu_log_quote(first->file),
		       first->what, first->advice);
	return err;
}

/* @r: filled, for vd_report_free(), also after an error. */
static VixError check(const char *caller, const struct vd_conn *conn, const char *path,
		      struct vd_report *r)
{
	if (conn->remote)
		return vd_not_built("checking disks of servers");
	if (r->repair && conn->readonly) {
		VU_ERR("api", "%s: the connection is for reading only", caller);
		return VIX_E_FILE_READ_ONLY;
	}
	return vd_check_and_mend(&vd_store_local, path,
				 conn->extents_outside ? VD_CHAIN_EXTENTS_ANYWHERE : 0, r);
}

VU_EXPORT VixError VixDiskLib_CheckRepair(const VixDiskLibConnection connection,
					  const char *filename, Bool repair)
{
	VU_AUTO(vd_conn_pin) struct vd_conn_pin pin = { 0 };
	struct vd_report r = { .repair = repair != 0 };
	VixError err;

	VD_TRY(vd_pin_conn(__func__, connection, &pin));
	if (vd_is_empty(filename))
		return vd_bad_arg(__func__, "filename is empty");
	err = check(__func__, pin.conn, filename, &r);
	if (err == VIX_OK)
		err = conclude(filename, &r);
	vd_report_free(&r);
	return err;
}

VU_EXPORT VixError VixDiskLib_CheckDisk(VixDiskLibConnection connection, const char *path,
					Bool repair, VixDiskLibCheckReport **report)
{
	VU_AUTO(vd_conn_pin) struct vd_conn_pin pin = { 0 };
	struct vd_report r = { .repair = repair != 0 };
	VixError err;

	if (report == NULL)
		return vd_bad_arg(__func__, "report is NULL");
	*report = NULL;
	VD_TRY(vd_pin_conn(__func__, connection, &pin));
	if (vd_is_empty(path))
		return vd_bad_arg(__func__, "path is empty");
	err = check(__func__, pin.conn, path, &r);
	if (err == VIX_OK)
		err = vd_problemlist_new(&r, report);
	vd_report_free(&r);
	return err;
}

VU_EXPORT void VixDiskLib_FreeCheckReport(VixDiskLibCheckReport *report)
{
	vd_problemlist_free(report);
}
