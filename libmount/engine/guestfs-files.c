/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The files of a mounted volume over the libguestfs API.
 *
 * 1. Each call is one message to the appliance, or one for each LIST_MAX names or READ_MAX bytes;
 *    no call makes the appliance start a program.
 * 2. Lists stay below the 4 MiB that a message can hold, whatever the guest put into names and
 *    link targets.
 * 3. Names are bytes; what can't be a name is passed over.
 */
#include "config.h"

#include "guestfs-fs.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>

#include "../../common/alloc.h"
#include "../../common/bytes.h"
#include "../../common/cleanup.h"

#define LIST_MAX 1000u             /* names in one call */
#define READ_MAX ((size_t)2 << 20) /* bytes in one call: 1 to 2 MiB are fastest */

/* Holds for one file operation; returns when the virtual machine is gone. */
#define FILE_CALL(fs)                       \
	VMNT_NO_SIGPIPE;                    \
	VMNT_TREE_SHARED((fs)->en);         \
	if (vmnt_guestfs_is_dead((fs)->en)) \
	return -EIO

static void free_statns_list(struct guestfs_statns_list **l)
{
	if (*l != NULL)
		guestfs_free_statns_list(*l);
}

static void free_xattr_list(struct guestfs_xattr_list **l)
{
	if (*l != NULL)
		guestfs_free_xattr_list(*l);
}

/* The appliance's path of a path in the file system; the caller's to free(). */
static char *inside(const struct vmnt_guestfs_fs *fs, const char *path)
{
	return vu_asprintf("%s%s", fs->root, strcmp(path, "/") == 0 ? "" : path);
}

static void to_stat(const struct guestfs_statns *from, struct stat *st)
{
	*st = (struct stat){
		.st_dev = (dev_t)from->st_dev,
		.st_ino = (ino_t)from->st_ino,
		.st_mode = (mode_t)from->st_mode,
		.st_nlink = (nlink_t)from->st_nlink,
		.st_uid = (uid_t)from->st_uid,
		.st_gid = (gid_t)from->st_gid,
		.st_rdev = (dev_t)from->st_rdev,
		.st_size = from->st_size,
		.st_blksize = (blksize_t)from->st_blksize,
		.st_blocks = from->st_blocks,
		.st_atim = { from->st_atime_sec, from->st_atime_nsec },
		.st_mtim = { from->st_mtime_sec, from->st_mtime_nsec },
		.st_ctim = { from->st_ctime_sec, from->st_ctime_nsec },
	};
}

static bool is_name(const char *name)
{
	return name[0] != '\0' && strchr(name, '/') == NULL && strcmp(name, ".") != 0 &&
	       strcmp(name, "..") != 0;
}

/* The targets of those of @names that are links, in their order; NULL on an error. */
static char **read_links(const struct vmnt_guestfs_fs *fs, const char *dir, char *const *names,
			 const struct guestfs_statns_list *stats)
{
	char *links[LIST_MAX + 1];
	size_t n = 0;

	for (uint32_t i = 0; i < stats->len; i++)
		if (S_ISLNK(stats->val[i].st_mode))
			links[n++] = names[i];
	links[n] = NULL;
	return n > 0 ? guestfs_readlinklist(fs->en->g, dir, links) : calloc(1, sizeof(char *));
}

/* Hands over @n entries, LIST_MAX at most; non-zero ends the listing. */
static int load_some(const struct vmnt_guestfs_fs *fs, const char *dir, char *const *names,
		     size_t n, vmnt_dir_fn *fn, void *ctx)
{
	__attribute__((cleanup(free_statns_list))) struct guestfs_statns_list *stats =
		guestfs_lstatnslist(fs->en->g, dir, names);
	VMNT_STRINGS targets = NULL;
	char **target;
	int rc = 0;

	if (stats == NULL)
		return vmnt_guestfs_errno(fs->en);
	if (stats->len != n)
		return -EIO;
	target = targets = read_links(fs, dir, names, stats);
	if (targets == NULL)
		return vmnt_guestfs_errno(fs->en);
	for (size_t i = 0; i < n && rc == 0; i++) {
		struct vmnt_dir_entry e = { .name = names[i] };

		if (S_ISLNK(stats->val[i].st_mode) && *target != NULL)
			e.target = *target++;
		if (stats->val[i].st_ino == -1)
			continue; /* can't be looked at */
		to_stat(&stats->val[i], &e.st);
		rc = fn(&e, ctx);
	}
	return rc;
}

/* Hands over the whole directory, LIST_MAX names at a time. */
static int load_listed(const struct vmnt_guestfs_fs *fs, const char *dir,
		       const struct guestfs_dirent_list *list, vmnt_dir_fn *fn, void *ctx)
{
	char *names[LIST_MAX + 1];
	size_t n = 0;
	int rc = 0;

	for (uint32_t i = 0; i < list->len && rc == 0; i++) {
		if (is_name(list->val[i].name))
			names[n++] = list->val[i].name;
		if (n == LIST_MAX || (n > 0 && i + 1 == list->len)) {
			names[n] = NULL;
			rc = load_some(fs, dir, names, n, fn, ctx);
			n = 0;
		}
	}
	return rc;
}

/* guestfs_readdir() and not guestfs_ls(): of 500 names it takes 3 ms instead of 20. */
static int load_dir(void *opaque, const char *path, vmnt_dir_fn *fn, void *ctx)
{
	struct vmnt_guestfs_fs *fs = opaque;
	VU_AUTO(free) char *dir = inside(fs, path);
	struct guestfs_dirent_list *list;
	int rc;

	FILE_CALL(fs);
	if (dir == NULL)
		return -ENOMEM;
	list = guestfs_readdir(fs->en->g, dir);
	if (list == NULL)
		return vmnt_guestfs_errno(fs->en);
	rc = load_listed(fs, dir, list, fn, ctx);
	guestfs_free_dirent_list(list);
	return rc;
}

static int get_stat(void *opaque, const char *path, struct stat *st)
{
	struct vmnt_guestfs_fs *fs = opaque;
	VU_AUTO(free) char *file = inside(fs, path);
	struct guestfs_statns *s;

	FILE_CALL(fs);
	if (file == NULL)
		return -ENOMEM;
	s = guestfs_lstatns(fs->en->g, file);
	if (s == NULL)
		return vmnt_guestfs_errno(fs->en);
	to_stat(s, st);
	guestfs_free_statns(s);
	return 0;
}

/* One message.  Return: bytes read, 0 at the end, or -errno. */
static ssize_t read_some(const struct vmnt_guestfs_fs *fs, const char *file, char *buf, size_t len,
			 uint64_t off)
{
	size_t want = vu_min(len, READ_MAX), got = 0;
	VU_AUTO(free) char *data = guestfs_pread(fs->en->g, file, (int)want, (int64_t)off, &got);

	if (data == NULL)
		return vmnt_guestfs_errno(fs->en);
	if (got > want)
		return -EIO;
	memcpy(buf, data, got);
	return (ssize_t)got;
}

static ssize_t read_file(void *opaque, const char *path, void *buf, size_t len, uint64_t off)
{
	struct vmnt_guestfs_fs *fs = opaque;
	VU_AUTO(free) char *file = inside(fs, path);
	size_t done = 0;

	FILE_CALL(fs);
	if (file == NULL)
		return -ENOMEM;
	if (off > INT64_MAX - len)
		return -EINVAL;
	while (done < len) {
		ssize_t n = read_some(fs, file, (char *)buf + done, len - done, off + done);

		if (n < 0)
			return n;
		if (n == 0)
			break;
		done += (size_t)n;
	}
	return (ssize_t)done;
}

static ssize_t list_xattrs(void *opaque, const char *path, char **names_out)
{
	struct vmnt_guestfs_fs *fs = opaque;
	VU_AUTO(free) char *file = inside(fs, path);
	__attribute__((cleanup(free_xattr_list))) struct guestfs_xattr_list *list = NULL;
	size_t len = 0;
	char *p;

	*names_out = NULL;
	FILE_CALL(fs);
	if (file == NULL)
		return -ENOMEM;
	list = guestfs_lgetxattrs(fs->en->g, file);
	if (list == NULL)
		return vmnt_guestfs_errno(fs->en);
	for (uint32_t i = 0; i < list->len; i++)
		len += strlen(list->val[i].attrname) + 1;
	p = *names_out = vu_calloc_array(len, 1);
	if (p == NULL)
		return -ENOMEM;
	for (uint32_t i = 0; i < list->len; i++)
		p = stpcpy(p, list->val[i].attrname) + 1;
	return (ssize_t)len;
}

static ssize_t get_xattr(void *opaque, const char *path, const char *name, void **value_out)
{
	struct vmnt_guestfs_fs *fs = opaque;
	VU_AUTO(free) char *file = inside(fs, path);
	size_t len = 0;

	*value_out = NULL;
	FILE_CALL(fs);
	if (file == NULL)
		return -ENOMEM;
	*value_out = guestfs_lgetxattr(fs->en->g, file, name, &len);
	return *value_out != NULL ? (ssize_t)len : vmnt_guestfs_errno(fs->en);
}

/* Lists of several files follow each other; each begins with its length, as text, under the
 * name "". */
static int count_xattrs(const struct guestfs_xattr_list *list, size_t n, bool *has_out)
{
	uint32_t at = 0;

	for (size_t i = 0; i < n; i++) {
		VU_AUTO(free) char *text = NULL;
		unsigned long count;

		if (at >= list->len || list->val[at].attrname[0] != '\0')
			return -EIO;
		text = strndup(list->val[at].attrval, list->val[at].attrval_len);
		if (text == NULL)
			return -ENOMEM;
		count = strtoul(text, NULL, 10);
		if (count > list->len - at - 1)
			return -EIO;
		has_out[i] = count > 0;
		at += 1 + (uint32_t)count;
	}
	return 0;
}

static int has_some_xattrs(const struct vmnt_guestfs_fs *fs, const char *dir,
			   const char *const *names, size_t n, bool *has_out)
{
	__attribute__((cleanup(free_xattr_list))) struct guestfs_xattr_list *list = NULL;
	char *some[LIST_MAX + 1];

	for (size_t i = 0; i < n; i++)
		some[i] = (char *)names[i];
	some[n] = NULL;
	list = guestfs_lxattrlist(fs->en->g, dir, some);
	return list != NULL ? count_xattrs(list, n, has_out) : vmnt_guestfs_errno(fs->en);
}

static int has_xattrs(void *opaque, const char *path, const char *const *names, size_t n,
		      bool *has_out)
{
	struct vmnt_guestfs_fs *fs = opaque;
	VU_AUTO(free) char *dir = inside(fs, path);
	int rc = 0;

	FILE_CALL(fs);
	if (dir == NULL)
		return -ENOMEM;
	for (size_t done = 0; done < n && rc == 0; done += LIST_MAX)
		rc = has_some_xattrs(fs, dir, names + done, vu_min(n - done, LIST_MAX),
				     has_out + done);
	return rc;
}

static int get_statfs(void *opaque, struct statvfs *sv)
{
	struct vmnt_guestfs_fs *fs = opaque;
	struct guestfs_statvfs *s;

	FILE_CALL(fs);
	s = guestfs_statvfs(fs->en->g, fs->root);
	if (s == NULL)
		return vmnt_guestfs_errno(fs->en);
	*sv = (struct statvfs){
		.f_bsize = (unsigned long)s->bsize,
		.f_frsize = (unsigned long)s->frsize,
		.f_blocks = (fsblkcnt_t)s->blocks,
		.f_bfree = (fsblkcnt_t)s->bfree,
		.f_bavail = (fsblkcnt_t)s->bavail,
		.f_files = (fsfilcnt_t)s->files,
		.f_ffree = (fsfilcnt_t)s->ffree,
		.f_favail = (fsfilcnt_t)s->favail,
		.f_fsid = (unsigned long)s->fsid,
		.f_flag = (unsigned long)s->flag,
		.f_namemax = (unsigned long)s->namemax,
	};
	guestfs_free_statvfs(s);
	return 0;
}

const struct vmnt_guest_ops vmnt_guestfs_files = {
	.load_dir = load_dir,
	.stat = get_stat,
	.read = read_file,
	.listxattr = list_xattrs,
	.getxattr = get_xattr,
	.statfs = get_statfs,
	.has_xattrs = has_xattrs,
};
