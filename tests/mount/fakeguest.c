/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A guest file system in memory; see fakeguest.h.
 */
#include "config.h"

#include "fakeguest.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "array.h"
#include "cleanup.h"

struct xattr {
	char *name, *value;
};

struct fakenode {
	char *name;
	char *text; /* content of a file, target of a link; NULL: none */
	struct stat st;
	uint64_t real_size; /* where reading ends */
	int fail;           /* returned fail_times times */
	unsigned fail_times;
	bool hangs;
	VU_ARRAY(struct xattr) xattrs;
	VU_ARRAY(struct fakenode *) entries;
};

static void die(const char *what, const char *path)
{
	fprintf(stderr, "fakeguest: %s: %s\n", what, path);
	abort();
}

static struct fakenode *new_node(struct fakeguest *g, const char *name, mode_t mode)
{
	struct fakenode *n = calloc(1, sizeof(*n));

	if (n == NULL || (n->name = strdup(name)) == NULL)
		die("out of memory", name);
	n->st.st_mode = mode;
	n->st.st_ino = g->next_ino++;
	n->st.st_nlink = S_ISDIR(mode) ? 2 : 1;
	n->st.st_blksize = 4096;
	n->st.st_mtim.tv_sec = 1000000000;
	n->st.st_atim = n->st.st_ctim = n->st.st_mtim;
	return n;
}

static void free_node(struct fakenode *n)
{
	VU_ARRAY_FOREACH(&n->entries, it)
		free_node(*it);
	VU_ARRAY_FOREACH(&n->xattrs, it) {
		free(it->name);
		free(it->value);
	}
	VU_ARRAY_FREE(&n->entries);
	VU_ARRAY_FREE(&n->xattrs);
	free(n->name);
	free(n->text);
	free(n);
}

static struct fakenode *child(const struct fakenode *dir, const char *name, size_t len)
{
	for (size_t i = 0; i < dir->entries.n; i++) {
		struct fakenode *n = dir->entries.v[i];

		if (strncmp(n->name, name, len) == 0 && n->name[len] == '\0')
			return n;
	}
	return NULL;
}

/* Many files with numbered names are found at once. */
static struct fakenode *numbered(const struct fakenode *dir, const char *name)
{
	size_t i = name[0] == 'f' ? strtoul(name + 1, NULL, 10) : dir->entries.n;

	return i < dir->entries.n && strcmp(dir->entries.v[i]->name, name) == 0 ? dir->entries.v[i]
										: NULL;
}

static struct fakenode *lookup(const struct fakeguest *g, const char *path)
{
	struct fakenode *n = g->root;

	while (n != NULL && *(path += strspn(path, "/")) != '\0') {
		size_t len = strcspn(path, "/");
		struct fakenode *next = path[len] == '\0' ? numbered(n, path) : NULL;

		n = next != NULL ? next : child(n, path, len);
		path += len;
	}
	return n;
}

static struct fakenode *need(const struct fakeguest *g, const char *path)
{
	struct fakenode *n = lookup(g, path);

	if (n == NULL)
		die("not there", path);
	return n;
}

static struct fakenode *add(struct fakeguest *g, const char *path, mode_t mode)
{
	VU_AUTO(free) char *copy = strdup(path);
	char *slash = copy != NULL ? strrchr(copy, '/') : NULL;
	struct fakenode *n, *dir;

	if (slash == NULL)
		die("no path", path);
	*slash = '\0';
	dir = need(g, copy);
	n = new_node(g, slash + 1, mode);
	if (VU_ARRAY_PUSH(&dir->entries, n) < 0)
		die("out of memory", path);
	return n;
}

struct stat *fakeguest_dir(struct fakeguest *g, const char *path)
{
	return &add(g, path, S_IFDIR | 0755)->st;
}

static struct fakenode *sized(struct fakenode *n, uint64_t size)
{
	n->st.st_size = (off_t)size;
	n->st.st_blocks = (blkcnt_t)((size + 511) / 512);
	n->real_size = size;
	return n;
}

struct stat *fakeguest_file(struct fakeguest *g, const char *path, uint64_t size)
{
	return &sized(add(g, path, S_IFREG | 0644), size)->st;
}

struct stat *fakeguest_text(struct fakeguest *g, const char *path, const char *text)
{
	struct fakenode *n = sized(add(g, path, S_IFREG | 0644), strlen(text));

	n->text = strdup(text);
	return &n->st;
}

struct stat *fakeguest_link(struct fakeguest *g, const char *path, const char *target)
{
	struct fakenode *n = add(g, path, S_IFLNK | 0777);

	n->text = target != NULL ? strdup(target) : NULL;
	n->st.st_size = target != NULL ? (off_t)strlen(target) : 7;
	return &n->st;
}

struct stat *fakeguest_raw(struct fakeguest *g, const char *dir, const char *name, mode_t mode)
{
	struct fakenode *n = new_node(g, name, mode);

	if (VU_ARRAY_PUSH(&need(g, dir)->entries, n) < 0)
		die("out of memory", name);
	return &n->st;
}

void fakeguest_many(struct fakeguest *g, const char *dir, unsigned count, uint64_t size)
{
	struct fakenode *d = need(g, dir);
	char name[16];

	for (unsigned i = 0; i < count; i++) {
		snprintf(name, sizeof(name), "f%06u", i);
		if (VU_ARRAY_PUSH(&d->entries, sized(new_node(g, name, S_IFREG | 0644), size)) < 0)
			die("out of memory", dir);
	}
}

void fakeguest_xattr(struct fakeguest *g, const char *path, const char *name, const char *value)
{
	struct xattr x = { strdup(name), strdup(value) };

	if (VU_ARRAY_PUSH(&need(g, path)->xattrs, x) < 0)
		die("out of memory", path);
}

void fakeguest_truncate(struct fakeguest *g, const char *path, uint64_t size)
{
	need(g, path)->real_size = size;
}

void fakeguest_fail(struct fakeguest *g, const char *path, int err, unsigned times)
{
	VU_LOCK(&g->lock);

	need(g, path)->fail = err;
	need(g, path)->fail_times = times;
}

void fakeguest_hang(struct fakeguest *g, const char *path)
{
	VU_LOCK(&g->lock);

	need(g, path)->hangs = true;
}

void fakeguest_wait_hanging(struct fakeguest *g)
{
	VU_LOCK(&g->lock);

	while (g->waiting == 0)
		pthread_cond_wait(&g->changed, &g->lock);
}

static void release_all(struct fakenode *n)
{
	n->hangs = false;
	VU_ARRAY_FOREACH(&n->entries, it)
		release_all(*it);
}

void fakeguest_release(struct fakeguest *g)
{
	VU_LOCK(&g->lock);

	release_all(g->root);
	pthread_cond_broadcast(&g->changed);
}

unsigned fakeguest_calls(struct fakeguest *g)
{
	return g->n_load_dir + g->n_stat + g->n_read + g->n_listxattr + g->n_getxattr +
	       g->n_statfs + g->n_has_xattrs;
}

/* What every call does first, in its turn: count, be late, hang, fail. */
static int enter(struct fakeguest *g, atomic_uint *counter, const char *path,
		 struct fakenode **n_out)
{
	struct fakenode *n = lookup(g, path);

	(*counter)++;
	if (g->latency_us != 0)
		usleep(g->latency_us);
	*n_out = n;
	if (n == NULL)
		return -ENOENT;
	VU_LOCK(&g->lock);
	while (n->hangs) {
		g->waiting++;
		pthread_cond_broadcast(&g->changed);
		pthread_cond_wait(&g->changed, &g->lock);
		g->waiting--;
	}
	if (n->fail_times == 0)
		return 0;
	n->fail_times--;
	return n->fail;
}

static int fake_load_dir(void *fs, const char *path, vmnt_dir_fn *fn, void *ctx)
{
	struct fakeguest *g = fs;
	struct fakenode *n;
	int rc;
	VU_LOCK(&g->turn);

	rc = enter(g, &g->n_load_dir, path, &n);
	for (size_t i = 0; rc == 0 && i < n->entries.n; i++) {
		const struct fakenode *c = n->entries.v[i];
		struct vmnt_dir_entry e = { c->name, c->st, NULL };

		if (S_ISLNK(c->st.st_mode))
			e.target = c->text;
		rc = fn(&e, ctx);
	}
	return rc;
}

static int fake_stat(void *fs, const char *path, struct stat *st)
{
	struct fakeguest *g = fs;
	struct fakenode *n;
	int rc;
	VU_LOCK(&g->turn);

	rc = enter(g, &g->n_stat, path, &n);
	if (rc == 0)
		*st = n->st;
	return rc;
}

static ssize_t fake_read(void *fs, const char *path, void *buf, size_t len, uint64_t off)
{
	struct fakeguest *g = fs;
	unsigned char *to = buf;
	struct fakenode *n;
	int rc;
	VU_LOCK(&g->turn);

	rc = enter(g, &g->n_read, path, &n);
	if (rc < 0)
		return rc;
	if (off >= n->real_size)
		return 0;
	if (len > n->real_size - off)
		len = n->real_size - off;
	for (size_t i = 0; i < len; i++)
		to[i] = n->text != NULL ? (unsigned char)n->text[off + i]
					: fakeguest_byte(n->st.st_ino, off + i);
	g->bytes_read += len;
	return (ssize_t)len;
}

static ssize_t fake_listxattr(void *fs, const char *path, char **names_out)
{
	struct fakeguest *g = fs;
	struct fakenode *n;
	size_t len = 0;
	int rc;
	VU_LOCK(&g->turn);

	*names_out = NULL;
	rc = enter(g, &g->n_listxattr, path, &n);
	if (rc < 0 || g->no_xattrs)
		return rc < 0 ? rc : -EOPNOTSUPP;
	*names_out = malloc(4096);
	VU_ARRAY_FOREACH(&n->xattrs, it) {
		strcpy(*names_out + len, it->name);
		len += strlen(it->name) + 1;
	}
	return (ssize_t)len;
}

static ssize_t fake_getxattr(void *fs, const char *path, const char *name, void **value_out)
{
	struct fakeguest *g = fs;
	struct fakenode *n;
	int rc;
	VU_LOCK(&g->turn);

	*value_out = NULL;
	rc = enter(g, &g->n_getxattr, path, &n);
	if (rc < 0 || g->no_xattrs)
		return rc < 0 ? rc : -EOPNOTSUPP;
	VU_ARRAY_FOREACH(&n->xattrs, it) {
		if (strcmp(it->name, name) != 0)
			continue;
		*value_out = strdup(it->value);
		return (ssize_t)strlen(it->value);
	}
	return -ENODATA;
}

static int fake_statfs(void *fs, struct statvfs *sv)
{
	struct fakeguest *g = fs;
	struct fakenode *n;
	int rc;
	VU_LOCK(&g->turn);

	rc = enter(g, &g->n_statfs, "/", &n);
	*sv = (struct statvfs){ .f_bsize = 4096,
				.f_frsize = 1024,
				.f_blocks = 10000,
				.f_bfree = 4000,
				.f_bavail = 3000,
				.f_files = 500,
				.f_ffree = 200,
				.f_namemax = 255 };
	return rc;
}

static int fake_has_xattrs(void *fs, const char *path, const char *const *names, size_t count,
			   bool *has_out)
{
	struct fakeguest *g = fs;
	struct fakenode *n;
	int rc;
	VU_LOCK(&g->turn);

	rc = enter(g, &g->n_has_xattrs, path, &n);
	for (size_t i = 0; rc == 0 && i < count; i++) {
		const struct fakenode *c = child(n, names[i], strlen(names[i]));

		has_out[i] = c != NULL && c->xattrs.n > 0;
	}
	return rc;
}

struct fakeguest *fakeguest_new(void)
{
	struct fakeguest *g = calloc(1, sizeof(*g));

	if (g == NULL)
		die("out of memory", "/");
	g->ops = (struct vmnt_guest_ops){ .load_dir = fake_load_dir,
					  .stat = fake_stat,
					  .read = fake_read,
					  .listxattr = fake_listxattr,
					  .getxattr = fake_getxattr,
					  .statfs = fake_statfs };
	pthread_mutex_init(&g->turn, NULL);
	pthread_mutex_init(&g->lock, NULL);
	pthread_cond_init(&g->changed, NULL);
	g->next_ino = 2;
	g->root = new_node(g, "", S_IFDIR | 0755);
	return g;
}

void fakeguest_offer_has_xattrs(struct fakeguest *g)
{
	g->ops.has_xattrs = fake_has_xattrs;
}

void fakeguest_free(struct fakeguest *g)
{
	free_node(g->root);
	pthread_cond_destroy(&g->changed);
	pthread_mutex_destroy(&g->lock);
	pthread_mutex_destroy(&g->turn);
	free(g);
}
