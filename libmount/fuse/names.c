/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Loading, pinning and dropping of directories; see names.h.  Roots are made in roots.c.
 *
 * Functions whose names end in _locked are called with the names' lock held.
 */
#include "config.h"

#include "names.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../../common/cleanup.h"

#define ROOT_NODEID 1 /* FUSE_ROOT_ID */
#define HUGE_PART   4 /* of what may be remembered, in one directory */

/* A directory that a thread is loading. */
struct vmnt_load {
	struct vmnt_load *next;
	struct vmnt_node *node;
	unsigned users; /* the loader and those who wait */
	bool done;
	int err;
};

struct vmnt_node *vmnt_names_node(const struct vmnt_names *ns, uint64_t nodeid)
{
	return nodeid == ROOT_NODEID ? ns->root : (struct vmnt_node *)(uintptr_t)nodeid;
}

uint64_t vmnt_names_nodeid(const struct vmnt_names *ns, const struct vmnt_node *n)
{
	return n == ns->root ? ROOT_NODEID : (uint64_t)(uintptr_t)n;
}

struct vmnt_guest *vmnt_names_guest(const struct vmnt_names *ns, const struct vmnt_node *n)
{
	if (!vmnt_dir_is_guest_root(n))
		return n->in->guest;
	for (size_t i = 0; i < ns->n_guests; i++)
		if (ns->guests[i].root == n)
			return &ns->guests[i];
	return NULL;
}

static void pin_locked(struct vmnt_names *ns, struct vmnt_dir *d)
{
	if (d->pins++ == 0)
		vmnt_list_move_tail(&ns->pinned, &d->link);
}

static void unpin_locked(struct vmnt_names *ns, struct vmnt_dir *d)
{
	if (--d->pins == 0)
		vmnt_list_move_tail(&ns->idle, &d->link);
}

static void hold_locked(struct vmnt_names *ns, struct vmnt_node *n)
{
	if (n->in != NULL)
		pin_locked(ns, n->in);
}

static void release_locked(struct vmnt_names *ns, struct vmnt_node *n)
{
	if (n->in != NULL)
		unpin_locked(ns, n->in);
}

static void attach_locked(struct vmnt_names *ns, struct vmnt_dir *d)
{
	d->self->dir = d;
	if (d->self->in != NULL)
		d->self->in->kids++;
	hold_locked(ns, d->self);
	ns->entries += d->n + 1;
}

static void detach_locked(struct vmnt_names *ns, struct vmnt_dir *d)
{
	struct vmnt_dir *up = d->self->in;

	ns->entries -= d->n + 1;
	vmnt_list_remove(&d->link);
	d->self->dir = NULL;
	if (up == NULL)
		return;
	up->kids--;
	if (--up->pins == 0) /* not used since the one below it: next in turn */
		vmnt_list_move_tail(ns->idle.next, &up->link);
}

static bool may_drop_locked(const struct vmnt_names *ns)
{
	return ns->entries > ns->max_entries && ns->idle.next != ns->idle.prev;
}

static void drop_idle_locked(struct vmnt_names *ns)
{
	while (may_drop_locked(ns)) {
		struct vmnt_dir *d = VMNT_ENTRY(ns->idle.next, struct vmnt_dir, link);

		detach_locked(ns, d);
		if (ns->dropping != NULL && d->block_len > 0)
			ns->dropping(ns->dropping_ctx, d->block, d->block_len);
		vmnt_dir_free(d);
	}
	if (ns->entries > ns->max_entries)
		pthread_cond_signal(&ns->full);
}

struct vmnt_dir *vmnt_names_peek(struct vmnt_names *ns, struct vmnt_node *n)
{
	VU_LOCK(&ns->lock);

	if (n->dir != NULL)
		pin_locked(ns, n->dir);
	return n->dir;
}

void vmnt_names_put(struct vmnt_names *ns, struct vmnt_dir *dir)
{
	VU_LOCK(&ns->lock);

	unpin_locked(ns, dir);
	drop_idle_locked(ns);
}

void vmnt_names_hold(struct vmnt_names *ns, struct vmnt_node *n)
{
	VU_LOCK(&ns->lock);

	hold_locked(ns, n);
}

void vmnt_names_release(struct vmnt_names *ns, struct vmnt_node *n)
{
	VU_LOCK(&ns->lock);

	release_locked(ns, n);
	drop_idle_locked(ns);
}

static struct vmnt_load *find_load_locked(struct vmnt_names *ns, const struct vmnt_node *n)
{
	struct vmnt_load *ld = ns->loads;

	while (ld != NULL && ld->node != n)
		ld = ld->next;
	return ld;
}

static void leave_load_locked(struct vmnt_load *ld)
{
	if (--ld->users == 0)
		free(ld);
}

static int wait_load_locked(struct vmnt_names *ns, struct vmnt_load *ld)
{
	int err;

	ld->users++;
	while (!ld->done)
		pthread_cond_wait(&ns->loaded, &ns->lock);
	err = ld->err;
	leave_load_locked(ld);
	return err;
}

static struct vmnt_load *begin_load_locked(struct vmnt_names *ns, struct vmnt_node *n)
{
	struct vmnt_load *ld = calloc(1, sizeof(*ld));

	if (ld == NULL)
		return NULL;
	ld->node = n;
	ld->users = 1;
	ld->next = ns->loads;
	ns->loads = ld;
	hold_locked(ns, n);
	return ld;
}

static void end_load_locked(struct vmnt_names *ns, struct vmnt_load *ld, int err)
{
	struct vmnt_load **p = &ns->loads;

	while (*p != ld)
		p = &(*p)->next;
	*p = ld->next;
	ld->done = true;
	ld->err = err;
	release_locked(ns, ld->node);
	leave_load_locked(ld);
	pthread_cond_broadcast(&ns->loaded);
}

/* Asks the guest; no lock held.  @n stays, the load holds it. */
static int ask_guest(struct vmnt_names *ns, struct vmnt_node *n, struct vmnt_dir **dir_out)
{
	struct vmnt_dir_how how = { .guest = vmnt_names_guest(ns, n), .symlinks = ns->symlinks };
	char path[PATH_MAX];
	int rc = vmnt_node_path(n, path);

	if (rc < 0)
		return rc;
	how.depth = vmnt_dir_is_guest_root(n) ? 0 : n->in->depth + 1;
	return vmnt_dir_load(n, &how, path, dir_out);
}

static int load(struct vmnt_names *ns, struct vmnt_load *ld, struct vmnt_dir **dir_out)
{
	struct vmnt_dir *d = NULL;
	int rc = ask_guest(ns, ld->node, &d);

	VU_LOCK(&ns->lock);
	if (rc == 0) {
		attach_locked(ns, d);
		pin_locked(ns, d);
		*dir_out = d;
	}
	end_load_locked(ns, ld, rc);
	drop_idle_locked(ns);
	return rc;
}

int vmnt_names_load(struct vmnt_names *ns, struct vmnt_node *n, struct vmnt_dir **dir_out)
{
	struct vmnt_load *ld;

	pthread_mutex_lock(&ns->lock);
	while (n->dir == NULL && (ld = find_load_locked(ns, n)) != NULL) {
		int err = wait_load_locked(ns, ld);

		if (err < 0) {
			pthread_mutex_unlock(&ns->lock);
			return err;
		}
	}
	if (n->dir != NULL) {
		pin_locked(ns, n->dir);
		*dir_out = n->dir;
		pthread_mutex_unlock(&ns->lock);
		return 0;
	}
	ld = begin_load_locked(ns, n);
	pthread_mutex_unlock(&ns->lock);
	return ld != NULL ? load(ns, ld, dir_out) : -ENOMEM;
}

void vmnt_names_ref(struct vmnt_names *ns, struct vmnt_dir *dir, uint32_t from, uint32_t to)
{
	VU_LOCK(&ns->lock);

	for (uint32_t i = from; i < to; i++)
		if (vmnt_dir_entry(dir, i)->nlookup++ == 0)
			pin_locked(ns, dir);
}

static void forget_locked(struct vmnt_names *ns, struct vmnt_node *node, uint64_t n)
{
	if (node->nlookup == 0)
		return;
	node->nlookup = n < node->nlookup ? node->nlookup - n : 0;
	if (node->nlookup == 0)
		release_locked(ns, node);
}

void vmnt_names_unref(struct vmnt_names *ns, struct vmnt_dir *dir, uint32_t from, uint32_t to)
{
	VU_LOCK(&ns->lock);

	for (uint32_t i = from; i < to; i++)
		forget_locked(ns, vmnt_dir_entry(dir, i), 1);
}

void vmnt_names_forget(struct vmnt_names *ns, struct vmnt_node *node, uint64_t n)
{
	VU_LOCK(&ns->lock);

	forget_locked(ns, node, n);
	drop_idle_locked(ns);
}

uint8_t vmnt_names_flags(struct vmnt_names *ns, const struct vmnt_node *n)
{
	VU_LOCK(&ns->lock);

	return n->flags;
}

void vmnt_names_add_flags(struct vmnt_names *ns, struct vmnt_node *n, uint8_t flags)
{
	VU_LOCK(&ns->lock);

	n->flags |= flags;
}

int vmnt_names_next_victim(struct vmnt_names *ns, struct vmnt_victim *v_out)
{
	struct vmnt_node *n;
	struct vmnt_dir *d;
	VU_LOCK(&ns->lock);

	if (vmnt_list_is_empty(&ns->pinned))
		return -1;
	d = VMNT_ENTRY(ns->pinned.next, struct vmnt_dir, link);
	n = d->self;
	vmnt_list_move_tail(&ns->pinned, &d->link);
	if (d->kids > 0 || d->n > ns->max_entries / HUGE_PART || n->in == NULL || n->nlookup == 0)
		return 0;
	v_out->parent = vmnt_names_nodeid(ns, n->in->self);
	v_out->n = d->n + 1;
	memcpy(v_out->name, n->text, n->name_len + 1U);
	return 1;
}

size_t vmnt_names_count_pinned(struct vmnt_names *ns)
{
	size_t n = 0;
	VU_LOCK(&ns->lock);

	for (struct vmnt_link *l = ns->pinned.next; l != &ns->pinned; l = l->next)
		n++;
	return n;
}
