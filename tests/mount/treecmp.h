/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Compares a tree of the host with one behind guest operations: every name, type, mode, owner,
 * size, time and link, and every byte but in directories of more than TREECMP_ASKED entries.
 */
#ifndef TREECMP_H
#define TREECMP_H

#include <check.h>
#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../libmount/fuse/frontend.h"

#define TREECMP_ENTRIES 4096
#define TREECMP_BUFFER  ((size_t)5 << 20)
#define TREECMP_ASKED   64 /* entries of a directory that are also asked for by themselves */

struct treecmp {
	const struct vmnt_guest_ops *ops;
	void *fs;
	bool is_unix;   /* the file system keeps modes, owners and links */
	unsigned files; /* compared so far */
};

/* A directory as load_dir tells it. */
struct treecmp_dir {
	struct vmnt_dir_entry e[TREECMP_ENTRIES];
	size_t n;
};

static inline int treecmp_collect(const struct vmnt_dir_entry *e, void *ctx)
{
	struct treecmp_dir *d = ctx;

	ck_assert_uint_lt(d->n, TREECMP_ENTRIES);
	d->e[d->n] = *e;
	d->e[d->n].name = strdup(e->name);
	d->e[d->n].target = e->target != NULL ? strdup(e->target) : NULL;
	d->n++;
	return 0;
}

static inline struct treecmp_dir *treecmp_load(const struct treecmp *t, const char *path)
{
	struct treecmp_dir *d = calloc(1, sizeof(*d));

	ck_assert_int_eq(t->ops->load_dir(t->fs, path, treecmp_collect, d), 0);
	return d;
}

static inline void treecmp_free(struct treecmp_dir *d)
{
	for (size_t i = 0; i < d->n; i++) {
		free((char *)d->e[i].name);
		free((char *)d->e[i].target);
	}
	free(d);
}

static inline const struct vmnt_dir_entry *treecmp_find(const struct treecmp_dir *d,
							const char *name)
{
	for (size_t i = 0; i < d->n; i++)
		if (strcmp(d->e[i].name, name) == 0)
			return &d->e[i];
	return NULL;
}

/* Reads all of a guest's file, and tries to read on. */
static inline void treecmp_bytes(const struct treecmp *t, const char *host, const char *guest,
				 size_t size)
{
	char *want = malloc(size + 1), *got = malloc(TREECMP_BUFFER);
	FILE *f = fopen(host, "r");

	ck_assert_ptr_nonnull(f);
	ck_assert_uint_lt(size, TREECMP_BUFFER);
	ck_assert_uint_eq(fread(want, 1, size + 1, f), size);
	fclose(f);
	ck_assert_int_eq(t->ops->read(t->fs, guest, got, TREECMP_BUFFER, 0), size);
	ck_assert_msg(memcmp(want, got, size) == 0, "%s differs", guest);
	free(want);
	free(got);
}

static inline void treecmp_stat(const struct treecmp *t, const struct stat *want,
				const struct stat *got, const char *path)
{
	ck_assert_msg((want->st_mode & S_IFMT) == (got->st_mode & S_IFMT), "type of %s", path);
	ck_assert_msg(want->st_mtime == got->st_mtime, "time of %s: %lld", path,
		      (long long)got->st_mtime);
	if (!S_ISDIR(want->st_mode))
		ck_assert_msg(want->st_size == got->st_size, "size of %s", path);
	if (!t->is_unix)
		return;
	ck_assert_msg(want->st_mode == got->st_mode, "mode of %s", path);
	ck_assert_msg(got->st_uid == 0 && got->st_gid == 0, "owner of %s", path);
	if (!S_ISDIR(want->st_mode))
		ck_assert_msg(want->st_nlink == got->st_nlink, "links of %s", path);
}

static inline void treecmp_tree(struct treecmp *t, const char *host, const char *guest);

/* What the guest says of one file agrees with what its directory says. */
static inline void treecmp_ask(const struct treecmp *t, const char *guest, const struct stat *want,
			       uint64_t ino)
{
	struct stat st;

	ck_assert_int_eq(t->ops->stat(t->fs, guest, &st), 0);
	ck_assert_uint_eq(st.st_ino, ino);
	treecmp_stat(t, want, &st, guest);
}

static inline void treecmp_entry(struct treecmp *t, const char *host_dir, const char *guest_dir,
				 const struct vmnt_dir_entry *e, bool ask)
{
	char host[8192], guest[8192], target[4096];
	struct stat st;

	snprintf(host, sizeof(host), "%s/%s", host_dir, e->name);
	snprintf(guest, sizeof(guest), "%s/%s", strcmp(guest_dir, "/") == 0 ? "" : guest_dir,
		 e->name);
	ck_assert_msg(lstat(host, &st) == 0, "%s should not be there", guest);
	treecmp_stat(t, &st, &e->st, guest);
	if (ask)
		treecmp_ask(t, guest, &st, e->st.st_ino);
	t->files++;
	if (S_ISDIR(st.st_mode)) {
		treecmp_tree(t, host, guest);
	} else if (S_ISREG(st.st_mode) && ask) {
		treecmp_bytes(t, host, guest, (size_t)st.st_size);
	} else if (S_ISLNK(st.st_mode)) {
		target[readlink(host, target, sizeof(target) - 1)] = '\0';
		ck_assert_str_eq(e->target, target);
	}
	ck_assert_int_eq(e->target != NULL, S_ISLNK(st.st_mode));
}

/* Compares @host, a directory, with the guest's @guest, and all below. */
static inline void treecmp_tree(struct treecmp *t, const char *host, const char *guest)
{
	struct treecmp_dir *d = treecmp_load(t, guest);
	DIR *dir = opendir(host);
	const struct dirent *de;

	ck_assert_ptr_nonnull(dir);
	while ((de = readdir(dir)) != NULL)
		if (strcmp(de->d_name, ".") != 0 && strcmp(de->d_name, "..") != 0)
			ck_assert_msg(treecmp_find(d, de->d_name) != NULL, "%s/%s is missing",
				      guest, de->d_name);
	closedir(dir);
	for (size_t i = 0; i < d->n; i++)
		if (strcmp(d->e[i].name, "lost+found") != 0)
			treecmp_entry(t, host, guest, &d->e[i], i < TREECMP_ASKED);
	treecmp_free(d);
}

#endif
