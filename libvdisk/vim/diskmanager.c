/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Disks on datastores, by the server's own VirtualDiskManager; see diskmanager.h.
 */
#include "config.h"

#include "diskmanager.h"

#include "../../common/alloc.h"
#include "../../common/cleanup.h"
#include "../../common/log.h"
#include "datacenter.h"
#include "task.h"

#define LIMIT_MS (60u * 60 * 1000) /* room for a large disk may have to be zeroed */

/* One call: its arguments are those, a datacenter behind each path, and what is behind them. */
struct disk_call {
	struct vim_session *s;
	const char *method;
	const char *doing;              /* "create [ds] a/a.vmdk" */
	const char *name, *path;        /* of the first argument, and what it says */
	const char *to;                 /* of a move; else NULL */
	const struct vim_new_disk *how; /* of a creation; else NULL */
};

static void add_spec(struct vu_strbuf *b, const struct vim_new_disk *how)
{
	vu_strbuf_puts(b, "<spec xsi:type=\"FileBackedVirtualDiskSpec\">");
	vim_arg_text(b, "diskType", how->is_thin ? "thin" : "preallocated");
	vim_arg_text(b, "adapterType", how->adapter);
	vim_arg_uint(b, "capacityKb", how->kib);
	vu_strbuf_puts(b, "</spec>");
}

static char *arguments(const struct disk_call *c, struct vim_ref datacenter)
{
	struct vu_strbuf b = { 0 };

	vim_arg_text(&b, c->name, c->path);
	vim_arg_ref(&b, c->to != NULL ? "sourceDatacenter" : "datacenter", datacenter);
	if (c->to != NULL) {
		vim_arg_text(&b, "destName", c->to);
		vim_arg_ref(&b, "destDatacenter", datacenter);
	}
	if (c->how != NULL)
		add_spec(&b, c->how);
	return vu_strbuf_take(&b);
}

static VixError run(struct vim_ref datacenter, void *ctx)
{
	const struct disk_call *c = ctx;
	const char *manager = vim_session_content(c->s)->virtual_disk_manager;
	VU_AUTO(free) char *args = arguments(c, datacenter);
	const struct vim_call call = {
		.method = c->method,
		.of = { "VirtualDiskManager", manager },
		.args = args,
	};
	const struct vim_task how = { .doing = c->doing, .limit_ms = LIMIT_MS };

	if (args == NULL)
		return VIX_E_OUT_OF_MEMORY;
	return vim_task_run(c->s, &call, &how, NULL);
}

static VixError run_in(const char *dc_path, struct disk_call *c, const char *verb)
{
	VU_AUTO(free) char *doing = vu_asprintf("%s %s", verb, vu_log_quote(c->path));

	if (doing == NULL)
		return VIX_E_OUT_OF_MEMORY;
	if (vim_session_content(c->s)->virtual_disk_manager == NULL) {
		VU_ERR("vim", "%s: cannot %s: the server has no manager of disks",
		       vim_http_name(vim_session_http(c->s)), doing);
		return VIX_E_NOT_SUPPORTED;
	}
	c->doing = doing;
	return vim_datacenter_each(c->s, dc_path, run, c);
}

VixError vim_disk_create(struct vim_session *s, const char *dc_path, const char *path,
			 const struct vim_new_disk *how)
{
	struct disk_call c = {
		.s = s,
		.method = "CreateVirtualDisk_Task",
		.name = "name",
		.path = path,
		.how = how,
	};

	return run_in(dc_path, &c, "create");
}

VixError vim_disk_move(struct vim_session *s, const char *dc_path, const char *from, const char *to)
{
	struct disk_call c = {
		.s = s,
		.method = "MoveVirtualDisk_Task",
		.name = "sourceName",
		.path = from,
		.to = to,
	};

	return run_in(dc_path, &c, "move");
}

VixError vim_disk_delete(struct vim_session *s, const char *dc_path, const char *path)
{
	struct disk_call c = {
		.s = s,
		.method = "DeleteVirtualDisk_Task",
		.name = "name",
		.path = path,
	};

	return run_in(dc_path, &c, "delete");
}
