/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A connection: the client's parameters and the disks that are open over it.
 *
 * 1. Parameters are copied whole; the client's memory is never kept (connparams.h).
 * 2. "" means absent in every string.
 * 3. Each opened disk is on the list of its connection.  Who takes it off the list, and nobody else,
 *    closes it: that decides between a Close and a Disconnect at the same time.
 * 4. A connection lives as long as its handle or one of its disks; each holds a reference.
 */
#ifndef VD_CONN_H
#define VD_CONN_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "async.h"
#include "disk.h"

/* A disk as a client opened it: what its VixDiskLibHandle stands for. */
struct vd_opened {
	struct vd_disk *disk; /* several may have the same one; set in open, then constant, but NULL
			       * once it was attached to another one: then it can only be shut */
	struct vd_conn *conn; /* neither */
	struct vd_async async;
	VixDiskLibHandle handle;       /* guarded by the connection's lock */
	struct vd_opened *next_opened; /* likewise */
};

struct vd_server;

struct vd_conn {
	pthread_mutex_t lock;            /* rank 2 */
	atomic_uint refs;                /* invariant 4 */
	VixDiskLibConnectParams *params; /* our copy; set in new, then constant, as all below it */
	char *snapshot_ref;              /* NULL: none */
	char *transport_modes;           /* the client's order; NULL: default */
	bool readonly;                   /* disks opened over it are read-only */
	bool remote;                     /* a server is named: */
	struct vd_server *server;        /* transport/server.h; else NULL */
	bool extents_outside;            /* VD_CONFIG_EXTENTS_OUTSIDE is set */
	struct vd_opened *opened;        /* by next_opened; guarded by lock */
	bool is_shut;                    /* nobody will empty that list again; guarded by lock */
};

/**
 * vd_conn_new() - a connection from the client's words
 * @c_out: filled: the connection, with one reference, for vd_conn_put()
 *
 * Where a server is named, it is reached.
 * Errors: those of vd_params_check() and vd_server_open(); OUT_OF_MEMORY
 */
VixError vd_conn_new(const VixDiskLibConnectParams *params, bool readonly, const char *snapshot_ref,
		     const char *transport_modes, struct vd_conn **c_out);

struct vd_server_options;

/** vd_conn_server_options() - what the configuration says of servers; strings are its own */
void vd_conn_server_options(struct vd_server_options *o);

/** vd_conn_put() - give a reference back; the last one frees, secrets wiped; NULL is fine */
void vd_conn_put(struct vd_conn *c);

/**
 * vd_conn_open_disk() - open a disk over a connection and keep it on its list
 * @flags: VIXDISKLIB_FLAG_OPEN_*
 * @handle_out: filled: for the client
 *
 * Errors: those of vd_transport_open(); OUT_OF_MEMORY
 */
VixError vd_conn_open_disk(struct vd_conn *c, const char *path, uint32 flags,
			   VixDiskLibHandle *handle_out);

/** vd_conn_has_disks() - is one open over it? */
bool vd_conn_has_disks(struct vd_conn *c);

/**
 * vd_conn_take_disk() - take a disk off the list of its connection
 * @o: NULL: any of @c's
 *
 * Return: the disk, which the caller must hand to vd_conn_shut_disk(); NULL when @o is not on the list
 * any more, or the list is empty.
 */
struct vd_opened *vd_conn_take_disk(struct vd_conn *c, struct vd_opened *o);

/**
 * vd_conn_shut_disk() - close a disk that vd_conn_take_disk() gave
 * @o: consumed.  The caller must not hold a pin on its handle.
 *
 * Waits for calls and requests that use the disk; its handle is invalid from then on.
 * Errors: DISK_FULL, FILE_ERROR  buffered data could not be written; the disk is closed all the same
 */
VixError vd_conn_shut_disk(struct vd_opened *o);

/**
 * vd_conn_detach_disk() - get the disk itself, for somebody else
 * @o: as for vd_conn_shut_disk(); it is on the list again, for who ends its handle
 *
 * Waits for calls and requests that use the disk.  Its handle is one of VU_HANDLE_ATTACHED_DISK.
 * Return: the disk, the caller's alone, but for its other handles.
 */
struct vd_disk *vd_conn_detach_disk(struct vd_opened *o);

/**
 * vd_conn_end_detached() - end the handle of a disk that was detached
 *
 * Return: false: it is none.
 */
bool vd_conn_end_detached(VixDiskLibHandle handle);

/**
 * vd_conn_list_disks() - the handles of all disks that are open now
 * @n_out: filled: how many
 *
 * Return: an array for the caller to free(); NULL, and 0 of them, when memory is short.
 */
VixDiskLibHandle *vd_conn_list_disks(struct vd_conn *c, size_t *n_out);

/**
 * vd_conn_shut() - close every disk of a connection that no client can reach any more
 * @c: consumed
 *
 * Return: how many disks were still open.
 */
unsigned vd_conn_shut(struct vd_conn *c);

#endif
