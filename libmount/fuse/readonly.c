/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The FUSE operations that would change something; see readonly.h.
 */
#include "config.h"

#include "readonly.h"

#include <errno.h>
#include <fcntl.h>

#define UNUSED __attribute__((unused))

int vmnt_readonly_open(const struct fuse_file_info *fi)
{
	return (fi->flags & O_ACCMODE) == O_RDONLY && !(fi->flags & O_TRUNC) ? 0 : EROFS;
}

static void ro_setattr(fuse_req_t req, UNUSED fuse_ino_t ino, UNUSED struct stat *attr,
		       UNUSED int to_set, UNUSED struct fuse_file_info *fi)
{
	fuse_reply_err(req, EROFS);
}

static void ro_mknod(fuse_req_t req, UNUSED fuse_ino_t parent, UNUSED const char *name,
		     UNUSED mode_t mode, UNUSED dev_t rdev)
{
	fuse_reply_err(req, EROFS);
}

static void ro_mkdir(fuse_req_t req, UNUSED fuse_ino_t parent, UNUSED const char *name,
		     UNUSED mode_t mode)
{
	fuse_reply_err(req, EROFS);
}

/* unlink, rmdir, removexattr */
static void ro_remove(fuse_req_t req, UNUSED fuse_ino_t ino, UNUSED const char *name)
{
	fuse_reply_err(req, EROFS);
}

static void ro_symlink(fuse_req_t req, UNUSED const char *target, UNUSED fuse_ino_t parent,
		       UNUSED const char *name)
{
	fuse_reply_err(req, EROFS);
}

static void ro_rename(fuse_req_t req, UNUSED fuse_ino_t parent, UNUSED const char *name,
		      UNUSED fuse_ino_t newparent, UNUSED const char *newname,
		      UNUSED unsigned int flags)
{
	fuse_reply_err(req, EROFS);
}

static void ro_link(fuse_req_t req, UNUSED fuse_ino_t ino, UNUSED fuse_ino_t newparent,
		    UNUSED const char *newname)
{
	fuse_reply_err(req, EROFS);
}

static void ro_create(fuse_req_t req, UNUSED fuse_ino_t parent, UNUSED const char *name,
		      UNUSED mode_t mode, UNUSED struct fuse_file_info *fi)
{
	fuse_reply_err(req, EROFS);
}

static void ro_write(fuse_req_t req, UNUSED fuse_ino_t ino, UNUSED const char *buf,
		     UNUSED size_t size, UNUSED off_t off, UNUSED struct fuse_file_info *fi)
{
	fuse_reply_err(req, EROFS);
}

static void ro_setxattr(fuse_req_t req, UNUSED fuse_ino_t ino, UNUSED const char *name,
			UNUSED const char *value, UNUSED size_t size, UNUSED int flags)
{
	fuse_reply_err(req, EROFS);
}

static void ro_fallocate(fuse_req_t req, UNUSED fuse_ino_t ino, UNUSED int mode, UNUSED off_t off,
			 UNUSED off_t len, UNUSED struct fuse_file_info *fi)
{
	fuse_reply_err(req, EROFS);
}

void vmnt_readonly_fill(struct fuse_lowlevel_ops *ops)
{
	ops->setattr = ro_setattr;
	ops->mknod = ro_mknod;
	ops->mkdir = ro_mkdir;
	ops->unlink = ro_remove;
	ops->rmdir = ro_remove;
	ops->symlink = ro_symlink;
	ops->rename = ro_rename;
	ops->link = ro_link;
	ops->create = ro_create;
	ops->write = ro_write;
	ops->setxattr = ro_setxattr;
	ops->removexattr = ro_remove;
	ops->fallocate = ro_fallocate;
}
