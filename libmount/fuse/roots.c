/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Making and freeing the names of a mount; see names.h.
 *
 * With one volume without a subdir, its root is the mount's.  Else the mount's root is a directory
 * of ours, readable by all, and the volumes' roots are its entries.
 */
#include "config.h"

#include "names.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../../common/alloc.h"
#include "../../common/cleanup.h"
#include "../../common/forks.h"
#include "../../common/log.h"

#define OWN_ROOT_INO UINT64_C(1)

static struct vmnt_node *make_root(const struct vmnt_guest *guest, const struct stat *st)
{
	struct vmnt_node *n = malloc(vmnt_node_bytes(0, 0));

	if (n != NULL)
		vmnt_node_init(n, NULL, guest, "", st, NULL);
	return n;
}

static int stat_root(struct vmnt_guest *g, struct stat *st)
{
	int rc;

	memset(st, 0, sizeof(*st));
	rc = g->ops->stat(g->fs, "/", st);
	if (rc == 0 && !S_ISDIR(st->st_mode))
		rc = -ENOTDIR;
	if (rc < 0)
		VU_ERR("fuse", "cannot read the root of a volume: %s", strerror(-rc));
	g->dev = st->st_dev;
	return rc;
}

static void fill_own_root(struct stat *st, size_t n)
{
	memset(st, 0, sizeof(*st));
	st->st_ino = OWN_ROOT_INO;
	st->st_mode = S_IFDIR | 0555;
	st->st_nlink = (nlink_t)n + 2;
	clock_gettime(CLOCK_REALTIME, &st->st_mtim);
	st->st_atim = st->st_ctim = st->st_mtim;
}

/* The guests' roots become entries of a directory of ours, which is never dropped. */
static int make_own_root(struct vmnt_names *ns, const struct vmnt_dir_entry *entries)
{
	struct vmnt_dir_how how = { .symlinks = ns->symlinks };
	struct stat st;
	int rc;

	fill_own_root(&st, ns->n_guests);
	ns->root = make_root(NULL, &st);
	if (ns->root == NULL)
		return -ENOMEM;
	rc = vmnt_dir_make(ns->root, &how, entries, ns->n_guests, &ns->root->dir);
	if (rc < 0)
		return rc;
	ns->root->dir->pins = 1;
	vmnt_list_add_tail(&ns->pinned, &ns->root->dir->link);
	for (size_t i = 0; i < ns->n_guests; i++) {
		struct vmnt_node *n = vmnt_dir_find(ns->root->dir, entries[i].name);

		/* Made without a guest: each entry belongs to another one. */
		n->ino ^= (uint64_t)(i + 1) << 52;
		ns->guests[i].root = n;
	}
	return 0;
}

static int make_roots(struct vmnt_names *ns, const struct vmnt_frontend_volume *volumes)
{
	VU_AUTO(free)
	struct vmnt_dir_entry *entries = vu_calloc_array(ns->n_guests, sizeof(*entries));

	if (entries == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < ns->n_guests; i++) {
		int rc = stat_root(&ns->guests[i], &entries[i].st);

		if (rc < 0)
			return rc;
		entries[i].name = volumes[i].subdir;
	}
	if (entries[0].name != NULL)
		return make_own_root(ns, entries);
	ns->root = ns->guests[0].root = make_root(&ns->guests[0], &entries[0].st);
	return ns->root != NULL ? 0 : -ENOMEM;
}

static bool are_valid(const struct vmnt_frontend_volume *volumes, size_t n)
{
	if (n == 1 && volumes[0].subdir == NULL)
		return true;
	for (size_t i = 0; i < n; i++)
		if (volumes[i].subdir == NULL)
			return false;
	return n > 0;
}

int vmnt_names_new(const struct vmnt_frontend_volume *volumes, size_t n, uint32_t symlinks,
		   size_t max_entries, struct vmnt_names **ns_out)
{
	struct vmnt_names *ns;
	int rc;

	*ns_out = NULL;
	if (!are_valid(volumes, n))
		return -EINVAL;
	ns = calloc(1, sizeof(*ns));
	if (ns == NULL)
		return -ENOMEM;
	pthread_mutex_init(&ns->lock, NULL);
	pthread_cond_init(&ns->loaded, NULL);
	pthread_cond_init(&ns->full, NULL);
	vmnt_list_init(&ns->idle);
	vmnt_list_init(&ns->pinned);
	ns->symlinks = symlinks;
	ns->max_entries = max_entries;
	ns->n_guests = n;
	ns->guests = vu_calloc_array(n, sizeof(*ns->guests));
	for (size_t i = 0; ns->guests != NULL && i < n; i++)
		ns->guests[i] = (struct vmnt_guest){ .ops = volumes[i].ops,
						     .fs = volumes[i].fs,
						     .index = volumes[i].subdir != NULL
								      ? (uint32_t)i + 1
								      : 0 };
	rc = ns->guests != NULL ? make_roots(ns, volumes) : -ENOMEM;
	if (rc < 0)
		vmnt_names_free(ns);
	else
		*ns_out = ns;
	return rc;
}

static void free_dirs(struct vmnt_link *list)
{
	while (!vmnt_list_is_empty(list)) {
		struct vmnt_dir *d = VMNT_ENTRY(list->next, struct vmnt_dir, link);

		vmnt_list_remove(&d->link);
		vmnt_dir_free(d);
	}
}

void vmnt_names_free(struct vmnt_names *ns)
{
	if (ns == NULL)
		return;
	free_dirs(&ns->idle);
	free_dirs(&ns->pinned);
	free(ns->root);
	free(ns->guests);
	vu_cond_destroy(&ns->full);
	vu_cond_destroy(&ns->loaded);
	pthread_mutex_destroy(&ns->lock);
	free(ns);
}
