/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Loading, pinning and dropping of directories; see names.h.  Roots are made in roots.c.
 *
 * Functions whose names end in _locked are called with the tree's lock held.
 */
#include "config.h"

#include "names.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../../common/cleanup.h"

#define ROOT_NODEID 1 /* FUSE_ROOT_ID */

/* A directory that a thread is loading. */
struct vmnt_load {
	struct vmnt_load *next;
	struct vmnt_node *node;
	unsigned users; /* the loader and those who wait */
	bool done;
	int err;
};

struct vmnt_node *vmnt_names_node(const struct vmnt_names *t, uint64_t nodeid)
{
	return nodeid == ROOT_NODEID ? t->root : (struct vmnt_node *)(uintptr_t)nodeid;
}

uint64_t vmnt_names_nodeid(const struct vmnt_names *t, const struct vmnt_node *n)
{
	return n == t->root ? ROOT_NODEID : (uint64_t)(uintptr_t)n;
}

struct vmnt_guest *vmnt_names_guest(const struct vmnt_names *t, const struct vmnt_node *n)
{
	if (!vmnt_dir_is_guest_root(n))
		return n->in->guest;
	for (size_t i = 0; i < t->n_guests; i++)
		if (t->guests[i].root == n)
			return &t->guests[i];
	return NULL;
}

static void pin_locked(struct vmnt_names *t, struct vmnt_dir *d)
{
	if (d->pins++ == 0)
		vmnt_list_move_tail(&t->pinned, &d->link);
}

static void unpin_locked(struct vmnt_names *t, struct vmnt_dir *d)
{
	if (--d->pins == 0)
		vmnt_list_move_tail(&t->idle, &d->link);
}

static void hold_locked(struct vmnt_names *t, struct vmnt_node *n)
{
	if (n->in != NULL)
		pin_locked(t, n->in);
}

static void release_locked(struct vmnt_names *t, struct vmnt_node *n)
{
	if (n->in != NULL)
		unpin_locked(t, n->in);
}

static void attach_locked(struct vmnt_names *t, struct vmnt_dir *d)
{
	d->self->dir = d;
	if (d->self->in != NULL)
		d->self->in->kids++;
	hold_locked(t, d->self);
	t->entries += d->n + 1;
}

static void detach_locked(struct vmnt_names *t, struct vmnt_dir *d)
{
	t->entries -= d->n + 1;
	vmnt_list_remove(&d->link);
	d->self->dir = NULL;
	if (d->self->in != NULL)
		d->self->in->kids--;
	release_locked(t, d->self);
}

static void drop_idle_locked(struct vmnt_names *t)
{
	while (t->entries > t->max_entries && !vmnt_list_is_empty(&t->idle)) {
		struct vmnt_dir *d = VMNT_ENTRY(t->idle.next, struct vmnt_dir, link);

		detach_locked(t, d);
		if (t->dropping != NULL && d->block_len > 0)
			t->dropping(t->dropping_ctx, d->block, d->block_len);
		vmnt_dir_free(d);
	}
	if (t->entries > t->max_entries)
		pthread_cond_signal(&t->full);
}

struct vmnt_dir *vmnt_names_peek(struct vmnt_names *t, struct vmnt_node *n)
{
	VU_LOCK(&t->lock);

	if (n->dir != NULL)
		pin_locked(t, n->dir);
	return n->dir;
}

void vmnt_names_put(struct vmnt_names *t, struct vmnt_dir *dir)
{
	VU_LOCK(&t->lock);

	unpin_locked(t, dir);
	drop_idle_locked(t);
}

void vmnt_names_hold(struct vmnt_names *t, struct vmnt_node *n)
{
	VU_LOCK(&t->lock);

	hold_locked(t, n);
}

void vmnt_names_release(struct vmnt_names *t, struct vmnt_node *n)
{
	VU_LOCK(&t->lock);

	release_locked(t, n);
	drop_idle_locked(t);
}

static struct vmnt_load *find_load_locked(struct vmnt_names *t, const struct vmnt_node *n)
{
	struct vmnt_load *ld = t->loads;

	while (ld != NULL && ld->node != n)
		ld = ld->next;
	return ld;
}

static void leave_load_locked(struct vmnt_load *ld)
{
	if (--ld->users == 0)
		free(ld);
}

static int wait_load_locked(struct vmnt_names *t, struct vmnt_load *ld)
{
	int err;

	ld->users++;
	while (!ld->done)
		pthread_cond_wait(&t->loaded, &t->lock);
	err = ld->err;
	leave_load_locked(ld);
	return err;
}

static struct vmnt_load *begin_load_locked(struct vmnt_names *t, struct vmnt_node *n)
{
	struct vmnt_load *ld = calloc(1, sizeof(*ld));

	if (ld == NULL)
		return NULL;
	ld->node = n;
	ld->users = 1;
	ld->next = t->loads;
	t->loads = ld;
	hold_locked(t, n);
	return ld;
}

static void end_load_locked(struct vmnt_names *t, struct vmnt_load *ld, int err)
{
	struct vmnt_load **p = &t->loads;

	while (*p != ld)
		p = &(*p)->next;
	*p = ld->next;
	ld->done = true;
	ld->err = err;
	release_locked(t, ld->node);
	leave_load_locked(ld);
	pthread_cond_broadcast(&t->loaded);
}

/* Asks the guest; no lock held.  @n stays, the load holds it. */
static int ask_guest(struct vmnt_names *t, struct vmnt_node *n, struct vmnt_dir **dir_out)
{
	struct vmnt_dir_how how = { .guest = vmnt_names_guest(t, n), .symlinks = t->symlinks };
	char path[PATH_MAX];
	int rc = vmnt_node_path(n, path);

	if (rc < 0)
		return rc;
	how.depth = vmnt_dir_is_guest_root(n) ? 0 : n->in->depth + 1;
	return vmnt_dir_load(n, &how, path, dir_out);
}

static int load(struct vmnt_names *t, struct vmnt_load *ld, struct vmnt_dir **dir_out)
{
	struct vmnt_dir *d = NULL;
	int rc = ask_guest(t, ld->node, &d);

	VU_LOCK(&t->lock);
	if (rc == 0) {
		attach_locked(t, d);
		pin_locked(t, d);
		*dir_out = d;
	}
	end_load_locked(t, ld, rc);
	drop_idle_locked(t);
	return rc;
}

int vmnt_names_load(struct vmnt_names *t, struct vmnt_node *n, struct vmnt_dir **dir_out)
{
	struct vmnt_load *ld;

	pthread_mutex_lock(&t->lock);
	while (n->dir == NULL && (ld = find_load_locked(t, n)) != NULL) {
		int err = wait_load_locked(t, ld);

		if (err < 0) {
			pthread_mutex_unlock(&t->lock);
			return err;
		}
	}
	if (n->dir != NULL) {
		pin_locked(t, n->dir);
		*dir_out = n->dir;
		pthread_mutex_unlock(&t->lock);
		return 0;
	}
	ld = begin_load_locked(t, n);
	pthread_mutex_unlock(&t->lock);
	return ld != NULL ? load(t, ld, dir_out) : -ENOMEM;
}

void vmnt_names_ref(struct vmnt_names *t, struct vmnt_dir *dir, uint32_t from, uint32_t to)
{
	VU_LOCK(&t->lock);

	for (uint32_t i = from; i < to; i++)
		if (vmnt_dir_entry(dir, i)->nlookup++ == 0)
			pin_locked(t, dir);
}

static void forget_locked(struct vmnt_names *t, struct vmnt_node *node, uint64_t n)
{
	if (node->nlookup == 0)
		return;
	node->nlookup = n < node->nlookup ? node->nlookup - n : 0;
	if (node->nlookup == 0)
		release_locked(t, node);
}

void vmnt_names_unref(struct vmnt_names *t, struct vmnt_dir *dir, uint32_t from, uint32_t to)
{
	VU_LOCK(&t->lock);

	for (uint32_t i = from; i < to; i++)
		forget_locked(t, vmnt_dir_entry(dir, i), 1);
}

void vmnt_names_forget(struct vmnt_names *t, struct vmnt_node *node, uint64_t n)
{
	VU_LOCK(&t->lock);

	forget_locked(t, node, n);
	drop_idle_locked(t);
}

uint8_t vmnt_names_flags(struct vmnt_names *t, const struct vmnt_node *n)
{
	VU_LOCK(&t->lock);

	return n->flags;
}

void vmnt_names_add_flags(struct vmnt_names *t, struct vmnt_node *n, uint8_t flags)
{
	VU_LOCK(&t->lock);

	n->flags |= flags;
}

int vmnt_names_next_victim(struct vmnt_names *t, struct vmnt_victim *v_out)
{
	struct vmnt_node *n;
	struct vmnt_dir *d;
	VU_LOCK(&t->lock);

	if (vmnt_list_is_empty(&t->pinned))
		return -1;
	d = VMNT_ENTRY(t->pinned.next, struct vmnt_dir, link);
	n = d->self;
	vmnt_list_move_tail(&t->pinned, &d->link);
	if (d->kids > 0 || n->in == NULL || n->nlookup == 0)
		return 0;
	v_out->parent = vmnt_names_nodeid(t, n->in->self);
	v_out->n = d->n + 1;
	memcpy(v_out->name, n->text, n->name_len + 1U);
	return 1;
}

size_t vmnt_names_count_pinned(struct vmnt_names *t)
{
	size_t n = 0;
	VU_LOCK(&t->lock);

	for (struct vmnt_link *l = t->pinned.next; l != &t->pinned; l = l->next)
		n++;
	return n;
}
