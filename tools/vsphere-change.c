/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * vdisk vsphere changes, snapshot-create, snapshot-remove.
 */
#include "config.h"

#include "vsphere.h"

#include <inttypes.h>
#include <stdio.h>

#include "../common/bytes.h"
#include "../common/log.h"
#include "json.h"
#include "message.h"
#include "program.h"
#include "remote.h"
#include "report.h"

/* Changes. */

/* As `vdisk map` and qemu-img have them. */
static void print_changes(const VixDiskLibBlockList *list, bool json)
{
	if (!json)
		printf("%-16s%s\n", "Offset", "Length");
	for (uint32 i = 0; i < list->numBlocks; i++) {
		uint64_t off = list->blocks[i].offset * VIXDISKLIB_SECTOR_SIZE;
		uint64_t len = list->blocks[i].length * VIXDISKLIB_SECTOR_SIZE;

		if (json)
			printf("%s{ \"start\": %" PRIu64 ", \"length\": %" PRIu64 " }",
			       i > 0 ? ",\n" : "[", off, len);
		else
			printf("%#-16" PRIx64 "%#" PRIx64 "\n", off, len);
	}
	if (json)
		puts(list->numBlocks > 0 ? "]" : "[]");
}

static enum vdt_exit tell_unknown(const struct vdt_vsphere *v, VixError err)
{
	enum vdt_exit code = vdt_report(err, "cannot tell the changes of %s",
					vu_log_quote(v->src.disk));

	if (err != VIX_E_FILE_ERROR && err != VIX_E_INVALID_ARG)
		return code;
	if (v->src.snapshot == NULL)
		vdt_hint("of a machine that is on they are told at a snapshot: add snapshot=ID");
	else
		vdt_hint("what the server does not track since then may have changed all over");
	return code;
}

enum vdt_exit vdt_vsphere_changes(struct vdt_vsphere *v)
{
	const uint64_t length = vu_min(v->length, (uint64_t)INT64_MAX / 512 * 512);
	VixDiskLibBlockList *list;
	enum vdt_exit code;
	VixError err;

	if ((v->offset | length) % VIXDISKLIB_SECTOR_SIZE != 0 || length == 0)
		return vdt_usage("vsphere", "offset and length are in whole sectors of 512 bytes");
	code = vdt_remote_find_disk(v->conn, &v->src);
	if (code != VDT_OK)
		return code;
	err = VixDiskLib_QueryChangedBlocks(v->conn, v->src.disk, v->since,
					    v->offset / VIXDISKLIB_SECTOR_SIZE,
					    length / VIXDISKLIB_SECTOR_SIZE, &list);
	if (err != VIX_OK)
		return tell_unknown(v, err);
	print_changes(list, v->json);
	VixDiskLib_FreeBlockList(list);
	return VDT_OK;
}

/* Snapshots. */

static void print_moref(const char *moref, bool json)
{
	json_t *doc;

	if (!json) {
		puts(vu_log_quote(moref));
		return;
	}
	doc = vdt_json_document("vm-snapshot");
	json_object_set_new(doc, "moref", vdt_json_text(moref));
	vdt_json_print(doc);
}

enum vdt_exit vdt_vsphere_create(struct vdt_vsphere *v)
{
	uint32 flags = (v->quiesce ? VIXDISKLIB_SNAPSHOT_QUIESCE : 0) |
		       (v->memory ? VIXDISKLIB_SNAPSHOT_MEMORY : 0);
	enum vdt_exit code;
	char *moref;
	VixError err;

	vdt_job_begin(&v->job, "making a snapshot of", v->src.vmx_spec);
	err = VixDiskLib_CreateSnapshot(v->conn, v->arg, v->description, flags, vdt_job_progress,
					NULL, &moref);
	code = vdt_job_end(err, "cannot make a snapshot of %s", v->src.vmx_spec);
	if (code == VDT_OK)
		print_moref(moref, v->json);
	VixDiskLib_FreeSnapshotRef(moref);
	return code;
}

enum vdt_exit vdt_vsphere_remove(struct vdt_vsphere *v)
{
	VixError err;

	vdt_job_begin(&v->job, "removing", v->arg);
	err = VixDiskLib_RemoveSnapshot(v->conn, v->arg, v->children, vdt_job_progress, NULL);
	return vdt_job_end(err, "cannot remove %s", vu_log_quote(v->arg));
}
