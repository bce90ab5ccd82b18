/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * All files of one disk, without its parents, for who removes or renames them: whatever is in them,
 * as long as the descriptor can be read.
 *
 * 1. Nobody else has the disk open for writing, in this process or another one, until it is closed
 *    here.
 * 2. A file outside of the descriptor's directory, or one whose name does not end in ".vmdk", is not
 *    the disk's own: a descriptor from a stranger could name any file.
 */
#ifndef VD_DISKFILES_H
#define VD_DISKFILES_H

#include "../common/array.h"
#include "descriptor.h"
#include "format/kdmv.h"
#include "store/store.h"

struct vd_writer;

/* A file that the descriptor names. */
struct vd_diskfile {
	const struct vd_extent_line *line; /* of an extent; NULL: of change tracking */
	const char *name;                  /* as the descriptor has it */
	char *path;
	struct vd_store *file; /* open for writing */
};

struct vd_diskfiles {
	const struct vd_store_ops *store;
	char *path; /* of the descriptor or the single file, without symbolic links */
	struct vd_store *file;
	struct vd_writer *writer;
	char *text; /* of the descriptor, with a NUL behind it */
	size_t text_len;
	struct vd_descriptor *desc;
	bool is_single_file;
	struct vd_kdmv header;              /* of a single file */
	VU_ARRAY(struct vd_diskfile) files; /* the disk's own, that are there; each once */
};

/**
 * vd_diskfiles_open() - find and lock the files of a disk
 * @path: descriptor or single file
 * @d:    filled; vd_diskfiles_close(), also on failure
 *
 * Files that are missing are passed over.
 * Errors: DISK_INVALIDDISK     it is no VMDK, or a part of one
 *         FILE_ALREADY_LOCKED  it is open for writing
 *         NOT_SUPPORTED        files of this store can't be removed or renamed
 *         those of vd_store_open(), for writing, and vd_descriptor_parse()
 */
VixError vd_diskfiles_open(const struct vd_store_ops *store, const char *path,
			   struct vd_diskfiles *d);

/**
 * vd_diskfiles_look() - only the descriptor of a disk, which is neither changed nor locked
 * @d: filled but for its files; vd_diskfiles_close(), also on failure
 *
 * Errors: as vd_diskfiles_open(), but for the locks
 */
VixError vd_diskfiles_look(const struct vd_store_ops *store, const char *path,
			   struct vd_diskfiles *d);

/** vd_diskfiles_check_unread() - FILE_ALREADY_LOCKED: this process has it open for reading */
VixError vd_diskfiles_check_unread(const struct vd_diskfiles *d);

/** vd_diskfiles_close() - give up all locks; all zero is fine */
void vd_diskfiles_close(struct vd_diskfiles *d);

/**
 * vd_diskfiles_unlink() - remove a disk: all files of its own, what makes it a disk last
 *
 * After an error, or when the process is killed, it can be called again.
 * Errors: those of vd_diskfiles_open() and vd_names_remove()
 */
VixError vd_diskfiles_unlink(const struct vd_store_ops *store, const char *path);

#endif
