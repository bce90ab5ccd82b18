/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Nodes: what the front-end remembers of one name in a guest file system.
 *
 * 1. One node for each name: two hard links are two nodes with one inode number.
 * 2. Nodes of one directory lie back to back in one block of memory (dir.h), the name and the
 *    link's target behind the fixed part: about 130 bytes each.
 * 3. All but nlookup, dir and flags is constant; these three are the names' lock's.
 * 4. A node's address is its name towards the kernel, valid while the kernel refers to it.
 */
#ifndef VMNT_FUSE_NODE_H
#define VMNT_FUSE_NODE_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>

#include "frontend.h"

/* The longest name that FUSE carries.  Longer than NAME_MAX: NTFS has names of 255 characters, up
 * to three bytes each. */
#define VMNT_NAME_MAX 1024

struct vmnt_dir;

/* One guest file system that is mounted. */
struct vmnt_guest {
	const struct vmnt_guest_ops *ops;
	void *fs;
	uint32_t index; /* among those of the mount */
	dev_t dev;      /* st_dev of its root */
	struct vmnt_node *root;
};

enum {
	VMNT_NODE_BAD_LINK = 1,     /* a link whose target cannot be shown */
	VMNT_NODE_XATTRS_KNOWN = 2, /* the next one is true */
	VMNT_NODE_HAS_XATTRS = 4,
};

struct vmnt_node {
	struct vmnt_dir *in;  /* the directory that has it; NULL: the root of the mount */
	struct vmnt_dir *dir; /* what it has itself, while that is loaded */
	uint64_t nlookup;     /* references of the kernel */
	uint64_t ino;         /* as shown: unique in the mount */
	uint64_t size, blocks;
	int64_t atime, mtime, ctime; /* s */
	uint32_t atime_ns, mtime_ns, ctime_ns;
	uint32_t uid, gid, nlink, rdev;
	uint16_t mode, name_len, target_len;
	uint8_t blkbits; /* log2 of st_blksize */
	uint8_t flags;
	char text[]; /* name, NUL, target, NUL */
};

static inline const char *vmnt_node_name(const struct vmnt_node *n)
{
	return n->text;
}

/* Of a link, "" where it is bad. */
static inline const char *vmnt_node_target(const struct vmnt_node *n)
{
	return n->text + n->name_len + 1;
}

/** vmnt_node_bytes() - what a node takes, rounded up so that the next one is aligned */
size_t vmnt_node_bytes(size_t name_len, size_t target_len);

/**
 * vmnt_node_init() - fill a node
 * @n:      vmnt_node_bytes() of memory, aligned for a uint64_t
 * @in:     the directory that has it, NULL for none
 * @guest:  where its inode number comes from, NULL for nowhere
 * @name:   at most VMNT_NAME_MAX bytes
 * @st:     its attributes; the size of a link is that of @target
 * @target: less than PATH_MAX bytes; NULL when it is no link, or a bad one
 */
void vmnt_node_init(struct vmnt_node *n, struct vmnt_dir *in, const struct vmnt_guest *guest,
		    const char *name, const struct stat *st, const char *target);

/** vmnt_node_stat() - the attributes as stat(2) shows them */
void vmnt_node_stat(const struct vmnt_node *n, struct stat *st_out);

/**
 * vmnt_node_path() - where it is in its guest file system
 * @n: loaded or held; not a directory made by us
 *
 * Return: 0, or -ENAMETOOLONG when it does not fit.
 */
int vmnt_node_path(const struct vmnt_node *n, char path_out[PATH_MAX]);

#endif
