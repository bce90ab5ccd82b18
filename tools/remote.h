/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The servers that a program is connected to, and the disks that users named there.
 *
 * 1. One connection for each virtual machine, or snapshot of it, however many disks of it are named.
 * 2. Functions that fail have said why on stderr and return the exit code.
 */
#ifndef VDT_REMOTE_H
#define VDT_REMOTE_H

#include "login.h"

struct vdt_remote;

struct vdt_remotes {
	struct vdt_login *login;  /* borrowed */
	struct vdt_remote *first; /* the one named last */
};

/**
 * vdt_remote_find() - a disk of a server, which is connected to
 * @url:      as the user gave it
 * @conn_out: filled: valid until vdt_remotes_end()
 * @path_out: filled: what the disk is called there; likewise
 */
enum vdt_exit vdt_remote_find(struct vdt_remotes *r, const char *url,
			      VixDiskLibConnection *conn_out, const char **path_out);

/* Called with a disk of a server; strings are valid until vdt_remotes_end(). */
typedef enum vdt_exit vdt_remote_fn(VixDiskLibConnection conn, const char *path, void *ctx);

/**
 * vdt_remote_each() - the disk of a server that is named, or all of its machine where none is
 * @fn: an exit code that is not VDT_OK ends it, and is returned
 *
 * A program that asks for a machine's disks so does not ask vdt_remote_find() by the same name.
 */
enum vdt_exit vdt_remote_each(struct vdt_remotes *r, const char *url, vdt_remote_fn *fn, void *ctx);

/**
 * vdt_remote_find_disk() - the file of the disk that is meant
 * @src: of a machine that @conn is to; its disk may be missing, where there is one only, or be a key;
 *       filled
 */
enum vdt_exit vdt_remote_find_disk(VixDiskLibConnection conn, struct vdt_source *src);

/** vdt_remote_check() - may this be a disk of a server?  Nothing is asked there. */
enum vdt_exit vdt_remote_check(const char *url);

/** vdt_remote_learn() - what are the secrets for those of @n disks that are on servers?
 * See vdt_login_learn(). */
enum vdt_exit vdt_remote_learn(struct vdt_login *l, char *const *names, size_t n);

/** vdt_remotes_end() - disconnect from all */
void vdt_remotes_end(struct vdt_remotes *r);

#endif
