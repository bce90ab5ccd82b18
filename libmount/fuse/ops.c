/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The FUSE operations that read; those that write are in readonly.c.
 *
 * Every function answers its request exactly once, or leaves that to vmnt_call_begin() when the
 * process that asked is dying.
 */
#include "config.h"

#include "ops.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../../common/bytes.h"
#include "../../common/cleanup.h"
#include "../../common/log.h"
#include "readonly.h"

#define MAX_BACKGROUND  6 /* reads under way; fewer than VMNT_WORKERS: some worker is left */
#define MAX_LIST_BYTES  (1U << 20)
#define FIRST_ENTRY_OFF 2 /* position of the first entry: before it come "." and ".." */

/* What functions here return when the request was answered by somebody else. */
#define ANSWERED 1

static struct vmnt_server *server_of(fuse_req_t req)
{
	return fuse_req_userdata(req);
}

static struct vmnt_node *node_of(fuse_req_t req, fuse_ino_t ino)
{
	return vmnt_names_node(server_of(req)->names, ino);
}

/* A request that has to wait for the guest, and the node that it is about. */
struct slow {
	struct vmnt_server *sv;
	struct vmnt_node *node;
	struct vmnt_call *call;
};

static struct slow begin_call(fuse_req_t req, struct vmnt_node *node)
{
	struct vmnt_server *sv = server_of(req);
	struct slow s = { .sv = sv, .node = node };

	vmnt_names_hold(sv->names, node); /* the kernel may give it up once it has an answer */
	vmnt_workers_pass_baton(&sv->workers);
	s.call = vmnt_call_begin(&sv->calls, req);
	return s;
}

/* @rc, or ANSWERED; then neither the request nor the node may be used. */
static int end_call(struct slow *s, int rc)
{
	bool is_ours = vmnt_call_end(s->call);

	vmnt_names_release(s->sv->names, s->node);
	return is_ours ? rc : ANSWERED;
}

static void fill_stat(const struct vmnt_server *sv, const struct vmnt_node *n, struct stat *st)
{
	const struct vmnt_fuse_options *o = &sv->opts;

	vmnt_node_stat(n, st);
	if (o->has_uid)
		st->st_uid = o->uid;
	if (o->has_gid)
		st->st_gid = o->gid;
	if (o->has_umask && !S_ISLNK(n->mode))
		st->st_mode = (st->st_mode & S_IFMT) | (0777 & ~o->umask);
}

static void fill_entry(const struct vmnt_server *sv, const struct vmnt_node *n,
		       struct fuse_entry_param *e)
{
	memset(e, 0, sizeof(*e));
	e->ino = vmnt_names_nodeid(sv->names, n);
	e->attr_timeout = e->entry_timeout = sv->timeout_s;
	fill_stat(sv, n, &e->attr);
}

static void want(struct fuse_conn_info *conn, unsigned caps, bool on)
{
	conn->want = on ? conn->want | (conn->capable & caps) : conn->want & ~caps;
}

/* The content never changes: the kernel shall keep all it has, and ask as much as it likes. */
static void op_init(void *data, struct fuse_conn_info *conn)
{
	struct vmnt_server *sv = data;

	want(conn, FUSE_CAP_READDIRPLUS | FUSE_CAP_ASYNC_READ | FUSE_CAP_ASYNC_DIO, true);
	want(conn, FUSE_CAP_PARALLEL_DIROPS | FUSE_CAP_EXPLICIT_INVAL_DATA, true);
	want(conn, FUSE_CAP_READDIRPLUS_AUTO | FUSE_CAP_AUTO_INVAL_DATA, false);
	want(conn, FUSE_CAP_CACHE_SYMLINKS, !sv->opts.only_root_and_owner);
	conn->max_background = MAX_BACKGROUND;
	/* Opening is worth a request only where we have to say who may. */
	sv->skip_open = conn->capable & FUSE_CAP_NO_OPEN_SUPPORT && !sv->opts.only_root_and_owner;
	sv->skip_opendir = conn->capable & FUSE_CAP_NO_OPENDIR_SUPPORT &&
			   !sv->opts.only_root_and_owner;
	VU_DBG("fuse", "kernel speaks %u.%u, capable of %#x, wanted %#x", conn->proto_major,
	       conn->proto_minor, conn->capable, conn->want);
}

/* The directory, pinned; 0, -errno or ANSWERED. */
static int get_dir(fuse_req_t req, struct vmnt_node *n, struct vmnt_dir **dir_out)
{
	struct vmnt_server *sv = server_of(req);
	struct slow s;
	int rc;

	*dir_out = vmnt_names_peek(sv->names, n);
	if (*dir_out != NULL)
		return 0;
	s = begin_call(req, n);
	rc = end_call(&s, vmnt_names_load(sv->names, n, dir_out));
	if (rc == ANSWERED && *dir_out != NULL)
		vmnt_names_put(sv->names, *dir_out);
	return rc;
}

/* There is no such name, and there never will be: the kernel may remember that too. */
static void reply_negative(fuse_req_t req)
{
	struct fuse_entry_param e = { .ino = 0, .entry_timeout = server_of(req)->timeout_s };

	fuse_reply_entry(req, &e);
}

static void reply_found(fuse_req_t req, struct vmnt_dir *dir, uint32_t at)
{
	struct vmnt_server *sv = server_of(req);
	struct fuse_entry_param e;

	fill_entry(sv, vmnt_dir_entry(dir, at), &e);
	vmnt_names_ref(sv->names, dir, at, at + 1);
	if (fuse_reply_entry(req, &e) < 0)
		vmnt_names_unref(sv->names, dir, at, at + 1);
}

static void op_lookup(fuse_req_t req, fuse_ino_t parent, const char *name)
{
	struct vmnt_server *sv = server_of(req);
	struct vmnt_dir *dir;
	uint32_t at;
	int rc = get_dir(req, node_of(req, parent), &dir);

	if (rc < 0)
		fuse_reply_err(req, -rc);
	if (rc != 0)
		return;
	at = vmnt_dir_position(dir, name);
	if (at < dir->n && strcmp(vmnt_node_name(vmnt_dir_entry(dir, at)), name) == 0)
		reply_found(req, dir, at);
	else
		reply_negative(req);
	vmnt_names_put(sv->names, dir);
}

static void op_forget(fuse_req_t req, fuse_ino_t ino, uint64_t nlookup)
{
	vmnt_names_forget(server_of(req)->names, node_of(req, ino), nlookup);
	fuse_reply_none(req);
}

static void op_forget_multi(fuse_req_t req, size_t n, struct fuse_forget_data *forgets)
{
	for (size_t i = 0; i < n; i++)
		vmnt_names_forget(server_of(req)->names, node_of(req, forgets[i].ino),
				  forgets[i].nlookup);
	fuse_reply_none(req);
}

static void op_getattr(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
	struct vmnt_server *sv = server_of(req);
	struct stat st;

	(void)fi;
	fill_stat(sv, node_of(req, ino), &st);
	fuse_reply_attr(req, &st, sv->timeout_s);
}

static void op_readlink(fuse_req_t req, fuse_ino_t ino)
{
	struct vmnt_server *sv = server_of(req);
	struct vmnt_node *n = node_of(req, ino);

	if (atomic_load(&sv->hide_links))
		fuse_reply_err(req, EACCES);
	else if (vmnt_names_flags(sv->names, n) & VMNT_NODE_BAD_LINK)
		fuse_reply_err(req, EIO);
	else
		fuse_reply_readlink(req, vmnt_node_target(n));
}

static void op_open(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
	int err = vmnt_readonly_open(fi);

	(void)ino;
	if (err == 0 && server_of(req)->skip_open)
		err = ENOSYS; /* taken by the kernel as: never ask again, keep the pages */
	fi->keep_cache = 1;
	if (err != 0)
		fuse_reply_err(req, err);
	else
		fuse_reply_open(req, fi);
}

static void op_opendir(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
	(void)ino;
	fi->cache_readdir = 1;
	fi->keep_cache = 1;
	if (server_of(req)->skip_opendir)
		fuse_reply_err(req, ENOSYS);
	else
		fuse_reply_open(req, fi);
}

/* What is needed to answer with part of a listing. */
struct listing {
	fuse_req_t req;
	struct vmnt_dir *dir;
	bool is_plus;
	char *buf;
	size_t size, len;
};

/* false when it does not fit any more */
static bool add_entry(struct listing *l, const char *name, const struct fuse_entry_param *e,
		      off_t next)
{
	char *to = l->buf + l->len;
	size_t room = l->size - l->len, need;

	if (l->is_plus)
		need = fuse_add_direntry_plus(l->req, to, room, name, e, next);
	else
		need = fuse_add_direntry(l->req, to, room, name, &e->attr, next);
	if (need > room)
		return false;
	l->len += need;
	return true;
}

/* "." and "..", to which listings give the kernel no references. */
static bool add_dots(struct listing *l, off_t *off)
{
	struct vmnt_node *self = l->dir->self;
	const struct vmnt_node *up = self->in != NULL ? self->in->self : self;

	for (; *off < FIRST_ENTRY_OFF; (*off)++) {
		struct fuse_entry_param e;

		fill_entry(server_of(l->req), *off == 0 ? self : up, &e);
		e.ino = 0;
		if (!add_entry(l, *off == 0 ? "." : "..", &e, *off + 1))
			return false;
	}
	return true;
}

/* Entries from @i on.  Return: the position behind the last that fitted. */
static uint32_t add_entries(struct listing *l, uint32_t i)
{
	struct vmnt_server *sv = server_of(l->req);

	for (; i < l->dir->n; i++) {
		const struct vmnt_node *n = vmnt_dir_entry(l->dir, i);
		struct fuse_entry_param e;

		fill_entry(sv, n, &e);
		if (!add_entry(l, vmnt_node_name(n), &e, (off_t)i + 1 + FIRST_ENTRY_OFF))
			break;
	}
	return i;
}

static void reply_listing(struct listing *l, off_t off)
{
	struct vmnt_names *names = server_of(l->req)->names;
	uint32_t from = 0, to = 0;

	if (add_dots(l, &off)) {
		from = (uint32_t)vu_min((uint64_t)off - FIRST_ENTRY_OFF, l->dir->n);
		to = add_entries(l, from);
	}
	if (l->is_plus)
		vmnt_names_ref(names, l->dir, from, to);
	if (fuse_reply_buf(l->req, l->buf, l->len) < 0 && l->is_plus)
		vmnt_names_unref(names, l->dir, from, to);
}

static void list(fuse_req_t req, fuse_ino_t ino, size_t size, off_t off, bool is_plus)
{
	struct vmnt_server *sv = server_of(req);
	struct listing l = { .req = req, .is_plus = is_plus, .size = vu_min(size, MAX_LIST_BYTES) };
	VU_AUTO(free) char *buf = NULL;
	int rc;

	if (off < 0) {
		fuse_reply_err(req, EINVAL);
		return;
	}
	rc = get_dir(req, node_of(req, ino), &l.dir);
	if (rc < 0)
		fuse_reply_err(req, -rc);
	if (rc != 0)
		return;
	l.buf = buf = malloc(l.size);
	if (buf == NULL)
		fuse_reply_err(req, ENOMEM);
	else
		reply_listing(&l, off);
	vmnt_names_put(sv->names, l.dir);
}

static void op_readdir(fuse_req_t req, fuse_ino_t ino, size_t size, off_t off,
		       struct fuse_file_info *fi)
{
	(void)fi;
	list(req, ino, size, off, false);
}

static void op_readdirplus(fuse_req_t req, fuse_ino_t ino, size_t size, off_t off,
			   struct fuse_file_info *fi)
{
	(void)fi;
	list(req, ino, size, off, true);
}

static void op_read(fuse_req_t req, fuse_ino_t ino, size_t size, off_t off,
		    struct fuse_file_info *fi)
{
	struct vmnt_server *sv = server_of(req);
	struct vmnt_node *n = node_of(req, ino);
	struct vmnt_read r;
	int rc = 0;

	(void)fi;
	if (off < 0 || size > VMNT_CHUNK) {
		fuse_reply_err(req, EINVAL);
		return;
	}
	vmnt_reads_plan(&sv->reads, n, size, (uint64_t)off, &r);
	if (!vmnt_reads_peek(&sv->reads, &r)) {
		struct slow s = begin_call(req, n);

		rc = vmnt_reads_fill(&sv->reads, &r);
		rc = end_call(&s, rc);
	}
	if (rc == 0) {
		vmnt_ahead_guess(&sv->ahead, &r); /* first: then the kernel may give up the node */
		fuse_reply_iov(req, r.iov, (int)r.n_pieces);
	} else if (rc < 0) {
		fuse_reply_err(req, -rc);
	}
	vmnt_reads_done(&sv->reads, &r, rc == 0);
}

/* A length where @size is 0, else the bytes; the kernel asks both. */
static void reply_xattr(fuse_req_t req, const char *value, ssize_t len, size_t size)
{
	if (len < 0)
		fuse_reply_err(req, (int)-len);
	else if (size == 0)
		fuse_reply_xattr(req, (size_t)len);
	else if ((size_t)len > size)
		fuse_reply_err(req, ERANGE);
	else
		fuse_reply_buf(req, value, (size_t)len);
}

static void get_xattr(fuse_req_t req, fuse_ino_t ino, const char *name, size_t size)
{
	struct vmnt_server *sv = server_of(req);
	struct vmnt_node *n = node_of(req, ino);
	VU_AUTO(free) char *value = NULL;
	ssize_t len;

	if (!vmnt_xattrs_peek(&sv->xattrs, n, name, &value, &len)) {
		struct slow s = begin_call(req, n);

		len = vmnt_xattrs_get(&sv->xattrs, n, name, &value);
		if (end_call(&s, 0) == ANSWERED)
			return;
	}
	reply_xattr(req, value, len, size);
}

static void op_getxattr(fuse_req_t req, fuse_ino_t ino, const char *name, size_t size)
{
	get_xattr(req, ino, name, size);
}

static void op_listxattr(fuse_req_t req, fuse_ino_t ino, size_t size)
{
	get_xattr(req, ino, NULL, size);
}

/* Of one guest; of a directory above several, what they have together. */
static int stat_guests(const struct vmnt_server *sv, const struct vmnt_guest *only,
		       struct statvfs *sum)
{
	const struct vmnt_names *ns = sv->names;

	memset(sum, 0, sizeof(*sum));
	sum->f_bsize = sum->f_frsize = 4096;
	for (size_t i = 0; only == NULL && i < ns->n_guests; i++) {
		struct statvfs one = { .f_frsize = 4096 };
		int rc = ns->guests[i].ops->statfs(ns->guests[i].fs, &one);

		if (rc < 0)
			return rc;
		sum->f_blocks += one.f_blocks * one.f_frsize / sum->f_frsize;
		sum->f_bfree += one.f_bfree * one.f_frsize / sum->f_frsize;
		sum->f_bavail += one.f_bavail * one.f_frsize / sum->f_frsize;
		sum->f_files += one.f_files;
		sum->f_ffree += one.f_ffree;
	}
	return only != NULL ? only->ops->statfs(only->fs, sum) : 0;
}

static void op_statfs(fuse_req_t req, fuse_ino_t ino)
{
	struct vmnt_server *sv = server_of(req);
	struct vmnt_node *n = node_of(req, ino);
	struct slow s = begin_call(req, n);
	struct statvfs sum;
	int rc = stat_guests(sv, vmnt_names_guest(sv->names, n), &sum);

	sum.f_namemax = vu_max(sum.f_namemax, 255);
	rc = end_call(&s, rc);
	if (rc < 0)
		fuse_reply_err(req, -rc);
	else if (rc == 0)
		fuse_reply_statfs(req, &sum);
}

void vmnt_ops_fill(struct fuse_lowlevel_ops *ops)
{
	*ops = (struct fuse_lowlevel_ops){
		.init = op_init,
		.lookup = op_lookup,
		.forget = op_forget,
		.forget_multi = op_forget_multi,
		.getattr = op_getattr,
		.readlink = op_readlink,
		.open = op_open,
		.opendir = op_opendir,
		.read = op_read,
		.readdir = op_readdir,
		.readdirplus = op_readdirplus,
		.statfs = op_statfs,
		.getxattr = op_getxattr,
		.listxattr = op_listxattr,
	};
	vmnt_readonly_fill(ops);
}
