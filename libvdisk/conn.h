/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A connection: the client's parameters and the disks that are open over it.
 *
 * 1. Parameters are copied whole; the client's memory is never kept.
 * 2. Only the bytes of VixDiskLibConnectParams that every client has (80) are read, unless the
 *    library allocated the structure itself (connparams.h).
 * 3. "" means absent in every string.
 */
#ifndef VD_CONN_H
#define VD_CONN_H

#include <pthread.h>
#include <stdbool.h>

#include "disk.h"

struct vd_conn {
	pthread_mutex_t lock;            /* rank 2 */
	VixDiskLibConnectParams *params; /* our copy; NULL for a plain local connection */
	char *snapshot_ref;              /* NULL: none */
	char *transport_modes;           /* the client's order; NULL: default */
	bool readonly;                   /* disks opened over it are read-only */
	bool remote;                     /* a server is named */
	struct vd_disk *open_disks;      /* by next_open; guarded by lock */
};

/**
 * vd_conn_new() - a connection from the client's words
 * Errors: INVALID_ARG  remote, but server or credentials are missing; OUT_OF_MEMORY
 */
VixError vd_conn_new(const VixDiskLibConnectParams *params, bool readonly, const char *snapshot_ref,
		     const char *transport_modes, struct vd_conn **c_out);

/** vd_conn_free() - the connection itself, secrets wiped; its disks must be closed; NULL is fine */
void vd_conn_free(struct vd_conn *c);

/** vd_conn_add_disk(), vd_conn_remove_disk() - keep the list of open disks */
void vd_conn_add_disk(struct vd_conn *c, struct vd_disk *d);
void vd_conn_remove_disk(struct vd_conn *c, struct vd_disk *d);

#endif
