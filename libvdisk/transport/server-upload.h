/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Disks that are made on a server, by itself, and whole: it has no way to write a part of a file.
 *
 * 1. A copy is made beside its place, as "X.partial-89abcdef.vmdk" for "X.vmdk", and gets its name when
 *    all of it is there, by what the server says: until then what has the name stays as it is.
 * 2. What is not finished is deleted; where that fails, or we are killed, the log says what is left.
 */
#ifndef VD_SERVER_UPLOAD_H
#define VD_SERVER_UPLOAD_H

#include "../create.h"
#include "../disk.h"
#include "server.h"

/**
 * vd_server_create_disk() - an empty disk
 * @path: "[ds] dir/x.vmdk", in a directory that is there; or "x.vmdk", beside the machine's files
 * @spec: what counts is its capacity, of whole KiB or a sector more, its adapter, and whether it is
 *        VMFS_THIN
 *
 * Errors: FILE_NAME_INVALID    @path does not end in ".vmdk"
 *         FILE_ALREADY_EXISTS  by what the server says
 *         those of vd_server_place_disk() and vim_disk_create()
 */
VixError vd_server_create_disk(struct vd_server *sv, const char *path,
			       const struct vd_disk_spec *spec);

/**
 * vd_server_upload_disk() - a disk that reads as another one
 * @from:        open; nobody writes it meanwhile
 * @path, @spec: as above
 * @may_replace: a disk at @path gives way when the copy is whole, unless it has snapshots
 * @p:           started with the capacity
 *
 * Errors: FILE_ALREADY_EXISTS  unless @may_replace
 *         NOT_SUPPORTED        what is there has snapshots, or the datastore keeps disks in other ways
 *                              than flat files (logged)
 *         NET_HTTP_TRANSFER    the server has not kept all that it was sent (logged)
 *         CANCELLED; those of reading @from, vd_server_place_disk(), vim_disk_create(), vim_disk_move(),
 *         vim_disk_delete(), vd_datastore_put()
 * Test:   vsphere/upload.sh
 */
VixError vd_server_upload_disk(struct vd_server *sv, struct vd_disk *from, const char *path,
			       const struct vd_disk_spec *spec, bool may_replace,
			       struct vd_progress *p);

/**
 * vd_server_delete_disk() - delete a disk with all its files; parents stay
 *
 * Errors: NOT_SUPPORTED   snapshots of the machine were made of it (logged)
 *         FILE_NOT_FOUND  by what the server says
 *         those of vd_server_place_disk() and vim_disk_delete()
 */
VixError vd_server_delete_disk(struct vd_server *sv, const char *path);

#endif
