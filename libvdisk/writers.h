/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Local disks that are open: for writing each one once in this process, however many handles it has.
 *
 * Clients open a disk for each of their connections and write through all of them.  Two chains would
 * each give room in the file to the grains that they write, and take the same; so all handles have
 * one chain, with its lock and its tables.
 *
 * 1. A disk is the same one if its newest file is, or the path that leads there: writing to a disk
 *    may put a new file in the place of its descriptor.
 * 2. Nobody opens a disk while another thread opens or closes it: they wait.
 * 3. Handles for reading only, and the parents of chains, have chains of their own.  They are known
 *    here, too: they find in the files what was written before, and while they are there nobody
 *    removes or renames the disk, or moves its grains.
 * 4. Paths are those of files.  A store that is only read has other paths, and nothing of it is here.
 */
#ifndef VD_WRITERS_H
#define VD_WRITERS_H

#include <stdbool.h>

#include "disk.h"
#include "store/store.h"

struct vd_writer;

/**
 * vd_writers_open() - open a disk for writing, or share the one that is open
 * @flags: enum vd_chain_flags, with VD_CHAIN_WRITE
 * @d_out: filled; vd_disk_close()
 *
 * Errors: those of vd_chain_open(), and
 *         FILE_ALREADY_LOCKED  it is open, but with SINGLE_LINK where @flags are without, or the
 *                              other way round
 */
VixError vd_writers_open(const struct vd_store_ops *store, const char *path, unsigned flags,
			 struct vd_disk **d_out);

/**
 * vd_writers_keep_out() - nobody in this process is to open a disk for writing for a while
 * @w_out: filled; vd_writer_end()
 *
 * Who does it meanwhile waits.
 * Errors: FILE_ALREADY_LOCKED  it is open for writing; OUT_OF_MEMORY
 */
VixError vd_writers_keep_out(const char *path, struct vd_writer **w_out);

/**
 * vd_writers_begin_reading() - a disk is about to be opened for reading only
 * @is_parent: as the parent of another one
 * @w_out:     filled: for the disk that is opened, whose vd_disk_close() ends it; or vd_writer_end();
 *             NULL for a store without writers
 *
 * What this process has written to it is in its files then.
 * Errors: FILE_ALREADY_LOCKED  see vd_writer_begin_moving(); OUT_OF_MEMORY; those of vd_disk_flush()
 */
VixError vd_writers_begin_reading(const struct vd_store_ops *store, const char *path,
				  bool is_parent, struct vd_writer **w_out);

/** vd_writers_is_read() - has this process a disk open for reading only, but for parents? */
bool vd_writers_is_read(const char *path);

/**
 * vd_writer_attach() - the disk is a parent of another one from now on
 * @w: of the disk; NULL for one that is only read
 *
 * Nobody opens it for writing until it is closed: FILE_ALREADY_LOCKED.
 * Return: false: it has other owners, and nothing has changed.
 */
bool vd_writer_attach(struct vd_writer *w);

/**
 * vd_writer_begin_moving() - grains are about to be moved inside the files
 * @w: of the disk; NULL: nobody else has it
 *
 * Nobody opens the disk for reading until vd_writer_end_moving().
 * Errors: FILE_ALREADY_LOCKED  somebody has it open for reading, alone or as a parent: they remember
 *                              where the grains are
 */
VixError vd_writer_begin_moving(struct vd_writer *w);

/** vd_writer_end_moving() - they are not moved any more; NULL is fine */
void vd_writer_end_moving(struct vd_writer *w);

/**
 * vd_writer_leave() - one owner less
 * @w: of the disk; NULL for one with a single owner
 *
 * Return: true: it was the last one, and closes the disk; then vd_writer_end().
 */
bool vd_writer_leave(struct vd_writer *w);

/** vd_writer_end() - the disk is closed; NULL is fine */
void vd_writer_end(struct vd_writer *w);

static inline void vu_auto_writer(struct vd_writer **w)
{
	vd_writer_end(*w);
}

#endif
