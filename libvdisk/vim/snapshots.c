/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Snapshots of a virtual machine; see snapshots.h.
 *
 * 1. They are a tree, which is as deep as a reply may be (VIM_XML_MAX_DEPTH).
 * 2. Only a snapshot of the machine that is named is removed, whatever else the server would take.
 */
#include "config.h"

#include "snapshots.h"

#include <stdlib.h>
#include <string.h>

#include "../../common/alloc.h"
#include "../../common/array.h"
#include "../../common/cleanup.h"
#include "../../common/log.h"
#include "../../common/proglist.h"
#include "properties.h"
#include "spec.h"

#define CREATE_LIMIT_MS (60u * 60 * 1000)
#define REMOVE_LIMIT_MS (24u * 60 * 60 * 1000)

/* One of the tree; what it points to belongs to the reply. */
struct found {
	vim_node *node;
	const char *moref, *parent;
};

struct tree {
	VU_ARRAY(struct found) list;
	const char *current; /* the machine goes on from this one; "": from none */
};

/* @node, those beside it, and all below. */
static VixError collect(struct tree *t, vim_node *node, const char *parent)
{
	for (; node != NULL; node = vim_xml_next(node)) {
		struct found f = { node, vim_xml_text(node, "snapshot"), parent };

		if (f.moref == NULL || f.moref[0] == '\0') {
			VU_DBG("vim", "a snapshot that has no reference is passed over");
			continue;
		}
		if (VU_ARRAY_PUSH(&t->list, f) < 0)
			return VIX_E_OUT_OF_MEMORY;
		VD_TRY(collect(t, vim_xml_find(node, "childSnapshotList"), f.moref));
	}
	return VIX_OK;
}

static void fill(VixDiskLibSnapshot *list, size_t i, const struct tree *t)
{
	const struct found *f = &t->list.v[i];
	VixDiskLibSnapshot *to = &list[i];

	to->structSize = sizeof(*to);
	to->moref = vu_proglist_text(list, f->moref);
	to->parent = vu_proglist_text(list, f->parent);
	to->name = vu_proglist_text(list, vim_xml_text(f->node, "name"));
	to->description = vu_proglist_text(list, vim_xml_text(f->node, "description"));
	to->created = vu_proglist_text(list, vim_xml_text(f->node, "createTime"));
	to->powerState = vu_proglist_text(list, vim_xml_text(f->node, "state"));
	to->isQuiesced = vim_xml_is(f->node, "quiesced");
	to->isCurrent = strcmp(f->moref, t->current) == 0;
}

static VixError make_list(const struct tree *t, VixDiskLibSnapshot **list_out, size_t *n_out)
{
	VU_AUTO(vu_proglist) VixDiskLibSnapshot *list = vu_proglist_new(t->list.n, sizeof(*list));

	if (list == NULL)
		return VIX_E_OUT_OF_MEMORY;
	for (size_t i = 0; i < t->list.n; i++)
		fill(list, i, t);
	VD_TRY(vu_proglist_end(list));
	*n_out = t->list.n;
	*list_out = VU_STEAL(list);
	return VIX_OK;
}

/* A machine without snapshots does not have the property, but every one has a name. */
static VixError ask(struct vim_session *s, struct vim_ref vm, struct vim_props **p_out)
{
	static const char *const paths[] = { "name", "snapshot", NULL };
	const struct vim_ask wanted = {
		.type = vm.type,
		.paths = paths,
		.from = &vm,
		.from_count = 1,
	};
	vim_node *name;

	VD_TRY(vim_props_lookup(s, &wanted, p_out));
	return vim_props_need(*p_out, vm.value, "name", &name);
}

VixError vim_snapshots_lookup(struct vim_session *s, struct vim_ref vm,
			      VixDiskLibSnapshot **list_out, size_t *n_out)
{
	VU_AUTO(vim_props) struct vim_props *p = NULL;
	struct tree t = { .current = "" };
	vim_node *info;
	VixError err;

	VD_TRY(ask(s, vm, &p));
	info = vim_props_find(p, vm.value, "snapshot");
	if (vim_xml_text(info, "currentSnapshot") != NULL)
		t.current = vim_xml_text(info, "currentSnapshot");
	err = collect(&t, vim_xml_find(info, "rootSnapshotList"), "");
	if (err == VIX_OK)
		err = make_list(&t, list_out, n_out);
	VU_ARRAY_FREE(&t.list);
	return err;
}

/* Making and removing them. */

static VixError run(struct vim_session *s, const struct vim_call *call, const struct vim_task *task,
		    char **result_out)
{
	if (call->args == NULL || task->doing == NULL)
		return VIX_E_OUT_OF_MEMORY;
	return vim_task_run(s, call, task, result_out);
}

static char *create_args(const struct vim_snapshot_how *how)
{
	struct vu_strbuf b = { 0 };

	vim_arg_text(&b, "name", how->name);
	vim_arg_text(&b, "description", how->description);
	vim_arg_bool(&b, "memory", how->has_memory);
	vim_arg_bool(&b, "quiesce", how->is_quiesced);
	return vu_strbuf_take(&b);
}

VixError vim_snapshot_create(struct vim_session *s, struct vim_ref vm,
			     const struct vim_snapshot_how *how, char **moref_out)
{
	VU_AUTO(free) char *args = create_args(how);
	VU_AUTO(free) char *doing = vu_asprintf("make a snapshot of %s", vu_log_quote(vm.value));
	VU_AUTO(free) char *moref = NULL;
	const struct vim_call call = { .method = "CreateSnapshot_Task", .of = vm, .args = args };
	const struct vim_task task = {
		.doing = doing,
		.limit_ms = CREATE_LIMIT_MS,
		.fn = how->fn,
		.ctx = how->ctx,
	};

	*moref_out = NULL;
	VD_TRY(run(s, &call, &task, &moref));
	if (moref == NULL || !vim_is_moref(moref)) {
		VU_ERR("vim", "%s: a snapshot of %s was made, but the server does not say which",
		       vim_http_name(vim_session_http(s)), vu_log_quote(vm.value));
		return VIX_E_NET_HTTP_TRANSFER;
	}
	*moref_out = VU_STEAL(moref);
	return VIX_OK;
}

static VixError check_owner(struct vim_session *s, struct vim_ref vm, const char *moref)
{
	VU_AUTO(vu_proglist) VixDiskLibSnapshot *list = NULL;
	size_t n;

	VD_TRY(vim_snapshots_lookup(s, vm, &list, &n));
	for (size_t i = 0; i < n; i++) {
		if (strcmp(list[i].moref, moref) == 0)
			return VIX_OK;
	}
	VU_ERR("vim", "%s: virtual machine %s has no snapshot %s",
	       vim_http_name(vim_session_http(s)), vu_log_quote(vm.value), vu_log_quote(moref));
	return VIX_E_OBJECT_NOT_FOUND;
}

static char *remove_args(const struct vim_snapshot_how *how)
{
	struct vu_strbuf b = { 0 };

	vim_arg_bool(&b, "removeChildren", how->with_children);
	vim_arg_bool(&b, "consolidate", true);
	return vu_strbuf_take(&b);
}

VixError vim_snapshot_remove(struct vim_session *s, struct vim_ref vm, const char *moref,
			     const struct vim_snapshot_how *how)
{
	VU_AUTO(free) char *args = remove_args(how);
	VU_AUTO(free) char *doing = vu_asprintf("remove %s", vu_log_quote(moref));
	const struct vim_call call = {
		.method = "RemoveSnapshot_Task",
		.of = { "VirtualMachineSnapshot", moref },
		.args = args,
	};
	const struct vim_task task = {
		.doing = doing,
		.limit_ms = REMOVE_LIMIT_MS,
		.fn = how->fn,
		.ctx = how->ctx,
	};

	VD_TRY(check_owner(s, vm, moref));
	return run(s, &call, &task, NULL);
}
