/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Making disks that hold nothing yet, of every kind, as files in the making (newfiles.h).
 *
 *	VD_TRY(vd_newfiles_begin(store, path, may_replace, &nf));
 *	vd_create_files(nf, &spec, progress);	an empty disk at vd_newfiles_path(nf); to be filled
 *	vd_newfiles_commit(nf);
 *
 * 1. Names: "X.vmdk" is the disk; beside it "X-flat.vmdk", "X-f001.vmdk", "X-s001.vmdk" or
 *    "X-delta.vmdk".  A name without ".vmdk" counts as X whole.
 * 2. Growing disks cost time and memory for their tables only; those of full size get their room on
 *    the host at once, but for VMFS_THIN.
 */
#ifndef VD_CREATE_H
#define VD_CREATE_H

#include <stdint.h>

#include "../common/strbuf.h"
#include "newfiles.h"
#include "progress.h"
#include "store/store.h"
#include "vixDiskLib.h"

#define VD_CREATE_SPLIT_SECTORS 4192256u /* of each part but the last: 2047 MiB, as VMware has it */

/* What kind of disk.  Strings are borrowed. */
struct vd_disk_spec {
	VixDiskLibDiskType type; /* not UNKNOWN */
	uint64_t capacity;       /* sectors, 1.. */
	const char *adapter;     /* ddb.adapterType */
	unsigned hw_version;
	uint32_t logical_sector_size, physical_sector_size; /* 512 or 4096 */
	VixDiskLibGeometry geometry; /* all 0: what VMware gives a disk of this size */
	const char *parent_hint;     /* of a child: where its parent is; NULL: a base */
	uint32_t parent_cid;
};

/**
 * vd_create_spec() - a client's words
 * @p:         as the client gave them
 * @has_sizes: does @p have sector sizes?  Programs made for releases before 7.0 have none.
 * @spec_out:  filled: of a base
 *
 * A hwVersion of 0 is the usual one; sector sizes other than 4096 are 512.
 * Errors: INVALID_ARG  type, adapter or capacity make no sense
 */
VixError vd_create_spec(const VixDiskLibCreateParams *p, bool has_sizes,
			struct vd_disk_spec *spec_out);

/** vd_create_work() - how much work it is to make the files, for vd_progress_start() */
uint64_t vd_create_work(const struct vd_disk_spec *spec);

/**
 * vd_create_files() - make the files of an empty disk
 * @nf:   just begun; on failure to be abandoned by the caller
 * @spec: what kind
 * @p:    gets vd_create_work(@spec) units; NULL: nobody is told
 *
 * What is made is durable.
 * Errors: INVALID_ARG          no such disk can be that large
 *         FILE_NAME_INVALID    its name, or its parent's, can't stand in a descriptor
 *         FILE_ALREADY_EXISTS  a file of it is there, and may not be replaced
 *         CANCELLED, DISK_FULL, FILE_ERROR, OUT_OF_MEMORY
 */
VixError vd_create_files(struct vd_newfiles *nf, const struct vd_disk_spec *spec,
			 struct vd_progress *p);

/**
 * vd_create_more_parts() - make further parts of a disk that is split
 * @nf:     as for vd_create_files()
 * @spec:   what counts is its type, which is split, and its capacity: what the new parts have together
 * @number: of the first new part
 * @p:      gets vd_create_work(@spec) units; NULL: nobody is told
 * @lines:  filled: their lines for the descriptor; vu_strbuf_free(), also on failure
 *
 * Errors: those of vd_create_files()
 */
VixError vd_create_more_parts(struct vd_newfiles *nf, const struct vd_disk_spec *spec,
			      uint64_t number, struct vd_progress *p, struct vu_strbuf *lines);

/**
 * vd_create_room() - make the file of a flat extent longer
 * @sectors: by so much
 * @is_thin: without room on the host
 * @p:       gets @sectors units unless @is_thin; NULL: nobody is told
 *
 * Errors: CANCELLED, DISK_FULL, FILE_ERROR; the file may be longer then, but for its old end
 */
VixError vd_create_room(struct vd_store *st, uint64_t sectors, bool is_thin, struct vd_progress *p);

/**
 * vd_create() - make an empty disk at @path
 *
 * Errors: those of vd_newfiles_begin(), without replacing, vd_create_files(), vd_newfiles_commit()
 */
VixError vd_create(const struct vd_store_ops *store, const char *path,
		   const struct vd_disk_spec *spec, struct vd_progress *p);

#endif
