/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A store in memory, for tests: files that only this process knows, whose reads and writes can be
 * made to fail.  One test at a time uses it.
 */
#ifndef MEMSTORE_H
#define MEMSTORE_H

#include "../../libvdisk/store/store.h"

extern const struct vd_store_ops memstore_ops;

/** memstore_add() - make a file, or replace one that is not open; @bytes are copied */
void memstore_add(const char *path, const void *bytes, size_t len);

/** memstore_remove() - remove a file */
void memstore_remove(const char *path);

/** memstore_bytes() - the bytes of a file, to look at or to change; NULL: no such file */
unsigned char *memstore_bytes(const char *path);

/** memstore_list() - the names of all files, sorted, with a blank behind each; to be free()d */
char *memstore_list(void);

/** memstore_len() - how many those are; a file that is written to may move and grow */
size_t memstore_len(const char *path);

/** memstore_open() - vd_store_open() of a file that must be there */
struct vd_store *memstore_open(const char *path);

/* What changes a file, or a name: then there are no bytes. */
enum memstore_change {
	MEMSTORE_WRITE,
	MEMSTORE_FLUSH,
	MEMSTORE_REPLACE,
	MEMSTORE_RESIZE, /* to @off bytes */
	MEMSTORE_CREATE,
	MEMSTORE_MOVE,
	MEMSTORE_REMOVE,
	MEMSTORE_SYNC,
};

/** memstore_watch() - have @fn called before each change takes effect; NULL: no longer */
typedef void memstore_watch_fn(void *ctx, enum memstore_change what, const char *path,
			       const void *buf, size_t len, uint64_t off);
void memstore_watch(memstore_watch_fn *fn, void *ctx);

/**
 * memstore_fail_change() - make the @n-th change from now on fail
 * @code:   what it fails with
 * @n_fail: how many fail, that one included
 * @part:   of a write: how many of its bytes get there all the same
 *
 * @n 0: none.
 */
void memstore_fail_change(unsigned n, VixError code, unsigned n_fail, size_t part);

/** memstore_have_links() - can a file have two names?  True unless told. */
void memstore_have_links(bool it_has);

/** memstore_changes() - changes so far, failed ones included */
unsigned memstore_changes(void);

/**
 * memstore_fail_read() - break the place that the @n-th read from now on begins at
 *
 * That read, and every later one that touches the byte, fails with FILE_ERROR.  0: mend it.
 */
void memstore_fail_read(unsigned n);

/** memstore_fail_at() - break a byte of a file; until memstore_fail_read(0) or reset */
void memstore_fail_at(const char *path, uint64_t off);

/** memstore_reads() - reads so far */
unsigned memstore_reads(void);

/** memstore_n_open() - stores that are open now */
unsigned memstore_n_open(void);

/** memstore_reset() - drop all files and forget all counts; nothing may be open */
void memstore_reset(void);

#endif
