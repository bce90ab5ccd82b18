/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Exports: an open disk made reachable for an engine.
 */
#ifndef VMNT_EXPORT_H
#define VMNT_EXPORT_H

#include <stdbool.h>
#include <stdint.h>

#include "vixDiskLib.h"

/* A disk as the mount library sees it: through the public disk API only. */
struct vmnt_disk {
	VixDiskLibHandle handle;
	char *name;                   /* as the client named it, for messages */
	uint64_t sectors;             /* capacity, 512-byte sectors */
	uint32_t logical_sector_size; /* 512 or 4096 */
	bool readonly;
	bool owned; /* opened by us: close it with the set */
};

enum vmnt_addr_kind { VMNT_ADDR_NBD_UNIX = 1 /* path is a socket */ };

struct vmnt_addr {
	enum vmnt_addr_kind kind;
	char *path; /* owned by the export */
	bool readonly;
	uint32_t logical_sector_size;
};

struct vmnt_export;

struct vmnt_export_ops {
	const char *name;
	enum vmnt_addr_kind provides;
	/* @dir: a private directory for sockets; @disk is borrowed until stop.
	 * Errors: FILE_ERROR, OUT_OF_MEMORY, DISK_FULL; FILE_NAME_INVALID when the path of a
	 * socket would be too long. */
	VixError (*start)(const struct vmnt_disk *disk, const char *dir, unsigned index,
			  struct vmnt_export **ex_out, struct vmnt_addr *addr_out);
	/* Ends service, flushes, joins the threads; consumes @ex.  The first write or flush error
	 * that could not be reported to the engine is returned. */
	VixError (*stop)(struct vmnt_export *ex);
};

/** vmnt_export_for() - the export whose addresses an engine accepts; NULL: none is built in */
const struct vmnt_export_ops *vmnt_export_for(enum vmnt_addr_kind accepted);

/* For tests: the export instead of the table's.  Not to be changed while a set is open. */
extern const struct vmnt_export_ops *vmnt_export_override;

extern const struct vmnt_export_ops vmnt_export_nbd;

#endif
