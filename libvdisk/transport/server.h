/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A server that a connection goes to: one session there, and whose disks are wanted.
 *
 * 1. The session begins in vd_server_open(), so that errors come where a client can tell them from
 *    those of disks, and ends with the last owner.  No two connections share one.
 * 2. Owners are the connection and every disk, so that a disk that lives longer can be read.
 * 3. What a disk is made of is asked anew for each one: snapshots come and go meanwhile.
 * 4. Without vSphere there are no servers: server-none.c.
 */
#ifndef VD_SERVER_H
#define VD_SERVER_H

#include <stdbool.h>

#include "vixDiskLibExt.h"

#include "../disk.h"

/* Keys of the configuration. */
#define VD_CONFIG_VERIFY     "vixDiskLib.ssl.verifyCertificates"
#define VD_CONFIG_VERIFY_OLD "vixDiskLib.linuxSSL.verifyCertificates"
#define VD_CONFIG_CA_FILE    "vixDiskLib.ssl.caFile"
#define VD_CONFIG_PROXY      "vixDiskLib.https.proxy"
#define VD_CONFIG_TMP        "tmpDirectory"
#define VD_CONFIG_LEASE      "vixDiskLib.exportLease"
#define VD_CONFIG_HOST_ROOT  "vixDiskLib.transport.hotadd.hostRoot"

struct vd_server;

/* What the configuration says of all servers; strings are borrowed. */
struct vd_server_options {
	bool trusts_anybody;   /* where no thumbprint is given */
	const char *ca_file;   /* NULL: the authorities of this system */
	const char *proxy;     /* NULL: none */
	size_t cache_bytes;    /* of files that are remembered; 0: a default */
	const char *tmp_dir;   /* for state of running processes; NULL: a default */
	const char *host_root; /* where /sys and /dev of the host are; NULL: as usual */
};

/**
 * vd_server_open() - log in, and find the virtual machine or the other place of disks
 * @params:   checked: vd_params_check()
 * @snapshot: reference of a snapshot; NULL: none
 * @sv_out:   filled; vd_server_put()
 *
 * Errors: INVALID_ARG    vmxSpec is none (logged)
 *         NOT_SUPPORTED  such credentials, or such disks; vSphere is not built in (logged)
 *         those of vim_session_open(), vim_vm_lookup(), vim_fcd_lookup(), vim_datastore_lookup()
 */
VixError vd_server_open(const VixDiskLibConnectParams *params, const char *snapshot,
			const struct vd_server_options *options, struct vd_server **sv_out);

/** vd_server_share() - one more owner; vd_server_put().  Return: @sv. */
struct vd_server *vd_server_share(struct vd_server *sv);

/** vd_server_put() - end of one ownership; the last one logs out and frees; NULL is fine */
void vd_server_put(struct vd_server *sv);

static inline void vu_auto_vd_server(struct vd_server **p)
{
	vd_server_put(*p);
}

/**
 * vd_server_prepare(), vd_server_end_access() - forbid that a machine's disks are moved, and permit it
 * @identity: who does it: at most 50 bytes
 *
 * Errors: INVALID_ARG     @identity is none, or no machine is named (logged)
 *         NOT_SUPPORTED   a server that moves nothing: an ESXi host, or an old one (logged)
 *         OBJECT_IS_BUSY  somebody else has forbidden it (logged)
 *         those of vd_server_open()
 */
typedef VixError vd_server_access_fn(const VixDiskLibConnectParams *params, const char *identity,
				     const struct vd_server_options *options);
vd_server_access_fn vd_server_prepare, vd_server_end_access;

/* What was left behind by processes that have ended. */
struct vd_server_left {
	unsigned n_cleaned, n_remaining;
};

/**
 * vd_server_cleanup() - detach the disks that are still attached to this machine
 * @params:   as of a connection; no machine need be named
 * @left_out: filled: how many were detached, and how many could not be (logged)
 *
 * Nobody is asked where nothing is left.
 * Errors: those of vim_session_open(); FILE_ERROR  something remains
 * Test:   vsphere/hotadd.c
 */
VixError vd_server_cleanup(const VixDiskLibConnectParams *params,
			   const struct vd_server_options *options,
			   struct vd_server_left *left_out);

/**
 * vd_server_list_disks() - the disks of its machine
 * @disks_out: filled; vu_proglist_free()
 *
 * Errors: NOT_SUPPORTED  it is to a datastore (logged); those of vim_vm_lookup() and vim_fcd_lookup()
 */
VixError vd_server_list_disks(const struct vd_server *sv, VixDiskLibServerDisk **disks_out,
			      size_t *n_out);

/* What of a disk may have changed; strings are borrowed for the call. */
struct vd_server_changes {
	const char *path, *since;
	uint64_t first, count; /* sectors */
};

/**
 * vd_server_query_changes() - which sectors of a disk may differ from what they were
 * @list_out: filled; for free()
 *
 * Errors: those of VixDiskLib_QueryChangedBlocks()
 */
VixError vd_server_query_changes(struct vd_server *sv, const struct vd_server_changes *c,
				 VixDiskLibBlockList **list_out);

/**
 * vd_server_list_snapshots() - the snapshots of its machine
 * @list_out: filled; vu_proglist_free()
 *
 * Errors: NOT_SUPPORTED  it is to no machine (logged); those of vim_vm_lookup()
 */
VixError vd_server_list_snapshots(const struct vd_server *sv, VixDiskLibSnapshot **list_out,
				  size_t *n_out);

struct vd_progress;

/* A snapshot to be made; strings are borrowed for the call. */
struct vd_server_new_snapshot {
	const char *name, *description;
	uint32 flags; /* VIXDISKLIB_SNAPSHOT_* */
};

/**
 * vd_server_create_snapshot() - make a snapshot of its machine
 * @p:         of 100 units; may cancel
 * @moref_out: filled; for free()
 *
 * Errors: NOT_SUPPORTED  it is to no machine (logged); those of vim_vm_lookup() and
 *         vim_snapshot_create()
 */
VixError vd_server_create_snapshot(const struct vd_server *sv,
				   const struct vd_server_new_snapshot *c, struct vd_progress *p,
				   char **moref_out);

/**
 * vd_server_remove_snapshot() - remove a snapshot of its machine
 * @p: as above
 *
 * Errors: NOT_SUPPORTED  it is to no machine (logged); those of vim_vm_lookup() and
 *         vim_snapshot_remove()
 */
VixError vd_server_remove_snapshot(const struct vd_server *sv, const char *moref,
				   bool with_children, struct vd_progress *p);

/**
 * vd_server_list_vms() - the machines of a server, in a session for this call
 * @params:   vd_params_check_login()
 * @list_out: filled; vu_proglist_free()
 *
 * Errors: those of vim_session_open() and vim_machines_lookup()
 */
VixError vd_server_list_vms(const VixDiskLibConnectParams *params,
			    const struct vd_server_options *options, VixDiskLibVm **list_out,
			    size_t *n_out);

#endif
