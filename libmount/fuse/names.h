/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The names of one mount that are remembered: which directories are loaded, what the kernel refers to.
 *
 * 1. A directory is loaded whole, by one thread; others that want it wait for that one directory.
 *    No lock is held while the guest is asked.
 * 2. A loaded directory is pinned while the kernel refers to one of its entries, while one of them
 *    is itself loaded, and while a thread uses it.  What is not pinned is dropped, longest unused
 *    first, as soon as more than max_entries are loaded; but for the last one used, which may hold
 *    more than that by itself.
 * 3. What only the kernel's references keep is the trimmer's business (trim.h).
 *
 * Directory states: ABSENT -vmnt_names_load-> PINNED -last pin gone-> IDLE -too many entries-> ABSENT
 */
#ifndef VMNT_FUSE_NAMES_H
#define VMNT_FUSE_NAMES_H

#include <pthread.h>

#include "dir.h"

struct vmnt_load;

/* Memory that held nodes is about to be freed: forget what refers to it.  Called with the
 * names' lock held. */
typedef void vmnt_names_dropping_fn(void *ctx, const void *start, size_t len);

struct vmnt_names {
	struct vmnt_node *root;    /* constant */
	struct vmnt_guest *guests; /* constant */
	size_t n_guests;
	uint32_t symlinks;                /* constant: VIXMNTAPI_SYMLINKS_* */
	size_t max_entries;               /* constant */
	vmnt_names_dropping_fn *dropping; /* set before the first load */
	void *dropping_ctx;

	pthread_mutex_t lock;    /* guards what follows; below it only the caches' locks */
	pthread_cond_t loaded;   /* a load has ended */
	pthread_cond_t full;     /* more than max_entries, and all of them pinned */
	struct vmnt_load *loads; /* under way */
	struct vmnt_link idle;   /* directories, longest unused first */
	struct vmnt_link pinned; /* directories */
	size_t entries;          /* loaded, directories counted too */
};

/**
 * vmnt_names_new() - the roots of a mount
 * @volumes: as in struct vmnt_frontend_config; asked for the attributes of their roots
 * @ns_out:   filled
 *
 * Return: 0, or -errno (-EINVAL: the subdir of a volume is no name, or there twice).
 */
int vmnt_names_new(const struct vmnt_frontend_volume *volumes, size_t n, uint32_t symlinks,
		   size_t max_entries, struct vmnt_names **ns_out);

/** vmnt_names_free() - nobody uses it any more; NULL is fine */
void vmnt_names_free(struct vmnt_names *ns);

/** vmnt_names_node() - the node for the kernel's number */
struct vmnt_node *vmnt_names_node(const struct vmnt_names *ns, uint64_t nodeid);

/** vmnt_names_nodeid() - the kernel's number for a node */
uint64_t vmnt_names_nodeid(const struct vmnt_names *ns, const struct vmnt_node *n);

/** vmnt_names_guest() - in which guest @n lies; NULL for the directory above several */
struct vmnt_guest *vmnt_names_guest(const struct vmnt_names *ns, const struct vmnt_node *n);

/** vmnt_names_peek() - a directory if it is loaded, pinned for vmnt_names_put(); else NULL */
struct vmnt_dir *vmnt_names_peek(struct vmnt_names *ns, struct vmnt_node *n);

/**
 * vmnt_names_load() - a directory, loaded if need be
 * @n:       a directory that the kernel refers to, or that is held
 * @dir_out: filled, pinned for vmnt_names_put()
 *
 * Asks the guest, or waits for who does.
 * Return: 0 or -errno, also to those who waited; the next call asks again.
 */
int vmnt_names_load(struct vmnt_names *ns, struct vmnt_node *n, struct vmnt_dir **dir_out);

/** vmnt_names_put() - end of the use of a directory */
void vmnt_names_put(struct vmnt_names *ns, struct vmnt_dir *dir);

/** vmnt_names_hold() - keep a node while the kernel may give it up; vmnt_names_release() */
void vmnt_names_hold(struct vmnt_names *ns, struct vmnt_node *n);

/** vmnt_names_release() - end of vmnt_names_hold() */
void vmnt_names_release(struct vmnt_names *ns, struct vmnt_node *n);

/**
 * vmnt_names_ref() - the kernel gets references to entries [@from, @to) of a pinned directory
 *
 * To be called before the answer is sent; vmnt_names_unref() when it could not be.
 */
void vmnt_names_ref(struct vmnt_names *ns, struct vmnt_dir *dir, uint32_t from, uint32_t to);

/** vmnt_names_unref() - takes vmnt_names_ref() back */
void vmnt_names_unref(struct vmnt_names *ns, struct vmnt_dir *dir, uint32_t from, uint32_t to);

/** vmnt_names_forget() - the kernel gives up @n references to a node */
void vmnt_names_forget(struct vmnt_names *ns, struct vmnt_node *node, uint64_t n);

/** vmnt_names_flags() - the node's flags now */
uint8_t vmnt_names_flags(struct vmnt_names *ns, const struct vmnt_node *n);

/** vmnt_names_add_flags() - set some */
void vmnt_names_add_flags(struct vmnt_names *ns, struct vmnt_node *n, uint8_t flags);

/* A directory that the kernel could be asked to give up. */
struct vmnt_victim {
	uint64_t parent; /* the kernel's number of the directory that has it */
	uint32_t n;      /* entries that would go */
	char name[VMNT_NAME_MAX + 1];
};

/**
 * vmnt_names_next_victim() - the next directory in turn
 *
 * Passed over are the root, one that has loaded ones below it, and one that holds a large part of
 * what may be remembered: it would have to be loaded again in the middle of a listing.
 * Return: 1 and *@v_out, 0 when this turn found none, -1 when nothing is loaded.
 */
int vmnt_names_next_victim(struct vmnt_names *ns, struct vmnt_victim *v_out);

/** vmnt_names_count_pinned() - how many turns a round of victims has */
size_t vmnt_names_count_pinned(struct vmnt_names *ns);

#endif
