/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Datacenters; see datacenter.h.
 */
#include "config.h"

#include "datacenter.h"

#include <stdlib.h>
#include <string.h>

#include "../../common/alloc.h"
#include "../../common/cleanup.h"
#include "../../common/log.h"
#include "name.h"
#include "properties.h"
#include "searchindex.h"

#define DATACENTER "Datacenter"

/* What is above an object; its value is NULL where nothing is. */
static struct vim_ref parent_of(const struct vim_props *p, struct vim_ref of)
{
	vim_node *n = vim_props_find(p, of.value, "parent");

	if (n == NULL)
		return (struct vim_ref){ 0 };
	return (struct vim_ref){ .type = vim_xml_ref_type(n), .value = vim_xml_text(n, "") };
}

/* The datacenter that @of is in, or is; its value is NULL where there is none. */
static struct vim_ref find_datacenter(const struct vim_props *p, struct vim_ref of)
{
	for (unsigned i = 0; i < VIM_LEVELS_MAX && of.value != NULL; i++) {
		if (strcmp(of.type, DATACENTER) == 0)
			return of;
		of = parent_of(p, of);
	}
	return (struct vim_ref){ 0 };
}

/* "@name/@below"; @below is consumed. */
static char *put_in_front(const char *name, char *below)
{
	VU_AUTO(free) char *path = below;
	VU_AUTO(free) char *plain = strdup(name);

	if (plain == NULL)
		return NULL;
	vim_name_unescape(plain, false);
	return path != NULL ? vu_asprintf("%s/%s", plain, path) : VU_STEAL(plain);
}

/* The names from below the root folder on. */
static VixError join_names(const struct vim_props *p, struct vim_ref at, const char *root,
			   char **path_out)
{
	for (unsigned i = 0; i < VIM_LEVELS_MAX && at.value != NULL; i++) {
		vim_node *name;

		if (root != NULL && strcmp(at.value, root) == 0)
			return VIX_OK;
		VD_TRY(vim_props_need(p, at.value, "name", &name));
		*path_out = put_in_front(vim_xml_text(name, ""), *path_out);
		if (*path_out == NULL)
			return VIX_E_OUT_OF_MEMORY;
		at = parent_of(p, at);
	}
	if (at.value == NULL)
		return VIX_OK;
	VU_ERR("vim", "the folders above datacenter %s have no end", vu_log_quote(*path_out));
	return VIX_E_OBJECT_NOT_FOUND;
}

static VixError lookup_above(struct vim_session *s, struct vim_ref of, struct vim_props **p_out)
{
	static const char *const paths[] = { "name", "parent", NULL };
	static const struct vim_step steps[] = { { "ManagedEntity", "parent", true }, { 0 } };
	const struct vim_ask ask = {
		.type = "ManagedEntity",
		.paths = paths,
		.from = &of,
		.from_count = 1,
		.steps = steps,
	};

	return vim_props_lookup(s, &ask, p_out);
}

VixError vim_datacenter_lookup_path(struct vim_session *s, struct vim_ref of, char **path_out)
{
	VU_AUTO(vim_props) struct vim_props *p = NULL;
	VU_AUTO(free) char *path = NULL;
	struct vim_ref dc;

	*path_out = NULL;
	VD_TRY(lookup_above(s, of, &p));
	dc = find_datacenter(p, of);
	if (dc.value == NULL) {
		VU_ERR("vim", "%s: %s %s is in no datacenter that we may see",
		       vim_http_name(vim_session_http(s)), of.type, vu_log_quote(of.value));
		return VIX_E_OBJECT_NOT_FOUND;
	}
	VD_TRY(join_names(p, dc, vim_session_content(s)->root_folder, &path));
	*path_out = VU_STEAL(path);
	return *path_out != NULL ? VIX_OK : VIX_E_OBJECT_NOT_FOUND;
}

static VixError lookup_all(struct vim_session *s, struct vim_props **p_out)
{
	static const char *const paths[] = { "name", NULL };
	static const struct vim_step steps[] = { { "Folder", "childEntity", true }, { 0 } };
	const struct vim_ref root = { "Folder", vim_session_content(s)->root_folder };
	const struct vim_ask ask = {
		.type = DATACENTER,
		.paths = paths,
		.from = &root,
		.from_count = 1,
		.steps = steps,
	};

	return vim_props_lookup(s, &ask, p_out);
}

static VixError each_of_all(struct vim_session *s, vim_datacenter_fn *fn, void *ctx)
{
	VU_AUTO(vim_props) struct vim_props *p = NULL;

	VD_TRY(lookup_all(s, &p));
	for (size_t i = 0; i < vim_props_count(p); i++) {
		struct vim_ref dc = vim_props_object(p, i);

		if (strcmp(dc.type, DATACENTER) == 0)
			VD_TRY(fn(dc, ctx));
	}
	return VIX_OK;
}

static VixError call_of_path(struct vim_session *s, const char *path, vim_datacenter_fn *fn,
			     void *ctx)
{
	VU_AUTO(free) char *value = NULL;

	VD_TRY(vim_search_inventory_path(s, path, DATACENTER, &value));
	if (value == NULL) {
		VU_ERR("vim", "%s has no datacenter %s", vim_http_name(vim_session_http(s)),
		       vu_log_quote(path));
		return VIX_E_OBJECT_NOT_FOUND;
	}
	return fn((struct vim_ref){ DATACENTER, value }, ctx);
}

VixError vim_datacenter_each(struct vim_session *s, const char *path, vim_datacenter_fn *fn,
			     void *ctx)
{
	return path != NULL ? call_of_path(s, path, fn, ctx) : each_of_all(s, fn, ctx);
}
