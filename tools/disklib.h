/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The disk library, as the tools use it: started, connected to this host, disks open.
 *
 * Functions that fail have said why on stderr and return the exit code.
 */
#ifndef VDT_DISKLIB_H
#define VDT_DISKLIB_H

#include <stdbool.h>
#include <sys/stat.h>

#include "exitcode.h"
#include "vixDiskLibExt.h"

struct vdt_disklib {
	bool started;
	VixDiskLibConnection conn;
};

/** vdt_disklib_init() - start the library, and nothing else; VixDiskLib_Exit() */
enum vdt_exit vdt_disklib_init(void);

/** vdt_disklib_start() - start it and connect to this host; vdt_disklib_stop() */
enum vdt_exit vdt_disklib_start(struct vdt_disklib *lib);

/** vdt_disklib_stop() - end it, and close what is open; one that was not started is fine */
void vdt_disklib_stop(struct vdt_disklib *lib);

/** vdt_disklib_open() - open a disk; @flags: VIXDISKLIB_FLAG_OPEN_* */
enum vdt_exit vdt_disklib_open(const struct vdt_disklib *lib, const char *path, uint32 flags,
			       VixDiskLibHandle *disk_out);

/** vdt_disklib_close() - close a disk that was written: what fails then was not written */
enum vdt_exit vdt_disklib_close(VixDiskLibHandle disk, const char *path);

/** vdt_disklib_links() - the links of a disk, for VixDiskLib_FreeLinkList() */
enum vdt_exit vdt_disklib_links(const struct vdt_disklib *lib, const char *path,
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
