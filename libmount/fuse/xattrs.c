/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Extended attributes; see xattrs.h.
 */
#include "config.h"

#include "xattrs.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../../common/alloc.h"
#include "../../common/bytes.h"
#include "../../common/cleanup.h"
#include "../../common/log.h"

#define SIBLINGS       256   /* asked for at a time; listings are walked in order */
#define MEMO_MAX_BYTES 65536 /* what Linux allows for one value and for one list */

int vmnt_xattrs_init(struct vmnt_xattrs *xs, struct vmnt_names *names)
{
	memset(xs, 0, sizeof(*xs));
	xs->names = names;
	xs->unsupported = vu_calloc_array(names->n_guests, sizeof(bool));
	if (xs->unsupported == NULL)
		return -ENOMEM;
	pthread_mutex_init(&xs->lock, NULL);
	return 0;
}

static void clear_memo(struct vmnt_xattr_memo *m)
{
	free(m->name);
	free(m->value);
	*m = (struct vmnt_xattr_memo){ .node = NULL };
}

void vmnt_xattrs_destroy(struct vmnt_xattrs *xs)
{
	for (size_t i = 0; i < VMNT_XATTR_MEMOS; i++)
		clear_memo(&xs->memos[i]);
	free(xs->unsupported);
	pthread_mutex_destroy(&xs->lock);
}

static bool is_same_name(const char *a, const char *b)
{
	return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

static struct vmnt_xattr_memo *find_locked(struct vmnt_xattrs *xs, const struct vmnt_node *n,
					   const char *name)
{
	for (size_t i = 0; i < VMNT_XATTR_MEMOS; i++)
		if (xs->memos[i].node == n && is_same_name(xs->memos[i].name, name))
			return &xs->memos[i];
	return NULL;
}

static void *copy_of(const void *p, size_t len)
{
	void *copy = malloc(len != 0 ? len : 1);

	return copy != NULL ? memcpy(copy, p, len) : NULL;
}

/* Keeps a copy of an answer in place of the longest unused one; without memory, nothing. */
static void remember(struct vmnt_xattrs *xs, const struct vmnt_node *n, const char *name,
		     const char *value, ssize_t len)
{
	struct vmnt_xattr_memo *m = &xs->memos[0];
	VU_LOCK(&xs->lock);

	if (len > MEMO_MAX_BYTES || find_locked(xs, n, name) != NULL)
		return;
	for (size_t i = 1; i < VMNT_XATTR_MEMOS; i++)
		if (xs->memos[i].used < m->used)
			m = &xs->memos[i];
	clear_memo(m);
	m->name = vu_strdup_or_null(name);
	m->value = len > 0 ? copy_of(value, (size_t)len) : NULL;
	if ((name != NULL && m->name == NULL) || (len > 0 && m->value == NULL)) {
		clear_memo(m);
		return;
	}
	m->node = n;
	m->len = len;
	m->used = ++xs->clock;
}

static bool recall(struct vmnt_xattrs *xs, const struct vmnt_node *n, const char *name,
		   char **value_out, ssize_t *len_out)
{
	struct vmnt_xattr_memo *m;
	VU_LOCK(&xs->lock);

	m = find_locked(xs, n, name);
	if (m == NULL)
		return false;
	m->used = ++xs->clock;
	*len_out = m->len;
	if (m->len > 0) {
		*value_out = copy_of(m->value, (size_t)m->len);
		if (*value_out == NULL)
			*len_out = -ENOMEM;
	}
	return true;
}

static bool is_unsupported(struct vmnt_xattrs *xs, const struct vmnt_guest *g)
{
	VU_LOCK(&xs->lock);

	return xs->unsupported[g - xs->names->guests];
}

static void set_unsupported(struct vmnt_xattrs *xs, const struct vmnt_guest *g)
{
	VU_LOCK(&xs->lock);

	xs->unsupported[g - xs->names->guests] = true;
}

bool vmnt_xattrs_peek(struct vmnt_xattrs *xs, const struct vmnt_node *n, const char *name,
		      char **value_out, ssize_t *len_out)
{
	const struct vmnt_guest *g = vmnt_names_guest(xs->names, n);
	uint8_t flags = vmnt_names_flags(xs->names, n);

	if (g != NULL && is_unsupported(xs, g)) {
		*len_out = -EOPNOTSUPP;
		return true;
	}
	if (g == NULL || ((flags & VMNT_NODE_XATTRS_KNOWN) && !(flags & VMNT_NODE_HAS_XATTRS))) {
		*len_out = name != NULL ? -ENODATA : 0;
		return true;
	}
	return recall(xs, n, name, value_out, len_out);
}

static void note(struct vmnt_xattrs *xs, struct vmnt_node *n, bool has)
{
	vmnt_names_add_flags(xs->names, n,
			     VMNT_NODE_XATTRS_KNOWN | (has ? VMNT_NODE_HAS_XATTRS : 0));
}

/* @n and what follows it in its directory, in one call.  false: the guest could not tell. */
static bool ask_for_siblings(struct vmnt_xattrs *xs, struct vmnt_node *n,
			     const struct vmnt_guest *g)
{
	const char *names[SIBLINGS];
	bool has[SIBLINGS] = { false };
	struct vmnt_dir *dir = n->in;
	char path[PATH_MAX];
	uint32_t first, count;

	if (g->ops->has_xattrs == NULL || vmnt_dir_is_guest_root(n) ||
	    vmnt_node_path(dir->self, path) < 0)
		return false;
	first = vmnt_dir_position(dir, vmnt_node_name(n));
	count = (uint32_t)vu_min(SIBLINGS, dir->n - first);
	for (uint32_t i = 0; i < count; i++)
		names[i] = vmnt_node_name(vmnt_dir_entry(dir, first + i));
	if (g->ops->has_xattrs(g->fs, path, names, count, has) < 0)
		return false;
	for (uint32_t i = 0; i < count; i++)
		note(xs, vmnt_dir_entry(dir, first + i), has[i]);
	return true;
}

/* One call for the list or for one value, remembered. */
static ssize_t ask(struct vmnt_xattrs *xs, struct vmnt_node *n, const struct vmnt_guest *g,
		   const char *name, char **value_out)
{
	char path[PATH_MAX];
	void *value = NULL;
	ssize_t len = vmnt_node_path(n, path);

	if (len < 0)
		return len;
	if (name == NULL)
		len = g->ops->listxattr(g->fs, path, (char **)&value);
	else
		len = g->ops->getxattr(g->fs, path, name, &value);
	if (len >= 0 || len == -ENODATA)
		remember(xs, n, name, value, len);
	else if (len == -EOPNOTSUPP || len == -ENOSYS)
		set_unsupported(xs, g);
	else
		VU_DBG("fuse", "extended attributes of %s: %s", vu_log_quote(path),
		       strerror((int)-len));
	if (len > 0)
		*value_out = value;
	else
		free(value);
	return len == -ENOSYS ? -EOPNOTSUPP : len;
}

/* Finds out whether it has any. */
static int learn(struct vmnt_xattrs *xs, struct vmnt_node *n, const struct vmnt_guest *g)
{
	VU_AUTO(free) char *list = NULL;
	ssize_t len;

	if (ask_for_siblings(xs, n, g))
		return 0;
	len = ask(xs, n, g, NULL, &list);
	if (len < 0)
		return (int)len;
	note(xs, n, len > 0);
	return 0;
}

ssize_t vmnt_xattrs_get(struct vmnt_xattrs *xs, struct vmnt_node *n, const char *name,
			char **value_out)
{
	const struct vmnt_guest *g = vmnt_names_guest(xs->names, n);
	ssize_t len;

	*value_out = NULL;
	if (vmnt_xattrs_peek(xs, n, name, value_out, &len))
		return len;
	if (!(vmnt_names_flags(xs->names, n) & VMNT_NODE_XATTRS_KNOWN)) {
		int rc = learn(xs, n, g);

		if (rc < 0)
			return rc;
		if (vmnt_xattrs_peek(xs, n, name, value_out, &len))
			return len;
	}
	return ask(xs, n, g, name, value_out);
}

void vmnt_xattrs_drop(struct vmnt_xattrs *xs, const void *start, size_t len)
{
	uintptr_t from = (uintptr_t)start, to = from + len;
	VU_LOCK(&xs->lock);

	for (size_t i = 0; i < VMNT_XATTR_MEMOS; i++) {
		uintptr_t at = (uintptr_t)xs->memos[i].node;

		if (at >= from && at < to)
			clear_memo(&xs->memos[i]);
	}
}
