/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Loaded directories; see dir.h.
 */
#include "config.h"

#include "dir.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../../common/array.h"
#include "../../common/log.h"
#include "symlink.h"
#include "vixMntapiExt.h"

#define FIRST_BLOCK 1024

/* A directory while its entries come in. */
struct builder {
	const struct vmnt_dir_how *how;
	struct vmnt_dir *dir;
	size_t cap; /* of dir->block */
	VU_ARRAY(uint32_t) order;
	unsigned skipped;
	int err;
};

static bool is_valid_name(const char *name)
{
	size_t len = strlen(name);

	return len > 0 && len <= VMNT_NAME_MAX && strcmp(name, ".") != 0 &&
	       strcmp(name, "..") != 0 && strchr(name, '/') == NULL;
}

/* The target to show of a link, NULL for a bad one. */
static const char *shown_target(const struct builder *b, const struct vmnt_dir_entry *e,
				char buf[PATH_MAX])
{
	if (!S_ISLNK(e->st.st_mode) || e->target == NULL)
		return NULL;
	if (b->how->symlinks != VIXMNTAPI_SYMLINKS_GUEST)
		return strlen(e->target) < PATH_MAX ? e->target : NULL;
	return vmnt_symlink_confine(e->target, b->how->depth, buf) >= 0 ? buf : NULL;
}

/* Room for @len more bytes; large blocks are moved by remapping, so doubling costs nothing. */
static int reserve(struct builder *b, size_t len)
{
	size_t need = b->dir->block_len + len, cap = b->cap != 0 ? b->cap : FIRST_BLOCK;
	char *moved;

	if (need <= b->cap)
		return 0;
	if (need > VMNT_DIR_MAX_BYTES)
		return -EFBIG;
	while (cap < need)
		cap *= 2;
	moved = realloc(b->dir->block, cap);
	if (moved == NULL)
		return -ENOMEM;
	b->dir->block = moved;
	b->cap = cap;
	return 0;
}

static int append(struct builder *b, const struct vmnt_dir_entry *e, const char *target)
{
	size_t len = vmnt_node_bytes(strlen(e->name), target != NULL ? strlen(target) : 0);
	struct vmnt_dir *d = b->dir;
	int rc = reserve(b, len);

	if (rc < 0)
		return rc;
	if (VU_ARRAY_PUSH(&b->order, (uint32_t)(d->block_len / 8)) < 0)
		return -ENOMEM;
	vmnt_node_init((struct vmnt_node *)(void *)(d->block + d->block_len), d, b->how->guest,
		       e->name, &e->st, target);
	d->block_len += len;
	return 0;
}

static int add_entry(const struct vmnt_dir_entry *e, void *ctx)
{
	struct builder *b = ctx;
	char buf[PATH_MAX];

	if (!is_valid_name(e->name)) {
		b->skipped++;
		VU_DBG("fuse", "not shown: entry \"%s\"", vu_log_quote(e->name));
		return 0;
	}
	b->err = append(b, e, shown_target(b, e, buf));
	return b->err;
}

static int compare(const void *a, const void *b, void *block)
{
	const struct vmnt_node *na = (const void *)((char *)block + *(const uint32_t *)a * 8UL);
	const struct vmnt_node *nb = (const void *)((char *)block + *(const uint32_t *)b * 8UL);

	return strcmp(na->text, nb->text);
}

/* Drops all but the first of each name from the sorted order. */
static void drop_doubles(struct builder *b)
{
	size_t kept = 0;

	for (size_t i = 0; i < b->order.n; i++) {
		if (kept > 0 && compare(&b->order.v[kept - 1], &b->order.v[i], b->dir->block) == 0)
			b->skipped++;
		else
			b->order.v[kept++] = b->order.v[i];
	}
	b->order.n = kept;
}

/* Gives back what growing left over; a failure to shrink changes nothing. */
static void *trimmed(void *p, size_t len)
{
	void *moved = len > 0 ? realloc(p, len) : p;

	return moved != NULL ? moved : p;
}

static void finish(struct builder *b)
{
	struct vmnt_dir *d = b->dir;

	d->block = trimmed(d->block, d->block_len);
	if (b->order.n > 0)
		qsort_r(b->order.v, b->order.n, sizeof(uint32_t), compare, d->block);
	drop_doubles(b);
	d->n = (uint32_t)b->order.n;
	d->order = trimmed(b->order.v, b->order.n * sizeof(uint32_t));
	b->order.v = NULL;
}

static int start(struct builder *b, struct vmnt_node *self, const struct vmnt_dir_how *how)
{
	*b = (struct builder){ .how = how, .dir = calloc(1, sizeof(*b->dir)) };
	if (b->dir == NULL)
		return -ENOMEM;
	b->dir->self = self;
	b->dir->guest = how->guest;
	b->dir->depth = how->depth;
	vmnt_list_init(&b->dir->link);
	return 0;
}

static int give_up(struct builder *b, int err)
{
	VU_ARRAY_FREE(&b->order);
	vmnt_dir_free(b->dir);
	return err;
}

int vmnt_dir_load(struct vmnt_node *self, const struct vmnt_dir_how *how, const char *path,
		  struct vmnt_dir **dir_out)
{
	struct builder b;
	int rc = start(&b, self, how);

	if (rc < 0)
		return rc;
	rc = how->guest->ops->load_dir(how->guest->fs, path, add_entry, &b);
	if (b.err < 0 || rc < 0) {
		rc = b.err < 0 ? b.err : rc;
		VU_WARN("fuse", "cannot list %s: %s", vu_log_quote(path), strerror(-rc));
		return give_up(&b, rc);
	}
	finish(&b);
	if (b.skipped > 0)
		VU_WARN("fuse", "%s: %u entries with impossible names are not shown",
			vu_log_quote(path), b.skipped);
	*dir_out = b.dir;
	return 0;
}

int vmnt_dir_make(struct vmnt_node *self, const struct vmnt_dir_how *how,
		  const struct vmnt_dir_entry *entries, size_t n, struct vmnt_dir **dir_out)
{
	struct builder b;
	int rc = start(&b, self, how);

	for (size_t i = 0; rc == 0 && i < n; i++)
		rc = add_entry(&entries[i], &b);
	if (rc < 0)
		return give_up(&b, rc);
	finish(&b);
	*dir_out = b.dir;
	return b.skipped == 0 ? 0 : give_up(&b, -EINVAL);
}

void vmnt_dir_free(struct vmnt_dir *dir)
{
	if (dir == NULL)
		return;
	free(dir->order);
	free(dir->block);
	free(dir);
}

uint32_t vmnt_dir_position(const struct vmnt_dir *dir, const char *name)
{
	uint32_t low = 0, high = dir->n;

	while (low < high) {
		uint32_t mid = low + (high - low) / 2;

		if (strcmp(vmnt_dir_entry(dir, mid)->text, name) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

struct vmnt_node *vmnt_dir_find(const struct vmnt_dir *dir, const char *name)
{
	uint32_t i = vmnt_dir_position(dir, name);

	if (i == dir->n || strcmp(vmnt_dir_entry(dir, i)->text, name) != 0)
		return NULL;
	return vmnt_dir_entry(dir, i);
}
