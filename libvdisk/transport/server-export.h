/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Disks of machines that are copied from a server by a lease: the server reads them, and sends them as
 * streamOptimized VMDKs.  For a disk that its files can't be read of.
 *
 * 1. What comes goes into a file without a name, in the directory of the copy: it takes room there as
 *    long as the export lives, and goes with the process at the latest.
 * 2. It is read as a hostile file: nothing that it names is opened.
 */
#ifndef VD_SERVER_EXPORT_H
#define VD_SERVER_EXPORT_H

#include "../disk.h"
#include "../progress.h"
#include "server.h"

struct vd_export;

/**
 * vd_export_begin() - have the server export a disk
 * @path:   as the client names it
 * @ex_out: filled; vd_export_free()
 *
 * Errors: NOT_SUPPORTED  it is no machine's disk, or a snapshot in the middle of one (logged)
 *         those of vd_server_find_disk() and vim_lease_export()
 */
VixError vd_export_begin(struct vd_server *sv, const char *path, struct vd_export **ex_out);

/** vd_export_capacity() - sectors of the disk, by what the server says */
uint64_t vd_export_capacity(const struct vd_export *ex);

/**
 * vd_export_fetch() - fetch the disk; once
 * @beside: a path on this host: the file is in its directory
 * @p:      gets vd_export_capacity() units
 * @d_out:  filled; vd_disk_close(), before vd_export_free()
 *
 * Errors: NET_HTTP_TRANSFER  what came is no such disk, or another one (logged)
 *         DISK_FULL, FILE_ACCESS_ERROR, FILE_ERROR  the file can't be made or written (logged)
 *         CANCELLED; those of vim_lease_fetch()
 * Test:   vsphere/lease.sh
 */
VixError vd_export_fetch(struct vd_export *ex, const char *beside, struct vd_progress *p,
			 struct vd_disk **d_out);

/** vd_export_free() - the lease ends, and the file is gone; NULL is fine */
void vd_export_free(struct vd_export *ex);

static inline void vu_auto_vd_export(struct vd_export **p)
{
	vd_export_free(*p);
}

#endif
