/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Stores: a named run of bytes, such as a file.
 *
 * 1. Only the vd_store_*() wrappers call slots.  They check ranges, overflow, read-only and zero
 *    length, so a driver always gets a valid request.
 * 2. All or error: no short counts.
 * 3. A store may be read from several threads at once.
 * 4. Offsets and lengths are bytes.
 * 5. A store may have several owners; each one closes it.
 * 6. Once a flush has failed, all later ones fail: the system tells of lost writes only once.
 * 7. Appending, replacing and resizing change the size: nobody else may use the store meanwhile.
 * 8. What a process has open for writing, its children after a fork can only read and close: they
 *    have the same lock, and what their parent remembers of the file would be wrong.
 */
#ifndef VD_STORE_H
#define VD_STORE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "vixDiskLib.h"

/* The key of the configuration that permits extents outside of the descriptor's directory. */
#define VD_CONFIG_EXTENTS_OUTSIDE "vixDiskLib.allowExtentsOutside"

enum vd_store_mode {
	VD_STORE_WRITE = 1,         /* else read-only */
	VD_STORE_UNBUFFERED = 2,    /* past the host's page cache where that works */
	VD_STORE_DEVICE = 4,        /* a block device is acceptable; else regular files only */
	VD_STORE_MAY_BE_ABSENT = 8, /* FILE_NOT_FOUND is the caller's to report */
	VD_STORE_CLAIM = 16,        /* with WRITE: it is a disk, as others know it by its path */
	VD_STORE_CREATE = 32,       /* with WRITE: it is made, empty, and must not be there yet */
};

/* Two names are one file when these are equal; both 0: the store can't tell. */
struct vd_file_id {
	uint64_t dev, ino;
};

struct stat;
struct vd_store;
struct vd_names_ops;

/* A run of bytes that is data or a hole; return false to stop. */
typedef bool vd_hole_fn(uint64_t off, uint64_t len, bool is_data, void *ctx);

struct vd_store_ops {
	const char *name;
	size_t state_size; /* of the driver's struct, whose first member is struct vd_store */

	/* Opens st->path as st->mode says, confined to a directory where st->inside is set; fills
	 * st->size, and st->id, st->has_holes and st->is_device if it can.  Errors are logged here,
	 * naming the path. */
	VixError (*open)(struct vd_store *st);
	/* Releases the driver's own; the wrapper frees @st.  Not called after a failed open(). */
	void (*close)(struct vd_store *st);
	VixError (*pread)(struct vd_store *st, void *buf, size_t len, uint64_t off);
	/* How many bytes the file has now, whoever writes it; 0: that can't be told.  NULL: as many as
	 * when it was opened. */
	uint64_t (*size_now)(struct vd_store *st);
	/* NULL: read-only.  Behind the end it makes the file longer. */
	VixError (*pwrite)(struct vd_store *st, const void *buf, size_t len, uint64_t off);
	/* NULL: nothing is buffered. */
	VixError (*flush)(struct vd_store *st);
	/* See vd_store_replace(); sets st->id to that of the new file.  NULL: NOT_SUPPORTED. */
	VixError (*replace)(struct vd_store *st, const void *buf, size_t len);
	/* Cuts the file off, or makes it longer with zeros that take no room.  NULL: NOT_SUPPORTED. */
	VixError (*resize)(struct vd_store *st, uint64_t bytes);
	/* Makes the file longer, from st->size on, with zeros that have their room on the host.  NULL:
	 * they are written. */
	VixError (*allocate)(struct vd_store *st, uint64_t len);
	/* Data and holes inside [off, off+len), ascending, touching.  NULL: all data. */
	VixError (*holes)(struct vd_store *st, uint64_t off, uint64_t len, vd_hole_fn *fn,
			  void *ctx);
	/* Bytes of another store of the same kind.  False in @done_out: it can't be done so, or not to
	 * the end; may be set after part of it.  NULL: it never can. */
	VixError (*copy)(struct vd_store *st, uint64_t off, struct vd_store *from,
			 uint64_t from_off, size_t len, bool *done_out);
	const struct vd_names_ops *names; /* names.h; NULL: files can't be made, moved or removed */
};

struct vd_store {
	const struct vd_store_ops *ops;
	char *path;           /* for messages and for finding neighbours */
	const char *inside;   /* the part of path that must not lead out of what is before it;
			       * NULL: anywhere */
	uint64_t size;        /* bytes, as seen at open, and what was appended */
	unsigned mode;        /* enum vd_store_mode */
	bool has_holes;       /* the file is worth asking for them */
	bool is_device;       /* its size is given */
	struct vd_file_id id; /* as all above set in open, then constant but for invariant 7 */
	unsigned forks;       /* vu_forks() at open */
	atomic_uint owners;
	atomic_bool has_lost;    /* a flush failed */
	_Atomic uint64_t later;  /* bytes that were seen since, where others made it longer; or 0 */
	_Atomic uint64_t blocks; /* 0, or what its users called its blocks in their cache, plus 1 */
};

/**
 * vd_store_open() - open the bytes at a path
 * @ops:    which driver
 * @path:   copied
 * @mode:   enum vd_store_mode, or-ed
 * @st_out: filled: the store, to be closed with vd_store_close()
 *
 * Errors: FILE_NOT_FOUND, FILE_ACCESS_ERROR, FILE_ERROR  as the system says; FILE_NOT_FOUND is
 *                             not logged with VD_STORE_MAY_BE_ABSENT
 *         INCORRECT_FILE_TYPE  neither a regular file nor an accepted device
 *         DISK_TOOMANYOPENFILES  the process may not have more files open
 *         FILE_ALREADY_LOCKED  with VD_STORE_WRITE: another process writes it
 *         FILE_ALREADY_EXISTS  with VD_STORE_CREATE
 *         OUT_OF_MEMORY
 */
VixError vd_store_open(const struct vd_store_ops *ops, const char *path, unsigned mode,
		       struct vd_store **st_out);

/**
 * vd_store_open_inside() - as vd_store_open(), but nothing outside of a directory
 * @dir_len: bytes of @path that name the directory, with the slash; 0: the current one
 *
 * Symbolic links are followed while they stay inside.  What is checked is what is opened, whatever
 * somebody renames meanwhile.
 * Errors: also FILE_ACCESS_ERROR  the rest of @path leads out of the directory
 */
VixError vd_store_open_inside(const struct vd_store_ops *ops, const char *path, size_t dir_len,
			      unsigned mode, struct vd_store **st_out);

/** vd_store_share() - one more owner; vd_store_close().  Return: @st. */
struct vd_store *vd_store_share(struct vd_store *st);

/** vd_store_close() - end of one ownership; the last one closes and frees; NULL is fine */
void vd_store_close(struct vd_store *st);

/**
 * vd_store_pread() - read exactly @len bytes at @off
 *
 * Errors: FILE_ERROR  the range is not inside the store (also: the file shrank), or reading failed
 */
VixError vd_store_pread(struct vd_store *st, void *buf, size_t len, uint64_t off);

/**
 * vd_store_reaches() - does a file that is only read have bytes up to @end?
 *
 * If not, as far as is known, it is looked at again: who writes it may have made it longer.  Its
 * member size stays what it was.
 */
bool vd_store_reaches(struct vd_store *st, uint64_t end);

/** vd_store_is_inherited() - was it opened by a process that has forked this one since? */
bool vd_store_is_inherited(const struct vd_store *st);

/**
 * vd_store_pwrite() - write exactly @len bytes at @off
 *
 * Errors: FILE_READ_ONLY, DISK_FULL, FILE_ERROR; FILE_ALREADY_LOCKED  it is inherited
 */
VixError vd_store_pwrite(struct vd_store *st, const void *buf, size_t len, uint64_t off);

/**
 * vd_store_copy() - write @len bytes at @off that are those at @from_off of another store
 * @done_out: filled; false: it can't be done without memory between, or not to the end: all is to be
 *            written in another way
 *
 * Errors: as vd_store_pwrite(), and vd_store_pread() of @from
 */
VixError vd_store_copy(struct vd_store *st, uint64_t off, struct vd_store *from, uint64_t from_off,
		       size_t len, bool *done_out);

/**
 * vd_store_append() - write exactly @len bytes at @off, which is not before the end
 *
 * On failure the size is the old one, whatever has reached the file: to be written over.
 * Errors: as vd_store_pwrite()
 */
VixError vd_store_append(struct vd_store *st, const void *buf, size_t len, uint64_t off);

/**
 * vd_store_put() - write exactly @len bytes at @off: over what is there, and on behind the end
 *
 * @off is not behind the end.  Errors: as vd_store_pwrite()
 */
VixError vd_store_put(struct vd_store *st, const void *buf, size_t len, uint64_t off);

/** vd_store_flush() - make what was written durable; FILE_ERROR, DISK_FULL */
VixError vd_store_flush(struct vd_store *st);

/**
 * vd_store_replace() - give a file other bytes, durably: at any crash it has the old or the new
 *
 * Mode and owner stay.  Where no file can be made beside it, it is written in place.
 * Errors: FILE_READ_ONLY, DISK_FULL, FILE_ERROR; NOT_SUPPORTED  this store can't
 */
VixError vd_store_replace(struct vd_store *st, const void *buf, size_t len);

/**
 * vd_store_update() - write what differs from what is there, in one piece
 *
 * What lies in one sector is all written or not at all, whenever power fails.
 * Errors: those of vd_store_pread() and vd_store_pwrite(); OUT_OF_MEMORY
 */
VixError vd_store_update(struct vd_store *st, const void *buf, size_t len, uint64_t off);

/**
 * vd_store_resize() - make the file longer, with zeros that take no room, or cut it off
 *
 * Errors: FILE_READ_ONLY, DISK_FULL, FILE_ERROR; NOT_SUPPORTED  this store can't
 */
VixError vd_store_resize(struct vd_store *st, uint64_t bytes);

/**
 * vd_store_allocate() - make the file @len bytes longer, with zeros that have their room on the host
 *
 * Where the file system can't reserve room, zeros are written: for progress, ask for little at a time.
 * On failure the size is the old one.
 * Errors: as vd_store_append()
 */
VixError vd_store_allocate(struct vd_store *st, uint64_t len);

/**
 * vd_store_is_zero() - are there only zeros from @off to the end?
 *
 * Behind the end, too.
 * Errors: FILE_ERROR, OUT_OF_MEMORY
 */
VixError vd_store_is_zero(struct vd_store *st, uint64_t off, bool *is_zero_out);

/** vd_store_holes() - walk the data and holes of a byte range; see the slot */
VixError vd_store_holes(struct vd_store *st, uint64_t off, uint64_t len, vd_hole_fn *fn, void *ctx);

/** vd_file_id_of() - who a file is */
struct vd_file_id vd_file_id_of(const struct stat *sb);

/** vd_file_id_fits() - is this the file? */
bool vd_file_id_fits(const struct vd_file_id *id, const struct stat *sb);

/** vd_file_id_equal() - are two files known to be the same one? */
bool vd_file_id_equal(const struct vd_file_id *a, const struct vd_file_id *b);

/* local.c: files and devices of this host */
extern const struct vd_store_ops vd_store_local;

#endif
