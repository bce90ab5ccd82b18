/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The process that keeps a mount alive.
 *
 *   vdmount mount                     holder
 *   -------------                     ------
 *   entry, lock, fork   ----------->  opens the disks, finds volumes, mounts
 *   waits, shows        <- report --  messages as JSON lines, then "ready"
 *   exits                             serves ctl.sock until the mount ends
 *
 * 1. The holder is forked before a library is initialised, and holds the entry's lock.  It connects
 *    to servers by itself, with the secret that the caller had found before: memory is the only way
 *    it takes, and both wipe it.
 * 2. It ends by an unmount request, SIGTERM, SIGINT, or because somebody unmounted; then it
 *    closes everything in order and removes the entry as the last thing.
 * 3. Before it is ready it may be killed, as its entry and the libraries' leftovers are swept away
 *    by others; but a session on a server only it can end, so there SIGTERM does it in order, too.
 */
#ifndef VDT_HOLDER_H
#define VDT_HOLDER_H

#include "exitcode.h"
#include "login.h"
#include "state.h"
#include "vixMntapiExt.h"

enum vdt_layout { VDT_LAYOUT_AUTO, VDT_LAYOUT_TREE, VDT_LAYOUT_SINGLE };

struct vdt_mount_args {
	char **disks;
	size_t n_disks;
	char **volumes; /* as the user named them; none: all */
	size_t n_volumes;
	struct vdt_login *login;
	const char *fuse_options;
	uint32 symlinks;
	enum vdt_layout layout;
};

/**
 * vdt_hold() - mount, serve until the mount ends, clean up
 * @e:      locked entry with sources and mount point; consumed
 * @ready:  called when files can be read, with VDT_OK, or VDT_PARTIAL where volumes were left out;
 *          false: nobody wants it any more, end
 *
 * Return: VDT_OK or VDT_PARTIAL when the mount was made and has ended; else why not
 */
enum vdt_exit vdt_hold(const struct vdt_mount_args *args, struct vdt_entry *e,
		       bool (*ready)(const struct vdt_entry *e, enum vdt_exit code, void *ctx),
		       void *ctx);

/**
 * vdt_holder_spawn() - start a holder of its own, wait until files can be read
 * @e:          as for vdt_hold(); filled with what the holder found out, freed by the caller
 * @timeout_ms: kill it after that; 0: never
 *
 * Return: VDT_OK or VDT_PARTIAL when mounted, else why not; messages have been printed
 */
enum vdt_exit vdt_holder_spawn(const struct vdt_mount_args *args, struct vdt_entry *e,
			       unsigned timeout_ms);

/**
 * vdt_holder_ask() - one request to a living holder
 * @request: one JSON object, "{\"op\":\"unmount\"}"
 * @exit_out: filled: the exit code that the holder answers with
 *
 * Return: 0, or -errno when it does not answer within @timeout_ms
 */
int vdt_holder_ask(const struct vdt_entry *e, const char *request, unsigned timeout_ms,
		   enum vdt_exit *exit_out);

/** vdt_holder_wait() - until the holder has ended and the disk is free.  0 or -ETIMEDOUT */
int vdt_holder_wait(const struct vdt_entry *e, unsigned timeout_ms);

/** vdt_holder_kill() - end it at once, remove what it leaves; one that is connected to a server gets
 * some seconds to log out */
void vdt_holder_kill(const struct vdt_entry *e, const char *root);

#endif
