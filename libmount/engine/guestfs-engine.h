/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The appliance engine: one libguestfs handle, one virtual machine for a disk set.
 *
 * 1. Drives are added read-only: whatever the guest's kernel writes (a journal replay) goes to an
 *    overlay in the private directory, never to the disk.
 * 2. Nothing of libguestfs or its children reaches our standard output or error.
 * 3. SIGPIPE never reaches the program: every function here that calls libguestfs holds
 *    VMNT_NO_SIGPIPE.
 * 4. A file system stays mounted in the appliance until close.  Files are reached under
 *    tree_lock, shared; inspection, which unmounts everything for a while, takes it alone.
 * 5. When the virtual machine has died, every call fails at once, and describe tells.
 * 6. A guest's file system can make the machine stand still.  What is not file access, of which
 *    the front-end takes care, has a time limit (VMNT_TIME_LIMIT); then the machine is killed.
 *
 * Lock order: tree_lock, then libguestfs's own.
 */
#ifndef VMNT_GUESTFS_ENGINE_H
#define VMNT_GUESTFS_ENGINE_H

#include <guestfs.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

#include "../../common/array.h"
#include "accel.h"
#include "console.h"
#include "engine.h"
#include "watchdog.h"

#define VMNT_GUESTFS_LIMIT_MS 600000 /* for one volume, or one look at all of them */

struct vmnt_guestfs_fs;

struct vmnt_guestfs {
	struct vmnt_engine base;
	guestfs_h *g;
	size_t n_disks;
	enum vmnt_accel accel;
	struct vmnt_console console;
	unsigned limit_ms; /* VMNT_GUESTFS_LIMIT_MS but in tests; constant */
	int qemu;          /* the virtual machine's process, and */
	char *tmp_dir;     /* what its command line names: see vmnt_child_kill() */
	char *scan_text;   /* what is on the disks: of vmnt_scan_script; NULL: not looked yet */
	struct vmnt_volume_info *volumes; /* the same, taken apart */
	size_t n_volumes;
	pthread_rwlock_t tree_lock;
	/* Mounted in the appliance; changed under the engine's serialisation. */
	VU_ARRAY(struct vmnt_guestfs_fs *) mounted;
};

/* The engine's slots, by file. */

/** vmnt_guestfs_volumes() - guestfs-volumes.c; engine.h, volumes */
VixError vmnt_guestfs_volumes(struct vmnt_engine *en, struct vmnt_volume_info **v_out,
			      size_t *n_out);

/** vmnt_guestfs_scan() - look once what is on the disks; fills en->volumes.
 * Errors: MNTAPI_OS_ERROR, OUT_OF_MEMORY */
VixError vmnt_guestfs_scan(struct vmnt_guestfs *en);

/** vmnt_guestfs_os() - guestfs-os.c; engine.h, os */
VixError vmnt_guestfs_os(struct vmnt_engine *en, struct vmnt_os *os_out);

/** vmnt_guestfs_probe() - guestfs-mount.c; engine.h, probe */
VixError vmnt_guestfs_probe(struct vmnt_engine *en, const struct vmnt_volume_info *v,
			    uint64_t *used_out, char **why_out);

/** vmnt_guestfs_mount(), vmnt_guestfs_unmount(), vmnt_guestfs_is_gone() - guestfs-mount.c */
VixError vmnt_guestfs_mount(struct vmnt_engine *en, const struct vmnt_mount_request *rq,
			    struct vmnt_mount **mt_out);
VixError vmnt_guestfs_unmount(struct vmnt_mount *mt, bool force);
bool vmnt_guestfs_is_gone(const struct vmnt_mount *mt);

/** vmnt_guestfs_kill() - end the virtual machine; calls that wait for it fail */
void vmnt_guestfs_kill(struct vmnt_guestfs *en);

/** vmnt_strings_free() - a list of strings as libguestfs returns it; NULL is fine */
void vmnt_strings_free(char ***strings);

/* Such a list, freed at the end of the scope. */
#define VMNT_STRINGS __attribute__((cleanup(vmnt_strings_free))) char **

/* Errors and signals. */

/** vmnt_guestfs_is_dead() - has the virtual machine ended? */
bool vmnt_guestfs_is_dead(const struct vmnt_guestfs *en);

/** vmnt_guestfs_errno() - the negative errno for the call that has just failed on this thread */
int vmnt_guestfs_errno(const struct vmnt_guestfs *en);

/**
 * vmnt_guestfs_failed() - the code for an engine call that has just failed, with its log line
 * @what: "cannot list the volumes"
 *
 * Return: MNTAPI_OS_ERROR
 */
VixError vmnt_guestfs_failed(const struct vmnt_guestfs *en, const char *what);

struct vmnt_sigpipe {
	bool was_blocked, was_pending;
};

/** vmnt_sigpipe_block(), vmnt_sigpipe_restore() - of the calling thread; see VMNT_NO_SIGPIPE */
struct vmnt_sigpipe vmnt_sigpipe_block(void);
void vmnt_sigpipe_restore(struct vmnt_sigpipe *sp);

/** vmnt_tree_share(), vmnt_tree_own() - take tree_lock; vmnt_tree_unlock() ends the scope's hold */
pthread_rwlock_t *vmnt_tree_share(struct vmnt_guestfs *en);
pthread_rwlock_t *vmnt_tree_own(struct vmnt_guestfs *en);
void vmnt_tree_unlock(pthread_rwlock_t **lock);

/* Until the end of the scope: file systems stay mounted, or nobody else looks at them. */
#define VMNT_TREE_SHARED(en)                               \
	__attribute__((cleanup(vmnt_tree_unlock), unused)) \
	pthread_rwlock_t *vmnt_tree_ = vmnt_tree_share(en)
#define VMNT_TREE_ALONE(en)                                \
	__attribute__((cleanup(vmnt_tree_unlock), unused)) \
	pthread_rwlock_t *vmnt_tree_ = vmnt_tree_own(en)

struct vmnt_time_limit {
	struct vmnt_guestfs *en;
	struct vmnt_watchdog *w; /* NULL: memory was short, and there is no limit */
};

/** vmnt_time_limit_begin(), vmnt_time_limit_end() - see VMNT_TIME_LIMIT */
struct vmnt_time_limit vmnt_time_limit_begin(struct vmnt_guestfs *en);
void vmnt_time_limit_end(struct vmnt_time_limit *l);

/* Until the end of the scope: a machine that takes longer than @en->limit_ms is killed, and the
 * call that waits for it fails. */
#define VMNT_TIME_LIMIT(en)                                                                \
	__attribute__((cleanup(vmnt_time_limit_end))) struct vmnt_time_limit vmnt_limit_ = \
		vmnt_time_limit_begin(en)

/* Until the end of the scope, a write to a dead virtual machine raises no signal. */
#define VMNT_NO_SIGPIPE                               \
	__attribute__((cleanup(vmnt_sigpipe_restore), \
		       unused)) struct vmnt_sigpipe vmnt_sigpipe_ = vmnt_sigpipe_block()

#endif
