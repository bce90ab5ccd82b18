/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Extended attributes: most files have none, and the host asks for them all the time.
 *
 * 1. That a file has none is learnt once, for many files of its directory at a time where the
 *    guest can tell that, and then answered from memory.
 * 2. The last few lists and values are kept: programs ask for each twice, for its size and for
 *    itself.
 * 3. A guest whose file system knows no attributes is asked once.
 */
#ifndef VMNT_FUSE_XATTRS_H
#define VMNT_FUSE_XATTRS_H

#include <pthread.h>

#include "names.h"

#define VMNT_XATTR_MEMOS 16

/* What the guest said of one file and one name. */
struct vmnt_xattr_memo {
	const struct vmnt_node *node; /* only compared; NULL: free */
	char *name;                   /* NULL: the list of names */
	char *value;
	ssize_t len;   /* of the value, or -errno */
	uint64_t used; /* clock */
};

struct vmnt_xattrs {
	struct vmnt_names *names; /* constant */
	pthread_mutex_t lock;     /* guards what follows; nothing is called with it held */
	bool *unsupported;        /* for each guest */
	uint64_t clock;
	struct vmnt_xattr_memo memos[VMNT_XATTR_MEMOS];
};

/** vmnt_xattrs_init() - nothing known.  Return: 0 or -ENOMEM. */
int vmnt_xattrs_init(struct vmnt_xattrs *xs, struct vmnt_names *names);

/** vmnt_xattrs_destroy() - free what is kept */
void vmnt_xattrs_destroy(struct vmnt_xattrs *xs);

/**
 * vmnt_xattrs_peek() - from memory
 * @name:      an attribute, or NULL for the list of names
 * @value_out: filled where *@len_out is 1 or more; for the caller to free()
 * @len_out:   filled: length or -errno
 *
 * Return: false when the guest has to be asked; nothing is filled then.
 */
bool vmnt_xattrs_peek(struct vmnt_xattrs *xs, const struct vmnt_node *n, const char *name,
		      char **value_out, ssize_t *len_out);

/**
 * vmnt_xattrs_get() - as vmnt_xattrs_peek(), asks the guest
 * @n: held
 *
 * Return: the length or -errno (-ENODATA: there is none of that name).
 */
ssize_t vmnt_xattrs_get(struct vmnt_xattrs *xs, struct vmnt_node *n, const char *name,
			char **value_out);

/** vmnt_xattrs_drop() - forget the nodes in this memory */
void vmnt_xattrs_drop(struct vmnt_xattrs *xs, const void *start, size_t len);

#endif
