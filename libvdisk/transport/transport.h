/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Transports: from (connection, path) to an open disk.
 */
#ifndef VD_TRANSPORT_H
#define VD_TRANSPORT_H

#include "../disk.h"

struct vd_conn;

struct vd_transport_ops {
	const char *mode; /* token of transportModes: "file" */
	/* May this connection be served?  Cheap, no side effects. */
	bool (*usable)(const struct vd_conn *c);
	/* @flags: VIXDISKLIB_FLAG_OPEN_*.  Errors: as VixDiskLib_Open().  VIX_OK without a disk: it has
	 * turned out that this transport can't be used here for this disk (logged); the next one is
	 * asked. */
	VixError (*open)(struct vd_conn *c, const char *path, uint32 flags, struct vd_disk **d_out);
};

/** vd_transport_list() - the modes built in, "a:b:c", in the default order; static */
const char *vd_transport_list(void);

/**
 * vd_transport_open() - open a disk over the first transport that serves the connection
 * @c:     its transport_modes, or the default order, are tried one after the other; names that are
 *         not known are passed over.  Local connections have "file" behind whatever they list.
 * @path:  as the client wrote it
 * @flags: VIXDISKLIB_FLAG_OPEN_*
 * @d_out: filled; vd_disk_close()
 *
 * Errors: those of the transport; NOT_SUPPORTED when none serves the connection, FILE_ACCESS_ERROR when
 *         those that do can't be used for this disk (logged)
 * Source: docs/COMPAT.md, VixDiskLib_ConnectEx.  Test: unit/transport.c
 */
VixError vd_transport_open(struct vd_conn *c, const char *path, uint32 flags,
			   struct vd_disk **d_out);

/** vd_transport_is_listed() - would a transport be tried, by the connection's list or the default one? */
bool vd_transport_is_listed(const struct vd_conn *c, const char *mode);

extern const struct vd_transport_ops vd_transport_file;
extern const struct vd_transport_ops vd_transport_hotadd; /* with vSphere only, as the next */
extern const struct vd_transport_ops vd_transport_https;

#endif
