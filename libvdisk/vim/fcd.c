/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Looking up first-class disks, which belong to no machine; see inventory.h.
 */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "../../common/alloc.h"
#include "../../common/bytes.h"
#include "../../common/cleanup.h"
#include "../../common/log.h"
#include "datacenter.h"
#include "dspath.h"
#include "inventory.h"

#define MIB (1u << 20)

/* What is asked for. */
struct fcd {
	struct vim_session *s;
	const char *id;
	struct vim_ref datastore;
};

static void add_id(struct vu_strbuf *b, const char *name, const char *id)
{
	vu_strbuf_printf(b, "<%s>", name);
	vim_arg_text(b, "id", id);
	vu_strbuf_printf(b, "</%s>", name);
}

/* Calls a method of the manager, which on ESXi has "Host" in front of its name. */
static VixError call(const struct fcd *f, const char *name, const char *snapshot,
		     struct vim_xml **x_out)
{
	const struct vim_content *has = vim_session_content(f->s);
	VU_AUTO(free) char *method = vu_asprintf("%s%s", has->is_vcenter ? "" : "Host", name);
	struct vu_strbuf b = { 0 };
	VU_AUTO(free) char *args = NULL;

	add_id(&b, "id", f->id);
	vim_arg_ref(&b, "datastore", f->datastore);
	if (snapshot != NULL)
		add_id(&b, "snapshotId", snapshot);
	args = vu_strbuf_take(&b);
	if (method == NULL || args == NULL)
		return VIX_E_OUT_OF_MEMORY;
	return vim_session_call(f->s,
				&(const struct vim_call){
					.method = method,
					.of = { has->vstorage_type, has->vstorage_object_manager },
					.args = args,
				},
				x_out);
}

static VixError check_manager(const struct vim_session *s)
{
	const struct vim_content *has = vim_session_content(s);

	if (has->vstorage_object_manager != NULL && has->vstorage_type != NULL)
		return VIX_OK;
	VU_ERR("vim", "%s has no first-class disks", vim_http_name(vim_session_http(s)));
	return VIX_E_NOT_SUPPORTED;
}

static VixError say_missing(const struct fcd *f, const char *what)
{
	VU_ERR("vim", "%s tells no %s of first-class disk %s on %s",
	       vim_http_name(vim_session_http(f->s)), what, vu_log_quote(f->id),
	       vu_log_quote(f->datastore.value));
	return VIX_E_OBJECT_NOT_FOUND;
}

static VixError read_disk(const struct fcd *f, struct vim_disk *disk)
{
	VU_AUTO(vim_xml) struct vim_xml *x = NULL;
	vim_node *config;
	uint64_t mib;

	VD_TRY(call(f, "RetrieveVStorageObject", NULL, &x));
	config = vim_xml_find(vim_xml_root(x), "returnval/config");
	if (config == NULL)
		return say_missing(f, "configuration");
	if (vim_xml_uint(config, "capacityInMB", &mib) && !vu_mul_fits(mib, MIB, &disk->capacity))
		disk->capacity = 0;
	disk->label = vu_strdup_or_null(vim_xml_text(config, "name"));
	VD_TRY(vim_disk_read_links(vim_xml_find(config, "backing"), "filePath", disk));
	return disk->links.n > 0 ? VIX_OK : say_missing(f, "file");
}

/* Links that are newer than the snapshot go. */
static VixError cut_at(const struct fcd *f, const char *path, struct vim_disk *disk)
{
	size_t n = 0;

	while (n < disk->links.n && !vim_dspath_equal(disk->links.v[n].file, path))
		n++;
	if (n == disk->links.n)
		return say_missing(f, "file that its snapshot has, too,");
	for (size_t i = 0; i < n; i++)
		vim_link_free(&disk->links.v[i]);
	disk->links.n -= n;
	memmove(disk->links.v, disk->links.v + n, disk->links.n * sizeof(*disk->links.v));
	return VIX_OK;
}

static VixError go_to_snapshot(const struct fcd *f, const char *snapshot, struct vim_disk *disk)
{
	VU_AUTO(vim_xml) struct vim_xml *x = NULL;
	const char *path;

	VD_TRY(call(f, "RetrieveSnapshotDetails", snapshot, &x));
	path = vim_xml_text(vim_xml_root(x), "returnval/path");
	return path != NULL ? cut_at(f, path, disk) : say_missing(f, "file of a snapshot");
}

static VixError fill(const struct fcd *f, const char *snapshot, struct vim_vm *vm)
{
	struct vim_disk *disk;

	vm->ref = (struct vim_ref){ "VStorageObject", strdup(f->id) };
	vm->name = strdup(f->id);
	if (vm->ref.value == NULL || vm->name == NULL ||
	    VU_ARRAY_PUSH(&vm->disks.list, (struct vim_disk){ 0 }) < 0)
		return VIX_E_OUT_OF_MEMORY;
	disk = &vm->disks.list.v[0];
	VD_TRY(read_disk(f, disk));
	if (snapshot != NULL)
		VD_TRY(go_to_snapshot(f, snapshot, disk));
	return vim_datacenter_lookup_path(f->s, f->datastore, &vm->dc_path);
}

VixError vim_fcd_lookup(struct vim_session *s, const char *id, const char *datastore,
			const char *snapshot, struct vim_vm **vm_out)
{
	const struct fcd f = { .s = s, .id = id, .datastore = { "Datastore", datastore } };
	VU_AUTO(vim_vm) struct vim_vm *vm = calloc(1, sizeof(*vm));

	*vm_out = NULL;
	if (vm == NULL)
		return VIX_E_OUT_OF_MEMORY;
	VD_TRY(check_manager(s));
	VD_TRY(fill(&f, snapshot, vm));
	*vm_out = VU_STEAL(vm);
	return VIX_OK;
}
