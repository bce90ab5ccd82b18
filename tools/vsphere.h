/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * vdisk vsphere: what there is on a server, in several files.
 *
 * 1. Functions that fail have said why on stderr and return the exit code.
 */
#ifndef VDT_VSPHERE_H
#define VDT_VSPHERE_H

#include <stdint.h>

#include "job.h"
#include "login.h"
#include "vixDiskLibExt.h"

/* What was asked for. */
struct vdt_vsphere {
	const char *what, *name, *arg; /* "disks", the URL, what else follows or NULL */
	struct vdt_source src;
	VixDiskLibConnection conn; /* NULL: to no machine */
	struct vdt_login login;
	struct vdt_job_options job;
	bool json, bytes, no_headings;
	const char *columns, *since, *description;
	uint64_t offset, length;
	bool quiesce, memory, children;
};

/** vdt_vsphere_list(), _disks(), _snapshots() - print what there is */
enum vdt_exit vdt_vsphere_list(struct vdt_vsphere *v);
enum vdt_exit vdt_vsphere_disks(struct vdt_vsphere *v);
enum vdt_exit vdt_vsphere_snapshots(struct vdt_vsphere *v);

/** vdt_vsphere_changes() - print which areas of a disk have changed */
enum vdt_exit vdt_vsphere_changes(struct vdt_vsphere *v);

/** vdt_vsphere_create(), _remove() - a snapshot */
enum vdt_exit vdt_vsphere_create(struct vdt_vsphere *v);
enum vdt_exit vdt_vsphere_remove(struct vdt_vsphere *v);

#endif
