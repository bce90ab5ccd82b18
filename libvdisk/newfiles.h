/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Files in the making: those of a new disk, or one that takes another's place.
 *
 *	VD_TRY(vd_newfiles_begin(store, path, may_replace, &nf));
 *	vd_newfiles_add(nf, name, &st);		for each file: write it, flush it, close it
 *	vd_newfiles_commit(nf);			or vd_newfiles_abandon(nf)
 *
 * They are made in a work directory beside @path, under the names that they will have, so that
 * together they are a disk there, which may be opened and written: vd_newfiles_path().
 *
 * 1. Until the commit nothing has the names of the new files; an abandoned set leaves nothing.
 * 2. The file that makes the disk one, @path, gets its name last: a kill at any time leaves the old
 *    disk, or the new one; or no disk at all, for as long as a commit takes that replaces one of
 *    several files, and then vd_newfiles_recover() brings the old one back.
 * 3. A commit that fails leaves the old state; or the new one, where it had moved one file over
 *    another and only the flush of the directory failed.  One that is killed may leave files under
 *    names that nobody had, which vd_newfiles_recover() removes.
 * 4. Nobody else may have the disk at @path open for writing: that is the caller's to make sure.
 */
#ifndef VD_NEWFILES_H
#define VD_NEWFILES_H

#include <stdbool.h>

#include "store/store.h"

struct vd_newfiles;

/**
 * vd_newfiles_begin() - begin to make files
 * @path:        of the file that makes the disk one: a descriptor, or its single file
 * @may_replace: what is there gives way when all is done; through symbolic links
 * @nf_out:      filled; vd_newfiles_commit() or vd_newfiles_abandon()
 *
 * What a crash has left of an earlier set for @path is cleared away.
 * Errors: FILE_ALREADY_EXISTS  unless @may_replace
 *         NOT_SUPPORTED        no files can be made in this store
 *         those of vd_names_begin_work()
 */
VixError vd_newfiles_begin(const struct vd_store_ops *ops, const char *path, bool may_replace,
			   struct vd_newfiles **nf_out);

/**
 * vd_newfiles_begin_more() - begin to make further files for a disk that is there
 * @path: as above; it gives way, and nothing else does
 *
 * There is a disk at any moment: the new file is moved over the old one when all others are there.
 * Errors: as vd_newfiles_begin()
 */
VixError vd_newfiles_begin_more(const struct vd_store_ops *ops, const char *path,
				struct vd_newfiles **nf_out);

/**
 * vd_newfiles_path() - where the file with the name of @path is until the commit; borrowed
 *
 * The disk must be closed before the commit.
 */
const char *vd_newfiles_path(const struct vd_newfiles *nf);

/**
 * vd_newfiles_name() - the last part of the path that vd_newfiles_begin() got; borrowed
 *
 * Where that leads through a symbolic link, the name is that of the file itself.
 */
const char *vd_newfiles_name(const struct vd_newfiles *nf);

/**
 * vd_newfiles_add() - make a file, empty
 * @name:   what it will be called, beside @path; the last part of @path for that file itself
 * @st_out: filled: open for writing, for the caller to close
 *
 * What is in it must be durable (vd_store_flush()) before the commit.
 * Errors: FILE_ALREADY_EXISTS  there is a file of that name, and none may be replaced
 *         those of vd_store_open()
 */
VixError vd_newfiles_add(struct vd_newfiles *nf, const char *name, struct vd_store **st_out);

/**
 * vd_newfiles_link() - one more name for a file that is there, beside @path
 *
 * Errors: FILE_ALREADY_EXISTS, as vd_newfiles_add(); those of vd_names_link()
 */
VixError vd_newfiles_link(struct vd_newfiles *nf, const char *name, const char *file);

/**
 * vd_newfiles_retire() - a file of the old disk that goes away with it
 * @path: in the directory of the new files; one that gets a new one in its place is fine
 *
 * Errors: OUT_OF_MEMORY
 */
VixError vd_newfiles_retire(struct vd_newfiles *nf, const char *path);

/**
 * vd_newfiles_commit() - give all files their names, durably
 * @nf: consumed, also on failure; the file of the name @path must be among them
 *
 * What replaces a file gets its mode and owner, as far as we may.
 * Errors: FILE_ALREADY_EXISTS  somebody has made a file of one of the names meanwhile
 *         FILE_ACCESS_ERROR, DISK_FULL, FILE_ERROR, OUT_OF_MEMORY
 */
VixError vd_newfiles_commit(struct vd_newfiles *nf);

/** vd_newfiles_abandon() - remove them all; NULL is fine */
void vd_newfiles_abandon(struct vd_newfiles *nf);

/**
 * vd_newfiles_recover() - clear away what a crash has left of a set for @path
 *
 * A disk that was just being replaced is there again.
 */
void vd_newfiles_recover(const struct vd_store_ops *ops, const char *path);

static inline void vu_auto_newfiles(struct vd_newfiles **nf)
{
	vd_newfiles_abandon(*nf);
}

#endif
