/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Loaded directories: all entries of one directory of a guest.
 *
 * 1. Entries, their order and number are constant once a directory is loaded.
 * 2. The order is that of the names' bytes, so that a position in a listing means the same after
 *    the directory was dropped and loaded again.
 * 3. What a damaged or hostile file system lists is not shown: names that are empty, ".", "..",
 *    too long or hold a '/', and second entries of one name.  A directory takes at most
 *    VMNT_DIR_MAX_BYTES.
 */
#ifndef VMNT_FUSE_DIR_H
#define VMNT_FUSE_DIR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "list.h"
#include "node.h"

#define VMNT_DIR_MAX_BYTES ((size_t)512 << 20) /* some three million entries */

struct vmnt_dir {
	struct vmnt_node *self;   /* whose entries these are */
	struct vmnt_guest *guest; /* NULL: a directory of ours, its entries are roots of guests */
	uint32_t depth;           /* directories between the guest's root and the entries */
	uint32_t n;               /* entries */
	uint32_t *order;          /* their places in the block, in units of 8 bytes */
	char *block;              /* the nodes */
	size_t block_len;
	uint32_t pins;         /* reasons to keep it; names' lock */
	uint32_t kids;         /* entries that are loaded directories; names' lock */
	struct vmnt_link link; /* names' lock */
};

/* What an entry becomes; see VIXMNTAPI_SYMLINKS_*. */
struct vmnt_dir_how {
	struct vmnt_guest *guest;
	uint32_t depth;
	uint32_t symlinks;
};

/**
 * vmnt_dir_load() - ask the guest for a whole directory
 * @self:    its node; kept
 * @how:     borrowed
 * @path:    where it is in the guest
 * @dir_out: filled; vmnt_dir_free()
 *
 * Return: 0, or -errno: what the guest said, -ENOMEM, -EFBIG.
 */
int vmnt_dir_load(struct vmnt_node *self, const struct vmnt_dir_how *how, const char *path,
		  struct vmnt_dir **dir_out);

/**
 * vmnt_dir_make() - a directory of given entries
 *
 * As vmnt_dir_load(); @how->guest may be NULL.
 */
int vmnt_dir_make(struct vmnt_node *self, const struct vmnt_dir_how *how,
		  const struct vmnt_dir_entry *entries, size_t n, struct vmnt_dir **dir_out);

/** vmnt_dir_free() - free it with its nodes; NULL is fine */
void vmnt_dir_free(struct vmnt_dir *dir);

/** vmnt_dir_entry() - the entry at @i, below dir->n */
static inline struct vmnt_node *vmnt_dir_entry(const struct vmnt_dir *dir, uint32_t i)
{
	return (struct vmnt_node *)(void *)(dir->block + (size_t)dir->order[i] * 8);
}

/** vmnt_dir_position() - where @name is or would be: the number of entries before it */
uint32_t vmnt_dir_position(const struct vmnt_dir *dir, const char *name);

/** vmnt_dir_find() - the entry of that name, NULL when there is none */
struct vmnt_node *vmnt_dir_find(const struct vmnt_dir *dir, const char *name);

/** vmnt_dir_is_guest_root() - is @n the root of a guest? */
static inline bool vmnt_dir_is_guest_root(const struct vmnt_node *n)
{
	return n->in == NULL || n->in->guest == NULL;
}

#endif
