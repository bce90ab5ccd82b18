/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A guest file system in memory, for tests of what stands on struct vmnt_guest_ops: it counts the
 * calls, answers late, fails on demand, and holds what real guests seldom do.
 *
 * Calls run one after the other, as those of libguestfs do.
 */
#ifndef FAKEGUEST_H
#define FAKEGUEST_H

#include <pthread.h>
#include <stdatomic.h>

#include "../../libmount/fuse/frontend.h"

struct fakenode;

struct fakeguest {
	/* to be set before the guest is used */
	unsigned latency_us; /* of each call */
	bool no_xattrs;      /* a file system without extended attributes */
	struct vmnt_guest_ops ops;

	/* calls so far */
	atomic_uint n_load_dir, n_stat, n_read, n_listxattr, n_getxattr, n_statfs, n_has_xattrs;
	atomic_ulong bytes_read;

	/* the rest is fakeguest.c's */
	pthread_mutex_t turn; /* one call at a time */
	pthread_mutex_t lock; /* guards what follows */
	pthread_cond_t changed;
	unsigned waiting; /* calls that hang */
	uint64_t next_ino;
	struct fakenode *root;
};

/** fakeguest_new() - with an empty root directory, owned by 0:0, mode 755 */
struct fakeguest *fakeguest_new(void);

/** fakeguest_free() - nobody uses it any more */
void fakeguest_free(struct fakeguest *g);

/** fakeguest_calls() - all calls so far */
unsigned fakeguest_calls(struct fakeguest *g);

/** fakeguest_dir() - add a directory; what is above must be there.  Return: its attributes. */
struct stat *fakeguest_dir(struct fakeguest *g, const char *path);

/** fakeguest_file() - add a file of @size bytes of fakeguest_byte() */
struct stat *fakeguest_file(struct fakeguest *g, const char *path, uint64_t size);

/** fakeguest_text() - add a file with a text */
struct stat *fakeguest_text(struct fakeguest *g, const char *path, const char *text);

/** fakeguest_link() - add a symbolic link; @target may be NULL: one that cannot be read */
struct stat *fakeguest_link(struct fakeguest *g, const char *path, const char *target);

/** fakeguest_raw() - add an entry under a name as it is, "/" and all, to the directory @dir */
struct stat *fakeguest_raw(struct fakeguest *g, const char *dir, const char *name, mode_t mode);

/** fakeguest_many() - add files "f000000" .. of @size bytes to the directory @dir */
void fakeguest_many(struct fakeguest *g, const char *dir, unsigned n, uint64_t size);

/** fakeguest_xattr() - give @path an attribute */
void fakeguest_xattr(struct fakeguest *g, const char *path, const char *name, const char *value);

/** fakeguest_offer_has_xattrs() - be able to tell that of many files in one call */
void fakeguest_offer_has_xattrs(struct fakeguest *g);

/** fakeguest_fail() - let the next @times calls about @path return @err (a negative errno) */
void fakeguest_fail(struct fakeguest *g, const char *path, int err, unsigned times);

/** fakeguest_hang() - let calls about @path wait until fakeguest_release() */
void fakeguest_hang(struct fakeguest *g, const char *path);

/** fakeguest_wait_hanging() - wait until a call hangs */
void fakeguest_wait_hanging(struct fakeguest *g);

/** fakeguest_release() - let all calls go on, and hang no more */
void fakeguest_release(struct fakeguest *g);

/** fakeguest_truncate() - let reads of @path end at @size, whatever its attributes say */
void fakeguest_truncate(struct fakeguest *g, const char *path, uint64_t size);

/** fakeguest_byte() - what stands at @off of the file with inode number @ino */
static inline unsigned char fakeguest_byte(uint64_t ino, uint64_t off)
{
	return (unsigned char)((off * 31 + (off >> 8) * 7 + (off >> 16) * 3 + ino) & 0xff);
}

#endif
