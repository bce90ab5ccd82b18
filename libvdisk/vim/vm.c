/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Looking up a virtual machine, its disks and a snapshot of it; see inventory.h.
 */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "../../common/alloc.h"
#include "../../common/cleanup.h"
#include "../../common/log.h"
#include "datacenter.h"
#include "dspath.h"
#include "inventory.h"
#include "properties.h"
#include "searchindex.h"

#define VM      "VirtualMachine"
#define DEVICES "config.hardware.device"
#define VMX     "config.files.vmPathName"
#define POWER   "runtime.powerState"

static const char *server_of(const struct vim_session *s)
{
	return vim_http_name(vim_session_http(s));
}

/* By its path: in one datacenter, or in all. */

struct search {
	struct vim_session *s;
	const char *vmx;
	char *found; /* reference, owned; NULL: none so far */
};

static VixError refuse_second(const struct search *q)
{
	VU_ERR("vim",
	       "%s has several virtual machines %s: name the datacenter of one with dcPath in "
	       "vmxSpec, or the machine by its moref",
	       server_of(q->s), vu_log_quote(q->vmx));
	return VIX_E_INVALID_ARG;
}

static VixError search_datacenter(struct vim_ref datacenter, void *ctx)
{
	struct search *q = ctx;
	VU_AUTO(free) char *found = NULL;

	VD_TRY(vim_search_datastore_path(q->s, datacenter, q->vmx, &found));
	if (found == NULL)
		return VIX_OK;
	if (q->found != NULL)
		return strcmp(q->found, found) == 0 ? VIX_OK : refuse_second(q);
	q->found = VU_STEAL(found);
	return VIX_OK;
}

static VixError find_by_path(struct vim_session *s, const struct vim_spec *spec, char **moref_out)
{
	struct search q = { .s = s, .vmx = spec->vmx };
	VixError err = vim_datacenter_each(s, spec->dc_path, search_datacenter, &q);

	if (err != VIX_OK) {
		free(q.found);
		return err;
	}
	if (q.found == NULL) {
		VU_ERR("vim", "%s has no virtual machine %s in %s", server_of(s),
		       vu_log_quote(spec->vmx),
		       spec->dc_path != NULL ? vu_log_quote(spec->dc_path) : "any datacenter");
		return VIX_E_OBJECT_NOT_FOUND;
	}
	*moref_out = q.found;
	return VIX_OK;
}

static VixError find(struct vim_session *s, const struct vim_spec *spec, char **moref_out)
{
	if (spec->moref == NULL)
		return find_by_path(s, spec, moref_out);
	*moref_out = strdup(spec->moref);
	return *moref_out != NULL ? VIX_OK : VIX_E_OUT_OF_MEMORY;
}

/* Its properties. */

static VixError ask_one(struct vim_session *s, struct vim_ref of, const char *const *paths,
			struct vim_props **p_out)
{
	const struct vim_ask ask = {
		.type = of.type,
		.paths = paths,
		.from = &of,
		.from_count = 1,
	};

	VixError err = vim_props_lookup(s, &ask, p_out);

	if (err == VIX_E_OBJECT_NOT_FOUND)
		VU_ERR("vim", "%s has no %s %s", server_of(s), of.type, vu_log_quote(of.value));
	return err;
}

static VixError copy_text(const struct vim_props *p, const char *object, const char *path,
			  char **copy_out)
{
	const char *text = vim_props_text(p, object, path);

	*copy_out = vu_strdup_or_null(text);
	return *copy_out != NULL || text == NULL ? VIX_OK : VIX_E_OUT_OF_MEMORY;
}

static VixError read_disks(const struct vim_props *p, const char *object, struct vim_disks *disks)
{
	vim_node *devices;

	VD_TRY(vim_props_need(p, object, DEVICES, &devices));
	return vim_disks_read(devices, disks);
}

/* A machine in a virtual app has no other parent. */
static struct vim_ref folder_of(const struct vim_props *p, const struct vim_vm *vm)
{
	vim_node *n = vim_props_find(p, vm->ref.value, "parentVApp");

	if (n == NULL)
		return vm->ref;
	return (struct vim_ref){ .type = vim_xml_ref_type(n), .value = vim_xml_text(n, "") };
}

static VixError read_vm(struct vim_session *s, const struct vim_spec *spec, struct vim_vm *vm)
{
	static const char *const paths[] = { "name", VMX, DEVICES, POWER, "parentVApp", NULL };
	VU_AUTO(vim_props) struct vim_props *p = NULL;
	const char *power;

	VD_TRY(ask_one(s, vm->ref, paths, &p));
	VD_TRY(read_disks(p, vm->ref.value, &vm->disks));
	VD_TRY(copy_text(p, vm->ref.value, "name", &vm->name));
	VD_TRY(copy_text(p, vm->ref.value, VMX, &vm->vmx));
	power = vim_props_text(p, vm->ref.value, POWER);
	vm->is_on = power != NULL && strcmp(power, "poweredOff") != 0;
	vm->dc_path = vu_strdup_or_null(spec->dc_path);
	if (spec->dc_path != NULL)
		return vm->dc_path != NULL ? VIX_OK : VIX_E_OUT_OF_MEMORY;
	return vim_datacenter_lookup_path(s, folder_of(p, vm), &vm->dc_path);
}

/* Its snapshot. */

static VixError check_owner(const struct vim_props *p, const struct vim_vm *vm)
{
	vim_node *owner;

	VD_TRY(vim_props_need(p, vm->snapshot, "vm", &owner));
	if (strcmp(vim_xml_text(owner, ""), vm->ref.value) == 0)
		return VIX_OK;
	VU_ERR("vim", "snapshot %s is one of virtual machine %s, not of %s",
	       vu_log_quote(vm->snapshot), vu_log_quote(vim_xml_text(owner, "")),
	       vu_log_quote(vm->ref.value));
	return VIX_E_OBJECT_NOT_FOUND;
}

static VixError read_snapshot(struct vim_session *s, struct vim_vm *vm)
{
	static const char *const paths[] = { "vm", DEVICES, NULL };
	const struct vim_ref ref = { "VirtualMachineSnapshot", vm->snapshot };
	VU_AUTO(vim_props) struct vim_props *p = NULL;

	if (!vim_is_moref(vm->snapshot)) {
		VU_ERR("vim",
		       "snapshotRef \"%s\" is no reference of a snapshot, such as snapshot-70",
		       vu_log_quote(vm->snapshot));
		return VIX_E_INVALID_ARG;
	}
	VD_TRY(ask_one(s, ref, paths, &p));
	VD_TRY(check_owner(p, vm));
	vm->now = vm->disks;
	vm->disks = (struct vim_disks){ 0 };
	return read_disks(p, vm->snapshot, &vm->disks);
}

VixError vim_vm_lookup(struct vim_session *s, const struct vim_spec *spec, const char *snapshot,
		       struct vim_vm **vm_out)
{
	VU_AUTO(vim_vm) struct vim_vm *vm = calloc(1, sizeof(*vm));
	char *moref;

	*vm_out = NULL;
	if (vm == NULL)
		return VIX_E_OUT_OF_MEMORY;
	VD_TRY(find(s, spec, &moref));
	vm->ref = (struct vim_ref){ VM, moref };
	VD_TRY(read_vm(s, spec, vm));
	if (snapshot != NULL) {
		vm->snapshot = strdup(snapshot);
		if (vm->snapshot == NULL)
			return VIX_E_OUT_OF_MEMORY;
		VD_TRY(read_snapshot(s, vm));
	}
	*vm_out = VU_STEAL(vm);
	return VIX_OK;
}

void vim_vm_free(struct vim_vm *vm)
{
	if (vm == NULL)
		return;
	free((char *)vm->ref.value);
	free(vm->snapshot);
	free(vm->name);
	free(vm->vmx);
	free(vm->dc_path);
	vim_disks_free(&vm->disks);
	vim_disks_free(&vm->now);
	free(vm);
}

/* Which disk is meant. */

/* The disk @now as it was at the snapshot; NULL: it was not there, or another one was in its place. */
static const struct vim_disk *find_then(const struct vim_vm *vm, const struct vim_disk *now)
{
	const struct vim_disk *then = vim_disks_find_key(&vm->disks, now->key);

	if (then == NULL)
		return NULL;
	VU_ARRAY_FOREACH(&now->links, ln) {
		if (vim_dspath_equal(ln->file, then->links.v[0].file))
			return then;
	}
	return NULL;
}

static const struct vim_disk *find_file(const struct vim_vm *vm, const char *path, size_t *link_out)
{
	const struct vim_disk *disk = vim_disks_find(&vm->disks, path, link_out);

	if (vm->snapshot == NULL)
		return disk;
	if (disk == NULL) {
		disk = vim_disks_find(&vm->now, path, link_out);
		disk = disk != NULL ? find_then(vm, disk) : NULL;
	}
	*link_out = 0;
	return disk;
}

const struct vim_disk *vim_vm_find_disk(const struct vim_vm *vm, const char *path, size_t *link_out)
{
	VU_AUTO(free) char *beside = NULL;

	*link_out = 0;
	if (path[0] == '[')
		return find_file(vm, path, link_out);
	if (path[0] != '/' && vm->vmx != NULL)
		beside = vim_dspath_beside(vm->vmx, path);
	return beside != NULL ? find_file(vm, beside, link_out) : NULL;
}

/* A datastore alone. */

VixError vim_datastore_lookup(struct vim_session *s, const char *datastore, char **name_out,
			      char **dc_path_out)
{
	static const char *const paths[] = { "name", NULL };
	const struct vim_ref ref = { "Datastore", datastore };
	VU_AUTO(vim_props) struct vim_props *p = NULL;
	VU_AUTO(free) char *dc_path = NULL;
	vim_node *name;

	*name_out = *dc_path_out = NULL;
	VD_TRY(ask_one(s, ref, paths, &p));
	VD_TRY(vim_props_need(p, datastore, "name", &name));
	VD_TRY(vim_datacenter_lookup_path(s, ref, &dc_path));
	*name_out = strdup(vim_xml_text(name, ""));
	if (*name_out == NULL)
		return VIX_E_OUT_OF_MEMORY;
	*dc_path_out = VU_STEAL(dc_path);
	return VIX_OK;
}
