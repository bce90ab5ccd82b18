/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The disk library, as the tools use it: started, connected to this host and to the servers that
 * disks are on, disks open.
 *
 * 1. Disks go by the names that users gave them: a file, or a URL (source.h).
 * 2. Disks of servers are only read, and what their files are is not told.
 * 3. Functions that fail have said why on stderr and return the exit code.
 */
#ifndef VDT_DISKLIB_H
#define VDT_DISKLIB_H

#include <stdbool.h>
#include <sys/stat.h>

#include "exitcode.h"
#include "login.h"
#include "vixDiskLibExt.h"

struct vdt_remotes;

struct vdt_disklib {
	bool started;
	VixDiskLibConnection conn;   /* to this host */
	struct vdt_remotes *remotes; /* NULL: disks of servers are refused */
};

/* A disk, for the calls that take a connection and a path; valid until vdt_disklib_stop(). */
struct vdt_at {
	VixDiskLibConnection conn;
	const char *path;
};

/** vdt_disklib_init() - start the library, and nothing else; VixDiskLib_Exit().  @login: NULL: none */
enum vdt_exit vdt_disklib_init(const struct vdt_login *login);

/**
 * vdt_disklib_start() - start it and connect to this host; vdt_disklib_stop()
 * @login: how servers are connected to when a disk there is named, borrowed; NULL: they are refused
 */
enum vdt_exit vdt_disklib_start(struct vdt_disklib *lib, struct vdt_login *login);

/** vdt_disklib_disconnect() - from this host and all servers; disks that are open are closed */
void vdt_disklib_disconnect(struct vdt_disklib *lib);

/** vdt_disklib_stop() - end it, and close what is open; one that was not started is fine */
void vdt_disklib_stop(struct vdt_disklib *lib);

/** vdt_disklib_at() - where a disk is, after connecting to its server if it has one */
enum vdt_exit vdt_disklib_at(const struct vdt_disklib *lib, const char *name,
			     struct vdt_at *at_out);

/** vdt_disklib_local() - VDT_OK for a file of this host; @doing it with others is refused: "grow" */
enum vdt_exit vdt_disklib_local(const char *doing, const char *name);

/** vdt_disklib_open() - open a disk; @flags: VIXDISKLIB_FLAG_OPEN_* */
enum vdt_exit vdt_disklib_open(const struct vdt_disklib *lib, const char *name, uint32 flags,
			       VixDiskLibHandle *disk_out);

/** vdt_disklib_capacity() - of an open disk, in sectors */
enum vdt_exit vdt_disklib_capacity(VixDiskLibHandle disk, const char *name, uint64 *sectors_out);

/** vdt_disklib_close() - close a disk that was written: what fails then was not written */
enum vdt_exit vdt_disklib_close(VixDiskLibHandle disk, const char *path);

/** vdt_disklib_links() - the links of a disk of this host, for VixDiskLib_FreeLinkList() */
enum vdt_exit vdt_disklib_links(const struct vdt_disklib *lib, const char *name,
				VixDiskLibLink **links_out, size_t *n_out);

/** vdt_disklib_uses() - is this one of the files of a disk, or of its parents? */
bool vdt_disklib_uses(const struct vdt_disklib *lib, const char *path, const struct stat *file);

/** vdt_ends_in_vmdk() - is a file called so? */
bool vdt_ends_in_vmdk(const char *path);

/** vdt_link() - the @i-th of a list */
const VixDiskLibLink *vdt_link(const VixDiskLibLink *links, size_t i);

/** vdt_link_is_vmdk() - false: raw data */
bool vdt_link_is_vmdk(const VixDiskLibLink *ln);

/** vdt_extent() - the @i-th of a link */
const VixDiskLibExtent *vdt_extent(const VixDiskLibLink *ln, size_t i);

/** vdt_link_on_host() - bytes of this host that the files of a link take */
uint64 vdt_link_on_host(const VixDiskLibLink *ln);

#endif
