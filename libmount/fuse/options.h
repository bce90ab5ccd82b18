/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The mount options that a caller may give to the FUSE front-end.
 *
 * 1. Only what is known passes, and nothing that weakens what is always on (ro, nosuid, nodev,
 *    noexec) or that belongs to us (fd, user_id, fsname, …).
 * 2. Nobody gets more access by default than a kernel mount of the same volume would give: root's
 *    mounts are open to other users, but then the guest's permissions are checked.
 */
#ifndef VMNT_FUSE_OPTIONS_H
#define VMNT_FUSE_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "vixDiskLib.h"

#define VMNT_MAX_READ (1024 * 1024) /* bytes: the most that libfuse's buffers hold */

struct vmnt_fuse_options {
	bool allow_other;         /* the kernel lets every user in */
	bool only_root_and_owner; /* we let the owner and root in; needs allow_other */
	bool default_permissions; /* the kernel checks modes and owners */
	bool nonempty;            /* the mount point may have content */
	bool has_uid, has_gid, has_umask;
	uid_t uid;
	gid_t gid;
	mode_t umask;
	uint32_t max_read; /* bytes; 0: what the kernel likes */
};

/**
 * vmnt_fuse_options_parse() - check a comma list
 * @text:    as after mount(8)'s -o; NULL or "" for none
 * @is_root: does root mount?  Then allow_other with default_permissions is the default
 * @o_out:   filled
 *
 * Asked for, allow_other comes without default_permissions, as with every FUSE file system.
 * allow_root lets in the mounting user and root, nobody else.
 * Errors: INVALID_ARG  an option is unknown, refused, or its value is no number in range
 *         OUT_OF_MEMORY
 * Test:   unit/fuseopts.c
 */
VixError vmnt_fuse_options_parse(const char *text, bool is_root, struct vmnt_fuse_options *o_out);

#endif
