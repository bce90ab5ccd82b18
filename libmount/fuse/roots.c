/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Making and freeing the tree of a mount; see names.h.
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
#include "../../common/log.h"
#include "thread.h"

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
static int make_own_root(struct vmnt_names *t, const struct vmnt_dir_entry *entries)
{
	struct vmnt_dir_how how = { .symlinks = t->symlinks };
	struct stat st;
	int rc;

	fill_own_root(&st, t->n_guests);
	t->root = make_root(NULL, &st);
	if (t->root == NULL)
		return -ENOMEM;
	rc = vmnt_dir_make(t->root, &how, entries, t->n_guests, &t->root->dir);
	if (rc < 0)
		return rc;
	t->root->dir->pins = 1;
	vmnt_list_add_tail(&t->pinned, &t->root->dir->link);
	for (size_t i = 0; i < t->n_guests; i++) {
		struct vmnt_node *n = vmnt_dir_find(t->root->dir, entries[i].name);

		/* Made without a guest: each entry belongs to another one. */
		n->ino ^= (uint64_t)(i + 1) << 52;
		t->guests[i].root = n;
	}
	return 0;
}

static int make_roots(struct vmnt_names *t, const struct vmnt_frontend_volume *volumes)
{
	VU_AUTO(free)
	struct vmnt_dir_entry *entries = vu_calloc_array(t->n_guests, sizeof(*entries));

	if (entries == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < t->n_guests; i++) {
		int rc = stat_root(&t->guests[i], &entries[i].st);

		if (rc < 0)
			return rc;
		entries[i].name = volumes[i].subdir;
	}
	if (entries[0].name != NULL)
		return make_own_root(t, entries);
	t->root = t->guests[0].root = make_root(&t->guests[0], &entries[0].st);
	return t->root != NULL ? 0 : -ENOMEM;
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
		   size_t max_entries, struct vmnt_names **t_out)
{
	struct vmnt_names *t;
	int rc;

	*t_out = NULL;
	if (!are_valid(volumes, n))
		return -EINVAL;
	t = calloc(1, sizeof(*t));
	if (t == NULL)
		return -ENOMEM;
	pthread_mutex_init(&t->lock, NULL);
	pthread_cond_init(&t->loaded, NULL);
	vmnt_cond_init_monotonic(&t->full);
	vmnt_list_init(&t->idle);
	vmnt_list_init(&t->pinned);
	t->symlinks = symlinks;
	t->max_entries = max_entries;
	t->n_guests = n;
	t->guests = vu_calloc_array(n, sizeof(*t->guests));
	for (size_t i = 0; t->guests != NULL && i < n; i++)
		t->guests[i] = (struct vmnt_guest){ .ops = volumes[i].ops,
						    .fs = volumes[i].fs,
						    .index = volumes[i].subdir != NULL
								     ? (uint32_t)i + 1
								     : 0 };
	rc = t->guests != NULL ? make_roots(t, volumes) : -ENOMEM;
	if (rc < 0)
		vmnt_names_free(t);
	else
		*t_out = t;
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

void vmnt_names_free(struct vmnt_names *t)
{
	if (t == NULL)
		return;
	free_dirs(&t->idle);
	free_dirs(&t->pinned);
	free(t->root);
	free(t->guests);
	pthread_cond_destroy(&t->full);
	pthread_cond_destroy(&t->loaded);
	pthread_mutex_destroy(&t->lock);
	free(t);
}
