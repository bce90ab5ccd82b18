/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The virtual machines of a server: what is reached from its root folder; see machines.h.
 *
 * 1. Nothing is left behind on the server, as views would be where a session is lost.
 * 2. What is above a machine may lead in a circle, or nowhere: then it has no path.
 */
#include "config.h"

#include "machines.h"

#include <stdlib.h>
#include <string.h>

#include "../../common/alloc.h"
#include "../../common/cleanup.h"
#include "../../common/proglist.h"
#include "name.h"
#include "properties.h"

#define VM             "VirtualMachine"
#define VAPP           "VirtualApp"
#define PATH_BYTES_MAX 8192u /* names have 80 characters */

/* What was told of all machines, and of what is above them. */
struct survey {
	const char *root;
	struct vim_props *all;  /* names and parents */
	struct vim_props *vms;  /* what else is told of machines */
	struct vim_props *apps; /* of virtual apps, where they are */
};

static VixError lookup(struct vim_session *s, const char *type, const char *const *paths,
		       struct vim_props **p_out)
{
	static const struct vim_step steps[] = {
		{ "Folder", "childEntity", true },
		{ "Datacenter", "vmFolder", true },
		{ VAPP, "vm", false },
		{ VAPP, "resourcePool", true }, /* those inside of it */
		{ 0 },
	};
	const struct vim_ref root = { "Folder", vim_session_content(s)->root_folder };
	const struct vim_ask ask = {
		.type = type,
		.paths = paths,
		.from = &root,
		.from_count = 1,
		.steps = steps,
	};

	return vim_props_lookup(s, &ask, p_out);
}

static VixError ask(struct vim_session *s, struct survey *found)
{
	static const char *const of_all[] = { "name", "parent", NULL };
	static const char *const of_vms[] = { "config.files.vmPathName", "runtime.powerState",
					      "config.template", "parentVApp", NULL };
	static const char *const of_apps[] = { "parentFolder", "parentVApp", NULL };

	found->root = vim_session_content(s)->root_folder;
	VD_TRY(lookup(s, "ManagedEntity", of_all, &found->all));
	VD_TRY(lookup(s, VM, of_vms, &found->vms));
	return vim_session_content(s)->is_vcenter ? lookup(s, VAPP, of_apps, &found->apps) : VIX_OK;
}

static void survey_free(struct survey *found)
{
	vim_props_free(found->all);
	vim_props_free(found->vms);
	vim_props_free(found->apps);
}

static struct vim_ref ref_of(vim_node *n)
{
	return n == NULL ? (struct vim_ref){ 0 }
			 : (struct vim_ref){ vim_xml_ref_type(n), vim_xml_text(n, "") };
}

/*
 * What users see an object in: value NULL is nothing.  Of a machine in a virtual app that is the app; the
 * parent of an app is a pool of resources, which is no place for users.
 */
static struct vim_ref place_of(const struct survey *found, struct vim_ref of)
{
	vim_node *n = NULL;

	if (strcmp(of.type, VAPP) == 0 && found->apps != NULL) {
		n = vim_props_find(found->apps, of.value, "parentVApp");
		if (n == NULL)
			n = vim_props_find(found->apps, of.value, "parentFolder");
		return ref_of(n);
	}
	if (strcmp(of.type, VM) == 0)
		n = vim_props_find(found->vms, of.value, "parentVApp");
	if (n == NULL)
		n = vim_props_find(found->all, of.value, "parent");
	return ref_of(n);
}

/* "Folder/DC/vm/web", for free(); NULL: no memory.  "": its folders can't all be seen. */
static char *path_of(const struct survey *found, struct vim_ref vm)
{
	VU_AUTO(free) char *path = NULL;
	struct vim_ref at = vm;

	for (unsigned i = 0; i < VIM_LEVELS_MAX && at.value != NULL; i++) {
		const char *name = vim_props_text(found->all, at.value, "name");
		char *longer;

		if (strcmp(at.value, found->root) == 0)
			return path != NULL ? VU_STEAL(path) : strdup("");
		if (name == NULL ||
		    strlen(name) + (path != NULL ? strlen(path) : 0) > PATH_BYTES_MAX)
			break;
		longer = vu_asprintf("%s%s%s", name, path != NULL ? "/" : "",
				     path != NULL ? path : "");
		if (longer == NULL)
			return NULL;
		free(path);
		path = longer;
		at = place_of(found, at);
	}
	return strdup("");
}

/* A name as users have given it, for free(); NULL: no memory. */
static char *plain_name(const char *name)
{
	char *plain = strdup(name != NULL ? name : "");

	if (plain != NULL)
		vim_name_unescape(plain, true);
	return plain;
}

static VixError fill(VixDiskLibVm *list, VixDiskLibVm *to, const struct survey *found,
		     struct vim_ref vm)
{
	VU_AUTO(free) char *name = plain_name(vim_props_text(found->all, vm.value, "name"));
	VU_AUTO(free) char *path = path_of(found, vm);

	if (name == NULL || path == NULL)
		return VIX_E_OUT_OF_MEMORY;
	to->structSize = sizeof(*to);
	to->moref = vu_proglist_text(list, vm.value);
	to->name = vu_proglist_text(list, name);
	to->inventoryPath = vu_proglist_text(list, path);
	to->vmx = vu_proglist_text(list,
				   vim_props_text(found->vms, vm.value, "config.files.vmPathName"));
	to->powerState = vu_proglist_text(
		list, vim_props_text(found->vms, vm.value, "runtime.powerState"));
	to->isTemplate = vim_xml_is(vim_props_find(found->vms, vm.value, "config.template"), "");
	return VIX_OK;
}

/* Servers may tell of more than they were asked for. */
static bool is_machine(const struct survey *found, size_t i)
{
	return strcmp(vim_props_object(found->vms, i).type, VM) == 0;
}

static VixError make_list(const struct survey *found, VixDiskLibVm **list_out, size_t *n_out)
{
	size_t count = vim_props_count(found->vms), n = 0;
	VU_AUTO(vu_proglist) VixDiskLibVm *list = vu_proglist_new(count, sizeof(*list));

	if (list == NULL)
		return VIX_E_OUT_OF_MEMORY;
	for (size_t i = 0; i < count; i++) {
		if (is_machine(found, i))
			VD_TRY(fill(list, &list[n++], found, vim_props_object(found->vms, i)));
	}
	VD_TRY(vu_proglist_end(list));
	*n_out = n;
	*list_out = VU_STEAL(list);
	return VIX_OK;
}

VixError vim_machines_lookup(struct vim_session *s, VixDiskLibVm **list_out, size_t *n_out)
{
	struct survey found = { 0 };
	VixError err = ask(s, &found);

	if (err == VIX_OK)
		err = make_list(&found, list_out, n_out);
	survey_free(&found);
	return err;
}
