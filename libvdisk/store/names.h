/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The names of files: what makes, moves and removes them, where stores only know their bytes.
 *
 * 1. Paths are those that vd_store_open() takes.
 * 2. What is gone or moved is durable after vd_names_sync() only.
 * 3. A work directory lies beside the file that is being made.  It is its maker's as long as that
 *    runs; after a crash the next one for the same file undoes what was half moved, and removes it.
 */
#ifndef VD_NAMES_H
#define VD_NAMES_H

#include <stdbool.h>

#include "store.h"

/* In a work directory: what others had under the names of new files. */
#define VD_WORK_OLD ".old"
/* Likewise: empty files with the names that new files get and that nobody had.  As long as the file
 * that is being made is in the work directory, those that have left it are to be removed. */
#define VD_WORK_NEW ".new"

struct vd_workdir {
	char *path; /* of the directory */
	int lock;   /* open and locked as long as we live; -1: none */
};

struct vd_names_ops {
	/* Errors are logged here, naming the path. */
	bool (*exists)(const char *path);                       /* also a link that leads nowhere */
	VixError (*resolve)(const char *path, char **real_out); /* without symbolic links */
	VixError (*move)(const char *from, const char *to, bool may_replace);
	VixError (*link)(const char *file, const char *path);
	VixError (*remove)(const char *path);
	VixError (*sync)(const char *path);
	void (*take_after)(const char *path, const char *old);
	VixError (*begin_work)(const char *path, struct vd_workdir *dir);
	void (*end_work)(struct vd_workdir *dir);
	void (*sweep)(const char *path);
};

/** vd_names_check() - can files of this store be made, moved and removed?  NOT_SUPPORTED */
VixError vd_names_check(const struct vd_store_ops *ops, const char *path);

/*
 * The rest is for stores that have passed vd_names_check().
 */

/** vd_names_exists() - is there anything of that name? */
bool vd_names_exists(const struct vd_store_ops *ops, const char *path);

/** vd_names_resolve() - the file that a path leads to; FILE_NOT_FOUND, OUT_OF_MEMORY, … */
VixError vd_names_resolve(const struct vd_store_ops *ops, const char *path, char **real_out);

/**
 * vd_names_move() - another name for a file, in the same file system
 * @may_replace: what has the name @to is replaced, at once
 *
 * Errors: FILE_ALREADY_EXISTS  @to is taken, and may not be replaced
 *         FILE_NOT_FOUND, FILE_ACCESS_ERROR, FILE_READ_ONLY, DISK_FULL, FILE_ERROR
 */
VixError vd_names_move(const struct vd_store_ops *ops, const char *from, const char *to,
		       bool may_replace);

/**
 * vd_names_link() - one more name for a file, in the same file system
 *
 * Errors: NOT_SUPPORTED        the file system can't, which is not logged
 *         FILE_ALREADY_EXISTS  @path is taken
 *         FILE_NOT_FOUND, FILE_ACCESS_ERROR, FILE_READ_ONLY, DISK_FULL, FILE_ERROR
 */
VixError vd_names_link(const struct vd_store_ops *ops, const char *file, const char *path);

/** vd_names_remove() - remove a file; FILE_NOT_FOUND, FILE_ACCESS_ERROR, FILE_ERROR */
VixError vd_names_remove(const struct vd_store_ops *ops, const char *path);

/** vd_names_sync() - what happened to names in the directory of @path is durable; FILE_ERROR */
VixError vd_names_sync(const struct vd_store_ops *ops, const char *path);

/** vd_names_take_after() - the mode and owner of @old for @path, as far as we may give them */
void vd_names_take_after(const struct vd_store_ops *ops, const char *path, const char *old);

/**
 * vd_names_begin_work() - a new directory beside @path, for files in the making
 * @dir: filled; vd_names_end_work()
 *
 * It has directories VD_WORK_OLD and VD_WORK_NEW in it.  Sweeps first.
 * Errors: FILE_NOT_FOUND     the directory of @path is missing
 *         FILE_ACCESS_ERROR, FILE_READ_ONLY, DISK_FULL, FILE_ERROR, OUT_OF_MEMORY
 */
VixError vd_names_begin_work(const struct vd_store_ops *ops, const char *path,
			     struct vd_workdir *dir);

/** vd_names_end_work() - remove it and all that is in it; all zero and ended before is fine */
void vd_names_end_work(const struct vd_store_ops *ops, struct vd_workdir *dir);

/**
 * vd_names_sweep() - remove the work directories of @path whose makers are gone
 *
 * Where @path is missing now, what is in VD_WORK_OLD gets its old names first: @path last.  Of a
 * commit that did not come to its end, what VD_WORK_NEW tells of is removed.
 */
void vd_names_sweep(const struct vd_store_ops *ops, const char *path);

/* local-names.c: files of this host */
extern const struct vd_names_ops vd_names_local;

/** vd_local_flush_dir() - make the names in the directory of @path durable; 0 or -errno */
int vd_local_flush_dir(const char *path);

#endif
