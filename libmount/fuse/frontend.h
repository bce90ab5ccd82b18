/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The FUSE front-end: guest file systems as a directory of the host.
 *
 * A low-level libfuse3 loop over a small table of guest file operations; it knows nothing of how
 * they are answered.  What it promises (docs/ARCHITECTURE.md, "The front-end"):
 *
 * 1. A directory is loaded whole, once; entries, attributes and link targets are then answered
 *    from memory.  Memory is bounded: least recently used directories are dropped.
 * 2. The kernel keeps pages, attributes and names for as long as a read-only mount lives.
 * 3. Mounted ro,nosuid,nodev,noexec; names are bytes; a guest's symbolic links are shown as the
 *    caller chose (VIXMNTAPI_SYMLINKS_*), by default never leading out of the mount.
 * 4. No thread outlives vmnt_frontend_stop(); all of ours block every signal.
 */
#ifndef VMNT_FRONTEND_H
#define VMNT_FRONTEND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/types.h>

#include "vixDiskLib.h"

struct vmnt_dir_entry {
	const char *name;   /* bytes, no '/'; not "." or ".." */
	struct stat st;     /* st_ino unique among those of one st_dev */
	const char *target; /* of a symbolic link; else NULL */
};
typedef int vmnt_dir_fn(const struct vmnt_dir_entry *e, void *ctx); /* non-zero stops */

/* One guest file system.  Paths are absolute inside it ("/", "/etc/passwd").  Every slot returns 0
 * or more, or a negative errno; slots may be called from several threads. */
struct vmnt_guest_ops {
	int (*load_dir)(void *fs, const char *path, vmnt_dir_fn *fn, void *ctx);
	int (*stat)(void *fs, const char *path, struct stat *st);
	ssize_t (*read)(void *fs, const char *path, void *buf, size_t len,
			uint64_t off); /* short only at EOF */
	ssize_t (*listxattr)(void *fs, const char *path,
			     char **names_out); /* NUL-separated, malloc'ed */
	ssize_t (*getxattr)(void *fs, const char *path, const char *name, void **value_out);
	int (*statfs)(void *fs, struct statvfs *sv);
	/* Which of the @n entries @names of the directory @path have any extended attribute, in one
	 * call: fills has_out[0..n).  NULL: listxattr is called for each. */
	int (*has_xattrs)(void *fs, const char *path, const char *const *names, size_t n,
			  bool *has_out);
};

struct vmnt_frontend_volume {
	const char *subdir; /* NULL: the only volume, its root is the mount point */
	const struct vmnt_guest_ops *ops;
	void *fs; /* borrowed until stop */
};

struct vmnt_frontend_config {
	const char *dir;          /* directory of the host; whether it is empty is the caller's */
	const char *source;       /* shown as the source of the mount; NULL: "vdisk" */
	const char *fuse_options; /* comma list of the caller, checked; NULL (fuse/options.h) */
	uint32_t symlinks;        /* VIXMNTAPI_SYMLINKS_* */
	size_t max_entries;       /* remembered, 0: VMNT_MAX_ENTRIES */
	unsigned stop_wait_ms;    /* 0: VMNT_STOP_WAIT_MS */
	const struct vmnt_frontend_volume *volumes; /* copied */
	size_t n; /* 1 or more; several have each a subdir, a single name */
};

/* Entries of directories that are kept in memory: some 20 MB. */
#define VMNT_MAX_ENTRIES 131072

/* How long vmnt_frontend_stop() waits for guest calls that are under way. */
#define VMNT_STOP_WAIT_MS 10000

struct vmnt_frontend;

/**
 * vmnt_frontend_start() - mount and serve
 * @cfg:    borrowed for the call, but for what volumes[].fs points to
 * @fe_out: filled; vmnt_frontend_stop()
 *
 * Asks each guest for the attributes of its root; nothing else is asked before it is needed.
 * Errors: MNTAPI_MOUNTPT_NOT_FOUND, MNTAPI_MOUNTPT_IN_USE
 *         MNTAPI_PERM    no /dev/fuse or fusermount3, or this user may not mount (so) here
 *         INVALID_ARG    an option is not acceptable; a subdir is no name, missing or there twice
 *         MNTAPI_SYSTEM  the system refused for another reason
 *         OUT_OF_MEMORY
 *         FILE_ERROR, …  what the guest said about a root (vu_vixerr_from_errno())
 * Test:   mount/frontend.c
 */
VixError vmnt_frontend_start(const struct vmnt_frontend_config *cfg, struct vmnt_frontend **fe_out);

/**
 * vmnt_frontend_stop() - unmount, end the threads, free; consumes @fe on success
 * @force: detach even when busy; its users then get errors
 *
 * What somebody else has unmounted is only freed; another mount in its place is left alone.
 * Waits up to stop_wait_ms for guest calls that are under way: nothing can take them back
 * here, the one who answers them has to end them.
 * Errors: MNTAPI_OPEN_HANDLES  busy and not @force; nothing has changed.  Also when others have
 *                              detached it (umount -l) while files are open
 *         MNTAPI_UMOUNT        the system refused for another reason; nothing has changed
 *         OBJECT_IS_BUSY       the mount is gone, but a guest call has not returned in time: end
 *                              it (stop the guest), then call again
 */
VixError vmnt_frontend_stop(struct vmnt_frontend *fe, bool force);

/** vmnt_frontend_is_gone() - has somebody else unmounted it?  Then it only waits to be stopped. */
bool vmnt_frontend_is_gone(const struct vmnt_frontend *fe);

#endif
