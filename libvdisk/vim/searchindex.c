/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The search index; see searchindex.h.
 */
#include "config.h"

#include "searchindex.h"

#include <stdlib.h>
#include <string.h>

#include "../../common/cleanup.h"
#include "../../common/log.h"

static bool is_about_datastore(const struct vim_fault *f)
{
	return strncmp(f->name, "InvalidDatastore", strlen("InvalidDatastore")) == 0;
}

static VixError take_reference(const struct vim_xml *x, const char *type, char **value_out)
{
	vim_node *found = vim_xml_find(vim_xml_root(x), "returnval");
	const char *value = found != NULL ? vim_xml_text(found, "") : NULL;

	if (value == NULL || strcmp(vim_xml_ref_type(found), type) != 0)
		return VIX_OK;
	*value_out = strdup(value);
	return *value_out != NULL ? VIX_OK : VIX_E_OUT_OF_MEMORY;
}

/* Calls @method; @args is consumed. */
static VixError search(struct vim_session *s, const char *method, struct vu_strbuf *args,
		       const char *type, char **value_out)
{
	VU_AUTO(free) char *text = vu_strbuf_take(args);
	VU_AUTO(vim_xml) struct vim_xml *x = NULL;
	const struct vim_call call = {
		.method = method,
		.of = { "SearchIndex", vim_session_content(s)->search_index },
		.args = text,
	};
	struct vim_fault fault;

	*value_out = NULL;
	if (text == NULL)
		return VIX_E_OUT_OF_MEMORY;
	if (call.of.value == NULL) {
		VU_ERR("vim", "%s has no index to search in", vim_http_name(vim_session_http(s)));
		return VIX_E_NOT_SUPPORTED;
	}
	VD_TRY(vim_session_try(s, &call, &x, &fault));
	if (is_about_datastore(&fault))
		return VIX_OK;
	if (fault.name[0] != '\0')
		return vim_fault_say(s, method, &fault);
	return take_reference(x, type, value_out);
}

VixError vim_search_inventory_path(struct vim_session *s, const char *path, const char *type,
				   char **value_out)
{
	struct vu_strbuf args = { 0 };

	vim_arg_text(&args, "inventoryPath", path);
	return search(s, "FindByInventoryPath", &args, type, value_out);
}

VixError vim_search_datastore_path(struct vim_session *s, struct vim_ref datacenter,
				   const char *path, char **value_out)
{
	struct vu_strbuf args = { 0 };

	vim_arg_ref(&args, "datacenter", datacenter);
	vim_arg_text(&args, "path", path);
	return search(s, "FindByDatastorePath", &args, "VirtualMachine", value_out);
}
