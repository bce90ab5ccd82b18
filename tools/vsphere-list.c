/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * vdisk vsphere list, disks, snapshots: tables of what there is on a server.
 */
#include "config.h"

#include "vsphere.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "../common/log.h"
#include "json.h"
#include "message.h"
#include "program.h"
#include "report.h"
#include "size.h"
#include "table.h"

/* Elements of a list of the library. */
typedef bool add_row_fn(struct vdt_table *t, const void *element, const struct vdt_vsphere *v);
typedef json_t *make_json_fn(const void *element);

struct list {
	const char *type; /* of the JSON document */
	const char *key;  /* of the array in it */
	const struct vdt_column *columns;
	const char *shown; /* those of them that are, unless users choose */
	add_row_fn *add_row;
	make_json_fn *make_json;
};

/* Each begins with its size. */
static const void *element(const void *first, size_t i)
{
	return (const char *)first + i * *(const size_t *)first;
}

static enum vdt_exit choose_columns(struct vdt_table *t, const struct list *l, const char *names)
{
	char known[256] = "";

	if (vdt_table_show(t, names != NULL ? names : l->shown))
		return VDT_OK;
	for (size_t i = 0; i < t->n_columns; i++)
		snprintf(known + strlen(known), sizeof(known) - strlen(known), "%s%s",
			 i > 0 ? ", " : "", t->columns[i].heading);
	return vdt_usage("vsphere", "--columns takes some of %s", known);
}

static enum vdt_exit print_table(const struct list *l, const struct vdt_vsphere *v,
				 const void *first, size_t n)
{
	enum vdt_exit code;
	struct vdt_table t;
	bool ok = true;

	vdt_table_init(&t, l->columns);
	code = choose_columns(&t, l, v->columns);
	for (size_t i = 0; code == VDT_OK && ok && i < n; i++)
		ok = l->add_row(&t, element(first, i), v);
	if (!ok)
		code = vdt_report(VIX_E_OUT_OF_MEMORY, "cannot list");
	if (code == VDT_OK)
		vdt_table_print(&t, !v->no_headings);
	vdt_table_free(&t);
	return code;
}

static enum vdt_exit print_json(const struct list *l, const struct vdt_vsphere *v,
				const void *first, size_t n)
{
	json_t *doc = vdt_json_document(l->type), *all = json_array();

	for (size_t i = 0; i < n; i++)
		json_array_append_new(all, l->make_json(element(first, i)));
	json_object_set_new(doc, "source", vdt_json_text(v->name));
	json_object_set_new(doc, l->key, all);
	vdt_json_print(doc);
	return VDT_OK;
}

static enum vdt_exit print(const struct list *l, const struct vdt_vsphere *v, const void *first,
			   size_t n)
{
	return v->json ? print_json(l, v, first, n) : print_table(l, v, first, n);
}

/* Virtual machines. */

static bool add_vm(struct vdt_table *t, const void *element, const struct vdt_vsphere *v)
{
	const VixDiskLibVm *vm = element;

	(void)v;
	return vdt_table_add(t, vm->moref) && vdt_table_add(t, vm->name) &&
	       vdt_table_add(t, vm->isTemplate ? "template" : vm->powerState) &&
	       vdt_table_add(t, vm->inventoryPath) && vdt_table_add(t, vm->vmx);
}

static json_t *vm_json(const void *element)
{
	const VixDiskLibVm *vm = element;

	return json_pack("{s:o, s:o, s:o, s:b, s:o, s:o}", "moref", vdt_json_text(vm->moref),
			 "name", vdt_json_text(vm->name), "power_state",
			 vdt_json_text(vm->powerState), "is_template", (int)vm->isTemplate,
			 "inventory_path", vdt_json_text(vm->inventoryPath), "vmx",
			 vdt_json_text(vm->vmx));
}

enum vdt_exit vdt_vsphere_list(struct vdt_vsphere *v)
{
	static const struct vdt_column columns[] = {
		{ "MOREF", false }, { "NAME", false }, { "STATE", false },
		{ "PATH", false },  { "VMX", false },  { NULL, false },
	};
	static const struct list list = {
		"vm-list", "vms", columns, "MOREF,NAME,STATE,PATH", add_vm, vm_json,
	};
	VixDiskLibConnectParams *params;
	enum vdt_exit code = vdt_login_params(&v->login, &v->src, &params);
	VixDiskLibVm *vms;
	VixError err;
	size_t n;

	if (code != VDT_OK)
		return code;
	err = VixDiskLib_ListVms(params, &vms, &n);
	VixDiskLib_FreeConnectParams(params);
	if (err != VIX_OK)
		return vdt_report(vdt_login_cause(err), "cannot list what is on %s:%u", v->src.host,
				  v->src.port);
	code = print(&list, v, vms, n);
	VixDiskLib_FreeVmList(vms);
	return code;
}

/* Disks. */

static const char *state_of(const VixDiskLibServerDisk *disk)
{
	if (disk->problem != VIX_OK)
		return disk->why;
	return disk->isInUse ? "in use: to be read at a snapshot" : "ok";
}

static bool add_disk(struct vdt_table *t, const void *element, const struct vdt_vsphere *v)
{
	const VixDiskLibServerDisk *disk = element;
	uint64_t bytes = disk->capacity * VIXDISKLIB_SECTOR_SIZE;
	char key[16], size[32], links[32];

	snprintf(key, sizeof(key), "%u", disk->key);
	snprintf(links, sizeof(links), "%zu", disk->numLinks);
	if (v->bytes)
		snprintf(size, sizeof(size), "%" PRIu64, bytes);
	else
		vdt_size_short(bytes, size, sizeof(size));
	return vdt_table_add(t, key) && vdt_table_add(t, disk->label) &&
	       vdt_table_add(t, bytes != 0 ? size : NULL) && vdt_table_add(t, links) &&
	       vdt_table_add(t, disk->backing) && vdt_table_add(t, disk->path) &&
	       vdt_table_add(t, disk->changeId) && vdt_table_add(t, disk->uuid) &&
	       vdt_table_add(t, state_of(disk));
}

static json_t *disk_json(const void *element)
{
	const VixDiskLibServerDisk *disk = element;

	return json_pack(
		"{s:I, s:o, s:o, s:I, s:o, s:o, s:s, s:I, s:b, s:o}", "key", (json_int_t)disk->key,
		"label", vdt_json_text(disk->label), "path", vdt_json_text(disk->path), "capacity",
		(json_int_t)(disk->capacity * VIXDISKLIB_SECTOR_SIZE), "change_id",
		vdt_json_text(disk->changeId), "uuid", vdt_json_text(disk->uuid), "backing",
		disk->backing, "links", (json_int_t)disk->numLinks, "in_use", (int)disk->isInUse,
		"problem",
		disk->problem != VIX_OK ? json_pack("{s:s, s:o}", "code",
						    vdt_exit_name(vdt_exit_from_vix(disk->problem)),
						    "message", vdt_json_text(disk->why))
					: json_null());
}

enum vdt_exit vdt_vsphere_disks(struct vdt_vsphere *v)
{
	static const struct vdt_column columns[] = {
		{ "KEY", true },      { "LABEL", false }, { "SIZE", true },      { "LINKS", true },
		{ "BACKING", false }, { "DISK", false },  { "CHANGEID", false }, { "UUID", false },
		{ "STATE", false },   { NULL, false },
	};
	static const struct list list = {
		"vm-disk-list", "disks",   columns, "KEY,LABEL,SIZE,LINKS,DISK,STATE",
		add_disk,       disk_json,
	};
	VixDiskLibServerDisk *disks;
	enum vdt_exit code;
	size_t n;
	VixError err = VixDiskLib_ListDisks(v->conn, &disks, &n);

	if (err != VIX_OK)
		return vdt_report(err, "cannot list the disks of %s", v->src.vmx_spec);
	code = print(&list, v, disks, n);
	VixDiskLib_FreeDiskList(disks);
	return code;
}

/* Snapshots. */

/* "2026-11-23T09:41:24Z": nobody reads fractions of seconds. */
static const char *short_time(const char *time, char *buf, size_t size)
{
	size_t whole = strcspn(time, ".");
	size_t part = strspn(time + whole, ".0123456789");

	snprintf(buf, size, "%.*s%s", (int)whole, time, time + whole + part);
	return buf;
}

static bool add_snapshot(struct vdt_table *t, const void *element, const struct vdt_vsphere *v)
{
	const VixDiskLibSnapshot *s = element;
	char created[64];

	(void)v;
	return vdt_table_add(t, s->moref) && vdt_table_add(t, s->parent) &&
	       vdt_table_add(t, s->name) &&
	       vdt_table_add(t, short_time(s->created, created, sizeof(created))) &&
	       vdt_table_add(t, s->powerState) && vdt_table_add(t, s->isQuiesced ? "yes" : "no") &&
	       vdt_table_add(t, s->isCurrent ? "yes" : "no") && vdt_table_add(t, s->description);
}

static json_t *snapshot_json(const void *element)
{
	const VixDiskLibSnapshot *s = element;

	return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:b, s:b}", "moref",
			 vdt_json_text(s->moref), "parent", vdt_json_text(s->parent), "name",
			 vdt_json_text(s->name), "description", vdt_json_text(s->description),
			 "created", vdt_json_text(s->created), "power_state",
			 vdt_json_text(s->powerState), "is_quiesced", (int)s->isQuiesced,
			 "is_current", (int)s->isCurrent);
}

enum vdt_exit vdt_vsphere_snapshots(struct vdt_vsphere *v)
{
	static const struct vdt_column columns[] = {
		{ "MOREF", false },   { "PARENT", false },      { "NAME", false },
		{ "CREATED", false }, { "STATE", false },       { "QUIESCED", false },
		{ "CURRENT", false }, { "DESCRIPTION", false }, { NULL, false },
	};
	static const struct list list = {
		"vm-snapshot-list", "snapshots",   columns, "MOREF,PARENT,NAME,CREATED,CURRENT",
		add_snapshot,       snapshot_json,
	};
	VixDiskLibSnapshot *snapshots;
	enum vdt_exit code;
	size_t n;
	VixError err = VixDiskLib_ListSnapshots(v->conn, &snapshots, &n);

	if (err != VIX_OK)
		return vdt_report(err, "cannot list the snapshots of %s", v->src.vmx_spec);
	code = print(&list, v, snapshots, n);
	VixDiskLib_FreeSnapshotList(snapshots);
	return code;
}
