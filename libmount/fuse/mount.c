/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Mounting; see mount.h.
 */
#include "config.h"

#include "mount.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../common/cleanup.h"
#include "../../common/log.h"
#include "../../common/osutil.h"
#include "../../common/strbuf.h"
#include "spawn.h"

#ifndef MS_NOSYMFOLLOW /* Linux 5.10; older kernels ignore it */
#define MS_NOSYMFOLLOW 256
#endif

#define DEVICE     "/dev/fuse"
#define FSTYPE     "fuse.vdisk"
#define SUBTYPE    "vdisk"
#define TEXT_BYTES 512

static VixError fail_perm(const char *dir, const char *why)
{
	VU_ERR("fuse", "cannot mount on %s: %s", dir, why);
	return VIX_E_MNTAPI_PERM;
}

static VixError fail_system(const char *dir, int err)
{
	VU_ERR("fuse", "cannot mount on %s: %s", dir, strerror(err));
	switch (err) {
	case ENOMEM:
		return VIX_E_OUT_OF_MEMORY;
	case ENOENT:
	case ENOTDIR:
		return VIX_E_MNTAPI_MOUNTPT_NOT_FOUND;
	default:
		return VIX_E_MNTAPI_SYSTEM;
	}
}

static VixError open_device(const char *dir, int *fd_out)
{
	*fd_out = vu_open(DEVICE, O_RDWR, 0);
	switch (-*fd_out) {
	case ENOENT:
	case ENODEV:
	case ENXIO:
		return fail_perm(dir,
				 DEVICE " is missing: load the kernel module (modprobe fuse), or "
					"start the container with --device " DEVICE);
	case EACCES:
	case EPERM:
		return fail_perm(dir,
				 DEVICE " may not be opened: this user, or this container, needs "
					"access to it");
	default:
		return *fd_out >= 0 ? VIX_OK : fail_system(dir, -*fd_out);
	}
}

/* What is the same for both ways of mounting. */
static void add_options(struct vu_strbuf *b, const struct vmnt_fuse_options *o)
{
	if (o->allow_other)
		vu_strbuf_puts(b, ",allow_other");
	if (o->default_permissions)
		vu_strbuf_puts(b, ",default_permissions");
	if (o->max_read != 0)
		vu_strbuf_printf(b, ",max_read=%u", o->max_read);
}

/* Return: 0 or -errno. */
static int mount_directly(const char *dir, const char *source, const struct vmnt_fuse_options *o,
			  bool no_follow, int fd)
{
	unsigned long flags = MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC;
	struct vu_strbuf b = { .s = NULL };
	VU_AUTO(free) char *data = NULL;

	if (no_follow)
		flags |= MS_NOSYMFOLLOW;
	vu_strbuf_printf(&b, "fd=%d,rootmode=%o,user_id=%u,group_id=%u", fd, S_IFDIR,
			 (unsigned)geteuid(), (unsigned)getegid());
	add_options(&b, o);
	data = vu_strbuf_take(&b);
	if (data == NULL)
		return -ENOMEM;
	return mount(source, dir, FSTYPE, flags, data) < 0 ? -errno : 0;
}

/* fusermount3 takes options apart at commas, and what follows a backslash as it is. */
static void add_escaped(struct vu_strbuf *b, const char *s)
{
	for (; *s != '\0'; s++) {
		if (*s == ',' || *s == '\\')
			vu_strbuf_putc(b, '\\');
		vu_strbuf_putc(b, *s);
	}
}

static char *helper_options(const char *source, const struct vmnt_fuse_options *o)
{
	struct vu_strbuf b = { .s = NULL };

	vu_strbuf_puts(&b, "ro,nosuid,nodev,noexec,subtype=" SUBTYPE ",fsname=");
	add_escaped(&b, source);
	add_options(&b, o);
	return vu_strbuf_take(&b);
}

/* The descriptor that was sent over a socket; -1 when none was. */
static int receive_fd(int sock)
{
	union {
		char buf[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} ctl;
	char byte;
	struct iovec iov = { &byte, 1 };
	struct msghdr msg = { .msg_iov = &iov,
			      .msg_iovlen = 1,
			      .msg_control = ctl.buf,
			      .msg_controllen = sizeof(ctl.buf) };
	struct cmsghdr *c;
	int fd = -1;

	if (recvmsg(sock, &msg, MSG_DONTWAIT | MSG_CMSG_CLOEXEC) <= 0)
		return -1;
	c = CMSG_FIRSTHDR(&msg);
	if (c != NULL && c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS &&
	    c->cmsg_len == CMSG_LEN(sizeof(int)))
		memcpy(&fd, CMSG_DATA(c), sizeof(int));
	return fd;
}

static VixError helper_failed(const char *dir, int rc, const char *text)
{
	if (rc == -ENOENT)
		return fail_perm(dir,
				 "fusermount3 is missing: install the package fuse3, or mount as "
				 "root");
	if (rc == -ENOMEM)
		return VIX_E_OUT_OF_MEMORY;
	if (text[0] == '\0')
		return fail_perm(dir, "fusermount3 failed without a reason");
	return fail_perm(dir, vu_log_quote(text));
}

static VixError mount_by_helper(const char *dir, const char *source,
				const struct vmnt_fuse_options *o, int *fd_out)
{
	VU_AUTO(free) char *opts = helper_options(source, o);
	char *argv[] = {
		(char *)"fusermount3", (char *)"-o", opts, (char *)"--", (char *)dir, NULL
	};
	VU_AUTO(close) int ours = -1;
	char text[TEXT_BYTES];
	int socks[2], rc;

	if (opts == NULL)
		return VIX_E_OUT_OF_MEMORY;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, socks) < 0)
		return fail_system(dir, errno);
	ours = socks[0];
	rc = vmnt_spawn_fusermount(argv, socks[1], text, sizeof(text));
	close(socks[1]);
	*fd_out = rc == 0 ? receive_fd(ours) : -1;
	return *fd_out >= 0 ? VIX_OK : helper_failed(dir, rc, text);
}

VixError vmnt_fuse_mount(const char *dir, const char *source, const struct vmnt_fuse_options *o,
			 bool no_follow, int *fd_out)
{
	VU_AUTO(close) int fd = -1;
	int rc;

	VD_TRY(open_device(dir, &fd));
	rc = mount_directly(dir, source, o, no_follow, fd);
	if (rc == -EPERM || rc == -EACCES)
		return mount_by_helper(dir, source, o, fd_out);
	if (rc == -ENODEV)
		return fail_perm(dir, "the kernel has no FUSE: load its module (modprobe fuse)");
	if (rc < 0)
		return fail_system(dir, -rc);
	*fd_out = fd;
	fd = -1;
	return VIX_OK;
}
