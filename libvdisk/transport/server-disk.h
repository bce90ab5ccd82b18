/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A server, as transports see it: its session, its files, and which of them are a disk.
 */
#ifndef VD_SERVER_DISK_H
#define VD_SERVER_DISK_H

#include <string.h>

#include "../../common/array.h"
#include "../store/datastore.h"
#include "../vim/inventory.h"
#include "server.h"

/* What is known of a disk. */
struct vd_server_disk {
	struct vim_vm *vm;           /* owned; NULL: nothing but a file of a datastore */
	const struct vim_disk *disk; /* of @vm */
	size_t newest;               /* of its links */
	VU_ARRAY(char *) paths;      /* of its files, newest first, as the datastores take them */
};

/**
 * vd_server_find_disk() - ask which files a disk has
 * @path:  as the client names it
 * @d_out: filled; vd_server_disk_free(), also on failure
 *
 * Errors: FILE_NOT_FOUND  there is none such (logged: which disks there are)
 *         INVALID_ARG     a path that is none on a datastore (logged)
 *         DISK_TOOMANYREDO, DISK_INVALIDCHAIN  the server's list is too long, or names no files (logged)
 *         those of vim_vm_lookup() and vim_fcd_lookup()
 */
VixError vd_server_find_disk(struct vd_server *sv, const char *path, struct vd_server_disk *d_out);

/**
 * vd_server_place_disk() - the same for one that may not be there yet
 * @d_out: filled: of its paths the first one only; its disk is NULL where the machine has none there
 *
 * Errors: INVALID_ARG    a path that is none on a datastore (logged)
 *         NOT_SUPPORTED  the connection is to a first-class disk, or to a snapshot, whose disks tell
 *                        nothing of what is made of their files by now (logged)
 *         those of vim_vm_lookup()
 */
VixError vd_server_place_disk(struct vd_server *sv, const char *path, struct vd_server_disk *d_out);

/** vd_server_disk_free() - free what is in it; all zero is fine */
void vd_server_disk_free(struct vd_server_disk *d);

/* What a disk needs as long as it is open. */
struct vd_server_held {
	struct vd_server *server;
	struct vd_server_disk found;
};

/**
 * vd_server_ask_used() - have the server tell what is used of a disk, when that is wanted
 * @d: a whole disk, of which its files or device don't tell; only where it is read, at a snapshot, and
 *     its changes are tracked
 * @h: kept, as long as @d is open
 */
void vd_server_ask_used(struct vd_disk *d, struct vd_server_held *h);

static inline void vu_auto_vd_server_disk(struct vd_server_disk *d)
{
	vd_server_disk_free(d);
}

/**
 * vd_server_link_problem() - can the bytes of a link be read from its file?
 * @why_out: filled: why not, for people; "" where they can; static
 *
 * Errors: DISK_NEEDKEY  it is encrypted; NOT_SUPPORTED  it maps a LUN (neither logged)
 */
VixError vd_server_link_problem(const struct vim_link *ln, const char **why_out);

/** vd_server_is_machine() - false: a first-class disk, which is looked at as if it were one */
static inline bool vd_server_is_machine(const struct vim_vm *vm)
{
	return strcmp(vm->ref.type, "VirtualMachine") == 0;
}

/**
 * vd_server_lookup_vm() - ask for the machine
 *
 * Errors: NOT_SUPPORTED  it is to a datastore (logged); those of vim_vm_lookup() and vim_fcd_lookup()
 */
VixError vd_server_lookup_vm(const struct vd_server *sv, struct vim_vm **vm_out);

/** vd_server_files() - the driver for its files, valid as long as @sv */
const struct vd_store_ops *vd_server_files(const struct vd_server *sv);

/** vd_server_session() - valid as long as @sv */
struct vim_session *vd_server_session(const struct vd_server *sv);

/**
 * vd_server_log_in() - a session as @params say, without a machine
 * @s_out: filled; vim_session_close()
 *
 * Errors: those of vim_session_open()
 */
VixError vd_server_log_in(const VixDiskLibConnectParams *params,
			  const struct vd_server_options *options, struct vim_session **s_out);

/* Of the host that this program runs on. */
struct vd_server_host {
	char *root;    /* of /sys and /dev: "" */
	char *tmp_dir; /* NULL: a default */
};

/** vd_server_host() - valid as long as @sv */
const struct vd_server_host *vd_server_host(const struct vd_server *sv);

/** vd_server_dc_path() - of the datacenter of its disks: "Folder/DC"; valid as long as @sv */
const char *vd_server_dc_path(const struct vd_server *sv);

/** vd_server_name() - "host:port", for messages */
const char *vd_server_name(const struct vd_server *sv);

#endif
